//! `cnexp`: the exact step of an equation that is linear in its state while everything else stands still.
//!
//! NEURON derives it from the text of `x' = f`: for each part of `f` its derivative by `x`, and the parts `a` and `b`
//! of `a x + b`. From them comes `x = x + (1 - exp(dt (df/dx))) (-(b)/(a) - x)`, or `x = x - dt (-(b))` if `f` does not
//! depend on `x`. The parts follow rules so simple that `df/dx` and `a` may be written differently, and that a zero is
//! known only where it is the text `0.0`; the tree made here has the operations of that text, in their order.

use super::context::Context;
use super::make::Make;
use super::walk::any_variable;
use crate::syntax::ast::*;

/// What an equation becomes.
pub(super) enum Exponential {
    /// The assignment of the new state.
    Step(Statement),
    /// The same, but the equation is not linear and the step is no solution of it.
    Meaningless(Statement),
    /// The equation has no derivative that the rules know.
    Impossible,
}

/// Derivative, coefficient and rest; none is a zero.
#[derive(Clone)]
struct Parts {
    derivative: Option<Expression>,
    coefficient: Option<Expression>,
    rest: Option<Expression>,
}

struct Splitter<'c, 'm> {
    context: &'c Context<'m>,
    state: &'c Variable,
    no_derivative: bool,
    not_linear: bool,
}

/// The step of `state' = value`.
pub(super) fn exponential(
    context: &Context<'_>,
    make: Make,
    state: &Variable,
    value: &Expression,
) -> Exponential {
    let state = Variable { primes: 0, ..state.clone() };
    let mut splitter = Splitter { context, state: &state, no_derivative: false, not_linear: false };
    let parts = splitter.split(value);
    let (no_derivative, not_linear) = (splitter.no_derivative, splitter.not_linear);
    if no_derivative {
        return Exponential::Impossible;
    }
    let zero = || make.number(0.0);
    let now = || make.read(state.clone());
    let rest = make.negate(make.parenthesis(parts.rest.unwrap_or_else(zero)));
    let Some(derivative) = parts.derivative else {
        let change = make.multiply(make.value("dt"), make.parenthesis(rest));
        return Exponential::Step(make.assign(state.clone(), make.subtract(now(), change)));
    };
    let exponent = make.multiply(make.value("dt"), make.parenthesis(derivative));
    let factor = make.parenthesis(make.subtract(make.number(1.0), make.call("exp", exponent)));
    let coefficient = make.parenthesis(parts.coefficient.unwrap_or_else(zero));
    let target =
        if not_linear { make.negate(now()) } else { make.subtract(make.divide(rest, coefficient), now()) };
    let change = make.multiply(factor, make.parenthesis(target));
    let step = make.assign(state.clone(), make.add(now(), change));
    if not_linear { Exponential::Meaningless(step) } else { Exponential::Step(step) }
}

impl Splitter<'_, '_> {
    /// Whether two variables are the same element; other elements of an array are like constants.
    fn is_state(&self, variable: &Variable) -> bool {
        let subscript = |variable: &Variable| {
            variable.index.as_ref().map(|index| {
                let known = self.context.integer(index, &Default::default());
                known.map_or_else(|| self.context.text(index.span), |known| known.to_string())
            })
        };
        variable.name.text == self.state.name.text
            && variable.primes == 0
            && subscript(variable) == subscript(self.state)
    }

    fn is_zero(&self, tree: &Expression) -> bool {
        match &tree.kind {
            ExpressionKind::Number(number) if number.value == 0.0 => {
                number.integer || self.context.text(tree.span).split('(').next() == Some("0.0")
            }
            _ => false,
        }
    }

