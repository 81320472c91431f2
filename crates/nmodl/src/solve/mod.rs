//! From `SOLVE` to statements: the block that it names becomes statements whose floating-point operations are those
//! of NEURON 9.0.2, in its order.
//!
//! [`rewrite`] takes the tree of a file and one `SOLVE` of it, and gives the statements that stand for it:
//! - `DERIVATIVE`: `cnexp` (`exponential`), `euler` and `runge` (`explicit`), `derivimplicit` (`derivative`);
//! - `KINETIC`: `sparse`, whose elimination is written out (`kinetic`, `sparse`, `elimination`), `euler`, `runge`;
//! - `LINEAR` and `NONLINEAR` (`algebraic`);
//! - `PROCEDURE`: a call.
//!
//! What is made is ordinary statements and three kinds of their own: [`StatementKind::Newton`] and
//! [`StatementKind::LinearSystem`], which run the routines of [`dense`] for each instance, and
//! [`StatementKind::Within`], for parts that see another time step or time. Variables made here have `@` in their names
//! and are declared as locals, apart from the derivatives `x'` of states, which keep that form and are listed as
//! [`Hidden`].
//!
//! *Invariants*: user statements keep their order and number of evaluations; nothing is simplified, for that is the
//! optimiser's; what NEURON does by mistake (and nobody could want) is done too, with a warning. Where NEURON's
//! translation fails (powers, comparisons and arrays in `DERIVATIVE`, two `SOLVE`s by `cnexp`) the obvious is done.

mod algebraic;
mod context;
pub mod dense;
mod derivative;
mod elimination;
mod error;
mod explicit;
mod exponential;
mod kinetic;
mod make;
mod sparse;
#[cfg(test)]
mod tests;
mod unroll;
mod walk;

use std::sync::Arc;

use context::Context;
use derivative::Method;
use explicit::Explicit;
use make::Make;

pub use error::{SolveError, SolveProblem};

use crate::syntax::ast::*;

/// The block that a `SOLVE` stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `INITIAL`
    Initial,
    /// `BREAKPOINT`, whose `SOLVE`s run in the state update of each step.
    Breakpoint,
}

/// What the statements are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The block that the `SOLVE` stands in.
    pub place: Place,
    /// Whether the simulation is to second order (`secondorder` of NEURON is not 0): implicit and explicit methods
    /// then take half a step and extrapolate it.
    pub second_order: bool,
}

/// A derivative `x'` that the statements use: a variable of each instance, of the form
/// [`Variable`] with one prime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The state.
    pub state: Arc<str>,
    /// The number of elements, of an array.
    pub length: Option<u32>,
    /// Whether the value must outlive the statements, beginning with 0: they may read what an earlier step left. If
    /// not, the variable may be a local one.
    pub kept: bool,
}

/// What stands for a `SOLVE`.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The statements.
    pub body: Body,
    /// The derivatives that they use.
    pub hidden: Vec<Hidden>,
    /// What the author of the file may not have expected.
    pub warnings: Vec<SolveError>,
}

/// The statements that stand for the `SOLVE` statement `solve` of `module`.
///
/// # Errors
/// Everything in the block that cannot be solved, in the order of the text.
pub fn rewrite(module: &Module, solve: &Statement, options: Options) -> Result<Rewritten, Vec<SolveError>> {
    let make = Make { span: solve.span };
    let StatementKind::Solve { block: name, method, steady_state } = &solve.kind else {
        return Ok(Rewritten {
            body: make.body(vec![solve.clone()]),
            hidden: Vec::new(),
            warnings: Vec::new(),
        });
    };
    let blocks = module.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Block(block) => Some(block),
        _ => None,
    });
    let named = |block: &&Block| block.name.as_ref().is_some_and(|own| own.text == name.text);
    let Some(block) = blocks.into_iter().find(named) else {
        let problem = SolveProblem::UnknownBlock(name.text.to_string());
        let help = "`SOLVE` names a `DERIVATIVE`, `KINETIC`, `LINEAR`, `NONLINEAR` or `PROCEDURE`";
        return Err(vec![SolveError::new(&module.source, problem, name.span, help)]);
    };
    let mut context = Context::new(module, block);
    if block.kind != BlockKind::Procedure {
        refuse_returns(&mut context);
    }
    let request = Request { make, name, method: method.as_ref(), steady_state: *steady_state, options };
    let solved = request.solve(&mut context);
    if let (Some((statements, hidden)), true) = (solved, context.errors.is_empty()) {
        let statement = if derivative::is_halved(module, options) {
            let half = make.multiply(make.value("dt"), make.number(0.5));
            make.within("dt", half, statements)
        } else {
            make.nested(statements)
        };
        let warnings = without_repetition(context.warnings);
        return Ok(Rewritten { body: make.body(vec![statement]), hidden, warnings });
    }
    Err(without_repetition(context.errors))
}

/// What runs between and after the evaluations of a block could not be left out.
fn refuse_returns(context: &mut Context<'_>) {
    let mut returns = Vec::new();
    walk::each_statement(&context.block.body, &mut |statement| {
        if matches!(statement.kind, StatementKind::Return(_)) {
            returns.push(statement.span);
        }
    });
    for span in returns {
        let problem = SolveProblem::Statement { statement: "return", kind: context.kind() };
        context.error(problem, span, "put what must be left out into an `if`");
    }
}

