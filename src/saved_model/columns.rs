//! Numbers and texts as bytes: columns, each in the narrowest form that keeps every bit.
//!
//! A block of a saved model is a sequence of columns. Each starts at a multiple of 8 bytes with a word that holds its form
//! (low byte) and its length, and is padded with zeros; all is little-endian. Most parameters of a cell's synapses are
//! equal or whole numbers or were single-precision numbers in the circuit's files, so that few take all 8 bytes.

use std::fmt;

use random::{STREAM_WORDS, Stream};

/// Bytes that do not have the form that they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// What reading gives.
pub type Reading<T> = Result<T, Malformed>;

/// Lengths beyond this are none: no cell has so many of anything.
const LONGEST: u64 = 1 << 24;

/// Forms of columns, by the low byte of their first word.
mod form {
    /// Whole numbers: the smallest, then what is added to it in this many bytes each.
    pub const WHOLE: [u8; 5] = [0, 1, 2, 4, 8];
    /// One number, for all.
    pub const UNIFORM: u8 = 16;
    /// Numbers that are whole and follow as such a column.
    pub const FLOATS_WHOLE: u8 = 17;
    /// Numbers that single precision holds.
    pub const SINGLE: u8 = 18;
    /// Any numbers.
    pub const DOUBLE: u8 = 19;
    /// Text in UTF-8.
    pub const TEXT: u8 = 20;
}

/// A block in the making.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer of {} bytes", self.bytes.len())
    }
}

impl Writer {
    /// The bytes so far.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn head(&mut self, form: u8, length: usize) {
        self.word((length as u64) << 8 | u64::from(form));
    }

    fn word(&mut self, word: u64) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    /// One whole number.
    pub fn number(&mut self, number: usize) {
        self.word(number as u64);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.head(form::TEXT, text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        self.pad();
    }

    /// Whole numbers.
    pub fn whole(&mut self, numbers: impl Iterator<Item = u64> + Clone) {
        let count = numbers.clone().count();
        let smallest = numbers.clone().min().unwrap_or(0);
        let range = numbers.clone().max().unwrap_or(0) - smallest;
        let width = match range {
            0 => 0,
            1..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFFFF_FFFF => 4,
            _ => 8,
        };
        self.head(width, count);
        self.word(smallest);
        self.bytes.reserve(count * usize::from(width) + 8);
        let above = numbers.map(|number| number - smallest);
        match width {
            0 => {}
            1 => self.bytes.extend(above.map(|number| number as u8)),
            2 => above.for_each(|number| self.bytes.extend_from_slice(&(number as u16).to_le_bytes())),
            4 => above.for_each(|number| self.bytes.extend_from_slice(&(number as u32).to_le_bytes())),
            _ => above.for_each(|number| self.bytes.extend_from_slice(&number.to_le_bytes())),
        }
        self.pad();
    }

    /// Whole numbers of 32 bits.
    pub fn whole32(&mut self, numbers: &[u32]) {
        self.whole(numbers.iter().map(|&number| u64::from(number)));
    }

    /// Any numbers; their bits are kept.
    pub fn floats(&mut self, numbers: impl Iterator<Item = f64> + Clone) {
        let count = numbers.clone().count();
        let first = numbers.clone().next().unwrap_or(0.0).to_bits();
        if numbers.clone().all(|number| number.to_bits() == first) {
            self.head(form::UNIFORM, count);
            self.word(first);
        } else if numbers.clone().all(is_whole) {
            self.head(form::FLOATS_WHOLE, count);
            self.whole(numbers.map(|number| number as u64));
        } else if numbers.clone().all(|number| f64::from(number as f32).to_bits() == number.to_bits()) {
            self.head(form::SINGLE, count);
            numbers.for_each(|number| self.bytes.extend_from_slice(&(number as f32).to_le_bytes()));
            self.pad();
        } else {
            self.head(form::DOUBLE, count);
            numbers.for_each(|number| self.bytes.extend_from_slice(&number.to_le_bytes()));
        }
    }

    /// Texts that repeat: each once, and which of them each is.
    pub fn names<'t>(&mut self, texts: impl Iterator<Item = &'t str> + Clone) {
        let mut distinct: Vec<&str> = texts.clone().collect();
        distinct.sort_unstable();
        distinct.dedup();
        self.number(distinct.len());
        distinct.iter().for_each(|text| self.text(text));
        let place = |text: &str| distinct.binary_search(&text).unwrap_or(0) as u64;
        self.whole(texts.map(place));
    }

    /// Random streams.
    pub fn streams<'s>(&mut self, streams: impl Iterator<Item = &'s Stream> + Clone) {
        for word in 0..STREAM_WORDS {
            self.whole(streams.clone().map(|stream| u64::from(stream.to_words()[word])));
        }
    }
}

