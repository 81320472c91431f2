//! Which registers are needed later.

use std::collections::BTreeMap;

use super::code::{Label, Operation, Use};

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
    let labels: BTreeMap<Label, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(at, operation)| match operation {
            Operation::Label(label) => Some((*label, at)),
            _ => None,
        })
        .collect();
    let mut before = vec![nothing; operations.len() + 1];
    let mut after = before.clone();
    before[operations.len()] = at_end.clone();
    let mut changes = true;
    while changes {
        changes = false;
        for at in (0..operations.len()).rev() {
            let operation = &mut operations[at];
            let (target, goes_on) = match operation {
                Operation::Jump(label) => (Some(*label), false),
                Operation::JumpIfNone(_, label)
                | Operation::JumpIfZero(_, label)
                | Operation::Again(_, label)
                | Operation::Drop { or: label, .. }
                | Operation::DropBy { or: label, .. } => (Some(*label), true),
                _ => (None, true),
            };
            let mut needed = at_end.clone();
            if goes_on {
                needed.join(&before[at + 1]);
            }
            if let Some(target) = target {
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
