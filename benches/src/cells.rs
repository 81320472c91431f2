//! Builds cells from the template of the example network, and prints as JSON how long a cell takes and how much
//! memory its finished model holds.
//!
//! Every cell is built anew from template and morphology, although they are equal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use benchmarks::seconds_of_this_thread;
use cell::{Catalogue, CellModel};
use hoc::{Interpreter, Options, Value};
use systems::Registry;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [template, morphology, count] = &arguments[..] else {
        eprintln!("usage: build-cells TEMPLATE_FILE MORPHOLOGY_FILE CELLS");
        return ExitCode::from(2);
    };
    match run(Path::new(template), Path::new(morphology), count.parse().unwrap_or(1)) {
        Ok(report) => {
            // Printing fails where nobody reads
            let _ = writeln!(std::io::stdout(), "{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(template: &Path, morphology: &Path, count: u64) -> Result<String, Box<dyn std::error::Error>> {
    let folder_of = |path: &Path| path.parent().map(PathBuf::from).unwrap_or_default();
    let (folder, file) =
        (folder_of(morphology), morphology.file_name().unwrap_or_default().to_string_lossy());
    let name = template.file_stem().unwrap_or_default().to_string_lossy();
    let catalogue = Catalogue::new(Registry::with_built_ins().descriptions().cloned())?;
    let roots = vec![folder_of(template), folder.clone()];
    let mut interpreter = Interpreter::new(Arc::new(catalogue), Options { roots, ..Options::default() });
    interpreter.load_file(template)?;
    let (memory, start) = (resident_bytes(), seconds_of_this_thread());
    let mut models: Vec<CellModel> = Vec::new();
    for gid in 0..count {
        let path = folder.to_string_lossy();
        let arguments = vec![Value::from(gid as f64), Value::from(path.as_ref()), Value::from(file.as_ref())];
        let object = interpreter.construct(&name, arguments)?;
        models.push(interpreter.to_model(&object)?);
        // the template refers to itself
        interpreter.call(&object, "clear", Vec::new())?;
        interpreter.drop_object(object);
    }
    let seconds = (seconds_of_this_thread() - start) / count as f64;
    let bytes = (resident_bytes() - memory) / count as f64;
    let nodes = models.first().map_or(0, |model| model.nodes.parent.len());
    Ok(format!("{{\"seconds\": {seconds}, \"bytes\": {bytes}, \"nodes\": {nodes}}}"))
}

/// Memory (bytes) of this process that is present; 0 where the system does not tell.
fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")).map(str::trim);
    1024.0 * kilobytes.and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
}
