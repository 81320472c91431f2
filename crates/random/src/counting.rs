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

    /// [`Stream::count_below`] of those of the streams that draw: `draws`, `bounds` and `counts` have a number for each.
    /// The blocks of several streams are computed at once, in the vector instructions that the function is compiled
    /// for.
    ///
    /// # Errors
    ///
    /// The number of the first stream that draws and is not there. The ones before it were drawn from.
    #[inline(always)]
    pub fn count_below_of_each(
        streams: &mut [Option<Stream>],
        draws: &[u32],
        bounds: &[f64],
        counts: &mut [f64],
    ) -> Result<(), usize> {
        let mut group = Group::default();
        for (place, (&draws, &bound)) in draws.iter().zip(bounds).enumerate() {
            if draws == 0 {
                continue;
            }
            let Some(Some(stream)) = streams.get_mut(place) else {
                group.finish(streams, counts);
                return Err(place);
            };
            let end = u32::from(stream.which) + draws;
            let is_carried = stream.counter[0].checked_add(draws).is_none();
            if end < WORDS as u32 || is_carried {
                // no new block, or one that changes more than the lowest word of the counter
                if let Some(count) = counts.get_mut(place) {
                    *count = stream.count_below(u64::from(draws), bound) as f64;
                }
                continue;
            }
            group.add(place, stream, i64::from(end), bound);
            if group.size == LANES {
                group.finish(streams, counts);
            }
        }
        group.finish(streams, counts);
        Ok(())
    }
}

/// Streams that draw at once, one in each lane.
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
    begins: [i64; LANES],
    ends: [i64; LANES],
    bounds: [f64; LANES],
}

impl Group {
    #[inline(always)]
    fn add(&mut self, place: usize, stream: &Stream, end: i64, bound: f64) {
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
        (self.begins[lane], self.ends[lane]) = (i64::from(stream.which), end);
        self.bounds[lane] = bound;
    }

    /// Draws, and leaves the streams and counts behind.
    #[inline(always)]
    fn finish(&mut self, streams: &mut [Option<Stream>], counts: &mut [f64]) {
        let mut counted = [0_i64; LANES];
        for (place, words) in (0..).zip(&self.words) {
            let is_below = self.is_below(place, words);
            for lane in 0..LANES {
                counted[lane] += if place >= self.begins[lane] { is_below[lane] } else { 0 };
            }
        }
        let last = self.ends[..self.size].iter().fold(0, |last, &end| last.max(end / WORDS as i64));
        for block in 1..=last {
            let start = block * WORDS as i64;
            let mut counters = self.counters;
            counters[0] = counters[0].map(|number| number + block as u64);
            let new = philox4x32_lanes(counters, [self.keys, [0; LANES]]);
            for (place, words) in (start..).zip(&new) {
                let is_below = self.is_below(place, words);
                for lane in 0..LANES {
                    counted[lane] += is_below[lane];
                }
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
                stream.counter[0] += (self.ends[lane] / WORDS as i64) as u32;
                stream.which = (self.ends[lane] % WORDS as i64) as u8;
                stream.words = std::array::from_fn(|word| self.words[word][lane] as u32);
            }
            if let Some(count) = counts.get_mut(place) {
                *count = counted[lane] as f64;
            }
        }
    }

    /// 1 where a word is drawn and its number is below the bound, else 0; a word is the low half of its number.
    #[inline(always)]
    fn is_below(&self, place: i64, words: &[u64; LANES]) -> [i64; LANES] {
        std::array::from_fn(|lane| {
            // 2^52 plus the word
            let above = f64::from_bits(0x4330_0000_0000_0000 | words[lane] & 0xFFFF_FFFF);
            let uniform = (above - 4503599627370495.) * SCALE;
            i64::from((place < self.ends[lane]) & (uniform < self.bounds[lane]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    /// Counts of several streams at once, and of one after the other.
    fn counts(streams: &[Option<Stream>], draws: &[u32], bounds: &[f64]) -> [(Vec<f64>, Vec<Option<Stream>>); 2] {
        let mut together = (vec![0.; draws.len()], streams.to_vec());
        let result = Stream::count_below_of_each(&mut together.1, draws, bounds, &mut together.0);
        assert_eq!(result, Ok(()));
        let mut each = (vec![0.; draws.len()], streams.to_vec());
        for (place, stream) in each.1.iter_mut().enumerate() {
            for _ in 0..draws[place] {
                let number = stream.as_mut().expect("a stream that draws").uniform();
                each.0[place] += f64::from(u8::from(number < bounds[place]));
            }
        }
        [together, each]
    }

    fn stream(id: u32, position: u32) -> Option<Stream> {
        let mut stream = Stream::new(7, id, 2, 3);
        stream.set_position(f64::from(position));
        Some(stream)
    }

    #[test]
    fn draws_are_those_of_each_stream() {
        for most in [0, 1, 3, 4, 5, 24, 100] {
            let streams: Vec<_> = (0..67).map(|id| stream(id, id % 4)).collect();
            let draws: Vec<u32> = (0..67).map(|id| if most < 2 { most } else { id * 7 % (most + 1) }).collect();
            let bounds: Vec<f64> = (0..67).map(|id| f64::from(id) / 60.).collect();
            let [together, each] = counts(&streams, &draws, &bounds);
            assert_eq!(together, each, "{most}");
        }
    }

    #[test]
    fn bounds_can_be_anything() {
        let first = Stream::new(7, 0, 2, 3).uniform();
        let bounds = [0., -0., -1., 1., 2., f64::NAN, f64::INFINITY, f64::NEG_INFINITY, first, first.next_up()];
        let [together, each] = counts(&[stream(0, 0); 10], &[9; 10], &bounds);
        assert_eq!(together, each);
        assert_eq!(together.0[8] + 1., together.0[9], "a number at the bound is not below it");
    }

    #[test]
    fn blocks_carry_into_the_ids() {
        let mut last = Stream::new(7, 1, 2, u32::MAX);
        last.set_block(u32::MAX, 2);
        let streams = [Some(last), stream(1, 0)];
        for draws in [2, 3, 9] {
            let [together, each] = counts(&streams, &[draws; 2], &[0.5; 2]);
            assert_eq!(together, each);
        }
    }

    #[test]
    fn a_stream_that_draws_has_to_be_there() {
        let mut streams = [stream(0, 0), None, stream(2, 0)];
        let mut counts = [0.; 3];
        let mut count = |draws: &[u32]| {
            Stream::count_below_of_each(&mut streams, draws, &[0.5; 4], &mut counts)
        };
        assert_eq!(count(&[6, 0, 6]), Ok(()));
        assert_eq!(count(&[6, 1, 6]), Err(1));
        assert_eq!(count(&[0, 0, 0, 6]), Err(3));
        assert_eq!(streams.map(|stream| stream.map(|stream| stream.position())), [Some(12.), None, Some(6.)]);
    }
}
