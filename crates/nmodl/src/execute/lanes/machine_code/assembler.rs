//! Encodes instructions for x86-64.

use iced_x86::{Code, Encoder, IcedError, Instruction, OpKind, Register};

use super::graph::{Comparison, Fused, Two};
use crate::column::Line;

/// Bytes of a line.
pub(super) const LINE: u32 = size_of::<Line>() as u32;

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

    /// Vector registers.
    pub(super) fn registers(self) -> u8 {
        match self {
            Self::Four => 16,
            Self::Eight => 32,
        }
    }

    /// The one of two that is for these vectors.
    pub(super) fn pick<T>(self, [four, eight]: [T; 2]) -> T {
        match self {
            Self::Four => four,
            Self::Eight => eight,
        }
    }
}

/// A place in memory.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) base: Register,
    pub(super) index: Register,
    /// By which the index is multiplied.
    pub(super) scale: u32,
    pub(super) displacement: i64,
    /// One number there is for all lanes.
    pub(super) broadcast: bool,
}

impl Memory {
    /// The place so many bytes behind one.
    pub(super) fn at(base: Register, displacement: i64) -> Self {
        Self { base, index: Register::None, scale: 1, displacement, broadcast: false }
    }
}

/// What an instruction takes.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Register(Register),
    Memory(Memory),
}

/// Which lanes an instruction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Masked {
    /// All.
    No,
    /// Those in the mask register `k1`; others get 0.
    Zeroing,
    /// Those in the mask register `k1`; others keep what they had, or get what is blended.
    Merging,
}

/// Instructions, encoded so far.
pub(super) struct Assembler {
    pub(super) width: Width,
    encoder: Encoder,
    length: usize,
}

impl Assembler {
    /// None yet.
    pub(super) fn new(width: Width) -> Self {
        Self { width, encoder: Encoder::new(64), length: 0 }
    }

    /// How many bytes they are.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Their bytes.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.encoder.take_buffer()
    }

    /// Encodes an instruction of any kind.
    ///
    /// # Errors
    /// There is no such instruction.
    pub(super) fn add(&mut self, instruction: &Instruction) -> Result<(), IcedError> {
        self.length += self.encoder.encode(instruction, self.length as u64)?;
        Ok(())
    }

    /// Encodes an instruction with registers and a place in memory, then perhaps a number.
    ///
    /// # Errors
    /// There is no such instruction.
    pub(super) fn instruction(
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
                Operand::Register(register) => {
                    instruction.set_op_kind(number, OpKind::Register);
                    instruction.set_op_register(number, register);
                }
                Operand::Memory(memory) => {
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
        self.add(&instruction)
    }

    /// A vector register.
    pub(super) fn vector(&self, register: u8) -> Register {
        self.width.pick([Register::YMM0, Register::ZMM0]) + u32::from(register)
    }
}

pub(super) const MOVE: [Code; 2] = [Code::VEX_Vmovapd_ymm_ymmm256, Code::EVEX_Vmovapd_zmm_k1z_zmmm512];
pub(super) const MOVE_TO: [Code; 2] = [Code::VEX_Vmovapd_ymmm256_ymm, Code::EVEX_Vmovapd_zmmm512_k1z_zmm];
pub(super) const BROADCAST: [Code; 2] =
    [Code::VEX_Vbroadcastsd_ymm_m64, Code::EVEX_Vbroadcastsd_zmm_k1z_xmmm64];
pub(super) const SQUARE_ROOT: [Code; 2] =
    [Code::VEX_Vsqrtpd_ymm_ymmm256, Code::EVEX_Vsqrtpd_zmm_k1z_zmmm512b64_er];
pub(super) const ROUND: [Code; 2] =
    [Code::VEX_Vroundpd_ymm_ymmm256_imm8, Code::EVEX_Vrndscalepd_zmm_k1z_zmmm512b64_imm8_sae];
pub(super) const COMPARE: [Code; 2] =
    [Code::VEX_Vcmppd_ymm_ymm_ymmm256_imm8, Code::EVEX_Vcmppd_kr_k1_zmm_zmmm512b64_imm8_sae];
pub(super) const SHIFT_LEFT: [Code; 2] =
    [Code::VEX_Vpsllq_ymm_ymm_imm8, Code::EVEX_Vpsllq_zmm_k1z_zmmm512b64_imm8];

/// The instruction with two operands.
pub(super) fn code_of(two: Two) -> [Code; 2] {
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
pub(super) fn codes_of_fused(fused: Fused) -> [[Code; 2]; 3] {
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
pub(super) fn predicate(comparison: Comparison) -> u8 {
    match comparison {
        Comparison::Equal => 0x00,
        Comparison::Less => 0x11,
        Comparison::LessOrEqual => 0x12,
        Comparison::NotEqual => 0x04,
    }
}
