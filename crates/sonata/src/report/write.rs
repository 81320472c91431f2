//! Writes a report block by block, so that memory stays bounded and a killed run leaves what was flushed.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{ReportLayout, disorder};
use crate::hdf5_file::create::{NewDataset, NewFile, NewGroup};
use crate::hdf5_file::{Hdf5Error, Place, Result};

/// A report being written. Rows that are never written read as 0.
#[derive(Debug)]
pub struct ReportWriter {
    path: PathBuf,
    // Before the file, so that they are dropped first
    populations: Vec<Population>,
    file: NewFile,
}

#[derive(Debug)]
struct Population {
    name: String,
    rows: u64,
    elements: u64,
    data: NewDataset,
}

impl ReportWriter {
    /// Creates the report `path` with all of its groups, replacing what was there.
    ///
    /// # Errors
    /// When a layout contradicts itself or the file cannot be written.
    pub fn create(path: &Path, layouts: &[ReportLayout]) -> Result<Self> {
        let file = NewFile::create(path)?;
        let report = file.group("report")?;
        let populations =
            layouts.iter().map(|layout| create_population(&report, layout)).collect::<Result<_>>()?;
        // From here on the file is complete but for the values
        file.flush()?;
        Ok(Self { path: path.to_path_buf(), populations, file })
    }

    /// Writes `values` of the population at `population` in the order of creation: rows of those in `columns`, from row
    /// `first_row` on.
    ///
    /// # Errors
    /// When the rows or columns are not those of the layout or cannot be written.
    pub fn write_block(
        &mut self,
        population: usize,
        first_row: u64,
        columns: Range<u64>,
        values: &[f32],
    ) -> Result<()> {
        let refused = |at: String, expected: String, found: String| Hdf5Error::Refused {
            at: Place::new(&self.path, at),
            expected,
            found,
            help: "this is a defect of the program: please report it".into(),
        };
        let Some(Population { name, rows, elements, data }) = self.populations.get(population) else {
            let count = self.populations.len();
            return Err(refused(
                "/report".into(),
                format!("one of {count} populations"),
                population.to_string(),
            ));
        };
        let object = format!("/report/{name}/data");
        if columns.start > columns.end || columns.end > *elements {
            let found = format!("columns {}..{}", columns.start, columns.end);
            return Err(refused(object, format!("columns below {elements}"), found));
        }
        let width = columns.end - columns.start;
        let given = (values.len() as u64).checked_div(width).unwrap_or(0);
        if given * width != values.len() as u64 {
            return Err(refused(
                object,
                format!("rows of {width} values"),
                format!("{} values", values.len()),
            ));
        }
        if first_row.saturating_add(given) > *rows {
            let found = format!("rows {first_row}..{}", first_row.saturating_add(given));
            return Err(refused(object, format!("rows below {rows}"), found));
        }
        if given == 0 {
            return Ok(());
        }
        data.write_block(first_row, columns, values)
    }

    /// Writes `values` (whole rows, one after the other), as [`Self::write_block`] does with some columns.
    ///
    /// # Errors
    /// As for [`Self::write_block`].
    pub fn write_rows(&mut self, population: usize, first_row: u64, values: &[f32]) -> Result<()> {
        let elements = self.populations.get(population).map_or(0, |population| population.elements);
        self.write_block(population, first_row, 0..elements, values)
    }

    /// Hands all rows written so far to the operating system: a run killed later leaves them readable.
    ///
    /// # Errors
    /// When they cannot be written, as on a full disk.
    pub fn flush(&self) -> Result<()> {
        self.file.flush()
    }

    /// Flushes and closes the file. A writer that is dropped without this tells of no failure.
    ///
    /// # Errors
    /// When the last rows cannot be written.
    pub fn close(self) -> Result<()> {
        let Self { populations, file, .. } = self;
        file.flush()?;
        drop(populations);
        file.close()
    }
}

fn create_population(report: &NewGroup, layout: &ReportLayout) -> Result<Population> {
    let group = report.group(&layout.name)?;
    let pointers = &layout.index_pointers;
    let refused = |expected: String, found: String| Hdf5Error::Refused {
        at: group.at("mapping/index_pointers"),
        expected,
        found,
        help: "this is a defect of the program: please report it".into(),
    };
    if pointers.len() != layout.node_ids.len() + 1 {
        return Err(refused(format!("{} values", layout.node_ids.len() + 1), pointers.len().to_string()));
    }
    if pointers.first() != Some(&0) || !pointers.is_sorted() || pointers.last() != Some(&layout.elements()) {
        let expected = format!("ascending values from 0 to {}, the number of elements", layout.elements());
        return Err(refused(expected, disorder(pointers)));
    }
    let mapping = group.group("mapping")?;
    mapping.column("node_ids", &layout.node_ids)?;
    mapping.column("index_pointers", pointers)?;
    mapping.column("element_ids", &layout.element_ids)?;
    mapping.column("time", &layout.time)?.text_attribute("units", "ms")?;
    let data = group.table::<f32>("data", layout.rows, layout.elements())?;
    data.text_attribute("units", &layout.units)?;
    Ok(Population { name: layout.name.clone(), rows: layout.rows, elements: layout.elements(), data })
}
