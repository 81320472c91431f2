//! The lane machine: runs a kernel for many instances at once.
//!
//! Instances are taken in blocks of lanes whose registers stay in the first-level cache. Each operation is a loop over
//! the lines of a block, compiled for the widest vector instructions of the CPU, so that its cost is that of its
//! arithmetic. Every lane does the same floating-point operations as the reference executor does for its instance, in
//! the same order: the bits are the same for every width and block size. Lanes of the last line that stand for no
//! instance are computed with the others, from numbers that mean nothing.
//!
//! Where this CPU lets us, operations that come one after the other are [`machine_code`] besides, which does them for one
//! vector after the other, so that what is between them stays in registers.
//!
//! Branches become masks of a bit for each lane. Values are computed for all lanes, variables and columns change in
//! the active ones only. What has no vector form is done lane by lane, by the reference executor.

mod allocate;
mod block;
mod by_node;
mod code;
mod columns;
mod compile;
mod copies;
mod draw;
mod fuse;
mod live;
#[cfg(target_arch = "x86_64")]
mod machine_code;
#[cfg(not(target_arch = "x86_64"))]
#[path = "no_machine_code.rs"]
mod machine_code;
mod reciprocals;
mod single;
mod steps;

use block::Machine;
use by_node::Split;
use code::{Code, Operation};
use compile::LanesAre;
pub(crate) use compile::is_uniform;

use super::reference::{self, Fixed, Scalar, any_span, endless};
use super::{Frame, Nodes, Storage, VoltageOf};
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

/// What code is made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The vectors that run it.
    pub(super) level: Level,
    /// Whether it runs often enough to be worth machine code.
    pub(super) machine_code: bool,
}

/// A kernel that runs for all instances.
#[derive(Clone, Debug)]
pub(super) enum AllInstances {
    /// By blocks of lanes.
    Lanes(Box<Codes>),
    /// One instance after the other, because each sees what the one before left.
    Sequential,
}

/// The code of a kernel.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    /// For instances each of which is on a node of its own.
    apart: Code,
    /// For point processes of which several are on one node.
    together: Option<Together>,
}

/// The code of a kernel in two parts.
#[derive(Clone, Debug)]
struct Together {
    /// Computes for each node what its instances share.
    nodes: Code,
    /// Does the rest for each instance.
    instances: Code,
}

/// The code of a kernel of events that reach different instances.
#[derive(Clone, Debug)]
pub(super) struct AllEvents {
    code: Box<Code>,
    /// How many entries of weight vectors it uses.
    weights: usize,
}

impl AllEvents {
    /// Makes the code for an optimised kernel, if events for different instances do not depend on each other.
    pub(super) fn compile(kernel: &Kernel, storage: &[Storage], target: Target) -> Option<Self> {
        let is_alone = |instruction: &Instruction| !instruction.any(&concerns_others);
        if kernel.sequential || depends_on_order(kernel) || !kernel.body.iter().all(is_alone) {
            return None;
        }
        let code = compile::compile(kernel, storage, target, LanesAre::Events);
        let weights = code.places.iter().filter_map(|place| match *place {
            Place::Weight(number) => Some(number as usize + 1),
            _ => None,
        });
        Some(Self { weights: weights.max().unwrap_or(0), code: Box::new(code) })
    }

    /// How many entries of weight vectors it uses.
    pub(super) fn weights(&self) -> usize {
        self.weights
    }

    /// Delivers the events of the frame.
    pub(super) fn run(
        &self,
        fixed: &Fixed,
        frame: &mut Frame,
        scratch: &mut (Scratch, reference::Scratch),
        width: usize,
    ) {
        debug_assert!(fits(&self.code, frame), "there is a number for each event");
        if fits(&self.code, frame) {
            let mark = frame.outbox.mark();
            run_lanes(&self.code, fixed, frame, scratch, width);
            let instances =
                frame.arrivals.as_ref().map(|arrivals| &arrivals.instances[..]).unwrap_or_default();
            frame.outbox.sort_by(mark, |instance| instances.iter().position(|&known| known == instance));
        }
    }
}

/// Whether an instruction makes an event concern more than one instance and the weights that it came with, or needs
/// more than the lane machine has of events.
fn concerns_others(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Read { place, .. } => !matches!(
            place,
            Place::Column(_)
                | Place::Voltage
                | Place::Time
                | Place::Step
                | Place::Celsius
                | Place::SecondOrder
                | Place::Global(_)
                | Place::Weight(_)
                | Place::Flag
        ),
        Instruction::Write { place, .. } => !matches!(place, Place::Column(_) | Place::Weight(_)),
        Instruction::Effect { effect, .. } => !matches!(
            effect,
            Effect::Send
                | Effect::Draw { .. }
                | Effect::CountBelow { .. }
                | Effect::CountProducts { .. }
                | Effect::HasStream(_)
                | Effect::HasVector(_)
                | Effect::VectorLength(_)
                | Effect::VectorElement(_)
                | Effect::Print(_)
                | Effect::Fail(_)
                | Effect::Nernst
                | Effect::Ghk
        ),
        Instruction::ReadElement { .. }
        | Instruction::WriteElement { .. }
        | Instruction::Newton { .. }
        | Instruction::LinearSystem { .. }
        | Instruction::ForConnections { .. } => true,
        _ => false,
    }
}

