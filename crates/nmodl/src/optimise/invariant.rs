//! Takes out of loops what does not change in them: values, which are made before the loop, and branches, of which each
//! side gets a loop of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::rebuild::local::{count_reads, local_variables};
use crate::ir::{Block, Instruction, Kernel, Place, Register, Use};

/// Instructions of a loop up to which it is copied for the two sides of a branch.
const SIZE: usize = 64;

/// Takes out of the loops of a kernel what does not change in them.
pub(super) fn take_out(kernel: &mut Kernel) {
    let mut labels = 0;
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| {
            if let Instruction::Scope { label, .. } = inner {
                labels = labels.max(label + 1);
            }
        });
    }
    let reads = count_reads(&kernel.body);
    let mut taker = Taker { registers: kernel.registers, labels, reads };
    kernel.body = taker.block(std::mem::take(&mut kernel.body));
    kernel.registers = taker.registers;
}

struct Taker {
    /// What is free in the kernel.
    registers: u32,
    labels: u32,
    /// How often each register is read.
    reads: BTreeMap<Register, u32>,
}

impl Taker {
    /// Inner loops first, so that what they are rid of can leave outer ones, too.
    fn block(&mut self, block: Block) -> Block {
        let mut result = Block::new();
        for mut instruction in block {
            for inner in instruction.blocks_mut() {
                *inner = self.block(std::mem::take(inner));
            }
            if let Some(body) = loop_of(&mut instruction) {
                result.extend(values(body));
                instruction = self.split(instruction);
            }
            result.push(instruction);
        }
        result
    }

    /// A scope that is nothing but a loop, as a branch with two of them, if the loop branches always the same way.
    fn split(&mut self, mut instruction: Instruction) -> Instruction {
        let Some(body) = loop_of(&mut instruction) else { return instruction };
        let changed = Changed::by(body);
        let conditions = body.iter().filter_map(|inner| match inner {
            Instruction::If { condition, .. } => Some(*condition),
            _ => None,
        });
        let (mut size, mut has_array) = (0, false);
        body.iter().for_each(|inner| {
            inner.visit(&mut |inner| {
                size += 1;
                has_array |=
                    matches!(inner, Instruction::ReadArray { .. } | Instruction::AssignElement { .. });
            });
        });
        let found = conditions.into_iter().find(|condition| !changed.registers.contains(condition));
        // elements of arrays would have to stay together
        let Some(condition) = found.filter(|_| size <= SIZE && !has_array) else { return instruction };
        let mut otherwise = self.copy(&instruction);
        for (instruction, holds) in [(&mut instruction, true), (&mut otherwise, false)] {
            if let Some(body) = loop_of(instruction) {
                *body = chosen(std::mem::take(body), condition, holds);
            }
        }
        let [accepted, rejected] = [instruction, otherwise].map(|side| vec![self.split(side)]);
        Instruction::If { condition, accepted, rejected }
    }

    /// The same with labels, values and local variables of its own.
    fn copy(&mut self, instruction: &Instruction) -> Instruction {
        let mut copy = instruction.clone();
        let (mut own, mut set) = (BTreeSet::new(), BTreeSet::new());
        copy.visit_all_registers(&mut |register, how| {
            match how {
                Use::Make => own.insert(*register),
                Use::Set => set.insert(*register),
                Use::Read => false,
            };
        });
        let [body, _] = instruction.blocks();
        own.extend(local_variables(body, &set, &self.reads));
        let new: BTreeMap<Register, Register> = own.into_iter().zip(self.registers..).collect();
        self.registers += new.len() as u32;
        for (old, count) in count_reads(body) {
            *self.reads.entry(new.get(&old).copied().unwrap_or(old)).or_default() += count;
        }
        copy.visit_all_registers(&mut |register, _| {
            *register = new.get(register).copied().unwrap_or(*register);
        });
        let mut labels = BTreeMap::new();
        self.relabel(&mut copy, &mut labels);
        copy
    }

    fn relabel(&mut self, instruction: &mut Instruction, labels: &mut BTreeMap<u32, u32>) {
        match instruction {
            Instruction::Scope { label, .. } => {
                labels.insert(*label, self.labels);
                *label = self.labels;
                self.labels += 1;
            }
            Instruction::Leave { label } => *label = labels.get(label).copied().unwrap_or(*label),
            _ => {}
        }
        for inner in instruction.blocks_mut().into_iter().flatten() {
            self.relabel(inner, labels);
        }
    }
}

/// The body of a scope that is nothing but a loop.
fn loop_of(instruction: &mut Instruction) -> Option<&mut Block> {
    match instruction {
        Instruction::Scope { body, .. } => match &mut body[..] {
            [Instruction::Loop { body }] => Some(body),
            _ => None,
        },
        _ => None,
    }
}

