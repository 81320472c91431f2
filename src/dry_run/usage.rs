//! What a dry run finds out about each metype, and the file that keeps it for later ones: `cell_memory_usage.json`.
//!
//! The file has the three tables of neurodamus's file of this name, which neurodamus reads on, and two of our own, which
//! it passes over.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::balance::{Folder, PlanningFileProblem};
use crate::failure::Failure;

/// KB of a synapse, where a file does not say.
const USUAL_SYNAPSE: f64 = 1.9;

/// Name of the file.
const FILE: &str = "cell_memory_usage.json";

/// Name of the file that older versions of neurodamus wrote: KB of a cell with its synapses, by metype.
const FILE_OF_METYPES: &str = "memory_per_metype.json";

/// Cells by metype, in the order in which these come first, as node ids.
pub type Metypes = Vec<(String, Vec<u32>)>;

/// How many of some parts of the model there are, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// How many.
    pub count: f64,
    /// Bytes of all of them.
    pub bytes: f64,
}

/// What is known of one metype, on average over its cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Bytes of a cell without its synapses, while it is simulated.
    pub cell: f64,
    /// Bytes of a synapse with its connections, while it is simulated.
    pub synapse: f64,
    /// Number of synapses of the cells that were built.
    pub sampled_synapses: f64,
    /// Further bytes of a cell without its synapses, while it is built.
    pub building_cell: f64,
    /// Further bytes of a synapse, while it is built.
    pub building_synapse: f64,
    /// Bytes of what reports know of a cell.
    pub reports: f64,
    /// Bytes of the rows that reports would keep of a cell, if their buffers were large enough.
    pub report_rows: f64,
    /// Bytes of a cell as they decide how many cells form a group.
    pub grouping: f64,
    /// Nanoseconds that a time step of a cell takes.
    pub step: f64,
    /// The parts of a cell with its synapses, by kind and name.
    pub parts: BTreeMap<String, Part>,
}

/// Bytes that a group takes beyond its columns: its world and schedule, and the programs of each of its mechanisms.
const GROUP: f64 = 100e3;
const GROUP_MECHANISM: f64 = 43e3;

impl Estimate {
    /// Bytes of a group of such cells beyond what its cells take.
    pub fn group(&self) -> f64 {
        let mechanisms = self.parts.keys().filter(|name| name.starts_with("mechanism ")).count();
        GROUP + GROUP_MECHANISM * mechanisms as f64
    }

    /// Whether a part belongs to synapses rather than to cells.
    pub fn is_of_synapses(&self, part: &str) -> bool {
        match part.split_once(' ') {
            Some(("mechanism", name)) => self.parts.contains_key(&format!("synapse {name}")),
            Some(("synapse", _)) => true,
            _ => part == "general connections",
        }
    }

    /// All numbers.
    fn numbers(&self) -> impl Iterator<Item = f64> {
        let own = [
            self.cell,
            self.synapse,
            self.sampled_synapses,
            self.building_cell,
            self.building_synapse,
            self.reports,
            self.report_rows,
            self.grouping,
            self.step,
        ];
        own.into_iter().chain(self.parts.values().flat_map(|part| [part.count, part.bytes]))
    }
}

/// What is known of all metypes of a circuit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// KB of a cell without its synapses, by metype.
    pub memory: BTreeMap<String, f64>,
    /// Mean number of synapses of a cell, by metype.
    pub synapses: BTreeMap<String, f64>,
    /// The cells of each population.
    pub populations: Vec<(String, Metypes)>,
    /// More about each metype, where this program found it out.
    pub estimates: BTreeMap<String, Estimate>,
    /// Bytes of a rank by itself: the program, its libraries, and what it reads and needs for building at any time.
    pub overhead: Option<f64>,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Tables {
    metype_cell_syn_average: BTreeMap<String, f64>,
    metype_memory: BTreeMap<String, f64>,
    pop_metype_gids: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
    #[serde(default)]
    metype_estimates: BTreeMap<String, Estimate>,
    #[serde(default)]
    rank_overhead: Option<f64>,
}

