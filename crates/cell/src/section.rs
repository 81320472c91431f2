//! One section of a cell under construction: its nodes, its 3-D points and what is inserted in it.
//!
//! Nodes are kept in the order of the tree: node 0 is the segment nearest to the parent, whichever end of
//! the section is attached; the last node is the far end, which has no length and no membrane.

use crate::catalogue::{IonIndex, MechanismIndex};
use crate::point_process::PointProcessId;

/// Largest number of segments of a section.
pub const MAX_SEGMENTS: i64 = 32767;

/// A section of a cell; never used again after the section is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub(crate) u32);

/// Something that owns sections, such as an instance of a cell template; its sections stay together in the
/// order of all sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub(crate) u32);

/// A node as seen from one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the section is attached: a node of its parent, or its own root node.
    Near,
    /// A segment, counted from the attached end.
    Segment(u32),
    /// The end that is not attached.
    Far,
}

/// A node of the cell, whichever section it is seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeRef {
    /// The root node of a section without parent.
    Root(SectionId),
    /// A node of a section; the last one is its far end.
    Of(SectionId, u32),
}

/// State of one node; of a far end only the potential and the conductance count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// Membrane potential (mV).
    pub voltage: f64,
    /// Diameter (um).
    pub diameter: f64,
    /// Specific capacitance (uF/cm2).
    pub capacitance: f64,
    /// Membrane area (um2).
    pub area: f64,
    /// Axial conductance to the node before (uS).
    pub conductance: f64,
}

/// Potential of a new node (mV).
pub(crate) const RESTING_VOLTAGE: f64 = -65.0;
/// Area of nodes without membrane (um2), chosen so that their currents are in nA.
pub(crate) const NO_MEMBRANE_AREA: f64 = 100.0;

impl Default for Node {
    fn default() -> Self {
        Self {
            voltage: RESTING_VOLTAGE,
            diameter: 500.0,
            capacitance: 1.0,
            area: NO_MEMBRANE_AREA,
            conductance: 0.0,
        }
    }
}

/// A point of the 3-D shape; coordinates are in single precision as in NEURON.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub x: f32,
    pub y: f32,
    pub z: f32,
    /// Diameter (um); negative marks a spine.
    pub diameter: f32,
    /// Path length from the first point (um).
    pub arc: f64,
}

/// A density mechanism in a section: one row of values per segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inserted {
    pub mechanism: MechanismIndex,
    /// Number of variables, the length of a row.
    pub width: usize,
    /// Row by row, in node order.
    pub values: Vec<f64>,
}

/// One instance of an ion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct IonState {
    pub reversal: f64,
    pub inside: f64,
    pub outside: f64,
    pub current: f64,
    pub conductance: f64,
    /// NEURON's ion style bits.
    pub style: u32,
}

/// An ion in a section: one instance per segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InsertedIon {
    pub ion: IonIndex,
    /// In node order.
    pub states: Vec<IonState>,
}

/// One section; see the module for the order of nodes.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub name: String,
    pub owner: Option<Owner>,
    /// Neighbours in the order of all sections.
    pub previous: Option<SectionId>,
    pub next: Option<SectionId>,
    pub parent: Option<SectionId>,
    pub parent_x: f64,
    /// Whether the end 1 is the attached one.
    pub reversed: bool,
    /// Sibling list: by distance from the attached end of this section, the latest connected first.
    pub children: Vec<SectionId>,
    /// Position in the breadth-first order of all sections, valid while the topology is unchanged.
    pub order: u32,
    /// Length (um).
    pub length: f64,
    /// Axial resistivity (ohm cm).
    pub axial_resistance: f64,
    /// Number of identical branches the section stands for.
    pub rall_branch: f64,
    /// Segments and, last, the far end.
    pub nodes: Vec<Node>,
    /// Potential of the root node (mV), where the section is a root.
    pub root_voltage: f64,
    pub mechanisms: Vec<Inserted>,
    pub ions: Vec<InsertedIon>,
    /// Point processes seen from this section, in order of location.
    pub point_processes: Vec<PointProcessId>,
    pub points: Vec<Point>,
    /// Location that the shape follows instead of snapping to the parent (`pt3dstyle`).
    pub logical_connection: Option<[f32; 3]>,
    /// Whether areas and conductances must be computed again.
    pub stale: bool,
}

impl Section {
    pub fn new(name: String, owner: Option<Owner>) -> Self {
        Self {
            name,
            owner,
            previous: None,
            next: None,
            parent: None,
            parent_x: 0.0,
            reversed: false,
            children: Vec::new(),
            order: 0,
            length: 100.0,
            axial_resistance: 35.4,
            rall_branch: 1.0,
            nodes: vec![Node::default(); 2],
            root_voltage: RESTING_VOLTAGE,
            mechanisms: Vec::new(),
            ions: Vec::new(),
            point_processes: Vec::new(),
            points: Vec::new(),
            logical_connection: None,
            stale: true,
        }
    }

    /// Number of segments.
    pub fn nseg(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Relative position of the attached end: 0, or 1 for a reversed section.
    pub fn orientation(&self) -> f64 {
        if self.reversed { 1.0 } else { 0.0 }
    }

    /// Index of the segment that contains `x`, which must be in 0..=1.
    pub fn segment_index(&self, x: f64) -> usize {
        let count = self.nseg();
        let index = ((count as f64 * x) as usize).min(count - 1);
        if self.reversed { count - 1 - index } else { index }
    }

    /// The node at `x`, the ends included.
    pub fn place(&self, x: f64) -> Place {
        if x <= 0.0 {
            if self.reversed { Place::Far } else { Place::Near }
        } else if x >= 1.0 {
            if self.reversed { Place::Near } else { Place::Far }
        } else {
            Place::Segment(self.segment_index(x) as u32)
        }
    }

    /// Relative position of a node: the middle of a segment, or 0 or 1.
    pub fn position(&self, place: Place) -> f64 {
        let x = match place {
            Place::Near => 0.0,
            Place::Segment(index) => (f64::from(index) + 0.5) / self.nseg() as f64,
            Place::Far => 1.0,
        };
        if self.reversed { 1.0 - x } else { x }
    }

    /// Turns the nodes and what is in them around.
    pub fn reverse_nodes(&mut self) {
        let count = self.nseg();
        self.nodes[..count].reverse();
        for inserted in &mut self.mechanisms {
            let width = inserted.width;
            let mut values = Vec::with_capacity(inserted.values.len());
            for row in (0..count).rev() {
                values.extend_from_slice(&inserted.values[row * width..(row + 1) * width]);
            }
            inserted.values = values;
        }
        for inserted in &mut self.ions {
            inserted.states.reverse();
        }
    }
}
