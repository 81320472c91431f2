//! Point processes and artificial cells as objects.

use std::sync::Arc;

use cell::{Location, MechanismIndex};

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::host::MechanismCall;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::value::{Arguments, Place, Target, Value};
use crate::syntax::Symbol;

pub(super) fn construct(
    interpreter: &mut Interpreter,
    mechanism: MechanismIndex,
    arguments: &Arguments,
) -> Outcome<Object> {
    let description = interpreter.catalogue.mechanism(mechanism).clone();
    let id = if arguments.len() > 0 && description.kind == nmodl::Kind::PointProcess {
        let x = arguments.position(interpreter, 0)?;
        let section = interpreter.accessed_section()?;
        interpreter.cell.create_point_process_at(&description.name, section, x)?
    } else {
        interpreter.cell.create_point_process(&description.name)?
    };
    Ok(Object::PointProcess(id, mechanism))
}

pub(super) fn member(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &Arc<str>,
    symbol: Symbol,
) -> Outcome<Target> {
    let Object::PointProcess(_, mechanism) = interpreter.heap.data(object.index()) else {
        return Err(Failure::Nil.into());
    };
    if interpreter.catalogue.mechanism(*mechanism).variable(name).is_some() {
        return Ok(Target::Place(Place::PointVariable(object.index() as u32, symbol)));
    }
    let known = matches!(&**name, "get_loc" | "has_loc" | "get_segment");
    if known {
        return super::call(
            interpreter,
            object,
            symbol,
            Arguments { function: name.clone(), values: Vec::new() },
        );
    }
    // tells the misspelt name
    interpreter.read_point_variable(object.index() as u32, symbol)?;
    Ok(Target::Place(Place::PointVariable(object.index() as u32, symbol)))
}

pub(super) fn call(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    symbol: Symbol,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let Object::PointProcess(id, mechanism) = *interpreter.heap.data(object.index()) else { return Ok(None) };
    let location: Option<Location> = interpreter.cell.location(id)?;
    Ok(Some(match name {
        "loc" => {
            let x = arguments.position(interpreter, 0)?;
            let section = interpreter.accessed_section()?;
            interpreter.cell.locate_point_process(id, section, x)?;
            Value::Number(0.0)
        }
        // leaves the section accessed, until `pop_section()`
        "get_loc" => match location {
            Some(location) => {
                interpreter.accessed.push(location.section);
                Value::Number(location.x)
            }
            None => {
                let mechanism = interpreter.catalogue.mechanism(mechanism).name.clone();
                return Err(cell::Error::NotLocated { mechanism }.into());
            }
        },
        "has_loc" => Value::Number(f64::from(u8::from(location.is_some()))),
        _ if interpreter.catalogue.mechanism(mechanism).variable(name).is_some() => {
            Value::Number(interpreter.read_point_variable(object.index() as u32, symbol)?)
        }
        _ => {
            // a function of the mechanism, which the host has to call
            interpreter.check_function(mechanism, name)?;
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments.values.clone() {
                values.push(interpreter.argument_value(&argument)?);
            }
            interpreter.mechanism_calls.push(MechanismCall {
                mechanism,
                point_process: Some(id),
                function: name.to_string(),
                location: location.map(|location| (location.section, location.x)),
                arguments: values,
            });
            Value::Number(0.0)
        }
    }))
}
