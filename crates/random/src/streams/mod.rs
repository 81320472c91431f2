//! The streams of many instances, side by side, so that vectors draw from several at once.

mod draw;
mod line;
mod vectors;
mod words;

pub use draw::Counting;
use draw::{Count, DrawUniforms};
use line::Line;
pub use vectors::Vectors;

use crate::stream::Stream;

/// Streams of a line.
const LANES: usize = 8;
/// Lines that functions can draw from at once.
const LINES: usize = u128::BITS as usize / LANES;

/// The random streams of instances, some of which may have none.
///
/// They are kept in lines of [`Streams::LANES`]. Functions that draw from several take a number of the first line, and a
/// bit for each of up to 128 streams from there on, the lowest for the first.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    count: usize,
    lines: Vec<Line>,
    /// A bit for each stream of a line that is there.
    present: Vec<u8>,
    /// Their global index.
    key: Key,
}

#[derive(Clone, Copy, Debug, Default)]
enum Key {
    /// There was no stream yet.
    #[default]
    Unknown,
    /// All have the same.
    Same(u32),
    /// Perhaps not.
    Different,
}

impl PartialEq for Streams {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Streams {}

impl Streams {
    /// How many streams are in a line.
    pub const LANES: usize = LANES;

    /// No stream for `count` instances.
    pub fn none(count: usize) -> Self {
        let lines = count.div_ceil(LANES);
        Self { count, lines: vec![Line::default(); lines], present: vec![0; lines], key: Key::Unknown }
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
        size_of_val(self.lines.as_slice()) + self.present.len()
    }

    /// The stream of an instance, if it has one.
    pub fn get(&self, place: usize) -> Option<Stream> {
        let (line, lane) = (place / LANES, place % LANES);
        let is_present = self.present.get(line)? >> lane & 1 == 1;
        is_present.then(|| self.lines[line].get(lane))
    }

