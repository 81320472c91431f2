//! Sections as HOC sees them: the accessed one, groups of them, connections and their variables.

use cell::{GlobalVariable, MechanismIndex, SectionId};

use super::object::Object;
use super::value::{Arguments, Place, Property, Target, Value};
use super::{Interpreter, TOP};
use crate::arithmetic::EPSILON;
use crate::error::{Failure, Outcome, Thrown, did_you_mean};
use crate::interpreter::host::MechanismCall;
use crate::syntax::Symbol;
use crate::syntax::ast::{Expression, ExpressionKind};

impl Interpreter {
    /// The accessed section; where it is gone, the first of all sections takes its place, as in NEURON.
    pub(crate) fn accessed_section(&mut self) -> Outcome<SectionId> {
        if let Some(&section) = self.accessed.last()
            && self.cell.exists(section)
        {
            return Ok(section);
        }
        let Some(first) = self.cell.sections().next() else {
            return Err(Thrown::helped(
                Failure::NoAccessedSection,
                "write the name of a section in front of the statement, or create one first",
            ));
        };
        self.accessed.pop();
        self.accessed.push(first);
        Ok(first)
    }

    /// Sections that `forall` visits: those of the visible object, or all at top level.
    pub(crate) fn own_sections(&mut self) -> Vec<SectionId> {
        let object = self.frames[self.current].object;
        if object == TOP {
            return self.cell.sections().collect();
        }
        match self.heap.data(object as usize) {
            Object::Instance { owner: Some(owner), .. } => self.cell.sections_of(*owner),
            _ => Vec::new(),
        }
    }

    /// The section an expression stands for.
    pub(crate) fn section(&mut self, expression: &Expression) -> Outcome<SectionId> {
        match self.resolve(expression)? {
            Target::Section(section) => Ok(section),
            Target::Value(value) => {
                Err(self.located(Failure::NotASection(value.describe().into()).into(), expression))
            }
            Target::Location(..) => {
                Err(self.located(Failure::NotASection("a location".into()).into(), expression))
            }
            Target::Place(place) => {
                let found = match self.read(&place) {
                    Ok(value) => value.describe().to_string(),
                    Err(_) => "an undefined name".into(),
                };
                Err(self.located(Failure::NotASection(found).into(), expression))
            }
        }
    }

    /// Sections that `forsec` visits: of a SectionList, or all whose name a regular expression matches.
    pub(crate) fn sections_named(&mut self, list: &Expression) -> Outcome<Vec<SectionId>> {
        let target = self.resolve(list)?;
        let value = self.read_target(target).map_err(|thrown| self.located(thrown, list))?;
        match value {
            Value::Object(Some(object)) => match self.heap.data(object.index()) {
                Object::SectionList(sections) => Ok(sections.clone()),
                _ => {
                    let found = self.object_name(&object);
                    let failure =
                        Failure::Type { expected: "a SectionList or a pattern", found: "another object" };
                    Err(Thrown::helped(failure, format!("`{found}` is no SectionList")))
                }
            },
            Value::Text(pattern) => {
                let pattern = regex::Regex::new(&pattern).map_err(|error| {
                    Failure::Other(format!("`{pattern}` is no regular expression: {error}"))
                })?;
                let object = self.frames[self.current].object;
                let sections = self.own_sections();
                let mut found = Vec::new();
                for section in sections {
                    // inside an object the names are those inside it
                    let matches = if object == TOP {
                        pattern.is_match(&self.cell.full_name(section))
                    } else {
                        pattern.is_match(self.cell.section_name(section)?)
                    };
                    if matches {
                        found.push(section);
                    }
                }
                Ok(found)
            }
            Value::Object(None) => Err(self.located(Failure::Nil.into(), list)),
            other => {
                let failure =
                    Failure::Type { expected: "a SectionList or a pattern", found: other.describe() };
                Err(self.located(failure.into(), list))
            }
        }
    }

    /// `connect child(c), parent(x)` and `parent connect child(c), x`
    pub(crate) fn connect(&mut self, child: &Expression, parent: &Expression) -> Outcome<()> {
        let Target::Location(child, child_end) = self.resolve(child)? else {
            return Err(self.located(Failure::NotASection("another expression".into()).into(), child));
        };
        let is_location = matches!(&parent.kind, ExpressionKind::Call(..));
        let location = if is_location { self.resolve(parent)? } else { Target::Value(Value::Nothing) };
        let (parent, x) = match location {
            Target::Location(section, x) => (section, x),
            Target::Value(Value::Number(x)) => (self.accessed_section()?, x),
            _ => {
                let x = self.number(parent)?;
                (self.accessed_section()?, x)
            }
        };
        self.cell.connect(child, child_end, parent, x)?;
        Ok(())
    }

