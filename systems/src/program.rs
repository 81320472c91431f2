//! Mechanisms that are programs of the `nmodl` crate: any `.mod` file.
//!
//! A program is specialised for what is known of a group's instances; groups of which the same is known share the
//! result.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use components::Instances;
use nmodl::execute::{Constants, Event, Frame, FunctionTableEntries, Nodes, Specialised, TableEntries};
use nmodl::ir::{Effect, Instruction, Kernel, Place, PointerVariable};
use nmodl::syntax::{Source, Span};
use nmodl::{Description, Kind, Program};

use crate::group::open_demand;
use crate::mechanism::{
    Argument, Arrivals, Delivery, Demand, Environment, Kernels, Mechanism, Outbox, Phase, Phases, Storage,
    Surroundings, VoltageOf, without_source,
};

/// What a specialisation depends on: the bits of the numbers in the environment, the demand, and whether functions are
/// still called.
type Key = (Vec<u64>, Demand, bool);

/// A mechanism that is a program.
pub struct ProgramMechanism {
    program: Arc<Program>,
    /// Without the functions, which could change what is known of the instances.
    without_functions: Program,
    source: Arc<Source>,
    specialised: Mutex<BTreeMap<Key, Arc<OnceLock<Arc<ProgramKernels>>>>>,
}

impl ProgramMechanism {
    /// A mechanism from its program and the text that this was made of.
    pub fn new(program: Arc<Program>, source: Arc<Source>) -> Self {
        let without_functions = Program { functions: vec![], ..Program::clone(&program) };
        Self { program, without_functions, source, specialised: Mutex::default() }
    }

    /// What it does.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Its program for instances of which nothing is known, with the numbers of `environment`.
    pub fn specialise(&self, environment: &Environment, demand: &Demand) -> Specialised {
        self.program.specialise(&constants(environment), demand)
    }

    fn kernels_of(&self, program: &Program, environment: &Environment, demand: &Demand) -> Arc<dyn Kernels> {
        let numbers = [environment.dt, environment.celsius];
        let mut bits: Vec<u64> = numbers.iter().chain(&environment.globals).map(|v| v.to_bits()).collect();
        bits.extend([u64::from(environment.second_order), u64::from(environment.random_seed)]);
        let key = (bits, demand.clone(), !program.functions.is_empty());
        let slot = {
            let mut known = self.specialised.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(key).or_default())
        };
        // Outside the lock, so that different specialisations are made side by side
        let kernels = slot.get_or_init(|| {
            let specialised = program.specialise(&constants(environment), demand);
            Arc::new(ProgramKernels::new(specialised, Arc::clone(&self.source), environment))
        });
        Arc::clone(kernels) as Arc<dyn Kernels>
    }
}

fn constants(environment: &Environment) -> Constants {
    Constants {
        dt: environment.dt,
        celsius: environment.celsius,
        second_order: environment.second_order,
        globals: environment.globals.clone(),
    }
}

impl Mechanism for ProgramMechanism {
    fn description(&self) -> &Arc<Description> {
        &self.program.description
    }

    fn streams(&self) -> &[String] {
        &self.program.streams
    }

    fn random_variables(&self) -> usize {
        self.program.random_variables
    }

    fn vectors(&self) -> &[String] {
        &self.program.vectors
    }

    fn pointers(&self) -> &[PointerVariable] {
        &self.program.pointers
    }

    fn may_point_to_nothing(&self, pointer: usize) -> bool {
        let asks = |instruction: &Instruction| match instruction {
            Instruction::Effect { effect: Effect::IsPointing(number), .. } => *number as usize == pointer,
            _ => false,
        };
        all_kernels(&self.program).any(|kernel| any(kernel, &asks))
    }

    fn functions(&self) -> Vec<String> {
        let tables = self.program.function_tables.iter().map(|table| format!("table_{}", table.name));
        self.program.functions.iter().map(|function| function.name.clone()).chain(tables).collect()
    }

    fn has_function(&self, name: &str) -> bool {
        let table = name.strip_prefix("table_");
        self.program.functions.iter().any(|function| function.name == name)
            || self.program.function_tables.iter().any(|known| Some(&*known.name) == table)
    }

    fn describe(&self, text: &mut dyn fmt::Write) -> fmt::Result {
        let program = Program {
            description: Arc::new(without_source(self.description())),
            ..Program::clone(&self.program)
        };
        write!(text, "{program:?}")
    }

    fn kernels(&self, environment: &Environment) -> Arc<dyn Kernels> {
        self.kernels_of(&self.program, environment, &open_demand(self.description()))
    }

