//! Events reach their targets.
//!
//! A window delivers all events due by its end, including those that arise while it is open.

use bevy_ecs::system::{Local, Query, Res, ResMut, SystemParam};
use components::{
    Clock, Column, Connections, Event, EventQueue, Instances, NO_CONNECTIONS, OutgoingSpikes, Payload,
    SourceId, Spike, Target, Watch,
};
use nmodl::execute::OtherConnections;

use super::pointers::{self, Reach};
use super::{Complaints, MechanismTable};
use crate::mechanism::{Arrivals, Delivery, Kernels, Outbox, Request};

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
pub fn deliver_start(
    clock: Res<Clock>,
    mut network: Network,
    mut batches: Local<Batches>,
    mut outbox: Local<Outbox>,
) {
    network.deliver(clock.t + 0.5 * clock.dt, &mut batches, &mut outbox);
}

/// Window at the end of a step: events due by t.
pub fn deliver_end(
    clock: Res<Clock>,
    mut network: Network,
    mut batches: Local<Batches>,
    mut outbox: Local<Outbox>,
) {
    network.deliver(clock.t, &mut batches, &mut outbox);
}

/// Events that reach different instances, and can be delivered at once.
#[derive(Default)]
pub struct Batches {
    /// One for each mechanism.
    all: Vec<Batch>,
    /// The mechanisms with events.
    used: Vec<usize>,
    /// How often there were batches so far.
    number: u64,
}

/// The events for one mechanism.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    /// The number of the last batches with an event for each instance.
    last: Vec<u64>,
    arrivals: Arrivals,
}

/// Events from which on it is worth to deliver them at once.
const MANY: usize = 4;

impl Batches {
    fn begin(&mut self) {
        self.number += 1;
        for mechanism in self.used.drain(..) {
            self.all[mechanism].events.clear();
        }
    }

    /// Whether there is no event for the same instance yet.
    fn is_free(&self, target: Target) -> bool {
        let batch = self.all.get(target.mechanism as usize);
        batch.and_then(|batch| batch.last.get(target.instance as usize)) != Some(&self.number)
    }

    fn add(&mut self, event: Event) {
        let (mechanism, instance) = (event.target.mechanism as usize, event.target.instance as usize);
        if self.all.len() <= mechanism {
            self.all.resize_with(mechanism + 1, Batch::default);
        }
        let batch = &mut self.all[mechanism];
        if batch.last.len() <= instance {
            batch.last.resize(instance + 1, 0);
        }
        if batch.events.is_empty() {
            self.used.push(mechanism);
        }
        batch.last[instance] = self.number;
        batch.events.push(event);
    }
}

impl Batch {
    /// Makes the events ready for a kernel that uses some of their weights.
    fn arrive(&mut self, weights: usize, connections: &mut Connections) {
        let Self { events, arrivals, .. } = self;
        arrivals.instances.clear();
        arrivals.instances.extend(events.iter().map(|event| event.target.instance));
        arrivals.weights.resize_with(weights, Column::default);
        let columns = [&mut arrivals.times, &mut arrivals.flags].into_iter().chain(&mut arrivals.weights);
        columns.for_each(|column| column.resize(events.len()));
        for (number, event) in events.iter().enumerate() {
            let (flag, connection) = flag_and_connection(event);
            (arrivals.times[number], arrivals.flags[number]) = (event.time, flag);
            if weights > 0 {
                let values = connections.weights_of(connection).iter();
                values.zip(&mut arrivals.weights).for_each(|(value, column)| column[number] = *value);
            }
        }
    }

    /// Gives connections the weights that a kernel may have changed.
    fn keep_weights(&self, connections: &mut Connections) {
        if self.arrivals.weights.is_empty() {
            return;
        }
        for (number, event) in self.events.iter().enumerate() {
            let values = connections.weights_of(flag_and_connection(event).1).iter_mut();
            values.zip(&self.arrivals.weights).for_each(|(value, column)| *value = column[number]);
        }
    }
}

/// Flag of an event, and the connection that it came over, `u32::MAX` for none.
fn flag_and_connection(event: &Event) -> (f64, u32) {
    match event.payload {
        Payload::Connection(connection) => (0.0, connection),
        Payload::SelfEvent { flag, connection } => (flag, connection),
        Payload::Watch { flag } => (flag, u32::MAX),
    }
}