    pub(crate) fn read_property(&mut self, section: SectionId, property: Property) -> Outcome<f64> {
        Ok(match property {
            Property::Length => self.cell.length(section)?,
            Property::Nseg => self.cell.nseg(section)? as f64,
            Property::AxialResistance => self.cell.axial_resistance(section)?,
            Property::RallBranch => self.cell.rall_branch(section)?,
        })
    }

    pub(crate) fn write_property(
        &mut self,
        section: SectionId,
        property: Property,
        value: f64,
    ) -> Outcome<()> {
        match property {
            Property::Length => self.cell.set_length(section, value)?,
            Property::Nseg => self.cell.set_nseg(section, (value + EPSILON) as i64)?,
            Property::AxialResistance => self.cell.set_axial_resistance(section, value)?,
            Property::RallBranch => self.cell.set_rall_branch(section, value)?,
        }
        Ok(())
    }

    pub(crate) fn read_point_variable(&self, object: u32, symbol: Symbol) -> Outcome<f64> {
        match self.heap.data(object as usize) {
            Object::PointProcess(id, _) => {
                Ok(self.cell.point_process_value(*id, self.symbols.name(symbol))?)
            }
            _ => Err(Failure::Nil.into()),
        }
    }

    pub(crate) fn write_point_variable(&mut self, object: u32, symbol: Symbol, value: f64) -> Outcome<()> {
        match self.heap.data(object as usize) {
            Object::PointProcess(id, _) => {
                Ok(self.cell.set_point_process_value(*id, self.symbols.name(symbol), value)?)
            }
            _ => Err(Failure::Nil.into()),
        }
    }

    pub(crate) fn read_global(&self, variable: GlobalVariable) -> f64 {
        let assigned = self.cell.assigned_globals().get(&variable).copied();
        assigned.unwrap_or_else(|| self.catalogue.global_default(variable))
    }

    pub(crate) fn write_global(&mut self, variable: GlobalVariable, value: f64) -> Outcome<()> {
        let name = match variable {
            GlobalVariable::Mechanism(mechanism, index) => {
                let description = self.catalogue.mechanism(mechanism);
                format!("{}_{}", description.globals[index].name, description.name)
            }
            GlobalVariable::Inside(ion) => format!("{0}i0_{0}_ion", self.catalogue.ion(ion).name),
            GlobalVariable::Outside(ion) => format!("{0}o0_{0}_ion", self.catalogue.ion(ion).name),
        };
        Ok(self.cell.set_global(&name, value)?)
    }

    /// `setdata_SUFFIX(x)`, `function_SUFFIX(…)`: what the mechanism would do is recorded for the host.
    pub(crate) fn call_mechanism(
        &mut self,
        mechanism: MechanismIndex,
        arguments: Arguments,
    ) -> Outcome<Value> {
        let description = self.catalogue.mechanism(mechanism).clone();
        let function = arguments
            .function
            .strip_suffix(&format!("_{}", description.name))
            .unwrap_or_default()
            .to_string();
        if function == "setdata" {
            let x = arguments.number(self, 0)?;
            let section = self.accessed_section()?;
            if !self.cell.has_mechanism(section, &description.name)? {
                return Err(cell::Error::NotInserted {
                    variable: arguments.function.to_string(),
                    mechanism: description.name.clone(),
                    section: self.cell.full_name(section),
                }
                .into());
            }
            self.mechanism_data.insert(mechanism, (section, x));
            return Ok(Value::Number(1.0));
        }
        self.check_function(mechanism, &function)?;
        let mut values = Vec::with_capacity(arguments.values.len());
        for argument in &arguments.values {
            values.push(self.argument_value(argument)?);
        }
        let Some(&location) = self.mechanism_data.get(&mechanism) else {
            // no mechanism was chosen, so this is more likely a misspelt range variable than a function
            let symbol = self.symbols.intern(&arguments.function);
            return Err(self.unknown_range(symbol));
        };
        self.mechanism_calls.push(MechanismCall {
            mechanism,
            point_process: None,
            function,
            location: Some(location),
            arguments: values,
        });
        Ok(Value::Number(0.0))
    }

    /// Fails where it is known that a mechanism has no such function.
    pub(crate) fn check_function(&self, mechanism: MechanismIndex, function: &str) -> Outcome<()> {
        let Some(known) = self.catalogue.functions(mechanism) else { return Ok(()) };
        if known.iter().any(|known| known == function) {
            return Ok(());
        }
        let name = &self.catalogue.mechanism(mechanism).name;
        let failure = Failure::Other(format!("mechanism `{name}` has no function `{function}`"));
        match did_you_mean(function, known.iter().map(String::as_str)) {
            Some(help) => Err(Thrown::helped(failure, help)),
            None => Err(failure.into()),
        }
    }

    /// Where the address of a voltage points to, for `new NetCon(&v(x), target)`.
    pub(crate) fn voltage_location(&self, place: &Place) -> Option<(SectionId, f64)> {
        match place {
            Place::Range(section, cell::RangeVariable::Voltage, x) => Some((*section, x.unwrap_or(0.5))),
            _ => None,
        }
    }
}