    fn kernels_for(&self, environment: &Environment, demand: &Demand) -> Arc<dyn Kernels> {
        self.kernels_of(&self.without_functions, environment, demand)
    }
}

/// The kernels of a program, specialised.
struct ProgramKernels {
    specialised: Specialised,
    source: Arc<Source>,
    phases: Phases,
    reads_geometry: bool,
    random_seed: u32,
    globals: Vec<f64>,
}

/// Blocks beside `INITIAL` and `BREAKPOINT`.
const BLOCKS: [Phase; 6] = [
    Phase::Constructor,
    Phase::BeforeInitial,
    Phase::AfterInitial,
    Phase::BeforeBreakpoint,
    Phase::AfterSolve,
    Phase::BeforeStep,
];

impl ProgramKernels {
    fn new(specialised: Specialised, source: Arc<Source>, environment: &Environment) -> Self {
        let program = specialised.program();
        let kernels = &program.kernels;
        let is_for_all =
            |instruction: &Instruction| matches!(instruction, Instruction::ForConnections { .. });
        let sees_others = [&kernels.receive, &kernels.receive_initial]
            .iter()
            .any(|kernel| kernel.as_ref().is_some_and(|kernel| any(kernel, &is_for_all)));
        let phases = Phases {
            current: specialised.has(Phase::Current),
            electrode: program.electrode,
            state: specialised.has(Phase::State),
            watch: !kernels.watch.is_empty(),
            other_connections: sees_others,
            blocks: BLOCKS.into_iter().filter(|block| specialised.has(*block)).collect(),
        };
        let reads_geometry = all_kernels(program).any(|kernel| any(kernel, &is_geometry))
            && program.description.kind != Kind::ArtificialCell;
        let (random_seed, globals) = (environment.random_seed, environment.globals.clone());
        Self { phases, reads_geometry, random_seed, globals, specialised, source }
    }

    /// Lets `work` run a kernel on the instances.
    fn with_frame<'a, T>(
        &self,
        instances: &'a mut Instances,
        time: f64,
        outbox: &'a mut Outbox,
        event: Option<Event<'a>>,
        arguments: &'a [Argument],
        work: impl FnOnce(&Specialised, &mut Frame<'a>) -> T,
    ) -> T {
        let mut frame = Frame {
            count: instances.count,
            time,
            columns: &mut instances.columns,
            voltage: &instances.voltage,
            nodes: instances
                .distinct
                .as_ref()
                .map(|distinct| Nodes { voltage: &distinct.voltage, starts: &distinct.starts }),
            area: &instances.area,
            diameter: &instances.diameter,
            current: &mut instances.current,
            conductance: &mut instances.conductance,
            ion_derivatives: &mut instances.ion_derivatives,
            own: &mut instances.own,
            outbox,
            event,
            arrivals: None,
            arguments,
        };
        work(&self.specialised, &mut frame)
    }

    fn run(&self, phase: Phase, instances: &mut Instances, time: f64, outbox: &mut Outbox) {
        self.with_frame(instances, time, outbox, None, &[], |specialised, frame| {
            specialised.run(phase, frame)
        });
    }

    /// `table_NAME(…)` of a `FUNCTION_TABLE`: a number that it always has, or a `Vector` of values and one of
    /// arguments.
    fn set_table(
        &self,
        instances: &mut Instances,
        table: usize,
        arguments: &[Argument],
        outbox: &mut Outbox,
    ) {
        let entries = match arguments {
            [Argument::Number(value)] => FunctionTableEntries { values: vec![*value], grid: vec![] },
            [Argument::Vector(values), Argument::Vector(grid)] if values.len() == grid.len() => {
                FunctionTableEntries { values: values.clone(), grid: vec![grid.clone()] }
            }
            _ => {
                let name = &self.specialised.program().function_tables[table].name;
                let message = format!("`table_{name}` takes a number, or two `Vector`s of the same size");
                return outbox.fail(0, message, Span::default());
            }
        };
        instances.own.function_tables[table] = Some(entries);
    }
}

impl Kernels for ProgramKernels {
    fn phases(&self) -> Phases {
        self.phases.clone()
    }

    fn storage(&self, column: usize) -> Storage {
        self.specialised.storage()[column]
    }

    fn reads_geometry(&self) -> bool {
        self.reads_geometry
    }

    fn voltage(&self, phase: Phase) -> VoltageOf {
        self.specialised.voltage(phase)
    }

