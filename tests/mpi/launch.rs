//! The program under `mpiexec`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sonata::report::{ReportReader, report_populations};
use sonata::spikes::read_spikes;

/// The program on `ranks` processes, in `folder`, its messages caught. Not started yet.
pub fn command(folder: &Path, ranks: usize, arguments: &[&str]) -> Command {
    let mut command = Command::new("mpiexec");
    command.current_dir(folder).arg("-n").arg(ranks.to_string());
    command.arg(env!("CARGO_BIN_EXE_neurodamus")).arg("simulation_config.json").args(arguments);
    // More processes than cores, and the tests of a container's root: Open MPI wants to be told
    for (name, value) in [
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("OMPI_MCA_mpi_yield_when_idle", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ] {
        command.env(name, value);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program on `ranks` processes; outputs go to the folder `output`.
pub fn run(folder: &Path, ranks: usize, output: &str, options: &[&str]) -> Output {
    let output = format!("--output-path={output}");
    let arguments: Vec<&str> = [output.as_str()].iter().chain(options).copied().collect();
    command(folder, ranks, &arguments).output().expect("mpiexec starts: `make mpi-test` installs it")
}

/// Everything that a run left, as bits: spikes by population, and mapping and values of reports by file and population.
pub fn outputs(folder: &Path, reports: &[&str]) -> BTreeMap<String, Vec<u64>> {
    let mut found = BTreeMap::new();
    for population in read_spikes(&folder.join("spikes.h5")).expect("the spikes") {
        let times = population.timestamps.iter().map(|time| time.to_bits());
        found.insert(format!("spikes/{}", population.name), times.chain(population.node_ids).collect());
    }
    for name in reports {
        let file = folder.join(format!("{name}.h5"));
        for population in report_populations(&file).expect("the report") {
            let report = ReportReader::open(&file, &population).expect("a population");
            let layout = report.layout();
            let mut numbers = [&layout.node_ids[..], &layout.index_pointers].concat();
            numbers.extend(layout.element_ids.iter().map(|id| u64::from(*id)));
            numbers.extend(layout.time.iter().map(|time| time.to_bits()));
            numbers.extend(
                report.read_all().expect("its values").iter().map(|value| u64::from(value.to_bits())),
            );
            found.insert(format!("{name}/{population}"), numbers);
        }
    }
    found
}

/// What the program said on standard error, without the lines of `mpiexec` and of progress.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let own = text.lines().take_while(|line| !line.starts_with("-----"));
    let starts = ["built ", "simulat", "t = "];
    let is_progress =
        |line: &&str| starts.iter().any(|start| line.starts_with(start)) || line.contains(" synapses on ");
    own.filter(|line| !is_progress(line)).map(|line| format!("{line}\n")).collect()
}
