//! From a graph to machine code for x86-64.
//!
//! Nodes are taken in the order in which they were made, once for each vector of lanes. Registers are given out as the
//! code goes: where none is free, the value that is used again last goes to the stack, unless it is in memory anyway.

use iced_x86::{Code, Encoder, IcedError, Instruction, OpKind, Register};

use super::super::Bits;
use super::super::code::Slot;
use super::graph::{Comparison, Fused, Graph, Node, Rounding, Two, Value};
use crate::column::Line;

/// Bytes of a line.
const LINE: u32 = size_of::<Line>() as u32;

/// Which vectors there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// AVX2 and FMA: four lanes.
    Four,
    /// AVX-512: eight lanes.
    Eight,
}

impl Width {
    /// Bytes of a vector.
    pub(super) fn bytes(self) -> u32 {
        match self {
            Self::Four => 32,
            Self::Eight => 64,
        }
    }

    /// Vectors of a line.
    pub(super) fn vectors(self) -> u32 {
        LINE / self.bytes()
    }

    fn registers(self) -> u8 {
        match self {
            Self::Four => 16,
            Self::Eight => 32,
        }
    }

    /// The one of two that is for these vectors.
    fn pick<T>(self, [four, eight]: [T; 2]) -> T {
        match self {
            Self::Four => four,
            Self::Eight => eight,
        }
    }
}

/// Code, and the constants that it reads.
pub(super) struct Emitted {
    pub(super) code: Vec<u8>,
    pub(super) constants: Vec<u64>,
}

// What registers hold all the time
const SLOTS: Register = Register::RDI;
const UNIFORM: Register = Register::RSI;
const MASKS: Register = Register::R12;
/// How far the lanes are from the first ones of a block (bytes).
const OFFSET: Register = Register::RCX;
const CONSTANTS: Register = Register::R9;
const TABLE: Register = Register::R10;
/// The one for numbers that are soon not needed any more.
const SCRATCH: Register = Register::RAX;
/// Those for the places of the slots that are used most.
const BASES: [Register; 5] = [Register::RBX, Register::R11, Register::R13, Register::R14, Register::R15];

/// Pushes what belongs to the caller, makes room on the stack (to be set) and aligns it.
const PROLOGUE: [u8; 24] = [
    0x55, 0x48, 0x89, 0xe5, 0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x48, 0x81, 0xec, 0, 0, 0,
    0, 0x48, 0x83, 0xe4, 0xc0,
];
/// Where in it the size of the stack is.
const STACK_SIZE: usize = 16;
/// Returns the offset, and gives back what belongs to the caller.
const EPILOGUE: [u8; 21] = [
    0x48, 0x89, 0xc8, 0x48, 0x8d, 0x65, 0xd8, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5b, 0x5d,
    0xc5, 0xf8, 0x77, 0xc3,
];
/// `cmp rcx, r8`: whether there are more lanes.
const COMPARE_WITH_END: [u8; 3] = [0x4c, 0x39, 0xc1];
const JUMP_IF_BELOW: [u8; 2] = [0x0f, 0x82];
const JUMP_IF_NOT_ZERO: [u8; 2] = [0x0f, 0x85];

/// A place in memory.
#[derive(Clone, Copy)]
struct Memory {
    base: Register,
    index: Register,
    /// By which the index is multiplied.
    scale: u32,
    displacement: i64,
    /// One number there is for all lanes.
    broadcast: bool,
}

#[derive(Clone, Copy)]
enum Operand {
    Register(Register),
    Memory(Memory),
}

use Operand::{Memory as M, Register as R};

