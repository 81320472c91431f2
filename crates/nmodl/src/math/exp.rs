//! The exponential with the bits of glibc, and NEURON's guarded exponential.
//!
//! Method (S. Nagy, ARM optimized routines `exp.c`, <https://github.com/ARM-software/optimized-routines>; since
//! glibc 2.28): x = k ln2/128 + r, exp(x) = 2^(k/128) exp(r), where 2^(k/128) comes from a table and exp(r) - 1 from a
//! polynomial of degree 5. On x86-64 glibc picks at run time a build that fuses multiply-adds (CPUs with AVX2
//! and FMA) or one that does not; their results differ in the last bit, and so do those of `FMA = true` and `false`.

use std::ops::RangeInclusive;

use super::BLOCK;
use super::dispatch::{Level, mul_add};
use super::powers_of_two::POWERS_OF_TWO;

/// 128 / ln 2
pub(crate) const INVERSE_LN2: f64 = f64::from_bits(0x4067_1547_652b_82fe);
/// -ln 2 / 128, the leading bits: their product with any `k` in range is exact
pub(crate) const NEGATIVE_LN2_HIGH: f64 = f64::from_bits(0xbf76_2e42_fefa_0000);
/// -ln 2 / 128, the rest
pub(crate) const NEGATIVE_LN2_LOW: f64 = f64::from_bits(0xbd0c_f79a_bc9e_3b3a);
/// 1.5 * 2^52: a sum with it is rounded to an integer, which its low bits then hold
pub(crate) const SHIFT: f64 = 6_755_399_441_055_744.;
/// Polynomial coefficients of r^2 to r^5, minimax on |r| < ln 2 / 256
pub(crate) const C2: f64 = f64::from_bits(0x3fdf_ffff_ffff_fdbd);
pub(crate) const C3: f64 = f64::from_bits(0x3fc5_5555_5555_543c);
pub(crate) const C4: f64 = f64::from_bits(0x3fa5_5555_cf17_2b91);
pub(crate) const C5: f64 = f64::from_bits(0x3f81_1111_67a4_d017);

/// The arguments for which the exponential is a normal number, hence the range of [`exp_finite`].
pub(super) const FINITE: RangeInclusive<f64> = -708. ..=709.;

/// The exponential where the result is a normal number: -708 <= `x` <= 709. Elsewhere the result is meaningless.
#[inline(always)]
pub fn exp_finite<const FMA: bool>(x: f64) -> f64 {
    // the one addend that changes no value, not even -0
    exp_of_sum::<FMA>(x, -0.)
}

/// The exponential of `x + rest`, where `rest` is far smaller than `x`.
#[inline(always)]
pub(super) fn exp_of_sum<const FMA: bool>(x: f64, rest: f64) -> f64 {
    let shifted = mul_add::<FMA>(x, INVERSE_LN2, SHIFT);
    let index = shifted.to_bits();
    let k = shifted - SHIFT;
    let r = mul_add::<FMA>(k, NEGATIVE_LN2_LOW, mul_add::<FMA>(k, NEGATIVE_LN2_HIGH, x)) + rest;
    let [power, error] = POWERS_OF_TWO[(index & 127) as usize].map(f64::from_bits);
    let r2 = r * r;
    let low = mul_add::<FMA>(mul_add::<FMA>(r, C3, C2), r2, error + r);
    let high = mul_add::<FMA>(r, C5, C4);
    let expm1 = mul_add::<FMA>(r2 * r2, high, low);
    // glibc does not fuse where the power of two might be subnormal
    let significand =
        if FMA && x > -512. { mul_add::<FMA>(power, expm1, power) } else { power * expm1 + power };
    // the multiple of 128 in k is the exponent
    f64::from_bits(significand.to_bits().wrapping_add((index >> 7) << 52))
}

/// NEURON's exponential in MOD code, for any `x`: 0 below -700, exp(700) above 700, NaN for NaN.
#[inline(always)]
pub fn guarded_exp<const FMA: bool>(x: f64) -> f64 {
    let result = exp_finite::<FMA>(if x > 700. { 700. } else { x });
    let result = if x < -700. { 0. } else { result };
    if x.is_nan() { x } else { result }
}

/// Replaces each value by its exponential, with the bits of libm.
pub fn exp_in_place(values: &mut [f64]) {
    exp_in_place_at(Level::best(), values);
}

/// Replaces each value by NEURON's guarded exponential, see [`guarded_exp`].
pub fn guarded_exp_in_place(values: &mut [f64]) {
    guarded_exp_in_place_at(Level::best(), values);
}

crate::dispatch! {
    /// [`exp_in_place`] at a chosen level.
    pub fn exp_in_place_at(values: &mut [f64]) = exp_lanes;
}

crate::dispatch! {
    /// [`guarded_exp_in_place`] at a chosen level.
    pub fn guarded_exp_in_place_at(values: &mut [f64]) = guarded_exp_lanes;
}

#[inline(always)]
fn guarded_exp_lanes<const FMA: bool>(values: &mut [f64]) {
    for value in values {
        *value = guarded_exp::<FMA>(*value);
    }
}

/// Replaces each value by its exponential: the building block for kernels that need it for any argument.
///
/// Lanes outside the range of [`exp_finite`], if a block has any, are left to libm.
#[inline(always)]
pub fn exp_lanes<const FMA: bool>(values: &mut [f64]) {
    let (blocks, rest) = values.as_chunks_mut::<BLOCK>();
    for block in blocks {
        exp_block::<FMA>(block);
    }
    exp_block::<FMA>(rest);
}

#[inline(always)]
fn exp_block<const FMA: bool>(values: &mut [f64]) {
    if values.iter().fold(true, |all, x| all & FINITE.contains(x)) {
        for value in values {
            *value = exp_finite::<FMA>(*value);
        }
    } else {
        for value in values {
            *value = if FINITE.contains(value) { exp_finite::<FMA>(*value) } else { value.exp() };
        }
    }
}
