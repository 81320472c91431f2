//! `Vector`: elements, copies, order. Arithmetic is in [`super::vector_math`].

use std::sync::Arc;

use super::vector_math;
use crate::error::{Failure, Outcome, Thrown};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::value::{Arguments, Value};
use crate::text::general;

/// `new Vector(size, value)`
pub(super) fn construct(interpreter: &mut Interpreter, arguments: &Arguments) -> Outcome<Object> {
    let size = arguments.number_or(interpreter, 0, 0.0)?;
    let value = arguments.number_or(interpreter, 1, 0.0)?;
    let size = interpreter.check_size(size, "the Vector")?;
    Ok(Object::Vector(vec![value; size]))
}

/// The elements of the Vector that is argument `index`.
pub(super) fn argument(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    index: usize,
) -> Outcome<Vec<f64>> {
    let object = arguments.some_object(interpreter, index)?;
    match interpreter.heap.data(object.index()) {
        Object::Vector(values) => Ok(values.clone()),
        _ => Err(Failure::Type { expected: "a Vector", found: "another object" }.into()),
    }
}

/// An index into `length` elements.
pub(super) fn index(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    position: usize,
    length: usize,
) -> Outcome<usize> {
    let value = arguments.number(interpreter, position)?;
    let found = value + 1e-11;
    if found.is_nan() || found < 0.0 || found >= length as f64 {
        return Err(Failure::IndexRange { name: "Vector".into(), index: value, length }.into());
    }
    Ok(found as usize)
}

/// What a method made of the Vector.
pub(super) enum Answer {
    /// The Vector itself, for chained calls.
    Itself,
    Value(Value),
    /// A new Vector.
    New(Vec<f64>),
    Unknown,
}

pub(super) fn call(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    if matches!(name, "play" | "record" | "play_remove" | "fread" | "fwrite" | "vread" | "vwrite" | "scanf") {
        let what = format!("`Vector.{name}`");
        let why = "HOC runs only to build cells";
        let help = "stimuli and reports are part of the simulation's configuration";
        return Err(Thrown::helped(Failure::Refused { what, why }, help));
    }
    if name == "apply" {
        apply(interpreter, object, arguments)?;
        return Ok(Some(Value::Object(Some(object.clone()))));
    }
    // the vector is taken out while arguments are read, unless it is one of them
    let mut values = match interpreter.heap.data(object.index()) {
        Object::Vector(values) => values.clone(),
        _ => return Ok(None),
    };
    let mut answer = elements(interpreter, &mut values, name, arguments)?;
    if matches!(answer, Answer::Unknown) {
        answer = order(interpreter, &mut values, name, arguments)?;
    }
    if matches!(answer, Answer::Unknown) {
        answer = vector_math::call(interpreter, &mut values, name, arguments)?;
    }
    let value = match answer {
        Answer::Unknown => return Ok(None),
        Answer::Value(value) => value,
        Answer::Itself => Value::Object(Some(object.clone())),
        Answer::New(new) => {
            let class = interpreter.heap.entry(object.index()).class;
            Value::Object(Some(interpreter.add_object(class, Object::Vector(new))))
        }
    };
    if let Object::Vector(place) = interpreter.heap.data_mut(object.index()) {
        *place = values;
    }
    Ok(Some(value))
}

