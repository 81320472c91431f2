//! Kernels of events, decoded: small instructions one after the other, with jumps in place of blocks.
//!
//! An event is delivered between systems that have used the caches for other things, so what costs most is to fetch
//! instructions and numbers. What is not arithmetic is left to the reference executor.

use std::collections::BTreeMap;

use super::arithmetic::{binary, unary};
use super::reference::{Flow, Scalar, any_span, endless, most_repetitions};
use crate::ir::{BinaryOperation, Block, Instruction, Kernel, Place, Register, UnaryOperation};
use crate::syntax::Span;

/// A kernel for one instance at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Flat {
    operations: Vec<Operation>,
    /// What is left to the reference executor.
    others: Vec<Instruction>,
    /// Where each scope ends.
    ends: BTreeMap<u32, u32>,
    /// For each loop, a place in the file.
    loops: Vec<Span>,
    /// The columns that are read.
    columns: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Constant { to: Register, number: f64 },
    Unary { operation: UnaryOperation, to: Register, operand: Register },
    Binary { operation: BinaryOperation, to: Register, left: Register, right: Register },
    Read { to: Register, place: Place },
    Write { place: Place, from: Register },
    Assign { to: Register, from: Register },
    Jump { target: u32 },
    JumpIfZero { condition: Register, target: u32 },
    Repeat { number: u32 },
    Other { number: u32 },
}

impl Flat {
    /// Decodes a kernel that keeps the `stored` columns for each instance.
    pub(super) fn new(kernel: &Kernel, stored: impl Fn(u32) -> bool) -> Self {
        let mut flat = Self::default();
        flat.block(&kernel.body, &mut Vec::new());
        flat.columns =
            crate::optimise::columns_read(kernel).into_iter().filter(|&column| stored(column)).collect();
        flat
    }

    fn here(&self) -> u32 {
        self.operations.len() as u32
    }

    /// Adds a block; `leaving` has the jumps to the ends of scopes that are open.
    fn block(&mut self, block: &Block, leaving: &mut Vec<(u32, u32)>) {
        for instruction in block {
            self.instruction(instruction, leaving);
        }
    }

    fn instruction(&mut self, instruction: &Instruction, leaving: &mut Vec<(u32, u32)>) {
        let operation = match *instruction {
            Instruction::Constant { to, number } => Operation::Constant { to, number },
            Instruction::Unary { to, operation, operand } => Operation::Unary { operation, to, operand },
            Instruction::Binary { to, operation, left, right } => {
                Operation::Binary { operation, to, left, right }
            }
            Instruction::Read { to, place } => Operation::Read { to, place },
            Instruction::Write { place, from } => Operation::Write { place, from },
            Instruction::Assign { to, from } => Operation::Assign { to, from },
            Instruction::If { condition, ref accepted, ref rejected } => {
                let test = self.here();
                self.operations.push(Operation::JumpIfZero { condition, target: 0 });
                self.block(accepted, leaving);
                let jump = self.here();
                if !rejected.is_empty() {
                    self.operations.push(Operation::Jump { target: 0 });
                }
                self.operations[test as usize] = Operation::JumpIfZero { condition, target: self.here() };
                if !rejected.is_empty() {
                    self.block(rejected, leaving);
                    self.operations[jump as usize] = Operation::Jump { target: self.here() };
                }
                return;
            }
            Instruction::Loop { ref body } => {
                let top = self.here();
                self.block(body, leaving);
                let number = self.loops.len() as u32;
                self.loops.push(any_span(body));
                self.operations.push(Operation::Repeat { number });
                Operation::Jump { target: top }
            }
            Instruction::Scope { label, ref body } => {
                self.block(body, leaving);
                let end = self.here();
                self.ends.insert(label, end);
                leaving.retain(|&(left, jump)| {
                    if left == label {
                        self.operations[jump as usize] = Operation::Jump { target: end };
                    }
                    left != label
                });
                return;
            }
            Instruction::Leave { label } => {
                leaving.push((label, self.here()));
                Operation::Jump { target: 0 }
            }
            ref other => {
                self.others.push(other.clone());
                Operation::Other { number: self.others.len() as u32 - 1 }
            }
        };
        self.operations.push(operation);
    }

    /// Runs the kernel for the instance of `scalar`.
    pub(super) fn run(&self, scalar: &mut Scalar) -> f64 {
        // an event is the first to look at an instance: its numbers come from memory at once rather than in turn
        scalar.fetch(&self.columns);
        let (level, mut at, mut repetitions) = (scalar.level(), 0, 0);
        while let Some(operation) = self.operations.get(at) {
            at += 1;
            match *operation {
                Operation::Constant { to, number } => scalar.set(to, number),
                Operation::Unary { operation, to, operand } => {
                    scalar.set(to, unary(level, operation, scalar.get(operand)));
                }
                Operation::Binary { operation, to, left, right } => {
                    scalar.set(to, binary(level, operation, scalar.get(left), scalar.get(right)));
                }
                Operation::Read { to, place } => {
                    let value = scalar.read(place);
                    scalar.set(to, value);
                }
                Operation::Write { place, from } => {
                    if scalar.write(place, scalar.get(from)) == Flow::Stop {
                        break;
                    }
                }
                Operation::Assign { to, from } => scalar.set(to, scalar.get(from)),
                Operation::Jump { target } => at = target as usize,
                Operation::JumpIfZero { condition, target } => {
                    if scalar.get(condition) == 0. {
                        at = target as usize;
                    }
                }
                Operation::Repeat { number } => {
                    repetitions += 1;
                    if repetitions > most_repetitions() {
                        scalar.fail(endless(), self.loops[number as usize]);
                        break;
                    }
                }
                Operation::Other { number } => match scalar.instruction(&self.others[number as usize]) {
                    Flow::Next => {}
                    Flow::Leave(label) => match self.ends.get(&label) {
                        Some(&end) => at = end as usize,
                        None => break,
                    },
                    Flow::Stop => break,
                },
            }
        }
        scalar.result()
    }
}
