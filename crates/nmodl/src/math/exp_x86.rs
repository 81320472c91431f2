//! The guarded exponential in x86-64 vector instructions.
//!
//! The same operations as [`guarded_exp`](super::guarded_exp) with `FMA`, hence the same bits. Written out because
//! compilers take the table's look-up for too slow to vectorise: both numbers of an entry come with one load here.

use std::arch::x86_64::*;

use super::exp::{C2, C3, C4, C5, INVERSE_LN2, NEGATIVE_LN2_HIGH, NEGATIVE_LN2_LOW, SHIFT};
use super::powers_of_two::POWERS_OF_TWO;

/// [`guarded_exp`](super::guarded_exp) of four numbers.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn four(x: __m256d) -> __m256d {
    let set = |number: f64| _mm256_set1_pd(number);
    // the second operand where one is not a number
    let capped = _mm256_min_pd(set(700.), x);
    let shifted = _mm256_fmadd_pd(capped, set(INVERSE_LN2), set(SHIFT));
    let index = _mm256_castpd_si256(shifted);
    let k = _mm256_sub_pd(shifted, set(SHIFT));
    let r = _mm256_fmadd_pd(k, set(NEGATIVE_LN2_HIGH), capped);
    let r = _mm256_fmadd_pd(k, set(NEGATIVE_LN2_LOW), r);
    let mut entries = [0_u64; 4];
    // SAFETY: there is room for four integers
    unsafe { _mm256_storeu_si256(entries.as_mut_ptr().cast(), index) };
    // SAFETY: an entry has two numbers
    let [a, b, c, d] =
        entries.map(|entry| unsafe { _mm_loadu_pd(POWERS_OF_TWO[(entry & 127) as usize].as_ptr().cast()) });
    let (even, odd) = (_mm256_set_m128d(c, a), _mm256_set_m128d(d, b));
    let (power, error) = (_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd));
    let r2 = _mm256_mul_pd(r, r);
    let low = _mm256_fmadd_pd(_mm256_fmadd_pd(r, set(C3), set(C2)), r2, _mm256_add_pd(error, r));
    let high = _mm256_fmadd_pd(r, set(C5), set(C4));
    let expm1 = _mm256_fmadd_pd(_mm256_mul_pd(r2, r2), high, low);
    let fused = _mm256_fmadd_pd(power, expm1, power);
    let apart = _mm256_add_pd(_mm256_mul_pd(power, expm1), power);
    let fuse = _mm256_cmp_pd::<_CMP_GT_OQ>(capped, set(-512.));
    let significand = _mm256_castpd_si256(_mm256_blendv_pd(apart, fused, fuse));
    let exponent = _mm256_slli_epi64::<52>(_mm256_srli_epi64::<7>(index));
    let result = _mm256_castsi256_pd(_mm256_add_epi64(significand, exponent));
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
    let fuse = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(capped, set(-512.));
    let significand =
        _mm512_castpd_si512(_mm512_mask_blend_pd(fuse, apart, _mm512_fmadd_pd(power, expm1, power)));
    let exponent = _mm512_slli_epi64::<52>(_mm512_srli_epi64::<7>(index));
    let result = _mm512_castsi512_pd(_mm512_add_epi64(significand, exponent));
    let keep = _mm512_cmp_pd_mask::<_CMP_NLT_UQ>(x, set(-700.));
    let result = _mm512_maskz_mov_pd(keep, result);
    _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_UNORD_Q>(x, x), result, x)
}
