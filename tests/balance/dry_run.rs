//! Dry runs: what they write, and what later ones make of it.

use std::fs;

use serde_json::Value;

use crate::network;
use crate::simulation::Simulation;

/// A dry run of the built program, and what it printed.
fn dry_run(network: &Simulation, options: &[&str]) -> String {
    let output = network.run_program(&[&["--dry-run", "--threads=1"], options].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("a table is text")
}

fn usage(network: &Simulation) -> Value {
    let text = fs::read_to_string(network.path("cell_memory_usage.json")).expect("the file");
    serde_json::from_str(&text).expect("JSON")
}

/// A number in a row of a table.
fn row(table: &str, name: &str, column: usize) -> f64 {
    let line = table.lines().find(|line| line.starts_with(&format!("| {name}"))).expect("the row");
    let text = line.split('|').nth(column + 1).expect("the column").trim();
    text.trim_end_matches(" MiB").parse().expect("a number")
}

#[test]
fn tells_what_cells_take_and_writes_an_allocation() {
    let network = network();
    let table = dry_run(&network, &["--num-target-ranks=3", "--modelbuilding-steps=2"]);
    assert!(table.contains("ranks=3"), "{table}");
    assert!(!network.path("simulation_config.json.SUCCESS").exists(), "nothing was simulated");
    // As many synapses as the run itself makes; every cell is counted
    let output = network.run_program(&["--threads=1", "--model-stats"]);
    let statistics = String::from_utf8_lossy(&output.stdout).into_owned();
    let count = |name: &str| -> f64 {
        let line = statistics.lines().find(|line| line.starts_with(&format!("{name} "))).expect("a row");
        line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a count")
    };
    for name in ["cells", "compartments", "connections", "nodes"] {
        assert_eq!(row(&table, name, 1), count(name), "{name}");
    }
    let usage = usage(&network);
    let metypes = usage["pop_metype_gids"]["Pyramidal"].as_object().expect("metypes");
    let ids: usize = metypes.values().map(|ids| ids.as_array().expect("a list").len()).sum();
    assert_eq!(ids, 8);
    let memory = usage["metype_memory"].as_object().expect("metypes");
    assert!(memory.values().all(|kilobytes| kilobytes.as_f64().is_some_and(|k| k > 10.0)));
    assert!(network.path("memory_per_metype.json").exists());
    assert!(network.path("allocation_r3_c2.pkl.gz").exists());
    network.run_on_ranks(3, "output", &["--lb-mode=Memory", "--modelbuilding-steps=2"]).expect("it runs");
}

/// Where neurodamus 4.2.9 says that cells take nothing.
#[test]
fn a_second_dry_run_uses_what_the_first_one_found_out() {
    let network = network();
    let first = dry_run(&network, &["--num-target-ranks=2"]);
    let second = dry_run(&network, &["--num-target-ranks=2"]);
    for name in ["Cells", "Synapses", "Reports"] {
        assert!(row(&first, name, 1) > 0.0, "{name}");
        assert_eq!(row(&first, name, 1), row(&second, name, 1), "{name}");
    }
    // A metype that is not known is measured, the others are taken as they are
    let path = network.path("cell_memory_usage.json");
    let mut known = usage(&network);
    known["metype_memory"].as_object_mut().expect("metypes").retain(|name, _| name != "L4_SBC-bNAC");
    known["metype_memory"]["L5_TPC:A-cADpyr"] = 77.0.into();
    known["metype_estimates"] = serde_json::json!({});
    fs::write(&path, known.to_string()).expect("written");
    dry_run(&network, &["--num-target-ranks=2"]);
    let merged = usage(&network);
    assert_eq!(merged["metype_memory"]["L5_TPC:A-cADpyr"], 77.0);
    assert!(merged["metype_memory"]["L4_SBC-bNAC"].as_f64().is_some_and(|kilobytes| kilobytes > 10.0));
}

#[test]
fn a_damaged_file_is_refused() {
    let network = network();
    fs::write(network.path("cell_memory_usage.json"), "{\"metype_memory\": 3}").expect("written");
    let output = network.run_program(&["--dry-run", "--threads=1"]);
    let folder = network.path("").canonicalize().expect("the folder");
    let errors = String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", folder.display()), "");
    insta::assert_snapshot!(errors);
}

/// What is said of memory comes near to what the operating system counts.
#[test]
fn the_estimate_is_near_the_truth() {
    let network = network();
    let table = dry_run(&network, &["--num-target-ranks=1"]);
    let output = network.run_program(&["--threads=1"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    let measured = errors.lines().find_map(|line| line.split_once(" MiB at most")?.0.rsplit(' ').next());
    let measured: f64 = measured.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{errors}"));
    let estimated = row(&table, "GRAND TOTAL", 1);
    let error = estimated / measured - 1.0;
    assert!(error.abs() < 0.15, "{estimated} MiB estimated, {measured} MiB measured");
}
