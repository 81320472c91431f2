//! Eight streams side by side.

use super::LANES;
use super::words::Words;
use crate::stream::Stream;

/// Words of a block.
const WORDS: usize = 4;

/// Streams side by side. Those that are not there are zeros.
///
/// A stream whose draws came to the end of its block waits there, at the word behind the last one, until it draws again:
/// by then more of them need their next block. Those that count compute blocks anyway, and leave none waiting.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Line {
    counters: [[u32; LANES]; 4],
    words: [[u32; LANES]; WORDS],
    keys: [u32; LANES],
    which: [u32; LANES],
}

impl Line {
    pub(super) fn get(&self, lane: usize) -> Stream {
        let which = self.which[lane];
        let mut stream = Stream {
            counter: self.counters.map(|words| words[lane]),
            words: self.words.map(|words| words[lane]),
            global_index: self.keys[lane],
            which: which as u8 % WORDS as u8,
        };
        if which == WORDS as u32 {
            stream.advance();
        }
        stream
    }

    pub(super) fn set(&mut self, lane: usize, stream: Option<Stream>) {
        let nothing = Stream { counter: [0; 4], words: [0; WORDS], global_index: 0, which: 0 };
        let Stream { counter, words, global_index, which } = stream.unwrap_or(nothing);
        self.counters.iter_mut().zip(counter).for_each(|(to, from)| to[lane] = from);
        self.words.iter_mut().zip(words).for_each(|(to, from)| to[lane] = from);
        (self.keys[lane], self.which[lane]) = (global_index, u32::from(which & 3));
    }

    /// Numbers from those that draw, none of which waits for its next block, and others from the rest.
    ///
    /// # Safety
    /// The CPU has the features of the words.
    #[inline(always)]
    pub(super) unsafe fn draw<W: Words>(&mut self, drawing: u8) -> [f64; LANES] {
        // SAFETY: by the caller
        unsafe {
            let [a, b, c, d] = load::<W>(&self.words);
            let which = W::load(&self.which);
            let later = which.at_most(W::splat(2)).select(c, d);
            let later = which.at_most(W::splat(1)).select(b, later);
            let drawn = which.at_most(W::splat(0)).select(a, later).uniforms();
            which.subtract(W::lanes(drawing)).store(&mut self.which);
            drawn
        }
    }

    /// Those that wait for their next block, a bit for each.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn waiting<W: Words>(&self) -> u8 {
        // SAFETY: by the caller
        unsafe { W::splat(WORDS as u32).at_most(W::load(&self.which)).bits() }
    }

    /// Takes those whose bits are set, which wait, to their next block. All have the key.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn renew<W: Words>(&mut self, renewed: u8, keys: &W::Keys) {
        // SAFETY: by the caller
        unsafe {
            if self.may_carry(W::splat(1)) {
                return self.renew_each(renewed);
            }
            let renewed = W::lanes(renewed);
            let [a, b, c, d] = load::<W>(&self.counters);
            let a = a.subtract(renewed);
            a.store(&mut self.counters[0]);
            for (words, new) in self.words.iter_mut().zip(W::philox([a, b, c, d], keys)) {
                renewed.select(new, W::load(words)).store(words);
            }
            renewed.select(W::splat(0), W::load(&self.which)).store(&mut self.which);
        }
    }

    /// [`Line::renew`] of one after the other.
    #[cold]
    fn renew_each(&mut self, renewed: u8) {
        for lane in (0..LANES).filter(|lane| renewed >> lane & 1 == 1) {
            self.set(lane, Some(self.get(lane)));
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

    /// Starts to count how many of its next numbers are below a bound, for each that draws: those of the blocks that they
    /// are at. If counters may carry, counts all at once.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn start_counting<W: Words>(
        &mut self,
        drawing: u8,
        draws: W,
        bounds: &[f64; LANES],
    ) -> Counted {
        // SAFETY: by the caller
        unsafe {
            // from the start of the block that each is at: the first word, and behind the last one that is drawn
            let begin = W::load(&self.which);
            let draws = draws.and(W::lanes(drawing));
            let end = begin.add(draws);
            let mut state = Counted::default();
            let blocks = end.divide_by_four();
            if self.may_carry(blocks) {
                let mut all_draws = [0; LANES];
                draws.store(&mut all_draws);
                state.counted = self.count_each(all_draws, bounds);
                W::load(&self.which).store(&mut state.end);
                return state;
            }
            let (words, limits) = (load::<W>(&self.words), W::limits(bounds));
            if may_be_below(words, limits) {
                words_below(words, [begin, end], bounds).store(&mut state.counted);
            }
            limits.store(&mut state.limits);
            end.store(&mut state.end);
            state.blocks = blocks.greatest();
            state
        }
    }

    /// Takes those that reach it to a block, the given one since the start; whether one of its words may be below its
    /// bound, so that [`Line::count_in_block`] has to look.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn next_block<W: Words>(
        &mut self,
        block: u32,
        state: &Counted,
        keys: &W::Keys,
    ) -> bool {
        // SAFETY: by the caller
        unsafe {
            let is_reached = W::splat(block * WORDS as u32).at_most(W::load(&state.end));
            let [a, b, c, d] = load::<W>(&self.counters);
            let new = W::philox([a.add(W::splat(block)), b, c, d], keys);
            for (words, new) in self.words.iter_mut().zip(new) {
                is_reached.select(new, W::load(words)).store(words);
            }
            may_be_below(new, W::load(&state.limits))
        }
    }

    /// Counts on in the block that those which reach it were taken to.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn count_in_block<W: Words>(
        &self,
        block: u32,
        state: &mut Counted,
        bounds: &[f64; LANES],
    ) {
        // SAFETY: by the caller
        unsafe {
            let (start, end) = (W::splat(block * WORDS as u32), W::load(&state.end));
            // as far as the block goes, which starts at 0; others have none
            let left = start.at_most(end).and(end.subtract(start));
            let counted = words_below(load::<W>(&self.words), [W::splat(0), left], bounds);
            W::load(&state.counted).add(counted).store(&mut state.counted);
        }
    }

    /// Ends what was counted.
    ///
    /// # Safety
    /// As for `draw`.
    #[inline(always)]
    pub(super) unsafe fn end_counting<W: Words>(&mut self, state: &Counted) -> [f64; LANES] {
        // SAFETY: by the caller
        unsafe {
            let end = W::load(&state.end);
            W::load(&self.counters[0]).add(end.divide_by_four()).store(&mut self.counters[0]);
            end.and(W::splat(WORDS as u32 - 1)).store(&mut self.which);
            W::load(&state.counted).numbers()
        }
    }

    /// How many of its next numbers are below a bound, of one after the other.
    #[cold]
    fn count_each(&mut self, draws: [u32; LANES], bounds: &[f64; LANES]) -> [u32; LANES] {
        std::array::from_fn(|lane| {
            let mut stream = self.get(lane);
            let counted = stream.count_below(u64::from(draws[lane]), bounds[lane]);
            self.set(lane, Some(stream));
            counted as u32
        })
    }
}

/// What streams of a line counted so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// How many blocks after the one that each was at are needed, at most.
    pub(super) blocks: u32,
    /// Behind the last word that is drawn, from the start of the block that each was at.
    end: [u32; LANES],
    counted: [u32; LANES],
    /// [`Words::limits`] of the bounds.
    limits: [u32; LANES],
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
