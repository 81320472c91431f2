//! Statements of bodies.

use super::super::source::Span;
use super::{Argument, Call, Declaration, Expression, LocalVariable, Name, Variable, Verbatim};

/// Statements between braces.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The statements, in their order.
    pub statements: Vec<Statement>,
    /// Whether a `VERBATIM` block directly in it opens, closes or guards something that NMODL statements belong to,
    /// so that the tree of this body is not what runs.
    pub spliced: bool,
    /// Where it is written, with its braces.
    pub span: Span,
}

/// A statement and where it is written.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it is written.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `LOCAL a, b[3]`
    Local(Vec<LocalVariable>),
    /// `a = b`, or `a' = b`
    Assign {
        /// What gets the value.
        target: Variable,
        /// The value.
        value: Expression,
    },
    /// A call whose result is dropped.
    Call(Call),
    /// `PROTECT a = b`: an assignment under a lock.
    Protect {
        /// What gets the value.
        target: Variable,
        /// The value.
        value: Expression,
    },
    /// `if (a) { … } else if (b) { … } else { … }`
    If {
        /// Conditions with their bodies, at least one.
        branches: Vec<(Expression, Body)>,
        /// The last `else`.
        otherwise: Option<Body>,
    },
    /// `WHILE (a) { … }`
    While {
        /// The condition.
        condition: Expression,
        /// What is repeated.
        body: Body,
    },
    /// `FROM i = 0 TO n - 1 BY 1 { … }`: the variable is an integer, and so are all operands of the bounds.
    From {
        /// The variable, known in the body alone.
        variable: Name,
        /// Its first value.
        first: Expression,
        /// Its last value.
        last: Expression,
        /// The step, 1 if not given.
        step: Option<Expression>,
        /// What is repeated.
        body: Body,
    },
    /// `{ … }`
    Nested(Body),
    /// `VERBATIM … ENDVERBATIM`
    Verbatim(Verbatim),
    /// `SOLVE states METHOD cnexp`
    Solve {
        /// The block.
        block: Name,
        /// The method, if given.
        method: Option<Name>,
        /// Whether it is written as `STEADYSTATE method`.
        steady_state: bool,
    },
    /// `CONDUCTANCE g USEION na`
    Conductance {
        /// The conductance.
        variable: Name,
        /// The ion that its current belongs to.
        ion: Option<Name>,
    },
    /// `~ a + 2 b <-> c (f, b)` and the like, in `KINETIC`.
    Reaction {
        /// What reacts.
        left: Vec<Reactant>,
        /// How, and into what.
        kind: ReactionKind,
    },
    /// `CONSERVE a + 2 b = total`
    Conserve {
        /// The sum.
        terms: Vec<Reactant>,
        /// What it equals.
        total: Expression,
    },
    /// `COMPARTMENT i, volume { a b }`
    Compartment(Compartment),
    /// `LONGITUDINAL_DIFFUSION i, constant { a b }`
    LongitudinalDiffusion(Compartment),
    /// `~ a = b` in `LINEAR` and `NONLINEAR`
    Equation {
        /// Left side.
        left: Expression,
        /// Right side.
        right: Expression,
    },
    /// `TABLE a, b DEPEND c FROM d TO e WITH f`
    Table(Table),
    /// `WATCH (a > b) 2, (c < d) 3`
    Watch(Vec<WatchCondition>),
    /// `FOR_NETCONS(a, b) { … }`
    ForNetCons {
        /// Names for the arguments of the other connections.
        arguments: Vec<Argument>,
        /// What is done for each of them.
        body: Body,
    },
    /// `INITIAL { … }` in `NET_RECEIVE`
    Initial(Body),
    /// `LAG a BY b`
    Lag {
        /// The variable.
        variable: Name,
        /// The delay.
        delay: Name,
    },
    /// `MUTEXLOCK`
    MutexLock,
    /// `MUTEXUNLOCK`
    MutexUnlock,
    /// `int i = 0;` of C: a variable that is known to the end of its body.
    Declaration(Declaration),
    /// `a += b;` and the like of C, whose value is dropped. `a = b;` to a variable is [`Assign`](Self::Assign), and
    /// `f(a);` is [`Call`](Self::Call), as in NMODL.
    Expression(Expression),
    /// `for (start; condition; steps) { … }` of C.
    For {
        /// Declarations or expressions before the first turn; variables declared here are known in the loop alone.
        start: Vec<Statement>,
        /// The condition before every turn; none is always true.
        condition: Option<Expression>,
        /// What follows every turn, also one that `continue` ends.
        steps: Vec<Expression>,
        /// What is repeated.
        body: Body,
    },
    /// `do { … } while (a);` of C.
    DoWhile {
        /// What is repeated.
        body: Body,
        /// The condition after every turn.
        condition: Expression,
    },
    /// `break;` of C: leaves the innermost loop, of C or NMODL.
    Break,
    /// `continue;` of C: goes to the next turn of the innermost loop, of C or NMODL.
    Continue,
    /// `return a;` of C: leaves the block or function. In a `FUNCTION`, the value is its result; without one the
    /// block's own result variable is.
    Return(Option<Expression>),
    /// Not written, made of `SOLVE`: in the body, and in all that it calls, `dt` or `t` has another value.
    Within {
        /// `dt` or `t`
        variable: Name,
        /// Its value, computed once before the body.
        value: Expression,
        /// Where it holds.
        body: Body,
    },
    /// Not written, made of `SOLVE`: changes the unknowns until all residuals are 0, by `solve::dense::Newton`.
    Newton {
        /// What is sought, with its first guess.
        unknowns: Vec<Variable>,
        /// What should be 0: variables that `body` sets, declared outside.
        residuals: Vec<Name>,
        /// Computes the residuals from the unknowns.
        body: Body,
    },
    /// Not written, made of `SOLVE`: `matrix` times `unknowns` is `right`, solved by `solve::dense::solve_linear`.
    LinearSystem {
        /// What gets the solution.
        unknowns: Vec<Variable>,
        /// The coefficients, row by row.
        matrix: Vec<Name>,
        /// The right sides.
        right: Vec<Name>,
    },
}

