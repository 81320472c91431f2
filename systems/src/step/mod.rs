//! The systems of a time step of one cell group, in NEURON's fixed-step order.
//!
//! 1. [`detect`]: spike thresholds and WATCH conditions at t.
//! 2. [`deliver`]: events due by t + dt/2.
//! 3. [`play`]: t advances by dt/2, waveforms set their variables.
//! 4. [`currents`], [`capacitance`], [`axial`]: the tree matrix.
//! 5. [`hines`]: its solution.
//! 6. [`update`]: the new voltage (and membrane current), t advances by dt/2.
//! 7. [`states`]: one system per mechanism with states.
//! 8. [`sample`]: probes that are due; [`record`]: recorded variables.
//! 9. [`deliver`]: events due by the new t.
//!
//! Source: Hines and Carnevale, The NEURON simulation environment, Neural Computation 9 (1997).

pub mod axial;
pub mod capacitance;
pub mod currents;
pub mod deliver;
pub mod detect;
pub mod hines;
pub mod initialize;
pub mod ions;
pub mod play;
pub mod record;
pub mod sample;
pub mod states;
pub mod update;

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;

use crate::mechanism::Kernels;

/// The mechanisms of a group: events find their targets here.
#[derive(Resource, Clone, Default)]
pub struct MechanismTable {
    /// Entity of each mechanism.
    pub entities: Vec<Entity>,
    /// Kernels of each mechanism.
    pub kernels: Vec<Arc<dyn Kernels>>,
    /// Name of each mechanism.
    pub names: Vec<String>,
}

/// Entities that hold what a group has only once.
#[derive(Resource, Clone, Copy, Debug)]
pub struct GroupEntities {
    /// The compartment columns.
    pub compartments: Entity,
    /// Connections, event queue, outgoing spikes and spike sources.
    pub network: Entity,
}
