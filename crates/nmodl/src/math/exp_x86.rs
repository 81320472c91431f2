//! The guarded exponential in x86-64 vector instructions.
//!
//! The same operations as [`guarded_exp`](super::guarded_exp) with `FMA`, hence the same bits. Written out because
//! compilers take the table's look-up for too slow to vectorise: both numbers of an entry come with one load here.
//!
//! What is common is always inlined, into functions compiled for the instructions, so that operations on one line of
//! numbers overlap with those on the next one; hence no closures, which would be compiled for any CPU.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::exp::{C2, C3, C4, C5, INVERSE_LN2, NEGATIVE_LN2_HIGH, NEGATIVE_LN2_LOW, SHIFT};
use super::powers_of_two::POWERS_OF_TWO;
use crate::column::Line;

/// Below this (in size) there is nothing to guard, and glibc fuses the last multiply-add.
const COMMON: f64 = 512.;

/// The exponential before the end: 2^(k/128), k in the low bits of `index`, and what remains, less 1.
struct Parts {
    index: __m256i,
    power: __m256d,
    expm1: __m256d,
}

macro_rules! all {
    ($number:expr) => {
        _mm256_set1_pd($number)
    };
}

/// The parts of the exponential of `x`, whose entries of the table are at these places (bytes).
///
/// # Safety
/// As for `lines_of_fours`; the places are those of entries.
#[inline(always)]
unsafe fn parts(x: __m256d, places: [u32; 4]) -> Parts {
    // SAFETY: by the caller
    unsafe {
        let table: *const u8 = POWERS_OF_TWO.as_ptr().cast();
        macro_rules! entry {
            ($lane:expr) => {
                _mm_loadu_pd(table.add(places[$lane] as usize).cast())
            };
        }
        let (even, odd) = (_mm256_set_m128d(entry!(2), entry!(0)), _mm256_set_m128d(entry!(3), entry!(1)));
        let (power, error) = (_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd));
        let shifted = _mm256_fmadd_pd(x, all!(INVERSE_LN2), all!(SHIFT));
        let k = _mm256_sub_pd(shifted, all!(SHIFT));
        let r = _mm256_fmadd_pd(k, all!(NEGATIVE_LN2_HIGH), x);
        let r = _mm256_fmadd_pd(k, all!(NEGATIVE_LN2_LOW), r);
        let r2 = _mm256_mul_pd(r, r);
        let low = _mm256_fmadd_pd(_mm256_fmadd_pd(r, all!(C3), all!(C2)), r2, _mm256_add_pd(error, r));
        let high = _mm256_fmadd_pd(r, all!(C5), all!(C4));
        let index = _mm256_castpd_si256(shifted);
        Parts { index, power, expm1: _mm256_fmadd_pd(_mm256_mul_pd(r2, r2), high, low) }
    }
}

/// [`guarded_exp`](super::guarded_exp) of lines. First the places of all table entries, then the rest: a CPU looks
/// ahead at few numbers, and waits less for entries whose place is in memory already.
///
/// # Safety
/// The CPU has AVX2 and FMA.
#[inline(always)]
pub(super) unsafe fn lines_of_fours(lines: &mut [Line]) {
    let mut all_places = [const { MaybeUninit::<[u32; 8]>::uninit() }; LINES];
    for lines in lines.chunks_mut(LINES) {
        // SAFETY: by the caller; there are places for all lines, and those of entries have no more than 7 bits
        unsafe {
            let mut all_common = all!(f64::from_bits(u64::MAX));
            for (line, places) in lines.iter().zip(&mut all_places) {
                let [a, b] = two_fours(line);
                let first = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_andnot_pd(all!(-0.), a), all!(COMMON));
                let second = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_andnot_pd(all!(-0.), b), all!(COMMON));
                all_common = _mm256_and_pd(all_common, _mm256_and_pd(first, second));
                places.write(places_of([a, b]));
            }
            if _mm256_movemask_pd(all_common) != 0b1111 {
                for line in lines {
                    of_any_size(line);
                }
                continue;
            }
            for (line, places) in lines.iter_mut().zip(&all_places) {
                let [a, b] = parts_of_fours(two_fours(line), places.assume_init());
                let numbers = line.0.as_mut_ptr();
                _mm256_store_pd(numbers, scaled(_mm256_fmadd_pd(a.power, a.expm1, a.power), a.index));
                _mm256_store_pd(numbers.add(4), scaled(_mm256_fmadd_pd(b.power, b.expm1, b.power), b.index));
            }
        }
    }
}

