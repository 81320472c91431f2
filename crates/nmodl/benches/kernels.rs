//! Time of the kernels of typical mechanisms, for each instance, at each level of this CPU: 1024 instances, whose
//! columns fit the second-level cache.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nmodl::execute::{Constants, Demand, Frame, Holdings, Outbox, Phase, Storage};
use nmodl::math::Level;
use nmodl::syntax::Source;
use nmodl::{Column, Program, Role};
use random::Stream;

const COUNT: usize = 1024;

const MECHANISMS: [(&str, &str); 5] = [
    ("sodium", include_str!("kernels/sodium.mod")),
    ("calcium", include_str!("kernels/calcium.mod")),
    ("stochastic", include_str!("kernels/stochastic.mod")),
    ("synapse", include_str!("kernels/synapse.mod")),
    ("pool", include_str!("kernels/pool.mod")),
];

fn program(name: &str, text: &str) -> Arc<Program> {
    let compiled = nmodl::compile(&Arc::new(Source::new(name, text)), None);
    assert!(compiled.problems.is_empty(), "{name}: {:?}", compiled.problems);
    compiled.program.expect("a program without problems")
}

fn kernels(criterion: &mut Criterion) {
    for (name, text) in MECHANISMS {
        let program = program(name, text);
        let variables = &program.description.variables;
        // densities differ from one instance to the next, other parameters do not
        let uniform =
            variables.iter().map(|variable| variable.role == Role::Parameter && variable.name != "gbar");
        let demand = Demand { uniform: uniform.collect(), observed: vec![false; variables.len()] };
        let globals: Vec<f64> = program.globals.iter().map(|global| global.initial).collect();
        let constants = Constants { dt: 0.025, celsius: 34., second_order: 0, globals: globals.clone() };
        for phase in [Phase::Current, Phase::State] {
            let mut group = criterion.benchmark_group(format!("{name}/{phase:?}"));
            group.throughput(Throughput::Elements(COUNT as u64));
            for level in Level::available() {
                let specialised = program.specialise_at(level, &constants, &demand);
                if !specialised.has(phase) {
                    continue;
                }
                let columns = variables.iter().zip(specialised.storage());
                let mut columns: Vec<Column> = columns
                    .map(|(variable, storage)| match storage {
                        Storage::Instances => Column::filled(COUNT, variable.default),
                        Storage::Uniform => Column::filled(1, variable.default),
                        Storage::Nowhere => Column::default(),
                    })
                    .collect();
                let voltage: Column =
                    (0..COUNT).map(|node| -80. + (node * 7919 % 997) as f64 / 10.).collect();
                let (mut current, mut conductance) = (Column::filled(COUNT, 0.), Column::filled(COUNT, 0.));
                let mut ions = vec![Column::filled(COUNT, 0.); program.description.ions.len()];
                let stream = |instance| Some(Stream::new(1, instance as u32, 2, 3));
                let streams = program.streams.iter().map(|_| (0..COUNT).map(stream).collect());
                let mut own =
                    Holdings { globals: globals.clone(), streams: streams.collect(), ..Holdings::default() };
                let mut outbox = Outbox::default();
                let mut frame = Frame {
                    count: COUNT,
                    time: 0.,
                    columns: &mut columns,
                    voltage: &voltage,
                    nodes: None,
                    area: &voltage,
                    diameter: &voltage,
                    current: &mut current,
                    conductance: &mut conductance,
                    ion_derivatives: &mut ions,
                    own: &mut own,
                    outbox: &mut outbox,
                    event: None,
                    arrivals: None,
                    arguments: &[],
                };
                specialised.run(Phase::Initial, &mut frame);
                group.bench_function(
                    BenchmarkId::from_parameter(format!("{:?}", level.features())),
                    |bencher| {
                        bencher.iter(|| specialised.run(phase, black_box(&mut frame)));
                    },
                );
            }
            group.finish();
        }
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
