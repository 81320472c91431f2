//! What is wrong with reports beyond their syntax, told before any cell is built.

use std::collections::BTreeMap;

use sonata::config::{Report, ReportType, SimulationConfig};
use sonata::diagnostics::Problem;

/// Variables that NEURON has in every segment but that are not kept here.
const NOT_KEPT: [&str; 1] = ["i_cap"];

/// All problems of the reports that are enabled.
pub fn problems(config: &SimulationConfig) -> Vec<Problem> {
    let enabled = || config.reports.iter().filter(|report| report.enabled);
    let mut problems: Vec<Problem> = enabled().flat_map(|report| problems_of(report, config)).collect();
    problems.extend(shared_files(enabled(), config));
    problems
}

fn problems_of(report: &Report, config: &SimulationConfig) -> Vec<Problem> {
    let name = report.name.value.as_str();
    let path = |key| ["reports", name, key];
    if report.report_type == ReportType::Lfp {
        let remedy =
            "report `i_membrane` of all compartments, and weight it by the electrodes' factors afterwards";
        return vec![config.document.refuse(&path("type"), "report type `lfp`", Some(remedy))];
    }
    let mut problems = Vec::new();
    if report.report_type != ReportType::Summation && report.variables.len() > 1 {
        let what = format!(
            "report `{name}` of type `{}` takes one variable, not {}",
            report.report_type.as_str(),
            report.variables.len()
        );
        let remedy = "make a report of each variable, or one of type `summation`";
        problems.push(config.document.impossible(&path("variable_name"), &what, Some(remedy)));
    }
    for variable in report.variables.iter().filter(|variable| NOT_KEPT.contains(&variable.as_str())) {
        let what = format!("report variable `{variable}`");
        let remedy = "use `i_membrane`, of which it is a part";
        problems.push(config.document.refuse(&path("variable_name"), &what, Some(remedy)));
    }
    problems
}

/// Reports that would write to the file of another one, or to that of the spikes.
fn shared_files<'a>(reports: impl Iterator<Item = &'a Report>, config: &'a SimulationConfig) -> Vec<Problem> {
    let spikes = config.output.spikes_file.rsplit('/').next().unwrap_or_default();
    let mut taken = BTreeMap::from([(spikes, "the spikes".to_owned())]);
    let mut problems = Vec::new();
    for report in reports {
        let name = report.name.value.as_str();
        let own = format!("report `{name}`");
        if let Some(other) = taken.get(report.file_name.as_str()) {
            let what = format!("{own} and {other} would be written to the same file, `{}`", report.file_name);
            let remedy = "give the report a `file_name` of its own; folders in it do not count";
            problems.push(config.document.impossible(&["reports", name, "file_name"], &what, Some(remedy)));
        } else {
            taken.insert(&report.file_name, own);
        }
    }
    problems
}
