//! A report that all MPI ranks write at once, each some of its columns.

use std::mem::ManuallyDrop;
use std::ops::Range;
use std::path::Path;

use hdf5_sys::h5d::H5Dwrite;
use hdf5_sys::h5p::{H5FD_mpio_xfer_t, H5P_CLS_DATASET_XFER, H5Pclose, H5Pcreate, H5Pset_dxpl_mpio};
use hdf5_sys::h5s::{H5S_seloper_t, H5Sclose, H5Screate_simple, H5Sselect_hyperslab, H5Sselect_none};
use hdf5_sys::h5t::H5T_NATIVE_FLOAT;
use mpi::raw::AsRaw;
use mpi::topology::SimpleCommunicator;

use crate::hdf5_file::write_error;
use crate::hdf5_file::{Hdf5Error, Place, Result};

/// A report that [`ReportWriter`](super::ReportWriter) has created and closed, opened by all ranks of the MPI world.
/// Every method is to be called by all of them, in the same order; dropping it does nothing.
#[derive(Debug)]
pub struct SharedReport {
    // Closing waits for all ranks, and a rank that fails drops the report alone: the others would never come
    data: ManuallyDrop<Vec<(hdf5::Dataset, Box<Place>)>>,
    at: Box<Place>,
    file: ManuallyDrop<hdf5::File>,
}

impl SharedReport {
    /// Opens the file.
    ///
    /// # Errors
    /// When it, or one of its populations, cannot be opened.
    pub fn open<'a>(path: &Path, populations: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let at = Place::new(path, "/");
        let world = SimpleCommunicator::world();
        let file = hdf5::File::with_options()
            .with_fapl(|access| access.mpio(world.as_raw(), None))
            .open_rw(path)
            .map_err(|e| write_error(at.clone(), &e))?;
        let file = ManuallyDrop::new(file);
        let open = |name: &str| -> Result<_> {
            let object = format!("/report/{name}/data");
            let at = Place::new(path, &*object);
            Ok((file.dataset(&object).map_err(|e| write_error(at.clone(), &e))?, at))
        };
        let data = populations.into_iter().map(open).collect::<Result<_>>()?;
        Ok(Self { data: ManuallyDrop::new(data), at, file })
    }

    /// Writes this rank's columns of some rows of the population at `population`, from row `first_row` on: `values` are
    /// rows of those in `columns`, which may be none. The ranks' columns do not overlap.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_block(
        &self,
        population: usize,
        first_row: u64,
        columns: Range<u64>,
        values: &[f32],
    ) -> Result<()> {
        let Some((data, at)) = self.data.get(population) else { return Ok(()) };
        let width = columns.end.saturating_sub(columns.start);
        let rows = (values.len() as u64).checked_div(width).unwrap_or(0);
        let shape = data.shape();
        let fits = shape.len() == 2 && first_row + rows <= shape[0] as u64 && columns.end <= shape[1] as u64;
        if !fits || rows * width != values.len() as u64 {
            return Err(Hdf5Error::Refused {
                at: at.clone(),
                expected: format!("rows and columns within {shape:?}"),
                found: format!("{} values in columns {columns:?} from row {first_row} on", values.len()),
                help: "this is a defect of the program: please report it".into(),
            });
        }
        let written = hdf5::sync::sync(|| write(data, [first_row, columns.start], [rows, width], values));
        written.map_err(|what| write_error(at.clone(), &hdf5::Error::Internal(what.into())))
    }

    /// Hands all rows written so far to the operating system.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn flush(&self) -> Result<()> {
        self.file.flush().map_err(|e| write_error(self.at.clone(), &e))
    }

    /// Flushes and closes the file.
    ///
    /// # Errors
    /// When the last rows cannot be written.
    pub fn close(self) -> Result<()> {
        self.flush()?;
        let Self { data, at, file } = self;
        drop(ManuallyDrop::into_inner(data));
        ManuallyDrop::into_inner(file).close().map_err(|e| write_error(at, &e))
    }
}

/// Writes a block of a dataset of two dimensions, with all ranks.
fn write(
    data: &hdf5::Dataset,
    start: [u64; 2],
    count: [u64; 2],
    values: &[f32],
) -> std::result::Result<(), &'static str> {
    let space = data.space().map_err(|_| "the space of the dataset cannot be read")?;
    // SAFETY: the identifiers are valid: `data` and `space` live until the end, the others are checked and closed here;
    // arrays have the two dimensions of the dataset, as the caller has checked; `values` has as many elements as the
    // selection, which lies within the dataset.
    unsafe {
        let transfer = H5Pcreate(*H5P_CLS_DATASET_XFER);
        let memory = H5Screate_simple(2, count.as_ptr().cast(), std::ptr::null());
        let selected = if values.is_empty() {
            H5Sselect_none(space.id()).min(H5Sselect_none(memory))
        } else {
            H5Sselect_hyperslab(
                space.id(),
                H5S_seloper_t::H5S_SELECT_SET,
                start.as_ptr().cast(),
                std::ptr::null(),
                count.as_ptr().cast(),
                std::ptr::null(),
            )
        };
        let is_collective = H5Pset_dxpl_mpio(transfer, H5FD_mpio_xfer_t::H5FD_MPIO_COLLECTIVE);
        let written = if memory >= 0 && selected >= 0 && is_collective >= 0 {
            H5Dwrite(data.id(), *H5T_NATIVE_FLOAT, memory, space.id(), transfer, values.as_ptr().cast())
        } else {
            -1
        };
        H5Sclose(memory);
        H5Pclose(transfer);
        if written < 0 { Err("a collective write failed") } else { Ok(()) }
    }
}
