//! The natural logarithm with the bits of glibc.
//!
//! Method (S. Nagy, ARM optimized routines `log.c`, <https://github.com/ARM-software/optimized-routines>; since
//! glibc 2.28): x = 2^k z, log(x) = k ln2 + log(c) + log(1 + r), where c is the centre of one of 128 intervals and
//! r = z/c - 1, with a polynomial of degree 5 for the last term. Arguments near 1 take another path, left to libm.

use std::ops::Range;

use super::centres::CENTRES;
use super::dispatch::{Level, mul_add};
use super::pow::{LN2_HIGH, LN2_LOW};
use super::vector::{Task, Vector};
use crate::column::Line;

/// Coefficients of r^2 to r^6 in log(1 + r)
pub(super) const A2: f64 = f64::from_bits(0xbfe0_0000_0000_0001);
pub(super) const A3: f64 = f64::from_bits(0x3fd5_5555_5551_305b);
pub(super) const A4: f64 = f64::from_bits(0xbfcf_ffff_ffeb_4590);
pub(super) const A5: f64 = f64::from_bits(0x3fc9_99b3_24f1_0111);
pub(super) const A6: f64 = f64::from_bits(0xbfc5_5575_e506_c89f);
/// The bits of the least significand, 0.6875, to which arguments are reduced
pub(super) const LEAST: u64 = 0x3fe6_0000_0000_0000;

/// Arguments that glibc does in another way
pub(super) const NEAR_ONE: Range<f64> = 0.9375..1.064_697_265_625;

/// Replaces each value by its natural logarithm, with the bits of libm.
pub fn log_in_place(values: &mut [f64]) {
    log_in_place_at(Level::best(), values);
}

/// [`log_in_place`] at a chosen level.
///
/// Numbers that are not positive normal ones, or from 0.9375 to 1.065, are left to libm.
pub fn log_in_place_at(level: Level, values: &mut [f64]) {
    level.run(Logarithms(values));
}

struct Logarithms<'a>(&'a mut [f64]);

impl Task for Logarithms<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (lines, rest) = self.0.as_chunks_mut::<LANES>();
        // SAFETY: by the caller
        unsafe {
            for numbers in lines {
                logarithms::<V>(numbers);
            }
            if !rest.is_empty() {
                let mut numbers = [2.; LANES];
                numbers[..rest.len()].copy_from_slice(rest);
                logarithms::<V>(&mut numbers);
                rest.copy_from_slice(&numbers[..rest.len()]);
            }
        }
    }
}

/// # Safety
/// The CPU has the vectors.
#[inline(always)]
unsafe fn logarithms<V: Vector>(numbers: &mut [f64; LANES]) {
    let arguments = Line(*numbers);
    let mut line = arguments;
    // SAFETY: by the caller
    let mut uncommon = unsafe {
        let (logarithms, uncommon) = V::load(&raw const arguments).common_logarithm();
        logarithms.store(&raw mut line);
        uncommon
    };
    while uncommon != 0 {
        let lane = uncommon.trailing_zeros() as usize;
        line.0[lane] = arguments.0[lane].ln();
        uncommon &= uncommon - 1;
    }
    *numbers = line.0;
}

/// Numbers of a line.
const LANES: usize = 8;

/// The logarithm of a number, if it is a common one; meaningless for others.
#[inline(always)]
pub(super) fn common_logarithm<const FMA: bool>(x: f64) -> (f64, bool) {
    (log_common::<FMA>(x), is_common(x))
}

#[inline(always)]
fn is_common(x: f64) -> bool {
    let near_one = NEAR_ONE.contains(&x);
    (f64::MIN_POSITIVE..=f64::MAX).contains(&x) & !near_one
}

#[inline(always)]
fn log_common<const FMA: bool>(x: f64) -> f64 {
    let offset = x.to_bits().wrapping_sub(LEAST);
    let k = f64::from((offset as i64 >> 52) as i32);
    let z = f64::from_bits(x.to_bits().wrapping_sub(offset & (u64::MAX << 52)));
    let [reciprocal, log, centre, centre_rest] = CENTRES[(offset >> 45 & 127) as usize].map(f64::from_bits);
    let r = if FMA { mul_add::<FMA>(z, reciprocal, -1.) } else { (z - centre - centre_rest) * reciprocal };
    let table = mul_add::<FMA>(k, LN2_HIGH, log);
    let high = table + r;
    let r2 = r * r;
    let low = mul_add::<FMA>(r2, A2, mul_add::<FMA>(k, LN2_LOW, table - high + r));
    let series = mul_add::<FMA>(mul_add::<FMA>(r, A6, A5), r2, mul_add::<FMA>(r, A4, A3));
    mul_add::<FMA>(r * r2, series, low) + high
}
