//! `synapse_replay` inputs: recorded spikes of other nodes, played into the synapses that come from them.

use std::collections::BTreeMap;

use sonata::config::{Module, Target as StimulusTarget};
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

/// All replays of a simulation, by the index of the source population.
#[derive(Debug, Default)]
pub struct Replays(BTreeMap<usize, Vec<Replay>>);

impl Replays {
    /// Reads the spikes of all replays.
    ///
    /// # Errors
    ///
    /// A spikes file that cannot be read, or an unknown node set.
    pub fn load(input: &Input, plan: &Plan) -> Result<Self, Failure> {
        let mut replays = Self::default();
        for stimulus in &input.config.inputs {
            let Module::SynapseReplay { spike_file } = &stimulus.module else { continue };
            let StimulusTarget::NodeSet(name) = &stimulus.target else { continue };
            let target = plan.target(input, &name.value)?;
            for population in spikes::read_spikes(&spike_file.value).map_err(Failure::bad_input)? {
                let Some((source, _)) = plan.population(&population.name) else {
                    tracing::warn!(
                        "replay `{}`: no population `{}` in the circuit, its spikes are not played",
                        stimulus.name.value,
                        population.name
                    );
                    continue;
                };
                let mut spikes: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
                for (&time, &node_id) in population.timestamps.iter().zip(&population.node_ids) {
                    if time >= stimulus.delay {
                        spikes.entry(node_id).or_default().push(time);
                    }
                }
                replays.0.entry(source).or_default().push(Replay { target: target.clone(), spikes });
            }
        }
        Ok(replays)
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