/// `2 ca[i]` in a reaction or `CONSERVE`.
#[derive(Clone, Debug)]
pub struct Reactant {
    /// The integer before it, a number or a name of `DEFINE`.
    pub count: Option<Expression>,
    /// Whether `-` stands before it, in `CONSERVE`.
    pub negative: bool,
    /// The state.
    pub variable: Variable,
}

/// Kinds of reactions.
#[derive(Clone, Debug)]
pub enum ReactionKind {
    /// `… <-> right (forward, backward)`
    Reversible {
        /// What is produced.
        right: Vec<Reactant>,
        /// Rate of the forward reaction.
        forward: Expression,
        /// Rate of the backward reaction.
        backward: Expression,
    },
    /// `… -> (rate)`: the reactants vanish.
    Outward(Expression),
    /// `… << (flux)`: so much arrives per time.
    Flux(Expression),
}

/// What `COMPARTMENT` and `LONGITUDINAL_DIFFUSION` say.
#[derive(Clone, Debug)]
pub struct Compartment {
    /// The name of the subscript that `value` is written with.
    pub index: Option<Name>,
    /// Volume or diffusion constant.
    pub value: Expression,
    /// The states it holds for.
    pub states: Vec<Name>,
}

/// What `TABLE` says.
#[derive(Clone, Debug)]
pub struct Table {
    /// The variables that are tabulated; none in a `FUNCTION`.
    pub variables: Vec<Name>,
    /// The variables whose change invalidates the table.
    pub depends: Vec<Name>,
    /// First argument.
    pub from: Expression,
    /// Last argument.
    pub to: Expression,
    /// Number of intervals.
    pub intervals: Expression,
}

/// One condition of `WATCH`.
#[derive(Clone, Debug)]
pub struct WatchCondition {
    /// Left side.
    pub left: Expression,
    /// Whether it is written with `>`, not `<`.
    pub rising: bool,
    /// Right side.
    pub right: Expression,
    /// The flag of the event.
    pub flag: Expression,
}
