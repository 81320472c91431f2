//! The lane machine: runs a kernel for many instances at once.
//!
//! Instances are taken in blocks of lanes whose registers stay in the first-level cache. Each operation is a loop over
//! the lines of a block, compiled for the widest vector instructions of the CPU, so that its cost is that of its
//! arithmetic. Every lane does the same floating-point operations as the reference executor does for its instance, in
//! the same order: the bits are the same for every width and block size. Lanes of the last line that stand for no
//! instance are computed with the others, from numbers that mean nothing.
//!
//! Branches become masks of a bit for each lane. Values are computed for all lanes, variables and columns change in
//! the active ones only. What has no vector form is done lane by lane, by the reference executor.

mod allocate;
mod block;
mod code;
mod columns;
mod compile;
mod copies;
mod fuse;
mod single;
mod steps;

use block::Machine;
use code::{Code, Operation};

use super::reference::{self, Fixed, Scalar, any_span, endless};
use super::{Frame, Storage};
use crate::Column;
use crate::column::Line;
use crate::ir::{Effect, Instruction, Kernel, Place};
use crate::math::Level;

/// Lanes of a line.
pub(super) const LANES: usize = 8;
/// Lines of a block: enough to hide the cost of choosing an operation, and few enough for the first-level cache.
pub(super) const LINES: usize = 16;
/// A bit for each lane of a block.
type Bits = u128;

/// A kernel that runs for all instances.
#[derive(Clone, Debug)]
pub(super) enum AllInstances {
    /// By blocks of lanes.
    Lanes(Box<Code>),
    /// One instance after the other, because each sees what the one before left.
    Sequential,
}

/// Memory that is kept between runs.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    registers: Column,
    uniform: Vec<f64>,
    slots: Vec<*mut Line>,
    masks: Vec<Bits>,
    writers: Vec<Option<usize>>,
}

impl AllInstances {
    /// Makes the code for an optimised kernel.
    pub(super) fn compile(kernel: &Kernel, storage: &[Storage], level: Level) -> Self {
        if kernel.sequential || depends_on_order(kernel) {
            Self::Sequential
        } else {
            Self::Lanes(Box::new(compile::compile(kernel, storage, level)))
        }
    }

    /// Runs `kernel`, from which this was compiled, for all instances, in blocks of up to `width` lines.
    pub(super) fn run(
        &self,
        fixed: &Fixed,
        kernel: &Kernel,
        frame: &mut Frame,
        scratch: &mut (Scratch, reference::Scratch),
        width: usize,
    ) {
        match self {
            Self::Lanes(code) if fits(code, frame) => {
                let mark = frame.outbox.mark();
                run_lanes(code, fixed, frame, scratch, width);
                frame.outbox.sort_by_instance(mark);
            }
            _ => {
                for instance in 0..frame.count {
                    Scalar::start(fixed, frame, &mut scratch.1, kernel, instance).run(kernel);
                    if frame.outbox.has_failed() {
                        return;
                    }
                }
            }
        }
    }
}

/// Whether an instance sees what the one before left: it draws from the generator that all share, or reads a shared
/// variable that it also writes.
fn depends_on_order(kernel: &Kernel) -> bool {
    let (mut read, mut written, mut draws) = (vec![], vec![], false);
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| match inner {
            Instruction::Read { place: Place::Global(number), .. } => read.push(*number..*number + 1),
            Instruction::Write { place: Place::Global(number), .. } => written.push(*number..*number + 1),
            Instruction::ReadElement { first: Place::Global(number), length, .. } => {
                read.push(*number..number + length);
            }
            Instruction::WriteElement { first: Place::Global(number), length, .. } => {
                // the last instance decides
                draws = true;
                written.push(*number..number + length);
            }
            Instruction::Effect { effect: Effect::DrawShared(_) | Effect::SeedShared, .. } => draws = true,
            _ => {}
        });
    }
    draws || read.iter().any(|read| written.iter().any(|w| w.start < read.end && read.start < w.end))
}

/// Whether there is a number for each instance wherever the code expects one: artificial cells have no voltage.
fn fits(code: &Code, frame: &Frame) -> bool {
    code.places.iter().all(|&place| place_length(frame, place) >= frame.count)
}

fn place_length(frame: &Frame, place: Place) -> usize {
    match place {
        Place::Column(number) => frame.columns[number as usize].len(),
        Place::Voltage => frame.voltage.len(),
        Place::Area => frame.area.len(),
        Place::Diameter => frame.diameter.len(),
        Place::Current => frame.current.len(),
        Place::Conductance => frame.conductance.len(),
        Place::IonDerivative(ion) => frame.ion_derivatives.get(ion as usize).map_or(0, |ion| ion.len()),
        _ => 0,
    }
}

fn run_lanes(
    code: &Code,
    fixed: &Fixed,
    frame: &mut Frame,
    (scratch, scalar): &mut (Scratch, reference::Scratch),
    width: usize,
) {
    if frame.count == 0 {
        return;
    }
    Scalar::start(fixed, frame, scalar, &code.uniform, 0).run(&code.uniform);
    scratch.uniform.clear();
    scratch.uniform.extend_from_slice(scalar.registers());
    let lines = frame.count.div_ceil(LANES);
    // blocks of about the same size
    let width = lines.div_ceil(lines.div_ceil(width));
    let size = code.registers as usize * width * LANES;
    if scratch.registers.len() < size {
        scratch.registers = Column::filled(size, 0.);
    }
    scratch.slots.clear();
    scratch.slots.resize(code.registers as usize + code.places.len(), std::ptr::null_mut());
    scratch.masks.clear();
    scratch.masks.resize(code.masks as usize, 0);
    scratch.writers.clear();
    scratch.writers.resize(frame.own.globals.len(), None);
    let count = frame.count;
    let mut machine = Machine::new(code, fixed, frame, scratch, scalar, width);
    for start in (0..count).step_by(width * LANES) {
        machine.take(start, (count - start).min(width * LANES));
        machine.run();
        if machine.stopped() {
            return;
        }
    }
}

/// What is said when a loop has no end.
fn endless_loop(code: &Code) -> (String, crate::syntax::Span) {
    let span = code.operations.iter().find_map(|operation| match operation {
        Operation::Single { instruction, .. } => Some(any_span(&vec![(**instruction).clone()])),
        _ => None,
    });
    (endless(), span.unwrap_or_default())
}
