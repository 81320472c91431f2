//! The plan of a simulation: which cells exist, what each is, and which rank gets it. Plain data, made before
//! anything is built.

mod attributes;
mod targets;

use std::path::PathBuf;
use std::sync::Arc;

use sonata::circuit::{MorphologyFormat, NodePopulation, NodeType};
use sonata::diagnostics::Problem;
use sonata::nodes;

use crate::failure::Failure;
use crate::input::Input;

pub use attributes::{InputResistance, Needed};
pub use targets::Target;

/// The plan of a simulation.
#[derive(Debug)]
pub struct Plan {
    /// The node populations of the circuit, in its order.
    pub populations: Vec<Population>,
}

/// A node population.
#[derive(Debug)]
pub struct Population {
    /// Its name.
    pub name: Arc<str>,
    /// Whether its nodes are only sources of spikes.
    pub is_virtual: bool,
    /// Whether its cells are point neurons: artificial cells, which have no compartments.
    pub is_point: bool,
    /// Its nodes file.
    pub nodes: nodes::NodePopulation,
    /// Gid of its node 0; `None` for a population that takes no part.
    pub offset: Option<u64>,
    /// The nodes that are simulated, ascending; all of a virtual population.
    pub node_ids: Vec<u64>,
    /// Where its templates are.
    pub templates: Option<PathBuf>,
    /// Where its morphologies are, and their format.
    pub morphologies: Option<(PathBuf, MorphologyFormat)>,
    /// Whether templates are told to keep the axon.
    pub detailed_axon: bool,
    /// Attributes of its nodes that stimuli are relative to.
    pub needed: Needed,
}

/// One cell to build.
#[derive(Clone, Debug, PartialEq)]
pub struct CellSpec {
    /// Index of its population in the plan.
    pub population: usize,
    /// Its SONATA node id.
    pub node_id: u64,
    /// Its number over all populations.
    pub gid: u64,
    /// Its template.
    pub template: String,
    /// Its morphology, without folder and extension.
    pub morphology: String,
    /// Current that keeps it at its holding potential (nA); 0 where no stimulus needs it.
    pub holding_current: f64,
    /// Current at which it begins to spike (nA); 0 where no stimulus needs it.
    pub threshold_current: f64,
    /// Its input resistance; `None` where no stimulus needs it.
    pub input_resistance: Option<InputResistance>,
}

impl Plan {
    /// Plans the simulation that the input asks for.
    ///
    /// # Errors
    ///
    /// A nodes file that cannot be read, a node set that does not fit it, or nothing to simulate.
    pub fn new(input: &Input) -> Result<Self, Failure> {
        let mut populations = Vec::new();
        for population in &input.circuit.nodes {
            populations.push(open(population)?);
        }
        let mut plan = Self { populations };
        match &input.config.node_set {
            Some(name) => {
                for (population, node_ids) in plan.target(input, &name.value)?.nodes {
                    if !plan.populations[population].is_virtual {
                        plan.populations[population].node_ids = node_ids;
                    }
                }
            }
            None => {
                for population in plan.populations.iter_mut().filter(|population| !population.is_virtual) {
                    population.node_ids = (0..population.nodes.len()).collect();
                }
            }
        }
        plan.number_cells();
        if plan.cell_count() == 0 {
            return Err(Failure::bad_input(nothing_to_simulate(input)));
        }
        plan.find_needed_attributes(input)?;
        Ok(plan)
    }

    /// Gives every population that takes part the gid of its first node. As neurodamus does, in the order of
    /// names, from the highest node id in use.
    fn number_cells(&mut self) {
        let mut named: Vec<usize> = (0..self.populations.len())
            .filter(|&index| !self.populations[index].node_ids.is_empty())
            .collect();
        named.sort_by(|&one, &other| self.populations[one].name.cmp(&self.populations[other].name));
        let highest: Vec<u64> = named
            .iter()
            .map(|&index| self.populations[index].node_ids.last().copied().unwrap_or(0))
            .collect();
        for (&index, offset) in named.iter().zip(sonata::global_ids::population_offsets(&highest)) {
            self.populations[index].offset = Some(offset);
        }
    }

    /// Number of cells that are simulated, over all ranks.
    pub fn cell_count(&self) -> usize {
        let real = self.populations.iter().filter(|population| !population.is_virtual);
        real.map(|population| population.node_ids.len()).sum()
    }

