//! Reading and writing the places that names stand for.

use std::sync::Arc;

use super::Interpreter;
use super::object::{Object, Slot};
use super::scope::MemberKind;
use super::value::{NetConField, Place, Target, Value};
use crate::error::{Failure, Outcome, Thrown, did_you_mean};

impl Interpreter {
    pub(crate) fn read_target(&mut self, target: Target) -> Outcome<Value> {
        match target {
            Target::Value(value) => Ok(value),
            Target::Place(place) => self.read(&place),
            Target::Section(section) | Target::Location(section, _) => {
                let help =
                    format!("`{}` is a section; put a variable of it here", self.cell.full_name(section));
                Err(Thrown::helped(Failure::Type { expected: "a value", found: "a section" }, help))
            }
        }
    }

    /// The value at a place.
    pub(crate) fn read(&mut self, place: &Place) -> Outcome<Value> {
        Ok(match place {
            Place::LocalNumber { frame, slot } => {
                let numbers = self.frames.get(*frame).map(|frame| frame.numbers.as_slice()).unwrap_or(&[]);
                Value::Number(numbers.get(usize::from(*slot)).copied().unwrap_or(0.0))
            }
            Place::LocalObject { frame, slot } => {
                let objects = self.frames.get(*frame).map(|frame| frame.objects.as_slice()).unwrap_or(&[]);
                Value::Object(objects.get(usize::from(*slot)).cloned().flatten())
            }
            Place::Member { object, slot, element } => return self.read_member(*object, *slot, *element),
            Place::Text(object) => match self.heap.data(*object as usize) {
                Object::Text(text) => Value::Text(text.clone()),
                _ => Value::Text(Arc::from("")),
            },
            Place::VectorElement(object, element) => match self.heap.data(*object as usize) {
                Object::Vector(values) => {
                    Value::Number(values.get(*element as usize).copied().unwrap_or(0.0))
                }
                _ => Value::Number(0.0),
            },
            Place::Range(section, variable, x) => {
                Value::Number(self.cell.value(*section, *variable, x.unwrap_or(0.5))?)
            }
            Place::Property(section, property) => Value::Number(self.read_property(*section, *property)?),
            Place::PointVariable(object, symbol) => {
                Value::Number(self.read_point_variable(*object, *symbol)?)
            }
            Place::NetCon(object, field) => Value::Number(self.read_net_con(*object, *field)),
            Place::Builtin(index) => {
                Value::Number(self.numbers.get(usize::from(*index)).copied().unwrap_or(0.0))
            }
            Place::Global(variable) => Value::Number(self.read_global(*variable)),
            Place::Switch => Value::Number(0.0),
        })
    }

    fn read_member(&mut self, object: u32, slot: u32, element: u32) -> Outcome<Value> {
        let class = self.heap.entry(object as usize).class as usize;
        let member = &self.classes[class].members[slot as usize];
        let value = self.heap.values(object as usize).get(slot as usize).unwrap_or(&Slot::Empty);
        Ok(match value {
            Slot::Number(value) => Value::Number(*value),
            Slot::Text(text) => Value::Text(text.clone()),
            Slot::Object(object) => Value::Object(object.clone()),
            Slot::Numbers(values) => Value::Number(values.get(element as usize).copied().unwrap_or(0.0)),
            Slot::Objects(objects) => Value::Object(objects.get(element as usize).cloned().flatten()),
            Slot::Empty | Slot::Sections(_) => match &member.kind {
                MemberKind::Number | MemberKind::Numbers(_) => Value::Number(0.0),
                MemberKind::Text => Value::Text(Arc::from("")),
                MemberKind::Object | MemberKind::Objects(_) => Value::Object(None),
                _ => {
                    let name = self.symbols.name(member.name).to_string();
                    let mut known: Vec<&str> = Vec::new();
                    for other in &self.classes[class].members {
                        if !matches!(other.kind, MemberKind::Undefined) {
                            known.push(self.symbols.name(other.name));
                        }
                    }
                    let ranges = self.catalogue.find_range(&name).err();
                    let help = did_you_mean(&name, known.into_iter()).or_else(|| {
                        ranges.and_then(|error| miette::Diagnostic::help(&error).map(|help| help.to_string()))
                    });
                    let failure = Failure::UndefinedVariable(name);
                    return Err(Box::new(Thrown { failure, location: None, help, trace: Vec::new() }));
                }
            },
        })
    }

