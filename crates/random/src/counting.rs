//! How many of the next numbers of streams are below bounds: binomial deviates, as stochastic channels draw them.

use crate::philox::philox4x32_lanes;
use crate::stream::{LANES, SCALE, Stream};

/// Words of a block.
const WORDS: usize = 4;

impl Stream {
    /// Draws [`Stream::uniform`] some times; how many of the numbers are below `bound`.
    pub fn count_below(&mut self, draws: u64, bound: f64) -> u64 {
        (0..draws).map(|_| u64::from(self.uniform() < bound)).sum()
    }

    /// [`Stream::count_below`] of those of up to 128 streams for which a bit of `drawing` is set, the lowest being for the
    /// first one. `draws`, of which there are fewer than 2^32, `bounds` and `counts` have a number for each; numbers of
    /// draws are cut off, and those below 1 are 0. Blocks of several streams are computed at once, in the vector
    /// instructions that the function is compiled for.
    ///
    /// # Errors
    ///
    /// The number of the first stream that draws and is not there. The ones before it were drawn from.
    #[inline(always)]
    pub fn count_below_of_each(
        streams: &mut [Option<Stream>],
        drawing: u128,
        draws: &[f64],
        bounds: &[f64],
        counts: &mut [f64],
    ) -> Result<(), usize> {
        let mut group = Group::default();
        for (place, (&draws, &bound)) in draws.iter().zip(bounds).enumerate() {
            if drawing >> place & 1 == 0 {
                continue;
            }
            let Some(count) = counts.get_mut(place) else { break };
            *count = 0.;
            let draws = draws as u32;
            if draws == 0 {
                continue;
            }
            let Some(Some(stream)) = streams.get_mut(place) else {
                group.finish(streams, counts);
                return Err(place);
            };
            if u32::from(stream.which) + draws < WORDS as u32 {
                *count = stream.count_in_block(draws, bound);
            } else if stream.counter[0].checked_add(draws).is_none() {
                // more changes than the lowest word of the counter
                *count = stream.count_below(u64::from(draws), bound) as f64;
            } else {
                group.add(place, stream, draws, bound);
                if group.size == LANES {
                    group.finish(streams, counts);
                }
            }
        }
        group.finish(streams, counts);
        Ok(())
    }

    /// [`Stream::count_below`], if the block at hand has all the words.
    #[inline(always)]
    fn count_in_block(&mut self, draws: u32, bound: f64) -> f64 {
        let (begin, end) = (u32::from(self.which), u32::from(self.which) + draws);
        self.which = end as u8;
        let count = |(place, &word): (u32, &u32)| {
            let is_drawn = begin <= place && place < end;
            one_if(uniform(u64::from(word)) < if is_drawn { bound } else { 0. })
        };
        (0..).zip(&self.words).map(count).sum()
    }
}

/// The uniform number of a word, which is the low half of what is given.
#[inline(always)]
fn uniform(word: u64) -> f64 {
    // 2^52 plus the word
    let above = f64::from_bits(0x4330_0000_0000_0000 | word & 0xFFFF_FFFF);
    (above - 4503599627370495.) * SCALE
}

#[inline(always)]
fn one_if(condition: bool) -> f64 {
    if condition { 1. } else { 0. }
}

/// Streams that draw at once, one in each lane. What is compared is all floating-point, for vectors of one kind.
#[derive(Default)]
struct Group {
    /// How many they are.
    size: usize,
    /// The number of each.
    places: [usize; LANES],
    counters: [[u64; LANES]; 4],
    keys: [u64; LANES],
    /// Words of the block that each is at.
    words: [[u64; LANES]; WORDS],
    /// The first word to draw, and the first one that is not drawn any more, counted from the start of that block.
    begins: [f64; LANES],
    ends: [f64; LANES],
    bounds: [f64; LANES],
    /// The last block that any of them gets to, counted from that one.
    last: u32,
}

impl Group {
    #[inline(always)]
    fn add(&mut self, place: usize, stream: &Stream, draws: u32, bound: f64) {
        let lane = self.size;
        self.size += 1;
        self.places[lane] = place;
        for (numbers, number) in self.counters.iter_mut().zip(stream.counter) {
            numbers[lane] = u64::from(number);
        }
        self.keys[lane] = u64::from(stream.global_index);
        for (numbers, number) in self.words.iter_mut().zip(stream.words) {
            numbers[lane] = u64::from(number);
        }
        let end = u32::from(stream.which) + draws;
        (self.begins[lane], self.ends[lane]) = (f64::from(stream.which), f64::from(end));
        self.bounds[lane] = bound;
        self.last = self.last.max(end / WORDS as u32);
    }

