//! A cell under construction: sections, geometry, inserted mechanisms; and the finished cell model.
//!
//! [`Cell`] is an arena of sections that are created, connected, shaped and filled as in NEURON, step by
//! step and with the same numbers; it exists while a cell is built. [`Cell::to_model`] flattens it to a
//! [`CellModel`]: plain arrays that know nothing of the arena and can be instantiated any number of times.
//! Which mechanisms exist is said by a [`Catalogue`].
//!
//! Nothing here reads files, interprets HOC or advances time.

mod catalogue;
mod cell;
mod distance;
mod error;
mod flatten;
mod geometry;
mod import;
mod insertion;
pub mod model;
mod nseg;
mod point_process;
mod points;
mod range;
mod section;
mod shape;
mod topology;

pub use catalogue::{Catalogue, GlobalVariable, Ion, IonIndex, MechanismIndex, RangeVariable};
pub use cell::Cell;
pub use error::Error;
pub use flatten::{ModelPlaces, Selection};
pub use import::Instantiated;
pub use insertion::{IonStyle, style_with};
pub use model::CellModel;
pub use point_process::{Location, PointProcessId};
pub use section::{MAX_SEGMENTS, Owner, SectionId};
