//! What a built model follows from: every key of the configs either is a fact of the model or says why it is none.
//!
//! The functions here take the configs apart without leaving a field out, so that a new key does not compile before it has
//! been classified. `docs/saved-models.md` shows the same table to users.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Write};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use sonata::circuit::{CircuitConfig, EdgePopulation, NodePopulation};
use sonata::config::{
    Conditions, ConnectionOverride, Input as Stimulus, MechanismGlobal, Modification, ModificationKind,
    Module, Run, SimulationConfig, Target as StimulusTarget,
};
use systems::mechanism::Mechanism;

use crate::build::GLOBALS_OF_BUILDING;
use crate::failure::Failure;
use crate::input::Input;
use crate::node::Pathway;
use crate::plan::{Plan, Target};

/// What a model follows from, by the name that messages give it: a value in short, or a hash of it.
pub type Facts = BTreeMap<String, String>;

/// What else than the input says how a model is built.
#[derive(Clone, Copy, Debug)]
pub struct Building<'a> {
    /// Whether the modifications of the config take part.
    pub modified: bool,
    /// Connections that are left out.
    pub deleted: &'a [Pathway],
    /// Whether each connection has only one synapse (`--crash-test`).
    pub crash_test: bool,
}

/// All facts but those of files and mechanisms.
///
/// # Errors
///
/// A node set that does not fit the nodes.
pub fn facts(input: &Input, plan: &Plan, building: Building) -> Result<Facts, Failure> {
    let mut facts = Facts::new();
    let Building { modified, deleted, crash_test } = building;
    facts.insert("--crash-test".to_owned(), crash_test.to_string());
    facts.insert("the choice of deleted connections".to_owned(), hash(&deleted));
    facts.insert("whether modifications are enabled".to_owned(), modified.to_string());
    of_config(&input.config, input, plan, &mut facts)?;
    of_circuit(&input.circuit, &mut facts);
    Ok(facts)
}

/// The facts in a simulation config.
fn of_config(
    config: &SimulationConfig,
    input: &Input,
    plan: &Plan,
    facts: &mut Facts,
) -> Result<(), Failure> {
    let SimulationConfig {
        // Its text, which says nothing more
        document: _,
        run,
        // Where outputs go
        output: _,
        conditions,
        // What it leads to counts, see `of_circuit`
        network: _,
        // What the sets that are used hold counts
        node_sets_file: _,
        compartment_sets_file: _,
        // Which cells it selects counts
        node_set: _,
        // Both known simulators are this program
        target_simulator: _,
        // Attached to the finished model
        reports: _,
        inputs,
        connection_overrides,
        // Not read
        metadata: _,
        // `input.corrections` is what becomes of it
        beta_features: _,
        warnings: _,
    } = config;
    facts.insert("node_set".to_owned(), hash_of_cells(plan));
    of_run(run, facts);
    of_conditions(conditions, input, plan, facts)?;
    of_inputs(inputs, input, plan, facts)?;
    let overrides = connection_overrides.iter().map(|entry| of_override(entry, input, plan));
    let overrides = overrides.collect::<Result<Vec<String>, Failure>>()?;
    facts.insert("connection_overrides".to_owned(), hash(&overrides));
    facts.insert("beta_features".to_owned(), hash(&input.corrections));
    Ok(())
}

/// Hashes which cells are simulated, with their gids.
fn hash_of_cells(plan: &Plan) -> String {
    let mut hasher = Hasher::default();
    for population in &plan.populations {
        // A hasher takes everything
        let _ = write!(hasher, "{} {:?}", population.name, population.offset);
        hasher.add_nodes(&population.node_ids);
    }
    hasher.finish()
}

/// Hashes the nodes of a set.
fn hash_of_target(target: &Target) -> String {
    let mut hasher = Hasher::default();
    for (population, node_ids) in &target.nodes {
        hasher.add_nodes(&[*population as u64]);
        hasher.add_nodes(node_ids);
    }
    hasher.finish()
}

