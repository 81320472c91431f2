//! One Random123 stream, as mechanisms (`RANDOM` variables, `nrnran123_*`) and stimuli hold it.
//!
//! No distribution object and no cached deviate: see [`crate::Random`] for those.

use crate::philox::philox4x32;

/// How many numbers [`Stream::to_words`] gives.
pub const STREAM_WORDS: usize = 10;

/// One over 2^32 + 1, which maps the words 0..2^32 into the open interval (0, 1).
pub(crate) const SCALE: f64 = 1.0 / 4294967297.0;
/// The largest 40-bit number; a position beyond it restarts the stream.
const POSITION_LIMIT: f64 = 0xFF_FFFF_FFFF_u64 as f64;
/// Positions are 34 bits: a 32-bit block number and a word 0..3 in the block.
const POSITION_MASK: u64 = 0x3_FFFF_FFFF;

/// A Philox4x32-10 stream named by three ids under a global index.
///
/// The key is (global index, 0) and the counter (block, id3, id1, id2), as in NEURON. Each block gives four
/// words in order; the counter then advances by one as a 128-bit number (NEURON; CoreNEURON does not carry
/// out of the block word, which shows only after 2^34 draws).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    pub(crate) counter: [u32; 4],
    pub(crate) words: [u32; 4],
    pub(crate) global_index: u32,
    pub(crate) which: u8,
}

impl Stream {
    /// A stream at its first word. `global_index` is the run's base seed (`run.random_seed`).
    pub fn new(global_index: u32, id1: u32, id2: u32, id3: u32) -> Self {
        let mut stream = Self { counter: [0, id3, id1, id2], words: [0; 4], global_index, which: 0 };
        stream.refill();
        stream
    }

    /// All that the stream is, as numbers: to keep it in a file.
    pub fn to_words(&self) -> [u32; STREAM_WORDS] {
        let ([a, b, c, d], [e, f, g, h]) = (self.counter, self.words);
        [a, b, c, d, e, f, g, h, self.global_index, u32::from(self.which)]
    }

    /// The stream whose [`Stream::to_words`] these are; a word number above 3 means 0.
    pub fn from_words(words: [u32; STREAM_WORDS]) -> Self {
        let [a, b, c, d, e, f, g, h, global_index, which] = words;
        let which = if which > 3 { 0 } else { which as u8 };
        Self { counter: [a, b, c, d], words: [e, f, g, h], global_index, which }
    }

    /// The three ids (id1, id2, id3).
    pub fn ids(&self) -> [u32; 3] {
        [self.counter[2], self.counter[3], self.counter[1]]
    }

    /// Renames the stream. The current block stays as it was until it is used up or a position is set, as in
    /// NEURON's `nrnran123_setids`.
    pub fn set_ids(&mut self, id1: u32, id2: u32, id3: u32) {
        self.counter = [self.counter[0], id3, id1, id2];
    }

    /// The global index this stream was made with.
    pub fn global_index(&self) -> u32 {
        self.global_index
    }

    /// Changes the global index for the blocks computed from now on.
    pub fn set_global_index(&mut self, global_index: u32) {
        self.global_index = global_index;
    }

    /// The position as (block, word in the block 0..3).
    pub fn block(&self) -> (u32, u8) {
        (self.counter[0], self.which)
    }

    /// Moves to word `which` of block `block`; a word number above 3 means 0. Computes the block anew.
    pub fn set_block(&mut self, block: u32, which: u8) {
        self.which = if which > 3 { 0 } else { which };
        self.counter[0] = block;
        self.refill();
    }

    /// The number of words drawn since position 0: 4 block + word (modulo 2^34).
    pub fn position(&self) -> f64 {
        f64::from(self.counter[0]) * 4.0 + f64::from(self.which)
    }

    /// Moves to a position. Negative, not-a-number and larger than 2^40 - 1 mean 0; fractions are cut off and
    /// only the low 34 bits count (`nrnran123_setseq` with a number, NMODL's `random_setseq`).
    pub fn set_position(&mut self, position: f64) {
        let inside = (0.0..=POSITION_LIMIT).contains(&position);
        let bits = if inside { position as u64 & POSITION_MASK } else { 0 };
        self.set_block((bits >> 2) as u32, (bits & 3) as u8);
    }

    /// The next 32 random bits (`random_ipick`).
    #[inline]
    pub fn next_word(&mut self) -> u32 {
        let word = self.words[usize::from(self.which & 3)];
        if self.which >= 3 {
            self.which = 0;
            self.advance();
        } else {
            self.which += 1;
        }
        word
    }

    /// A uniform deviate in the open interval (0, 1): (word + 1) / (2^32 + 1) (`random_dpick`).
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (f64::from(self.next_word()) + 1.0) * SCALE
    }

    /// Draws [`Stream::uniform`] some times; how many of the numbers are below `bound`.
    pub fn count_below(&mut self, draws: u64, bound: f64) -> u64 {
        (0..draws).map(|_| u64::from(self.uniform() < bound)).sum()
    }

    /// Multiplies `product` by [`Stream::uniform`] until it is below `bound`, at most some times; how often it was not
    /// below.
    pub fn count_products(&mut self, draws: u64, mut product: f64, bound: f64) -> u64 {
        for counted in 0..draws {
            product *= self.uniform();
            if product < bound {
                return counted;
            }
        }
        draws
    }

    /// A uniform deviate between `low` and `high` (`random_uniform`).
    #[inline]
    pub fn uniform_between(&mut self, low: f64, high: f64) -> f64 {
        low + self.uniform() * (high - low)
    }

    /// An exponential deviate of mean 1, at most 22.18071.
    #[inline]
    pub fn negexp(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// An exponential deviate of the given mean (`random_negexp`).
    #[inline]
    pub fn negexp_of(&mut self, mean: f64) -> f64 {
        self.negexp() * mean
    }

    /// A standard normal deviate by Marsaglia's polar method; the second deviate of each pair is thrown away
    /// (`random_normal`), so that the position alone is the stream's state.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let w = x * x + y * y;
            if w <= 1.0 {
                return x * ((-2.0 * w.ln()) / w).sqrt();
            }
        }
    }

    /// A normal deviate of the given mean and standard deviation.
    #[inline]
    pub fn normal_of(&mut self, mean: f64, standard_deviation: f64) -> f64 {
        mean + self.normal() * standard_deviation
    }

    /// Goes to the next block, without its numbers.
    fn count(&mut self) {
        for word in &mut self.counter {
            *word = word.wrapping_add(1);
            if *word != 0 {
                break;
            }
        }
    }

    pub(crate) fn advance(&mut self) {
        self.count();
        self.refill();
    }

    fn refill(&mut self) {
        self.words = philox4x32(self.counter, [self.global_index, 0]);
    }
}

