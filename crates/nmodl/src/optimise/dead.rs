//! Removes what nobody needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Block, Instruction, Kernel, Place, Register, Use};

/// Removes writes to columns other than those `kept`, and what was computed for nothing.
pub(crate) fn remove(kernel: &mut Kernel, kept: &dyn Fn(u32) -> bool) {
    remove_writes(&mut kernel.body, kept);
    loop {
        let mut read = BTreeSet::new();
        note_reads(&mut kernel.body, &mut read);
        if !remove_unread(&mut kernel.body, &read) {
            return;
        }
    }
}

/// The columns that a kernel reads.
pub(crate) fn columns_read(kernel: &Kernel) -> BTreeSet<u32> {
    let mut columns = BTreeSet::new();
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| match *inner {
            Instruction::Read { place: Place::Column(number), .. } => {
                columns.insert(number);
            }
            Instruction::ReadElement { first: Place::Column(number), length, .. } => {
                columns.extend(number..number + length);
            }
            _ => {}
        });
    }
    columns
}

fn remove_writes(block: &mut Block, kept: &dyn Fn(u32) -> bool) {
    block.retain(|instruction| match *instruction {
        Instruction::Write { place: Place::Column(number), .. } => kept(number),
        // an index outside is still an error
        _ => true,
    });
    for instruction in block {
        instruction.blocks_mut().into_iter().for_each(|inner| remove_writes(inner, kept));
    }
}

fn note_reads(block: &mut Block, read: &mut BTreeSet<Register>) {
    for instruction in block {
        let assigns = matches!(instruction, Instruction::Assign { .. } | Instruction::Lookup { .. });
        if let Instruction::ReadArray { first, length, .. }
        | Instruction::AssignElement { first, length, .. } = instruction
        {
            read.extend(*first..*first + *length);
        }
        instruction.visit_registers(&mut |register, how| {
            if how == Use::Read || (how == Use::Set && !assigns) {
                read.insert(*register);
            }
        });
        instruction.blocks_mut().into_iter().for_each(|inner| note_reads(inner, read));
    }
}

/// Whether anything was removed.
fn remove_unread(block: &mut Block, read: &BTreeSet<Register>) -> bool {
    let before = block.len();
    let mut changed = false;
    block.retain_mut(|instruction| {
        for inner in instruction.blocks_mut() {
            changed |= remove_unread(inner, read);
        }
        if let Instruction::If { accepted, rejected, .. } = instruction {
            return !accepted.is_empty() || !rejected.is_empty();
        }
        let mut needed = !instruction.is_pure();
        instruction
            .visit_registers(&mut |register, how| needed |= how != Use::Read && read.contains(register));
        needed
    });
    changed || block.len() < before
}

/// Numbers the registers anew, without gaps; arrays stay together.
pub(crate) fn renumber(kernel: &mut Kernel) {
    let mut numbers: BTreeMap<Register, Register> = BTreeMap::new();
    let mut ranges = Vec::new();
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| {
            if let Instruction::ReadArray { first, length, .. }
            | Instruction::AssignElement { first, length, .. } = inner
            {
                ranges.push((*first, first + length));
            }
        });
    }
    ranges.sort_unstable();
    for register in ranges.into_iter().flat_map(|(first, end)| first..end) {
        let next = numbers.len() as Register;
        numbers.entry(register).or_insert(next);
    }
    for instruction in &mut kernel.body {
        instruction.visit_all_registers(&mut |register, _| {
            let next = numbers.len() as Register;
            *register = *numbers.entry(*register).or_insert(next);
        });
    }
    kernel.registers = numbers.len() as Register;
}