impl Usage {
    /// The cells of a population by metype.
    pub fn of_population(&self, name: &str) -> Option<&Metypes> {
        self.populations.iter().find(|(known, _)| known == name).map(|(_, metypes)| metypes)
    }

    /// Enters what was found out about a metype.
    pub fn insert(&mut self, metype: &str, synapses: f64, estimate: Estimate) {
        self.memory.insert(metype.to_owned(), estimate.cell / 1024.0);
        self.synapses.insert(metype.to_owned(), synapses);
        self.estimates.insert(metype.to_owned(), estimate);
    }

    /// KB of a cell of a metype with its synapses.
    pub fn cost(&self, metype: &str) -> f64 {
        let cell = self.memory.get(metype).copied().unwrap_or(0.0);
        let synapses = self.synapses.get(metype).copied().unwrap_or(0.0);
        let estimate = self.estimates.get(metype).filter(|estimate| estimate.synapse > 0.0);
        cell + synapses * estimate.map_or(USUAL_SYNAPSE, |estimate| estimate.synapse / 1024.0)
    }

    /// Takes over what another run found out about metypes that are not known here.
    pub fn learn(&mut self, other: Self) {
        for (metype, memory) in other.memory {
            self.memory.entry(metype).or_insert(memory);
        }
        for (metype, synapses) in other.synapses {
            self.synapses.entry(metype).or_insert(synapses);
        }
        for (metype, estimate) in other.estimates {
            self.estimates.entry(metype).or_insert(estimate);
        }
        self.overhead = self.overhead.or(other.overhead);
    }

    /// Reads the file, if there is one.
    ///
    /// # Errors
    ///
    /// A file of another form.
    pub fn read(folder: &Folder) -> Result<Option<Self>, Failure> {
        let file = folder.path(FILE);
        let Some(text) = folder.read(&file)? else { return Ok(None) };
        Self::parse(&text, &file).map(Some).map_err(Failure::bad_input)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, PlanningFileProblem> {
        let help = "delete the file: it is then made again";
        let tables: Tables = serde_json::from_str(text)
            .map_err(|error| PlanningFileProblem::new(file, format!("it is no such file: {error}"), help))?;
        let estimates = tables.metype_estimates.values().flat_map(Estimate::numbers);
        let numbers = tables.metype_memory.values().chain(tables.metype_cell_syn_average.values()).copied();
        if numbers
            .chain(estimates)
            .chain(tables.rank_overhead)
            .any(|number| !number.is_finite() || number < 0.0)
        {
            return Err(PlanningFileProblem::new(file, "a number is negative", help));
        }
        let populations = tables.pop_metype_gids.into_iter();
        Ok(Self {
            memory: tables.metype_memory,
            synapses: tables.metype_cell_syn_average,
            populations: populations.map(|(name, metypes)| (name, metypes.into_iter().collect())).collect(),
            estimates: tables.metype_estimates,
            overhead: tables.rank_overhead,
        })
    }

    /// Writes both files.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<(), Failure> {
        let populations = self.populations.iter();
        let tables = Tables {
            metype_cell_syn_average: self.synapses.clone(),
            metype_memory: self.memory.clone(),
            pop_metype_gids: populations
                .map(|(name, metypes)| (name.clone(), metypes.iter().cloned().collect()))
                .collect(),
            metype_estimates: self.estimates.clone(),
            rank_overhead: self.overhead,
        };
        let costs: BTreeMap<&String, f64> =
            self.memory.keys().map(|metype| (metype, self.cost(metype))).collect();
        for (name, text) in [(FILE, indented(&tables)), (FILE_OF_METYPES, indented(&costs))] {
            let file = folder.path(name);
            let text = text.map_err(|error| {
                Failure::run_failed(PlanningFileProblem::not_written(&file, &std::io::Error::other(error)))
            })?;
            folder.write(&file, &text)?;
        }
        Ok(())
    }
}

/// JSON as Python writes it with an indentation of 4.
fn indented(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    Ok(text)
}
