//! Where a stimulus acts.

use sonata::config::{Input as Stimulus, Target as StimulusTarget};

use crate::build::{CellProblem, Instance};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Population};

const SECTION_HELP: &str = "section ids count soma, axon (as in the morphology), dend, apic, ais, node and myelin \
                            sections; the template may have removed it with the axon";

/// The cells of this rank that a stimulus acts on, as indices, each with the nodes: the middle of the somata of a node
/// set's cells, or the compartments of a compartment set.
///
/// # Errors
///
/// A node set that does not fit the nodes, a section that a cell does not have.
pub fn of_stimulus(
    stimulus: &Stimulus,
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
) -> Result<Vec<(usize, Vec<u32>)>, Failure> {
    match &stimulus.target {
        StimulusTarget::NodeSet(name) => {
            let target = plan.target(input, &name.value)?;
            let concerned = instances.iter().enumerate();
            let concerned =
                concerned.filter(|(_, Instance { spec, .. })| target.contains(spec.population, spec.node_id));
            Ok(concerned.map(|(index, instance)| (index, somata(instance))).collect())
        }
        StimulusTarget::CompartmentSet(name) => compartments(&name.value, instances, input, plan),
    }
}

fn somata(instance: &Instance) -> Vec<u32> {
    let sections = &instance.built.model.sections;
    instance.built.sections("soma").iter().map(|&soma| sections[soma as usize].node(0.5)).collect()
}

fn compartments(
    name: &str,
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
) -> Result<Vec<(usize, Vec<u32>)>, Failure> {
    let mut found = Vec::new();
    let Some(set) = input.compartment_sets.get(name) else { return Ok(found) };
    let Some((population, Population { name: population_name, .. })) = plan.population(&set.population.value)
    else {
        return Ok(found);
    };
    for (index, instance) in instances.iter().enumerate() {
        let spec = &instance.spec;
        if spec.population != population {
            continue;
        }
        let mut nodes = Vec::new();
        // The points are sorted by node id
        let first = set.points.partition_point(|point| point.node_id < spec.node_id);
        for point in set.points[first..].iter().take_while(|point| point.node_id == spec.node_id) {
            let section = instance.built.section_of_element(point.section_id).ok_or_else(|| {
                let what = format!(
                    "compartment set `{name}` names section {}, which it does not have",
                    point.section_id
                );
                Failure::bad_input(CellProblem::new(spec, population_name, what, Some(SECTION_HELP)))
            })?;
            nodes.push(instance.built.model.sections[section as usize].node(point.offset));
        }
        if !nodes.is_empty() {
            found.push((index, nodes));
        }
    }
    Ok(found)
}