    /// All cells that are simulated.
    pub fn all_cells(&self) -> Target {
        let all = self.populations.iter().enumerate().filter(|(_, population)| !population.is_virtual);
        Target { nodes: all.map(|(index, population)| (index, population.node_ids.clone())).collect() }
    }

    /// What is to be built of some cells, in their order.
    ///
    /// # Errors
    ///
    /// A node attribute that is missing or of the wrong type.
    pub fn cells(&self, chosen: &Target) -> Result<Vec<CellSpec>, Failure> {
        let mut cells = Vec::new();
        for &(index, ref node_ids) in &chosen.nodes {
            let population = &self.populations[index];
            let (false, Some(offset)) = (population.is_virtual, population.offset) else { continue };
            let nodes = &population.nodes;
            let read = || -> Result<_, sonata::Hdf5Error> {
                let templates = nodes.strings("model_template", node_ids)?;
                let morphologies = if population.is_point && !nodes.has("morphology") {
                    vec![String::new(); node_ids.len()]
                } else {
                    nodes.strings("morphology", node_ids)?
                };
                Ok((templates, morphologies, attributes::Columns::read(population, node_ids)?))
            };
            let (templates, morphologies, attributes) = read().map_err(Failure::bad_input)?;
            let details = templates.into_iter().zip(morphologies).enumerate();
            for (&node_id, (row, (template, morphology))) in node_ids.iter().zip(details) {
                let template = template.strip_prefix("hoc:").map(str::to_owned).unwrap_or(template);
                let gid = offset + node_id;
                cells.push(CellSpec {
                    population: index,
                    node_id,
                    gid,
                    template,
                    morphology,
                    holding_current: attributes.holding_current(row),
                    threshold_current: attributes.threshold_current(row),
                    input_resistance: attributes.input_resistance(row),
                });
            }
        }
        Ok(cells)
    }

    /// Whether a cell with this gid is simulated.
    pub fn simulates(&self, gid: u64) -> bool {
        let real = self.populations.iter().filter(|population| !population.is_virtual);
        real.filter_map(|population| Some((population, gid.checked_sub(population.offset?)?)))
            .any(|(population, node_id)| population.node_ids.binary_search(&node_id).is_ok())
    }

    /// The name of the template of a node.
    ///
    /// # Errors
    ///
    /// A node without template.
    pub fn template(&self, population: &str, node_id: u64) -> Result<String, Failure> {
        let Some((_, population)) = self.population(population) else { return Ok(String::new()) };
        let mut names = population.nodes.strings("model_template", &[node_id]).map_err(Failure::bad_input)?;
        let name = names.pop().unwrap_or_default();
        Ok(name.strip_prefix("hoc:").map(str::to_owned).unwrap_or(name))
    }

    /// The population called `name`.
    pub fn population(&self, name: &str) -> Option<(usize, &Population)> {
        self.populations.iter().enumerate().find(|(_, population)| &*population.name == name)
    }
}

fn open(population: &NodePopulation) -> Result<Population, Failure> {
    let nodes = nodes::NodePopulation::open(&population.file.value, &population.name.value)
        .map_err(Failure::bad_input)?;
    let is_virtual = population.node_type == NodeType::Virtual;
    let node_ids = if is_virtual { (0..nodes.len()).collect() } else { Vec::new() };
    Ok(Population {
        name: population.name.value.as_str().into(),
        is_virtual,
        is_point: population.node_type == NodeType::PointProcess,
        nodes,
        offset: None,
        node_ids,
        templates: population
            .components
            .biophysical_neuron_models_dir
            .as_ref()
            .map(|path| path.value.clone()),
        morphologies: population.morphologies().map(|(path, format)| (path.to_owned(), format)),
        detailed_axon: population.detailed_axon,
        needed: Needed::default(),
    })
}

/// The problem of a simulation without cells.
fn nothing_to_simulate(input: &Input) -> Problem {
    let remedy = match &input.config.node_set {
        Some(name) => format!("node set `{}` selects no cell of the circuit", name.value),
        None => "the circuit has no cells".to_owned(),
    };
    input.config.document.impossible(&["node_set"], "there is no cell to simulate", Some(&remedy))
}
