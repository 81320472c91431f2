//! The simulation configuration (`simulation_config.json`) as typed values.
//!
//! The grammar is that of the SONATA extension's simulation configuration as libsonata 0.2 reads it, with these decisions:
//!
//! * An unknown key is an error, where libsonata ignores it. Keys that start with `_`, `//` or `#` are comments. Keys that change
//!   nothing but are written by other programs are accepted with a warning: `mechanisms_dir` at the top, `run.tstart`,
//!   `run.run_mode`, `inputs.*.source` of replays, `inputs.pulse.amp_end`, `section_configure` of `ttx` modifications, `node_set`
//!   of `compartment_set` modifications. `version` means nothing and is accepted silently, as is
//!   `represents_physical_electrode: false` anywhere.
//! * `null` is an absent key. An empty array may stand for an empty object and the reverse.
//! * Numbers are refused where they would be truncated or wrapped; `tstop` may not be negative and `dt` must be positive.
//! * What neurodamus 4.2.9 accepts here and rejects before the run (a noise of variance zero, a pulse wider than its period, a
//!   report that ends before it starts) is refused here.
//! * Reports and inputs keep the order of the file.
//!
//! Nothing is looked up on disk: whether files, node sets and populations exist is for the application to check.

mod conditions;
mod inputs;
mod manifest;
mod modules;
mod overrides;
pub(crate) mod reader;
mod reports;
mod run;
mod simulation;

pub use conditions::{
    Conditions, MechanismGlobal, Modification, ModificationKind, ModificationType, SpikeLocation,
};
pub use inputs::{Input, InputType, Target};
pub use modules::{ElectricField, Module, ModuleName, NoiseMean, Sampling, ShotKinetics};
pub use overrides::ConnectionOverride;
pub use reports::{Compartments, Report, ReportPoints, ReportType, Scaling, Sections};
pub use run::{IntegrationMethod, Output, Run, SpikesSortOrder};
pub(crate) use simulation::read_source;
pub use simulation::{Document, Scalar, SimulationConfig, TargetSimulator};

pub(crate) use manifest::expand;
