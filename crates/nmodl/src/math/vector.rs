//! Eight numbers in the vector registers of each [`Level`](super::Level).
//!
//! Compilers vectorise loops only as long as they can tell that their columns do not overlap, and each time in another
//! way; these operations are what they are.

use super::log::common_logarithm;
use super::{Features, Level};
use crate::column::Line;

/// Reciprocals by which [`Vector::divide_by`] divides: with them and quotients from 2^-400, no product leaves the
/// range of normal numbers, and none of its digits is lost.
pub(crate) const RECIPROCALS: std::ops::Range<f64> =
    f64::from_bits((1023 - 523) << 52)..f64::from_bits((1023 + 501) << 52);

/// Exponents of [`Vector::whole_power`].
pub(crate) const WHOLE_EXPONENTS: [u32; 2] = [3, 4];

/// How far from the middle of two numbers a power may be, as a part of their distance, for glibc to round it to the
/// nearer one: its `pow` is wrong by less than 0.53 for powers from 2^-400 to 2^624 (0.509 by its exponential, the rest
/// by its logarithm).
#[cfg(target_arch = "x86_64")]
const ROUNDED_LIKEWISE: f64 = 0.47 * f64::EPSILON;

/// The bits of the exponent of a number.
#[cfg(target_arch = "x86_64")]
const EXPONENT_BITS: i64 = 0x7ff << 52;

/// The same as a number with a sign bit that is 0 for magnitudes in the range once it is subtracted from the bits
/// without sign, one place to the left.
#[cfg(target_arch = "x86_64")]
pub(crate) const LEAST_RECIPROCAL: i64 = (1023 - 523) << 53;
/// 2^-400, likewise; the greatest quotient is below 2^624.
#[cfg(target_arch = "x86_64")]
pub(crate) const LEAST_QUOTIENT: i64 = (1023 - 400) << 53;

/// Eight numbers on which all operations work lane by lane, each with the bits that it has for single numbers.
///
/// # Safety
/// All functions need the CPU features of their type, `load` and `store` a line that may be read or written.
pub(crate) trait Vector: Copy {
    unsafe fn load(from: *const Line) -> Self;
    unsafe fn store(self, to: *mut Line);
    unsafe fn splat(number: f64) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn subtract(self, other: Self) -> Self;
    unsafe fn multiply(self, other: Self) -> Self;
    unsafe fn divide(self, other: Self) -> Self;
    /// The quotient by a divisor whose reciprocal, rounded, is known. `FITS` says that this is within
    /// [`RECIPROCALS`].
    #[inline(always)]
    unsafe fn divide_by<const FITS: bool>(self, divisor: Self, _reciprocal: Self) -> Self {
        // SAFETY: by the caller
        unsafe { self.divide(divisor) }
    }
    /// The power with the exponent 3 or 4, and a bit for each lane where it may lack the bits of glibc's `pow`.
    #[inline(always)]
    unsafe fn whole_power<const EXPONENT: u32>(self) -> (Self, u8) {
        (self, u8::MAX)
    }
    unsafe fn negate(self) -> Self;
    unsafe fn absolute(self) -> Self;
    unsafe fn square_root(self) -> Self;
    unsafe fn floor(self) -> Self;
    unsafe fn ceil(self) -> Self;
    unsafe fn truncate(self) -> Self;
    /// The second where one is not a number.
    unsafe fn maximum(self, other: Self) -> Self;
    /// The second where one is not a number.
    unsafe fn minimum(self, other: Self) -> Self;
    /// 1 or 0
    unsafe fn equal(self, other: Self) -> Self;
    unsafe fn not_equal(self, other: Self) -> Self;
    unsafe fn less(self, other: Self) -> Self;
    unsafe fn less_or_equal(self, other: Self) -> Self;
    /// Whether both are not 0.
    unsafe fn and(self, other: Self) -> Self;
    /// Whether one is not 0.
    unsafe fn or(self, other: Self) -> Self;
    /// The first where `self` is not 0.
    unsafe fn select(self, accepted: Self, rejected: Self) -> Self;
    /// A bit for each lane that is not 0, the first lane being the lowest.
    unsafe fn nonzero(self) -> u8;
    /// The first where the bit is set.
    unsafe fn blend(bits: u8, accepted: Self, rejected: Self) -> Self;
    /// Two numbers that are side by side for each lane, the first of them being at a place: the first ones and the second
    /// ones. All are there.
    unsafe fn pairs(numbers: *const f64, places: &[i32; 8]) -> [Self; 2];
    /// Natural logarithms with the bits of libm, and a bit for each lane whose number is not one of those that
    /// [`log_in_place`](super::log_in_place) does itself.
    unsafe fn common_logarithm(self) -> (Self, u8);
    /// Replaces all numbers by their [`guarded_exp`](super::guarded_exp).
    unsafe fn guarded_exps(lines: &mut [Line]);
}

