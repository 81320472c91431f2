//! Eight 32-bit words in the vector registers of each kind of [`Vectors`](super::Vectors).

use super::LANES;
use crate::philox::{Keys, Wide, philox4x32_wide};
use crate::stream::SCALE;

/// 2^52: a number whose low bits are those of a word that is added to it.
const ABOVE: f64 = 4503599627370496.;
/// By what a bound is multiplied to get about as many words as have uniform numbers below it.
const WORDS: f64 = 4294967297.;
/// How many words there are.
const ALL: f64 = 4294967296.;

/// Eight words on which all operations work lane by lane. A mask has all bits, or none, in each lane.
///
/// # Safety
/// All functions need the CPU features of their type.
pub(super) trait Words: Copy {
    /// A key for `philox`.
    type Keys: Copy;
    unsafe fn load(from: &[u32; LANES]) -> Self;
    unsafe fn store(self, to: &mut [u32; LANES]);
    unsafe fn splat(word: u32) -> Self;
    /// A mask of the lanes whose bit is set, the lowest for the first.
    unsafe fn lanes(bits: u8) -> Self;
    /// The whole parts of numbers, or 0 if they are below 1 or not a number, or 2^30 if they are above that.
    unsafe fn whole(numbers: &[f64; LANES]) -> Self;
    unsafe fn numbers(self) -> [f64; LANES];
    /// Uniform numbers: those of [`Stream::uniform`](crate::Stream::uniform).
    unsafe fn uniforms(self) -> [f64; LANES];
    /// Words above these have no uniform numbers below a bound; some up to them may not, either.
    unsafe fn limits(bounds: &[f64; LANES]) -> Self;
    /// The last word whose uniform number is below a bound, and a mask: whether there is one.
    unsafe fn last_below(bounds: &[f64; LANES]) -> (Self, Self);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn subtract(self, other: Self) -> Self;
    unsafe fn and(self, other: Self) -> Self;
    unsafe fn divide_by_four(self) -> Self;
    /// A mask.
    unsafe fn at_most(self, other: Self) -> Self;
    /// The first where the mask is set.
    unsafe fn select(self, accepted: Self, rejected: Self) -> Self;
    /// A bit for each lane of a mask, the lowest for the first.
    unsafe fn bits(self) -> u8;
    /// The same of the lanes whose number is below a bound.
    unsafe fn below(numbers: &[f64; LANES], bounds: &[f64; LANES]) -> u8;
    unsafe fn least(self, other: Self) -> Self;
    /// The greatest of all words.
    unsafe fn greatest(self) -> u32;
    /// The key with this first word, the second one being 0.
    unsafe fn keys(key: u32) -> Self::Keys;
    /// Philox4x32-10
    unsafe fn philox(counters: [Self; 4], keys: &Self::Keys) -> [Self; 4];
}

/// Words on any CPU.
#[derive(Clone, Copy)]
pub(super) struct Plain([u32; LANES]);

impl Plain {
    #[inline(always)]
    fn of(self, other: Self, compute: impl Fn(u32, u32) -> u32) -> Self {
        Self(std::array::from_fn(|lane| compute(self.0[lane], other.0[lane])))
    }
}

impl Words for Plain {
    type Keys = Keys<[u64; LANES]>;

    #[inline(always)]
    unsafe fn load(from: &[u32; LANES]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    unsafe fn store(self, to: &mut [u32; LANES]) {
        *to = self.0;
    }

    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        Self([word; LANES])
    }

    #[inline(always)]
    unsafe fn lanes(bits: u8) -> Self {
        Self(std::array::from_fn(|lane| u32::from(bits >> lane & 1).wrapping_neg()))
    }

    #[inline(always)]
    unsafe fn whole(numbers: &[f64; LANES]) -> Self {
        Self(numbers.map(|number| (number as u32).min(1 << 30)))
    }

    #[inline(always)]
    unsafe fn numbers(self) -> [f64; LANES] {
        self.0.map(f64::from)
    }

    #[inline(always)]
    unsafe fn uniforms(self) -> [f64; LANES] {
        self.0.map(|word| (f64::from(word) + 1.) * SCALE)
    }

    #[inline(always)]
    unsafe fn limits(bounds: &[f64; LANES]) -> Self {
        Self(bounds.map(|bound| (bound * ALL + 1.) as u32))
    }

