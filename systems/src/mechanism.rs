//! What a mechanism must bring: its description, and kernels over the columns of its instances.
//!
//! The solver does all bookkeeping around a kernel: it refreshes voltages and ion variables before, and adds
//! currents to the matrix and to the ions after it, as NEURON's generated code does for each instance.

use std::sync::Arc;

use components::{Clock, Instances};
use nmodl::Description;

/// What is fixed for a whole run and shared by all instances of a mechanism.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Time step (ms).
    pub dt: f64,
    /// Temperature (degrees Celsius).
    pub celsius: f64,
    /// 0 implicit Euler, 1 and 2 Crank-Nicolson.
    pub second_order: u8,
    /// Values of the mechanism's globals, in the order of its description.
    pub globals: Vec<f64>,
}

/// What a mechanism takes part in; decides which systems the schedule gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// It has a membrane current (`current`).
    pub current: bool,
    /// Its current comes from an electrode: it enters the cell and is no membrane current.
    pub electrode: bool,
    /// It has states to advance or other work after the voltage update (`state`).
    pub state: bool,
    /// It has WATCH conditions (`watch`).
    pub watch: bool,
}

/// A mechanism that cells can insert.
pub trait Mechanism: Send + Sync {
    /// What is known of it without running it.
    fn description(&self) -> &Arc<Description>;

    /// Its kernels, specialised for one run.
    fn kernels(&self, environment: &Environment) -> Arc<dyn Kernels>;
}

/// The kernels of a mechanism, specialised for one run.
///
/// `instances.voltage` and the columns bound to ion variables are up to date on entry.
pub trait Kernels: Send + Sync {
    /// What it takes part in.
    fn phases(&self) -> Phases;

    /// `INITIAL`: sets the states of all instances at t = 0.
    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox);

    /// Current part of `BREAKPOINT`: fills `instances.current` (mA/cm2, point processes nA),
    /// `instances.conductance` (S/cm2, uS) and, for every ion it writes, the current's column and derivative.
    fn current(&self, _instances: &mut Instances, _surroundings: &Surroundings) {}

    /// `SOLVE`: advances the states of all instances by dt; the voltage is the new one.
    fn state(&self, _instances: &mut Instances, _surroundings: &Surroundings) {}

    /// `INITIAL` block of `NET_RECEIVE`, once for every connection; by default all weights but the first
    /// become 0.
    fn initialize_connection(&self, weights: &mut [f64]) {
        if let [_, rest @ ..] = weights {
            rest.fill(0.0);
        }
    }

    /// `NET_RECEIVE`: an event reaches one instance.
    fn receive(&self, _instances: &mut Instances, _delivery: &mut Delivery, _outbox: &mut Outbox) {}

    /// Value of WATCH condition number `condition` for an instance: true while it is positive.
    fn watch(&self, _instances: &Instances, _instance: usize, _condition: u32) -> f64 {
        -1.0
    }
}

/// What surrounds the instances.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Time, step and temperature; in the current phase `t` is the middle of the step.
    pub clock: Clock,
    /// Area of every node of the group (um2).
    pub area: &'a [f64],
    /// Diameter of every node of the group (um).
    pub diameter: &'a [f64],
}

/// An event at one instance.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// The instance.
    pub instance: usize,
    /// Time of the event (ms).
    pub t: f64,
    /// 0 for an event from outside, else the flag the instance gave to `net_send` or WATCH.
    pub flag: f64,
    /// Weight vector of the connection; empty for an event without one. Changes persist.
    pub weights: &'a mut [f64],
    /// Voltage of the instance's node (mV); 0 for artificial cells.
    pub voltage: f64,
}

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
}
