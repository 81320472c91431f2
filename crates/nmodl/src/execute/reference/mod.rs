//! Runs a kernel for one instance, instruction by instruction.
//!
//! It is the oracle of the lane machine, and what delivers events and calls from HOC. Inside the lane machine it runs
//! what takes a different way in every instance: its registers may be one lane of a block of lanes.
//! It allocates nothing, except for messages.

mod effects;
mod places;
mod systems;

use super::arithmetic::{binary, unary};
use super::{Constants, Frame};
use crate::ir::{Block, Instruction, Kernel, Program, Register};
use crate::math::Level;
use crate::solve::dense::Newton;
use crate::syntax::Span;

/// Repetitions of loops in one run of a kernel after which it is taken to be endless.
const REPETITIONS: u64 = if cfg!(test) { 10_000 } else { 10_000_000 };

/// What does not change while kernels run.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    /// What the kernels belong to.
    pub(super) program: Program,
    /// What is fixed for the run.
    pub(super) constants: Constants,
    /// The vector instructions to use, which decide on the last bit of exponentials.
    pub(super) level: Level,
    /// Whether to run the machine code that there is.
    pub(super) machine_code: bool,
}

/// Memory that is kept between runs.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    registers: Vec<f64>,
    /// Solvers, and the numbers of a system at hand, by the number of unknowns.
    newton: Vec<Option<Newton>>,
    system: Vec<f64>,
}

impl Scratch {
    /// The registers as the last kernel left them.
    pub(super) fn registers(&self) -> &[f64] {
        &self.registers
    }

    /// To work on blocks of lanes: register `r` of a lane is at `r * stride + lane` of `registers`.
    pub(super) fn of_lanes<'s, 'f>(
        &'s mut self,
        fixed: &'s Fixed,
        frame: &'s mut Frame<'f>,
        registers: &'s mut [f64],
        stride: usize,
    ) -> Scalar<'s, 'f> {
        let mut scalar = Scalar::start(fixed, frame, self, &Kernel::default(), 0);
        (scalar.registers, scalar.stride) = (registers, stride);
        scalar
    }
}

/// How a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// At its end.
    Next,
    /// By leaving a scope.
    Leave(u32),
    /// The run cannot go on.
    Stop,
}

/// A kernel at work for one instance.
pub(super) struct Scalar<'s, 'f> {
    fixed: &'s Fixed,
    frame: &'s mut Frame<'f>,
    registers: &'s mut [f64],
    /// Distance between two registers, and which number of each is used.
    stride: usize,
    lane: usize,
    newton: &'s mut Vec<Option<Newton>>,
    system: &'s mut Vec<f64>,
    instance: usize,
    /// In place of the arguments of a call: those of a table, and its results.
    numbers: Option<&'s mut [f64]>,
    result: f64,
    connection: usize,
    repetitions: u64,
}

impl<'s, 'f> Scalar<'s, 'f> {
    /// All registers of `kernel` at 0.
    pub(super) fn start(
        fixed: &'s Fixed,
        frame: &'s mut Frame<'f>,
        scratch: &'s mut Scratch,
        kernel: &Kernel,
        instance: usize,
    ) -> Self {
        let Scratch { registers, newton, system } = scratch;
        registers.clear();
        registers.resize(kernel.registers as usize, 0.);
        let (numbers, result) = (None, 0.);
        let (connection, repetitions) = (0, 0);
        Self {
            fixed,
            frame,
            registers,
            stride: 1,
            lane: 0,
            newton,
            system,
            instance,
            numbers,
            result,
            connection,
            repetitions,
        }
    }

    /// With numbers that stand for `Place::Argument`s, to read and to write.
    pub(super) fn with_numbers(mut self, numbers: &'s mut [f64]) -> Self {
        self.numbers = Some(numbers);
        self
    }

    /// Goes to another lane: that of instance `number`, or of event `number` of several.
    pub(super) fn at_lane(&mut self, lane: usize, number: usize) {
        let of_event = self.frame.arrivals.as_ref().map(|arrivals| arrivals.instances[number] as usize);
        (self.lane, self.instance, self.repetitions) = (lane, of_event.unwrap_or(number), 0);
    }

    /// Runs the kernel; its `Place::Result`.
    pub(super) fn run(&mut self, kernel: &Kernel) -> f64 {
        self.block(&kernel.body);
        self.result
    }

    /// The vector instructions that it computes with.
    pub(super) fn level(&self) -> Level {
        self.fixed.level
    }

    /// What `Place::Result` was set to.
    pub(super) fn result(&self) -> f64 {
        self.result
    }

    /// Has numbers of the instance come from memory, in columns that have one for each.
    pub(super) fn fetch(&self, columns: &[u32]) {
        let numbers =
            columns.iter().filter_map(|&column| self.frame.columns[column as usize].get(self.instance));
        std::hint::black_box(numbers.sum::<f64>());
    }

    /// Runs one instruction; whether the run can go on.
    pub(super) fn step(&mut self, instruction: &Instruction) -> bool {
        self.instruction(instruction) != Flow::Stop
    }

