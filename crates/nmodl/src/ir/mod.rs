//! What mechanisms compute, as a small program for one instance.
//!
//! A [`Program`] holds a [`Kernel`] for each thing that the solver asks of a mechanism. A kernel is structured: blocks
//! of [`Instruction`]s over *registers*, each of which holds one number per instance. It says what one instance does;
//! an executor runs it for one instance or for many at once.
//!
//! There are two kinds of registers, and lowering keeps them apart:
//!
//! * A *value* is written by exactly one instruction and read only after it, in the same block or in blocks within it.
//!   An executor may compute it for instances that would not have got there, so that no instruction which makes a
//!   value can fail or be noticed.
//! * A *variable* (a `LOCAL`, an argument, an array element) is written by [`Instruction::Assign`],
//!   [`Instruction::AssignElement`], [`Instruction::Newton`] and [`Instruction::LinearSystem`] only, any number of
//!   times, and only for instances that get there. Before the first assignment it is 0.
//!
//! Booleans are numbers: comparisons give 1 or 0, and what is not 0 is true. Integers of C are numbers too: lowering
//! adds [`UnaryOperation::Truncate`] and the wrapping that types ask for.
//!
//! Every instruction rounds once, as the C++ code that NEURON generates does; nothing is reordered or fused here.

mod builder;
mod display;
mod kernels;
mod operation;
mod registers;

use std::sync::Arc;

pub use builder::Builder;
pub use operation::{BinaryOperation, UnaryOperation};
pub use registers::Use;

use crate::description::Description;
use crate::syntax::Span;

/// Number of a register of a kernel.
pub type Register = u32;

/// A mechanism ready to run: all its kernels, and what its instances hold.
#[derive(Clone, Debug)]
pub struct Program {
    /// What is known of the mechanism without running it. `Place::Column` counts in its `variables`, the first
    /// `Place::Global`s are its `globals`.
    pub description: Arc<Description>,
    /// All variables that instances share: those of the description, then those that HOC does not see (`LOCAL`s and
    /// C variables of the file).
    pub globals: Vec<SharedVariable>,
    /// Names of the random streams that each instance holds (`RANDOM`, and pointers that `VERBATIM` uses as such).
    pub streams: Vec<String>,
    /// How many of `streams`, the last ones, are `RANDOM` variables: instances have these streams from the start.
    pub random_variables: usize,
    /// Names of the vectors that each instance holds.
    pub vectors: Vec<String>,
    /// Columns that stand for a variable elsewhere (`POINTER`): refreshed before, and written back after a kernel
    /// that writes them.
    pub pointers: Vec<PointerVariable>,
    /// `TABLE`s.
    pub tables: Vec<Table>,
    /// `FUNCTION_TABLE`s.
    pub function_tables: Vec<FunctionTable>,
    /// Whether the current comes from an electrode.
    pub electrode: bool,
    /// What the solver asks for.
    pub kernels: Kernels,
    /// Functions and procedures that HOC can call, by name.
    pub functions: Vec<Function>,
}

/// A variable that all instances of a mechanism in a group share.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedVariable {
    /// Its name.
    pub name: String,
    /// Its value at first.
    pub initial: f64,
    /// Whether a kernel writes it. If none does, its value is known before the run.
    pub written: bool,
}

/// A `POINTER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerVariable {
    /// Its name.
    pub name: String,
    /// The column that holds its value.
    pub column: u32,
    /// Whether a kernel writes it.
    pub written: bool,
}

/// The kernels that the solver runs; one that the file does not ask for is `None`.
#[derive(Clone, Debug, Default)]
pub struct Kernels {
    /// `CONSTRUCTOR`
    pub constructor: Option<Kernel>,
    /// `DESTRUCTOR`
    pub destructor: Option<Kernel>,
    /// `BEFORE INITIAL`
    pub before_initial: Option<Kernel>,
    /// States at their start values, then `INITIAL`.
    pub initial: Option<Kernel>,
    /// `AFTER INITIAL`
    pub after_initial: Option<Kernel>,
    /// `BEFORE BREAKPOINT`
    pub before_breakpoint: Option<Kernel>,
    /// The current and its derivative: writes `Place::Current`, `Place::Conductance` and `Place::IonDerivative`.
    pub current: Option<Kernel>,
    /// `SOLVE`s of `BREAKPOINT`, and its other statements where it has no current.
    pub state: Option<Kernel>,
    /// `AFTER SOLVE`
    pub after_solve: Option<Kernel>,
    /// `BEFORE STEP`
    pub before_step: Option<Kernel>,
    /// `NET_RECEIVE`
    pub receive: Option<Kernel>,
    /// `INITIAL` in `NET_RECEIVE`
    pub receive_initial: Option<Kernel>,
    /// One for each condition of `WATCH`: writes `Place::Result`, which is positive while the condition holds.
    pub watch: Vec<Kernel>,
}

