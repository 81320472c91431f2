//! The MCellRan4 generator: a 64-bit hash of (high index, low index).
//!
//! NEURON's older generator, kept because scripts still select it. Source: J. Skilling's BayeSys `Ranint4`
//! as documented in NEURON's `mcell_ran4`.

/// One over 2^32.
const SCALE: f64 = 1.0 / 4294967296.0;

/// An MCellRan4 generator: a high index that counts the draws and a fixed low index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MCellRan4 {
    high: u32,
    first: u32,
    low: u32,
}

impl MCellRan4 {
    /// A generator that starts at `high`.
    ///
    /// NEURON replaces `high` 0 by a hash of how many generators the process has made, and `low` 0 by the
    /// process-wide low index (`mcell_ran4_init`). Both are arguments here: `instance` counts from 1,
    /// `global_low` is 0 unless a script set it.
    pub fn new(high: u32, low: u32, global_low: u32, instance: u32) -> Self {
        let low = if low == 0 { global_low } else { low };
        let mut generator = Self { high, first: high, low };
        if high == 0 {
            generator.high = instance;
            generator.high = generator.next_word();
            generator.first = generator.high;
        }
        generator
    }

    /// The generator that started at the high index `first` and draws with `high` and `low` next.
    pub fn at(first: u32, high: u32, low: u32) -> Self {
        Self { high, first, low }
    }

    /// The low index.
    pub fn low(&self) -> u32 {
        self.low
    }

    /// The high index the generator started with (what `Random.MCellRan4` returns).
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The high index of the next draw (`Random.seq()`).
    pub fn high(&self) -> u32 {
        self.high
    }

    /// Sets the high index of the next draw.
    pub fn set_high(&mut self, high: u32) {
        self.high = high;
    }

    /// The next 32 random bits.
    pub fn next_word(&mut self) -> u32 {
        let high = self.high;
        self.high = high.wrapping_add(1);
        let low = self.low ^ scramble(high, 0xbaa9_6887, 0x4b0f_3b58);
        high ^ scramble(low, 0x1e17_d32c, 0xe874_f0c3)
    }

    /// A uniform deviate in [0, 1): word / 2^32.
    pub fn uniform(&mut self) -> f64 {
        f64::from(self.next_word()) * SCALE
    }
}

/// One round of the hash: the mixed halves of `word`.
fn scramble(word: u32, before: u32, after: u32) -> u32 {
    let mixed = word ^ before;
    let (upper, lower) = (mixed >> 16, mixed & 0xffff);
    let product = !upper.wrapping_sub(lower).wrapping_mul(upper.wrapping_add(lower));
    (product.rotate_right(16) ^ after).wrapping_add(lower.wrapping_mul(upper))
}

// Expected numbers in these tests were produced with NEURON 9.0.2.
#[cfg(test)]
mod tests {
    use super::MCellRan4;

    #[test]
    fn draws_are_those_of_neuron() {
        let mut generator = MCellRan4::new(5, 0, 0, 1);
        assert_eq!([generator.uniform(), generator.uniform()], [0.332903403788805, 0.2597382378298789]);
        assert_eq!(generator.high(), 7);
        assert_eq!(MCellRan4::new(5, 77, 0, 1).uniform(), 0.9274150251876563);
        assert_eq!(MCellRan4::new(5, 0, 33, 1).uniform(), 0.7244739027228206);
        assert_eq!(MCellRan4::new(5, 77, 33, 1).uniform(), 0.9274150251876563, "an own low index wins");
    }

    #[test]
    fn a_zero_seed_is_replaced_by_a_hash_of_the_instance_number() {
        let mut third = MCellRan4::new(0, 0, 0, 3);
        assert_eq!((third.first(), third.uniform()), (647470399, 0.2064307201653719));
        let mut fourth = MCellRan4::new(0, 9, 0, 4);
        assert_eq!((fourth.first(), fourth.uniform()), (3295018759, 0.9921576434280723));
    }
}