    /// Gives an instance another stream, or none; whether there is such an instance.
    pub fn set(&mut self, place: usize, stream: Option<Stream>) -> bool {
        if place >= self.count {
            return false;
        }
        let (line, lane) = (place / LANES, place % LANES);
        self.present[line] = self.present[line] & !(1 << lane) | u8::from(stream.is_some()) << lane;
        self.lines[line].set(lane, stream);
        if let Some(stream) = stream {
            self.key = match self.key {
                Key::Unknown => Key::Same(stream.global_index),
                Key::Same(key) if key == stream.global_index => self.key,
                _ => Key::Different,
            };
        }
        true
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
    pub fn draw_uniforms(
        &mut self,
        vectors: Vectors,
        first_line: usize,
        drawing: u128,
        numbers: &mut [[f64; LANES]],
    ) -> Result<(), usize> {
        let (drawing, result) = self.before_missing(first_line, drawing);
        if let Some((lines, key)) = self.alike(first_line) {
            vectors.run(DrawUniforms { lines, key, drawing, numbers });
        } else {
            let numbers = numbers.as_flattened_mut();
            self.each(first_line, drawing, |place, stream| numbers[place] = stream.uniform());
        }
        result
    }

    /// Counts draws of those that draw; others count nothing.
    ///
    /// # Errors
    ///
    /// The number of the first stream that draws and is not there. The ones before it were drawn from.
    pub fn count(
        &mut self,
        vectors: Vectors,
        first_line: usize,
        all_drawing: u128,
        counting: Counting,
        counts: &mut [[f64; LANES]],
    ) -> Result<(), usize> {
        let (drawing, result) = self.that_draw(first_line, all_drawing, counting.draws);
        if let Some((lines, key)) = self.alike(first_line) {
            vectors.run(Count { lines, key, drawing, counting, counts });
        } else {
            counts.fill([0.; LANES]);
            let counts = counts.as_flattened_mut();
            self.each(first_line, drawing, |place, stream| counts[place] = counting.of_stream(place, stream));
        }
        result
    }

    /// Lines and the key of all their streams, if it is the same.
    fn alike(&mut self, first_line: usize) -> Option<(&mut [Line], u32)> {
        let Key::Same(key) = self.key else { return None };
        Some((self.lines.get_mut(first_line..)?, key))
    }

    /// Calls `draw` with the place of each stream that draws, counted from the first line, and the stream.
    fn each(&mut self, first_line: usize, drawing: u128, mut draw: impl FnMut(usize, &mut Stream)) {
        for place in (0..LANES * LINES).filter(|place| drawing >> place & 1 == 1) {
            self.with(LANES * first_line + place, |stream| draw(place, stream));
        }
    }

    /// [`Streams::before_missing`], if those that draw nothing need not be there.
    fn that_draw(
        &self,
        first_line: usize,
        drawing: u128,
        draws: &[[f64; LANES]],
    ) -> (u128, Result<(), usize>) {
        let found = self.before_missing(first_line, drawing);
        if found.1.is_ok() {
            return found;
        }
        let draws = draws.as_flattened().iter().take(LANES * LINES).enumerate();
        let some = draws.filter(|(_, draws)| **draws >= 1.).fold(0, |bits, (place, _)| bits | 1 << place);
        self.before_missing(first_line, drawing & some)
    }

    /// Those that draw before the first one that is not there, and the number of this as an error.
    fn before_missing(&self, first_line: usize, drawing: u128) -> (u128, Result<(), usize>) {
        let lines = self.present.get(first_line..).unwrap_or_default();
        let mut present = [0; LINES];
        let known = lines.len().min(LINES);
        present[..known].copy_from_slice(&lines[..known]);
        let missing = drawing & !u128::from_le_bytes(present);
        match missing {
            0 => (drawing, Ok(())),
            _ => (drawing & ((missing & missing.wrapping_neg()) - 1), Err(missing.trailing_zeros() as usize)),
        }
    }
}

impl FromIterator<Option<Stream>> for Streams {
    fn from_iter<I: IntoIterator<Item = Option<Stream>>>(streams: I) -> Self {
        let streams: Vec<_> = streams.into_iter().collect();
        let mut all = Self::none(streams.len());
        for (place, stream) in streams.into_iter().enumerate() {
            all.set(place, stream);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Counting, Stream, Streams, Vectors};

    /// All that this CPU has.
    fn vectors() -> impl Iterator<Item = Vectors> {
        [Some(Vectors::BASELINE), Vectors::avx2(), Vectors::avx512()].into_iter().flatten()
    }

    fn stream(id: u32, position: u32) -> Option<Stream> {
        with_key(7, id, position)
    }

    fn with_key(key: u32, id: u32, position: u32) -> Option<Stream> {
        let mut stream = Stream::new(key, id, 2, 3);
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
        for (vectors, keys) in vectors().flat_map(|vectors| [1, 2].map(|keys| (vectors, keys))) {
            draw_together(vectors, keys);
        }
    }

    fn draw_together(vectors: Vectors, keys: u32) {
        let mut together: Streams = (0..37).map(|id| with_key(id % keys, id, 0)).collect();
        // its words stay those of the ids before
        together.with(18, |stream| stream.set_ids(9, 8, 7));
        let mut each: Vec<Option<Stream>> = together.iter().collect();
        for round in 0..50 {
            // streams that get to the ends of their blocks at different times
            let drawing =
                (0..21).filter(|place| round % 7 != place % 5).fold(0, |bits, place| bits | 1 << place);
            let mut numbers = [[0.; 8]; 3];
            assert_eq!(together.draw_uniforms(vectors, 2, drawing, &mut numbers), Ok(()));
            let numbers = numbers.as_flattened();
            for (place, stream) in each[16..].iter_mut().flatten().enumerate() {
                if drawing >> place & 1 == 1 {
                    assert_eq!(numbers[place], stream.uniform());
                }
            }
            assert!(together.iter().eq(each.iter().copied()));
        }
        together.set(20, None);
        assert_eq!(together.draw_uniforms(vectors, 2, 0b1_0011, &mut [[0.; 8]; 3]), Err(4));
        assert_eq!(together.draw_uniforms(vectors, 2, 1 << 21, &mut [[0.; 8]; 3]), Err(21));
        assert_eq!(together.draw_uniforms(vectors, 2, 1 << 100, &mut [[0.; 8]; 3]), Err(100));
        assert_eq!(together.draw_uniforms(vectors, 9, 1, &mut [[0.; 8]; 3]), Err(0));
    }

    /// What is counted of streams at once, and of one after the other; every seventh is left alone.
    fn check(streams: &[Option<Stream>], draws: &[f64], bounds: &[f64]) -> Vec<f64> {
        let counts: Vec<_> = vectors().map(|vectors| check_with(vectors, streams, draws, bounds)).collect();
        counts.into_iter().next().unwrap_or_default()
    }

    fn check_with(vectors: Vectors, streams: &[Option<Stream>], draws: &[f64], bounds: &[f64]) -> Vec<f64> {
        let is_drawing = |place: &usize| place % 7 != 5;
        let drawing = (0..draws.len()).filter(is_drawing).fold(0, |bits, place| bits | 1 << place);
        let mut together: Streams = streams.iter().copied().collect();
        let lines = |numbers: &[f64]| {
            let line = |numbers: &[f64]| std::array::from_fn(|lane| *numbers.get(lane).unwrap_or(&0.));
            numbers.chunks(8).map(line).collect::<Vec<[f64; 8]>>()
        };
        let mut counts = lines(&vec![0.; draws.len()]);
        let counting = Counting { draws: &lines(draws), starts: None, bounds: &lines(bounds), most: 1000 };
        assert_eq!(together.count(vectors, 0, drawing, counting, &mut counts), Ok(()));
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
        let bounds: Vec<f64> = (0..100).map(|id| f64::from(id * id) / 9000.).collect();
        for keys in [1, 2] {
            let streams: Vec<_> = (0..100).map(|id| with_key(id % keys, id, id % 4)).collect();
            for most in [0., 0.5, 1., 3., 4., 5., 24.9, 100.] {
                check(&streams, &[most; 100], &bounds);
                let draws: Vec<f64> = (0..100).map(|id| f64::from(id * 7) % (most + 1.) - 0.5).collect();
                check(&streams, &draws, &bounds);
            }
        }
    }

    #[test]
    fn products_are_those_of_each_stream() {
        [1, 2].into_iter().for_each(check_products);
    }

    fn check_products(keys: u32) {
        let streams: Vec<_> = (0..128).map(|id| with_key(id % keys, id, id % 4)).collect();
        let line = |number: &dyn Fn(f64) -> f64| -> Vec<[f64; 8]> {
            (0..16)
                .map(|line| std::array::from_fn(|lane| number(f64::from(8 * line + lane as u32))))
                .collect()
        };
        let draws = line(&|place| if place == 9. { f64::NAN } else { place * 0.7 - 3. });
        let starts = line(&|place| 1. + place % 3.);
        for bounds in [line(&|place| (-place / 20.).exp()), line(&|_| 0.), line(&|_| f64::NAN), line(&|_| 5.)]
        {
            for vectors in vectors() {
                let mut together: Streams = streams.iter().copied().collect();
                let (drawing, mut counts) = (!(1 << 77), vec![[7.; 8]; 16]);
                let counting = Counting { draws: &draws, starts: Some(&starts), bounds: &bounds, most: 40 };
                assert_eq!(together.count(vectors, 0, drawing, counting, &mut counts), Ok(()));
                let mut each = streams.clone();
                for (place, stream) in each.iter_mut().enumerate().filter(|&(place, _)| place != 77) {
                    let [draws, start, bound] =
                        [&draws, &starts, &bounds].map(|numbers| of_lane(numbers, place));
                    let stream = stream.as_mut().expect("all are there");
                    let counted = stream.count_products((draws as u64).min(40), start, bound);
                    assert_eq!(of_lane(&counts, place), counted as f64, "{place}");
                }
                assert_eq!((of_lane(&counts, 77), together), (0., each.into_iter().collect()));
            }
        }
    }

    fn of_lane(numbers: &[[f64; 8]], place: usize) -> f64 {
        numbers[place / 8][place % 8]
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
        for vectors in vectors() {
            let (mut together, mut last) = (streams.into_iter().collect::<Streams>(), last);
            for _ in 0..6 {
                let mut numbers = [[0.; 8]];
                assert_eq!(together.draw_uniforms(vectors, 0, 0b11, &mut numbers), Ok(()));
                assert_eq!(numbers[0][0], last.uniform());
            }
            assert_eq!(together.get(0), Some(last));
        }
    }

    #[test]
    fn a_stream_that_counts_has_to_be_there() {
        let mut streams: Streams = [stream(0, 0), None, stream(2, 0)].into_iter().collect();
        let mut count = |drawing, [a, b, c, d]: [f64; 4]| {
            let draws = [[a, b, c, d, 0., 0., 0., 0.]];
            let counting = Counting { draws: &draws, starts: None, bounds: &[[0.5; 8]], most: 1000 };
            streams.count(Vectors::BASELINE, 0, drawing, counting, &mut [[0.; 8]])
        };
        assert_eq!(count(0b111, [6., 0., 6., 0.]), Ok(()));
        assert_eq!(count(0b101, [6., 1., 6., 0.]), Ok(()));
        assert_eq!(count(0b111, [6., 1., 6., 0.]), Err(1));
        assert_eq!(count(0b1000, [6., 1., 6., 6.]), Err(3));
        assert_eq!(streams, [stream(0, 18), None, stream(2, 12)].into_iter().collect());
    }
}
