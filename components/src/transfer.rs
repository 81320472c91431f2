//! Voltages that cross gap junctions.

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;

use crate::Column;

/// A variable of a mechanism that in some instances follows the voltage of another place, as `vgap` of a gap junction
/// follows the voltage on the other side.
#[derive(Component, Clone, Debug)]
pub struct ReceivedVoltages {
    /// The mechanism.
    pub mechanism: Entity,
    /// Column of the variable.
    pub column: usize,
    /// The instances.
    pub instances: Vec<u32>,
    /// The voltage that each of them follows.
    pub sources: Vec<VoltageSource>,
}

/// Where a voltage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoltageSource {
    /// A node of the group.
    Node(u32),
    /// A node of another group: its place in [`ArrivedVoltages`].
    Elsewhere(u32),
}

/// Voltages (mV) of nodes of other groups, as they were at the last exchange.
#[derive(Component, Clone, Debug, Default)]
pub struct ArrivedVoltages(pub Column);
