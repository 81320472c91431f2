//! Reads reports, for tests, comparisons and analysis.

use std::ops::Range;
use std::path::Path;

use super::{ReportLayout, disorder};
use crate::hdf5_file::dataset::Dataset;
use crate::hdf5_file::{Group, Result, has_attribute, open, text_attribute};

const REPORT_REMEDY: &str = "a report has a group `/report` with one group per population";
const POPULATION_REMEDY: &str = "generate the report again";

/// One population of a report, open for reading.
#[derive(Debug)]
pub struct ReportReader {
    layout: ReportLayout,
    data: Dataset,
}

/// The names of the populations in a report, in alphabetical order.
///
/// # Errors
/// When the file cannot be read or has no group `/report`.
pub fn report_populations(path: &Path) -> Result<Vec<String>> {
    open(path)?.group("report", REPORT_REMEDY)?.children(true)
}

impl ReportReader {
    /// Opens the population `name` of the report `path`.
    ///
    /// # Errors
    /// When the file cannot be read, or its mapping does not fit its data.
    pub fn open(path: &Path, name: &str) -> Result<Self> {
        let report = open(path)?.group("report", REPORT_REMEDY)?;
        let group = report.group(name, "check the population's name")?;
        let data = group.dataset("data", POPULATION_REMEDY)?;
        let &[rows, elements] = &data.shape[..] else {
            return Err(data.wrong_shape("[rows, elements]".into(), POPULATION_REMEDY));
        };
        let units = match has_attribute(data.location(), "units") {
            true => text_attribute(data.location(), &data.at, "units")?,
            false => String::new(),
        };
        let mapping = group.group("mapping", POPULATION_REMEDY)?;
        let column = |name: &str, rows: Option<u64>| -> Result<Dataset> {
            let dataset = mapping.dataset(name, POPULATION_REMEDY)?;
            dataset.expect_column(rows, POPULATION_REMEDY)?;
            Ok(dataset)
        };
        let nodes = column("node_ids", None)?;
        let pointers = column("index_pointers", Some(nodes.len().saturating_add(1)))?;
        let index_pointers = pointers.unsigned(&pointers.all())?;
        if !index_pointers.is_sorted() || index_pointers.last() != Some(&elements) {
            return Err(pointers.inconsistent(
                format!("ascending values up to {elements}, the number of elements"),
                disorder(&index_pointers),
                POPULATION_REMEDY,
            ));
        }
        let layout = ReportLayout {
            name: name.to_owned(),
            units,
            node_ids: nodes.unsigned(&nodes.all())?,
            index_pointers,
            element_ids: element_ids(&column("element_ids", Some(elements))?)?,
            rows,
            time: time(&mapping)?,
        };
        Ok(Self { layout, data })
    }

    /// The cells, elements and times of the report.
    pub fn layout(&self) -> &ReportLayout {
        &self.layout
    }

    /// The values of `rows`, row by row.
    ///
    /// # Errors
    /// When the report has no such rows or they cannot be read.
    pub fn read_rows(&self, rows: Range<u64>) -> Result<Vec<f32>> {
        self.data.read_block(rows)
    }

    /// The first `rows` values of one column.
    ///
    /// # Errors
    /// When the report has no such rows or column, or they cannot be read.
    pub fn read_column(&self, column: u64, rows: u64) -> Result<Vec<f32>> {
        self.data.read_column(column, rows)
    }

    /// All values, row by row.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read_all(&self) -> Result<Vec<f32>> {
        self.read_rows(0..self.layout.rows)
    }
}

fn element_ids(dataset: &Dataset) -> Result<Vec<u32>> {
    let values = dataset.unsigned(&dataset.all())?;
    let too_large =
        |id: u64| dataset.inconsistent("element ids of 32 bits", id.to_string(), POPULATION_REMEDY);
    values.into_iter().map(|id| u32::try_from(id).map_err(|_| too_large(id))).collect()
}

fn time(mapping: &Group) -> Result<[f64; 3]> {
    let dataset = mapping.dataset("time", POPULATION_REMEDY)?;
    dataset.expect_column(Some(3), "the time is start, end and interval")?;
    let values = dataset.floats(&dataset.all())?;
    match values[..] {
        [start, end, interval] => Ok([start, end, interval]),
        _ => Err(dataset.wrong_shape("[3]".into(), POPULATION_REMEDY)),
    }
}
