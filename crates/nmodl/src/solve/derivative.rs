//! `DERIVATIVE` blocks: which states they advance, and how.
//!
//! The statements of a block stay as they are, in their order. Assignments to `x'` stay too, for all methods but
//! `cnexp`: the derivative is a variable of its own, told as [`Hidden`].

use std::collections::BTreeSet;

use super::context::{Context, Counters, Slot};
use super::error::SolveProblem;
use super::explicit::{Explicit, explicit};
use super::exponential::{Exponential, exponential};
use super::make::Make;
use super::walk::{bodies, each_statement, replace};
use super::{Hidden, Options, Place};
use crate::syntax::ast::*;

/// The time step that NEURON 9 takes for `STEADYSTATE derivimplicit` (ms).
const STEADY_STEP: f64 = 1e-9;

/// States that one block may have, unless each is solved for itself.
const MAXIMUM_STATES: usize = 500;

/// How a `DERIVATIVE` block is solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Exponential,
    Explicit(Explicit),
    Implicit {
        steady_state: bool,
    },
    /// None is given: the derivatives are computed, and that is all.
    None,
}

/// A `DERIVATIVE` block by `method`.
pub(super) fn derivative(
    context: &mut Context<'_>,
    make: Make,
    options: Options,
    method: Method,
) -> Option<(Vec<Statement>, Vec<Hidden>)> {
    let slots = equations(context)?;
    if method == Method::Exponential {
        if let Some(body) = split(context, true) {
            return Some((body.statements, Vec::new()));
        }
        if !context.errors.is_empty() {
            return None;
        }
    }
    if slots.len() > MAXIMUM_STATES {
        let help = "use `cnexp`, or split the block";
        context.error(SolveProblem::TooLarge(slots.len()), context.block.body.span, help);
        return None;
    }
    let body = make.statement(StatementKind::Nested(context.block.body.clone()));
    let statements = match method {
        Method::Explicit(method) => explicit(make, options, method, &slots, &body, method == Explicit::Runge),
        Method::None => {
            let help = "write `METHOD cnexp`, or `derivimplicit` if the equations are not linear";
            context.warn(SolveProblem::Frozen(context.name()), make.span, help);
            let mut statements = vec![body];
            if options.second_order {
                statements.extend(slots.iter().map(|slot| slot.advance(make)));
            }
            statements
        }
        Method::Exponential => implicit(context, make, options, &slots, &body, false),
        Method::Implicit { steady_state } => implicit(context, make, options, &slots, &body, steady_state),
    };
    Some((statements, Hidden::of_slots(context, &slots)))
}

/// Whether `cnexp` can solve the block.
pub(super) fn is_exponential(context: &mut Context<'_>) -> bool {
    equations(context).is_some() && split(context, false).is_some()
}

/// The states of the equations, in the order of the text; one that has two equations is there twice, as it is for
/// NEURON. Elements of an array are there once.
fn equations(context: &mut Context<'_>) -> Option<Vec<Slot>> {
    let mut slots = Vec::new();
    let mut targets = Vec::new();
    let mut misplaced = None;
    let body = &context.block.body;
    each_statement(body, &mut |statement| match &statement.kind {
        StatementKind::Assign { target, .. } if target.primes > 0 => targets.push(target),
        StatementKind::Equation { .. } => misplaced = misplaced.or(Some(statement.span)),
        _ => {}
    });
    if let Some(span) = misplaced {
        let problem = SolveProblem::Statement { statement: "~ a = b", kind: context.kind() };
        context.error(problem, span, "write the equation in a `NONLINEAR` block");
    }
    for target in targets {
        if target.primes > 1 {
            let help = "make the first derivative a state of its own";
            context.error(SolveProblem::HigherDerivative, target.span, help);
            continue;
        }
        let name = target.name.text.to_string();
        let Some(state) = context.state(&name).cloned() else {
            context.error(SolveProblem::NotAState(name), target.span, "declare it in `STATE`");
            continue;
        };
        if state.length.is_some() != target.index.is_some() {
            let problem = SolveProblem::Subscript { name, array: state.length.is_some() };
            context.error(problem, target.span, "");
            continue;
        }
        let is_known = slots.iter().any(|slot: &Slot| slot.name == state.name);
        if state.length.is_none() || !is_known {
            slots.extend(state.slots());
        }
    }
    if slots.is_empty() && context.errors.is_empty() {
        let problem = SolveProblem::Empty {
            kind: context.kind(),
            block: context.name(),
            what: "equations such as `m' = f`",
        };
        context.error(problem, body.span, "");
    }
    context.errors.is_empty().then_some(slots)
}

/// The block with each equation replaced by its `cnexp` step, if all of them have one.
fn split(context: &mut Context<'_>, warn: bool) -> Option<Body> {
    let mut body = context.block.body.clone();
    let mut impossible = None;
    let mut meaningless = Vec::new();
    replace(&mut body, &mut |statement| {
        let StatementKind::Assign { target, value } = &statement.kind else { return None };
        if target.primes == 0 {
            return None;
        }
        match exponential(context, Make { span: statement.span }, target, value) {
            Exponential::Step(step) => Some(step),
            Exponential::Meaningless(step) => {
                meaningless.push(target.clone());
                Some(step)
            }
            Exponential::Impossible => {
                impossible = impossible.take().or(Some(target.clone()));
                None
            }
        }
    });
    if let Some(target) = impossible {
        if warn {
            let help = "write `METHOD derivimplicit`, or the equation as `m' = a*m + b` without calls on `m`";
            context.warn(SolveProblem::Fallback(target.name.text.to_string()), target.span, help);
        }
        return None;
    }
    for target in meaningless.iter().filter(|_| warn) {
        let problem = SolveProblem::MeaninglessExponential(target.name.text.to_string());
        context.warn(problem, target.span, "use `METHOD derivimplicit`");
    }
    Some(body)
}

