//! Schedules and timings as text for the user.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use systems::communicator::Communicator;
use systems::schedule::{ScheduleDescription, Timing};

/// Schedules as JSON: `{"schedules": [{"name", "systems": [{"name", "set", "mechanism", "reads", "writes"}]}]}`,
/// systems in the order they run.
pub fn to_json(schedules: &[ScheduleDescription]) -> String {
    let schedules: Vec<Value> = schedules
        .iter()
        .map(|schedule| {
            let systems: Vec<Value> = schedule
                .systems
                .iter()
                .map(|system| {
                    json!({
                        "name": system.name,
                        "set": system.set,
                        "mechanism": system.mechanism,
                        "reads": system.reads,
                        "writes": system.writes,
                    })
                })
                .collect();
            json!({ "name": schedule.name, "systems": systems })
        })
        .collect();
    format!("{:#}\n", json!({ "schedules": schedules }))
}

/// The time of each system over all groups, longest first: total, share, runs, and ns for each instance in a step.
pub fn profile_table(timings: &BTreeMap<String, Timing>) -> String {
    let mut rows: Vec<_> = timings.iter().collect();
    rows.sort_by_key(|(name, timing)| (std::cmp::Reverse(timing.total), (*name).clone()));
    let all: f64 = rows.iter().map(|(_, timing)| timing.total.as_secs_f64()).sum();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("system".len());
    let mut text = format!(
        "{:width$}  {:>10}  {:>6}  {:>12}  {:>16}\n",
        "system", "seconds", "share", "runs", "ns/instance-step"
    );
    for (name, timing) in rows {
        let seconds = timing.total.as_secs_f64();
        let share = if all > 0.0 { 100.0 * seconds / all } else { 0.0 };
        let each = match timing.items {
            0 => "-".to_owned(),
            items => format!("{:.2}", timing.total.as_nanos() as f64 / items as f64),
        };
        let _ =
            writeln!(text, "{name:width$}  {seconds:>10.3}  {share:>5.1}%  {:>12}  {each:>16}", timing.runs);
    }
    let _ = writeln!(text, "{:width$}  {all:>10.3}", "all systems");
    text
}

/// The time (s) that each system of the epochs takes on this rank, and the least and the most of all ranks. In those that
/// exchange something is `exchange:waiting`: the time of messages, and of waiting for ranks that are late.
///
/// # Errors
///
/// If another rank failed.
pub fn epoch_table(
    timings: &BTreeMap<String, Timing>,
    ranks: &dyn Communicator,
) -> Result<String, systems::Error> {
    let own: String =
        timings.iter().map(|(name, timing)| format!("{}\t{name}\n", timing.total.as_nanos())).collect();
    let mut seconds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for told in ranks.all_gather(own.as_bytes())? {
        for (nanoseconds, name) in
            String::from_utf8_lossy(&told).lines().filter_map(|line| line.split_once('\t'))
        {
            let spent = nanoseconds.parse::<f64>().unwrap_or_default() / 1e9;
            seconds.entry(name.to_owned()).or_default().push(spent);
        }
    }
    let width = seconds.keys().map(String::len).max().unwrap_or(0).max("epoch".len());
    let mut text = format!("{:width$}  {:>10}", "epoch", "seconds");
    if ranks.size() > 1 {
        let _ = write!(text, "  {:>10}  {:>10}", "least", "most");
    }
    text.push('\n');
    for (name, of_ranks) in &seconds {
        let own = timings.get(name).map_or(0.0, |timing| timing.total.as_secs_f64());
        let _ = write!(text, "{name:width$}  {own:>10.3}");
        if ranks.size() > 1 {
            // A system that a rank does not have takes it no time
            let everywhere = of_ranks.len() == ranks.size();
            let least = if everywhere { of_ranks.iter().copied().fold(f64::INFINITY, f64::min) } else { 0.0 };
            let most = of_ranks.iter().copied().fold(0.0, f64::max);
            let _ = write!(text, "  {least:>10.3}  {most:>10.3}");
        }
        text.push('\n');
    }
    Ok(text)
}
