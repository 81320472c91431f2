//! Path lengths between nodes.
//!
//! Distances are between compartments, not between exact positions: a position stands for the middle of
//! its segment, or for an end of the section. See the NEURON manual, `distance`.

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{NodeRef, Place, SectionId};

/// Distance (um) of nodes that no path connects.
const UNCONNECTED: f64 = 1e20;

impl Cell {
    /// Makes the node at `x` the origin of [`Cell::distance_from_origin`] (`distance()`).
    ///
    /// # Errors
    /// A position out of range.
    pub fn set_distance_origin(&mut self, section: SectionId, x: f64) -> Result<(), Error> {
        self.check_position(section, x)?;
        self.origin = Some((section, self.section(section).place(x)));
        Ok(())
    }

    /// Path length (um) from the origin to the node at `x` (`distance(x)`); `1e20` where no path connects them.
    ///
    /// # Errors
    /// A position out of range, no origin.
    pub fn distance_from_origin(&mut self, section: SectionId, x: f64) -> Result<f64, Error> {
        self.check_position(section, x)?;
        let (origin, place) = self.origin.ok_or(Error::NoDistanceOrigin)?;
        self.update_order();
        let from = (origin, self.node_ref(origin, place));
        let place = self.section(section).place(x);
        let to = (section, self.node_ref(section, place));
        Ok(self.path_length(from, to))
    }

    /// Path length (um) between two nodes, each given by section and position (`distance(origin, target)`).
    ///
    /// # Errors
    /// A position out of range.
    pub fn distance(&mut self, from: (SectionId, f64), to: (SectionId, f64)) -> Result<f64, Error> {
        self.check_position(from.0, from.1)?;
        self.check_position(to.0, to.1)?;
        self.update_order();
        let [from, to] =
            [from, to].map(|(section, x)| (section, self.node_ref(section, self.section(section).place(x))));
        Ok(self.path_length(from, to))
    }

    /// Climbs from the section of higher order until both ends are in the same section.
    fn path_length(&mut self, from: (SectionId, NodeRef), to: (SectionId, NodeRef)) -> f64 {
        let mut sum = 0.0;
        let mut ends = [(Some(from.0), from.1), (Some(to.0), to.1)];
        loop {
            let climbing = match (ends[0].0, ends[1].0) {
                (Some(first), Some(second)) if first == second => {
                    if ends[0].1 == ends[1].1 {
                        return sum;
                    }
                    let x1 = self.offset(first, ends[0].1);
                    let x2 = self.offset(second, ends[1].1);
                    return sum + if x1 < x2 { x2 - x1 } else { x1 - x2 };
                }
                (None, None) => return if ends[0].1 == ends[1].1 { sum } else { UNCONNECTED },
                (None, Some(_)) => 1,
                (Some(_), None) => 0,
                (Some(first), Some(second)) => {
                    usize::from(self.section(first).order <= self.section(second).order)
                }
            };
            if let (Some(section), node) = ends[climbing] {
                sum += self.offset(section, node);
                ends[climbing] = (self.section(section).parent, self.parent_node(section));
            }
        }
    }

    /// Path length (um) from the attached end of a section to a node.
    fn offset(&mut self, section: SectionId, node: NodeRef) -> f64 {
        let ratio = match node {
            NodeRef::Of(owner, index) if owner == section => {
                let count = self.section(section).nseg() as u32;
                if index == count { 1.0 } else { (f64::from(index) + 0.5) / f64::from(count) }
            }
            // the node where the section is attached
            _ => return 0.0,
        };
        self.section_mut(section).effective_length() * ratio
    }
}

impl Cell {
    /// The origin stays at its node when nodes of its section are renumbered.
    pub(crate) fn renumber_origin(&mut self, section: SectionId, renumber: impl Fn(u32) -> u32) {
        if let Some((origin, Place::Segment(index))) = &mut self.origin
            && *origin == section
        {
            *index = renumber(*index);
        }
    }
}
