//! The systems that advance a simulation, and the two schedules they are ordered into.
//!
//! * [`schedule`]: the sets of the `Step` and `Epoch` schedules, their assembly and introspection.
//! * [`step`]: one file per system of a time step, in NEURON's fixed-step order.
//! * [`group`]: cells to a cell group: a world of columns and its own `Step` schedule.
//! * [`partition`]: which cells form a group.
//! * [`epoch`]: what a rank does between spike exchanges.
//! * [`communicator`]: the one place through which ranks talk.
//! * [`mechanism`]: what a mechanism must bring; [`mechanisms`]: those built in; [`ProgramMechanism`]: those that are
//!   programs of NMODL.
//! * [`simulation`]: a rank's whole simulation.
//!
//! Nothing here reads or writes files.

pub mod communicator;
pub mod epoch;
mod error;
pub mod group;
pub mod mechanism;
pub mod mechanisms;
pub mod partition;
mod program;
pub mod registry;
pub mod schedule;
pub mod simulation;
pub mod step;

pub use error::Error;
pub use program::ProgramMechanism;
pub use registry::Registry;
pub use simulation::{Construction, Simulation, SimulationOptions};
