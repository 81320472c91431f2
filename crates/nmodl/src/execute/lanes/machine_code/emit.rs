//! From a graph to machine code.
//!
//! Nodes are taken in their order, once for each line of lanes. Registers are given out as the code goes: where none is
//! free, the value that is used again last goes to the stack, unless it is in memory anyway.

use iced_x86::{Code, IcedError, Instruction, MemoryOperand, Register};

use super::super::Bits;
use super::super::code::Slot;
use super::assembler::Operand::{self, Memory as M, Register as R};
use super::assembler::{
    Assembler, COMPARE, LINE, MOVE, MOVE_TO, Masked, Memory, ROUND, SHIFT_LEFT, SQUARE_ROOT, Width, code_of,
    codes_of_fused, predicate,
};
use super::graph::{Comparison, Fused, Graph, Node, Rounding, Two, Value};
use super::registers::{END, MASKS, OFFSET, Registers, SCRATCH, TABLE};

/// Code, and the constants that it reads.
pub(super) struct Emitted {
    pub(super) code: Vec<u8>,
    pub(super) constants: Vec<u64>,
}

/// The code for a graph that leaves `results` in slots.
pub(super) fn emit(
    graph: &Graph,
    results: &[((Slot, u32), Value)],
    table: *const u8,
    width: Width,
) -> Result<Emitted, IcedError> {
    let guards: Vec<(Value, u64)> = graph.guards().collect();
    let ends: Vec<Value> =
        guards.iter().map(|guard| guard.0).chain(results.iter().map(|result| result.1)).collect();
    let order = needed(graph, &ends);
    let mut emitter = Registers::new(graph, width);
    let kept = emitter.reserve(&order);
    let order = super::schedule::schedule(graph, order, emitter.available);
    emitter.note_uses(&order, &ends);
    emitter.keep(kept, &order, results)?;
    let top = emitter.assembler.length();
    for &value in &order {
        emitter.node(value)?;
        emitter.at += 1;
    }
    let mut leaves = Vec::new();
    for &(value, bits) in &guards {
        emitter.check(value, bits)?;
        emitter.assembler.add(&Instruction::with_branch(Code::Jne_rel32_64, 0)?)?;
        leaves.push(emitter.assembler.length() - 4);
        emitter.at += 1;
    }
    for &((slot, vector), value) in results {
        emitter.store(slot, vector, value)?;
        emitter.at += 1;
    }
    let Registers { assembler: mut body, constants, stack, .. } = emitter;
    body.add(&Instruction::with2(Code::Add_rm64_imm8, OFFSET, LINE as i32)?)?;
    body.add(&Instruction::with2(Code::Cmp_rm64_r64, OFFSET, END)?)?;
    body.add(&Instruction::with_branch(Code::Jb_rel32_64, top as u64)?)?;
    let end = body.length();
    epilogue(&mut body)?;
    let mut body = body.into_bytes();
    for leave in leaves {
        let distance = (end - leave - 4) as i32;
        body[leave..leave + 4].copy_from_slice(&distance.to_le_bytes());
    }
    let mut code = prologue(width, stack, table)?;
    code.extend(body);
    Ok(Emitted { code, constants })
}

/// Registers that belong to the caller, besides that of the frame.
const SAVED: [Register; 5] = [Register::RBX, Register::R12, Register::R13, Register::R14, Register::R15];

/// Saves what belongs to the caller, and makes room on the stack, so many bytes, aligned.
fn prologue(width: Width, stack: u32, table: *const u8) -> Result<Vec<u8>, IcedError> {
    let mut code = Assembler::new(width);
    code.add(&Instruction::with1(Code::Push_r64, Register::RBP)?)?;
    code.add(&Instruction::with2(Code::Mov_r64_rm64, Register::RBP, Register::RSP)?)?;
    for register in SAVED {
        code.add(&Instruction::with1(Code::Push_r64, register)?)?;
    }
    code.add(&Instruction::with2(Code::Sub_rm64_imm32, Register::RSP, stack as i32)?)?;
    code.add(&Instruction::with2(Code::And_rm64_imm8, Register::RSP, -(LINE as i32))?)?;
    // the third argument; the others are where they stay
    code.add(&Instruction::with2(Code::Mov_r64_rm64, MASKS, Register::RDX)?)?;
    code.add(&Instruction::with2(Code::Mov_r64_imm64, TABLE, table as u64)?)?;
    Ok(code.into_bytes())
}

