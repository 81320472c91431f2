//! Point processes and artificial cells: objects with variables of their own, the former at a location.
//!
//! A point process keeps to its node: it moves with it when a section is turned around or divided anew,
//! and loses its location, and its values, when the section is deleted.

use nmodl::Kind;

use crate::catalogue::MechanismIndex;
use crate::cell::Cell;
use crate::error::{Error, did_you_mean};
use crate::insertion::kind_name;
use crate::section::{Place, SectionId};

/// A point process or artificial cell; never used again after it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointProcessId(pub(crate) u32);

/// A place on a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Location {
    /// The section.
    pub section: SectionId,
    /// Relative position: the middle of a segment, or 0 or 1.
    pub x: f64,
}

/// State of a point process or artificial cell.
#[derive(Clone, Debug)]
pub(crate) struct PointProcess {
    pub mechanism: MechanismIndex,
    pub location: Option<(SectionId, Place)>,
    /// One value per variable of the description.
    pub values: Vec<f64>,
}

impl Cell {
    /// Creates a point process that is not located yet, or an artificial cell.
    ///
    /// # Errors
    /// An unknown mechanism, a density mechanism.
    pub fn create_point_process(&mut self, mechanism: &str) -> Result<PointProcessId, Error> {
        let index = self.catalogue.find_mechanism(mechanism)?;
        let description = self.catalogue.mechanism(index);
        if description.kind == Kind::Density {
            return Err(Error::WrongKind {
                name: mechanism.to_owned(),
                expected: kind_name(Kind::PointProcess),
                found: kind_name(description.kind),
            });
        }
        let values = description.variables.iter().map(|variable| variable.default).collect();
        let id = PointProcessId(self.point_processes.len() as u32);
        self.point_processes.push(Some(PointProcess { mechanism: index, location: None, values }));
        Ok(id)
    }

    /// Creates a point process at a location.
    ///
    /// # Errors
    /// As for [`Cell::create_point_process`] and [`Cell::locate_point_process`].
    pub fn create_point_process_at(
        &mut self,
        mechanism: &str,
        section: SectionId,
        x: f64,
    ) -> Result<PointProcessId, Error> {
        self.check_position(section, x)?;
        let id = self.create_point_process(mechanism)?;
        match self.locate_point_process(id, section, x) {
            Ok(()) => Ok(id),
            Err(error) => {
                self.point_processes.pop();
                Err(error)
            }
        }
    }

    /// Puts a point process, with its values, at the node at `x`; the ions it uses are inserted in the section.
    ///
    /// # Errors
    /// A position out of range; an artificial cell; an end of the section for a point process that uses an ion.
    pub fn locate_point_process(
        &mut self,
        id: PointProcessId,
        section: SectionId,
        x: f64,
    ) -> Result<(), Error> {
        self.check_position(section, x)?;
        let mechanism = self.point_process(id)?.mechanism;
        let description = self.catalogue.mechanism(mechanism);
        if description.kind == Kind::ArtificialCell {
            return Err(Error::WrongKind {
                name: description.name.clone(),
                expected: kind_name(Kind::PointProcess),
                found: kind_name(description.kind),
            });
        }
        let place = self.section(section).place(x);
        match place {
            Place::Segment(index) => {
                let index = index as usize;
                self.use_ions(section, mechanism, index..index + 1);
            }
            Place::Near | Place::Far => {
                if let Some(ion) = description.ions.first() {
                    let mechanism = description.name.clone();
                    let section = self.full_name(section);
                    return Err(Error::IonAtEnd { mechanism, ion: ion.ion.clone(), section, x });
                }
            }
        }
        self.forget_location(id);
        self.section_mut(section).point_processes.push(id);
        if let Some(process) = &mut self.point_processes[id.0 as usize] {
            process.location = Some((section, place));
        }
        Ok(())
    }

    /// Deletes a point process or artificial cell; deleting it twice is no error.
    pub fn delete_point_process(&mut self, id: PointProcessId) {
        if self.point_process(id).is_ok() {
            self.forget_location(id);
            self.point_processes[id.0 as usize] = None;
        }
    }