/// Whether a number has the bits of a whole number from 0 that doubles count without gaps.
fn is_whole(number: f64) -> bool {
    (0.0..9_007_199_254_740_992.0).contains(&number) && (number as u64 as f64).to_bits() == number.to_bits()
}

/// A block that is read from its start to its end.
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Makes sure that nothing is left.
    pub fn finish(self) -> Reading<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn take(&mut self, length: usize) -> Reading<&'a [u8]> {
        let padded = length.checked_next_multiple_of(8).ok_or(Malformed)?;
        let (taken, rest) = self.bytes.split_at_checked(padded).ok_or(Malformed)?;
        self.bytes = rest;
        taken.get(..length).ok_or(Malformed)
    }

    fn word(&mut self) -> Reading<u64> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| Malformed)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The form of the next column and its length.
    fn head(&mut self) -> Reading<(u8, usize)> {
        let word = self.word()?;
        if word >> 8 > LONGEST { Err(Malformed) } else { Ok((word as u8, (word >> 8) as usize)) }
    }

    /// One whole number, which counts something.
    pub fn number(&mut self) -> Reading<usize> {
        let word = self.word()?;
        if word > LONGEST { Err(Malformed) } else { Ok(word as usize) }
    }

    /// A text.
    pub fn text(&mut self) -> Reading<&'a str> {
        match self.head()? {
            (form::TEXT, length) => std::str::from_utf8(self.take(length)?).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    /// Whole numbers.
    pub fn whole<T: TryFrom<u64>>(&mut self) -> Reading<Vec<T>> {
        let (width, count) = self.head()?;
        if !form::WHOLE.contains(&width) {
            return Err(Malformed);
        }
        let smallest = self.word()?;
        let bytes = self.take(count * usize::from(width))?;
        let number = |above: u64| {
            let number = smallest.checked_add(above).ok_or(Malformed)?;
            T::try_from(number).map_err(|_| Malformed)
        };
        match width {
            0 => (0..count).map(|_| number(0)).collect(),
            1 => bytes.iter().map(|&byte| number(byte.into())).collect(),
            2 => bytes.as_chunks().0.iter().map(|&bytes| number(u16::from_le_bytes(bytes).into())).collect(),
            4 => bytes.as_chunks().0.iter().map(|&bytes| number(u32::from_le_bytes(bytes).into())).collect(),
            _ => bytes.as_chunks().0.iter().map(|&bytes| number(u64::from_le_bytes(bytes))).collect(),
        }
    }

    /// As many whole numbers as there must be.
    pub fn whole_of<T: TryFrom<u64>>(&mut self, count: usize) -> Reading<Vec<T>> {
        let numbers = self.whole()?;
        if numbers.len() == count { Ok(numbers) } else { Err(Malformed) }
    }

    /// Any numbers.
    pub fn floats(&mut self) -> Reading<Vec<f64>> {
        let (form, count) = self.head()?;
        match form {
            form::UNIFORM => Ok(vec![f64::from_bits(self.word()?); count]),
            form::FLOATS_WHOLE => {
                let whole: Vec<u64> = self.whole_of(count)?;
                Ok(whole.into_iter().map(|number| number as f64).collect())
            }
            form::SINGLE => {
                let bytes = self.take(4 * count)?.as_chunks().0;
                Ok(bytes.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect())
            }
            form::DOUBLE => {
                let bytes = self.take(8 * count)?.as_chunks().0;
                Ok(bytes.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
            }
            _ => Err(Malformed),
        }
    }

    /// As many numbers as there must be.
    pub fn floats_of(&mut self, count: usize) -> Reading<Vec<f64>> {
        let numbers = self.floats()?;
        if numbers.len() == count { Ok(numbers) } else { Err(Malformed) }
    }

    /// As many texts that repeat as there must be.
    pub fn names_of(&mut self, count: usize) -> Reading<Vec<&'a str>> {
        let distinct = self.number()?;
        let texts = (0..distinct).map(|_| self.text()).collect::<Reading<Vec<&str>>>()?;
        let places: Vec<usize> = self.whole_of(count)?;
        places.into_iter().map(|place| texts.get(place).copied().ok_or(Malformed)).collect()
    }

    /// As many random streams as there must be.
    pub fn streams_of(&mut self, count: usize) -> Reading<Vec<Stream>> {
        let mut words = vec![[0; STREAM_WORDS]; count];
        for word in 0..STREAM_WORDS {
            let column: Vec<u32> = self.whole_of(count)?;
            words.iter_mut().zip(column).for_each(|(words, value)| words[word] = value);
        }
        Ok(words.into_iter().map(Stream::from_words).collect())
    }
}

