//! Collects what a file declares, in the order of the text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::problem::{Fault, Problem};
use super::sources::Sources;
use super::unit::Units;
use crate::description::Role;
use crate::syntax::Span;
use crate::syntax::ast::{Dependent, Item, ItemKind, Length, Literal, Name, Parameter, UnitDefinition};

/// Elements that an array may have.
const MAXIMUM_LENGTH: u32 = 100_000;

/// One declaration of a variable.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name.
    pub name: Name,
    /// How the mechanism uses it.
    pub role: Role,
    /// The number of elements, of an array.
    pub length: Option<u32>,
    /// Value of a new instance.
    pub default: f64,
    /// Unit as written.
    pub unit: String,
}

/// A number with a name that HOC does not see: `CONSTANT`, a factor of `UNITS`, `LOCAL` of the file, C variables.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Its name.
    pub name: Name,
    /// The number of elements, of an array.
    pub length: Option<u32>,
    /// The values at first; fewer than elements where the rest is 0.
    pub initial: Vec<f64>,
}

/// All that a file declares.
#[derive(Debug, Default)]
pub struct Declarations {
    /// Variables of `PARAMETER`, `ASSIGNED` and `STATE`.
    pub variables: Vec<Declared>,
    /// Shared numbers.
    pub shared: Vec<Shared>,
    /// Names of `DEFINE`.
    pub defines: BTreeMap<Arc<str>, i64>,
    /// `START` values of states.
    pub starts: BTreeMap<Arc<str>, f64>,
}

/// Collects declarations and records what is wrong with them.
pub struct Collector<'m> {
    /// Where the text comes from.
    pub sources: &'m Sources,
    /// What was declared.
    pub found: Declarations,
    /// What is wrong.
    pub problems: Vec<Problem>,
    units: Units,
}

impl<'m> Collector<'m> {
    /// Nothing declared yet.
    pub fn new(sources: &'m Sources) -> Self {
        Self { sources, found: Declarations::default(), problems: Vec::new(), units: Units::default() }
    }

    fn fault(&mut self, fault: Fault, span: Span, help: Option<&str>) {
        self.problems.push(self.sources.problem(fault, span, help.map(str::to_string)));
    }

    /// Goes through all items.
    pub fn collect(&mut self, items: &[Item]) {
        for item in items {
            match &item.kind {
                ItemKind::Define { name, value } => {
                    self.found.defines.insert(name.text.clone(), *value);
                }
                ItemKind::Units(lines) => lines.iter().for_each(|line| self.unit(line)),
                ItemKind::Constant(lines) => {
                    for line in lines {
                        let initial = line.value.map_or(0.0, |literal| literal.value);
                        self.share(&line.name, None, vec![initial]);
                    }
                }
                ItemKind::Local(locals) => {
                    for local in locals {
                        let length = self.length(local.length.as_ref());
                        self.share(&local.name, length, Vec::new());
                    }
                }
                ItemKind::Parameter(lines) => lines.iter().for_each(|line| self.parameter(line)),
                ItemKind::Assigned(lines) => {
                    lines.iter().for_each(|line| self.dependent(line, Role::Assigned));
                }
                ItemKind::State(lines) => lines.iter().for_each(|line| self.dependent(line, Role::State)),
                _ => {}
            }
        }
    }

    /// Adds a shared number.
    pub fn share(&mut self, name: &Name, length: Option<u32>, initial: Vec<f64>) {
        let known = self.found.shared.iter().any(|shared| shared.name.text == name.text);
        if !known {
            self.found.shared.push(Shared { name: name.clone(), length, initial });
        }
    }

