//! The input files of a simulation, read and checked before anything is built.

mod corrections;
pub mod modifications;
mod reports;
mod stimuli;
mod support;

use std::path::{Path, PathBuf};

use sonata::circuit::CircuitConfig;
use sonata::compartment_sets::CompartmentSets;
use sonata::config::SimulationConfig;
use sonata::diagnostics::{Problem, Problems};
use sonata::node_sets::NodeSets;
use systems::Registry;

pub use corrections::GapJunctionCorrections;

use crate::failure::{Exit, Failure, Problem as AnyProblem};
use crate::mechanisms::{self, CannotRun};
use modifications::Modification;

/// The configurations of a simulation.
pub struct Input {
    /// Path of the simulation config.
    pub path: PathBuf,
    /// The simulation config.
    pub config: SimulationConfig,
    /// The circuit config.
    pub circuit: CircuitConfig,
    /// Node sets of the circuit and of the simulation.
    pub node_sets: NodeSets,
    /// Compartment sets of the simulation.
    pub compartment_sets: CompartmentSets,
    /// The modifications of cells.
    pub modifications: Vec<Modification>,
    /// Where outputs go.
    pub output_dir: PathBuf,
    /// What `beta_features` asks for.
    pub corrections: Option<GapJunctionCorrections>,
    /// The mechanisms that cells can use.
    pub registry: Registry,
    /// Mechanisms that cells cannot use, although there are files of them.
    pub refused: Vec<CannotRun>,
}

/// Problems of several files; those of files that could be read do not hide those of others.
#[derive(Default)]
struct Collected {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Of mechanisms.
    other_errors: Vec<AnyProblem>,
}

impl Collected {
    fn take<T>(&mut self, result: Result<T, Problems>) -> Option<T> {
        result.map_err(|problems| self.errors.extend(problems.0)).ok()
    }

    fn is_sound(&self) -> bool {
        self.errors.is_empty() && self.other_errors.is_empty()
    }
}

/// The mechanisms of `registry` with those of `places` and of the circuit's populations, and those that cannot run.
fn load_mechanisms(
    registry: &Registry,
    places: &[PathBuf],
    circuit: Option<&CircuitConfig>,
    collected: &mut Collected,
) -> (Registry, Vec<CannotRun>) {
    let mut registry = registry.clone();
    let mut places = places.to_vec();
    for folder in circuit.map(mechanisms::folders_of).unwrap_or_default() {
        if places.contains(&folder) {
            continue;
        }
        if folder.is_dir() {
            places.push(folder);
        } else {
            tracing::warn!("`mechanisms_dir` {} is no folder", folder.display());
        }
    }
    let loaded = mechanisms::load(&places);
    loaded.add_to(&mut registry);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    for refused in loaded.refused.iter().filter(|refused| !refused.is_superfluous()) {
        tracing::warn!("{}; it is left out", refused.summary());
    }
    collected.other_errors.extend(loaded.problems);
    (registry, loaded.refused.iter().map(mechanisms::Refused::summary).collect())
}

impl Input {
    /// Reads a simulation config and all configurations that it names; `output_path` takes the place of its
    /// `output.output_dir` and is relative to the config's folder. Mechanisms are those of `registry`, of the folders
    /// and files in `mechanisms`, and of the folders that the circuit config names.
    ///
    /// # Errors
    ///
    /// All problems of all files: wrong syntax, unknown keys, bad values, and valid keys whose feature is not
    /// there yet, each by name.
    pub fn load(
        path: &Path,
        output_path: Option<&Path>,
        registry: &Registry,
        mechanisms: &[PathBuf],
    ) -> Result<Self, Failure> {
        let mut collected = Collected::default();
        let config = SimulationConfig::from_file(path).map_err(|problems| Failure::bad_inputs(problems.0))?;
        collected.warnings.extend(config.warnings.iter().cloned());
        let circuit = collected.take(CircuitConfig::from_file(&config.network.value));
        let node_sets = load_node_sets(&config, circuit.as_ref(), &mut collected);
        let compartment_sets = match &config.compartment_sets_file {
            Some(file) => collected.take(CompartmentSets::from_file(&file.value)),
            None => Some(CompartmentSets::default()),
        };
        collected.errors.extend(support::unsupported(&config));
        collected.errors.extend(stimuli::problems(&config));
        let modifications = modifications::parse(&config);
        let modifications =
            modifications.map_err(|problems| collected.errors.extend(problems)).unwrap_or_default();
        collected.errors.extend(reports::problems(&config));
        let (registry, refused) = load_mechanisms(registry, mechanisms, circuit.as_ref(), &mut collected);
        if collected.other_errors.is_empty() && circuit.is_some() {
            collected.errors.extend(support::unknown_globals(&config, &registry));
        }
        if let Some(circuit) = &circuit {
            collected.warnings.extend(circuit.warnings.iter().cloned());
            collected.errors.extend(support::unsupported_circuit(circuit));
        }
        let corrections = match circuit.as_ref().map(|circuit| corrections::read(&config, circuit)) {
            Some(Ok(corrections)) => corrections,
            Some(Err(problems)) => {
                collected.errors.extend(problems);
                None
            }
            None => None,
        };
        if let (Some(node_sets), Some(compartment_sets)) = (&node_sets, &compartment_sets) {
            collected.errors.extend(unknown_names(&config, node_sets, compartment_sets));
        }
        for warning in &collected.warnings {
            let position = warning.position();
            let place = format!("{}:{}:{}", warning.source.path().display(), position.line, position.column);
            tracing::warn!("{place}: {warning}");
        }
        match (circuit, node_sets, compartment_sets) {
            (Some(circuit), Some(node_sets), Some(compartment_sets)) if collected.is_sound() => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let output_dir = match output_path {
                    Some(output_path) => folder.join(output_path),
                    None => config.output.output_dir.clone(),
                };
                Ok(Self {
                    path: path.to_owned(),
                    config,
                    circuit,
                    node_sets,
                    compartment_sets,
                    modifications,
                    output_dir,
                    corrections,
                    registry,
                    refused,
                })
            }
            _ => {
                collected.errors.dedup();
                let mut failure = Failure { problems: collected.other_errors, exit: Exit::BadInput };
                failure.problems.extend(Failure::bad_inputs(collected.errors).problems);
                Err(failure)
            }
        }
    }
}

