//! Time of the elementary functions over a column that fits the first-level cache, at each level of this CPU.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nmodl::math::{
    Level, exp_in_place_at, guarded_exp_in_place_at, log_in_place_at, mul_add, pow_in_place_at,
};

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

nmodl::dispatch! {
    /// The exponential by a polynomial alone, without guards and to some units in the last place: what the bits of
    /// glibc have to be compared with.
    fn polynomial_exp_at(values: &mut [f64]) = polynomial_exp_lanes;
}

#[inline(always)]
fn polynomial_exp_lanes<const FMA: bool>(values: &mut [f64]) {
    // 1.5 * 2^52: a sum with it is rounded to an integer, which its low bits then hold
    const SHIFT: f64 = 6_755_399_441_055_744.;
    const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
    const LN_2_LOW: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
    for value in values {
        let shifted = mul_add::<FMA>(*value, std::f64::consts::LOG2_E, SHIFT);
        let k = shifted - SHIFT;
        let r = mul_add::<FMA>(k, -LN_2_LOW, mul_add::<FMA>(k, -LN_2_HIGH, *value));
        // Taylor's polynomial of degree 11 by Estrin's scheme
        let (r2, pair) = (r * r, |low: f64, high: f64| mul_add::<FMA>(r, 1. / high, 1. / low));
        let (r4, quad) = (r2 * r2, |low: f64, high: f64| mul_add::<FMA>(r2, high, low));
        let low = quad(1. + r, pair(2., 6.));
        let middle = quad(pair(24., 120.), pair(720., 5040.));
        let high = quad(pair(40_320., 362_880.), pair(3_628_800., 39_916_800.));
        let sum = mul_add::<FMA>(r4, mul_add::<FMA>(r4, high, middle), low);
        *value = f64::from_bits(sum.to_bits().wrapping_add(shifted.to_bits() << 52));
    }
}

fn functions(criterion: &mut Criterion) {
    let exponents = vec![4.8; LENGTH];
    compare(criterion, "exp", (-8., 4.), f64::exp, exp_in_place_at);
    compare(criterion, "guarded_exp", (-8., 4.), f64::exp, guarded_exp_in_place_at);
    compare(criterion, "polynomial_exp", (-8., 4.), f64::exp, polynomial_exp_at);
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
