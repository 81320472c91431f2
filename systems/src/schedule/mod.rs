//! The two schedules: their sets, their assembly from what a group contains, and a look at the result.

mod executor;
pub mod introspection;
mod step;

pub use executor::{Collected, StepExecutor, Timing, Timings};
pub use introspection::{ScheduleDescription, SystemDescription};
pub use step::{Assembly, Entry, MechanismEntry, Pointers, TRANSFER, assemble_initialize, assemble_step};

use bevy_ecs::schedule::{
    IntoScheduleConfigs, LogLevel, Schedule, ScheduleBuildSettings, ScheduleLabel, SystemSet,
};
use bevy_ecs::system::{IntoSystem, SystemParamFunction};
use bevy_ecs::world::World;

use crate::Error;

/// What a cell group does in one time step.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step;

/// What a cell group does at t = 0.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Initialize;

/// What a rank does between two exchanges of spikes.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch;

/// The phases of a time step, in their order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepSet {
    /// Spike thresholds and WATCH conditions, at t.
    Detect,
    /// Events due by t + dt/2.
    Deliver,
    /// Waveforms, at t + dt/2.
    Play,
    /// The tree matrix: membrane currents, capacitance, axial currents.
    Currents,
    /// Its solution.
    Solve,
    /// The new voltage.
    Update,
    /// Voltages across gap junctions.
    Transfer,
    /// Mechanism states, at t + dt.
    State,
    /// Recorded variables, at t + dt.
    Record,
    /// Events due by t + dt.
    Arrive,
    /// Samples for reports: after these events, as neurodamus takes them.
    Report,
}

impl StepSet {
    /// All phases, in their order.
    pub const ALL: [Self; 11] = [
        Self::Detect,
        Self::Deliver,
        Self::Play,
        Self::Currents,
        Self::Solve,
        Self::Update,
        Self::Transfer,
        Self::State,
        Self::Record,
        Self::Arrive,
        Self::Report,
    ];
}

/// The phases of an epoch, in their order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EpochSet {
    /// All groups advance to the end of the epoch.
    Advance,
    /// Spikes travel between ranks.
    Exchange,
    /// Spikes become events in the groups of their targets.
    Route,
    /// Samples go to the report files.
    Flush,
    /// Voltages are checked, progress is shown.
    Guard,
}

impl EpochSet {
    /// All phases, in their order.
    pub const ALL: [Self; 5] = [Self::Advance, Self::Exchange, Self::Route, Self::Flush, Self::Guard];
}

/// The set that holds just the system of this name: to order other systems before or after it.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Named(pub String);

impl Named {
    /// The set of the system called `name`, such as `solve:hines`.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

/// Adds systems one after another: each runs after all before it.
pub struct Sequence<'a> {
    schedule: &'a mut Schedule,
    previous: Option<Named>,
}

impl<'a> Sequence<'a> {
    /// An empty sequence in `schedule`.
    pub fn new(schedule: &'a mut Schedule) -> Self {
        Self { schedule, previous: None }
    }

    /// Adds a system as the next one, in a set and under a name.
    pub fn push<Marker, F>(&mut self, set: impl SystemSet, name: impl Into<String>, function: F)
    where
        Marker: 'static,
        F: SystemParamFunction<Marker, In = (), Out = ()> + 'static,
    {
        let name = name.into();
        let named = Named::new(name.clone());
        let system = IntoSystem::into_system(function).with_name(name);
        let configs = system.in_set(set).in_set(named.clone());
        match self.previous.replace(named) {
            Some(previous) => self.schedule.add_systems(configs.after(previous)),
            None => self.schedule.add_systems(configs),
        };
    }
}

/// A schedule in which data that two systems share without an order between them is an error.
pub fn strict_schedule(label: impl ScheduleLabel) -> Schedule {
    let mut schedule = Schedule::new(label);
    schedule.set_build_settings(ScheduleBuildSettings {
        ambiguity_detection: LogLevel::Error,
        hierarchy_detection: LogLevel::Ignore,
        ..ScheduleBuildSettings::default()
    });
    schedule
}

/// Orders the systems of a schedule.
///
/// # Errors
///
/// If two systems conflict without an order, or the order has a cycle.
pub fn finish(schedule: &mut Schedule, world: &mut World, name: &'static str) -> Result<(), Error> {
    match schedule.initialize(world) {
        Ok(_) => Ok(()),
        Err(error) => Err(introspection::explain(schedule, world, name, &error)),
    }
}
