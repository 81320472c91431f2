//! The mechanisms of a simulation, and the order in which NEURON would run them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::Catalogue;
use nmodl::{Description, Kind};

use crate::mechanism::Mechanism;

/// Types that NEURON runs before the ions, in this order.
const BEFORE_IONS: [&str; 1] = ["pas"];

/// Mechanisms in the order of their registration.
#[derive(Clone, Default)]
pub struct Registry {
    mechanisms: Vec<Arc<dyn Mechanism>>,
    by_name: BTreeMap<String, usize>,
    /// For the mechanisms at the end, which come from files: which batch of files, and the name of the file. They are in
    /// the order of these.
    files: Vec<(usize, String)>,
    batch: usize,
}

impl Registry {
    /// No mechanisms at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The mechanisms that are built in.
    pub fn with_built_ins() -> Self {
        let mut registry = Self::default();
        for mechanism in crate::mechanisms::of_neuron() {
            registry.add(mechanism.clone());
        }
        for mechanism in crate::mechanisms::of_neurodamus() {
            let file = format!("{}.mod", mechanism.description().name);
            registry.add_file(mechanism.clone(), (0, file));
        }
        registry
    }

    /// Adds a mechanism that comes from no file; one of the same name is replaced and keeps its place in the order.
    pub fn add(&mut self, mechanism: Arc<dyn Mechanism>) {
        match self.by_name.get(&mechanism.description().name) {
            Some(&index) => self.mechanisms[index] = mechanism,
            None => {
                self.mechanisms.insert(self.mechanisms.len() - self.files.len(), mechanism);
                self.number();
            }
        }
    }

    /// Adds mechanisms of `.mod` files, with the names of the files; others of the same names are taken out.
    ///
    /// NEURON compiles the files of a folder, those that neurodamus brings along among them, in the order of their
    /// names, and registers their mechanisms so after its own. Files that are added later come after them.
    pub fn add_files(&mut self, mechanisms: impl IntoIterator<Item = (Arc<dyn Mechanism>, String)>) {
        for (mechanism, file) in mechanisms {
            self.add_file(mechanism, (self.batch, file));
        }
        self.batch += 1;
    }

    fn add_file(&mut self, mechanism: Arc<dyn Mechanism>, file: (usize, String)) {
        if let Some(&index) = self.by_name.get(&mechanism.description().name) {
            let first_of_files = self.mechanisms.len() - self.files.len();
            self.mechanisms.remove(index);
            if let Some(place) = index.checked_sub(first_of_files) {
                self.files.remove(place);
            }
        }
        let place = self.files.partition_point(|known| *known <= file);
        self.mechanisms.insert(self.mechanisms.len() - self.files.len() + place, mechanism);
        self.files.insert(place, file);
        self.number();
    }

    fn number(&mut self) {
        let named = |(index, known): (usize, &Arc<dyn Mechanism>)| (known.description().name.clone(), index);
        self.by_name = self.mechanisms.iter().enumerate().map(named).collect();
    }

    /// The mechanism called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Mechanism>> {
        self.by_name.get(name).map(|&index| &self.mechanisms[index])
    }

    /// What cells can use: all mechanisms with their functions.
    ///
    /// # Errors
    ///
    /// If two mechanisms clash over a name or the valence of an ion.
    pub fn catalogue(&self) -> Result<Catalogue, cell::Error> {
        let mut catalogue = Catalogue::new(self.descriptions().cloned())?;
        for mechanism in &self.mechanisms {
            catalogue.set_functions(&mechanism.description().name, mechanism.functions())?;
        }
        Ok(catalogue)
    }

    /// All mechanisms, in the order of registration.
    pub fn mechanisms(&self) -> &[Arc<dyn Mechanism>] {
        &self.mechanisms
    }

    /// All descriptions, in the order of registration.
    pub fn descriptions(&self) -> impl Iterator<Item = &Arc<Description>> {
        self.mechanisms.iter().map(|mechanism| mechanism.description())
    }

    /// All names, in the order of registration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.mechanisms.iter().map(|mechanism| mechanism.description().name.as_str())
    }

    /// The ions in the order NEURON registers them: each just before the mechanism that first uses it.
    pub fn ions(&self) -> Vec<String> {
        let mut ions = Vec::new();
        for ion in self.descriptions().flat_map(|description| &description.ions) {
            if !ions.contains(&ion.ion) {
                ions.push(ion.ion.clone());
            }
        }
        ions
    }

    /// Names of all mechanisms and ions (as `na_ion`) in NEURON's order of execution: `pas`, the ions, the
    /// mechanisms that write a concentration (latest registered first), all others, artificial cells last.
    pub fn execution_order(&self) -> Vec<String> {
        let descriptions: Vec<_> = self.descriptions().collect();
        let is_early = |description: &Description| BEFORE_IONS.contains(&description.name.as_str());
        let mut order: Vec<String> =
            descriptions.iter().filter(|d| is_early(d)).map(|d| d.name.clone()).collect();
        order.extend(self.ions().into_iter().map(|ion| format!("{ion}_ion")));
        order.extend(descriptions.iter().rev().filter(|d| d.writes_concentration()).map(|d| d.name.clone()));
        let late = |d: &&&Arc<Description>| !is_early(d) && !d.writes_concentration();
        let located = |d: &&&Arc<Description>| d.kind != Kind::ArtificialCell;
        order.extend(descriptions.iter().filter(late).filter(located).map(|d| d.name.clone()));
        order.extend(descriptions.iter().filter(late).filter(|d| !located(d)).map(|d| d.name.clone()));
        order
    }
}
