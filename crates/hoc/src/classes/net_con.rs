//! `NetCon`

use cell::SectionId;

use crate::error::{Failure, Outcome, Thrown};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::value::{Argument, Arguments, NetConField, Value};

/// What a NetCon listens to.
#[derive(Clone, Debug)]
pub(crate) enum NetConSource {
    Nothing,
    Voltage(SectionId, f64),
    Process(ObjectRef),
}

/// A connection; threshold in mV, delay in ms.
#[derive(Clone, Debug)]
pub(crate) struct NetCon {
    pub source: NetConSource,
    pub target: Option<ObjectRef>,
    pub threshold: f64,
    pub delay: f64,
    pub active: bool,
    pub weights: Vec<f64>,
}

impl Default for NetConField {
    fn default() -> Self {
        NetConField::Weight(0)
    }
}

impl NetCon {
    pub fn read(&self, field: NetConField) -> f64 {
        match field {
            NetConField::Threshold => self.threshold,
            NetConField::Delay => self.delay,
            NetConField::Active => f64::from(u8::from(self.active)),
            NetConField::Weight(index) => self.weights.get(index as usize).copied().unwrap_or(0.0),
        }
    }

    pub fn write(&mut self, field: NetConField, value: f64) {
        match field {
            NetConField::Threshold => self.threshold = value,
            NetConField::Delay => self.delay = value,
            NetConField::Active => self.active = value != 0.0,
            NetConField::Weight(index) => {
                if let Some(weight) = self.weights.get_mut(index as usize) {
                    *weight = value;
                }
            }
        }
    }
}

pub(super) fn field(name: &str, index: u32) -> Option<NetConField> {
    Some(match name {
        "threshold" => NetConField::Threshold,
        "delay" => NetConField::Delay,
        "weight" => NetConField::Weight(index),
        _ => return None,
    })
}

/// `new NetCon(&v(x), target, threshold, delay, weight)`, all but two optional.
pub(super) fn construct(interpreter: &mut Interpreter, arguments: &Arguments) -> Outcome<Object> {
    let source = match arguments.values.first() {
        Some(Argument::Address(place)) => match interpreter.voltage_location(place) {
            Some((section, x)) => NetConSource::Voltage(section, x),
            None => {
                let failure =
                    Failure::Type { expected: "the address of a voltage", found: "another address" };
                return Err(Thrown::helped(failure, "write `soma new NetCon(&v(1), target)`"));
            }
        },
        _ => match arguments.object(interpreter, 0)? {
            Some(object) => NetConSource::Process(object),
            None => NetConSource::Nothing,
        },
    };
    let target = arguments.object(interpreter, 1)?;
    let count = match target.as_ref().map(|target| interpreter.heap.data(target.index())) {
        Some(Object::PointProcess(_, mechanism)) => {
            interpreter.catalogue.mechanism(*mechanism).event_arguments.unwrap_or(1)
        }
        Some(_) => return Err(Failure::Type { expected: "a point process", found: "another object" }.into()),
        None => 1,
    };
    let mut weights = vec![0.0; count];
    let threshold = arguments.number_or(interpreter, 2, 10.0)?;
    let delay = arguments.number_or(interpreter, 3, 1.0)?;
    let weight = arguments.number_or(interpreter, 4, 0.0)?;
    if let Some(first) = weights.first_mut() {
        *first = weight;
    }
    Ok(Object::NetCon(Box::new(NetCon { source, target, threshold, delay, active: true, weights })))
}

pub(super) fn call(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    let switch =
        if name == "active" && arguments.len() > 0 { Some(arguments.number(interpreter, 0)?) } else { None };
    let Object::NetCon(connection) = interpreter.heap.data_mut(object.index()) else { return Ok(None) };
    Ok(Some(match name {
        "active" => {
            let before = connection.read(NetConField::Active);
            if let Some(switch) = switch {
                connection.write(NetConField::Active, switch);
            }
            Value::Number(before)
        }
        "valid" => Value::Number(f64::from(u8::from(connection.target.is_some()))),
        "wcnt" => Value::Number(connection.weights.len() as f64),
        "syn" => Value::Object(connection.target.clone()),
        _ => return Ok(None),
    }))
}
