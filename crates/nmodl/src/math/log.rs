//! The natural logarithm with the bits of glibc.
//!
//! Method (S. Nagy, ARM optimized routines `log.c`, <https://github.com/ARM-software/optimized-routines>; since
//! glibc 2.28): x = 2^k z, log(x) = k ln2 + log(c) + log(1 + r), where c is the centre of one of 128 intervals and
//! r = z/c - 1, with a polynomial of degree 5 for the last term. Arguments near 1 take another path, left to libm.

use super::BLOCK;
use super::centres::CENTRES;
use super::dispatch::{Level, mul_add};
use super::pow::{LN2_HIGH, LN2_LOW};

/// Coefficients of r^2 to r^6 in log(1 + r)
const A2: f64 = f64::from_bits(0xbfe0_0000_0000_0001);
const A3: f64 = f64::from_bits(0x3fd5_5555_5551_305b);
const A4: f64 = f64::from_bits(0xbfcf_ffff_ffeb_4590);
const A5: f64 = f64::from_bits(0x3fc9_99b3_24f1_0111);
const A6: f64 = f64::from_bits(0xbfc5_5575_e506_c89f);
/// The bits of the least significand, 0.6875, to which arguments are reduced
const LEAST: u64 = 0x3fe6_0000_0000_0000;

/// Replaces each value by its natural logarithm, with the bits of libm.
pub fn log_in_place(values: &mut [f64]) {
    log_in_place_at(Level::best(), values);
}

crate::dispatch! {
    /// [`log_in_place`] at a chosen level.
    pub fn log_in_place_at(values: &mut [f64]) = log_lanes;
}

/// Replaces each value by its natural logarithm: the building block for kernels.
///
/// Lanes that are not positive normal numbers, or from 0.9375 to 1.065, are left to libm.
#[inline(always)]
pub fn log_lanes<const FMA: bool>(values: &mut [f64]) {
    let (blocks, rest) = values.as_chunks_mut::<BLOCK>();
    for block in blocks {
        log_block::<FMA>(block);
    }
    log_block::<FMA>(rest);
}

#[inline(always)]
fn log_block<const FMA: bool>(values: &mut [f64]) {
    if values.iter().fold(true, |all, &x| all & is_common(x)) {
        for value in values {
            *value = log_common::<FMA>(*value);
        }
    } else {
        for value in values {
            *value = if is_common(*value) { log_common::<FMA>(*value) } else { value.ln() };
        }
    }
}

#[inline(always)]
fn is_common(x: f64) -> bool {
    let near_one = (0.9375..1.064_697_265_625).contains(&x);
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
