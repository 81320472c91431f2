//! Operations that are done with vectors: each is a function of its own, compiled for the vector instructions of a
//! level and for where its operands are.
//!
//! An operation takes a line of every operand before it leaves its result, so that this may be in the place of one.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::code::{Condition, First, Operand, Operation, Second};
use super::{Bits, LANES, LINES};
use crate::column::Line;
use crate::ir::{BinaryOperation, UnaryOperation};
use crate::math::vector::{Avx2, Avx512, Plain, RECIPROCALS, Vector};
use crate::math::{Features, Level, pow_lanes};

/// Where the numbers of a block of lanes are.
pub(super) struct Bank<'a> {
    /// The lines of each slot.
    pub(super) slots: &'a [*mut Line],
    /// Numbers that all lanes share.
    pub(super) uniform: &'a [f64],
    /// A bit for each lane of each mask.
    pub(super) masks: &'a [Bits],
    /// The first of the lines that are asked for.
    pub(super) first: usize,
    /// How many they are.
    pub(super) lines: usize,
}

/// An operation, decoded.
#[derive(Clone, Debug)]
pub(super) struct Step {
    run: Run,
    to: u32,
    operands: [u32; 3],
}

/// # Safety
/// The numbers of the step are those of slots, uniform numbers and masks of the bank, as the operation needs; slots
/// have as many lines as the bank says, and nobody else uses them.
type Run = unsafe fn(&Bank, &Step);

impl Step {
    /// Does the operation for all lanes of a block.
    ///
    /// # Safety
    /// The bank is that of the code which the step was decoded for, whose slots have the lines it says and are used
    /// by nobody else.
    #[inline(always)]
    pub(super) unsafe fn run(&self, bank: &Bank) {
        // SAFETY: by the caller
        unsafe { (self.run)(bank, self) }
    }

    /// The step for an operation, if vectors can do it.
    pub(super) fn decode(operation: &Operation, level: Level) -> Option<Self> {
        let number = |operand: Operand| match operand {
            Operand::Lanes(slot) => slot.0,
            Operand::Uniform(number) => number,
            Operand::Divisor(divisor, reciprocal) => packed(divisor.0, reciprocal.0),
            Operand::UniformDivisor(divisor, reciprocal) => packed(divisor, reciprocal),
        };
        let run = Self::function(operation, level)?;
        let (to, operands) = match *operation {
            Operation::Unary { to, operand, .. } | Operation::Power { to, operand, .. } => {
                (to, [operand.0; 3])
            }
            Operation::Binary { to, left, right, .. } => (to, [number(left), number(right), 0]),
            Operation::Fused { to, operands, .. } => (to, operands.map(number)),
            // there need not be a uniform number
            Operation::Exponential { operands: [a, b], second, to, .. } => {
                (to, [number(a), number(b), second.map_or(number(a), |(_, uniform)| uniform)])
            }
            Operation::Select { to, condition, accepted, rejected } => {
                (to, [condition.0, number(accepted), number(rejected)])
            }
            Operation::Copy { to, from } => (to, [number(from), 0, 0]),
            Operation::CopyActive { to, from, mask } => (to, [number(from), mask, 0]),
            _ => return None,
        };
        Some(Self { run, to: to.0, operands })
    }

    /// Whether vectors can do an operation.
    pub(super) fn is_for(operation: &Operation) -> bool {
        Self::function(operation, Level::BASELINE).is_some()
    }

