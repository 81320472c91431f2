//! Neuron morphologies: ASC, SWC and H5 files to sections of 3-D points.
//!
//! Two import rules decide which sections a file becomes, what they are called and in which order they are
//! made and connected, because a simulator that starts from other sections gives other numbers:
//!
//! * [`import3d_asc`] and [`import3d_swc`] follow NEURON's `Import3d_Neurolucida3`, `Import3d_SWC_read` and
//!   `Import3d_GUI.instantiate`, on which cell templates rely;
//! * [`morphio_h5`] follows the rule for H5 files (MorphIO with `nrn_order`).
//!
//! The result, [`Imported`], is plain data: points as a section stores them, connections in the order in
//! which they are to be made. There is no geometry here (lengths, areas, segments), and nothing is printed:
//! what NEURON writes to the terminal comes back as [`Warning`]s.

mod asc;
mod contour;
mod eigen;
mod error;
mod h5;
mod imported;
mod instantiate;
mod morphio;
mod number;
mod raw;
mod swc;

pub use asc::{import3d_asc, import3d_asc_bytes};
pub use error::{Hdf5Error, MorphologyError, ShapeError, SyntaxError};
pub use imported::{Connection, Imported, ImportedSection, Warning, list_name, type_name};
pub use morphio::{morphio_h5, split_container_path};
pub use swc::{import3d_swc, import3d_swc_bytes};
