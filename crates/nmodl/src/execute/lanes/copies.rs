//! Lets operations read and set variables where they are, instead of by way of copies.

use std::collections::BTreeMap;

use super::code::{Mask, Operand, Operation, Slot, Use};
use super::columns::loops;
use super::compile::PLACES;

/// How slots are used, and by which operations.
fn uses(operations: &mut [Operation]) -> BTreeMap<Slot, Vec<(usize, Use)>> {
    let mut used: BTreeMap<Slot, Vec<(usize, Use)>> = BTreeMap::new();
    for (at, operation) in operations.iter_mut().enumerate() {
        operation.visit(&mut |slot, how| used.entry(*slot).or_default().push((at, how)));
    }
    used
}

/// Lets variables that only active lanes read later be set in all lanes, where that is faster. Those of `arrays`, first
/// slots and lengths, may be read in other ways.
pub(super) fn unmask(operations: &mut Vec<Operation>, arrays: &[(u32, u32)]) {
    let used = uses(operations);
    let masks = extents(operations);
    // what sets variables lane by lane may start from what they were
    let reads: Vec<bool> =
        operations.iter().map(|operation| matches!(operation, Operation::Single { .. })).collect();
    let reads = |&(at, how): &(usize, Use)| how == Use::Read || how == Use::Change && reads[at];
    for operation in operations.iter_mut() {
        let Operation::CopyActive { to, from, mask } = *operation else { continue };
        let is_element = arrays.iter().any(|&(first, length)| (first..first + length).contains(&to.0));
        let Some(&(first, last)) = masks.get(&mask).filter(|_| to.0 < PLACES && !is_element) else {
            continue;
        };
        if used[&to].iter().filter(|used| reads(used)).all(|(at, _)| (first..=last).contains(at)) {
            *operation = Operation::Copy { to, from };
        }
    }
    set_in_place(operations);
}

/// The first and last operation for the lanes of each mask that is made once: lanes never come back to it.
fn extents(operations: &[Operation]) -> BTreeMap<Mask, (usize, usize)> {
    let loops = loops(operations);
    let mut made: BTreeMap<Mask, u32> = BTreeMap::new();
    let mut extents: BTreeMap<Mask, (usize, usize)> = BTreeMap::new();
    let mut within = None;
    for (at, operation) in operations.iter().enumerate() {
        let makes = match *operation {
            Operation::Split { accepted, rejected, .. } => [Some(accepted), Some(rejected)],
            Operation::Duplicate { to, .. } => [Some(to), None],
            Operation::Within(mask) => {
                within = mask;
                [None; 2]
            }
            _ => [None; 2],
        };
        let times = if loops.iter().any(|(start, end)| (start..=end).contains(&&at)) { 2 } else { 1 };
        for mask in makes.into_iter().flatten() {
            *made.entry(mask).or_default() += times;
        }
        if let Some(mask) = within {
            extents.entry(mask).or_insert((at, at)).1 = at;
        }
    }
    extents.retain(|mask, _| made.get(mask) == Some(&1));
    extents
}

/// Lets operations leave their result in the variable that it is for.
fn set_in_place(operations: &mut Vec<Operation>) {
    let used = uses(operations);
    let mut needless = vec![false; operations.len()];
    for at in 0..operations.len() {
        let Operation::Copy { to, from: Operand::Lanes(from) } = operations[at] else { continue };
        if to.0 >= PLACES || from.0 >= PLACES || to == from {
            continue;
        }
        let &[(made, Use::Write), (read, Use::Read)] = &used[&from][..] else { continue };
        let is_free = made < at && read == at && operations[made + 1..at].iter().all(goes_on);
        let is_used = used[&to]
            .iter()
            .any(|&(place, how)| made < place && place < at || place == made && how != Use::Read);
        let operation = &mut operations[made];
        let can = matches!(
            operation,
            Operation::Unary { .. }
                | Operation::Binary { .. }
                | Operation::Power { .. }
                | Operation::Select { .. }
                | Operation::Draw { .. }
        );
        if is_free && !is_used && can {
            operation.visit(&mut |slot, how| {
                if how == Use::Write {
                    *slot = to;
                }
            });
            needless[at] = true;
        }
    }
    let mut needless = needless.into_iter();
    operations.retain(|_| needless.next() != Some(true));
}

/// Removes copies of registers that do not change until the copy was read for the last time, as long as there is
/// nothing to jump over and nowhere to jump to.
pub(super) fn forward(operations: &mut Vec<Operation>) {
    let mut used = uses(operations);
    let mut needless = vec![false; operations.len()];
    for at in 0..operations.len() {
        let (Operation::Copy { to, from: Operand::Lanes(from) }
        | Operation::CopyActive { to, from: Operand::Lanes(from), .. }) = operations[at]
        else {
            continue;
        };
        if to.0 >= PLACES || from.0 >= PLACES || to == from {
            continue;
        }
        let uses = &used[&to];
        let is_made_here =
            uses.iter().all(|&(place, how)| (place == at) == (how != Use::Read) && place >= at);
        let last = uses.iter().map(|&(place, _)| place).max().unwrap_or(at);
        let changes = used[&from].iter().any(|&(place, how)| how != Use::Read && at < place && place < last);
        if !is_made_here || changes || !operations[at + 1..=last].iter().all(goes_on) {
            continue;
        }
        for operation in &mut operations[at + 1..=last] {
            operation.visit(&mut |slot, _| {
                if *slot == to {
                    *slot = from;
                }
            });
        }
        let reads: Vec<_> = used[&to].iter().copied().filter(|&(place, _)| place > at).collect();
        used.entry(from).or_default().extend(reads);
        needless[at] = true;
    }
    let mut needless = needless.into_iter();
    operations.retain(|_| needless.next() != Some(true));
}

/// Whether the next operation is the one that comes after it in any case, and it does not work on registers by itself.
fn goes_on(operation: &Operation) -> bool {
    !matches!(
        operation,
        Operation::Label(_)
            | Operation::Jump(_)
            | Operation::JumpIfNone(..)
            | Operation::Again(..)
            | Operation::JumpIfZero(..)
            | Operation::Within(_)
            | Operation::Single { .. }
    )
}
