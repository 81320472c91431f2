//! A program specialised for the instances of a group, and its ways to run.

use std::cell::RefCell;

use super::flat::Flat;
use super::lanes::{self, AllEvents, AllInstances, Target};
use super::reference::{self, Fixed, Scalar};
use super::{Constants, Frame, Phase, Storage, VoltageOf, table};
use crate::description::Kind;
use crate::ir::{Kernel, Program};
use crate::math::Level;

/// A program for the instances of a group, in one run.
///
/// It never changes, and is shared by all groups for which a program was specialised in the same way. Every `run…`
/// reports what went wrong in the frame's [`Outbox`](super::Outbox).
#[derive(Clone, Debug)]
pub struct Specialised {
    /// With the kernels as lowering left them, except that columns which are stored nowhere are variables.
    plain: Fixed,
    /// With the kernels that are run.
    fixed: Fixed,
    storage: Vec<Storage>,
    phases: Vec<(Phase, AllInstances, VoltageOf)>,
    /// `NET_RECEIVE`.
    receive: Option<Flat>,
    /// The same for many events.
    receive_all: Option<AllEvents>,
    /// Lines of a block.
    width: usize,
}

thread_local! {
    static SCRATCH: RefCell<(lanes::Scratch, reference::Scratch)> = RefCell::default();
}

impl Specialised {
    pub(crate) fn new(
        level: Level,
        constants: Constants,
        plain: Program,
        optimised: Program,
        storage: Vec<Storage>,
    ) -> Self {
        let share_nodes = optimised.description.kind == Kind::PointProcess;
        let phases = Phase::ALL.into_iter().filter_map(|phase| {
            let kernel = optimised.kernels.of(phase)?;
            // the others run once
            let machine_code = !matches!(phase, Phase::BeforeInitial | Phase::Initial);
            let all = AllInstances::compile(kernel, &storage, Target { level, machine_code }, share_nodes);
            let voltage = all.voltage(kernel);
            Some((phase, all, voltage))
        });
        let phases = phases.collect();
        let stored = |column| storage[column as usize] == Storage::Instances;
        let kernel = optimised.kernels.receive.as_ref();
        let receive_all = kernel
            .and_then(|kernel| AllEvents::compile(kernel, &storage, Target { level, machine_code: true }));
        let receive = kernel.map(|kernel| Flat::new(kernel, stored));
        let plain = Fixed { program: plain, constants: constants.clone(), level, machine_code: true };
        let fixed = Fixed { program: optimised, constants, level, machine_code: true };
        Self { plain, fixed, storage, phases, receive, receive_all, width: lanes::LINES }
    }

    /// The same with blocks of up to `lanes` instances, rounded up to lines of eight, and at most 128.
    pub fn with_lanes(self, lanes: usize) -> Self {
        Self { width: lanes.div_ceil(lanes::LANES).clamp(1, lanes::LINES), ..self }
    }

    /// The same without machine code: all by operations, one after the other. Its bits are the same.
    pub fn without_machine_code(self) -> Self {
        Self { fixed: Fixed { machine_code: false, ..self.fixed }, ..self }
    }

    /// The program, with the kernels that are run.
    pub fn program(&self) -> &Program {
        &self.fixed.program
    }

    /// How each column of the description is kept.
    pub fn storage(&self) -> &[Storage] {
        &self.storage
    }

    /// Bytes that the columns of one instance take.
    pub fn bytes_per_instance(&self) -> usize {
        let kept = self.storage.iter().filter(|&&storage| storage == Storage::Instances);
        kept.count() * size_of::<f64>()
    }

    /// Whether there is a kernel for a phase that does anything.
    pub fn has(&self, phase: Phase) -> bool {
        self.fixed.program.kernels.of(phase).is_some_and(|kernel| !kernel.body.is_empty())
    }

    /// Which voltages [`Specialised::run`] reads in a phase.
    pub fn voltage(&self, phase: Phase) -> VoltageOf {
        let of = self.phases.iter().find(|(known, ..)| *known == phase);
        of.map_or(VoltageOf::Nothing, |(.., voltage)| *voltage)
    }

