//! Runs the rings of axons for a given number of cells and a time (ms), and prints as JSON how long the run took and
//! its spikes; with a third argument `profile`, where the time went.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use benchmarks::{SEGMENTS, seconds_of_this_thread, simulation};
use systems::epoch::Groups;
use systems::schedule::Timings;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers = match &arguments[..] {
        [count, stop, ..] => count.parse().ok().zip(stop.parse().ok()),
        _ => None,
    };
    let Some((count, stop)) = numbers else {
        eprintln!("usage: hh-ring CELLS MILLISECONDS [profile]");
        return ExitCode::from(2);
    };
    let timings = arguments.get(2).filter(|word| *word == "profile").map(|_| Timings::default());
    match run(count, stop, timings) {
        Ok(report) => {
            // Printing fails where nobody reads
            let _ = writeln!(std::io::stdout(), "{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(count: usize, stop: f64, timings: Option<Timings>) -> Result<String, String> {
    let start = Instant::now();
    let mut simulation = simulation(count, timings.clone())?;
    let built = start.elapsed().as_secs_f64();
    let start = seconds_of_this_thread();
    simulation.run_until(stop).map_err(|error| error.to_string())?;
    let seconds = seconds_of_this_thread() - start;
    let steps = simulation.step();
    let mut spikes = simulation.spikes().to_vec();
    spikes.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.source.cmp(&b.source)));
    simulation.world.remove_resource::<Groups>();
    if let Some(timings) = timings {
        return Ok(profile(&timings, steps, count));
    }
    let list: Vec<String> =
        spikes.iter().map(|spike| format!("[{:?}, {}]", spike.time, spike.source.gid())).collect();
    let spikes = list.join(", ");
    Ok(format!("{{\"build\": {built}, \"run\": {seconds}, \"steps\": {steps}, \"spikes\": [{spikes}]}}"))
}

/// Nanoseconds per item of each system, and per compartment and step of the whole.
fn profile(timings: &Timings, steps: u64, count: usize) -> String {
    let mut rows: Vec<_> = timings.collect().into_iter().collect();
    rows.sort_by_key(|(_, timing)| std::cmp::Reverse(timing.total));
    let compartment_steps = (count * SEGMENTS) as f64 * steps as f64;
    let mut text = format!("{:<28}{:>12}{:>20}\n", "system", "ns/item", "ns/compartment-step");
    for (name, timing) in rows {
        let nanoseconds = timing.total.as_secs_f64() * 1e9;
        let per_item = nanoseconds / timing.items.max(1) as f64;
        let _ = writeln!(text, "{name:<28}{per_item:>12.2}{:>20.2}", nanoseconds / compartment_steps);
    }
    text
}
