//! From the place that an edge names to a node of a built cell.

use cell::model::SectionModel;

use super::attributes::Position;
use crate::build::{BuiltCell, Instance};

/// Positions nearer to the ends of a section than this are moved away from them.
const END: f64 = 1e-7;

/// The place of a synapse on a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Its node.
    pub node: u32,
    /// The section's id in the circuit.
    pub section_id: i64,
    /// Its relative position along the section.
    pub x: f64,
}

/// Where an edge ends.
pub enum Found {
    /// There.
    At(Site),
    /// On a section that the template removed.
    Removed,
    /// On a section that the cell never had.
    NoSection,
}

/// Finds the place that an edge names.
pub fn find(built: &BuiltCell, section_id: i64, position: Position) -> Found {
    let index = usize::try_from(section_id).ok().and_then(|section| built.section_by_id.get(section));
    let section = match index {
        None => return Found::NoSection,
        Some(None) => return Found::Removed,
        Some(Some(section)) => &built.model.sections[*section as usize],
    };
    let x = relative(section, position);
    Found::At(Site { node: section.node(x), section_id, x })
}

/// The middle of a cell's soma.
pub fn soma(instance: &Instance) -> Option<Site> {
    let built = &instance.built;
    let section = *built.sections("soma").first()?;
    Some(Site { node: built.model.sections[section as usize].node(0.5), section_id: 0, x: 0.5 })
}

/// A position relative to the length of a section, inside it.
fn relative(section: &SectionModel, position: Position) -> f64 {
    let inside = |x: f64| x.clamp(END, 1.0 - END);
    match position {
        Position::Fraction(x) => inside(x.max(0.0)),
        Position::Segment(point, offset) => {
            let mut offset = offset.max(0.0);
            let count = section.points.len() as i64;
            let mut point = point;
            if section.reversed {
                point = count - 1 - point;
                offset = -offset;
            }
            let arc = usize::try_from(point).ok().filter(|_| point < count).map(|point| arc(section, point));
            let x = arc.map_or(0.5, |arc| inside((arc + offset) / section.length));
            if section.reversed { 1.0 - x } else { x }
        }
    }
}

/// Distance (um) of a 3-D point from the first one, along the points between them.
fn arc(section: &SectionModel, point: usize) -> f64 {
    let mut length = 0.0;
    for pair in section.points[..=point].windows(2) {
        let [dx, dy, dz] = [0, 1, 2].map(|axis| f64::from(pair[1][axis]) - f64::from(pair[0][axis]));
        length += (dx * dx + dy * dy + dz * dz).sqrt();
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(reversed: bool) -> SectionModel {
        SectionModel {
            name: "dend[0]".into(),
            segments: vec![1, 2, 3],
            start: 0,
            end: 4,
            length: 30.0,
            axial_resistivity: 100.0,
            rall_branch: 1.0,
            reversed,
            points: vec![[0.0, 0.0, 0.0, 1.0], [10.0, 0.0, 0.0, 1.0], [10.0, 20.0, 0.0, 1.0]],
        }
    }

    #[test]
    fn positions_are_inside_the_section() {
        let straight = section(false);
        assert_eq!(relative(&straight, Position::Fraction(-1.0)), 1e-7);
        assert_eq!(relative(&straight, Position::Fraction(0.5)), 0.5);
        assert_eq!(relative(&straight, Position::Fraction(1.0)), 0.999_999_9);
        assert_eq!(relative(&straight, Position::Segment(1, 5.0)), 0.5);
        assert_eq!(relative(&straight, Position::Segment(0, -1.0)), 1e-7);
        assert_eq!(relative(&straight, Position::Segment(7, 0.0)), 0.5, "a point that is not there");
    }

    #[test]
    fn a_section_attached_by_its_end_is_measured_from_there() {
        let reversed = section(true);
        // Point 1 counts from the other end and the offset goes back from it: (10 - 5) / 30 from the start
        assert_eq!(relative(&reversed, Position::Segment(1, 5.0)), 1.0 - 5.0 / 30.0);
    }
}