/// The numbers of a line.
///
/// # Safety
/// As for `lines_of_fours`.
#[inline(always)]
unsafe fn two_fours(line: &Line) -> [__m256d; 2] {
    let numbers = line.0.as_ptr();
    // SAFETY: by the caller; lines are aligned
    unsafe { [_mm256_load_pd(numbers), _mm256_load_pd(numbers.add(4))] }
}

/// The places of the entries for two times four numbers, as [`parts_of_fours`] takes them.
///
/// # Safety
/// As for `lines_of_fours`.
#[inline(always)]
unsafe fn places_of([a, b]: [__m256d; 2]) -> [u32; 8] {
    let mut places = [0; 8];
    // SAFETY: by the caller; there is room for eight places
    unsafe {
        let first = _mm256_fmadd_pd(a, all!(INVERSE_LN2), all!(SHIFT));
        let second = _mm256_fmadd_pd(b, all!(INVERSE_LN2), all!(SHIFT));
        // the low halves, of two lanes of the one, then of two of the other
        let low = _mm256_shuffle_ps::<0b10_00_10_00>(_mm256_castpd_ps(first), _mm256_castpd_ps(second));
        let low = _mm256_and_si256(_mm256_castps_si256(low), _mm256_set1_epi32(127));
        _mm256_storeu_si256(places.as_mut_ptr().cast(), _mm256_slli_epi32::<4>(low));
    }
    places
}

/// # Safety
/// As for `lines_of_fours`; the places are those that [`places_of`] gives.
#[inline(always)]
unsafe fn parts_of_fours([a, b]: [__m256d; 2], places: [u32; 8]) -> [Parts; 2] {
    let [a0, a1, b0, b1, a2, a3, b2, b3] = places;
    // SAFETY: by the caller
    unsafe { [parts(a, [a0, a1, a2, a3]), parts(b, [b0, b1, b2, b3])] }
}

/// Lines whose places of entries are found at once.
const LINES: usize = 16;

/// The significand with the exponent of which `index` has the multiple of 128.
///
/// # Safety
/// As for `lines_of_fours`.
#[inline(always)]
unsafe fn scaled(significand: __m256d, index: __m256i) -> __m256d {
    // SAFETY: by the caller
    unsafe {
        let exponent = _mm256_slli_epi64::<52>(_mm256_srli_epi64::<7>(index));
        _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(significand), exponent))
    }
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn of_any_size(line: &mut Line) {
    // SAFETY: the CPU has the instructions
    let numbers = unsafe { two_fours(line) };
    // the second operand where one is not a number
    let capped = numbers.map(|x| _mm256_min_pd(all!(700.), x));
    // SAFETY: the CPU has the instructions
    let parts = unsafe { parts_of_fours(capped, places_of(capped)) };
    let fours = line.0.as_chunks_mut::<4>().0.iter_mut();
    for (((four, x), capped), Parts { index, power, expm1 }) in fours.zip(numbers).zip(capped).zip(parts) {
        let fused = _mm256_fmadd_pd(power, expm1, power);
        let apart = _mm256_add_pd(_mm256_mul_pd(power, expm1), power);
        let fuse = _mm256_cmp_pd::<_CMP_GT_OQ>(capped, all!(-COMMON));
        // SAFETY: the CPU has the instructions
        let result = unsafe { scaled(_mm256_blendv_pd(apart, fused, fuse), index) };
        let result = _mm256_andnot_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(x, all!(-700.)), result);
        let result = _mm256_blendv_pd(result, x, _mm256_cmp_pd::<_CMP_UNORD_Q>(x, x));
        // SAFETY: there is room for four numbers
        unsafe { _mm256_storeu_pd(four.as_mut_ptr(), result) };
    }
}

