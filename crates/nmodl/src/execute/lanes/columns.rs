//! Lets operations take their operands from columns and leave their results there, instead of copying them.

use std::collections::BTreeMap;

use super::code::{Operand, Operation, Slot, Use};
use super::compile::PLACES;

/// Removes copies from and to columns where nothing else happens to the column meanwhile.
pub(super) fn fold(operations: &mut Vec<Operation>, slots: u32) {
    let flow = Flow::of(operations);
    for at in 0..operations.len() {
        if let Operation::Copy { to, from: Operand::Lanes(place) } = operations[at]
            && to.0 < PLACES
            && place.0 >= PLACES
        {
            load_in_place(operations, &flow, at, to, place);
        }
    }
    for at in 0..operations.len() {
        if let Operation::Copy { to: place, from: Operand::Lanes(slot) } = operations[at]
            && slot.0 < slots
            && place.0 >= PLACES
        {
            store_in_place(operations, &flow, at, slot, place);
        }
    }
    // labels keep their place, so that only empty copies go
    operations.retain(
        |operation| !matches!(operation, Operation::Copy { to, from: Operand::Lanes(from) } if to == from),
    );
}

/// Loops, and what is jumped over.
struct Flow {
    /// First and last operation of each loop.
    loops: Vec<(usize, usize)>,
    conditional: Vec<bool>,
}

impl Flow {
    fn of(operations: &[Operation]) -> Self {
        let mut flow = Self { loops: loops(operations), conditional: vec![false; operations.len()] };
        let labels = labels(operations);
        for (at, operation) in operations.iter().enumerate() {
            if let Some(label) = operation.target() {
                let target = labels[&label];
                flow.conditional[at.min(target)..at.max(target)].fill(true);
            }
        }
        flow
    }

    /// The last operation that can come after `defined` and at which a value read at `used` has to be there.
    fn extend(&self, defined: usize, used: usize) -> usize {
        let around =
            self.loops.iter().filter(|(start, end)| (start..=end).contains(&&used) && defined < *start);
        around.map(|&(_, end)| end).fold(used, usize::max)
    }
}

/// Where each label is.
pub(super) fn labels(operations: &[Operation]) -> BTreeMap<u32, usize> {
    let place = |(at, operation): (usize, &Operation)| match operation {
        Operation::Label(label) => Some((*label, at)),
        _ => None,
    };
    operations.iter().enumerate().filter_map(place).collect()
}

/// First and last operation of each loop.
pub(super) fn loops(operations: &[Operation]) -> Vec<(usize, usize)> {
    let labels = labels(operations);
    let mut loops = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        if let Operation::Again(_, label) = operation
            && labels[label] < at
        {
            loops.push((labels[label], at));
        }
    }
    loops
}

/// Whether an operation reads or writes a slot, or might.
fn touches(operation: &Operation, slot: Slot) -> (bool, bool) {
    if let Operation::Single { instruction, .. } = operation
        && slot.0 >= PLACES
        && super::single::touches_columns(instruction)
    {
        return (true, true);
    }
    let (mut reads, mut writes) = (false, false);
    operation.clone().visit(&mut |used, how| {
        if *used == slot {
            reads |= how != Use::Write;
            writes |= how != Use::Read;
        }
    });
    (reads, writes)
}

fn writers(operations: &[Operation], slot: Slot) -> Vec<usize> {
    (0..operations.len()).filter(|&at| touches(&operations[at], slot).1).collect()
}

fn last_reader(operations: &[Operation], flow: &Flow, defined: usize, slot: Slot) -> usize {
    let readers = (0..operations.len()).filter(|&at| touches(&operations[at], slot).0);
    readers.map(|at| flow.extend(defined, at)).max().unwrap_or(defined)
}

fn replace_reads(operations: &mut [Operation], from: Slot, to: Slot) {
    for operation in operations {
        operation.visit(&mut |slot, how| {
            if *slot == from && how == Use::Read {
                *slot = to;
            }
        });
    }
}

/// `Single`s work on registers.
fn read_by_single(operations: &[Operation], slot: Slot) -> bool {
    operations.iter().any(|operation| {
        matches!(operation, Operation::Single { .. } | Operation::Lookup { .. }) && touches(operation, slot).0
    })
}

fn load_in_place(operations: &mut [Operation], flow: &Flow, at: usize, slot: Slot, place: Slot) {
    let read_before = operations[..at].iter().any(|operation| touches(operation, slot).0);
    if writers(operations, slot) != [at] || read_before || read_by_single(operations, slot) {
        return;
    }
    let last = last_reader(operations, flow, at, slot);
    if operations[at + 1..=last].iter().any(|operation| touches(operation, place).1) {
        return;
    }
    replace_reads(operations, slot, place);
    operations[at] = Operation::Copy { to: slot, from: Operand::Lanes(slot) };
}

fn store_in_place(operations: &mut [Operation], flow: &Flow, at: usize, slot: Slot, place: Slot) {
    let &[defined] = writers(operations, slot).as_slice() else { return };
    if operations[..defined].iter().any(|operation| touches(operation, slot).0) {
        return;
    }
    let simple = matches!(
        operations[defined],
        Operation::Unary { .. }
            | Operation::Binary { .. }
            | Operation::Power { .. }
            | Operation::Select { .. }
            | Operation::Copy { .. }
    );
    if !simple || defined >= at || flow.conditional[defined] || flow.conditional[at] {
        return;
    }
    let last = last_reader(operations, flow, defined, slot);
    let meanwhile = |operation: &Operation| touches(operation, place) != (false, false);
    let later = operations.get(at + 1..=last).unwrap_or_default();
    if operations[defined + 1..at].iter().any(meanwhile)
        || later.iter().any(|operation| touches(operation, place).1)
        || read_by_single(operations, slot)
    {
        return;
    }
    operations[defined].visit(&mut |written, how| {
        if *written == slot && how == Use::Write {
            *written = place;
        }
    });
    operations[at] = Operation::Copy { to: place, from: Operand::Lanes(place) };
    replace_reads(operations, slot, place);
}