/// What can be done with the vectors of any level.
pub(crate) trait Task {
    /// # Safety
    /// The CPU has the features of the vectors.
    unsafe fn run<V: Vector>(self);
}

impl Level {
    /// Does a task with the vectors of this level.
    pub(crate) fn run<T: Task>(self, task: T) {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
        fn avx512<T: Task>(task: T) {
            // SAFETY: the features are those of the function
            unsafe { task.run::<Avx512>() }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn avx2<T: Task>(task: T) {
            // SAFETY: the features are those of the function
            unsafe { task.run::<Avx2>() }
        }
        match self.features() {
            // SAFETY: a `Level` exists only for features that were detected on this CPU
            #[cfg(target_arch = "x86_64")]
            Features::Avx512 => unsafe { avx512(task) },
            // SAFETY: as above
            #[cfg(target_arch = "x86_64")]
            Features::Avx2Fma => unsafe { avx2(task) },
            // SAFETY: no features are needed
            _ => unsafe { task.run::<Plain>() },
        }
    }
}

/// Numbers on any CPU.
#[derive(Clone, Copy)]
pub(crate) struct Plain([f64; 8]);

macro_rules! plain {
    ($($name:ident: |$a:ident| $result:expr;)*) => {
        $(#[inline(always)]
        unsafe fn $name(self) -> Self {
            Self(std::array::from_fn(|lane| {
                let $a: f64 = self.0[lane];
                $result
            }))
        })*
    };
    ($($name:ident: |$a:ident, $b:ident| $result:expr;)*) => {
        $(#[inline(always)]
        unsafe fn $name(self, other: Self) -> Self {
            Self(std::array::from_fn(|lane| {
                let ($a, $b) = (self.0[lane], other.0[lane]);
                $result
            }))
        })*
    };
}

#[inline(always)]
fn truth(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

impl Vector for Plain {
    plain! {
        negate: |a| -a;
        absolute: |a| a.abs();
        square_root: |a| a.sqrt();
        floor: |a| a.floor();
        ceil: |a| a.ceil();
        truncate: |a| a.trunc();
    }
    plain! {
        add: |a, b| a + b;
        subtract: |a, b| a - b;
        multiply: |a, b| a * b;
        divide: |a, b| a / b;
        maximum: |a, b| if a > b { a } else { b };
        minimum: |a, b| if a < b { a } else { b };
        equal: |a, b| truth(a == b);
        not_equal: |a, b| truth(a != b);
        less: |a, b| truth(a < b);
        less_or_equal: |a, b| truth(a <= b);
        and: |a, b| truth((a != 0.) & (b != 0.));
        or: |a, b| truth((a != 0.) | (b != 0.));
    }

    #[inline(always)]
    unsafe fn common_logarithm(self) -> (Self, u8) {
        let logarithms = self.0.map(common_logarithm::<{ super::BASELINE_FMA }>);
        let bit = |(lane, (_, is_common)): (usize, &(f64, bool))| u8::from(!is_common) << lane;
        let uncommon = logarithms.iter().enumerate().map(bit).fold(0, |bits, bit| bits | bit);
        (Self(logarithms.map(|(logarithm, _)| logarithm)), uncommon)
    }

    #[inline(always)]
    unsafe fn guarded_exps(lines: &mut [Line]) {
        for number in lines.iter_mut().flat_map(|line| &mut line.0) {
            *number = super::guarded_exp::<{ super::BASELINE_FMA }>(*number);
        }
    }

    #[inline(always)]
    unsafe fn pairs(numbers: *const f64, places: &[i32; 8]) -> [Self; 2] {
        // SAFETY: by the caller
        [0, 1].map(|next| Self(places.map(|place| unsafe { *numbers.offset(place as isize + next) })))
    }

    #[inline(always)]
    unsafe fn load(from: *const Line) -> Self {
        // SAFETY: by the caller
        Self(unsafe { (*from).0 })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut Line) {
        // SAFETY: by the caller
        unsafe { (*to).0 = self.0 }
    }

    #[inline(always)]
    unsafe fn splat(number: f64) -> Self {
        Self([number; 8])
    }

    #[inline(always)]
    unsafe fn select(self, accepted: Self, rejected: Self) -> Self {
        Self(std::array::from_fn(|lane| if self.0[lane] != 0. { accepted.0[lane] } else { rejected.0[lane] }))
    }

    #[inline(always)]
    unsafe fn nonzero(self) -> u8 {
        (0..8).fold(0, |bits, lane| bits | u8::from(self.0[lane] != 0.) << lane)
    }

    #[inline(always)]
    unsafe fn blend(bits: u8, accepted: Self, rejected: Self) -> Self {
        let is_set = |lane: usize| bits >> lane & 1 != 0;
        Self(std::array::from_fn(|lane| if is_set(lane) { accepted.0[lane] } else { rejected.0[lane] }))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{EXPONENT_BITS, LEAST_QUOTIENT, LEAST_RECIPROCAL, Line, ROUNDED_LIKEWISE, Vector};
    use crate::math::exp_x86::{eight, lines_of_fours};
    use crate::math::log_x86;

    /// Numbers in two registers of AVX2.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(__m256d, __m256d);

    // macros rather than closures, which would be compiled for CPUs without AVX
    macro_rules! on_halves {
        ($($name:ident: |$a:ident| $result:expr;)*) => {
            $(#[inline(always)]
            unsafe fn $name(self) -> Self {
                // SAFETY: by the caller
                unsafe { Self({ let $a = self.0; $result }, { let $a = self.1; $result }) }
            })*
        };
        ($($name:ident: |$a:ident, $b:ident| $result:expr;)*) => {
            $(#[inline(always)]
            unsafe fn $name(self, other: Self) -> Self {
                // SAFETY: by the caller
                unsafe {
                    Self(
                        { let ($a, $b) = (self.0, other.0); $result },
                        { let ($a, $b) = (self.1, other.1); $result },
                    )
                }
            })*
        };
    }

    /// 1 where a mask is set.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn truth(mask: __m256d) -> __m256d {
        _mm256_and_pd(mask, _mm256_set1_pd(1.))
    }

    /// A mask of the lanes that are not 0.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn is_true(a: __m256d) -> __m256d {
        _mm256_cmp_pd::<_CMP_NEQ_UQ>(a, _mm256_setzero_pd())
    }

    /// For each number of four bits, a mask of the lanes whose bits are set.
    static MASKS: [[u64; 4]; 16] = {
        let mut masks = [[0; 4]; 16];
        let mut place = 0;
        while place < 64 {
            if ((place / 4) >> (place % 4)) & 1 == 1 {
                masks[place / 4][place % 4] = u64::MAX;
            }
            place += 1;
        }
        masks
    };

    /// The first where a mask is set. By bytes, because compilers make masked stores of blends of numbers, and these
    /// are slow on some CPUs, as are the loads after them.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn blend(mask: __m256d, accepted: __m256d, rejected: __m256d) -> __m256d {
        let [mask, accepted, rejected] =
            [mask, accepted, rejected].map(|numbers| _mm256_castpd_si256(numbers));
        _mm256_castsi256_pd(_mm256_blendv_epi8(rejected, accepted, mask))
    }

