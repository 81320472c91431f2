//! The state at t = 0, in the order of NEURON's `finitialize`.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res, ResMut};
use components::{
    Area, Clock, Diameter, EventQueue, MembraneCurrent, OutgoingSpikes, RightHandSide, SavedRightHandSide,
    SpikeSources, Voltage, Waveform,
};

use super::Complaints;
use super::currents::gather_voltage;
use super::deliver::Network;
use super::ions::{read_ions, write_back};
use crate::mechanism::{Kernels, Outbox, Phase, Surroundings};

/// Forgets pending events and spikes, and sets the voltage of every node to `v_init` (mV).
pub fn reset_system(
    v_init: f64,
) -> impl FnMut(
    Query<&mut Voltage>,
    Query<(&mut EventQueue, &mut OutgoingSpikes, &mut SpikeSources)>,
    Query<&mut Waveform>,
    ResMut<Complaints>,
) {
    move |mut voltage, mut network, mut waveforms, mut complaints| {
        *complaints = Complaints::default();
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
) -> impl FnMut(Res<Clock>, Network, Query<(&Area, &Diameter)>, Local<Outbox>) {
    move |clock, mut network, compartments, mut outbox| {
        let Ok((area, diameter)) = compartments.single() else { return };
        if let Ok(mut instances) = network.reach.instances.get_mut(mechanism) {
            let instances = &mut *instances;
            if let Ok(voltage) = network.reach.voltage.single() {
                gather_voltage(instances, &voltage.0, kernels.voltage(Phase::Initial));
            }
            instances.watches.clear();
            for source in &mut instances.sources {
                source.movable = None;
            }
            read_ions(instances, &mut network.reach.ions);
            let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
            kernels.initialize(instances, &surroundings, &mut outbox);
            write_back(instances, &mut network.reach.ions, true, clock.celsius);
        }
        network.complaints.collect(mechanism, clock.t, &mut outbox);
        network.handle(index, &mut outbox, |_| (clock.t, u32::MAX));
    }
}

/// The initial weights of all connections, in the order of their creation in each cell.
pub fn connections(mut network: Network, mut outbox: Local<Outbox>) {
    let Ok((connections, _, _)) = network.network.single() else { return };
    let mut numbers: Vec<u32> = (0..connections.target.len() as u32).collect();
    if network.table.incoming.iter().any(Option::is_some) {
        numbers.sort_by_key(|&number| connections.order[number as usize]);
    }
    for number in numbers {
        network.initialize_connection(number, &mut outbox);
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