/// The code for a graph that leaves `results` in slots.
pub(super) fn emit(
    graph: &Graph,
    results: &[((Slot, u32), Value)],
    table: *const u8,
    width: Width,
) -> Result<Emitted, IcedError> {
    let guards: Vec<(Value, u64)> = graph.guards().collect();
    let order =
        needed(graph, guards.iter().map(|guard| guard.0).chain(results.iter().map(|result| result.1)));
    let mut emitter = Emitter::new(graph, width);
    let kept = emitter.often_used(&order);
    emitter.available -= kept.len() as u8;
    let order = super::schedule::schedule(graph, order, emitter.available);
    let mut at = 0;
    for &value in &order {
        for operand in graph.nodes[value as usize].operands() {
            emitter.uses[operand as usize].push(at);
        }
        at += 1;
    }
    for value in guards.iter().map(|guard| guard.0).chain(results.iter().map(|result| result.1)) {
        emitter.uses[value as usize].push(at);
        at += 1;
    }
    emitter.uses.iter_mut().for_each(|uses| uses.reverse());
    emitter.choose_bases(&order, results);
    emitter.bytes(&PROLOGUE);
    // mov r12, rdx
    emitter.bytes(&[0x49, 0x89, 0xd4]);
    emitter.bytes(&[0x49, 0xba]);
    emitter.bytes(&(table as u64).to_le_bytes());
    for (base, slot) in BASES.into_iter().zip(emitter.bases.clone()) {
        emitter.load_pointer(base, slot)?;
    }
    for (value, register) in kept.into_iter().zip(emitter.available..) {
        emitter.load(register, value)?;
        emitter.register_of[value as usize] = Some(register);
    }
    let top = emitter.length;
    for &value in &order {
        emitter.node(value)?;
        emitter.at += 1;
    }
    let mut leaves = Vec::new();
    for &(value, bits) in &guards {
        emitter.check(value, bits)?;
        emitter.bytes(&JUMP_IF_NOT_ZERO);
        leaves.push(emitter.length);
        emitter.bytes(&[0; 4]);
        emitter.at += 1;
    }
    for &((slot, vector), value) in results {
        emitter.store(slot, vector, value)?;
        emitter.at += 1;
    }
    emitter.bytes(&[0x48, 0x83, 0xc1, LINE as u8]);
    emitter.bytes(&COMPARE_WITH_END);
    emitter.bytes(&JUMP_IF_BELOW);
    let back = top as i32 - (emitter.length as i32 + 4);
    emitter.bytes(&back.to_le_bytes());
    let end = emitter.length;
    emitter.bytes(&EPILOGUE);
    let Emitter { mut encoder, constants, stack, .. } = emitter;
    let mut code = encoder.take_buffer();
    for leave in leaves {
        let distance = (end - leave - 4) as i32;
        code[leave..leave + 4].copy_from_slice(&distance.to_le_bytes());
    }
    code[STACK_SIZE..STACK_SIZE + 4].copy_from_slice(&stack.to_le_bytes());
    Ok(Emitted { code, constants })
}

/// The values that have to be made for some, in order.
fn needed(graph: &Graph, values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut is_needed = vec![false; graph.nodes.len()];
    values.for_each(|value| is_needed[value as usize] = true);
    for value in (0..graph.nodes.len()).rev() {
        if is_needed[value] {
            graph.nodes[value].operands().for_each(|operand| is_needed[operand as usize] = true);
        }
    }
    let is_made = |&value: &usize| is_needed[value] && !graph.nodes[value].is_source();
    (0..graph.nodes.len()).filter(is_made).map(|value| value as Value).collect()
}

struct Emitter<'g> {
    graph: &'g Graph,
    width: Width,
    encoder: Encoder,
    /// Bytes of code so far.
    length: usize,
    constants: Vec<u64>,
    /// Slots whose place is in a register.
    bases: Vec<Slot>,
    /// Where each value is used, the next place last.
    uses: Vec<Vec<u32>>,
    /// Where in the order of uses the code is.
    at: u32,
    /// How many registers are given out; the others keep their numbers.
    available: u8,
    /// The value in each register.
    holds: Vec<Option<Value>>,
    /// Registers that instructions of this node need.
    pinned: u32,
    register_of: Vec<Option<u8>>,
    stack_of: Vec<Option<u32>>,
    /// Places on the stack that are free, and its size so far.
    free: Vec<u32>,
    stack: u32,
}

