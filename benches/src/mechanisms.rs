//! How long a step of mechanisms from `.mod` files takes: for each, the time of a run with it less that of a run
//! without, for each instance and step. Prints JSON. `mechanism_speed.py` measures the same cells in NEURON and
//! CoreNEURON, so every number here has its twin there.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use benchmarks::seconds_of_this_thread;
use neurodamus::model::{Argument, Model, RunOptions};

/// Segments of a section, and thus instances in it.
const SEGMENTS: usize = 100;
/// Runs, of which the shortest counts.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, instances, steps, names @ ..] = &arguments[..] else {
        eprintln!("usage: mechanism-speed FOLDER INSTANCES STEPS NAME...");
        return ExitCode::from(2);
    };
    let (instances, steps) = (instances.parse().unwrap_or(SEGMENTS), steps.parse().unwrap_or(400));
    match measure(Path::new(folder), instances, steps, names) {
        Ok(nanoseconds) => {
            let entries: Vec<String> =
                nanoseconds.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            // Printing fails where nobody reads
            let _ = writeln!(std::io::stdout(), "{{{}}}", entries.join(", "));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Nanoseconds for each instance and step of every mechanism.
fn measure(
    folder: &Path,
    instances: usize,
    steps: usize,
    names: &[String],
) -> Result<BTreeMap<String, f64>, Box<dyn std::error::Error>> {
    let mut best: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    let contestants: Vec<Option<&str>> =
        std::iter::once(None).chain(names.iter().map(|name| Some(name.as_str()))).collect();
    for _ in 0..ROUNDS {
        for &name in &contestants {
            let taken = seconds(folder, name, instances, steps)?;
            let known = best.entry(name).or_insert(f64::INFINITY);
            *known = known.min(taken);
        }
    }
    let without = best.remove(&None).unwrap_or_default();
    let unit = 1e-9 * (instances * steps) as f64;
    Ok(best.iter().map(|(name, with)| (name.unwrap_or("").to_owned(), (with - without) / unit)).collect())
}

/// Time (s) of `steps` steps, without what building and initialising take.
fn seconds(
    folder: &Path,
    name: Option<&str>,
    instances: usize,
    steps: usize,
) -> Result<f64, Box<dyn std::error::Error>> {
    let mut model = Model::new();
    model.load_mechanisms(folder)?;
    for number in 0..instances.div_ceil(SEGMENTS) {
        let axon = model.section(&format!("axon_{number}"));
        model.set_length(axon, 1000.0)?;
        model.set(axon, "diam", 2.0)?;
        model.set_axial_resistivity(axon, 100.0)?;
        model.set_segments(axon, SEGMENTS as i64)?;
        model.insert(axon, "pas")?;
        if let Some(name) = name {
            let is_density = model.insert(axon, name).is_ok();
            for segment in 0..SEGMENTS {
                let place = (axon, (segment as f64 + 0.5) / SEGMENTS as f64);
                let ids = [1, number, segment].map(|id| Argument::Number(id as f64));
                if !is_density {
                    let synapse = model.point_process(name, place)?;
                    model.call(synapse, "setRNG", &ids)?;
                } else if name.starts_with("Stoch") {
                    model.call_at(place, name, "setRNG", &ids)?;
                }
            }
        }
    }
    let mut run = |steps: usize| -> Result<f64, neurodamus::model::Error> {
        let options = RunOptions { tstop: 0.025 * steps as f64, celsius: 34.0, ..RunOptions::default() };
        let start = seconds_of_this_thread();
        model.run(&options)?;
        Ok(seconds_of_this_thread() - start)
    };
    let short = run(1)?;
    Ok(run(steps + 1)? - short)
}
