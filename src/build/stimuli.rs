//! `inputs` of the simulation config, as point processes with signals played into them.

use sonata::config::{Input as Stimulus, Module, Target as StimulusTarget};
use systems::Registry;
use systems::group::{CellPlan, PointProcess, Signal};

use super::signals::{self, Points};
use super::{CellProblem, Instance};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// Attaches all stimuli that are currents, in the order of the config.
///
/// # Errors
///
/// A node set or compartment set that does not fit the cells, or pulses longer than their period.
pub fn apply(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
    registry: &Registry,
) -> Result<(), Failure> {
    for stimulus in &input.config.inputs {
        if matches!(stimulus.module, Module::SynapseReplay { .. }) {
            continue;
        }
        let points = points_of(stimulus, input)?;
        for (index, nodes) in located(stimulus, instances, input, plan)? {
            let signal = match points {
                Shape::Fixed(ref points) => points.clone(),
                Shape::HoldingCurrent => {
                    let current = instances[index].spec.holding_current;
                    signals::linear(stimulus.delay, stimulus.duration, current, current)
                }
            };
            let Some(signal) = signal else { continue };
            for node in nodes {
                attach(&mut cells[index], node, stimulus, &signal, registry)?;
            }
        }
    }
    Ok(())
}

/// The signal of a stimulus, or that it differs from cell to cell.
enum Shape {
    Fixed(Option<Points>),
    HoldingCurrent,
}

fn points_of(stimulus: &Stimulus, input: &Input) -> Result<Shape, Failure> {
    let (delay, duration) = (stimulus.delay, stimulus.duration);
    Ok(match stimulus.module {
        Module::Linear { amp_start, amp_end } => {
            Shape::Fixed(signals::linear(delay, duration, amp_start, amp_end))
        }
        Module::Pulse { amp_start, width, frequency } => {
            Shape::Fixed(signals::pulse(delay, duration, amp_start, width, frequency))
        }
        Module::Hyperpolarizing => Shape::HoldingCurrent,
        ref other => {
            let path = ["inputs", stimulus.name.value.as_str(), "module"];
            let what = format!("input module `{}`", other.name().as_str());
            return Err(Failure::bad_input(input.config.document.refuse(&path, &what, None)));
        }
    })
}

/// The cells of this rank that a stimulus acts on, each with the nodes.
fn located(
    stimulus: &Stimulus,
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
) -> Result<Vec<(usize, Vec<u32>)>, Failure> {
    let mut found = Vec::new();
    match &stimulus.target {
        StimulusTarget::NodeSet(name) => {
            let target = plan.target(input, &name.value)?;
            for (index, instance) in instances.iter().enumerate() {
                if target.contains(instance.spec.population, instance.spec.node_id) {
                    let model = &instance.built.model;
                    let somata = instance.built.sections("soma").iter();
                    found
                        .push((index, somata.map(|&soma| model.sections[soma as usize].node(0.5)).collect()));
                }
            }
        }
        StimulusTarget::CompartmentSet(name) => {
            let Some(set) = input.compartment_sets.get(&name.value) else { return Ok(found) };
            let population = plan.population(&set.population.value).map(|(index, _)| index);
            for (index, instance) in instances.iter().enumerate() {
                if Some(instance.spec.population) != population {
                    continue;
                }
                let own = set.points.iter().filter(|point| point.node_id == instance.spec.node_id);
                let mut nodes = Vec::new();
                for point in own {
                    nodes.push(node_of_element(instance, point.section_id, point.offset, plan)?);
                }
                if !nodes.is_empty() {
                    found.push((index, nodes));
                }
            }
        }
    }
    Ok(found)
}

/// The node at a relative position of the section with this element id.
fn node_of_element(instance: &Instance, section_id: u64, x: f64, plan: &Plan) -> Result<u32, Failure> {
    let built = &instance.built;
    let place = built.element_ids.iter().position(|&id| u64::from(id) == section_id).ok_or_else(|| {
        let population = &plan.populations[instance.spec.population].name;
        let what = format!("a compartment set names section {section_id}, which it does not have");
        let help = "section ids count soma, axon (before it is replaced), dend and apic sections";
        Failure::bad_input(CellProblem::new(&instance.spec, population, what, Some(help)))
    })?;
    Ok(built.model.sections[place].node(x))
}

/// Adds a current source with a signal: an electrode, or a current through the membrane.
fn attach(
    cell: &mut CellPlan,
    node: u32,
    stimulus: &Stimulus,
    signal: &Points,
    registry: &Registry,
) -> Result<(), Failure> {
    let mechanism = if stimulus.represents_physical_electrode { "IClamp" } else { "MembraneCurrentSource" };
    let description = super::synapses::description(registry, mechanism)?;
    let source = PointProcess::new(&description, Some(node)).with("del", 0.0).with("dur", signal.end());
    let target = cell.add_point_process(source);
    cell.signals.push(Signal {
        target,
        variable: "amp".to_owned(),
        times: signal.times.clone(),
        values: signal.values.clone(),
    });
    Ok(())
}