/// Returns the offset, and gives back what belongs to the caller.
fn epilogue(code: &mut Assembler) -> Result<(), IcedError> {
    code.add(&Instruction::with2(Code::Mov_r64_rm64, Register::RAX, OFFSET)?)?;
    let saved = MemoryOperand::with_base_displ(Register::RBP, -8 * SAVED.len() as i64);
    code.add(&Instruction::with2(Code::Lea_r64_m, Register::RSP, saved)?)?;
    for register in SAVED.into_iter().rev().chain([Register::RBP]) {
        code.add(&Instruction::with1(Code::Pop_r64, register)?)?;
    }
    code.add(&Instruction::with(Code::VEX_Vzeroupper))?;
    code.add(&Instruction::with(Code::Retnq))
}

/// The values that have to be made for some, in order.
fn needed(graph: &Graph, values: &[Value]) -> Vec<Value> {
    let mut is_needed = vec![false; graph.nodes.len()];
    values.iter().for_each(|&value| is_needed[value as usize] = true);
    for value in (0..graph.nodes.len()).rev() {
        if is_needed[value] {
            graph.nodes[value].operands().for_each(|operand| is_needed[operand as usize] = true);
        }
    }
    let is_made = |&value: &usize| is_needed[value] && !graph.nodes[value].is_source();
    (0..graph.nodes.len()).filter(is_made).map(|value| value as Value).collect()
}