/// A function or procedure that HOC can call.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, without suffix.
    pub name: String,
    /// Number of its arguments as declared; `VERBATIM` may ask for more.
    pub arguments: usize,
    /// What it does: reads `Place::Argument`, writes `Place::Result`.
    pub kernel: Kernel,
}

/// A program for one instance.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    /// Number of registers, all 0 at the start.
    pub registers: u32,
    /// What is done.
    pub body: Block,
    /// Whether instances have to run one after the other, because each sees what the one before left in a shared
    /// variable.
    pub sequential: bool,
}

/// Instructions in their order.
pub type Block = Vec<Instruction>;

/// One step of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// `to` is a number.
    Constant {
        /// The value that is made.
        to: Register,
        /// The number.
        number: f64,
    },
    /// `to = operation(operand)`
    Unary {
        /// The value that is made.
        to: Register,
        /// What is computed.
        operation: UnaryOperation,
        /// From what.
        operand: Register,
    },
    /// `to = operation(left, right)`
    Binary {
        /// The value that is made.
        to: Register,
        /// What is computed.
        operation: BinaryOperation,
        /// First operand.
        left: Register,
        /// Second operand.
        right: Register,
    },
    /// `to = condition ? accepted : rejected`
    Select {
        /// The value that is made.
        to: Register,
        /// What decides.
        condition: Register,
        /// The value if the condition is not 0.
        accepted: Register,
        /// The value if it is 0.
        rejected: Register,
    },
    /// `to` gets what is at a place.
    Read {
        /// The value that is made.
        to: Register,
        /// From where.
        place: Place,
    },
    /// A place gets `from`.
    Write {
        /// Where to.
        place: Place,
        /// What.
        from: Register,
    },
    /// `to` gets element `index` of consecutive columns; outside them it is an error.
    ReadElement {
        /// The value that is made.
        to: Register,
        /// The first element.
        first: Place,
        /// Number of elements.
        length: u32,
        /// Which one; an integer.
        index: Register,
    },
    /// Element `index` of consecutive columns gets `from`; outside them it is an error.
    WriteElement {
        /// The first element.
        first: Place,
        /// Number of elements.
        length: u32,
        /// Which one; an integer.
        index: Register,
        /// What.
        from: Register,
    },
    /// The variable `to` gets `from`.
    Assign {
        /// The variable.
        to: Register,
        /// What.
        from: Register,
    },
    /// `to` gets variable `first + index`; outside them it is an error.
    ReadArray {
        /// The value that is made.
        to: Register,
        /// The first variable.
        first: Register,
        /// Number of variables.
        length: u32,
        /// Which one; an integer.
        index: Register,
    },
    /// Variable `first + index` gets `from`; outside them it is an error.
    AssignElement {
        /// The first variable.
        first: Register,
        /// Number of variables.
        length: u32,
        /// Which one; an integer.
        index: Register,
        /// What.
        from: Register,
    },
    /// One of two blocks.
    If {
        /// What decides.
        condition: Register,
        /// Done if it is not 0.
        accepted: Block,
        /// Done if it is 0.
        rejected: Block,
    },
    /// Again and again, until an [`Instruction::Leave`] of an enclosing scope.
    Loop {
        /// What is repeated.
        body: Block,
    },
    /// A block that can be left early.
    Scope {
        /// Its number, unique in the kernel.
        label: u32,
        /// What is done.
        body: Block,
    },
    /// The enclosing scope `label` ends here.
    Leave {
        /// Which one.
        label: u32,
    },
    /// Variables `results` get a row of a table.
    Lookup {
        /// Number in `Program::tables`.
        table: u32,
        /// Where to look.
        argument: Register,
        /// One variable for each column of the table.
        results: Vec<Register>,
    },
    /// Something that others notice, or that depends on more than registers.
    Effect {
        /// The value that is made, if any; 0 for instances that do not get here.
        to: Option<Register>,
        /// What is done.
        effect: Effect,
        /// Its operands.
        operands: Vec<Register>,
        /// Where it is written in the file.
        span: Span,
    },
    /// The body once for each connection that ends at the instance, in the order of their creation
    /// (`FOR_NETCONS`); `Place::OtherWeight` is that connection's.
    ForConnections {
        /// What is done.
        body: Block,
    },
    /// Finds the `unknowns` for which all `residuals` that `body` computes are 0, by Newton's method with a numerical
    /// Jacobian (`solve::dense::newton`).
    Newton {
        /// The variables that are sought, with their first guess.
        unknowns: Vec<Register>,
        /// What should be 0: variables that `body` sets.
        residuals: Vec<Register>,
        /// Computes the residuals from the unknowns.
        body: Block,
        /// Where it is written in the file.
        span: Span,
    },
    /// Solves `matrix · unknowns = right` by elimination with pivoting (`solve::dense::solve_linear`).
    LinearSystem {
        /// Rows of coefficients, one after the other.
        matrix: Vec<Register>,
        /// Right-hand sides.
        right: Vec<Register>,
        /// The variables that get the solution.
        unknowns: Vec<Register>,
        /// Where it is written in the file.
        span: Span,
    },
}

