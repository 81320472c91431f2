//! Finds what `INITIAL` sets to the same number in all instances.

use std::collections::BTreeSet;

use super::{columns_read, columns_written};
use crate::execute::Storage;
use crate::execute::lanes::is_uniform;
use crate::ir::{Instruction, Kernel, Place, Program, Register, Use};

/// The columns that no kernel but `INITIAL` writes, and this one sets once, whatever happens, to what it computes from
/// numbers that all instances share. It does not read them, so that their values before do not matter.
pub(super) fn set_for_all(program: &Program, storage: &[Storage]) -> BTreeSet<u32> {
    let Some(initial) = program.kernels.initial.as_ref().filter(|kernel| !kernel.sequential) else {
        return BTreeSet::new();
    };
    let others = program.each_kernel().filter(|kernel| !std::ptr::eq(*kernel, initial));
    let mut excluded = columns_written(others.flat_map(|kernel| &kernel.body));
    excluded.extend(columns_read(initial));
    let mut found = BTreeSet::new();
    for (column, is_for_all) in writes(initial, storage) {
        if !is_for_all || !found.insert(column) {
            excluded.insert(column);
        }
    }
    found.retain(|column| !excluded.contains(column));
    found
}

/// The columns that a kernel writes, and whether with a number that all instances share, in its outermost block.
fn writes(kernel: &Kernel, storage: &[Storage]) -> Vec<(u32, bool)> {
    let mut shared: BTreeSet<Register> = BTreeSet::new();
    let mut writes = Vec::new();
    for instruction in &kernel.body {
        match *instruction {
            Instruction::Write { place: Place::Column(column), from } => {
                writes.push((column, shared.contains(&from)));
            }
            Instruction::Read { to, place } => {
                if is_uniform(place, storage) {
                    shared.insert(to);
                }
            }
            Instruction::Constant { to, .. }
            | Instruction::Unary { to, .. }
            | Instruction::Binary { to, .. }
            | Instruction::Select { to, .. } => {
                let mut is_shared = true;
                instruction.clone().visit_registers(&mut |register, how| {
                    is_shared &= how == Use::Make || shared.contains(register);
                });
                if is_shared {
                    shared.insert(to);
                }
            }
            _ => writes.extend(columns_written([instruction]).into_iter().map(|column| (column, false))),
        }
    }
    writes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::tests::state_only;
    use crate::ir::{BinaryOperation, Builder};

    #[test]
    fn what_initial_computes_from_shared_numbers_is_shared() {
        let mut builder = Builder::new();
        let [shared, own] = [0, 1].map(|column| builder.read(Place::Column(column)));
        let step = builder.read(Place::Step);
        let both = builder.binary(BinaryOperation::Multiply, shared, step);
        let mixed = builder.binary(BinaryOperation::Multiply, shared, own);
        for (column, from) in [(2, both), (3, mixed), (4, both), (5, both), (5, both), (0, both)] {
            builder.write(Place::Column(column), from);
        }
        let initial = builder.finish();
        let mut builder = Builder::new();
        let number = builder.constant(1.);
        builder.write(Place::Column(4), number);
        let mut program = state_only(6, builder.finish());
        program.kernels.initial = Some(initial);
        let mut storage = vec![Storage::Instances; 6];
        storage[0] = Storage::Uniform;
        // 3 differs, a state kernel writes 4, 5 is set twice, 0 is read
        assert_eq!(set_for_all(&program, &storage), BTreeSet::from([2]));
    }
}
