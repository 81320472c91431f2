//! Attributes of nodes that stimuli are relative to: which populations need them, and their values.

use sonata::ElementType;
use sonata::config::{Input as Stimulus, InputType, Module, NoiseMean, Target as StimulusTarget};
use sonata::diagnostics::Problem;

use super::{Plan, Population};
use crate::failure::Failure;
use crate::input::Input;

const HOLDING_CURRENT: &str = "@dynamics:holding_current";
const THRESHOLD_CURRENT: &str = "@dynamics:threshold_current";
const INPUT_RESISTANCE: &str = "@dynamics:input_resistance";

/// Which attributes of a population's nodes are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// `@dynamics:holding_current`
    pub holding_current: bool,
    /// `@dynamics:threshold_current`
    pub threshold_current: bool,
    /// `@dynamics:input_resistance`
    pub input_resistance: bool,
}

/// An input resistance (megohm) in the precision of the nodes file, in which neurodamus computes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputResistance {
    /// Of a file with double-precision numbers or integers.
    Double(f64),
    /// Of a file with single-precision numbers.
    Single(f32),
}

impl InputResistance {
    /// The value (megohm).
    pub fn megohms(self) -> f64 {
        match self {
            Self::Double(value) => value,
            Self::Single(value) => f64::from(value),
        }
    }
}

/// The attribute that a stimulus is relative to; `None` for absolute ones.
fn reference(stimulus: &Stimulus) -> Option<&'static str> {
    match stimulus.module {
        Module::Hyperpolarizing => Some(HOLDING_CURRENT),
        Module::RelativeLinear { .. }
        | Module::Subthreshold { .. }
        | Module::Noise { mean: NoiseMean::PercentOfThreshold(_), .. } => Some(THRESHOLD_CURRENT),
        Module::RelativeShotNoise { .. } | Module::RelativeOrnsteinUhlenbeck { .. } => {
            Some(match stimulus.input_type {
                InputType::Conductance => INPUT_RESISTANCE,
                _ => THRESHOLD_CURRENT,
            })
        }
        _ => None,
    }
}

impl Plan {
    /// Finds out which attributes the stimuli need of which populations, and warns of stimuli that reach no cell.
    ///
    /// # Errors
    ///
    /// Attributes that a population does not have, except for the holding current, which is then 0; compartment sets
    /// on populations or nodes that the circuit does not have.
    pub(super) fn find_needed_attributes(&mut self, input: &Input) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for stimulus in &input.config.inputs {
            if let Some(problem) = self.problem_of_compartments(stimulus, input) {
                problems.push(problem);
                continue;
            }
            let name = stimulus.name.value.as_str();
            let reached = self.reached(stimulus, input)?;
            if reached.is_empty() {
                tracing::warn!("stimulus `{name}` acts on no cell that is simulated");
            }
            let Some(attribute) = reference(stimulus) else { continue };
            for index in reached {
                let population = &mut self.populations[index];
                let is_there = population.nodes.has(attribute);
                match attribute {
                    HOLDING_CURRENT if is_there => population.needed.holding_current = true,
                    HOLDING_CURRENT => tracing::warn!(
                        "stimulus `{name}` does nothing in population `{}`, which has no `{attribute}`",
                        population.name
                    ),
                    _ if !is_there => {
                        let what = format!(
                            "stimulus `{name}` needs the attribute `{attribute}`, which population `{}` does not have",
                            population.name
                        );
                        let remedy =
                            "add the attribute to the nodes file, or use a module that is not relative";
                        let path = ["inputs", name, "module"];
                        problems.push(input.config.document.impossible(&path, &what, Some(remedy)));
                    }
                    THRESHOLD_CURRENT => population.needed.threshold_current = true,
                    _ => population.needed.input_resistance = true,
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::bad_inputs(problems)) }
    }

