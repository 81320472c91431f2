//! Datasets of one column (or a few) read by ranges of rows, as numbers or text, with every conversion checked.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use hdf5::H5Type;
use hdf5::dataset::Layout;
use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};

use super::error::{Hdf5Error, Place, Result, read_error};
use super::{OpenFile, rows};

/// No HDF5 filter shrinks data by more than this (deflate: 1032); a column that claims more is damaged.
const LARGEST_COMPRESSION: u64 = 1100;
/// Unwritten columns (all fill values) may claim this much on top.
const UNWRITTEN: u64 = 1 << 24;
/// The longest fixed-length string that is read, in bytes.
const LONGEST_TEXT: usize = 4096;

/// The type of the elements of a dataset, as far as SONATA needs to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Signed integer of so many bytes.
    Signed(u8),
    /// Unsigned integer of so many bytes.
    Unsigned(u8),
    /// Floating-point number of so many bytes.
    Float(u8),
    /// Boolean (an HDF5 enumeration of `FALSE` and `TRUE`).
    Boolean,
    /// Another HDF5 enumeration, read as its integer.
    Enumeration,
    /// Text, of fixed or variable length, ASCII or UTF-8.
    Text,
    /// Anything else: compounds, arrays, references, opaque bytes.
    Other,
}

impl ElementType {
    fn of(dtype: &hdf5::Datatype) -> Self {
        match dtype.to_descriptor() {
            Ok(TypeDescriptor::Integer(size)) => Self::Signed(size as u8),
            Ok(TypeDescriptor::Unsigned(size)) => Self::Unsigned(size as u8),
            Ok(TypeDescriptor::Float(size)) => Self::Float(size as u8),
            Ok(TypeDescriptor::Boolean) => Self::Boolean,
            Ok(TypeDescriptor::Enum(_)) => Self::Enumeration,
            Ok(
                TypeDescriptor::FixedAscii(_)
                | TypeDescriptor::FixedUnicode(_)
                | TypeDescriptor::VarLenAscii
                | TypeDescriptor::VarLenUnicode,
            ) => Self::Text,
            Ok(_) => Self::Other,
            // Half and extended precision have no Rust type, but HDF5 converts them
            Err(_) if dtype.conv_to::<f64>().is_some() => {
                Self::Float(u8::try_from(dtype.size()).unwrap_or(0))
            }
            Err(_) => Self::Other,
        }
    }

    /// Whether the elements are numbers (booleans and enumerations count as their integers).
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Text | Self::Other)
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(bytes) => write!(f, "int{}", u32::from(*bytes) * 8),
            Self::Unsigned(bytes) => write!(f, "uint{}", u32::from(*bytes) * 8),
            Self::Float(bytes) => write!(f, "float{}", u32::from(*bytes) * 8),
            Self::Boolean => f.write_str("booleans"),
            Self::Enumeration => f.write_str("an enumeration"),
            Self::Text => f.write_str("strings"),
            Self::Other => f.write_str("a compound, array or reference type"),
        }
    }
}

/// A dataset of one or two dimensions; a row is everything at one index of the first.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) at: Box<Place>,
    pub(crate) shape: Vec<u64>,
    pub(crate) element: ElementType,
    inner: hdf5::Dataset,
    // Keeps the file open
    _file: Arc<OpenFile>,
}

