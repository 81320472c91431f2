//! Finds divisors whose reciprocal is known, or needed for several quotients: with the reciprocal, the rounded quotient
//! takes three fused operations instead of a division.

use std::collections::BTreeMap;

use super::code::{Code, Operand, Operation, Slot, Use, constant};
use super::compile::PLACES;
use super::fuse::is_straight;
use super::steps::MOST_PACKED;
use crate::ir::{BinaryOperation, Instruction, Register};

/// Quotients by one divisor for which it pays to find its reciprocal.
const WORTH: usize = 3;

/// Gives divisions the reciprocals of their divisors. `slots` counts those that are in use, besides `places`.
pub(super) fn share(code: &mut Code, slots: &mut u32, places: usize) {
    let most_slots = *slots as usize + code.operations.len() + places;
    let most_uniform = code.uniform.registers as usize + 2 * code.operations.len();
    if most_slots.max(most_uniform) >= MOST_PACKED as usize {
        return;
    }
    of_uniform(code);
    of_lanes(code, slots);
}

fn division(operation: &Operation) -> Option<(Slot, Operand, Operand)> {
    match *operation {
        Operation::Binary { operation: BinaryOperation::Divide, to, left, right } => Some((to, left, right)),
        _ => None,
    }
}

/// Divides by uniform numbers with reciprocals that are found once for all lanes.
fn of_uniform(code: &mut Code) {
    let mut reciprocals: BTreeMap<Register, Register> = BTreeMap::new();
    let uniform = &mut code.uniform;
    for operation in &mut code.operations {
        let Operation::Binary {
            operation: BinaryOperation::Divide,
            left: Operand::Lanes(_),
            right: right @ Operand::Uniform(_),
            ..
        } = operation
        else {
            continue;
        };
        let Operand::Uniform(divisor) = *right else { continue };
        let reciprocal = *reciprocals.entry(divisor).or_insert_with(|| {
            let [one, to] = [uniform.registers, uniform.registers + 1];
            uniform.registers += 2;
            uniform.body.push(Instruction::Constant { to: one, number: 1. });
            let operation = BinaryOperation::Divide;
            uniform.body.push(Instruction::Binary { to, operation, left: one, right: divisor });
            to
        });
        *right = Operand::UniformDivisor(divisor, reciprocal);
    }
}

/// Divisions by the same number of lanes, one after the other.
#[derive(Default)]
struct Group {
    /// Where they are.
    members: Vec<usize>,
    /// Those of 1.
    of_one: Vec<usize>,
}

/// Divides by numbers of lanes that have several quotients.
fn of_lanes(code: &mut Code, slots: &mut u32) {
    let groups = groups(code);
    if groups.is_empty() {
        return;
    }
    let one = code.uniform.registers;
    code.uniform.registers += 1;
    code.uniform.body.push(Instruction::Constant { to: one, number: 1. });
    let mut writes: BTreeMap<Slot, u32> = BTreeMap::new();
    for operation in &mut code.operations {
        operation.visit(&mut |slot, how| *writes.entry(*slot).or_default() += u32::from(how != Use::Read));
    }
    let mut operations: Vec<Option<Operation>> = code.operations.drain(..).map(Some).collect();
    let mut before: BTreeMap<usize, Operation> = BTreeMap::new();
    for Group { members, of_one } in groups {
        let target = |at: usize| operations[at].as_ref().and_then(division);
        let Some((_, _, Operand::Lanes(divisor))) = target(members[0]) else { continue };
        // one of the divisions can make it
        let mut makers = of_one.iter().filter_map(|&at| Some((at, target(at)?.0)));
        let is_free = |&(at, to): &(usize, Slot)| {
            let before = operations[members[0]..at].iter().flatten();
            to.0 < PLACES && writes[&to] == 1 && !before.cloned().any(|mut earlier| reads(&mut earlier, to))
        };
        let maker = makers.find(is_free).map(|(_, to)| to);
        let reciprocal = maker.unwrap_or(Slot(*slots));
        *slots += u32::from(maker.is_none());
        let (left, right) = (Operand::Uniform(one), Operand::Lanes(divisor));
        let made = Operation::Binary { operation: BinaryOperation::Divide, to: reciprocal, left, right };
        before.insert(members[0], made);
        for at in members {
            let Some((to, left, _)) = operations[at].as_ref().and_then(division) else { continue };
            operations[at] = if to == reciprocal {
                None
            } else if of_one.contains(&at) {
                Some(Operation::Copy { to, from: Operand::Lanes(reciprocal) })
            } else {
                let right = Operand::Divisor(divisor, reciprocal);
                Some(Operation::Binary { operation: BinaryOperation::Divide, to, left, right })
            };
        }
    }
    for (at, operation) in operations.into_iter().enumerate() {
        code.operations.extend(before.remove(&at));
        code.operations.extend(operation);
    }
}

