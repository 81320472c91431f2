//! Spike thresholds and WATCH conditions.

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Query, Res};
use components::{
    Clock, Connections, Event, EventQueue, Instances, OutgoingSpikes, Payload, SpikeSources, Target, Voltage,
};
use std::sync::Arc;

use super::currents::gather_voltage;
use super::deliver::fire;
use crate::mechanism::{Kernels, VoltageOf};

/// What NEURON adds to the time of a threshold crossing (ms).
const CROSSING_DELAY: f64 = 1e-10;

/// A cell whose voltage has crossed its threshold since the last look fires now.
pub fn thresholds(
    clock: Res<Clock>,
    voltage: Query<&Voltage>,
    mut network: Query<(&mut SpikeSources, &Connections, &mut EventQueue, &mut OutgoingSpikes)>,
) {
    let (Ok(voltage), Ok((mut sources, connections, mut queue, mut outgoing))) =
        (voltage.single(), network.single_mut())
    else {
        return;
    };
    let sources = &mut *sources;
    for index in 0..sources.node.len() {
        let is_above = voltage.0[sources.node[index] as usize] - sources.threshold[index] > 0.0;
        if is_above && !sources.above[index] {
            let (source, row) = (sources.source[index], sources.row[index]);
            fire(clock.t + CROSSING_DELAY, source, true, row, connections, &mut queue, &mut outgoing);
        }
        sources.above[index] = is_above;
    }
}

/// WATCH conditions of one mechanism that have come true since the last look.
pub fn watch_system(
    index: u32,
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(Res<Clock>, Query<&Voltage>, Query<&mut Instances>, Query<&mut EventQueue>) {
    move |clock, voltage, mut instances, mut queue| {
        let (Ok(mut instances), Ok(mut queue)) = (instances.get_mut(mechanism), queue.single_mut()) else {
            return;
        };
        let instances = &mut *instances;
        if instances.watches.is_empty() {
            return;
        }
        if let Ok(voltage) = voltage.single() {
            gather_voltage(instances, &voltage.0, VoltageOf::Instances);
        }
        for place in 0..instances.watches.len() {
            let watch = instances.watches[place];
            let value = kernels.watch(instances, watch.instance as usize, watch.condition, clock.t);
            let is_true = value > 0.0;
            if is_true && !watch.was_true {
                queue.push(Event {
                    time: clock.t,
                    sent: clock.t,
                    source: instances.sources[watch.instance as usize].source,
                    order: 0,
                    target: Target { mechanism: index, instance: watch.instance },
                    payload: Payload::Watch { flag: watch.flag },
                    sequence: 0,
                });
            }
            instances.watches[place].was_true = is_true;
        }
    }
}
