//! Gives values registers, or places on the stack.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use iced_x86::{Code, IcedError, Register};

use super::super::code::Slot;
use super::assembler::Operand::{self, Memory as M, Register as R};
use super::assembler::{Assembler, BROADCAST, MOVE, MOVE_TO, Masked, Memory, Width};
use super::graph::{Graph, Node, Value};

// What registers hold all the time
pub(super) const SLOTS: Register = Register::RDI;
pub(super) const UNIFORM: Register = Register::RSI;
pub(super) const MASKS: Register = Register::R12;
/// How far the lanes are from the first ones of a block (bytes).
pub(super) const OFFSET: Register = Register::RCX;
pub(super) const END: Register = Register::R8;
pub(super) const CONSTANTS: Register = Register::R9;
pub(super) const TABLE: Register = Register::R10;
/// The one for numbers that are soon not needed any more.
pub(super) const SCRATCH: Register = Register::RAX;
/// Those for the places of the slots that are used most.
const BASES: [Register; 5] = [Register::RBX, Register::R11, Register::R13, Register::R14, Register::R15];
/// How many numbers that are the same for all lanes have a register of their own.
const KEPT: [usize; 2] = [4, 16];

/// Where values are while code is made for a graph.
pub(super) struct Registers<'g> {
    pub(super) graph: &'g Graph,
    pub(super) assembler: Assembler,
    pub(super) constants: Vec<u64>,
    /// Slots whose place is in a register.
    bases: Vec<Slot>,
    /// Where each value is used, the next place last.
    uses: Vec<Vec<u32>>,
    /// Where in the order of uses the code is.
    pub(super) at: u32,
    /// How many registers are given out; the others keep their numbers.
    pub(super) available: u8,
    /// The value in each register.
    holds: Vec<Option<Value>>,
    /// Registers that instructions of this node need.
    pub(super) pinned: u32,
    pub(super) register_of: Vec<Option<u8>>,
    stack_of: Vec<Option<u32>>,
    /// Places on the stack that are free, and its size so far.
    pub(super) free: Vec<u32>,
    pub(super) stack: u32,
}

impl<'g> Registers<'g> {
    /// All are free.
    pub(super) fn new(graph: &'g Graph, width: Width) -> Self {
        let count = graph.nodes.len();
        Self {
            graph,
            assembler: Assembler::new(width),
            constants: Vec::new(),
            bases: Vec::new(),
            uses: vec![Vec::new(); count],
            at: 0,
            available: width.registers(),
            holds: vec![None; width.registers().into()],
            pinned: 0,
            register_of: vec![None; count],
            stack_of: vec![None; count],
            free: Vec::new(),
            stack: 0,
        }
    }

    /// A vector register.
    pub(super) fn vector(&self, register: u8) -> Register {
        self.assembler.vector(register)
    }

    /// Encodes an instruction.
    pub(super) fn add(&mut self, code: Code, operands: &[Operand]) -> Result<(), IcedError> {
        self.assembler.instruction(code, operands, None, Masked::No)
    }

    /// Encodes an instruction, of two the one for these vectors.
    pub(super) fn plain(&mut self, code: [Code; 2], operands: &[Operand]) -> Result<(), IcedError> {
        self.add(self.assembler.width.pick(code), operands)
    }

    /// Encodes an instruction with a number, of two the one for these vectors.
    pub(super) fn numbered(
        &mut self,
        code: [Code; 2],
        operands: &[Operand],
        number: u8,
    ) -> Result<(), IcedError> {
        self.assembler.instruction(self.assembler.width.pick(code), operands, Some(number), Masked::No)
    }

    /// Notes where values are used: by nodes in an order, then by what comes after them.
    pub(super) fn note_uses(&mut self, order: &[Value], after: &[Value]) {
        let graph = self.graph;
        let by_nodes = order.iter().map(|&value| graph.nodes[value as usize].operands().collect());
        for (at, values) in (0..).zip(by_nodes.chain(after.iter().map(|&value| vec![value]))) {
            values.into_iter().for_each(|value| self.uses[value as usize].push(at));
        }
        self.uses.iter_mut().for_each(|uses| uses.reverse());
    }

    /// Takes registers for the numbers that are the same for all lanes and used more than once.
    pub(super) fn reserve(&mut self, order: &[Value]) -> Vec<Value> {
        let mut counts = vec![0; self.graph.nodes.len()];
        for operand in order.iter().flat_map(|&value| self.graph.nodes[value as usize].operands()) {
            counts[operand as usize] += 1;
        }
        let is_worth =
            |&value: &Value| self.graph.nodes[value as usize].is_for_all() && counts[value as usize] > 1;
        let mut values: Vec<Value> = (0..counts.len() as Value).filter(is_worth).collect();
        values.sort_by_key(|&value| Reverse(counts[value as usize]));
        values.truncate(self.assembler.width.pick(KEPT));
        self.available -= values.len() as u8;
        values
    }

