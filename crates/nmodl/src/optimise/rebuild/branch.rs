//! Branches.

use std::collections::{BTreeMap, BTreeSet};

use super::state::Content;
use super::{Environment, Rebuild};
use crate::ir::{BinaryOperation, Block, Instruction, Place, Register, UnaryOperation};

/// The cost of computing both sides of a branch for all instances up to which that is faster than masks.
const CHEAP: u32 = 10;

/// The two sides of a branch, accepted and rejected.
struct Sides {
    blocks: [Block; 2],
    environments: [Environment; 2],
    /// If both are computed: the condition.
    select: Option<Register>,
}

/// A side of a branch that can be done for all instances, as long as variables are assigned later.
struct Simple {
    block: Block,
    cost: u32,
    /// Variables in memory, and what they get in the end.
    assigned: BTreeMap<Register, Register>,
}

impl Rebuild<'_> {
    /// Whether what follows is reached.
    pub(super) fn branch(&mut self, condition: Register, accepted: &Block, rejected: &Block) -> bool {
        let condition = self.operand(condition);
        if let Some(&number) = self.constants.get(&condition) {
            return self.block(if number != 0. { accepted } else { rejected });
        }
        let condition = self.stable(condition);
        let before = self.environment.clone();
        let (accepted, numbered, accepted_ends) = self.separate(accepted);
        let after_accepted = std::mem::replace(&mut self.environment, before.clone());
        let (rejected, also_numbered, rejected_ends) = self.separate(rejected);
        let after_rejected = std::mem::replace(&mut self.environment, before.clone());
        let mut sides = Sides {
            blocks: [accepted, rejected],
            environments: [after_accepted, after_rejected],
            select: None,
        };
        match (accepted_ends, rejected_ends) {
            (true, true) => {
                if let [Some(accepted), Some(rejected)] = [0, 1].map(|side| self.simple(&sides.blocks[side]))
                    && accepted.cost + rejected.cost <= CHEAP
                {
                    sides.select = Some(condition);
                    sides.blocks = [vec![], vec![]];
                    for instruction in accepted.block.into_iter().chain(rejected.block) {
                        self.push(instruction);
                    }
                    for (key, register) in also_numbered.into_iter().chain(numbered) {
                        if let Some(made) = self.numbered.last_mut() {
                            made.insert(key, register);
                        }
                    }
                    self.select_assigned(condition, [accepted.assigned, rejected.assigned]);
                }
                self.join(&before, &mut sides);
            }
            (true, false) => self.environment = std::mem::take(&mut sides.environments[0]),
            _ => self.environment = std::mem::take(&mut sides.environments[1]),
        }
        let [accepted, rejected] = sides.blocks;
        if !accepted.is_empty() || !rejected.is_empty() {
            self.push(Instruction::If { condition, accepted, rejected });
        }
        accepted_ends || rejected_ends
    }

    /// A block that can be done for all instances, if it is one.
    fn simple(&self, block: &Block) -> Option<Simple> {
        let mut simple = Simple { block: Block::new(), cost: 0, assigned: BTreeMap::new() };
        let homes: BTreeSet<Register> = self.memory.values().copied().collect();
        for instruction in block {
            let mut is_changed = false;
            instruction
                .clone()
                .visit_registers(&mut |register, _| is_changed |= simple.assigned.contains_key(register));
            if is_changed {
                return None;
            }
            match *instruction {
                Instruction::Assign { to, from } if homes.contains(&to) => {
                    simple.assigned.insert(to, from);
                    simple.cost += 1;
                }
                _ => {
                    simple.cost += cost(instruction)?;
                    simple.block.push(instruction.clone());
                }
            }
        }
        Some(simple)
    }

    /// Variables in memory that either side assigns get what the condition chooses.
    fn select_assigned(&mut self, condition: Register, assigned: [BTreeMap<Register, Register>; 2]) {
        let homes: BTreeSet<Register> = assigned.iter().flat_map(|side| side.keys().copied()).collect();
        let chosen: Vec<(Register, Register)> = homes
            .into_iter()
            .map(|home| {
                let [accepted, rejected] = [0, 1].map(|side| *assigned[side].get(&home).unwrap_or(&home));
                (home, self.select(condition, accepted, rejected))
            })
            .collect();
        for (to, from) in chosen {
            self.push(Instruction::Assign { to, from });
            *self.versions.entry(to).or_default() += 1;
        }
    }

    /// The environment after both sides.
    fn join(&mut self, before: &Environment, sides: &mut Sides) {
        let variables: BTreeSet<Register> =
            sides.environments.iter().flat_map(|environment| environment.variables.keys().copied()).collect();
        for variable in variables {
            let bound = [0, 1].map(|side| sides.environments[side].variables.get(&variable).copied());
            let bound = match bound {
                [Some(a), Some(b)] if a == b => a,
                bound => {
                    // a variable is 0 at first
                    let bound = bound.map(|bound| bound.unwrap_or_else(|| self.constant(0.)));
                    self.merge(sides, bound)
                }
            };
            self.environment.variables.insert(variable, bound);
        }
        let places: BTreeSet<Place> =
            sides.environments.iter().flat_map(|environment| environment.places.keys().copied()).collect();
        for place in places {
            match self.join_place(before, sides, place) {
                Some(content) => self.environment.places.insert(place, content),
                None => self.environment.places.remove(&place),
            };
        }
    }

    /// What is known of a place after both sides; `None` if neither wrote it and its number is not at hand.
    fn join_place(&mut self, before: &Environment, sides: &mut Sides, place: Place) -> Option<Content> {
        let contents = [0, 1].map(|side| sides.environments[side].places.get(&place).copied());
        let waits = |content| matches!(content, Some(Content::Known { written: true, .. }));
        match contents {
            [a, b] if a == b => a,
            [Some(Content::Unknown), b] | [b, Some(Content::Unknown)] => {
                if let Some(Content::Known { value, written: true }) = b {
                    let side = usize::from(contents[0] == Some(Content::Unknown));
                    sides.blocks[side].push(Instruction::Write { place, from: value });
                    *self.epochs.entry(place).or_default() += 1;
                }
                Some(Content::Unknown)
            }
            [a, b] if waits(a) || waits(b) => {
                let values = contents.map(|content| match content {
                    Some(Content::Known { value, .. }) => value,
                    _ => self.fetch(place),
                });
                let value = self.merge(sides, values);
                Some(Content::Known { value, written: true })
            }
            _ => before.places.get(&place).map(|_| Content::Unknown),
        }
    }

    /// A register that holds one of two values, depending on the side that was taken.
    fn merge(&mut self, sides: &mut Sides, [accepted, rejected]: [Register; 2]) -> Register {
        if accepted == rejected {
            return accepted;
        }
        if let Some(condition) = sides.select {
            return self.select(condition, accepted, rejected);
        }
        let to = self.register();
        sides.blocks[0].push(Instruction::Assign { to, from: accepted });
        sides.blocks[1].push(Instruction::Assign { to, from: rejected });
        to
    }
}

/// What it costs to do an instruction for all instances, relative to an addition; `None` if that cannot be.
fn cost(instruction: &Instruction) -> Option<u32> {
    Some(match instruction {
        Instruction::Constant { .. } => 0,
        Instruction::Read { place, .. } if super::state::keeps_its_number(*place) => 1,
        Instruction::Select { .. } => 1,
        Instruction::Unary { operation, .. } => match operation {
            UnaryOperation::Negate
            | UnaryOperation::Not
            | UnaryOperation::Abs
            | UnaryOperation::Floor
            | UnaryOperation::Ceil
            | UnaryOperation::Truncate => 1,
            UnaryOperation::Sqrt => 6,
            _ => return None,
        },
        Instruction::Binary { operation, .. } => match operation {
            BinaryOperation::Divide => 6,
            BinaryOperation::Power
            | BinaryOperation::Remainder
            | BinaryOperation::Atan2
            | BinaryOperation::DivideIntegers
            | BinaryOperation::RemainderOfIntegers
            | BinaryOperation::BitAnd
            | BinaryOperation::BitOr
            | BinaryOperation::BitXor
            | BinaryOperation::ShiftLeft
            | BinaryOperation::ShiftRight => return None,
            _ => 1,
        },
        _ => return None,
    })
}