    /// Draws, and leaves the streams and counts behind.
    #[inline(always)]
    fn finish(&mut self, streams: &mut [Option<Stream>], counts: &mut [f64]) {
        let mut counted = [0.; LANES];
        for (place, words) in self.words.iter().enumerate() {
            // a bound of 0 is above none
            let bounds = std::array::from_fn(|lane| {
                if place as f64 >= self.begins[lane] { self.bounds[lane] } else { 0. }
            });
            self.count(place as f64, words, &bounds, &mut counted);
        }
        for block in 1..=std::mem::take(&mut self.last) {
            let mut counters = self.counters;
            counters[0] = counters[0].map(|number| number + u64::from(block));
            let new = philox4x32_lanes(counters, [self.keys, [0; LANES]]);
            let start = f64::from(block) * WORDS as f64;
            for (place, words) in new.iter().enumerate() {
                self.count(start + place as f64, words, &self.bounds, &mut counted);
            }
            for (kept, words) in self.words.iter_mut().zip(&new) {
                for lane in 0..LANES {
                    kept[lane] = if start <= self.ends[lane] { words[lane] } else { kept[lane] };
                }
            }
        }
        for lane in 0..std::mem::take(&mut self.size) {
            let place = self.places[lane];
            if let Some(Some(stream)) = streams.get_mut(place) {
                let end = self.ends[lane] as u32;
                stream.counter[0] += end / WORDS as u32;
                stream.which = (end % WORDS as u32) as u8;
                stream.words = std::array::from_fn(|word| self.words[word][lane] as u32);
            }
            if let Some(count) = counts.get_mut(place) {
                *count = counted[lane];
            }
        }
    }

    /// Adds 1 where the word at a place is drawn and its number is below the bound.
    #[inline(always)]
    fn count(&self, place: f64, words: &[u64; LANES], bounds: &[f64; LANES], counted: &mut [f64; LANES]) {
        for lane in 0..LANES {
            let bound = if place < self.ends[lane] { bounds[lane] } else { 0. };
            counted[lane] += one_if(uniform(words[lane]) < bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    /// What is counted of streams at once, and of one after the other; every seventh is left alone.
    fn check(streams: &[Option<Stream>], draws: &[f64], bounds: &[f64]) -> Vec<f64> {
        let is_drawing = |place: &usize| place % 7 != 5;
        let drawing = (0..draws.len()).filter(is_drawing).fold(0, |bits, place| bits | 1 << place);
        let (mut together, mut counts) = (streams.to_vec(), vec![-1.; draws.len()]);
        let result = Stream::count_below_of_each(&mut together, drawing, draws, bounds, &mut counts);
        assert_eq!(result, Ok(()));
        let (mut each, mut expected) = (streams.to_vec(), vec![-1.; draws.len()]);
        for place in (0..draws.len()).filter(is_drawing) {
            let stream = each[place].as_mut().expect("a stream that draws");
            let is_below = |_| stream.uniform() < bounds[place];
            expected[place] = (0..draws[place] as u32).map(is_below).filter(|&is_below| is_below).count() as f64;
        }
        assert_eq!((&together, &counts), (&each, &expected));
        counts
    }

    fn stream(id: u32, position: u32) -> Option<Stream> {
        let mut stream = Stream::new(7, id, 2, 3);
        stream.set_position(f64::from(position));
        Some(stream)
    }

    #[test]
    fn draws_are_those_of_each_stream() {
        let streams: Vec<_> = (0..100).map(|id| stream(id, id % 4)).collect();
        let bounds: Vec<f64> = (0..100).map(|id| f64::from(id) / 90.).collect();
        for most in [0., 0.5, 1., 3., 4., 5., 24.9, 100.] {
            check(&streams, &[most; 100], &bounds);
            let draws: Vec<f64> = (0..100).map(|id| f64::from(id * 7) % (most + 1.) - 0.5).collect();
            check(&streams, &draws, &bounds);
        }
    }

    #[test]
    fn bounds_can_be_anything() {
        let first = Stream::new(7, 0, 2, 3).uniform();
        let bounds = [0., -0., -1., 1., 2., 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, first, first.next_up()];
        let counts = check(&[stream(0, 0); 11], &[9.; 11], &bounds);
        assert_eq!(counts[9] + 1., counts[10], "a number at the bound is not below it");
        check(&[stream(0, 0); 11], &[3.; 11], &bounds);
        check(&[stream(0, 1); 11], &[f64::NAN; 11], &bounds);
    }

    #[test]
    fn blocks_carry_into_the_ids() {
        let mut last = Stream::new(7, 1, 2, u32::MAX);
        last.set_block(u32::MAX, 2);
        for draws in [1., 2., 3., 9.] {
            check(&[Some(last), stream(1, 0)], &[draws; 2], &[0.5; 2]);
        }
    }

    #[test]
    fn a_stream_that_draws_has_to_be_there() {
        let mut streams = [stream(0, 0), None, stream(2, 0)];
        let mut count = |drawing, draws: &[f64]| {
            Stream::count_below_of_each(&mut streams, drawing, draws, &[0.5; 4], &mut [0.; 4])
        };
        assert_eq!(count(0b111, &[6., 0., 6.]), Ok(()));
        assert_eq!(count(0b101, &[6., 1., 6.]), Ok(()));
        assert_eq!(count(0b111, &[6., 1., 6.]), Err(1));
        assert_eq!(count(0b1000, &[6., 1., 6., 6.]), Err(3));
        assert_eq!(streams.map(|stream| stream.map(|stream| stream.position())), [Some(18.), None, Some(12.)]);
    }
}
