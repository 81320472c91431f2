//! The logarithm in x86-64 vector instructions: the operations of [`super::log`] with `FMA`, hence the same bits.

use std::arch::x86_64::*;

use super::centres::CENTRES;
use super::log::{A2, A3, A4, A5, A6, LEAST, NEAR_ONE};
use super::pow::{LN2_HIGH, LN2_LOW};

/// Numbers in a row of the table.
const ROW: i32 = 4;

/// The table as numbers: the first two of each row are those that are needed.
pub(super) fn table() -> *const f64 {
    CENTRES.as_ptr().cast()
}

macro_rules! all {
    ($number:expr) => {
        _mm256_set1_pd($number)
    };
}

/// Four numbers, before the table is looked up.
#[derive(Clone, Copy)]
pub(super) struct Four {
    /// `x = 2^k z`
    k: __m256d,
    z: __m256d,
    /// Where the rows start in the table.
    pub(super) places: __m128i,
    /// A mask of those that the logarithm is for.
    pub(super) common: __m256d,
}

/// What is known of four numbers before the table is looked up.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn four(x: __m256d) -> Four {
    let bits = _mm256_castpd_si256(x);
    let offset = _mm256_sub_epi64(bits, _mm256_set1_epi64x(LEAST.cast_signed()));
    // the high halves of the numbers
    let high = _mm256_permutevar8x32_epi32(offset, _mm256_setr_epi32(1, 3, 5, 7, 1, 3, 5, 7));
    let high = _mm256_castsi256_si128(high);
    let exponent = _mm256_and_si256(offset, _mm256_set1_epi64x(-1 << 52));
    let places = _mm_and_si128(_mm_srli_epi32::<13>(high), _mm_set1_epi32(127));
    let positive = _mm256_cmp_pd::<_CMP_GE_OQ>(x, all!(f64::MIN_POSITIVE));
    let finite = _mm256_cmp_pd::<_CMP_LE_OQ>(x, all!(f64::MAX));
    let below = _mm256_cmp_pd::<_CMP_LT_OQ>(x, all!(NEAR_ONE.start));
    let above = _mm256_cmp_pd::<_CMP_GE_OQ>(x, all!(NEAR_ONE.end));
    Four {
        k: _mm256_cvtepi32_pd(_mm_srai_epi32::<20>(high)),
        z: _mm256_castsi256_pd(_mm256_sub_epi64(bits, exponent)),
        places: _mm_mullo_epi32(places, _mm_set1_epi32(ROW)),
        common: _mm256_and_pd(_mm256_and_pd(positive, finite), _mm256_or_pd(below, above)),
    }
}

/// The logarithms, from the rows of the table.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn four_logarithms(Four { k, z, .. }: Four, [reciprocal, log]: [__m256d; 2]) -> __m256d {
    let r = _mm256_fmadd_pd(z, reciprocal, all!(-1.));
    let table = _mm256_fmadd_pd(k, all!(LN2_HIGH), log);
    let high = _mm256_add_pd(table, r);
    let r2 = _mm256_mul_pd(r, r);
    let rest = _mm256_add_pd(_mm256_sub_pd(table, high), r);
    let low = _mm256_fmadd_pd(r2, all!(A2), _mm256_fmadd_pd(k, all!(LN2_LOW), rest));
    let series = _mm256_fmadd_pd(r, all!(A6), all!(A5));
    let series = _mm256_fmadd_pd(series, r2, _mm256_fmadd_pd(r, all!(A4), all!(A3)));
    _mm256_add_pd(_mm256_fmadd_pd(_mm256_mul_pd(r, r2), series, low), high)
}

macro_rules! all_eight {
    ($number:expr) => {
        _mm512_set1_pd($number)
    };
}

/// As [`Four`].
#[derive(Clone, Copy)]
pub(super) struct Eight {
    k: __m512d,
    z: __m512d,
    pub(super) places: __m256i,
    /// A bit for each.
    pub(super) common: __mmask8,
}

/// As [`four`].
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
pub(super) fn eight(x: __m512d) -> Eight {
    let bits = _mm512_castpd_si512(x);
    let offset = _mm512_sub_epi64(bits, _mm512_set1_epi64(LEAST.cast_signed()));
    let exponent = _mm512_and_si512(offset, _mm512_set1_epi64(-1 << 52));
    let places = _mm512_and_si512(_mm512_srli_epi64::<45>(offset), _mm512_set1_epi64(127));
    let normal = _mm512_cmp_pd_mask::<_CMP_GE_OQ>(x, all_eight!(f64::MIN_POSITIVE))
        & _mm512_cmp_pd_mask::<_CMP_LE_OQ>(x, all_eight!(f64::MAX));
    let apart = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(x, all_eight!(NEAR_ONE.start))
        | _mm512_cmp_pd_mask::<_CMP_GE_OQ>(x, all_eight!(NEAR_ONE.end));
    Eight {
        k: _mm512_cvtepi64_pd(_mm512_srai_epi64::<52>(offset)),
        z: _mm512_castsi512_pd(_mm512_sub_epi64(bits, exponent)),
        places: _mm512_cvtepi64_epi32(_mm512_mullo_epi64(places, _mm512_set1_epi64(i64::from(ROW)))),
        common: normal & apart,
    }
}

/// As [`four_logarithms`].
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
pub(super) fn eight_logarithms(Eight { k, z, .. }: Eight, [reciprocal, log]: [__m512d; 2]) -> __m512d {
    let r = _mm512_fmadd_pd(z, reciprocal, all_eight!(-1.));
    let table = _mm512_fmadd_pd(k, all_eight!(LN2_HIGH), log);
    let high = _mm512_add_pd(table, r);
    let r2 = _mm512_mul_pd(r, r);
    let rest = _mm512_add_pd(_mm512_sub_pd(table, high), r);
    let low = _mm512_fmadd_pd(r2, all_eight!(A2), _mm512_fmadd_pd(k, all_eight!(LN2_LOW), rest));
    let series = _mm512_fmadd_pd(r, all_eight!(A6), all_eight!(A5));
    let series = _mm512_fmadd_pd(series, r2, _mm512_fmadd_pd(r, all_eight!(A4), all_eight!(A3)));
    _mm512_add_pd(_mm512_fmadd_pd(_mm512_mul_pd(r, r2), series, low), high)
}