/// The code of each kind of node.
impl Registers<'_> {
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
                self.numbered(ROUND, &[R(self.vector(to)), a], way)?;
                to
            }
            Node::ShiftLeft(a, by) => {
                let a = self.register(a)?;
                self.release();
                let to = self.take()?;
                self.numbered(SHIFT_LEFT, &[R(self.vector(to)), R(a)], by)?;
                to
            }
            Node::Truth(comparison, [a, b]) => self.truth(comparison, a, b)?,
            Node::Choose(comparison, operands) => self.choose(comparison, operands)?,
            Node::OrWhere(operands) => self.or_where(operands)?,
            Node::Rows(numbers) => self.rows(value, numbers)?,
            Node::Blend { mask, vector, numbers } => self.blend(mask, vector, numbers)?,
            Node::Held(a) => self.copy(a)?,
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
            _ => self.copy(replaced)?,
        };
        let in_register = |value: Value| self.register_of[value as usize].is_some();
        let (form, x, y) = match place {
            2 => (2, x, y),
            // the other factor is in memory, the addend is not
            _ if !in_register(x) && in_register(y) => (0, y, x),
            _ => (1, x, y),
        };
        let operands = [R(self.vector(to)), R(self.register(x)?), self.any(y)?];
        self.plain(codes_of_fused(fused)[form], &operands)?;
        Ok(to)
    }

    fn truth(&mut self, comparison: Comparison, a: Value, b: Value) -> Result<u8, IcedError> {
        let mask = self.compare(comparison, a, b)?;
        let one = self.constant_lanes(1_f64.to_bits());
        self.release();
        let to = self.take()?;
        let result = R(self.vector(to));
        match self.assembler.width {
            Width::Four => self.add(Code::VEX_Vandpd_ymm_ymm_ymmm256, &[result, mask, M(one)])?,
            Width::Eight => {
                let one = M(Memory { broadcast: false, ..one });
                let code = Code::EVEX_Vbroadcastsd_zmm_k1z_xmmm64;
                self.assembler.instruction(code, &[result, one], None, Masked::Zeroing)?;
            }
        }
        Ok(to)
    }

    /// A mask of the lanes for which a comparison holds.
    fn compare(&mut self, comparison: Comparison, a: Value, b: Value) -> Result<Operand, IcedError> {
        let a = R(self.register(a)?);
        let b = self.any(b)?;
        let mask = match self.assembler.width {
            Width::Four => {
                let mask = self.take()?;
                R(self.vector(mask))
            }
            Width::Eight => R(Register::K1),
        };
        self.numbered(COMPARE, &[mask, a, b], predicate(comparison))?;
        Ok(mask)
    }

    fn choose(&mut self, comparison: Comparison, [a, b, x, y]: [Value; 4]) -> Result<u8, IcedError> {
        let rejected = self.register(y)?;
        let mask = self.compare(comparison, a, b)?;
        self.blend_by(mask, rejected, x)
    }

    /// `accepted` where the mask says so, else `rejected`.
    fn blend_by(&mut self, mask: Operand, rejected: Register, accepted: Value) -> Result<u8, IcedError> {
        let accepted = self.any(accepted)?;
        self.release();
        let to = self.take()?;
        let result = R(self.vector(to));
        match self.assembler.width {
            Width::Four => {
                let code = Code::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm;
                self.add(code, &[result, R(rejected), accepted, mask])?;
            }
            Width::Eight => {
                let code = Code::EVEX_Vblendmpd_zmm_k1z_zmm_zmmm512b64;
                self.assembler.instruction(code, &[result, R(rejected), accepted], None, Masked::Merging)?;
            }
        }
        Ok(to)
    }

    fn or_where(&mut self, [others, a, x]: [Value; 3]) -> Result<u8, IcedError> {
        let others_register = self.register(others)?;
        let a = self.register(a)?;
        match self.assembler.width {
            Width::Four => {
                let zero = M(self.constant_lanes(0));
                let temporary = self.take()?;
                let part = R(self.vector(temporary));
                self.add(Code::VEX_Vpcmpeqq_ymm_ymm_ymmm256, &[part, R(a), zero])?;
                let x = self.any(x)?;
                self.add(Code::VEX_Vpandn_ymm_ymm_ymmm256, &[part, part, x])?;
                self.release();
                self.pinned |= 1 << temporary;
                let to = self.take()?;
                self.plain(code_of(Two::OrBits), &[R(self.vector(to)), R(others_register), part])?;
                Ok(to)
            }
            Width::Eight => {
                let code = Code::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64;
                self.add(code, &[R(Register::K1), R(a), R(a)])?;
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
                self.assembler.instruction(
                    code,
                    &[result, R(others_register), R(x)],
                    None,
                    Masked::Merging,
                )?;
                Ok(to)
            }
        }
    }

    /// Rows of the table for lanes with even numbers, and as the next value for those with odd ones.
    fn rows(&mut self, value: Value, numbers: Value) -> Result<u8, IcedError> {
        let mut targets = vec![];
        let numbers = self.register(numbers)?;
        match self.assembler.width {
            Width::Four => {
                let [even, odd] = [self.take()?, self.take()?];
                let place = self.stack_room();
                self.plain(MOVE_TO, &[M(Self::on_stack(place)), R(numbers)])?;
                for lane in 0..4 {
                    let register = if lane % 2 == 0 { even } else { odd };
                    let byte = M(Self::on_stack(place + 8 * lane));
                    self.add(Code::Movzx_r32_rm8, &[R(Register::EAX), byte])?;
                    self.row(register, lane / 2)?;
                }
                self.free.push(place);
                targets.extend([even, odd]);
            }
            Width::Eight => {
                let registers = [self.take()?, self.take()?, self.take()?, self.take()?];
                let bytes = R(Register::XMM0 + u32::from(registers[0]));
                self.add(Code::EVEX_Vpmovqb_xmmm64_k1z_zmm, &[bytes, R(numbers)])?;
                self.add(Code::EVEX_Vmovq_rm64_xmm, &[R(Register::RDX), bytes])?;
                for pair in 0..4 {
                    for (other, byte) in (0..).zip([Register::DL, Register::DH]) {
                        self.add(Code::Movzx_r32_rm8, &[R(Register::EAX), R(byte)])?;
                        self.row(registers[other + 2 * (pair / 2)], pair as u32 % 2)?;
                    }
                    if pair < 3 {
                        self.assembler.instruction(
                            Code::Shr_rm64_imm8,
                            &[R(Register::RDX)],
                            Some(16),
                            Masked::No,
                        )?;
                    }
                }
                for half in 0..2 {
                    let low = R(self.vector(registers[half]));
                    let high = R(Register::YMM0 + u32::from(registers[half + 2]));
                    let code = Code::EVEX_Vinsertf64x4_zmm_k1z_zmm_ymmm256_imm8;
                    self.assembler.instruction(code, &[low, low, high], Some(1), Masked::No)?;
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
        let row = M(Memory { index: SCRATCH, scale: 8, ..Memory::at(TABLE, 0) });
        let is_low = register < 16;
        match (half, is_low) {
            (0, true) => self.add(Code::VEX_Vmovupd_xmm_xmmm128, &[xmm, row]),
            (0, false) => self.add(Code::EVEX_Vmovupd_xmm_k1z_xmmm128, &[xmm, row]),
            (_, true) => {
                let code = Code::VEX_Vinsertf128_ymm_ymm_xmmm128_imm8;
                self.assembler.instruction(code, &[ymm, ymm, row], Some(1), Masked::No)
            }
            (_, false) => {
                let code = Code::EVEX_Vinsertf64x2_ymm_k1z_ymm_xmmm128_imm8;
                self.assembler.instruction(code, &[ymm, ymm, row], Some(1), Masked::No)
            }
        }
    }

    fn blend(&mut self, mask: u32, vector: u32, [accepted, rejected]: [Value; 2]) -> Result<u8, IcedError> {
        let rejected = self.register(rejected)?;
        let line = SCRATCH;
        // a byte of the mask is for a line
        self.add(Code::Mov_r64_rm64, &[R(line), R(OFFSET)])?;
        self.assembler.instruction(Code::Shr_rm64_imm8, &[R(line)], Some(LINE.ilog2() as u8), Masked::No)?;
        let displacement = i64::from(mask) * size_of::<Bits>() as i64;
        let byte = M(Memory { index: line, ..Memory::at(MASKS, displacement) });
        match self.assembler.width {
            Width::Four => {
                let bits = M(self.constants_at(&[1, 2, 4, 8].map(|bit| bit << (4 * vector))));
                let register = self.take()?;
                let (short, mask) = (R(Register::XMM0 + u32::from(register)), R(self.vector(register)));
                self.add(Code::Movzx_r32_rm8, &[R(Register::EAX), byte])?;
                self.add(Code::VEX_Vmovd_xmm_rm32, &[short, R(Register::EAX)])?;
                self.add(Code::VEX_Vpbroadcastq_ymm_xmmm64, &[mask, short])?;
                self.add(Code::VEX_Vpand_ymm_ymm_ymmm256, &[mask, mask, bits])?;
                self.add(Code::VEX_Vpcmpeqq_ymm_ymm_ymmm256, &[mask, mask, bits])?;
                self.blend_by(mask, rejected, accepted)
            }
            Width::Eight => {
                self.add(Code::VEX_Kmovb_kr_km8, &[R(Register::K1), byte])?;
                self.blend_by(R(Register::K1), rejected, accepted)
            }
        }
    }

    /// Clears the zero flag if one of the bits is set in a lane of the value.
    fn check(&mut self, value: Value, bits: u64) -> Result<(), IcedError> {
        let register = R(self.register(value)?);
        let bits = M(self.constant_lanes(bits));
        match self.assembler.width {
            Width::Four => {
                self.add(Code::VEX_Vptest_ymm_ymmm256, &[register, bits])?;
            }
            Width::Eight => {
                let mask = R(Register::K1);
                let code = Code::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64;
                self.add(code, &[mask, register, bits])?;
                self.add(Code::VEX_Kortestb_kr_kr, &[mask, mask])?;
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