    #[inline(always)]
    unsafe fn last_below(bounds: &[f64; LANES]) -> (Self, Self) {
        // the product is at most one word wrong
        let words = bounds.map(|bound| {
            let fewest = ((bound * WORDS).clamp(0., ALL).floor() - 1.).max(0.);
            let more = [1., 2.].map(|more| f64::from(u8::from((fewest + more) * SCALE < bound)));
            (fewest + more[0] + more[1]).min(ALL)
        });
        (Self(words.map(|words| (words - 1.) as u32)), Self(words.map(|words| mask(words > 0.))))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.of(other, u32::wrapping_add)
    }

    #[inline(always)]
    unsafe fn subtract(self, other: Self) -> Self {
        self.of(other, u32::wrapping_sub)
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        self.of(other, |a, b| a & b)
    }

    #[inline(always)]
    unsafe fn divide_by_four(self) -> Self {
        Self(self.0.map(|word| word / 4))
    }

    #[inline(always)]
    unsafe fn at_most(self, other: Self) -> Self {
        self.of(other, |a, b| mask(a <= b))
    }

    #[inline(always)]
    unsafe fn select(self, accepted: Self, rejected: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] & accepted.0[lane] | !self.0[lane] & rejected.0[lane]))
    }

    #[inline(always)]
    unsafe fn bits(self) -> u8 {
        (0..LANES).fold(0, |bits, lane| bits | (self.0[lane] as u8 & 1) << lane)
    }

    #[inline(always)]
    unsafe fn below(numbers: &[f64; LANES], bounds: &[f64; LANES]) -> u8 {
        (0..LANES).fold(0, |bits, lane| bits | u8::from(numbers[lane] < bounds[lane]) << lane)
    }

    #[inline(always)]
    unsafe fn least(self, other: Self) -> Self {
        self.of(other, u32::min)
    }

    #[inline(always)]
    unsafe fn greatest(self) -> u32 {
        self.0.into_iter().fold(0, u32::max)
    }

    #[inline(always)]
    unsafe fn keys(key: u32) -> Self::Keys {
        // SAFETY: these need no features
        unsafe { Keys::of(key) }
    }

    #[inline(always)]
    unsafe fn philox(counters: [Self; 4], keys: &Self::Keys) -> [Self; 4] {
        let counters = counters.map(|words| words.0.map(u64::from));
        // SAFETY: these need no features
        let blocks = unsafe { philox4x32_wide(counters, keys) };
        blocks.map(|words| Self(words.map(|word| word as u32)))
    }
}

#[inline(always)]
fn mask(condition: bool) -> u32 {
    u32::from(condition).wrapping_neg()
}

impl Wide for [u64; LANES] {
    type Same = u32;

    #[inline(always)]
    unsafe fn same(word: u32) -> u32 {
        word
    }

    #[inline(always)]
    unsafe fn xor_same(self, word: u32) -> Self {
        self.map(|number| number ^ u64::from(word))
    }

    #[inline(always)]
    unsafe fn multiply(self, factor: u32) -> Self {
        self.map(|number| (number & u64::from(u32::MAX)) * u64::from(factor))
    }