    fn function(operation: &Operation, level: Level) -> Option<Run> {
        match *operation {
            Operation::Unary { operation, .. } => unary(level, operation),
            Operation::Binary { operation, left, right, .. } => binary(level, operation, left, right),
            Operation::Fused { first, second, operands, .. } => fused(level, first, second, operands),
            Operation::Exponential { first, operands, second, .. } => {
                exponential(level, first, operands, second.map(|(second, _)| second))
            }
            Operation::Power { exponent: 3, .. } => Some(compiled::<WholePower<3>>(level)),
            Operation::Power { exponent: 4, .. } => Some(compiled::<WholePower<4>>(level)),
            Operation::Select { accepted, rejected, .. } => Some(select(level, accepted, rejected)),
            Operation::Copy { from, .. } => Some(match Alone::of(from) {
                Alone::Lanes(_) => compiled::<CopyOf<Lanes>>(level),
                Alone::Uniform(_) => compiled::<CopyOf<Uniform>>(level),
            }),
            Operation::CopyActive { from, .. } => Some(match Alone::of(from) {
                Alone::Lanes(_) => compiled::<CopyInto<Lanes>>(level),
                Alone::Uniform(_) => compiled::<CopyInto<Uniform>>(level),
            }),
            _ => None,
        }
    }
}

/// An operand without the reciprocal that may come with it.
#[derive(Clone, Copy)]
enum Alone {
    Lanes(u32),
    Uniform(u32),
}

impl Alone {
    fn of(operand: Operand) -> Self {
        match operand {
            Operand::Lanes(slot) | Operand::Divisor(slot, _) => Self::Lanes(slot.0),
            Operand::Uniform(number) | Operand::UniformDivisor(number, _) => Self::Uniform(number),
        }
    }
}

/// Two numbers in one, if they are small enough for [`unpacked`].
fn packed(first: u32, second: u32) -> u32 {
    debug_assert!(first < MOST_PACKED && second < MOST_PACKED, "`reciprocals` sees to it");
    first | second << 16
}

/// What is smaller can be packed.
pub(super) const MOST_PACKED: u32 = 1 << 16;

fn unpacked(packed: u32) -> [u32; 2] {
    [packed & (MOST_PACKED - 1), packed >> 16]
}

/// Which lanes a condition holds for, decoded.
#[derive(Clone, Debug)]
pub(super) struct Test {
    run: unsafe fn(&Bank, [u32; 2]) -> Bits,
    operands: [u32; 2],
}

impl Test {
    /// A bit for each of the lanes that the bank asks for, and for no other ones.
    ///
    /// # Safety
    /// As for [`Step::run`].
    pub(super) unsafe fn run(&self, bank: &Bank) -> Bits {
        // SAFETY: by the caller
        unsafe { (self.run)(bank, self.operands) }
    }

    /// The test of a condition.
    pub(super) fn decode(condition: Condition, level: Level) -> Self {
        fn of<F: Function<2>>(level: Level, left: Operand, right: Operand) -> (Decide, [u32; 2]) {
            match (Alone::of(left), Alone::of(right)) {
                (Alone::Lanes(a), Alone::Lanes(b)) => (deciding::<F, Lanes, Lanes>(level), [a, b]),
                (Alone::Lanes(a), Alone::Uniform(b)) => (deciding::<F, Lanes, Uniform>(level), [a, b]),
                (Alone::Uniform(a), Alone::Lanes(b)) => (deciding::<F, Uniform, Lanes>(level), [a, b]),
                (Alone::Uniform(a), Alone::Uniform(b)) => (deciding::<F, Uniform, Uniform>(level), [a, b]),
            }
        }
        let (run, operands) = match condition {
            Condition::Nonzero(slot) => (deciding::<Former, Lanes, Lanes>(level), [slot.0; 2]),
            Condition::Compared(operation, left, right) => match operation {
                BinaryOperation::Equal => of::<Equal>(level, left, right),
                BinaryOperation::NotEqual => of::<NotEqual>(level, left, right),
                BinaryOperation::Less => of::<Less>(level, left, right),
                BinaryOperation::LessOrEqual => of::<LessOrEqual>(level, left, right),
                BinaryOperation::Greater => of::<Greater>(level, left, right),
                _ => of::<GreaterOrEqual>(level, left, right),
            },
        };
        Self { run, operands }
    }
}

/// As for [`Run`].
type Decide = unsafe fn(&Bank, [u32; 2]) -> Bits;

