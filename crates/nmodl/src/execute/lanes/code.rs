//! What the lane machine executes: operations on whole blocks of lanes, one after the other.

use std::sync::Arc;

use super::Target;
use super::live;
use super::machine_code::{self, Segments, Writer};
use super::steps::{Step, Test};
use crate::ir::{BinaryOperation, Instruction, Kernel, Place, Register, UnaryOperation};
use crate::math::Level;
use crate::syntax::Span;

/// Where the numbers of a block of lanes are: in a register of the machine, or in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot(pub(super) u32);

/// What an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operand {
    /// A number for each lane.
    Lanes(Slot),
    /// One number for all, by its place among the uniform numbers.
    Uniform(u32),
    /// A divisor whose reciprocal is known: these two are in lanes.
    Divisor(Slot, Slot),
    /// The same of uniform numbers.
    UniformDivisor(u32, u32),
}

/// Number of a mask: which lanes are active.
pub(super) type Mask = u32;

/// A place in the code.
pub(super) type Label = u32;

/// What lanes are split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Those whose number is not 0.
    Nonzero(Slot),
    /// Those for which a comparison holds.
    Compared(BinaryOperation, Operand, Operand),
}

/// Operations that can be the first of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What can be done at once with the result `x` of another operation, and an operand `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// `x + c`
    Add,
    /// `x - c`
    Subtract,
    /// `c - x`
    SubtractFrom,
    /// `x * c`
    Multiply,
    /// `x / c`
    Divide,
    /// `c / x`
    DivideInto,
}

/// [`Effect::CountBelow`](crate::ir::Effect::CountBelow) of each active lane, or with a start
/// [`Effect::CountProducts`](crate::ir::Effect::CountProducts).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) stream: u32,
    pub(super) or_equal: bool,
    pub(super) to: Slot,
    pub(super) draws: Slot,
    pub(super) start: Option<Slot>,
    pub(super) bound: Slot,
    pub(super) span: Span,
}

/// One step of the machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    Unary {
        operation: UnaryOperation,
        to: Slot,
        operand: Slot,
    },
    Binary {
        operation: BinaryOperation,
        to: Slot,
        left: Operand,
        right: Operand,
    },
    /// `second(first(a, b), c)`, each rounded.
    Fused {
        first: First,
        second: Second,
        to: Slot,
        operands: [Operand; 3],
    },
    /// `exp(first(a, b))`, then perhaps something with it and a uniform number, each rounded.
    Exponential {
        first: First,
        operands: [Operand; 2],
        second: Option<(Second, u32)>,
        to: Slot,
    },
    /// A power whose exponent is 3 or 4.
    Power {
        exponent: u32,
        to: Slot,
        operand: Slot,
    },
    Select {
        to: Slot,
        condition: Slot,
        accepted: Operand,
        rejected: Operand,
    },
    Copy {
        to: Slot,
        from: Operand,
    },
    CopyActive {
        to: Slot,
        from: Operand,
        mask: Mask,
    },
    /// From here on, up to the next one, operations are for the lanes of a mask. Decoding puts it into
    /// [`Code::within`].
    Within(Option<Mask>),
    /// Splits the active lanes by a condition.
    Split {
        condition: Condition,
        accepted: Mask,
        rejected: Mask,
    },
    /// Active lanes for which a condition holds, or does not, leave masks; a jump if none is left.
    Drop {
        condition: Condition,
        holds: bool,
        from: Vec<Mask>,
        or: Label,
    },
    /// `Split` and `Drop` with their condition decoded.
    SplitBy {
        test: u32,
        accepted: Mask,
        rejected: Mask,
    },
    DropBy {
        test: u32,
        holds: bool,
        from: Vec<Mask>,
        or: Label,
    },
    /// A mask that can lose lanes without the one it was made from.
    Duplicate {
        to: Mask,
        from: Option<Mask>,
    },
    /// Active lanes leave masks.
    Remove {
        from: Vec<Mask>,
    },
    Label(Label),
    Jump(Label),
    JumpIfNone(Mask, Label),
    /// Back to the start of a loop, as long as there are active lanes.
    Again(Mask, Label),
    /// If a uniform number is 0.
    JumpIfZero(u32, Label),
    /// Rows of a table.
    Lookup {
        table: u32,
        argument: Slot,
        /// Columns that are needed, and where their values go.
        results: Vec<(u32, Slot)>,
        /// Whether it is for all lanes.
        all: bool,
    },
    /// A uniform number from a random stream of each active lane.
    Draw {
        stream: u32,
        to: Slot,
        span: Span,
    },
    Count(Count),
    /// Lane by lane; registers of the instruction are numbers of slots. The result is 0 elsewhere.
    Single {
        instruction: Box<Instruction>,
        result: Option<Slot>,
    },
    /// Operations that were decoded, one after the other.
    Steps {
        first: u32,
        end: u32,
        /// Their machine code among the segments.
        segment: Option<u32>,
    },
    /// The last active lane is the one whose value stays.
    WriteGlobal {
        global: u32,
        from: Operand,
    },
}