impl<'g> Emitter<'g> {
    fn new(graph: &'g Graph, width: Width) -> Self {
        let count = graph.nodes.len();
        Self {
            graph,
            width,
            encoder: Encoder::new(64),
            length: 0,
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

    /// Numbers for all lanes that are worth a register of their own.
    fn often_used(&self, order: &[Value]) -> Vec<Value> {
        let mut counts = vec![0; self.graph.nodes.len()];
        for operand in order.iter().flat_map(|&value| self.graph.nodes[value as usize].operands()) {
            counts[operand as usize] += 1;
        }
        let is_constant =
            |value: &Value| matches!(self.graph.nodes[*value as usize], Node::Constant(_) | Node::Uniform(_));
        let mut values: Vec<Value> = (0..counts.len() as Value)
            .filter(is_constant)
            .filter(|&value| counts[value as usize] > 1)
            .collect();
        values.sort_by_key(|&value| std::cmp::Reverse(counts[value as usize]));
        values.truncate(self.width.pick([4, 16]));
        values
    }

    fn choose_bases(&mut self, order: &[Value], results: &[((Slot, u32), Value)]) {
        let mut counts: std::collections::BTreeMap<Slot, usize> = Default::default();
        for operand in order.iter().flat_map(|&value| self.graph.nodes[value as usize].operands()) {
            if let Node::Load(slot, _) = self.graph.nodes[operand as usize] {
                *counts.entry(slot).or_default() += 1;
            }
        }
        results.iter().for_each(|((slot, _), _)| *counts.entry(*slot).or_default() += 1);
        let mut slots: Vec<Slot> = counts.keys().copied().collect();
        slots.sort_by_key(|slot| std::cmp::Reverse(counts[slot]));
        slots.truncate(BASES.len());
        self.bases = slots;
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.encoder.write_u8(byte));
        self.length += bytes.len();
    }

    /// Encodes an instruction, for the lanes in the mask register `k1` if it is masked.
    fn instruction(
        &mut self,
        code: Code,
        operands: &[Operand],
        immediate: Option<u8>,
        masked: Masked,
    ) -> Result<(), IcedError> {
        let mut instruction = Instruction::default();
        instruction.set_code(code);
        for (number, operand) in (0..).zip(operands) {
            match *operand {
                R(register) => {
                    instruction.set_op_kind(number, OpKind::Register);
                    instruction.set_op_register(number, register);
                }
                M(memory) => {
                    instruction.set_op_kind(number, OpKind::Memory);
                    instruction.set_memory_base(memory.base);
                    instruction.set_memory_index(memory.index);
                    instruction.set_memory_index_scale(memory.scale);
                    instruction.set_memory_displacement64(memory.displacement.cast_unsigned());
                    instruction.set_memory_displ_size(u32::from(memory.displacement != 0));
                    instruction.set_is_broadcast(memory.broadcast);
                }
            }
        }
        if let Some(immediate) = immediate {
            let number = operands.len() as u32;
            instruction.set_op_kind(number, OpKind::Immediate8);
            instruction.set_immediate8(immediate);
        }
        if masked != Masked::No {
            instruction.set_op_mask(Register::K1);
            instruction.set_zeroing_masking(masked == Masked::Zeroing);
        }
        self.length += self.encoder.encode(&instruction, self.length as u64)?;
        Ok(())
    }

    fn plain(&mut self, code: [Code; 2], operands: &[Operand]) -> Result<(), IcedError> {
        self.instruction(self.width.pick(code), operands, None, Masked::No)
    }

    fn vector(&self, register: u8) -> Register {
        self.width.pick([Register::YMM0, Register::ZMM0]) + u32::from(register)
    }

    /// The place of a slot's numbers in memory.
    fn load_pointer(&mut self, to: Register, slot: Slot) -> Result<(), IcedError> {
        let pointer = Memory {
            base: SLOTS,
            index: Register::None,
            scale: 1,
            displacement: i64::from(slot.0) * 8,
            broadcast: false,
        };
        self.instruction(Code::Mov_r64_rm64, &[R(to), M(pointer)], None, Masked::No)
    }

    fn lanes_of(&mut self, slot: Slot, vector: u32) -> Result<Memory, IcedError> {
        let base = match self.bases.iter().position(|&known| known == slot) {
            Some(number) => BASES[number],
            None => {
                self.load_pointer(SCRATCH, slot)?;
                SCRATCH
            }
        };
        Ok(Memory {
            base,
            index: OFFSET,
            scale: 1,
            displacement: i64::from(vector * self.width.bytes()),
            broadcast: false,
        })
    }

    fn on_stack(place: u32) -> Memory {
        Memory {
            base: Register::RSP,
            index: Register::None,
            scale: 1,
            displacement: i64::from(place),
            broadcast: false,
        }
    }

    /// The place of numbers among the constants.
    fn constants_at(&mut self, numbers: &[u64]) -> Memory {
        let found = self.constants.chunks(numbers.len()).position(|known| known == numbers);
        let at = found.map_or(self.constants.len(), |at| at * numbers.len());
        if found.is_none() {
            self.constants.extend(numbers);
        }
        let displacement = 8 * at as i64;
        Memory { base: CONSTANTS, index: Register::None, scale: 1, displacement, broadcast: false }
    }

    fn constant_lanes(&mut self, bits: u64) -> Memory {
        match self.width {
            Width::Four => self.constants_at(&[bits; 4]),
            Width::Eight => Memory { broadcast: true, ..self.constants_at(&[bits]) },
        }
    }

    /// Where a value is used after this node.
    fn next_use(&self, value: Value) -> Option<u32> {
        self.uses[value as usize].iter().rev().copied().find(|&at| at > self.at)
    }

    /// A register for a new value, or for nothing that outlives this node.
    fn take(&mut self) -> Result<u8, IcedError> {
        let is_free =
            |&register: &u8| self.pinned >> register & 1 == 0 && self.holds[usize::from(register)].is_none();
        if let Some(free) = (0..self.available).find(is_free) {
            self.pinned |= 1 << free;
            return Ok(free);
        }
        let candidates = (0..self.available).filter(|register| self.pinned >> register & 1 == 0);
        // this node may still need it, too
        let next = |register: &u8| {
            let value = self.holds[usize::from(*register)];
            value.and_then(|value| self.uses[value as usize].last().copied()).unwrap_or(u32::MAX)
        };
        // a node pins no more than a few registers
        let register = candidates.max_by_key(next).unwrap_or(0);
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

    fn stack_room(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.stack += self.width.bytes();
            self.stack - self.width.bytes()
        })
    }

