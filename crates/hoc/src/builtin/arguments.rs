//! Reading the arguments of native functions.

use std::sync::Arc;

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::object::ObjectRef;
use crate::interpreter::value::{Argument, Arguments, Place, Value};
use crate::text::FormatArgument;

impl Arguments {
    pub fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<Value> {
        match self.values.get(index) {
            Some(argument) => interpreter.argument_value(&argument.clone()),
            None => Err(Failure::MissingArgument { index: index + 1, count: self.values.len() }.into()),
        }
    }

    fn wrong(&self, index: usize, expected: &'static str, found: &Value) -> Failure {
        let function = self.function.to_string();
        Failure::ArgumentType { function, index: index + 1, expected, found: found.describe() }
    }

    pub fn number(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<f64> {
        match self.get(interpreter, index)? {
            Value::Number(value) => Ok(value),
            other => Err(self.wrong(index, "a number", &other).into()),
        }
    }

    pub fn number_or(&self, interpreter: &mut Interpreter, index: usize, default: f64) -> Outcome<f64> {
        if index < self.len() { self.number(interpreter, index) } else { Ok(default) }
    }

    pub fn text(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<Arc<str>> {
        match self.get(interpreter, index)? {
            Value::Text(value) => Ok(value),
            other => Err(self.wrong(index, "a string", &other).into()),
        }
    }

    /// An object or nil.
    pub fn object(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<Option<ObjectRef>> {
        match self.get(interpreter, index)? {
            Value::Object(value) => Ok(value),
            other => Err(self.wrong(index, "an object", &other).into()),
        }
    }

    /// An object that is not nil.
    pub fn some_object(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<ObjectRef> {
        self.object(interpreter, index)?.ok_or_else(|| Failure::Nil.into())
    }

    pub fn is_text(&self, interpreter: &Interpreter, index: usize) -> bool {
        self.values.get(index).is_some_and(|argument| interpreter.argument_type(argument) == 2)
    }

    pub fn is_object(&self, interpreter: &Interpreter, index: usize) -> bool {
        self.values.get(index).is_some_and(|argument| interpreter.argument_type(argument) == 1)
    }

    pub fn is_number(&self, interpreter: &Interpreter, index: usize) -> bool {
        self.values.get(index).is_some_and(|argument| interpreter.argument_type(argument) == 0)
    }

    /// The variable that was passed, to be written.
    pub fn variable(&self, index: usize, expected: &'static str) -> Outcome<Place> {
        match self.values.get(index) {
            Some(Argument::Variable(place) | Argument::Address(place)) => Ok(place.clone()),
            Some(Argument::Value(value)) => Err(self.wrong(index, expected, value).into()),
            None => Err(Failure::MissingArgument { index: index + 1, count: self.values.len() }.into()),
        }
    }

    /// What a format prints, from argument `first` on; objects print as their names.
    pub fn formatted(&self, interpreter: &mut Interpreter, first: usize) -> Outcome<Vec<FormatArgument>> {
        let mut values = Vec::with_capacity(self.len().saturating_sub(first));
        for index in first..self.len() {
            values.push(match self.get(interpreter, index)? {
                Value::Number(value) => FormatArgument::Number(value),
                Value::Text(value) => FormatArgument::Text(value.to_string()),
                Value::Object(Some(object)) => FormatArgument::Text(interpreter.object_name(&object)),
                Value::Object(None) => FormatArgument::Text("NULLobject".into()),
                Value::Nothing => FormatArgument::Number(0.0),
            });
        }
        Ok(values)
    }

    /// A position on a section.
    pub fn position(&self, interpreter: &mut Interpreter, index: usize) -> Outcome<f64> {
        let value = self.number(interpreter, index)?;
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        let function = self.function.to_string();
        Err(Failure::ArgumentRange { function, index: index + 1, value, expected: "from 0 to 1".into() }
            .into())
    }
}
