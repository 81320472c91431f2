//! Applying `conditions.modifications` to cells while they are built.
//!
//! A modification is applied to a cell after its template made it and before anything is attached to it, so that
//! equal cells with equal modifications are still built once.

use std::collections::BTreeMap;

use cell::{Cell, RangeVariable, SectionId};
use sonata::diagnostics::{Problem, ProblemKind};

use super::construct::{SECTION_KINDS, section_of_element};
use crate::failure::Failure;
use crate::input::Input;
use crate::input::modifications::{Arithmetic, Modification, Operator, Scope, binary};
use crate::plan::{CellSpec, Plan, Population, Target};

/// The mechanism by which `ttx` blocks sodium channels.
const TTX: &str = "TTXDynamicsSwitch";

/// The modifications of a simulation, with the cells that they concern.
pub struct Modifications<'a> {
    input: &'a Input,
    concerned: Vec<Concerned>,
}

/// Which cells a modification concerns.
enum Concerned {
    Nodes(Target),
    /// The population of a compartment set; `None` if it is not in the circuit.
    Compartments(Option<usize>),
}

/// A modification of one cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    /// Its number in the config.
    pub modification: usize,
    /// Section id and bits of the offset of the cell's points in a compartment set.
    points: Vec<(u64, u64)>,
}

/// The sections of a cell that its template made, by the names of lists and arrays.
pub struct Sections {
    /// The sections of each list and array.
    lists: BTreeMap<String, Vec<SectionId>>,
    /// Number of sections that the axon had before the template replaced it, if it says so.
    axon_count: Option<usize>,
}

impl Sections {
    /// The sections that `list` gives for the names of lists and arrays that modifications may use.
    pub fn new(list: impl Fn(&str) -> Vec<SectionId>, axon_count: Option<usize>) -> Self {
        let names = SECTION_KINDS.into_iter().flat_map(|(kind, list)| [kind, list]).chain(["all"]);
        Self { lists: names.map(|name| (name.to_owned(), list(name))).collect(), axon_count }
    }

