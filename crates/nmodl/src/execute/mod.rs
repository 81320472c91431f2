//! Runs the kernels of a mechanism over the columns of its instances.
//!
//! [`Frame`] is what a kernel works on; the solver fills it, and deals with the [`Outbox`] afterwards.

pub(crate) mod arithmetic;
mod flat;
mod format;
pub(crate) mod lanes;
mod outbox;
mod reference;
mod shared_generator;
mod specialised;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use random::{Random, Stream, Streams};

pub use outbox::{Failure, Outbox, Request};
pub use shared_generator::SharedGenerator;
pub use specialised::Specialised;

use crate::Column;
use crate::ir::{Kernel, Kernels};

/// What one kernel works on: the instances of a mechanism in a group, and what surrounds them.
pub struct Frame<'a> {
    /// Number of instances.
    pub count: usize,
    /// Time (ms); in the current phase the middle of the step, of an event its own time.
    pub time: f64,
    /// One column for each variable of the description: a value for each instance, one value where
    /// [`Storage::Uniform`], none where [`Storage::Nowhere`].
    pub columns: &'a mut [Column],
    /// Voltage of each instance's node (mV); empty for artificial cells.
    pub voltage: &'a Column,
    /// The nodes of point processes of which several are on one. Where this is given, a phase whose kernel reads
    /// [`VoltageOf::Nodes`] takes voltages from here.
    pub nodes: Option<Nodes<'a>>,
    /// Area of each instance's node (um2); empty for artificial cells.
    pub area: &'a Column,
    /// Diameter at each instance's node (um); empty for artificial cells.
    pub diameter: &'a Column,
    /// Current of each instance (mA/cm2, point processes nA).
    pub current: &'a mut Column,
    /// Derivative of the current with respect to voltage (S/cm2, uS).
    pub conductance: &'a mut Column,
    /// For each ion of the description, the derivative of the current written to it.
    pub ion_derivatives: &'a mut [Column],
    /// What instances hold beside columns, and what they share.
    pub own: &'a mut Holdings,
    /// What they ask the solver for.
    pub outbox: &'a mut Outbox,
    /// The event at hand, while one is delivered.
    pub event: Option<Event<'a>>,
    /// The events at hand, while several are delivered at once; then `count` is their number.
    pub arrivals: Option<&'a mut Arrivals>,
    /// The arguments of a call from HOC, while one is made.
    pub arguments: &'a [Argument],
}

/// Nodes with instances of a mechanism, each once.
#[derive(Clone, Copy)]
pub struct Nodes<'a> {
    /// Voltage of each (mV).
    pub voltage: &'a Column,
    /// The first instance on each; one more entry marks the end.
    pub starts: &'a [u32],
}

/// Which voltages a kernel reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoltageOf {
    /// None.
    Nothing,
    /// Those of [`Frame::nodes`] where they are given, else those of instances.
    Nodes,
    /// Those of instances.
    Instances,
}

/// An event that reaches one instance.
pub struct Event<'a> {
    /// 0 for an event from outside, else the flag that the instance gave.
    pub flag: f64,
    /// Weight vector of the connection; empty for an event without one. Changes persist.
    pub weights: &'a mut [f64],
    /// The other connections that end at the instance, for `FOR_NETCONS`.
    pub others: Option<&'a mut dyn OtherConnections>,
}

/// Events that reach an instance each.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    /// The instances, all different.
    pub instances: Vec<u32>,
    /// When each event comes (ms).
    pub times: Column,
    /// The flag of each event.
    pub flags: Column,
    /// One column for each entry of the weight vectors: that of each event. Changes persist.
    pub weights: Vec<Column>,
}

/// All connections that end at an instance, in the order of their creation.
pub trait OtherConnections {
    /// How many there are.
    fn count(&self) -> usize;
    /// Weight vector of one of them; the one that the event came over is `None`: its weights are in the event.
    fn weights(&mut self, connection: usize) -> Option<&mut [f64]>;
}

/// An argument of a call from HOC.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A `Vector`.
    Vector(Vec<f64>),
    /// The Random123 generator of a `Random`.
    Stream(Box<Stream>),
    /// A `Random`, with the distribution that HOC chose.
    Random(Box<Random>),
    /// Any other object.
    Object,
}