impl Dataset {
    pub(super) fn new(at: Box<Place>, inner: hdf5::Dataset, file: Arc<OpenFile>) -> Result<Self> {
        let failure = |e: hdf5::Error| read_error(at.clone(), &e);
        let dtype = inner.dtype().map_err(failure)?;
        let space = inner.space().map_err(failure)?;
        let shape: Vec<u64> = space.shape().iter().map(|&n| n as u64).collect();
        let element = ElementType::of(&dtype);
        let bytes = shape.iter().try_fold(dtype.size() as u64, |product, &n| product.checked_mul(n));
        let limit = file.length.saturating_mul(LARGEST_COMPRESSION).saturating_add(UNWRITTEN);
        let (claimed, plausible) = match (inner.layout(), inner.offset(), bytes) {
            (Layout::Virtual, _, bytes) => (bytes, true),
            (Layout::Contiguous, Some(offset), Some(bytes)) => {
                (Some(bytes), offset.saturating_add(bytes) <= file.length)
            }
            (_, _, Some(bytes)) => (Some(bytes), bytes <= limit),
            (_, _, None) => (None, false),
        };
        if !plausible {
            let claimed = claimed.map_or("more bytes than can be counted".into(), |n| format!("{n} bytes"));
            return Err(Hdf5Error::Inconsistent {
                at,
                expected: format!("data within the file's {} bytes", file.length),
                found: format!("shape {shape:?} of {element}, {claimed}"),
                help: "the file is damaged or truncated: copy or generate it again".into(),
            });
        }
        Ok(Self { at, shape, element, inner, _file: file })
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> u64 {
        self.shape.first().copied().unwrap_or(0)
    }

    /// The dataset itself, for attributes.
    pub(crate) fn location(&self) -> &hdf5::Location {
        &self.inner
    }

    /// Requires one dimension and, when `rows` is given, that many rows.
    pub(crate) fn expect_column(&self, rows: Option<u64>, help: &str) -> Result<()> {
        let fits = self.shape.len() == 1 && rows.is_none_or(|n| n == self.len());
        if fits {
            return Ok(());
        }
        let expected = rows.map_or("[n]".to_owned(), |n| format!("[{n}]"));
        Err(self.wrong_shape(expected, help))
    }

    /// Requires two dimensions of so many `columns`.
    pub(crate) fn expect_table(&self, columns: u64, help: &str) -> Result<()> {
        match self.shape[..] {
            [_, n] if n == columns => Ok(()),
            _ => Err(self.wrong_shape(format!("[n, {columns}]"), help)),
        }
    }

    pub(crate) fn wrong_shape(&self, expected: String, help: &str) -> Hdf5Error {
        Hdf5Error::WrongShape {
            at: self.at.clone(),
            expected,
            found: format!("{:?}", self.shape),
            help: help.to_owned(),
        }
    }

    fn wrong_type(&self, expected: &str, help: &str) -> Hdf5Error {
        Hdf5Error::WrongType {
            at: self.at.clone(),
            expected: expected.into(),
            found: self.element.to_string(),
            help: help.into(),
        }
    }

    pub(crate) fn inconsistent(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        help: &str,
    ) -> Hdf5Error {
        Hdf5Error::Inconsistent {
            at: self.at.clone(),
            expected: expected.into(),
            found: found.into(),
            help: help.into(),
        }
    }

    fn width(&self) -> usize {
        self.shape.iter().skip(1).map(|&n| n as usize).product()
    }

    /// Values of the rows `range`, row by row, in the library's conversion to `T`.
    pub(crate) fn read_block<T: H5Type>(&self, range: Range<u64>) -> Result<Vec<T>> {
        if range.start > range.end || range.end > self.len() {
            return Err(self.inconsistent(
                format!("rows below {}", self.len()),
                format!("rows {}..{}", range.start, range.end),
                "the dataset is shorter than the rest of the file needs: generate the file again",
            ));
        }
        let rows = range.start as usize..range.end as usize;
        let read = match self.shape.len() {
            1 => self.inner.read_slice_1d::<T, _>(rows).map(|a| a.into_raw_vec_and_offset().0),
            2 => self.inner.read_slice_2d::<T, _>((rows, ..)).map(|a| a.into_raw_vec_and_offset().0),
            _ => return Err(self.wrong_shape("[n] or [n, m]".into(), "write it with one or two dimensions")),
        };
        read.map_err(|e| read_error(self.at.clone(), &e))
    }

    /// The first `rows` values of one column of a table.
    pub(crate) fn read_column<T: H5Type>(&self, column: u64, rows: u64) -> Result<Vec<T>> {
        let is_there = matches!(self.shape[..], [all, columns] if rows <= all && column < columns);
        if !is_there {
            return Err(self.inconsistent(
                format!("{rows} rows and a column {column}"),
                format!("the shape {:?}", self.shape),
                "the dataset is smaller than the rest of the file needs: generate the file again",
            ));
        }
        let column = column as usize..column as usize + 1;
        let read = self.inner.read_slice_2d::<T, _>((..rows as usize, column));
        read.map(|a| a.into_raw_vec_and_offset().0).map_err(|e| read_error(self.at.clone(), &e))
    }

    fn read_mapped<S: H5Type, T>(
        &self,
        ranges: &[Range<u64>],
        convert: impl Fn(&Self, u64, &S) -> Result<T>,
    ) -> Result<Vec<T>> {
        let width = self.width();
        rows::read_ranges(ranges, width, |range| {
            let values = self.read_block::<S>(range.clone())?;
            let row = |i: usize| range.start + (i / width.max(1)) as u64;
            values.iter().enumerate().map(|(i, value)| convert(self, row(i), value)).collect()
        })
    }

    /// Numbers of any type as floating-point numbers.
    pub(crate) fn floats(&self, ranges: &[Range<u64>]) -> Result<Vec<f64>> {
        if !self.element.is_number() {
            return Err(self.wrong_type("numbers", "store the values as numbers"));
        }
        rows::read_ranges(ranges, self.width(), |range| self.read_block(range))
    }

    /// The only number of a dataset.
    pub(crate) fn scalar(&self) -> Result<f64> {
        if !self.element.is_number() {
            return Err(self.wrong_type("a number", "store the value as a number"));
        }
        if self.shape.iter().product::<u64>() != 1 {
            return Err(self.wrong_shape("[] (a single number)".into(), "store a single number"));
        }
        let read = self.inner.read_raw::<f64>().map_err(|e| read_error(self.at.clone(), &e))?;
        Ok(read.first().copied().unwrap_or_default())
    }

    /// Numbers of any type as signed integers, exactly.
    pub(crate) fn integers(&self, ranges: &[Range<u64>]) -> Result<Vec<i64>> {
        match self.element {
            ElementType::Unsigned(8) => self.read_mapped(ranges, |d, row, value: &u64| {
                i64::try_from(*value).map_err(|_| d.not_integer(row, value, "a signed 64-bit integer"))
            }),
            ElementType::Float(_) => self.read_mapped(ranges, |d, row, value: &f64| {
                // 2^63 is the first that does not fit
                if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
                    Ok(*value as i64)
                } else {
                    Err(d.not_integer(row, value, "an integer"))
                }
            }),
            element if element.is_number() => {
                rows::read_ranges(ranges, self.width(), |range| self.read_block(range))
            }
            _ => Err(self.wrong_type("integers", "store the values as integers")),
        }
    }

