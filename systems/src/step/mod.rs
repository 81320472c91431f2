//! The systems of a time step of one cell group, in NEURON's fixed-step order.
//!
//! 1. [`detect`]: spike thresholds and WATCH conditions at t.
//! 2. [`deliver`]: events due by t + dt/2.
//! 3. [`play`]: t advances by dt/2, waveforms set their variables.
//! 4. [`currents`], [`capacitance`], [`axial`]: the tree matrix.
//! 5. [`hines`]: its solution.
//! 6. [`update`]: the new voltage (and membrane current), t advances by dt/2.
//! 7. [`transfer`]: voltages across gap junctions.
//! 8. [`states`]: one system per mechanism with states.
//! 9. [`record`]: recorded variables.
//! 10. [`deliver`]: events due by the new t.
//! 11. [`sample`]: probes that are due.
//!
//! Source: Hines and Carnevale, The NEURON simulation environment, Neural Computation 9 (1997).

pub mod axial;
pub mod blocks;
pub mod capacitance;
pub mod currents;
pub mod deliver;
pub mod detect;
mod gather;
pub mod hines;
pub mod initialize;
pub mod ions;
pub mod play;
pub mod pointers;
pub mod record;
pub mod sample;
pub mod states;
pub mod transfer;
pub mod update;

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;

use nmodl::execute::Failure;

use crate::mechanism::{Kernels, Outbox};

/// The mechanisms of a group: events find their targets here.
#[derive(Resource, Clone, Default)]
pub struct MechanismTable {
    /// Entity of each mechanism.
    pub entities: Vec<Entity>,
    /// Kernels of each mechanism.
    pub kernels: Vec<Arc<dyn Kernels>>,
    /// Name of each mechanism.
    pub names: Vec<String>,
    /// The connections that end at the instances of each mechanism, for those whose events see them.
    pub incoming: Vec<Option<Incoming>>,
    /// For the mechanisms that take several events at once, how many weights of each they use.
    pub together: Vec<Option<usize>>,
}

/// The connections that end at each instance of a mechanism, in the order of their creation (compressed rows).
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// Row `k` holds the connections of instance `k`: `starts[k]..starts[k + 1]`.
    pub starts: Vec<u32>,
    /// Their numbers in [`components::Connections`].
    pub connections: Vec<u32>,
}

impl Incoming {
    /// The connections that end at an instance.
    pub fn of(&self, instance: usize) -> &[u32] {
        &self.connections[self.starts[instance] as usize..self.starts[instance + 1] as usize]
    }
}

/// What kernels of the group cannot do, and what they have to tell; [`crate::group::Group`] hands it on.
#[derive(Resource, Clone, Debug, Default)]
pub struct Complaints {
    /// The first failure: when (ms), the mechanism, and what is wrong.
    pub failure: Option<(f64, Entity, Failure)>,
    /// Messages for the user, by mechanism and instance.
    pub messages: Vec<(Entity, u32, String)>,
}

impl Complaints {
    /// Takes failures and messages out of the outbox of a mechanism at `t` (ms).
    pub fn collect(&mut self, mechanism: Entity, t: f64, outbox: &mut Outbox) {
        if let Some(failure) = outbox.take_failure() {
            self.failure.get_or_insert((t, mechanism, failure));
        }
        let messages = outbox.take_messages().into_iter();
        self.messages.extend(messages.map(|(instance, message)| (mechanism, instance, message)));
    }
}

/// Entities that hold what a group has only once.
#[derive(Resource, Clone, Copy, Debug)]
pub struct GroupEntities {
    /// The compartment columns.
    pub compartments: Entity,
    /// Connections, event queue, outgoing spikes and spike sources.
    pub network: Entity,
}