/// Implicit Euler: `x' - (x - old)/dt = 0` for all states, by Newton's method. The unknowns have the order of NEURON's
/// names, the equations that of the text.
fn implicit(
    context: &Context<'_>,
    make: Make,
    options: Options,
    equations: &[Slot],
    body: &Statement,
    steady_state: bool,
) -> Vec<Statement> {
    let mut slots: Vec<Slot> = Vec::new();
    for slot in equations {
        if !slots.contains(slot) {
            slots.push(slot.clone());
        }
    }
    let unknowns = context.states.iter().flat_map(|state| state.slots()).filter(|slot| slots.contains(slot));
    let unknowns = unknowns.map(|slot| slot.variable(make)).collect();
    let (saved, residual) = (|index| format!("old@{index}"), |index| format!("residual@{index}"));
    let mut residuals = vec![body.clone()];
    let mut statements =
        vec![make.locals((0..slots.len()).flat_map(|index| [saved(index), residual(index)]))];
    for (index, slot) in slots.iter().enumerate() {
        statements.push(make.set(&saved(index), slot.value(make)));
        let change = make.subtract(slot.value(make), make.value(&saved(index)));
        let slope = make.divide(change, make.value("dt"));
        let value = make.subtract(make.read(slot.derivative(make)), slope);
        residuals.push(make.set(&residual(index), value));
    }
    let names = (0..slots.len()).map(|index| make.name(&residual(index))).collect();
    let newton = StatementKind::Newton { unknowns, residuals: names, body: make.body(residuals) };
    let solved = vec![make.statement(newton), body.clone()];
    if steady_state {
        statements.push(make.within("dt", make.number(STEADY_STEP), solved));
    } else {
        statements.extend(solved);
    }
    if options.second_order {
        statements.extend(slots.iter().map(|slot| slot.advance(make)));
    }
    statements
}

impl Hidden {
    /// The derivatives of `slots`. They must outlive the step where the block does not set them at each evaluation.
    pub(super) fn of_slots(context: &mut Context<'_>, slots: &[Slot]) -> Vec<Hidden> {
        let set = match context.block.kind {
            BlockKind::Derivative => always_set(context, &context.block.body, &Counters::new()),
            _ => slots.iter().cloned().collect(),
        };
        let mut hidden: Vec<Hidden> = Vec::new();
        for slot in slots {
            let kept = !set.contains(slot);
            match hidden.iter_mut().find(|hidden| hidden.state == slot.name) {
                Some(known) => known.kept |= kept,
                None => {
                    let length = context.state(&slot.name).and_then(|state| state.length);
                    hidden.push(Hidden { state: slot.name.clone(), length, kept });
                }
            }
        }
        hidden
    }
}

/// The states whose derivatives `body` sets whenever it runs.
fn always_set(context: &Context<'_>, body: &Body, counters: &Counters) -> BTreeSet<Slot> {
    let mut set = BTreeSet::new();
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Assign { target, .. } if target.primes == 1 => {
                let name = target.name.text.clone();
                let index = target.index.as_ref().map(|index| context.integer(index, counters));
                if index != Some(None) {
                    let index = index.flatten().and_then(|index| u32::try_from(index).ok());
                    set.insert(Slot { name, index });
                }
            }
            StatementKind::Nested(inner) => set.extend(always_set(context, inner, counters)),
            StatementKind::If { otherwise: Some(_), .. } => {
                let mut branches = bodies(&statement.kind).into_iter();
                let first =
                    branches.next().map(|body| always_set(context, body, counters)).unwrap_or_default();
                set.extend(
                    branches.fold(first, |common, body| &common & &always_set(context, body, counters)),
                );
            }
            StatementKind::From { variable, first, last, step: None, body } => {
                let bounds = (context.integer(first, counters), context.integer(last, counters));
                let (Some(first), Some(last)) = bounds else { continue };
                let mut counters = counters.clone();
                for value in (first..=last).take(10_000) {
                    counters.insert(variable.text.clone(), value);
                    set.extend(always_set(context, body, &counters));
                }
            }
            _ => {}
        }
    }
    set
}

/// Whether NEURON halves the time step of the file's state updates when it computes to second order: not if all of
/// them are by `cnexp` or are calls.
pub(super) fn halves_step(module: &Module) -> bool {
    let blocks = || {
        module.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Block(block) => Some(block),
            _ => None,
        })
    };
    let mut halves = false;
    for caller in blocks().filter(|block| matches!(block.kind, BlockKind::Initial | BlockKind::Breakpoint)) {
        each_statement(&caller.body, &mut |statement| {
            let StatementKind::Solve { block: name, method, .. } = &statement.kind else { return };
            let Some(block) =
                blocks().find(|block| block.name.as_ref().is_some_and(|own| own.text == name.text))
            else {
                return;
            };
            let cnexp = method.as_ref().is_some_and(|method| &*method.text == "cnexp");
            halves |= match block.kind {
                BlockKind::Kinetic => true,
                BlockKind::Derivative => !(cnexp && is_exponential(&mut Context::new(module, block))),
                _ => false,
            };
        });
    }
    halves
}

/// Whether the step of a `SOLVE` is halved.
pub(super) fn is_halved(module: &Module, options: Options) -> bool {
    options.second_order && options.place == Place::Breakpoint && halves_step(module)
}
