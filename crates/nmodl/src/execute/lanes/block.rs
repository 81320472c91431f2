//! Runs the code of a kernel for one block of lanes.

use super::code::{Code, Mask, Operand, Operation, Slot};
use super::steps::{Bank, Test};
use super::{Bits, LANES, LINES, Scratch, endless_loop};
use crate::Column;
use crate::column::Line;
use crate::execute::arithmetic::{binary_of_libm, unary_of_libm};
use crate::execute::reference::{self, Fixed, most_repetitions};
use crate::execute::{Frame, Nodes};
use crate::ir::{BinaryOperation, Instruction, Place, UnaryOperation};
use crate::math::{log_in_place_at, pow_in_place_at};

/// The machine at work.
pub(super) struct Machine<'s, 'f> {
    code: &'s Code,
    pub(super) fixed: &'s Fixed,
    pub(super) frame: &'s mut Frame<'f>,
    uniform: &'s [f64],
    /// Where the lines of each slot are for this block.
    slots: &'s mut [*mut Line],
    /// A bit for each active lane of each mask.
    masks: &'s mut [Bits],
    writers: &'s mut [Option<usize>],
    scalar: &'s mut reference::Scratch,
    registers: *mut Line,
    of_nodes: &'s mut [Column],
    /// Room for the numbers of each place in a block, if they are those of nodes.
    spread: *mut Line,
    /// Lines of a register.
    width: usize,
    /// The node of the first instance, if several are on one.
    node: usize,
    /// The first instance of the block, and how many lanes it has.
    pub(super) first: usize,
    pub(super) lanes: usize,
    /// All of them.
    all: Bits,
    repetitions: u64,
    stopped: bool,
}

impl<'s, 'f> Machine<'s, 'f> {
    /// A machine for blocks of up to `width` lines.
    pub(super) fn new(
        code: &'s Code,
        fixed: &'s Fixed,
        frame: &'s mut Frame<'f>,
        scratch: &'s mut Scratch,
        scalar: &'s mut reference::Scratch,
        width: usize,
    ) -> Self {
        let Scratch { registers, uniform, slots, masks, writers, of_nodes, spread } = scratch;
        assert!(registers.lines().len() >= code.registers as usize * width, "registers have room");
        assert!(slots.len() == code.registers as usize + code.places.len(), "every slot has its place");
        assert!(masks.len() >= code.masks as usize, "every mask has its bits");
        assert!(uniform.len() >= code.uniform.registers as usize, "every uniform number is there");
        let room = spread.lines().len() >= code.places.len() * (width + 1);
        let spreads = frame.nodes.is_some() || frame.arrivals.is_some();
        assert!(room || !spreads, "numbers that are spread have room");
        let lines = registers.lines_mut().as_mut_ptr();
        for (register, slot) in slots[..code.registers as usize].iter_mut().enumerate() {
            // SAFETY: there is room for all registers
            *slot = unsafe { lines.add(register * width) };
        }
        Self {
            code,
            fixed,
            frame,
            uniform,
            slots,
            masks,
            writers,
            scalar,
            registers: lines,
            of_nodes,
            spread: spread.lines_mut().as_mut_ptr(),
            width,
            node: 0,
            first: 0,
            lanes: 0,
            all: 0,
            repetitions: 0,
            stopped: false,
        }
    }

    /// Goes to another block of instances, whose first one starts a line.
    pub(super) fn take(&mut self, first: usize, lanes: usize) {
        let fits = first.is_multiple_of(LANES) && lanes.div_ceil(LANES) <= self.width;
        assert!(fits && first + lanes <= self.frame.count, "a block is whole lines of the instances");
        let before = std::mem::replace(&mut self.first, first);
        (self.lanes, self.repetitions) = (lanes, 0);
        self.all = Bits::MAX >> (Bits::BITS as usize - lanes);
        self.writers.fill(None);
        if first <= before {
            self.find_places();
        } else {
            let slots = &mut self.slots[self.code.registers as usize..];
            for (slot, &place) in slots.iter_mut().zip(&self.code.places) {
                if !is_spread(self.frame, place) {
                    // SAFETY: a place has a line for all instances of the frame
                    *slot = unsafe { slot.add((first - before) / LANES) };
                }
            }
        }
        self.spread();
    }

    /// Gives each instance the numbers of its node, or each event those of its instance.
    fn spread(&mut self) {
        if self.frame.arrivals.is_some() {
            self.spread_to_events();
        } else if let Some(nodes) = self.frame.nodes {
            self.spread_to_instances(nodes);
        }
    }

