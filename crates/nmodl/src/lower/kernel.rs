//! The kernel that is being made, with the names that are known where it is.

use std::collections::HashMap;
use std::sync::Arc;

use super::value::{Kind, Local, Pointer, Value};
use super::{Context, Part};
use crate::ir::{
    BinaryOperation, Block, Builder, Effect, Instruction, Kernel, Place, Register, UnaryOperation,
};
use crate::model::{Fault, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::Name;

/// A function, procedure or block whose statements are being lowered.
pub(super) struct Frame {
    /// Its name.
    pub name: Arc<str>,
    /// Names by nested bodies.
    pub scopes: Vec<HashMap<Arc<str>, Local>>,
    /// What a `return` leaves, if there is one.
    pub leave: Option<u32>,
    /// The variable of the result.
    pub result: Option<(Register, Kind)>,
    /// Labels of the loops around: of the loop and of its turn.
    pub loops: Vec<(u32, u32)>,
}

/// A kernel in the making.
pub(super) struct Lowering<'c, 'm> {
    pub context: &'c mut Context<'m>,
    pub builder: Builder,
    /// What is made.
    pub part: Part,
    /// The functions being inlined, the innermost last.
    pub frames: Vec<Frame>,
    /// What pointers of C point to.
    pub pointers: Vec<Pointer>,
    /// The voltage, where it is not that of the node.
    pub voltage: Option<Register>,
    /// `dt` and `t`, where they are not those of the simulation.
    pub step: Option<Register>,
    pub time: Option<Register>,
    /// Whether a `WATCH` was made, and a variable that tells it during the run.
    pub watched: Option<Register>,
    /// Whether currents are evaluated at the voltage itself, after the raised one.
    pub second_evaluation: bool,
    /// Statements so far.
    pub statements: usize,
}

impl<'c, 'm> Lowering<'c, 'm> {
    pub fn new(context: &'c mut Context<'m>, part: Part, name: &str) -> Self {
        let frame = Frame {
            name: name.into(),
            scopes: vec![HashMap::new()],
            leave: None,
            result: None,
            loops: Vec::new(),
        };
        Self {
            context,
            builder: Builder::new(),
            part,
            frames: vec![frame],
            pointers: Vec::new(),
            voltage: None,
            step: None,
            time: None,
            watched: None,
            second_evaluation: false,
            statements: 0,
        }
    }

    pub fn finish(self) -> Kernel {
        self.builder.finish()
    }

    // Problems

    pub fn fault(&mut self, fault: Fault, span: Span, help: impl Into<Option<String>>) {
        self.context.fault(fault, span, help.into());
    }

    /// Refuses something and goes on with 0.
    pub fn refuse(&mut self, fault: Fault, span: Span, help: impl Into<Option<String>>) -> Value {
        self.fault(fault, span, help);
        self.zero()
    }

    // Registers

    pub fn constant(&mut self, number: f64) -> Register {
        self.builder.constant(number)
    }

    pub fn zero(&mut self) -> Value {
        Value::Number(self.constant(0.0), Kind::Int)
    }

    pub fn unary(&mut self, operation: UnaryOperation, operand: Register) -> Register {
        self.builder.unary(operation, operand)
    }

    pub fn binary(&mut self, operation: BinaryOperation, left: Register, right: Register) -> Register {
        self.builder.binary(operation, left, right)
    }

    /// A new variable with a value.
    pub fn variable(&mut self, value: Register) -> Register {
        let register = self.builder.register();
        self.builder.assign(register, value);
        register
    }

    pub fn effect(&mut self, effect: Effect, operands: Vec<Register>, span: Span) {
        self.builder.effect(effect, operands, span);
    }

    pub fn effect_value(&mut self, effect: Effect, operands: Vec<Register>, span: Span) -> Register {
        self.builder.effect_value(effect, operands, span)
    }

    // Blocks

    /// Instructions that `make` adds, as a block of their own.
    pub fn block<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        self.builder.open();
        let result = make(self);
        (self.builder.close(), result)
    }

    /// `if`: pointers keep what they point to where both ways agree.
    pub fn branch(
        &mut self,
        condition: Register,
        accepted: impl FnOnce(&mut Self),
        rejected: impl FnOnce(&mut Self),
    ) {
        let before = self.pointers.clone();
        let (accepted, ()) = self.block(accepted);
        let after_accepted = std::mem::replace(&mut self.pointers, before);
        let (rejected, ()) = self.block(rejected);
        self.merge_pointers(after_accepted);
        if !(accepted.is_empty() && rejected.is_empty()) {
            self.builder.push(Instruction::If { condition, accepted, rejected });
        }
    }

    pub fn merge_pointers(&mut self, other: Vec<Pointer>) {
        for (index, theirs) in other.into_iter().enumerate() {
            match self.pointers.get_mut(index) {
                None => self.pointers.push(theirs),
                Some(ours) if *ours == theirs || matches!(theirs, Pointer::Unset | Pointer::Null) => {}
                Some(ours @ (Pointer::Unset | Pointer::Null)) => *ours = theirs,
                Some(ours) => *ours = Pointer::Unclear,
            }
        }
    }

    /// A block that `Leave` can end, if `needed`.
    pub fn scope(&mut self, needed: bool, make: impl FnOnce(&mut Self, u32)) {
        let label = self.builder.label();
        if !needed {
            make(self, label);
            return;
        }
        let (body, ()) = self.block(|lowering| make(lowering, label));
        self.builder.push(Instruction::Scope { label, body });
    }

    pub fn leave(&mut self, label: u32) {
        self.builder.push(Instruction::Leave { label });
    }

    // Names

    pub fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a kernel has a frame")
    }

    /// Declares a local name in the innermost body.
    pub fn declare(&mut self, name: &Arc<str>, local: Local) {
        if let Some(scope) = self.frame().scopes.last_mut() {
            scope.insert(name.clone(), local);
        }
    }

    pub fn local(&self, name: &str) -> Option<&Local> {
        self.frames.last()?.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    /// The local name, without the `_l` that NEURON puts before it.
    pub fn local_of(&self, name: &str) -> Option<Local> {
        self.local(name).or_else(|| self.local(name.strip_prefix("_l")?)).cloned()
    }

    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.context.model.symbols.get(name).cloned()
    }

    /// Adds a local pointer.
    pub fn declare_pointer(&mut self, name: &Arc<str>, pointer: Pointer) {
        self.pointers.push(pointer);
        let number = self.pointers.len() - 1;
        self.declare(name, Local::Pointer(number));
    }

    /// Refuses a name that nothing declares.
    pub fn undeclared(&mut self, name: &Name) {
        let near = self
            .frames
            .last()
            .into_iter()
            .flat_map(|frame| frame.scopes.iter().flat_map(|scope| scope.keys()))
            .map(|known| &**known);
        let help = match crate::model::nearest(&name.text, near)
            .map(str::to_string)
            .or_else(|| self.context.model.nearest(&name.text).map(str::to_string))
        {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it in `ASSIGNED {{ {0} }}`, or with `LOCAL {0}`", name.text),
        };
        self.fault(Fault::Undeclared(name.text.to_string()), name.span, help);
    }

    /// What is at a place.
    pub fn read(&mut self, place: Place) -> Register {
        match place {
            Place::Voltage if let Some(voltage) = self.voltage => voltage,
            Place::Step if let Some(step) = self.step => step,
            Place::Time if let Some(time) = self.time => time,
            _ => self.builder.read(place),
        }
    }
}
