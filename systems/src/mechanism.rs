//! What a mechanism must bring: its description, and kernels over the columns of its instances.
//!
//! The solver does all bookkeeping around a kernel: it refreshes voltages and ion variables before, and adds
//! currents to the matrix and to the ions after it, as NEURON's generated code does for each instance.

use std::sync::Arc;

use components::{Clock, Instances};
use nmodl::Description;
pub use nmodl::execute::{Outbox, Request};

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
