//! Unrolls what is around reactions and equations, so that each stands for itself: loops with known bounds become one
//! turn after the other, and the branches of an `if` must be alike.

use super::context::{Context, Counters};
use super::error::SolveProblem;
use super::make::Make;
use super::walk::{any_statement, bodies};
use crate::syntax::ast::*;

/// Turns of all loops that are unrolled at most.
const MAXIMUM_TURNS: usize = 20_000;

/// Turns reactions or equations into statements.
pub(super) trait Expand {
    /// What is expanded, for messages.
    const WHAT: &'static str;

    /// Whether the statement is to be expanded.
    fn concerns(kind: &StatementKind) -> bool;

    /// What stands for the statement.
    fn expand(
        &mut self,
        context: &mut Context<'_>,
        statement: &Statement,
        counters: &Counters,
    ) -> Vec<Statement>;

    /// The elements of a matrix that were touched so far, in their order.
    fn trace(&mut self) -> &mut Vec<(usize, usize)>;

    /// The number of equations so far, which the branches of an `if` begin with alike.
    fn count(&mut self) -> &mut usize;

    /// Whether the branches of an `if` must be alike.
    fn needs_all(&self) -> bool;
}

/// `body` with everything expanded.
pub(super) fn unroll<E: Expand>(
    context: &mut Context<'_>,
    expander: &mut E,
    body: &Body,
    counters: &Counters,
) -> Vec<Statement> {
    let mut unrolled = Vec::new();
    for statement in &body.statements {
        let make = Make { span: statement.span };
        if E::concerns(&statement.kind) {
            unrolled.extend(expander.expand(context, statement, counters));
            continue;
        }
        if !bodies(&statement.kind).into_iter().any(|inner| any_statement(inner, &E::concerns)) {
            unrolled.push(statement.clone());
            continue;
        }
        match &statement.kind {
            StatementKind::Nested(inner) => {
                let inner = unroll(context, expander, inner, counters);
                unrolled.push(make.nested(inner));
            }
            StatementKind::If { branches, otherwise } => {
                unrolled.push(unroll_branches(
                    context,
                    expander,
                    make,
                    branches,
                    otherwise.as_ref(),
                    counters,
                ));
            }
            StatementKind::From { .. } => {
                unrolled.extend(unroll_turns(context, expander, statement, counters));
            }
            _ => {
                let help = "use a `FROM` loop between numbers or names of `DEFINE`";
                context.error(SolveProblem::Loop(E::WHAT), statement.span, help);
            }
        }
    }
    unrolled
}

fn unroll_turns<E: Expand>(
    context: &mut Context<'_>,
    expander: &mut E,
    statement: &Statement,
    counters: &Counters,
) -> Vec<Statement> {
    let StatementKind::From { variable, first, last, step, body } = &statement.kind else {
        return Vec::new();
    };
    let make = Make { span: statement.span };
    let step = step.as_ref().map_or(Some(1), |step| context.integer(step, counters));
    let bounds = (context.integer(first, counters), context.integer(last, counters), step);
    let (Some(first), Some(last), Some(step)) = bounds else {
        let help = "use numbers or names of `DEFINE` as bounds";
        context.error(SolveProblem::Loop(E::WHAT), statement.span, help);
        return Vec::new();
    };
    let mut turns = Vec::new();
    let mut counters = counters.clone();
    let mut value = first;
    while value <= last {
        context.turns += 1;
        if step <= 0 || context.turns > MAXIMUM_TURNS {
            let help = "split the block, or make the loop shorter";
            context.error(SolveProblem::LongLoop, statement.span, help);
        }
        if !context.errors.is_empty() {
            break;
        }
        counters.insert(variable.text.clone(), value);
        let statements = unroll(context, expander, body, &counters);
        turns.push(make.turn(variable, value, statements));
        value += step;
    }
    turns
}

fn unroll_branches<E: Expand>(
    context: &mut Context<'_>,
    expander: &mut E,
    make: Make,
    branches: &[(Expression, Body)],
    otherwise: Option<&Body>,
    counters: &Counters,
) -> Statement {
    let mark = expander.trace().len();
    let begin = *expander.count();
    let mut traces = Vec::new();
    let mut ends = Vec::new();
    let mut expanded = Vec::new();
    for body in branches.iter().map(|(_, body)| body).chain(otherwise) {
        *expander.count() = begin;
        expanded.push(unroll(context, expander, body, counters));
        traces.push(expander.trace().split_off(mark));
        ends.push(*expander.count());
    }
    if otherwise.is_none() {
        traces.push(Vec::new());
        ends.push(begin);
    }
    let alike =
        traces.windows(2).all(|pair| pair[0] == pair[1]) && ends.windows(2).all(|pair| pair[0] == pair[1]);
    if expander.needs_all() && !alike {
        let help = "write them once, with values that an `if` before them computes";
        context.error(SolveProblem::Branches(E::WHAT), make.span, help);
    }
    expander.trace().extend(traces.into_iter().next().unwrap_or_default());
    let otherwise = otherwise.and_then(|_| expanded.pop()).map(|statements| make.body(statements));
    let conditions = branches.iter().map(|(condition, _)| condition.clone());
    let branches = conditions.zip(expanded.into_iter().map(|statements| make.body(statements))).collect();
    make.statement(StatementKind::If { branches, otherwise })
}
