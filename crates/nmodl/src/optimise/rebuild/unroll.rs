//! Loops whose number of turns is known are written out.

use std::collections::BTreeMap;

use super::Rebuild;
use crate::ir::{Block, Instruction, Register, Use};

/// Turns up to which a loop is written out.
const TURNS: usize = 16;
/// Instructions that a loop may become.
const SIZE: usize = 400;

impl Rebuild<'_> {
    /// Writes out a scope that is nothing but a loop, if the number of its turns is known. If that was done: whether its end
    /// is reached.
    pub(super) fn unroll(&mut self, label: u32, scope: &Block) -> Option<bool> {
        let [Instruction::Loop { body }] = &scope[..] else { return None };
        let leaves = |instruction: &Instruction| {
            instruction.any(&|inner| matches!(inner, Instruction::Leave { label: left } if *left == label))
        };
        let mut leaving = (0..body.len()).filter(|&at| leaves(&body[at]));
        let (Some(exit), None) = (leaving.next(), leaving.next()) else { return None };
        let turns = self.turns(body, exit)?;
        let mut size = 0;
        body.iter().for_each(|instruction| instruction.visit(&mut |_| size += 1));
        if turns * size > SIZE {
            return None;
        }
        for _ in 0..turns {
            if !self.block(&body[..exit]) || !self.block(&body[exit + 1..]) {
                return Some(false);
            }
        }
        Some(self.block(&body[..exit]))
    }

    /// How many turns end, if the branch at `exit` is all that ends the loop, and what it depends on is known.
    fn turns(&mut self, body: &[Instruction], exit: usize) -> Option<usize> {
        let Instruction::If { condition, accepted, rejected } = &body[exit] else { return None };
        let leaves_if = match (&accepted[..], &rejected[..]) {
            ([Instruction::Leave { .. }], []) => true,
            ([], [Instruction::Leave { .. }]) => false,
            _ => return None,
        };
        let mut numbers = BTreeMap::new();
        for turn in 0..=TURNS {
            body[..exit].iter().for_each(|instruction| self.follow(instruction, &mut numbers));
            if (self.followed(*condition, &numbers)? != 0.) == leaves_if {
                return Some(turn);
            }
            body[exit + 1..].iter().for_each(|instruction| self.follow(instruction, &mut numbers));
        }
        None
    }

    /// Notes the numbers of what an instruction makes and sets, as far as they are known.
    fn follow(&mut self, instruction: &Instruction, numbers: &mut BTreeMap<Register, Option<f64>>) {
        let (to, number) = match *instruction {
            Instruction::Constant { to, number } => (to, Some(number)),
            Instruction::Unary { to, operation, operand } => {
                let operand = self.followed(operand, numbers);
                (to, operand.map(|operand| self.known.unary(operation, operand)))
            }
            Instruction::Binary { to, operation, left, right } => {
                let operands = [left, right].map(|register| self.followed(register, numbers));
                let number = match operands {
                    [Some(a), Some(b)] => Some(self.known.number(operation, a, b)),
                    _ => None,
                };
                (to, number)
            }
            Instruction::Assign { to, from } => (to, self.followed(from, numbers)),
            _ => {
                instruction.visit(&mut |inner| {
                    if let Instruction::AssignElement { first, length, .. } = inner {
                        numbers.extend((*first..first + length).map(|register| (register, None)));
                    }
                    inner.clone().visit_registers(&mut |register, how| {
                        if how != Use::Read {
                            numbers.insert(*register, None);
                        }
                    });
                });
                return;
            }
        };
        numbers.insert(to, number);
    }

    fn followed(&mut self, register: Register, numbers: &BTreeMap<Register, Option<f64>>) -> Option<f64> {
        match numbers.get(&register) {
            Some(number) => *number,
            None => self.constant_of(register),
        }
    }
}
