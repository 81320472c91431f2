//! Runs the code of a kernel for one block of lanes.

use super::code::{Code, Mask, Operand, Operation, Slot};
use super::steps::{Bank, nonzero};
use super::{Bits, LANES, LINES, Scratch, endless_loop};
use crate::Column;
use crate::column::Line;
use crate::execute::arithmetic::{binary_of_libm, unary_of_libm};
use crate::execute::reference::{self, Fixed, most_repetitions};
use crate::execute::table::between;
use crate::execute::{Frame, Nodes};
use crate::ir::{BinaryOperation, Instruction, Place, UnaryOperation};
use crate::math::{log_in_place_at, pow_in_place_at};
use crate::syntax::Span;

/// The machine at work.
pub(super) struct Machine<'s, 'f> {
    code: &'s Code,
    fixed: &'s Fixed,
    frame: &'s mut Frame<'f>,
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
    first: usize,
    lanes: usize,
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
    fn instance(&self, lane: usize) -> usize {
        let lane = self.first + lane;
        self.frame.arrivals.as_ref().map_or(lane, |arrivals| arrivals.instances[lane] as usize)
    }

    /// Whether the run cannot go on.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    fn lines(&self) -> usize {
        self.lanes.div_ceil(LANES)
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

    /// All lanes of the block.
    fn all(&self) -> Bits {
        Bits::MAX >> (Bits::BITS as usize - self.lanes)
    }

    /// The active lanes.
    fn active(&self, mask: Option<Mask>) -> Bits {
        mask.map_or(self.all(), |mask| self.masks[mask as usize])
    }

    fn at(&self, slot: Slot) -> *mut f64 {
        self.slots[slot.0 as usize].cast()
    }

    /// The numbers of a slot.
    fn read(&self, slot: Slot) -> &[f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing writes to it while `self` is borrowed
        unsafe { std::slice::from_raw_parts(self.at(slot), self.lanes) }
    }

    /// The numbers of a slot, to change.
    fn write(&mut self, slot: Slot) -> &mut [f64] {
        // SAFETY: a slot has at least `lanes` numbers, and nothing else uses it while `self` is borrowed
        unsafe { std::slice::from_raw_parts_mut(self.at(slot), self.lanes) }
    }

    fn value(&self, operand: Operand, lane: usize) -> f64 {
        match operand {
            Operand::Lanes(slot) => self.read(slot)[lane],
            Operand::Uniform(number) => self.uniform[number as usize],
        }
    }

    fn each_lane(&mut self, to: Slot, f: impl Fn(&Self, usize) -> f64) {
        for lane in 0..self.lanes {
            let value = f(self, lane);
            self.write(to)[lane] = value;
        }
    }

    fn straight(&self, first: u32, end: u32) {
        let (slots, uniform, masks) = (&*self.slots, self.uniform, &*self.masks);
        let bank = Bank { slots, uniform, masks, lines: self.lines() };
        for step in &self.code.steps[first as usize..end as usize] {
            // SAFETY: `new` and `find_places` saw that there is all that the code uses
            unsafe { step.run(&bank) };
        }
    }

    fn unary(&mut self, operation: UnaryOperation, to: Slot, operand: Slot) {
        if operation == UnaryOperation::Log {
            self.each_lane(to, |machine, lane| machine.read(operand)[lane]);
            let level = self.fixed.level;
            log_in_place_at(level, self.write(to));
        } else {
            self.each_lane(to, |machine, lane| unary_of_libm(operation, machine.read(operand)[lane]));
        }
    }

    fn binary(&mut self, operation: BinaryOperation, to: Slot, left: Operand, right: Operand) {
        if operation == BinaryOperation::Power {
            let mut exponents = [0.; LANES * LINES];
            for (lane, exponent) in exponents.iter_mut().enumerate().take(self.lanes) {
                *exponent = self.value(right, lane);
            }
            self.each_lane(to, |machine, lane| machine.value(left, lane));
            let level = self.fixed.level;
            pow_in_place_at(level, self.write(to), &exponents);
        } else {
            let of = |machine: &Self, lane| {
                binary_of_libm(operation, machine.value(left, lane), machine.value(right, lane))
            };
            self.each_lane(to, of);
        }
    }

    fn split(&mut self, condition: Slot, within: Option<Mask>, [accepted, rejected]: [Mask; 2]) {
        let within = self.active(within);
        // SAFETY: a slot has the lines of the block
        let holds =
            unsafe { nonzero(self.fixed.level, self.slots[condition.0 as usize], self.lines()) } & self.all();
        self.masks[accepted as usize] = within & holds;
        self.masks[rejected as usize] = within & !holds;
    }

