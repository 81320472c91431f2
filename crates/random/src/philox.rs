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

/// [`philox4x32`] of several counters and keys at once, one in each lane: without branches, for vector instructions.
///
/// Numbers are in the low halves of 64-bit ones, where processors multiply them; what is in the high halves does not
/// matter.
#[inline(always)]
pub fn philox4x32_lanes<const LANES: usize>(
    mut counter: [[u64; LANES]; 4],
    mut key: [[u64; LANES]; 2],
) -> [[u64; LANES]; 4] {
    let product = |numbers: &[u64; LANES], factor: u32| -> [u64; LANES] {
        std::array::from_fn(|lane| (numbers[lane] & LOW) * u64::from(factor))
    };
    let mixed = |product: &[u64; LANES], other: &[u64; LANES], key: &[u64; LANES]| -> [u64; LANES] {
        std::array::from_fn(|lane| product[lane] >> 32 ^ other[lane] ^ key[lane])
    };
    for round in 0..ROUNDS {
        if round > 0 {
            for (key, step) in key.iter_mut().zip(WEYL) {
                *key = key.map(|key| key.wrapping_add(u64::from(step)));
            }
        }
        let first = product(&counter[0], MULTIPLIER[0]);
        let second = product(&counter[2], MULTIPLIER[1]);
        counter = [mixed(&second, &counter[1], &key[0]), second, mixed(&first, &counter[3], &key[1]), first];
    }
    counter
}

/// The low half of a number.
const LOW: u64 = 0xFFFF_FFFF;

#[cfg(test)]
mod tests {
    use super::{philox4x32, philox4x32_lanes};

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

    #[test]
    fn lanes_have_the_numbers_of_each() {
        let number = |place: u32| place.wrapping_mul(0x9E37_79B9) ^ place << 7;
        let counter = |lane: usize| [0, 1, 2, 3].map(|word| number(4 * lane as u32 + word));
        let lanes = std::array::from_fn(|word| {
            std::array::from_fn(|lane| u64::from(counter(lane)[word]) | (lane as u64) << 40)
        });
        let keys = [std::array::from_fn(|lane| lane as u64), [7; 8]];
        let result = philox4x32_lanes::<8>(lanes, keys);
        for lane in 0..8 {
            let expected = philox4x32(counter(lane), [lane as u32, 7]);
            assert_eq!(result.map(|words| words[lane] as u32), expected);
        }
    }
}