/// A kernel for the lane machine.
#[derive(Clone, Debug, Default)]
pub(in crate::execute) struct Code {
    pub(super) operations: Vec<Operation>,
    /// For each operation, the mask of the lanes that it is for.
    pub(super) within: Vec<Option<Mask>>,
    pub(super) steps: Vec<Step>,
    pub(super) segments: Option<Arc<Segments>>,
    pub(super) tests: Vec<Test>,
    /// Where each label is.
    pub(super) targets: Vec<u32>,
    /// Registers of the machine, the first slots.
    pub(super) registers: u32,
    /// What the slots after them stand for.
    pub(super) places: Vec<Place>,
    /// Which of the places are written.
    pub(super) written: Vec<bool>,
    /// Number of masks.
    pub(super) masks: u32,
    /// Computes the uniform numbers: register `n` of it is uniform number `n`.
    pub(super) uniform: Kernel,
}

/// The number that a register of a kernel of uniform numbers always holds, if it is known.
pub(super) fn constant(uniform: &Kernel, register: Register) -> Option<f64> {
    uniform.body.iter().find_map(|instruction| match *instruction {
        Instruction::Constant { to, number } if to == register => Some(number),
        _ => None,
    })
}

/// How an operation uses a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It reads it.
    Read,
    /// It writes all lanes.
    Write,
    /// It writes some lanes, others keep their number.
    Change,
}

impl Operation {
    /// Where it may go on, other than at the next operation.
    pub(super) fn target(&self) -> Option<Label> {
        match *self {
            Self::Jump(label)
            | Self::JumpIfNone(_, label)
            | Self::JumpIfZero(_, label)
            | Self::Again(_, label)
            | Self::Drop { or: label, .. }
            | Self::DropBy { or: label, .. } => Some(label),
            _ => None,
        }
    }

    /// Calls `visit` with each slot.
    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&mut Slot, Use)) {
        fn operand(operand: &mut Operand, visit: &mut dyn FnMut(&mut Slot, Use)) {
            match operand {
                Operand::Lanes(slot) => visit(slot, Use::Read),
                Operand::Divisor(divisor, reciprocal) => {
                    visit(divisor, Use::Read);
                    visit(reciprocal, Use::Read);
                }
                Operand::Uniform(_) | Operand::UniformDivisor(..) => {}
            }
        }
        match self {
            Self::Unary { to, operand, .. } | Self::Power { to, operand, .. } => {
                visit(operand, Use::Read);
                visit(to, Use::Write);
            }
            Self::Binary { to, left, right, .. } => {
                operand(left, visit);
                operand(right, visit);
                visit(to, Use::Write);
            }
            Self::Fused { to, operands, .. } => {
                operands.iter_mut().for_each(|used| operand(used, visit));
                visit(to, Use::Write);
            }
            Self::Exponential { to, operands, .. } => {
                operands.iter_mut().for_each(|used| operand(used, visit));
                visit(to, Use::Write);
            }
            Self::Select { to, condition, accepted, rejected } => {
                visit(condition, Use::Read);
                operand(accepted, visit);
                operand(rejected, visit);
                visit(to, Use::Write);
            }
            Self::Copy { to, from } => {
                operand(from, visit);
                visit(to, Use::Write);
            }
            Self::CopyActive { to, from, .. } => {
                operand(from, visit);
                visit(to, Use::Change);
            }
            Self::Split { condition, .. } | Self::Drop { condition, .. } => match condition {
                Condition::Nonzero(slot) => visit(slot, Use::Read),
                Condition::Compared(_, left, right) => {
                    operand(left, visit);
                    operand(right, visit);
                }
            },
            Self::Within(_)
            | Self::SplitBy { .. }
            | Self::DropBy { .. }
            | Self::Duplicate { .. }
            | Self::Remove { .. }
            | Self::Steps { .. }
            | Self::JumpIfNone(..)
            | Self::Again(..)
            | Self::Label(_)
            | Self::Jump(_)
            | Self::JumpIfZero(..) => {}
            Self::Lookup { argument, results, all, .. } => {
                visit(argument, Use::Read);
                let how = if *all { Use::Write } else { Use::Change };
                results.iter_mut().for_each(|(_, result)| visit(result, how));
            }
            Self::Draw { to, .. } => visit(to, Use::Write),
            Self::Count(Count { to, draws, start, bound, .. }) => {
                [draws, bound].into_iter().chain(start).for_each(|slot| visit(slot, Use::Read));
                visit(to, Use::Write);
            }
            Self::Single { instruction, result, .. } => {
                super::single::visit(instruction, visit);
                if let Some(result) = result {
                    visit(result, Use::Write);
                }
            }
            Self::WriteGlobal { from, .. } => operand(from, visit),
        }
    }
}