    /// Gives registers, for the whole run, to the numbers that are the same for all lanes and used often, and to the places
    /// of slots.
    ///
    /// # Errors
    /// There is no such instruction.
    pub(super) fn keep(
        &mut self,
        kept: Vec<Value>,
        order: &[Value],
        results: &[((Slot, u32), Value)],
    ) -> Result<(), IcedError> {
        let mut counts: BTreeMap<Slot, usize> = BTreeMap::new();
        for operand in order.iter().flat_map(|&value| self.graph.nodes[value as usize].operands()) {
            if let Node::Load(slot, _) = self.graph.nodes[operand as usize] {
                *counts.entry(slot).or_default() += 1;
            }
        }
        results.iter().for_each(|((slot, _), _)| *counts.entry(*slot).or_default() += 1);
        let mut slots: Vec<Slot> = counts.keys().copied().collect();
        slots.sort_by_key(|slot| Reverse(counts[slot]));
        slots.truncate(BASES.len());
        for (base, &slot) in BASES.into_iter().zip(&slots) {
            self.load_pointer(base, slot)?;
        }
        self.bases = slots;
        for (value, register) in kept.into_iter().zip(self.available..) {
            self.load(register, value)?;
            self.register_of[value as usize] = Some(register);
        }
        Ok(())
    }

    /// Loads where the numbers of a slot are.
    fn load_pointer(&mut self, to: Register, slot: Slot) -> Result<(), IcedError> {
        let pointer = Memory::at(SLOTS, i64::from(slot.0) * 8);
        self.add(Code::Mov_r64_rm64, &[R(to), M(pointer)])
    }

    /// The place of the numbers of a slot, those of a vector of a line. The instruction that uses it has to be next.
    ///
    /// # Errors
    /// There is no such instruction, as below.
    pub(super) fn lanes_of(&mut self, slot: Slot, vector: u32) -> Result<Memory, IcedError> {
        let base = match self.bases.iter().position(|&known| known == slot) {
            Some(number) => BASES[number],
            None => {
                self.load_pointer(SCRATCH, slot)?;
                SCRATCH
            }
        };
        let displacement = i64::from(vector * self.assembler.width.bytes());
        Ok(Memory { index: OFFSET, ..Memory::at(base, displacement) })
    }

    /// A place on the stack.
    pub(super) fn on_stack(place: u32) -> Memory {
        Memory::at(Register::RSP, i64::from(place))
    }

    /// The place of numbers among the constants.
    pub(super) fn constants_at(&mut self, numbers: &[u64]) -> Memory {
        let found = self.constants.chunks(numbers.len()).position(|known| known == numbers);
        let at = found.map_or(self.constants.len(), |at| at * numbers.len());
        if found.is_none() {
            self.constants.extend(numbers);
        }
        Memory::at(CONSTANTS, 8 * at as i64)
    }

    /// The place of a constant, for all lanes.
    pub(super) fn constant_lanes(&mut self, bits: u64) -> Memory {
        match self.assembler.width {
            Width::Four => self.constants_at(&[bits; 4]),
            Width::Eight => Memory { broadcast: true, ..self.constants_at(&[bits]) },
        }
    }

    /// Where a value is used after this node.
    pub(super) fn next_use(&self, value: Value) -> Option<u32> {
        self.uses[value as usize].iter().rev().copied().find(|&at| at > self.at)
    }

    /// A register that holds nothing.
    fn free_register(&self) -> Option<u8> {
        let is_free =
            |&register: &u8| self.pinned >> register & 1 == 0 && self.holds[usize::from(register)].is_none();
        (0..self.available).find(is_free)
    }

    /// A register for a new value, or for nothing that outlives this node.
    pub(super) fn take(&mut self) -> Result<u8, IcedError> {
        if let Some(free) = self.free_register() {
            self.pinned |= 1 << free;
            return Ok(free);
        }
        let candidates = (0..self.available).filter(|register| self.pinned >> register & 1 == 0);
        // this node may still need it, too
        let next = |register: &u8| {
            let value = self.holds[usize::from(*register)];
            value.and_then(|value| self.uses[value as usize].last().copied()).unwrap_or(u32::MAX)
        };
        let Some(register) = candidates.max_by_key(next) else {
            unreachable!("a node needs no more than a few registers at a time");
        };
        if let Some(value) = self.holds[usize::from(register)] {
            self.save(value, register)?;
            self.leave(register);
        }
        self.pinned |= 1 << register;
        Ok(register)
    }

