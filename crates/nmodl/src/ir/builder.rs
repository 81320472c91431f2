//! Makes kernels.

use super::{BinaryOperation, Block, Effect, Instruction, Kernel, Place, Register, UnaryOperation};
use crate::syntax::Span;

/// A kernel in the making: instructions go to the innermost open block.
#[derive(Debug, Default)]
pub struct Builder {
    registers: u32,
    labels: u32,
    open: Vec<Block>,
    body: Block,
}

impl Builder {
    /// An empty kernel.
    pub fn new() -> Self {
        Self::default()
    }

    /// The kernel.
    pub fn finish(self) -> Kernel {
        Kernel { registers: self.registers, body: self.body, sequential: false }
    }

    /// Adds an instruction.
    pub fn push(&mut self, instruction: Instruction) {
        self.open.last_mut().unwrap_or(&mut self.body).push(instruction);
    }

    /// A register that is still free.
    pub fn register(&mut self) -> Register {
        self.registers(1)
    }

    /// The first of `count` consecutive registers that are still free.
    pub fn registers(&mut self, count: u32) -> Register {
        let first = self.registers;
        self.registers += count;
        first
    }

    /// A label that is still free.
    pub fn label(&mut self) -> u32 {
        self.labels += 1;
        self.labels - 1
    }

    /// Begins a block of its own.
    pub fn open(&mut self) {
        self.open.push(Block::new());
    }

    /// Ends the block begun last.
    pub fn close(&mut self) -> Block {
        self.open.pop().unwrap_or_default()
    }

    /// The instructions of the innermost open block.
    pub fn current(&mut self) -> &mut Block {
        self.open.last_mut().unwrap_or(&mut self.body)
    }

    /// Instructions that `make` adds, as a block of their own.
    pub fn block<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        self.open.push(Block::new());
        let result = make(self);
        (self.open.pop().unwrap_or_default(), result)
    }

    /// A number.
    pub fn constant(&mut self, number: f64) -> Register {
        let to = self.register();
        self.push(Instruction::Constant { to, number });
        to
    }

    /// An operation with one operand.
    pub fn unary(&mut self, operation: UnaryOperation, operand: Register) -> Register {
        let to = self.register();
        self.push(Instruction::Unary { to, operation, operand });
        to
    }

    /// An operation with two operands.
    pub fn binary(&mut self, operation: BinaryOperation, left: Register, right: Register) -> Register {
        let to = self.register();
        self.push(Instruction::Binary { to, operation, left, right });
        to
    }

    /// One of two values.
    pub fn select(&mut self, condition: Register, accepted: Register, rejected: Register) -> Register {
        let to = self.register();
        self.push(Instruction::Select { to, condition, accepted, rejected });
        to
    }

    /// What is at a place.
    pub fn read(&mut self, place: Place) -> Register {
        let to = self.register();
        self.push(Instruction::Read { to, place });
        to
    }

    /// A place gets a value.
    pub fn write(&mut self, place: Place, from: Register) {
        self.push(Instruction::Write { place, from });
    }

    /// A variable gets a value.
    pub fn assign(&mut self, to: Register, from: Register) {
        self.push(Instruction::Assign { to, from });
    }

    /// An effect without result.
    pub fn effect(&mut self, effect: Effect, operands: Vec<Register>, span: Span) {
        self.push(Instruction::Effect { to: None, effect, operands, span });
    }

    /// An effect with a result.
    pub fn effect_value(&mut self, effect: Effect, operands: Vec<Register>, span: Span) -> Register {
        let to = self.register();
        self.push(Instruction::Effect { to: Some(to), effect, operands, span });
        to
    }
}
