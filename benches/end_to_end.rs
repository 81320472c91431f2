//! Time of whole simulations: rings of axons, as `make bench` compares with NEURON, for fewer steps.

use benchmarks::{SEGMENTS, simulation};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const STEPS: usize = 200;

fn rings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hh_ring");
    group.sample_size(10);
    for cells in [10, 1000] {
        group.throughput(Throughput::Elements((cells * SEGMENTS * STEPS) as u64));
        group.bench_function(BenchmarkId::new("run", cells), |bencher| {
            bencher.iter_batched(
                || simulation(cells, None).expect("the model is valid"),
                |mut simulation| {
                    simulation.run_until(STEPS as f64 * 0.025).expect("the voltages stay finite");
                    simulation
                },
                BatchSize::LargeInput,
            );
        });
        group.throughput(Throughput::Elements(cells as u64));
        group.bench_function(BenchmarkId::new("build", cells), |bencher| {
            bencher.iter_with_large_drop(|| simulation(cells, None).expect("the model is valid"));
        });
    }
    group.finish();
}

criterion_group!(benches, rings);
criterion_main!(benches);
