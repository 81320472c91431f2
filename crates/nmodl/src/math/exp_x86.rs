//! The guarded exponential in x86-64 vector instructions.
//!
//! The same operations as [`guarded_exp`](super::guarded_exp) with `FMA`, hence the same bits. Written out because
//! compilers take the table's look-up for too slow to vectorise: both numbers of an entry come with one load here.

use std::arch::x86_64::*;

use super::exp::{C2, C3, C4, C5, INVERSE_LN2, NEGATIVE_LN2_HIGH, NEGATIVE_LN2_LOW, SHIFT};
use super::powers_of_two::POWERS_OF_TWO;

/// Below this (in size) there is nothing to guard, and glibc fuses the last multiply-add.
const COMMON: f64 = 512.;

/// [`guarded_exp`](super::guarded_exp) of two times four numbers.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn two_fours([a, b]: [__m256d; 2]) -> [__m256d; 2] {
    let (sign, common) = (_mm256_set1_pd(-0.), _mm256_set1_pd(COMMON));
    let first = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_andnot_pd(sign, a), common);
    let second = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_andnot_pd(sign, b), common);
    if _mm256_movemask_pd(_mm256_and_pd(first, second)) == 0b1111 {
        [four_common(a), four_common(b)]
    } else {
        [four(a), four(b)]
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn four_common(x: __m256d) -> __m256d {
    let Parts { index, power, expm1 } = parts(x);
    scaled(_mm256_fmadd_pd(power, expm1, power), index)
}

/// The exponential before the end: 2^(k/128), k in the low bits of `index`, and what remains, less 1.
struct Parts {
    index: __m256i,
    power: __m256d,
    expm1: __m256d,
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn parts(x: __m256d) -> Parts {
    let set = |number: f64| _mm256_set1_pd(number);
    let shifted = _mm256_fmadd_pd(x, set(INVERSE_LN2), set(SHIFT));
    let index = _mm256_castpd_si256(shifted);
    let k = _mm256_sub_pd(shifted, set(SHIFT));
    let r = _mm256_fmadd_pd(k, set(NEGATIVE_LN2_HIGH), x);
    let r = _mm256_fmadd_pd(k, set(NEGATIVE_LN2_LOW), r);
    let mut entries = [0_u64; 4];
    let masked = _mm256_and_si256(index, _mm256_set1_epi64x(127));
    // SAFETY: there is room for four integers
    unsafe { _mm256_storeu_si256(entries.as_mut_ptr().cast(), masked) };
    // SAFETY: there are 128 entries, of two numbers each
    let entry =
        |lane: usize| unsafe { _mm_loadu_pd(POWERS_OF_TWO.as_ptr().add(entries[lane] as usize).cast()) };
    let (even, odd) = (_mm256_set_m128d(entry(2), entry(0)), _mm256_set_m128d(entry(3), entry(1)));
    let (power, error) = (_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd));
    let r2 = _mm256_mul_pd(r, r);
    let low = _mm256_fmadd_pd(_mm256_fmadd_pd(r, set(C3), set(C2)), r2, _mm256_add_pd(error, r));
    let high = _mm256_fmadd_pd(r, set(C5), set(C4));
    Parts { index, power, expm1: _mm256_fmadd_pd(_mm256_mul_pd(r2, r2), high, low) }
}

/// The significand with the exponent of which `index` has the multiple of 128.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn scaled(significand: __m256d, index: __m256i) -> __m256d {
    let exponent = _mm256_slli_epi64::<52>(_mm256_srli_epi64::<7>(index));
    _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(significand), exponent))
}

/// [`guarded_exp`](super::guarded_exp) of four numbers.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn four(x: __m256d) -> __m256d {
    let set = |number: f64| _mm256_set1_pd(number);
    // the second operand where one is not a number
    let capped = _mm256_min_pd(set(700.), x);
    let Parts { index, power, expm1 } = parts(capped);
    let fused = _mm256_fmadd_pd(power, expm1, power);
    let apart = _mm256_add_pd(_mm256_mul_pd(power, expm1), power);
    let fuse = _mm256_cmp_pd::<_CMP_GT_OQ>(capped, set(-COMMON));
    let result = scaled(_mm256_blendv_pd(apart, fused, fuse), index);
    let result = _mm256_andnot_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(x, set(-700.)), result);
    _mm256_blendv_pd(result, x, _mm256_cmp_pd::<_CMP_UNORD_Q>(x, x))
}

/// [`guarded_exp`](super::guarded_exp) of eight numbers.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
#[inline]
pub(super) fn eight(x: __m512d) -> __m512d {
    let set = |number: f64| _mm512_set1_pd(number);
    let capped = _mm512_min_pd(set(700.), x);
    let shifted = _mm512_fmadd_pd(capped, set(INVERSE_LN2), set(SHIFT));
    let index = _mm512_castpd_si512(shifted);
    let k = _mm512_sub_pd(shifted, set(SHIFT));
    let r = _mm512_fmadd_pd(k, set(NEGATIVE_LN2_HIGH), capped);
    let r = _mm512_fmadd_pd(k, set(NEGATIVE_LN2_LOW), r);
    let entry = _mm512_slli_epi64::<4>(_mm512_and_si512(index, _mm512_set1_epi64(127)));
    let table: *const f64 = POWERS_OF_TWO.as_ptr().cast();
    // SAFETY: the 128 entries have 16 bytes each, two numbers
    let (power, error) =
        unsafe { (_mm512_i64gather_pd::<1>(entry, table), _mm512_i64gather_pd::<1>(entry, table.add(1))) };
    let r2 = _mm512_mul_pd(r, r);
    let low = _mm512_fmadd_pd(_mm512_fmadd_pd(r, set(C3), set(C2)), r2, _mm512_add_pd(error, r));
    let high = _mm512_fmadd_pd(r, set(C5), set(C4));
    let expm1 = _mm512_fmadd_pd(_mm512_mul_pd(r2, r2), high, low);
    let apart = _mm512_add_pd(_mm512_mul_pd(power, expm1), power);
    let fuse = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(capped, set(-COMMON));
    let significand =
        _mm512_castpd_si512(_mm512_mask_blend_pd(fuse, apart, _mm512_fmadd_pd(power, expm1, power)));
    let exponent = _mm512_slli_epi64::<52>(_mm512_srli_epi64::<7>(index));
    let result = _mm512_castsi512_pd(_mm512_add_epi64(significand, exponent));
    let keep = _mm512_cmp_pd_mask::<_CMP_NLT_UQ>(x, set(-700.));
    let result = _mm512_maskz_mov_pd(keep, result);
    _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_UNORD_Q>(x, x), result, x)
}