/// The function that finds the lanes for which `F` of two operands is not 0.
fn deciding<F: Function<2>, A: Source, B: Source>(level: Level) -> Decide {
    #[inline(always)]
    unsafe fn bits<V: Vector, F: Function<2>, A: Source, B: Source>(bank: &Bank, [a, b]: [u32; 2]) -> Bits {
        // SAFETY: by the caller
        unsafe {
            let (a, b) = (A::find(bank, a), B::find(bank, b));
            let mut bits = [0_u8; size_of::<Bits>()];
            for (line, bits) in bits[bank.first..].iter_mut().enumerate().take(bank.lines) {
                *bits = F::of::<V>([A::line(a, line), B::line(b, line)]).nonzero();
            }
            Bits::from_le_bytes(bits)
        }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    unsafe fn avx512<F: Function<2>, A: Source, B: Source>(bank: &Bank, operands: [u32; 2]) -> Bits {
        // SAFETY: by the caller; the features are those of the function
        unsafe { bits::<Avx512, F, A, B>(bank, operands) }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2<F: Function<2>, A: Source, B: Source>(bank: &Bank, operands: [u32; 2]) -> Bits {
        // SAFETY: by the caller; the features are those of the function
        unsafe { bits::<Avx2, F, A, B>(bank, operands) }
    }
    unsafe fn plain<F: Function<2>, A: Source, B: Source>(bank: &Bank, operands: [u32; 2]) -> Bits {
        // SAFETY: by the caller
        unsafe { bits::<Plain, F, A, B>(bank, operands) }
    }
    match level.features() {
        #[cfg(target_arch = "x86_64")]
        Features::Avx512 => avx512::<F, A, B>,
        #[cfg(target_arch = "x86_64")]
        Features::Avx2Fma => avx2::<F, A, B>,
        _ => plain::<F, A, B>,
    }
}

/// What a step does, whatever the vectors.
trait Shape {
    /// # Safety
    /// As for [`Run`], and the CPU has the vectors.
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step);
}

/// The function that does it on a level.
fn compiled<S: Shape>(level: Level) -> Run {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    unsafe fn avx512<S: Shape>(bank: &Bank, step: &Step) {
        // SAFETY: by the caller; the features are those of the function
        unsafe { S::run::<Avx512>(bank, step) }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2<S: Shape>(bank: &Bank, step: &Step) {
        // SAFETY: by the caller; the features are those of the function
        unsafe { S::run::<Avx2>(bank, step) }
    }
    unsafe fn plain<S: Shape>(bank: &Bank, step: &Step) {
        // SAFETY: by the caller
        unsafe { S::run::<Plain>(bank, step) }
    }
    match level.features() {
        #[cfg(target_arch = "x86_64")]
        Features::Avx512 => avx512::<S>,
        #[cfg(target_arch = "x86_64")]
        Features::Avx2Fma => avx2::<S>,
        _ => plain::<S>,
    }
}

/// Where an operand is.
trait Source {
    type Numbers: Copy;
    /// # Safety
    /// As for [`Run`].
    unsafe fn find(bank: &Bank, number: u32) -> Self::Numbers;
    /// # Safety
    /// As for [`Run`], and the CPU has the vectors.
    unsafe fn line<V: Vector>(numbers: Self::Numbers, line: usize) -> V;
    /// A number divided by this.
    ///
    /// # Safety
    /// As for `line`.
    #[inline(always)]
    unsafe fn divide<V: Vector>(dividend: V, numbers: Self::Numbers, line: usize) -> V {
        // SAFETY: by the caller
        unsafe { dividend.divide(Self::line(numbers, line)) }
    }
}

/// A number for each lane.
struct Lanes;

impl Source for Lanes {
    type Numbers = *const Line;

    #[inline(always)]
    unsafe fn find(bank: &Bank, number: u32) -> *const Line {
        // SAFETY: by the caller
        unsafe { bank.slots.get_unchecked(number as usize).add(bank.first) }
    }

    #[inline(always)]
    unsafe fn line<V: Vector>(numbers: *const Line, line: usize) -> V {
        // SAFETY: by the caller
        unsafe { V::load(numbers.add(line)) }
    }
}

/// One number for all lanes.
struct Uniform;

impl Source for Uniform {
    type Numbers = f64;

    #[inline(always)]
    unsafe fn find(bank: &Bank, number: u32) -> f64 {
        // SAFETY: by the caller
        unsafe { *bank.uniform.get_unchecked(number as usize) }
    }

    #[inline(always)]
    unsafe fn line<V: Vector>(number: f64, _: usize) -> V {
        // SAFETY: by the caller
        unsafe { V::splat(number) }
    }
}

/// A divisor with its reciprocal.
struct Divisor;

impl Source for Divisor {
    type Numbers = [*const Line; 2];

    #[inline(always)]
    unsafe fn find(bank: &Bank, number: u32) -> [*const Line; 2] {
        // SAFETY: by the caller
        unpacked(number).map(|slot| unsafe { Lanes::find(bank, slot) })
    }

    #[inline(always)]
    unsafe fn line<V: Vector>([divisor, _]: [*const Line; 2], line: usize) -> V {
        // SAFETY: by the caller
        unsafe { V::load(divisor.add(line)) }
    }

    #[inline(always)]
    unsafe fn divide<V: Vector>(dividend: V, numbers: [*const Line; 2], line: usize) -> V {
        // SAFETY: by the caller
        unsafe {
            let [divisor, reciprocal] = numbers.map(|numbers| V::load(numbers.add(line)));
            dividend.divide_by::<false>(divisor, reciprocal)
        }
    }
}

/// A divisor for all lanes, with its reciprocal where this is of use.
struct UniformDivisor;

impl Source for UniformDivisor {
    type Numbers = (f64, Option<f64>);

    #[inline(always)]
    unsafe fn find(bank: &Bank, number: u32) -> (f64, Option<f64>) {
        // SAFETY: by the caller
        let [divisor, reciprocal] = unpacked(number).map(|number| unsafe { Uniform::find(bank, number) });
        (divisor, Some(reciprocal).filter(|reciprocal| RECIPROCALS.contains(&reciprocal.abs())))
    }

    #[inline(always)]
    unsafe fn line<V: Vector>((divisor, _): (f64, Option<f64>), _: usize) -> V {
        // SAFETY: by the caller
        unsafe { V::splat(divisor) }
    }

    #[inline(always)]
    unsafe fn divide<V: Vector>(dividend: V, (divisor, reciprocal): (f64, Option<f64>), _: usize) -> V {
        // SAFETY: by the caller
        unsafe {
            match reciprocal {
                Some(reciprocal) => dividend.divide_by::<true>(V::splat(divisor), V::splat(reciprocal)),
                None => dividend.divide(V::splat(divisor)),
            }
        }
    }
}

/// An operation of vectors.
trait Function<const COUNT: usize> {
    /// # Safety
    /// The CPU has the vectors.
    unsafe fn of<V: Vector>(operands: [V; COUNT]) -> V;
}

/// An operation of two vectors, the second of which may be where it is divided by in another way.
trait Pair: Function<2> {
    /// # Safety
    /// As for [`Run`], and the CPU has the vectors.
    #[inline(always)]
    unsafe fn with<V: Vector, B: Source>(a: V, b: B::Numbers, line: usize) -> V {
        // SAFETY: by the caller
        unsafe { Self::of([a, B::line(b, line)]) }
    }
}

macro_rules! functions {
    ($($name:ident: |$($operand:ident),+| $result:expr;)*) => {
        $(struct $name;

        impl Function<{ [$(stringify!($operand)),+].len() }> for $name {
            #[inline(always)]
            unsafe fn of<V: Vector>([$($operand),+]: [V; [$(stringify!($operand)),+].len()]) -> V {
                // SAFETY: by the caller
                unsafe { $result }
            }
        })*
    };
}

functions! {
    Negate: |a| a.negate();
    Not: |a| a.equal(V::splat(0.));
    Sqrt: |a| a.square_root();
    Abs: |a| a.absolute();
    Floor: |a| a.floor();
    Ceil: |a| a.ceil();
    Truncate: |a| a.truncate();
    Add: |a, b| a.add(b);
    Subtract: |a, b| a.subtract(b);
    Multiply: |a, b| a.multiply(b);
    Divide: |a, b| a.divide(b);
    Maximum: |a, b| a.maximum(b);
    Minimum: |a, b| a.minimum(b);
    Equal: |a, b| a.equal(b);
    NotEqual: |a, b| a.not_equal(b);
    Less: |a, b| a.less(b);
    LessOrEqual: |a, b| a.less_or_equal(b);
    Greater: |a, b| b.less(a);
    GreaterOrEqual: |a, b| b.less_or_equal(a);
    And: |a, b| a.and(b);
    Or: |a, b| a.or(b);
    SubtractFrom: |a, b| b.subtract(a);
    DivideInto: |a, b| b.divide(a);
    Select: |condition, accepted, rejected| condition.select(accepted, rejected);
}

macro_rules! pairs {
    ($($name:ident)*) => {
        $(impl Pair for $name {})*
    };
}

pairs! {
    Add Subtract Multiply Maximum Minimum Equal NotEqual Less LessOrEqual Greater GreaterOrEqual And Or SubtractFrom
    DivideInto
}

impl Pair for Divide {
    #[inline(always)]
    unsafe fn with<V: Vector, B: Source>(a: V, b: B::Numbers, line: usize) -> V {
        // SAFETY: by the caller
        unsafe { B::divide(a, b, line) }
    }
}

/// The first of two.
struct Former;

impl Function<2> for Former {
    #[inline(always)]
    unsafe fn of<V: Vector>([a, _]: [V; 2]) -> V {
        a
    }
}

impl Pair for Former {
    #[inline(always)]
    unsafe fn with<V: Vector, B: Source>(a: V, _: B::Numbers, _: usize) -> V {
        a
    }
}

struct One<F>(PhantomData<F>);

impl<F: Function<1>> Shape for One<F> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        // SAFETY: by the caller
        unsafe {
            let (to, a) = (target(bank, step), Lanes::find(bank, step.operands[0]));
            for line in 0..bank.lines {
                F::of::<V>([Lanes::line(a, line)]).store(to.add(line));
            }
        }
    }
}

