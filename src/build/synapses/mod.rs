//! Edges as synapses and connections.
//!
//! [`managers`] puts the edge populations in order; [`overrides`] says which connections are made and how, [`choose`]
//! which edges they have; [`attributes`] reads what synapses are made of; [`models`] and [`hoc_helper`] make them, and
//! [`builder`] connects a cell, [`junctions`] with gap junctions.

mod attributes;
mod builder;
mod check;
mod choose;
mod configure;
mod hoc_helper;
mod junctions;
mod location;
mod managers;
mod models;
mod overrides;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use nmodl::Description;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use sonata::circuit::ConnectionKind;
use sonata::edges::EdgeIds;
use sonata::global_ids::population_hash;
use systems::Registry;
use systems::group::{CellPlan, PointProcess};

use super::Instance;
use super::replay::{Replays, Sources};
use super::templates::{Globals, interpreter};
use crate::failure::{Exit, Failure};
use crate::input::Input;
use crate::node::Resolved;
use crate::plan::Plan;
use attributes::{Attributes, Wanted};
use builder::{Batch, Builder, Context, Planned, Remembered};
use choose::{Chooser, Chosen};
use hoc_helper::HocHelper;
use managers::{Manager, managers};
use models::{BuiltIn, Model, Models, Setting};
use overrides::Overrides;

pub use check::check;
pub use choose::{EdgeCounts, count_edges};

pub use builder::end_minis_at;
pub use junctions::MECHANISM as GAP_JUNCTION;
pub use location::soma;
pub use models::GLOBALS_OF_BUILDING;

/// Cells whose edges are read at once.
const CELLS_AT_ONCE: usize = 1000;

/// Something about a synapse that makes it impossible to build.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error(
    "edges `{edges}` of `{}`: synapse {synapse_id} of node {target_node}, from node {source_node}, cannot be made: {what}",
    file.display()
)]
pub struct SynapseProblem {
    /// The edge population.
    pub edges: String,
    /// Its file.
    pub file: PathBuf,
    /// Number of the synapse among the edges that end at the cell.
    pub synapse_id: u32,
    /// Node id of its source.
    pub source_node: u64,
    /// Node id of the cell.
    pub target_node: u64,
    /// What is wrong.
    pub what: String,
    /// What to do.
    #[help]
    pub help: Option<String>,
}

/// Something about an edge population that makes it impossible to use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{what} (`{}`)", file.display())]
pub struct EdgesProblem {
    /// Its file.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What to do.
    #[help]
    pub help: String,
}

impl EdgesProblem {
    /// A problem of an edge population.
    pub fn new(
        population: &sonata::edges::EdgePopulation,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { file: population.file().to_owned(), what: what.into(), help: help.into() }
    }
}

/// The description of a mechanism.
///
/// # Errors
///
/// If nobody defines it.
pub fn description(registry: &Registry, name: &str) -> Result<Arc<Description>, Failure> {
    let found = registry.get(name).map(|mechanism| Arc::clone(mechanism.description()));
    found.ok_or_else(|| Failure::from(systems::Error::UnknownMechanism { name: name.to_owned() }))
}

/// What connecting cells brings beside their synapses.
pub struct Connected {
    /// Globals of mechanisms that overrides set.
    pub globals: Globals,
    /// Files of helpers that were read.
    pub files: BTreeSet<PathBuf>,
    /// Number of synapses and gap junctions.
    pub count: usize,
}

/// Whether a point process is a synapse or one side of a gap junction.
pub fn is_synapse(point: &PointProcess) -> bool {
    point.synapse_id.is_some() || point.description.name == GAP_JUNCTION
}

/// The synapses of one cell so far.
#[derive(Debug, Default)]
struct Synapses {
    /// How many there are.
    count: usize,
    /// Where they are, if neuromodulation wants to know.
    remembered: Vec<Remembered>,
}

