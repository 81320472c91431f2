//! From the points of a cell to the elements of a report: their ids, and the values that make them.

use components::SampleTimes;
use sonata::config::{Report, ReportPoints, ReportType, Scaling, Sections};
use systems::group::{CellProbe, CellProbePart, CellSums};

use super::BadReport;
use super::points::Point;
use super::variables::{CellVariables, Found, Source, VariableName};

/// Mechanisms whose currents enter the cell, so that they count against membrane currents.
const ELECTRODES: [&str; 2] = ["IClamp", "SEClamp"];

/// What a report takes of one cell.
pub struct Elements {
    /// Element id of each element.
    pub element_ids: Vec<u32>,
    /// Which of the report's variables the cell has somewhere.
    pub is_found: Vec<bool>,
    parts: Vec<CellProbePart>,
    /// Weight of each value, and for each element one past its last value, if elements are sums.
    sums: Option<(Vec<f64>, Vec<u32>)>,
}

impl Elements {
    /// The elements of a cell with these points and variables.
    ///
    /// # Errors
    ///
    /// A compartment without the variable, or with several of it; a cell without such synapses.
    pub fn find(
        report: &Report,
        points: &[Point],
        names: &[VariableName],
        variables: &CellVariables,
    ) -> Result<Self, BadReport> {
        match (report.report_type, names) {
            (ReportType::Summation, names) => Ok(sums(report, points, names, variables)),
            (ReportType::Synapse, [name]) => synapses(points, name, variables),
            (_, [name]) => compartments(report, points, name, variables),
            _ => Err(BadReport {
                key: "variable_name",
                what: format!("is asked for {} variables, where the report takes one", names.len()),
                remedy: "use one variable, or a report of type `summation`".to_owned(),
            }),
        }
    }

    /// The probe that samples them; with an `interval` (ms) sums have a clock of their own.
    pub fn into_probe(self, report: usize, interval: Option<f64>, times: SampleTimes) -> CellProbe {
        let sums = self.sums.map(|(weights, ends)| CellSums { weights, ends, interval });
        CellProbe { report, times, parts: self.parts, sums }
    }
}

/// Values by where they come from, each with its place among all.
#[derive(Default)]
struct Parts<'a> {
    parts: Vec<(Source<'a>, CellProbePart)>,
    count: u32,
}

impl<'a> Parts<'a> {
    fn push(&mut self, (source, index): Found<'a>) {
        let number = self.parts.iter().position(|(known, _)| *known == source).unwrap_or_else(|| {
            let part = CellProbePart { source: source.to_plan(), indices: Vec::new(), places: Vec::new() };
            self.parts.push((source, part));
            self.parts.len() - 1
        });
        let part = &mut self.parts[number].1;
        part.indices.push(index);
        part.places.push(self.count);
        self.count += 1;
    }

    fn into_parts(self) -> Vec<CellProbePart> {
        self.parts.into_iter().map(|(_, part)| part).collect()
    }
}

/// One value for each point.
fn compartments(
    report: &Report,
    points: &[Point],
    name: &VariableName,
    variables: &CellVariables,
) -> Result<Elements, BadReport> {
    let (mut parts, mut found) = (Parts::default(), Vec::new());
    for point in points {
        variables.find(point, name, &mut found);
        let &[only] = found.as_slice() else {
            return Err(not_one(report, point, name, found.len(), variables));
        };
        parts.push(only);
    }
    let element_ids = points.iter().map(|point| point.element_id).collect();
    Ok(Elements { element_ids, is_found: vec![true], parts: parts.into_parts(), sums: None })
}

/// One value for each synapse of a mechanism in the compartments of the points.
fn synapses(points: &[Point], name: &VariableName, variables: &CellVariables) -> Result<Elements, BadReport> {
    let bad =
        |what: String, remedy: &str| BadReport { key: "variable_name", what, remedy: remedy.to_owned() };
    let (mut parts, mut element_ids) = (Parts::default(), Vec::new());
    for point in points {
        for synapse in variables.point_processes(point, &name.mechanism) {
            let mechanism = &synapse.description.name;
            let value = synapse.variable(&name.variable).ok_or_else(|| {
                let what = format!("has `{mechanism}`, which has no variable `{}`", name.variable);
                bad(what, "name another variable of the mechanism: `neurodamus mechanisms show` lists them")
            })?;
            let id = synapse.synapse_id.ok_or_else(|| {
                let what = format!("has `{mechanism}`, which is no synapse of the circuit's edges");
                bad(what, "use a report of type `summation` or `compartment`")
            })?;
            element_ids.push(id);
            parts.push((value, synapse.index));
        }
    }
    if element_ids.is_empty() {
        let what = format!("has no synapse `{}` in the compartments of the report", name.mechanism);
        return Err(bad(
            what,
            "choose `cells` and `sections` that have such synapses; `sections` is `soma` by default",
        ));
    }
    Ok(Elements { element_ids, is_found: vec![true], parts: parts.into_parts(), sums: None })
}

/// The sum of all variables, over the whole cell or at each point. What a compartment does not have counts as 0.
fn sums(report: &Report, points: &[Point], names: &[VariableName], variables: &CellVariables) -> Elements {
    let is_whole = matches!(report.points, ReportPoints::Sections { sections: Sections::Soma, .. });
    let (mut parts, mut found) = (Parts::default(), Vec::new());
    let (mut weights, mut ends) = (Vec::new(), Vec::new());
    let mut is_found = vec![false; names.len()];
    for point in points {
        for (name, is_found) in names.iter().zip(&mut is_found) {
            let weight = weight(report, point, name, variables);
            variables.find(point, name, &mut found);
            *is_found |= !found.is_empty();
            if weight != 0.0 {
                weights.resize(weights.len() + found.len(), weight);
                found.iter().for_each(|value| parts.push(*value));
            }
        }
        if !is_whole {
            ends.push(parts.count);
        }
    }
    let mut element_ids: Vec<u32> = points.iter().map(|point| point.element_id).collect();
    if is_whole {
        (element_ids, ends) = (vec![0], vec![parts.count]);
    }
    Elements { element_ids, is_found, parts: parts.into_parts(), sums: Some((weights, ends)) }
}

/// What a value counts in a sum: with `scaling` by area a density (mA/cm2) becomes a current (nA). As in neurodamus that
/// is done to every variable but the membrane current, which is one already, and the currents of electrodes, which
/// count against it.
fn weight(report: &Report, point: &Point, name: &VariableName, variables: &CellVariables) -> f64 {
    if ELECTRODES.contains(&name.mechanism.as_str()) {
        return -1.0;
    }
    if report.scaling == Scaling::Area && !name.is_membrane_current() {
        return variables.area(point) / 100.0;
    }
    1.0
}

/// A point without the variable of a compartment report, or with several of it.
fn not_one(
    report: &Report,
    point: &Point,
    name: &VariableName,
    count: usize,
    variables: &CellVariables,
) -> BadReport {
    let section = &variables.model.sections[point.section as usize].name;
    let place = format!("in section `{section}` at {}", (1e4 * point.x).round() / 1e4);
    let (what, remedy) = if count > 0 {
        let kind = report.report_type.as_str();
        let what = format!("has {count} `{name}` {place}, where a report of type `{kind}` takes one");
        (what, "use a report of type `synapse` for each of them, or `summation` for their sum".to_owned())
    } else {
        let remedy = variables.suggestion(name).unwrap_or_else(|| {
            "choose sections that have it, or a report of type `summation`, where it then counts as 0"
                .to_owned()
        });
        (format!("has no `{name}` {place}"), remedy)
    };
    BadReport { key: "variable_name", what, remedy }
}