    /// Sees to it that a value is in memory.
    fn save(&mut self, value: Value, register: u8) -> Result<(), IcedError> {
        let is_needed = !self.uses[value as usize].is_empty();
        if is_needed
            && !self.graph.nodes[value as usize].is_source()
            && self.stack_of[value as usize].is_none()
        {
            self.push(value, register)?;
        }
        Ok(())
    }

    /// A place on the stack that is free.
    pub(super) fn stack_room(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.stack += self.assembler.width.bytes();
            self.stack - self.assembler.width.bytes()
        })
    }

    /// Keeps a value on the stack.
    fn push(&mut self, value: Value, register: u8) -> Result<(), IcedError> {
        let place = self.stack_room();
        self.stack_of[value as usize] = Some(place);
        self.plain(MOVE_TO, &[M(Self::on_stack(place)), R(self.vector(register))])
    }

    /// The register does not hold its value any more.
    fn leave(&mut self, register: u8) {
        if let Some(value) = self.holds[usize::from(register)].take() {
            self.register_of[value as usize] = None;
        }
    }

    /// A register holds a value from now on.
    pub(super) fn hold(&mut self, value: Value, register: u8) {
        self.leave(register);
        self.holds[usize::from(register)] = Some(value);
        self.register_of[value as usize] = Some(register);
    }

    /// The place in memory of a value that is in no register.
    fn memory(&mut self, value: Value) -> Result<Memory, IcedError> {
        if let Some(place) = self.stack_of[value as usize] {
            return Ok(Self::on_stack(place));
        }
        match self.graph.nodes[value as usize] {
            Node::Load(slot, vector) => self.lanes_of(slot, vector),
            Node::Constant(bits) => Ok(self.constant_lanes(bits)),
            Node::Uniform(number) => {
                Ok(Memory { broadcast: true, ..Memory::at(UNIFORM, i64::from(number) * 8) })
            }
            _ => unreachable!("a value that was made is in a register or on the stack"),
        }
    }

    /// Loads a value that is in memory.
    pub(super) fn load(&mut self, to: u8, value: Value) -> Result<(), IcedError> {
        let memory = self.memory(value)?;
        let code = if memory.broadcast { BROADCAST } else { MOVE };
        self.plain(code, &[R(self.vector(to)), M(Memory { broadcast: false, ..memory })])
    }

    /// The register of a value, which stays there for this node.
    pub(super) fn register(&mut self, value: Value) -> Result<Register, IcedError> {
        let register = match self.register_of[value as usize] {
            Some(register) => register,
            None => {
                let register = self.take()?;
                self.load(register, value)?;
                self.hold(value, register);
                register
            }
        };
        self.pinned |= 1 << register;
        Ok(self.vector(register))
    }

    /// A register with a copy of a value, for what replaces it.
    pub(super) fn copy(&mut self, value: Value) -> Result<u8, IcedError> {
        match self.register_of[value as usize] {
            Some(from) => {
                self.pinned |= 1 << from;
                let to = self.take()?;
                self.plain(MOVE, &[R(self.vector(to)), R(self.vector(from))])?;
                Ok(to)
            }
            None => {
                let to = self.take()?;
                self.load(to, value)?;
                Ok(to)
            }
        }
    }

    /// A value in a register or in memory, whichever is better. The instruction that uses it has to be next.
    pub(super) fn any(&mut self, value: Value) -> Result<Operand, IcedError> {
        let node = self.graph.nodes[value as usize];
        // no instruction of AVX2 takes one number in memory for all lanes
        let is_loaded = self.register_of[value as usize].is_some()
            || (self.assembler.width == Width::Four && matches!(node, Node::Uniform(_)))
            || (!node.is_for_all() && self.next_use(value).is_some() && self.free_register().is_some());
        if is_loaded { Ok(R(self.register(value)?)) } else { Ok(M(self.memory(value)?)) }
    }

    /// Frees the registers of values that are not used after this node.
    pub(super) fn release(&mut self) {
        for register in 0..self.available {
            if let Some(value) = self.holds[usize::from(register)]
                && self.next_use(value).is_none()
            {
                self.leave(register);
            }
        }
        self.pinned = 0;
    }

    /// After a node: places on the stack that are not needed any more are free.
    pub(super) fn finish(&mut self, operands: impl Iterator<Item = Value>) {
        self.release();
        for value in operands {
            while self.uses[value as usize].last().is_some_and(|&at| at <= self.at) {
                self.uses[value as usize].pop();
            }
            if self.uses[value as usize].is_empty()
                && let Some(place) = self.stack_of[value as usize].take()
            {
                self.free.push(place);
            }
        }
    }
}
