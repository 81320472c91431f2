//! `StringFunctions`. Lengths and positions count bytes, as in C.

use std::sync::Arc;

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};

/// `text` cut at a byte; a character that is cut through is replaced.
fn bytes(text: &str, from: usize, to: usize) -> Arc<str> {
    let to = to.min(text.len());
    Arc::from(String::from_utf8_lossy(&text.as_bytes()[from.min(to)..to]))
}

fn count(interpreter: &mut Interpreter, arguments: &Arguments, index: usize) -> Outcome<usize> {
    let value = arguments.number(interpreter, index)? + 1e-11;
    Ok(if value > 0.0 { value as usize } else { 0 })
}

pub(super) fn call(
    interpreter: &mut Interpreter,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let number = |value: f64| Ok(Some(Value::Number(value)));
    match name {
        "len" => {
            let text = arguments.text(interpreter, 0)?;
            number(text.len() as f64)
        }
        "substr" => {
            let (text, part) = (arguments.text(interpreter, 0)?, arguments.text(interpreter, 1)?);
            number(text.find(&*part).map_or(-1.0, |position| position as f64))
        }
        "left" | "right" => {
            let text = arguments.text(interpreter, 0)?;
            let length = count(interpreter, arguments, 1)?;
            let kept =
                if name == "left" { bytes(&text, 0, length) } else { bytes(&text, length, text.len()) };
            let place = arguments.variable(0, "a string variable (`strdef`)")?;
            interpreter.write(&place, Value::Text(kept))?;
            number(1.0)
        }
        "mid" => {
            let text = arguments.text(interpreter, 0)?;
            let start = count(interpreter, arguments, 1)?;
            let end = if arguments.len() > 2 { count(interpreter, arguments, 2)? + 1 } else { text.len() };
            let place = arguments.variable(0, "a string variable (`strdef`)")?;
            interpreter.write(&place, Value::Text(bytes(&text, start, end)))?;
            number(1.0)
        }
        "head" | "tail" => split(interpreter, name, arguments),
        "ltrim" | "rtrim" => {
            let text = arguments.text(interpreter, 0)?;
            let unwanted = if arguments.len() > 2 {
                arguments.text(interpreter, 2)?
            } else {
                Arc::from(" \r\n\t\u{c}\u{b}")
            };
            let set: Vec<char> = unwanted.chars().collect();
            let kept =
                if name == "ltrim" { text.trim_start_matches(&*set) } else { text.trim_end_matches(&*set) };
            let kept: Arc<str> = Arc::from(kept);
            let place = arguments.variable(1, "a string variable (`strdef`)")?;
            interpreter.write(&place, Value::Text(kept))?;
            number(1.0)
        }
        "is_name" => {
            let text = arguments.text(interpreter, 0)?;
            number(f64::from(u8::from(interpreter.declared_code(&text) != 0.0)))
        }
        "is_point_process" => {
            let object = arguments.some_object(interpreter, 0)?;
            let data = interpreter.heap.data(object.index());
            number(f64::from(u8::from(matches!(data, crate::interpreter::object::Object::PointProcess(..)))))
        }
        _ => Ok(None),
    }
}

/// What stands before (`head`) or after (`tail`) the first match of a regular expression.
fn split(interpreter: &mut Interpreter, name: &str, arguments: &mut Arguments) -> Outcome<Option<Value>> {
    let text = arguments.text(interpreter, 0)?;
    let pattern = arguments.text(interpreter, 1)?;
    let expression = regex::Regex::new(&pattern)
        .map_err(|error| Failure::Other(format!("`{pattern}` is no regular expression: {error}")))?;
    let place = arguments.variable(2, "a string variable (`strdef`)")?;
    let (part, result): (Arc<str>, f64) = match expression.find(&text) {
        Some(found) if name == "head" => (Arc::from(&text[..found.start()]), found.start() as f64),
        Some(found) => (Arc::from(&text[found.end()..]), found.end() as f64),
        None => (Arc::from(""), -1.0),
    };
    interpreter.write(&place, Value::Text(part))?;
    Ok(Some(Value::Number(result)))
}
