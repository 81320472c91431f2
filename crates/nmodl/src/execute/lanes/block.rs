//! Runs the code of a kernel for one block of lanes.

use super::code::{Activity, Code, Mask, Operand, Operation, Slot};
use super::loops::{activity, change, map, map2, map3, slice, slice_mut};
use super::{BLOCK, Scratch, endless_loop};
use crate::execute::Frame;
use crate::execute::arithmetic::{binary_of_libm, maximum, minimum, truth, unary_of_libm};
use crate::execute::reference::{self, Fixed, most_repetitions};
use crate::ir::{BinaryOperation, Instruction, Place, UnaryOperation};
use crate::math::{guarded_exp_to_at, log_lanes, pow_lanes};

/// The machine at work.
pub(super) struct Machine<'s, 'f> {
    code: &'s Code,
    fixed: &'s Fixed,
    frame: &'s mut Frame<'f>,
    uniform: &'s [f64],
    /// Where the numbers of each slot are for this block: `width` for a register, `lanes` for a column.
    slots: &'s mut [*mut f64],
    activities: &'s mut [Activity],
    writers: &'s mut [Option<usize>],
    scalar: &'s mut reference::Scratch,
    registers: *mut f64,
    width: usize,
    /// The first instance of the block, and how many lanes it has.
    first: usize,
    lanes: usize,
    repetitions: u64,
    stopped: bool,
}

crate::dispatch! {
    /// Runs the code for the block that the machine has taken.
    pub(super) fn run_block(machine: &mut Machine<'_, '_>) = run_block_lanes;
}

impl<'s, 'f> Machine<'s, 'f> {
    pub(super) fn new(
        code: &'s Code,
        fixed: &'s Fixed,
        frame: &'s mut Frame<'f>,
        scratch: &'s mut Scratch,
        scalar: &'s mut reference::Scratch,
        width: usize,
    ) -> Self {
        let Scratch { registers, uniform, slots, activities, writers } = scratch;
        assert!(registers.len() >= code.registers as usize * width, "registers have room");
        assert!(slots.len() == code.registers as usize + code.places.len(), "every slot has its place");
        Self {
            code,
            fixed,
            frame,
            uniform,
            slots,
            activities,
            writers,
            scalar,
            registers: registers.as_mut_ptr(),
            width,
            first: 0,
            lanes: 0,
            repetitions: 0,
            stopped: false,
        }
    }

    /// Goes to another block of instances.
    pub(super) fn take(&mut self, first: usize, lanes: usize) {
        assert!(lanes <= self.width && first + lanes <= self.frame.count, "a block is within the instances");
        (self.first, self.lanes, self.repetitions) = (first, lanes, 0);
        self.writers.fill(None);
        self.find_slots();
    }

