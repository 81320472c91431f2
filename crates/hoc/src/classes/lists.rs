//! `List`, `SectionList` and `SectionRef`.

use std::sync::Arc;

use cell::SectionId;

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::value::{Arguments, Target, Value};

/// Runs `edit` on the items of a list.
fn with_items<T: Default>(
    interpreter: &mut Interpreter,
    list: &ObjectRef,
    edit: impl FnOnce(&mut Vec<ObjectRef>) -> T,
) -> T {
    match interpreter.heap.data_mut(list.index()) {
        Object::List(items) => edit(items),
        _ => T::default(),
    }
}

fn index(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    position: usize,
    length: usize,
) -> Outcome<usize> {
    let value = arguments.number(interpreter, position)?;
    let found = value + 1e-11;
    if found.is_nan() || found < 0.0 || found >= length as f64 {
        return Err(Failure::IndexRange { name: "List".into(), index: value, length }.into());
    }
    Ok(found as usize)
}

pub(super) fn call_list(
    interpreter: &mut Interpreter,
    list: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let length = with_items(interpreter, list, |items| items.len());
    Ok(Some(match name {
        "count" => Value::Number(length as f64),
        "append" => {
            let object = arguments.some_object(interpreter, 0)?;
            with_items(interpreter, list, |items| items.push(object));
            Value::Number(length as f64 + 1.0)
        }
        "prepend" => {
            let object = arguments.some_object(interpreter, 0)?;
            with_items(interpreter, list, |items| items.insert(0, object));
            Value::Number(length as f64 + 1.0)
        }
        "insrt" => {
            let at = index(interpreter, arguments, 0, length + 1)?;
            let object = arguments.some_object(interpreter, 1)?;
            with_items(interpreter, list, |items| items.insert(at, object));
            Value::Number(length as f64 + 1.0)
        }
        "o" | "object" => {
            let at = index(interpreter, arguments, 0, length)?;
            Value::Object(with_items(interpreter, list, |items| items.get(at).cloned()))
        }
        "index" => {
            let object = arguments.some_object(interpreter, 0)?;
            let found = with_items(interpreter, list, |items| items.iter().position(|item| item.is(&object)));
            Value::Number(found.map_or(-1.0, |position| position as f64))
        }
        "remove" => {
            let at = index(interpreter, arguments, 0, length)?;
            let removed = with_items(interpreter, list, |items| Some(items.remove(at)));
            interpreter.release(removed);
            Value::Number(length as f64 - 1.0)
        }
        "remove_all" => {
            for removed in with_items(interpreter, list, std::mem::take) {
                interpreter.release(Some(removed));
            }
            Value::Number(0.0)
        }
        _ => return Ok(None),
    }))
}

pub(super) fn construct_section_list(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
) -> Outcome<Object> {
    if arguments.len() == 0 {
        return Ok(Object::SectionList(Vec::new()));
    }
    let other = arguments.some_object(interpreter, 0)?;
    match interpreter.heap.data(other.index()) {
        Object::SectionList(sections) => Ok(Object::SectionList(sections.clone())),
        _ => Err(Failure::Type { expected: "a SectionList", found: "another object" }.into()),
    }
}

pub(super) fn call_section_list(
    interpreter: &mut Interpreter,
    list: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let mut sections = match interpreter.heap.data_mut(list.index()) {
        Object::SectionList(sections) => std::mem::take(sections),
        _ => Vec::new(),
    };
    let result = edit(interpreter, &mut sections, name, arguments);
    if let Object::SectionList(place) = interpreter.heap.data_mut(list.index()) {
        *place = sections;
    }
    result
}

fn edit(
    interpreter: &mut Interpreter,
    sections: &mut Vec<SectionId>,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let before = sections.len();
    match name {
        "append" => sections.push(interpreter.accessed_section()?),
        "remove" => {
            let unwanted = match arguments.len() {
                0 => vec![interpreter.accessed_section()?],
                _ => {
                    let other = arguments.some_object(interpreter, 0)?;
                    match interpreter.heap.data(other.index()) {
                        Object::SectionList(unwanted) => unwanted.clone(),
                        _ => {
                            return Err(
                                Failure::Type { expected: "a SectionList", found: "another object" }.into()
                            );
                        }
                    }
                }
            };
            sections.retain(|section| !unwanted.contains(section));
            return Ok(Some(Value::Number((before - sections.len()) as f64)));
        }
        "wholetree" => {
            let section = interpreter.accessed_section()?;
            sections.extend(interpreter.cell.whole_tree(section)?);
        }
        "subtree" => {
            let section = interpreter.accessed_section()?;
            sections.extend(interpreter.cell.subtree(section)?);
        }
        "children" => {
            let section = interpreter.accessed_section()?;
            sections.extend(interpreter.cell.children(section)?.iter().copied());
        }
        "unique" => {
            let mut seen = std::collections::BTreeSet::new();
            sections.retain(|section| seen.insert(*section));
            return Ok(Some(Value::Number((before - sections.len()) as f64)));
        }
        "allroots" => sections.extend(interpreter.cell.roots()),
        "contains" => {
            let section = interpreter.accessed_section()?;
            return Ok(Some(Value::Number(f64::from(u8::from(sections.contains(&section))))));
        }
        "printnames" => {
            let names: Vec<String> =
                sections.iter().map(|&section| interpreter.cell.full_name(section)).collect();
            interpreter.say(&(names.join("\n") + "\n"));
        }
        _ => return Ok(None),
    }
    Ok(Some(Value::Number(sections.len() as f64)))
}

fn section_of(interpreter: &Interpreter, reference: &ObjectRef) -> Outcome<SectionId> {
    match interpreter.heap.data(reference.index()) {
        Object::SectionRef(section) => Ok(*section),
        _ => Err(Failure::Nil.into()),
    }
}

pub(super) fn call_section_ref(
    interpreter: &mut Interpreter,
    reference: &ObjectRef,
    name: &str,
) -> Outcome<Option<Value>> {
    let section = section_of(interpreter, reference)?;
    Ok(Some(Value::Number(match name {
        "nchild" => interpreter.cell.children(section)?.len() as f64,
        "has_parent" => f64::from(u8::from(interpreter.cell.parent(section)?.is_some())),
        "has_trueparent" => f64::from(u8::from(interpreter.cell.true_parent(section)?.is_some())),
        "exists" | "is_cas" => f64::from(u8::from(interpreter.cell.exists(section))),
        _ => return Ok(None),
    })))
}

/// `reference.parent`, `.trueparent`, `.root`
pub(super) fn relative(interpreter: &Interpreter, reference: &ObjectRef, name: &Arc<str>) -> Outcome<Target> {
    let section = section_of(interpreter, reference)?;
    let found = match &**name {
        "parent" => interpreter.cell.parent(section)?,
        "trueparent" => interpreter.cell.true_parent(section)?,
        _ => Some(interpreter.cell.root(section)?),
    };
    match found {
        Some(section) => Ok(Target::Section(section)),
        None => {
            Err(Failure::NoSuchSection(format!("{name} of {}", interpreter.cell.full_name(section))).into())
        }
    }
}