    /// A mask of the lanes whose bits are set, the four lowest.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn is_set(bits: u8) -> __m256d {
        // SAFETY: there are 16 masks of four numbers
        unsafe { _mm256_loadu_pd(MASKS.as_ptr().add(usize::from(bits & 15)).cast()) }
    }

    /// The bits without sign, one place to the left, less a number: negative where they are outside the range of
    /// magnitudes that starts with it.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn outside(numbers: __m256d, least: i64) -> __m256i {
        let bits = _mm256_castpd_si256(numbers);
        _mm256_sub_epi64(_mm256_add_epi64(bits, bits), _mm256_set1_epi64x(least))
    }

    /// A power, and negative numbers where it may be wrong: its leading part, rounded, and the rest are known to twice
    /// the digits of a number.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn whole_power<const EXPONENT: u32>(x: __m256d) -> (__m256d, __m256i) {
        let square = _mm256_mul_pd(x, x);
        let square_rest = _mm256_fmsub_pd(x, x, square);
        let other = if EXPONENT == 3 { x } else { square };
        let twice = if EXPONENT == 3 { x } else { _mm256_add_pd(square, square) };
        let high = _mm256_mul_pd(square, other);
        let low = _mm256_fmadd_pd(square_rest, twice, _mm256_fmsub_pd(square, other, high));
        let power = _mm256_add_pd(high, low);
        let rest = _mm256_sub_pd(low, _mm256_sub_pd(power, high));
        // the distance to the next number towards 0
        let below = _mm256_sub_epi64(_mm256_castpd_si256(power), _mm256_set1_epi64x(1));
        let size = _mm256_castsi256_pd(_mm256_and_si256(below, _mm256_set1_epi64x(EXPONENT_BITS)));
        let most = _mm256_mul_pd(size, _mm256_set1_pd(ROUNDED_LIKEWISE));
        let rest = _mm256_andnot_pd(_mm256_set1_pd(-0.), rest);
        let between = _mm256_castpd_si256(_mm256_cmp_pd::<_CMP_NLE_UQ>(rest, most));
        (power, _mm256_or_si256(between, outside(power, LEAST_QUOTIENT)))
    }

    /// A quotient, and negative numbers where it may be wrong.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn quotient<const FITS: bool>(a: __m256d, divisor: __m256d, reciprocal: __m256d) -> (__m256d, __m256i) {
        let near = _mm256_mul_pd(a, reciprocal);
        let remainder = _mm256_fnmadd_pd(divisor, near, a);
        let quotient = _mm256_fmadd_pd(remainder, reciprocal, near);
        // 0 is divided with the right sign, -0 is not
        let is_zero = _mm256_cmpeq_epi64(_mm256_castpd_si256(a), _mm256_setzero_si256());
        let unfit = _mm256_andnot_si256(is_zero, outside(quotient, LEAST_QUOTIENT));
        let unfit = if FITS { unfit } else { _mm256_or_si256(unfit, outside(reciprocal, LEAST_RECIPROCAL)) };
        (quotient, unfit)
    }

    /// Four pairs of numbers: the first ones and the second ones.
    ///
    /// # Safety
    /// The numbers are there.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn four_pairs(numbers: *const f64, places: &[i32]) -> [__m256d; 2] {
        // SAFETY: by the caller
        let [a, b, c, d] =
            [0, 1, 2, 3].map(|lane| unsafe { _mm_loadu_pd(numbers.offset(places[lane] as isize)) });
        let (even, odd) = (_mm256_set_m128d(c, a), _mm256_set_m128d(d, b));
        [_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd)]
    }

    impl Vector for Avx2 {
        on_halves! {
            negate: |a| _mm256_xor_pd(a, _mm256_set1_pd(-0.));
            absolute: |a| _mm256_andnot_pd(_mm256_set1_pd(-0.), a);
            square_root: |a| _mm256_sqrt_pd(a);
            floor: |a| _mm256_floor_pd(a);
            ceil: |a| _mm256_ceil_pd(a);
            truncate: |a| _mm256_round_pd::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(a);
        }
        on_halves! {
            add: |a, b| _mm256_add_pd(a, b);
            subtract: |a, b| _mm256_sub_pd(a, b);
            multiply: |a, b| _mm256_mul_pd(a, b);
            divide: |a, b| _mm256_div_pd(a, b);
            maximum: |a, b| _mm256_max_pd(a, b);
            minimum: |a, b| _mm256_min_pd(a, b);
            equal: |a, b| truth(_mm256_cmp_pd::<_CMP_EQ_OQ>(a, b));
            not_equal: |a, b| truth(_mm256_cmp_pd::<_CMP_NEQ_UQ>(a, b));
            less: |a, b| truth(_mm256_cmp_pd::<_CMP_LT_OQ>(a, b));
            less_or_equal: |a, b| truth(_mm256_cmp_pd::<_CMP_LE_OQ>(a, b));
            and: |a, b| truth(_mm256_and_pd(is_true(a), is_true(b)));
            or: |a, b| truth(_mm256_or_pd(is_true(a), is_true(b)));
        }

        // Markstein (1990): `q = round(a y)` with `y = round(1 / b)`, corrected by its remainder, is the rounded
        // quotient `a / b`. P. Markstein, IBM J. Res. Dev. 34(1); N. Brisebarre, J.-M. Muller, S. K. Raina (2004),
        // "Accelerating correctly rounded floating-point division when the divisor is known in advance".
        #[inline(always)]
        unsafe fn divide_by<const FITS: bool>(self, divisor: Self, reciprocal: Self) -> Self {
            // SAFETY: by the caller
            unsafe {
                let (first, first_unfit) = quotient::<FITS>(self.0, divisor.0, reciprocal.0);
                let (second, second_unfit) = quotient::<FITS>(self.1, divisor.1, reciprocal.1);
                let unfit = _mm256_or_si256(first_unfit, second_unfit);
                if _mm256_movemask_pd(_mm256_castsi256_pd(unfit)) != 0 {
                    return self.divide(divisor);
                }
                Self(first, second)
            }
        }

        #[inline(always)]
        unsafe fn pairs(numbers: *const f64, places: &[i32; 8]) -> [Self; 2] {
            // SAFETY: by the caller
            unsafe {
                let [first, second] = four_pairs(numbers, &places[..4]);
                let [more_first, more_second] = four_pairs(numbers, &places[4..]);
                [Self(first, more_first), Self(second, more_second)]
            }
        }

        #[inline(always)]
        unsafe fn common_logarithm(self) -> (Self, u8) {
            // SAFETY: by the caller; the places are those of rows
            unsafe {
                let [first, second] = [log_x86::four(self.0), log_x86::four(self.1)];
                let mut places = [0; 8];
                _mm_storeu_si128(places.as_mut_ptr().cast(), first.places);
                _mm_storeu_si128(places[4..].as_mut_ptr().cast(), second.places);
                let [reciprocal, log] = Self::pairs(log_x86::table(), &places);
                let uncommon =
                    !(_mm256_movemask_pd(first.common) | _mm256_movemask_pd(second.common) << 4) as u8;
                let first = log_x86::four_logarithms(first, [reciprocal.0, log.0]);
                (Self(first, log_x86::four_logarithms(second, [reciprocal.1, log.1])), uncommon)
            }
        }

        #[inline(always)]
        unsafe fn guarded_exps(lines: &mut [Line]) {
            // SAFETY: by the caller
            unsafe { lines_of_fours(lines) }
        }

        #[inline(always)]
        unsafe fn whole_power<const EXPONENT: u32>(self) -> (Self, u8) {
            // SAFETY: by the caller
            unsafe {
                let (first, first_unfit) = whole_power::<EXPONENT>(self.0);
                let (second, second_unfit) = whole_power::<EXPONENT>(self.1);
                let [low, high] = [first_unfit, second_unfit]
                    .map(|unfit| _mm256_movemask_pd(_mm256_castsi256_pd(unfit)) as u8);
                (Self(first, second), low | high << 4)
            }
        }

        #[inline(always)]
        unsafe fn load(from: *const Line) -> Self {
            let from = from.cast::<f64>();
            // SAFETY: by the caller; lines are aligned
            unsafe { Self(_mm256_load_pd(from), _mm256_load_pd(from.add(4))) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut Line) {
            let to = to.cast::<f64>();
            // SAFETY: by the caller; lines are aligned
            unsafe {
                _mm256_store_pd(to, self.0);
                _mm256_store_pd(to.add(4), self.1);
            }
        }

        #[inline(always)]
        unsafe fn splat(number: f64) -> Self {
            // SAFETY: by the caller
            let half = unsafe { _mm256_set1_pd(number) };
            Self(half, half)
        }

        #[inline(always)]
        unsafe fn select(self, accepted: Self, rejected: Self) -> Self {
            // SAFETY: by the caller
            unsafe {
                Self(
                    _mm256_blendv_pd(rejected.0, accepted.0, is_true(self.0)),
                    _mm256_blendv_pd(rejected.1, accepted.1, is_true(self.1)),
                )
            }
        }

        #[inline(always)]
        unsafe fn nonzero(self) -> u8 {
            // SAFETY: by the caller
            unsafe { (_mm256_movemask_pd(is_true(self.0)) | _mm256_movemask_pd(is_true(self.1)) << 4) as u8 }
        }

        #[inline(always)]
        unsafe fn blend(bits: u8, accepted: Self, rejected: Self) -> Self {
            // SAFETY: by the caller
            unsafe {
                Self(
                    blend(is_set(bits), accepted.0, rejected.0),
                    blend(is_set(bits >> 4), accepted.1, rejected.1),
                )
            }
        }
    }

    /// Numbers in a register of AVX-512.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512(__m512d);

    macro_rules! on_all {
        ($($name:ident: |$a:ident| $result:expr;)*) => {
            $(#[inline(always)]
            unsafe fn $name(self) -> Self {
                let $a = self.0;
                // SAFETY: by the caller
                Self(unsafe { $result })
            })*
        };
        ($($name:ident: |$a:ident, $b:ident| $result:expr;)*) => {
            $(#[inline(always)]
            unsafe fn $name(self, other: Self) -> Self {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: by the caller
                Self(unsafe { $result })
            })*
        };
    }

    /// 1 where a bit is set.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn truth_of_bits(bits: __mmask8) -> __m512d {
        _mm512_maskz_mov_pd(bits, _mm512_set1_pd(1.))
    }

    /// As `outside`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn outside_of_eight(numbers: __m512d, least: i64) -> __m512i {
        let bits = _mm512_castpd_si512(numbers);
        _mm512_sub_epi64(_mm512_add_epi64(bits, bits), _mm512_set1_epi64(least))
    }

    /// Bits of the lanes that are not 0.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn true_bits(a: __m512d) -> __mmask8 {
        _mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(a, _mm512_setzero_pd())
    }

    impl Vector for Avx512 {
        on_all! {
            negate: |a| _mm512_xor_pd(a, _mm512_set1_pd(-0.));
            absolute: |a| _mm512_abs_pd(a);
            square_root: |a| _mm512_sqrt_pd(a);
            floor: |a| _mm512_roundscale_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a);
            ceil: |a| _mm512_roundscale_pd::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>(a);
            truncate: |a| _mm512_roundscale_pd::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(a);
        }
        on_all! {
            add: |a, b| _mm512_add_pd(a, b);
            subtract: |a, b| _mm512_sub_pd(a, b);
            multiply: |a, b| _mm512_mul_pd(a, b);
            divide: |a, b| _mm512_div_pd(a, b);
            maximum: |a, b| _mm512_max_pd(a, b);
            minimum: |a, b| _mm512_min_pd(a, b);
            equal: |a, b| truth_of_bits(_mm512_cmp_pd_mask::<_CMP_EQ_OQ>(a, b));
            not_equal: |a, b| truth_of_bits(_mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(a, b));
            less: |a, b| truth_of_bits(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b));
            less_or_equal: |a, b| truth_of_bits(_mm512_cmp_pd_mask::<_CMP_LE_OQ>(a, b));
            and: |a, b| truth_of_bits(true_bits(a) & true_bits(b));
            or: |a, b| truth_of_bits(true_bits(a) | true_bits(b));
        }

        // as for AVX2
        #[inline(always)]
        unsafe fn divide_by<const FITS: bool>(self, divisor: Self, reciprocal: Self) -> Self {
            // SAFETY: by the caller
            unsafe {
                let near = _mm512_mul_pd(self.0, reciprocal.0);
                let remainder = _mm512_fnmadd_pd(divisor.0, near, self.0);
                let quotient = _mm512_fmadd_pd(remainder, reciprocal.0, near);
                let a = _mm512_castpd_si512(self.0);
                let outside = outside_of_eight(quotient, LEAST_QUOTIENT);
                let sign = _mm512_set1_epi64(i64::MIN);
                let mut unfit = _mm512_mask_test_epi64_mask(_mm512_test_epi64_mask(a, a), outside, sign);
                if !FITS {
                    let outside = outside_of_eight(reciprocal.0, LEAST_RECIPROCAL);
                    unfit |= _mm512_test_epi64_mask(outside, sign);
                }
                if unfit != 0 {
                    return self.divide(divisor);
                }
                Self(quotient)
            }
        }

        #[inline(always)]
        unsafe fn pairs(numbers: *const f64, places: &[i32; 8]) -> [Self; 2] {
            // SAFETY: by the caller
            unsafe {
                let [first, second] = four_pairs(numbers, &places[..4]);
                let [more_first, more_second] = four_pairs(numbers, &places[4..]);
                [
                    Self(_mm512_insertf64x4::<1>(_mm512_castpd256_pd512(first), more_first)),
                    Self(_mm512_insertf64x4::<1>(_mm512_castpd256_pd512(second), more_second)),
                ]
            }
        }

        #[inline(always)]
        unsafe fn common_logarithm(self) -> (Self, u8) {
            // SAFETY: by the caller; the places are those of rows
            unsafe {
                let eight = log_x86::eight(self.0);
                let mut places = [0; 8];
                _mm256_storeu_si256(places.as_mut_ptr().cast(), eight.places);
                let [reciprocal, log] = Self::pairs(log_x86::table(), &places);
                (Self(log_x86::eight_logarithms(eight, [reciprocal.0, log.0])), !eight.common)
            }
        }

        #[inline(always)]
        unsafe fn guarded_exps(lines: &mut [Line]) {
            for line in lines {
                // SAFETY: by the caller
                unsafe { Self(eight(Self::load(line).0)).store(line) }
            }
        }

        // as for AVX2
        #[inline(always)]
        unsafe fn whole_power<const EXPONENT: u32>(self) -> (Self, u8) {
            // SAFETY: by the caller
            unsafe {
                let x = self.0;
                let square = _mm512_mul_pd(x, x);
                let square_rest = _mm512_fmsub_pd(x, x, square);
                let other = if EXPONENT == 3 { x } else { square };
                let twice = if EXPONENT == 3 { x } else { _mm512_add_pd(square, square) };
                let high = _mm512_mul_pd(square, other);
                let low = _mm512_fmadd_pd(square_rest, twice, _mm512_fmsub_pd(square, other, high));
                let power = _mm512_add_pd(high, low);
                let rest = _mm512_abs_pd(_mm512_sub_pd(low, _mm512_sub_pd(power, high)));
                let below = _mm512_sub_epi64(_mm512_castpd_si512(power), _mm512_set1_epi64(1));
                let size = _mm512_and_si512(below, _mm512_set1_epi64(EXPONENT_BITS));
                let most = _mm512_mul_pd(_mm512_castsi512_pd(size), _mm512_set1_pd(ROUNDED_LIKEWISE));
                let between = _mm512_cmp_pd_mask::<_CMP_NLE_UQ>(rest, most);
                let outside = _mm512_movepi64_mask(outside_of_eight(power, LEAST_QUOTIENT));
                (Self(power), between | outside)
            }
        }

        #[inline(always)]
        unsafe fn load(from: *const Line) -> Self {
            // SAFETY: by the caller; lines are aligned
            Self(unsafe { _mm512_load_pd(from.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut Line) {
            // SAFETY: by the caller; lines are aligned
            unsafe { _mm512_store_pd(to.cast(), self.0) }
        }

        #[inline(always)]
        unsafe fn splat(number: f64) -> Self {
            // SAFETY: by the caller
            Self(unsafe { _mm512_set1_pd(number) })
        }

        #[inline(always)]
        unsafe fn select(self, accepted: Self, rejected: Self) -> Self {
            // SAFETY: by the caller
            Self(unsafe { _mm512_mask_blend_pd(true_bits(self.0), rejected.0, accepted.0) })
        }

        #[inline(always)]
        unsafe fn nonzero(self) -> u8 {
            // SAFETY: by the caller
            unsafe { true_bits(self.0) }
        }

        #[inline(always)]
        unsafe fn blend(bits: u8, accepted: Self, rejected: Self) -> Self {
            // SAFETY: by the caller
            Self(unsafe { _mm512_mask_blend_pd(bits, rejected.0, accepted.0) })
        }
    }
}
