//! Machine code for operations that come one after the other.
//!
//! An operation by itself takes a line of numbers from memory and leaves a line there. Here a vector of lanes goes
//! through all operations of a segment at once: what is between them stays in registers, and a CPU does exponentials
//! while it divides. Every lane gets the same bits: the instructions are those of [`crate::math::vector`].
//!
//! What is rare is not done by this code: where an argument of an exponential is large, or a quotient may lack the
//! bits of a division, it stops before it has changed anything, and the operations do that line.

mod assembler;
mod emit;
mod graph;
mod registers;
mod schedule;

use std::sync::{Arc, LazyLock};

use assembler::Width;
use emit::Emitted;
use graph::Graph;
use memmap2::{Mmap, MmapMut};

use super::code::{Operation, Slot};
use super::steps::Bank;
use super::{Bits, LANES};
use crate::Column;
use crate::column::Line;
use crate::math::powers_of_two::POWERS_OF_TWO;
use crate::math::{Features, Level};

/// The code of segments, which can be run.
#[derive(Debug)]
pub(super) struct Segments {
    code: Mmap,
    constants: Column,
    starts: Vec<Start>,
}

/// Where a segment starts in the code, and its constants among all of them.
#[derive(Clone, Copy, Debug)]
struct Start {
    code: usize,
    constants: usize,
}

/// Segments while they are made.
#[derive(Debug, Default)]
pub(super) struct Writer {
    code: Vec<u8>,
    constants: Vec<f64>,
    starts: Vec<Start>,
}

/// Cycles for which operations of a segment wait for each other, about: measured on Zen 5, where half or twice as many
/// cost some percent.
const CHAIN: u32 = 70;

/// Takes the lines of slots, uniform numbers, masks, where to start and to end (bytes from the first lane of the
/// block), and constants; returns where it ended.
type Run =
    unsafe extern "sysv64" fn(*const *mut Line, *const f64, *const Bits, usize, usize, *const f64) -> usize;

/// Rows of the table of powers of two, less the bits that the exponent of an index has there, and their errors.
static TABLE: LazyLock<[[u64; 2]; 128]> = LazyLock::new(|| {
    let mut table = POWERS_OF_TWO;
    for (number, [power, _]) in (0_u64..).zip(&mut table) {
        *power = power.wrapping_sub(number << 45);
    }
    table
});

impl Writer {
    /// The number of the code for operations, of which the numbers in some slots are needed afterwards; none if this CPU
    /// has no vectors that it is for.
    pub(super) fn add(
        &mut self,
        operations: &[Operation],
        is_needed: impl Fn(Slot) -> bool,
        level: Level,
    ) -> Option<u32> {
        let width = match level.features() {
            Features::Baseline => return None,
            Features::Avx2Fma => Width::Four,
            Features::Avx512 => Width::Eight,
        };
        let mut graph = Graph::default();
        for vector in 0..width.vectors() {
            graph.vector = vector;
            if !operations.iter().all(|operation| graph.add(operation)) {
                return None;
            }
        }
        let results = graph.results(is_needed);
        let emitted = emit::emit(&graph, &results, TABLE.as_ptr().cast(), width);
        debug_assert!(emitted.is_ok(), "{:?}", emitted.err());
        let Emitted { code, constants } = emitted.ok()?;
        self.starts.push(Start { code: self.code.len(), constants: self.constants.len() });
        self.code.extend(code);
        self.constants.extend(constants.into_iter().map(f64::from_bits));
        // whole lines, as vectors want them
        self.constants.resize(self.constants.len().next_multiple_of(LANES), 0.);
        Some(self.starts.len() as u32 - 1)
    }

    /// What can be run of it; nothing where the operating system lets nobody make code.
    pub(super) fn finish(self) -> Option<Arc<Segments>> {
        let mut memory = MmapMut::map_anon(self.code.len()).ok()?;
        memory.copy_from_slice(&self.code);
        let (code, constants) = (memory.make_exec().ok()?, self.constants.into_iter().collect());
        Some(Arc::new(Segments { code, constants, starts: self.starts }))
    }
}

