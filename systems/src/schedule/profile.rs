//! Measures the time that each system takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bevy_ecs::error::{BevyError, ErrorContext};
use bevy_ecs::schedule::{FixedBitSet, SystemExecutor, SystemSchedule};
use bevy_ecs::system::{RunSystemError, System};
use bevy_ecs::world::World;

/// How often a system ran and how long it took in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Number of runs.
    pub runs: u64,
    /// Time of all runs.
    pub total: Duration,
    /// Number of instances (or nodes) that one run of the system works on, summed over all runs.
    pub items: u64,
}

/// Timings by the name of the system, collected from all groups.
#[derive(Clone, Debug, Default)]
pub struct Timings(Arc<Mutex<BTreeMap<String, Timing>>>);

impl Timings {
    /// Adds runs of a system.
    fn add(&self, name: &str, timing: Timing) {
        let mut timings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = timings.entry(name.to_owned()).or_default();
        entry.runs += timing.runs;
        entry.total += timing.total;
        entry.items += timing.items;
    }

    /// All timings, by name.
    pub fn collect(&self) -> BTreeMap<String, Timing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs systems one after another like the ordinary executor, and measures each. Commands of systems take
/// effect at the end of the schedule.
pub struct ProfilingExecutor {
    timings: Timings,
    items: BTreeMap<String, u64>,
    names: Vec<String>,
    spent: Vec<Timing>,
}

impl ProfilingExecutor {
    /// An executor that adds to `timings` when it is dropped; `items` says how many instances each system
    /// works on.
    pub fn new(timings: Timings, items: BTreeMap<String, u64>) -> Self {
        Self { timings, items, names: Vec::new(), spent: Vec::new() }
    }
}

impl SystemExecutor for ProfilingExecutor {
    fn init(&mut self, _schedule: &SystemSchedule) {}

    fn run(
        &mut self,
        schedule: &mut SystemSchedule,
        world: &mut World,
        _skip: Option<&FixedBitSet>,
        error_handler: fn(BevyError, ErrorContext),
    ) {
        // SAFETY: the systems are run where they stand; none is added, removed or exchanged.
        let systems = unsafe { schedule.systems_mut() };
        if self.names.len() != systems.len() {
            self.names = systems.iter().map(|system| system.system().name().to_string()).collect();
            self.spent = vec![Timing::default(); systems.len()];
        }
        for (index, system) in systems.iter_mut().enumerate() {
            let start = Instant::now();
            let result = system.run((), world);
            self.spent[index].total += start.elapsed();
            self.spent[index].runs += 1;
            if let Err(RunSystemError::Failed(error)) = result {
                let (name, last_run) = (system.system().name(), system.system().get_last_run());
                error_handler(error, ErrorContext::System { name, last_run });
            }
        }
    }

    fn set_apply_final_deferred(&mut self, _value: bool) {}
}

impl Drop for ProfilingExecutor {
    fn drop(&mut self) {
        for (name, timing) in self.names.iter().zip(&self.spent) {
            let items = self.items.get(name).copied().unwrap_or(0) * timing.runs;
            self.timings.add(name, Timing { items, ..*timing });
        }
    }
}
