//! From the plan to the cells of one rank, with all that is attached to them.

mod check;
mod construct;
mod corrections;
mod modifications;
mod points;
mod replay;
mod reports;
mod stimuli;
mod synapses;
mod templates;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sonata::config::SpikeLocation;
use systems::group::{CellPlan, SpikeSource};

use crate::failure::Failure;
use crate::input::Input;
use crate::node::Pathway;
use crate::plan::{CellSpec, Plan};
use templates::Built;

pub use check::check;
pub use construct::{BuiltCell, PublicValues};
pub use corrections::Clamp;
pub use modifications::warn_of_idle;
pub use reports::{CellElements, ReportPlan};
pub use synapses::{EdgeCounts, GAP_JUNCTION, GLOBALS_OF_BUILDING, count_edges, end_minis_at, is_synapse};
pub use templates::{Globals, public_values};

/// The cells of a rank, with all that is attached to them so far.
pub struct CellsOfRank {
    /// What was built, by ascending gid.
    pub instances: Vec<Instance>,
    /// The cells, in the same order.
    pub plans: Vec<CellPlan>,
    /// Whether their synapses are made.
    pub has_synapses: bool,
    /// Number of these synapses.
    pub synapse_count: usize,
    /// The reports of the simulation, with what this rank's cells contribute.
    pub reports: Vec<ReportPlan>,
    /// Globals of mechanisms that templates set, by (mechanism, variable).
    pub globals: Globals,
    /// To how many sections or segments of this rank's cells each modification was applied.
    pub applications: Vec<u64>,
    /// Globals of mechanisms that `synapse_configure` sets.
    pub configured_globals: Globals,
    /// Clamps whose current is recorded.
    pub clamps: Vec<Clamp>,
    /// Files that the cells were built from, beside those that the configs name.
    pub files: BTreeSet<PathBuf>,
}

impl CellsOfRank {
    /// Cells, by ascending gid, without synapses, stimuli and reports.
    pub fn new(instances: Vec<Instance>, plans: Vec<CellPlan>, globals: Globals) -> Self {
        Self {
            instances,
            plans,
            has_synapses: false,
            synapse_count: 0,
            reports: Vec::new(),
            globals,
            applications: Vec::new(),
            configured_globals: Globals::new(),
            clamps: Vec::new(),
            files: BTreeSet::new(),
        }
    }

    /// Takes the cells, to put them into groups.
    pub fn take_plans(&mut self) -> Vec<CellPlan> {
        self.instances = Vec::new();
        std::mem::take(&mut self.plans)
    }

    /// What the cells were built from; equal ones share it.
    pub fn built(&self) -> impl Iterator<Item = &Arc<BuiltCell>> {
        self.instances.iter().map(|instance| &instance.built)
    }

    /// Joins what is known of other cells, built with the same phases and put into groups as well.
    pub fn absorb(&mut self, other: Self) {
        for (report, more) in self.reports.iter_mut().zip(other.reports) {
            report.absorb(more);
        }
        self.synapse_count += other.synapse_count;
        self.globals.extend(other.globals);
        for (count, more) in self.applications.iter_mut().zip(other.applications) {
            *count += more;
        }
        self.configured_globals.extend(other.configured_globals);
        self.clamps.extend(other.clamps);
        self.clamps.sort_by_key(|clamp| clamp.gid);
    }
}

/// A cell that was built, with what it was planned as.
pub struct Instance {
    /// What was planned.
    pub spec: CellSpec,
    /// What was built; shared between equal cells.
    pub built: Arc<BuiltCell>,
}

/// How cells are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// From their templates.
    Plain,
    /// From their templates, and modified as the config says.
    Modified,
    /// As one section without mechanisms (`--crash-test`); point neurons stay what they are.
    Points,
}

impl Manner {
    /// As options ask for it: cells modified or not, or tests for crashes.
    pub fn new(modified: bool, crash_test: bool) -> Self {
        match (crash_test, modified) {
            (true, _) => Self::Points,
            (false, true) => Self::Modified,
            (false, false) => Self::Plain,
        }
    }
}

