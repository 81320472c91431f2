//! The streams of many instances, side by side, so that vectors draw from several at once.

use crate::philox::philox4x32_lanes;
use crate::stream::{SCALE, Stream};

/// Streams of a line.
const LANES: usize = 8;
/// Words of a block.
const WORDS: usize = 4;

/// The random streams of instances, some of which may have none.
///
/// They are kept in lines of [`Streams::LANES`]. Functions that draw from several take a number of the first line, and a
/// bit for each of up to 128 streams from there on, the lowest for the first; they use the vector instructions that they
/// are compiled for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    count: usize,
    lines: Vec<Line>,
}

/// Streams side by side. Those that are not there are zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    counters: [[u32; LANES]; 4],
    words: [[u32; LANES]; WORDS],
    keys: [u32; LANES],
    which: [u32; LANES],
    /// A bit for each that is there.
    present: u8,
}

impl Streams {
    /// How many streams are in a line.
    pub const LANES: usize = LANES;

    /// No stream for `count` instances.
    pub fn none(count: usize) -> Self {
        Self { count, lines: vec![Line::default(); count.div_ceil(LANES)] }
    }

    /// Of how many instances they are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no instances.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Memory that they take (bytes).
    pub fn bytes(&self) -> usize {
        size_of_val(self.lines.as_slice())
    }

    /// The stream of an instance, if it has one.
    pub fn get(&self, place: usize) -> Option<Stream> {
        self.lines.get(place / LANES)?.get(place % LANES)
    }

    /// Gives an instance another stream, or none; whether there is such an instance.
    pub fn set(&mut self, place: usize, stream: Option<Stream>) -> bool {
        let is_there = place < self.count;
        if let (Some(line), true) = (self.lines.get_mut(place / LANES), is_there) {
            line.set(place % LANES, stream);
        }
        is_there
    }

    /// What `change` makes of the stream of an instance, if it has one.
    pub fn with<T>(&mut self, place: usize, change: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        let mut stream = self.get(place)?;
        let result = change(&mut stream);
        self.set(place, Some(stream));
        Some(result)
    }

    /// All streams.
    pub fn iter(&self) -> impl Iterator<Item = Option<Stream>> {
        (0..self.count).map(|place| self.get(place))
    }

    /// [`Stream::uniform`] of those that draw; others in their lines get any numbers.
    ///
    /// # Errors
    ///
    /// The number of the first stream that draws and is not there. The ones before it were drawn from.
    #[inline(always)]
    pub fn draw_uniforms(
        &mut self,
        first_line: usize,
        drawing: u128,
        numbers: &mut [[f64; LANES]],
    ) -> Result<(), usize> {
        let (drawing, result) = self.before_missing(first_line, drawing);
        let lines = self.lines.get_mut(first_line..).unwrap_or_default();
        for ((line, numbers), drawing) in lines.iter_mut().zip(numbers).zip(drawing.to_le_bytes()) {
            if drawing != 0 {
                *numbers = line.draw(drawing);
            }
        }
        result
    }

    /// [`Stream::count_below`] of those that draw: how many numbers of each, below which bound, and what is counted.
    /// There are fewer than 2^32 draws; fractions are cut off, and what is below 1 or no number means 0. Others count
    /// nothing.
    ///
    /// # Errors
    ///
    /// The number of the first stream that draws and is not there. The ones before it were drawn from.
    #[inline(always)]
    pub fn count_below(
        &mut self,
        first_line: usize,
        all_drawing: u128,
        [draws, bounds]: [&[[f64; LANES]]; 2],
        counts: &mut [[f64; LANES]],
    ) -> Result<(), usize> {
        let (mut drawing, mut result) = self.before_missing(first_line, all_drawing);
        if result.is_err() {
            let some = draws.as_flattened().iter().take(128).enumerate().filter(|(_, draws)| **draws >= 1.);
            let some = some.fold(0, |bits, (place, _)| bits | 1 << place) & all_drawing;
            (drawing, result) = self.before_missing(first_line, some);
        }
        let lines = self.lines.get_mut(first_line..).unwrap_or_default();
        let numbers = draws.iter().zip(bounds).zip(counts);
        for ((line, ((draws, bounds), counts)), drawing) in
            lines.iter_mut().zip(numbers).zip(drawing.to_le_bytes())
        {
            if drawing != 0 && draws.iter().any(|&draws| draws >= 1.) {
                *counts = line.count_below(drawing, draws, bounds);
            } else {
                *counts = [0.; LANES];
            }
        }
        result
    }

