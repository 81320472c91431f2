//! Compartment reports: `/report/<population>/{data, mapping}`, laid out as libsonatareport writes them.
//!
//! A row holds every element at one time; the elements of a cell are contiguous columns. Which variables are
//! sampled where is decided elsewhere; when they are sampled is in [`Sampling`].

#[cfg(feature = "parallel-hdf5")]
mod parallel;
mod read;
mod sampling;
mod write;

#[cfg(feature = "parallel-hdf5")]
pub use parallel::SharedReport;
pub use read::{ReportReader, report_populations};
pub use sampling::{SampleClock, Sampling, SamplingError};
pub use write::ReportWriter;

/// The layout of one population of a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportLayout {
    /// The name of the population.
    pub name: String,
    /// The unit of the values, as free text.
    pub units: String,
    /// The cells, by node id.
    pub node_ids: Vec<u64>,
    /// The first column of each cell, and the number of columns at the end: one more than there are cells.
    pub index_pointers: Vec<u64>,
    /// The element (section or synapse) of each column.
    pub element_ids: Vec<u32>,
    /// Number of rows.
    pub rows: u64,
    /// Start, end and interval (ms) of the samples: [`Sampling::time`].
    pub time: [f64; 3],
}

impl ReportLayout {
    /// Number of columns.
    pub fn elements(&self) -> u64 {
        self.element_ids.len() as u64
    }

    /// The layout of `cells`, each a node id with the elements of its columns.
    pub fn from_cells<'a>(
        name: &str,
        units: &str,
        cells: impl IntoIterator<Item = (u64, &'a [u32])>,
        sampling: &Sampling,
    ) -> Self {
        let mut layout = Self {
            name: name.to_owned(),
            units: units.to_owned(),
            index_pointers: vec![0],
            rows: sampling.rows(),
            time: sampling.time(),
            ..Self::default()
        };
        for (node_id, elements) in cells {
            layout.node_ids.push(node_id);
            layout.element_ids.extend_from_slice(elements);
            layout.index_pointers.push(layout.element_ids.len() as u64);
        }
        layout
    }
}

/// What is wrong with index pointers that do not ascend to the number of elements.
fn disorder(pointers: &[u64]) -> String {
    match pointers.windows(2).find(|pair| pair[1] < pair[0]) {
        Some(pair) => format!("{} before {}", pair[0], pair[1]),
        None => match (pointers.first(), pointers.last()) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => "no values".into(),
        },
    }
}