    fn list(&self, name: &str) -> &[SectionId] {
        self.lists.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

impl<'a> Modifications<'a> {
    /// No modifications.
    pub fn none(input: &'a Input) -> Self {
        Self { input, concerned: Vec::new() }
    }

    /// Finds the cells of all modifications.
    ///
    /// # Errors
    ///
    /// A node set that does not fit the nodes.
    pub fn new(input: &'a Input, plan: &Plan) -> Result<Self, Failure> {
        let concerned = input.modifications.iter().map(|modification| match &modification.scope {
            Scope::Ttx(nodes)
            | Scope::AllSections(nodes)
            | Scope::List(nodes, _)
            | Scope::Section(nodes, ..) => plan.target(input, &nodes.value).map(Concerned::Nodes),
            Scope::Compartments(name) => {
                let set = input.compartment_sets.get(&name.value);
                let population = set.and_then(|set| plan.population(&set.population.value));
                Ok(Concerned::Compartments(population.map(|(index, _)| index)))
            }
        });
        Ok(Self { input, concerned: concerned.collect::<Result<_, Failure>>()? })
    }

    /// The modifications of a cell, in the order of the config.
    pub fn of_cell(&self, spec: &CellSpec) -> Vec<Applied> {
        let mut applied = Vec::new();
        for (number, concerned) in self.concerned.iter().enumerate() {
            let points = match concerned {
                Concerned::Nodes(target) if target.contains(spec.population, spec.node_id) => Vec::new(),
                Concerned::Compartments(Some(population)) if *population == spec.population => {
                    let points = self.points(number, spec.node_id);
                    if points.is_empty() {
                        continue;
                    }
                    points
                }
                _ => continue,
            };
            applied.push(Applied { modification: number, points });
        }
        applied
    }

    /// The points of a node in the compartment set of a modification.
    fn points(&self, number: usize, node_id: u64) -> Vec<(u64, u64)> {
        let Scope::Compartments(name) = &self.input.modifications[number].scope else { return Vec::new() };
        let Some(set) = self.input.compartment_sets.get(&name.value) else { return Vec::new() };
        let first = set.points.partition_point(|point| point.node_id < node_id);
        let own = set.points[first..].iter().take_while(|point| point.node_id == node_id);
        own.map(|point| (point.section_id, point.offset.to_bits())).collect()
    }

    /// Applies modifications to a cell, and returns to how many sections or segments each was applied.
    ///
    /// # Errors
    ///
    /// A value that cannot be computed or assigned, a point in a section that the cell does not have.
    pub fn apply(
        &self,
        applied: &[Applied],
        cell: &mut Cell,
        sections: &Sections,
        (spec, population): (&CellSpec, &Population),
    ) -> Result<Vec<u64>, Failure> {
        applied
            .iter()
            .map(|applied| {
                let modification = &self.input.modifications[applied.modification];
                apply_one(modification, &applied.points, cell, sections).map_err(|wrong| {
                    let place = wrong.section.map(|section| format!(" in `{section}`")).unwrap_or_default();
                    let what = format!("modification `{}`{place}: {}", modification.name, wrong.what);
                    let kind = ProblemKind::Impossible { what, remedy: Some(wrong.remedy.to_owned()) };
                    let source = &self.input.config.document.source;
                    Failure::bad_input(CannotModify {
                        population: population.name.to_string(),
                        node_id: spec.node_id,
                        cause: vec![Problem::error(source, modification.span, kind)],
                    })
                })
            })
            .collect()
    }
}

/// A cell that a modification fails for, with the reason, which is told once for all cells.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{population} node {node_id} cannot be modified")]
struct CannotModify {
    population: String,
    node_id: u64,
    #[related]
    cause: Vec<Problem>,
}

/// Something that a modification cannot do.
struct Wrong {
    section: Option<String>,
    what: String,
    remedy: &'static str,
}

impl From<Arithmetic> for Wrong {
    fn from(error: Arithmetic) -> Self {
        let remedy = "check the values that the attributes have in this section";
        Self { section: None, what: error.to_string(), remedy }
    }
}

impl From<cell::Error> for Wrong {
    fn from(error: cell::Error) -> Self {
        Self { section: None, what: error.to_string(), remedy: "check `section_configure`" }
    }
}

fn apply_one(
    modification: &Modification,
    points: &[(u64, u64)],
    cell: &mut Cell,
    sections: &Sections,
) -> Result<u64, Wrong> {
    let in_section = |cell: &Cell, section| {
        let name = cell.section_name(section).ok().map(str::to_owned);
        move |wrong: Wrong| Wrong { section: name, ..wrong }
    };
    let mut count = 0;
    let mut assign = |cell: &mut Cell, section, x| -> Result<(), Wrong> {
        let is_applied = assign(modification, cell, section, x).map_err(in_section(cell, section))?;
        count += u64::from(is_applied);
        Ok(())
    };
    match &modification.scope {
        Scope::Ttx(_) => {
            for &section in sections.list("all") {
                cell.insert(section, TTX)?;
                cell.set_range(section, &format!("ttxo_level_{TTX}"), 1.0)?;
            }
            return Ok(sections.list("all").len() as u64);
        }
        Scope::AllSections(_) => {
            for &section in sections.list("all") {
                // Once per segment, each time for the whole section, as neurodamus does
                for _ in 0..cell.nseg(section)? {
                    assign(cell, section, None)?;
                }
            }
        }
        Scope::List(_, list) => {
            for &section in sections.list(list) {
                assign(cell, section, None)?;
            }
        }
        Scope::Section(_, array, index) => {
            if let Some(&section) = sections.list(array).get(*index) {
                assign(cell, section, None)?;
            }
        }
        Scope::Compartments(_) => {
            for &(id, x) in points {
                let found = section_of_element(id, sections.axon_count, |name| sections.list(name).to_vec());
                let section = found.ok_or_else(|| Wrong {
                    section: None,
                    what: format!("the compartment set names section {id}, which the cell does not have"),
                    remedy: "section ids count soma, axon (as in the morphology), dend, apic, ais, node and myelin sections",
                })?;
                assign(cell, section, Some(f64::from_bits(x)))?;
            }
        }
    }
    Ok(count)
}

/// Runs the assignments of a modification on a section, or on its segment at `x`, if that has all the attributes.
fn assign(
    modification: &Modification,
    cell: &mut Cell,
    section: SectionId,
    x: Option<f64>,
) -> Result<bool, Wrong> {
    for name in modification.attributes() {
        match Attribute::find(name, cell, x.is_some()) {
            Some(attribute) if attribute.read(cell, section, x).is_ok() => {}
            _ => return Ok(false),
        }
    }
    for assignment in &modification.assignments {
        let read = |cell: &mut Cell, name: &str| match Attribute::find(name, cell, x.is_some()) {
            Some(attribute) => attribute.read(cell, section, x).map_err(Wrong::from),
            None => Err(Wrong::from(Arithmetic::NotFinite)),
        };
        let operand = assignment.value.evaluate(&mut |name| read(cell, name))?;
        let value = match assignment.operator {
            Operator::Set => operand,
            operator => binary(operator, read(cell, &assignment.attribute)?, operand)?,
        };
        if let Some(attribute) = Attribute::find(&assignment.attribute, cell, x.is_some()) {
            attribute.write(cell, section, x, value)?;
        }
    }
    Ok(true)
}

/// An attribute of a section or a segment, as NEURON's Python knows it.
enum Attribute {
    Length,
    AxialResistivity,
    SegmentCount,
    RallBranch,
    Range(RangeVariable),
}

impl Attribute {
    /// The attribute of a name; `None` if nothing has it. Segments have range variables only.
    fn find(name: &str, cell: &Cell, is_segment: bool) -> Option<Self> {
        match name {
            "L" if !is_segment => Some(Self::Length),
            "Ra" if !is_segment => Some(Self::AxialResistivity),
            "nseg" if !is_segment => Some(Self::SegmentCount),
            "rallbranch" if !is_segment => Some(Self::RallBranch),
            _ => {
                let variable = cell.catalogue().find_range(name).ok()?;
                let is_known = cell.catalogue().is_visible(variable)
                    && !matches!(variable, RangeVariable::MembraneCurrent);
                is_known.then_some(Self::Range(variable))
            }
        }
    }

    /// The value: of a section's range variables that in its middle.
    fn read(&self, cell: &mut Cell, section: SectionId, x: Option<f64>) -> Result<f64, cell::Error> {
        match *self {
            Self::Length => cell.length(section),
            Self::AxialResistivity => cell.axial_resistance(section),
            Self::SegmentCount => cell.nseg(section).map(|count| count as f64),
            Self::RallBranch => cell.rall_branch(section),
            Self::Range(variable) => cell.value(section, variable, x.unwrap_or(0.5)),
        }
    }

    fn write(&self, cell: &mut Cell, section: SectionId, x: Option<f64>, value: f64) -> Result<(), Wrong> {
        let positive = |name: &str| match value > 0.0 {
            true => Ok(()),
            false => Err(Wrong {
                section: None,
                what: format!("`{name}` would be {value}"),
                remedy: "it must be positive",
            }),
        };
        match *self {
            Self::Length => positive("L").and_then(|()| Ok(cell.set_length(section, value)?)),
            Self::AxialResistivity => {
                positive("Ra").and_then(|()| Ok(cell.set_axial_resistance(section, value)?))
            }
            Self::RallBranch => {
                positive("rallbranch").and_then(|()| Ok(cell.set_rall_branch(section, value)?))
            }
            Self::SegmentCount if value.fract() != 0.0 => Err(Wrong {
                section: None,
                what: format!("`nseg` would be {value}"),
                remedy: "it must be a whole number",
            }),
            Self::SegmentCount => Ok(cell.set_nseg(section, value as i64)?),
            Self::Range(variable) => Ok(cell.set_value(section, variable, x, value)?),
        }
    }
}

/// Warns of modifications that were applied to nothing, by how often each was applied on all ranks.
pub fn warn_of_idle(input: &Input, counts: &[u64]) {
    for (modification, _) in input.modifications.iter().zip(counts).filter(|(_, count)| **count == 0) {
        let kind = match modification.scope {
            Scope::Compartments(_) => "segment",
            _ => "section",
        };
        let name = &modification.name;
        tracing::warn!(
            "modification `{name}` was applied to no {kind}: check its cells and `section_configure`"
        );
        for (attribute, similar) in unknown_attributes(modification, input) {
            let remedy = similar.map(|similar| format!(", did you mean `{similar}`?")).unwrap_or_default();
            tracing::warn!("modification `{name}`: no section has an attribute `{attribute}`{remedy}");
        }
    }
}

/// Attributes of a modification that nothing can have, each with the most similar one.
fn unknown_attributes<'m>(modification: &'m Modification, input: &Input) -> Vec<(&'m str, Option<String>)> {
    let Ok(catalogue) = input.registry.catalogue() else { return Vec::new() };
    let mut unknown = Vec::new();
    for name in modification.attributes() {
        let is_of_sections = matches!(name, "L" | "Ra" | "nseg" | "rallbranch");
        if let Err(cell::Error::UnknownRangeVariable { help, .. }) = catalogue.find_range(name)
            && !is_of_sections
        {
            let similar = help.and_then(|help| Some(help.split('`').nth(1)?.to_owned()));
            unknown.push((name, similar));
        }
    }
    unknown
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::App;
    use crate::input::modifications::parse;
    use sonata::config::SimulationConfig;
    use sonata::diagnostics::Source;

    /// A soma of one segment with `hh`, and a dendrite of three segments with `pas` and `hh`.
    fn cell() -> (Cell, Sections) {
        let catalogue = App::new().registry.catalogue().expect("the built-in mechanisms");
        let mut cell = Cell::new(Arc::new(catalogue));
        let [soma, dend] = ["soma[0]", "dend[0]"].map(|name| cell.create_section(None, name));
        cell.set_nseg(dend, 3).expect("three segments");
        for (section, mechanism) in [(soma, "hh"), (dend, "hh"), (dend, "pas")] {
            cell.insert(section, mechanism).expect("it is built in");
        }
        for (index, x) in [0.1, 0.5, 0.9].into_iter().enumerate() {
            cell.set_range_at(dend, "gl_hh", x, index as f64 + 1.0).expect("it is inserted");
        }
        let list = |name: &str, sections: &[SectionId]| (name.to_owned(), sections.to_vec());
        let lists = [
            list("all", &[soma, dend]),
            list("soma", &[soma]),
            list("dend", &[dend]),
            list("basal", &[dend]),
        ];
        (cell, Sections { lists: lists.into(), axon_count: None })
    }

    fn modify(kind: &str, snippet: &str) -> (u64, Cell, SectionId) {
        let target = if kind == "compartment_set" { "compartment_set" } else { "node_set" };
        let snippet = match kind {
            "ttx" => String::new(),
            _ => format!(r#", "section_configure": "{snippet}""#),
        };
        let text = format!(
            r#"{{"network": "c.json", "run": {{"tstop": 1, "dt": 0.025, "random_seed": 0}}, "conditions": {{"modifications":
            [{{"name": "it", "type": "{kind}", "{target}": "a"{snippet}}}]}}}}"#
        );
        let config =
            SimulationConfig::parse(&Source::new("simulation_config.json", text)).expect("it is right");
        let modification = parse(&config).expect("it is right").remove(0);
        let (mut cell, sections) = cell();
        let points = [(1, 0.9_f64.to_bits()), (1, 1.0_f64.to_bits()), (0, 0.5_f64.to_bits())];
        let count = apply_one(&modification, &points, &mut cell, &sections);
        let count = count.unwrap_or_else(|wrong| panic!("{}", wrong.what));
        (count, cell, sections.list("dend")[0])
    }

    fn leaks(cell: &mut Cell, section: SectionId) -> [f64; 3] {
        [0.1, 0.5, 0.9].map(|x| cell.range_value(section, "gl_hh", x).expect("it is inserted"))
    }

    /// What neurodamus 4.2.9 leaves: the value of the middle segment goes to all, once per segment.
    #[test]
    fn all_sections_are_configured_once_per_segment() {
        let (count, mut cell, dend) = modify("configure_all_sections", "%s.gl_hh *= 2");
        assert_eq!((count, leaks(&mut cell, dend)), (4, [16.0; 3]));
        let (count, mut cell, dend) = modify("configure_all_sections", "%s.gl_hh = %s.gl_hh + %s.g_pas*0");
        assert_eq!((count, leaks(&mut cell, dend)), (3, [2.0; 3]), "the soma has no `g_pas`");
    }

    #[test]
    fn lists_sections_and_segments_are_configured_once() {
        let (count, mut cell, dend) = modify("section_list", "basal.gl_hh /= 4");
        assert_eq!((count, leaks(&mut cell, dend)), (1, [0.5; 3]));
        let (count, mut cell, dend) = modify("section", "dend[0].gl_hh = -1; dend[0].Ra += 10");
        assert_eq!((count, leaks(&mut cell, dend)), (1, [-1.0; 3]));
        assert!((cell.axial_resistance(dend).expect("a section") - 45.4).abs() < 1e-12);
        let (count, mut cell, dend) = modify("compartment_set", "gl_hh += 1");
        assert_eq!((count, leaks(&mut cell, dend)), (3, [1.0, 2.0, 5.0]), "both points in the last segment");
    }

    #[test]
    fn what_lacks_an_attribute_is_passed_over() {
        for (kind, snippet) in [
            ("section_list", "basal.gl_hh = 1; basal.gbar_none = 1"),
            ("section", "dend[1].gl_hh = 1"),
            ("section_list", "apical.cm = 1"),
            ("compartment_set", "Ra = 1"),
            ("section_list", "basal.i_membrane_ = 1"),
        ] {
            let (count, mut cell, dend) = modify(kind, snippet);
            assert_eq!((count, leaks(&mut cell, dend)), (0, [1.0, 2.0, 3.0]), "{snippet}");
        }
    }

    #[test]
    fn tetrodotoxin_is_everywhere() {
        let (count, mut cell, dend) = modify("ttx", "");
        assert_eq!(count, 2);
        assert_eq!(cell.range_value(dend, "ttxo_level_TTXDynamicsSwitch", 0.9), Ok(1.0));
    }
}