    #[inline]
    pub(super) fn get(&self, register: Register) -> f64 {
        self.registers[register as usize * self.stride + self.lane]
    }

    #[inline]
    pub(super) fn set(&mut self, register: Register, value: f64) {
        self.registers[register as usize * self.stride + self.lane] = value;
    }

    pub(super) fn fail(&mut self, message: String, span: Span) -> Flow {
        self.frame.outbox.fail(self.instance, message, span);
        Flow::Stop
    }

    fn block(&mut self, block: &Block) -> Flow {
        for instruction in block {
            let flow = self.instruction(instruction);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    pub(super) fn instruction(&mut self, instruction: &Instruction) -> Flow {
        match instruction {
            Instruction::Constant { to, number } => self.set(*to, *number),
            Instruction::Unary { to, operation, operand } => {
                self.set(*to, unary(self.fixed.level, *operation, self.get(*operand)));
            }
            Instruction::Binary { to, operation, left, right } => {
                self.set(*to, binary(self.fixed.level, *operation, self.get(*left), self.get(*right)));
            }
            Instruction::Select { to, condition, accepted, rejected } => {
                let from = if self.get(*condition) != 0. { accepted } else { rejected };
                self.set(*to, self.get(*from));
            }
            Instruction::Read { to, place } => {
                let value = self.read(*place);
                self.set(*to, value);
            }
            Instruction::Write { place, from } => return self.write(*place, self.get(*from)),
            Instruction::ReadElement { to, first, length, index } => {
                let Some(place) = self.element(*first, *length, *index) else { return Flow::Stop };
                let value = self.read(place);
                self.set(*to, value);
            }
            Instruction::WriteElement { first, length, index, from } => {
                let Some(place) = self.element(*first, *length, *index) else { return Flow::Stop };
                return self.write(place, self.get(*from));
            }
            Instruction::Assign { to, from } => self.set(*to, self.get(*from)),
            Instruction::ReadArray { to, first, length, index } => {
                let Some(index) = self.index(*length, *index, None) else { return Flow::Stop };
                self.set(*to, self.get(first + index));
            }
            Instruction::AssignElement { first, length, index, from } => {
                let Some(index) = self.index(*length, *index, None) else { return Flow::Stop };
                self.set(first + index, self.get(*from));
            }
            Instruction::If { condition, accepted, rejected } => {
                return self.block(if self.get(*condition) != 0. { accepted } else { rejected });
            }
            Instruction::Loop { body } => return self.repeat(body),
            Instruction::Scope { label, body } => {
                return match self.block(body) {
                    Flow::Leave(left) if left == *label => Flow::Next,
                    flow => flow,
                };
            }
            Instruction::Leave { label } => return Flow::Leave(*label),
            Instruction::Lookup { table, argument, results } => {
                self.look_up(*table as usize, *argument, results);
            }
            Instruction::Effect { to, effect, operands, span } => {
                return match self.effect(effect, operands) {
                    Ok(value) => {
                        if let Some(to) = to {
                            self.set(*to, value);
                        }
                        Flow::Next
                    }
                    Err(message) => self.fail(message, *span),
                };
            }
            Instruction::ForConnections { body } => return self.for_connections(body),
            Instruction::Newton { unknowns, residuals, body, span } => {
                return self.find_roots(unknowns, residuals, body, *span);
            }
            Instruction::LinearSystem { matrix, right, unknowns, span } => {
                return self.solve_system([matrix, right, unknowns], *span);
            }
        }
        Flow::Next
    }

    fn repeat(&mut self, body: &Block) -> Flow {
        loop {
            match self.block(body) {
                Flow::Next => {}
                flow => return flow,
            }
            self.repetitions += 1;
            if self.repetitions > REPETITIONS {
                return self.fail(endless(), any_span(body));
            }
        }
    }

    fn look_up(&mut self, table: usize, argument: Register, results: &[Register]) {
        let argument = self.get(argument);
        let frame = &*self.frame;
        let Some(entries) = frame.own.tables.get(table) else { return };
        let place = entries.locate(argument);
        for (column, &to) in results.iter().enumerate() {
            self.registers[to as usize * self.stride + self.lane] = entries.value(column, place);
        }
    }
}

/// What is said of a loop without end.
pub(super) fn endless() -> String {
    format!("a loop was repeated more than {REPETITIONS} times")
}

/// The repetitions after which a loop is endless.
pub(super) fn most_repetitions() -> u64 {
    REPETITIONS
}

/// The place in the file of some instruction of a block, as near to its start as possible.
pub(super) fn any_span(block: &Block) -> Span {
    fn find(block: &[Instruction]) -> Option<Span> {
        block.iter().find_map(|instruction| match instruction {
            Instruction::Effect { span, .. }
            | Instruction::Newton { span, .. }
            | Instruction::LinearSystem { span, .. } => Some(*span),
            other => other.blocks().into_iter().find_map(find),
        })
    }
    find(block).unwrap_or_default()
}