    /// Whether the run cannot go on.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    fn find_slots(&mut self) {
        let registers = self.code.registers as usize;
        for (register, slot) in self.slots[..registers].iter_mut().enumerate() {
            // SAFETY: `new` saw that there is room for all registers
            *slot = unsafe { self.registers.add(register * self.width) };
        }
        let frame = &mut *self.frame;
        let range = self.first..self.first + self.lanes;
        for (slot, &place) in self.slots[registers..].iter_mut().zip(&self.code.places) {
            // what kernels cannot write is never the target of an operation
            *slot = match place {
                Place::Column(number) => frame.columns[number as usize][range.clone()].as_mut_ptr(),
                Place::Current => frame.current[range.clone()].as_mut_ptr(),
                Place::Conductance => frame.conductance[range.clone()].as_mut_ptr(),
                Place::IonDerivative(ion) => frame.ion_derivatives[ion as usize][range.clone()].as_mut_ptr(),
                Place::Area => frame.area[range.clone()].as_ptr().cast_mut(),
                Place::Diameter => frame.diameter[range.clone()].as_ptr().cast_mut(),
                _ => frame.voltage[range.clone()].as_ptr().cast_mut(),
            };
        }
    }

    #[inline(always)]
    fn at(&self, slot: Slot) -> *mut f64 {
        self.slots[slot.0 as usize]
    }

    #[inline(always)]
    fn number(&self, uniform: u32) -> f64 {
        self.uniform[uniform as usize]
    }

    /// The numbers of a slot.
    #[inline(always)]
    fn read(&self, slot: Slot) -> &[f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing writes to it while `self` is borrowed
        unsafe { slice(self.at(slot), self.lanes) }
    }

    /// The numbers of a slot, to change.
    #[inline(always)]
    fn write(&mut self, slot: Slot) -> &mut [f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing else uses it while `self` is borrowed
        unsafe { slice_mut(self.at(slot), self.lanes) }
    }

    #[inline(always)]
    fn unary(&mut self, to: Slot, operand: Slot, f: impl Fn(f64) -> f64) {
        // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
        unsafe { map(self.at(to), self.at(operand), self.lanes, f) }
    }

    #[inline(always)]
    fn binary(&mut self, to: Slot, operands: [Operand; 2], f: impl Fn(f64, f64) -> f64) {
        let (to, n) = (self.at(to), self.lanes);
        // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
        unsafe {
            match operands {
                [Operand::Lanes(a), Operand::Lanes(b)] => map2(to, self.at(a), self.at(b), n, f),
                [Operand::Lanes(a), Operand::Uniform(b)] => {
                    let b = self.number(b);
                    map(to, self.at(a), n, |a| f(a, b));
                }
                [Operand::Uniform(a), Operand::Lanes(b)] => {
                    let a = self.number(a);
                    map(to, self.at(b), n, |b| f(a, b));
                }
                [Operand::Uniform(a), Operand::Uniform(b)] => {
                    slice_mut(to, n).fill(f(self.number(a), self.number(b)));
                }
            }
        }
    }

    #[inline(always)]
    fn select(&mut self, to: Slot, condition: Slot, operands: [Operand; 2]) {
        let (to, c, n) = (self.at(to), self.at(condition), self.lanes);
        // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
        unsafe {
            match operands {
                [Operand::Lanes(a), Operand::Lanes(b)] => {
                    map3(to, [c, self.at(a), self.at(b)], n, |c, a, b| if c != 0. { a } else { b });
                }
                [Operand::Lanes(a), Operand::Uniform(b)] => {
                    let b = self.number(b);
                    map2(to, c, self.at(a), n, |c, a| if c != 0. { a } else { b });
                }
                [Operand::Uniform(a), Operand::Lanes(b)] => {
                    let a = self.number(a);
                    map2(to, c, self.at(b), n, |c, b| if c != 0. { a } else { b });
                }
                [Operand::Uniform(a), Operand::Uniform(b)] => {
                    let (a, b) = (self.number(a), self.number(b));
                    map(to, c, n, |c| if c != 0. { a } else { b });
                }
            }
        }
    }

    #[inline(always)]
    fn copy(&mut self, to: Slot, from: Operand) {
        match from {
            Operand::Lanes(from) => self.unary(to, from, |a| a),
            Operand::Uniform(number) => {
                let number = self.number(number);
                self.write(to).fill(number);
            }
        }
    }

    #[inline(always)]
    fn copy_active(&mut self, to: Slot, from: Operand, mask: Mask) {
        match (self.activities[mask.activity as usize], from) {
            (Activity::None, _) => {}
            (Activity::All, _) => self.copy(to, from),
            (Activity::Some, Operand::Uniform(number)) => {
                let number = self.number(number);
                // SAFETY: slots have at least `lanes` numbers; a mask is in a slot of its own
                unsafe {
                    change(self.at(to), self.at(mask.slot), self.lanes, |to, active| {
                        if active != 0. { number } else { to }
                    });
                }
            }
            (Activity::Some, Operand::Lanes(from)) => {
                // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
                let (to, from, active) = unsafe {
                    let [from, mask] = [from, mask.slot].map(|slot| slice(self.at(slot), self.lanes));
                    (slice_mut(self.at(to), self.lanes), from, mask)
                };
                for ((to, &from), &active) in to.iter_mut().zip(from).zip(active) {
                    *to = if active != 0. { from } else { *to };
                }
            }
        }
    }

    #[inline(always)]
    fn arithmetic<const FMA: bool>(&mut self, operation: BinaryOperation, to: Slot, [a, b]: [Operand; 2]) {
        match operation {
            BinaryOperation::Add => self.binary(to, [a, b], |a, b| a + b),
            BinaryOperation::Subtract => self.binary(to, [a, b], |a, b| a - b),
            BinaryOperation::Multiply => self.binary(to, [a, b], |a, b| a * b),
            BinaryOperation::Divide => self.binary(to, [a, b], |a, b| a / b),
            BinaryOperation::Equal => self.binary(to, [a, b], |a, b| truth(a == b)),
            BinaryOperation::NotEqual => self.binary(to, [a, b], |a, b| truth(a != b)),
            BinaryOperation::Less => self.binary(to, [a, b], |a, b| truth(a < b)),
            BinaryOperation::LessOrEqual => self.binary(to, [a, b], |a, b| truth(a <= b)),
            BinaryOperation::Greater => self.binary(to, [a, b], |a, b| truth(a > b)),
            BinaryOperation::GreaterOrEqual => self.binary(to, [a, b], |a, b| truth(a >= b)),
            BinaryOperation::And => self.binary(to, [a, b], |a, b| truth((a != 0.) & (b != 0.))),
            BinaryOperation::Or => self.binary(to, [a, b], |a, b| truth((a != 0.) | (b != 0.))),
            BinaryOperation::Maximum => self.binary(to, [a, b], maximum),
            BinaryOperation::Minimum => self.binary(to, [a, b], minimum),
            BinaryOperation::Power => self.power::<FMA>(to, a, b),
            _ => self.binary(to, [a, b], |a, b| binary_of_libm(operation, a, b)),
        }
    }

    #[inline(always)]
    fn power<const FMA: bool>(&mut self, to: Slot, base: Operand, exponent: Operand) {
        self.copy(to, base);
        match exponent {
            Operand::Lanes(exponent) => {
                // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
                let (bases, exponents) =
                    unsafe { (slice_mut(self.at(to), self.lanes), slice(self.at(exponent), self.lanes)) };
                pow_lanes::<FMA>(bases, exponents);
            }
            Operand::Uniform(number) => {
                let exponents = [self.number(number); BLOCK];
                self.write(to).chunks_mut(BLOCK).for_each(|bases| pow_lanes::<FMA>(bases, &exponents));
            }
        }
    }

    #[inline(always)]
    fn function<const FMA: bool>(&mut self, operation: UnaryOperation, to: Slot, operand: Slot) {
        match operation {
            UnaryOperation::Exp => {
                // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
                let (to, from) =
                    unsafe { (slice_mut(self.at(to), self.lanes), slice(self.at(operand), self.lanes)) };
                guarded_exp_to_at(self.fixed.level, to, from);
            }
            UnaryOperation::Log => {
                self.unary(to, operand, |a| a);
                log_lanes::<FMA>(self.write(to));
            }
            UnaryOperation::Negate => self.unary(to, operand, |a| -a),
            UnaryOperation::Not => self.unary(to, operand, |a| truth(a == 0.)),
            UnaryOperation::Sqrt => self.unary(to, operand, f64::sqrt),
            UnaryOperation::Abs => self.unary(to, operand, f64::abs),
            UnaryOperation::Floor => self.unary(to, operand, f64::floor),
            UnaryOperation::Ceil => self.unary(to, operand, f64::ceil),
            UnaryOperation::Truncate => self.unary(to, operand, f64::trunc),
            UnaryOperation::Single => self.unary(to, operand, |a| f64::from(a as f32)),
            _ => self.unary(to, operand, |a| unary_of_libm(operation, a)),
        }
    }

    #[inline(always)]
    fn split(&mut self, condition: Slot, within: Option<Mask>, accepted: Mask, rejected: Mask) {
        let inverse = |c: f64| 1. - truth(c != 0.);
        // SAFETY: slots have at least `lanes` numbers, and no operation reads the slot that it writes
        unsafe {
            let [to, other, c] = [accepted.slot, rejected.slot, condition].map(|slot| self.at(slot));
            match within.filter(|mask| self.activities[mask.activity as usize] != Activity::All) {
                None => {
                    map(to, c, self.lanes, |c| truth(c != 0.));
                    map(other, c, self.lanes, inverse);
                }
                Some(within) => {
                    let within = self.at(within.slot);
                    map2(to, c, within, self.lanes, |c, within| truth(c != 0.) * within);
                    map2(other, c, within, self.lanes, |c, within| inverse(c) * within);
                }
            }
        }
        self.count(accepted);
        self.count(rejected);
    }

    #[inline(always)]
    fn count(&mut self, mask: Mask) {
        self.activities[mask.activity as usize] = activity(self.read(mask.slot));
    }

    fn duplicate(&mut self, to: Mask, from: Option<Mask>) {
        match from {
            Some(from) => self.unary(to.slot, from.slot, |a| a),
            None => self.write(to.slot).fill(1.),
        }
        self.count(to);
    }

    fn remove(&mut self, lanes: Option<Mask>, from: &[Mask]) {
        for &mask in from.iter().filter(|&&mask| Some(mask) != lanes) {
            match lanes {
                // SAFETY: slots have at least `lanes` numbers, and these two differ
                Some(lanes) => unsafe {
                    change(self.at(mask.slot), self.at(lanes.slot), self.lanes, |mask, left| {
                        mask - mask * left
                    });
                },
                None => self.write(mask.slot).fill(0.),
            }
            self.count(mask);
        }
        if let Some(lanes) = lanes.filter(|lanes| from.contains(lanes)) {
            self.write(lanes.slot).fill(0.);
            self.activities[lanes.activity as usize] = Activity::None;
        }
    }

    fn is_active(&self, mask: Option<Mask>, lane: usize) -> bool {
        mask.is_none_or(|mask| self.read(mask.slot)[lane] != 0.)
    }

    /// Whether the run can go on.
    fn single(&mut self, instruction: &Instruction, result: Option<Slot>, mask: Option<Mask>) -> bool {
        let partly = mask.is_some_and(|mask| self.activities[mask.activity as usize] != Activity::All);
        if let (Some(result), true) = (result, partly) {
            self.write(result).fill(0.);
        }
        let active: Option<*mut f64> = mask.filter(|_| partly).map(|mask| self.at(mask.slot));
        // SAFETY: `new` saw that there is room for all registers; the pointers of slots are not used meanwhile
        let registers = unsafe { slice_mut(self.registers, self.code.registers as usize * self.width) };
        let mut scalar = self.scalar.of_lanes(self.fixed, self.frame, registers, self.width);
        for lane in 0..self.lanes {
            // SAFETY: a mask has at least `lanes` numbers; it is read while nothing is written
            if active.is_none_or(|active| unsafe { *active.add(lane) } != 0.) {
                scalar.at(lane, self.first + lane);
                if !scalar.step(instruction) {
                    return false;
                }
            }
        }
        // the frame was borrowed: its columns are found anew
        self.find_slots();
        true
    }

    fn look_up(&mut self, table: u32, argument: Slot, results: &[Slot], mask: Option<Mask>) {
        let Some(entries) = self.frame.own.tables.get(table as usize) else { return };
        for lane in 0..self.lanes {
            if self.is_active(mask, lane) {
                let place = entries.locate(self.read(argument)[lane]);
                for (column, &to) in results.iter().enumerate() {
                    // SAFETY: a slot has at least `lanes` numbers
                    unsafe { *self.at(to).add(lane) = entries.value(column, place) };
                }
            }
        }
    }

    /// The value of the last instance that writes stays, in whichever order they come.
    fn write_global(&mut self, global: u32, from: Operand, mask: Option<Mask>) {
        let Some(lane) = (0..self.lanes).rev().find(|&lane| self.is_active(mask, lane)) else { return };
        let value = match from {
            Operand::Lanes(from) => self.read(from)[lane],
            Operand::Uniform(number) => self.number(number),
        };
        if let (Some(writer), Some(slot)) =
            (self.writers.get_mut(global as usize), self.frame.own.globals.get_mut(global as usize))
            && writer.is_none_or(|writer| writer <= lane)
        {
            (*writer, *slot) = (Some(lane), value);
        }
    }

    /// Whether the run can go on.
    fn repeat(&mut self) -> bool {
        self.repetitions += 1;
        if self.repetitions > most_repetitions() {
            let (message, span) = endless_loop(self.code);
            self.frame.outbox.fail(self.first, message, span);
        }
        self.repetitions <= most_repetitions()
    }
}