    #[inline(always)]
    unsafe fn high(self) -> Self {
        self.map(|number| number >> 32)
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] ^ other[lane])
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    // no closures: they would be compiled for CPUs without these features
    use std::arch::x86_64::*;

    use super::{ABOVE, ALL, Keys, LANES, SCALE, WORDS, Wide, Words, philox4x32_wide};

    /// Words in a register of AVX2.
    #[derive(Clone, Copy)]
    pub(in crate::streams) struct Avx2(__m256i);

    /// The same, with products in a register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in crate::streams) struct Avx512(__m256i);

    macro_rules! words {
        ($($name:ident: $wide:ident;)*) => {
            $(
                // SAFETY: the caller sees to the features, which are those of the intrinsics; references are to as
                // many numbers as are loaded or stored
                impl Words for $name {
                    type Keys = Keys<$wide>;

                    #[inline(always)]
                    unsafe fn load(from: &[u32; LANES]) -> Self {
                        Self(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
                    }

                    #[inline(always)]
                    unsafe fn store(self, to: &mut [u32; LANES]) {
                        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), self.0) }
                    }

                    #[inline(always)]
                    unsafe fn splat(word: u32) -> Self {
                        Self(unsafe { _mm256_set1_epi32(word as i32) })
                    }

                    #[inline(always)]
                    unsafe fn lanes(bits: u8) -> Self {
                        unsafe {
                            let of_lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
                            let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(bits)), of_lane);
                            Self(_mm256_cmpeq_epi32(set, of_lane))
                        }
                    }

                    #[inline(always)]
                    unsafe fn whole(numbers: &[f64; LANES]) -> Self {
                        unsafe {
                            let [low, high] = halves(numbers);
                            // the second operand for what is not a number
                            let (none, most) = (_mm256_setzero_pd(), _mm256_set1_pd(f64::from(1 << 30)));
                            let low = _mm256_cvttpd_epi32(_mm256_min_pd(_mm256_max_pd(low, none), most));
                            let high = _mm256_cvttpd_epi32(_mm256_min_pd(_mm256_max_pd(high, none), most));
                            Self(_mm256_set_m128i(high, low))
                        }
                    }

                    #[inline(always)]
                    unsafe fn numbers(self) -> [f64; LANES] {
                        unsafe {
                            let ([low, high], above) = (added(self.0), _mm256_set1_pd(ABOVE));
                            joined(_mm256_sub_pd(low, above), _mm256_sub_pd(high, above))
                        }
                    }

                    #[inline(always)]
                    unsafe fn uniforms(self) -> [f64; LANES] {
                        unsafe {
                            // the word and 1
                            let ([low, high], above) = (added(self.0), _mm256_set1_pd(ABOVE - 1.));
                            let [low, high] = [_mm256_sub_pd(low, above), _mm256_sub_pd(high, above)];
                            let scale = _mm256_set1_pd(SCALE);
                            joined(_mm256_mul_pd(low, scale), _mm256_mul_pd(high, scale))
                        }
                    }

                    #[inline(always)]
                    unsafe fn limits(bounds: &[f64; LANES]) -> Self {
                        unsafe {
                            let [low, high] = halves(bounds);
                            Self(low_words(limits(low), limits(high)))
                        }
                    }

                    #[inline(always)]
                    unsafe fn last_below(bounds: &[f64; LANES]) -> (Self, Self) {
                        unsafe {
                            let [low, high] = halves(bounds);
                            let [low, high] = [words_below(low), words_below(high)];
                            let zero = _mm256_setzero_pd();
                            let some_low = _mm256_cmp_pd::<_CMP_GT_OQ>(low, zero);
                            let some_high = _mm256_cmp_pd::<_CMP_GT_OQ>(high, zero);
                            let before = _mm256_set1_pd(ABOVE - 1.);
                            let last = low_words(_mm256_add_pd(low, before), _mm256_add_pd(high, before));
                            (Self(last), Self(low_words(some_low, some_high)))
                        }
                    }

                    #[inline(always)]
                    unsafe fn add(self, other: Self) -> Self {
                        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
                    }

                    #[inline(always)]
                    unsafe fn subtract(self, other: Self) -> Self {
                        Self(unsafe { _mm256_sub_epi32(self.0, other.0) })
                    }

                    #[inline(always)]
                    unsafe fn and(self, other: Self) -> Self {
                        Self(unsafe { _mm256_and_si256(self.0, other.0) })
                    }

                    #[inline(always)]
                    unsafe fn divide_by_four(self) -> Self {
                        Self(unsafe { _mm256_srli_epi32::<2>(self.0) })
                    }

                    #[inline(always)]
                    unsafe fn at_most(self, other: Self) -> Self {
                        Self(unsafe { _mm256_cmpeq_epi32(_mm256_min_epu32(self.0, other.0), self.0) })
                    }

                    #[inline(always)]
                    unsafe fn select(self, accepted: Self, rejected: Self) -> Self {
                        Self(unsafe { _mm256_blendv_epi8(rejected.0, accepted.0, self.0) })
                    }

                    #[inline(always)]
                    unsafe fn bits(self) -> u8 {
                        unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(self.0)) as u8 }
                    }

                    #[inline(always)]
                    unsafe fn below(numbers: &[f64; LANES], bounds: &[f64; LANES]) -> u8 {
                        unsafe {
                            let ([low, high], [low_bound, high_bound]) = (halves(numbers), halves(bounds));
                            let low = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(low, low_bound));
                            let high = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(high, high_bound));
                            (low | high << 4) as u8
                        }
                    }

                    #[inline(always)]
                    unsafe fn least(self, other: Self) -> Self {
                        Self(unsafe { _mm256_min_epu32(self.0, other.0) })
                    }

                    #[inline(always)]
                    unsafe fn greatest(self) -> u32 {
                        unsafe {
                            let (low, high) =
                                (_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
                            let four = _mm_max_epu32(low, high);
                            let two = _mm_max_epu32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
                            let one = _mm_max_epu32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
                            _mm_cvtsi128_si32(one).cast_unsigned()
                        }
                    }

                    #[inline(always)]
                    unsafe fn keys(key: u32) -> Self::Keys {
                        unsafe { Keys::of(key) }
                    }

                    #[inline(always)]
                    unsafe fn philox([a, b, c, d]: [Self; 4], keys: &Self::Keys) -> [Self; 4] {
                        unsafe {
                            let counters = [$wide::of(a.0), $wide::of(b.0), $wide::of(c.0), $wide::of(d.0)];
                            let [a, b, c, d] = philox4x32_wide(counters, keys);
                            [Self(a.words()), Self(b.words()), Self(c.words()), Self(d.words())]
                        }
                    }
                }
            )*
        };
    }

    words! {
        Avx2: EvenOdd;
        Avx512: Eight;
    }

    // SAFETY, here and below: as for the functions of `Words`
    #[inline(always)]
    unsafe fn halves(numbers: &[f64; LANES]) -> [__m256d; 2] {
        unsafe { [_mm256_loadu_pd(numbers.as_ptr()), _mm256_loadu_pd(numbers.as_ptr().add(4))] }
    }

    #[inline(always)]
    unsafe fn joined(low: __m256d, high: __m256d) -> [f64; LANES] {
        let mut numbers = [0.; LANES];
        unsafe {
            _mm256_storeu_pd(numbers.as_mut_ptr(), low);
            _mm256_storeu_pd(numbers.as_mut_ptr().add(4), high);
        }
        numbers
    }

    /// Each word added to 2^52.
    #[inline(always)]
    unsafe fn added(words: __m256i) -> [__m256d; 2] {
        unsafe {
            let above = _mm256_castpd_si256(_mm256_set1_pd(ABOVE));
            let low = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(words));
            let high = _mm256_cvtepu32_epi64(_mm256_extracti128_si256::<1>(words));
            [
                _mm256_castsi256_pd(_mm256_or_si256(low, above)),
                _mm256_castsi256_pd(_mm256_or_si256(high, above)),
            ]
        }
    }

    /// The low words of numbers.
    #[inline(always)]
    unsafe fn low_words(low: __m256d, high: __m256d) -> __m256i {
        unsafe {
            let words = _mm256_shuffle_ps::<0b10_00_10_00>(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
            _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_castps_si256(words))
        }
    }

    /// 2^52 and the limits of bounds.
    #[inline(always)]
    unsafe fn limits(bounds: __m256d) -> __m256d {
        unsafe {
            // the second operand for what is not a number
            let words = _mm256_max_pd(_mm256_mul_pd(bounds, _mm256_set1_pd(ALL)), _mm256_setzero_pd());
            let most = _mm256_set1_pd(ABOVE + ALL - 1.);
            _mm256_min_pd(_mm256_add_pd(words, _mm256_set1_pd(ABOVE + 1.)), most)
        }
    }

    /// How many words have uniform numbers below each bound.
    #[inline(always)]
    unsafe fn words_below(bounds: __m256d) -> __m256d {
        unsafe {
            let (zero, one, all) = (_mm256_setzero_pd(), _mm256_set1_pd(1.), _mm256_set1_pd(ALL));
            // at most one word wrong; the second operand for what is not a number
            let about = _mm256_max_pd(_mm256_mul_pd(bounds, _mm256_set1_pd(WORDS)), zero);
            let about = _mm256_floor_pd(_mm256_min_pd(about, all));
            let fewest = _mm256_max_pd(_mm256_sub_pd(about, one), zero);
            let (first, scale) = (_mm256_add_pd(fewest, one), _mm256_set1_pd(SCALE));
            let second = _mm256_add_pd(first, one);
            let first = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_mul_pd(first, scale), bounds);
            let second = _mm256_cmp_pd::<_CMP_LT_OQ>(_mm256_mul_pd(second, scale), bounds);
            let more = _mm256_add_pd(_mm256_and_pd(first, one), _mm256_and_pd(second, one));
            _mm256_min_pd(_mm256_add_pd(fewest, more), all)
        }
    }

    /// Words in the low halves of 64-bit numbers: those of even lanes, and of odd ones.
    #[derive(Clone, Copy)]
    pub(in crate::streams) struct EvenOdd(__m256i, __m256i);

    impl EvenOdd {
        #[inline(always)]
        unsafe fn of(words: __m256i) -> Self {
            Self(words, unsafe { _mm256_srli_epi64::<32>(words) })
        }

        #[inline(always)]
        unsafe fn words(self) -> __m256i {
            unsafe { _mm256_blend_epi32::<0b1010_1010>(self.0, _mm256_slli_epi64::<32>(self.1)) }
        }
    }

    impl Wide for EvenOdd {
        type Same = __m256i;

        #[inline(always)]
        unsafe fn same(word: u32) -> __m256i {
            unsafe { _mm256_set1_epi32(word as i32) }
        }

        #[inline(always)]
        unsafe fn xor_same(self, word: __m256i) -> Self {
            unsafe { Self(_mm256_xor_si256(self.0, word), _mm256_xor_si256(self.1, word)) }
        }

        #[inline(always)]
        unsafe fn multiply(self, factor: __m256i) -> Self {
            unsafe { Self(_mm256_mul_epu32(self.0, factor), _mm256_mul_epu32(self.1, factor)) }
        }

        #[inline(always)]
        unsafe fn high(self) -> Self {
            unsafe { Self(_mm256_srli_epi64::<32>(self.0), _mm256_srli_epi64::<32>(self.1)) }
        }

        #[inline(always)]
        unsafe fn xor(self, other: Self) -> Self {
            unsafe { Self(_mm256_xor_si256(self.0, other.0), _mm256_xor_si256(self.1, other.1)) }
        }
    }

    /// Words in the low halves of 64-bit numbers.
    #[derive(Clone, Copy)]
    pub(in crate::streams) struct Eight(__m512i);

    impl Eight {
        #[inline(always)]
        unsafe fn of(words: __m256i) -> Self {
            Self(unsafe { _mm512_cvtepu32_epi64(words) })
        }

        #[inline(always)]
        unsafe fn words(self) -> __m256i {
            unsafe { _mm512_cvtepi64_epi32(self.0) }
        }
    }

    impl Wide for Eight {
        type Same = __m512i;

        #[inline(always)]
        unsafe fn same(word: u32) -> __m512i {
            unsafe { _mm512_set1_epi32(word as i32) }
        }

        #[inline(always)]
        unsafe fn xor_same(self, word: __m512i) -> Self {
            unsafe { self.xor(Self(word)) }
        }

        #[inline(always)]
        unsafe fn multiply(self, factor: __m512i) -> Self {
            Self(unsafe { _mm512_mul_epu32(self.0, factor) })
        }

        #[inline(always)]
        unsafe fn high(self) -> Self {
            Self(unsafe { _mm512_srli_epi64::<32>(self.0) })
        }

        #[inline(always)]
        unsafe fn xor(self, other: Self) -> Self {
            Self(unsafe { _mm512_xor_si512(self.0, other.0) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Plain, SCALE, Words};

    /// What `last_below` gives for eight bounds.
    unsafe fn last_below<W: Words>(bounds: &[f64; LANES]) -> [Option<u32>; LANES] {
        let [mut last, mut some] = [[0; LANES]; 2];
        // SAFETY: by the caller
        unsafe {
            let (of_lanes, mask) = W::last_below(bounds);
            of_lanes.store(&mut last);
            mask.store(&mut some);
        }
        std::array::from_fn(|lane| (some[lane] != 0).then_some(last[lane]))
    }

    #[test]
    fn words_below_a_bound_are_exactly_known() {
        let many = (0..200_000_u32).map(|number| number.wrapping_mul(0x9E37_79B9) ^ number >> 3);
        for word in many.chain(0..100).chain(u32::MAX - 100..=u32::MAX) {
            let own = (f64::from(word) + 1.) * SCALE;
            let bounds = [own, own.next_up(), own.next_down(), -own, 1., 2., 1e-10, f64::NAN];
            let before = word.checked_sub(1);
            let expected = [before, Some(word), before, None, Some(u32::MAX), Some(u32::MAX), None, None];
            // SAFETY: no features are needed
            assert_eq!(unsafe { last_below::<Plain>(&bounds) }, expected, "{word}");
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the CPU has them
                assert_eq!(unsafe { last_below::<super::Avx2>(&bounds) }, expected, "{word}");
            }
        }
    }
}