    fn split(&mut self, tree: &Expression) -> Parts {
        let make = Make { span: tree.span };
        let constant = |rest: Option<Expression>| Parts { derivative: None, coefficient: None, rest };
        match &tree.kind {
            ExpressionKind::Variable(variable) if self.is_state(variable) => {
                Parts { derivative: Some(make.number(1.0)), coefficient: Some(make.number(1.0)), rest: None }
            }
            _ if self.is_zero(tree) => constant(None),
            ExpressionKind::Parenthesis(inner) => {
                let parts = self.split(inner);
                let wrap = |part: Option<Expression>| part.map(|part| make.parenthesis(part));
                parts.map(&wrap)
            }
            ExpressionKind::Unary(UnaryOperator::Negate, operand) => {
                let parts = self.split(operand);
                parts.map(&|part: Option<Expression>| part.map(|part| make.negate(part)))
            }
            ExpressionKind::Binary(operator, left, right) => match operator {
                BinaryOperator::Add | BinaryOperator::Subtract => {
                    let (left, right) = (self.split(left), self.split(right));
                    left.join(right, &|left, right| sum(make, *operator, left, right))
                }
                BinaryOperator::Multiply => self.product(make, left, right),
                BinaryOperator::Divide => self.quotient(make, left, right),
                _ => constant(self.atom(tree)),
            },
            _ => constant(self.atom(tree)),
        }
    }

    /// Calls, comparisons and the like may not depend on the state.
    fn atom(&mut self, tree: &Expression) -> Option<Expression> {
        if any_variable(tree, &|variable| self.is_state(variable)) {
            self.no_derivative = true;
            self.not_linear = true;
        }
        Some(tree.clone())
    }

    fn product(&mut self, make: Make, left: &Expression, right: &Expression) -> Parts {
        let (l, r) = (self.split(left), self.split(right));
        let times = |a: Expression, b: Expression| make.multiply(make.parenthesis(a), make.parenthesis(b));
        let derivative = match (l.derivative, r.derivative) {
            (Some(dl), Some(dr)) => {
                let both = make.add(times(dl, right.clone()), times(left.clone(), dr));
                Some(make.parenthesis(both))
            }
            (Some(dl), None) => Some(times(dl, right.clone())),
            (None, Some(dr)) => Some(times(left.clone(), dr)),
            (None, None) => None,
        };
        let coefficient = match (l.coefficient, r.coefficient) {
            (Some(_), Some(_)) => {
                self.not_linear = true;
                None
            }
            (Some(a), None) => r.rest.clone().map(|b| times(a, b)),
            (None, Some(a)) => l.rest.clone().map(|b| times(b, a)),
            (None, None) => None,
        };
        let rest = l.rest.zip(r.rest).map(|(a, b)| times(a, b));
        Parts { derivative, coefficient, rest }
    }

    fn quotient(&mut self, make: Make, left: &Expression, right: &Expression) -> Parts {
        let (l, r) = (self.split(left), self.split(right));
        let over =
            |part: Option<Expression>| part.map(|part| make.divide(make.parenthesis(part), right.clone()));
        self.no_derivative |= r.derivative.is_some();
        self.not_linear |= r.coefficient.is_some();
        l.map(&over)
    }
}

impl Parts {
    fn map(self, change: &dyn Fn(Option<Expression>) -> Option<Expression>) -> Parts {
        Parts {
            derivative: change(self.derivative),
            coefficient: change(self.coefficient),
            rest: change(self.rest),
        }
    }

    fn join(
        self,
        other: Parts,
        join: &dyn Fn(Option<Expression>, Option<Expression>) -> Option<Expression>,
    ) -> Parts {
        Parts {
            derivative: join(self.derivative, other.derivative),
            coefficient: join(self.coefficient, other.coefficient),
            rest: join(self.rest, other.rest),
        }
    }
}

fn sum(
    make: Make,
    operator: BinaryOperator,
    left: Option<Expression>,
    right: Option<Expression>,
) -> Option<Expression> {
    match (left, right) {
        (Some(left), Some(right)) => Some(make.binary(operator, left, right)),
        (None, Some(right)) if operator == BinaryOperator::Subtract => {
            Some(make.parenthesis(make.negate(right)))
        }
        (left, right) => left.or(right),
    }
}