    fn remove(&mut self, lanes: Option<Mask>, from: &[Mask]) {
        let left = self.active(lanes);
        for &mask in from {
            self.masks[mask as usize] &= !left;
        }
    }

    /// Whether the run can go on.
    fn single(&mut self, instruction: &Instruction, result: Option<Slot>, mask: Option<Mask>) -> bool {
        let active = self.active(mask);
        if let (Some(result), true) = (result, active != self.all()) {
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

    fn look_up(&mut self, table: u32, argument: Slot, results: &[Slot], mask: Option<Mask>) {
        let Some(entries) = self.frame.own.tables.get(table as usize) else { return };
        let active = self.active(mask);
        let mut places = [(0, 0.); LANES * LINES];
        for (place, &argument) in places.iter_mut().zip(self.read(argument)) {
            *place = entries.locate(argument);
        }
        for (column, &to) in results.iter().enumerate() {
            let column = entries.column(column);
            // SAFETY: a slot has at least `lanes` numbers, and none is in tables
            let to = unsafe { std::slice::from_raw_parts_mut(self.at(to), self.lanes) };
            if active == self.all() {
                for (to, &place) in to.iter_mut().zip(&places) {
                    *to = between(column, place);
                }
            } else {
                for lane in set_bits(active) {
                    to[lane] = between(column, places[lane]);
                }
            }
        }
    }

    /// A uniform number from the streams of the active lanes, 0 elsewhere; whether the run can go on.
    fn draw(&mut self, stream: u32, to: Slot, span: Span, mask: Option<Mask>) -> bool {
        let active = self.active(mask);
        if active != self.all() {
            self.write(to).fill(0.);
        }
        let to = self.at(to);
        for lane in set_bits(active) {
            let instance = self.instance(lane);
            let streams = self.frame.own.streams.get_mut(stream as usize);
            let Some(Some(drawn)) = streams.and_then(|streams| streams.get_mut(instance)) else {
                self.frame.outbox.fail(instance, self.fixed.unset_stream(stream), span);
                return false;
            };
            // SAFETY: a slot has at least `lanes` numbers
            unsafe { *to.add(lane) = drawn.uniform() };
        }
        true
    }

    /// The value of the last instance that writes stays, in whichever order they come.
    fn write_global(&mut self, global: u32, from: Operand, mask: Option<Mask>) {
        let Some(lane) = self.active(mask).checked_ilog2() else { return };
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
        while let Some(operation) = code.operations.get(at) {
            at += 1;
            let target = |label: u32| code.targets[label as usize] as usize;
            match *operation {
                Operation::Steps { first, end } => self.straight(first, end),
                Operation::CopyStep { mask, all, some } => match self.masks[mask as usize] {
                    0 => {}
                    active if active == self.all() => self.straight(all, all + 1),
                    _ => self.straight(some, some + 1),
                },
                Operation::Unary { operation, to, operand } => self.unary(operation, to, operand),
                Operation::Binary { operation, to, left, right } => self.binary(operation, to, left, right),
                Operation::Split { condition, within, accepted, rejected } => {
                    self.split(condition, within, [accepted, rejected]);
                }
                Operation::Duplicate { to, from } => self.masks[to as usize] = self.active(from),
                Operation::Remove { lanes, ref from } => self.remove(lanes, from),
                Operation::Jump(label) => at = target(label),
                Operation::JumpIfNone(mask, label) => {
                    if self.masks[mask as usize] == 0 {
                        at = target(label);
                    }
                }
                Operation::JumpIfAny(mask, label) => {
                    if self.masks[mask as usize] != 0 {
                        at = target(label);
                    }
                }
                Operation::JumpIfZero(number, label) => {
                    if self.uniform[number as usize] == 0. {
                        at = target(label);
                    }
                }
                Operation::Repeat => self.stopped |= !self.repeat(),
                Operation::Lookup { table, argument, ref results, mask } => {
                    self.look_up(table, argument, results, mask);
                }
                Operation::Draw { stream, to, span, mask } => {
                    self.stopped |= !self.draw(stream, to, span, mask);
                }
                Operation::Single { ref instruction, result, mask } => {
                    self.stopped |= !self.single(instruction, result, mask);
                }
                Operation::WriteGlobal { global, from, mask } => self.write_global(global, from, mask),
                // decoded, or nothing to do
                Operation::Fused { .. }
                | Operation::Select { .. }
                | Operation::Copy { .. }
                | Operation::CopyActive { .. }
                | Operation::Label(_) => {}
            }
            if self.stopped {
                return;
            }
        }
    }
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
fn set_bits(bits: Bits) -> impl Iterator<Item = usize> {
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
