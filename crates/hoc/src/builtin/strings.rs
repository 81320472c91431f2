//! Strings, arguments, execution of text, files, and what is refused.

use std::sync::Arc;

use crate::error::{Failure, Outcome, Thrown};
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};
use crate::text::{ScanTarget, Scanned, format, scan};

pub(super) fn numarg(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    Ok(Value::Number(interpreter.frames[interpreter.current].arguments.len() as f64))
}

pub(super) fn argtype(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let index = arguments.number(interpreter, 0)?;
    let frame = &interpreter.frames[interpreter.current];
    let found = (index >= 1.0).then(|| frame.arguments.get(index as usize - 1)).flatten();
    Ok(Value::Number(found.map_or(-1.0, |argument| f64::from(interpreter.argument_type(argument)))))
}

pub(super) fn sprint(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let place = arguments.variable(0, "a string variable (`strdef`)")?;
    let layout = arguments.text(interpreter, 1)?;
    let values = arguments.formatted(interpreter, 2)?;
    let text = format(&layout, &values)?;
    let length = text.len() as f64;
    interpreter.write(&place, Value::Text(Arc::from(text)))?;
    Ok(Value::Number(length))
}

pub(super) fn printf(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let layout = arguments.text(interpreter, 0)?;
    let values = arguments.formatted(interpreter, 1)?;
    let text = format(&layout, &values)?;
    interpreter.say(&text);
    Ok(Value::Number(text.len() as f64))
}

pub(super) fn sscanf(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let input = arguments.text(interpreter, 0)?;
    let layout = arguments.text(interpreter, 1)?;
    let found = scan(&input, &layout);
    let count = found.len();
    for (index, value) in found.into_iter().enumerate() {
        let index = index + 2;
        if index >= arguments.len() {
            return Err(Failure::MissingArgument { index: index + 1, count: arguments.len() }.into());
        }
        let target =
            if arguments.is_text(interpreter, index) { ScanTarget::Text } else { ScanTarget::Number };
        let value = match (target, value) {
            (ScanTarget::Number, Scanned::Number(value)) => Value::Number(value),
            (ScanTarget::Text, Scanned::Text(text)) => Value::Text(Arc::from(text)),
            (ScanTarget::Text, Scanned::Number(value)) => {
                Value::Text(Arc::from(char::from(value as u8).to_string()))
            }
            (ScanTarget::Number, Scanned::Text(_)) => {
                let function = "sscanf".to_string();
                let expected = "a string variable (`strdef`)";
                return Err(Failure::ArgumentType {
                    function,
                    index: index + 1,
                    expected,
                    found: "a number",
                }
                .into());
            }
        };
        let place = arguments.variable(index, "a variable (`&x` for a number)")?;
        interpreter.write(&place, value)?;
    }
    Ok(Value::Number(count as f64))
}

pub(super) fn strcmp(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let (a, b) = (arguments.text(interpreter, 0)?, arguments.text(interpreter, 1)?);
    Ok(Value::Number(a.as_bytes().cmp(b.as_bytes()) as i32 as f64))
}

fn execute_in_object(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<()> {
    let text = arguments.text(interpreter, 0)?;
    let object =
        if arguments.is_object(interpreter, 1) { Some(arguments.some_object(interpreter, 1)?) } else { None };
    interpreter.execute_text(&text, object.as_ref())
}

pub(super) fn execute(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    execute_in_object(interpreter, arguments)?;
    Ok(Value::Number(0.0))
}

/// As `execute`, but an error gives 0; limits of the interpreter still end the program.
pub(super) fn execute1(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    match execute_in_object(interpreter, arguments) {
        Ok(()) => Ok(Value::Number(1.0)),
        Err(thrown) if is_final(&thrown.failure) => Err(thrown),
        Err(thrown) => {
            let message = format!("execute1: {}\n", thrown.failure);
            interpreter.say(&message);
            Ok(Value::Number(0.0))
        }
    }
}

/// Failures that a program cannot catch.
fn is_final(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Quit
            | Failure::StepLimit(_)
            | Failure::RecursionLimit(_)
            | Failure::SizeLimit { .. }
            | Failure::Refused { .. }
            | Failure::OutsideRoots(_)
            | Failure::Morphology(_)
    )
}

pub(super) fn execerror(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let mut text = String::new();
    for index in 0..arguments.len() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(&arguments.text(interpreter, index)?);
    }
    if text.is_empty() {
        text.push_str("the program called `execerror()`");
    }
    Err(Failure::Raised(text).into())
}

/// neurodamus' `terminate`
pub(super) fn terminate(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let mut text = arguments.text(interpreter, 0)?.to_string();
    if arguments.len() > 1 {
        text.push_str(": ");
        text.push_str(&arguments.text(interpreter, 1)?);
    }
    Err(Failure::Raised(text).into())
}

pub(super) fn quit(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let said = interpreter.messages().trim();
    let help = said.lines().last().map(|line| format!("its last words were: {line}"));
    Err(Box::new(Thrown { failure: Failure::Quit, location: None, help, trace: Vec::new() }))
}

pub(super) fn load_file(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    // load_file(again, name)
    let (again, index) = if arguments.is_number(interpreter, 0) {
        (arguments.number(interpreter, 0)? != 0.0, 1)
    } else {
        (false, 0)
    };
    let name = arguments.text(interpreter, index)?;
    interpreter.load_named(&name, again)?;
    Ok(Value::Number(1.0))
}

pub(super) fn xopen(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let name = arguments.text(interpreter, 0)?;
    interpreter.load_named(&name, true)?;
    Ok(Value::Number(1.0))
}

/// 0 undefined, 1 something else, 2 object variable, 3 section, 4 string, 5 number; as NEURON's codes.
pub(super) fn name_declared(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let name = arguments.text(interpreter, 0)?;
    Ok(Value::Number(interpreter.declared_code(&name)))
}

pub(super) fn object_id(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let object = arguments.object(interpreter, 0)?;
    Ok(Value::Number(object.map_or(0.0, |object| object.index() as f64 + 1.0)))
}

pub(super) fn nrnpython(_: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    Err(Thrown::helped(
        Failure::Refused { what: "`nrnpython`".into(), why: "there is no Python here" },
        "remove the call; morphologies of all formats are read without Python",
    ))
}

pub(super) fn refused(_: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let what = format!("`{}`", arguments.function);
    let why = "HOC runs only to build cells: it starts no programs, writes no files and advances no time";
    Err(Thrown::helped(Failure::Refused { what, why }, "remove the call from the template"))
}

pub(super) fn zero(_: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    Ok(Value::Number(0.0))
}

pub(super) fn one(_: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    Ok(Value::Number(1.0))
}