/// [`guarded_exp`](super::guarded_exp) of eight numbers.
///
/// # Safety
/// The CPU has AVX-512 F, VL, DQ and BW.
#[inline(always)]
pub(super) unsafe fn eight(x: __m512d) -> __m512d {
    // SAFETY: by the caller
    unsafe {
        if _mm512_cmp_pd_mask::<_CMP_LT_OQ>(_mm512_abs_pd(x), _mm512_set1_pd(COMMON)) == 0b1111_1111 {
            let PartsOfEight { index, power, expm1 } = parts_of_eight(x);
            scaled_eight(_mm512_fmadd_pd(power, expm1, power), index)
        } else {
            let mut numbers = x;
            eight_of_any_size(&mut numbers);
            numbers
        }
    }
}

/// As [`Parts`].
struct PartsOfEight {
    index: __m512i,
    power: __m512d,
    expm1: __m512d,
}

macro_rules! all_eight {
    ($number:expr) => {
        _mm512_set1_pd($number)
    };
}

/// # Safety
/// As for `eight`.
#[inline(always)]
unsafe fn parts_of_eight(x: __m512d) -> PartsOfEight {
    // SAFETY: by the caller; the 128 entries of the table have 16 bytes each, two numbers
    unsafe {
        let shifted = _mm512_fmadd_pd(x, all_eight!(INVERSE_LN2), all_eight!(SHIFT));
        let index = _mm512_castpd_si512(shifted);
        let k = _mm512_sub_pd(shifted, all_eight!(SHIFT));
        let r = _mm512_fmadd_pd(k, all_eight!(NEGATIVE_LN2_HIGH), x);
        let r = _mm512_fmadd_pd(k, all_eight!(NEGATIVE_LN2_LOW), r);
        let entry = _mm512_slli_epi64::<4>(_mm512_and_si512(index, _mm512_set1_epi64(127)));
        let table: *const f64 = POWERS_OF_TWO.as_ptr().cast();
        let power = _mm512_i64gather_pd::<1>(entry, table);
        let error = _mm512_i64gather_pd::<1>(entry, table.add(1));
        let r2 = _mm512_mul_pd(r, r);
        let low = _mm512_fmadd_pd(r, all_eight!(C3), all_eight!(C2));
        let low = _mm512_fmadd_pd(low, r2, _mm512_add_pd(error, r));
        let high = _mm512_fmadd_pd(r, all_eight!(C5), all_eight!(C4));
        PartsOfEight { index, power, expm1: _mm512_fmadd_pd(_mm512_mul_pd(r2, r2), high, low) }
    }
}

/// As [`scaled`].
///
/// # Safety
/// As for `eight`.
#[inline(always)]
unsafe fn scaled_eight(significand: __m512d, index: __m512i) -> __m512d {
    // SAFETY: by the caller
    unsafe {
        let exponent = _mm512_slli_epi64::<52>(_mm512_srli_epi64::<7>(index));
        _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(significand), exponent))
    }
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn eight_of_any_size(numbers: &mut __m512d) {
    let x = *numbers;
    let capped = _mm512_min_pd(all_eight!(700.), x);
    // SAFETY: the CPU has the instructions
    let PartsOfEight { index, power, expm1 } = unsafe { parts_of_eight(capped) };
    let apart = _mm512_add_pd(_mm512_mul_pd(power, expm1), power);
    let fuse = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(capped, all_eight!(-COMMON));
    let significand = _mm512_mask_blend_pd(fuse, apart, _mm512_fmadd_pd(power, expm1, power));
    // SAFETY: the CPU has the instructions
    let result = unsafe { scaled_eight(significand, index) };
    let keep = _mm512_cmp_pd_mask::<_CMP_NLT_UQ>(x, all_eight!(-700.));
    let result = _mm512_maskz_mov_pd(keep, result);
    *numbers = _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_UNORD_Q>(x, x), result, x);
}