    /// The populations with cells that a stimulus acts on.
    fn reached(&self, stimulus: &Stimulus, input: &Input) -> Result<Vec<usize>, Failure> {
        let is_simulated = |index: usize, node_id: u64| {
            let population = &self.populations[index];
            !population.is_virtual && population.node_ids.binary_search(&node_id).is_ok()
        };
        Ok(match &stimulus.target {
            StimulusTarget::NodeSet(name) => {
                let nodes = self.target(input, &name.value)?.nodes.into_iter();
                let reached = nodes.filter(|(index, ids)| ids.iter().any(|&id| is_simulated(*index, id)));
                reached.map(|(index, _)| index).collect()
            }
            StimulusTarget::CompartmentSet(name) => {
                let set = input.compartment_sets.get(&name.value);
                let set = set.and_then(|set| Some((self.population(&set.population.value)?.0, &set.points)));
                let reached = set
                    .filter(|(index, points)| points.iter().any(|point| is_simulated(*index, point.node_id)));
                reached.map(|(index, _)| index).into_iter().collect()
            }
        })
    }

    /// What is wrong with the compartment set of a stimulus.
    fn problem_of_compartments(&self, stimulus: &Stimulus, input: &Input) -> Option<Problem> {
        let StimulusTarget::CompartmentSet(name) = &stimulus.target else { return None };
        let set = input.compartment_sets.get(&name.value)?;
        let path = ["inputs", stimulus.name.value.as_str(), "compartment_set"];
        let population_name = &set.population.value;
        let Some((_, population)) = self.population(population_name) else {
            let what = format!("compartment set `{}` is on population `{population_name}`", name.value);
            let remedy =
                "the circuit has no such population; correct `population` in the compartment sets file";
            return Some(input.config.document.impossible(&path, &what, Some(remedy)));
        };
        let count = population.nodes.len();
        let outside = set.points.iter().find(|point| point.node_id >= count)?;
        let what = format!(
            "compartment set `{}` names node {}, but population `{population_name}` has {count} nodes",
            name.value, outside.node_id
        );
        let remedy = "node ids count from 0; correct the compartment sets file";
        Some(input.config.document.impossible(&path, &what, Some(remedy)))
    }
}

/// Attributes of some nodes of a population; those that are not needed are empty.
pub(super) struct Columns {
    holding_current: Vec<f64>,
    threshold_current: Vec<f64>,
    input_resistance: Vec<f64>,
    is_single: bool,
}

impl Columns {
    /// Reads what is needed of a population for some of its nodes.
    pub fn read(population: &Population, node_ids: &[u64]) -> Result<Self, sonata::Hdf5Error> {
        let column = |needed: bool, attribute: &str| match needed {
            true => population.nodes.floats(attribute, node_ids),
            false => Ok(Vec::new()),
        };
        let Needed { holding_current, threshold_current, input_resistance } = population.needed;
        let is_single =
            input_resistance && population.nodes.element_type(INPUT_RESISTANCE)? == ElementType::Float(4);
        Ok(Self {
            holding_current: column(holding_current, HOLDING_CURRENT)?,
            threshold_current: column(threshold_current, THRESHOLD_CURRENT)?,
            input_resistance: column(input_resistance, INPUT_RESISTANCE)?,
            is_single,
        })
    }

    /// Of the node of a row (nA).
    pub fn holding_current(&self, row: usize) -> f64 {
        self.holding_current.get(row).copied().unwrap_or(0.0)
    }

    /// Of the node of a row (nA).
    pub fn threshold_current(&self, row: usize) -> f64 {
        self.threshold_current.get(row).copied().unwrap_or(0.0)
    }

    /// Of the node of a row.
    pub fn input_resistance(&self, row: usize) -> Option<InputResistance> {
        let value = *self.input_resistance.get(row)?;
        Some(if self.is_single {
            InputResistance::Single(value as f32)
        } else {
            InputResistance::Double(value)
        })
    }
}
