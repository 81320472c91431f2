//! What is done to kernels once their instructions are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Block, Instruction, Kernel, Place, Register};

/// Whether an instruction can be done without anyone noticing.
pub(super) fn is_pure(instruction: &Instruction) -> bool {
    matches!(
        instruction,
        Instruction::Constant { .. }
            | Instruction::Unary { .. }
            | Instruction::Binary { .. }
            | Instruction::Select { .. }
            | Instruction::Read { .. }
    )
}

/// The places that a block writes.
pub(super) fn written(block: &Block) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    let mut see = |instruction: &Instruction| match instruction {
        Instruction::Write { place, .. } => {
            places.insert(*place);
        }
        Instruction::WriteElement { first, length, .. } => {
            places.extend((0..*length).map(|index| first.element(index)));
        }
        _ => {}
    };
    block.iter().for_each(|instruction| instruction.visit(&mut see));
    places
}

/// Whether an instance sees what the one before left: a shared variable that the kernel writes is read where it may
/// not have been written yet.
pub(super) fn is_sequential(block: &Block) -> bool {
    let shared: BTreeSet<Place> =
        written(block).into_iter().filter(|place| matches!(place, Place::Global(_))).collect();
    !shared.is_empty() && reads_before(block, &shared, &mut BTreeSet::new())
}

/// Whether one of `watched` is read before it is `known` to be written.
fn reads_before(block: &Block, watched: &BTreeSet<Place>, known: &mut BTreeSet<Place>) -> bool {
    for instruction in block {
        let early = match instruction {
            Instruction::Read { place, .. } => watched.contains(place) && !known.contains(place),
            Instruction::ReadElement { first, length, .. } => (0..*length)
                .map(|index| first.element(index))
                .any(|place| watched.contains(&place) && !known.contains(&place)),
            Instruction::Write { place, .. } => {
                known.insert(*place);
                false
            }
            Instruction::If { accepted, rejected, .. } => {
                let (mut one, mut other) = (known.clone(), known.clone());
                let early =
                    reads_before(accepted, watched, &mut one) || reads_before(rejected, watched, &mut other);
                *known = one.intersection(&other).copied().collect();
                early
            }
            Instruction::Loop { body }
            | Instruction::Scope { body, .. }
            | Instruction::ForConnections { body }
            | Instruction::Newton { body, .. } => reads_before(body, watched, &mut known.clone()),
            _ => false,
        };
        if early {
            return true;
        }
    }
    false
}

/// Lets a kernel write registers where it would write columns: instances do not notice it then. Shared variables keep
/// what it leaves in them, as in NEURON.
pub(super) fn shadow(kernel: &mut Kernel) {
    let places: Vec<Place> =
        written(&kernel.body).into_iter().filter(|place| matches!(place, Place::Column(_))).collect();
    let mut shadows: BTreeMap<Place, Register> = BTreeMap::new();
    let mut start = Block::new();
    for place in places {
        // Neighbours get neighbouring registers, so that elements of arrays stay together.
        let register = kernel.registers;
        kernel.registers += 1;
        shadows.insert(place, register);
    }
    for (place, register) in &shadows {
        let value = kernel.registers;
        kernel.registers += 1;
        start.push(Instruction::Read { to: value, place: *place });
        start.push(Instruction::Assign { to: *register, from: value });
    }
    replace(&mut kernel.body, &shadows);
    start.append(&mut kernel.body);
    kernel.body = start;
}

fn replace(block: &mut Block, shadows: &BTreeMap<Place, Register>) {
    for instruction in block {
        match instruction {
            Instruction::Read { to, place } => {
                if let Some(from) = shadows.get(place) {
                    *instruction = Instruction::Assign { to: *to, from: *from };
                }
            }
            Instruction::Write { place, from } => {
                if let Some(to) = shadows.get(place) {
                    *instruction = Instruction::Assign { to: *to, from: *from };
                }
            }
            Instruction::ReadElement { to, first, length, index } => {
                if let Some(register) = shadows.get(first) {
                    *instruction =
                        Instruction::ReadArray { to: *to, first: *register, length: *length, index: *index };
                }
            }
            Instruction::WriteElement { first, length, index, from } => {
                if let Some(register) = shadows.get(first) {
                    *instruction = Instruction::AssignElement {
                        first: *register,
                        length: *length,
                        index: *index,
                        from: *from,
                    };
                }
            }
            other => other.blocks_mut().into_iter().for_each(|block| replace(block, shadows)),
        }
    }
}
