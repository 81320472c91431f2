//! Functions of the accessed section: geometry, distances, 3-D points, ions.

use std::path::Path;
use std::sync::Arc;

use cell::IonStyle;

use crate::classes::import3d;
use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};

fn index(interpreter: &mut Interpreter, arguments: &Arguments, position: usize) -> Outcome<usize> {
    let value = arguments.number(interpreter, position)?;
    if value < 0.0 {
        let function = arguments.function.to_string();
        return Err(Failure::ArgumentRange {
            function,
            index: position + 1,
            value,
            expected: "0 or more".into(),
        }
        .into());
    }
    Ok(value as usize)
}

pub(super) fn area(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let x = arguments.position(interpreter, 0)?;
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.area(section, x)?))
}

pub(super) fn ri(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let x = arguments.position(interpreter, 0)?;
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.axial_resistance_to_parent(section, x)?))
}

/// `distance()` and `distance(0, x)` set the origin, `distance(x)` and `distance(1, x)` measure.
pub(super) fn distance(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let (sets, x) = match arguments.len() {
        0 => (true, 0.0),
        1 => (false, arguments.position(interpreter, 0)?),
        _ => (arguments.number(interpreter, 0)? == 0.0, arguments.position(interpreter, 1)?),
    };
    if sets {
        interpreter.cell.set_distance_origin(section, x)?;
        return Ok(Value::Number(0.0));
    }
    Ok(Value::Number(interpreter.cell.distance_from_origin(section, x)?))
}

pub(super) fn secname(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    Ok(Value::Text(Arc::from(interpreter.cell.full_name(section))))
}

pub(super) fn sectionname(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let place = arguments.variable(0, "a string variable (`strdef`)")?;
    let name = secname(interpreter, arguments)?;
    interpreter.write(&place, name)?;
    Ok(Value::Number(1.0))
}

pub(super) fn ismembrane(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let name = arguments.text(interpreter, 0)?;
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(f64::from(u8::from(interpreter.cell.has_mechanism(section, &name)?))))
}

pub(super) fn issection(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let pattern = arguments.text(interpreter, 0)?;
    let section = interpreter.accessed_section()?;
    let pattern = regex::Regex::new(&pattern).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(Value::Number(f64::from(u8::from(pattern.is_match(&interpreter.cell.full_name(section))))))
}

pub(super) fn section_exists(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let mut name = arguments.text(interpreter, 0)?.to_string();
    if arguments.is_number(interpreter, 1) {
        name = format!("{name}[{}]", arguments.number(interpreter, 1)? as i64);
    }
    let last = arguments.len() - 1;
    let owner = if arguments.is_object(interpreter, last) {
        let object = arguments.some_object(interpreter, last)?;
        interpreter.owner(object.index() as u32)
    } else {
        let object = interpreter.frames[interpreter.current].object;
        interpreter.owner(object)
    };
    let cell = &interpreter.cell;
    let found = cell.find_section(owner, &name).or_else(|| cell.find_section(owner, &format!("{name}[0]")));
    Ok(Value::Number(f64::from(u8::from(found.is_some()))))
}

pub(super) fn delete_section(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    // NEURON ignores the call where there is no section
    if let Some(&section) = interpreter.accessed.last() {
        interpreter.cell.delete_section(section);
    }
    Ok(Value::Number(0.0))
}

pub(super) fn disconnect(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    interpreter.cell.disconnect(section)?;
    Ok(Value::Number(0.0))
}

pub(super) fn section_orientation(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.orientation(section)?))
}

pub(super) fn parent_connection(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.parent_x(section)?))
}

pub(super) fn push_section(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let name = arguments.text(interpreter, 0)?;
    let cell = &interpreter.cell;
    let Some(section) = cell.sections().find(|&section| cell.full_name(section) == *name) else {
        return Err(Failure::NoSuchSection(name.to_string()).into());
    };
    interpreter.accessed.push(section);
    Ok(Value::Number(1.0))
}

pub(super) fn pop_section(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    interpreter.accessed.pop();
    Ok(Value::Number(1.0))
}

pub(super) fn define_shape(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    interpreter.cell.define_shape()?;
    Ok(Value::Number(1.0))
}

pub(super) fn lambda_f(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let frequency = arguments.number(interpreter, 0)?;
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.space_constant(section, frequency)?))
}

pub(super) fn n3d(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    Ok(Value::Number(interpreter.cell.point_count(section)? as f64))
}