// Expected numbers in these tests were produced with NEURON 9.0.2.
#[cfg(test)]
mod tests {
    use super::Stream;
    use proptest::prelude::*;

    fn uniforms<const N: usize>(mut stream: Stream) -> [f64; N] {
        std::array::from_fn(|_| stream.uniform())
    }

    #[test]
    fn words_and_uniforms_are_those_of_neuron() {
        let mut stream = Stream::new(0, 1, 2, 3);
        let words: [u32; 6] = std::array::from_fn(|_| stream.next_word());
        assert_eq!(words, [4212769771, 983989504, 536313978, 543550740, 3343823633, 2816359905]);
        assert_eq!(
            uniforms(Stream::new(0, 1, 2, 3)),
            [
                0.980861897351951,
                0.22910290974446038,
                0.12487032890206429,
                0.12655526885610183,
                0.7785446087879724,
                0.6557348895222566
            ]
        );
    }

    #[test]
    fn the_global_index_is_the_key() {
        assert_eq!(
            uniforms(Stream::new(1122, 251, 100, 300)),
            [
                0.7619215436834094,
                0.5341470736232243,
                0.22212010360739193,
                0.6197598186275549,
                0.23018921440695664,
                0.917527444447035
            ]
        );
        assert_eq!(uniforms(Stream::new(12, 1, 2, 3)), [0.39353094287367285]);
    }

    #[test]
    fn the_block_number_carries_into_the_ids() {
        let mut stream = Stream::new(0, 1, 2, 3);
        stream.set_position(4.0 * 4294967295.0);
        let drawn: [f64; 6] = std::array::from_fn(|_| stream.uniform());
        assert_eq!(
            drawn,
            [
                0.28585282590103966,
                0.5200419089477412,
                0.008368941720489194,
                0.5973580736673069,
                0.5422894471459349,
                0.0023865150282190847
            ]
        );
        assert_eq!(stream.ids(), [1, 2, 4]);
    }

    #[test]
    fn positions_follow_neurons_rule() {
        let mut stream = Stream::new(0, 1, 2, 3);
        for (set, got) in [
            (0.0, 0.0),
            (7.9, 7.0),
            (-1.0, 0.0),
            (f64::NAN, 0.0),
            (17179869183.0, 17179869183.0),
            (17179869184.0, 0.0),
            (17179869189.0, 5.0),
            (1099511627775.0, 17179869183.0),
            (1099511627776.0, 0.0),
            (f64::INFINITY, 0.0),
        ] {
            stream.set_position(set);
            assert_eq!(stream.position(), got, "position {set}");
        }
        stream.set_block(5, 4);
        assert_eq!(stream.block(), (5, 0));
    }

    #[test]
    fn a_rename_waits_for_the_next_block() {
        let mut stream = Stream::new(0, 9, 9, 9);
        stream.set_ids(1, 2, 3);
        let old: [f64; 4] = std::array::from_fn(|_| stream.uniform());
        assert_eq!(old, uniforms(Stream::new(0, 9, 9, 9)));
        assert_eq!(stream.uniform(), 0.7785446087879724, "the fifth word of (1, 2, 3)");
    }

    #[test]
    fn a_normal_deviate_uses_two_uniforms_and_keeps_none() {
        let mut stream = Stream::new(0, 1, 2, 3);
        assert_eq!(stream.normal(), 1.1697705780078251);
        assert_eq!(stream.normal(), 0.19973964345080109);
        assert_eq!(stream.position(), 8.0, "one pair was rejected");
        stream.set_position(0.0);
        assert_eq!(stream.normal_of(3.0, 2.0), 5.339541156015651);
    }

    #[test]
    fn exponential_deviates() {
        let mut stream = Stream::new(0, 1, 2, 3);
        assert_eq!([stream.negexp(), stream.negexp()], [0.019323606745855152, 1.473583988841838]);
        stream.set_position(0.0);
        assert_eq!(stream.negexp_of(2.5), 0.04830901686463788);
    }

    proptest! {
        #[test]
        fn a_position_is_enough_to_resume(ids: [u32; 3], key: u32, draws in 0_u16..50) {
            let mut stream = Stream::new(key, ids[0], ids[1], ids[2]);
            for _ in 0..draws {
                let u = stream.uniform();
                prop_assert!(0.0 < u && u < 1.0);
            }
            let mut resumed = Stream::new(key, ids[0], ids[1], ids[2]);
            resumed.set_position(f64::from(draws));
            prop_assert_eq!(resumed, stream);
            prop_assert_eq!(Stream::from_words(stream.to_words()), stream);
        }
    }
}
