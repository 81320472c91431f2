//! `TABLE`s and `FUNCTION_TABLE`s: when they are computed, and what is between their entries.

use super::lanes::{LANES, LINES};
use super::reference::{Fixed, Scalar, Scratch};
use super::{Frame, FunctionTableEntries, TableEntries};
use crate::column::Line;
use crate::ir::Place;
use crate::math::Level;
use crate::math::vector::{Task, Vector};
use crate::syntax::Span;

/// More entries than a file can mean.
const LIMIT: f64 = 10_000_000.;

/// Computes the tables anew whose switch is on and which were computed with other values of what they depend on.
pub(super) fn refresh(fixed: &Fixed, frame: &mut Frame, scratch: &mut Scratch) {
    for (number, table) in fixed.program.tables.iter().enumerate() {
        if frame.own.globals.get(table.switch as usize).is_none_or(|&on| on == 0.) {
            continue;
        }
        if frame.own.tables.len() <= number {
            frame.own.tables.resize_with(number + 1, TableEntries::default);
        }
        let entries = &frame.own.tables[number];
        let depends = || table.depends.iter().map(|&place| fixed.shared(place, frame).unwrap_or(0.));
        let known = entries.computed_with.iter().map(|value| value.to_bits());
        if entries.entries.is_empty() || !known.eq(depends().map(f64::to_bits)) {
            let depends = depends().collect();
            compute(fixed, number, frame, scratch);
            frame.own.tables[number].computed_with = depends;
        }
    }
}

/// The bounds, then a row for each argument; the arguments come from repeated addition, as in NEURON.
fn compute(fixed: &Fixed, number: usize, frame: &mut Frame, scratch: &mut Scratch) {
    let table = &fixed.program.tables[number];
    let columns = table.columns as usize;
    let mut numbers = vec![0.; 3.max(1 + columns)];
    Scalar::start(fixed, frame, scratch, &table.bounds, 0).with_numbers(&mut numbers).run(&table.bounds);
    let [low, high, intervals] = [numbers[0], numbers[1], numbers[2]];
    if !(1. ..=LIMIT).contains(&intervals) {
        let message = format!("table `{}` has {intervals} intervals", table.name);
        frame.outbox.fail(0, message, Span::default());
        return;
    }
    let interval = (high - low) / intervals;
    let intervals = intervals as usize;
    let length = intervals + 2;
    let mut entries = vec![0.; length * columns];
    let mut argument = low;
    for row in 0..=intervals {
        numbers[0] = argument;
        Scalar::start(fixed, frame, scratch, &table.row, 0).with_numbers(&mut numbers).run(&table.row);
        for column in 0..columns {
            entries[column * length + row] = numbers[1 + column];
        }
        argument += interval;
    }
    for column in entries.chunks_mut(length) {
        column[length - 1] = column[length - 2];
    }
    let made = &mut frame.own.tables[number];
    (made.low, made.factor, made.intervals, made.entries) = (low, 1. / interval, intervals, entries);
}

impl TableEntries {
    /// Where `argument` lies: the entry below it, and how far it is to the next one; -1 at and beyond the ends.
    #[inline(always)]
    pub(super) fn locate(&self, argument: f64) -> (usize, f64) {
        let x = self.factor * (argument - self.low);
        if x.is_nan() {
            (0, x)
        } else if x <= 0. {
            (0, -1.)
        } else if x >= self.intervals as f64 {
            (self.intervals, -1.)
        } else {
            let below = x as usize;
            (below, x - below as f64)
        }
    }