/// A power with a whole exponent.
struct WholePower<const EXPONENT: u32>;

impl<const EXPONENT: u32> Shape for WholePower<EXPONENT> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        // lanes that are left to `pow`, and their bases
        let (mut lanes, mut bases, mut count) = ([0; LANES * LINES], [0.; LANES * LINES], 0);
        // SAFETY: by the caller
        unsafe {
            let (to, a) = (target(bank, step), Lanes::find(bank, step.operands[0]));
            for line in 0..bank.lines {
                let base: V = Lanes::line(a, line);
                let (power, mut unfit) = base.whole_power::<EXPONENT>();
                while unfit != 0 {
                    let lane = unfit.trailing_zeros() as usize;
                    (lanes[count], bases[count]) = (LANES * line + lane, (*a.add(line)).0[lane]);
                    count += 1;
                    unfit &= unfit - 1;
                }
                power.store(to.add(line));
            }
            pow_lanes::<true>(&mut bases[..count], &[f64::from(EXPONENT); LANES * LINES][..count]);
            for (&lane, power) in lanes.iter().zip(bases).take(count) {
                (*to.add(lane / LANES)).0[lane % LANES] = power;
            }
        }
    }
}

struct Two<F, A, B>(PhantomData<(F, A, B)>);

impl<F: Pair, A: Source, B: Source> Shape for Two<F, A, B> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        let [a, b, _] = step.operands;
        // SAFETY: by the caller
        unsafe {
            let (to, a, b) = (target(bank, step), A::find(bank, a), B::find(bank, b));
            for line in 0..bank.lines {
                F::with::<V, B>(A::line(a, line), b, line).store(to.add(line));
            }
        }
    }
}