    fn spread_to_events(&mut self) {
        let Some(arrivals) = &self.frame.arrivals else { return };
        let instances = &arrivals.instances[self.first..self.first + self.lanes];
        for (&place, slot) in self.code.places.iter().zip(&self.slots[self.code.registers as usize..]) {
            let numbers = match place {
                Place::Column(number) => &self.frame.columns[number as usize],
                Place::Voltage => self.frame.voltage,
                _ => continue,
            };
            // SAFETY: `find_places` gave it the room of a register, which nothing else uses
            let to = unsafe { std::slice::from_raw_parts_mut(slot.cast::<f64>(), self.lanes) };
            for (to, &instance) in to.iter_mut().zip(instances) {
                *to = numbers[instance as usize];
            }
        }
    }

    fn spread_to_instances(&mut self, nodes: Nodes) {
        if self.first == 0 {
            self.node = 0;
        }
        while nodes.starts[self.node + 1] as usize <= self.first {
            self.node += 1;
        }
        let ends = &nodes.starts[self.node + 1..];
        for (&place, slot) in self.code.places.iter().zip(&self.slots[self.code.registers as usize..]) {
            let numbers = match place {
                Place::OfNode(number) => &self.of_nodes[number as usize],
                Place::Voltage => nodes.voltage,
                _ => continue,
            };
            let mut at = 0;
            for (&number, &end) in numbers[self.node..].iter().zip(ends) {
                let end = (end as usize - self.first).min(self.lanes);
                while at < end {
                    // What is too much is overwritten by the next node.
                    // SAFETY: `find_places` gave it the room of a register and a line, which nothing else uses
                    unsafe {
                        slot.cast::<f64>().add(at).cast::<[f64; LANES]>().write_unaligned([number; LANES])
                    };
                    at += LANES;
                }
                at = end;
                if at == self.lanes {
                    break;
                }
            }
        }
    }

    /// Gives the instances of events the numbers that were written for them.
    pub(super) fn put_back(&mut self) {
        let Some(arrivals) = &self.frame.arrivals else { return };
        let instances = &arrivals.instances[self.first..self.first + self.lanes];
        let slots = &self.slots[self.code.registers as usize..];
        for ((&place, &written), slot) in self.code.places.iter().zip(&self.code.written).zip(slots) {
            if let (Place::Column(number), true) = (place, written) {
                let column = &mut self.frame.columns[number as usize];
                // SAFETY: as in `spread`
                let from = unsafe { std::slice::from_raw_parts(slot.cast::<f64>(), self.lanes) };
                for (&instance, from) in instances.iter().zip(from) {
                    column[instance as usize] = *from;
                }
            }
        }
    }

    /// The instance of a lane.
    pub(super) fn instance(&self, lane: usize) -> usize {
        let lane = self.first + lane;
        self.frame.arrivals.as_ref().map_or(lane, |arrivals| arrivals.instances[lane] as usize)
    }

    /// Whether the run cannot go on.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Finds the lines of columns.
    fn find_places(&mut self) {
        let range = self.first / LANES..self.frame.count.div_ceil(LANES);
        let frame = &mut *self.frame;
        let slots = &mut self.slots[self.code.registers as usize..];
        for (number, (slot, &place)) in slots.iter_mut().zip(&self.code.places).enumerate() {
            if is_spread(frame, place) {
                // SAFETY: `new` saw that there is room for all places
                *slot = unsafe { self.spread.add(number * (self.width + 1)) };
                continue;
            }
            // what kernels cannot write is never the target of an operation
            *slot = match place {
                Place::Column(number) => {
                    frame.columns[number as usize].lines_mut()[range.clone()].as_mut_ptr()
                }
                Place::Current => frame.current.lines_mut()[range.clone()].as_mut_ptr(),
                Place::Conductance => frame.conductance.lines_mut()[range.clone()].as_mut_ptr(),
                Place::IonDerivative(ion) => {
                    frame.ion_derivatives[ion as usize].lines_mut()[range.clone()].as_mut_ptr()
                }
                Place::OfNode(number) => {
                    self.of_nodes[number as usize].lines_mut()[range.clone()].as_mut_ptr()
                }
                Place::Time | Place::Flag | Place::Weight(_) => match (&mut frame.arrivals, place) {
                    (Some(arrivals), Place::Time) => arrivals.times.lines_mut()[range.clone()].as_mut_ptr(),
                    (Some(arrivals), Place::Weight(number)) => {
                        arrivals.weights[number as usize].lines_mut()[range.clone()].as_mut_ptr()
                    }
                    (Some(arrivals), _) => arrivals.flags.lines_mut()[range.clone()].as_mut_ptr(),
                    (None, _) => unreachable!("`fits` saw that there are events"),
                },
                Place::Area => frame.area.lines()[range.clone()].as_ptr().cast_mut(),
                Place::Diameter => frame.diameter.lines()[range.clone()].as_ptr().cast_mut(),
                _ => frame.voltage.lines()[range.clone()].as_ptr().cast_mut(),
            };
        }
    }

