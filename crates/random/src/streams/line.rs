//! Eight streams side by side.

use super::LANES;
use super::words::Words;
use crate::stream::Stream;

/// Words of a block.
const WORDS: usize = 4;

/// Streams side by side. Those that are not there are zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Line {
    counters: [[u32; LANES]; 4],
    words: [[u32; LANES]; WORDS],
    keys: [u32; LANES],
    which: [u32; LANES],
}

impl Line {
    pub(super) fn get(&self, lane: usize) -> Stream {
        Stream {
            counter: self.counters.map(|words| words[lane]),
            words: self.words.map(|words| words[lane]),
            global_index: self.keys[lane],
            which: self.which[lane] as u8,
        }
    }

    pub(super) fn set(&mut self, lane: usize, stream: Option<Stream>) {
        let nothing = Stream { counter: [0; 4], words: [0; WORDS], global_index: 0, which: 0 };
        let Stream { counter, words, global_index, which } = stream.unwrap_or(nothing);
        self.counters.iter_mut().zip(counter).for_each(|(to, from)| to[lane] = from);
        self.words.iter_mut().zip(words).for_each(|(to, from)| to[lane] = from);
        (self.keys[lane], self.which[lane]) = (global_index, u32::from(which & 3));
    }

    /// Numbers from those that draw, and others from the rest. All have the key.
    ///
    /// # Safety
    /// The CPU has the features of the words.
    #[inline(always)]
    pub(super) unsafe fn draw<W: Words>(&mut self, drawing: u8, keys: &W::Keys) -> [f64; LANES] {
        // SAFETY: by the caller
        unsafe {
            let [a, b, c, d] = load::<W>(&self.words);
            let which = W::load(&self.which);
            let later = which.at_most(W::splat(2)).select(c, d);
            let later = which.at_most(W::splat(1)).select(b, later);
            let drawn = which.at_most(W::splat(0)).select(a, later).uniforms();
            let next = which.subtract(W::lanes(drawing));
            next.and(W::splat(WORDS as u32 - 1)).store(&mut self.which);
            let renewed = W::splat(WORDS as u32).at_most(next);
            if renewed.bits() != 0 {
                self.renew(renewed, keys);
            }
            drawn
        }
    }

