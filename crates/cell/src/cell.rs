//! The arena of sections, their names and their order.
//!
//! Here sections come and go; the other modules add what can be done with them: [topology](super::topology),
//! [3-D points](super::points), [geometry](super::geometry), [number of segments](super::nseg), [mechanisms and
//! ions](super::insertion), [variables](super::range), [point processes](super::point_process).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::catalogue::{Catalogue, GlobalVariable};
use crate::error::Error;
use crate::point_process::PointProcess;
use crate::section::{Owner, Place, Section, SectionId};

/// An owner of sections.
#[derive(Clone, Debug)]
struct OwnerState {
    name: String,
    /// Its last section in the order of all sections.
    last: Option<SectionId>,
}

/// A cell (or several) under construction.
///
/// Every method that takes a [`SectionId`] fails with [`Error::DeletedSection`] when the section is gone.
/// Methods that read geometry take `&mut self`: it is computed when it is asked for, as in NEURON.
#[derive(Clone, Debug)]
pub struct Cell {
    pub(crate) catalogue: Arc<Catalogue>,
    sections: Vec<Option<Section>>,
    first: Option<SectionId>,
    last: Option<SectionId>,
    owners: Vec<OwnerState>,
    names: HashMap<Option<Owner>, HashMap<String, SectionId>>,
    pub(crate) point_processes: Vec<Option<PointProcess>>,
    pub(crate) globals: BTreeMap<GlobalVariable, f64>,
    /// Origin of distances: the node `Place` of a section.
    pub(crate) origin: Option<(SectionId, Place)>,
    /// Area that a spine adds to its segment (um2).
    pub(crate) spine_area: f64,
    /// Whether `Section::order` is out of date.
    pub(crate) topology_changed: bool,
    /// Whether anything changed that areas or conductances depend on.
    pub(crate) diameter_changed: bool,
    /// Counts changes that the 3-D shape depends on.
    pub(crate) shape_changes: u64,
    /// Value of `shape_changes` when the shape was last defined.
    pub(crate) shape_defined: Option<u64>,
}

