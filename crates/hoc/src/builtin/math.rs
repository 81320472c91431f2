//! Mathematical functions.

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};

fn apply(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    function: impl Fn(f64) -> f64,
) -> Outcome<Value> {
    Ok(Value::Number(function(arguments.number(interpreter, 0)?)))
}

macro_rules! plain {
    ($($name:ident),*) => {
        $(pub(super) fn $name(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
            apply(interpreter, arguments, f64::$name)
        })*
    };
}

plain!(sin, cos, tan, tanh, abs);

/// `exp` without underflow below -700 and without overflow above 700.
pub(crate) fn bounded_exp(x: f64) -> f64 {
    if x < -700.0 {
        0.0
    } else if x > 700.0 {
        700f64.exp()
    } else {
        x.exp()
    }
}

pub(super) fn exp(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    apply(interpreter, arguments, bounded_exp)
}

pub(super) fn atan(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    if arguments.len() == 2 {
        let (y, x) = (arguments.number(interpreter, 0)?, arguments.number(interpreter, 1)?);
        return Ok(Value::Number(y.atan2(x)));
    }
    apply(interpreter, arguments, f64::atan)
}

fn of_positive(
    interpreter: &mut Interpreter,
    arguments: &Arguments,
    name: &'static str,
    function: impl Fn(f64) -> f64,
    least: f64,
) -> Outcome<Value> {
    let value = arguments.number(interpreter, 0)?;
    if value < least || (value == 0.0 && least > 0.0) {
        return Err(Failure::Domain { function: name, value }.into());
    }
    Ok(Value::Number(function(value)))
}

pub(super) fn log(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    of_positive(interpreter, arguments, "log", f64::ln, f64::MIN_POSITIVE)
}

pub(super) fn log10(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    of_positive(interpreter, arguments, "log10", f64::log10, f64::MIN_POSITIVE)
}

pub(super) fn sqrt(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    of_positive(interpreter, arguments, "sqrt", f64::sqrt, 0.0)
}

/// Cuts to an integer, after a step of 1e-11 away from 0.
pub(super) fn int(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    const STEP: f64 = 1e-11;
    apply(interpreter, arguments, |x| if x < 0.0 { (x - STEP).trunc() + 0.0 } else { (x + STEP).trunc() })
}
