//! Which rows of a dataset to read, and how few reads that takes. Knows nothing of HDF5.

use std::ops::Range;

/// Gaps of up to this many rows are read and dropped: a call into HDF5 costs more than some kilobytes.
const GAP: u64 = 1024;
/// Rows read by one call at most, which bounds the memory of conversions.
const SPAN: u64 = 1 << 20;

/// The ascending, disjoint, maximal ranges that hold exactly `ids`, whatever their order and repetition.
pub(crate) fn coalesce(ids: &[u64]) -> Vec<Range<u64>> {
    let sorted: Vec<u64>;
    let ids = if ids.is_sorted() {
        ids
    } else {
        let mut copy = ids.to_vec();
        copy.sort_unstable();
        sorted = copy;
        &sorted
    };
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for &id in ids {
        match ranges.last_mut() {
            Some(last) if id < last.end => {}
            Some(last) if id == last.end => last.end += 1,
            _ => ranges.push(id..id.saturating_add(1)),
        }
    }
    ranges
}

/// Total number of rows in `ranges`.
pub(crate) fn count(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|r| r.end - r.start).sum()
}

/// Reads ascending disjoint `ranges` with as few calls of `read` as pay off, and joins their rows.
///
/// `width` is the number of values in a row.
pub(crate) fn read_ranges<T, E>(
    ranges: &[Range<u64>],
    width: usize,
    mut read: impl FnMut(Range<u64>) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, E> {
    let mut out: Vec<T> = Vec::with_capacity(count(ranges) as usize * width);
    let mut pending: Vec<Range<u64>> = Vec::new();
    let mut flush = |pending: &mut Vec<Range<u64>>, out: &mut Vec<T>| -> Result<(), E> {
        let (Some(first), Some(last)) = (pending.first(), pending.last()) else { return Ok(()) };
        let mut row = first.start;
        let mut values = read(first.start..last.end)?.into_iter();
        for range in pending.drain(..) {
            let skip = (range.start - row) as usize * width;
            if skip > 0 {
                values.nth(skip - 1);
            }
            out.extend(values.by_ref().take((range.end - range.start) as usize * width));
            row = range.end;
        }
        Ok(())
    };
    for range in ranges {
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + SPAN);
            let joins = match (pending.first(), pending.last()) {
                (Some(first), Some(last)) => start - last.end <= GAP && end - first.start <= SPAN,
                _ => true,
            };
            if !joins {
                flush(&mut pending, &mut out)?;
            }
            pending.push(start..end);
            start = end;
        }
    }
    flush(&mut pending, &mut out)?;
    Ok(out)
}

/// The value of each of `ids`, in their order, by way of the ranges that hold them.
pub(crate) fn gather<T: Clone, E>(
    ids: &[u64],
    read: impl FnOnce(&[Range<u64>]) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, E> {
    let ranges = coalesce(ids);
    let values = read(&ranges)?;
    if values.len() == ids.len() && ids.is_sorted() {
        return Ok(values);
    }
    // Position of each range's first row among the values
    let mut starts = Vec::with_capacity(ranges.len());
    let mut position = 0;
    for range in &ranges {
        starts.push(position);
        position += (range.end - range.start) as usize;
    }
    let value_of = |id: &u64| {
        let k = ranges.partition_point(|r| r.end <= *id);
        let at = starts.get(k)? + (id - ranges.get(k)?.start) as usize;
        values.get(at).cloned()
    };
    Ok(ids.iter().filter_map(value_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(range: Range<u64>) -> Result<Vec<u64>, ()> {
        Ok(range.map(|i| i * 10).collect())
    }

    #[test]
    fn few_scattered_rows_do_not_read_the_whole_column() {
        let mut read = 0;
        let ids = [5, 1_000_000_000, 6, 2_000_000_000];
        let got = gather(&ids, |ranges| {
            read_ranges(ranges, 1, |r| {
                read += r.end - r.start;
                rows(r)
            })
        });
        assert_eq!(got, Ok(vec![50, 10_000_000_000, 60, 20_000_000_000]));
        assert_eq!(read, 4);
    }

    #[test]
    fn near_rows_take_one_call_and_long_ranges_are_split() {
        let mut calls = Vec::new();
        let ranges = [0..3, 10..12, 5000..5001];
        let got = read_ranges(&ranges, 1, |r| {
            calls.push(r.clone());
            rows(r)
        });
        assert_eq!(got, Ok(vec![0, 10, 20, 100, 110, 50_000]));
        assert_eq!(calls, [0..12, 5000..5001]);
        let mut longest = 0;
        let long = 0..3 * SPAN + 7;
        let got = read_ranges(std::slice::from_ref(&long), 1, |r| {
            longest = longest.max(r.end - r.start);
            rows(r)
        });
        assert_eq!(got.map(|v| v.len() as u64), Ok(long.end));
        assert_eq!(longest, SPAN);
    }

    proptest! {
        #[test]
        fn any_ids_in_any_order_give_their_rows(ids in proptest::collection::vec(0u64..5000, 0..200)) {
            let got = gather(&ids, |ranges| read_ranges(ranges, 1, rows));
            prop_assert_eq!(got, Ok(ids.iter().map(|i| i * 10).collect::<Vec<_>>()));
        }

        #[test]
        fn two_columns_keep_their_rows_together(ids in proptest::collection::vec(0u64..3000, 0..100)) {
            let ranges = coalesce(&ids);
            let got = read_ranges::<_, ()>(&ranges, 2, |r| Ok(r.flat_map(|i| [i, i + 1]).collect()));
            let want: Vec<u64> = ranges.iter().cloned().flatten().flat_map(|i| [i, i + 1]).collect();
            prop_assert_eq!(got, Ok(want));
        }
    }
}
