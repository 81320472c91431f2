//! From an optimised kernel to the code of the lane machine.
//!
//! What depends on nothing but uniform numbers moves to a kernel of its own, which runs once for all instances.
//! Control flow becomes masks, and jumps where a mask is empty.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, Condition, Count, Label, Mask, Operand, Operation, Slot, constant};
use super::{Target, allocate, columns, copies, fuse, reciprocals};
use crate::execute::Storage;
use crate::ir::{BinaryOperation, Distribution, Effect, Instruction, Kernel, Place, Register, Use};
use crate::math::Level;
use crate::math::vector::WHOLE_EXPONENTS;

/// What the lanes of a code are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LanesAre {
    /// Instances, or nodes.
    Instances,
    /// Events: each has its own time.
    Events,
}

/// The code of a kernel, for columns that are kept as `storage` says.
pub(super) fn compile(kernel: &Kernel, storage: &[Storage], target: Target, lanes: LanesAre) -> Code {
    let mut compiler = Compiler {
        storage,
        level: target.level,
        lanes_are: lanes,
        variables: BTreeSet::new(),
        read: BTreeSet::new(),
        values: BTreeMap::new(),
        code: Code::default(),
        slots: kernel.registers,
        arrays: Vec::new(),
        places: Vec::new(),
        stack: Vec::new(),
        scopes: Vec::new(),
    };
    kernel.body.iter().for_each(|instruction| compiler.note_variables(instruction));
    let end = compiler.label();
    compiler.block(&kernel.body, None, end);
    compiler.operations().push(Operation::Label(end));
    let Compiler { mut code, mut slots, arrays, places, .. } = compiler;
    columns::fold(&mut code.operations, slots);
    copies::forward(&mut code.operations);
    copies::unmask(&mut code.operations, &arrays);
    if target.level.divides_by_reciprocals() {
        reciprocals::share(&mut code, &mut slots, places.len());
    }
    fuse::fuse(&mut code.operations);
    let in_arrays = allocate::allocate(&mut code, slots, &arrays, &places);
    code.note_written();
    code.decode(target, in_arrays);
    code
}

/// The first of the slots that stand for places, until registers are allocated.
pub(super) const PLACES: u32 = 1 << 24;

struct Compiler<'a> {
    storage: &'a [Storage],
    level: Level,
    lanes_are: LanesAre,
    /// Registers of the kernel that are set, possibly several times.
    variables: BTreeSet<Register>,
    /// Registers of the kernel that are read.
    read: BTreeSet<Register>,
    /// Where values of the kernel are; those that are missing are in the slot with their number.
    values: BTreeMap<Register, Operand>,
    code: Code,
    /// Slots so far.
    slots: u32,
    /// First registers and lengths of arrays.
    arrays: Vec<(Register, u32)>,
    places: Vec<Place>,
    /// Masks of the blocks that are open, the innermost last.
    stack: Vec<Mask>,
    /// Open scopes: their label, and their first mask in `stack`.
    scopes: Vec<(u32, usize)>,
}

