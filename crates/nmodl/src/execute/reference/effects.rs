//! What others notice, or what depends on more than registers, for one instance.

use random::{Generator, Random, Stream};

use super::{Fixed, REPETITIONS, Scalar, endless};
use crate::execute::arithmetic::{ghk, nernst, strict_bound, truth};
use crate::execute::shared_generator::POISSON_LIMIT;
use crate::execute::{Argument, format};
use crate::ir::{Distribution, Effect, Register};
use crate::math::Level;

/// No vector that a mechanism makes or resizes by itself is longer.
const LONGEST_VECTOR: f64 = 1e6;

impl Scalar<'_, '_> {
    /// Does an effect; its value, or why the run cannot go on.
    pub(super) fn effect(&mut self, effect: &Effect, operands: &[Register]) -> Result<f64, String> {
        let mut values = [0.; 4];
        for (value, &register) in values.iter_mut().zip(operands) {
            *value = self.get(register);
        }
        let [a, b, c, d] = values;
        let (instance, level) = (self.instance, self.fixed.level);
        let celsius = self.fixed.constants.celsius;
        let outbox = &mut *self.frame.outbox;
        match effect {
            Effect::Send => outbox.send(instance, a, b),
            Effect::Fire => outbox.fire(instance, a),
            Effect::Move => outbox.move_to(instance, a),
            Effect::Watch { condition, replace } => outbox.watch(instance, *condition, a, *replace),
            Effect::AtTime => {
                let (time, x) = (self.frame.time, a - 1e-11);
                return Ok(truth(x <= time && x > time - self.fixed.constants.dt));
            }
            Effect::Nernst => return Ok(nernst(level, celsius, a, b, c)),
            Effect::Ghk => return Ok(ghk(level, celsius, a, [b, c], d)),
            Effect::FunctionTable(number) => return self.function_table(*number as usize, operands),
            Effect::Print(text) => {
                let message = format::format(text, &self.all(operands));
                self.frame.outbox.print(instance, message);
            }
            Effect::Fail(text) => return Err(format::format(text, &self.all(operands))),
            Effect::DrawShared(distribution) => return self.draw_shared(*distribution, a, b),
            Effect::SeedShared => self.frame.own.shared_generator.seed(a),
            Effect::IsPointing(number) => {
                let pointing = self.frame.own.pointing.get(*number as usize);
                return Ok(truth(pointing.and_then(|pointing| pointing.get(instance)) == Some(&true)));
            }
            Effect::HasArgument(number) => {
                return Ok(truth((*number as usize) < self.frame.arguments.len()));
            }
            Effect::ArgumentIsNumber(number) => {
                let argument = self.frame.arguments.get(*number as usize);
                return Ok(truth(matches!(argument, Some(Argument::Number(_)))));
            }
            Effect::ArgumentLength(number) => return Ok(self.argument_vector(*number)?.len() as f64),
            Effect::ArgumentElement(number) => {
                let vector = self.argument_vector(*number)?;
                let index = if a > -1. { a as usize } else { usize::MAX };
                let outside =
                    || format!("index {a} is outside argument {} of length {}", number + 1, vector.len());
                return vector.get(index).copied().ok_or_else(outside);
            }
            Effect::HasVector(_)
            | Effect::NewVector(_)
            | Effect::VectorLength(_)
            | Effect::VectorElement(_)
            | Effect::SetVectorElement(_)
            | Effect::SetVector { .. }
            | Effect::ResizeVector(_) => return self.vector_effect(effect, a, b),
            _ => return self.stream_effect(effect, [a, b, c]),
        }
        Ok(0.)
    }

    /// A `Vector` that HOC gave as argument.
    fn argument_vector(&self, number: u32) -> Result<&[f64], String> {
        match self.frame.arguments.get(number as usize) {
            Some(Argument::Vector(vector)) => Ok(vector),
            _ => Err(format!("argument {} is no `Vector`", number + 1)),
        }
    }

    fn all(&self, operands: &[Register]) -> Vec<f64> {
        operands.iter().map(|&register| self.get(register)).collect()
    }

    fn function_table(&self, number: usize, operands: &[Register]) -> Result<f64, String> {
        let mut arguments = [0.; 2];
        let count = operands.len().min(2);
        for (argument, &register) in arguments.iter_mut().zip(operands) {
            *argument = self.get(register);
        }
        let table = self.frame.own.function_tables.get(number).and_then(Option::as_ref);
        table.and_then(|table| table.value(&arguments[..count])).ok_or_else(|| {
            let name = self.fixed.program.function_tables.get(number).map_or("", |table| &table.name);
            format!("the function table `{name}` has no values")
        })
    }

