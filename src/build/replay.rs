//! `synapse_replay` inputs: recorded spikes of other nodes, played into the synapses that come from them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sonata::config::{Input as Stimulus, Module, Target as StimulusTarget};
use sonata::spikes;

use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Target};

/// What is played into the connections from one population.
#[derive(Debug, Default)]
struct Replay {
    /// The cells whose synapses get the spikes.
    target: Target,
    /// Spike times (ms) of each source node.
    spikes: BTreeMap<u64, Vec<f64>>,
}

/// Nodes that cells have connections from, by the index of their population.
pub type Sources = BTreeMap<usize, BTreeSet<u64>>;

/// The replays of a config, with their targets and files.
fn replayed(input: &Input) -> impl Iterator<Item = (&Stimulus, &str, &Path)> {
    input.config.inputs.iter().filter_map(|stimulus| match (&stimulus.module, &stimulus.target) {
        (Module::SynapseReplay { spike_file }, StimulusTarget::NodeSet(name)) => {
            Some((stimulus, name.value.as_str(), spike_file.value.as_path()))
        }
        _ => None,
    })
}

/// The replays of a rank, by the index of the source population.
#[derive(Debug, Default)]
pub struct Replays(BTreeMap<usize, Vec<Replay>>);

impl Replays {
    /// Reads the spikes of all replays, and keeps those of the nodes in `sources`, by the index of their population.
    ///
    /// # Errors
    ///
    /// A spikes file that cannot be read, or an unknown node set.
    pub fn load(input: &Input, plan: &Plan, sources: &Sources) -> Result<Self, Failure> {
        let mut replays = Self::default();
        for (stimulus, target, file) in replayed(input) {
            let target = plan.target(input, target)?;
            for name in spikes::spike_populations(file).map_err(Failure::bad_input)? {
                let source = plan.population(&name).map(|(index, _)| index);
                if source.is_none() {
                    tracing::warn!(
                        "replay `{}`: no population `{name}` in the circuit, its spikes are not played",
                        stimulus.name.value
                    );
                }
                let wanted = source.and_then(|source| sources.get(&source));
                let mut kept: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
                let keep = |times: &[f64], nodes: &[u64]| {
                    let Some(wanted) = wanted else { return };
                    for (&time, node) in times.iter().zip(nodes) {
                        if time >= stimulus.delay && wanted.contains(node) {
                            kept.entry(*node).or_default().push(time);
                        }
                    }
                };
                spikes::visit_spikes(file, &name, keep).map_err(Failure::bad_input)?;
                if let Some(source) = source {
                    let replay = Replay { target: target.clone(), spikes: kept };
                    replays.0.entry(source).or_default().push(replay);
                }
            }
        }
        Ok(replays)
    }

    /// The populations whose spikes are replayed, as far as the circuit has them.
    ///
    /// # Errors
    ///
    /// A spikes file that cannot be read.
    pub fn populations(input: &Input, plan: &Plan) -> Result<BTreeSet<usize>, Failure> {
        let mut populations = BTreeSet::new();
        for (_, _, file) in replayed(input) {
            let names = spikes::spike_populations(file).map_err(Failure::bad_input)?;
            populations.extend(names.iter().filter_map(|name| Some(plan.population(name)?.0)));
        }
        Ok(populations)
    }

    /// Spike times (ms) that are played into the connection from one node to another, ascending; those of several
    /// replays together.
    pub fn times(&self, source: (usize, u64), target: (usize, u64)) -> Vec<f64> {
        let replays = self.0.get(&source.0).map(Vec::as_slice).unwrap_or_default();
        let matching = replays.iter().filter(|replay| replay.target.contains(target.0, target.1));
        let mut times: Vec<f64> =
            matching.filter_map(|replay| replay.spikes.get(&source.1)).flatten().copied().collect();
        times.sort_by(f64::total_cmp);
        times
    }
}