fn reads(operation: &mut Operation, slot: Slot) -> bool {
    let mut reads = false;
    operation.visit(&mut |used, how| reads |= *used == slot && how != Use::Write);
    reads
}

/// The groups that are worth a reciprocal.
fn groups(code: &mut Code) -> Vec<Group> {
    let (mut groups, mut open): (Vec<Group>, BTreeMap<Slot, Group>) = (Vec::new(), BTreeMap::new());
    for (at, operation) in code.operations.iter_mut().enumerate() {
        if !is_straight(operation) {
            groups.extend(std::mem::take(&mut open).into_values());
            continue;
        }
        if let Some((_, left, Operand::Lanes(divisor))) = division(operation) {
            let group = open.entry(divisor).or_default();
            group.members.push(at);
            if let Operand::Uniform(number) = left
                && constant(&code.uniform, number) == Some(1.)
            {
                group.of_one.push(at);
            }
        }
        operation.visit(&mut |slot, how| {
            if how != Use::Read {
                groups.extend(open.remove(slot));
            }
        });
    }
    groups.extend(open.into_values());
    let is_worth = |group: &Group| group.members.len() + usize::from(!group.of_one.is_empty()) >= WORTH;
    groups.retain(is_worth);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Operand = Operand::Uniform(0);

    fn binary(operation: BinaryOperation, to: u32, left: Operand, right: u32) -> Operation {
        Operation::Binary { operation, to: Slot(to), left, right: Operand::Lanes(Slot(right)) }
    }

    /// What becomes of operations that work on slots 0 to 5.
    fn shared(operations: Vec<Operation>) -> Vec<Operation> {
        let mut code = Code { operations, ..Code::default() };
        code.uniform.registers = 1;
        code.uniform.body.push(Instruction::Constant { to: 0, number: 1. });
        share(&mut code, &mut 6, 0);
        code.operations
    }

    #[test]
    fn a_reciprocal_that_is_needed_anyway_is_made_first() {
        let quotient = binary(BinaryOperation::Divide, 2, Operand::Lanes(Slot(0)), 1);
        let reciprocal = binary(BinaryOperation::Divide, 3, ONE, 1);
        let [Operation::Binary { to, .. }, Operation::Binary { right, .. }] =
            shared(vec![quotient, reciprocal])[..]
        else {
            panic!("two operations stay");
        };
        assert_eq!((to, right), (Slot(3), Operand::Divisor(Slot(1), Slot(3))));
    }

    /// In a loop, the variable that holds the reciprocal has the one of the turn before until then.
    #[test]
    fn a_variable_that_is_read_before_is_not_set_earlier() {
        let quotient = binary(BinaryOperation::Divide, 2, Operand::Lanes(Slot(0)), 1);
        let sum = binary(BinaryOperation::Add, 4, Operand::Lanes(Slot(2)), 3);
        let reciprocal = binary(BinaryOperation::Divide, 3, ONE, 1);
        let operations = shared(vec![quotient, sum.clone(), reciprocal]);
        let new = Slot(6);
        let copy = Operation::Copy { to: Slot(3), from: Operand::Lanes(new) };
        assert!(matches!(operations[0], Operation::Binary { to, .. } if to == new));
        assert_eq!(operations[2..], [sum, copy]);
    }

    #[test]
    fn what_changes_the_divisor_ends_the_group() {
        let quotient = |to| binary(BinaryOperation::Divide, to, Operand::Lanes(Slot(0)), 1);
        let change = Operation::Copy { to: Slot(1), from: ONE };
        let operations = vec![quotient(2), quotient(3), change, quotient(4)];
        assert_eq!(shared(operations.clone()), operations);
    }
}
