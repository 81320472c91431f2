//! `BEFORE` and `AFTER` blocks of one mechanism.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res, ResMut};
use components::{Area, Clock, Diameter, Instances, IonColumns, Voltage};

use super::Complaints;
use super::currents::{add_ion_currents, gather_voltage};
use super::ions::{read_ions, write_back};
use crate::mechanism::{Kernels, Outbox, Phase, Surroundings};

/// Runs a block. As in the code that NEURON generates, the ion currents that the mechanism writes are added to those
/// of the ions once more.
pub fn block_system(
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
    block: Phase,
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
        gather_voltage(instances, &voltage.0, kernels.voltage(block));
        read_ions(instances, &mut ions);
        let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
        kernels.block(block, instances, &surroundings, &mut outbox);
        add_ion_currents(instances, &mut ions, false);
        write_back(instances, &mut ions, false, clock.celsius);
        complaints.collect(mechanism, clock.t, &mut outbox);
    }
}