    /// Those that draw before the first one that is not there, and the number of this as an error.
    fn before_missing(&self, first_line: usize, drawing: u128) -> (u128, Result<(), usize>) {
        let lines = self.lines.get(first_line..).unwrap_or_default();
        let mut present = [0; 16];
        present.iter_mut().zip(lines).for_each(|(present, line)| *present = line.present);
        let missing = drawing & !u128::from_le_bytes(present);
        match missing {
            0 => (drawing, Ok(())),
            _ => (drawing & ((missing & missing.wrapping_neg()) - 1), Err(missing.trailing_zeros() as usize)),
        }
    }
}

impl FromIterator<Option<Stream>> for Streams {
    fn from_iter<I: IntoIterator<Item = Option<Stream>>>(streams: I) -> Self {
        let mut all = Self::default();
        for stream in streams {
            if all.count.is_multiple_of(LANES) {
                all.lines.push(Line::default());
            }
            all.count += 1;
            all.set(all.count - 1, stream);
        }
        all
    }
}

/// `accepted` if a condition is 1, `rejected` if it is 0: without a branch, for vectors.
#[inline(always)]
fn chosen(condition: u32, accepted: u32, rejected: u32) -> u32 {
    let mask = condition.wrapping_neg();
    accepted & mask | rejected & !mask
}

/// The number if a condition holds, else 0: without a branch, for vectors.
#[inline(always)]
fn only_if(condition: bool, number: f64) -> f64 {
    f64::from_bits(u64::from(condition).wrapping_neg() & number.to_bits())
}

/// An integer from 0 to 2^32 - 1.
#[inline(always)]
fn integer(number: f64) -> u32 {
    // in the low bits of the sum with 2^52
    (number + 4503599627370496.).to_bits() as u32
}

/// The uniform number of a word, which is the low half of what is given.
#[inline(always)]
fn uniform(word: u64) -> f64 {
    // 2^52 plus the word
    let above = f64::from_bits(0x4330_0000_0000_0000 | word & 0xFFFF_FFFF);
    (above - 4503599627370495.) * SCALE
}

/// Adds 1 where the word at a place is before the end and its number is below the bound.
#[inline(always)]
fn count(
    counted: &mut [f64; LANES],
    words: &[u64; LANES],
    place: f64,
    ends: &[f64; LANES],
    bounds: &[f64; LANES],
) {
    for lane in 0..LANES {
        let bound = only_if(place < ends[lane], bounds[lane]);
        counted[lane] += only_if(uniform(words[lane]) < bound, 1.);
    }
}

impl Line {
    fn get(&self, lane: usize) -> Option<Stream> {
        (self.present >> lane & 1 == 1).then(|| Stream {
            counter: self.counters.map(|words| words[lane]),
            words: self.words.map(|words| words[lane]),
            global_index: self.keys[lane],
            which: self.which[lane] as u8,
        })
    }

    fn set(&mut self, lane: usize, stream: Option<Stream>) {
        let is_there = u8::from(stream.is_some());
        self.present = self.present & !(1 << lane) | is_there << lane;
        let nothing = Stream { counter: [0; 4], words: [0; WORDS], global_index: 0, which: 0 };
        let Stream { counter, words, global_index, which } = stream.unwrap_or(nothing);
        self.counters.iter_mut().zip(counter).for_each(|(to, from)| to[lane] = from);
        self.words.iter_mut().zip(words).for_each(|(to, from)| to[lane] = from);
        (self.keys[lane], self.which[lane]) = (global_index, u32::from(which & 3));
    }

    /// Numbers from those that draw, and others from the rest.
    #[inline(always)]
    fn draw(&mut self, drawing: u8) -> [f64; LANES] {
        let [a, b, c, d] = &self.words;
        let which = &self.which;
        let drawn = std::array::from_fn(|lane| {
            let is_odd = which[lane] & 1;
            let low = chosen(is_odd, b[lane], a[lane]);
            let high = chosen(is_odd, d[lane], c[lane]);
            uniform(u64::from(chosen(which[lane] >> 1, high, low)))
        });
        let next: [u32; LANES] = std::array::from_fn(|lane| which[lane] + u32::from(drawing >> lane & 1));
        self.which = next.map(|next| next % WORDS as u32);
        let renewed = next.map(|next| next / WORDS as u32);
        if renewed != [0; LANES] {
            self.renew(renewed);
        }
        drawn
    }

    /// Takes those to their next block that are marked by 1.
    #[inline(always)]
    fn renew(&mut self, renewed: [u32; LANES]) {
        if self.may_carry(1) {
            return self.renew_each(renewed);
        }
        let new = self.block(1);
        for (words, new) in self.words.iter_mut().zip(&new) {
            for lane in 0..LANES {
                words[lane] = chosen(renewed[lane], new[lane] as u32, words[lane]);
            }
        }
        self.counters[0].iter_mut().zip(renewed).for_each(|(word, renewed)| *word += renewed);
    }

    /// [`Line::renew`] of one after the other.
    #[cold]
    fn renew_each(&mut self, renewed: [u32; LANES]) {
        for lane in (0..LANES).filter(|&lane| renewed[lane] != 0) {
            let stream = self.get(lane).map(|mut stream| {
                stream.advance();
                stream
            });
            self.set(lane, stream);
        }
    }

