//! Puts columns that are stored nowhere into variables of a kernel.

use std::collections::BTreeSet;

use crate::ir::{Block, Instruction, Kernel, Place, Register};

/// Makes each of the `columns` a variable.
pub(super) fn localise(kernel: &mut Kernel, columns: &BTreeSet<u32>) {
    let (Some(&first), Some(&last)) = (columns.first(), columns.last()) else { return };
    // a register that is never set holds 0, the index of the one element
    let zero = kernel.registers;
    let variables = zero + 1;
    kernel.registers = variables + last - first + 1;
    let variable = |place: Place| match place {
        Place::Column(column) if columns.contains(&column) => Some(variables + column - first),
        _ => None,
    };
    in_block(&mut kernel.body, zero, &variable);
}

fn in_block(block: &mut Block, zero: Register, variable: &dyn Fn(Place) -> Option<Register>) {
    for instruction in block {
        instruction.blocks_mut().into_iter().for_each(|inner| in_block(inner, zero, variable));
        let new = match *instruction {
            Instruction::Read { to, place } => {
                variable(place).map(|first| Instruction::ReadArray { to, first, length: 1, index: zero })
            }
            Instruction::Write { place, from } => variable(place).map(|to| Instruction::Assign { to, from }),
            Instruction::ReadElement { to, first, length, index } => {
                variable(first).map(|first| Instruction::ReadArray { to, first, length, index })
            }
            Instruction::WriteElement { first, length, index, from } => {
                variable(first).map(|first| Instruction::AssignElement { first, length, index, from })
            }
            _ => None,
        };
        if let Some(new) = new {
            *instruction = new;
        }
    }
}