    /// Takes those of a mask to their next block.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    unsafe fn renew<W: Words>(&mut self, renewed: W, keys: &W::Keys) {
        // SAFETY: by the caller
        unsafe {
            if self.may_carry(W::splat(1)) {
                return self.renew_each(renewed.bits());
            }
            let [a, b, c, d] = load::<W>(&self.counters);
            let a = a.subtract(renewed);
            a.store(&mut self.counters[0]);
            for (words, new) in self.words.iter_mut().zip(W::philox([a, b, c, d], keys)) {
                renewed.select(new, W::load(words)).store(words);
            }
        }
    }

    /// [`Line::renew`] of one after the other.
    #[cold]
    fn renew_each(&mut self, renewed: u8) {
        for lane in (0..LANES).filter(|lane| renewed >> lane & 1 == 1) {
            let mut stream = self.get(lane);
            stream.advance();
            self.set(lane, Some(stream));
        }
    }

    /// Whether some blocks on, a counter changes in more than its lowest word; also if it is at most one block before
    /// that.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    unsafe fn may_carry<W: Words>(&self, blocks: W) -> bool {
        // SAFETY: by the caller
        unsafe {
            let counters = W::load(&self.counters[0]);
            // sums wrap around
            counters.add(blocks).add(W::splat(1)).at_most(counters).bits() != 0
        }
    }

    /// How many of its next numbers are below a bound, for each that draws; others count nothing.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn count_below<W: Words>(
        &mut self,
        drawing: u8,
        draws: W,
        bounds: &[f64; LANES],
        keys: &W::Keys,
    ) -> [f64; LANES] {
        // SAFETY: by the caller
        unsafe {
            // from the start of the block that each is at: the first word, and behind the last one that is drawn
            let begin = W::load(&self.which);
            let draws = draws.and(W::lanes(drawing));
            let end = begin.add(draws);
            let blocks = end.divide_by_four();
            if self.may_carry(blocks) {
                let mut all_draws = [0; LANES];
                draws.store(&mut all_draws);
                return self.count_each(all_draws, bounds);
            }
            let limits = W::limits(bounds);
            let (mut counted, mut words) = (W::splat(0), load::<W>(&self.words));
            if may_be_below(words, limits) {
                counted = words_below(words, [begin, end], bounds);
            }
            let counters = load::<W>(&self.counters);
            let mut block = W::splat(1);
            loop {
                let is_reached = block.at_most(blocks);
                if is_reached.bits() == 0 {
                    break;
                }
                let [a, b, c, d] = counters;
                let new = W::philox([a.add(block), b, c, d], keys);
                if may_be_below(new, limits) {
                    // as far as the block goes, which starts at 0
                    let passed = block.add(block).add(block).add(block);
                    let left = is_reached.and(end.subtract(passed));
                    counted = counted.add(words_below(new, [W::splat(0), left], bounds));
                }
                for (word, new) in words.iter_mut().zip(new) {
                    *word = is_reached.select(new, *word);
                }
                block = block.add(W::splat(1));
            }
            for (to, word) in self.words.iter_mut().zip(words) {
                word.store(to);
            }
            counters[0].add(blocks).store(&mut self.counters[0]);
            end.and(W::splat(WORDS as u32 - 1)).store(&mut self.which);
            counted.numbers()
        }
    }

    /// How often products of numbers so far and the next ones are not below a bound, until they are or as many were
    /// drawn; for each that draws.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn count_products<W: Words>(
        &mut self,
        mut drawing: u8,
        draws: W,
        [starts, bounds]: [&[f64; LANES]; 2],
        keys: &W::Keys,
    ) -> [f64; LANES] {
        // SAFETY: by the caller
        unsafe {
            let (mut products, mut counted) = (*starts, W::splat(0));
            loop {
                let next = counted.add(W::splat(1));
                drawing &= next.at_most(draws).bits();
                if drawing == 0 {
                    return counted.numbers();
                }
                let drawn = self.draw::<W>(drawing, keys);
                for (product, drawn) in products.iter_mut().zip(&drawn) {
                    *product *= drawn;
                }
                drawing &= !W::below(&products, bounds);
                counted = W::lanes(drawing).select(next, counted);
            }
        }
    }

    /// [`Line::count_below`] of one after the other.
    #[cold]
    fn count_each(&mut self, draws: [u32; LANES], bounds: &[f64; LANES]) -> [f64; LANES] {
        std::array::from_fn(|lane| {
            let mut stream = self.get(lane);
            let counted = stream.count_below(u64::from(draws[lane]), bounds[lane]);
            self.set(lane, Some(stream));
            counted as f64
        })
    }
}

/// # Safety
/// As for [`Words`].
#[inline(always)]
unsafe fn load<W: Words>([a, b, c, d]: &[[u32; LANES]; 4]) -> [W; 4] {
    // SAFETY: by the caller
    unsafe { [W::load(a), W::load(b), W::load(c), W::load(d)] }
}

/// Whether a word is up to its limit. Channels hardly ever open or close in a step: mostly, none is.
///
/// # Safety
/// As for [`Words`].
#[inline(always)]
unsafe fn may_be_below<W: Words>([a, b, c, d]: [W; WORDS], limits: W) -> bool {
    // SAFETY: by the caller
    unsafe { a.least(b).least(c.least(d)).at_most(limits).bits() != 0 }
}

/// How many of the words from the first place on, and before the second one, have uniform numbers below a bound.
///
/// # Safety
/// As for [`Words`].
#[inline(always)]
unsafe fn words_below<W: Words>(words: [W; WORDS], [begin, end]: [W; 2], bounds: &[f64; LANES]) -> W {
    // SAFETY: by the caller
    unsafe {
        let (last, some) = W::last_below(bounds);
        // masks are -1
        let mut minus_counted = W::splat(0);
        for (place, word) in (0..).zip(words) {
            let is_drawn = begin.at_most(W::splat(place)).and(W::splat(place + 1).at_most(end));
            minus_counted = minus_counted.add(word.at_most(last).and(is_drawn));
        }
        W::splat(0).subtract(minus_counted.and(some))
    }
}
