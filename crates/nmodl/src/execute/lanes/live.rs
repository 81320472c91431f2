//! Which registers are needed later.

use super::code::{Operation, Use};
use super::columns::labels;

/// A bit for each register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Registers(Vec<u64>);

impl Registers {
    /// Whether a register is one of them.
    pub(super) fn has(&self, register: u32) -> bool {
        self.0[register as usize / 64] >> (register % 64) & 1 != 0
    }

    fn set(&mut self, register: u32, is_one: bool) {
        let word = &mut self.0[register as usize / 64];
        let bit = 1 << (register % 64);
        *word = if is_one { *word | bit } else { *word & !bit };
    }

    /// Whether there were fewer.
    fn join(&mut self, others: &Self) -> bool {
        let mut more = false;
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            more |= *other & !*word != 0;
            *word |= other;
        }
        more
    }
}

/// For each operation, the registers that are read after it before all of their lanes have new numbers, of `count`
/// ones; the first ones, `always`, count as read in the end.
pub(super) fn after(operations: &mut [Operation], count: u32, always: u32) -> Vec<Registers> {
    let nothing = Registers(vec![0; count as usize / 64 + 1]);
    let mut at_end = nothing.clone();
    (0..always).for_each(|register| at_end.set(register, true));
    let labels = labels(operations);
    let mut before = vec![nothing; operations.len() + 1];
    let mut after = before.clone();
    before[operations.len()] = at_end.clone();
    let mut changes = true;
    while changes {
        changes = false;
        for at in (0..operations.len()).rev() {
            let operation = &mut operations[at];
            let mut needed = at_end.clone();
            if !matches!(operation, Operation::Jump(_)) {
                needed.join(&before[at + 1]);
            }
            if let Some(target) = operation.target() {
                needed.join(&before[labels[&target]]);
            }
            after[at] = needed.clone();
            operation.visit(&mut |slot, how| {
                if how == Use::Write && slot.0 < count && slot.0 >= always {
                    needed.set(slot.0, false);
                }
            });
            operation.visit(&mut |slot, how| {
                if how != Use::Write && slot.0 < count {
                    needed.set(slot.0, true);
                }
            });
            changes |= before[at].join(&needed);
        }
    }
    after.truncate(operations.len());
    after
}

#[cfg(test)]
mod tests {
    use super::super::code::{Condition, Operand, Slot};
    use super::*;
    use crate::ir::BinaryOperation;

    fn add(to: u32, left: u32, right: u32) -> Operation {
        let [left, right] = [left, right].map(|slot| Operand::Lanes(Slot(slot)));
        Operation::Binary { operation: BinaryOperation::Add, to: Slot(to), left, right }
    }

    /// The registers that are needed after each operation, of four.
    fn needed(operations: &mut [Operation], always: u32) -> Vec<Vec<u32>> {
        let after = after(operations, 4, always);
        after.iter().map(|needed| (0..4).filter(|&register| needed.has(register)).collect()).collect()
    }

    #[test]
    fn what_is_written_anew_was_not_needed() {
        let mut operations = [add(1, 0, 0), add(2, 1, 1), add(1, 2, 0), add(3, 1, 2)];
        assert_eq!(needed(&mut operations, 0), [vec![0, 1], vec![0, 2], vec![1, 2], vec![]]);
    }

    #[test]
    fn some_lanes_alone_keep_what_the_others_have() {
        let active = Operation::CopyActive { to: Slot(1), from: Operand::Lanes(Slot(0)), mask: 0 };
        let mut operations = [add(1, 0, 0), active, add(3, 1, 1)];
        assert_eq!(needed(&mut operations, 0), [vec![0, 1], vec![1], vec![]]);
    }

    #[test]
    fn loops_and_jumps_come_back_to_earlier_operations() {
        let condition = Condition::Nonzero(Slot(3));
        let mut operations = [
            add(1, 0, 0),
            Operation::Label(0),
            Operation::Drop { condition, holds: true, from: vec![0], or: 1 },
            add(2, 1, 1),
            add(3, 2, 0),
            Operation::Again(0, 0),
            Operation::Label(1),
        ];
        let turn = vec![0, 1, 3];
        assert_eq!(
            needed(&mut operations, 0),
            [turn.clone(), turn.clone(), vec![0, 1], vec![0, 1, 2], turn.clone(), turn, vec![]]
        );
    }

    #[test]
    fn arrays_are_always_needed() {
        assert_eq!(needed(&mut [add(0, 2, 2), add(1, 0, 0), add(3, 1, 1)], 2), [[0, 1]; 3]);
    }
}
