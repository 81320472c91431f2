//! What the name of a variable stands for at a point of a cell.
//!
//! As in neurodamus: point processes of the section whose mechanism's name begins with the given one, else a variable of
//! the segment of exactly this name, else a variable of a density mechanism.

use std::cmp::Reverse;
use std::fmt;

use cell::{Catalogue, CellModel, RangeVariable};
use nmodl::{Description, IonVariable, Kind};
use systems::group::{CellPlan, CellProbeSource};

use super::points::Point;

/// A variable as a report names it.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableName {
    text: String,
    /// The mechanism, or a variable of the segment.
    pub mechanism: String,
    /// The variable of the mechanism, `i` where none is given.
    pub variable: String,
}

impl VariableName {
    /// Reads `mechanism.variable` or `name`; `i_membrane` is the membrane current, which NEURON calls `i_membrane_`.
    pub fn new(text: &str) -> Self {
        let (mechanism, variable) = text.split_once('.').unwrap_or((text, "i"));
        let mechanism = if text == "i_membrane" { "i_membrane_" } else { mechanism };
        Self { text: text.to_owned(), mechanism: mechanism.to_owned(), variable: variable.to_owned() }
    }

    /// Whether it is the membrane current.
    pub fn is_membrane_current(&self) -> bool {
        self.mechanism == "i_membrane_"
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The column that a value comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source<'a> {
    /// Voltage of a node.
    Voltage,
    /// Membrane current of a node.
    MembraneCurrent,
    /// Diameter of a node.
    Diameter,
    /// Specific capacitance of a node.
    Capacitance,
    /// A quantity of an ion at a node.
    Ion(&'a str, IonVariable),
    /// A variable of a density mechanism at a node.
    Density(&'a str, &'a str),
    /// A variable of a point process of the cell.
    PointProcess(&'a str, &'a str),
}

impl Source<'_> {
    /// The same, as cells are planned.
    pub fn to_plan(self) -> CellProbeSource {
        match self {
            Self::Voltage => CellProbeSource::Voltage,
            Self::MembraneCurrent => CellProbeSource::MembraneCurrent,
            Self::Diameter => CellProbeSource::Diameter,
            Self::Capacitance => CellProbeSource::Capacitance,
            Self::Ion(ion, variable) => CellProbeSource::Ion(ion.to_owned(), variable),
            Self::Density(mechanism, variable) => {
                CellProbeSource::Density(mechanism.to_owned(), variable.to_owned())
            }
            Self::PointProcess(mechanism, variable) => {
                CellProbeSource::PointProcess(mechanism.to_owned(), variable.to_owned())
            }
        }
    }
}

/// One value that a name stands for: the column, and the node or the point process.
pub type Found<'a> = (Source<'a>, u32);

/// A point process of a cell.
#[derive(Clone, Copy, Debug)]
pub struct PointAt<'a> {
    node: u32,
    /// Its number among the cell's.
    pub index: u32,
    /// What it is.
    pub description: &'a Description,
    /// Its number among the synapses of its edges, if it is one.
    pub synapse_id: Option<u32>,
}

impl<'a> PointAt<'a> {
    /// The variable called `name`, if it is to be seen from outside.
    pub fn variable(&self, name: &str) -> Option<Source<'a>> {
        let variable = visible(self.description, name)?;
        Some(Source::PointProcess(&self.description.name, variable))
    }
}

fn visible<'a>(description: &'a Description, name: &str) -> Option<&'a str> {
    let found = description.variables.iter().find(|variable| variable.name == name && variable.visible);
    found.map(|variable| variable.name.as_str())
}

/// The variables of a cell.
pub struct CellVariables<'a> {
    /// Its compartments and density mechanisms.
    pub model: &'a CellModel,
    /// What names mean.
    pub catalogue: &'a Catalogue,
    /// Its point processes by node; those of a node from the last one made to the first, as NEURON lists them.
    points: Vec<PointAt<'a>>,
}

impl<'a> CellVariables<'a> {
    /// The variables of a planned cell of a model.
    pub fn new(cell: &'a CellPlan, model: &'a CellModel, catalogue: &'a Catalogue) -> Self {
        let own = model.point_processes.iter().map(|point| (point.node, &*point.description, None));
        let added = cell.point_processes.iter();
        let added = added.map(|point| (point.node, &*point.description, point.synapse_id));
        let mut points: Vec<PointAt> = own
            .chain(added)
            .zip(0..)
            .filter_map(|((node, description, synapse_id), index)| {
                Some(PointAt { node: node?, index, description, synapse_id })
            })
            .collect();
        points.sort_by_key(|point| (point.node, Reverse(point.index)));
        Self { model, catalogue, points }
    }

    /// All values that a name stands for at a point.
    pub fn find(&self, point: &Point, name: &VariableName, found: &mut Vec<Found<'a>>) {
        found.clear();
        if self.section_has(point.section, &name.mechanism) {
            let here = self.point_processes(point, &name.mechanism);
            found.extend(here.filter_map(|point| Some((point.variable(&name.variable)?, point.index))));
            return;
        }
        let value = self.of_segment(point, &name.mechanism);
        found.extend(value.or_else(|| self.of_mechanism(point, name)));
    }