/// Attaches the synapses and connections of all edge populations, but for those of the pathways in `deleted`, to the
/// cells of this rank; says what of the overrides is worth a second look, if asked for a `review`.
///
/// # Errors
///
/// An edges file that cannot be read or lacks an attribute, a location that a cell does not have, a synapse model that
/// is not there.
pub fn connect(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
    deleted: &[Resolved],
    crash_test: bool,
    review: bool,
) -> Result<Connected, Failure> {
    let overrides = Overrides::load(input, plan)?;
    if review {
        overrides.review();
    }
    let managers = managers(input, plan)?;
    let replayed = Replays::populations(input, plan)?;
    let mut sources = Sources::new();
    for manager in managers.iter().filter(|manager| manager.kind != ConnectionKind::GapJunction) {
        let Some(source) = manager.source.filter(|source| replayed.contains(source)) else { continue };
        let chooser = Chooser { manager, overrides: &overrides, plan, deleted };
        if let Some(selection) = chooser.selection()? {
            let own: Vec<u64> = own_cells(instances, manager.target).into_keys().collect();
            sources.entry(source).or_default().extend(chooser.sources(&own, &selection)?);
        }
    }
    let replays = Replays::load(input, plan, &sources)?;
    let models = models_of(input, plan)?;
    let context = Context {
        setting: Setting { registry: &input.registry, config: &input.config },
        plan,
        models: &models,
        replays: &replays,
        crash_test,
        remember: managers.iter().any(|manager| manager.kind == ConnectionKind::NeuroModulation),
    };
    let mut synapses: Vec<Synapses> = instances.iter().map(|_| Synapses::default()).collect();
    for manager in &managers {
        let connector = Connector { manager, overrides: &overrides, context: &context, instances, deleted };
        connector.connect(cells, &mut synapses)?;
        for cell in cells.iter_mut() {
            cell.after_edges.push((cell.point_processes.len() as u32, cell.connections.len() as u32));
        }
    }
    let count = synapses.iter().map(|synapses| synapses.count).sum();
    let pathways: Vec<_> = managers.iter().map(|manager| (manager.source, manager.target)).collect();
    let helpers = models.values().filter_map(|model| match model {
        Model::Hoc(helper) => Some(helper.files()),
        Model::BuiltIn(_) => None,
    });
    let files = helpers.flatten().filter_map(|file| file.canonicalize().ok()).collect();
    Ok(Connected { globals: overrides.globals(&pathways, plan).collect(), files, count })
}

/// The cells of a population by their node ids.
fn own_cells(instances: &[Instance], population: usize) -> BTreeMap<u64, usize> {
    let numbered = instances.iter().enumerate();
    let own = numbered.filter(|(_, instance)| instance.spec.population == population);
    own.map(|(index, instance)| (instance.spec.node_id, index)).collect()
}

/// The models that overrides name.
fn models_of(input: &Input, plan: &Plan) -> Result<Models, Failure> {
    let mut models = Models::new();
    let mut folders: Vec<PathBuf> =
        plan.populations.iter().filter_map(|population| population.templates.clone()).collect();
    folders.extend(crate::mechanisms::folders_of(&input.circuit));
    folders.dedup();
    for (index, entry) in input.config.connection_overrides.iter().enumerate() {
        let Some(name) = &entry.modoverride else { continue };
        if models.contains_key(&name.value) {
            continue;
        }
        let model = match (hoc_helper::find(&name.value, &folders), BuiltIn::named(&name.value)) {
            (Some(file), _) => {
                let interpreter = interpreter(input, plan, &input.registry, &folders)?;
                Model::Hoc(Box::new(HocHelper::load(&name.value, &file, interpreter)?))
            }
            (None, Some(model)) => Model::BuiltIn(model),
            (None, None) => {
                let what = format!("there is no synapse model `{}`", name.value);
                let known = BuiltIn::names().collect::<Vec<_>>().join("`, `");
                let remedy = format!(
                    "put `{}Helper.hoc` into the folder of the templates or the mechanisms, or choose `{known}`",
                    name.value
                );
                let path = ["connection_overrides", &index.to_string(), "modoverride"];
                return Err(Failure::bad_input(input.config.document.impossible(
                    &path,
                    &what,
                    Some(&remedy),
                )));
            }
        };
        models.insert(name.value.clone(), model);
    }
    Ok(models)
}

/// Connects the cells with the edges of one manager.
struct Connector<'a> {
    manager: &'a Manager<'a>,
    overrides: &'a Overrides<'a>,
    context: &'a Context<'a>,
    instances: &'a [Instance],
    deleted: &'a [Resolved],
}

impl<'a> Connector<'a> {
    fn connect(&self, cells: &mut [CellPlan], synapses: &mut [Synapses]) -> Result<(), Failure> {
        let manager = self.manager;
        let chooser =
            Chooser { manager, overrides: self.overrides, plan: self.context.plan, deleted: self.deleted };
        let Some(selection) = chooser.selection()? else {
            for edges in &manager.edges {
                let name = &edges.circuit.name.value;
                tracing::warn!("edges `{name}` are not instantiated: their only override has weight 0");
            }
            return Ok(());
        };
        let own = own_cells(self.instances, manager.target);
        let node_ids: Vec<u64> = own.keys().copied().collect();
        for some in node_ids.chunks(CELLS_AT_ONCE) {
            let chosen = chooser.choose(some, &selection)?;
            self.build(chosen, some, &own, cells, synapses)?;
        }
        Ok(())
    }