/// Builds the cells of a rank.
///
/// # Errors
///
/// All that can be wrong with templates and morphologies.
pub fn create_cells(
    specs: Vec<CellSpec>,
    input: &Input,
    plan: &Plan,
    manner: Manner,
) -> Result<CellsOfRank, Failure> {
    let Built { mut instances, globals, applications, files } = match manner {
        Manner::Points => points::build_cells(specs, input, plan)?,
        Manner::Plain | Manner::Modified => {
            templates::build_cells(specs, input, plan, manner == Manner::Modified)?
        }
    };
    instances.sort_by_key(|instance| instance.spec.gid);
    if manner != Manner::Points
        && let Some((corrections, population)) = corrections::wanted(input, plan)?
    {
        corrections::correct(&mut instances, corrections, population)?;
    }
    let spike_location = match manner {
        Manner::Points => SpikeLocation::Soma,
        Manner::Plain | Manner::Modified => input.config.conditions.spike_location,
    };
    let plans = instances.iter().map(|instance| cell_plan(instance, spike_location, input, plan));
    let plans = plans.collect::<Result<Vec<CellPlan>, Failure>>()?;
    Ok(CellsOfRank { applications, files, ..CellsOfRank::new(instances, plans, globals) })
}

/// Makes the synapses and gap junctions of a rank's cells, but for those of the pathways in `deleted`; says what of the
/// overrides is worth a second look, if asked for a `review`.
///
/// # Errors
///
/// All that can be wrong with edges, synapse models, replayed spikes and the node sets of overrides.
pub fn create_synapses(
    cells: &mut CellsOfRank,
    input: &Input,
    plan: &Plan,
    deleted: &[Pathway],
    crash_test: bool,
    review: bool,
) -> Result<(), Failure> {
    if cells.has_synapses {
        return Ok(());
    }
    let deleted = deleted.iter().map(|pathway| pathway.resolve(plan)).collect::<Result<Vec<_>, _>>()?;
    let CellsOfRank { instances, plans, .. } = cells;
    let synapses::Connected { globals, files, count } =
        synapses::connect(plans, instances, input, plan, &deleted, crash_test, review)?;
    (cells.configured_globals, cells.synapse_count) = (globals, count);
    cells.files.extend(files);
    if let Some((corrections, population)) = corrections::wanted(input, plan)? {
        cells.clamps = corrections::clamp(plans, instances, input, corrections, population)?;
    }
    cells.has_synapses = true;
    Ok(())
}

/// Attaches the stimuli to a rank's cells.
///
/// # Errors
///
/// A node set or compartment set that does not fit the cells, an attribute that nodes lack.
pub fn enable_stimuli(cells: &mut CellsOfRank, input: &Input, plan: &Plan) -> Result<(), Failure> {
    stimuli::apply(&mut cells.plans, &cells.instances, input, plan, &input.registry)
}

/// Attaches probes for the reports to a rank's cells.
///
/// # Errors
///
/// A node set that does not fit, variables that cells do not have.
pub fn enable_reports(cells: &mut CellsOfRank, input: &Input, plan: &Plan) -> Result<(), Failure> {
    cells.reports = reports::probe(&mut cells.plans, &cells.instances, input, plan, &input.registry)?;
    Ok(())
}

/// A cell with nothing but its spike source attached.
fn cell_plan(
    instance: &Instance,
    spike_location: SpikeLocation,
    input: &Input,
    plan: &Plan,
) -> Result<CellPlan, Failure> {
    let spec = &instance.spec;
    let spike_source = match instance.built.point_cell {
        Some(index) => SpikeSource::PointProcess(index as usize),
        None => SpikeSource::Voltage {
            node: instance.built.spike_node(spike_location, spec)?,
            threshold: input.config.run.spike_threshold,
        },
    };
    let (population, model) = (&plan.populations[spec.population].name, Arc::clone(&instance.built.model));
    Ok(CellPlan {
        spike_source: Some(spike_source),
        calls: instance.built.calls.clone(),
        pointers: instance.built.pointers.clone(),
        ..CellPlan::new(Arc::clone(population), spec.node_id, spec.gid, model)
    })
}

/// Something about a cell that makes it impossible to build or use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{population} node {node_id} (template `{template}`, morphology `{morphology}`): {what}")]
pub struct CellProblem {
    /// The cell's population.
    pub population: String,
    /// Its node id.
    pub node_id: u64,
    /// Its template.
    pub template: String,
    /// Its morphology.
    pub morphology: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    #[help]
    pub help: Option<String>,
}

impl CellProblem {
    /// A problem of the cell `spec`.
    pub fn new(spec: &CellSpec, population: &str, what: impl Into<String>, help: Option<&str>) -> Self {
        Self {
            population: population.to_owned(),
            node_id: spec.node_id,
            template: spec.template.clone(),
            morphology: spec.morphology.clone(),
            what: what.into(),
            help: help.map(str::to_owned),
        }
    }
}