/// Forgets the self event that `net_move` would move, if it is the one that comes.
fn forget_movable(instances: &mut Instances, instance: usize, flag: f64) {
    if flag == 1.0
        && let Some(source) = instances.sources.get_mut(instance)
    {
        source.movable = None;
    }
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
    /// Delivers all events due by `until` (ms), in the canonical order as far as they concern the same instance.
    fn deliver(&mut self, until: f64, batches: &mut Batches, outbox: &mut Outbox) {
        while self.complaints.failure.is_none() {
            batches.begin();
            let Some(alone) = self.next_due(until, batches) else { return };
            for &mechanism in &batches.used {
                self.deliver_batch(mechanism, &mut batches.all[mechanism], outbox);
            }
            if let Some(event) = alone {
                self.deliver_one(&event, outbox);
            }
        }
    }

    /// Takes the events that can be delivered at once out of the queue, and one that cannot if it comes next; `None` if
    /// no event is due.
    fn next_due(&mut self, until: f64, batches: &mut Batches) -> Option<Option<Event>> {
        let (connections, mut queue, _) = self.network.single_mut().ok()?;
        let together = &self.table.together;
        // an event for an instance that has one already waits for what comes of that one
        while let Some(event) = queue.pop_due_if(until, |event| batches.is_free(event.target)) {
            let joins = together[event.target.mechanism as usize].is_some_and(|weights| {
                let (_, connection) = flag_and_connection(&event);
                weights == 0 || connection != u32::MAX && connections.weight_count(connection) >= weights
            });
            if !joins {
                return Some(Some(event));
            }
            batches.add(event);
        }
        (!batches.used.is_empty()).then_some(None)
    }

    fn deliver_batch(&mut self, mechanism: usize, batch: &mut Batch, outbox: &mut Outbox) {
        let weights = self.table.together[mechanism].unwrap_or(0);
        if batch.events.len() < MANY {
            return batch.events.iter().for_each(|event| self.deliver_one(event, outbox));
        }
        let entity = self.table.entities[mechanism];
        let Ok((mut connections, _, _)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.reach.instances.get_mut(entity) else { return };
        let instances = &mut *instances;
        batch.arrive(weights, &mut connections);
        let voltage = self.reach.voltage.single();
        for event in &batch.events {
            let instance = event.target.instance as usize;
            if let (Some(&node), Ok(voltage)) = (instances.nodes.get(instance), &voltage) {
                instances.voltage[instance] = voltage.0[node as usize];
            }
            forget_movable(instances, instance, flag_and_connection(event).0);
        }
        self.table.kernels[mechanism].receive_all(instances, &mut batch.arrivals, outbox);
        batch.keep_weights(&mut connections);
        let event_of = |instance: u32| {
            let event = batch.events.iter().find(|event| event.target.instance == instance);
            event.map_or((0.0, u32::MAX), |event| (event.time, flag_and_connection(event).1))
        };
        let failed_at = outbox.failed().map_or(0.0, |instance| event_of(instance).0);
        self.complaints.collect(entity, failed_at, outbox);
        self.handle(mechanism, outbox, event_of);
    }

    fn deliver_one(&mut self, event: &Event, outbox: &mut Outbox) {
        let mechanism = event.target.mechanism as usize;
        let instance = event.target.instance as usize;
        let (flag, connection) = flag_and_connection(event);
        self.with_connection(mechanism, instance, connection, event.time, outbox, |kernels, call| {
            let (instances, delivery, outbox) = call;
            delivery.flag = flag;
            forget_movable(instances, instance, flag);
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
        self.handle(mechanism, outbox, |_| (now, connection));
    }

    /// Does what instances of `mechanism` asked for, while they handled an event; `event_of` says for each when it came
    /// (ms) and over which connection (`u32::MAX` for none).
    pub fn handle(&mut self, mechanism: usize, outbox: &mut Outbox, event_of: impl Fn(u32) -> (f64, u32)) {
        if outbox.is_empty() {
            return;
        }
        let Ok((connections, mut queue, mut outgoing)) = self.network.single_mut() else { return };
        let Ok(mut instances) = self.reach.instances.get_mut(self.table.entities[mechanism]) else { return };
        let instances = &mut *instances;
        for (instance, request) in outbox.drain() {
            let Some(source) = instances.sources.get_mut(instance as usize) else { continue };
            let (now, connection) = event_of(instance);
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