    /// Whether some blocks on, a counter changes in more than its lowest word.
    #[inline(always)]
    fn may_carry(&self, blocks: u32) -> bool {
        self.counters[0].iter().fold(false, |any, &word| any | (word > u32::MAX - blocks))
    }

    /// The words some blocks after the one that each is at, in the low halves.
    #[inline(always)]
    fn block(&self, after: u32) -> [[u64; LANES]; WORDS] {
        let mut counters = self.counters.map(|words| words.map(u64::from));
        counters[0] = counters[0].map(|word| word + u64::from(after));
        philox4x32_lanes(counters, [self.keys.map(u64::from), [0; LANES]])
    }

    /// What those that draw count.
    ///
    /// What is compared is all floating-point, for vectors of one kind.
    #[inline(always)]
    fn count_below(&mut self, drawing: u8, draws: &[f64; LANES], bounds: &[f64; LANES]) -> [f64; LANES] {
        // from the start of the block that each is at: the first word, and the first one that is not drawn any more
        let begins = self.which.map(|which| f64::from(which as i32));
        let ends: [f64; LANES] = std::array::from_fn(|lane| {
            let draws = only_if(draws[lane] >= 1., draws[lane].trunc());
            begins[lane] + only_if(drawing >> lane & 1 == 1, draws)
        });
        let blocks = ends.map(|end| (end / WORDS as f64).trunc());
        let last = blocks.iter().fold(0., |last: f64, &block| if block > last { block } else { last }) as u32;
        if self.may_carry(last) {
            return self.count_each(ends, bounds);
        }
        let mut counted = [0.; LANES];
        let mut words = self.words.map(|words| words.map(u64::from));
        for (place, words) in words.iter().enumerate() {
            let place = place as f64;
            // none is below 0
            let bounds = std::array::from_fn(|lane| only_if(place >= begins[lane], bounds[lane]));
            count(&mut counted, words, place, &ends, &bounds);
        }
        for block in 1..=last {
            let new = self.block(block);
            let block = f64::from(block);
            for (place, words) in new.iter().enumerate() {
                count(&mut counted, words, WORDS as f64 * block + place as f64, &ends, bounds);
            }
            for (words, new) in words.iter_mut().zip(&new) {
                for lane in 0..LANES {
                    words[lane] = if block <= blocks[lane] { new[lane] } else { words[lane] };
                }
            }
        }
        self.words = words.map(|words| words.map(|word| word as u32));
        self.counters[0] = std::array::from_fn(|lane| self.counters[0][lane] + integer(blocks[lane]));
        self.which = std::array::from_fn(|lane| integer(ends[lane] - WORDS as f64 * blocks[lane]));
        counted
    }

