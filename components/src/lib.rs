//! The ECS components of a simulation: data only.
//!
//! A *cell group* is a `bevy_ecs` world of its own that holds a few cells. Hot numeric state is kept in
//! 64-byte-aligned [`Column`]s inside components, one entity per kind of thing:
//!
//! | entity | components |
//! |---|---|
//! | a cell | [`Gid`], [`Population`], [`NodeId`], [`CompartmentRange`], [`SectionTable`] |
//! | the group's compartments | [`Voltage`], [`RightHandSide`], [`Diagonal`], [`ToParent`], [`FromParent`], [`Capacitance`], [`Area`], [`Parent`], [`Trees`] |
//! | a mechanism | [`MechanismName`], [`Instances`] |
//! | an ion | [`IonName`], [`IonColumns`] |
//! | incoming connections | [`Connections`], [`EventQueue`], [`OutgoingSpikes`], [`SpikeSources`] |
//! | a played waveform | [`Waveform`] |
//! | a probe of a report | [`Probe`], [`Sums`], [`SampleBuffer`] |
//! | a recorded variable | [`Recording`] |
//! | a variable that follows voltages across gap junctions | [`ReceivedVoltages`] |
//! | voltages from other groups | [`ArrivedVoltages`] |
//!
//! What works on them is in the `systems` crate; this one holds no numerics and no input or output.

mod cell;
mod clock;
mod compartments;
mod connections;
mod events;
mod mechanisms;
mod record;
mod report;
mod transfer;
mod waveform;

pub use cell::{CompartmentRange, Gid, NodeId, Population, SectionTable};
pub use clock::Clock;
pub use compartments::{
    Area, Capacitance, Diagonal, Diameter, FromParent, MembraneCurrent, NodeRange, Parent, RightHandSide,
    SavedDiagonal, SavedRightHandSide, ToParent, Trees, Voltage,
};
pub use connections::{Connections, NO_CONNECTIONS, SpikeSources};
pub use events::{Event, EventQueue, OutgoingSpikes, Payload, SourceId, Spike, Target};
pub use mechanisms::{
    DistinctNodes, InstanceSource, Instances, IonBinding, IonColumns, IonName, MechanismName, NodeRun,
    PointerBinding, PointerTarget, Watch,
};
pub use nmodl::Column;
pub use record::{IonQuantity, RecordedValue, Recording};
pub use report::{Probe, ProbePart, ProbeSource, SampleBuffer, SampleTimes, Sums};
pub use transfer::{ArrivedVoltages, ReceivedVoltages, VoltageSource};
pub use waveform::{Playback, Waveform};
