//! Equality in every bit with the libm of this machine, at every level.
//!
//! glibc has a build with fused multiply-adds and one without, and picks one at start. The levels that match the
//! build in use are compared; a second process, in which glibc is told to ignore FMA, compares the others.

use std::process::Command;

use super::vector::{Avx2, Avx512, Plain, RECIPROCALS, Vector};
use super::*;
use crate::Column;
use crate::column::Line;

/// A linear congruential sequence in [0, 1): the arguments are the same in every run.
fn random_numbers(seed: u64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|state| (state >> 11) as f64 / (1_u64 << 53) as f64)
}

fn with_neighbours(x: f64) -> [f64; 5] {
    [x.next_down().next_down(), x.next_down(), x, x.next_up(), x.next_up().next_up()]
}

/// Zeros, infinities, NaNs with payload, the ends of the subnormal, normal and special ranges, powers of two.
fn special_numbers() -> Vec<f64> {
    let ends = [512., 700., 708., 708.396_418_532_264_1, 709., 709.782_712_893_384, 744.440_071_921_381_3];
    let more = [745.133_219_101_941_1, 750., 1e300, f64::MAX, 0., 1., 2., 3., 0.5];
    let powers = (-1074..=1023).map(|exponent| 2_f64.powi(exponent));
    let nans = [0x7ff8_0000_0000_0000, 0x7ff8_0000_dead_beef, 0xfff8_0000_0000_0001].map(f64::from_bits);
    let positive = ends.into_iter().chain(more).chain(powers).flat_map(with_neighbours);
    positive.chain([f64::INFINITY]).flat_map(|x| [x, -x]).chain(nans).collect()
}

fn exp_arguments(random: usize) -> Vec<f64> {
    let step = std::f64::consts::LN_2 / 128.;
    let boundaries = (-131_000..131_000).map(|k| (f64::from(k) + 0.5) * step).flat_map(with_neighbours);
    let wide = random_numbers(1).map(|u| 1500. * (u - 0.5)).take(random);
    let narrow = random_numbers(2).map(|u| 12. * u - 8.).take(random / 2);
    special_numbers().into_iter().chain(boundaries).chain(wide).chain(narrow).collect()
}

fn pow_arguments(random: usize) -> Vec<(f64, f64)> {
    let mut arguments = Vec::new();
    let mut u = random_numbers(3);
    let mut next = || u.next().expect("the sequence does not end");
    for _ in 0..random / 4 {
        arguments.push((next(), [2., 3., 4., 0.5, 4.8, -1.][(6. * next()) as usize]));
        arguments.push((10. * next(), 200. * (next() - 0.5)));
        arguments
            .push((f64::from_bits((next() * f64::INFINITY.to_bits() as f64) as u64), 4. * (next() - 0.5)));
        arguments.push((1. + 1e-3 * (next() - 0.5), 1e6 * (next() - 0.5)));
    }
    let specials: Vec<f64> = special_numbers().into_iter().step_by(23).collect();
    let integers = (-70..70).map(f64::from);
    let exponents: Vec<f64> = specials.iter().copied().chain(integers).collect();
    arguments.extend(specials.iter().flat_map(|&x| exponents.iter().map(move |&y| (x, y))));
    arguments
}

/// Whether the libm of this process fuses multiply-adds in `exp`.
fn libm_fuses() -> bool {
    let x = random_numbers(4)
        .map(|u| 100. * u)
        .find(|&x| exp_finite::<true>(x) != exp_finite::<false>(x))
        .expect("the builds differ");
    x.exp() == exp_finite::<true>(x)
}

/// Those levels of this CPU whose bits the libm of this process has.
fn comparable_levels() -> Vec<Level> {
    let fuses = libm_fuses();
    println!("libm fuses multiply-adds: {fuses}");
    let levels: Vec<Level> = Level::available().into_iter().filter(|level| level.fma() == fuses).collect();
    assert!(!levels.is_empty(), "no level of this CPU matches the build of libm in use");
    levels
}

#[track_caller]
fn assert_same_bits(level: Level, argument: impl std::fmt::Debug, result: f64, expected: f64) {
    let same = result.to_bits() == expected.to_bits();
    assert!(same, "{:?}: {argument:?} gives {result:e}, libm {expected:e}", level.features());
}

#[test]
fn bits_of_libm_exp() {
    let arguments = exp_arguments(2_000_000);
    let expected: Vec<f64> = arguments.iter().map(|x| x.exp()).collect();
    for level in comparable_levels() {
        let mut results = arguments.clone();
        exp_in_place_at(level, &mut results);
        for ((x, result), expected) in arguments.iter().zip(results).zip(&expected) {
            assert_same_bits(level, x, result, *expected);
        }
    }
}

