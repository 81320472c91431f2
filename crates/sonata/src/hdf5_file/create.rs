//! Creates HDF5 files: contiguous datasets, UTF-8 attributes, and every failure named after file and object.

use std::ops::Range;
use std::path::{Path, PathBuf};

use hdf5::H5Type;
use hdf5::dataset::{AllocTime, FillTime};
use hdf5::plist::file_access::FileCloseDegree;
use hdf5::types::VarLenUnicode;
use ndarray::ArrayView2;

use super::column::Column;
use super::error::{Hdf5Error, Place, Result, innermost, write_error};

/// Values by which a dataset that grows takes space in its file.
const GROWTH: usize = 4096;

/// A file being written.
///
/// Dropping it closes the file without telling of failures; [`NewFile::close`] tells.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    inner: hdf5::File,
}

/// A group being written.
#[derive(Debug, Clone)]
pub(crate) struct NewGroup {
    file: PathBuf,
    path: String,
    inner: hdf5::Group,
}

/// A dataset being written.
#[derive(Debug, Clone)]
pub(crate) struct NewDataset {
    at: Box<Place>,
    inner: hdf5::Dataset,
}

impl NewFile {
    /// Creates `path`, replacing what was there.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let inner = hdf5::File::with_options()
            // Closing the file closes what is left open in it, so that its failure is seen here
            .with_fapl(|access| access.fclose_degree(FileCloseDegree::Strong))
            .create(path)
            .map_err(|error| Hdf5Error::Open {
                file: path.to_path_buf(),
                reason: create_reason(path, &error),
                help: "check that the output directory exists, is writable, and that no other program has the file open"
                    .into(),
            })?;
        Ok(Self { path: path.to_path_buf(), inner })
    }

    /// Creates the group `name` under the root.
    pub(crate) fn group(&self, name: &str) -> Result<NewGroup> {
        let at = Place::new(&self.path, format!("/{name}"));
        let inner = self.inner.create_group(name).map_err(|e| write_error(at.clone(), &e))?;
        Ok(NewGroup { file: self.path.clone(), path: at.object, inner })
    }

    /// Hands everything written so far to the operating system.
    pub(crate) fn flush(&self) -> Result<()> {
        self.inner.flush().map_err(|e| write_error(Place::new(&self.path, "/"), &e))
    }

    /// Flushes and closes the file.
    pub(crate) fn close(self) -> Result<()> {
        self.flush()?;
        let Self { path, inner } = self;
        inner.close().map_err(|e| write_error(Place::new(&path, "/"), &e))
    }
}

fn create_reason(path: &Path, error: &hdf5::Error) -> String {
    if path.is_dir() {
        return "it is a directory".into();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            format!("the directory `{}` does not exist", parent.display())
        }
        _ => innermost(error),
    }
}

/// Refuses names that HDF5 would take for a path.
pub(crate) fn check_name(at: &Place, name: &str) -> Result<()> {
    if !name.is_empty() && name != "." && !name.contains(['/', '\0']) {
        return Ok(());
    }
    Err(Hdf5Error::Refused {
        at: Box::new(at.clone()),
        expected: "a name that is not empty and has no `/`".into(),
        found: format!("`{}`", name.escape_default()),
        help: "rename the population or attribute".into(),
    })
}

impl NewGroup {
    /// Where a child (or `""`, the group itself) is.
    pub(crate) fn at(&self, child: &str) -> Box<Place> {
        let object = if child.is_empty() { self.path.clone() } else { format!("{}/{child}", self.path) };
        Place::new(&self.file, object)
    }

    /// Creates a group in this one.
    pub(crate) fn group(&self, name: &str) -> Result<Self> {
        let at = self.at(name);
        check_name(&at, name)?;
        let inner = self.inner.create_group(name).map_err(|e| write_error(at.clone(), &e))?;
        Ok(Self { file: self.file.clone(), path: at.object, inner })
    }

    /// Writes a contiguous dataset of one dimension.
    pub(crate) fn column<T: H5Type>(&self, name: &str, values: &[T]) -> Result<NewDataset> {
        let at = self.at(name);
        check_name(&at, name)?;
        let inner = self
            .inner
            .new_dataset_builder()
            .no_chunk()
            .with_data(values)
            .create(name)
            .map_err(|e| write_error(at.clone(), &e))?;
        Ok(NewDataset { at, inner })
    }

    /// Writes a contiguous dataset of rows of two values.
    pub(crate) fn pairs(&self, name: &str, rows: &[[u64; 2]]) -> Result<NewDataset> {
        let at = self.at(name);
        let view = ArrayView2::from_shape((rows.len(), 2), rows.as_flattened())
            .map_err(|e| write_error(at.clone(), &hdf5::Error::from(e)))?;
        let inner = self
            .inner
            .new_dataset_builder()
            .no_chunk()
            .with_data(view)
            .create(name)
            .map_err(|e| write_error(at.clone(), &e))?;
        Ok(NewDataset { at, inner })
    }

