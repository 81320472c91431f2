//! Models built by hand: sections, mechanisms, synapses and connections in a few lines of Rust.
//!
//! A [`Model`] is what a NEURON session is to its user: sections are created, connected, shaped and filled,
//! point processes and artificial cells are added and connected, variables are chosen to be recorded, and
//! [`Model::run`] gives their [`Recordings`]. Names, units and defaults are NEURON's, and so are the numbers.
//! A place on a cell is a section and a relative position, `(soma, 0.5)`.
//!
//! ```
//! use neurodamus::model::{Model, RunOptions};
//!
//! let mut model = Model::new();
//! let soma = model.section("soma");
//! model.set_length(soma, 20.0)?;
//! model.set(soma, "diam", 20.0)?;
//! model.insert(soma, "hh")?;
//! let clamp = model.point_process("IClamp", (soma, 0.5))?;
//! model.set_variables(clamp, &[("delay", 1.0), ("dur", 2.0), ("amp", 0.3)])?;
//! let voltage = model.record((soma, 0.5), "v")?;
//! let recordings = model.run(&RunOptions { tstop: 10.0, ..RunOptions::default() })?;
//! assert!(recordings.trace(voltage).iter().any(|&v| v > 0.0));
//! # Ok::<(), neurodamus::model::Error>(())
//! ```
//!
//! Every tree of connected sections, and every artificial cell, is a cell with a gid of its own: the order in
//! which they were created, from 0. SONATA circuits are not built here but from their files.

mod connections;
mod error;
mod plans;
mod points;
mod recordings;
mod run;
mod sections;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub use cell::{Cell, PointProcessId as Point, SectionId as Section};
pub use connections::{NetCon, Source};
pub use error::{Error, MechanismProblems};
pub use recordings::{Recorded, RecordedSpikes, Recordings};
pub use run::RunOptions;
pub use systems::mechanism::Argument;

use morphology::{Warning, import3d_asc, import3d_swc, morphio_h5};
use points::Extras;
use recordings::Request;
use systems::Registry;
use systems::group::StepPlugin;
use systems::mechanism::Mechanism;

use crate::mechanisms;

/// A place on a cell: a section, and a relative position along it from 0 to 1.
pub type Place = (Section, f64);

/// A variable of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Variable {
    /// A range variable at a place, such as `v`, `cai` or `m_hh`.
    Range(Place, String),
    /// A variable of a point process.
    Point(Point, String),
}

/// What the cells of a model are numbered by: trees of sections and artificial cells, as they were created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Created {
    Section(Section),
    ArtificialCell(Point),
}

/// Cells, connections and recordings that belong together.
pub struct Model {
    cell: Cell,
    registry: Registry,
    created: Vec<Created>,
    extras: BTreeMap<Point, Extras>,
    /// Calls of functions: the instance, by a point process or by a place and the mechanism's name; function; arguments.
    calls: Vec<(Variable, String, Vec<Argument>)>,
    pointers: Vec<(Variable, Variable)>,
    /// Streams of density mechanisms: place, mechanism, name and ids.
    streams: Vec<(Place, String, String, [u32; 3])>,
    connections: Vec<NetCon>,
    /// Variables that follow voltages: the place of the voltage, and the variable.
    followers: Vec<(Place, Variable)>,
    requests: Vec<Request>,
    recorded_spikes: Vec<Source>,
    step_plugins: Vec<StepPlugin>,
}

/// The sections that a morphology file became.
#[derive(Clone, Debug, Default)]
pub struct Morphology {
    /// All of them, in NEURON's order.
    pub sections: Vec<Section>,
    /// Section lists such as `somatic`, `axonal`, `basal`, `apical` and `all`.
    pub lists: Vec<(String, Vec<Section>)>,
    /// What is odd about the file.
    pub warnings: Vec<Warning>,
}

impl Morphology {
    /// The sections of a list such as `basal`; empty if the morphology has no such part.
    pub fn list(&self, name: &str) -> &[Section] {
        self.lists.iter().find(|(known, _)| known == name).map_or(&[], |(_, sections)| sections)
    }
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

impl Model {
    /// An empty model with the built-in mechanisms.
    pub fn new() -> Self {
        Self::with_registry(Registry::with_built_ins()).expect("built-in mechanisms have distinct names")
    }

    /// An empty model with the mechanisms of a registry, such as those of plug-ins.
    ///
    /// # Errors
    ///
    /// If two mechanisms clash over a name or the valence of an ion.
    pub fn with_registry(registry: Registry) -> Result<Self, Error> {
        let catalogue = registry.catalogue()?;
        Ok(Self {
            cell: Cell::new(Arc::new(catalogue)),
            registry,
            created: Vec::new(),
            extras: BTreeMap::new(),
            calls: Vec::new(),
            pointers: Vec::new(),
            streams: Vec::new(),
            connections: Vec::new(),
            followers: Vec::new(),
            requests: Vec::new(),
            recorded_spikes: Vec::new(),
            step_plugins: Vec::new(),
        })
    }

    /// Loads the `.mod` files of a folder, or one such file, and returns the names of their mechanisms. Nothing is compiled
    /// beforehand. Files of one call are put in the order of their names.
    ///
    /// # Errors
    ///
    /// All that is wrong with the files; if the model has sections or point processes already.
    pub fn load_mechanisms(&mut self, path: &Path) -> Result<Vec<String>, Error> {
        if self.cell.sections().next().is_some() || self.cell.point_processes().next().is_some() {
            return Err(Error::LateMechanisms);
        }
        let mut loaded = mechanisms::load(&[path.to_owned()]);
        let problems = loaded.all_problems();
        if !problems.is_empty() {
            return Err(MechanismProblems(problems).into());
        }
        loaded.add_to(&mut self.registry);
        self.cell = Cell::new(Arc::new(self.registry.catalogue()?));
        Ok(loaded.mechanisms.iter().map(|mechanism| mechanism.description().name.clone()).collect())
    }

    /// Reads a morphology (`.asc`, `.swc` or `.h5`) and makes its sections, as NEURON's Import3d does.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no morphology.
    pub fn import_morphology(&mut self, file: &Path) -> Result<Morphology, Error> {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let imported = match extension.to_ascii_lowercase().as_str() {
            "asc" => import3d_asc(file)?,
            "swc" => import3d_swc(file)?,
            "h5" => morphio_h5(file)?,
            _ => return Err(Error::UnknownMorphologyFormat { file: file.to_owned() }),
        };
        let made = self.cell.instantiate(None, &imported)?;
        self.created.extend(made.sections.iter().copied().map(Created::Section));
        Ok(Morphology { sections: made.sections, lists: made.lists, warnings: imported.warnings })
    }

    /// Lets a plug-in add systems or components to every cell group.
    pub fn add_step_plugin(&mut self, plugin: StepPlugin) {
        self.step_plugins.push(plugin);
    }

    /// The cells under construction, for what has no method here: 3-D points, distances, ion styles.
    ///
    /// Sections are created with [`Model::section`], and point processes with the methods of the model only.
    pub fn cell_mut(&mut self) -> &mut Cell {
        &mut self.cell
    }
}
