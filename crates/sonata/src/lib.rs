//! SONATA configurations, node sets, nodes, edges, spikes and reports.

pub mod circuit;
pub mod compartment_sets;
pub mod config;
pub mod diagnostics;
pub mod global_ids;
pub mod json;
pub mod node_sets;

mod hdf5_file;

pub mod corrections;
pub mod edges;
pub mod nodes;
pub mod offsets;
pub mod report;
pub mod spikes;

pub use hdf5_file::{Column, ElementType, Hdf5Error, Place};
