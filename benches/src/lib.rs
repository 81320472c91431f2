//! The model that speed is measured with: rings of squid axons.
//!
//! A cell is one cylinder of 16 segments with `hh`; a spike of a cell reaches an `ExpSyn` in the middle of the next
//! cell of its ring, and a current clamp in the first cell of each ring starts the activity. `hh_ring.py` builds
//! the same model in NEURON, so every number here has its twin there.

use std::sync::Arc;

use cell::{Catalogue, Cell, CellModel, Selection};
use components::SourceId;
use systems::communicator::Solo;
use systems::group::{CellPlan, Connection, PointProcess, SpikeSource};
use systems::schedule::Timings;
use systems::{Registry, Simulation, SimulationOptions};

/// Segments of a cell.
pub const SEGMENTS: usize = 16;
/// Cells of a ring.
pub const RING: usize = 10;
/// Length (um), diameter (um) and axial resistance (ohm cm) of a cell.
const LENGTH: f64 = 320.0;
const DIAMETER: f64 = 2.0;
const AXIAL_RESISTANCE: f64 = 100.0;
/// Decay time (ms) and weight (uS) of a synapse, delay (ms) and threshold (mV) of its connection.
const DECAY: f64 = 2.0;
const WEIGHT: f64 = 0.02;
const DELAY: f64 = 1.0;
const THRESHOLD: f64 = 0.0;
/// Duration (ms) and amplitude (nA) of the stimulus.
const STIMULUS: (f64, f64) = (1.0, 1.0);

/// The cell without its point processes.
///
/// # Errors
///
/// None as long as `hh` is registered; the message says what is wrong.
pub fn axon(registry: &Registry) -> Result<(CellModel, u32), cell::Error> {
    let catalogue = Arc::new(Catalogue::new(registry.descriptions().cloned())?);
    let mut axon = Cell::new(catalogue);
    let section = axon.create_section(None, "axon");
    axon.set_length(section, LENGTH)?;
    axon.set_range(section, "diam", DIAMETER)?;
    axon.set_axial_resistance(section, AXIAL_RESISTANCE)?;
    axon.set_nseg(section, SEGMENTS as i64)?;
    axon.insert(section, "hh")?;
    let model = axon.to_model(&Selection::All, &[])?;
    let middle = model.sections[0].node(0.5);
    Ok((model, middle))
}

/// `count` cells in rings of [`RING`].
///
/// # Errors
///
/// As for [`axon`].
pub fn rings(registry: &Registry, count: usize) -> Result<Vec<CellPlan>, cell::Error> {
    let (model, middle) = axon(registry)?;
    let model = Arc::new(model);
    let description = |name| registry.get(name).map(|mechanism| Arc::clone(mechanism.description()));
    let synapse = description("ExpSyn");
    let clamp = description("IClamp");
    let plan = |number: usize| {
        let (ring, place) = (number / RING, number % RING);
        let size = RING.min(count - ring * RING);
        let before = ring * RING + (place + size - 1) % size;
        let mut points: Vec<PointProcess> =
            synapse.iter().map(|known| PointProcess::new(known, Some(middle)).with("tau", DECAY)).collect();
        if place == 0 {
            let start = clamp.iter().map(|known| PointProcess::new(known, Some(middle)));
            points.extend(start.map(|clamp| clamp.with("dur", STIMULUS.0).with("amp", STIMULUS.1)));
        }
        CellPlan {
            point_processes: points,
            spike_source: Some(SpikeSource::Voltage { node: middle, threshold: THRESHOLD }),
            connections: vec![Connection {
                source: SourceId::cell(before as u64),
                target: 0,
                delay: DELAY,
                weights: vec![WEIGHT],
                active: true,
            }],
            ..CellPlan::new("axons", number as u64, number as u64, Arc::clone(&model))
        }
    };
    Ok((0..count).map(plan).collect())
}

/// A simulation of `count` cells on one thread, at t = 0.
///
/// # Errors
///
/// As for [`axon`], as text.
pub fn simulation(count: usize, timings: Option<Timings>) -> Result<Simulation, String> {
    let registry = Registry::with_built_ins();
    let cells = rings(&registry, count).map_err(|error| error.to_string())?;
    let options = SimulationOptions { timings, ..SimulationOptions::default() };
    let mut simulation =
        Simulation::new(cells, &registry, &options, Arc::new(Solo)).map_err(|error| error.to_string())?;
    simulation.initialize().map_err(|error| error.to_string())?;
    Ok(simulation)
}

/// Time (s) that this thread has spent on a CPU, since other work on the machine does not count; the time of day
/// where the system does not tell.
pub fn seconds_of_this_thread() -> f64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match statistics.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()) {
        Some(nanoseconds) => nanoseconds * 1e-9,
        None => std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::simulation;

    /// A benchmark of a silent network would measure nothing of the events.
    #[test]
    fn activity_travels_around_the_rings() {
        let mut simulation = simulation(20, None).unwrap();
        simulation.run_until(60.0).unwrap();
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); 20];
        for spike in simulation.spikes() {
            times[spike.source.gid() as usize].push(spike.time);
        }
        assert!(times.iter().all(|times| !times.is_empty()), "{times:?}");
        assert_eq!(times[..10], times[10..], "equal rings spike at equal times");
    }
}