/// Cuts a list into parts of these lengths, which must use it up.
pub fn parts<T>(list: Vec<T>, lengths: &[usize]) -> Reading<Vec<Vec<T>>> {
    let total = lengths.iter().try_fold(0_usize, |sum, &length| sum.checked_add(length));
    if total != Some(list.len()) {
        return Err(Malformed);
    }
    let mut rest = list.into_iter();
    Ok(lengths.iter().map(|&length| rest.by_ref().take(length).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        write(&mut writer);
        writer.finish()
    }

    fn floats_again(numbers: &[f64]) -> Vec<u64> {
        let bytes = written(|writer| writer.floats(numbers.iter().copied()));
        let mut reader = Reader::new(&bytes);
        let read = reader.floats_of(numbers.len()).expect("they are there");
        reader.finish().expect("nothing else");
        read.into_iter().map(f64::to_bits).collect()
    }

    fn bits(numbers: &[f64]) -> Vec<u64> {
        numbers.iter().map(|number| number.to_bits()).collect()
    }

    /// Each takes 16 bytes and what is said here.
    #[test]
    fn columns_are_as_narrow_as_their_numbers_allow() {
        let size = |numbers: &[f64]| written(|writer| writer.floats(numbers.iter().copied())).len();
        assert_eq!(size(&[0.1; 1000]), 16, "one number");
        let whole: Vec<f64> = (0..1000).map(|number| f64::from(number % 200) + 1e6).collect();
        assert_eq!(size(&whole), 24 + 1000, "a byte each");
        let single: Vec<f64> = (0..1000).map(|number| f64::from(number as f32 * 0.1)).collect();
        assert_eq!(size(&single), 8 + 4000);
        let double: Vec<f64> = (0..1000).map(|number| f64::from(number) * 0.1).collect();
        assert_eq!(size(&double), 8 + 8000);
    }

    #[test]
    fn numbers_that_are_special_keep_their_bits() {
        let special =
            [0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, 5e-324, f64::from_bits(0x7FF0_0000_0000_0001)];
        assert_eq!(floats_again(&special), bits(&special));
        for pair in special.windows(2) {
            assert_eq!(floats_again(pair), bits(pair));
        }
        assert_eq!(floats_again(&[1.0, -0.0]), bits(&[1.0, -0.0]));
        assert_eq!(floats_again(&[]), [0; 0]);
        let large = [9_007_199_254_740_993.0, 1e300, u64::MAX as f64];
        assert_eq!(floats_again(&large), bits(&large));
    }

    #[test]
    fn names_are_written_once_each() {
        let texts = ["b", "a", "b", "", "a"];
        let bytes = written(|writer| writer.names(texts.iter().copied()));
        assert_eq!(Reader::new(&bytes).names_of(5), Ok(texts.to_vec()));
        assert_eq!(Reader::new(&bytes).names_of(4), Err(Malformed));
    }

    #[test]
    fn lengths_that_cannot_be_take_no_memory() {
        let bytes = written(|writer| writer.head(form::UNIFORM, 1 << 40));
        assert_eq!(Reader::new(&bytes).floats(), Err(Malformed));
        let bytes = written(|writer| writer.head(form::DOUBLE, 1 << 23));
        assert_eq!(Reader::new(&bytes).floats(), Err(Malformed));
    }

    proptest! {
        #[test]
        fn whole_numbers_come_back(numbers in proptest::collection::vec(any::<u64>(), 0..50), shift in 0..64_u32) {
            let numbers: Vec<u64> = numbers.into_iter().map(|number| number >> shift).collect();
            let bytes = written(|writer| writer.whole(numbers.iter().copied()));
            prop_assert_eq!(Reader::new(&bytes).whole::<u64>(), Ok(numbers));
        }

        #[test]
        fn any_numbers_come_back(numbers in proptest::collection::vec(any::<u64>(), 0..50)) {
            let numbers: Vec<f64> = numbers.into_iter().map(f64::from_bits).collect();
            prop_assert_eq!(floats_again(&numbers), bits(&numbers));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while reader.floats().is_ok() {}
            let mut reader = Reader::new(&bytes);
            while reader.whole::<u32>().is_ok() {}
            let _ = Reader::new(&bytes).text();
        }
    }
}