fn coordinate(interpreter: &mut Interpreter, arguments: &Arguments, axis: usize) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    Ok(Value::Number(interpreter.cell.point_position(section, point)?[axis]))
}

pub(super) fn x3d(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    coordinate(interpreter, arguments, 0)
}

pub(super) fn y3d(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    coordinate(interpreter, arguments, 1)
}

pub(super) fn z3d(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    coordinate(interpreter, arguments, 2)
}

pub(super) fn diam3d(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    Ok(Value::Number(interpreter.cell.point_diameter(section, point)?))
}

pub(super) fn arc3d(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    Ok(Value::Number(interpreter.cell.point_arc(section, point)?))
}

pub(super) fn pt3dclear(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    interpreter.cell.clear_points(section)?;
    Ok(Value::Number(0.0))
}

fn four(interpreter: &mut Interpreter, arguments: &Arguments, first: usize) -> Outcome<[f64; 4]> {
    let mut values = [0.0; 4];
    for (offset, value) in values.iter_mut().enumerate() {
        *value = arguments.number(interpreter, first + offset)?;
    }
    Ok(values)
}

pub(super) fn pt3dadd(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let [x, y, z, diameter] = four(interpreter, arguments, 0)?;
    interpreter.cell.add_point(section, x, y, z, diameter)?;
    Ok(Value::Number(1.0))
}

pub(super) fn pt3dinsert(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    let [x, y, z, diameter] = four(interpreter, arguments, 1)?;
    interpreter.cell.insert_point(section, point, x, y, z, diameter)?;
    Ok(Value::Number(0.0))
}

pub(super) fn pt3dremove(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    interpreter.cell.remove_point(section, point)?;
    Ok(Value::Number(0.0))
}

pub(super) fn pt3dchange(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let point = index(interpreter, arguments, 0)?;
    if arguments.len() == 2 {
        let diameter = arguments.number(interpreter, 1)?;
        interpreter.cell.change_point_diameter(section, point, diameter)?;
    } else {
        let [x, y, z, diameter] = four(interpreter, arguments, 1)?;
        interpreter.cell.change_point(section, point, x, y, z, diameter)?;
    }
    Ok(Value::Number(0.0))
}

/// `pt3dstyle(1, x, y, z)`: a logical connection; `pt3dstyle(0)`: none.
pub(super) fn pt3dstyle(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    if arguments.len() > 0 {
        let location = if arguments.number(interpreter, 0)? == 1.0 {
            let mut location = [0.0; 3];
            for (axis, value) in location.iter_mut().enumerate() {
                *value = arguments.number(interpreter, axis + 1)?;
            }
            Some(location)
        } else {
            None
        };
        interpreter.cell.set_logical_connection(section, location)?;
    }
    let has = interpreter.cell.logical_connection(section)?.is_some();
    Ok(Value::Number(f64::from(u8::from(has))))
}

pub(super) fn set_spine_area(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let area = arguments.number(interpreter, 0)?;
    interpreter.cell.set_spine_area(area);
    Ok(Value::Number(area))
}

pub(super) fn get_spine_area(interpreter: &mut Interpreter, _: &mut Arguments) -> Outcome<Value> {
    Ok(Value::Number(interpreter.cell.spine_area()))
}

pub(super) fn ion_style(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let section = interpreter.accessed_section()?;
    let ion = arguments.text(interpreter, 0)?;
    if arguments.len() == 1 {
        let style = interpreter.cell.ion_style(section, &ion)?;
        return Ok(Value::Number(style.map_or(-1.0, f64::from)));
    }
    let mut parts = [0u32; 5];
    for (offset, part) in parts.iter_mut().enumerate() {
        let value = arguments.number(interpreter, offset + 1)?;
        *part = if (0.0..10.0).contains(&value) { value as u32 } else { u32::MAX };
    }
    let [concentration, reversal, initialize_reversal, advance_reversal, initialize_concentration] = parts;
    let style =
        IonStyle { concentration, reversal, initialize_reversal, advance_reversal, initialize_concentration };
    let before = interpreter.cell.set_ion_style(section, &ion, style)?;
    Ok(Value::Number(before.map_or(-1.0, f64::from)))
}

/// neurodamus' `morphio_read(object, path)`: reads an H5 morphology into the object.
pub(super) fn morphio_read(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let object = arguments.some_object(interpreter, 0)?;
    let path = arguments.text(interpreter, 1)?;
    let imported = import3d::read(interpreter, Path::new(&*path), import3d::Format::Morphio)?;
    import3d::instantiate(interpreter, &object, &imported)?;
    Ok(Value::Nothing)
}