/// Makes a function that does something with `V`, the vectors of a level, for each of some values.
macro_rules! by_vectors {
    (fn $name:ident($value:ident: &mut $type:ty) $body:block) => {
        fn $name(level: Level, values: &mut [$type]) {
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
            fn avx512($value: &mut $type) {
                type V = Avx512;
                // SAFETY: a line may be read and written
                unsafe { $body }
            }
            #[target_feature(enable = "avx2,fma")]
            fn avx2($value: &mut $type) {
                type V = Avx2;
                // SAFETY: a line may be read and written
                unsafe { $body }
            }
            fn plain($value: &mut $type) {
                type V = Plain;
                // SAFETY: a line may be read and written
                unsafe { $body }
            }
            for value in values {
                // SAFETY: a `Level` exists only for features that were detected on this CPU
                unsafe {
                    match level.features() {
                        Features::Avx512 => avx512(value),
                        Features::Avx2Fma => avx2(value),
                        Features::Baseline => plain(value),
                    }
                }
            }
        }
    };
}

by_vectors! {
    fn exp_by_vectors(line: &mut Line) { V::guarded_exps(std::slice::from_mut(line)) }
}

by_vectors! {
    fn quotients_by_vectors(numbers: &mut [Line; 4]) {
        let [a, b, checked, unchecked] = numbers;
        let (a, b) = (V::load(a), V::load(b));
        let reciprocal = V::splat(1.).divide(b);
        a.divide_by::<false>(b, reciprocal).store(checked);
        a.divide_by::<true>(b, reciprocal).store(unchecked);
    }
}

by_vectors! {
    fn powers_by_vectors(bases: &mut ([Line; 3], [u8; 2])) {
        let ([base, third, fourth], unfit) = bases;
        let (power, unfit_thirds) = V::load(base).whole_power::<3>();
        power.store(third);
        let (power, unfit_fourths) = V::load(base).whole_power::<4>();
        power.store(fourth);
        *unfit = [unfit_thirds, unfit_fourths];
    }
}

/// Dividends and divisors whose quotients are as close as possible to the middle of two numbers, or to a number.
fn hard_quotients(count: usize) -> impl Iterator<Item = (f64, f64)> {
    const ONE: u64 = 1 << 52;
    let divisors = random_numbers(11).map(|u| ((u * ONE as f64) as u64 + ONE) | 1).chain([2 * ONE - 1]);
    divisors.take(count).flat_map(|divisor| {
        // so that 2^54 times the dividend is 1 more than a multiple of the divisor
        let dividend = (0..54).fold(1, |x, _| if x % 2 == 0 { x / 2 } else { (x + divisor) / 2 });
        (1..9).flat_map(move |multiple| {
            let dividend = (u128::from(dividend) * multiple % u128::from(divisor)) as u64;
            [dividend, divisor - dividend].map(|dividend| (dividend as f64, divisor as f64))
        })
    })
}

#[test]
fn quotients_by_reciprocals_are_rounded() {
    let mut pairs: Vec<(f64, f64)> = hard_quotients(200_000).collect();
    pairs.push((1., (2. - f64::EPSILON) / 2.));
    let (numerators, divisors) = (random_numbers(12), random_numbers(13));
    pairs.extend(numerators.map(|u| u - 0.5).zip(divisors.map(|u| (40. * (u - 0.5)).exp())).take(1_000_000));
    // whole lines that need no other way
    pairs.truncate(pairs.len() / 8 * 8);
    let specials: Vec<f64> = special_numbers().into_iter().step_by(17).chain([0., -0.]).collect();
    pairs.extend(specials.iter().flat_map(|&a| specials.iter().map(move |&b| (a, b))));
    pairs.resize(pairs.len().next_multiple_of(8), (0., 3.));
    for level in Level::available() {
        let lines = pairs.as_chunks::<8>().0.iter();
        let line = |pairs: &[(f64, f64); 8]| [pairs.map(|pair| pair.0), pairs.map(|pair| pair.1)].map(Line);
        let mut numbers: Vec<[Line; 4]> =
            lines.map(line).map(|[a, b]| [a, b, Line([0.; 8]), Line([0.; 8])]).collect();
        quotients_by_vectors(level, &mut numbers);
        for [a, b, checked, unchecked] in numbers {
            for lane in 0..8 {
                let (a, b) = (a.0[lane], b.0[lane]);
                let expected = a / b;
                let is = |result: f64| {
                    result.to_bits() == expected.to_bits() || result.is_nan() && expected.is_nan()
                };
                assert!(is(checked.0[lane]), "{:?}: {a:e} / {b:e}", level.features());
                let fits = RECIPROCALS.contains(&(1. / b).abs());
                assert!(!fits || is(unchecked.0[lane]), "{:?}: {a:e} / {b:e}", level.features());
            }
        }
    }
}

