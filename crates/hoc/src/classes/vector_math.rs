//! Arithmetic and statistics of `Vector`.

use super::random;
use super::vector::{Answer, argument};
use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Value};

pub(super) fn call(
    interpreter: &mut Interpreter,
    values: &mut Vec<f64>,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Answer> {
    match name {
        "add" | "sub" | "mul" | "div" => combine(interpreter, values, name, arguments)?,
        "scale" => {
            let (low, high) = (arguments.number(interpreter, 0)?, arguments.number(interpreter, 1)?);
            let (least, most) = bounds(values);
            let factor = if most == least { 0.0 } else { (high - low) / (most - least) };
            values.iter_mut().for_each(|value| *value = (*value - least) * factor + low);
            return Ok(Answer::Value(Value::Number(factor)));
        }
        "indgen" => indgen(interpreter, values, arguments)?,
        "integral" => {
            let step = arguments.number_or(interpreter, 0, 1.0)?;
            let mut sum = 0.0;
            for (at, value) in values.iter_mut().enumerate() {
                sum = if at == 0 { *value } else { sum + *value * step };
                *value = sum;
            }
        }
        "setrand" => {
            let generator = arguments.some_object(interpreter, 0)?;
            for value in values.iter_mut() {
                *value = random::repick(interpreter, &generator)?;
            }
        }
        "addrand" => {
            let generator = arguments.some_object(interpreter, 0)?;
            for value in values.iter_mut() {
                *value += random::repick(interpreter, &generator)?;
            }
        }
        "sin" => {
            let frequency = arguments.number(interpreter, 0)?;
            let phase = arguments.number(interpreter, 1)?;
            let step = arguments.number_or(interpreter, 2, 1.0)?;
            let period = 2.0 * std::f64::consts::PI / 1000.0 * frequency * step;
            for (at, value) in values.iter_mut().enumerate() {
                *value = (period * at as f64 + phase).sin();
            }
        }
        "pow" => {
            let power = arguments.number(interpreter, arguments.len().saturating_sub(1))?;
            values.iter_mut().for_each(|value| *value = value.powf(power));
        }
        "interpolate" => interpolate(interpreter, values, arguments)?,
        "abs" | "sqrt" | "log" | "log10" | "tanh" | "floor" => {
            if arguments.len() > 0 {
                *values = argument(interpreter, arguments, 0)?;
            }
            let function: fn(f64) -> f64 = match name {
                "abs" => f64::abs,
                "sqrt" => f64::sqrt,
                "log" => f64::ln,
                "log10" => f64::log10,
                "tanh" => f64::tanh,
                _ => f64::floor,
            };
            values.iter_mut().for_each(|value| *value = function(*value));
        }
        _ => return statistics(interpreter, values, name, arguments),
    }
    Ok(Answer::Itself)
}

fn combine(
    interpreter: &mut Interpreter,
    values: &mut [f64],
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<()> {
    let apply = |a: f64, b: f64| match name {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        _ => a / b,
    };
    if arguments.is_object(interpreter, 0) {
        let other = argument(interpreter, arguments, 0)?;
        if other.len() != values.len() {
            let text = format!("the Vectors have {} and {} elements", values.len(), other.len());
            return Err(Failure::Other(text).into());
        }
        values.iter_mut().zip(other).for_each(|(value, other)| *value = apply(*value, other));
    } else {
        let other = arguments.number(interpreter, 0)?;
        values.iter_mut().for_each(|value| *value = apply(*value, other));
    }
    Ok(())
}

/// `indgen()`, `indgen(step)`, `indgen(start, step)`, `indgen(start, stop, step)`
fn indgen(interpreter: &mut Interpreter, values: &mut Vec<f64>, arguments: &Arguments) -> Outcome<()> {
    let (start, step) = match arguments.len() {
        0 => (0.0, 1.0),
        1 => (0.0, arguments.number(interpreter, 0)?),
        2 => (arguments.number(interpreter, 0)?, arguments.number(interpreter, 1)?),
        _ => {
            let start = arguments.number(interpreter, 0)?;
            let stop = arguments.number(interpreter, 1)?;
            let step = arguments.number(interpreter, 2)?;
            let count = ((stop - start) / step + 1e-9).floor() + 1.0;
            if step == 0.0 || count.is_nan() {
                return Err(Failure::Other("the step of `indgen` is 0".into()).into());
            }
            values.resize(interpreter.check_size(count, "the Vector")?, 0.0);
            (start, step)
        }
    };
    for (at, value) in values.iter_mut().enumerate() {
        *value = start + at as f64 * step;
    }
    Ok(())
}

/// `interpolate(x_new, x_old, y_old)`; without `y_old` of the Vector itself.
fn interpolate(interpreter: &mut Interpreter, values: &mut Vec<f64>, arguments: &Arguments) -> Outcome<()> {
    let at = argument(interpreter, arguments, 0)?;
    let knots = argument(interpreter, arguments, 1)?;
    let old = if arguments.len() > 2 { argument(interpreter, arguments, 2)? } else { values.clone() };
    let last = knots.len().min(old.len());
    if last == 0 {
        return Err(Failure::Other("`interpolate` needs at least one point".into()).into());
    }
    let mut below = 0;
    *values = at
        .iter()
        .map(|&x| {
            if x <= knots[0] {
                return old[0];
            }
            while below + 1 < last && knots[below + 1] < x {
                below += 1;
            }
            if below + 1 >= last {
                return old[last - 1];
            }
            let (x0, x1) = (knots[below], knots[below + 1]);
            let share = (x - x0) / (x1 - x0);
            (1.0 - share) * old[below] + share * old[below + 1]
        })
        .collect();
    Ok(())
}

fn bounds(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

fn statistics(
    interpreter: &mut Interpreter,
    values: &[f64],
    name: &str,
    arguments: &Arguments,
) -> Outcome<Answer> {
    let known = matches!(
        name,
        "sum"
            | "sumsq"
            | "mean"
            | "var"
            | "stdev"
            | "stderr"
            | "min"
            | "max"
            | "min_ind"
            | "max_ind"
            | "mag"
            | "dot"
            | "eq"
            | "median"
    );
    if !known {
        return Ok(Answer::Unknown);
    }
    let range = if matches!(name, "dot" | "eq") || arguments.len() < 2 {
        values
    } else {
        let from = super::vector::index(interpreter, arguments, 0, values.len())?;
        let to = super::vector::index(interpreter, arguments, 1, values.len())?;
        values.get(from..=to).unwrap_or(&[])
    };
    let count = range.len() as f64;
    let sum: f64 = range.iter().sum();
    let variance = || {
        let mean = sum / count;
        range.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)
    };
    let least = match name {
        "var" | "stdev" | "stderr" => 2,
        "mean" | "min" | "max" | "min_ind" | "max_ind" | "median" => 1,
        _ => 0,
    };
    if range.len() < least {
        return Err(Failure::Other(format!(
            "`{name}` needs {least} elements or more, the Vector has {}",
            range.len()
        ))
        .into());
    }
    let position = |better: fn(f64, f64) -> bool| {
        (1..range.len()).fold(0, |best, at| if better(range[at], range[best]) { at } else { best })
    };
    Ok(Answer::Value(Value::Number(match name {
        "sum" => sum,
        "sumsq" => range.iter().map(|value| value * value).sum(),
        "mag" => range.iter().map(|value| value * value).sum::<f64>().sqrt(),
        "mean" => sum / count,
        "var" => variance(),
        "stdev" => variance().sqrt(),
        "stderr" => variance().sqrt() / count.sqrt(),
        "min" => bounds(range).0,
        "max" => bounds(range).1,
        "min_ind" => position(|a, b| a < b) as f64,
        "max_ind" => position(|a, b| a > b) as f64,
        "median" => {
            let mut sorted = range.to_vec();
            sorted.sort_by(f64::total_cmp);
            let middle = sorted.len() / 2;
            if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
        }
        "dot" => {
            let other = argument(interpreter, arguments, 0)?;
            range.iter().zip(other).map(|(a, b)| a * b).sum()
        }
        _ => {
            let other = argument(interpreter, arguments, 0)?;
            let equal =
                other.len() == range.len() && range.iter().zip(other).all(|(a, b)| (a - b).abs() <= 1e-11);
            f64::from(u8::from(equal))
        }
    })))
}
