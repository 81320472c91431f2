//! A measurement: the highest voltage that any compartment reaches, printed at the end of the run.

use bevy_ecs::component::Component;
use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule};
use bevy_ecs::system::{IntoSystem, Query, Res, ResMut};
use bevy_ecs::world::World;
use components::Voltage;
use neurodamus::{App, Plugin};
use systems::epoch::{EpochClock, Groups};
use systems::schedule::{EpochSet, Named, StepSet};
use systems::step::GroupEntities;

/// The plug-in that measures the highest voltage.
pub struct MeasureHighestVoltage;

impl Plugin for MeasureHighestVoltage {
    fn build(&self, app: &mut App) {
        app.add_step_systems(add_measurement);
        app.add_epoch_systems(add_printing);
    }
}

/// Highest voltage (mV) of the compartments of a group so far.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct HighestVoltage(pub f64);

/// Adds the measurement to a cell group: its component, and the system that updates it in every step.
pub fn add_measurement(schedule: &mut Schedule, world: &mut World) {
    let compartments = world.resource::<GroupEntities>().compartments;
    world.entity_mut(compartments).insert(HighestVoltage(f64::NEG_INFINITY));
    let system = IntoSystem::into_system(measure).with_name("measure:highest-voltage");
    schedule.add_systems(
        system
            .in_set(StepSet::Report)
            .in_set(Named::new("measure:highest-voltage"))
            .after(Named::new("report:sample")),
    );
}

/// The system: runs after every step of the group.
fn measure(mut compartments: Query<(&Voltage, &mut HighestVoltage)>) {
    for (voltage, mut highest) in &mut compartments {
        highest.0 = voltage.0.iter().fold(highest.0, |highest, v| highest.max(*v));
    }
}

/// Adds the printing to a rank.
pub fn add_printing(schedule: &mut Schedule, _world: &mut World) {
    let system = IntoSystem::into_system(print).with_name("print:highest-voltage");
    schedule.add_systems(system.in_set(EpochSet::Guard).after(Named::new("guard:voltage")));
}

/// The system: runs once per epoch, and prints in the last one.
fn print(clock: Res<EpochClock>, mut groups: ResMut<Groups>) {
    if clock.step == clock.last_step {
        eprintln!("highest voltage: {:.3} mV", highest_voltage(&mut groups));
    }
}

/// Highest voltage (mV) of all groups so far.
pub fn highest_voltage(groups: &mut Groups) -> f64 {
    let mut highest = f64::NEG_INFINITY;
    for group in &mut groups.0 {
        let mut query = group.world.query::<&HighestVoltage>();
        highest = query.iter(&group.world).fold(highest, |highest, voltage| highest.max(voltage.0));
    }
    highest
}
