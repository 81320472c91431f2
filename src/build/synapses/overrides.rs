//! `connection_overrides`: which connections are made, and what becomes of each.
//!
//! Overrides count twice, as in neurodamus. First they select: as soon as one concerns two populations, only the
//! connections between these that an override without `delay` selects are made. Then they configure: of all overrides
//! that match a connection the last one says its weight, its delay and the rate of its spontaneous events, also where
//! it says them by silence.

use sonata::config::ConnectionOverride;

use super::configure::Configuration;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Target};

/// Weights this small are none, as for `numpy.isclose(weight, 0)`.
const NO_WEIGHT: f64 = 1e-8;

/// All overrides of a simulation, in the order of the config.
pub struct Overrides<'a>(Vec<Override<'a>>);

/// An override, with the nodes that it is about and its `synapse_configure`.
pub struct Override<'a> {
    config: &'a ConnectionOverride,
    source: Target,
    target: Target,
    configuration: Option<Configuration>,
}

/// Which connections between two populations are made.
pub enum Selection<'a> {
    /// All of them, because no override concerns them.
    All,
    /// None, because the only override that concerns them has weight 0.
    None,
    /// Those that one of these overrides matches.
    Matching(Vec<&'a Override<'a>>),
    /// Those from these nodes, ascending, whatever overrides say.
    From(&'a [u64]),
}

/// What the overrides make of one connection.
#[derive(Default)]
pub struct Settings<'a> {
    /// Factor of the conductances.
    pub weight: f64,
    /// Rate (Hz) of spontaneous events, where it is not the cell's.
    pub minis: Option<f64>,
    /// Delay (ms), where it is not the synapses' own.
    pub delay: Option<f64>,
    /// Base name of the helper that makes the synapses, where it is not their type's.
    pub model: Option<&'a str>,
    /// Statements for the synapses, in the order in which they are done.
    pub configurations: Vec<&'a Configuration>,
    /// Times (ms) at which the factor of the conductances changes, ascending, and the new factors.
    pub delayed: Vec<(f64, f64)>,
    /// Strength of neuromodulation (uM), where it is not the edges' own.
    pub neuromodulation_strength: Option<f64>,
    /// Decay time of neuromodulation (ms), where it is not the edges' own.
    pub neuromodulation_dtc: Option<f64>,
}

/// A node: the index of its population in the plan, if it has one there, and its id.
pub type Node = (Option<usize>, u64);

impl Override<'_> {
    /// Base name of the helper that makes the synapses, if it says one.
    pub fn model(&self) -> Option<&str> {
        self.config.modoverride.as_ref().map(|model| model.value.as_str())
    }

    fn matches(&self, source: Node, target: Node) -> bool {
        let contains =
            |nodes: &Target, (population, id): Node| population.is_some_and(|p| nodes.contains(p, id));
        contains(&self.source, source) && contains(&self.target, target)
    }

    fn concerns(&self, source: Option<usize>, target: usize, plan: &Plan) -> bool {
        let has_sources = source.is_some_and(|source| !self.source.in_population(source).is_empty());
        let simulated = &plan.populations[target].node_ids;
        let is_target = |id: &u64| simulated.binary_search(id).is_ok();
        has_sources && self.target.in_population(target).iter().any(is_target)
    }
}

impl<'a> Overrides<'a> {
    /// Reads the overrides of the config.
    ///
    /// # Errors
    ///
    /// An unknown node set, a `synapse_configure` that is none; all of them in one go.
    pub fn load(input: &'a Input, plan: &Plan) -> Result<Self, Failure> {
        let mut overrides = Vec::new();
        let mut problems = Vec::new();
        for (index, config) in input.config.connection_overrides.iter().enumerate() {
            let configuration = match &config.synapse_configure {
                Some(text) => {
                    match Configuration::parse(text, index, &input.config.document, &input.registry) {
                        Ok(configuration) => Some(configuration),
                        Err(problem) => {
                            problems.push(problem);
                            None
                        }
                    }
                }
                None => None,
            };
            let source = plan.target(input, &config.source.value)?;
            let target = plan.target(input, &config.target.value)?;
            overrides.push(Override { config, source, target, configuration });
        }
        if problems.is_empty() { Ok(Self(overrides)) } else { Err(Failure::bad_inputs(problems)) }
    }

