//! `conditions.modifications`: the assignments in their snippets, checked but not yet applied.
//!
//! Snippets look like Python and have its arithmetic, but are parsed by a grammar of their own; nothing is evaluated as
//! code.

mod evaluate;
mod lexer;
mod parser;

use sonata::config::{Modification as Configured, ModificationKind, SimulationConfig};
use sonata::diagnostics::{Problem, ProblemKind, Span, Spanned};

pub use evaluate::{Arithmetic, binary};
pub use parser::{Assignment, Expression, Operator};
use parser::{Place, SyntaxError};

/// The lists that `section_list` may name.
const LISTS: [&str; 8] = ["all", "somatic", "axonal", "basal", "apical", "AIS", "nodal", "myelinated"];
/// The arrays of sections that `section` may name.
const ARRAYS: [&str; 7] = ["soma", "axon", "dend", "apic", "ais", "node", "myelin"];
const NUMBERS_ONLY: &str = "write a number, with or without `-`; only `configure_all_sections` computes";

/// A modification that can be applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Modification {
    /// Its name.
    pub name: String,
    /// What is modified.
    pub scope: Scope,
    /// The assignments, in their order; none for `ttx`.
    pub assignments: Vec<Assignment>,
    /// The place of its snippet in the config, or of its name.
    pub span: Span,
}

/// What a modification modifies.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// All sections of a node set's cells get `TTXDynamicsSwitch`.
    Ttx(Spanned<String>),
    /// All sections of a node set's cells, once per segment of each.
    AllSections(Spanned<String>),
    /// The sections of a list in a node set's cells.
    List(Spanned<String>, String),
    /// A section of an array in a node set's cells.
    Section(Spanned<String>, String, usize),
    /// The segments of a compartment set.
    Compartments(Spanned<String>),
}

impl Modification {
    /// Its snippet's attributes, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for assignment in &self.assignments {
            names.push(assignment.attribute.as_str());
            assignment.value.collect_attributes(&mut names);
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The modifications of a config.
///
/// # Errors
///
/// The first problem of each wrong snippet.
pub fn parse(config: &SimulationConfig) -> Result<Vec<Modification>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut modifications = Vec::new();
    for configured in &config.conditions.modifications {
        match parse_one(configured) {
            Ok(modification) => modifications.push(modification),
            Err((literal, error)) => {
                let source = &config.document.source;
                let span = source.span_within(literal, error.start, error.length);
                let what = format!("modification `{}`: {}", configured.name.value, error.what);
                let kind = ProblemKind::Impossible { what, remedy: Some(error.remedy) };
                problems.push(Problem::error(source, span, kind));
            }
        }
    }
    if problems.is_empty() { Ok(modifications) } else { Err(problems) }
}

/// A modification, or what is wrong with which snippet.
fn parse_one(configured: &Configured) -> Result<Modification, (&Spanned<String>, SyntaxError)> {
    let name = configured.name.value.clone();
    let (scope, assignments, span) = match &configured.kind {
        ModificationKind::Ttx { node_set } => {
            (Scope::Ttx(node_set.clone()), Vec::new(), configured.name.span)
        }
        ModificationKind::ConfigureAllSections { node_set, section_configure } => {
            let parsed = all_sections(&section_configure.value);
            let assignments = parsed.map_err(|error| (section_configure, error))?;
            (Scope::AllSections(node_set.clone()), assignments, section_configure.span)
        }
        ModificationKind::SectionList { node_set, section_configure } => {
            let parsed = section_list(&section_configure.value);
            let (list, assignments) = parsed.map_err(|error| (section_configure, error))?;
            (Scope::List(node_set.clone(), list), assignments, section_configure.span)
        }
        ModificationKind::Section { node_set, section_configure } => {
            let parsed = section(&section_configure.value);
            let ((array, index), assignments) = parsed.map_err(|error| (section_configure, error))?;
            (Scope::Section(node_set.clone(), array, index), assignments, section_configure.span)
        }
        ModificationKind::CompartmentSet { compartment_set, section_configure } => {
            let parsed = compartments(&section_configure.value);
            let assignments = parsed.map_err(|error| (section_configure, error))?;
            (Scope::Compartments(compartment_set.clone()), assignments, section_configure.span)
        }
    };
    Ok(Modification { name, scope, assignments, span })
}

/// The assignments of a snippet with their places; at least one.
fn statements(text: &str) -> Result<Vec<(Place, Assignment)>, SyntaxError> {
    let statements = parser::parse(text)?;
    if statements.is_empty() {
        let what = "`section_configure` has no assignment";
        return Err(SyntaxError::new(0, text.len(), what, "write one, or remove the modification"));
    }
    Ok(statements)
}

fn all_sections(text: &str) -> Result<Vec<Assignment>, SyntaxError> {
    let check = |(place, assignment): (Place, Assignment)| match place {
        Place::Wildcard => Ok(assignment),
        _ => {
            let what = "`configure_all_sections` assigns to attributes of `%s`, the section";
            let remedy = format!("write `%s.{}`", assignment.attribute);
            Err(SyntaxError::at(assignment.place, what, remedy))
        }
    };
    statements(text)?.into_iter().map(check).collect()
}