struct Three<F, A, B>(PhantomData<(F, A, B)>);

impl<F: Function<3>, A: Source, B: Source> Shape for Three<F, A, B> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        let [c, a, b] = step.operands;
        // SAFETY: by the caller
        unsafe {
            let (to, c) = (target(bank, step), Lanes::find(bank, c));
            let (a, b) = (A::find(bank, a), B::find(bank, b));
            for line in 0..bank.lines {
                F::of::<V>([Lanes::line(c, line), A::line(a, line), B::line(b, line)]).store(to.add(line));
            }
        }
    }
}

/// An operation, then another one with its result: `second(first(a, b), c)`.
struct Chain<F, S, A, B, C>(PhantomData<(F, S, A, B, C)>);

impl<F: Pair, S: Pair, A: Source, B: Source, C: Source> Shape for Chain<F, S, A, B, C> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        let [a, b, c] = step.operands;
        // SAFETY: by the caller
        unsafe {
            let to = target(bank, step);
            let (a, b, c) = (A::find(bank, a), B::find(bank, b), C::find(bank, c));
            for line in 0..bank.lines {
                let first = F::with::<V, B>(A::line(a, line), b, line);
                S::with::<V, C>(first, c, line).store(to.add(line));
            }
        }
    }
}

/// The exponential of an operation, then another operation with its result: `second(exp(first(a, b)), c)`.
struct Exponential<F, S, A, B, C>(PhantomData<(F, S, A, B, C)>);

