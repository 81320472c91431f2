//! The finished description of one cell: plain arrays, ready to be instantiated any number of times.

use std::sync::Arc;

use nmodl::execute::Argument;
use nmodl::{Description, IonVariable};

/// No parent: the node is the root of the cell's tree.
pub const NO_PARENT: u32 = u32::MAX;

/// One tree of compartments with what was inserted in it.
///
/// Nodes are in NEURON's order for a thread that holds only this cell: the root node first, then
/// breadth-first over sections, each contributing its `nseg` segment nodes and its zero-area terminal node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellModel {
    /// The nodes of the tree.
    pub nodes: Nodes,
    /// Sections in creation order.
    pub sections: Vec<SectionModel>,
    /// Density mechanisms, in no particular order; the solver puts them in NEURON's.
    pub mechanisms: Vec<MechanismModel>,
    /// Point processes in creation order.
    pub point_processes: Vec<PointProcessModel>,
    /// Ions present, with their style per node.
    pub ions: Vec<IonModel>,
    /// Named groups of sections (`all`, `somatic`, `axonal`, …), as indices into `sections`.
    pub section_lists: Vec<(String, Vec<u32>)>,
}

/// Columns over the nodes of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nodes {
    /// Index of the parent node, always smaller than the node's own; [`NO_PARENT`] for the root.
    pub parent: Vec<u32>,
    /// Effect of the node on its parent's equation: `-100 / (resistance · area(parent))`, negative (mS/cm2).
    pub a: Vec<f64>,
    /// Effect of the parent on the node's equation: `-100 / (resistance · area(node))`, negative (mS/cm2).
    pub b: Vec<f64>,
    /// Membrane area (um2); 100 for the zero-area root and terminal nodes.
    pub area: Vec<f64>,
    /// Diameter (um); 0 for nodes without membrane.
    pub diameter: Vec<f64>,
    /// Specific capacitance (uF/cm2); 0 for nodes without membrane.
    pub capacitance: Vec<f64>,
    /// Whether the node is a segment (has membrane), not a root or terminal node.
    pub is_segment: Vec<bool>,
    /// Index of the section the node belongs to; the root node belongs to the root section.
    pub section: Vec<u32>,
}

/// One section of a finished cell.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionModel {
    /// Name without the cell's, such as `dend[3]`.
    pub name: String,
    /// Node index of each segment, ordered by x from 0 to 1 (so reversed sections are handled).
    pub segments: Vec<u32>,
    /// Node at x = 0: the parent node (or the root node).
    pub start: u32,
    /// Node at x = 1: the terminal node; swapped with `start` for a section attached by its 1 end.
    pub end: u32,
    /// Length (um).
    pub length: f64,
    /// Axial resistivity, `Ra` (ohm cm).
    pub axial_resistivity: f64,
    /// Number of identical branches that the section stands for (`rallbranch`).
    pub rall_branch: f64,
    /// Whether the section is attached to its parent by its 1 end.
    pub reversed: bool,
    /// 3-D points x, y, z, diameter (um), possibly none.
    pub points: Vec<[f32; 4]>,
}

impl SectionModel {
    /// Node at the relative position `x`: the end nodes for 0 and 1, else the segment that contains it.
    pub fn node(&self, x: f64) -> u32 {
        if x <= 0.0 {
            self.start
        } else if x >= 1.0 {
            self.end
        } else {
            let count = self.segments.len();
            self.segments[((count as f64 * x) as usize).min(count - 1)]
        }
    }
}

/// All instances of one density mechanism.
#[derive(Clone, Debug, PartialEq)]
pub struct MechanismModel {
    /// What the mechanism is.
    pub description: Arc<Description>,
    /// Node of each instance, ascending.
    pub nodes: Vec<u32>,
    /// One column per variable of the description, each with one value per instance.
    pub columns: Vec<Vec<f64>>,
}

/// One point process or artificial cell.
#[derive(Clone, Debug, PartialEq)]
pub struct PointProcessModel {
    /// What the mechanism is.
    pub description: Arc<Description>,
    /// The node it sits on; `None` for artificial cells.
    pub node: Option<u32>,
    /// One value per variable of the description.
    pub values: Vec<f64>,
}

/// One ion of a finished cell.
#[derive(Clone, Debug, PartialEq)]
pub struct IonModel {
    /// The ion's name, such as `na`.
    pub name: String,
    /// The ion's valence.
    pub valence: f64,
    /// Node of each instance, ascending.
    pub nodes: Vec<u32>,
    /// NEURON's ion style bits of each instance.
    pub style: Vec<u32>,
    /// Reversal potential (mV), concentration inside and outside (mM) of each instance.
    pub reversal: Vec<f64>,
    /// Concentration inside (mM) of each instance.
    pub inside: Vec<f64>,
    /// Concentration outside (mM) of each instance.
    pub outside: Vec<f64>,
}

/// One instance of a mechanism in a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstancePlace {
    /// Name of the mechanism.
    pub mechanism: Arc<str>,
    /// Which of its instances.
    pub at: At,
}

/// Which instance of a mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The density mechanism at this node.
    Node(u32),
    /// The point process or artificial cell with this number in the cell.
    PointProcess(u32),
}

/// A call of a function of a mechanism, made once before the initialisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The instance.
    pub place: InstancePlace,
    /// The function, without suffix, such as `setRNG`.
    pub function: Arc<str>,
    /// Its arguments.
    pub arguments: Vec<Argument>,
}

/// What a variable of an instance (`POINTER`) stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    /// The instance.
    pub place: InstancePlace,
    /// Its variable.
    pub variable: String,
    /// The cell that holds what it stands for, by gid; `None`: its own.
    pub cell: Option<u64>,
    /// What it stands for.
    pub target: Reference,
}

/// A number in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// Voltage of a node.
    Voltage(u32),
    /// A variable of an instance, by its name without suffix.
    Variable(InstancePlace, String),
    /// A quantity of an ion at a node.
    Ion(u32, String, IonVariable),
}