    /// Which connections from one population to another are made.
    pub fn selection(&self, source: Option<usize>, target: usize, plan: &Plan) -> Selection<'_> {
        let concerned: Vec<&Override> =
            self.0.iter().filter(|entry| entry.concerns(source, target, plan)).collect();
        match concerned.as_slice() {
            [] => Selection::All,
            [only] if only.config.weight.abs() <= NO_WEIGHT => Selection::None,
            _ => Selection::Matching(concerned),
        }
    }

    /// What becomes of a connection.
    pub fn settings(&self, source: Node, target: Node) -> Settings<'_> {
        let mut settings = Settings { weight: 1.0, ..Settings::default() };
        for entry in self.0.iter().filter(|entry| entry.matches(source, target)) {
            let config = entry.config;
            if config.delay > 0.0 {
                settings.delayed.push((config.delay, config.weight));
                continue;
            }
            settings.weight = config.weight;
            settings.minis = config.spont_minis;
            // A delay of 0 is none to neurodamus
            settings.delay = config.synapse_delay_override.filter(|delay| *delay != 0.0);
            let nonzero = |value: Option<f64>| value.filter(|value| *value != 0.0);
            if let Some(strength) = config.neuromodulation_strength {
                settings.neuromodulation_strength = nonzero(Some(strength));
            }
            if let Some(decay) = config.neuromodulation_dtc {
                settings.neuromodulation_dtc = nonzero(Some(decay));
            }
            if let Some(model) = &config.modoverride {
                settings.model = Some(&model.value);
            }
            settings.configurations.extend(&entry.configuration);
        }
        settings.delayed.sort_by(|one, other| one.0.total_cmp(&other.0));
        settings
    }

    /// Globals of mechanisms that `synapse_configure` sets, by (mechanism, variable), the last of each being what it is
    /// set to: from one of the pairs of populations in `pathways` to the next, the overrides that concern them.
    pub fn globals(
        &self,
        pathways: &[(Option<usize>, usize)],
        plan: &Plan,
    ) -> impl Iterator<Item = ((String, String), f64)> {
        let configuring = move |&(from, to): &(Option<usize>, usize)| {
            let entries = self.0.iter().filter(|entry| entry.config.delay <= 0.0);
            entries.filter(move |entry| entry.concerns(from, to, plan)).flat_map(|entry| &entry.configuration)
        };
        pathways.iter().flat_map(configuring).flat_map(Configuration::globals)
    }

    /// Says what is worth a second look: overrides with a delay that change nothing that is there before, and such that
    /// take the place of earlier ones.
    pub fn review(&self) {
        let overlap = |one: &Override, other: &Override| {
            one.source.intersects(&other.source) && one.target.intersects(&other.target)
        };
        let (at_once, delayed): (Vec<&Override>, Vec<&Override>) =
            self.0.iter().partition(|entry| entry.config.delay <= 0.0);
        for entry in delayed {
            if !at_once.iter().any(|earlier| earlier.config.weight == 0.0 && overlap(entry, earlier)) {
                let name = &entry.config.name.value;
                tracing::warn!(
                    "override `{name}` has a delay, but changes no connection that an override gives weight 0 before"
                );
            }
        }
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        for (index, entry) in at_once.iter().enumerate() {
            if let Some(earlier) = at_once[..index].iter().rfind(|earlier| overlap(entry, earlier)) {
                let (name, replaced) = (&entry.config.name.value, &earlier.config.name.value);
                tracing::debug!("override `{name}` takes the place of `{replaced}` where both match");
            }
        }
    }
}

impl Selection<'_> {
    /// Whether a connection is made.
    pub fn selects(&self, source: Node, target: Node) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::From(sources) => sources.binary_search(&source.1).is_ok(),
            Self::Matching(overrides) => overrides
                .iter()
                .filter(|entry| entry.config.delay <= 0.0)
                .any(|entry| entry.matches(source, target)),
        }
    }
}
