//! Time of the hottest kernels per instance, and of the systems of a time step of a group of 250 cells with 16
//! compartments each.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{IntoSystem, ScheduleSystem};
use cell::{Catalogue, Cell, CellModel, Selection};
use components::{Clock, Column, Instances, IonBinding, NodeRun, SourceId};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nmodl::Description;
use systems::Registry;
use systems::group::{CellPlan, Connection, Group, GroupOptions, PointProcess, build};
use systems::mechanism::{Environment, Kernels, Outbox, Surroundings};
use systems::step::{axial, capacitance, currents, deliver, hines, update};

const CLOCK: Clock = Clock { t: 0.0, dt: 0.025, step: 0, celsius: 6.3, cj: 40.0, second_order: 0 };
const SURROUNDINGS: Surroundings = Surroundings { clock: CLOCK, area: &[], diameter: &[] };

/// Initialised instances of a mechanism at voltages spread over -80 to 40 mV.
fn instances(name: &str, count: usize) -> (Arc<dyn Kernels>, Instances) {
    let registry = Registry::with_built_ins();
    let mechanism = registry.get(name).expect("it is built in");
    let description = mechanism.description();
    let globals = description.globals.iter().map(|global| global.default).collect();
    let kernels =
        mechanism.kernels(&Environment { dt: 0.025, celsius: 6.3, second_order: 0, random_seed: 0, globals });
    let zeros = || Column::filled(count, 0.0);
    let binding = |ion: &nmodl::IonUse| IonBinding {
        ion: Entity::PLACEHOLDER,
        runs: NodeRun::of(&(0..count as u32).collect::<Vec<u32>>()),
        index: (0..count as u32).collect(),
        reads_reversal: true,
        reversal_changes: false,
        reversal: description.variable(&format!("e{}", ion.ion)),
        inside: None,
        outside: None,
        current_read: None,
        current_written: description.variable(&format!("i{}", ion.ion)),
        writes_inside: false,
        writes_outside: false,
        writes_reversal: false,
    };
    let nodes: Vec<u32> = (0..count as u32).collect();
    let mut instances = Instances {
        runs: NodeRun::of(&nodes),
        nodes,
        count,
        columns: description.variables.iter().map(|v| Column::filled(count, v.default)).collect(),
        voltage: (0..count).map(|k| -80.0 + (k * 7919 % count) as f64 / count as f64 * 120.0).collect(),
        current: zeros(),
        conductance: zeros(),
        ions: description.ions.iter().map(binding).collect(),
        ion_derivatives: description.ions.iter().map(|_| zeros()).collect(),
        ..Instances::default()
    };
    kernels.initialize(&mut instances, &SURROUNDINGS, &mut Outbox::default());
    (kernels, instances)
}

fn kernels(criterion: &mut Criterion) {
    for (name, with_current) in [("hh", true), ("ExpSyn", false)] {
        let mut group = criterion.benchmark_group(name);
        for count in [1000, 2000, 4000] {
            let (kernels, mut instances) = instances(name, count);
            let mut outbox = Outbox::default();
            group.throughput(Throughput::Elements(count as u64));
            if with_current {
                group.bench_function(BenchmarkId::new("current", count), |bencher| {
                    bencher.iter(|| kernels.current(black_box(&mut instances), &SURROUNDINGS, &mut outbox));
                });
            }
            group.bench_function(BenchmarkId::new("state", count), |bencher| {
                bencher.iter(|| kernels.state(black_box(&mut instances), &SURROUNDINGS, &mut outbox));
            });
        }
    }
}

fn description(name: &str) -> Arc<Description> {
    Arc::clone(Registry::with_built_ins().get(name).expect("it is built in").description())
}

/// A soma with a dendrite: 16 compartments, passive.
fn model() -> Result<CellModel, cell::Error> {
    let registry = Registry::with_built_ins();
    let mut cell = Cell::new(Arc::new(Catalogue::new(registry.descriptions().cloned())?));
    let soma = cell.create_section(None, "soma");
    let dendrite = cell.create_section(None, "dend");
    for (section, length, diameter) in [(soma, 20.0, 20.0), (dendrite, 600.0, 2.0)] {
        cell.set_length(section, length)?;
        cell.set_range(section, "diam", diameter)?;
        cell.insert(section, "pas")?;
    }
    cell.set_nseg(dendrite, 15)?;
    cell.connect(dendrite, 0.0, soma, 1.0)?;
    cell.to_model(&Selection::All, &[])
}

/// 250 such cells, each with a synapse that gets 10 events per ms.
fn cells() -> Group {
    let model = Arc::new(model().expect("a cell"));
    let plan = |gid: u64| CellPlan {
        point_processes: vec![
            PointProcess::new(&description("ExpSyn"), Some(4)),
            PointProcess {
                node: None,
                ..PointProcess::new(&description("NetStim"), None)
                    .with("start", gid as f64 * 1e-3)
                    .with("interval", 0.1)
                    .with("number", 1e9)
            },
        ],
        connections: vec![Connection {
            source: SourceId::point_process(gid, 1),
            target: 0,
            delay: 1.0,
            weights: vec![1e-4],
            active: true,
        }],
        ..CellPlan::new("cells", gid, gid, Arc::clone(&model))
    };
    let plans: Vec<CellPlan> = (0..250).map(plan).collect();
    let registry = Registry::with_built_ins();
    let mut group = build(&plans, &registry, &GroupOptions::default(), &[]).expect("a group");
    group.initialize();
    group
}

/// Measures one system of a step; the others run unmeasured, so that it finds what it would find.
fn steps(criterion: &mut Criterion) {
    fn boxed<M>(system: impl IntoSystem<(), (), M>) -> ScheduleSystem {
        Box::new(IntoSystem::into_system(system))
    }
    let names = ["clear", "capacitance", "axial", "hines", "update", "deliver"];
    let mut benchmarks = criterion.benchmark_group("step of 250 cells");
    benchmarks.throughput(Throughput::Elements(250 * 16));
    for name in names {
        let mut group = cells();
        let mut systems: Vec<(&str, ScheduleSystem)> = vec![
            ("", boxed(update::first_half)),
            ("clear", boxed(currents::clear)),
            ("capacitance", boxed(capacitance::capacitance)),
            ("axial", boxed(axial::axial)),
            ("hines", boxed(hines::hines)),
            ("update", boxed(update::voltage)),
            ("", boxed(update::second_half)),
            ("deliver", boxed(deliver::deliver_end)),
        ];
        for (_, system) in &mut systems {
            system.initialize(&mut group.world);
        }
        benchmarks.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut spent = Duration::ZERO;
                for _ in 0..iterations {
                    for (known, system) in &mut systems {
                        let start = Instant::now();
                        let result = system.run((), &mut group.world);
                        if *known == name {
                            spent += start.elapsed();
                        }
                        assert!(result.is_ok(), "{known}");
                    }
                }
                spent
            });
        });
    }
    let mut group = cells();
    benchmarks.bench_function("all", |bencher| bencher.iter(|| group.advance(1)));
}

criterion_group!(benches, kernels, steps);
criterion_main!(benches);