impl Cell {
    /// An empty cell whose mechanisms are those of `catalogue`.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self {
            catalogue,
            sections: Vec::new(),
            first: None,
            last: None,
            owners: Vec::new(),
            names: HashMap::new(),
            point_processes: Vec::new(),
            globals: BTreeMap::new(),
            origin: None,
            spine_area: 0.0,
            topology_changed: true,
            diameter_changed: true,
            shape_changes: 0,
            shape_defined: None,
        }
    }

    /// The mechanisms that can be used.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// A new owner of sections, such as the template instance `Template[0]`.
    pub fn new_owner(&mut self, name: &str) -> Owner {
        self.owners.push(OwnerState { name: name.to_owned(), last: None });
        Owner(self.owners.len() as u32 - 1)
    }

    /// Creates a section with NEURON's defaults: one segment, `L` 100 um, `diam` 500 um, `Ra` 35.4 ohm cm,
    /// `cm` 1 uF/cm2.
    ///
    /// It comes after the last section of its owner, or after all sections where it has no owner or is the
    /// owner's first. A name that is used again stands for the new section; the old one stays until it is deleted.
    pub fn create_section(&mut self, owner: Option<Owner>, name: &str) -> SectionId {
        let id = SectionId(self.sections.len() as u32);
        let owner = owner.filter(|owner| (owner.0 as usize) < self.owners.len());
        let mut section = Section::new(name.to_owned(), owner);
        let last_of_owner = owner.and_then(|owner| self.owners[owner.0 as usize].last);
        section.previous = last_of_owner.or(self.last);
        section.next = last_of_owner.and_then(|last| self.section(last).next);
        self.link(section.previous, Some(id));
        match section.next {
            Some(next) => self.section_mut(next).previous = Some(id),
            None => self.last = Some(id),
        }
        if let Some(owner) = owner {
            self.owners[owner.0 as usize].last = Some(id);
        }
        self.names.entry(owner).or_default().insert(name.to_owned(), id);
        self.sections.push(Some(section));
        self.topology_changed = true;
        self.diameter_changed = true;
        id
    }

    /// Deletes a section with all that is inserted in it; its children become roots, and its point processes
    /// lose their location. Deleting a section twice is no error.
    pub fn delete_section(&mut self, section: SectionId) {
        if !self.exists(section) {
            return;
        }
        for child in std::mem::take(&mut self.section_mut(section).children) {
            self.section_mut(child).parent = None;
        }
        self.unlink_from_parent(section);
        self.unlocate_points_of(section);
        let Some(removed) = self.sections[section.0 as usize].take() else { return };
        if let Some(owner) = removed.owner {
            let state = &mut self.owners[owner.0 as usize];
            if state.last == Some(section) {
                state.last = None;
                if let Some(previous) = removed.previous
                    && self.section(previous).owner == Some(owner)
                {
                    self.owners[owner.0 as usize].last = Some(previous);
                }
            }
        }
        self.link(removed.previous, removed.next);
        match removed.next {
            Some(next) => self.section_mut(next).previous = removed.previous,
            None => self.last = removed.previous,
        }
        if let Some(names) = self.names.get_mut(&removed.owner)
            && names.get(&removed.name) == Some(&section)
        {
            names.remove(&removed.name);
        }
        if self.origin.is_some_and(|(origin, _)| origin == section) {
            self.origin = None;
        }
        self.topology_changed = true;
    }

    /// Whether the section exists, that is, was not deleted.
    pub fn exists(&self, section: SectionId) -> bool {
        self.sections.get(section.0 as usize).is_some_and(Option::is_some)
    }

    /// All sections in NEURON's order: creation order, with the sections of an owner kept together.
    pub fn sections(&self) -> impl Iterator<Item = SectionId> + '_ {
        std::iter::successors(self.first, |&id| self.section(id).next)
    }

    /// Sections of one owner, in the order of all sections.
    pub fn sections_of(&self, owner: Owner) -> Vec<SectionId> {
        let mut found = Vec::new();
        let mut next = self.owners.get(owner.0 as usize).and_then(|state| state.last);
        while let Some(id) = next.filter(|&id| self.section(id).owner == Some(owner)) {
            found.push(id);
            next = self.section(id).previous;
        }
        found.reverse();
        found
    }

    /// The section called `name` (such as `dend[3]`) of an owner.
    pub fn find_section(&self, owner: Option<Owner>, name: &str) -> Option<SectionId> {
        self.names.get(&owner)?.get(name).copied()
    }

    /// Name without the owner's, such as `dend[3]`.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn section_name(&self, section: SectionId) -> Result<&str, Error> {
        Ok(&self.get(section)?.name)
    }

    /// Name with the owner's, such as `Template[0].dend[3]`; empty for a deleted section.
    pub fn full_name(&self, section: SectionId) -> String {
        let Ok(found) = self.get(section) else { return String::new() };
        match found.owner {
            Some(owner) => format!("{}.{}", self.owners[owner.0 as usize].name, found.name),
            None => found.name.clone(),
        }
    }

    /// Owner of a section.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn owner(&self, section: SectionId) -> Result<Option<Owner>, Error> {
        Ok(self.get(section)?.owner)
    }

    /// Value of a global variable such as `vhalf_mech` or `nai0_na_ion`.
    ///
    /// # Errors
    /// [`Error::UnknownGlobal`].
    pub fn global(&self, name: &str) -> Result<f64, Error> {
        let variable = self.catalogue.find_global(name)?;
        Ok(self.globals.get(&variable).copied().unwrap_or_else(|| self.catalogue.global_default(variable)))
    }

    /// Assigns a global variable.
    ///
    /// # Errors
    /// [`Error::UnknownGlobal`].
    pub fn set_global(&mut self, name: &str, value: f64) -> Result<(), Error> {
        let variable = self.catalogue.find_global(name)?;
        self.globals.insert(variable, value);
        Ok(())
    }

    /// Global variables that were assigned, with their values.
    pub fn assigned_globals(&self) -> &BTreeMap<GlobalVariable, f64> {
        &self.globals
    }

    /// A section that a user named.
    pub(crate) fn get(&self, section: SectionId) -> Result<&Section, Error> {
        self.sections.get(section.0 as usize).and_then(Option::as_ref).ok_or(Error::DeletedSection)
    }

    /// A section that a user named.
    pub(crate) fn get_mut(&mut self, section: SectionId) -> Result<&mut Section, Error> {
        self.sections.get_mut(section.0 as usize).and_then(Option::as_mut).ok_or(Error::DeletedSection)
    }

    /// A section that another one refers to, which therefore exists.
    pub(crate) fn section(&self, section: SectionId) -> &Section {
        self.sections[section.0 as usize].as_ref().expect("links between sections are kept valid")
    }

    /// A section that another one refers to, which therefore exists.
    pub(crate) fn section_mut(&mut self, section: SectionId) -> &mut Section {
        self.sections[section.0 as usize].as_mut().expect("links between sections are kept valid")
    }

    /// Fails unless `x` is a relative position.
    pub(crate) fn check_position(&self, section: SectionId, x: f64) -> Result<(), Error> {
        self.get(section)?;
        if (0.0..=1.0).contains(&x) {
            Ok(())
        } else {
            Err(Error::PositionOutOfRange { section: self.full_name(section), x })
        }
    }

    /// Notes that areas and conductances of a section must be computed again.
    pub(crate) fn mark_stale(&mut self, section: SectionId) {
        self.section_mut(section).stale = true;
        self.diameter_changed = true;
    }

    /// Makes `next` follow `previous`, or come first.
    fn link(&mut self, previous: Option<SectionId>, next: Option<SectionId>) {
        match previous {
            Some(previous) => self.section_mut(previous).next = next,
            None => self.first = next,
        }
    }
}
