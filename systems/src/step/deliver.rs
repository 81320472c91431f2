//! Events reach their targets.
//!
//! A window delivers all events due by its end, including those that arise while it is open.

use bevy_ecs::system::{Local, Query, Res, SystemParam};
use components::{
    Clock, Connections, Event, EventQueue, Instances, NO_CONNECTIONS, OutgoingSpikes, Payload, SourceId,
    Spike, Target, Voltage, Watch,
};

use super::MechanismTable;
use crate::mechanism::{Delivery, Outbox, Request};

/// What the delivery of events touches.
#[derive(SystemParam)]
pub struct Network<'w, 's> {
    /// Mechanisms by index.
    pub table: Res<'w, MechanismTable>,
    /// Their instances.
    pub instances: Query<'w, 's, &'static mut Instances>,
    /// Connections, queue and outgoing spikes.
    pub network:
        Query<'w, 's, (&'static mut Connections, &'static mut EventQueue, &'static mut OutgoingSpikes)>,
    /// Voltages.
    pub voltage: Query<'w, 's, &'static Voltage>,
}

/// Window at the start of a step: events due by t + dt/2.
pub fn deliver_start(clock: Res<Clock>, mut network: Network, mut outbox: Local<Outbox>) {
    network.deliver(clock.t + 0.5 * clock.dt, &mut outbox);
}

/// Window at the end of a step: events due by t.
pub fn deliver_end(clock: Res<Clock>, mut network: Network, mut outbox: Local<Outbox>) {
    network.deliver(clock.t, &mut outbox);
}

/// Puts the events of a spike into the queue: those over direct connections, or those over all others.
pub fn enqueue_spike(
    spike: Spike,
    row: usize,
    direct: bool,
    connections: &Connections,
    queue: &mut EventQueue,
) {
    for connection in connections.in_row(row) {
        if connections.active[connection] && connections.direct[connection] == direct {
            queue.push(Event {
                time: spike.time + connections.delay[connection],
                sent: spike.time,
                source: spike.source,
                order: connections.order[connection],
                target: connections.target[connection],
                payload: Payload::Connection(connection as u32),
                sequence: 0,
            });
        }
    }
}

/// A source of the group fires: others learn of it with the next exchange, direct connections at once.
pub fn fire(
    time: f64,
    source: SourceId,
    is_cell: bool,
    row: u32,
    connections: &Connections,
    queue: &mut EventQueue,
    outgoing: &mut OutgoingSpikes,
) {
    let spike = Spike { time, source };
    if is_cell {
        outgoing.0.push(spike);
    }
    if row != NO_CONNECTIONS {
        enqueue_spike(spike, row as usize, true, connections, queue);
    }
}

impl Network<'_, '_> {
    /// Delivers all events due by `until` (ms), in the canonical order.
    pub fn deliver(&mut self, until: f64, outbox: &mut Outbox) {
        while let Some(event) = self.next_due(until) {
            self.deliver_one(&event, outbox);
        }
    }

    fn next_due(&mut self, until: f64) -> Option<Event> {
        let (_, mut queue, _) = self.network.single_mut().ok()?;
        queue.pop_due(until)
    }

    fn deliver_one(&mut self, event: &Event, outbox: &mut Outbox) {
        let mechanism = event.target.mechanism as usize;
        let instance = event.target.instance as usize;
        let Ok((mut connections, _, _)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.instances.get_mut(self.table.entities[mechanism]) else { return };
        let (flag, connection) = match event.payload {
            Payload::Connection(connection) => (0.0, connection),
            Payload::SelfEvent { flag, connection } => (flag, connection),
        };
        if flag == 1.0
            && let Some(source) = instances.sources.get_mut(instance)
        {
            source.movable = None;
        }
        let voltage = match (instances.nodes.get(instance), self.voltage.single()) {
            (Some(&node), Ok(voltage)) => voltage.0[node as usize],
            _ => 0.0,
        };
        // A WATCH that the event activates asks at once whether its condition holds.
        if let Some(own) = instances.voltage.get_mut(instance) {
            *own = voltage;
        }
        let weights = if connection == u32::MAX { &mut [][..] } else { connections.weights_of(connection) };
        let mut delivery = Delivery { instance, t: event.time, flag, weights, voltage };
        self.table.kernels[mechanism].receive(&mut instances, &mut delivery, outbox);
        self.handle(mechanism, event.time, connection, outbox);
    }

    /// Does what instances of `mechanism` asked for at `now` (ms), while they handled an event that came over
    /// `connection` (`u32::MAX` for none).
    pub fn handle(&mut self, mechanism: usize, now: f64, connection: u32, outbox: &mut Outbox) {
        if outbox.is_empty() {
            return;
        }
        let Ok((connections, mut queue, mut outgoing)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.instances.get_mut(self.table.entities[mechanism]) else { return };
        let instances = &mut *instances;
        for (instance, request) in outbox.drain() {
            let Some(source) = instances.sources.get_mut(instance as usize) else { continue };
            let self_event = |time: f64, flag: f64, connection: u32| Event {
                time,
                sent: now,
                source: source.source,
                order: 0,
                target: Target { mechanism: mechanism as u32, instance },
                payload: Payload::SelfEvent { flag, connection },
                sequence: 0,
            };
            match request {
                Request::Send { time, flag } => {
                    let event = queue.push(self_event(time, flag, connection));
                    if flag == 1.0 {
                        source.movable = Some(event);
                    }
                }
                Request::Move { time } => {
                    if let Some(old) = source.movable
                        && queue.remove(&old)
                    {
                        source.movable = Some(queue.push(Event { time, sent: now, ..old }));
                    }
                }
                Request::Fire { time } => {
                    fire(
                        time,
                        source.source,
                        source.is_cell,
                        source.row,
                        &connections,
                        &mut queue,
                        &mut outgoing,
                    );
                }
                Request::Watch { condition, flag, replace } => {
                    if replace {
                        instances.watches.retain(|watch| watch.instance != instance);
                    }
                    // Whether it holds already is found at once, so that only a change triggers the event.
                    let was_true =
                        self.table.kernels[mechanism].watch(instances, instance as usize, condition)
                            >= -1e-11;
                    instances.watches.push(Watch { instance, condition, flag, was_true });
                }
            }
        }
    }
}
