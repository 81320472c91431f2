//! Variables that follow voltages across gap junctions.
//!
//! Junctions are coupled explicitly: in a step they see the voltage that the other side had at its start. Source:
//! Hines and Carnevale, Discrete event simulation in the NEURON environment, Neurocomputing 58 (2004);
//! ParallelContext.setup_transfer in NEURON's reference.

use bevy_ecs::system::Query;
use components::{ArrivedVoltages, Instances, ReceivedVoltages, Voltage, VoltageSource};

/// Sets every variable that follows a voltage.
pub fn transfer(
    compartments: Query<(&Voltage, &ArrivedVoltages)>,
    received: Query<&ReceivedVoltages>,
    mut instances: Query<&mut Instances>,
) {
    let Ok((voltage, arrived)) = compartments.single() else { return };
    for received in &received {
        let Ok(mut instances) = instances.get_mut(received.mechanism) else { continue };
        let column = &mut instances.columns[received.column];
        for (&instance, source) in received.instances.iter().zip(&received.sources) {
            column[instance as usize] = match *source {
                VoltageSource::Node(node) => voltage.0[node as usize],
                VoltageSource::Elsewhere(place) => arrived.0[place as usize],
            };
        }
    }
}

/// The same at t = 0, when every voltage, also of other groups, is `v_init` (mV).
pub fn first_transfer_system(
    v_init: f64,
) -> impl FnMut(Query<(&Voltage, &mut ArrivedVoltages)>, Query<&ReceivedVoltages>, Query<&mut Instances>) {
    move |mut compartments, received, instances| {
        for (_, mut arrived) in &mut compartments {
            arrived.0.fill(v_init);
        }
        transfer(compartments.as_readonly(), received, instances);
    }
}