#[inline(always)]
fn run_block_lanes<const FMA: bool>(machine: &mut Machine<'_, '_>) {
    let code = machine.code;
    let mut at = 0;
    while let Some(operation) = code.operations.get(at) {
        at += 1;
        let target = |label: u32| code.targets[label as usize] as usize;
        match *operation {
            Operation::Unary { operation, to, operand } => machine.function::<FMA>(operation, to, operand),
            Operation::Binary { operation, to, left, right } => {
                machine.arithmetic::<FMA>(operation, to, [left, right]);
            }
            Operation::Select { to, condition, accepted, rejected } => {
                machine.select(to, condition, [accepted, rejected]);
            }
            Operation::Copy { to, from } => machine.copy(to, from),
            Operation::CopyActive { to, from, mask } => machine.copy_active(to, from, mask),
            Operation::Split { condition, within, accepted, rejected } => {
                machine.split(condition, within, accepted, rejected);
            }
            Operation::Duplicate { to, from } => machine.duplicate(to, from),
            Operation::Remove { lanes, ref from } => machine.remove(lanes, from),
            Operation::Label(_) => {}
            Operation::Jump(label) => at = target(label),
            Operation::JumpIfNone(mask, label) => {
                if machine.activities[mask.activity as usize] == Activity::None {
                    at = target(label);
                }
            }
            Operation::JumpIfAny(mask, label) => {
                if machine.activities[mask.activity as usize] != Activity::None {
                    at = target(label);
                }
            }
            Operation::JumpIfZero(number, label) => {
                if machine.number(number) == 0. {
                    at = target(label);
                }
            }
            Operation::Repeat => machine.stopped |= !machine.repeat(),
            Operation::Lookup { table, argument, ref results, mask } => {
                machine.look_up(table, argument, results, mask);
            }
            Operation::Single { ref instruction, result, mask } => {
                machine.stopped |= !machine.single(instruction, result, mask);
            }
            Operation::WriteGlobal { global, from, mask } => machine.write_global(global, from, mask),
        }
        if machine.stopped {
            return;
        }
    }
}
