//! The compartments that a report looks at.

use sonata::config::{Compartments, Report, ReportPoints, ReportType, Sections};

use super::BadReport;
use crate::build::Instance;
use crate::input::Input;
use crate::plan::Plan;

/// A compartment, or an end of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The section, as the model counts them.
    pub section: u32,
    /// The position along it, from 0 to 1.
    pub x: f64,
    /// The node there: at 0 and 1 the end of the section.
    pub node: u32,
    /// The segment there: at 0 and 1 the first and the last one.
    pub segment: usize,
    /// The section, as outputs count them.
    pub element_id: u32,
}

impl Point {
    fn new(instance: &Instance, section: u32, x: f64) -> Self {
        let built = &instance.built;
        let model = &built.model.sections[section as usize];
        let count = model.segments.len();
        Self {
            section,
            x,
            node: model.node(x),
            segment: ((count as f64 * x) as usize).min(count.saturating_sub(1)),
            element_id: built.element_ids[section as usize],
        }
    }
}

/// The points of a report in one of its cells, in the order in which they are reported.
///
/// # Errors
///
/// A point of a compartment set in a section that the cell does not have.
pub fn points(
    report: &Report,
    instance: &Instance,
    input: &Input,
    plan: &Plan,
) -> Result<Vec<Point>, BadReport> {
    match &report.points {
        ReportPoints::Sections { sections, compartments } => {
            // A sum into the soma is over the whole cell
            let is_whole = report.report_type == ReportType::Summation && *sections == Sections::Soma;
            let (sections, compartments) =
                if is_whole { (Sections::All, Compartments::All) } else { (*sections, *compartments) };
            Ok(points_of_sections(sections, compartments, instance))
        }
        ReportPoints::CompartmentSet(name) => points_of_set(&name.value, instance, input, plan),
    }
}

fn points_of_sections(sections: Sections, compartments: Compartments, instance: &Instance) -> Vec<Point> {
    let list = match sections {
        Sections::Soma => "soma",
        Sections::Axon => "axon",
        Sections::Dend => "dend",
        Sections::Apic => "apic",
        Sections::All => "all",
    };
    let mut points = Vec::new();
    for &section in instance.built.sections(list) {
        match compartments {
            Compartments::Center => points.push(Point::new(instance, section, 0.5)),
            Compartments::All => {
                let count = instance.built.model.sections[section as usize].segments.len();
                let middles = (0..count).map(|segment| (segment as f64 + 0.5) / count as f64);
                points.extend(middles.map(|x| Point::new(instance, section, x)));
            }
        }
    }
    points
}

fn points_of_set(
    name: &str,
    instance: &Instance,
    input: &Input,
    plan: &Plan,
) -> Result<Vec<Point>, BadReport> {
    let Some(set) = input.compartment_sets.get(name) else { return Ok(Vec::new()) };
    let spec = &instance.spec;
    if plan.population(&set.population.value).map(|(index, _)| index) != Some(spec.population) {
        return Ok(Vec::new());
    }
    let own = set.points.iter().filter(|point| point.node_id == spec.node_id);
    own.map(|point| {
        let section = instance.built.section_of_element(point.section_id).ok_or_else(|| BadReport {
            key: "compartment_set",
            what: format!("has no section {}, which compartment set `{name}` names", point.section_id),
            remedy: "section ids count soma, axon (as in the morphology), dend and apic sections; the template may have \
                     removed it with the axon"
                .to_owned(),
        })?;
        Ok(Point::new(instance, section, point.offset))
    })
    .collect()
}
