//! What instances ask the solver for.

use crate::syntax::Span;

/// What an instance asks for while it handles an event or initialises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    /// `net_send`: an event to itself at the absolute `time` (ms).
    Send {
        /// When (ms).
        time: f64,
        /// With which flag.
        flag: f64,
    },
    /// `net_event`: the instance spikes at `time` (ms).
    Fire {
        /// When (ms).
        time: f64,
    },
    /// `net_move`: the last self event with flag 1 is moved to `time` (ms).
    Move {
        /// When (ms).
        time: f64,
    },
    /// `WATCH`: an event with `flag` when the condition comes true.
    Watch {
        /// Number of the condition.
        condition: u32,
        /// Flag of the event.
        flag: f64,
        /// Whether other active conditions of the instance are forgotten.
        replace: bool,
    },
}

/// Requests of instances, handled by the solver right after the kernel returns.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    requests: Vec<(u32, Request)>,
    messages: Vec<(u32, String)>,
    failure: Option<Failure>,
}

/// Why a kernel cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The instance.
    pub instance: u32,
    /// What is wrong.
    pub message: String,
    /// The place in the file of the mechanism.
    pub span: Span,
}

impl Outbox {
    /// Sends `instance` an event at the absolute `time` (ms) with `flag`.
    pub fn send(&mut self, instance: usize, time: f64, flag: f64) {
        self.requests.push((instance as u32, Request::Send { time, flag }));
    }

    /// Lets `instance` spike at `time` (ms).
    pub fn fire(&mut self, instance: usize, time: f64) {
        self.requests.push((instance as u32, Request::Fire { time }));
    }

    /// Moves the last self event with flag 1 of `instance` to `time` (ms).
    pub fn move_to(&mut self, instance: usize, time: f64) {
        self.requests.push((instance as u32, Request::Move { time }));
    }

    /// Watches a condition of `instance`.
    pub fn watch(&mut self, instance: usize, condition: u32, flag: f64, replace: bool) {
        self.requests.push((instance as u32, Request::Watch { condition, flag, replace }));
    }

    /// Requests made so far, oldest first; the outbox is empty afterwards.
    pub fn drain(&mut self) -> impl Iterator<Item = (u32, Request)> + '_ {
        self.requests.drain(..)
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// How much there is so far.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.requests.len(), self.messages.len())
    }

    /// Puts what came after `mark` in an order of instances; that of each stays in its order.
    pub(super) fn sort_by<K: Ord>(&mut self, (requests, messages): (usize, usize), key: impl Fn(u32) -> K) {
        if self.requests.len() > requests + 1 {
            self.requests[requests..].sort_by_key(|(instance, _)| key(*instance));
        }
        if self.messages.len() > messages + 1 {
            self.messages[messages..].sort_by_key(|(instance, _)| key(*instance));
        }
    }

    /// Has a message of `instance` for the user.
    pub fn print(&mut self, instance: usize, message: String) {
        self.messages.push((instance as u32, message));
    }

    /// Messages, oldest first; there are none afterwards.
    pub fn take_messages(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.messages)
    }

    /// The run cannot go on; the first failure counts.
    pub fn fail(&mut self, instance: usize, message: String, span: Span) {
        self.failure.get_or_insert(Failure { instance: instance as u32, message, span });
    }

    /// The failure, if there is one; it is forgotten.
    pub fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// The instance that failed, if one did.
    pub fn failed(&self) -> Option<u32> {
        self.failure.as_ref().map(|failure| failure.instance)
    }

    /// Whether a kernel failed.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }
}