    /// [`Line::count_below`] of one after the other, up to the `ends`.
    #[cold]
    fn count_each(&mut self, ends: [f64; LANES], bounds: &[f64; LANES]) -> [f64; LANES] {
        std::array::from_fn(|lane| {
            let Some(mut stream) = self.get(lane) else { return 0. };
            let draws = ends[lane] as u64 - u64::from(stream.which);
            let counted = stream.count_below(draws, bounds[lane]);
            self.set(lane, Some(stream));
            counted as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Stream, Streams};

    fn stream(id: u32, position: u32) -> Option<Stream> {
        let mut stream = Stream::new(7 + id % 2, id, 2, 3);
        stream.set_position(f64::from(position));
        Some(stream)
    }

    #[test]
    fn streams_are_kept() {
        let mut streams: Streams =
            (0..13).map(|id| if id % 3 == 1 { None } else { stream(id, id) }).collect();
        assert_eq!((streams.len(), streams.get(12), streams.get(13)), (13, stream(12, 12), None));
        assert!(streams.set(12, None) && streams.set(1, stream(1, 2)));
        assert!(!streams.set(13, stream(13, 2)));
        let kept: Vec<_> = (0..13).map(|place| streams.get(place).is_some()).collect();
        let expected: Vec<_> = (0..13).map(|place| place == 1 || place % 3 != 1 && place < 12).collect();
        assert_eq!(kept, expected);
        assert_eq!(streams.with(1, Stream::uniform), stream(1, 2).map(|mut stream| stream.uniform()));
        assert_eq!((streams.get(1), streams.with(12, Stream::uniform)), (stream(1, 3), None));
        assert_eq!(streams, streams.iter().collect());
        assert_eq!(Streams::none(9), (0..9).map(|_| None).collect());
    }

    #[test]
    fn streams_can_be_drawn_from_together() {
        let mut together: Streams = (0..37).map(|id| stream(id, 0)).collect();
        let mut each: Vec<Option<Stream>> = together.iter().collect();
        for round in 0..50 {
            // streams that get to the ends of their blocks at different times
            let drawing =
                (0..21).filter(|place| round % 7 != place % 5).fold(0, |bits, place| bits | 1 << place);
            let mut numbers = [[0.; 8]; 3];
            assert_eq!(together.draw_uniforms(2, drawing, &mut numbers), Ok(()));
            let numbers = numbers.as_flattened();
            for (place, stream) in each[16..].iter_mut().flatten().enumerate() {
                if drawing >> place & 1 == 1 {
                    assert_eq!(numbers[place], stream.uniform());
                }
            }
            assert!(together.iter().eq(each.iter().copied()));
        }
        together.set(20, None);
        assert_eq!(together.draw_uniforms(2, 0b1_0011, &mut [[0.; 8]; 3]), Err(4));
        assert_eq!(together.draw_uniforms(2, 1 << 21, &mut [[0.; 8]; 3]), Err(21));
        assert_eq!(together.draw_uniforms(2, 1 << 100, &mut [[0.; 8]; 3]), Err(100));
        assert_eq!(together.draw_uniforms(9, 1, &mut [[0.; 8]; 3]), Err(0));
    }

    /// What is counted of streams at once, and of one after the other; every seventh is left alone.
    fn check(streams: &[Option<Stream>], draws: &[f64], bounds: &[f64]) -> Vec<f64> {
        let is_drawing = |place: &usize| place % 7 != 5;
        let drawing = (0..draws.len()).filter(is_drawing).fold(0, |bits, place| bits | 1 << place);
        let mut together: Streams = streams.iter().copied().collect();
        let lines = |numbers: &[f64]| {
            let line = |numbers: &[f64]| std::array::from_fn(|lane| *numbers.get(lane).unwrap_or(&0.));
            numbers.chunks(8).map(line).collect::<Vec<[f64; 8]>>()
        };
        let mut counts = lines(&vec![0.; draws.len()]);
        let operands = [&*lines(draws), &*lines(bounds)];
        assert_eq!(together.count_below(0, drawing, operands, &mut counts), Ok(()));
        let counts = counts.as_flattened()[..draws.len()].to_vec();
        let (mut each, mut expected) = (streams.to_vec(), vec![0.; draws.len()]);
        for place in (0..draws.len()).filter(is_drawing) {
            let stream = each[place].as_mut().expect("a stream that draws");
            let is_below = |_| stream.uniform() < bounds[place];
            expected[place] =
                (0..draws[place] as u32).map(is_below).filter(|&is_below| is_below).count() as f64;
        }
        assert_eq!((together, &counts), (each.into_iter().collect(), &expected));
        counts
    }

    #[test]
    fn counts_are_those_of_each_stream() {
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
        let none = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let bounds = [&[0., -0., -1., 1., 2., 0.5][..], &none, &[first, first.next_up()]].concat();
        let counts = check(&[stream(0, 0); 11], &[9.; 11], &bounds);
        assert_eq!(counts[9] + 1., counts[10], "a number at the bound is not below it");
        check(&[stream(0, 3); 11], &[3.; 11], &bounds);
        check(&[stream(0, 1); 11], &[f64::NAN; 11], &bounds);
    }

    #[test]
    fn blocks_carry_into_the_ids() {
        let mut last = Stream::new(7, 1, 2, u32::MAX);
        last.set_block(u32::MAX, 2);
        let streams = [Some(last), stream(1, 0)];
        for draws in [1., 2., 3., 9.] {
            check(&streams, &[draws; 2], &[0.5; 2]);
        }
        let mut together: Streams = streams.into_iter().collect();
        for _ in 0..6 {
            let mut numbers = [[0.; 8]];
            assert_eq!(together.draw_uniforms(0, 0b11, &mut numbers), Ok(()));
            assert_eq!(numbers[0][0], last.uniform());
        }
        assert_eq!(together.get(0), Some(last));
    }

    #[test]
    fn a_stream_that_counts_has_to_be_there() {
        let mut streams: Streams = [stream(0, 0), None, stream(2, 0)].into_iter().collect();
        let mut count = |drawing, [a, b, c, d]: [f64; 4]| {
            let draws = [[a, b, c, d, 0., 0., 0., 0.]];
            streams.count_below(0, drawing, [&draws, &[[0.5; 8]]], &mut [[0.; 8]])
        };
        assert_eq!(count(0b111, [6., 0., 6., 0.]), Ok(()));
        assert_eq!(count(0b101, [6., 1., 6., 0.]), Ok(()));
        assert_eq!(count(0b111, [6., 1., 6., 0.]), Err(1));
        assert_eq!(count(0b1000, [6., 1., 6., 6.]), Err(3));
        assert_eq!(streams, [stream(0, 18), None, stream(2, 12)].into_iter().collect());
    }
}
