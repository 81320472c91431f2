//! What the lane machine executes: operations on whole blocks of lanes, one after the other.

use super::steps::Step;
use crate::ir::{BinaryOperation, Instruction, Place, UnaryOperation};
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
}

/// Number of a mask: which lanes are active.
pub(super) type Mask = u32;

/// A place in the code.
pub(super) type Label = u32;

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
    /// Splits the active lanes by a condition.
    Split {
        condition: Slot,
        within: Option<Mask>,
        accepted: Mask,
        rejected: Mask,
    },
    /// A mask that can lose lanes without the one it was made from.
    Duplicate {
        to: Mask,
        from: Option<Mask>,
    },
    /// The lanes of a mask stop being active in others, too.
    Remove {
        lanes: Option<Mask>,
        from: Vec<Mask>,
    },
    Label(Label),
    Jump(Label),
    JumpIfNone(Mask, Label),
    JumpIfAny(Mask, Label),
    /// If a uniform number is 0.
    JumpIfZero(u32, Label),
    /// Counts a repetition of a loop.
    Repeat,
    /// Rows of a table.
    Lookup {
        table: u32,
        argument: Slot,
        results: Vec<Slot>,
        mask: Option<Mask>,
    },
    /// A uniform number from a random stream of each active lane; 0 elsewhere.
    Draw {
        stream: u32,
        to: Slot,
        span: Span,
        mask: Option<Mask>,
    },
    /// Lane by lane; registers of the instruction are numbers of slots. The result is 0 elsewhere.
    Single {
        instruction: Box<Instruction>,
        result: Option<Slot>,
        mask: Option<Mask>,
    },
    /// Operations that were decoded, one after the other.
    Steps {
        first: u32,
        end: u32,
    },
    /// One of two decoded operations: the first if all lanes are active, the second if some are.
    CopyStep {
        mask: Mask,
        all: u32,
        some: u32,
    },
    /// The last active lane is the one whose value stays.
    WriteGlobal {
        global: u32,
        from: Operand,
        mask: Option<Mask>,
    },
}

/// A kernel for the lane machine.
#[derive(Clone, Debug, Default)]
pub(in crate::execute) struct Code {
    pub(super) operations: Vec<Operation>,
    pub(super) steps: Vec<Step>,
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
    pub(super) uniform: crate::ir::Kernel,
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
    /// Calls `visit` with each slot.
    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&mut Slot, Use)) {
        fn operand(operand: &mut Operand, visit: &mut dyn FnMut(&mut Slot, Use)) {
            if let Operand::Lanes(slot) = operand {
                visit(slot, Use::Read);
            }
        }
        match self {
            Self::Unary { to, operand, .. } => {
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
            Self::Split { condition, .. } => visit(condition, Use::Read),
            Self::Duplicate { .. }
            | Self::Remove { .. }
            | Self::Steps { .. }
            | Self::CopyStep { .. }
            | Self::JumpIfNone(..)
            | Self::JumpIfAny(..)
            | Self::Label(_)
            | Self::Jump(_)
            | Self::JumpIfZero(..)
            | Self::Repeat => {}
            Self::Lookup { argument, results, mask, .. } => {
                visit(argument, Use::Read);
                let how = if mask.is_some() { Use::Change } else { Use::Write };
                results.iter_mut().for_each(|result| visit(result, how));
            }
            Self::Draw { to, .. } => visit(to, Use::Write),
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

    /// Decodes the operations that vectors can do, and finds the labels.
    pub(super) fn decode(&mut self, level: Level) {
        for operation in std::mem::take(&mut self.operations) {
            let Some(step) = Step::decode(&operation, level) else {
                if let Operation::Label(label) = operation {
                    self.targets[label as usize] = self.operations.len() as u32;
                }
                self.operations.push(operation);
                continue;
            };
            let next = self.steps.len() as u32;
            self.steps.push(step);
            if let Operation::CopyActive { to, from, mask } = operation {
                self.steps.extend(Step::decode(&Operation::Copy { to, from }, level));
                self.operations.push(Operation::CopyStep { mask, all: next + 1, some: next });
            } else if let Some(Operation::Steps { end, .. }) = self.operations.last_mut() {
                *end = next + 1;
            } else {
                self.operations.push(Operation::Steps { first: next, end: next + 1 });
            }
        }
    }
}
