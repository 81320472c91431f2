//! Builds and simulates a SONATA circuit on one thread, and prints as JSON how long each of the two takes and what
//! spiked.
//!
//! `circuit_speed.py` does the same in neurodamus itself.

use std::fmt::Debug;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use neurodamus::App;
use neurodamus::command_line::parse_options;
use neurodamus::node::Node;
use systems::communicator::Solo;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config] = &arguments[..] else {
        eprintln!("usage: circuit-speed SIMULATION_CONFIG");
        return ExitCode::from(2);
    };
    match run(config) {
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

fn run(config: &str) -> Result<String, String> {
    let line = ["neurodamus", config, "--threads=1", "--disable-reports"].map(Into::into);
    let options = parse_options(line).map_err(told)?;
    let start = seconds_of_all_threads();
    let mut node = Node::new(&App::new(), &options, Arc::new(Solo)).map_err(told)?;
    node.build().map_err(told)?;
    node.initialize().map_err(told)?;
    let built = seconds_of_all_threads();
    node.run_to_end().map_err(told)?;
    let solved = seconds_of_all_threads();
    node.finish().map_err(told)?;
    let spikes: Vec<String> =
        node.spikes().iter().map(|spike| format!("[{:?}, {}]", spike.time, spike.source.gid())).collect();
    let (build, solve, spikes) = (built - start, solved - built, spikes.join(", "));
    Ok(format!(
        "{{\"build\": {build}, \"solve\": {solve}, \"engine\": \"neurodamus\", \"spikes\": [{spikes}]}}"
    ))
}

fn told(error: impl Debug) -> String {
    format!("{error:?}")
}

/// Time (s) that this process's threads have spent on a CPU; the time of day where the system does not tell.
fn seconds_of_all_threads() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let texts = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    let times = texts.filter_map(|text| text.split(' ').next().and_then(|word| word.parse::<f64>().ok()));
    let nanoseconds: f64 = times.sum();
    if nanoseconds > 0.0 {
        nanoseconds * 1e-9
    } else {
        std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64()
    }
}