#[test]
fn bits_of_whole_powers() {
    let mut bases: Vec<f64> = random_numbers(14).map(|u| 4. * (u - 0.5)).take(1_000_000).collect();
    let common = bases.len();
    bases.extend(random_numbers(15).map(|u| (600. * (u - 0.5)).exp()).take(100_000));
    bases.extend(special_numbers());
    bases.resize(bases.len().next_multiple_of(8), 0.);
    for level in comparable_levels().into_iter().filter(|level| level.has_whole_powers()) {
        let empty = [Line([0.; 8]); 2];
        let lines = bases.as_chunks::<8>().0.iter();
        let mut results: Vec<_> = lines.map(|&bases| ([Line(bases), empty[0], empty[1]], [0; 2])).collect();
        powers_by_vectors(level, &mut results);
        let mut left = 0;
        for (number, ([base, third, fourth], unfit)) in results.into_iter().enumerate() {
            for lane in 0..8 {
                for (power, exponent, unfit) in [(third, 3., unfit[0]), (fourth, 4., unfit[1])] {
                    if unfit >> lane & 1 == 0 {
                        let base = base.0[lane];
                        assert_same_bits(level, (base, exponent), power.0[lane], base.powf(exponent));
                    } else if 8 * number < common {
                        left += 1;
                    }
                }
            }
        }
        assert!(left < common / 7, "{:?}: {left} powers are left to others", level.features());
    }
}

#[test]
fn bits_of_guarded_libm_exp() {
    let mut arguments = exp_arguments(2_000_000);
    // whole lines without anything to guard, too
    let common: Vec<f64> = arguments.iter().copied().filter(|x| x.abs() < 512.).collect();
    arguments.resize(arguments.len().next_multiple_of(8), 0.);
    arguments.extend(common);
    let guarded = |x: f64| match x {
        x if x < -700. => 0.,
        x if x > 700. => 700_f64.exp(),
        x => x.exp(),
    };
    let expected: Vec<f64> = arguments.iter().copied().map(guarded).collect();
    for level in comparable_levels() {
        let mut results = arguments.clone();
        guarded_exp_in_place_at(level, &mut results);
        for ((x, result), expected) in arguments.iter().zip(results).zip(&expected) {
            assert_same_bits(level, x, result, *expected);
        }
        let mut results: Column = arguments.iter().copied().collect();
        exp_by_vectors(level, results.lines_mut());
        for ((x, result), expected) in arguments.iter().zip(results.iter()).zip(&expected) {
            assert_same_bits(level, x, *result, *expected);
        }
    }
}

#[test]
fn bits_of_libm_pow() {
    let arguments = pow_arguments(2_000_000);
    let (bases, exponents): (Vec<f64>, Vec<f64>) = arguments.iter().copied().unzip();
    let expected: Vec<f64> = arguments.iter().map(|(x, y)| x.powf(*y)).collect();
    for level in comparable_levels() {
        let mut results = bases.clone();
        pow_in_place_at(level, &mut results, &exponents);
        for ((argument, result), expected) in arguments.iter().zip(results).zip(&expected) {
            assert_same_bits(level, argument, result, *expected);
        }
    }
}

#[test]
fn bits_of_libm_log() {
    let mut arguments: Vec<f64> = special_numbers();
    arguments.extend([0.9375, 1.064_697_265_625, 0.687_5].map(with_neighbours).as_flattened());
    arguments.extend(random_numbers(8).map(|u| 2. * u).take(500_000));
    arguments.extend(random_numbers(9).map(|u| (1500. * (u - 0.5)).exp()).take(1_000_000));
    arguments.extend(random_numbers(10).map(|u| 1.065 + 1e5 * u).take(500_000));
    let expected: Vec<f64> = arguments.iter().map(|x| x.ln()).collect();
    for level in comparable_levels() {
        let mut results = arguments.clone();
        log_in_place_at(level, &mut results);
        for ((x, result), expected) in arguments.iter().zip(results).zip(&expected) {
            assert_same_bits(level, x, result, *expected);
        }
    }
}

#[test]
fn bits_of_libm_without_fma() {
    let output = Command::new(std::env::current_exe().expect("the test has a file"))
        .args(["math::tests::bits_of_", "--skip", "bits_of_libm_without_fma", "--nocapture"])
        // the names before and since glibc 2.33
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4")
        .output()
        .expect("the test can run itself");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("libm fuses multiply-adds: false"), "glibc did not heed the tunable: {printed}");
}

#[test]
fn short_columns_have_the_bits_of_long_ones() {
    let column: Vec<f64> = random_numbers(5).map(|u| 20. * u - 10.).take(200).collect();
    for level in Level::available() {
        let mut long = column.clone();
        exp_in_place_at(level, &mut long);
        for length in 0..column.len() {
            let mut short = column[..length].to_vec();
            exp_in_place_at(level, &mut short);
            assert_eq!(short, long[..length], "{:?}", level.features());
        }
    }
}

#[test]
fn levels_with_fma_agree() {
    let levels = Level::available();
    assert_eq!(levels[0], Level::BASELINE);
    assert_eq!(levels.last(), Some(&Level::best()));
    let exponents: Vec<f64> = random_numbers(6).map(|u| 10. * u - 5.).take(10_000).collect();
    let columns = levels.iter().filter(|level| level.fma()).map(|&level| {
        let mut bases: Vec<f64> = random_numbers(7).take(10_000).collect();
        pow_in_place_at(level, &mut bases, &exponents);
        bases
    });
    let columns: Vec<Vec<f64>> = columns.collect();
    assert!(columns.windows(2).all(|pair| pair[0] == pair[1]));
}
