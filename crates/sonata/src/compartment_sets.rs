//! Compartment sets: named lists of points on the cells of a population.
//!
//! The file is `{ "<name>": { "population": "<name>", "compartment_set": [[node_id, section_id, offset], ...] } }`. A section id
//! counts the sections of a cell over all types: soma, axon (as in the morphology), dend, apic, ais, node, myelin. The points of a
//! set ascend strictly, so there are no duplicates; a set may be empty.

use std::path::Path;

use crate::config::read_source;
use crate::config::reader::{Bound, Context};
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Spanned, closest};
use crate::json::{Json, Member, Value};

/// A point on a cell.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct CompartmentPoint {
    /// The node id in the population.
    pub node_id: u64,
    /// The section, counted over all types of sections.
    pub section_id: u64,
    /// The place along the section, from 0 to 1.
    pub offset: f64,
}

/// A named list of points.
#[derive(Debug, Clone, PartialEq)]
pub struct CompartmentSet {
    /// The name.
    pub name: Spanned<String>,
    /// The population of the cells.
    pub population: Spanned<String>,
    /// The points, ascending.
    pub points: Vec<CompartmentPoint>,
}

/// The compartment sets of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompartmentSets {
    /// The sets.
    pub sets: Vec<CompartmentSet>,
}

impl CompartmentSets {
    /// Reads a file.
    ///
    /// # Errors
    /// All problems of the file at once.
    pub fn from_file(path: &Path) -> Result<Self, Problems> {
        Self::parse(&read_source(path)?)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// All problems of the text at once.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let root = Json::parse(source)?;
        let context = Context::new(source);
        let members = context.members("the file", &root).iter();
        let sets = members.map(|member| read_set(&context, member)).collect();
        context.finish()?;
        Ok(Self { sets })
    }

    /// The set of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CompartmentSet> {
        self.sets.iter().find(|set| set.name.value == name)
    }

    /// An error at a name in a file, such as a configuration, that no compartment set has.
    #[must_use]
    pub fn unknown(&self, source: &Source, name: &Spanned<String>) -> Problem {
        let known = self.sets.iter().map(|set| set.name.value.as_str());
        let kind = ProblemKind::UnknownCompartmentSet {
            name: name.value.clone(),
            suggestion: closest(name, known).map(Into::into),
        };
        Problem::error(source, name.span, kind)
    }
}

fn read_set(context: &Context, member: &Member) -> CompartmentSet {
    let mut section = context.section(member.key.clone(), member.key_span, &member.value);
    let population = section.required_text("population");
    if section.get("compartment_set").is_none() {
        section.missing("compartment_set");
    }
    let mut points: Vec<CompartmentPoint> = Vec::new();
    for item in section.list("compartment_set") {
        let Some(point) = read_point(context, item) else {
            continue;
        };
        if let Some(previous) = points.last()
            && point <= *previous
        {
            let kind =
                ProblemKind::NotIncreasing { entry: point.to_string(), previous: previous.to_string() };
            context.error(item.span, kind);
        }
        points.push(point);
    }
    section.finish();
    CompartmentSet { name: Spanned { value: member.key.clone(), span: member.key_span }, population, points }
}

fn read_point(context: &Context, item: &Json) -> Option<CompartmentPoint> {
    let parts = match &item.value {
        Value::List(parts) => parts.as_slice(),
        _ => &[],
    };
    let [node_id, section_id, offset] = parts else {
        let found = match parts.len() {
            0 => item.kind().into(),
            count => format!("{count} values"),
        };
        context.error(item.span, ProblemKind::CompartmentShape { found });
        return None;
    };
    let node_id = context.integer("node_id", node_id, "zero or positive");
    let section_id = context.integer("section_id", section_id, "zero or positive");
    let offset = context.number("offset", offset, Bound::UnitInterval);
    Some(CompartmentPoint { node_id: node_id?, section_id: section_id?, offset: offset? })
}

impl std::fmt::Display for CompartmentPoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{}, {}, {}]", self.node_id, self.section_id, self.offset)
    }
}