    fn draw_shared(&mut self, distribution: Distribution, a: f64, b: f64) -> Result<f64, String> {
        let level = self.fixed.level;
        let generator = &mut self.frame.own.shared_generator;
        Ok(match distribution {
            Distribution::Uniform => generator.uniform(),
            Distribution::UniformBetween => a + generator.uniform() * (b - a),
            Distribution::Exponential => generator.exponential(level, 1.),
            Distribution::ExponentialOf => generator.exponential(level, a),
            Distribution::Normal => generator.normal(level, 0., 1.),
            Distribution::NormalOf => generator.normal(level, a, b),
            Distribution::Poisson => generator.poisson(level, a),
            Distribution::Word => generator.word(),
            Distribution::Given => {
                return Err("only a random stream has a distribution chosen in HOC".to_string());
            }
        })
    }

    /// The stream of this instance, if it was set.
    fn stream(&self, number: u32) -> Option<Stream> {
        self.frame.own.streams.get(number as usize)?.get(self.instance)
    }

    fn set_stream(&mut self, number: u32, stream: Option<Stream>) -> Result<f64, String> {
        let streams = self.frame.own.streams.get_mut(number as usize);
        let is_set = streams.is_some_and(|streams| streams.set(self.instance, stream));
        if is_set { Ok(0.) } else { Err("there is no room for a random stream".to_string()) }
    }

    fn keep_given(&mut self, number: u32, object: Random) {
        let given = &mut self.frame.own.given;
        if given.len() <= number as usize {
            given.resize_with(number as usize + 1, Vec::new);
        }
        let given = &mut given[number as usize];
        if given.len() <= self.instance {
            given.resize(self.instance + 1, None);
        }
        given[self.instance] = Some(object);
    }

    /// A number from the distribution that HOC chose.
    fn draw_given(&mut self, number: u32) -> Option<f64> {
        let stream = self.stream(number)?;
        let object = self.frame.own.given.get_mut(number as usize)?.get_mut(self.instance)?.as_mut()?;
        object.set_generator(Generator::Random123(stream));
        let value = object.repick();
        if let Generator::Random123(drawn) = *object.generator() {
            self.set_stream(number, Some(drawn)).ok()?;
        }
        Some(value)
    }

    fn stream_effect(&mut self, effect: &Effect, [a, b, c]: [f64; 3]) -> Result<f64, String> {
        let number = match effect {
            Effect::HasStream(number) => return Ok(truth(self.stream(*number).is_some())),
            Effect::SetStream(number) => {
                let seed = self.frame.own.random_seed;
                return self.set_stream(*number, Some(Stream::new(seed, word(a), word(b), word(c))));
            }
            Effect::ClearStream(number) => return self.set_stream(*number, None),
            Effect::SetStreamFromArgument { stream, argument } => {
                return match self.frame.arguments.get(*argument as usize) {
                    Some(Argument::Stream(given)) => self.set_stream(*stream, Some(**given)),
                    Some(Argument::Random(given)) => match given.generator() {
                        Generator::Random123(generator) => {
                            self.keep_given(*stream, **given);
                            self.set_stream(*stream, Some(*generator))
                        }
                        Generator::MCellRan4(_) => {
                            Err(format!("argument {} does not use Random123", argument + 1))
                        }
                    },
                    _ => Err(format!("argument {} is no `Random` that uses Random123", argument + 1)),
                };
            }
            Effect::Draw { stream, distribution: Distribution::Given } => {
                return self.draw_given(*stream).ok_or_else(|| {
                    let name = self.fixed.program.streams.get(*stream as usize).map_or("", String::as_str);
                    format!("the random stream `{name}` was not set from a `Random` object")
                });
            }
            Effect::CountBelow { .. } | Effect::CountProducts { .. } if a.is_nan() || a < 1. => {
                return Ok(0.);
            }
            Effect::CountBelow { .. } if a > REPETITIONS as f64 => return Err(endless()),
            Effect::Draw { stream: number, .. }
            | Effect::CountBelow { stream: number, .. }
            | Effect::CountProducts { stream: number, .. }
            | Effect::StreamId { stream: number, .. }
            | Effect::SetStreamIds(number)
            | Effect::SetStreamPosition(number)
            | Effect::SetStreamBlock(number)
            | Effect::StreamPosition(number) => *number,
            other => return Err(format!("{other:?} has no meaning here")),
        };
        let (level, fixed, instance) = (self.fixed.level, self.fixed, self.instance);
        let streams = self.frame.own.streams.get_mut(number as usize);
        let change = |stream: &mut Stream| match effect {
            Effect::Draw { distribution, .. } => draw(level, stream, *distribution, a, b),
            Effect::CountBelow { or_equal, .. } => {
                stream.count_below(a as u64, strict_bound(b, *or_equal)) as f64
            }
            Effect::CountProducts { or_equal, .. } => {
                stream.count_products((a as u64).min(REPETITIONS), b, strict_bound(c, *or_equal)) as f64
            }
            Effect::StreamId { id, .. } => f64::from(stream.ids()[usize::from(*id).min(2)]),
            Effect::SetStreamIds(_) => {
                stream.set_ids(word(a), word(b), word(c));
                0.
            }
            Effect::SetStreamPosition(_) => {
                stream.set_position(a);
                0.
            }
            Effect::SetStreamBlock(_) => {
                stream.set_block(word(a), b as u8);
                0.
            }
            _ => stream.position(),
        };
        let result = streams.and_then(|streams| streams.with(instance, change));
        let result = result.ok_or_else(|| fixed.unset_stream(number))?;
        let is_endless = matches!(effect, Effect::CountProducts { .. }) && a > REPETITIONS as f64;
        if is_endless && result >= REPETITIONS as f64 { Err(endless()) } else { Ok(result) }
    }