impl Code {
    /// Notes which places are written.
    pub(super) fn note_written(&mut self) {
        self.written = vec![false; self.places.len()];
        let (written, registers) = (&mut self.written, self.registers);
        for operation in &mut self.operations {
            operation.visit(&mut |slot, how| {
                if let (Some(place), true) = (slot.0.checked_sub(registers), how != Use::Read) {
                    written[place as usize] = true;
                }
            });
        }
    }

    /// Decodes the operations that vectors can do, and finds the labels. The first registers, so many, are those of arrays.
    pub(super) fn decode(&mut self, target: Target, arrays: u32) {
        let Target { level, machine_code } = target;
        let needed = match machine_code {
            true => live::after(&mut self.operations, self.registers, arrays),
            false => vec![live::Registers::default(); self.operations.len()],
        };
        let (mut within, mut straight) = (None, Straight::default());
        for (operation, needed) in std::mem::take(&mut self.operations).into_iter().zip(needed) {
            if let Some(step) = Step::decode(&operation, level) {
                let has_code = machine_code && machine_code::can_do(&operation);
                if straight.has_code != has_code {
                    self.end(&mut straight, within, level);
                }
                straight.has_code = has_code;
                straight.operations.push(operation);
                straight.needed.push(needed);
                self.steps.push(step);
                continue;
            }
            let operation = match operation {
                Operation::Within(mask) => {
                    if within != mask {
                        self.end(&mut straight, within, level);
                    }
                    within = mask;
                    continue;
                }
                Operation::Split { condition, accepted, rejected } => {
                    Operation::SplitBy { test: self.test(condition, level), accepted, rejected }
                }
                Operation::Drop { condition, holds, from, or } => {
                    Operation::DropBy { test: self.test(condition, level), holds, from, or }
                }
                operation => operation,
            };
            self.end(&mut straight, within, level);
            match operation {
                Operation::Label(label) => self.targets[label as usize] = self.operations.len() as u32,
                operation => self.push(operation, within),
            }
        }
        self.end(&mut straight, within, level);
        self.segments = straight.segments.finish();
    }

    /// Adds straight operations, if there are any, whose steps are the last ones.
    fn end(&mut self, straight: &mut Straight, within: Option<Mask>, level: Level) {
        let (operations, needed) =
            (std::mem::take(&mut straight.operations), std::mem::take(&mut straight.needed));
        if operations.is_empty() {
            return;
        }
        let has_code = straight.has_code;
        let mut first = self.steps.len() as u32 - operations.len() as u32;
        let ends = if has_code { machine_code::parts(&operations) } else { vec![operations.len()] };
        let mut start = 0;
        for end in ends {
            let (operations, needed) = (&operations[start..end], &needed[end - 1]);
            let is_needed = |slot: Slot| slot.0 >= self.registers || needed.has(slot.0);
            // a step is as fast as code for one operation
            let segment = match has_code && operations.len() > 1 {
                true => straight.segments.add(operations, is_needed, level),
                false => None,
            };
            let last = first + operations.len() as u32;
            self.push(Operation::Steps { first, end: last, segment }, within);
            (first, start) = (last, end);
        }
    }

    fn push(&mut self, operation: Operation, within: Option<Mask>) {
        self.operations.push(operation);
        self.within.push(within);
    }

    fn test(&mut self, condition: Condition, level: Level) -> u32 {
        self.tests.push(Test::decode(condition, level));
        self.tests.len() as u32 - 1
    }
}

/// Operations for the same lanes, one after the other.
#[derive(Default)]
struct Straight {
    operations: Vec<Operation>,
    /// Whether there can be machine code for them.
    has_code: bool,
    /// The registers that are needed after each.
    needed: Vec<live::Registers>,
    /// The code of those before.
    segments: Writer,
}
