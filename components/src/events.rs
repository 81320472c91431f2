//! Spikes, events and the queue that orders them.
//!
//! Events due at the same time are delivered in a canonical order that no rank, thread or grouping can
//! change: by the time they were sent, then by their source, then by the order of the source's connections.
//! NEURON delivers first-in first-out except that an event which was once the earliest of the whole queue
//! is put behind others of its time when a still earlier one arrives; that depends on unrelated cells that
//! happen to share the queue, so it cannot be kept.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use bevy_ecs::component::Component;

/// What sends spikes: a cell, or a point process of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u64);

impl SourceId {
    const LOCAL_BITS: u32 = 24;

    /// The cell with this gid.
    pub const fn cell(gid: u64) -> Self {
        Self(gid << Self::LOCAL_BITS)
    }

    /// Point process number `index` (in creation order) of the cell with this gid.
    pub const fn point_process(gid: u64, index: u32) -> Self {
        Self((gid << Self::LOCAL_BITS) | (index as u64 + 1))
    }

    /// The gid of the cell, or of the cell that owns the point process.
    pub const fn gid(self) -> u64 {
        self.0 >> Self::LOCAL_BITS
    }

    /// The number that stands for it in messages between ranks.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The source that a number from [`SourceId::to_bits`] stands for.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether the source is a cell itself, not one of its point processes.
    pub const fn is_cell(self) -> bool {
        self.0 & ((1 << Self::LOCAL_BITS) - 1) == 0
    }
}

/// A source fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// When (ms).
    pub time: f64,
    /// Who.
    pub source: SourceId,
}

/// One instance of a mechanism of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Index of the mechanism in the group.
    pub mechanism: u32,
    /// Index of the instance among the mechanism's.
    pub instance: u32,
}

/// What an event brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Payload {
    /// A spike arrived over the connection with this index.
    Connection(u32),
    /// The instance sent it to itself (`net_send`).
    SelfEvent {
        /// The flag given to `net_send`.
        flag: f64,
        /// Connection whose weights the event carries, or `u32::MAX`.
        connection: u32,
    },
    /// A WATCH condition of the instance came true.
    Watch {
        /// The flag given to the WATCH.
        flag: f64,
    },
}

/// Something that happens to an instance at a time.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When it is due (ms).
    pub time: f64,
    /// When it was sent (ms).
    pub sent: f64,
    /// Who sent it.
    pub source: SourceId,
    /// Position among the events that the source sends at one time.
    pub order: u32,
    /// Whom it concerns.
    pub target: Target,
    /// What it brings.
    pub payload: Payload,
    /// Tells apart events that are equal in all else; set by the queue.
    pub sequence: u32,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    /// The canonical order.
    fn cmp(&self, other: &Self) -> Ordering {
        self.time
            .total_cmp(&other.time)
            .then_with(|| self.sent.total_cmp(&other.sent))
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.order.cmp(&other.order))
            .then_with(|| self.target.cmp(&other.target))
            .then_with(|| self.sequence.cmp(&other.sequence))
    }
}

/// Events not yet delivered.
///
/// Those of the near future are in order; later ones are only dealt out to intervals, each of which is put in order
/// when its time comes.
#[derive(Component, Clone, Debug, Default)]
pub struct EventQueue {
    /// The next one last.
    near: Vec<Event>,
    /// By the number of their interval.
    later: BTreeMap<i64, Vec<Event>>,
    /// The intervals before this one are in `near`; `None` before the first look.
    horizon: Option<i64>,
    sequence: u32,
}

/// Intervals of each ms.
const INTERVALS: f64 = 8.0;

/// Number of the interval that a time is in: of two times, the later one's is not smaller.
fn interval(time: f64) -> i64 {
    (time * INTERVALS).floor() as i64
}

impl EventQueue {
    /// Adds an event, and returns it with its sequence number.
    pub fn push(&mut self, mut event: Event) -> Event {
        self.sequence = self.sequence.wrapping_add(1);
        event.sequence = self.sequence;
        let interval = interval(event.time);
        if self.is_near(interval) {
            let place = self.near.partition_point(|other| *other > event);
            self.near.insert(place, event);
        } else {
            self.later.entry(interval).or_default().push(event);
        }
        event
    }

    /// Removes and returns the next event if it is due by `time` (ms).
    pub fn pop_due(&mut self, time: f64) -> Option<Event> {
        self.pop_due_if(time, |_| true)
    }

