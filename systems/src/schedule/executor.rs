//! Runs the systems of a time step one after another: measures each, or pauses in between.

use std::collections::BTreeMap;
use std::ops::Range;
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

/// Timings by the name of the system: of time steps, collected from all groups, and of epochs.
#[derive(Clone, Debug, Default)]
pub struct Timings {
    steps: Collected,
    epochs: Collected,
}

/// Timings that are collected while schedules are dropped.
#[derive(Clone, Debug, Default)]
pub struct Collected(Arc<Mutex<BTreeMap<String, Timing>>>);

impl Collected {
    /// Adds runs of a system.
    pub fn add(&self, name: &str, timing: Timing) {
        let mut timings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = timings.entry(name.to_owned()).or_default();
        entry.runs += timing.runs;
        entry.total += timing.total;
        entry.items += timing.items;
    }

    fn get(&self) -> BTreeMap<String, Timing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Timings {
    /// Where the time of the systems of time steps goes.
    pub fn steps(&self) -> Collected {
        self.steps.clone()
    }

    /// Where the time of the systems of epochs goes.
    pub fn epochs(&self) -> Collected {
        self.epochs.clone()
    }

    /// The time of all systems of time steps, by name.
    pub fn collect(&self) -> BTreeMap<String, Timing> {
        self.steps.get()
    }

    /// The time of all systems of epochs, by name.
    pub fn collect_epochs(&self) -> BTreeMap<String, Timing> {
        self.epochs.get()
    }
}

/// Runs systems one after another like the ordinary executor. It measures each, where that is wanted; and where a
/// system is named as the middle of the schedule, a run ends before it and the next one goes on from there. Commands of
/// systems take effect with the system.
pub struct StepExecutor {
    profile: Option<Profile>,
    middle: Option<&'static str>,
    /// Index of the middle system, once it is known.
    pause: Option<usize>,
    /// Whether the last run ended in the middle.
    is_paused: bool,
}

/// What is measured of each system.
struct Profile {
    timings: Collected,
    items: BTreeMap<String, u64>,
    names: Vec<String>,
    spent: Vec<Timing>,
}

impl StepExecutor {
    /// An executor that measures systems if it has a `profile`: it adds to these timings when it is dropped, and knows
    /// how many instances each system works on. It pauses before the system called `middle`.
    pub fn new(profile: Option<(Collected, BTreeMap<String, u64>)>, middle: Option<&'static str>) -> Self {
        let profile =
            profile.map(|(timings, items)| Profile { timings, items, names: Vec::new(), spent: Vec::new() });
        Self { profile, middle, pause: None, is_paused: false }
    }

    /// The systems of the present run, of `count`.
    fn part(&mut self, count: usize) -> Range<usize> {
        let Some(pause) = self.pause else { return 0..count };
        self.is_paused = !self.is_paused;
        if self.is_paused { 0..pause } else { pause..count }
    }
}

impl SystemExecutor for StepExecutor {
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
        if let Some(middle) = self.middle.take() {
            self.pause = systems.iter().position(|system| &*system.system().name() == middle);
        }
        if let Some(profile) = &mut self.profile
            && profile.names.len() != systems.len()
        {
            profile.names = systems.iter().map(|system| system.system().name().to_string()).collect();
            profile.spent = vec![Timing::default(); systems.len()];
        }
        for index in self.part(systems.len()) {
            let system = &mut systems[index];
            let start = self.profile.is_some().then(Instant::now);
            let result = system.run((), world);
            if let (Some(profile), Some(start)) = (&mut self.profile, start) {
                profile.spent[index].total += start.elapsed();
                profile.spent[index].runs += 1;
            }
            if let Err(RunSystemError::Failed(error)) = result {
                let (name, last_run) = (system.system().name(), system.system().get_last_run());
                error_handler(error, ErrorContext::System { name, last_run });
            }
        }
    }

    fn set_apply_final_deferred(&mut self, _value: bool) {}
}

impl Drop for Profile {
    fn drop(&mut self) {
        for (name, timing) in self.names.iter().zip(&self.spent) {
            let items = self.items.get(name).copied().unwrap_or(0) * timing.runs;
            self.timings.add(name, Timing { items, ..*timing });
        }
    }
}