fn without_repetition(mut messages: Vec<SolveError>) -> Vec<SolveError> {
    messages.sort_by_key(|message| message.span.offset());
    messages.dedup_by(|one, other| one.span == other.span && one.problem == other.problem);
    messages
}

type Solved = Option<(Vec<Statement>, Vec<Hidden>)>;

/// One `SOLVE`.
struct Request<'s> {
    make: Make,
    name: &'s Name,
    method: Option<&'s Name>,
    steady_state: bool,
    options: Options,
}

impl Request<'_> {
    fn solve(&self, context: &mut Context<'_>) -> Solved {
        let method = self.method.map(|method| &*method.text);
        if self.steady_state {
            return self.steady(context, method.unwrap_or_default());
        }
        let plain = |statements: Option<Vec<Statement>>| Some((statements?, Vec::new()));
        let by = |context: &mut Context<'_>, method| {
            derivative::derivative(context, self.make, self.options, method)
        };
        match (context.block.kind, method) {
            (BlockKind::Derivative, None) => by(context, Method::None),
            (BlockKind::Derivative, Some("cnexp")) => by(context, Method::Exponential),
            (BlockKind::Derivative, Some("euler")) => by(context, Method::Explicit(Explicit::Euler)),
            (BlockKind::Derivative, Some("runge")) => by(context, Method::Explicit(Explicit::Runge)),
            (BlockKind::Derivative, Some("derivimplicit")) => {
                by(context, Method::Implicit { steady_state: false })
            }
            (BlockKind::Kinetic, Some("sparse")) => sparse::sparse(context, self.make, self.options, false),
            (BlockKind::Kinetic, Some("euler")) => {
                sparse::kinetic_explicit(context, self.make, self.options, Explicit::Euler)
            }
            (BlockKind::Kinetic, Some("runge")) => {
                sparse::kinetic_explicit(context, self.make, self.options, Explicit::Runge)
            }
            (BlockKind::Kinetic, None) => {
                let problem = SolveProblem::NoMethod { kind: context.kind(), block: context.name() };
                context.error(problem, self.make.span, "write `METHOD sparse`");
                None
            }
            (BlockKind::Linear, None | Some("simeq")) => plain(algebraic::linear(context, self.make)),
            (BlockKind::Nonlinear, None | Some("newton")) => plain(algebraic::nonlinear(context, self.make)),
            (BlockKind::Procedure, None | Some("after_cvode" | "cvode_t" | "cvode_t_v" | "cvode_v")) => {
                let call = Call { name: self.name.clone(), arguments: Vec::new(), span: self.name.span };
                plain(Some(vec![self.make.statement(StatementKind::Call(call))]))
            }
            (
                BlockKind::Derivative
                | BlockKind::Kinetic
                | BlockKind::Linear
                | BlockKind::Nonlinear
                | BlockKind::Procedure,
                Some(method),
            ) => self.no_method(context, method),
            (kind, _) => {
                let problem = SolveProblem::Unsolvable { kind: kind.word(), name: context.name() };
                let help = "`SOLVE` names a `DERIVATIVE`, `KINETIC`, `LINEAR`, `NONLINEAR` or `PROCEDURE`";
                context.error(problem, self.name.span, help);
                None
            }
        }
    }

    fn steady(&self, context: &mut Context<'_>, method: &str) -> Solved {
        match (context.block.kind, method) {
            (BlockKind::Kinetic, "sparse") => sparse::sparse(context, self.make, self.options, true),
            (BlockKind::Derivative, "derivimplicit") => {
                let method = Method::Implicit { steady_state: true };
                derivative::derivative(context, self.make, self.options, method)
            }
            (BlockKind::Kinetic, "matexp") => self.no_method(context, method),
            _ => {
                let help =
                    "it is for `KINETIC` blocks by `sparse` and `DERIVATIVE` blocks by `derivimplicit`";
                let span = self.method.map_or(self.make.span, |method| method.span);
                context.error(SolveProblem::SteadyState(method.to_string()), span, help);
                None
            }
        }
    }

    fn no_method(&self, context: &mut Context<'_>, method: &str) -> Solved {
        let help = match (context.block.kind, method) {
            (BlockKind::Kinetic, _) => "use `sparse`; `euler` and `runge` are possible too",
            (BlockKind::Derivative, "sparse") => "`sparse` is for `KINETIC`; use `derivimplicit`",
            (BlockKind::Derivative, _) => "use `cnexp`, `derivimplicit`, `euler` or `runge`",
            (BlockKind::Linear, _) => "leave the method out, or write `simeq`",
            (BlockKind::Nonlinear, _) => "leave the method out, or write `newton`",
            _ => "leave the method out, or write `after_cvode`",
        };
        let problem =
            SolveProblem::Method { method: method.to_string(), kind: context.kind(), block: context.name() };
        let span = self.method.map_or(self.make.span, |method| method.span);
        context.error(problem, span, help);
        None
    }
}