impl<F: Pair, S: Pair, A: Source, B: Source, C: Source> Shape for Exponential<F, S, A, B, C> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        let [a, b, c] = step.operands;
        let mut exponentials = [const { MaybeUninit::<Line>::uninit() }; LINES];
        let exponentials = exponentials.as_mut_ptr().cast::<Line>();
        // SAFETY: by the caller; a block has no more than `LINES` lines
        unsafe {
            let to = target(bank, step);
            let (a, b, c) = (A::find(bank, a), B::find(bank, b), C::find(bank, c));
            for line in 0..bank.lines {
                F::with::<V, B>(A::line(a, line), b, line).store(exponentials.add(line));
            }
            V::guarded_exps(std::slice::from_raw_parts_mut(exponentials, bank.lines));
            for line in 0..bank.lines {
                S::with::<V, C>(V::load(exponentials.add(line)), c, line).store(to.add(line));
            }
        }
    }
}

struct CopyOf<A>(PhantomData<A>);

impl<A: Source> Shape for CopyOf<A> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        // SAFETY: by the caller
        unsafe {
            let (to, a) = (target(bank, step), A::find(bank, step.operands[0]));
            for line in 0..bank.lines {
                A::line::<V>(a, line).store(to.add(line));
            }
        }
    }
}

/// A copy into the lanes of a mask.
struct CopyInto<A>(PhantomData<A>);

