//! Where the edges of each node are: the file's two-level index, or one made from the column of node ids.
//!
//! `node_id_to_ranges[node]` is a range of rows of `range_to_edge_id`, each of which is a range of edge ids. Nodes
//! beyond the end of the first table have no edges.

use std::ops::Range;

use crate::hdf5_file::dataset::Dataset;
use crate::hdf5_file::{Group, Result, rows};

const REMAKE: &str = "make the indices again, for instance with libsonata's `EdgePopulation.write_indices`";
/// Node ids read at a time to make an index, which bounds the memory beside the index itself.
const CHUNK: u64 = 1 << 20;

/// An index of the file.
#[derive(Debug)]
pub(super) struct Index {
    node_ranges: Dataset,
    edge_ranges: Dataset,
}

impl Index {
    pub(super) fn open(group: &Group) -> Result<Self> {
        let open = |name| {
            let dataset = group.dataset(name, REMAKE)?;
            dataset.expect_table(2, REMAKE)?;
            Ok(dataset)
        };
        Ok(Self { node_ranges: open("node_id_to_ranges")?, edge_ranges: open("range_to_edge_id")? })
    }

    /// The edges of `nodes` among the `len` of the population.
    pub(super) fn edges(&self, nodes: &[u64], len: u64) -> Result<Vec<Range<u64>>> {
        let mut wanted = rows::coalesce(nodes);
        let known = self.node_ranges.len();
        wanted.retain(|range| range.start < known);
        if let Some(last) = wanted.last_mut() {
            last.end = last.end.min(known);
        }
        // Rows of the second table; each node's are kept apart, to see that they ascend
        let rows = checked_ranges(&self.node_ranges, &wanted, self.edge_ranges.len(), "`range_to_edge_id`")?;
        let rows = disjoint(&self.node_ranges, rows)?;
        let edges = checked_ranges(&self.edge_ranges, &rows, len, "the population's edges")?;
        let mut position = 0;
        for range in &rows {
            let count = (range.end - range.start) as usize;
            let of_node = edges.get(position..position + count).unwrap_or_default();
            if let Some(pair) = of_node.windows(2).find(|pair| pair[1].start < pair[0].end) {
                return Err(self.edge_ranges.inconsistent(
                    "each node's ranges of edges in ascending order",
                    format!("{:?} before {:?}", pair[0], pair[1]),
                    REMAKE,
                ));
            }
            position += count;
        }
        let mut merged = disjoint(&self.edge_ranges, edges)?;
        merged.retain(|range| !range.is_empty());
        merged.dedup_by(|next, last| {
            let joins = last.end == next.start;
            if joins {
                last.end = next.end;
            }
            joins
        });
        Ok(merged)
    }
}

/// Reads rows of `[start, end)` pairs, each within `0..limit`; a pair of -1 stands for nothing.
fn checked_ranges(table: &Dataset, rows: &[Range<u64>], limit: u64, of: &str) -> Result<Vec<Range<u64>>> {
    let values = table.integers(rows)?;
    let pairs = values.as_chunks::<2>().0;
    let mut ranges = Vec::with_capacity(pairs.len());
    for (&[start, end], row) in pairs.iter().zip(rows.iter().cloned().flatten()) {
        match (u64::try_from(start), u64::try_from(end)) {
            (Ok(start), Ok(end)) if start <= end && end <= limit => ranges.push(start..end),
            _ if start == -1 && end == -1 => ranges.push(0..0),
            _ => {
                return Err(table.inconsistent(
                    format!("ascending ranges within 0..{limit}, {of}"),
                    format!("{start}..{end} in row {row}"),
                    REMAKE,
                ));
            }
        }
    }
    Ok(ranges)
}

/// The non-empty ranges in ascending order, or an error when two overlap.
fn disjoint(table: &Dataset, mut ranges: Vec<Range<u64>>) -> Result<Vec<Range<u64>>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    match ranges.windows(2).find(|pair| pair[1].start < pair[0].end) {
        Some(pair) => Err(table.inconsistent(
            "ranges of different nodes that do not overlap",
            format!("{:?} and {:?}", pair[0], pair[1]),
            REMAKE,
        )),
        None => Ok(ranges),
    }
}

/// Runs of edges with the same node, by node and then by edge id.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    runs: Vec<(u64, Range<u64>)>,
}

impl Runs {
    /// Makes the runs from a column of node ids, read in chunks.
    fn read_into(&mut self, first: u64, ids: &[u64]) {
        for (edge, &node) in (first..).zip(ids) {
            match self.runs.last_mut() {
                Some((last, range)) if *last == node && range.end == edge => range.end += 1,
                _ => self.runs.push((node, edge..edge + 1)),
            }
        }
    }

    fn sorted(mut self) -> Self {
        self.runs.sort_unstable_by_key(|(node, range)| (*node, range.start));
        self
    }

    /// The runs of the node ids in `column`. The memory is that of the runs and one chunk.
    pub(super) fn read(column: &Dataset) -> Result<Self> {
        let mut runs = Self::default();
        let mut first = 0;
        while first < column.len() {
            let end = column.len().min(first + CHUNK);
            runs.read_into(first, &column.unsigned(std::slice::from_ref(&(first..end)))?);
            first = end;
        }
        Ok(runs.sorted())
    }

    /// The runs of `ids`.
    pub(super) fn of(ids: &[u64]) -> Self {
        let mut runs = Self::default();
        runs.read_into(0, ids);
        runs.sorted()
    }

    /// The edges of `nodes`.
    pub(super) fn edges(&self, nodes: &[u64]) -> Vec<Range<u64>> {
        let mut edges: Vec<Range<u64>> = Vec::new();
        for nodes in rows::coalesce(nodes) {
            let from = self.runs.partition_point(|(node, _)| *node < nodes.start);
            let to = self.runs.partition_point(|(node, _)| *node < nodes.end);
            edges.extend(self.runs[from..to].iter().map(|(_, range)| range.clone()));
        }
        edges.sort_unstable_by_key(|range| range.start);
        edges.dedup_by(|next, last| {
            let joins = last.end == next.start;
            if joins {
                last.end = next.end;
            }
            joins
        });
        edges
    }

    /// The tables `node_id_to_ranges` and `range_to_edge_id` for `nodes` nodes.
    pub(super) fn tables(&self, nodes: u64) -> (Vec<[u64; 2]>, Vec<[u64; 2]>) {
        let mut by_node = Vec::with_capacity(nodes as usize);
        let mut position = 0;
        for node in 0..nodes {
            let start = position;
            while self.runs.get(position).is_some_and(|(of, _)| *of == node) {
                position += 1;
            }
            by_node.push([start as u64, position as u64]);
        }
        (by_node, self.runs.iter().map(|(_, range)| [range.start, range.end]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_libsonata() {
        // libsonata's `EdgePopulation.write_indices` on targets [3, 1, 1, 3, 1] of 6 nodes
        let runs = Runs::of(&[3, 1, 1, 3, 1]);
        let (nodes, ranges) = runs.tables(6);
        assert_eq!(nodes, [[0, 0], [0, 2], [2, 2], [2, 4], [4, 4], [4, 4]]);
        assert_eq!(ranges, [[1, 3], [4, 5], [0, 1], [3, 4]]);
        assert_eq!(runs.edges(&[3, 1]), std::slice::from_ref(&(0..5)));
        assert_eq!(runs.edges(&[1, 77]), [1..3, 4..5]);
        assert_eq!(runs.edges(&[0, 2, 5]), []);
    }
}
