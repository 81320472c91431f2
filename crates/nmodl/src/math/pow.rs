//! Powers with the bits of glibc.
//!
//! Method (S. Nagy, ARM optimized routines `pow.c`, <https://github.com/ARM-software/optimized-routines>; since
//! glibc 2.28): x^y = exp(y log x), with the logarithm and the product in pairs of numbers, 68 bits in all. The
//! build with fused multiply-adds takes its low parts from the fused products, the other splits the factors.

use super::BLOCK;
use super::dispatch::{Level, mul_add};
use super::exp::{FINITE, exp_of_sum};
use super::reciprocals::RECIPROCALS;

/// ln 2, the leading bits: their product with any exponent is exact
pub(super) const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
/// ln 2, the rest
pub(super) const LN2_LOW: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
/// Coefficients of log(1 + r): that of r^2, then those of r^3 to r^8 relative to powers of the first
const A2: f64 = -0.5;
const A3: f64 = f64::from_bits(0xbfe5_5555_5555_5560);
const A4: f64 = f64::from_bits(0x3fe0_0000_0000_0006);
const A5: f64 = f64::from_bits(0x3fe9_9999_9959_554e);
const A6: f64 = f64::from_bits(0xbfe5_5555_5529_a47a);
const A7: f64 = f64::from_bits(0xbff2_495b_9b48_45e9);
const A8: f64 = f64::from_bits(0x3ff0_002b_8b26_3fc3);
/// The bits of the least significand, about 0.7, to which arguments are reduced
const LEAST: u64 = 0x3fe6_9555_0000_0000;

/// Replaces each base by its power `base^exponent`, with the bits of libm.
///
/// Pairs up to the shorter of the two.
pub fn pow_in_place(bases: &mut [f64], exponents: &[f64]) {
    pow_in_place_at(Level::best(), bases, exponents);
}

crate::dispatch! {
    /// [`pow_in_place`] at a chosen level.
    pub fn pow_in_place_at(bases: &mut [f64], exponents: &[f64]) = pow_lanes;
}

/// Replaces each base by its power: the building block for kernels.
///
/// Lanes whose base is not a positive normal number, or whose result or exponent is extreme, are left to libm.
#[inline(always)]
pub fn pow_lanes<const FMA: bool>(bases: &mut [f64], exponents: &[f64]) {
    for (bases, exponents) in bases.chunks_mut(BLOCK).zip(exponents.chunks(BLOCK)) {
        let mut results = [0.; BLOCK];
        let mut all_common = true;
        for ((&x, &y), result) in bases.iter().zip(exponents).zip(&mut results) {
            let (power, common) = pow_common::<FMA>(x, y);
            *result = power;
            all_common &= common;
        }
        if !all_common {
            for ((&x, &y), result) in bases.iter().zip(exponents).zip(&mut results) {
                if !pow_common::<FMA>(x, y).1 {
                    *result = x.powf(y);
                }
            }
        }
        for ((base, _), result) in bases.iter_mut().zip(exponents).zip(results) {
            *base = result;
        }
    }
}

/// `x^y`, and whether the arguments are in the common range; where not, the number is meaningless.
#[inline(always)]
fn pow_common<const FMA: bool>(x: f64, y: f64) -> (f64, bool) {
    let (log, log_rest) = log_pair::<FMA>(x);
    let (product, rest) = if FMA {
        let product = y * log;
        (product, mul_add::<FMA>(y, log_rest, mul_add::<FMA>(y, log, -product)))
    } else {
        let (y_high, log_high) = (leading_bits(y), leading_bits(log));
        let (y_low, log_low) = (y - y_high, log - log_high + log_rest);
        (y_high * log_high, y_low * log_high + y * log_low)
    };
    let common = (f64::MIN_POSITIVE..=f64::MAX).contains(&x)
        & (y.abs() >= LEAST_EXPONENT)
        & (y.abs() < GREATEST_EXPONENT)
        & FINITE.contains(&product);
    (exp_of_sum::<FMA>(product, rest), common)
}

/// 2^-65: powers with smaller exponents are 1 to the last bit
const LEAST_EXPONENT: f64 = f64::from_bits((1023 - 65) << 52);
/// 2^63: powers with greater exponents are 0, 1 or infinite
const GREATEST_EXPONENT: f64 = f64::from_bits((1023 + 63) << 52);

/// The leading 26 bits of a number, whose square is exact.
#[inline(always)]
fn leading_bits(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (u64::MAX << 27))
}

/// The natural logarithm of a positive normal number: its leading part and the rest.
#[inline(always)]
fn log_pair<const FMA: bool>(x: f64) -> (f64, f64) {
    // x = 2^k z, 0.7 < z < 1.4; log x = k ln2 + log(1/reciprocal) + log(1 + r), r = z reciprocal - 1
    let offset = x.to_bits().wrapping_sub(LEAST);
    let k = f64::from((offset as i64 >> 52) as i32);
    let z = f64::from_bits(x.to_bits().wrapping_sub(offset & (u64::MAX << 52)));
    let [reciprocal, log, log_rest] = RECIPROCALS[(offset >> 45 & 127) as usize].map(f64::from_bits);
    let (r, r_high, r_low) = if FMA {
        let r = mul_add::<FMA>(z, reciprocal, -1.);
        (r, r, 0.)
    } else {
        let z_high = f64::from_bits(z.to_bits().wrapping_add(1 << 31) & (u64::MAX << 32));
        let (r_high, r_low) = (z_high * reciprocal - 1., (z - z_high) * reciprocal);
        (r_high + r_low, r_high, r_low)
    };
    // the linear terms, then the square, each with the error of its addition
    let table = mul_add::<FMA>(k, LN2_HIGH, log);
    let linear = table + r;
    let table_rest = mul_add::<FMA>(k, LN2_LOW, log_rest);
    let linear_rest = table - linear + r;
    let half = A2 * r;
    let square = r * half;
    let cube = r * square;
    let (high, square_rest, high_rest) = if FMA {
        let high = linear + square;
        (high, mul_add::<FMA>(half, r, -square), linear - high + square)
    } else {
        let half_high = A2 * r_high;
        let square_high = r_high * half_high;
        let high = linear + square_high;
        (high, r_low * (half + half_high), linear - high + square_high)
    };
    let inner = mul_add::<FMA>(square, mul_add::<FMA>(r, A8, A7), mul_add::<FMA>(r, A6, A5));
    let series = mul_add::<FMA>(square, inner, mul_add::<FMA>(r, A4, A3));
    let low = mul_add::<FMA>(cube, series, table_rest + linear_rest + square_rest + high_rest);
    let sum = high + low;
    (sum, high - sum + low)
}
