//! Instructions that are done lane by lane: what they use, and how they are done.

use super::code::{Slot, Use};
use crate::ir::{self, Instruction, Place};

/// Calls `visit` with each register of an instruction, as a slot.
pub(super) fn visit(instruction: &mut Instruction, visit: &mut dyn FnMut(&mut Slot, Use)) {
    instruction.visit_all_registers(&mut |register, how| {
        let mut slot = Slot(*register);
        visit(
            &mut slot,
            match how {
                ir::Use::Read => Use::Read,
                ir::Use::Make => Use::Write,
                ir::Use::Set => Use::Change,
            },
        );
        *register = slot.0;
    });
}

/// Whether an instruction reads or writes columns by itself.
pub(super) fn touches_columns(instruction: &Instruction) -> bool {
    let mut touches = false;
    instruction.visit(&mut |inner| {
        touches |= match inner {
            Instruction::Read { place, .. }
            | Instruction::Write { place, .. }
            | Instruction::ReadElement { first: place, .. }
            | Instruction::WriteElement { first: place, .. } => {
                !matches!(place, Place::Global(_) | Place::Time | Place::Step | Place::Celsius)
            }
            _ => false,
        }
    });
    touches
}
