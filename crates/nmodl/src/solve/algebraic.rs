//! `LINEAR` and `NONLINEAR` blocks: equations that hold at once, not over time.

use std::sync::Arc;

use super::context::{Context, Counters, Slot};
use super::elimination::{element, right};
use super::error::SolveProblem;
use super::make::{Make, prepend_term};
use super::unroll::{Expand, unroll};
use super::walk::{any_variable, each_statement};
use crate::syntax::ast::*;

/// Unknowns that one block may have.
const MAXIMUM_STATES: usize = 200;

/// A `NONLINEAR` block: `right - left = 0` by Newton's method. The unknowns have the order of NEURON's names.
pub(super) fn nonlinear(context: &mut Context<'_>, make: Make) -> Option<Vec<Statement>> {
    let unknowns = unknowns(context, |context, equations| {
        let named = |name: &str| equations.iter().any(|equation| mentions(equation, name));
        context.states.iter().map(|state| state.name.clone()).filter(|name| named(name)).collect()
    })?;
    let mut expander = Nonlinear { equations: 0, trace: Vec::new() };
    let body = unroll(context, &mut expander, &context.block.body, &Counters::new());
    check_count(context, expander.equations, unknowns.len());
    let residual = |index| format!("residual@{index}");
    let residuals = (0..unknowns.len()).map(|index| make.name(&residual(index))).collect();
    let newton = StatementKind::Newton {
        unknowns: unknowns.iter().map(|slot| slot.variable(make)).collect(),
        residuals,
        body: make.body(body),
    };
    Some(vec![make.locals((0..unknowns.len()).map(residual)), make.statement(newton)])
}

/// A `LINEAR` block. The unknowns have the order in which the equations name them.
pub(super) fn linear(context: &mut Context<'_>, make: Make) -> Option<Vec<Statement>> {
    let unknowns = unknowns(context, |_, equations| {
        let mut names: Vec<Arc<str>> = Vec::new();
        equations.iter().for_each(|equation| names_of(equation, &mut names));
        names
    })?;
    let mut expander = Linear { unknowns, equations: 0, trace: Vec::new() };
    let body = unroll(context, &mut expander, &context.block.body, &Counters::new());
    let size = expander.unknowns.len();
    check_count(context, expander.equations, size);
    let places = || (0..size).flat_map(move |row| (0..size).map(move |column| element(row, column)));
    let mut statements = vec![make.locals(places().chain((0..size).map(right)))];
    statements.extend(places().chain((0..size).map(right)).map(|name| make.set(&name, make.number(0.0))));
    statements.push(make.nested(body));
    statements.push(make.statement(StatementKind::LinearSystem {
        unknowns: expander.unknowns.iter().map(|slot| slot.variable(make)).collect(),
        matrix: places().map(|name| make.name(&name)).collect(),
        right: (0..size).map(|row| make.name(&right(row))).collect(),
    }));
    Some(statements)
}