    fn push(&mut self, value: Value, register: u8) -> Result<u32, IcedError> {
        let place = self.stack_room();
        self.stack_of[value as usize] = Some(place);
        self.plain(MOVE_TO, &[M(Self::on_stack(place)), R(self.vector(register))])?;
        Ok(place)
    }

    /// The register does not hold its value any more.
    fn leave(&mut self, register: u8) {
        if let Some(value) = self.holds[usize::from(register)].take() {
            self.register_of[value as usize] = None;
        }
    }

    fn hold(&mut self, value: Value, register: u8) {
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
            Node::Uniform(number) => Ok(Memory {
                base: UNIFORM,
                index: Register::None,
                scale: 1,
                displacement: i64::from(number) * 8,
                broadcast: true,
            }),
            _ => unreachable!("a value that was made is in a register or on the stack"),
        }
    }

    fn load(&mut self, to: u8, value: Value) -> Result<(), IcedError> {
        let memory = self.memory(value)?;
        let code = if memory.broadcast { BROADCAST } else { MOVE };
        self.plain(code, &[R(self.vector(to)), M(Memory { broadcast: false, ..memory })])
    }

    /// The register of a value, which stays there for this node.
    fn register(&mut self, value: Value) -> Result<Register, IcedError> {
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

    /// A value in a register or in memory, whichever is better. The instruction that uses it has to be next.
    fn any(&mut self, value: Value) -> Result<Operand, IcedError> {
        let is_free = (0..self.available)
            .any(|register| self.pinned >> register & 1 == 0 && self.holds[usize::from(register)].is_none());
        let is_constant = matches!(self.graph.nodes[value as usize], Node::Constant(_) | Node::Uniform(_));
        let is_loaded = self.register_of[value as usize].is_some()
            || (self.width == Width::Four && matches!(self.graph.nodes[value as usize], Node::Uniform(_)))
            || (is_free && !is_constant && self.next_use(value).is_some());
        if is_loaded { Ok(R(self.register(value)?)) } else { Ok(M(self.memory(value)?)) }
    }

    /// Frees the registers of values that are not used after this node.
    fn release(&mut self) {
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
    fn finish(&mut self, operands: impl Iterator<Item = Value>) {
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

    /// Makes a value.
    fn node(&mut self, value: Value) -> Result<(), IcedError> {
        let node = self.graph.nodes[value as usize];
        let to = match node {
            Node::Two(two, a, b) => {
                let commutes = matches!(
                    two,
                    Two::Add | Two::Multiply | Two::And | Two::Xor | Two::AddBits | Two::OrBits
                );
                let in_register = |value: Value| self.register_of[value as usize].is_some();
                let (a, b) = if commutes && !in_register(a) && in_register(b) { (b, a) } else { (a, b) };
                let a = self.register(a)?;
                let b = self.any(b)?;
                self.release();
                let to = self.take()?;
                self.plain(code_of(two), &[R(self.vector(to)), R(a), b])?;
                to
            }
            Node::Fused(fused, operands) => self.fused(fused, operands)?,
            Node::SquareRoot(a) => {
                let a = self.any(a)?;
                self.release();
                let to = self.take()?;
                self.plain(SQUARE_ROOT, &[R(self.vector(to)), a])?;
                to
            }
            Node::Round(rounding, a) => {
                let a = self.any(a)?;
                self.release();
                let to = self.take()?;
                let way = match rounding {
                    Rounding::Floor => 9,
                    Rounding::Ceil => 10,
                    Rounding::Truncate => 11,
                };
                self.instruction(self.width.pick(ROUND), &[R(self.vector(to)), a], Some(way), Masked::No)?;
                to
            }
            Node::ShiftLeft(a, by) => {
                let a = self.register(a)?;
                self.release();
                let to = self.take()?;
                self.instruction(
                    self.width.pick(SHIFT_LEFT),
                    &[R(self.vector(to)), R(a)],
                    Some(by),
                    Masked::No,
                )?;
                to
            }
            Node::Truth(comparison, [a, b]) => self.truth(comparison, a, b)?,
            Node::Choose(comparison, operands) => self.choose(comparison, operands)?,
            Node::OrWhere(operands) => self.or_where(operands)?,
            Node::Rows(numbers) => self.rows(value, numbers)?,
            Node::Blend { mask, vector, numbers } => self.blend(mask, vector, numbers)?,
            Node::Held(a) => match self.register_of[a as usize] {
                Some(from) => {
                    self.pinned |= 1 << from;
                    let to = self.take()?;
                    self.plain(MOVE, &[R(self.vector(to)), R(self.vector(from))])?;
                    to
                }
                None => {
                    let to = self.take()?;
                    self.load(to, a)?;
                    to
                }
            },
            Node::OtherRows(rows) => {
                self.finish([rows].into_iter());
                return Ok(());
            }
            Node::Load(..) | Node::Uniform(_) | Node::Constant(_) => return Ok(()),
        };
        self.hold(value, to);
        self.finish(node.operands());
        Ok(())
    }

    fn fused(&mut self, fused: Fused, operands: [Value; 3]) -> Result<u8, IcedError> {
        let in_register = |value: Value| self.register_of[value as usize].is_some();
        let ends = |value: Value| {
            self.register_of[value as usize].is_some_and(|register| register < self.available)
                && self.next_use(value).is_none()
        };
        // the result takes the place of an operand: of one that ends, or is loaded for that, or is copied
        let place = [2, 0, 1].into_iter().find(|&place| ends(operands[place]));
        let place = place.or_else(|| [2, 0, 1].into_iter().find(|&place| !in_register(operands[place])));
        let place = place.unwrap_or(2);
        let replaced = operands[place];
        let [mut x, mut y] = match place {
            0 => [operands[1], operands[2]],
            1 => [operands[0], operands[2]],
            _ => [operands[0], operands[1]],
        };
        let is_ended = ends(replaced);
        // two factors can change places
        if place == 2 && !in_register(x) && in_register(y) {
            (x, y) = (y, x);
        }
        for operand in operands {
            if let Some(register) = self.register_of[operand as usize] {
                self.pinned |= 1 << register;
            }
        }
        let to = match self.register_of[replaced as usize] {
            Some(register) if is_ended => register,
            Some(register) => {
                let to = self.take()?;
                self.plain(MOVE, &[R(self.vector(to)), R(self.vector(register))])?;
                to
            }
            None => {
                let to = self.take()?;
                self.load(to, replaced)?;
                to
            }
        };
        let register = R(self.vector(to));
        let forms = codes_of_fused(fused);
        if place == 2 {
            let x = R(self.operand_of(x, replaced, to)?);
            let y = self.any_or(y, replaced, to)?;
            self.plain(forms[2], &[register, x, y])?;
        } else if x != replaced
            && self.register_of[x as usize].is_none()
            && self.register_of[y as usize].is_some()
        {
            // the other factor is in memory, the addend is not
            let y = R(self.operand_of(y, replaced, to)?);
            let x = self.any_or(x, replaced, to)?;
            self.plain(forms[0], &[register, y, x])?;
        } else {
            let x = R(self.operand_of(x, replaced, to)?);
            let y = self.any_or(y, replaced, to)?;
            self.plain(forms[1], &[register, x, y])?;
        }
        Ok(to)
    }

    /// The register of an operand that may be the one whose place the result takes.
    fn operand_of(&mut self, value: Value, replaced: Value, to: u8) -> Result<Register, IcedError> {
        if value == replaced { Ok(self.vector(to)) } else { self.register(value) }
    }

    fn any_or(&mut self, value: Value, replaced: Value, to: u8) -> Result<Operand, IcedError> {
        if value == replaced { Ok(R(self.vector(to))) } else { self.any(value) }
    }

    fn truth(&mut self, comparison: Comparison, a: Value, b: Value) -> Result<u8, IcedError> {
        let way = Some(predicate(comparison));
        let a = self.register(a)?;
        let b = self.any(b)?;
        let one = self.constant_lanes(1_f64.to_bits());
        self.release();
        match self.width {
            Width::Four => {
                let to = self.take()?;
                let register = R(self.vector(to));
                self.instruction(
                    Code::VEX_Vcmppd_ymm_ymm_ymmm256_imm8,
                    &[register, R(a), b],
                    way,
                    Masked::No,
                )?;
                self.instruction(
                    Code::VEX_Vandpd_ymm_ymm_ymmm256,
                    &[register, register, M(one)],
                    None,
                    Masked::No,
                )?;
                Ok(to)
            }
            Width::Eight => {
                self.compare(a, b, way)?;
                let to = self.take()?;
                let one = M(Memory { broadcast: false, ..one });
                let code = Code::EVEX_Vbroadcastsd_zmm_k1z_xmmm64;
                self.instruction(code, &[R(self.vector(to)), one], None, Masked::Zeroing)?;
                Ok(to)
            }
        }
    }

    /// Lanes for which a comparison holds, in the mask register.
    fn compare(&mut self, a: Register, b: Operand, way: Option<u8>) -> Result<(), IcedError> {
        let code = Code::EVEX_Vcmppd_kr_k1_zmm_zmmm512b64_imm8_sae;
        self.instruction(code, &[R(Register::K1), R(a), b], way, Masked::No)
    }

    fn choose(&mut self, comparison: Comparison, [a, b, x, y]: [Value; 4]) -> Result<u8, IcedError> {
        let way = Some(predicate(comparison));
        let rejected = self.register(y)?;
        let a = self.register(a)?;
        let b = self.any(b)?;
        match self.width {
            Width::Four => {
                let mask = self.take()?;
                let mask = R(self.vector(mask));
                self.instruction(Code::VEX_Vcmppd_ymm_ymm_ymmm256_imm8, &[mask, R(a), b], way, Masked::No)?;
                self.blend_by(mask, rejected, x)
            }
            Width::Eight => {
                self.compare(a, b, way)?;
                self.blend_by(R(Register::K1), rejected, x)
            }
        }
    }

    /// `accepted` where the mask says so, else `rejected`.
    fn blend_by(&mut self, mask: Operand, rejected: Register, accepted: Value) -> Result<u8, IcedError> {
        let accepted = self.any(accepted)?;
        self.release();
        let to = self.take()?;
        let result = R(self.vector(to));
        match self.width {
            Width::Four => {
                let code = Code::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm;
                self.instruction(code, &[result, R(rejected), accepted, mask], None, Masked::No)?;
            }
            Width::Eight => {
                let code = Code::EVEX_Vblendmpd_zmm_k1z_zmm_zmmm512b64;
                self.instruction(code, &[result, R(rejected), accepted], None, Masked::Merging)?;
            }
        }
        Ok(to)
    }

    fn or_where(&mut self, [others, a, x]: [Value; 3]) -> Result<u8, IcedError> {
        let others_register = self.register(others)?;
        let a = self.register(a)?;
        match self.width {
            Width::Four => {
                let zero = M(self.constant_lanes(0));
                let temporary = self.take()?;
                let part = R(self.vector(temporary));
                self.instruction(Code::VEX_Vpcmpeqq_ymm_ymm_ymmm256, &[part, R(a), zero], None, Masked::No)?;
                let x = self.any(x)?;
                self.instruction(Code::VEX_Vpandn_ymm_ymm_ymmm256, &[part, part, x], None, Masked::No)?;
                self.release();
                self.pinned |= 1 << temporary;
                let to = self.take()?;
                self.plain(code_of(Two::OrBits), &[R(self.vector(to)), R(others_register), part])?;
                Ok(to)
            }
            Width::Eight => {
                let code = Code::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64;
                self.instruction(code, &[R(Register::K1), R(a), R(a)], None, Masked::No)?;
                let x = self.register(x)?;
                let to = match self.register_of[others as usize] {
                    Some(register) if self.next_use(others).is_none() => register,
                    _ => {
                        let to = self.take()?;
                        self.plain(MOVE, &[R(self.vector(to)), R(others_register)])?;
                        to
                    }
                };
                let code = Code::EVEX_Vporq_zmm_k1z_zmm_zmmm512b64;
                let result = R(self.vector(to));
                self.instruction(code, &[result, R(others_register), R(x)], None, Masked::Merging)?;
                Ok(to)
            }
        }
    }

    /// Rows of the table for lanes with even numbers, and as the next value for those with odd ones.
    fn rows(&mut self, value: Value, numbers: Value) -> Result<u8, IcedError> {
        let mut targets = vec![];
        let numbers = self.register(numbers)?;
        match self.width {
            Width::Four => {
                let [even, odd] = [self.take()?, self.take()?];
                let place = self.stack_room();
                self.plain(MOVE_TO, &[M(Self::on_stack(place)), R(numbers)])?;
                for lane in 0..4 {
                    let register = if lane % 2 == 0 { even } else { odd };
                    let byte = M(Self::on_stack(place + 8 * lane));
                    self.instruction(Code::Movzx_r32_rm8, &[R(Register::EAX), byte], None, Masked::No)?;
                    self.row(register, lane / 2)?;
                }
                self.free.push(place);
                targets.extend([even, odd]);
            }
            Width::Eight => {
                let registers = [self.take()?, self.take()?, self.take()?, self.take()?];
                let bytes = R(Register::XMM0 + u32::from(registers[0]));
                self.instruction(Code::EVEX_Vpmovqb_xmmm64_k1z_zmm, &[bytes, R(numbers)], None, Masked::No)?;
                self.instruction(Code::EVEX_Vmovq_rm64_xmm, &[R(Register::RDX), bytes], None, Masked::No)?;
                for pair in 0..4 {
                    for (other, byte) in (0..).zip([Register::DL, Register::DH]) {
                        self.instruction(
                            Code::Movzx_r32_rm8,
                            &[R(Register::EAX), R(byte)],
                            None,
                            Masked::No,
                        )?;
                        self.row(registers[other + 2 * (pair / 2)], pair as u32 % 2)?;
                    }
                    if pair < 3 {
                        self.instruction(Code::Shr_rm64_imm8, &[R(Register::RDX)], Some(16), Masked::No)?;
                    }
                }
                for half in 0..2 {
                    let low = R(self.vector(registers[half]));
                    let high = R(Register::YMM0 + u32::from(registers[half + 2]));
                    let code = Code::EVEX_Vinsertf64x4_zmm_k1z_zmm_ymmm256_imm8;
                    self.instruction(code, &[low, low, high], Some(1), Masked::No)?;
                }
                targets.extend(&registers[..2]);
            }
        }
        self.hold(value + 1, targets[1]);
        Ok(targets[0])
    }

    /// Brings the row whose number is half of `eax` into a half of a register.
    fn row(&mut self, register: u8, half: u32) -> Result<(), IcedError> {
        let [xmm, ymm] = [Register::XMM0, Register::YMM0].map(|first| R(first + u32::from(register)));
        let row =
            M(Memory { base: TABLE, index: Register::RAX, scale: 8, displacement: 0, broadcast: false });
        let is_low = register < 16;
        match (half, is_low) {
            (0, true) => self.instruction(Code::VEX_Vmovupd_xmm_xmmm128, &[xmm, row], None, Masked::No),
            (0, false) => self.instruction(Code::EVEX_Vmovupd_xmm_k1z_xmmm128, &[xmm, row], None, Masked::No),
            (_, true) => {
                let code = Code::VEX_Vinsertf128_ymm_ymm_xmmm128_imm8;
                self.instruction(code, &[ymm, ymm, row], Some(1), Masked::No)
            }
            (_, false) => {
                let code = Code::EVEX_Vinsertf64x2_ymm_k1z_ymm_xmmm128_imm8;
                self.instruction(code, &[ymm, ymm, row], Some(1), Masked::No)
            }
        }
    }

    fn blend(&mut self, mask: u32, vector: u32, [accepted, rejected]: [Value; 2]) -> Result<u8, IcedError> {
        let rejected = self.register(rejected)?;
        let line = SCRATCH;
        // a byte of the mask is for a line
        self.instruction(Code::Mov_r64_rm64, &[R(line), R(OFFSET)], None, Masked::No)?;
        self.instruction(Code::Shr_rm64_imm8, &[R(line)], Some(LINE.ilog2() as u8), Masked::No)?;
        let displacement = i64::from(mask) * size_of::<Bits>() as i64;
        let byte = M(Memory { base: MASKS, index: line, scale: 1, displacement, broadcast: false });
        match self.width {
            Width::Four => {
                let bits = M(self.constants_at(&[1, 2, 4, 8].map(|bit| bit << (4 * vector))));
                let register = self.take()?;
                let (short, mask) = (R(Register::XMM0 + u32::from(register)), R(self.vector(register)));
                self.instruction(Code::Movzx_r32_rm8, &[R(Register::EAX), byte], None, Masked::No)?;
                self.instruction(Code::VEX_Vmovd_xmm_rm32, &[short, R(Register::EAX)], None, Masked::No)?;
                self.instruction(Code::VEX_Vpbroadcastq_ymm_xmmm64, &[mask, short], None, Masked::No)?;
                self.instruction(Code::VEX_Vpand_ymm_ymm_ymmm256, &[mask, mask, bits], None, Masked::No)?;
                self.instruction(Code::VEX_Vpcmpeqq_ymm_ymm_ymmm256, &[mask, mask, bits], None, Masked::No)?;
                self.blend_by(mask, rejected, accepted)
            }
            Width::Eight => {
                self.instruction(Code::VEX_Kmovb_kr_km8, &[R(Register::K1), byte], None, Masked::No)?;
                self.blend_by(R(Register::K1), rejected, accepted)
            }
        }
    }

    /// Clears the zero flag if one of the bits is set in a lane of the value.
    fn check(&mut self, value: Value, bits: u64) -> Result<(), IcedError> {
        let register = R(self.register(value)?);
        let bits = M(self.constant_lanes(bits));
        match self.width {
            Width::Four => {
                self.instruction(Code::VEX_Vptest_ymm_ymmm256, &[register, bits], None, Masked::No)?;
            }
            Width::Eight => {
                let mask = R(Register::K1);
                let code = Code::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64;
                self.instruction(code, &[mask, register, bits], None, Masked::No)?;
                self.instruction(Code::VEX_Kortestb_kr_kr, &[mask, mask], None, Masked::No)?;
            }
        }
        self.finish([value].into_iter());
        Ok(())
    }

    fn store(&mut self, slot: Slot, vector: u32, value: Value) -> Result<(), IcedError> {
        let register = R(self.register(value)?);
        let to = M(self.lanes_of(slot, vector)?);
        self.plain(MOVE_TO, &[to, register])?;
        self.finish([value].into_iter());
        Ok(())
    }
}

/// Which lanes an instruction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Masked {
    /// All.
    No,
    /// Others get 0.
    Zeroing,
    /// Others keep what they had, or get what is blended.
    Merging,
}

const MOVE: [Code; 2] = [Code::VEX_Vmovapd_ymm_ymmm256, Code::EVEX_Vmovapd_zmm_k1z_zmmm512];
const MOVE_TO: [Code; 2] = [Code::VEX_Vmovapd_ymmm256_ymm, Code::EVEX_Vmovapd_zmmm512_k1z_zmm];
const BROADCAST: [Code; 2] = [Code::VEX_Vbroadcastsd_ymm_m64, Code::EVEX_Vbroadcastsd_zmm_k1z_xmmm64];
const SQUARE_ROOT: [Code; 2] = [Code::VEX_Vsqrtpd_ymm_ymmm256, Code::EVEX_Vsqrtpd_zmm_k1z_zmmm512b64_er];
const ROUND: [Code; 2] =
    [Code::VEX_Vroundpd_ymm_ymmm256_imm8, Code::EVEX_Vrndscalepd_zmm_k1z_zmmm512b64_imm8_sae];
const SHIFT_LEFT: [Code; 2] = [Code::VEX_Vpsllq_ymm_ymm_imm8, Code::EVEX_Vpsllq_zmm_k1z_zmmm512b64_imm8];

fn code_of(two: Two) -> [Code; 2] {
    match two {
        Two::Add => [Code::VEX_Vaddpd_ymm_ymm_ymmm256, Code::EVEX_Vaddpd_zmm_k1z_zmm_zmmm512b64_er],
        Two::Subtract => [Code::VEX_Vsubpd_ymm_ymm_ymmm256, Code::EVEX_Vsubpd_zmm_k1z_zmm_zmmm512b64_er],
        Two::Multiply => [Code::VEX_Vmulpd_ymm_ymm_ymmm256, Code::EVEX_Vmulpd_zmm_k1z_zmm_zmmm512b64_er],
        Two::Divide => [Code::VEX_Vdivpd_ymm_ymm_ymmm256, Code::EVEX_Vdivpd_zmm_k1z_zmm_zmmm512b64_er],
        Two::Maximum => [Code::VEX_Vmaxpd_ymm_ymm_ymmm256, Code::EVEX_Vmaxpd_zmm_k1z_zmm_zmmm512b64_sae],
        Two::Minimum => [Code::VEX_Vminpd_ymm_ymm_ymmm256, Code::EVEX_Vminpd_zmm_k1z_zmm_zmmm512b64_sae],
        Two::And => [Code::VEX_Vandpd_ymm_ymm_ymmm256, Code::EVEX_Vandpd_zmm_k1z_zmm_zmmm512b64],
        Two::Xor => [Code::VEX_Vxorpd_ymm_ymm_ymmm256, Code::EVEX_Vxorpd_zmm_k1z_zmm_zmmm512b64],
        Two::AddBits => [Code::VEX_Vpaddq_ymm_ymm_ymmm256, Code::EVEX_Vpaddq_zmm_k1z_zmm_zmmm512b64],
        Two::SubtractBits => [Code::VEX_Vpsubq_ymm_ymm_ymmm256, Code::EVEX_Vpsubq_zmm_k1z_zmm_zmmm512b64],
        Two::OrBits => [Code::VEX_Vpor_ymm_ymm_ymmm256, Code::EVEX_Vporq_zmm_k1z_zmm_zmmm512b64],
        Two::FirstOfPairs => {
            [Code::VEX_Vunpcklpd_ymm_ymm_ymmm256, Code::EVEX_Vunpcklpd_zmm_k1z_zmm_zmmm512b64]
        }
        Two::SecondOfPairs => {
            [Code::VEX_Vunpckhpd_ymm_ymm_ymmm256, Code::EVEX_Vunpckhpd_zmm_k1z_zmm_zmmm512b64]
        }
    }
}

/// The forms of an instruction whose result takes the place of a factor (before the other factor in memory, then the
/// addend) or of the addend.
fn codes_of_fused(fused: Fused) -> [[Code; 2]; 3] {
    match fused {
        Fused::Plus => [
            [Code::VEX_Vfmadd132pd_ymm_ymm_ymmm256, Code::EVEX_Vfmadd132pd_zmm_k1z_zmm_zmmm512b64_er],
            [Code::VEX_Vfmadd213pd_ymm_ymm_ymmm256, Code::EVEX_Vfmadd213pd_zmm_k1z_zmm_zmmm512b64_er],
            [Code::VEX_Vfmadd231pd_ymm_ymm_ymmm256, Code::EVEX_Vfmadd231pd_zmm_k1z_zmm_zmmm512b64_er],
        ],
        Fused::From => [
            [Code::VEX_Vfnmadd132pd_ymm_ymm_ymmm256, Code::EVEX_Vfnmadd132pd_zmm_k1z_zmm_zmmm512b64_er],
            [Code::VEX_Vfnmadd213pd_ymm_ymm_ymmm256, Code::EVEX_Vfnmadd213pd_zmm_k1z_zmm_zmmm512b64_er],
            [Code::VEX_Vfnmadd231pd_ymm_ymm_ymmm256, Code::EVEX_Vfnmadd231pd_zmm_k1z_zmm_zmmm512b64_er],
        ],
    }
}

/// Which comparison a vector instruction does.
fn predicate(comparison: Comparison) -> u8 {
    match comparison {
        Comparison::Equal => 0x00,
        Comparison::Less => 0x11,
        Comparison::LessOrEqual => 0x12,
        Comparison::NotEqual => 0x04,
    }
}
