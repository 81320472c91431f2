//! Writes a kernel anew, each instruction from what is known of its operands.
//!
//! One walk does constant folding, copy propagation, value numbering (an operation on the same operands is done once
//! in all blocks that the first one reaches), and keeps variables and columns in values: a column is read once and
//! written once at the end. Where branches join, a [`Select`](Instruction::Select) or a variable that both set takes
//! the place of what differs.
//!
//! *Regions* (loops, scopes that are left early, bodies of Newton's method) are simpler: what they set is a variable
//! or a place with its number in memory, before, within and at the end of them.

mod branch;
pub(super) mod local;
mod region;
mod state;
mod unroll;

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Known, Simpler};
use crate::ir::{BinaryOperation, Block, Instruction, Kernel, Place, Register, UnaryOperation, Use};
use state::{Content, Environment};

/// The kernel, written anew.
pub(super) fn rebuild(kernel: &Kernel, known: &Known) -> Kernel {
    let mut rebuild = Rebuild {
        known,
        variables: BTreeSet::new(),
        reads: local::count_reads(&kernel.body),
        values: BTreeMap::new(),
        constants: BTreeMap::new(),
        negated: BTreeMap::new(),
        open: vec![Block::new()],
        numbered: vec![BTreeMap::new()],
        registers: 0,
        environment: Environment::default(),
        memory: BTreeMap::new(),
        pinned: BTreeSet::new(),
        regions: Vec::new(),
        versions: BTreeMap::new(),
        epochs: BTreeMap::new(),
    };
    rebuild.note_variables(&kernel.body);
    rebuild.place_arrays(&kernel.body);
    rebuild.block(&kernel.body);
    rebuild.flush(|_| true);
    let body = rebuild.open.pop().unwrap_or_default();
    Kernel { registers: rebuild.registers, body, sequential: kernel.sequential }
}

/// A register of the new kernel, and how often it was set before, if it is a variable.
type Numbered = (Register, u32);

/// A value that was made already.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Constant(u64),
    Unary(UnaryOperation, Numbered),
    Binary(BinaryOperation, Numbered, Numbered),
    Select(Numbered, Numbered, Numbered),
    Read(Place, u32),
}

struct Rebuild<'a> {
    known: &'a Known<'a>,
    /// Registers of the old kernel that are set.
    variables: BTreeSet<Register>,
    /// How often each register of the old kernel is read.
    reads: BTreeMap<Register, u32>,
    /// New registers of old values.
    values: BTreeMap<Register, Register>,
    /// New registers whose number is known.
    constants: BTreeMap<Register, f64>,
    /// New registers with a number of the other sign, and the register that has this.
    negated: BTreeMap<Register, Register>,
    /// Blocks in the making, the innermost last, and the values made in each.
    open: Vec<Block>,
    numbered: Vec<BTreeMap<Key, Register>>,
    registers: u32,
    environment: Environment,
    /// Old variables that are in a new variable, in the regions that are open.
    memory: BTreeMap<Register, Register>,
    /// Places that are written at once, in the regions that are open.
    pinned: BTreeSet<Place>,
    /// For each open region, the places that it pinned.
    regions: Vec<BTreeSet<Place>>,
    /// How often new variables were set, and places written.
    versions: BTreeMap<Register, u32>,
    epochs: BTreeMap<Place, u32>,
}