/// The elements of the states that `choose` takes from the equations' sides.
fn unknowns(
    context: &mut Context<'_>,
    choose: impl Fn(&Context<'_>, &[&Expression]) -> Vec<Arc<str>>,
) -> Option<Vec<Slot>> {
    let mut sides = Vec::new();
    each_statement(&context.block.body, &mut |statement| {
        if let StatementKind::Equation { left, right } = &statement.kind {
            sides.extend([left, right]);
        }
    });
    let names = choose(context, &sides);
    let states = names.iter().filter_map(|name| context.solved_state(name));
    let slots: Vec<Slot> = states.flat_map(|state| state.slots()).collect();
    let span = context.block.body.span;
    if slots.is_empty() {
        let what = "equations of states";
        let problem = SolveProblem::Empty { kind: context.kind(), block: context.name(), what };
        context.error(problem, span, "");
    } else if slots.len() > MAXIMUM_STATES {
        context.error(SolveProblem::TooLarge(slots.len()), span, "split the block");
    }
    context.errors.is_empty().then_some(slots)
}

fn mentions(tree: &Expression, name: &str) -> bool {
    any_variable(tree, &|variable| &*variable.name.text == name)
}

/// The names of variables, in the order of the text, each once.
fn names_of(tree: &Expression, names: &mut Vec<Arc<str>>) {
    if let ExpressionKind::Variable(variable) = &tree.kind
        && !names.contains(&variable.name.text)
    {
        names.push(variable.name.text.clone());
    }
    super::walk::operands(tree).into_iter().for_each(|operand| names_of(operand, names));
}

fn check_count(context: &mut Context<'_>, equations: usize, unknowns: usize) {
    if equations != unknowns && context.errors.is_empty() {
        let help = "write one equation for each state, or name the unknown ones with `SOLVEFOR`";
        context.error(SolveProblem::Count { equations, unknowns }, context.block.body.span, help);
    }
}

/// Whether an equation is written `~+`: its terms are added to the equation before.
fn continues(context: &Context<'_>, statement: &Statement) -> bool {
    context.module.source.text.get(statement.span.start as usize..).is_some_and(|text| text.starts_with("~+"))
}

struct Nonlinear {
    equations: usize,
    trace: Vec<(usize, usize)>,
}

impl Expand for Nonlinear {
    const WHAT: &'static str = "equations";

    fn concerns(kind: &StatementKind) -> bool {
        matches!(kind, StatementKind::Equation { .. })
    }

    fn expand(&mut self, context: &mut Context<'_>, statement: &Statement, _: &Counters) -> Vec<Statement> {
        let StatementKind::Equation { left, right } = &statement.kind else { return Vec::new() };
        let make = Make { span: statement.span };
        let negative = make.negate(make.parenthesis(left.clone()));
        let difference = prepend_term(make, negative, right.clone());
        let continues = continues(context, statement) && self.equations > 0;
        self.equations += usize::from(!continues);
        let target = format!("residual@{}", self.equations - 1);
        let value = if continues { make.add(make.value(&target), difference) } else { difference };
        vec![make.set(&target, value)]
    }

    fn trace(&mut self) -> &mut Vec<(usize, usize)> {
        &mut self.trace
    }

    fn count(&mut self) -> &mut usize {
        &mut self.equations
    }

    fn needs_all(&self) -> bool {
        true
    }
}

struct Linear {
    unknowns: Vec<Slot>,
    equations: usize,
    trace: Vec<(usize, usize)>,
}

impl Expand for Linear {
    const WHAT: &'static str = "equations";

    fn concerns(kind: &StatementKind) -> bool {
        matches!(kind, StatementKind::Equation { .. })
    }

    fn expand(
        &mut self,
        context: &mut Context<'_>,
        statement: &Statement,
        counters: &Counters,
    ) -> Vec<Statement> {
        let StatementKind::Equation { left, right } = &statement.kind else { return Vec::new() };
        let make = Make { span: statement.span };
        let continues = continues(context, statement) && self.equations > 0;
        self.equations += usize::from(!continues);
        let mut statements = Vec::new();
        self.side(context, make, left, true, counters, &mut statements);
        self.side(context, make, right, false, counters, &mut statements);
        statements
    }

    fn trace(&mut self) -> &mut Vec<(usize, usize)> {
        &mut self.trace
    }

    fn count(&mut self) -> &mut usize {
        &mut self.equations
    }

    fn needs_all(&self) -> bool {
        true
    }
}

impl Linear {
    /// Adds the terms of a side; those of the left side are subtracted.
    fn side(
        &mut self,
        context: &mut Context<'_>,
        make: Make,
        tree: &Expression,
        subtract: bool,
        counters: &Counters,
        statements: &mut Vec<Statement>,
    ) {
        if let ExpressionKind::Binary(operator, left, right) = &tree.kind
            && matches!(operator, BinaryOperator::Add | BinaryOperator::Subtract)
        {
            let other = subtract != (*operator == BinaryOperator::Subtract);
            self.side(context, make, left, subtract, counters, statements);
            self.side(context, make, right, other, counters, statements);
            return;
        }
        let (negative, mut term) = without_sign(tree.clone());
        let subtract = subtract != negative;
        let row = self.equations.saturating_sub(1);
        let mut state = None;
        self.take_state(context, &mut term, &mut state);
        let (target, subtract) = match state {
            None => (right(row), !subtract),
            Some(variable) => {
                let Some(slot) = context.slot(&variable, counters) else { return };
                let Some(column) = self.unknowns.iter().position(|unknown| *unknown == slot) else { return };
                (element(row, column), subtract)
            }
        };
        let operator = if subtract { BinaryOperator::Subtract } else { BinaryOperator::Add };
        statements.push(make.set(&target, make.binary(operator, make.value(&target), term)));
    }

    /// Replaces the state among the factors of a term by 1.
    fn take_state(&self, context: &mut Context<'_>, term: &mut Expression, state: &mut Option<Variable>) {
        let is_unknown =
            |variable: &Variable| self.unknowns.iter().any(|unknown| unknown.name == variable.name.text);
        let help = "write terms such as `2*k*x`; use `NONLINEAR` for others";
        let concerned = any_variable(term, &is_unknown);
        match &mut term.kind {
            ExpressionKind::Variable(variable) if is_unknown(variable) => {
                if state.is_some() {
                    context.error(SolveProblem::NotLinear, term.span, help);
                }
                *state = Some(variable.clone());
                *term = Make { span: term.span }.number(1.0);
            }
            ExpressionKind::Binary(BinaryOperator::Multiply, left, right) => {
                self.take_state(context, left, state);
                self.take_state(context, right, state);
            }
            ExpressionKind::Binary(BinaryOperator::Divide, left, right)
                if !any_variable(right, &is_unknown) =>
            {
                self.take_state(context, left, state);
            }
            _ if concerned => {
                context.error(SolveProblem::NotLinear, term.span, help);
            }
            _ => {}
        }
    }
}

/// A term without the sign before its first factor.
fn without_sign(tree: Expression) -> (bool, Expression) {
    let span = tree.span;
    match tree.kind {
        ExpressionKind::Unary(UnaryOperator::Negate, operand) => (true, *operand),
        ExpressionKind::Binary(operator, left, right)
            if matches!(operator, BinaryOperator::Multiply | BinaryOperator::Divide) =>
        {
            let (negative, left) = without_sign(*left);
            let kind = ExpressionKind::Binary(operator, Box::new(left), right);
            (negative, Expression { kind, span })
        }
        kind => (false, Expression { kind, span }),
    }
}