    /// Creates a contiguous dataset of `rows` by `columns`, allocated at once and reading as zero until written.
    pub(crate) fn table<T: H5Type>(&self, name: &str, rows: u64, columns: u64) -> Result<NewDataset> {
        let at = self.at(name);
        let inner = self
            .inner
            .new_dataset::<T>()
            .no_chunk()
            // Later writes then change no metadata, so the file stays readable when the run is killed
            .alloc_time(Some(AllocTime::Early))
            .fill_time(FillTime::Never)
            .shape((rows as usize, columns as usize))
            .create(name)
            .map_err(|e| write_error(at.clone(), &e))?;
        Ok(NewDataset { at, inner })
    }

    /// Creates an empty dataset of one dimension that can [grow](NewDataset::append).
    pub(crate) fn growing_column<T: H5Type>(&self, name: &str) -> Result<NewDataset> {
        let at = self.at(name);
        let inner = self
            .inner
            .new_dataset::<T>()
            .chunk(GROWTH)
            .shape(0..)
            .create(name)
            .map_err(|e| write_error(at.clone(), &e))?;
        Ok(NewDataset { at, inner })
    }

    /// Writes variable-length UTF-8 strings.
    pub(crate) fn texts(&self, name: &str, values: &[String]) -> Result<NewDataset> {
        let texts = values
            .iter()
            .enumerate()
            .map(|(row, text)| utf8(&self.at(name), text, row))
            .collect::<Result<Vec<VarLenUnicode>>>()?;
        self.column(name, &texts)
    }

    /// Writes the attribute `name` of nodes or edges into this group (`0` or `dynamics_params`).
    pub(crate) fn attribute_column(&self, name: &str, column: &Column) -> Result<()> {
        match column {
            Column::Float32(v) => self.column(name, v)?,
            Column::Float64(v) => self.column(name, v)?,
            Column::Int32(v) => self.column(name, v)?,
            Column::Int64(v) => self.column(name, v)?,
            Column::UInt8(v) => self.column(name, v)?,
            Column::UInt32(v) | Column::Library { indices: v, .. } => self.column(name, v)?,
            Column::UInt64(v) => self.column(name, v)?,
            Column::Text(v) => self.texts(name, v)?,
        };
        Ok(())
    }

    /// Writes a scalar attribute of this group.
    pub(crate) fn scalar_attribute<T: H5Type>(&self, name: &str, value: &T) -> Result<()> {
        scalar_attribute(&self.inner, self.at(&format!("@{name}")), name, value)
    }
}

impl NewDataset {
    /// Writes a scalar UTF-8 attribute of this dataset.
    pub(crate) fn text_attribute(&self, name: &str, text: &str) -> Result<()> {
        let at = Place::new(&self.at.file, format!("{}@{name}", self.at.object));
        let text = utf8(&at, text, 0)?;
        scalar_attribute(&self.inner, at, name, &text)
    }

    /// Writes `values`, rows of those in `columns`, from row `first` on.
    pub(crate) fn write_block<T: H5Type>(&self, first: u64, columns: Range<u64>, values: &[T]) -> Result<()> {
        let columns = columns.start as usize..columns.end as usize;
        let rows = values.len().checked_div(columns.len()).unwrap_or(0);
        let view = ArrayView2::from_shape((rows, columns.len()), values)
            .map_err(|e| write_error(self.at.clone(), &hdf5::Error::from(e)))?;
        let first = first as usize;
        self.inner
            .write_slice(view, (first..first + rows, columns))
            .map_err(|e| write_error(self.at.clone(), &e))
    }

    /// Number of values of a dataset of one dimension.
    pub(crate) fn len(&self) -> usize {
        self.inner.size()
    }

    /// Adds values to the end of a dataset that can grow.
    pub(crate) fn append<T: H5Type>(&self, values: &[T]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let (start, end) = (self.len(), self.len() + values.len());
        self.inner
            .resize(end)
            .and_then(|()| self.inner.write_slice(values, start..end))
            .map_err(|e| write_error(self.at.clone(), &e))
    }

    /// All values of a dataset of one dimension.
    pub(crate) fn read<T: H5Type>(&self) -> Result<Vec<T>> {
        self.inner.read_raw().map_err(|e| write_error(self.at.clone(), &e))
    }

    /// Replaces all values of a dataset of one dimension.
    pub(crate) fn overwrite<T: H5Type>(&self, values: &[T]) -> Result<()> {
        self.inner.write_slice(values, 0..values.len()).map_err(|e| write_error(self.at.clone(), &e))
    }
}

fn scalar_attribute<T: H5Type>(
    location: &hdf5::Location,
    at: Box<Place>,
    name: &str,
    value: &T,
) -> Result<()> {
    location
        .new_attr::<T>()
        .create(name)
        .and_then(|attribute| attribute.write_scalar(value))
        .map_err(|e| write_error(at, &e))
}

fn utf8(at: &Place, text: &str, row: usize) -> Result<VarLenUnicode> {
    text.parse().map_err(|_| Hdf5Error::Refused {
        at: Box::new(at.clone()),
        expected: "text without zero bytes".into(),
        found: format!("`{}` in row {row}", text.escape_default()),
        help: "remove the zero byte".into(),
    })
}
