//! The state at t = 0, in the order of NEURON's `finitialize`.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res};
use components::{
    Area, Clock, Connections, Diameter, EventQueue, IonColumns, MembraneCurrent, OutgoingSpikes,
    RightHandSide, SavedRightHandSide, SpikeSources, Voltage, Waveform,
};

use super::MechanismTable;
use super::currents::gather_voltage;
use super::deliver::Network;
use super::ions::{read_ions, write_concentrations};
use crate::mechanism::{Kernels, Outbox, Surroundings};

/// Forgets pending events and spikes, and sets the voltage of every node to `v_init` (mV).
pub fn reset_system(
    v_init: f64,
) -> impl FnMut(
    Query<&mut Voltage>,
    Query<(&mut EventQueue, &mut OutgoingSpikes, &mut SpikeSources)>,
    Query<&mut Waveform>,
) {
    move |mut voltage, mut network, mut waveforms| {
        for mut voltage in &mut voltage {
            voltage.0.fill(v_init);
        }
        for (mut queue, mut outgoing, mut sources) in &mut network {
            queue.clear();
            outgoing.0.clear();
            sources.above.fill(false);
        }
        for mut waveform in &mut waveforms {
            waveform.next = 0;
        }
    }
}

/// `INITIAL` of one mechanism.
pub fn mechanism_system(
    index: usize,
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(Res<Clock>, Network, Query<&mut IonColumns>, Query<(&Area, &Diameter)>, Local<Outbox>) {
    move |clock, mut network, mut ions, compartments, mut outbox| {
        let Ok((area, diameter)) = compartments.single() else { return };
        if let Ok(mut instances) = network.instances.get_mut(mechanism) {
            let instances = &mut *instances;
            if let Ok(voltage) = network.voltage.single() {
                gather_voltage(instances, &voltage.0);
            }
            instances.watches.clear();
            for source in &mut instances.sources {
                source.movable = None;
            }
            read_ions(instances, &mut ions);
            let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
            kernels.initialize(instances, &surroundings, &mut outbox);
            write_concentrations(instances, &mut ions, true, clock.celsius);
        }
        network.handle(index, clock.t, u32::MAX, &mut outbox);
    }
}

/// The initial weights of all connections.
pub fn connections(table: Res<MechanismTable>, mut connections: Query<&mut Connections>) {
    for mut connections in &mut connections {
        for connection in 0..connections.target.len() {
            let mechanism = connections.target[connection].mechanism as usize;
            table.kernels[mechanism].initialize_connection(connections.weights_of(connection as u32));
        }
    }
}

/// Membrane current (nA) at t = 0: `(rhs + saved_rhs) · area / 100`, axial currents included in `rhs`.
pub fn membrane_current(
    mut compartments: Query<(&RightHandSide, &SavedRightHandSide, &Area, &mut MembraneCurrent)>,
) {
    for (rhs, saved_rhs, area, mut current) in &mut compartments {
        for (node, current) in current.0.iter_mut().enumerate() {
            *current = (rhs.0[node] + saved_rhs.0[node]) * area.0[node] * 0.01;
        }
    }
}
