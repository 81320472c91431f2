//! What can be known to be wrong with edges before any synapse is made.

use std::collections::BTreeSet;

use sonata::circuit::ConnectionKind;
use sonata::edges::EdgePopulation;

use super::managers::{Manager, managers};
use super::models::{self, BuiltIn, Model};
use super::overrides::{Overrides, Selection};
use super::{EdgesProblem, models_of};
use crate::build::replay::{Replays, Sources};
use crate::failure::{Failure, Problem};
use crate::input::Input;
use crate::plan::Plan;

/// Problems of overrides, models of synapses, recorded spikes, and attributes that edges lack.
pub fn check(input: &Input, plan: &Plan) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut note = |failure: Failure| problems.extend(failure.problems);
    if let Err(failure) = Replays::load(input, plan, &Sources::new()) {
        note(failure);
    }
    let overrides = Overrides::load(input, plan).map_err(&mut note).ok();
    let managers = managers(input, plan).map_err(&mut note).ok();
    // Without the models, what edges of the others lack can still be told
    let models = models_of(input, plan).map_err(&mut note).unwrap_or_default();
    let (Some(overrides), Some(managers)) = (overrides, managers) else { return problems };
    for manager in &managers {
        let selection = overrides.selection(manager.source, manager.target, plan);
        let own: Vec<&Model> = match &selection {
            Selection::None => continue,
            Selection::All | Selection::From(_) => Vec::new(),
            Selection::Matching(entries) => {
                entries.iter().filter_map(|entry| models.get(entry.model()?)).collect()
            }
        };
        let has_default = match &selection {
            Selection::Matching(entries) => entries.iter().any(|entry| entry.model().is_none()),
            _ => true,
        };
        problems.extend(missing_attributes(manager, &own, has_default));
        problems.extend(missing_mechanisms(manager, &own, has_default, input));
    }
    problems
}

/// Attributes that the synapses of a manager need and its edges lack. `has_default`: some have no model of their own.
pub fn missing_attributes(manager: &Manager, models: &[&Model], has_default: bool) -> Vec<Problem> {
    let needed = needed_attributes(manager, models, has_default);
    let mut problems = Vec::new();
    for edges in &manager.edges {
        let missing = needed.iter().filter(|name| !edges.population.has(name));
        problems.extend(missing.map(|name| lacks(&edges.population, name)));
    }
    problems
}

/// The attributes that the synapses of a manager are made of.
fn needed_attributes(manager: &Manager, models: &[&Model], has_default: bool) -> BTreeSet<String> {
    let mut needed: BTreeSet<&str> = match manager.kind {
        ConnectionKind::GapJunction => {
            BTreeSet::from(["conductance", "efferent_junction_id", "afferent_junction_id"])
        }
        ConnectionKind::NeuroModulation => BTreeSet::from(["delay", "neuromod_strength", "neuromod_dtc"]),
        _ => BTreeSet::from(["conductance", "delay"]),
    };
    if manager.kind == ConnectionKind::Synaptic && has_default {
        needed.extend(BuiltIn::AmpaNmda.needed_attributes());
        needed.insert("syn_type_id");
    }
    if manager.kind == ConnectionKind::Exp2Syn && has_default {
        needed.extend(BuiltIn::Exp2Syn.needed_attributes());
    }
    let mut all: BTreeSet<String> = needed.into_iter().map(str::to_owned).collect();
    for model in models.iter().filter(|_| makes_synapses(manager)) {
        match model {
            Model::BuiltIn(model) => all.extend(model.needed_attributes().map(str::to_owned)),
            Model::Hoc(helper) => all.extend(helper.needed_attributes.iter().cloned()),
        }
    }
    all
}

/// Whether the models that overrides name are those of its synapses.
fn makes_synapses(manager: &Manager) -> bool {
    matches!(manager.kind, ConnectionKind::Synaptic | ConnectionKind::Exp2Syn)
}

fn lacks(population: &EdgePopulation, name: &str) -> Problem {
    let what = format!("edges `{}` lack attribute `{name}`, which their synapses need", population.name());
    let help = "add the attribute to the edges, or choose another model by `modoverride`";
    Box::new(EdgesProblem::new(population, what, help))
}

/// Mechanisms that synapses need and nobody defines.
fn missing_mechanisms(
    manager: &Manager,
    models: &[&Model],
    has_default: bool,
    input: &Input,
) -> Vec<Problem> {
    let mut names = BTreeSet::new();
    match manager.kind {
        ConnectionKind::GapJunction => {
            names.insert("Gap");
        }
        ConnectionKind::Synaptic if has_default => {
            names.extend([BuiltIn::AmpaNmda.mechanism(), BuiltIn::GabaAb.mechanism()]);
        }
        _ => {}
    }
    names.extend(models.iter().filter(|_| makes_synapses(manager)).filter_map(|model| match model {
        Model::BuiltIn(model) => Some(model.mechanism()),
        Model::Hoc(_) => None,
    }));
    let missing = names.into_iter().filter_map(|name| models::mechanism(name, &input.registry).err());
    let population = manager.edges.first().map(|edges| &edges.population);
    missing
        .filter_map(|problem| {
            let population = population?;
            let what = format!("edges `{}`: {}", population.name(), problem.what);
            Some(Box::new(EdgesProblem::new(population, what, problem.help)) as Problem)
        })
        .collect()
}
