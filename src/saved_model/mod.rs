//! Models that were built and saved, to be run later: what is known of every cell before stimuli and reports.
//!
//! | file | holds |
//! |---|---|
//! | `decision` | when a model is built, loaded and saved |
//! | `facts`, `stamps` | what a model follows from: keys of configs, mechanisms, files |
//! | `index` | the index of a saved model |
//! | `blocks` | files of blocks, compressed where it pays, each with its checksum |
//! | `cells`, `attached`, `calls` | what is in blocks |
//! | `columns` | numbers and texts as bytes |
//! | `frame`, `publish` | what indices start with; how files of all ranks come to light |
//! | `save`, `parts` | saving, by all ranks together |
//! | `load` | loading, by any number of ranks |
//! | `state` | the state at the end of a run, to go on from it |
//!
//! A saved model depends neither on ranks nor on groups: a block for each cell, and one for each model that cells share.
//! No code is in it: mechanisms are read from their files again, and kernels are made for the groups that a run has.

mod attached;
mod blocks;
mod calls;
mod cells;
mod columns;
mod decision;
mod facts;
mod frame;
mod index;
mod load;
mod parts;
mod problem;
mod publish;
mod save;
mod stamps;
mod state;

pub use decision::{Decision, Loading, folder, restored_folder};
pub use facts::{Building, Facts, differences, facts, facts_of_run, files};
pub use load::{Loaded, load};
pub use problem::{CannotSave, CannotUse, NoModel, Unusable};
pub use save::{INDEX, Saving};
pub use state::{Moment, SavedState, save_states};
