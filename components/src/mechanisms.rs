//! Instances of mechanisms and ions, as columns.

use std::ops::Range;

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use nmodl::execute::Holdings;

use crate::{Column, Event, IonQuantity, SourceId};

/// Name of a mechanism, such as `hh`.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct MechanismName(pub String);

/// Name of an ion, such as `na`.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct IonName(pub String);

/// All instances of one mechanism in a group, ordered by node.
#[derive(Component, Clone, Debug, Default)]
pub struct Instances {
    /// Node of each instance; empty for artificial cells.
    pub nodes: Vec<u32>,
    /// The same nodes in runs: `NodeRun::of(&nodes)`.
    pub runs: Vec<NodeRun>,
    /// The same nodes, each once, if kernels compute what the instances of a node share.
    pub distinct: Option<DistinctNodes>,
    /// Number of instances.
    pub count: usize,
    /// One column per variable of the mechanism's description: a number for each instance, or a single one if
    /// all have the same, or none if nobody needs it. [`Instances::value`] reads any of them.
    pub columns: Vec<Column>,
    /// Voltage (mV) of each instance's node, refreshed before every kernel that reads it.
    pub voltage: Column,
    /// Current of each instance as its kernel gave it (mA/cm2, point processes nA).
    pub current: Column,
    /// Area (um2) of each instance's node; empty for density mechanisms that do not read it.
    pub area: Column,
    /// Diameter (um) at each instance's node; empty for mechanisms that do not read it.
    pub diameter: Column,
    /// `100 / area` of each point process, which turns its current into a density; else empty.
    pub per_area: Column,
    /// Conductance of each instance as its kernel gave it (S/cm2, point processes uS).
    pub conductance: Column,
    /// The ions it uses, in the order of the description.
    pub ions: Vec<IonBinding>,
    /// For each of these ions, the derivative with respect to voltage of the current that is written to it, as the
    /// kernel gave it.
    pub ion_derivatives: Vec<Column>,
    /// What instances hold beside columns: random streams and vectors, by the names that the mechanism gives; and
    /// what they share.
    pub own: Holdings,
    /// Columns that stand for variables elsewhere.
    pub pointers: Vec<PointerBinding>,
    /// What each instance sends spikes as; empty for density mechanisms.
    pub sources: Vec<InstanceSource>,
    /// Active WATCH conditions.
    pub watches: Vec<Watch>,
}

impl Instances {
    /// A variable of an instance, however its column is kept; 0 for one that is not kept.
    pub fn value(&self, column: usize, instance: usize) -> f64 {
        match &*self.columns[column] {
            [uniform] => *uniform,
            values => values.get(instance).copied().unwrap_or(0.0),
        }
    }
}

/// Nodes with instances, each once.
#[derive(Clone, Debug, Default)]
pub struct DistinctNodes {
    /// The nodes, ascending.
    pub nodes: Vec<u32>,
    /// Voltage (mV) of each, refreshed before every kernel that reads it.
    pub voltage: Column,
    /// The first instance on each; one more entry marks the end.
    pub starts: Vec<u32>,
}

impl DistinctNodes {
    /// The nodes of instances on ascending `nodes`.
    pub fn of(nodes: &[u32]) -> Self {
        let mut distinct = Self::default();
        for (instance, &node) in nodes.iter().enumerate() {
            if distinct.nodes.last() != Some(&node) {
                distinct.nodes.push(node);
                distinct.starts.push(instance as u32);
            }
        }
        distinct.starts.push(nodes.len() as u32);
        distinct.voltage = Column::filled(distinct.nodes.len(), 0.0);
        distinct
    }
}

/// Instances one after the other that are on consecutive nodes, or all on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRun {
    /// The first instance.
    pub start: u32,
    /// The node of the first.
    pub node: u32,
    /// How many there are.
    pub count: u32,
    /// Whether all are on that node.
    pub is_one_node: bool,
}

impl NodeRun {
    /// The runs that ascending `nodes` make. Among near ones those of the same length come together: a loop that is
    /// repeated as often as the one before costs a CPU less.
    pub fn of(nodes: &[u32]) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for (instance, &node) in nodes.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if node == run.node && (run.is_one_node || run.count == 1) => {
                    (run.count, run.is_one_node) = (run.count + 1, true);
                }
                Some(run) if node == run.node + run.count && !run.is_one_node => run.count += 1,
                _ => runs.push(Self { start: instance as u32, node, count: 1, is_one_node: false }),
            }
        }
        for near in runs.chunks_mut(NEAR) {
            near.sort_by_key(|run| (run.is_one_node, run.count));
        }
        runs
    }
}

/// Runs whose instances are close enough to stay in the first-level cache.
const NEAR: usize = 64;

