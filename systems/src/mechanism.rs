//! What a mechanism must bring: its description, and kernels over the columns of its instances.
//!
//! The solver does all bookkeeping around a kernel: it refreshes voltages and ion variables before, and adds
//! currents to the matrix and to the ions after it, as NEURON's generated code does for each instance.

use std::fmt;
use std::sync::Arc;

use components::{Clock, Instances};
use nmodl::Description;
use nmodl::execute::OtherConnections;
pub use nmodl::execute::{Argument, Arrivals, Demand, Outbox, Phase, Request, Storage, VoltageOf};
use nmodl::ir::PointerVariable;
use nmodl::syntax::Span;

/// What is fixed for a whole run and shared by all instances of a mechanism.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Time step (ms).
    pub dt: f64,
    /// Temperature (degrees Celsius).
    pub celsius: f64,
    /// 0 implicit Euler, 1 and 2 Crank-Nicolson.
    pub second_order: u8,
    /// Global index of all random streams.
    pub random_seed: u32,
    /// Values of the mechanism's globals, in the order of its description.
    pub globals: Vec<f64>,
}

/// What a mechanism takes part in; decides which systems the schedule gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// It has a membrane current (`current`).
    pub current: bool,
    /// Its current comes from an electrode: it enters the cell and is no membrane current.
    pub electrode: bool,
    /// It has states to advance or other work after the voltage update (`state`).
    pub state: bool,
    /// It has WATCH conditions (`watch`).
    pub watch: bool,
    /// An event there sees all connections that end at the instance (`FOR_NETCONS`).
    pub other_connections: bool,
    /// Its `CONSTRUCTOR`, `BEFORE` and `AFTER` blocks (`block`).
    pub blocks: Vec<Phase>,
}

/// A description that does not say where it comes from.
pub(crate) fn without_source(description: &Description) -> Description {
    Description { source: String::new(), ..description.clone() }
}

/// A mechanism that cells can insert.
pub trait Mechanism: Send + Sync {
    /// What is known of it without running it.
    fn description(&self) -> &Arc<Description>;

    /// Names of the random streams that each instance holds.
    fn streams(&self) -> &[String] {
        &[]
    }

    /// How many of the streams, the last ones, an instance has from the start.
    fn random_variables(&self) -> usize {
        0
    }

    /// Names of the vectors that each instance holds.
    fn vectors(&self) -> &[String] {
        &[]
    }

    /// Its variables that stand for others.
    fn pointers(&self) -> &[PointerVariable] {
        &[]
    }

    /// Whether pointer number `pointer` need not be set: the mechanism asks whether it points to something.
    fn may_point_to_nothing(&self, _pointer: usize) -> bool {
        false
    }

    /// Names of the functions and procedures that a cell can call, without suffix.
    fn functions(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether there is a function or procedure of this name, without suffix.
    fn has_function(&self, name: &str) -> bool {
        self.functions().iter().any(|known| known == name)
    }

    /// Writes all that it is as text: two mechanisms that write the same are the same, wherever they come from.
    ///
    /// # Errors
    ///
    /// If the text cannot be taken.
    fn describe(&self, text: &mut dyn fmt::Write) -> fmt::Result {
        write!(text, "{:?}", without_source(self.description()))
    }

    /// Its kernels, specialised for one run.
    fn kernels(&self, environment: &Environment) -> Arc<dyn Kernels>;

    /// Its kernels, specialised for one run and for instances of which more is known, whose functions are called no
    /// more; by default that changes nothing.
    fn kernels_for(&self, environment: &Environment, _demand: &Demand) -> Arc<dyn Kernels> {
        self.kernels(environment)
    }
}

/// The kernels of a mechanism, specialised for one run.
///
/// The voltages that [`Kernels::voltage`] names, and the columns bound to ion variables are up to date on entry. What a kernel asks the solver
/// for, cannot do or has to tell goes into its outbox.
pub trait Kernels: Send + Sync {
    /// What it takes part in.
    fn phases(&self) -> Phases;

    /// How a column of `instances.columns` is kept.
    fn storage(&self, _column: usize) -> Storage {
        Storage::Instances
    }

    /// Whether kernels read `instances.area` and `instances.diameter` of density mechanisms.
    fn reads_geometry(&self) -> bool {
        false
    }

    /// Which voltages the kernel of a phase reads: those of `instances.voltage` or of `instances.distinct`.
    fn voltage(&self, _phase: Phase) -> VoltageOf {
        VoltageOf::Instances
    }

    /// Fills `instances.own` before anything else happens: with what instances share.
    fn prepare(&self, _instances: &mut Instances) {}

    /// `INITIAL`: sets the states of all instances at t = 0.
    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox);

    /// Current part of `BREAKPOINT`: fills `instances.current` (mA/cm2, point processes nA),
    /// `instances.conductance` (S/cm2, uS) and, for every ion it writes, the current's column and derivative.
    fn current(&self, _instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {}

    /// `SOLVE`: advances the states of all instances by dt; the voltage is the new one.
    fn state(&self, _instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {}

    /// One of the blocks that [`Phases::blocks`] names.
    fn block(
        &self,
        _block: Phase,
        _instances: &mut Instances,
        _surroundings: &Surroundings,
        _outbox: &mut Outbox,
    ) {
    }

    /// `INITIAL` block of `NET_RECEIVE`, once for every connection; by default all weights but the first
    /// become 0.
    fn initialize_connection(
        &self,
        _instances: &mut Instances,
        delivery: &mut Delivery,
        _outbox: &mut Outbox,
    ) {
        if let [_, rest @ ..] = &mut *delivery.weights {
            rest.fill(0.0);
        }
    }

    /// `NET_RECEIVE`: an event reaches one instance.
    fn receive(&self, _instances: &mut Instances, _delivery: &mut Delivery, _outbox: &mut Outbox) {}

    /// Whether events that reach different instances can be delivered at once, because none of them makes an instance
    /// spike or sees more than its own instance, and how many entries of their weight vectors are used.
    fn receives_all(&self) -> Option<usize> {
        None
    }

    /// `NET_RECEIVE` for events that reach an instance each, if that is possible; requests come in their order.
    fn receive_all(&self, _instances: &mut Instances, _arrivals: &mut Arrivals, _outbox: &mut Outbox) {}

    /// Value of WATCH condition number `condition` for an instance at `t` (ms): true while it is positive.
    fn watch(&self, _instances: &mut Instances, _instance: usize, _condition: u32, _t: f64) -> f64 {
        -1.0
    }

    /// A call of a function from outside, such as `setRNG(1, 2, 3)`; `None` if there is no such function.
    fn call(
        &self,
        _instances: &mut Instances,
        _instance: usize,
        _function: &str,
        _arguments: &[Argument],
        _outbox: &mut Outbox,
    ) -> Option<f64> {
        None
    }

    /// Where a piece of the mechanism's text is, such as `NaTg.mod:17`; empty for mechanisms without text.
    fn place(&self, _span: Span) -> String {
        String::new()
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
    /// The other connections that end at the instance, if [`Phases::other_connections`] asks for them.
    pub others: Option<&'a mut dyn OtherConnections>,
}
