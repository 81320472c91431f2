//! Runs the kernels of `.mod` files over made-up instances: whether all executors agree, and how long the lane machine
//! takes. `measure [--check] [--show] [--count N] [--lanes N] [--best] [--operations] [--state] [--voltage MV]
//! [--set NAME=NUMBER]… FILE…`; `--best` leaves out all but the widest vectors, `--operations` machine code, `--state`
//! the currents; variables that are set are the same in all instances.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use nmodl::execute::{
    Constants, Demand, Frame, FunctionTableEntries, Holdings, Outbox, Phase, Specialised, Storage,
};
use nmodl::math::Level;
use nmodl::syntax::Source;
use nmodl::{Column, Program, Role};
use random::Stream;

const PHASES: [Phase; 7] = [
    Phase::BeforeInitial,
    Phase::Initial,
    Phase::BeforeBreakpoint,
    Phase::Current,
    Phase::State,
    Phase::AfterSolve,
    Phase::BeforeStep,
];

#[derive(Clone)]
struct Instances {
    columns: Vec<Column>,
    voltage: Column,
    area: Column,
    current: Column,
    conductance: Column,
    ions: Vec<Column>,
    own: Holdings,
    outbox: Outbox,
}

impl Instances {
    fn new(
        program: &Program,
        demand: &Demand,
        storage: &[Storage],
        count: usize,
        voltage: Option<f64>,
    ) -> Self {
        let variables = program.description.variables.iter().zip(&demand.uniform);
        let columns = variables.zip(storage).enumerate().map(|(number, ((variable, uniform), storage))| {
            let noise = |instance: usize| ((instance * 7919 + number * 104_729) % 1009) as f64 / 1009.;
            let value = |instance: usize| match (uniform, variable.role) {
                (true, _) => variable.default,
                (_, Role::Parameter) => variable.default * (1. + 0.1 * noise(instance)),
                _ => noise(instance),
            };
            match storage {
                Storage::Instances => (0..count).map(value).collect(),
                Storage::Uniform => Column::filled(1, variable.default),
                Storage::Nowhere => Column::default(),
            }
        });
        let streams =
            |number| (0..count as u32).map(|instance| Some(Stream::new(1, instance, number, 3))).collect();
        let artificial = program.description.kind == nmodl::Kind::ArtificialCell;
        let nodes = if artificial { 0 } else { count };
        let table = |table: &nmodl::ir::FunctionTable| {
            let grid = vec![vec![-100., 100.]; table.arguments];
            Some(FunctionTableEntries { values: vec![0.5; 1 << table.arguments], grid })
        };
        Self {
            columns: columns.collect(),
            voltage: (0..nodes)
                .map(|node| voltage.unwrap_or(-80. + (node * 7919 % 997) as f64 / 10.))
                .collect(),
            area: (0..nodes).map(|node| 100. + (node % 7) as f64).collect(),
            current: Column::filled(count, 0.),
            conductance: Column::filled(count, 0.),
            ions: vec![Column::filled(count, 0.); program.description.ions.len()],
            own: Holdings {
                globals: program.globals.iter().map(|global| global.initial).collect(),
                streams: (0..program.streams.len() as u32).map(streams).collect(),
                vectors: vec![vec![None; count]; program.vectors.len()],
                function_tables: program.function_tables.iter().map(table).collect(),
                ..Holdings::default()
            },
            outbox: Outbox::default(),
        }
    }

    fn frame(&mut self, time: f64) -> Frame<'_> {
        Frame {
            count: self.current.len(),
            time,
            columns: &mut self.columns,
            voltage: &self.voltage,
            nodes: None,
            area: &self.area,
            diameter: &self.area,
            current: &mut self.current,
            conductance: &mut self.conductance,
            ion_derivatives: &mut self.ions,
            own: &mut self.own,
            outbox: &mut self.outbox,
            event: None,
            arrivals: None,
            arguments: &[],
        }
    }

    fn bits(&self) -> Vec<(String, Vec<u64>)> {
        let bits = |name: String, values: &[f64]| {
            let bits = |value: &f64| if value.is_nan() { 1 } else { value.to_bits() };
            (name, values.iter().map(bits).collect::<Vec<u64>>())
        };
        let mut all =
            vec![bits("current".into(), &self.current), bits("conductance".into(), &self.conductance)];
        all.push(bits("globals".into(), &self.own.globals));
        for (kind, columns) in [("column", &self.columns), ("ion", &self.ions)] {
            all.extend(
                columns.iter().enumerate().map(|(number, column)| bits(format!("{kind} {number}"), column)),
            );
        }
        all
    }
}

fn check(name: &str, program: &Program, demand: &Demand, constants: &Constants) -> bool {
    let mut good = true;
    for level in Level::available() {
        let specialised = program.specialise_at(level, constants, demand);
        for count in [1, 77] {
            let mut reference = Instances::new(program, demand, specialised.storage(), count, None);
            let mut lanes = reference.clone();
            let mut each = reference.clone();
            let mut by_operations = reference.clone();
            let operations = specialised.clone().without_machine_code();
            for step in 0..3 {
                for phase in PHASES {
                    let time = f64::from(step) * 0.025;
                    specialised.run_reference(phase, &mut reference.frame(time));
                    specialised.run(phase, &mut lanes.frame(time));
                    specialised.run_each(phase, &mut each.frame(time));
                    operations.run(phase, &mut by_operations.frame(time));
                    by_operations.outbox.drain().for_each(drop);
                    by_operations.outbox.take_failure();
                    let failure = reference.outbox.take_failure();
                    let same =
                        lanes.outbox.take_failure().map(|f| f.message) == failure.clone().map(|f| f.message);
                    let requests: Vec<_> = reference.outbox.drain().collect();
                    let same = same && lanes.outbox.drain().collect::<Vec<_>>() == requests;
                    each.outbox.drain().for_each(drop);
                    each.outbox.take_failure();
                    if let Some(failure) = failure {
                        println!("{name}: {phase:?}: {}", failure.message);
                        return good && same;
                    }
                    for ((what, expected), (other, got)) in reference
                        .bits()
                        .into_iter()
                        .chain(reference.bits())
                        .chain(reference.bits())
                        .zip(lanes.bits().into_iter().chain(each.bits()).chain(by_operations.bits()))
                    {
                        if expected != got || !same {
                            let at = expected.iter().zip(&got).position(|(a, b)| a != b);
                            println!(
                                "{name}: DIFFERENT {level:?} {phase:?} {count}: {what} {other} at {at:?}"
                            );
                            good = false;
                        }
                    }
                    if !good {
                        return false;
                    }
                }
            }
        }
    }
    good
}