    /// Removes and returns the next event if it is due by `time` (ms) and `accept` accepts it.
    pub fn pop_due_if(&mut self, time: f64, accept: impl FnOnce(&Event) -> bool) -> Option<Event> {
        let interval = interval(time);
        if !self.is_near(interval) {
            while let Some(entry) = self.later.first_entry()
                && *entry.key() <= interval
            {
                self.near.append(&mut entry.remove());
            }
            self.near.sort_unstable_by(|one, other| other.cmp(one));
            self.horizon = interval.checked_add(1);
        }
        let next = self.near.last()?;
        if next.time <= time && accept(next) { self.near.pop() } else { None }
    }

    fn is_near(&self, interval: i64) -> bool {
        self.horizon.is_some_and(|horizon| interval < horizon)
    }

    /// Takes back an event that [`EventQueue::push`] returned; false if it is gone already.
    pub fn remove(&mut self, event: &Event) -> bool {
        let interval = interval(event.time);
        let events =
            if self.is_near(interval) { Some(&mut self.near) } else { self.later.get_mut(&interval) };
        let place = |events: &&mut Vec<Event>| events.iter().position(|other| other == event);
        let found = events.and_then(|events| Some((place(&events)?, events)));
        found.map(|(place, events)| events.remove(place)).is_some()
    }

    /// Takes back events that are as wanted, of those in the interval that is delivered now.
    pub fn remove_near(&mut self, is_wanted: impl Fn(&Event) -> bool) {
        self.near.retain(|event| !is_wanted(event));
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.near.len() + self.later.values().map(Vec::len).sum::<usize>()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All pending events, the next one first.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        let mut events: Vec<&Event> = self.near.iter().chain(self.later.values().flatten()).collect();
        events.sort_unstable();
        events.into_iter()
    }

    /// Forgets all pending events.
    pub fn clear(&mut self) {
        self.horizon = None;
        self.near.clear();
        self.later.clear();
    }
}

/// Spikes of the group's own sources since the last exchange, in the order they fired.
#[derive(Component, Clone, Debug, Default)]
pub struct OutgoingSpikes(pub Vec<Spike>);

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: f64, sent: f64, gid: u64, order: u32) -> Event {
        Event {
            time,
            sent,
            source: SourceId::cell(gid),
            order,
            target: Target { mechanism: 0, instance: 0 },
            payload: Payload::Connection(0),
            sequence: 0,
        }
    }

    #[test]
    fn order_does_not_depend_on_insertion() {
        let canonical = [
            event(1.0, 0.5, 9, 0),
            event(2.0, 0.0, 5, 1),
            event(2.0, 1.0, 3, 0),
            event(2.0, 1.0, 3, 1),
            event(2.0, 1.0, 4, 0),
        ];
        for rotation in 0..canonical.len() {
            let mut queue = EventQueue::default();
            for index in 0..canonical.len() {
                queue.push(canonical[(index + rotation) % canonical.len()]);
            }
            for expected in &canonical {
                let event = queue.pop_due(2.0).expect("five events are due");
                assert_eq!(
                    (event.time, event.sent, event.source, event.order),
                    (expected.time, expected.sent, expected.source, expected.order)
                );
            }
        }
    }

    #[test]
    fn equal_events_are_all_delivered_and_one_can_be_taken_back() {
        let mut queue = EventQueue::default();
        let first = queue.push(event(1.0, 0.0, 1, 0));
        queue.push(event(1.0, 0.0, 1, 0));
        assert!(queue.remove(&first) && !queue.remove(&first));
        assert!(queue.pop_due(1.0).is_some() && queue.pop_due(1.0).is_none());
    }

    #[test]
    fn delivers_only_what_is_due() {
        let mut queue = EventQueue::default();
        queue.push(event(1.0, 0.0, 1, 0));
        assert_eq!(queue.pop_due(0.999), None);
        assert!(queue.pop_due(1.0).is_some());
        assert!(queue.is_empty());
    }

    #[test]
    fn a_point_process_is_not_its_cell() {
        let synapse = SourceId::point_process(7, 0);
        assert_eq!(synapse.gid(), 7);
        assert!(!synapse.is_cell() && SourceId::cell(7).is_cell());
        assert!(SourceId::cell(7) < synapse && synapse < SourceId::cell(8));
    }
}