/// What the instances of a mechanism in a group hold beside columns, and what they share.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// Values of `Program::globals`.
    pub globals: Vec<f64>,
    /// For each of `Program::streams`, the stream of each instance.
    pub streams: Vec<Streams>,
    /// For each of `Program::streams`, the object of HOC that it was made from, for what was chosen there; may be empty.
    pub given: Vec<Vec<Option<Random>>>,
    /// For each of `Program::pointers`, whether that of each instance points to something.
    pub pointing: Vec<Vec<bool>>,
    /// For each of `Program::vectors`, the vector of each instance.
    pub vectors: Vec<Vec<Option<Vec<f64>>>>,
    /// The entries of `Program::tables`.
    pub tables: Vec<TableEntries>,
    /// What HOC set of `Program::function_tables`.
    pub function_tables: Vec<Option<FunctionTableEntries>>,
    /// The generator that all instances share.
    pub shared_generator: SharedGenerator,
    /// The global index of streams that kernels make (`run.random_seed`).
    pub random_seed: u32,
}

/// A `TABLE` as computed last.
#[derive(Clone, Debug, Default)]
pub struct TableEntries {
    /// The values of `Table::depends` that it was computed with; empty before the first time.
    pub computed_with: Vec<f64>,
    /// Lowest argument.
    pub low: f64,
    /// Intervals for each unit of the argument.
    pub factor: f64,
    /// Number of intervals.
    pub intervals: usize,
    /// One after the other, `intervals + 2` entries of each column, of which the last two are the same.
    pub entries: Vec<f64>,
}

/// The values of a `FUNCTION_TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionTableEntries {
    /// Values; those of two arguments row by row.
    pub values: Vec<f64>,
    /// For each argument, where the values are.
    pub grid: Vec<Vec<f64>>,
}

/// How a column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// One number for each instance.
    Instances,
    /// One number for all instances.
    Uniform,
    /// Nothing: no kernel reads what another one left there, and nobody looks.
    Nowhere,
}

/// What is fixed for a whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct Constants {
    /// Time step (ms).
    pub dt: f64,
    /// Temperature (degrees Celsius).
    pub celsius: f64,
    /// 0 implicit Euler, 1 and 2 Crank-Nicolson.
    pub second_order: u8,
    /// Initial values of the description's globals.
    pub globals: Vec<f64>,
}

/// What is known of the instances of a group when a program is specialised for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// For each variable, whether it has the same bits in all instances, and nothing but kernels changes it.
    pub uniform: Vec<bool>,
    /// For each variable, whether somebody beside kernels reads or changes it: reports, recordings, signals, ions,
    /// pointers.
    pub observed: Vec<bool>,
}

/// The kernels that run over all instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// `CONSTRUCTOR`
    Constructor,
    /// `DESTRUCTOR`
    Destructor,
    /// `BEFORE INITIAL`
    BeforeInitial,
    /// `INITIAL`
    Initial,
    /// `AFTER INITIAL`
    AfterInitial,
    /// `BEFORE BREAKPOINT`
    BeforeBreakpoint,
    /// Currents
    Current,
    /// States
    State,
    /// `AFTER SOLVE`
    AfterSolve,
    /// `BEFORE STEP`
    BeforeStep,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Constructor,
        Self::Destructor,
        Self::BeforeInitial,
        Self::Initial,
        Self::AfterInitial,
        Self::BeforeBreakpoint,
        Self::Current,
        Self::State,
        Self::AfterSolve,
        Self::BeforeStep,
    ];
}

impl Kernels {
    /// The kernel of a phase.
    pub fn of(&self, phase: Phase) -> Option<&Kernel> {
        match phase {
            Phase::Constructor => self.constructor.as_ref(),
            Phase::Destructor => self.destructor.as_ref(),
            Phase::BeforeInitial => self.before_initial.as_ref(),
            Phase::Initial => self.initial.as_ref(),
            Phase::AfterInitial => self.after_initial.as_ref(),
            Phase::BeforeBreakpoint => self.before_breakpoint.as_ref(),
            Phase::Current => self.current.as_ref(),
            Phase::State => self.state.as_ref(),
            Phase::AfterSolve => self.after_solve.as_ref(),
            Phase::BeforeStep => self.before_step.as_ref(),
        }
    }
}
