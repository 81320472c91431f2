//! Mathematical functions.

use crate::arithmetic;
use crate::error::Outcome;
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};

macro_rules! of_number {
    ($($name:ident),*) => {
        $(pub(super) fn $name(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
            let x = arguments.number(interpreter, 0)?;
            Ok(Value::Number(arithmetic::$name(x)?))
        })*
    };
}

of_number!(sin, cos, tan, tanh, abs, exp, log, log10, sqrt, int);

pub(super) fn atan(interpreter: &mut Interpreter, arguments: &mut Arguments) -> Outcome<Value> {
    let y = arguments.number(interpreter, 0)?;
    Ok(Value::Number(match arguments.len() {
        2 => y.atan2(arguments.number(interpreter, 1)?),
        _ => y.atan(),
    }))
}