    fn unit(&mut self, line: &UnitDefinition) {
        match line {
            UnitDefinition::Alias { unit, definition } => {
                if let Err(part) = self.units.define(&unit.text, &definition.text) {
                    self.unknown_unit(part, definition.span);
                }
            }
            UnitDefinition::Constant { name, value, .. } => self.share(name, None, vec![value.value]),
            UnitDefinition::Factor { name, from, to } => {
                let quantity = |text: &str| self.units.quantity(text);
                match (quantity(&from.text), quantity(&to.text)) {
                    (Err(part), _) => self.unknown_unit(part, from.span),
                    (_, Err(part)) => self.unknown_unit(part, to.span),
                    (Ok(source), Ok(target)) => {
                        if !source.conforms(&target) {
                            let (from_text, to_text) = (from.text.to_string(), to.text.to_string());
                            let fault = Fault::Conformity { from: from_text, to: to_text };
                            self.fault(fault, from.span.to(to.span), None);
                        }
                        self.share(name, None, vec![source.factor / target.factor]);
                    }
                }
            }
        }
    }

    fn unknown_unit(&mut self, part: String, span: Span) {
        let help = "define it before in the `UNITS` block, such as `(mV) = (millivolt)`";
        self.fault(Fault::UnknownUnit(part), span, Some(help));
    }

    fn parameter(&mut self, line: &Parameter) {
        let length = self.length(line.length.as_ref());
        let default = line.value.map_or(0.0, |literal| six_digits(literal.value));
        let unit = line.unit.as_ref().map_or("", |unit| &unit.text);
        self.add(&line.name, Role::Parameter, length, default, unit);
    }

    fn dependent(&mut self, line: &Dependent, role: Role) {
        let length = self.length(line.length.as_ref());
        let unit = line.unit.as_ref().map_or("", |unit| &unit.text);
        if let (Role::State, Some(Literal { value, .. })) = (role, line.start) {
            self.found.starts.insert(line.name.text.clone(), six_digits(value));
        }
        let primes = "'".repeat(usize::from(line.primes));
        if primes.is_empty() {
            self.add(&line.name, role, length, 0.0, unit);
        }
    }

    fn add(&mut self, name: &Name, role: Role, length: Option<u32>, default: f64, unit: &str) {
        if self.found.variables.iter().any(|known| known.name.text == name.text) {
            let help = "remove all but one of `PARAMETER`, `ASSIGNED` and `STATE`";
            self.fault(Fault::Twice(name.text.to_string()), name.span, Some(help));
            return;
        }
        let declared = Declared { name: name.clone(), role, length, default, unit: unit.to_string() };
        self.found.variables.push(declared);
    }

    /// The number of elements that a declaration asks for.
    pub fn length(&mut self, length: Option<&Length>) -> Option<u32> {
        let (number, span) = match length? {
            Length::Number(number, span) => (*number, *span),
            Length::Name(name) => match self.found.defines.get(&name.text) {
                Some(number) => (*number, name.span),
                None => {
                    let help = "the length of an array is an integer or a name of `DEFINE`";
                    self.fault(Fault::Undeclared(name.text.to_string()), name.span, Some(help));
                    return Some(1);
                }
            },
        };
        match u32::try_from(number) {
            Ok(number) if (1..=MAXIMUM_LENGTH).contains(&number) => Some(number),
            // The parser has refused that
            _ if number < 1 && matches!(length, Some(Length::Number(..))) => Some(1),
            _ => {
                let fault = Fault::Other(format!("an array cannot have {number} elements"));
                let help = format!("it has 1 to {MAXIMUM_LENGTH}");
                self.fault(fault, span, Some(&help));
                Some(1)
            }
        }
    }
}

/// The number to six significant digits: NEURON's translator writes defaults of `PARAMETER`s (and `START` values) so,
/// whatever the file says.
fn six_digits(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::six_digits;

    #[test]
    fn defaults_have_six_digits() {
        assert_eq!(six_digits(2.552241592), 2.55224);
        assert_eq!(six_digits(0.07207477), 0.0720748);
        assert_eq!(six_digits(-96485.309), -96485.3);
        assert_eq!(six_digits(0.1), 0.1);
        assert_eq!(six_digits(1e9), 1e9);
        assert_eq!(six_digits(0.0), 0.0);
    }
}