    fn vector_effect(&mut self, effect: &Effect, a: f64, b: f64) -> Result<f64, String> {
        let number = match effect {
            Effect::HasVector(number)
            | Effect::VectorLength(number)
            | Effect::VectorElement(number)
            | Effect::SetVectorElement(number)
            | Effect::ResizeVector(number)
            | Effect::NewVector(number)
            | Effect::SetVector { vector: number, .. } => *number as usize,
            _ => 0,
        };
        let vectors = &mut self.frame.own.vectors;
        let slot = vectors
            .get_mut(number)
            .and_then(|vectors| vectors.get_mut(self.instance))
            .ok_or("there is no room for a vector")?;
        let length = slot.as_ref().map_or(0, Vec::len);
        let name = self.fixed.program.vectors.get(number).map_or("", String::as_str);
        let outside = || format!("index {a} is outside the vector `{name}` of length {length}");
        let index = if a > -1. { a as usize } else { usize::MAX };
        match effect {
            Effect::HasVector(_) => return Ok(truth(slot.is_some())),
            Effect::VectorLength(_) => return Ok(length as f64),
            Effect::VectorElement(_) => {
                return slot.as_ref().and_then(|vector| vector.get(index)).copied().ok_or_else(outside);
            }
            Effect::SetVectorElement(_) => {
                *slot.as_mut().and_then(|vector| vector.get_mut(index)).ok_or_else(outside)? = b;
            }
            Effect::ResizeVector(_) | Effect::NewVector(_) => {
                if !(0. ..=LONGEST_VECTOR).contains(&a) {
                    return Err(format!(
                        "the vector `{name}` cannot have length {a}: mechanisms make vectors of 0 to {LONGEST_VECTOR} numbers"
                    ));
                }
                if matches!(effect, Effect::NewVector(_)) {
                    *slot = None;
                }
                slot.get_or_insert_default().resize(a as usize, 0.);
            }
            Effect::SetVector { argument: Some(argument), .. } => {
                match self.frame.arguments.get(*argument as usize) {
                    Some(Argument::Vector(vector)) => *slot = Some(vector.clone()),
                    _ => return Err(format!("argument {} is no `Vector`", argument + 1)),
                }
            }
            _ => *slot = None,
        }
        Ok(0.)
    }
}

impl Fixed {
    /// What is said of a random stream that was not set.
    pub(in crate::execute) fn unset_stream(&self, number: u32) -> String {
        let name = self.program.streams.get(number as usize).map_or("", String::as_str);
        format!("the random stream `{name}` was not set")
    }
}

/// C's conversion of a number to an unsigned integer of 32 bits.
fn word(number: f64) -> u32 {
    (number as i64) as u32
}

fn draw(level: Level, stream: &mut Stream, distribution: Distribution, a: f64, b: f64) -> f64 {
    use crate::execute::arithmetic::{exp, log};
    let exponential = |stream: &mut Stream| -log(level, stream.uniform());
    let normal = |stream: &mut Stream| loop {
        let x = 2. * stream.uniform() - 1.;
        let y = 2. * stream.uniform() - 1.;
        let w = x * x + y * y;
        if w <= 1. {
            return x * ((-2. * log(level, w)) / w).sqrt();
        }
    };
    match distribution {
        Distribution::Uniform => stream.uniform(),
        Distribution::UniformBetween => stream.uniform_between(a, b),
        Distribution::Exponential => exponential(stream),
        Distribution::ExponentialOf => exponential(stream) * a,
        Distribution::Normal => normal(stream),
        Distribution::NormalOf => a + normal(stream) * b,
        Distribution::Poisson => {
            let bound = exp(level, -a);
            let (mut count, mut product) = (0_u32, 1.);
            loop {
                product *= stream.uniform();
                if product < bound || count >= POISSON_LIMIT {
                    return f64::from(count);
                }
                count += 1;
            }
        }
        Distribution::Word | Distribution::Given => f64::from(stream.next_word()),
    }
}
