//! From the plan to the cells of one rank, with all that is attached to them.

mod construct;
mod replay;
mod reports;
mod stimuli;
mod synapses;
mod templates;

use std::sync::Arc;

use systems::Registry;
use systems::group::{CellPlan, SpikeSource};

use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{CellSpec, Plan};
use templates::Built;

pub use construct::BuiltCell;
pub use reports::{CellElements, ReportPlan};
pub use templates::Globals;

/// The cells of a rank, ready to be put into groups.
pub struct RankCells {
    /// The cells, by ascending gid.
    pub cells: Vec<CellPlan>,
    /// The reports of the simulation, with what this rank's cells contribute.
    pub reports: Vec<ReportPlan>,
    /// Globals of mechanisms that templates set, by (mechanism, variable).
    pub globals: Globals,
    /// Globals of mechanisms that `synapse_configure` sets.
    pub configured_globals: Globals,
}

/// What the command line says of the cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choices {
    /// Nothing is reported.
    pub disable_reports: bool,
    /// Each connection has only one synapse, in the middle of the soma.
    pub crash_test: bool,
}

/// A cell that was built, with what it was planned as.
pub struct Instance {
    /// What was planned.
    pub spec: CellSpec,
    /// What was built; shared between equal cells.
    pub built: Arc<BuiltCell>,
}

/// Builds the cells of one of `size` ranks.
///
/// # Errors
///
/// All that can be wrong with templates, morphologies, edges, spikes and node sets.
pub fn build(
    input: &Input,
    plan: &Plan,
    registry: &Registry,
    choices: Choices,
    (rank, size): (usize, usize),
) -> Result<RankCells, Failure> {
    let specs = plan.cells_of_rank(rank, size)?;
    let Built { mut instances, globals } = templates::build_cells(specs, input, plan, registry)?;
    instances.sort_by_key(|instance| instance.spec.gid);
    let mut cells = instances
        .iter()
        .map(|instance| cell_plan(instance, input, plan))
        .collect::<Result<Vec<CellPlan>, Failure>>()?;
    let configured_globals = synapses::connect(&mut cells, &instances, input, plan, choices.crash_test)?;
    stimuli::apply(&mut cells, &instances, input, plan, registry)?;
    let reports = if choices.disable_reports {
        Vec::new()
    } else {
        reports::probe(&mut cells, &instances, input, plan, registry)?
    };
    Ok(RankCells { cells, reports, globals, configured_globals })
}

/// A cell with nothing but its spike source attached.
fn cell_plan(instance: &Instance, input: &Input, plan: &Plan) -> Result<CellPlan, Failure> {
    let spec = &instance.spec;
    let spike_source = match instance.built.point_cell {
        Some(index) => SpikeSource::PointProcess(index as usize),
        None => SpikeSource::Voltage {
            node: instance.built.spike_node(input.config.conditions.spike_location, spec)?,
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
