//! Time of the elementary functions over a column that fits the first-level cache, at each level of this CPU.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nmodl::math::{Level, exp_in_place_at, guarded_exp_in_place_at, log_in_place_at, pow_in_place_at};

const LENGTH: usize = 2048;

/// Measures `at_level` at each level and the scalar `libm`, on copies of a column spread over `least..most`.
fn compare(
    criterion: &mut Criterion,
    name: &str,
    (least, most): (f64, f64),
    libm: impl Fn(f64) -> f64,
    at_level: impl Fn(Level, &mut [f64]),
) {
    let step = (most - least) / LENGTH as f64;
    let arguments: Vec<f64> = (0..LENGTH).map(|i| least + (i * 7919 % LENGTH) as f64 * step).collect();
    let mut column = arguments.clone();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(LENGTH as u64));
    group.bench_function("libm", |bencher| {
        bencher.iter(|| {
            column.copy_from_slice(&arguments);
            black_box(&mut column).iter_mut().for_each(|value| *value = libm(*value));
        });
    });
    for level in Level::available() {
        group.bench_function(BenchmarkId::from_parameter(format!("{:?}", level.features())), |bencher| {
            bencher.iter(|| {
                column.copy_from_slice(&arguments);
                at_level(level, black_box(&mut column));
            });
        });
    }
    group.finish();
}

fn functions(criterion: &mut Criterion) {
    let exponents = vec![4.8; LENGTH];
    compare(criterion, "exp", (-8., 4.), f64::exp, exp_in_place_at);
    compare(criterion, "guarded_exp", (-8., 4.), f64::exp, guarded_exp_in_place_at);
    compare(criterion, "log", (2., 1e5), f64::ln, log_in_place_at);
    compare(
        criterion,
        "pow",
        (1e-3, 1.),
        |x| x.powf(black_box(4.8)),
        |level, column| pow_in_place_at(level, column, &exponents),
    );
}

criterion_group!(benches, functions);
criterion_main!(benches);
