//! Makes one operation of two, where the result of the first is needed for the second alone.

use std::collections::BTreeMap;

use super::code::{Condition, First, Operand, Operation, Second, Slot, Use};
use super::compile::PLACES;
use crate::ir::{BinaryOperation, UnaryOperation};

/// Fuses operations; what they compute is the same, each rounded as before.
pub(super) fn fuse(operations: &mut Vec<Operation>) {
    // exponentials first: they leave the divider idle, and the other way round
    pass(operations, &exponential_of);
    pass(operations, &with_exponential);
    pass(operations, &pair);
}

/// What an operation becomes with an earlier one that it needs, and where that is.
type Merge = dyn Fn(&[Operation], usize, &Written) -> Option<(Operation, usize)>;

/// Where slots were written since the last operation that might do anything.
struct Written {
    places: BTreeMap<Slot, usize>,
    /// How often each slot is written and read.
    uses: BTreeMap<Slot, [u32; 2]>,
}

impl Written {
    /// Where a slot is written that one operation writes and one reads.
    fn for_one(&self, slot: Slot) -> Option<usize> {
        let is_for_one = slot.0 < PLACES && self.uses.get(&slot) == Some(&[1, 1]);
        self.places.get(&slot).copied().filter(|_| is_for_one)
    }

    /// Whether operands still are what they were for the operation `made`.
    fn are_kept(&self, made: usize, operands: &[Operand]) -> bool {
        let is_kept = |slot| self.places.get(slot).is_none_or(|&place| place <= made);
        operands.iter().all(|operand| match operand {
            Operand::Lanes(slot) => is_kept(slot),
            Operand::Divisor(divisor, reciprocal) => is_kept(divisor) && is_kept(reciprocal),
            Operand::Uniform(_) | Operand::UniformDivisor(..) => true,
        })
    }
}

fn pass(operations: &mut Vec<Operation>, merge: &Merge) {
    let mut written = Written { places: BTreeMap::new(), uses: BTreeMap::new() };
    for operation in operations.iter_mut() {
        operation.visit(&mut |slot, how| {
            written.uses.entry(*slot).or_default()[usize::from(how == Use::Read)] += 1;
        });
    }
    let mut needless = vec![false; operations.len()];
    for at in 0..operations.len() {
        if let Some((merged, made)) = merge(operations, at, &written) {
            operations[at] = merged;
            needless[made] = true;
        }
        if !is_straight(&operations[at]) {
            written.places.clear();
            continue;
        }
        operations[at].visit(&mut |slot, how| {
            if how != Use::Read {
                written.places.insert(*slot, at);
            }
        });
    }
    let mut needless = needless.into_iter();
    operations.retain(|_| needless.next() != Some(true));
}

/// The exponential of a product or quotient.
fn exponential_of(operations: &[Operation], at: usize, written: &Written) -> Option<(Operation, usize)> {
    let Operation::Unary { operation: UnaryOperation::Exp, to, operand } = operations[at] else {
        return None;
    };
    let made = written.for_one(operand)?;
    let (first, operands) = first(&operations[made])?;
    let is_one = matches!(first, First::Multiply | First::Divide) && matches!(operands[0], Operand::Lanes(_));
    (is_one && written.are_kept(made, &operands))
        .then_some((Operation::Exponential { first, operands, second: None, to }, made))
}

/// A sum, difference or product with such an exponential.
fn with_exponential(operations: &[Operation], at: usize, written: &Written) -> Option<(Operation, usize)> {
    operands(&operations[at]).into_iter().find_map(|(slot, second, other)| {
        let made = written.for_one(slot)?;
        let Operation::Binary { to, .. } = operations[at] else { return None };
        let Operation::Exponential { first, operands, second: None, .. } = operations[made] else {
            return None;
        };
        let Operand::Uniform(uniform) = other else { return None };
        let is_one = !matches!(second, Second::Divide | Second::DivideInto);
        (is_one && written.are_kept(made, &operands)).then_some((
            Operation::Exponential { first, operands, second: Some((second, uniform)), to },
            made,
        ))
    })
}

