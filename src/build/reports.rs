//! Reports as probes: which compartments of which cells are sampled, and when.

use components::SampleTimes;
use sonata::config::{Compartments, Report, ReportPoints, Sections};
use sonata::report::{Sampling, SamplingError};
use systems::group::{CellPlan, CellProbe, CellProbeSource};

use super::Instance;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

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
    /// Element id of each value.
    pub element_ids: Vec<u32>,
}

/// Attaches probes for all enabled reports, in the order of their names.
///
/// # Errors
///
/// A node set that does not fit, or a window or interval in which nothing can be sampled.
pub fn probe(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
) -> Result<Vec<ReportPlan>, Failure> {
    let mut reports: Vec<&Report> = input.config.reports.iter().filter(|report| report.enabled).collect();
    reports.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    let mut plans = Vec::new();
    for (number, report) in reports.into_iter().enumerate() {
        plans.push(probe_one(number, report, cells, instances, input, plan)?);
    }
    Ok(plans)
}

fn probe_one(
    number: usize,
    report: &Report,
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
) -> Result<ReportPlan, Failure> {
    let run = &input.config.run;
    let sampling = Sampling::new(report.start_time, report.end_time, report.dt, run.dt, run.tstop)
        .map_err(|error| Failure::bad_input(bad_sampling(input, report, &error)))?;
    let times =
        SampleTimes { first: sampling.first_step(), last: sampling.last_step(), period: sampling.period() };
    let target = plan.target_or_all(input, report.cells.as_ref().map(|name| name.value.as_str()))?;
    let source = match report.variables.first().map(String::as_str) {
        Some("i_membrane") => CellProbeSource::MembraneCurrent,
        _ => CellProbeSource::Voltage,
    };
    let mut elements = Vec::new();
    for (cell, instance) in cells.iter_mut().zip(instances) {
        let spec = &instance.spec;
        if !target.contains(spec.population, spec.node_id) {
            continue;
        }
        let (nodes, element_ids) = points(report, instance);
        if nodes.is_empty() {
            continue;
        }
        cell.probes.push(CellProbe { report: number, source: source.clone(), indices: nodes, times });
        elements.push(CellElements {
            population: spec.population,
            node_id: spec.node_id,
            gid: spec.gid,
            element_ids,
        });
    }
    Ok(ReportPlan {
        name: report.name.value.clone(),
        file_name: report.file_name.clone(),
        unit: report.unit.clone(),
        sampling,
        cells: elements,
    })
}

/// Nodes of a cell that a report samples, with the element id of each.
fn points(report: &Report, instance: &Instance) -> (Vec<u32>, Vec<u32>) {
    let ReportPoints::Sections { sections, compartments } = &report.points else {
        return (Vec::new(), Vec::new());
    };
    let list = match sections {
        Sections::Soma => "soma",
        Sections::Axon => "axon",
        Sections::Dend => "dend",
        Sections::Apic => "apic",
        Sections::All => "all",
    };
    let model = &instance.built.model;
    let (mut nodes, mut element_ids) = (Vec::new(), Vec::new());
    for &index in instance.built.sections(list) {
        let section = &model.sections[index as usize];
        match compartments {
            Compartments::Center => nodes.push(section.node(0.5)),
            Compartments::All => nodes.extend(&section.segments),
        }
        element_ids.resize(nodes.len(), instance.built.element_ids[index as usize]);
    }
    (nodes, element_ids)
}

fn bad_sampling(input: &Input, report: &Report, error: &SamplingError) -> sonata::diagnostics::Problem {
    let name = report.name.value.as_str();
    let document = &input.config.document;
    let stop = input.config.run.tstop;
    match error {
        SamplingError::EndBeforeStart { start, .. } if report.end_time >= *start => {
            let what =
                format!("report `{name}` starts at {start} ms, after the end of the simulation at {stop} ms");
            let remedy = "use an earlier `start_time`, a later `run.tstop`, or `enabled: false`";
            document.impossible(&["reports", name, "start_time"], &what, Some(remedy))
        }
        SamplingError::IntervalTooShort { .. } => {
            document.impossible(&["reports", name, "dt"], &error.to_string(), None)
        }
        _ => document.impossible(&["reports", name, "start_time"], &error.to_string(), None),
    }
}