fn measure(
    name: &str,
    program: &Program,
    demand: &Demand,
    constants: &Constants,
    (count, lanes): (usize, usize),
    voltage: Option<f64>,
    (levels, phases, machine_code): (&[Level], &[Phase], bool),
) {
    for &level in levels {
        let specialised: Specialised = program.specialise_at(level, constants, demand).with_lanes(lanes);
        let specialised = if machine_code { specialised } else { specialised.without_machine_code() };
        let mut instances = Instances::new(program, demand, specialised.storage(), count, voltage);
        specialised.run(Phase::Initial, &mut instances.frame(0.));
        instances.outbox.drain().for_each(drop);
        for &phase in phases.iter().filter(|&&phase| specialised.has(phase)) {
            let mut best = f64::INFINITY;
            let begun = Instant::now();
            // short pieces, some of which nothing else disturbs
            while begun.elapsed().as_secs_f64() < 1. {
                let repetitions = 1 + 10_000 / count;
                let start = Instant::now();
                for _ in 0..repetitions {
                    specialised.run(phase, &mut instances.frame(1.));
                }
                best = best.min(start.elapsed().as_secs_f64() * 1e9 / (repetitions * count) as f64);
                instances.outbox.drain().for_each(drop);
            }
            if let Some(failure) = instances.outbox.take_failure() {
                println!("{name:24} {phase:?} {:?}: {}", level.features(), failure.message);
                continue;
            }
            println!(
                "{name:24} {phase:?} {:?}: {best:.2} ns, {} bytes",
                level.features(),
                specialised.bytes_per_instance()
            );
        }
    }
}

/// Gives variables other values at first. As in a run, functions are called no more.
fn set(program: &mut Arc<Program>, given: &[(String, f64)]) {
    if !given.is_empty() {
        let program = Arc::make_mut(program);
        program.functions.clear();
        for variable in &mut Arc::make_mut(&mut program.description).variables {
            if let Some((_, value)) = given.iter().find(|(name, _)| *name == variable.name) {
                variable.default = *value;
            }
        }
    }
}

fn main() {
    let (mut checking, mut showing, mut count, mut lanes) = (false, false, 1024, 64);
    let (mut agreed, mut differ) = (0, 0);
    let (mut voltage, mut levels) = (None, Level::available());
    let mut phases = vec![Phase::Current, Phase::State];
    let mut machine_code = true;
    let mut given: Vec<(String, f64)> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => checking = true,
            "--show" => showing = true,
            "--state" => phases = vec![Phase::State],
            "--operations" => machine_code = false,
            "--best" => levels = vec![Level::best()],
            "--count" => count = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(count),
            "--voltage" => voltage = arguments.next().and_then(|n| n.parse().ok()),
            "--set" => {
                let setting = arguments.next().unwrap_or_default();
                if let Some((name, Ok(value))) = setting.split_once('=').map(|(n, v)| (n, v.parse())) {
                    given.push((name.to_owned(), value));
                }
            }
            "--lanes" => lanes = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(lanes),
            file => {
                let Ok(bytes) = std::fs::read(file) else { continue };
                let source = Arc::new(Source::new(file, String::from_utf8_lossy(&bytes).into_owned()));
                let Some(mut program) = nmodl::compile(&source, Path::new(file).parent()).program else {
                    continue;
                };
                set(&mut program, &given);
                let name =
                    Path::new(file).file_stem().map_or(String::new(), |name| name.to_string_lossy().into());
                let variables = &program.description.variables;
                // conductances and positions differ, other parameters do not
                let uniform = variables.iter().map(|variable| {
                    let is_set = given.iter().any(|(name, _)| *name == variable.name);
                    let differs = variable.name.contains("bar") || variable.name.starts_with('e');
                    is_set || variable.role == Role::Parameter && !differs
                });
                let demand = Demand { uniform: uniform.collect(), observed: vec![false; variables.len()] };
                let globals = program.globals.iter().map(|global| global.initial).collect();
                let constants = Constants { dt: 0.025, celsius: 34., second_order: 0, globals };
                if showing {
                    let specialised = program.specialise(&constants, &demand);
                    for (what, kernel) in [
                        ("current", &specialised.program().kernels.current),
                        ("state", &specialised.program().kernels.state),
                    ] {
                        if let Some(kernel) = kernel {
                            println!("{name} {what}:\n{kernel}");
                        }
                    }
                }
                if checking {
                    let good = check(file, &program, &demand, &constants);
                    *(if good { &mut agreed } else { &mut differ }) += 1;
                } else {
                    measure(
                        &name,
                        &program,
                        &demand,
                        &constants,
                        (count, lanes),
                        voltage,
                        (&levels, &phases, machine_code),
                    );
                }
            }
        }
    }
    if checking {
        println!("{agreed} agree, {differ} differ");
    }
}
