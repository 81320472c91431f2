//! A morphology becomes sections of a cell, as NEURON's `Import3d_GUI.instantiate` makes them.

use morphology::Imported;

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{Owner, Point, SectionId};

/// Sections made of a morphology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instantiated {
    /// In creation order, as in the morphology.
    pub sections: Vec<SectionId>,
    /// The section lists that are filled (`somatic`, `axonal`, …, `all`).
    pub lists: Vec<(String, Vec<SectionId>)>,
}

impl Cell {
    /// Creates the sections of a morphology, with names such as `dend[3]`, and connects and shapes them.
    ///
    /// # Errors
    /// A connection or list that refers to no section, a position or point that is out of range.
    pub fn instantiate(&mut self, owner: Option<Owner>, imported: &Imported) -> Result<Instantiated, Error> {
        let mut sections = Vec::with_capacity(imported.sections.len());
        for section in &imported.sections {
            sections.push(self.create_section(owner, &format!("{}[{}]", section.name, section.index)));
        }
        let section = |index: usize| sections.get(index).copied().ok_or(Error::DeletedSection);
        for connection in &imported.connections {
            self.connect(section(connection.child)?, 0.0, section(connection.parent)?, connection.x)?;
        }
        for (&id, shape) in sections.iter().zip(&imported.sections) {
            self.set_logical_connection(id, shape.logical_connection.map(|at| at.map(f64::from)))?;
            if shape.points.is_empty() {
                continue;
            }
            for &[x, y, z, diameter] in &shape.points {
                self.checked_point(id, x.into(), y.into(), z.into(), diameter.into())?;
                self.section_mut(id).points.push(Point { x, y, z, diameter, arc: 0.0 });
            }
            self.points_changed(id, 0);
        }
        let mut lists = Vec::with_capacity(imported.lists.len());
        for (name, members) in &imported.lists {
            let members: Result<_, _> = members.iter().map(|&index| section(index)).collect();
            lists.push((name.clone(), members?));
        }
        Ok(Instantiated { sections, lists })
    }
}
