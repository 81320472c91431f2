//! The states of one mechanism advance by a step.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res, ResMut};
use components::{Area, Clock, Diameter, Instances, IonColumns, Voltage};

use super::Complaints;
use super::currents::gather_voltage;
use super::ions::{read_changing, write_back};
use crate::mechanism::{Kernels, Outbox, Phase, Surroundings};

/// Advances the states of a mechanism with the new voltage.
pub fn state_system(
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(
    Res<Clock>,
    Query<&mut Instances>,
    Query<&mut IonColumns>,
    Query<(&Voltage, &Area, &Diameter)>,
    ResMut<Complaints>,
    Local<Outbox>,
) {
    move |clock, mut instances, mut ions, compartments, mut complaints, mut outbox| {
        let (Ok(mut instances), Ok((voltage, area, diameter))) =
            (instances.get_mut(mechanism), compartments.single())
        else {
            return;
        };
        let instances = &mut *instances;
        gather_voltage(instances, &voltage.0, kernels.voltage(Phase::State));
        read_changing(instances, &mut ions);
        let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
        kernels.state(instances, &surroundings, &mut outbox);
        write_back(instances, &mut ions, false, clock.celsius);
        complaints.collect(mechanism, clock.t, &mut outbox);
    }
}
