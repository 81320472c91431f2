//! Makes one operation of two, where the result of the first is needed for the second alone.

use std::collections::BTreeMap;

use super::code::{First, Operand, Operation, Second, Slot, Use};
use super::compile::PLACES;
use crate::ir::BinaryOperation;

/// Fuses operations; what they compute is the same, each rounded as before.
pub(super) fn fuse(operations: &mut Vec<Operation>) {
    let mut uses: BTreeMap<Slot, [u32; 2]> = BTreeMap::new();
    for operation in operations.iter_mut() {
        operation.visit(&mut |slot, how| {
            uses.entry(*slot).or_default()[usize::from(how == Use::Read)] += 1;
        });
    }
    let is_for_one = |slot: Slot| slot.0 < PLACES && uses.get(&slot) == Some(&[1, 1]);
    let mut needless = vec![false; operations.len()];
    // where slots were written since the last operation that might do anything
    let mut written: BTreeMap<Slot, usize> = BTreeMap::new();
    for at in 0..operations.len() {
        if !is_straight(&operations[at]) {
            written.clear();
            continue;
        }
        let candidates = operands(&operations[at]).into_iter().filter_map(|(slot, second, other)| {
            let &made = written.get(&slot).filter(|_| is_for_one(slot))?;
            let (first, [a, b]) = first(&operations[made])?;
            let is_kept = |operand| match operand {
                Operand::Lanes(slot) => written.get(&slot).is_none_or(|&place| place <= made),
                Operand::Uniform(_) => true,
            };
            (is_kept(a) && is_kept(b)).then_some((made, first, second, [a, b, other]))
        });
        let latest = candidates.max_by_key(|candidate| candidate.0);
        if let Some((made, first, second, operands)) = latest
            && let Operation::Binary { to, .. } = operations[at]
        {
            operations[at] = Operation::Fused { first, second, to, operands };
            needless[made] = true;
        }
        operations[at].visit(&mut |slot, how| {
            if how != Use::Read {
                written.insert(*slot, at);
            }
        });
    }
    let mut needless = needless.into_iter();
    operations.retain(|_| needless.next() != Some(true));
}

/// Whether it is done wherever the one before it is, and touches nothing but its slots.
fn is_straight(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Unary { .. }
            | Operation::Binary { .. }
            | Operation::Fused { .. }
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
