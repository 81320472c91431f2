//! A column of numbers aligned to cache lines.

use std::ops::{Deref, DerefMut};

/// One cache line of eight numbers.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [f64; 8]);

/// A fixed-length array of `f64` that starts on a 64-byte boundary, so that no vector load of an aligned
/// block crosses a cache line.
#[derive(Clone, Debug, Default)]
pub struct Column {
    lines: Vec<Line>,
    length: usize,
}

impl Column {
    /// A column of `length` copies of `value`.
    pub fn filled(length: usize, value: f64) -> Self {
        Self { lines: vec![Line([value; 8]); length.div_ceil(8)], length }
    }

    /// Makes it longer, with numbers that mean nothing, or shorter.
    pub fn resize(&mut self, length: usize) {
        self.lines.resize(length.div_ceil(8), Line([0.0; 8]));
        self.length = length;
    }

    /// Its lines; the last one may have more numbers than the column, which mean nothing.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Its lines, to change.
    pub(crate) fn lines_mut(&mut self) -> &mut [Line] {
        &mut self.lines
    }
}

impl From<&[f64]> for Column {
    fn from(values: &[f64]) -> Self {
        let mut column = Self::filled(values.len(), 0.0);
        column.copy_from_slice(values);
        column
    }
}

impl FromIterator<f64> for Column {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self::from(values.into_iter().collect::<Vec<_>>().as_slice())
    }
}

impl Deref for Column {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        &bytemuck::cast_slice(&self.lines)[..self.length]
    }
}

impl DerefMut for Column {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    #[test]
    fn starts_on_a_cache_line_and_keeps_its_length() {
        for length in [0, 1, 7, 8, 9, 1000] {
            let column: Column = (0..length).map(f64::from).collect();
            assert_eq!(column.len(), length as usize);
            assert_eq!(column.as_ptr().align_offset(64), 0);
            assert!(column.iter().enumerate().all(|(index, value)| *value == index as f64));
        }
    }
}
