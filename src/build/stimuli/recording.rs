//! `replay` stimuli: currents that a SONATA report recorded.

use std::collections::BTreeMap;
use std::path::Path;

use sonata::report::{ReportReader, report_populations};

use crate::failure::Failure;
use crate::plan::{CellSpec, Plan};
use crate::signals::{self, Points};

/// Tolerance (ms) with which libsonata compares the times of a report.
const TOLERANCE: f64 = 1e-6;

/// A report whose values are currents (nA).
pub struct Recording {
    /// By the index of the population in the plan.
    populations: BTreeMap<usize, Recorded>,
}

/// What is recorded of one population.
struct Recorded {
    reader: ReportReader,
    /// The first column of each cell, by node id.
    columns: BTreeMap<u64, u64>,
    /// Times (ms) of the rows that are played, from 0.
    times: Vec<f64>,
}

impl Recording {
    /// Opens a report for the first `duration` (ms) of it, or all of it if that is 0. Populations that the circuit
    /// does not have are passed over.
    ///
    /// # Errors
    ///
    /// A file that is not a report.
    pub fn open(path: &Path, duration: f64, plan: &Plan) -> Result<Self, Failure> {
        let mut populations = BTreeMap::new();
        for name in report_populations(path).map_err(Failure::bad_input)? {
            let Some((index, _)) = plan.population(&name) else {
                tracing::warn!(
                    "`{}` records population `{name}`, which the circuit does not have",
                    path.display()
                );
                continue;
            };
            let reader = ReportReader::open(path, &name).map_err(Failure::bad_input)?;
            populations.insert(index, Recorded::new(reader, duration));
        }
        Ok(Self { populations })
    }

    /// The current of a cell after `delay` (ms); `None` where the report does not have the cell.
    ///
    /// # Errors
    ///
    /// Values that cannot be read.
    pub fn signal(&self, spec: &CellSpec, delay: f64) -> Result<Option<Points>, Failure> {
        let Some(recorded) = self.populations.get(&spec.population) else { return Ok(None) };
        let Some(&column) = recorded.columns.get(&spec.node_id) else { return Ok(None) };
        if recorded.times.is_empty() {
            return Ok(None);
        }
        let rows = recorded.times.len() as u64;
        let values = recorded.reader.read_column(column, rows).map_err(Failure::bad_input)?;
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        Ok(Some(signals::recorded(delay, &recorded.times, &values)))
    }
}

impl Recorded {
    fn new(reader: ReportReader, duration: f64) -> Self {
        let layout = reader.layout();
        let mut columns = BTreeMap::new();
        for (&node_id, range) in layout.node_ids.iter().zip(layout.index_pointers.windows(2)) {
            if range[0] < range[1] {
                columns.entry(node_id).or_insert(range[0]);
            }
        }
        let times = row_times(layout.time, layout.rows, duration);
        Self { reader, columns, times }
    }
}

/// Times (ms) of rows up to `duration` (ms), counted from the first. As libsonata finds them: by adding up the interval
/// from the start.
fn row_times([start, end, interval]: [f64; 3], rows: u64, duration: f64) -> Vec<f64> {
    let stop = if duration > 0.0 { end.min(start + duration) } else { end };
    let mut times = Vec::new();
    let mut time = start;
    while (times.len() as u64) < rows && time < end - TOLERANCE && time <= stop + TOLERANCE {
        times.push(time - start);
        time += interval;
    }
    times
}

// Expected times in this test are those of neurodamus 4.2.9 with libsonata 0.2.2.
#[cfg(test)]
mod tests {
    use super::row_times;

    #[test]
    fn rows_are_those_that_libsonata_finds() {
        let time = [0.3, 3.4, 0.1];
        let all = row_times(time, 31, 0.0);
        assert_eq!(all.len(), 31);
        assert_eq!(
            [all[1], all[5], all[30]],
            [0.4 - 0.3, 0.7999999999999999 - 0.3, 3.3000000000000016 - 0.3]
        );
        let cut =
            [0.05, 0.25, 0.999998, 0.9999995, 1.0, 100.0].map(|duration| row_times(time, 31, duration).len());
        assert_eq!(cut, [1, 3, 10, 11, 11, 31]);
        assert_eq!(row_times(time, 7, 0.0).len(), 7, "no more than there are");
    }
}
