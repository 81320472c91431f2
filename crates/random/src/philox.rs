//! The Philox4x32-10 counter-based bijection.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.

const MULTIPLIER: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Maps a 128-bit counter to 128 random bits under a 64-bit key (Philox4x32 with 10 rounds).
#[inline]
pub fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..ROUNDS {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let first = u64::from(MULTIPLIER[0]) * u64::from(counter[0]);
        let second = u64::from(MULTIPLIER[1]) * u64::from(counter[2]);
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
    }
    counter
}

/// Several 64-bit numbers in vector registers. What matters of them are their low halves, the words.
///
/// # Safety
/// All functions need the CPU features of their type.
pub(crate) trait Wide: Copy {
    /// The same word for all.
    type Same: Copy;
    unsafe fn same(word: u32) -> Self::Same;
    unsafe fn xor_same(self, word: Self::Same) -> Self;
    /// Whole products of words.
    unsafe fn multiply(self, factor: Self::Same) -> Self;
    /// The high halves of numbers as words.
    unsafe fn high(self) -> Self;
    unsafe fn xor(self, other: Self) -> Self;
}

/// A key, the second word of which is 0, as all rounds of [`philox4x32_wide`] need it.
#[derive(Clone, Copy)]
pub(crate) struct Keys<V: Wide>([V::Same; ROUNDS]);

impl<V: Wide> Keys<V> {
    /// The keys of a key's first word.
    ///
    /// # Safety
    /// As for [`Wide`].
    #[inline(always)]
    pub(crate) unsafe fn of(key: u32) -> Self {
        // SAFETY: by the caller
        let mut keys = unsafe { [V::same(key); ROUNDS] };
        for (round, same) in (1..).zip(&mut keys[1..]) {
            // SAFETY: by the caller
            *same = unsafe { V::same(key.wrapping_add(WEYL[0].wrapping_mul(round))) };
        }
        Self(keys)
    }
}

/// [`philox4x32`] of several counters at once.
///
/// # Safety
/// As for [`Wide`].
#[inline(always)]
pub(crate) unsafe fn philox4x32_wide<V: Wide>(counters: [V; 4], keys: &Keys<V>) -> [V; 4] {
    let [mut a, mut b, mut c, mut d] = counters;
    // compilers leave loops with these many instructions alone
    macro_rules! rounds {
        ($($round:literal)*) => {
            // SAFETY: by the caller
            unsafe {
                let factors = [V::same(MULTIPLIER[0]), V::same(MULTIPLIER[1])];
                $({
                    let second_key = V::same(WEYL[1].wrapping_mul($round));
                    let (first, second) = (a.multiply(factors[0]), c.multiply(factors[1]));
                    a = second.high().xor(b.xor_same(keys.0[$round]));
                    b = second;
                    c = first.high().xor(d.xor_same(second_key));
                    d = first;
                })*
            }
        };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::philox4x32;

    /// The known answers published with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn published_known_answers() {
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox4x32([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }
}
