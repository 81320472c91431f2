//! Everything that can be known to be wrong without building a cell.

use std::collections::BTreeSet;

use sonata::config::{Module, Target as StimulusTarget};

use super::{reports, synapses, templates};
use crate::failure::{Failure, Problem};
use crate::input::Input;
use crate::plan::Plan;

/// Problems of node sets, compartment sets, templates, morphologies, edges and recorded spikes that only a run would
/// find otherwise. Neither cells nor synapses are built: attributes are looked for, not read through.
pub fn check(input: &Input) -> Vec<Problem> {
    let mut problems = Problems::default();
    let Some(plan) = problems.take(Plan::new(input)) else { return problems.0 };
    for name in named_targets(input) {
        problems.take(plan.target(input, &name));
    }
    if let Some(specs) = problems.take(plan.cells(&plan.all_cells())) {
        problems.0.extend(templates::check(&specs, input, &plan));
    }
    problems.0.extend(synapses::check(input, &plan));
    for stimulus in &input.config.inputs {
        if let Module::Replay { path, .. } = &stimulus.module {
            problems.take(sonata::report::report_populations(&path.value).map_err(Failure::bad_input));
        }
    }
    problems.take(reports::probe(&mut [], &[], input, &plan, &input.registry));
    problems.0
}

/// Problems so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn take<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.0.extend(failure.problems)).ok()
    }
}

/// The node sets that the config uses.
fn named_targets(input: &Input) -> BTreeSet<String> {
    let config = &input.config;
    let mut names = BTreeSet::new();
    for entry in &config.connection_overrides {
        names.extend([entry.source.value.clone(), entry.target.value.clone()]);
    }
    for stimulus in &config.inputs {
        if let StimulusTarget::NodeSet(name) = &stimulus.target {
            names.insert(name.value.clone());
        }
    }
    for report in config.reports.iter().filter(|report| report.enabled) {
        names.extend(report.cells.iter().map(|cells| cells.value.clone()));
    }
    names
}