/// The circuit's node sets, with those of the simulation in their place or beside them.
fn load_node_sets(
    config: &SimulationConfig,
    circuit: Option<&CircuitConfig>,
    collected: &mut Collected,
) -> Option<NodeSets> {
    let of_circuit = circuit.and_then(|circuit| circuit.node_sets_file.as_ref());
    let mut node_sets = NodeSets::default();
    // Without the circuit's node sets, those of the simulation would seem to be missing
    let mut is_complete = circuit.is_some();
    let same = |one: &Path, other: &Path| one == other;
    for (file, is_simulation) in [(of_circuit, false), (config.node_sets_file.as_ref(), true)]
        .into_iter()
        .filter_map(|(file, which)| Some((file?, which)))
    {
        if is_simulation && of_circuit.is_some_and(|other| same(&other.value, &file.value)) {
            continue;
        }
        match collected.take(NodeSets::from_file(&file.value)) {
            Some((sets, warnings)) => {
                collected.warnings.extend(warnings);
                let (merged, warnings) = node_sets.merged(sets);
                collected.warnings.extend(warnings);
                node_sets = merged;
            }
            None => is_complete = false,
        }
    }
    if is_complete {
        collected.take(node_sets.check())?;
    }
    is_complete.then_some(node_sets)
}

/// Node sets and compartment sets that the config names but nobody defines.
fn unknown_names(
    config: &SimulationConfig,
    node_sets: &NodeSets,
    compartment_sets: &CompartmentSets,
) -> Vec<Problem> {
    use sonata::config::{ModificationKind, ReportPoints, Target};
    let source = &config.document.source;
    let mut names = Vec::from_iter(config.node_set.as_ref());
    let mut sets = Vec::new();
    for input in &config.inputs {
        match &input.target {
            Target::NodeSet(name) => names.push(name),
            Target::CompartmentSet(name) => sets.push(name),
        }
    }
    for report in config.reports.iter().filter(|report| report.enabled) {
        names.extend(&report.cells);
        if let ReportPoints::CompartmentSet(name) = &report.points {
            sets.push(name);
        }
    }
    for modification in &config.conditions.modifications {
        match &modification.kind {
            ModificationKind::Ttx { node_set }
            | ModificationKind::ConfigureAllSections { node_set, .. }
            | ModificationKind::SectionList { node_set, .. }
            | ModificationKind::Section { node_set, .. } => names.push(node_set),
            ModificationKind::CompartmentSet { compartment_set, .. } => sets.push(compartment_set),
        }
    }
    for connection in &config.connection_overrides {
        names.extend([&connection.source, &connection.target]);
    }
    let mut problems: Vec<Problem> = Vec::new();
    let unknown_nodes = names.into_iter().filter(|name| node_sets.get(&name.value).is_none());
    problems.extend(unknown_nodes.map(|name| node_sets.unknown(source, name)));
    let unknown_sets = sets.into_iter().filter(|name| compartment_sets.get(&name.value).is_none());
    problems.extend(unknown_sets.map(|name| compartment_sets.unknown(source, name)));
    problems.dedup();
    problems
}
