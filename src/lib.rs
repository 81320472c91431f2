//! Simulates SONATA networks of morphologically detailed neurons.
//!
//! From a command line to outputs: [`command_line`] → [`input`] (configurations and [`mechanisms`]) → [`plan`] (which cells exist)
//! → [`build`] (cells with synapses, stimuli and probes) → `systems` (the simulation) → [`output`]. [`App`] holds
//! it together and takes [`Plugin`]s.

pub mod app;
pub mod balance;
pub mod build;
pub mod check;
pub mod command_line;
pub mod dry_run;
pub mod failure;
pub mod input;
pub mod interruption;
pub mod introspection;
pub mod machine;
pub mod mechanisms;
pub mod model;
pub mod node;
pub mod output;
pub mod plan;
pub mod plugin;
pub mod saved_model;
pub mod signals;
pub mod statistics;
pub mod terminal;

pub use plugin::{App, Plugin};