impl Rebuild<'_> {
    fn note_variables(&mut self, block: &[Instruction]) {
        for instruction in block {
            instruction.visit(&mut |inner| {
                inner.clone().visit_registers(&mut |register, how| {
                    if how == Use::Set {
                        self.variables.insert(*register);
                    }
                });
                if let Instruction::ReadArray { first, length, .. }
                | Instruction::AssignElement { first, length, .. } = inner
                {
                    self.variables.extend(*first..first + length);
                }
            });
        }
    }

    fn push(&mut self, instruction: Instruction) {
        if let Some(block) = self.open.last_mut() {
            block.push(instruction);
        }
    }

    fn register(&mut self) -> Register {
        self.registers += 1;
        self.registers - 1
    }

    fn version(&self, register: Register) -> Numbered {
        (register, self.versions.get(&register).copied().unwrap_or(0))
    }

    /// The register of a value that was made already, or that of the instruction that makes it.
    fn number(&mut self, key: Key, make: impl FnOnce(Register) -> Instruction) -> Register {
        if let Some(&register) = self.numbered.iter().rev().find_map(|made| made.get(&key)) {
            return register;
        }
        let to = self.register();
        self.push(make(to));
        if let Some(made) = self.numbered.last_mut() {
            made.insert(key, to);
        }
        to
    }

    fn constant(&mut self, number: f64) -> Register {
        let register =
            self.number(Key::Constant(number.to_bits()), |to| Instruction::Constant { to, number });
        self.constants.insert(register, number);
        register
    }

    /// The new register for an old one.
    fn operand(&mut self, old: Register) -> Register {
        if let Some(&home) = self.memory.get(&old) {
            return home;
        }
        let bound = if self.variables.contains(&old) {
            self.environment.variables.get(&old)
        } else {
            self.values.get(&old)
        };
        // a variable is 0 at first
        bound.copied().unwrap_or_else(|| self.constant(0.))
    }

    /// Whether it may be set again.
    fn is_home(&self, register: Register) -> bool {
        self.memory.values().any(|&home| home == register)
    }

    /// The same number in a register that is not set again.
    fn stable(&mut self, register: Register) -> Register {
        if !self.is_home(register) {
            return register;
        }
        let to = self.register();
        self.push(Instruction::Assign { to, from: register });
        to
    }

    /// An old value is what a new register holds.
    fn make(&mut self, old: Register, new: Register) {
        let new = self.stable(new);
        self.values.insert(old, new);
    }

    fn unary(&mut self, operation: UnaryOperation, operand: Register) -> Register {
        if let Some(&number) = self.constants.get(&operand) {
            return self.constant(self.known.unary(operation, number));
        }
        if let (UnaryOperation::Negate, Some(&negated)) = (operation, self.negated.get(&operand)) {
            return negated;
        }
        let key = Key::Unary(operation, self.version(operand));
        let to = self.number(key, |to| Instruction::Unary { to, operation, operand });
        if operation == UnaryOperation::Negate && !self.is_home(operand) {
            self.negated.insert(to, operand);
        }
        to
    }

    /// An operation without the negations that it can do without. All bits stay: the other sign of a factor is the
    /// other sign of the product, and a difference is a sum by definition.
    fn without_negation(
        &mut self,
        operation: BinaryOperation,
        left: Register,
        right: Register,
    ) -> Option<Register> {
        let [a, b] = [left, right].map(|register| self.constants.get(&register).copied());
        let [x, y] = [left, right].map(|register| self.negated.get(&register).copied());
        let (operation, left, right) = match (operation, x, y) {
            (BinaryOperation::Add, Some(x), _) => (BinaryOperation::Subtract, right, x),
            (BinaryOperation::Add, _, Some(y)) => (BinaryOperation::Subtract, left, y),
            (BinaryOperation::Subtract, _, Some(y)) => (BinaryOperation::Add, left, y),
            (BinaryOperation::Multiply | BinaryOperation::Divide, x, y) => match (x, y, a, b) {
                (Some(x), Some(y), ..) => (operation, x, y),
                (Some(x), _, _, Some(b)) => (operation, x, self.constant(-b)),
                (_, Some(y), Some(a), _) => (operation, self.constant(-a), y),
                // as integration writes it for each state
                (.., Some(-1.), _) if operation == BinaryOperation::Divide => {
                    let one = self.constant(1.);
                    let reciprocal = self.binary(operation, one, right);
                    return Some(self.unary(UnaryOperation::Negate, reciprocal));
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(self.binary(operation, left, right))
    }

    fn binary(&mut self, operation: BinaryOperation, left: Register, right: Register) -> Register {
        let [a, b] = [left, right].map(|register| self.constants.get(&register).copied());
        match self.known.binary(operation, a, b) {
            Some(Simpler::Number(number)) => return self.constant(number),
            Some(Simpler::Left) => return left,
            Some(Simpler::Right) => return right,
            Some(Simpler::Times(factor)) => {
                let factor = self.constant(factor);
                return self.binary(BinaryOperation::Multiply, left, factor);
            }
            None => {}
        }
        if let Some(register) = self.without_negation(operation, left, right) {
            return register;
        }
        let [mut a, mut b] = [left, right].map(|register| self.version(register));
        if is_commutative(operation) && b < a {
            (a, b) = (b, a);
        }
        self.number(Key::Binary(operation, a, b), |to| Instruction::Binary { to, operation, left, right })
    }

    fn select(&mut self, condition: Register, accepted: Register, rejected: Register) -> Register {
        if let Some(&number) = self.constants.get(&condition) {
            return if number != 0. { accepted } else { rejected };
        }
        if accepted == rejected {
            return accepted;
        }
        let key = Key::Select(self.version(condition), self.version(accepted), self.version(rejected));
        self.number(key, |to| Instruction::Select { to, condition, accepted, rejected })
    }

    /// The number of a known register.
    fn constant_of(&mut self, old: Register) -> Option<f64> {
        let register = self.operand(old);
        self.constants.get(&register).copied()
    }

    /// Whether its end is reached.
    fn block(&mut self, block: &[Instruction]) -> bool {
        block.iter().all(|instruction| self.instruction(instruction))
    }

    /// A block of its own, and whether its end is reached.
    fn separate(&mut self, block: &[Instruction]) -> (Block, BTreeMap<Key, Register>, bool) {
        self.open.push(Block::new());
        self.numbered.push(BTreeMap::new());
        let reached = self.block(block);
        (self.open.pop().unwrap_or_default(), self.numbered.pop().unwrap_or_default(), reached)
    }

    /// Whether what follows is reached.
    fn instruction(&mut self, instruction: &Instruction) -> bool {
        match instruction {
            Instruction::Constant { to, number } => {
                let new = self.constant(*number);
                self.make(*to, new);
            }
            Instruction::Unary { to, operation, operand } => {
                let operand = self.operand(*operand);
                let new = self.unary(*operation, operand);
                self.make(*to, new);
            }
            Instruction::Binary { to, operation, left, right } => {
                let (left, right) = (self.operand(*left), self.operand(*right));
                let new = self.binary(*operation, left, right);
                self.make(*to, new);
            }
            Instruction::Select { to, condition, accepted, rejected } => {
                let condition = self.operand(*condition);
                let (accepted, rejected) = (self.operand(*accepted), self.operand(*rejected));
                let new = self.select(condition, accepted, rejected);
                self.make(*to, new);
            }
            Instruction::Read { to, place } => {
                let new = self.read(*place);
                self.make(*to, new);
            }
            Instruction::Write { place, from } => {
                let from = self.operand(*from);
                self.write(*place, from);
            }
            Instruction::Assign { to, from } => {
                let from = self.operand(*from);
                self.assign(*to, from);
            }
            Instruction::ReadElement { .. }
            | Instruction::WriteElement { .. }
            | Instruction::ReadArray { .. }
            | Instruction::AssignElement { .. } => self.element(instruction),
            Instruction::If { condition, accepted, rejected } => {
                return self.branch(*condition, accepted, rejected);
            }
            Instruction::Scope { label, body } => return self.scope(*label, body),
            Instruction::Leave { label } => {
                self.push(Instruction::Leave { label: *label });
                return false;
            }
            Instruction::Loop { .. } | Instruction::ForConnections { .. } | Instruction::Newton { .. } => {
                return self.region(instruction);
            }
            Instruction::Lookup { .. } | Instruction::LinearSystem { .. } => self.set_several(instruction),
            Instruction::Effect { to, effect, operands, span } => {
                let operands = operands.iter().map(|&operand| self.operand(operand)).collect();
                let new = to.map(|_| self.register());
                let (effect, span) = (effect.clone(), *span);
                self.push(Instruction::Effect { to: new, effect, operands, span });
                if let (Some(old), Some(new)) = (to, new) {
                    self.values.insert(*old, new);
                }
            }
        }
        true
    }

    /// Instructions that set variables from operands alone.
    fn set_several(&mut self, instruction: &Instruction) {
        let mut new = instruction.clone();
        let mut set = Vec::new();
        new.visit_registers(&mut |register, how| match how {
            Use::Set => {
                let home = self.memory.get(register).copied().unwrap_or_else(|| self.register());
                set.push((*register, home));
                *register = home;
            }
            _ => *register = self.operand(*register),
        });
        self.push(new);
        for (old, home) in set {
            if self.memory.contains_key(&old) {
                *self.versions.entry(home).or_default() += 1;
            } else {
                self.environment.variables.insert(old, home);
            }
        }
    }

    /// What is at a place now.
    fn read(&mut self, place: Place) -> Register {
        if let Some(number) = self.known.place(place) {
            return self.constant(number);
        }
        if let Some(Content::Known { value, .. }) = self.environment.places.get(&place) {
            return *value;
        }
        let value = self.fetch(place);
        if state::keeps_its_number(place) {
            self.environment.places.insert(place, Content::Known { value, written: false });
        }
        value
    }

    fn fetch(&mut self, place: Place) -> Register {
        let epoch = self.epochs.get(&state::class(place)).copied().unwrap_or(0);
        self.number(Key::Read(place, epoch), |to| Instruction::Read { to, place })
    }

    fn write(&mut self, place: Place, from: Register) {
        let value = self.stable(from);
        if !state::can_wait(place) || self.pinned.contains(&place) {
            self.push(Instruction::Write { place, from: value });
            *self.epochs.entry(state::class(place)).or_default() += 1;
            if state::keeps_its_number(place) {
                self.environment.places.insert(place, Content::Known { value, written: false });
            }
        } else {
            self.environment.places.insert(place, Content::Known { value, written: true });
        }
    }

    /// Writes what waits for the places of a kind.
    fn flush(&mut self, wanted: impl Fn(Place) -> bool) {
        let mut waiting = Vec::new();
        for (&place, content) in &mut self.environment.places {
            if let Content::Known { value, written } = content
                && *written
                && wanted(place)
            {
                *written = false;
                waiting.push((place, *value));
            }
        }
        for (place, from) in waiting {
            self.push(Instruction::Write { place, from });
            *self.epochs.entry(state::class(place)).or_default() += 1;
        }
    }

    fn assign(&mut self, old: Register, from: Register) {
        match self.memory.get(&old) {
            Some(&home) => {
                self.push(Instruction::Assign { to: home, from });
                *self.versions.entry(home).or_default() += 1;
            }
            None => {
                let from = self.stable(from);
                self.environment.variables.insert(old, from);
            }
        }
    }
}

fn is_commutative(operation: BinaryOperation) -> bool {
    matches!(
        operation,
        BinaryOperation::Add
            | BinaryOperation::Multiply
            | BinaryOperation::Equal
            | BinaryOperation::NotEqual
            | BinaryOperation::And
            | BinaryOperation::Or
    )
}
