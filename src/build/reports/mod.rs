//! Reports as probes: which values of which cells are sampled, and when.
//!
//! A report's *points* are the compartments that it looks at ([`points`]); its *variables* are then looked for at each
//! of them ([`variables`]); what is found becomes the elements of the report ([`elements`]).

mod elements;
mod points;
mod variables;

use std::collections::BTreeSet;

use components::SampleTimes;
use sonata::config::{Report, TargetSimulator};
use sonata::diagnostics::Problem;
use sonata::report::{Sampling, SamplingError};
use systems::Registry;
use systems::group::CellPlan;

use super::Instance;
use crate::failure::{Exit, Failure};
use crate::input::Input;
use crate::plan::Plan;
use elements::Elements;
use points::points;
use variables::{CellVariables, VariableName};

/// A report of the simulation.
#[derive(Clone, Debug)]
pub struct ReportPlan {
    /// Its name.
    pub name: String,
    /// Its file, without folder.
    pub file_name: String,
    /// The unit of its values, as given.
    pub unit: String,
    /// When it samples.
    pub sampling: Sampling,
    /// What this rank's cells contribute, by ascending gid.
    pub cells: Vec<CellElements>,
    /// Variables that none of these cells has.
    pub unknown: BTreeSet<String>,
}

impl ReportPlan {
    /// Joins what other cells contribute.
    pub fn absorb(&mut self, other: Self) {
        if self.cells.is_empty() {
            self.unknown = other.unknown;
        } else if !other.cells.is_empty() {
            self.unknown.retain(|name| other.unknown.contains(name));
        }
        self.cells.extend(other.cells);
        self.cells.sort_by_key(|cell| cell.gid);
    }

    /// Warns of variables that no cell has.
    pub fn warn_of_unknown(&self) {
        for name in &self.unknown {
            tracing::warn!("report `{}`: no cell has `{name}`, which counts as 0", self.name);
        }
    }
}

/// The elements of a report that belong to one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellElements {
    /// Index of the cell's population in the plan.
    pub population: usize,
    /// Its node id.
    pub node_id: u64,
    /// Its gid.
    pub gid: u64,
    /// Element id of each value: a section, or the number of a synapse.
    pub element_ids: Vec<u32>,
}

/// What is wrong with a report: the key that says so, what is wrong, and what to do.
struct BadReport {
    key: &'static str,
    what: String,
    remedy: String,
}

/// Attaches probes for all enabled reports, in the order of their names.
///
/// # Errors
///
/// For every report the first of: a node set that does not fit, a window or interval in which nothing can be sampled, a
/// variable that a cell does not have where it should.
pub fn probe(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
    registry: &Registry,
) -> Result<Vec<ReportPlan>, Failure> {
    let mut reports: Vec<&Report> = input.config.reports.iter().filter(|report| report.enabled).collect();
    reports.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    let catalogue = registry.catalogue().map_err(Failure::bad_input)?;
    let prober = Prober { instances, input, plan, catalogue: &catalogue };
    let mut plans = Vec::new();
    let mut failure = Failure { problems: Vec::new(), exit: Exit::BadInput };
    for (number, report) in reports.into_iter().enumerate() {
        match prober.probe(number, report, cells) {
            Ok(plan) => plans.push(plan),
            Err(other) => failure.problems.extend(other.problems),
        }
    }
    if failure.problems.is_empty() { Ok(plans) } else { Err(failure) }
}

/// What all reports are attached with.
struct Prober<'a> {
    instances: &'a [Instance],
    input: &'a Input,
    plan: &'a Plan,
    catalogue: &'a cell::Catalogue,
}

impl Prober<'_> {
    fn probe(&self, number: usize, report: &Report, cells: &mut [CellPlan]) -> Result<ReportPlan, Failure> {
        let Self { instances, input, plan, catalogue } = self;
        let run = &input.config.run;
        let sampling = Sampling::new(report.start_time, report.end_time, report.dt, run.dt, run.tstop)
            .map_err(|error| Failure::bad_input(self.bad_sampling(report, &error)))?;
        let times = SampleTimes {
            first: sampling.first_step(),
            last: sampling.last_step(),
            period: sampling.period(),
        };
        let target = plan.target_or_all(input, report.cells.as_ref().map(|name| name.value.as_str()))?;
        let names: Vec<VariableName> = report.variables.iter().map(|name| VariableName::new(name)).collect();
        let mut found = Vec::new();
        let mut is_found = vec![false; names.len()];
        for (cell, instance) in cells.iter_mut().zip(*instances) {
            let spec = &instance.spec;
            if !target.contains(spec.population, spec.node_id) {
                continue;
            }
            let bad = |bad: BadReport| {
                let place = self.place(report, instance);
                self.bad(report, bad.key, &format!("{place}{}", bad.what), &bad.remedy)
            };
            let points = points(report, instance, input, plan).map_err(&bad)?;
            if points.is_empty() {
                continue;
            }
            let variables = CellVariables::new(cell, &instance.built.model, catalogue);
            let elements = Elements::find(report, &points, &names, &variables).map_err(&bad)?;
            for (known, found) in is_found.iter_mut().zip(&elements.is_found) {
                *known |= found;
            }
            found.push(CellElements {
                population: spec.population,
                node_id: spec.node_id,
                gid: spec.gid,
                element_ids: elements.element_ids.clone(),
            });
            cell.probes.push(elements.into_probe(number, self.interval_of_sums(report), times));
        }
        let unknown = names.iter().zip(is_found).filter(|(_, is_found)| !is_found && !found.is_empty());
        let unknown = unknown.map(|(name, _)| name.to_string()).collect();
        Ok(ReportPlan {
            name: report.name.value.clone(),
            file_name: report.file_name.clone(),
            unit: report.unit.clone(),
            sampling,
            cells: found,
            unknown,
        })
    }

    /// The interval (ms) of the clock that sums have where NEURON simulates; CoreNEURON computes them for each row.
    fn interval_of_sums(&self, report: &Report) -> Option<f64> {
        let is_core_neuron = self.input.config.target_simulator == Some(TargetSimulator::CoreNeuron);
        (!is_core_neuron).then_some(report.dt)
    }

    /// The beginning of a message about a report and a cell.
    fn place(&self, report: &Report, instance: &Instance) -> String {
        let spec = &instance.spec;
        let population = &self.plan.populations[spec.population].name;
        format!("report `{}`: {population} node {} ", report.name.value, spec.node_id)
    }

    fn bad(&self, report: &Report, key: &str, what: &str, remedy: &str) -> Failure {
        let path = ["reports", report.name.value.as_str(), key];
        Failure::bad_input(self.input.config.document.impossible(&path, what, Some(remedy)))
    }

    fn bad_sampling(&self, report: &Report, error: &SamplingError) -> Problem {
        let name = report.name.value.as_str();
        let document = &self.input.config.document;
        let stop = self.input.config.run.tstop;
        match error {
            SamplingError::EndBeforeStart { start, .. } if report.end_time >= *start => {
                let what = format!(
                    "report `{name}` starts at {start} ms, after the end of the simulation at {stop} ms"
                );
                let remedy = "use an earlier `start_time`, a later `run.tstop`, or `enabled: false`";
                document.impossible(&["reports", name, "start_time"], &what, Some(remedy))
            }
            SamplingError::IntervalTooShort { .. } => {
                document.impossible(&["reports", name, "dt"], &error.to_string(), None)
            }
            _ => document.impossible(&["reports", name, "start_time"], &error.to_string(), None),
        }
    }
}