    /// Point processes in the compartment of a point whose mechanism's name begins with `mechanism`.
    pub fn point_processes(
        &self,
        point: &Point,
        mechanism: &str,
    ) -> impl Iterator<Item = PointAt<'a>> + use<'_, 'a> {
        let mechanism = mechanism.to_owned();
        // The end of a section is in none of its compartments
        let here = if point.x < 1.0 { self.at(self.segment(point)) } else { &[] };
        here.iter().copied().filter(move |point| point.description.name.starts_with(&mechanism))
    }

    /// Area (um2) of the segment of a point.
    pub fn area(&self, point: &Point) -> f64 {
        self.model.nodes.area[self.segment(point) as usize]
    }

    /// What could have been meant by a name that no cell can have; `None` if some can.
    pub fn suggestion(&self, name: &VariableName) -> Option<String> {
        let VariableName { mechanism, variable, .. } = name;
        if self.catalogue.find_range(mechanism).is_ok() {
            return None;
        }
        let mut known = self.catalogue.mechanisms().iter().filter(|known| known.name.starts_with(mechanism));
        if let Some(first) = known.clone().next() {
            if known.any(|known| visible(known, variable).is_some()) {
                return None;
            }
            let variables = first.variables.iter().filter(|variable| variable.visible);
            let names: Vec<String> =
                variables.map(|variable| format!("`{}.{}`", first.name, variable.name)).collect();
            return Some(format!("`{}` shows {}", first.name, names.join(", ")));
        }
        let of_mechanisms = match self.catalogue.find_mechanism(mechanism) {
            Err(cell::Error::UnknownMechanism { help, .. }) => help,
            _ => None,
        };
        let of_variables = match self.catalogue.find_range(mechanism) {
            Err(cell::Error::UnknownRangeVariable { help, .. }) => help,
            _ => None,
        };
        let nothing = "no mechanism and no variable has such a name: `neurodamus mechanisms list` lists them";
        Some(of_variables.or(of_mechanisms).unwrap_or_else(|| nothing.to_owned()))
    }

    fn at(&self, node: u32) -> &[PointAt<'a>] {
        let start = self.points.partition_point(|point| point.node < node);
        let end = self.points.partition_point(|point| point.node <= node);
        &self.points[start..end]
    }

    fn section_has(&self, section: u32, mechanism: &str) -> bool {
        let segments = &self.model.sections[section as usize].segments;
        let mut points = segments.iter().flat_map(|&node| self.at(node));
        points.any(|point| point.description.name.starts_with(mechanism))
    }

    /// The node of a point's segment.
    fn segment(&self, point: &Point) -> u32 {
        self.model.sections[point.section as usize].segments[point.segment]
    }

    fn of_segment(&self, point: &Point, name: &str) -> Option<Found<'a>> {
        let node = self.segment(point);
        match self.catalogue.find_range(name).ok()? {
            RangeVariable::Voltage => Some((Source::Voltage, point.node)),
            RangeVariable::MembraneCurrent => Some((Source::MembraneCurrent, point.node)),
            RangeVariable::Diameter => Some((Source::Diameter, node)),
            RangeVariable::Capacitance => Some((Source::Capacitance, node)),
            RangeVariable::CapacitiveCurrent | RangeVariable::IonConductance(_) => None,
            RangeVariable::Ion(ion, variable) => self.of_ion(node, &self.catalogue.ion(ion).name, variable),
            RangeVariable::Mechanism(mechanism, column) => {
                let description = self.catalogue.mechanism(mechanism);
                let variable = &description.variables[column];
                let is_here = variable.visible && self.has(node, &description.name);
                is_here.then_some((Source::Density(&description.name, &variable.name), node))
            }
        }
    }

    fn of_mechanism(&self, point: &Point, name: &VariableName) -> Option<Found<'a>> {
        let node = self.segment(point);
        if let Some(ion) = name.mechanism.strip_suffix("_ion") {
            let ion = &self.catalogue.ion(self.catalogue.find_ion(ion).ok()?).name;
            let variable = IonVariable::ALL.into_iter().find(|known| known.of(ion) == name.variable)?;
            return self.of_ion(node, ion, variable);
        }
        let description = self.catalogue.mechanism(self.catalogue.find_mechanism(&name.mechanism).ok()?);
        let variable = visible(description, &name.variable)?;
        let is_here = description.kind == Kind::Density && self.has(node, &description.name);
        is_here.then_some((Source::Density(&description.name, variable), node))
    }

    fn has(&self, node: u32, mechanism: &str) -> bool {
        let known = self.model.mechanisms.iter().find(|known| known.description.name == mechanism);
        known.is_some_and(|known| known.nodes.binary_search(&node).is_ok())
    }

    /// An ion is where a density mechanism or a point process uses it.
    fn of_ion(&self, node: u32, ion: &'a str, variable: IonVariable) -> Option<Found<'a>> {
        let known = self.model.ions.iter().find(|known| known.name == ion);
        let uses = |point: &PointAt| point.description.ions.iter().any(|used| used.ion == ion);
        let is_here = known.is_some_and(|known| known.nodes.binary_search(&node).is_ok())
            || self.at(node).iter().any(uses);
        is_here.then_some((Source::Ion(ion, variable), node))
    }
}