/// Two operations, or lanes that are split by a comparison.
fn pair(operations: &[Operation], at: usize, written: &Written) -> Option<(Operation, usize)> {
    if let Some((compared, made)) = comparison(operations, at, written) {
        let mut merged = operations[at].clone();
        if let Operation::Split { condition, .. } | Operation::Drop { condition, .. } = &mut merged {
            *condition = compared;
        }
        return Some((merged, made));
    }
    let Operation::Binary { to, .. } = operations[at] else { return None };
    let candidates = operands(&operations[at]).into_iter().filter_map(|(slot, second, other)| {
        let made = written.for_one(slot)?;
        let (first, [a, b]) = first(&operations[made])?;
        let operands = [a, b, other];
        written.are_kept(made, &[a, b]).then_some((Operation::Fused { first, second, to, operands }, made))
    });
    candidates.max_by_key(|candidate| candidate.1)
}

/// The comparison that lanes are split by, if that is all it is for, and where it is made.
fn comparison(operations: &[Operation], at: usize, written: &Written) -> Option<(Condition, usize)> {
    let (Operation::Split { condition: Condition::Nonzero(slot), .. }
    | Operation::Drop { condition: Condition::Nonzero(slot), .. }) = operations[at]
    else {
        return None;
    };
    let made = written.for_one(slot)?;
    let Operation::Binary { operation, left, right, .. } = operations[made] else { return None };
    let compares = matches!(
        operation,
        BinaryOperation::Equal
            | BinaryOperation::NotEqual
            | BinaryOperation::Less
            | BinaryOperation::LessOrEqual
            | BinaryOperation::Greater
            | BinaryOperation::GreaterOrEqual
    );
    (compares && written.are_kept(made, &[left, right]))
        .then_some((Condition::Compared(operation, left, right), made))
}

/// Whether it is done wherever the one before it is, and touches nothing but its slots.
pub(super) fn is_straight(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Unary { .. }
            | Operation::Binary { .. }
            | Operation::Fused { .. }
            | Operation::Exponential { .. }
            | Operation::Power { .. }
            | Operation::Select { .. }
            | Operation::Copy { .. }
            | Operation::CopyActive { .. }
    )
}

/// Operands that can come right from another operation: what is done with them, and the other operand.
fn operands(operation: &Operation) -> Vec<(Slot, Second, Operand)> {
    let Operation::Binary { operation, left, right, .. } = *operation else { return vec![] };
    let [from_left, from_right] = match operation {
        BinaryOperation::Add => [Second::Add; 2],
        BinaryOperation::Subtract => [Second::Subtract, Second::SubtractFrom],
        BinaryOperation::Multiply => [Second::Multiply; 2],
        BinaryOperation::Divide => [Second::Divide, Second::DivideInto],
        _ => return vec![],
    };
    let mut operands = Vec::new();
    if let Operand::Lanes(slot) = left {
        operands.push((slot, from_left, right));
    }
    if let Operand::Lanes(slot) = right {
        operands.push((slot, from_right, left));
    }
    operands
}

/// An operation as the first of two, with its operands; a uniform one is the second where the order does not matter.
fn first(operation: &Operation) -> Option<(First, [Operand; 2])> {
    let Operation::Binary { operation, left, right, .. } = *operation else { return None };
    let (first, commutes) = match operation {
        BinaryOperation::Add => (First::Add, true),
        BinaryOperation::Subtract => (First::Subtract, false),
        BinaryOperation::Multiply => (First::Multiply, true),
        BinaryOperation::Divide => (First::Divide, false),
        _ => return None,
    };
    let swap = commutes && matches!(left, Operand::Uniform(_));
    Some((first, if swap { [right, left] } else { [left, right] }))
}
