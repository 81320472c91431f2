//! Runs what a file compiles to, a few steps and calls, with the reference executor and the lane machine, and compares
//! all their bits.
//!
//! There is no cell around the instances: voltages and ions are numbers that differ between instances and stay as they
//! are. The tests of this crate and the fuzzing in `fuzz/` share this file.

#![allow(dead_code, reason = "each test target uses a part of it")]

use nmodl::execute::{
    Argument, Constants, Demand, Event, Failure, Frame, FunctionTableEntries, Holdings, OtherConnections,
    Outbox, Phase, Request, SharedGenerator, Specialised, Storage, TableEntries,
};
use nmodl::ir::Program;
use nmodl::math::Level;
use nmodl::{Column, Kind};
use random::{Stream, Streams};

/// Instances: more than a line of eight lanes, and not a multiple of it.
const COUNT: usize = 9;
/// Lanes of a block.
const LANES: usize = 8;
/// Time step (ms).
const STEP: f64 = 0.025;
/// Steps.
const STEPS: usize = 3;

/// Runs `program` by both executors for a few instances in blocks of eight, with all columns looked at by others and
/// with none.
///
/// # Errors
/// The failure that stops it.
///
/// # Panics
/// Where the executors differ.
pub fn run(program: &Program) -> Result<(), Failure> {
    run_group(program, Level::best(), COUNT, LANES)
}

/// The same for a number of instances in blocks of `lanes`, by vectors of a level.
///
/// # Errors
/// The failure that stops it.
///
/// # Panics
/// Where the executors differ.
pub fn run_group(program: &Program, level: Level, count: usize, lanes: usize) -> Result<(), Failure> {
    let group = |observed| Group { level, count, lanes, observed };
    let observed = run_with(program, group(true));
    let alone = run_with(program, group(false));
    observed.and(alone)
}

/// How many instances there are, and how they are run.
#[derive(Clone, Copy)]
struct Group {
    level: Level,
    count: usize,
    lanes: usize,
    /// Whether all columns are looked at by others; else none is.
    observed: bool,
}

fn run_with(program: &Program, group: Group) -> Result<(), Failure> {
    let Group { level, count, lanes, observed } = group;
    let variables = program.description.variables.len();
    let constants = Constants {
        dt: STEP,
        celsius: 34.,
        second_order: 0,
        globals: program.description.globals.iter().map(|global| global.default).collect(),
    };
    let demand = Demand { uniform: vec![!observed; variables], observed: vec![observed; variables] };
    let specialised = program.specialise_at(level, &constants, &demand).with_lanes(lanes);
    let operations = specialised.clone().without_machine_code();
    let ways = [&specialised, &operations];
    let mut instances = Instances::new(program, specialised.storage(), count, observed);
    let before = [Phase::Constructor, Phase::BeforeInitial, Phase::Initial, Phase::AfterInitial];
    instances.phases(ways, &before)?;
    instances.calls(program, &specialised);
    for step in 0..STEPS {
        instances.time += STEP;
        instances.events(&specialised, step == 0)?;
        let phases =
            [Phase::BeforeBreakpoint, Phase::Current, Phase::State, Phase::AfterSolve, Phase::BeforeStep];
        instances.phases(ways, &phases)?;
        instances.watches(program, &specialised)?;
    }
    instances.phases(ways, &[Phase::Destructor])
}

/// The numbers of instances, and what surrounds them.
#[derive(Clone)]
struct Instances {
    count: usize,
    time: f64,
    columns: Vec<Column>,
    voltage: Column,
    area: Column,
    diameter: Column,
    current: Column,
    conductance: Column,
    ions: Vec<Column>,
    own: Holdings,
    outbox: Outbox,
    /// Entries of a weight vector.
    weights: usize,
    /// Events that instances sent themselves.
    sent: Vec<(u32, f64)>,
}

/// The connections that end at an instance: that of the event, and another one.
struct Connections(Vec<f64>);

impl OtherConnections for Connections {
    fn count(&self) -> usize {
        2
    }

    fn weights(&mut self, connection: usize) -> Option<&mut [f64]> {
        (connection == 1).then_some(&mut self.0)
    }
}

impl Instances {
    fn new(program: &Program, storage: &[Storage], count: usize, varied: bool) -> Self {
        let description = &*program.description;
        let place = |number: usize| {
            let variable = &description.variables[number];
            let bound = program.pointers.iter().any(|pointer| pointer.column as usize == number)
                || description
                    .ions
                    .iter()
                    .any(|ion| variable.name.len() == ion.ion.len() + 1 && variable.name.contains(&ion.ion));
            move |instance: usize| match (bound, varied) {
                (true, _) => 1.5 + 0.25 * instance as f64,
                (false, true) => variable.default * (1. + instance as f64 / 64.),
                (false, false) => variable.default,
            }
        };
        let columns = storage.iter().enumerate().map(|(number, storage)| match storage {
            Storage::Instances => (0..count).map(place(number)).collect(),
            Storage::Uniform => (0..1).map(place(number)).collect(),
            Storage::Nowhere => Column::default(),
        });
        let stream = |number: usize| {
            (0..count).map(|instance| Some(Stream::new(1, instance as u32, number as u32, 3))).collect()
        };
        let table = |arguments: usize| FunctionTableEntries {
            values: (0..4).map(|value| f64::from(value) * 0.5).collect(),
            grid: if arguments < 2 { vec![vec![-50., -20., 0., 30.]] } else { vec![vec![-50., 0.]; 2] },
        };
        let own = Holdings {
            globals: program.globals.iter().map(|global| global.initial).collect(),
            streams: (0..program.streams.len()).map(stream).collect(),
            given: Vec::new(),
            pointing: vec![vec![true; count]; program.pointers.len()],
            vectors: vec![vec![Some(vec![0.01, 0.03, 5.]); count]; program.vectors.len()],
            tables: vec![TableEntries::default(); program.tables.len()],
            function_tables: program
                .function_tables
                .iter()
                .map(|known| Some(table(known.arguments)))
                .collect(),
            shared_generator: SharedGenerator::default(),
            random_seed: 1,
        };
        let cells = if description.kind == Kind::ArtificialCell { 0 } else { count };
        let node =
            |first: f64, step: f64| (0..cells).map(|instance| first + step * instance as f64).collect();
        Self {
            count,
            time: 0.,
            columns: columns.collect(),
            voltage: node(-72., 11.),
            area: node(80., 7.),
            diameter: node(1., 0.5),
            current: Column::filled(count, 0.),
            conductance: Column::filled(count, 0.),
            ions: vec![Column::filled(count, 0.); description.ions.len()],
            own,
            outbox: Outbox::default(),
            weights: description.event_arguments.unwrap_or(0),
            sent: Vec::new(),
        }
    }

