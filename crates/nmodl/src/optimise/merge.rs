//! Makes one variable of two where what was computed in one only goes to the other: branches leave their result at once
//! where it is needed.

use std::collections::{BTreeMap, BTreeSet};

use super::rebuild::local::{count_reads, local_variables};
use crate::ir::{Block, Instruction, Kernel, Register, Use};

/// Merges the variables of a kernel.
pub(super) fn merge(kernel: &mut Kernel) {
    let mut arrays = BTreeSet::new();
    let mut sets: BTreeMap<Register, u32> = BTreeMap::new();
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| {
            if let Instruction::ReadArray { first, length, .. }
            | Instruction::AssignElement { first, length, .. } = inner
            {
                arrays.extend(*first..first + length);
            }
        });
        count_sets(instruction, &mut sets);
    }
    let merger = Merger { arrays, sets, reads: count_reads(&kernel.body) };
    merger.block(&mut kernel.body);
}

fn count_sets(instruction: &Instruction, sets: &mut BTreeMap<Register, u32>) {
    instruction.clone().visit_all_registers(&mut |register, how| {
        if how == Use::Set {
            *sets.entry(*register).or_default() += 1;
        }
    });
}

struct Merger {
    /// Elements of arrays.
    arrays: BTreeSet<Register>,
    /// How often each variable is set, and each register read, in the kernel.
    sets: BTreeMap<Register, u32>,
    reads: BTreeMap<Register, u32>,
}

impl Merger {
    fn block(&self, block: &mut Block) {
        // the last first: what is merged into it can then be merged itself
        let mut at = block.len();
        while at > 0 {
            at -= 1;
            if let Some((from, to, start)) = self.copied(block, at) {
                for instruction in &mut block[start..at] {
                    instruction.visit_all_registers(&mut |register, _| {
                        if *register == from {
                            *register = to;
                        }
                    });
                }
                block.remove(at);
            }
        }
        for instruction in block {
            instruction.blocks_mut().into_iter().for_each(|inner| self.block(inner));
        }
    }

    /// The variable that is copied by an instruction, the one that gets its number, and the first instruction that uses
    /// the former, if they can be one.
    fn copied(&self, block: &[Instruction], at: usize) -> Option<(Register, Register, usize)> {
        let Instruction::Assign { to, from } = block[at] else { return None };
        // who reads a variable needs all that is written to it: it must not be more than before
        let is_for_one = self.reads.get(&from) == Some(&1) && from != to;
        if !is_for_one || [from, to].iter().any(|register| self.arrays.contains(register)) {
            return None;
        }
        let sets = *self.sets.get(&from)?;
        let mut found = BTreeMap::new();
        // back to the first of all that set it
        let start = (0..at).rev().find(|&start| {
            count_sets(&block[start], &mut found);
            found.get(&from) == Some(&sets)
        })?;
        let region = &block[start..at];
        let uses_to = region.iter().any(|instruction| {
            let mut uses = false;
            instruction.clone().visit_all_registers(&mut |register, _| uses |= *register == to);
            uses
        });
        let is_for_it =
            || local_variables(&block[start..=at], &BTreeSet::from([from]), &self.reads).contains(&from);
        (!uses_to && !region.iter().any(Instruction::leaves) && is_for_it()).then_some((from, to, start))
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::ir::{Builder, Instruction, Place, Register};

    /// The kernel of `work`, merged; it may use two variables, and writes the second one to column 9 in the end.
    fn merged(work: impl FnOnce(&mut Builder, [Register; 2])) -> String {
        let mut builder = Builder::new();
        let variables = [builder.register(), builder.register()];
        work(&mut builder, variables);
        builder.write(Place::Column(9), variables[1]);
        let mut kernel = builder.finish();
        merge(&mut kernel);
        kernel.to_string()
    }

    /// A branch by column 0, of which each side given sets the variable to a number.
    fn branch(builder: &mut Builder, variable: Register, sides: [Option<f64>; 2]) {
        let condition = builder.read(Place::Column(0));
        let [accepted, rejected] = sides.map(|number| {
            let set = |builder: &mut Builder| {
                let number = number.map(|number| builder.constant(number));
                number.into_iter().for_each(|number| builder.assign(variable, number));
            };
            builder.block(set).0
        });
        builder.push(Instruction::If { condition, accepted, rejected });
    }

    #[test]
    fn branches_set_what_their_result_is_for() {
        let text = merged(|builder, [inner, outer]| {
            branch(builder, inner, [Some(1.), Some(2.)]);
            builder.assign(outer, inner);
        });
        insta::assert_snapshot!(text, @r"
        r2 = Column(0)
        if r2
          r3 = 1.0
          r1 := r3
        else
          r4 = 2.0
          r1 := r4
        Column(9) = r1
        ");
    }

    #[test]
    fn variables_whose_numbers_differ_stay_apart() {
        let is_kept = |work: &dyn Fn(&mut Builder, [Register; 2])| {
            assert!(merged(work).contains("r1 := r0"), "{}", merged(work));
        };
        // one side leaves it as it was
        is_kept(&|builder, [inner, outer]| {
            branch(builder, inner, [Some(1.), None]);
            builder.assign(outer, inner);
        });
        // the first is read later
        is_kept(&|builder, [inner, outer]| {
            branch(builder, inner, [Some(1.), Some(2.)]);
            builder.assign(outer, inner);
            builder.write(Place::Column(8), inner);
        });
        // the second is read meanwhile
        is_kept(&|builder, [inner, outer]| {
            branch(builder, inner, [Some(1.), Some(2.)]);
            builder.write(Place::Column(8), outer);
            builder.assign(outer, inner);
        });
        // some get past the copy
        is_kept(&|builder, [inner, outer]| {
            let label = builder.label();
            let (body, ()) = builder.block(|builder| {
                branch(builder, inner, [Some(1.), Some(2.)]);
                let condition = builder.read(Place::Column(1));
                let accepted = vec![Instruction::Leave { label }];
                builder.push(Instruction::If { condition, accepted, rejected: vec![] });
                builder.assign(outer, inner);
            });
            builder.push(Instruction::Scope { label, body });
        });
    }
}
