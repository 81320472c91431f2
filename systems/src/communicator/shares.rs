//! How values are shared out among ranks.

use std::ops::Range;

/// How many of some values go to, or come from, each rank: one range of them for each, in the order of ranks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    // As MPI wants them
    counts: Vec<i32>,
    starts: Vec<i32>,
}

impl Shares {
    /// Shares of these sizes.
    pub fn new(counts: impl IntoIterator<Item = usize>) -> Self {
        let counts: Vec<i32> = counts.into_iter().map(|count| count as i32).collect();
        let mut next = 0;
        let starts = counts.iter().map(|count| {
            let start = next;
            next += count;
            start
        });
        Self { starts: starts.collect(), counts }
    }

    /// Number of values of each rank.
    pub fn counts(&self) -> &[i32] {
        &self.counts
    }

    /// Where the values of each rank start.
    pub fn starts(&self) -> &[i32] {
        &self.starts
    }

    /// The values of each rank.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let pairs = self.starts.iter().zip(&self.counts);
        pairs.map(|(&start, &count)| start as usize..(start + count) as usize)
    }

    /// Number of all values.
    pub fn total(&self) -> usize {
        self.counts.iter().map(|count| *count as usize).sum()
    }
}