    /// [`TableEntries::locate`] for each of a block's arguments.
    pub(super) fn locate_all(&self, level: Level, arguments: &[f64]) -> Places<'_> {
        let mut places =
            Places { table: self, below: [[0; LANES]; LINES], fractions: [Line([0.; LANES]); LINES] };
        let fractions = bytemuck::cast_slice_mut(&mut places.fractions);
        locate_all(level, self, arguments, places.below.as_flattened_mut(), fractions);
        places
    }

    /// The entries of a column.
    #[inline(always)]
    pub(super) fn column(&self, column: usize) -> &[f64] {
        let length = self.intervals + 2;
        self.entries.get(column * length..(column + 1) * length).unwrap_or_default()
    }

    /// The value of a column there.
    #[inline(always)]
    pub(super) fn value(&self, column: usize, place: (usize, f64)) -> f64 {
        between(self.column(column), place)
    }
}

/// The value between entries of a column, as [`TableEntries::locate`] found the place.
#[inline(always)]
pub(super) fn between(entries: &[f64], (below, fraction): (usize, f64)) -> f64 {
    let at = |entry: usize| entries.get(entry).copied().unwrap_or(0.);
    if fraction < 0. { at(below) } else { at(below) + fraction * (at(below + 1) - at(below)) }
}

/// Where the arguments of a block lie in a table.
pub(super) struct Places<'t> {
    table: &'t TableEntries,
    /// Entries from the first to the one at the last interval's end.
    below: [[i32; LANES]; LINES],
    fractions: [Line; LINES],
}

impl Places<'_> {
    /// [`between`] at each place.
    pub(super) fn between(&self, level: Level, column: usize, values: &mut [Line]) {
        let entries = self.table.column(column);
        if entries.is_empty() {
            for ((value, &below), &fraction) in values.iter_mut().zip(&self.below).zip(&self.fractions) {
                value.0 =
                    std::array::from_fn(|lane| between(entries, (below[lane] as usize, fraction.0[lane])));
            }
            return;
        }
        level.run(Between { places: self, entries, values });
    }
}

struct Between<'a> {
    places: &'a Places<'a>,
    /// A whole column of the table.
    entries: &'a [f64],
    values: &'a mut [Line],
}

impl Task for Between<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let places = self.places.below.iter().zip(&self.places.fractions);
        for ((below, fractions), values) in places.zip(self.values) {
            // SAFETY: by the caller; after each entry at a place there is another one
            unsafe {
                let [first, second] = V::pairs(self.entries.as_ptr(), below);
                let fractions = V::load(fractions);
                let between = first.add(fractions.multiply(second.subtract(first)));
                fractions.less(V::splat(0.)).select(first, between).store(values);
            }
        }
    }
}

crate::dispatch! {
    fn locate_all(table: &TableEntries, arguments: &[f64], below: &mut [i32], fractions: &mut [f64]) = locate_lanes;
}

#[inline(always)]
fn locate_lanes<const FMA: bool>(
    table: &TableEntries,
    arguments: &[f64],
    below: &mut [i32],
    fractions: &mut [f64],
) {
    let (low, factor, last) = (table.low, table.factor, table.intervals as f64);
    for ((&argument, below), fraction) in arguments.iter().zip(below).zip(fractions) {
        let x = factor * (argument - low);
        let is_inside = (x > 0.) & (x < last);
        let kept = if is_inside { x } else { 0. };
        // SAFETY: tables have fewer entries than there are integers
        let floor = unsafe { (if x >= last { last } else { kept }).to_int_unchecked::<i32>() };
        *below = floor;
        let outside = if x.is_nan() { x } else { -1. };
        *fraction = if is_inside { x - f64::from(floor) } else { outside };
    }
}

impl FunctionTableEntries {
    /// The value at `arguments`: linear between the values, constant beyond them. `None` if there are too few values.
    pub(super) fn value(&self, arguments: &[f64]) -> Option<f64> {
        let located = |number: usize| {
            let grid = self.grid.get(number).map_or(&[][..], Vec::as_slice);
            (locate(grid, arguments.get(number).copied().unwrap_or(0.)), grid.len().max(1))
        };
        let between = |fraction: f64, entry: usize, next: usize| {
            let value = *self.values.get(entry)?;
            Some(if fraction > 0. {
                (1. - fraction) * value + fraction * self.values.get(next)?
            } else {
                value
            })
        };
        if arguments.len() < 2 {
            let ((below, fraction), _) = located(0);
            return between(fraction, below, below + 1);
        }
        let ((row, across), _) = located(0);
        let ((column, along), width) = located(1);
        let entry = row * width + column;
        let first = between(along, entry, entry + 1)?;
        if across > 0. {
            let second = between(along, entry + width, entry + width + 1)?;
            Some((1. - across) * first + across * second)
        } else {
            Some(first)
        }
    }
}