/// What a block changes.
#[derive(Default)]
pub(super) struct Changed {
    pub(super) registers: BTreeSet<Register>,
    places: BTreeSet<Place>,
}

impl Changed {
    pub(super) fn by(block: &[Instruction]) -> Self {
        let mut changed = Self::default();
        for instruction in block {
            instruction.visit(&mut |inner| {
                inner.clone().visit_registers(&mut |register, how| {
                    if how != Use::Read {
                        changed.registers.insert(*register);
                    }
                });
                match *inner {
                    Instruction::AssignElement { first, length, .. } => {
                        changed.registers.extend(first..first + length);
                    }
                    Instruction::Write { place, .. } => {
                        changed.places.insert(place);
                    }
                    Instruction::WriteElement { first, length, .. } => {
                        changed.places.extend((0..length).map(|index| first.element(index)));
                    }
                    _ => {}
                }
            });
        }
        changed
    }

    /// Whether an instruction makes the same value in every turn.
    fn leaves_alone(&self, instruction: &Instruction) -> bool {
        let is_simple = match instruction {
            Instruction::Constant { .. }
            | Instruction::Unary { .. }
            | Instruction::Binary { .. }
            | Instruction::Select { .. } => true,
            Instruction::Read { place: place @ (Place::Column(_) | Place::Global(_)), .. } => {
                !self.places.contains(place)
            }
            _ => false,
        };
        let mut changes = false;
        instruction.clone().visit_registers(&mut |register, how| {
            changes |= how == Use::Read && self.registers.contains(register);
        });
        is_simple && !changes
    }
}

/// Takes values that do not change out of the body of a loop.
fn values(body: &mut Block) -> Block {
    let mut changed = Changed::by(body);
    let mut taken = Block::new();
    body.retain(|instruction| {
        let goes = changed.leaves_alone(instruction);
        if goes {
            instruction.clone().visit_registers(&mut |register, how| {
                if how == Use::Make {
                    changed.registers.remove(register);
                }
            });
            taken.push(instruction.clone());
        }
        !goes
    });
    taken
}

/// A block in which it is known whether a condition holds.
fn chosen(block: Block, known: Register, holds: bool) -> Block {
    let mut result = Block::new();
    for mut instruction in block {
        for inner in instruction.blocks_mut() {
            *inner = chosen(std::mem::take(inner), known, holds);
        }
        match instruction {
            Instruction::If { condition, accepted, rejected } if condition == known => {
                result.extend(if holds { accepted } else { rejected });
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{BinaryOperation, Builder};

    /// A kernel with a loop that `work` does something in, until variable 0 is above 9.
    fn kernel(work: impl FnOnce(&mut Builder, Register)) -> String {
        let mut builder = Builder::new();
        let (turn, label) = (builder.register(), builder.label());
        let (body, ()) = builder.block(|builder| {
            let nine = builder.constant(9.);
            let condition = builder.binary(BinaryOperation::Greater, turn, nine);
            let accepted = vec![Instruction::Leave { label }];
            builder.push(Instruction::If { condition, accepted, rejected: vec![] });
            work(builder, turn);
        });
        builder.push(Instruction::Scope { label, body: vec![Instruction::Loop { body }] });
        let mut kernel = builder.finish();
        take_out(&mut kernel);
        kernel.to_string()
    }

    #[test]
    fn values_that_stay_are_made_before_the_loop() {
        let text = kernel(|builder, turn| {
            let step = builder.read(Place::Column(0));
            let two = builder.constant(2.);
            let double = builder.binary(BinaryOperation::Multiply, step, two);
            let next = builder.binary(BinaryOperation::Add, turn, double);
            builder.assign(turn, next);
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_the_loop_writes_is_read_in_it() {
        let text = kernel(|builder, turn| {
            let step = builder.read(Place::Column(0));
            let next = builder.binary(BinaryOperation::Add, turn, step);
            builder.assign(turn, next);
            builder.write(Place::Column(0), next);
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn each_side_of_a_branch_that_stays_has_its_loop() {
        let text = kernel(|builder, turn| {
            let condition = builder.read(Place::Column(0));
            let mut side = |number| {
                let step = |builder: &mut Builder| {
                    let step = builder.constant(number);
                    let next = builder.binary(BinaryOperation::Add, turn, step);
                    builder.assign(turn, next);
                };
                builder.block(step).0
            };
            let (accepted, rejected) = (side(1.), side(2.));
            builder.push(Instruction::If { condition, accepted, rejected });
        });
        insta::assert_snapshot!(text);
    }
}