/// Where numbers outside registers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A variable of the instance, by its number in the description.
    Column(u32),
    /// Voltage of the instance's node (mV).
    Voltage,
    /// Time (ms).
    Time,
    /// Time step (ms).
    Step,
    /// Temperature (degrees Celsius).
    Celsius,
    /// 0 implicit Euler, 1 and 2 Crank-Nicolson.
    SecondOrder,
    /// Area of the instance's node (um2).
    Area,
    /// Diameter at the instance's node (um).
    Diameter,
    /// A shared variable, by its number in `Program::globals`.
    Global(u32),
    /// The instance's current (mA/cm2, point processes nA).
    Current,
    /// Derivative of its current with respect to the voltage.
    Conductance,
    /// Derivative of the current that it writes to the ion with this number in the description.
    IonDerivative(u32),
    /// Entry of the event's weight vector; 0, and lost when written, where the event came without connection.
    Weight(u32),
    /// Entry of the weight vector of the connection that `ForConnections` is at.
    OtherWeight(u32),
    /// Flag of the event.
    Flag,
    /// Argument of a call from HOC; 0 where it is missing or no number.
    Argument(u32),
    /// Result of a call, a function of `TABLE` or a WATCH condition.
    Result,
    /// A number that all instances on a node share; only the lane machine makes such places.
    OfNode(u32),
}