fn section_list(text: &str) -> Result<(String, Vec<Assignment>), SyntaxError> {
    let name = |place: Place, assignment: &Assignment| match place {
        Place::List(list) if LISTS.contains(&list.as_str()) => Ok(list),
        Place::List(list) => {
            let what = format!("there is no section list `{list}`");
            let remedy = format!("the lists are {}", LISTS.join(", "));
            Err(SyntaxError::at(assignment.place, what, remedy))
        }
        _ => {
            let what = "`section_list` assigns to attributes of a list of sections";
            let remedy = format!("write a list and the attribute, such as `apical.{}`", assignment.attribute);
            Err(SyntaxError::at(assignment.place, what, remedy))
        }
    };
    common_place(text, name, |list| format!("`{list}`"))
}

fn section(text: &str) -> Result<((String, usize), Vec<Assignment>), SyntaxError> {
    let name = |place: Place, assignment: &Assignment| match place {
        Place::Element(array, index) if ARRAYS.contains(&array.as_str()) => Ok((array, index)),
        Place::Element(array, _) => {
            let what = format!("there are no sections `{array}`");
            let remedy = format!("sections are called {}", ARRAYS.join(", "));
            Err(SyntaxError::at(assignment.place, what, remedy))
        }
        _ => {
            let what = "`section` assigns to attributes of one section";
            let remedy =
                format!("write the section and the attribute, such as `apic[10].{}`", assignment.attribute);
            Err(SyntaxError::at(assignment.place, what, remedy))
        }
    };
    common_place(text, name, |(array, index)| format!("`{array}[{index}]`"))
}

/// Assignments of numbers that are all to the same place.
fn common_place<P: PartialEq>(
    text: &str,
    name: impl Fn(Place, &Assignment) -> Result<P, SyntaxError>,
    show: impl Fn(&P) -> String,
) -> Result<(P, Vec<Assignment>), SyntaxError> {
    let mut common: Option<P> = None;
    let mut assignments = Vec::new();
    for (place, assignment) in statements(text)? {
        let found = name(place, &assignment)?;
        match &common {
            Some(first) if *first != found => {
                let what = format!("it assigns to {} after {}", show(&found), show(first));
                let remedy = "write a modification of its own for each";
                return Err(SyntaxError::at(assignment.place, what, remedy));
            }
            Some(_) => {}
            None => common = Some(found),
        }
        assignments.push(of_number(assignment)?);
    }
    match common {
        Some(common) => Ok((common, assignments)),
        None => Err(SyntaxError::new(0, text.len(), "no assignment", NUMBERS_ONLY)),
    }
}

fn compartments(text: &str) -> Result<Vec<Assignment>, SyntaxError> {
    let check = |(place, assignment): (Place, Assignment)| match place {
        Place::Segment => of_number(assignment),
        _ => {
            let what = "`compartment_set` assigns to attributes of its segments";
            Err(SyntaxError::at(assignment.place, what, format!("write `{}` alone", assignment.attribute)))
        }
    };
    statements(text)?.into_iter().map(check).collect()
}

/// An assignment whose value is a number and whose operator is one of the four that neurodamus takes here.
fn of_number(assignment: Assignment) -> Result<Assignment, SyntaxError> {
    if matches!(assignment.operator, Operator::FloorDivide | Operator::Remainder | Operator::Power) {
        let remedy = "use `=`, `+=`, `-=`, `*=` or `/=`";
        return Err(SyntaxError::at(assignment.place, "the operator is not available here", remedy));
    }
    let is_number = match &assignment.value {
        Expression::Number(_) => true,
        Expression::Negative(inner) => matches!(**inner, Expression::Number(_)),
        _ => false,
    };
    if is_number {
        return Ok(assignment);
    }
    Err(SyntaxError::at(assignment.value_place, "the value is not a number", NUMBERS_ONLY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(parsed: Result<T, SyntaxError>) -> String {
        match parsed {
            Ok(_) => "accepted".into(),
            Err(error) => format!("{}+{}: {}", error.start, error.length, error.what),
        }
    }

    #[test]
    fn places_of_each_type() {
        assert_eq!(all_sections("%s.g_pas = 1; %s.cm *= 2").map(|list| list.len()), Ok(2));
        let (list, assignments) = section_list("apical.g = -1\napical.cm /= 2;").expect("it is right");
        assert_eq!((list.as_str(), assignments.len()), ("apical", 2));
        let (section, _) = section("apic[10].g = 0").expect("it is right");
        assert_eq!(section, ("apic".to_owned(), 10));
        assert_eq!(compartments("gbar_Ca = 1.5; gbar_NaTg = 0").map(|list| list.len()), Ok(2));
    }

    #[test]
    fn wrong_places() {
        let all = |text| refused(all_sections(text));
        assert_eq!(
            all("apical.g = 1"),
            "0+8: `configure_all_sections` assigns to attributes of `%s`, the section"
        );
        assert_eq!(all(""), "0+0: `section_configure` has no assignment");
        assert_eq!(refused(section_list("apic.g = 1")), "0+6: there is no section list `apic`");
        let found = refused(section_list("apical.g = 1; basal.g = 2"));
        assert_eq!(found, "14+7: it assigns to `basal` after `apical`");
        assert_eq!(refused(section_list("apical.g = 1 + 1")), "11+5: the value is not a number");
        assert_eq!(refused(section_list("apical.g = +1")), "11+2: the value is not a number");
        assert_eq!(refused(section_list("apical.g **= 1")), "0+8: the operator is not available here");
        assert_eq!(refused(section("dendrite[0].g = 1")), "0+13: there are no sections `dendrite`");
        assert_eq!(refused(section("dend.g = 1")), "0+6: `section` assigns to attributes of one section");
        let found = refused(compartments("dend.g = 1"));
        assert_eq!(found, "0+6: `compartment_set` assigns to attributes of its segments");
    }
}