impl Compiler<'_> {
    fn note_variables(&mut self, instruction: &Instruction) {
        instruction.visit(&mut |instruction| {
            if let Instruction::ReadArray { first, length, .. }
            | Instruction::AssignElement { first, length, .. } = instruction
            {
                self.arrays.push((*first, *length));
                self.variables.extend(*first..first + length);
                self.read.extend(*first..first + length);
            }
            let sets_only = matches!(instruction, Instruction::Assign { .. } | Instruction::Lookup { .. });
            instruction.clone().visit_registers(&mut |register, how| {
                if how == Use::Set {
                    self.variables.insert(*register);
                }
                // others that set a variable may start from what it was
                if how == Use::Read || (how == Use::Set && !sets_only) {
                    self.read.insert(*register);
                }
            });
        });
    }

    fn operations(&mut self) -> &mut Vec<Operation> {
        &mut self.code.operations
    }

    fn push(&mut self, operation: Operation) {
        self.code.operations.push(operation);
    }

    fn label(&mut self) -> Label {
        self.code.targets.push(0);
        self.code.targets.len() as u32 - 1
    }

    fn slot(&mut self) -> Slot {
        self.slots += 1;
        Slot(self.slots - 1)
    }

    fn mask(&mut self) -> Mask {
        self.code.masks += 1;
        self.code.masks - 1
    }

    fn operand(&self, register: Register) -> Operand {
        self.values.get(&register).copied().unwrap_or(Operand::Lanes(Slot(register)))
    }

    /// The slot that holds a value for each lane.
    fn lanes(&mut self, register: Register) -> Slot {
        match self.operand(register) {
            Operand::Lanes(slot) => slot,
            from => {
                let to = self.slot();
                self.push(Operation::Copy { to, from });
                to
            }
        }
    }

    fn place(&mut self, place: Place) -> Slot {
        let number = self.places.iter().position(|&known| known == place).unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        });
        Slot(PLACES + number as u32)
    }

    /// If all operands are uniform, has the instruction done once for all.
    fn hoist(&mut self, instruction: &Instruction) -> bool {
        let mut hoisted = instruction.clone();
        let mut uniform = match instruction {
            Instruction::Constant { .. }
            | Instruction::Unary { .. }
            | Instruction::Binary { .. }
            | Instruction::Select { .. } => true,
            Instruction::Read { place: Place::Time, .. } => self.lanes_are == LanesAre::Instances,
            Instruction::Read { place, .. } => is_uniform(*place, self.storage),
            // that all instances get the same number is known of those that are kept so
            Instruction::Write { place: place @ Place::Column(_), .. } => is_uniform(*place, self.storage),
            _ => false,
        };
        let mut made = None;
        hoisted.visit_registers(&mut |register, how| match (how, self.values.get(register)) {
            (Use::Read, Some(Operand::Uniform(number))) => *register = *number,
            (Use::Make, _) => made = Some(std::mem::replace(register, self.code.uniform.registers)),
            _ => uniform = false,
        });
        if uniform {
            if let Some(made) = made {
                self.values.insert(made, Operand::Uniform(self.code.uniform.registers));
                self.code.uniform.registers += 1;
            }
            self.code.uniform.body.push(hoisted);
        }
        uniform
    }

    /// Ends before what is never reached.
    fn block(&mut self, block: &[Instruction], mask: Option<Mask>, end: Label) {
        self.push(Operation::Within(mask));
        for instruction in block {
            if self.hoist(instruction) {
                continue;
            }
            if let (Some((condition, holds, label)), Some(_)) = (leaves_only(instruction), mask)
                && let Operand::Lanes(condition) = self.operand(condition)
            {
                let (condition, from) = (Condition::Nonzero(condition), self.left(label));
                self.push(Operation::Drop { condition, holds, from, or: end });
                continue;
            }
            match instruction {
                Instruction::If { condition, accepted, rejected } => {
                    self.branch(*condition, [accepted, rejected], mask);
                    if let (Some(mask), true) = (mask, instruction.leaves()) {
                        self.push(Operation::JumpIfNone(mask, end));
                    }
                }
                Instruction::Loop { body } => {
                    self.repeat(body, mask);
                    return;
                }
                Instruction::Scope { label, body } => {
                    self.scope(*label, body, mask);
                    if let (Some(mask), true) = (mask, instruction.leaves()) {
                        self.push(Operation::JumpIfNone(mask, end));
                    }
                }
                Instruction::Leave { label } => {
                    let from = self.left(*label);
                    self.push(Operation::Remove { from });
                    self.push(Operation::Jump(end));
                    return;
                }
                _ => {
                    self.simple(instruction, mask);
                    continue;
                }
            }
            self.push(Operation::Within(mask));
        }
    }

    /// The masks that a lane is no longer in when it leaves a scope.
    fn left(&self, label: u32) -> Vec<Mask> {
        let outermost = self.scopes.iter().rev().find(|scope| scope.0 == label);
        outermost.map_or(vec![], |scope| self.stack[scope.1..].to_vec())
    }

    fn branch(&mut self, condition: Register, blocks: [&[Instruction]; 2], mask: Option<Mask>) {
        let [otherwise, end] = [self.label(), self.label()];
        if let Operand::Uniform(condition) = self.operand(condition) {
            self.push(Operation::JumpIfZero(condition, otherwise));
            let last = self.label();
            self.block(blocks[0], mask, last);
            self.push(Operation::Label(last));
            self.push(Operation::Jump(end));
            self.push(Operation::Label(otherwise));
            self.block(blocks[1], mask, end);
            self.push(Operation::Label(end));
            return;
        }
        let masks = [self.mask(), self.mask()];
        let condition = Condition::Nonzero(self.lanes(condition));
        let [accepted, rejected] = masks;
        self.push(Operation::Split { condition, accepted, rejected });
        for ((block, mask), end) in blocks.into_iter().zip(masks).zip([otherwise, end]) {
            if !block.is_empty() {
                self.stack.push(mask);
                self.push(Operation::JumpIfNone(mask, end));
                self.block(block, Some(mask), end);
                self.stack.pop();
            }
            self.push(Operation::Label(end));
        }
    }

    fn scope(&mut self, label: u32, body: &[Instruction], from: Option<Mask>) {
        let to = self.mask();
        self.push(Operation::Duplicate { to, from });
        self.scopes.push((label, self.stack.len()));
        self.stack.push(to);
        let end = self.label();
        self.block(body, Some(to), end);
        self.push(Operation::Label(end));
        self.stack.pop();
        self.scopes.pop();
    }

    fn repeat(&mut self, body: &[Instruction], mask: Option<Mask>) {
        let mask = mask.unwrap_or_else(|| {
            let to = self.mask();
            self.push(Operation::Duplicate { to, from: None });
            to
        });
        let [top, bottom] = [self.label(), self.label()];
        self.push(Operation::Label(top));
        self.block(body, Some(mask), bottom);
        self.push(Operation::Label(bottom));
        self.push(Operation::Again(mask, top));
    }

    fn copy(&mut self, to: Slot, from: Operand, mask: Option<Mask>) {
        self.push(match mask {
            Some(mask) => Operation::CopyActive { to, from, mask },
            None => Operation::Copy { to, from },
        });
    }

    /// The number that a register holds, if it is an exponent whose powers vectors can do.
    fn vector_exponent(&self, register: Register) -> Option<u32> {
        let Operand::Uniform(register) = self.operand(register) else { return None };
        let number = constant(&self.code.uniform, register);
        let exponent = WHOLE_EXPONENTS.into_iter().find(|&exponent| number == Some(f64::from(exponent)));
        exponent.filter(|_| self.level.has_whole_powers())
    }

    fn simple(&mut self, instruction: &Instruction, mask: Option<Mask>) {
        match *instruction {
            Instruction::Unary { to, operation, operand } => {
                let operand = self.lanes(operand);
                self.push(Operation::Unary { operation, to: Slot(to), operand });
            }
            Instruction::Binary { to, operation: BinaryOperation::Power, left, right }
                if let (Operand::Lanes(operand), Some(exponent)) =
                    (self.operand(left), self.vector_exponent(right)) =>
            {
                self.push(Operation::Power { exponent, to: Slot(to), operand });
            }
            Instruction::Binary { to, operation, left, right } => {
                let [left, right] = [left, right].map(|register| self.operand(register));
                self.push(Operation::Binary { operation, to: Slot(to), left, right });
            }
            Instruction::Select { to, condition, accepted, rejected } => {
                let condition = self.lanes(condition);
                let [accepted, rejected] = [accepted, rejected].map(|register| self.operand(register));
                self.push(Operation::Select { to: Slot(to), condition, accepted, rejected });
            }
            Instruction::Read { to, place } if is_column(place) => {
                let from = Operand::Lanes(self.place(place));
                self.push(Operation::Copy { to: Slot(to), from });
            }
            Instruction::Write { place: Place::Global(global), from } => {
                let from = self.operand(from);
                self.push(Operation::WriteGlobal { global, from });
            }
            Instruction::Write { place, from } if is_column(place) => {
                let (to, from) = (self.place(place), self.operand(from));
                self.copy(to, from, mask);
            }
            Instruction::Assign { to, from } => {
                let from = self.operand(from);
                if from != Operand::Lanes(Slot(to)) {
                    self.copy(Slot(to), from, mask);
                }
            }
            Instruction::Lookup { table, argument, ref results } => {
                let argument = self.lanes(argument);
                let needed = (0..).zip(results).filter(|(_, result)| self.read.contains(result));
                let results = needed.map(|(column, &result)| (column, Slot(result))).collect();
                self.push(Operation::Lookup { table, argument, results, all: mask.is_none() });
            }
            Instruction::Effect {
                to: Some(to),
                effect: Effect::Draw { stream, distribution: Distribution::Uniform },
                span,
                ..
            } => {
                self.push(Operation::Draw { stream, to: Slot(to), span });
            }
            Instruction::Effect {
                to: Some(to),
                effect: Effect::CountBelow { stream, or_equal } | Effect::CountProducts { stream, or_equal },
                ref operands,
                span,
            } => {
                let (draws, start, bound) = match operands[..] {
                    [draws, bound] => (draws, None, bound),
                    [draws, start, bound] => (draws, Some(start), bound),
                    _ => return self.single(instruction),
                };
                let [draws, bound] = [draws, bound].map(|register| self.lanes(register));
                let start = start.map(|register| self.lanes(register));
                self.push(Operation::Count(Count {
                    stream,
                    or_equal,
                    to: Slot(to),
                    draws,
                    start,
                    bound,
                    span,
                }));
            }
            _ => self.single(instruction),
        }
    }

    /// An instruction that is done lane by lane: all its operands have to be in registers.
    fn single(&mut self, instruction: &Instruction) {
        let mut own = BTreeSet::new();
        let mut instruction = instruction.clone();
        instruction.visit_all_registers(&mut |register, how| {
            if how == Use::Make {
                own.insert(*register);
            }
        });
        let mut copies = BTreeMap::new();
        let mut made = None;
        instruction.visit_all_registers(&mut |register, how| {
            let outside = how == Use::Read && !own.contains(register);
            if let (true, Some(Operand::Uniform(_))) = (outside, self.values.get(register)) {
                *register = *copies.entry(*register).or_insert_with_key(|&register| self.lanes(register).0);
            }
        });
        instruction.visit_registers(&mut |register, how| {
            if how == Use::Make {
                made = Some(Slot(*register));
            }
        });
        self.push(Operation::Single { instruction: Box::new(instruction), result: made });
    }
}

/// If it does nothing but leave a scope where a condition holds, or does not: these and the scope.
fn leaves_only(instruction: &Instruction) -> Option<(Register, bool, u32)> {
    let Instruction::If { condition, accepted, rejected } = instruction else { return None };
    match (&accepted[..], &rejected[..]) {
        ([Instruction::Leave { label }], []) => Some((*condition, true, *label)),
        ([], [Instruction::Leave { label }]) => Some((*condition, false, *label)),
        _ => None,
    }
}

/// Whether there is one number for each instance, node or event at a place.
fn is_column(place: Place) -> bool {
    matches!(
        place,
        Place::Column(_)
            | Place::Voltage
            | Place::Area
            | Place::Diameter
            | Place::Current
            | Place::Conductance
            | Place::IonDerivative(_)
            | Place::OfNode(_)
            | Place::Time
            | Place::Flag
            | Place::Weight(_)
    )
}

/// Whether there is one number for all instances at a place.
pub(crate) fn is_uniform(place: Place, storage: &[Storage]) -> bool {
    match place {
        Place::Column(number) => storage[number as usize] == Storage::Uniform,
        Place::Time | Place::Step | Place::Celsius | Place::SecondOrder | Place::Global(_) => true,
        _ => false,
    }
}
