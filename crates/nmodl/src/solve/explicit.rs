//! Explicit methods: `euler` and `runge` (the classical one of fourth order), from statements that compute the
//! derivatives.

use super::context::Slot;
use super::make::Make;
use super::{Options, Place};
use crate::syntax::ast::*;

/// An explicit method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explicit {
    /// `euler`
    Euler,
    /// `runge`
    Runge,
}

impl Explicit {
    pub fn name(self) -> &'static str {
        match self {
            Explicit::Euler => "euler",
            Explicit::Runge => "runge",
        }
    }
}

/// One step of `slots`, whose derivatives `evaluation` computes; `again` for another evaluation after the step.
pub(super) fn explicit(
    make: Make,
    options: Options,
    method: Explicit,
    slots: &[Slot],
    evaluation: &Statement,
    again: bool,
) -> Vec<Statement> {
    let mut statements = match method {
        Explicit::Euler => {
            let mut statements = vec![evaluation.clone()];
            statements.extend(slots.iter().map(|slot| slot.advance(make)));
            statements
        }
        Explicit::Runge => runge(make, slots, evaluation),
    };
    if options.second_order {
        statements.extend(slots.iter().map(|slot| slot.advance(make)));
    }
    if again && options.place == Place::Breakpoint {
        statements.push(evaluation.clone());
    }
    statements
}

/// With `k = dt f`: `x + k1/6 + k2/3 + k3/3 + k4/6`, summed in NEURON's order.
fn runge(make: Make, slots: &[Slot], evaluation: &Statement) -> Vec<Statement> {
    let (start, sum) = (|index| format!("start@{index}"), |index| format!("sum@{index}"));
    let step = || make.value("step@");
    let over = |divisor: f64, value: Expression| make.divide(value, make.number(divisor));
    let derivative = |slot: &Slot| make.read(slot.derivative(make));
    let half = || over(2.0, make.value("dt"));
    let mut names = vec!["step@".to_string()];
    names.extend((0..slots.len()).flat_map(|index| [start(index), sum(index)]));
    let mut statements = vec![make.locals(names), evaluation.clone()];
    for (index, slot) in slots.iter().enumerate() {
        statements.push(make.set(&start(index), slot.value(make)));
        statements.push(make.set("step@", make.multiply(half(), derivative(slot))));
        statements.push(make.assign(slot.variable(make), make.add(slot.value(make), step())));
        let sum_value = make.add(make.value(&start(index)), over(3.0, step()));
        statements.push(make.set(&sum(index), sum_value));
    }
    let further = |divisor: Option<f64>| {
        let mut statements = vec![evaluation.clone()];
        for (index, slot) in slots.iter().enumerate() {
            statements.push(make.set("step@", make.multiply(make.value("dt"), derivative(slot))));
            let part = divisor.map_or_else(step, |divisor| over(divisor, step()));
            statements.push(make.assign(slot.variable(make), make.add(make.value(&start(index)), part)));
            let sum_value = make.add(make.value(&sum(index)), over(3.0, step()));
            statements.push(make.set(&sum(index), sum_value));
        }
        statements
    };
    let mut last = vec![evaluation.clone()];
    for (index, slot) in slots.iter().enumerate() {
        let part = make.multiply(over(6.0, make.value("dt")), derivative(slot));
        last.push(make.assign(slot.variable(make), make.add(make.value(&sum(index)), part)));
    }
    let later = |statements| make.within("t", make.add(make.value("t"), half()), statements);
    let mut middle = further(Some(2.0));
    middle.extend(further(None));
    middle.push(later(last));
    statements.push(later(middle));
    statements
}