    /// The active lanes.
    fn active(&self, mask: Option<Mask>) -> Bits {
        mask.map_or(self.all, |mask| self.masks[mask as usize])
    }

    pub(super) fn at(&self, slot: Slot) -> *mut f64 {
        self.slots[slot.0 as usize].cast()
    }

    /// The numbers of a slot.
    pub(super) fn read(&self, slot: Slot) -> &[f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing writes to it while `self` is borrowed
        unsafe { std::slice::from_raw_parts(self.at(slot), self.lanes) }
    }

    /// The numbers of a slot, to change.
    pub(super) fn write(&mut self, slot: Slot) -> &mut [f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing else uses it while `self` is borrowed
        unsafe { std::slice::from_raw_parts_mut(self.at(slot), self.lanes) }
    }

    fn value(&self, operand: Operand, lane: usize) -> f64 {
        match operand {
            Operand::Lanes(slot) | Operand::Divisor(slot, _) => self.read(slot)[lane],
            Operand::Uniform(number) | Operand::UniformDivisor(number, _) => self.uniform[number as usize],
        }
    }

    fn bank(&self, first: usize, lines: usize) -> Bank<'_> {
        Bank { slots: self.slots, uniform: self.uniform, masks: self.masks, first, lines }
    }

    /// Does steps in the lines with active lanes.
    fn straight(&self, first: u32, end: u32, segment: Option<u32>, active: Bits) {
        let steps = &self.code.steps[first as usize..end as usize];
        let by_steps = |bank: &Bank| {
            for step in steps {
                // SAFETY: `new` and `find_places` saw that there is all that the code uses
                unsafe { step.run(bank) };
            }
        };
        let segments = self.code.segments.as_ref().filter(|_| self.fixed.machine_code);
        let segment = segments.zip(segment);
        let run = |(start, lines): (usize, usize)| {
            let bank = self.bank(start, lines);
            match segment {
                // SAFETY: as for steps
                Some((segments, segment)) => unsafe { segments.run(segment, &bank, by_steps) },
                None => by_steps(&bank),
            }
        };
        if active == self.all {
            run((0, self.lanes.div_ceil(LANES)));
        } else {
            runs(active).for_each(run);
        }
    }

    /// Computes active lanes by a function for columns; `operand` gives its argument and what else it needs.
    fn in_column<T: Copy + Default>(
        &mut self,
        to: Slot,
        active: Bits,
        operands: impl Fn(&Self, usize) -> (f64, T),
        compute: impl Fn(&mut [f64], &[T]),
    ) {
        let (mut arguments, mut others) = ([0.; LANES * LINES], [T::default(); LANES * LINES]);
        let mut count = 0;
        for lane in set_bits(active) {
            (arguments[count], others[count]) = operands(self, lane);
            count += 1;
        }
        compute(&mut arguments[..count], &others[..count]);
        let to = self.write(to);
        for (lane, &result) in set_bits(active).zip(&arguments) {
            to[lane] = result;
        }
    }

    fn unary(&mut self, operation: UnaryOperation, to: Slot, operand: Slot, active: Bits) {
        let level = self.fixed.level;
        let operand = |machine: &Self, lane| (machine.read(operand)[lane], ());
        self.in_column(to, active, operand, |values, _| match operation {
            UnaryOperation::Log => log_in_place_at(level, values),
            _ => values.iter_mut().for_each(|value| *value = unary_of_libm(operation, *value)),
        });
    }

    fn binary(&mut self, operation: BinaryOperation, to: Slot, [left, right]: [Operand; 2], active: Bits) {
        let level = self.fixed.level;
        let operands = |machine: &Self, lane| (machine.value(left, lane), machine.value(right, lane));
        self.in_column(to, active, operands, |values, others| match operation {
            BinaryOperation::Power => pow_in_place_at(level, values, others),
            _ => {
                for (value, &other) in values.iter_mut().zip(others) {
                    *value = binary_of_libm(operation, *value, other);
                }
            }
        });
    }

    /// The lanes among the active ones for which a condition holds.
    fn holding(&self, test: &Test, active: Bits) -> Bits {
        let (first, end) = if active == self.all {
            (0, self.lanes.div_ceil(LANES))
        } else {
            let lines = lines_of(active);
            (lines.trailing_zeros() as usize, Lines::BITS as usize - lines.leading_zeros() as usize)
        };
        if first >= end {
            return 0;
        }
        // SAFETY: as for steps
        active & unsafe { test.run(&self.bank(first, end - first)) }
    }

    fn remove(&mut self, left: Bits, from: &[Mask]) {
        for &mask in from {
            self.masks[mask as usize] &= !left;
        }
    }

    /// Whether the run can go on.
    fn single(&mut self, instruction: &Instruction, result: Option<Slot>, active: Bits) -> bool {
        if let (Some(result), true) = (result, active != self.all) {
            self.write(result).fill(0.);
        }
        let size = self.code.registers as usize * self.width * LANES;
        // SAFETY: `new` saw that there is room for all registers; the pointers of slots are not used meanwhile
        let registers = unsafe { std::slice::from_raw_parts_mut(self.registers.cast(), size) };
        let mut scalar = self.scalar.of_lanes(self.fixed, self.frame, registers, self.width * LANES);
        for lane in set_bits(active) {
            scalar.at_lane(lane, self.first + lane);
            if !scalar.step(instruction) {
                return false;
            }
        }
        // the frame was borrowed: its columns are found anew
        self.find_places();
        true
    }

    fn look_up(&mut self, table: u32, argument: Slot, results: &[(u32, Slot)], active: Bits) {
        let Some(entries) = self.frame.own.tables.get(table as usize) else { return };
        let (level, is_for_all) = (self.fixed.level, active == self.all);
        let places = entries.locate_all(level, self.read(argument));
        for &(column, to) in results {
            let column = column as usize;
            // SAFETY: a slot has whole lines for at least `lanes` numbers, and none is in tables
            let to =
                unsafe { std::slice::from_raw_parts_mut(self.at(to).cast(), self.lanes.div_ceil(LANES)) };
            if is_for_all {
                places.between(level, column, to);
                continue;
            }
            let mut values = [Line([0.; LANES]); LINES];
            places.between(level, column, &mut values);
            for lane in set_bits(active) {
                to[lane / LANES].0[lane % LANES] = values[lane / LANES].0[lane % LANES];
            }
        }
    }

    /// The value of the last instance that writes stays, in whichever order they come.
    fn write_global(&mut self, global: u32, from: Operand, active: Bits) {
        let Some(lane) = active.checked_ilog2() else { return };
        let lane = lane as usize;
        let value = self.value(from, lane);
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
            self.frame.outbox.fail(self.instance(0), message, span);
        }
        self.repetitions <= most_repetitions()
    }

    /// Runs the code for the block taken last.
    pub(super) fn run(&mut self) {
        let code = self.code;
        let mut at = 0;
        while let (Some(operation), Some(&within)) = (code.operations.get(at), code.within.get(at)) {
            at += 1;
            let target = |label: u32| code.targets[label as usize] as usize;
            match *operation {
                Operation::Steps { first, end, segment } => {
                    self.straight(first, end, segment, self.active(within));
                }
                Operation::Unary { operation, to, operand } => {
                    self.unary(operation, to, operand, self.active(within));
                }
                Operation::Binary { operation, to, left, right } => {
                    self.binary(operation, to, [left, right], self.active(within));
                }
                Operation::SplitBy { test, accepted, rejected } => {
                    let within = self.active(within);
                    let holds = self.holding(&code.tests[test as usize], within);
                    self.masks[accepted as usize] = holds;
                    self.masks[rejected as usize] = within & !holds;
                }
                Operation::DropBy { test, holds, ref from, or } => {
                    let within = self.active(within);
                    let holding = self.holding(&code.tests[test as usize], within);
                    let left = if holds { holding } else { within & !holding };
                    self.remove(left, from);
                    if left == within {
                        at = target(or);
                    }
                }
                Operation::Duplicate { to, from } => self.masks[to as usize] = self.active(from),
                Operation::Remove { ref from } => self.remove(self.active(within), from),
                Operation::Jump(label) => at = target(label),
                Operation::JumpIfNone(mask, label) => {
                    if self.masks[mask as usize] == 0 {
                        at = target(label);
                    }
                }
                Operation::Again(mask, label) => {
                    if self.masks[mask as usize] != 0 {
                        self.stopped |= !self.repeat();
                        at = target(label);
                    }
                }
                Operation::JumpIfZero(number, label) => {
                    if self.uniform[number as usize] == 0. {
                        at = target(label);
                    }
                }
                Operation::Lookup { table, argument, ref results, .. } => {
                    self.look_up(table, argument, results, self.active(within));
                }
                Operation::Draw { stream, to, span } => {
                    self.stopped |= !self.draw(stream, to, span, self.active(within));
                }
                Operation::Count(ref count) => self.stopped |= !self.count(count, self.active(within)),
                Operation::Single { ref instruction, result } => {
                    self.stopped |= !self.single(instruction, result, self.active(within));
                }
                Operation::WriteGlobal { global, from } => {
                    self.write_global(global, from, self.active(within));
                }
                // decoded
                Operation::Fused { .. }
                | Operation::Power { .. }
                | Operation::Exponential { .. }
                | Operation::Select { .. }
                | Operation::Copy { .. }
                | Operation::CopyActive { .. }
                | Operation::Within(_)
                | Operation::Split { .. }
                | Operation::Drop { .. }
                | Operation::Label(_) => {}
            }
            if self.stopped {
                return;
            }
        }
    }
}