    /// Point processes and artificial cells, in creation order.
    pub fn point_processes(&self) -> impl Iterator<Item = PointProcessId> + '_ {
        let ids = (0..self.point_processes.len() as u32).map(PointProcessId);
        ids.filter(|id| self.point_processes[id.0 as usize].is_some())
    }

    /// Mechanism of a point process or artificial cell.
    ///
    /// # Errors
    /// [`Error::DeletedPointProcess`].
    pub fn point_process_mechanism(&self, id: PointProcessId) -> Result<MechanismIndex, Error> {
        Ok(self.point_process(id)?.mechanism)
    }

    /// Where a point process is; `None` before it is located, after its section is deleted, and for
    /// artificial cells.
    ///
    /// # Errors
    /// [`Error::DeletedPointProcess`].
    pub fn location(&self, id: PointProcessId) -> Result<Option<Location>, Error> {
        Ok(self
            .point_process(id)?
            .location
            .map(|(section, place)| Location { section, x: self.section(section).position(place) }))
    }

    /// Point processes on the node at `x`, seen from whichever section, in creation order.
    ///
    /// # Errors
    /// A position out of range.
    pub fn point_processes_at(&self, section: SectionId, x: f64) -> Result<Vec<PointProcessId>, Error> {
        self.check_position(section, x)?;
        let node = self.node_ref(section, self.section(section).place(x));
        let is_here = |id: &PointProcessId| {
            self.point_process(*id)
                .ok()
                .and_then(|process| process.location)
                .is_some_and(|(section, place)| self.node_ref(section, place) == node)
        };
        Ok(self.point_processes().filter(is_here).collect())
    }

    /// Value of a variable of a point process or artificial cell.
    ///
    /// # Errors
    /// An unknown name, a point process without location.
    pub fn point_process_value(&self, id: PointProcessId, name: &str) -> Result<f64, Error> {
        let column = self.point_process_column(id, name)?;
        Ok(self.point_process(id)?.values[column])
    }

    /// Assigns a variable of a point process or artificial cell.
    ///
    /// # Errors
    /// An unknown name, a point process without location.
    pub fn set_point_process_value(
        &mut self,
        id: PointProcessId,
        name: &str,
        value: f64,
    ) -> Result<(), Error> {
        let column = self.point_process_column(id, name)?;
        if let Some(process) = &mut self.point_processes[id.0 as usize] {
            process.values[column] = value;
        }
        Ok(())
    }

    pub(crate) fn point_process(&self, id: PointProcessId) -> Result<&PointProcess, Error> {
        self.point_processes.get(id.0 as usize).and_then(Option::as_ref).ok_or(Error::DeletedPointProcess)
    }

    fn point_process_column(&self, id: PointProcessId, name: &str) -> Result<usize, Error> {
        let process = self.point_process(id)?;
        let description = self.catalogue.mechanism(process.mechanism);
        let column = description.variable(name).ok_or_else(|| Error::UnknownVariable {
            mechanism: description.name.clone(),
            name: name.to_owned(),
            help: did_you_mean(name, description.variables.iter().map(|variable| variable.name.as_str())),
        })?;
        if description.kind == Kind::PointProcess && process.location.is_none() {
            return Err(Error::NotLocated { mechanism: description.name.clone() });
        }
        Ok(column)
    }

    fn forget_location(&mut self, id: PointProcessId) {
        let Some(process) = &mut self.point_processes[id.0 as usize] else { return };
        if let Some((section, _)) = process.location.take() {
            self.section_mut(section).point_processes.retain(|&other| other != id);
        }
    }

    /// Takes their location from all point processes of a section that goes away.
    pub(crate) fn unlocate_points_of(&mut self, section: SectionId) {
        for id in std::mem::take(&mut self.section_mut(section).point_processes) {
            if let Some(process) = &mut self.point_processes[id.0 as usize] {
                let variables = &self.catalogue.mechanism(process.mechanism).variables;
                process.values = variables.iter().map(|variable| variable.default).collect();
                process.location = None;
            }
        }
    }

    /// Keeps point processes at their nodes when a section is turned around.
    pub(crate) fn reverse_points_of(&mut self, section: SectionId) {
        let last = self.section(section).nseg() as u32 - 1;
        self.renumber_segments(section, |index| last - index);
    }

    /// Moves point processes to their new segments; those of dropped segments come last in order of location.
    pub(crate) fn renumber_points(&mut self, section: SectionId, donors: &[usize], moved: &[u32]) {
        let survives = |index: u32| {
            let target = moved.get(index as usize).map(|&target| target as usize);
            moved.len() < donors.len() || target.is_some_and(|target| donors[target] == index as usize)
        };
        let ids = std::mem::take(&mut self.section_mut(section).point_processes);
        let (mut kept, mut relocated) = (Vec::new(), Vec::new());
        for id in ids {
            match self.point_processes[id.0 as usize].as_ref().and_then(|process| process.location) {
                Some((_, Place::Segment(index))) if !survives(index) => relocated.push((index, id)),
                _ => kept.push(id),
            }
        }
        // the latest located of a segment is moved first
        relocated.reverse();
        relocated.sort_by_key(|&(index, _)| index);
        kept.extend(relocated.into_iter().map(|(_, id)| id));
        self.section_mut(section).point_processes = kept;
        self.renumber_segments(section, |index| moved.get(index as usize).copied().unwrap_or(0));
    }

    fn renumber_segments(&mut self, section: SectionId, renumber: impl Fn(u32) -> u32) {
        for position in 0..self.section(section).point_processes.len() {
            let id = self.section(section).point_processes[position];
            if let Some(process) = &mut self.point_processes[id.0 as usize]
                && let Some((_, Place::Segment(index))) = &mut process.location
            {
                *index = renumber(*index);
            }
        }
        self.renumber_origin(section, renumber);
    }
}