    /// Numbers of any type as unsigned integers, exactly.
    pub(crate) fn unsigned(&self, ranges: &[Range<u64>]) -> Result<Vec<u64>> {
        if matches!(self.element, ElementType::Unsigned(_)) {
            return rows::read_ranges(ranges, self.width(), |range| self.read_block(range));
        }
        let values = self.integers(ranges)?;
        let convert = |value: &i64| u64::try_from(*value).ok();
        match values.iter().map(convert).collect() {
            Some(unsigned) => Ok(unsigned),
            None => {
                let negative = values.iter().find(|v| **v < 0).copied().unwrap_or(0);
                Err(self.inconsistent(
                    "values that are not negative",
                    negative.to_string(),
                    "correct this value in the file",
                ))
            }
        }
    }

    fn not_integer(&self, row: u64, value: &dyn fmt::Display, expected: &str) -> Hdf5Error {
        self.inconsistent(expected, format!("{value} in row {row}"), "correct this value in the file")
    }

    /// Strings of any kind.
    pub(crate) fn strings(&self, ranges: &[Range<u64>]) -> Result<Vec<String>> {
        if self.element != ElementType::Text {
            return Err(self.wrong_type("strings", "store the values as UTF-8 strings"));
        }
        let dtype = self.inner.dtype().map_err(|e| read_error(self.at.clone(), &e))?;
        match dtype.to_descriptor().map_err(|e| read_error(self.at.clone(), &e))? {
            TypeDescriptor::VarLenAscii => {
                self.read_mapped(ranges, |d, row, s: &VarLenAscii| d.text(row, s.as_bytes()))
            }
            TypeDescriptor::VarLenUnicode => {
                self.read_mapped(ranges, |d, row, s: &VarLenUnicode| d.text(row, s.as_bytes()))
            }
            TypeDescriptor::FixedAscii(0..=64) => {
                self.read_mapped(ranges, |d, row, s: &FixedAscii<64>| d.text(row, s.as_bytes()))
            }
            TypeDescriptor::FixedUnicode(0..=64) => {
                self.read_mapped(ranges, |d, row, s: &FixedUnicode<64>| d.text(row, s.as_bytes()))
            }
            TypeDescriptor::FixedAscii(n) if n <= LONGEST_TEXT => {
                self.long_texts(ranges, |d, row, s: &FixedAscii<LONGEST_TEXT>| d.text(row, s.as_bytes()))
            }
            TypeDescriptor::FixedUnicode(n) if n <= LONGEST_TEXT => {
                self.long_texts(ranges, |d, row, s: &FixedUnicode<LONGEST_TEXT>| d.text(row, s.as_bytes()))
            }
            other => Err(Hdf5Error::WrongType {
                at: self.at.clone(),
                expected: format!("strings of up to {LONGEST_TEXT} bytes"),
                found: other.to_string(),
                help: "store the values as variable-length strings".into(),
            }),
        }
    }

    /// As `read_mapped`, in blocks of few rows: each takes kilobytes.
    fn long_texts<S: H5Type>(
        &self,
        ranges: &[Range<u64>],
        convert: impl Fn(&Self, u64, &S) -> Result<String>,
    ) -> Result<Vec<String>> {
        let mut out = Vec::new();
        for range in ranges {
            let mut start = range.start;
            while start < range.end {
                let end = range.end.min(start + 1024);
                let values = self.read_block::<S>(start..end)?;
                for (row, value) in (start..end).zip(&values) {
                    out.push(convert(self, row, value)?);
                }
                start = end;
            }
        }
        Ok(out)
    }

    fn text(&self, row: u64, bytes: &[u8]) -> Result<String> {
        // Fixed-length text is padded with zero bytes
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        match std::str::from_utf8(&bytes[..end]) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.inconsistent(
                "UTF-8 text",
                format!("bytes {:02x?} in row {row}", &bytes[..end.min(8)]),
                "store the strings in UTF-8",
            )),
        }
    }

    /// The range of all rows.
    pub(crate) fn all(&self) -> Vec<Range<u64>> {
        std::iter::once(0..self.len()).collect()
    }
}