/// Memory that is kept between runs.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    registers: Column,
    uniform: Vec<f64>,
    slots: Vec<*mut Line>,
    masks: Vec<Bits>,
    writers: Vec<Option<usize>>,
    /// For each `Place::OfNode`, the numbers of all nodes.
    of_nodes: Vec<Column>,
    /// Numbers of nodes as each instance of a block has them, or of instances as each event has them; a register and a
    /// line for each place.
    spread: Column,
}

impl AllInstances {
    /// Makes the code for an optimised kernel; several instances can be on one node if they `share_nodes`.
    pub(super) fn compile(kernel: &Kernel, storage: &[Storage], target: Target, share_nodes: bool) -> Self {
        if kernel.sequential || depends_on_order(kernel) {
            return Self::Sequential;
        }
        let compile = |kernel: &Kernel| compile::compile(kernel, storage, target, LanesAre::Instances);
        let split = if share_nodes { by_node::split(kernel, storage) } else { None };
        let together = split.map(|Split { nodes, instances }| Together {
            nodes: compile(&nodes),
            instances: compile(&instances),
        });
        Self::Lanes(Box::new(Codes { apart: compile(kernel), together }))
    }

    /// Which voltages are read by `kernel`, from which this was compiled.
    pub(super) fn voltage(&self, kernel: &Kernel) -> VoltageOf {
        let is_voltage = |instruction: &Instruction| {
            matches!(instruction, Instruction::Read { place: Place::Voltage, .. })
        };
        match self {
            Self::Lanes(codes) if codes.together.is_some() => VoltageOf::Nodes,
            _ if kernel.body.iter().any(|instruction| instruction.any(&is_voltage)) => VoltageOf::Instances,
            _ => VoltageOf::Nothing,
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
            Self::Lanes(codes) => {
                let mark = frame.outbox.mark();
                match (frame.nodes, &codes.together) {
                    (Some(nodes), Some(together)) if fits(&together.instances, frame) => {
                        together.run(nodes, fixed, frame, scratch, width);
                    }
                    _ if fits(&codes.apart, frame) => {
                        let nodes = frame.nodes.take();
                        run_lanes(&codes.apart, fixed, frame, scratch, width);
                        frame.nodes = nodes;
                    }
                    _ => return run_each(fixed, kernel, frame, &mut scratch.1),
                }
                frame.outbox.sort_by(mark, |instance| instance);
            }
            Self::Sequential => run_each(fixed, kernel, frame, &mut scratch.1),
        }
    }
}

/// Runs a kernel for one instance after the other.
pub(super) fn run_each(fixed: &Fixed, kernel: &Kernel, frame: &mut Frame, scratch: &mut reference::Scratch) {
    for instance in 0..frame.count {
        Scalar::start(fixed, frame, scratch, kernel, instance).run(kernel);
        if frame.outbox.has_failed() {
            return;
        }
    }
}

impl Together {
    /// Runs both parts.
    fn run(
        &self,
        nodes: Nodes,
        fixed: &Fixed,
        frame: &mut Frame,
        scratch: &mut (Scratch, reference::Scratch),
        width: usize,
    ) {
        let code = &self.nodes;
        let values = code.places.iter().filter(|place| matches!(place, Place::OfNode(_))).count();
        let of_nodes = &mut scratch.0.of_nodes;
        of_nodes.resize_with(values.max(of_nodes.len()), Column::default);
        for column in &mut of_nodes[..values] {
            if column.len() < nodes.voltage.len() {
                *column = Column::filled(nodes.voltage.len(), 0.);
            }
        }
        let mut nothing = [Column::default(), Column::default()];
        let [current, conductance] = &mut nothing;
        let mut all_nodes = Frame {
            count: nodes.voltage.len(),
            time: frame.time,
            columns: &mut *frame.columns,
            voltage: nodes.voltage,
            nodes: None,
            area: frame.area,
            diameter: frame.diameter,
            current,
            conductance,
            ion_derivatives: &mut [],
            own: &mut *frame.own,
            outbox: &mut *frame.outbox,
            event: None,
            arrivals: None,
            arguments: &[],
        };
        run_lanes(code, fixed, &mut all_nodes, scratch, width);
        run_lanes(&self.instances, fixed, frame, scratch, width);
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
    if let Some(arrivals) = &frame.arrivals {
        return match place {
            Place::Time => arrivals.times.len(),
            Place::Flag => arrivals.flags.len(),
            Place::Weight(number) => arrivals.weights.get(number as usize).map_or(0, |column| column.len()),
            _ => arrivals.instances.len(),
        };
    }
    match place {
        Place::Column(number) => frame.columns[number as usize].len(),
        Place::Voltage | Place::OfNode(_) if let Some(nodes) = frame.nodes => {
            nodes.starts.last().map_or(0, |&count| count as usize)
        }
        Place::Voltage => frame.voltage.len(),
        Place::Area => frame.area.len(),
        Place::Diameter => frame.diameter.len(),
        Place::Current => frame.current.len(),
        Place::Conductance => frame.conductance.len(),
        Place::IonDerivative(ion) => frame.ion_derivatives.get(ion as usize).map_or(0, |ion| ion.len()),
        _ => 0,
    }
}

/// Runs code that [`fits`].
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
    let size = code.places.len() * (width + 1) * LANES;
    if (frame.nodes.is_some() || frame.arrivals.is_some()) && scratch.spread.len() < size {
        scratch.spread = Column::filled(size, 0.);
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
        machine.put_back();
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
