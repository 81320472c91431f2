//! Events reach their targets.
//!
//! A window delivers all events due by its end, including those that arise while it is open.

use bevy_ecs::system::{Local, Query, Res, ResMut, SystemParam};
use components::{
    Clock, Connections, Event, EventQueue, Instances, NO_CONNECTIONS, OutgoingSpikes, Payload, SourceId,
    Spike, Target, Watch,
};
use nmodl::execute::OtherConnections;

use super::pointers::{self, Reach};
use super::{Complaints, MechanismTable};
use crate::mechanism::{Delivery, Kernels, Outbox, Request};

/// What the delivery of events touches.
#[derive(SystemParam)]
pub struct Network<'w, 's> {
    /// Mechanisms by index.
    pub table: Res<'w, MechanismTable>,
    /// Their instances, and what surrounds them.
    pub reach: Reach<'w, 's>,
    /// Connections, queue and outgoing spikes.
    pub network:
        Query<'w, 's, (&'static mut Connections, &'static mut EventQueue, &'static mut OutgoingSpikes)>,
    /// What cannot be done.
    pub complaints: ResMut<'w, Complaints>,
}

/// The connections that end at an instance, as an event over one of them sees them.
struct Others<'a> {
    connections: &'a mut Connections,
    numbers: &'a [u32],
    current: u32,
}

impl OtherConnections for Others<'_> {
    fn count(&self) -> usize {
        self.numbers.len()
    }

    fn weights(&mut self, connection: usize) -> Option<&mut [f64]> {
        let number = self.numbers[connection];
        (number != self.current).then(|| self.connections.weights_of(number))
    }
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
        while self.complaints.failure.is_none()
            && let Some(event) = self.next_due(until)
        {
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
        let (flag, connection) = match event.payload {
            Payload::Connection(connection) => (0.0, connection),
            Payload::SelfEvent { flag, connection } => (flag, connection),
            Payload::Watch { flag } => (flag, u32::MAX),
        };
        self.with_connection(mechanism, instance, connection, event.time, outbox, |kernels, call| {
            let (instances, delivery, outbox) = call;
            delivery.flag = flag;
            if flag == 1.0
                && let Some(source) = instances.sources.get_mut(instance)
            {
                source.movable = None;
            }
            kernels.receive(instances, delivery, outbox);
        });
    }

    /// The `INITIAL` block of `NET_RECEIVE` for one connection.
    pub fn initialize_connection(&mut self, connection: u32, outbox: &mut Outbox) {
        let Ok((connections, _, _)) = self.network.single() else { return };
        let target = connections.target[connection as usize];
        let (mechanism, instance) = (target.mechanism as usize, target.instance as usize);
        self.with_connection(mechanism, instance, connection, 0.0, outbox, |kernels, call| {
            let (instances, delivery, outbox) = call;
            kernels.initialize_connection(instances, delivery, outbox);
        });
    }

    /// Lets the kernels of a mechanism work on one instance and the weights of a connection (`u32::MAX` for none) at
    /// `now` (ms), and does what the instance then asks for.
    fn with_connection(
        &mut self,
        mechanism: usize,
        instance: usize,
        connection: u32,
        now: f64,
        outbox: &mut Outbox,
        work: impl FnOnce(&dyn Kernels, (&mut Instances, &mut Delivery, &mut Outbox)),
    ) {
        let entity = self.table.entities[mechanism];
        let one = Some(instance);
        pointers::refresh(entity, one, &mut self.reach);
        let Ok((mut connections, _, _)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.reach.instances.get_mut(entity) else { return };
        let instances = &mut *instances;
        let voltage = match (instances.nodes.get(instance), self.reach.voltage.single()) {
            (Some(&node), Ok(voltage)) => voltage.0[node as usize],
            _ => 0.0,
        };
        // A WATCH that the event activates asks at once whether its condition holds.
        if let Some(own) = instances.voltage.get_mut(instance) {
            *own = voltage;
        }
        let kernels = &*self.table.kernels[mechanism];
        match self.table.incoming.get(mechanism).and_then(Option::as_ref) {
            None => {
                let weights =
                    if connection == u32::MAX { &mut [][..] } else { connections.weights_of(connection) };
                let mut delivery = Delivery { instance, t: now, flag: 0.0, weights, voltage, others: None };
                work(kernels, (instances, &mut delivery, outbox));
            }
            Some(incoming) => {
                let connections = &mut *connections;
                let mut weights = match connection {
                    u32::MAX => Vec::new(),
                    _ => connections.weights_of(connection).to_vec(),
                };
                let mut others = Others { connections, numbers: incoming.of(instance), current: connection };
                let (weights_now, others_now) =
                    (&mut weights[..], Some(&mut others as &mut dyn OtherConnections));
                let mut delivery = Delivery {
                    instance,
                    t: now,
                    flag: 0.0,
                    weights: weights_now,
                    voltage,
                    others: others_now,
                };
                work(kernels, (instances, &mut delivery, outbox));
                if connection != u32::MAX {
                    connections.weights_of(connection).copy_from_slice(&weights);
                }
            }
        }
        self.complaints.collect(entity, now, outbox);
        pointers::write_back(entity, one, &mut self.reach);
        self.handle(mechanism, now, connection, outbox);
    }

    /// Does what instances of `mechanism` asked for at `now` (ms), while they handled an event that came over
    /// `connection` (`u32::MAX` for none).
    pub fn handle(&mut self, mechanism: usize, now: f64, connection: u32, outbox: &mut Outbox) {
        if outbox.is_empty() {
            return;
        }
        let Ok((connections, mut queue, mut outgoing)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.reach.instances.get_mut(self.table.entities[mechanism]) else { return };
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
                        source.movable = Some(Box::new(event));
                    }
                }
                Request::Move { time } => {
                    if let Some(old) = source.movable.as_deref().copied()
                        && queue.remove(&old)
                    {
                        source.movable = Some(Box::new(queue.push(Event { time, sent: now, ..old })));
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
                        // What the former conditions caused in this step is void, too
                        let target = Target { mechanism: mechanism as u32, instance };
                        queue.remove_near(|event| {
                            event.target == target && matches!(event.payload, Payload::Watch { .. })
                        });
                    }
                    let is_other = |watch: &Watch| {
                        watch.instance != instance || (!replace && watch.condition != condition)
                    };
                    instances.watches.retain(is_other);
                    // Whether it holds already is found at once, so that only a change triggers the event.
                    let kernels = &self.table.kernels[mechanism];
                    let was_true = kernels.watch(instances, instance as usize, condition, now) >= -1e-11;
                    instances.watches.push(Watch { instance, condition, flag, was_true });
                }
            }
        }
    }
}