/// What others notice, or what depends on more than registers. Operands are given in parentheses.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// `net_send` (absolute time in ms, flag)
    Send,
    /// `net_event` (time in ms)
    Fire,
    /// `net_move` (absolute time in ms)
    Move,
    /// `WATCH` (flag)
    Watch {
        /// Number of the condition.
        condition: u32,
        /// Whether other active conditions of the instance are forgotten.
        replace: bool,
    },
    /// A number from stream `stream` of the instance; `Distribution` says which operands it takes.
    Draw {
        /// Number in `Program::streams`.
        stream: u32,
        /// What is drawn.
        distribution: Distribution,
    },
    /// How many of the next uniform numbers of a stream are below a bound (how many are drawn, the bound).
    CountBelow {
        /// Number in `Program::streams`.
        stream: u32,
        /// Whether those at the bound count, too.
        or_equal: bool,
    },
    /// How often the products of a number so far and the next uniform numbers of a stream are not below a bound, until
    /// they are (how many are drawn at most, the number at the start, the bound).
    CountProducts {
        /// Number in `Program::streams`.
        stream: u32,
        /// Whether products at the bound are as those below.
        or_equal: bool,
    },
    /// Whether a stream was set.
    HasStream(u32),
    /// A new stream (id1, id2, id3) at its first number.
    SetStream(u32),
    /// The stream is forgotten.
    ClearStream(u32),
    /// Changes the ids of a stream (id1, id2, id3).
    SetStreamIds(u32),
    /// Moves a stream to a position (position, 4 · block + word).
    SetStreamPosition(u32),
    /// Moves a stream (block, word).
    SetStreamBlock(u32),
    /// The position of a stream.
    StreamPosition(u32),
    /// One of the three ids of a stream.
    StreamId {
        /// Number in `Program::streams`.
        stream: u32,
        /// Which one, 0 to 2.
        id: u8,
    },
    /// A number from the generator that all mechanisms share (`scop_random`, `exprand`, `normrand`, `poisrand`).
    DrawShared(Distribution),
    /// `set_seed` (seed)
    SeedShared,
    /// Whether a vector was given.
    HasVector(u32),
    /// Number of elements of a vector, 0 without one.
    VectorLength(u32),
    /// Element of a vector (index); outside it is an error.
    VectorElement(u32),
    /// Element of a vector is set (index, number).
    SetVectorElement(u32),
    /// The vector becomes the one that HOC gave as argument (number of the argument, from 0), or is forgotten.
    SetVector {
        /// Number in `Program::vectors`.
        vector: u32,
        /// The argument; `None` forgets the vector.
        argument: Option<u32>,
    },
    /// Changes the length of a vector (length).
    ResizeVector(u32),
    /// A new vector of zeros (length).
    NewVector(u32),
    /// Number of elements of the `Vector` that is the argument of HOC with this number, from 0.
    ArgumentLength(u32),
    /// Element of that `Vector` (index); outside it is an error.
    ArgumentElement(u32),
    /// Whether HOC gave the argument with this number, from 0.
    HasArgument(u32),
    /// Whether that argument is a number.
    ArgumentIsNumber(u32),
    /// A stream is made from the argument with this number: a `Random` object of HOC.
    SetStreamFromArgument {
        /// Number in `Program::streams`.
        stream: u32,
        /// The argument, from 0.
        argument: u32,
    },
    /// Value of a `FUNCTION_TABLE` (arguments).
    FunctionTable(u32),
    /// Whether the pointer with this number in `Program::pointers` points to something (`nrn_pointing`).
    IsPointing(u32),
    /// `at_time` (time in ms): whether this time lies in the step that is being made.
    AtTime,
    /// Nernst potential (mV) (inside, outside, valence).
    Nernst,
    /// GHK current (voltage, inside, outside, valence).
    Ghk,
    /// A message for the user (the numbers that the format asks for).
    Print(Arc<str>),
    /// The run cannot go on (the numbers that the format asks for).
    Fail(Arc<str>),
}

/// What is drawn from a random stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Between 0 and 1, without these.
    Uniform,
    /// Between two numbers (low, high).
    UniformBetween,
    /// Exponential with mean 1.
    Exponential,
    /// Exponential (mean).
    ExponentialOf,
    /// Normal with mean 0 and deviation 1.
    Normal,
    /// Normal (mean, deviation).
    NormalOf,
    /// Poisson (mean).
    Poisson,
    /// 32 random bits.
    Word,
    /// What HOC chose for its `Random` object that the stream was made from (`nrn_random_pick`).
    Given,
}

/// A `TABLE`.
#[derive(Clone, Debug)]
pub struct Table {
    /// The procedure or function that it belongs to, for messages.
    pub name: String,
    /// Number of columns.
    pub columns: u32,
    /// What the entries depend on, globals and `Step` or `Celsius`: the table is made anew when one has changed.
    pub depends: Vec<Place>,
    /// Computes the bounds: writes `Place::Argument(0)`, the lowest argument, `Place::Argument(1)`, the highest, and
    /// `Place::Argument(2)`, the number of intervals.
    pub bounds: Kernel,
    /// Computes one row: reads `Place::Argument(0)`, writes `Place::Argument(1 + column)`.
    pub row: Kernel,
    /// The shared variable that switches it on (`usetable`).
    pub switch: u32,
}

/// A `FUNCTION_TABLE`: values that HOC sets, with one or two arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTable {
    /// Its name, without suffix.
    pub name: String,
    /// Number of arguments.
    pub arguments: usize,
}