/// A column that stands for a variable elsewhere (`POINTER`).
#[derive(Clone, Debug)]
pub struct PointerBinding {
    /// The column.
    pub column: usize,
    /// Whether kernels write it.
    pub written: bool,
    /// What it stands for in each instance.
    pub targets: Vec<PointerTarget>,
}

/// What a pointer stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PointerTarget {
    /// Nothing: it was never set, and its column stays 0.
    Nothing,
    /// The voltage of a node (mV).
    Voltage(u32),
    /// A variable of an instance.
    Variable {
        /// The mechanism.
        mechanism: Entity,
        /// Column of the variable.
        column: usize,
        /// The instance.
        instance: u32,
    },
    /// A quantity of an ion.
    Ion {
        /// The ion.
        ion: Entity,
        /// Which of its quantities.
        quantity: IonQuantity,
        /// Its instance.
        instance: u32,
    },
}

/// What an instance is as a source of spikes.
#[derive(Clone, Debug)]
pub struct InstanceSource {
    /// Its identity.
    pub source: SourceId,
    /// Whether its spikes are a cell's spikes: recorded, and sent to other groups.
    pub is_cell: bool,
    /// Row of its connections in the group, or [`crate::NO_CONNECTIONS`].
    pub row: u32,
    /// The pending self event that `net_move` moves.
    pub movable: Option<Box<Event>>,
}

/// One active WATCH condition of an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// The instance.
    pub instance: u32,
    /// Number of the condition in the mechanism.
    pub condition: u32,
    /// Flag of the event when it comes true.
    pub flag: f64,
    /// Whether it was true at the last look.
    pub was_true: bool,
}

/// How the instances of a mechanism reach the columns of an ion.
#[derive(Clone, Debug)]
pub struct IonBinding {
    /// The ion's entity.
    pub ion: Entity,
    /// For each instance, its place in the ion's columns, ascending.
    pub index: Vec<u32>,
    /// The same places in runs: `NodeRun::of(&index)`.
    pub runs: Vec<NodeRun>,
    /// Mechanism column of the reversal potential, if it reads or writes it.
    pub reversal: Option<usize>,
    /// Whether it receives the reversal potential before each kernel.
    pub reads_reversal: bool,
    /// Whether some mechanism of the group writes the reversal potential, so that any kernel may find a new one.
    pub reversal_changes: bool,
    /// Mechanism column that receives the concentration inside, if it reads or writes it.
    pub inside: Option<usize>,
    /// Mechanism column that receives the concentration outside, if it reads or writes it.
    pub outside: Option<usize>,
    /// Mechanism column that receives the ion's current before the kernel, if it reads it.
    pub current_read: Option<usize>,
    /// Mechanism column with the current that it adds to the ion's, if it writes one.
    pub current_written: Option<usize>,
    /// Whether the concentration inside is written back after each kernel.
    pub writes_inside: bool,
    /// Whether the concentration outside is written back after each kernel.
    pub writes_outside: bool,
    /// Whether the reversal potential is written back after each kernel.
    pub writes_reversal: bool,
}

/// One ion in a group: its quantities at every node that has it.
#[derive(Component, Clone, Debug, Default)]
pub struct IonColumns {
    /// Node of each instance, ascending.
    pub nodes: Vec<u32>,
    /// Valence.
    pub valence: f64,
    /// NEURON's style bits of each instance.
    pub style: Vec<u32>,
    /// The instances whose style asks for a new reversal potential in every step.
    pub advancing: Vec<Range<usize>>,
    /// Reversal potential (mV).
    pub reversal: Column,
    /// Concentration inside (mM).
    pub inside: Column,
    /// Concentration outside (mM).
    pub outside: Column,
    /// Sum of the currents that mechanisms wrote (mA/cm2).
    pub current: Column,
    /// Derivative of `current` with respect to voltage (S/cm2).
    pub derivative: Column,
    /// Concentration inside at initialisation (mM), where the style asks for it.
    pub initial_inside: f64,
    /// Concentration outside at initialisation (mM), where the style asks for it.
    pub initial_outside: f64,
}

#[cfg(test)]
mod tests {
    use super::NodeRun;

    #[test]
    fn runs_are_of_consecutive_nodes_or_of_one() {
        let run = |start, node, count, is_one_node| NodeRun { start, node, count, is_one_node };
        let runs = NodeRun::of(&[3, 4, 5, 5, 5, 6, 9, 9]);
        assert_eq!(runs, [run(5, 6, 1, false), run(0, 3, 3, false), run(3, 5, 2, true), run(6, 9, 2, true)]);
        assert_eq!(NodeRun::of(&[]), []);
    }
}