fn of_run(run: &Run, facts: &mut Facts) {
    let Run {
        // Spontaneous events are told where it ends when the model is loaded
        tstop: _,
        // Delays are whole steps
        dt,
        // Streams of synapses and templates have it
        random_seed,
        // Each cell holds its own
        spike_threshold,
        // How the finished model is integrated
        integration_method: _,
        // Streams of stimuli have it
        stimulus_seed: _,
        // Templates get it
        ionchannel_seed,
        // Streams of spontaneous events have it
        minis_seed,
        // Streams of synapses have it
        synapse_seed,
    } = run;
    facts.insert("run.dt".to_owned(), format!("{dt:?}"));
    facts.insert("run.random_seed".to_owned(), random_seed.to_string());
    facts.insert("run.spike_threshold".to_owned(), format!("{spike_threshold:?}"));
    facts.insert("run.ionchannel_seed".to_owned(), ionchannel_seed.to_string());
    facts.insert("run.minis_seed".to_owned(), minis_seed.to_string());
    facts.insert("run.synapse_seed".to_owned(), synapse_seed.to_string());
}

fn of_conditions(
    conditions: &Conditions,
    input: &Input,
    plan: &Plan,
    facts: &mut Facts,
) -> Result<(), Failure> {
    let Conditions {
        // Templates may read both
        celsius,
        v_init,
        // Each cell holds its own
        spike_location,
        // Scales the release of synapses
        extracellular_calcium,
        randomize_gaba_rise_time,
        // Globals are set when the model starts, but for those that synapses are made with
        mechanisms,
        modifications,
    } = conditions;
    facts.insert("conditions.celsius".to_owned(), format!("{celsius:?}"));
    facts.insert("conditions.v_init".to_owned(), format!("{v_init:?}"));
    facts.insert("conditions.spike_location".to_owned(), format!("{spike_location:?}"));
    let calcium = extracellular_calcium.map_or("none".to_owned(), |calcium| format!("{calcium:?}"));
    facts.insert("conditions.extracellular_calcium".to_owned(), calcium);
    let random = randomize_gaba_rise_time.to_string();
    facts.insert("conditions.randomize_gaba_rise_time".to_owned(), random);
    for MechanismGlobal { mechanism, variable, value, span: _ } in mechanisms {
        if GLOBALS_OF_BUILDING.contains(&variable.as_str()) {
            facts.insert(format!("conditions.mechanisms.{mechanism}.{variable}"), format!("{value:?}"));
        }
    }
    let modifications = modifications.iter().map(|entry| of_modification(entry, input, plan));
    let modifications = modifications.collect::<Result<Vec<String>, Failure>>()?;
    facts.insert("conditions.modifications".to_owned(), hash(&modifications));
    Ok(())
}

fn of_modification(modification: &Modification, input: &Input, plan: &Plan) -> Result<String, Failure> {
    use ModificationKind as Kind;
    let Modification { name, kind } = modification;
    let nodes = |name: &str| plan.target(input, name);
    let (target, text) = match kind {
        Kind::Ttx { node_set } => (nodes(node_set)?, ""),
        Kind::ConfigureAllSections { node_set, section_configure }
        | Kind::SectionList { node_set, section_configure }
        | Kind::Section { node_set, section_configure } => {
            (nodes(node_set)?, section_configure.value.as_str())
        }
        Kind::CompartmentSet { compartment_set, section_configure } => {
            let set = input.compartment_sets.get(&compartment_set.value);
            let points = set.map(|set| (&set.population.value, &set.points));
            let text = section_configure.value.as_str();
            return Ok(format!("{} {:?} {text} {}", name.value, kind.modification_type(), hash(&points)));
        }
    };
    Ok(format!("{} {:?} {text} {}", name.value, kind.modification_type(), hash_of_target(&target)))
}

/// Stimuli are attached to the finished model, but for replayed spikes, whose players are made with the synapses.
fn of_inputs(inputs: &[Stimulus], input: &Input, plan: &Plan, facts: &mut Facts) -> Result<(), Failure> {
    for stimulus in inputs {
        let Stimulus {
            name,
            input_type: _,
            delay,
            duration: _,
            target,
            module,
            represents_physical_electrode: _,
        } = stimulus;
        let Module::SynapseReplay { spike_file: _ } = module else { continue };
        let nodes = match target {
            StimulusTarget::NodeSet(name) => plan.target(input, &name.value)?,
            StimulusTarget::CompartmentSet(_) => Target::default(),
        };
        facts.insert(
            format!("inputs.{} (synapse_replay)", name.value),
            format!("{delay:?} {}", hash_of_target(&nodes)),
        );
    }
    Ok(())
}

