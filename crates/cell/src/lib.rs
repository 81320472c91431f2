//! A cell under construction: sections, geometry, inserted mechanisms; and the finished cell model.

pub mod model;

pub use model::CellModel;
