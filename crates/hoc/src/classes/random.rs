//! `Random`

use random::{Distribution, Generator, MCellRan4, Stream};

use crate::error::{Failure, Outcome};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef};
use crate::interpreter::value::{Arguments, Value};

pub(super) fn construct(interpreter: &mut Interpreter, arguments: &Arguments) -> Outcome<Object> {
    let seed = arguments.number_or(interpreter, 0, 0.0)? as i64 as u32;
    Ok(Object::Random(Box::new(random::Random::new(interpreter.random_index, seed))))
}

fn id(interpreter: &mut Interpreter, arguments: &Arguments, index: usize) -> Outcome<u32> {
    Ok(arguments.number_or(interpreter, index, 0.0)? as i64 as u32)
}

fn distribution(
    interpreter: &mut Interpreter,
    name: &str,
    arguments: &Arguments,
) -> Outcome<Option<Distribution>> {
    let one = |interpreter: &mut Interpreter| arguments.number(interpreter, 0);
    let two = |interpreter: &mut Interpreter| {
        Ok::<_, Box<crate::error::Thrown>>((
            arguments.number(interpreter, 0)?,
            arguments.number(interpreter, 1)?,
        ))
    };
    Ok(Some(match name {
        "uniform" => two(interpreter).map(|(a, b)| Distribution::Uniform(a, b))?,
        "discunif" => two(interpreter).map(|(a, b)| Distribution::DiscreteUniform(a, b))?,
        "normal" => two(interpreter).map(|(a, b)| Distribution::Normal(a, b))?,
        "lognormal" => two(interpreter).map(|(a, b)| Distribution::LogNormal(a, b))?,
        "negexp" => Distribution::NegExp(one(interpreter)?),
        "poisson" => Distribution::Poisson(one(interpreter)?),
        "binomial" => two(interpreter).map(|(a, b)| Distribution::Binomial(a, b))?,
        "geometric" => Distribution::Geometric(one(interpreter)?),
        "erlang" => two(interpreter).map(|(a, b)| Distribution::Erlang(a, b))?,
        "weibull" => two(interpreter).map(|(a, b)| Distribution::Weibull(a, b))?,
        "hypergeo" => two(interpreter).map(|(a, b)| Distribution::HyperGeometric(a, b))?,
        _ => return Ok(None),
    }))
}

pub(super) fn call(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    if name == "Random123_globalindex" {
        if arguments.len() > 0 {
            interpreter.random_index = id(interpreter, arguments, 0)?;
        }
        return Ok(Some(Value::Number(f64::from(interpreter.random_index))));
    }
    let ids = match name {
        "Random123" | "MCellRan4" => {
            [id(interpreter, arguments, 0)?, id(interpreter, arguments, 1)?, id(interpreter, arguments, 2)?]
        }
        _ => [0; 3],
    };
    let selected = distribution(interpreter, name, arguments)?;
    let position =
        if name == "seq" && arguments.len() > 0 { Some(arguments.number(interpreter, 0)?) } else { None };
    let index = interpreter.random_index;
    let instance = interpreter.heap.entry(object.index()).number + 1;
    let Object::Random(generator) = interpreter.heap.data_mut(object.index()) else { return Ok(None) };
    let value = match (name, selected) {
        (_, Some(selected)) => {
            generator.select(selected).map_err(|error| Failure::Other(error.to_string()))?
        }
        ("Random123", _) => {
            generator.set_generator(Generator::Random123(Stream::new(index, ids[0], ids[1], ids[2])));
            0.0
        }
        ("MCellRan4", _) => {
            let made = MCellRan4::new(ids[0], ids[1], 0, instance);
            generator.set_generator(Generator::MCellRan4(made));
            f64::from(made.first())
        }
        ("repick", _) => generator.repick(),
        ("seq", _) => {
            if let Some(position) = position {
                generator.set_sequence(position).map_err(|error| Failure::Other(error.to_string()))?;
            }
            generator.sequence()
        }
        _ => return Ok(None),
    };
    Ok(Some(Value::Number(value)))
}

/// Draws once more, for `Vector.setrand`.
pub(super) fn repick(interpreter: &mut Interpreter, object: &ObjectRef) -> Outcome<f64> {
    match interpreter.heap.data_mut(object.index()) {
        Object::Random(generator) => Ok(generator.repick()),
        _ => Err(Failure::Type { expected: "a Random", found: "another object" }.into()),
    }
}