fn of_override(entry: &ConnectionOverride, input: &Input, plan: &Plan) -> Result<String, Failure> {
    let ConnectionOverride {
        // For messages
        name: _,
        source,
        target,
        weight,
        delay,
        spont_minis,
        synapse_configure,
        modoverride,
        synapse_delay_override,
        neuromodulation_dtc,
        neuromodulation_strength,
    } = entry;
    let nodes = |name: &str| Ok::<_, Failure>(hash_of_target(&plan.target(input, name)?));
    let (from, to) = (nodes(&source.value)?, nodes(&target.value)?);
    let numbers = (weight, delay, spont_minis, synapse_delay_override);
    let modulation = (neuromodulation_dtc, neuromodulation_strength);
    let texts = [synapse_configure, modoverride].map(|text| text.as_ref().map(|text| &text.value));
    Ok(format!("{from} {to} {numbers:?} {modulation:?} {texts:?}"))
}

/// What must be as it was, beside the model, for a simulation to go on from a saved state.
///
/// # Errors
///
/// A node set that does not fit the nodes.
pub fn facts_of_run(input: &Input, plan: &Plan) -> Result<Facts, Failure> {
    let mut facts = Facts::new();
    let SimulationConfig { run, conditions, inputs, .. } = &input.config;
    facts.insert("run.stimulus_seed".to_owned(), run.stimulus_seed.to_string());
    facts.insert("run.integration_method".to_owned(), format!("{:?}", run.integration_method));
    for MechanismGlobal { mechanism, variable, value, span: _ } in &conditions.mechanisms {
        facts.insert(format!("conditions.mechanisms.{mechanism}.{variable}"), format!("{value:?}"));
    }
    for stimulus in inputs {
        let Stimulus { name, input_type, delay, duration, target, module, represents_physical_electrode } =
            stimulus;
        let target = match target {
            StimulusTarget::NodeSet(name) => hash_of_target(&plan.target(input, &name.value)?),
            StimulusTarget::CompartmentSet(name) => {
                hash(&input.compartment_sets.get(&name.value).map(|set| (&set.population.value, &set.points)))
            }
        };
        let signal = match module {
            Module::SynapseReplay { spike_file } => format!("{}", canonical(&spike_file.value).display()),
            Module::Replay { path, interpolate } => {
                format!("{} {interpolate}", canonical(&path.value).display())
            }
            other => format!("{other:?}"),
        };
        let parts = (input_type, delay, duration, target, signal, represents_physical_electrode);
        facts.insert(format!("inputs.{}", name.value), hash(&parts));
    }
    Ok(facts)
}

/// The facts in a circuit config; its files are looked at separately.
fn of_circuit(circuit: &CircuitConfig, facts: &mut Facts) {
    let CircuitConfig {
        document: _,
        // Said for people
        status: _,
        target_simulator: _,
        // What the sets that are used hold counts
        node_sets_file: _,
        // Applied to the populations
        components: _,
        nodes,
        edges,
        // Nothing is read of them
        files_without_populations: _,
        warnings: _,
    } = circuit;
    for population in nodes {
        let NodePopulation {
            name,
            node_type,
            file,
            types_file: _,
            components,
            spatial_segment_index_dir: _,
            detailed_axon,
        } = population;
        // Mechanisms count by what they say, and the rest is not used
        let templates = components.biophysical_neuron_models_dir.as_ref().map(|path| canonical(&path.value));
        let morphologies = population.morphologies().map(|(path, format)| (canonical(path), format));
        let parts = (node_type, canonical(&file.value), templates, morphologies, detailed_axon);
        facts.insert(format!("the circuit's node population `{}`", name.value), hash(&parts));
    }
    for population in edges {
        let EdgePopulation {
            name,
            edge_type,
            file,
            types_file: _,
            components: _,
            spatial_synapse_index_dir: _,
        } = population;
        let parts = (edge_type, canonical(&file.value));
        facts.insert(format!("the circuit's edge population `{}`", name.value), hash(&parts));
    }
}