    fn frame<'a>(&'a mut self, event: Option<Event<'a>>, arguments: &'a [Argument]) -> Frame<'a> {
        Frame {
            count: self.count,
            time: self.time,
            columns: &mut self.columns,
            voltage: &self.voltage,
            nodes: None,
            area: &self.area,
            diameter: &self.diameter,
            current: &mut self.current,
            conductance: &mut self.conductance,
            ion_derivatives: &mut self.ions,
            own: &mut self.own,
            outbox: &mut self.outbox,
            event,
            arrivals: None,
            arguments,
        }
    }

    /// Runs phases by both executors, with machine code and without, which have to agree.
    fn phases(
        &mut self,
        [specialised, operations]: [&Specialised; 2],
        phases: &[Phase],
    ) -> Result<(), Failure> {
        for &phase in phases {
            let mut expected = self.clone();
            specialised.run_reference(phase, &mut expected.frame(None, &[]));
            let mut by_operations = self.clone();
            operations.run(phase, &mut by_operations.frame(None, &[]));
            specialised.run(phase, &mut self.frame(None, &[]));
            let (failure, own_failure) = (expected.outbox.take_failure(), self.outbox.take_failure());
            assert_eq!(
                failure.is_some(),
                own_failure.is_some(),
                "one executor fails in {phase:?}: {failure:?} {own_failure:?}"
            );
            if let Some(failure) = failure {
                return Err(failure);
            }
            let expected = expected.bits();
            assert_eq!(self.bits(), expected, "the executors differ in {phase:?}");
            assert_eq!(by_operations.bits(), expected, "machine code differs from operations in {phase:?}");
        }
        Ok(())
    }

    /// All that can be compared, with one kind of not-a-number; requests and messages are taken out.
    fn bits(&mut self) -> (Vec<Vec<u64>>, Vec<Streams>, Vec<String>) {
        let bits = |values: &[f64]| {
            let bits = |value: &f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            values.iter().map(bits).collect::<Vec<u64>>()
        };
        let mut numbers: Vec<Vec<u64>> = self.columns.iter().chain(&self.ions).map(|c| bits(c)).collect();
        numbers.extend([&self.current[..], &self.conductance, &self.own.globals].map(bits));
        numbers.extend(self.own.vectors.iter().flatten().flatten().map(|vector| bits(vector)));
        numbers.extend(self.own.tables.iter().map(|table| bits(&table.entries)));
        let mut said: Vec<String> = Vec::new();
        for (instance, request) in self.outbox.drain() {
            if let Request::Send { flag, .. } = request
                && self.sent.len() < 2 * self.count
            {
                self.sent.push((instance, flag));
            }
            said.push(format!("{instance}: {request:?}"));
        }
        said.extend(self.outbox.take_messages().iter().map(|message| format!("{message:?}")));
        (numbers, self.own.streams.clone(), said)
    }

    /// An event from outside for every instance, and those that they sent themselves.
    fn events(&mut self, specialised: &Specialised, first: bool) -> Result<(), Failure> {
        let sent = std::mem::take(&mut self.sent);
        let outside = (0..self.count as u32).map(|instance| (instance, 0.));
        for (instance, flag) in outside.chain(sent) {
            let mut weights = vec![0.7; self.weights];
            let mut others = Connections(vec![0.4; self.weights]);
            if first {
                let event = Event { flag: 0., weights: &mut weights, others: None };
                specialised.receive_initial(instance as usize, &mut self.frame(Some(event), &[]));
            }
            let event = Event { flag, weights: &mut weights, others: Some(&mut others) };
            specialised.receive(instance as usize, &mut self.frame(Some(event), &[]));
            self.bits();
            if let Some(failure) = self.outbox.take_failure() {
                return Err(failure);
            }
        }
        Ok(())
    }

    fn watches(&mut self, program: &Program, specialised: &Specialised) -> Result<(), Failure> {
        for condition in 0..program.kernels.watch.len() {
            for instance in 0..self.count {
                specialised.watch(condition as u32, instance, &mut self.frame(None, &[]));
            }
        }
        self.outbox.take_failure().map_or(Ok(()), Err)
    }

    /// Calls every function, as HOC may; what fails there stops nothing.
    fn calls(&mut self, program: &Program, specialised: &Specialised) {
        for (number, function) in program.functions.iter().enumerate() {
            let arguments: Vec<Argument> =
                (0..function.arguments).map(|argument| Argument::Number(argument as f64 + 0.5)).collect();
            for instance in 0..self.count {
                specialised.call(number, instance, &mut self.frame(None, &arguments));
                self.bits();
                self.outbox.take_failure();
            }
        }
    }
}