fn elements(
    interpreter: &mut Interpreter,
    values: &mut Vec<f64>,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Answer> {
    match name {
        "size" => return Ok(Answer::Value(Value::Number(values.len() as f64))),
        "buffer_size" => return Ok(Answer::Value(Value::Number(values.capacity() as f64))),
        "x" | "get" => {
            let at = index(interpreter, arguments, 0, values.len())?;
            return Ok(Answer::Value(Value::Number(values[at])));
        }
        "set" => {
            let at = index(interpreter, arguments, 0, values.len())?;
            values[at] = arguments.number(interpreter, 1)?;
        }
        "resize" => {
            let size = arguments.number(interpreter, 0)?;
            values.resize(interpreter.check_size(size, "the Vector")?, 0.0);
        }
        "fill" => {
            let value = arguments.number(interpreter, 0)?;
            if arguments.len() == 3 {
                let (from, to) = part(interpreter, arguments, 1, values.len())?;
                values[from..to].fill(value);
            } else {
                values.fill(value);
            }
        }
        "append" => {
            for position in 0..arguments.len() {
                if arguments.is_object(interpreter, position) {
                    values.extend(argument(interpreter, arguments, position)?);
                } else {
                    values.push(arguments.number(interpreter, position)?);
                }
            }
            interpreter.check_size(values.len() as f64, "the Vector")?;
        }
        "insrt" => {
            let at = index(interpreter, arguments, 0, values.len() + 1)?;
            let new = if arguments.is_object(interpreter, 1) {
                argument(interpreter, arguments, 1)?
            } else {
                vec![arguments.number(interpreter, 1)?]
            };
            values.splice(at..at, new);
            interpreter.check_size(values.len() as f64, "the Vector")?;
        }
        "remove" => {
            let (from, to) = if arguments.len() > 1 {
                part(interpreter, arguments, 0, values.len())?
            } else {
                let at = index(interpreter, arguments, 0, values.len())?;
                (at, at + 1)
            };
            values.drain(from..to);
        }
        "contains" => {
            let value = arguments.number(interpreter, 0)?;
            let found = values.iter().any(|&element| (element - value).abs() <= 1e-11);
            return Ok(Answer::Value(Value::Number(f64::from(u8::from(found)))));
        }
        "c" | "at" | "cl" => {
            let (from, to) = if arguments.len() == 0 {
                (0, values.len())
            } else {
                part(interpreter, arguments, 0, values.len())?
            };
            return Ok(Answer::New(values[from..to].to_vec()));
        }
        "copy" => copy(interpreter, values, arguments)?,
        "label" => return Ok(Answer::Value(Value::Text(Arc::from("")))),
        "printf" => {
            let line: Vec<String> = values.iter().map(|&value| general(value, 6)).collect();
            interpreter.say(&(line.join("\t") + "\n"));
            return Ok(Answer::Value(Value::Number(values.len() as f64)));
        }
        _ => return Ok(Answer::Unknown),
    }
    Ok(Answer::Itself)
}

/// `start, end` of arguments, both included; `end` may be missing.
fn part(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    first: usize,
    length: usize,
) -> Outcome<(usize, usize)> {
    let from = index(interpreter, arguments, first, length)?;
    let to = if arguments.len() > first + 1 {
        index(interpreter, arguments, first + 1, length)? + 1
    } else {
        length
    };
    Ok((from, to.max(from)))
}

/// `copy(source)`, `copy(source, at)`, `copy(source, from, to)`, `copy(source, at, from, to)`
fn copy(interpreter: &mut Interpreter, values: &mut Vec<f64>, arguments: &Arguments) -> Outcome<()> {
    let source = argument(interpreter, arguments, 0)?;
    let (at, from, to) = match arguments.len() {
        1 => {
            *values = source;
            return Ok(());
        }
        2 => (index(interpreter, arguments, 1, usize::MAX >> 12)?, 0, source.len()),
        3 => {
            let (from, to) = part(interpreter, arguments, 1, source.len())?;
            *values = source[from..to].to_vec();
            return Ok(());
        }
        _ => {
            let (from, to) = part(interpreter, arguments, 2, source.len())?;
            (index(interpreter, arguments, 1, usize::MAX >> 12)?, from, to)
        }
    };
    let end = at + (to - from);
    interpreter.check_size(end as f64, "the Vector")?;
    if values.len() < end {
        values.resize(end, 0.0);
    }
    values[at..end].copy_from_slice(&source[from..to]);
    Ok(())
}

fn order(
    interpreter: &mut Interpreter,
    values: &mut Vec<f64>,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Answer> {
    match name {
        "reverse" => values.reverse(),
        "sort" => values.sort_by(f64::total_cmp),
        "sortindex" => {
            let mut indices: Vec<usize> = (0..values.len()).collect();
            indices.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            return Ok(Answer::New(indices.into_iter().map(|index| index as f64).collect()));
        }
        "index" => {
            let (source, indices) = if arguments.len() > 1 {
                (argument(interpreter, arguments, 0)?, argument(interpreter, arguments, 1)?)
            } else {
                (values.clone(), argument(interpreter, arguments, 0)?)
            };
            let picked =
                indices.iter().map(|&at| source.get((at + 1e-11) as usize).copied().unwrap_or(0.0)).collect();
            if arguments.len() > 1 {
                *values = picked;
            } else {
                return Ok(Answer::New(picked));
            }
        }
        "rotate" => {
            let by = arguments.number(interpreter, 0)? as i64;
            let count = values.len().max(1) as i64;
            if !values.is_empty() {
                values.rotate_right(by.rem_euclid(count) as usize);
            }
            if arguments.len() > 1 {
                let empty = if by > 0 { 0..by.min(count) } else { (count + by).max(0)..count };
                for at in empty {
                    if let Some(value) = values.get_mut(at as usize) {
                        *value = 0.0;
                    }
                }
            }
        }
        "where" | "indvwhere" | "indwhere" => return search(interpreter, values, name, arguments),
        _ => return Ok(Answer::Unknown),
    }
    Ok(Answer::Itself)
}

/// `indwhere(">", 3)`, `indwhere("[)", 3, 5)` and the forms that give all matches.
fn search(
    interpreter: &mut Interpreter,
    values: &mut Vec<f64>,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Answer> {
    let first = usize::from(arguments.is_object(interpreter, 0));
    let source = if first == 1 { argument(interpreter, arguments, 0)? } else { values.clone() };
    let operator = arguments.text(interpreter, first)?;
    let low = arguments.number(interpreter, first + 1)?;
    let high = arguments.number_or(interpreter, first + 2, low)?;
    const E: f64 = 1e-11;
    let fits = |value: f64| {
        Some(match &*operator {
            "==" => value >= low - E && value <= low + E,
            "!=" => value < low - E || value > low + E,
            ">" => value > low + E,
            ">=" => value >= low - E,
            "<" => value < low - E,
            "<=" => value <= low + E,
            "()" => value > low + E && value < high - E,
            "[]" => value >= low - E && value <= high + E,
            "[)" => value >= low - E && value < high - E,
            "(]" => value > low + E && value <= high + E,
            _ => return None,
        })
    };
    if fits(0.0).is_none() {
        return Err(Failure::Other(format!("`{operator}` is no comparison of a Vector")).into());
    }
    let matching = |&(_, value): &(usize, &f64)| fits(*value).unwrap_or(false);
    if name == "indwhere" {
        let found = source.iter().enumerate().find(matching);
        return Ok(Answer::Value(Value::Number(found.map_or(-1.0, |(at, _)| at as f64))));
    }
    let found: Vec<(usize, f64)> =
        source.iter().enumerate().filter(matching).map(|(at, &value)| (at, value)).collect();
    let picked =
        found.into_iter().map(|(at, value)| if name == "where" { value } else { at as f64 }).collect();
    if first == 1 {
        *values = picked;
        return Ok(Answer::Itself);
    }
    Ok(Answer::New(picked))
}

/// `apply("function")`: replaces every element by a HOC function of it.
fn apply(interpreter: &mut Interpreter, object: &ObjectRef, arguments: &Arguments) -> Outcome<()> {
    let function = arguments.text(interpreter, 0)?;
    let count = match interpreter.heap.data(object.index()) {
        Object::Vector(values) => values.len(),
        _ => 0,
    };
    let here = interpreter.frames[interpreter.current].object;
    for at in 0..count {
        let value = match interpreter.heap.data(object.index()) {
            Object::Vector(values) => values.get(at).copied().unwrap_or(0.0),
            _ => 0.0,
        };
        let scope = interpreter.heap.reference(here as usize);
        interpreter.execute_text(&format!("hoc_ac_ = {function}({})", general(value, 17)), Some(&scope))?;
        let result = interpreter.global("hoc_ac_").unwrap_or(0.0);
        if let Object::Vector(values) = interpreter.heap.data_mut(object.index())
            && let Some(place) = values.get_mut(at)
        {
            *place = result;
        }
    }
    Ok(())
}