/// Whether there can be code for an operation, which is a step otherwise.
pub(super) fn can_do(operation: &Operation) -> bool {
    // those leave some lanes to `pow`
    !matches!(operation, Operation::Power { .. })
}

/// The ends of the parts into which operations are to be divided, each a segment of its own: where each one waits for the
/// one before, a CPU needs operations of other lanes to do meanwhile, and finds them in short segments.
pub(super) fn parts(operations: &[Operation]) -> Vec<usize> {
    let mut graph = Graph::default();
    let mut depths = schedule::Depths::default();
    let after = |operation| {
        graph.add(operation);
        depths.greatest(&graph)
    };
    let chains: Vec<u32> = operations.iter().map(after).collect();
    let all = chains.last().copied().unwrap_or(0);
    let count = ((all + CHAIN / 2) / CHAIN).max(1);
    // the first operation of a part is the first one that comes so late
    let mut ends: Vec<usize> =
        (1..count).map(|part| chains.partition_point(|&chain| chain * count <= all * part)).collect();
    ends.push(operations.len());
    ends.retain(|&end| end > 0);
    ends.dedup();
    ends
}

impl Segments {
    /// Does the operations of a segment in the lines of the bank; `by_steps` does those of a bank with one line.
    ///
    /// # Safety
    /// The segment is one of these. The bank is that of the code which it was made for, whose slots have the lines it says
    /// and are used by nobody else.
    pub(super) unsafe fn run(&self, segment: u32, bank: &Bank, by_steps: impl Fn(&Bank)) {
        const LINE: usize = size_of::<Line>();
        let start = self.starts[segment as usize];
        let (mut line, end) = (bank.first, bank.first + bank.lines);
        // SAFETY: there the code starts, which was made for this signature
        let run = unsafe { std::mem::transmute::<*const u8, Run>(self.code[start.code..].as_ptr()) };
        let constants = self.constants[start.constants..].as_ptr();
        let (slots, uniform, masks) = (bank.slots.as_ptr(), bank.uniform.as_ptr(), bank.masks.as_ptr());
        while line < end {
            // SAFETY: by the caller; the CPU has the instructions, or there would be no code
            let at = unsafe { run(slots, uniform, masks, line * LINE, end * LINE, constants) };
            line = at / LINE;
            if line < end {
                by_steps(&Bank { first: line, lines: 1, ..*bank });
                line += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::{First, Operand, Second};
    use super::super::steps::Step;
    use super::*;
    use crate::ir::{BinaryOperation, UnaryOperation};

    const LINES: usize = 12;
    /// Slots with numbers; others hold results in between.
    const SLOTS: u32 = 8;
    const ALL_SLOTS: usize = 40;

    /// Numbers that are easy, and those that are not.
    fn number(at: usize) -> f64 {
        const ODD: [f64; 24] = [
            0.,
            -0.,
            1.,
            -1.,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            -5e-324,
            1e308,
            -1e300,
            1e-300,
            354.,
            356.,
            -356.,
            511.,
            -513.,
            701.,
            -701.,
            710.,
            1e-20,
            0.5 + f64::EPSILON,
            1. - f64::EPSILON / 2.,
            3.,
        ];
        match (at * 7919) % 31 {
            odd if odd < 24 && at.is_multiple_of(5) => ODD[odd],
            _ => ((at * 104_729) % 2003) as f64 / 50. - 20.,
        }
    }

    /// Does operations by code and by steps, which have to leave the same bits in the slots that are needed.
    fn compare(operations: &[Operation], needed: &[Slot]) {
        for level in Level::available() {
            // not the first one
            let mut writer = Writer::default();
            for _ in 0..2 {
                let segment = writer.add(operations, |slot| needed.contains(&slot), level);
                assert_eq!(segment.is_some(), level.features() != Features::Baseline, "{operations:?}");
            }
            if level.features() == Features::Baseline {
                continue;
            }
            let segments = writer.finish().expect("code can be made");
            let steps: Vec<Step> =
                operations.iter().filter_map(|operation| Step::decode(operation, level)).collect();
            assert_eq!(steps.len(), operations.len());
            let lines = |slot: usize| -> Vec<Line> {
                let lane = |line: usize| std::array::from_fn(|lane| number(1000 * slot + 8 * line + lane));
                (0..LINES).map(|line| Line(lane(line))).collect()
            };
            let uniform: Vec<f64> = vec![2.5, 0.3, -4., -0.25, 1e-3, 1.];
            let masks: Vec<Bits> = vec![0x0f31_ffff_00ff_8001_a5a5_0000_ff10_2301, Bits::MAX];
            let by_steps = |bank: &Bank| {
                for step in &steps {
                    // SAFETY: the bank has all slots, uniform numbers and masks
                    unsafe { step.run(bank) };
                }
            };
            let outcome = |run: &dyn Fn(&Bank)| {
                let mut numbers: Vec<Vec<Line>> = (0..ALL_SLOTS).map(lines).collect();
                let slots: Vec<*mut Line> = numbers.iter_mut().map(|lines| lines.as_mut_ptr()).collect();
                run(&Bank { slots: &slots, uniform: &uniform, masks: &masks, first: 1, lines: LINES - 2 });
                let bits = |number: f64| if number.is_nan() { 1 } else { number.to_bits() };
                let of = |slot: &Slot| {
                    let numbers = numbers[slot.0 as usize].iter().flat_map(|line| line.0);
                    numbers.map(bits).collect::<Vec<u64>>()
                };
                needed.iter().map(of).collect::<Vec<_>>()
            };
            let expected = outcome(&by_steps);
            // SAFETY: the bank has all slots, uniform numbers and masks
            let code = outcome(&|bank| unsafe { segments.run(1, bank, by_steps) });
            assert_eq!(code, expected, "{level:?} {operations:?}");
        }
    }

    const IN_LANES: [Operand; 3] =
        [Operand::Lanes(Slot(0)), Operand::Lanes(Slot(1)), Operand::Lanes(Slot(2))];
    const OPERANDS: [Operand; 4] = [IN_LANES[0], IN_LANES[1], Operand::Uniform(0), Operand::Uniform(2)];
    const TO: Slot = Slot(7);

    #[test]
    fn every_operation_has_the_bits_of_its_step() {
        use BinaryOperation::*;
        use UnaryOperation::{Abs, Ceil, Exp, Floor, Negate, Not, Sqrt, Truncate};
        for operation in [Negate, Not, Exp, Sqrt, Abs, Floor, Ceil, Truncate] {
            compare(&[Operation::Unary { operation, to: TO, operand: Slot(0) }], &[TO]);
        }
        let binary = [
            Add,
            Subtract,
            Multiply,
            Divide,
            Maximum,
            Minimum,
            Equal,
            NotEqual,
            Less,
            LessOrEqual,
            Greater,
            GreaterOrEqual,
            And,
            Or,
        ];
        for (operation, left) in binary.into_iter().flat_map(|one| OPERANDS.map(|left| (one, left))) {
            for right in OPERANDS {
                compare(&[Operation::Binary { operation, to: TO, left, right }], &[TO]);
                // in the place of an operand
                compare(&[Operation::Binary { operation, to: Slot(1), left, right }], &[Slot(1)]);
            }
        }
        for (accepted, rejected) in OPERANDS.into_iter().flat_map(|one| OPERANDS.map(|other| (one, other))) {
            compare(&[Operation::Select { to: TO, condition: Slot(2), accepted, rejected }], &[TO]);
        }
        for from in OPERANDS {
            compare(&[Operation::Copy { to: TO, from }], &[TO]);
            for mask in [0, 1] {
                compare(&[Operation::CopyActive { to: TO, from, mask }], &[TO]);
            }
        }
    }

    #[test]
    fn fused_operations_have_the_bits_of_their_steps() {
        let [a, b, _] = IN_LANES;
        for second in
            [Second::Add, Second::SubtractFrom, Second::Multiply, Second::Divide, Second::DivideInto]
        {
            for first in [First::Add, First::Subtract, First::Multiply, First::Divide] {
                let operands = [a, b, Operand::Uniform(1)];
                compare(&[Operation::Fused { first, second, to: TO, operands }], &[TO]);
                let operands = [a, Operand::Uniform(4), IN_LANES[2]];
                compare(&[Operation::Fused { first, second, to: TO, operands }], &[TO]);
            }
        }
        for second in
            [None, Some((Second::Add, 0)), Some((Second::SubtractFrom, 1)), Some((Second::Multiply, 2))]
        {
            for (first, b) in [(First::Divide, b), (First::Divide, Operand::Uniform(2)), (First::Multiply, b)]
            {
                compare(&[Operation::Exponential { first, operands: [a, b], second, to: TO }], &[TO]);
            }
        }
    }

    /// Quotients by way of reciprocals, in range and out of it, with the one that is in another slot and changes.
    #[test]
    fn quotients_by_reciprocals_are_quotients() {
        let [a, b, c] = IN_LANES;
        let operation = BinaryOperation::Divide;
        let reciprocal = |to, right| Operation::Binary { operation, to, left: Operand::Uniform(5), right };
        let (by_lanes, by_uniform) = (Operand::Divisor(Slot(1), Slot(3)), Operand::UniformDivisor(2, 3));
        for left in [a, c, Operand::Uniform(1)] {
            let quotient = Operation::Binary { operation, to: TO, left, right: by_lanes };
            compare(&[reciprocal(Slot(3), b), quotient.clone()], &[TO]);
            compare(&[reciprocal(Slot(3), b), quotient], &[TO, Slot(3)]);
        }
        compare(&[Operation::Binary { operation, to: TO, left: a, right: by_uniform }], &[TO]);
        let operands = [a, by_uniform, by_lanes];
        let fused = Operation::Fused { first: First::Divide, second: Second::Divide, to: TO, operands };
        compare(&[reciprocal(Slot(3), b), fused], &[TO]);
        let operands = [c, by_lanes];
        let exponential = Operation::Exponential { first: First::Divide, operands, second: None, to: TO };
        compare(&[reciprocal(Slot(3), b), exponential], &[TO, Slot(3)]);
    }

    /// A code with many more values at a time than registers: sums of all pairs of exponentials and quotients.
    #[test]
    fn values_for_which_there_is_no_register_are_kept_elsewhere() {
        const VALUES: u32 = 20;
        let mut operations = Vec::new();
        let slots = || (0..VALUES).map(|number| Slot(SLOTS + number));
        for (number, to) in (0..VALUES).zip(slots()) {
            let (operand, left) = (Slot(number % 3), IN_LANES[number as usize % 3]);
            let right = Operand::Uniform(number % 6);
            operations.push(Operation::Binary { operation: BinaryOperation::Multiply, to, left, right });
            operations.push(if number % 2 == 0 {
                Operation::Unary { operation: UnaryOperation::Exp, to, operand: to }
            } else {
                let operation = BinaryOperation::Divide;
                Operation::Binary { operation, to, left: Operand::Lanes(to), right: Operand::Lanes(operand) }
            });
        }
        let first = Slot(SLOTS);
        operations.push(Operation::Copy { to: TO, from: Operand::Lanes(first) });
        for (one, other) in slots().flat_map(|one| slots().skip(3).step_by(4).map(move |other| (one, other)))
        {
            let [left, right] = [one, other].map(Operand::Lanes);
            let operation = BinaryOperation::Add;
            operations.push(Operation::Binary { operation, to: one, left, right });
            let [left, right] = [TO, one].map(Operand::Lanes);
            let operation = BinaryOperation::Maximum;
            operations.push(Operation::Binary { operation, to: TO, left, right });
        }
        compare(&operations, &[TO]);
        let all: Vec<Slot> = slots().chain([TO]).collect();
        compare(&operations, &all);
    }

    /// Slots change places, which no order of stores by itself gets right.
    #[test]
    fn slots_can_change_places() {
        let copy = |to: u32, from: u32| Operation::Copy { to: Slot(to), from: Operand::Lanes(Slot(from)) };
        compare(&[copy(7, 0), copy(0, 1), copy(1, 7)], &[Slot(0), Slot(1)]);
        compare(&[copy(7, 0), copy(0, 1), copy(1, 2), copy(2, 7)], &[Slot(0), Slot(1), Slot(2), TO]);
    }
}