/// A bit for each line of a block.
type Lines = u16;

/// The lines that have one of the lanes.
fn lines_of(lanes: Bits) -> Lines {
    let halves = [lanes as u64, (lanes >> 64) as u64].map(|lanes| {
        // the lowest bit of each line is whether it has any
        let any = (0..3).fold(lanes, |lanes, shift| lanes | lanes >> (1 << shift)) & 0x0101_0101_0101_0101;
        // moves the bits into the highest byte
        Lines::from((any.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8)
    });
    halves[0] | halves[1] << 8
}

/// Lines without lanes up to which it is faster to do them, too, than to start anew behind them.
const GAP: u32 = 4;

/// Runs of lines that have all the lanes: the first line of each, and their number.
fn runs(lanes: Bits) -> impl Iterator<Item = (usize, usize)> {
    let mut lines = lines_of(lanes);
    let mut passed = 0;
    std::iter::from_fn(move || {
        if lines == 0 {
            return None;
        }
        let skipped = lines.trailing_zeros();
        lines >>= skipped;
        let mut length = 0;
        loop {
            let ones = lines.trailing_ones();
            (lines, length) = (lines.unbounded_shr(ones), length + ones);
            let gap = lines.trailing_zeros();
            if gap > GAP || lines == 0 {
                break;
            }
            (lines, length) = (lines >> gap, length + gap);
        }
        let first = passed + skipped;
        passed = first + length;
        Some((first as usize, length as usize))
    })
}

/// Whether lanes have their numbers from elsewhere: instances from their nodes, events from their instances.
fn is_spread(frame: &Frame, place: Place) -> bool {
    match place {
        Place::Voltage => frame.nodes.is_some() || frame.arrivals.is_some(),
        Place::OfNode(_) => frame.nodes.is_some(),
        Place::Column(_) => frame.arrivals.is_some(),
        _ => false,
    }
}

/// The numbers of the bits that are set, in ascending order.
pub(super) fn set_bits(bits: Bits) -> impl Iterator<Item = usize> {
    // halves, because CPUs have no instructions for more
    let halves = [(0, bits as u64), (64, (bits >> 64) as u64)];
    halves.into_iter().flat_map(|(first, mut bits)| {
        std::iter::from_fn(move || {
            let bit = bits.trailing_zeros() as usize;
            let is_left = bits != 0;
            bits &= bits.wrapping_sub(1);
            is_left.then_some(first + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_of_lines_that_have_lanes() {
        let lines = |numbers: &[usize]| numbers.iter().fold(0, |bits, line| bits | 0x24 << (8 * line));
        let runs = |numbers: &[usize]| runs(lines(numbers)).collect::<Vec<_>>();
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[3]), [(3, 1)]);
        assert_eq!(runs(&[0, 1, 15]), [(0, 2), (15, 1)]);
        assert_eq!(runs(&[2, 3, 7, 8]), [(2, 7)], "a gap of three lines is not worth it");
        assert_eq!(runs(&(0..16).collect::<Vec<_>>()), [(0, 16)]);
        assert_eq!(lines_of(Bits::MAX), Lines::MAX);
        assert_eq!(lines_of(1 << 127 | 1 << 64 | 1), 0b1000_0001_0000_0001);
    }
}
