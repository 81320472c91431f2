//! Native classes: how they are made, and what their members do.

pub(crate) mod import3d;
mod lists;
pub(crate) mod net_con;
mod point_process;
mod random;
mod string_functions;
mod vector;
mod vector_math;

use std::sync::Arc;

use crate::error::{Failure, Outcome, Thrown};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::scope::NativeClass;
use crate::interpreter::value::{Arguments, Place, Target, Value};
use crate::syntax::Symbol;

/// `new Class(arguments)` of a native class.
pub(crate) fn construct(
    interpreter: &mut Interpreter,
    class: u32,
    native: NativeClass,
    mut arguments: Arguments,
) -> Outcome<ObjectRef> {
    if interpreter.heap.len() > interpreter.options.object_limit {
        let limit = interpreter.options.object_limit;
        return Err(Failure::SizeLimit { what: "the number of objects", limit }.into());
    }
    let arguments = &mut arguments;
    let data = match native {
        NativeClass::Vector => vector::construct(interpreter, arguments)?,
        NativeClass::List => Object::List(Vec::new()),
        NativeClass::Text => {
            Object::Text(if arguments.len() > 0 { arguments.text(interpreter, 0)? } else { Arc::from("") })
        }
        NativeClass::StringFunctions => Object::StringFunctions,
        NativeClass::SectionList => lists::construct_section_list(interpreter, arguments)?,
        NativeClass::SectionRef => Object::SectionRef(interpreter.accessed_section()?),
        NativeClass::Random => random::construct(interpreter, arguments)?,
        NativeClass::Neurolucida => import3d::reader(import3d::Format::Neurolucida),
        NativeClass::Swc => import3d::reader(import3d::Format::Swc),
        NativeClass::ImportGui => Object::Import(arguments.some_object(interpreter, 0)?),
        NativeClass::NetCon => net_con::construct(interpreter, arguments)?,
        NativeClass::ParallelContext => Object::ParallelContext,
        NativeClass::Python => Object::Python,
        NativeClass::PointProcess(mechanism) => point_process::construct(interpreter, mechanism, arguments)?,
    };
    let values = std::mem::take(&mut arguments.values);
    interpreter.release_arguments(values);
    Ok(interpreter.add_object(class, data))
}

/// `object.method(arguments)`
pub(crate) fn call(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    symbol: Symbol,
    mut arguments: Arguments,
) -> Outcome<Target> {
    let name = arguments.function.clone();
    let arguments = &mut arguments;
    let index = object.index();
    let value = match interpreter.heap.data(index) {
        Object::Vector(_) => vector::call(interpreter, object, &name, arguments)?,
        Object::List(_) => lists::call_list(interpreter, object, &name, arguments)?,
        Object::SectionList(_) => lists::call_section_list(interpreter, object, &name, arguments)?,
        Object::SectionRef(_) => lists::call_section_ref(interpreter, object, &name)?,
        Object::StringFunctions => string_functions::call(interpreter, &name, arguments)?,
        Object::Random(_) => random::call(interpreter, object, &name, arguments)?,
        Object::Reader(_) => import3d::call_reader(interpreter, object, &name, arguments)?,
        Object::Import(_) => import3d::call_import(interpreter, object, &name, arguments)?,
        Object::PointProcess(..) => point_process::call(interpreter, object, &name, symbol, arguments)?,
        Object::ParallelContext => call_parallel_context(&name),
        Object::NetCon(_) => net_con::call(interpreter, object, &name, arguments)?,
        Object::Python => return Err(python()),
        Object::Text(_) | Object::Instance { .. } => None,
        Object::Freed => return Err(Failure::Nil.into()),
    };
    let values = std::mem::take(&mut arguments.values);
    interpreter.release_arguments(values);
    match value {
        Some(value) => Ok(Target::Value(value)),
        None => Err(unknown(interpreter, object, &name)),
    }
}

/// `object.member`; methods may stand without parentheses.
pub(crate) fn member(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &Arc<str>,
    symbol: Symbol,
) -> Outcome<Target> {
    let index = object.index() as u32;
    match (interpreter.heap.data(object.index()), &**name) {
        (Object::Text(_), "s") => Ok(Target::Place(Place::Text(index))),
        (Object::Vector(_), "x") => element(interpreter, object, name, symbol, &[0.0]),
        (Object::Reader(_), "quiet" | "error_on_bad" | "file") => Ok(Target::Place(Place::Switch)),
        (Object::SectionRef(section), "sec") => Ok(Target::Section(*section)),
        (Object::SectionRef(_), "parent" | "trueparent" | "root") => {
            lists::relative(interpreter, object, name)
        }
        (Object::SectionRef(_), "child") => element(interpreter, object, name, symbol, &[0.0]),
        (Object::PointProcess(..), _) => point_process::member(interpreter, object, name, symbol),
        (Object::NetCon(_), _) if net_con::field(name, 0).is_some() => {
            Ok(Target::Place(Place::NetCon(index, net_con::field(name, 0).unwrap_or_default())))
        }
        (Object::Python, _) => Err(python()),
        _ => {
            let function = name.clone();
            call(interpreter, object, symbol, Arguments { function, values: Vec::new() })
        }
    }
}

/// `object.member[i]`
pub(crate) fn element(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &Arc<str>,
    symbol: Symbol,
    indices: &[f64],
) -> Outcome<Target> {
    let position = indices.first().copied().unwrap_or(0.0);
    let within = |length: usize| {
        let index = position + 1e-11;
        if index.is_nan() || index < 0.0 || index >= length as f64 {
            let name = name.to_string();
            return Err(Failure::IndexRange { name, index: position, length });
        }
        Ok(index as usize)
    };
    match (interpreter.heap.data(object.index()), &**name) {
        (Object::Vector(values), "x") => {
            Ok(Target::Place(Place::VectorElement(object.index() as u32, within(values.len())? as u32)))
        }
        (Object::SectionRef(section), "child") => {
            let children = interpreter.cell.children(*section)?;
            Ok(Target::Section(children[within(children.len())?]))
        }
        (Object::NetCon(connection), "weight") => {
            let index = within(connection.weights.len())? as u32;
            Ok(Target::Place(Place::NetCon(
                object.index() as u32,
                net_con::field("weight", index).unwrap_or_default(),
            )))
        }
        (Object::List(_), "o" | "object") => {
            let values = vec![crate::interpreter::value::Argument::Value(Value::Number(position))];
            call(interpreter, object, symbol, Arguments { function: name.clone(), values })
        }
        (Object::Python, _) => Err(python()),
        _ => Err(unknown(interpreter, object, name)),
    }
}

fn unknown(interpreter: &Interpreter, object: &ObjectRef, name: &str) -> Box<Thrown> {
    let object = interpreter.object_name(object);
    let help = "the classes of NEURON are built in as far as cell templates use them".to_string();
    Thrown::helped(Failure::UnknownMember { object, member: name.to_string() }, help)
}

fn python() -> Box<Thrown> {
    Thrown::helped(
        Failure::Refused { what: "a member of `PythonObject`".into(), why: "there is no Python here" },
        "remove the use of Python; morphologies of all formats are read without it",
    )
}

/// A context of one process.
fn call_parallel_context(name: &str) -> Option<Value> {
    Some(Value::Number(match name {
        "nhost" | "nhost_world" | "nhost_bbs" | "nthread" => 1.0,
        "id" | "id_world" | "id_bbs" | "barrier" | "done" | "gid_clear" | "time" => 0.0,
        _ => return None,
    }))
}