/// The files that a model is built from, beside those that templates and morphologies are read from.
pub fn files(input: &Input) -> BTreeSet<PathBuf> {
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    files.extend(input.circuit.nodes.iter().map(|population| population.file.value.clone()));
    files.extend(input.circuit.edges.iter().map(|population| population.file.value.clone()));
    for stimulus in &input.config.inputs {
        if let Module::SynapseReplay { spike_file } = &stimulus.module {
            files.insert(spike_file.value.clone());
        }
    }
    if let Some(corrections) = &input.corrections {
        files.extend(corrections.passive_conductances.iter().map(|(path, _)| path.clone()));
        files.extend(corrections.holding_currents.clone());
        files.extend(corrections.clamp_voltages.clone());
    }
    files.into_iter().map(|path| canonical(&path)).collect()
}

/// The true path of a file or folder; as it is if there is none.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What a mechanism is, as a hash.
pub fn of_mechanism(mechanism: &dyn Mechanism) -> String {
    let mut hasher = Hasher::default();
    // A hasher takes everything
    let _ = mechanism.describe(&mut hasher);
    hasher.finish()
}

/// Differences between what something was made with and what there is now, as messages say them; `made` is such as `the
/// model was built`.
pub fn differences(before: &Facts, now: &Facts, made: &str) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let difference = |name: &String| match (before.get(name), now.get(name)) {
        (Some(one), Some(other)) if one == other => None,
        (Some(one), Some(other)) if is_short(one) && is_short(other) => {
            Some(format!("{} is {other}, but {made} with {one}", ticked(name)))
        }
        (Some(_), None) => Some(format!("{made} with {}, which is no longer there", ticked(name))),
        (None, _) => Some(format!("{made} without {}", ticked(name))),
        _ => Some(format!("{} differs from what {made} with", ticked(name))),
    };
    names.into_iter().filter_map(difference).collect()
}

/// Keys and options in back-ticks; descriptions as they are.
fn ticked(name: &str) -> String {
    if name.starts_with("the ") || name.starts_with("whether ") {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

fn is_short(value: &str) -> bool {
    !value.contains(' ') && !value.starts_with(HASHED)
}

/// What hashes start with.
const HASHED: &str = "md5:";

/// Hashes what a value consists of, by its `Debug` form.
fn hash(value: &dyn Debug) -> String {
    let mut hasher = Hasher::default();
    // A hasher takes everything
    let _ = write!(hasher, "{value:?}");
    hasher.finish()
}

/// Hashes text.
#[derive(Default)]
struct Hasher(Md5);

impl Hasher {
    /// Adds a number of nodes and their ids.
    fn add_nodes(&mut self, node_ids: &[u64]) {
        self.0.update((node_ids.len() as u64).to_le_bytes());
        node_ids.iter().for_each(|id| self.0.update(id.to_le_bytes()));
    }

    fn finish(self) -> String {
        format!("{HASHED}{}", hexadecimal(&self.0.finalize()))
    }
}

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(entries: &[(&str, &str)]) -> Facts {
        entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn differences_say_what_is_different() {
        let built = facts(&[
            ("run.dt", "0.025"),
            ("connection_overrides", "md5:1"),
            ("inputs.old (synapse_replay)", "0.0 md5:1"),
            ("run.same", "1"),
        ]);
        let now = facts(&[
            ("run.dt", "0.1"),
            ("connection_overrides", "md5:2"),
            ("inputs.new (synapse_replay)", "0.0 md5:1"),
            ("run.same", "1"),
        ]);
        insta::assert_snapshot!(differences(&built, &now, "the model was built").join("\n"), @"");
    }

    #[test]
    fn hashes_are_of_what_a_value_consists_of() {
        assert_eq!(hash(&[1, 2]), hash(&vec![1, 2]));
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert!(hash(&1).starts_with("md5:"));
    }
}
