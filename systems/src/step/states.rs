//! The states of one mechanism advance by a step.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Query, Res};
use components::{Area, Clock, Diameter, Instances, IonColumns, Voltage};

use super::currents::gather_voltage;
use super::ions::{read_concentrations, write_concentrations};
use crate::mechanism::{Kernels, Surroundings};

/// Advances the states of a mechanism with the new voltage.
pub fn state_system(
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(Res<Clock>, Query<&mut Instances>, Query<&mut IonColumns>, Query<(&Voltage, &Area, &Diameter)>)
{
    move |clock, mut instances, mut ions, compartments| {
        let (Ok(mut instances), Ok((voltage, area, diameter))) =
            (instances.get_mut(mechanism), compartments.single())
        else {
            return;
        };
        let instances = &mut *instances;
        gather_voltage(instances, &voltage.0);
        read_concentrations(instances, &mut ions);
        let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
        kernels.state(instances, &surroundings);
        write_concentrations(instances, &mut ions, false, clock.celsius);
    }
}
