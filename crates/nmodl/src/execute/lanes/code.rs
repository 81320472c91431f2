//! What the lane machine executes: operations on whole blocks of lanes, one after the other.

use crate::ir::{BinaryOperation, Instruction, Place, UnaryOperation};

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

/// The lanes that are active: 1 in the slot where they are, and how many these are as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) slot: Slot,
    /// Number of the mask's [`Activity`].
    pub(super) activity: u32,
}

/// How many lanes of a mask are active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Activity {
    #[default]
    None,
    Some,
    All,
}

/// A place in the code.
pub(super) type Label = u32;

/// One step of the machine. No slot that is written is also read by the same operation.
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
    /// Lane by lane; registers of the instruction are numbers of slots. `results` are 0 elsewhere.
    Single {
        instruction: Box<Instruction>,
        result: Option<Slot>,
        mask: Option<Mask>,
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
    /// Where each label is.
    pub(super) targets: Vec<u32>,
    /// Registers of the machine, the first slots.
    pub(super) registers: u32,
    /// What the slots after them stand for.
    pub(super) places: Vec<Place>,
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
        fn read_mask(mask: &mut Option<Mask>, visit: &mut dyn FnMut(&mut Slot, Use)) {
            if let Some(mask) = mask {
                visit(&mut mask.slot, Use::Read);
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
            Self::CopyActive { to, from, mask } => {
                operand(from, visit);
                visit(&mut mask.slot, Use::Read);
                visit(to, Use::Change);
            }
            Self::Split { condition, within, accepted, rejected } => {
                visit(condition, Use::Read);
                read_mask(within, visit);
                visit(&mut accepted.slot, Use::Write);
                visit(&mut rejected.slot, Use::Write);
            }
            Self::Duplicate { to, from } => {
                read_mask(from, visit);
                visit(&mut to.slot, Use::Write);
            }
            Self::Remove { lanes, from } => {
                read_mask(lanes, visit);
                from.iter_mut().for_each(|mask| visit(&mut mask.slot, Use::Change));
            }
            Self::JumpIfNone(..)
            | Self::JumpIfAny(..)
            | Self::Label(_)
            | Self::Jump(_)
            | Self::JumpIfZero(..)
            | Self::Repeat => {}
            Self::Lookup { argument, results, mask, .. } => {
                visit(argument, Use::Read);
                read_mask(mask, visit);
                let how = if mask.is_some() { Use::Change } else { Use::Write };
                results.iter_mut().for_each(|result| visit(result, how));
            }
            Self::Single { instruction, result, mask } => {
                read_mask(mask, visit);
                super::single::visit(instruction, visit);
                if let Some(result) = result {
                    visit(result, Use::Write);
                }
            }
            Self::WriteGlobal { from, mask, .. } => {
                operand(from, visit);
                read_mask(mask, visit);
            }
        }
    }
}