impl<A: Source> Shape for CopyInto<A> {
    #[inline(always)]
    unsafe fn run<V: Vector>(bank: &Bank, step: &Step) {
        let [a, mask, _] = step.operands;
        // SAFETY: by the caller
        unsafe {
            let (to, a) = (target(bank, step), A::find(bank, a));
            let mask = bank.masks.get_unchecked(mask as usize).to_le_bytes();
            for (line, &bits) in mask.iter().skip(bank.first).enumerate().take(bank.lines) {
                if bits == u8::MAX {
                    A::line::<V>(a, line).store(to.add(line));
                } else if bits != 0 {
                    V::blend(bits, A::line(a, line), V::load(to.add(line))).store(to.add(line));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn target(bank: &Bank, step: &Step) -> *mut Line {
    // SAFETY: by the caller
    unsafe { bank.slots.get_unchecked(step.to as usize).add(bank.first) }
}

fn unary(level: Level, operation: UnaryOperation) -> Option<Run> {
    Some(match operation {
        UnaryOperation::Negate => compiled::<One<Negate>>(level),
        UnaryOperation::Not => compiled::<One<Not>>(level),
        UnaryOperation::Exp => compiled::<Exponential<Former, Former, Lanes, Lanes, Lanes>>(level),
        UnaryOperation::Sqrt => compiled::<One<Sqrt>>(level),
        UnaryOperation::Abs => compiled::<One<Abs>>(level),
        UnaryOperation::Floor => compiled::<One<Floor>>(level),
        UnaryOperation::Ceil => compiled::<One<Ceil>>(level),
        UnaryOperation::Truncate => compiled::<One<Truncate>>(level),
        _ => return None,
    })
}

fn binary(level: Level, operation: BinaryOperation, left: Operand, right: Operand) -> Option<Run> {
    fn of<F: Pair>(level: Level, left: Operand, right: Operand) -> Run {
        match (Alone::of(left), Alone::of(right)) {
            (Alone::Lanes(_), Alone::Lanes(_)) => compiled::<Two<F, Lanes, Lanes>>(level),
            (Alone::Lanes(_), Alone::Uniform(_)) => compiled::<Two<F, Lanes, Uniform>>(level),
            (Alone::Uniform(_), Alone::Lanes(_)) => compiled::<Two<F, Uniform, Lanes>>(level),
            (Alone::Uniform(_), Alone::Uniform(_)) => compiled::<Two<F, Uniform, Uniform>>(level),
        }
    }
    Some(match operation {
        BinaryOperation::Add => of::<Add>(level, left, right),
        BinaryOperation::Subtract => of::<Subtract>(level, left, right),
        BinaryOperation::Multiply => of::<Multiply>(level, left, right),
        BinaryOperation::Divide => match (Alone::of(left), right) {
            (Alone::Lanes(_), Operand::Divisor(..)) => compiled::<Two<Divide, Lanes, Divisor>>(level),
            (Alone::Uniform(_), Operand::Divisor(..)) => compiled::<Two<Divide, Uniform, Divisor>>(level),
            (Alone::Lanes(_), Operand::UniformDivisor(..)) => {
                compiled::<Two<Divide, Lanes, UniformDivisor>>(level)
            }
            _ => of::<Divide>(level, left, right),
        },
        BinaryOperation::Maximum => of::<Maximum>(level, left, right),
        BinaryOperation::Minimum => of::<Minimum>(level, left, right),
        BinaryOperation::Equal => of::<Equal>(level, left, right),
        BinaryOperation::NotEqual => of::<NotEqual>(level, left, right),
        BinaryOperation::Less => of::<Less>(level, left, right),
        BinaryOperation::LessOrEqual => of::<LessOrEqual>(level, left, right),
        BinaryOperation::Greater => of::<Greater>(level, left, right),
        BinaryOperation::GreaterOrEqual => of::<GreaterOrEqual>(level, left, right),
        BinaryOperation::And => of::<And>(level, left, right),
        BinaryOperation::Or => of::<Or>(level, left, right),
        _ => return None,
    })
}

fn select(level: Level, accepted: Operand, rejected: Operand) -> Run {
    match (Alone::of(accepted), Alone::of(rejected)) {
        (Alone::Lanes(_), Alone::Lanes(_)) => compiled::<Three<Select, Lanes, Lanes>>(level),
        (Alone::Lanes(_), Alone::Uniform(_)) => compiled::<Three<Select, Lanes, Uniform>>(level),
        (Alone::Uniform(_), Alone::Lanes(_)) => compiled::<Three<Select, Uniform, Lanes>>(level),
        (Alone::Uniform(_), Alone::Uniform(_)) => compiled::<Three<Select, Uniform, Uniform>>(level),
    }
}

fn fused(level: Level, first: First, second: Second, operands: [Operand; 3]) -> Option<Run> {
    fn of<F: Pair, A: Source, B: Source>(level: Level, second: Second, c: Operand) -> Run {
        fn with<F: Pair, S: Pair, A: Source, B: Source>(level: Level, c: Operand) -> Run {
            match Alone::of(c) {
                Alone::Lanes(_) => compiled::<Chain<F, S, A, B, Lanes>>(level),
                Alone::Uniform(_) => compiled::<Chain<F, S, A, B, Uniform>>(level),
            }
        }
        match (second, c) {
            (Second::Add, _) => with::<F, Add, A, B>(level, c),
            (Second::Subtract, _) => with::<F, Subtract, A, B>(level, c),
            (Second::SubtractFrom, _) => with::<F, SubtractFrom, A, B>(level, c),
            (Second::Multiply, _) => with::<F, Multiply, A, B>(level, c),
            (Second::Divide, Operand::Divisor(..)) => compiled::<Chain<F, Divide, A, B, Divisor>>(level),
            (Second::Divide, Operand::UniformDivisor(..)) => {
                compiled::<Chain<F, Divide, A, B, UniformDivisor>>(level)
            }
            (Second::Divide, _) => with::<F, Divide, A, B>(level, c),
            (Second::DivideInto, _) => with::<F, DivideInto, A, B>(level, c),
        }
    }
    use Operand::{Divisor as D, Lanes as L, Uniform as U, UniformDivisor as V};
    let [a, b, c] = operands;
    Some(match (first, a, b) {
        (First::Add, L(_), L(_)) => of::<Add, Lanes, Lanes>(level, second, c),
        (First::Add, L(_), U(_)) => of::<Add, Lanes, Uniform>(level, second, c),
        (First::Subtract, L(_), L(_)) => of::<Subtract, Lanes, Lanes>(level, second, c),
        (First::Subtract, L(_), U(_)) => of::<Subtract, Lanes, Uniform>(level, second, c),
        (First::Subtract, U(_), L(_)) => of::<Subtract, Uniform, Lanes>(level, second, c),
        (First::Multiply, L(_), L(_)) => of::<Multiply, Lanes, Lanes>(level, second, c),
        (First::Multiply, L(_), U(_)) => of::<Multiply, Lanes, Uniform>(level, second, c),
        (First::Divide, L(_), L(_)) => of::<Divide, Lanes, Lanes>(level, second, c),
        (First::Divide, L(_), U(_)) => of::<Divide, Lanes, Uniform>(level, second, c),
        (First::Divide, U(_), L(_)) => of::<Divide, Uniform, Lanes>(level, second, c),
        (First::Divide, L(_), D(..)) => of::<Divide, Lanes, Divisor>(level, second, c),
        (First::Divide, L(_), V(..)) => of::<Divide, Lanes, UniformDivisor>(level, second, c),
        (First::Divide, U(_), D(..)) => of::<Divide, Uniform, Divisor>(level, second, c),
        _ => return None,
    })
}

fn exponential(level: Level, first: First, operands: [Operand; 2], second: Option<Second>) -> Option<Run> {
    fn of<F: Pair, A: Source, B: Source>(level: Level, second: Option<Second>) -> Option<Run> {
        Some(match second {
            None => compiled::<Exponential<F, Former, A, B, Lanes>>(level),
            Some(Second::Add) => compiled::<Exponential<F, Add, A, B, Uniform>>(level),
            Some(Second::Subtract) => compiled::<Exponential<F, Subtract, A, B, Uniform>>(level),
            Some(Second::SubtractFrom) => compiled::<Exponential<F, SubtractFrom, A, B, Uniform>>(level),
            Some(Second::Multiply) => compiled::<Exponential<F, Multiply, A, B, Uniform>>(level),
            Some(Second::Divide | Second::DivideInto) => return None,
        })
    }
    use Operand::{Divisor as D, Lanes as L, Uniform as U, UniformDivisor as V};
    match (first, operands) {
        (First::Divide, [L(_), L(_)]) => of::<Divide, Lanes, Lanes>(level, second),
        (First::Divide, [L(_), U(_)]) => of::<Divide, Lanes, Uniform>(level, second),
        (First::Divide, [L(_), D(..)]) => of::<Divide, Lanes, Divisor>(level, second),
        (First::Divide, [L(_), V(..)]) => of::<Divide, Lanes, UniformDivisor>(level, second),
        (First::Multiply, [L(_), L(_)]) => of::<Multiply, Lanes, Lanes>(level, second),
        (First::Multiply, [L(_), U(_)]) => of::<Multiply, Lanes, Uniform>(level, second),
        _ => None,
    }
}
