//! The section `reports`.

use std::path::PathBuf;

use super::reader::{Bound, Section, choices};
use super::run::Run;
use crate::diagnostics::{ProblemKind, Spanned};

choices! {
    /// What a report records.
    ReportType {
        /// A variable of compartments
        Compartment = "compartment",
        /// A variable of the compartments of a compartment set
        CompartmentSet = "compartment_set",
        /// Sums of currents
        Summation = "summation",
        /// A variable of synapses
        Synapse = "synapse",
        /// Extracellular potentials at electrodes
        Lfp = "lfp",
    }
}

choices! {
    /// The sections of a report.
    Sections {
        /// The soma
        Soma = "soma",
        /// The axon
        Axon = "axon",
        /// Basal dendrites
        Dend = "dend",
        /// Apical dendrites
        Apic = "apic",
        /// Every section
        All = "all",
    }
}

choices! {
    /// The compartments of a report's sections.
    Compartments {
        /// The middle one
        Center = "center",
        /// Every one
        All = "all",
    }
}

choices! {
    /// How a summation scales mechanism currents.
    Scaling {
        /// Not
        None = "none",
        /// By the compartment's area, to nA
        Area = "area",
    }
}

/// Where a report records.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportPoints {
    /// Compartments of sections of each cell.
    Sections {
        /// Default: the soma.
        sections: Sections,
        /// Default: the centre for the soma, else all.
        compartments: Compartments,
    },
    /// The compartments of a compartment set.
    CompartmentSet(Spanned<String>),
}

/// An entry of `reports`.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The name (the key).
    pub name: Spanned<String>,
    /// What is recorded.
    pub report_type: ReportType,
    /// The node set of the cells; default: the simulation's node set, absent for all cells.
    pub cells: Option<Spanned<String>>,
    /// Where.
    pub points: ReportPoints,
    /// The variables, each `name` or `mechanism.name`; none for an LFP.
    pub variables: Vec<String>,
    /// Default: by area.
    pub scaling: Scaling,
    /// The unit that is written to the file, as given; default `mV`.
    pub unit: String,
    /// Sampling interval, ms.
    pub dt: f64,
    /// First sample, ms.
    pub start_time: f64,
    /// End, ms; may be past the end of the simulation.
    pub end_time: f64,
    /// The name of the file in the output folder, without folders, with `.h5`; default: the report's name.
    pub file_name: String,
    /// Default true.
    pub enabled: bool,
    /// The electrodes of an LFP.
    pub electrodes_file: Option<Spanned<PathBuf>>,
}

pub(super) fn read_reports(
    top: &mut Section<'_>,
    run: &Run,
    node_set: Option<&Spanned<String>>,
) -> Vec<Report> {
    let context = top.context;
    let mut reports = Vec::new();
    for member in top.members_of("reports") {
        let path = format!("reports.{}", member.key);
        let mut section = context.section(path, member.key_span, &member.value);
        let name = Spanned { value: member.key.clone(), span: member.key_span };
        if let Some(report_type) = section.required_choice("type") {
            let mut report = read_report(&mut section, name, report_type);
            if report.cells.is_none() {
                report.cells = node_set.cloned();
            }
            check_times(&section, &report, run);
            section.finish();
            reports.push(report);
        }
    }
    reports
}

fn read_report(section: &mut Section<'_>, name: Spanned<String>, report_type: ReportType) -> Report {
    let is_lfp = report_type == ReportType::Lfp;
    let electrodes_file = if is_lfp {
        Some(section.required_path("electrodes_file"))
    } else {
        section.refuse("electrodes_file", "this report", "only reports of type `lfp` have electrodes");
        None
    };
    let variables = if is_lfp {
        section.refuse(
            "variable_name",
            "a report of type `lfp`",
            "remove it: membrane currents are recorded",
        );
        Vec::new()
    } else {
        read_variables(section)
    };
    Report {
        cells: section.text("cells"),
        points: read_points(section, report_type),
        scaling: section.choice("scaling").unwrap_or(Scaling::Area),
        unit: section.text("unit").map_or_else(|| "mV".into(), |unit| unit.value),
        dt: section.required_number("dt", Bound::Positive),
        start_time: section.required_number("start_time", Bound::NonNegative),
        end_time: section.required_number("end_time", Bound::NonNegative),
        file_name: read_file_name(section, &name),
        enabled: section.flag("enabled").unwrap_or(true),
        name,
        report_type,
        variables,
        electrodes_file,
    }
}

fn read_points(section: &mut Section<'_>, report_type: ReportType) -> ReportPoints {
    if report_type == ReportType::CompartmentSet {
        let remedy = "the compartment set says which compartments are meant";
        section.refuse("sections", "a report of type `compartment_set`", remedy);
        section.refuse("compartments", "a report of type `compartment_set`", remedy);
        return ReportPoints::CompartmentSet(section.required_text("compartment_set"));
    }
    let place = format!("a report of type `{}`", report_type.as_str());
    section.refuse("compartment_set", &place, "set the type to `compartment_set`, or remove it");
    let sections = section.choice("sections").unwrap_or(Sections::Soma);
    let default = match sections {
        Sections::Soma => Compartments::Center,
        _ => Compartments::All,
    };
    ReportPoints::Sections { sections, compartments: section.choice("compartments").unwrap_or(default) }
}

/// Splits a list of variables; each has at most one dot, between letters, digits and `_`.
fn read_variables(section: &mut Section<'_>) -> Vec<String> {
    let text = section.required_text("variable_name");
    if text.span == section.label {
        return Vec::new();
    }
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_variable = |name: &str| match name.split_once('.') {
        Some((mechanism, variable)) => is_word(mechanism) && is_word(variable),
        None => is_word(name),
    };
    let mut names = text.split(',').map(str::trim);
    // White space may stand around commas only
    if text.trim() != text.value || !names.clone().all(is_variable) {
        let kind = ProblemKind::VariableNames { text: text.value.clone() };
        section.context.error(text.span, kind);
    }
    names.by_ref().map(Into::into).collect()
}

fn read_file_name(section: &mut Section<'_>, name: &Spanned<String>) -> String {
    let text = section.text("file_name").map_or_else(|| name.value.clone(), |text| text.value);
    let base = text.rsplit('/').next().unwrap_or_default();
    if base.is_empty() {
        let span = section.span_of("file_name");
        section.context.out_of_range("file_name", span, "a file name".into(), text.clone());
    }
    match base.rsplit_once('.') {
        Some((stem, "h5")) if !stem.is_empty() => base.into(),
        _ => format!("{base}.h5"),
    }
}

/// A report that is switched off may have any times.
fn check_times(section: &Section<'_>, report: &Report, run: &Run) {
    if !report.enabled {
        return;
    }
    let context = section.context;
    if report.start_time > report.end_time {
        let bound = format!("at or after `start_time`, {}", report.start_time);
        context.out_of_range("end_time", section.span_of("end_time"), bound, report.end_time.to_string());
    }
    if report.dt > 0.0 && report.dt < run.dt {
        let bound = format!("at least the simulation's step, {}", run.dt);
        context.out_of_range("dt", section.span_of("dt"), bound, report.dt.to_string());
    }
}