/// The entry of `grid` below `x`, and how far it is to the next one, by bisection.
fn locate(grid: &[f64], x: f64) -> (usize, f64) {
    let (Some(&first), Some(&last)) = (grid.first(), grid.last()) else { return (0, 0.) };
    let (mut low, mut high) = (0, grid.len() - 1);
    if x <= first {
        return (0, 0.);
    }
    if x >= last {
        return (high, 0.);
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if grid[middle] <= x {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, (x - grid[low]) / (grid[low + 1] - grid[low]))
}

impl Fixed {
    /// What all instances share at a place; `None` where they do not.
    pub(super) fn shared(&self, place: Place, frame: &Frame) -> Option<f64> {
        Some(match place {
            Place::Time => frame.time,
            Place::Step => self.constants.dt,
            Place::Celsius => self.constants.celsius,
            Place::SecondOrder => f64::from(self.constants.second_order),
            Place::Global(number) => frame.own.globals.get(number as usize).copied().unwrap_or(0.),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_entries_a_table_is_linear_and_beyond_them_constant() {
        let table = TableEntries {
            computed_with: vec![],
            low: -1.,
            factor: 2.,
            intervals: 4,
            entries: vec![0., 1., 4., 9., 16., 16.],
        };
        let at = |argument| table.value(0, table.locate(argument));
        assert_eq!([at(-2.), at(-1.), at(-0.75), at(0.5), at(1.), at(7.)], [0., 0., 0.5, 9., 16., 16.]);
        assert!(at(f64::NAN).is_nan());
    }

    #[test]
    fn places_that_are_found_together_are_those_of_each() {
        let table = TableEntries {
            computed_with: vec![],
            low: -1.,
            factor: 2.,
            intervals: 4,
            entries: vec![0., 1., 4., 9., 16., 16., -0., 2., f64::INFINITY, 3., -0., -0.],
        };
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1., 1., -1. + 1e-16, 1. - 1e-16, 1e300];
        let arguments: Vec<f64> = (0..100).map(|n| f64::from(n) / 30. - 1.5).chain(special).collect();
        for level in Level::available() {
            let places = table.locate_all(level, &arguments);
            for column in 0..3 {
                let mut values = [Line([1.; LANES]); LINES];
                places.between(level, column, &mut values);
                for (&argument, value) in arguments.iter().zip(values.iter().flat_map(|line| line.0)) {
                    let expected = table.value(column, table.locate(argument));
                    let same = value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan();
                    assert!(same, "{argument}: {value} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn function_tables_have_one_or_two_arguments() {
        let line = FunctionTableEntries { values: vec![1., 3., 4.], grid: vec![vec![0., 1., 3.]] };
        let at = |x| line.value(&[x]);
        assert_eq!([at(-1.), at(0.5), at(2.), at(5.)], [Some(1.), Some(2.), Some(3.5), Some(4.)]);
        let plane =
            FunctionTableEntries { values: vec![0., 1., 10., 11.], grid: vec![vec![0., 1.], vec![0., 1.]] };
        assert_eq!(plane.value(&[0.5, 0.5]), Some(5.5));
        assert_eq!(plane.value(&[9., 0.5]), Some(10.5));
        let constant = FunctionTableEntries { values: vec![7.], grid: vec![] };
        assert_eq!(constant.value(&[3.]), Some(7.));
    }
}