    /// Puts a value in a place.
    pub(crate) fn write(&mut self, place: &Place, value: Value) -> Outcome<()> {
        match (place, value) {
            (Place::LocalNumber { frame, slot }, Value::Number(value)) => {
                if let Some(place) =
                    self.frames.get_mut(*frame).and_then(|f| f.numbers.get_mut(usize::from(*slot)))
                {
                    *place = value;
                }
            }
            (Place::LocalObject { frame, slot }, Value::Object(value)) => {
                let place = self.frames.get_mut(*frame).and_then(|f| f.objects.get_mut(usize::from(*slot)));
                let old = place.and_then(|place| std::mem::replace(place, value));
                self.release(old);
            }
            (Place::Member { object, slot, element }, value) => {
                self.write_member(*object, *slot, *element, value)?
            }
            (Place::Text(object), Value::Text(value)) => {
                if let Object::Text(text) = self.heap.data_mut(*object as usize) {
                    *text = value;
                }
            }
            (Place::VectorElement(object, element), Value::Number(value)) => {
                if let Object::Vector(values) = self.heap.data_mut(*object as usize)
                    && let Some(place) = values.get_mut(*element as usize)
                {
                    *place = value;
                }
            }
            (Place::Range(section, variable, x), Value::Number(value)) => {
                self.cell.set_value(*section, *variable, *x, value)?;
            }
            (Place::Property(section, property), Value::Number(value)) => {
                self.write_property(*section, *property, value)?;
            }
            (Place::PointVariable(object, symbol), Value::Number(value)) => {
                self.write_point_variable(*object, *symbol, value)?;
            }
            (Place::NetCon(object, field), Value::Number(value)) => {
                self.write_net_con(*object, *field, value)
            }
            (Place::Builtin(index), Value::Number(value)) => {
                if let Some(place) = self.numbers.get_mut(usize::from(*index)) {
                    *place = value;
                }
            }
            (Place::Global(variable), Value::Number(value)) => self.write_global(*variable, value)?,
            (Place::Switch, Value::Number(_)) => {}
            (place, value) => {
                let expected = match self.place_type(place) {
                    1 => "an object",
                    2 => "a string",
                    _ => "a number",
                };
                return Err(Failure::Type { expected, found: value.describe() }.into());
            }
        }
        Ok(())
    }

    fn write_member(&mut self, object: u32, slot: u32, element: u32, value: Value) -> Outcome<()> {
        let class = self.heap.entry(object as usize).class as usize;
        let member = &mut self.classes[class].members[slot as usize];
        if matches!((&member.kind, &value), (MemberKind::Undefined, Value::Number(_))) {
            member.kind = MemberKind::Number;
        }
        let expected = match &member.kind {
            MemberKind::Number | MemberKind::Numbers(_) => "a number",
            MemberKind::Text => "a string",
            MemberKind::Object | MemberKind::Objects(_) => "an object",
            _ => "nothing",
        };
        let name = member.name;
        let kind = member.kind.clone();
        let Some(place) = self.heap.slot_mut(object as usize, slot as usize) else { return Ok(()) };
        match (kind, value) {
            (MemberKind::Number, Value::Number(value)) => *place = Slot::Number(value),
            (MemberKind::Text, Value::Text(value)) => *place = Slot::Text(value),
            (MemberKind::Object, Value::Object(value)) => {
                if let Slot::Object(old) = std::mem::replace(place, Slot::Object(value)) {
                    self.release(old);
                }
            }
            (MemberKind::Numbers(_), Value::Number(value)) => {
                if let Slot::Numbers(values) = place
                    && let Some(place) = values.get_mut(element as usize)
                {
                    *place = value;
                }
            }
            (MemberKind::Objects(_), Value::Object(value)) => {
                if let Slot::Objects(objects) = place
                    && let Some(place) = objects.get_mut(element as usize)
                {
                    let old = std::mem::replace(place, value);
                    self.release(old);
                }
            }
            (MemberKind::Undefined, value) => {
                let name = self.symbols.name(name).to_string();
                let word = if matches!(value, Value::Text(_)) { "strdef" } else { "objref" };
                let help = format!("declare it before: `{word} {name}`");
                let found = "not declared";
                return Err(Thrown::helped(
                    Failure::WrongKind { name, expected: value.describe(), found },
                    help,
                ));
            }
            (_, value) => return Err(Failure::Type { expected, found: value.describe() }.into()),
        }
        Ok(())
    }

    fn read_net_con(&self, object: u32, field: NetConField) -> f64 {
        match self.heap.data(object as usize) {
            Object::NetCon(connection) => connection.read(field),
            _ => 0.0,
        }
    }

    fn write_net_con(&mut self, object: u32, field: NetConField, value: f64) {
        if let Object::NetCon(connection) = self.heap.data_mut(object as usize) {
            connection.write(field, value);
        }
    }
}