    /// Builds the chosen edges of some cells, the cells side by side.
    fn build(
        &self,
        chosen: Chosen<'a>,
        node_ids: &[u64],
        own: &BTreeMap<u64, usize>,
        cells: &mut [CellPlan],
        synapses: &mut [Synapses],
    ) -> Result<(), Failure> {
        let (manager, context) = (self.manager, self.context);
        let used: Vec<&Model> = self.models_used(&chosen).collect();
        let has_default = chosen.planned.values().flatten().any(|planned| planned.settings.model.is_none());
        let problems = check::missing_attributes(manager, &used, has_default);
        if !problems.is_empty() && !chosen.planned.is_empty() {
            return Err(Failure { problems, exit: Exit::BadInput });
        }
        let (mut further, scaled) = models::further_attributes(used.into_iter());
        if manager.kind == ConnectionKind::Exp2Syn {
            further.extend(BuiltIn::Exp2Syn.further_attributes().map(str::to_owned));
        }
        if manager.kind == ConnectionKind::GapJunction {
            further.extend(junctions::ATTRIBUTES.map(str::to_owned));
        }
        if manager.kind == ConnectionKind::NeuroModulation {
            further.extend(["neuromod_strength", "neuromod_dtc"].map(str::to_owned));
        }
        let config = context.setting.config;
        let mut wanted = Wanted {
            places: manager.kind != ConnectionKind::PointProcess && !context.crash_test,
            further,
            scaled,
            calcium: config.conditions.extracellular_calcium,
            dt: config.run.dt,
            ids: &EdgeIds::new(&[]),
        };
        let mut attributes = Vec::new();
        for (edges, ids) in manager.edges.iter().zip(&chosen.ids) {
            wanted.ids = ids;
            attributes.push(Attributes::read(&edges.population, &wanted)?);
        }
        let source = manager.source.map(|source| &context.plan.populations[source]);
        let target = &context.plan.populations[manager.target];
        let minis = mini_frequencies(&target.nodes, node_ids)?;
        let batch = Batch {
            kind: manager.kind,
            source: manager.source,
            has_real_source: source.is_some_and(|source| !source.is_virtual),
            attributes: &attributes,
            populations: (population_hash(&manager.source_name), population_hash(&target.name)),
            minis: &minis,
        };
        let mut of_cell: BTreeMap<usize, Vec<Planned>> = chosen
            .planned
            .into_iter()
            .filter_map(|(node_id, planned)| Some((*own.get(&node_id)?, planned)))
            .collect();
        let tasks: Vec<_> = cells
            .iter_mut()
            .zip(self.instances)
            .zip(synapses)
            .enumerate()
            .filter_map(|(index, task)| Some((task, of_cell.remove(&index)?)))
            .collect();
        let connect_one = |(((cell, instance), synapses), planned): (((&mut CellPlan, _), _), _)| {
            Builder::new(context, &batch, cell, instance, synapses).connect(planned)
        };
        let results: Vec<Result<(), Failure>> = tasks.into_par_iter().map(connect_one).collect();
        let failures = results.into_iter().filter_map(Result::err);
        let mut problems: Vec<_> = failures.flat_map(|failure| failure.problems).collect();
        if problems.is_empty() {
            return Ok(());
        }
        let more = problems.len().saturating_sub(PROBLEMS_SHOWN);
        problems.truncate(PROBLEMS_SHOWN);
        if more > 0 {
            tracing::warn!("{more} more cells have synapses that cannot be made");
        }
        Err(Failure { problems, exit: Exit::BadInput })
    }

    fn models_used<'c>(&'c self, chosen: &'c Chosen) -> impl Iterator<Item = &'c Model> {
        let connections = chosen.planned.values().flatten();
        let names: BTreeSet<&str> = connections.filter_map(|connection| connection.settings.model).collect();
        names.into_iter().filter_map(|name| self.context.models.get(name))
    }
}

/// Cells whose problems are shown.
const PROBLEMS_SHOWN: usize = 10;

/// Rates (Hz) of spontaneous events that nodes have: inhibitory and excitatory.
fn mini_frequencies(
    nodes: &sonata::nodes::NodePopulation,
    node_ids: &[u64],
) -> Result<BTreeMap<u64, (f64, f64)>, Failure> {
    let read = |name: &str| -> Result<Vec<f64>, Failure> {
        if nodes.has(name) {
            nodes.floats(name, node_ids).map_err(Failure::bad_input)
        } else {
            Ok(vec![0.0; node_ids.len()])
        }
    };
    let (inhibitory, excitatory) = (read("inh_mini_frequency")?, read("exc_mini_frequency")?);
    let rates = inhibitory.into_iter().zip(excitatory);
    let with_rates = node_ids.iter().copied().zip(rates).filter(|(_, rates)| *rates != (0.0, 0.0));
    Ok(with_rates.collect())
}