    /// Runs a phase for all instances.
    pub fn run(&self, phase: Phase, frame: &mut Frame) {
        let Some(kernel) = self.fixed.program.kernels.of(phase) else { return };
        let Some((_, all, _)) = self.phases.iter().find(|(known, ..)| *known == phase) else { return };
        SCRATCH.with_borrow_mut(|scratch| {
            table::refresh(&self.fixed, frame, &mut scratch.1);
            all.run(&self.fixed, kernel, frame, scratch, self.width);
        });
    }

    /// Runs a phase for all instances, one after the other, as the file says: the oracle for [`Specialised::run`].
    pub fn run_reference(&self, phase: Phase, frame: &mut Frame) {
        let Some(kernel) = &self.plain.program.kernels.of(phase) else { return };
        run_each(&self.plain, kernel, frame);
    }

    /// The same with the kernels that are run.
    pub fn run_each(&self, phase: Phase, frame: &mut Frame) {
        let Some(kernel) = self.fixed.program.kernels.of(phase) else { return };
        run_each(&self.fixed, kernel, frame);
    }

    /// Runs a phase for one instance.
    pub fn run_one(&self, phase: Phase, instance: usize, frame: &mut Frame) {
        self.for_one(self.fixed.program.kernels.of(phase), instance, frame);
    }

    /// Delivers the event of the frame to an instance.
    pub fn receive(&self, instance: usize, frame: &mut Frame) {
        let (Some(kernel), Some(flat)) = (&self.fixed.program.kernels.receive, &self.receive) else { return };
        SCRATCH.with_borrow_mut(|(_, scratch)| {
            table::refresh(&self.fixed, frame, scratch);
            flat.run(&mut Scalar::start(&self.fixed, frame, scratch, kernel, instance));
        });
    }

    /// Whether events that reach different instances can be delivered at once, and how many entries of their weight
    /// vectors they use.
    pub fn receives_all(&self) -> Option<usize> {
        self.receive_all.as_ref().map(AllEvents::weights)
    }

    /// Delivers the frame's `arrivals` at once, if they can be.
    pub fn receive_all(&self, frame: &mut Frame) {
        let Some(all) = &self.receive_all else { return };
        SCRATCH.with_borrow_mut(|scratch| {
            table::refresh(&self.fixed, frame, &mut scratch.1);
            all.run(&self.fixed, frame, scratch, self.width);
        });
    }

    /// The same by the reference executor: the oracle for [`Specialised::receive`].
    pub fn receive_reference(&self, instance: usize, frame: &mut Frame) {
        self.for_one(self.plain.program.kernels.receive.as_ref(), instance, frame);
    }

    /// Initialises the connection whose weights are those of the frame's event.
    pub fn receive_initial(&self, instance: usize, frame: &mut Frame) {
        self.for_one(self.fixed.program.kernels.receive_initial.as_ref(), instance, frame);
    }

    /// The value of a condition of `WATCH` for an instance; it holds while that is positive.
    pub fn watch(&self, condition: u32, instance: usize, frame: &mut Frame) -> f64 {
        self.for_one(self.fixed.program.kernels.watch.get(condition as usize), instance, frame)
    }

    /// The result of a function or procedure, by its number in `Program::functions`, for an instance.
    pub fn call(&self, function: usize, instance: usize, frame: &mut Frame) -> f64 {
        let function = self.fixed.program.functions.get(function);
        self.for_one(function.map(|function| &function.kernel), instance, frame)
    }

    fn for_one(&self, kernel: Option<&Kernel>, instance: usize, frame: &mut Frame) -> f64 {
        let Some(kernel) = kernel else { return 0. };
        SCRATCH.with_borrow_mut(|(_, scratch)| {
            table::refresh(&self.fixed, frame, scratch);
            Scalar::start(&self.fixed, frame, scratch, kernel, instance).run(kernel)
        })
    }
}

fn run_each(fixed: &Fixed, kernel: &Kernel, frame: &mut Frame) {
    SCRATCH.with_borrow_mut(|(_, scratch)| {
        table::refresh(fixed, frame, scratch);
        lanes::run_each(fixed, kernel, frame, scratch);
    });
}