    fn prepare(&self, instances: &mut Instances) {
        let program = self.specialised.program();
        let own = &mut instances.own;
        own.globals = program.globals.iter().map(|global| global.initial).collect();
        for (global, value) in own.globals.iter_mut().zip(&self.globals) {
            *global = *value;
        }
        own.tables = vec![TableEntries::default(); program.tables.len()];
        own.function_tables = vec![None; program.function_tables.len()];
        own.random_seed = self.random_seed;
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        self.run(Phase::Initial, instances, surroundings.clock.t, outbox);
    }

    fn current(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        self.run(Phase::Current, instances, surroundings.clock.t, outbox);
    }

    fn state(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        self.run(Phase::State, instances, surroundings.clock.t, outbox);
    }

    fn block(
        &self,
        block: Phase,
        instances: &mut Instances,
        surroundings: &Surroundings,
        outbox: &mut Outbox,
    ) {
        self.run(block, instances, surroundings.clock.t, outbox);
    }

    fn initialize_connection(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        if self.specialised.program().kernels.receive_initial.is_none() {
            if let [_, rest @ ..] = &mut *delivery.weights {
                rest.fill(0.0);
            }
            return;
        }
        let (instance, t, event) = event(delivery);
        self.with_frame(instances, t, outbox, Some(event), &[], |specialised, frame| {
            specialised.receive_initial(instance, frame);
        });
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let (instance, t, event) = event(delivery);
        self.with_frame(instances, t, outbox, Some(event), &[], |specialised, frame| {
            specialised.receive(instance, frame);
        });
    }

    fn receives_all(&self) -> Option<usize> {
        self.specialised.receives_all()
    }

    fn receive_all(&self, instances: &mut Instances, arrivals: &mut Arrivals, outbox: &mut Outbox) {
        self.with_frame(instances, 0.0, outbox, None, &[], |specialised, frame| {
            (frame.count, frame.nodes) = (arrivals.instances.len(), None);
            frame.arrivals = Some(arrivals);
            specialised.receive_all(frame);
        });
    }

    fn watch(&self, instances: &mut Instances, instance: usize, condition: u32, t: f64) -> f64 {
        // What a condition has to tell is told when it comes true
        let mut outbox = Outbox::default();
        self.with_frame(instances, t, &mut outbox, None, &[], |specialised, frame| {
            specialised.watch(condition, instance, frame)
        })
    }

    fn call(
        &self,
        instances: &mut Instances,
        instance: usize,
        function: &str,
        arguments: &[Argument],
        outbox: &mut Outbox,
    ) -> Option<f64> {
        let program = self.specialised.program();
        let table = function.strip_prefix("table_");
        if let Some(table) = program.function_tables.iter().position(|known| Some(&*known.name) == table) {
            self.set_table(instances, table, arguments, outbox);
            return Some(0.0);
        }
        let number = program.functions.iter().position(|known| known.name == function)?;
        Some(self.with_frame(instances, 0.0, outbox, None, arguments, |specialised, frame| {
            specialised.call(number, instance, frame)
        }))
    }

    fn place(&self, span: Span) -> String {
        let name = self.source.name.rsplit('/').next().unwrap_or_default();
        format!("{name}:{}", self.source.line(span.start))
    }
}

/// The instance and time of a delivery, and its event as a kernel sees it.
fn event<'a>(delivery: &'a mut Delivery) -> (usize, f64, Event<'a>) {
    let others = delivery.others.as_mut().map(|others| &mut **others as _);
    (delivery.instance, delivery.t, Event { flag: delivery.flag, weights: &mut *delivery.weights, others })
}

/// All kernels of a program that ever run.
fn all_kernels(program: &Program) -> impl Iterator<Item = &Kernel> {
    let kernels = &program.kernels;
    let runs = Phase::ALL.into_iter().filter(|phase| *phase != Phase::Destructor);
    let phases = runs.filter_map(|phase| kernels.of(phase));
    let events = [&kernels.receive, &kernels.receive_initial].into_iter().flatten().chain(&kernels.watch);
    let functions = program.functions.iter().map(|function| &function.kernel);
    let tables = program.tables.iter().flat_map(|table| [&table.bounds, &table.row]);
    phases.chain(events).chain(functions).chain(tables)
}

/// Whether an instruction of the kernel is such a one.
fn any(kernel: &Kernel, test: &dyn Fn(&Instruction) -> bool) -> bool {
    kernel.body.iter().any(|instruction| instruction.any(test))
}

fn is_geometry(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::Read { place: Place::Area | Place::Diameter, .. })
}
