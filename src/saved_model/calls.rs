//! Calls of mechanisms' functions and pointers as columns.
//!
//! Most calls are alike: each synapse calls `setRNG` with three numbers. Those of one function with arguments of the same
//! kinds make up columns, one for each argument.

use std::sync::Arc;

use cell::model::{At, Call, InstancePlace, Pointer, Reference};
use nmodl::IonVariable;
use nmodl::execute::Argument;
use random::{Distribution, Generator, MCellRan4, Random, Stream};

use super::columns::{Malformed, Reader, Reading, Writer, parts};

/// Kinds of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ArgumentKind {
    Number,
    Text,
    Vector,
    Stream,
    Random,
    Object,
}

impl ArgumentKind {
    const ALL: [Self; 6] = [Self::Number, Self::Text, Self::Vector, Self::Stream, Self::Random, Self::Object];

    fn of(argument: &Argument) -> Self {
        match argument {
            Argument::Number(_) => Self::Number,
            Argument::Text(_) => Self::Text,
            Argument::Vector(_) => Self::Vector,
            Argument::Stream(_) => Self::Stream,
            Argument::Random(_) => Self::Random,
            Argument::Object => Self::Object,
        }
    }
}

/// What calls in one set of columns have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape<'a> {
    mechanism: &'a str,
    function: &'a str,
    kinds: Vec<ArgumentKind>,
}

impl<'a> Shape<'a> {
    fn of(Call { place, function, arguments }: &'a Call) -> Self {
        let kinds = arguments.iter().map(ArgumentKind::of).collect();
        Self { mechanism: &place.mechanism, function, kinds }
    }
}

/// Writes calls in their order.
pub fn write_calls(calls: &[Call], writer: &mut Writer) {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut numbers = Vec::with_capacity(calls.len());
    for call in calls {
        let own = Shape::of(call);
        let number = shapes.iter().position(|known| *known == own).unwrap_or_else(|| {
            shapes.push(own);
            shapes.len() - 1
        });
        numbers.push(number);
    }
    writer.number(shapes.len());
    for Shape { mechanism, function, kinds } in &shapes {
        writer.text(mechanism);
        writer.text(function);
        writer.whole(kinds.iter().map(|kind| *kind as u64));
    }
    writer.whole(numbers.iter().map(|&number| number as u64));
    for (number, shape) in shapes.iter().enumerate() {
        let own: Vec<&Call> =
            calls.iter().zip(&numbers).filter(|(_, n)| **n == number).map(|(call, _)| call).collect();
        writer.whole(own.iter().map(|call| place_number(call.place.at)));
        for place in 0..shape.kinds.len() {
            let column: Vec<&Argument> = own.iter().map(|call| &call.arguments[place]).collect();
            write_arguments(&column, writer);
        }
    }
}

/// Reads calls in their order.
pub fn read_calls(reader: &mut Reader) -> Reading<Vec<Call>> {
    let mut shapes = Vec::new();
    for _ in 0..reader.number()? {
        let (mechanism, function) = (reader.text()?, reader.text()?);
        let kinds: Vec<usize> = reader.whole()?;
        let kinds = kinds.into_iter().map(|kind| ArgumentKind::ALL.get(kind).copied().ok_or(Malformed));
        shapes.push(Shape { mechanism, function, kinds: kinds.collect::<Reading<_>>()? });
    }
    let numbers: Vec<usize> = reader.whole()?;
    let mut of_shapes = Vec::new();
    for Shape { mechanism, function, kinds } in shapes {
        let places: Vec<u64> = reader.whole()?;
        let (mechanism, function): (Arc<str>, Arc<str>) = (mechanism.into(), function.into());
        let calls = places.iter().map(|&place| {
            let place = InstancePlace { mechanism: Arc::clone(&mechanism), at: place_of(place)? };
            let arguments = Vec::with_capacity(kinds.len());
            Ok(Call { place, function: Arc::clone(&function), arguments })
        });
        let mut calls = calls.collect::<Reading<Vec<Call>>>()?;
        for kind in kinds {
            let column = read_arguments(kind, calls.len(), reader)?;
            calls.iter_mut().zip(column).for_each(|(call, argument)| call.arguments.push(argument));
        }
        of_shapes.push(calls.into_iter());
    }
    let mut next = |number: usize| of_shapes.get_mut(number).and_then(Iterator::next).ok_or(Malformed);
    let calls = numbers.into_iter().map(&mut next).collect::<Reading<Vec<Call>>>()?;
    if of_shapes.iter().all(|rest| rest.len() == 0) { Ok(calls) } else { Err(Malformed) }
}

/// Which instance, as a whole number.
fn place_number(at: At) -> u64 {
    match at {
        At::Node(node) => u64::from(node) << 1,
        At::PointProcess(number) => u64::from(number) << 1 | 1,
    }
}

/// The instance that [`place_number`] was made of.
fn place_of(number: u64) -> Reading<At> {
    let index = u32::try_from(number >> 1).map_err(|_| Malformed)?;
    Ok(if number & 1 == 0 { At::Node(index) } else { At::PointProcess(index) })
}

fn text_of(argument: &Argument) -> Option<&str> {
    if let Argument::Text(text) = argument { Some(text) } else { None }
}

fn vector_of(argument: &Argument) -> Option<&[f64]> {
    if let Argument::Vector(vector) = argument { Some(vector) } else { None }
}

/// Writes arguments of one kind.
fn write_arguments(arguments: &[&Argument], writer: &mut Writer) {
    match arguments.first() {
        None | Some(Argument::Object) => {}
        Some(Argument::Number(_)) => {
            let number =
                |argument: &&Argument| if let Argument::Number(n) = argument { Some(*n) } else { None };
            writer.floats(arguments.iter().filter_map(number));
        }
        Some(Argument::Text(_)) => {
            let texts: Vec<&str> = arguments.iter().filter_map(|argument| text_of(argument)).collect();
            writer.names(texts.iter().copied());
        }
        Some(Argument::Vector(_)) => {
            let vectors: Vec<&[f64]> = arguments.iter().filter_map(|argument| vector_of(argument)).collect();
            writer.whole(vectors.iter().map(|vector| vector.len() as u64));
            writer.floats(vectors.iter().copied().flatten().copied());
        }
        Some(Argument::Stream(_)) => {
            let stream =
                |argument: &&Argument| if let Argument::Stream(s) = argument { Some(**s) } else { None };
            let streams: Vec<Stream> = arguments.iter().filter_map(stream).collect();
            writer.streams(streams.iter());
        }
        Some(Argument::Random(_)) => {
            for argument in arguments {
                if let Argument::Random(random) = argument {
                    write_random(random, writer);
                }
            }
        }
    }
}

fn read_arguments(kind: ArgumentKind, count: usize, reader: &mut Reader) -> Reading<Vec<Argument>> {
    // Nothing is written for no arguments
    if count == 0 {
        return Ok(Vec::new());
    }
    Ok(match kind {
        ArgumentKind::Number => reader.floats_of(count)?.into_iter().map(Argument::Number).collect(),
        ArgumentKind::Text => {
            reader.names_of(count)?.into_iter().map(|text| Argument::Text(text.to_owned())).collect()
        }
        ArgumentKind::Vector => {
            let lengths: Vec<usize> = reader.whole_of(count)?;
            parts(reader.floats()?, &lengths)?.into_iter().map(Argument::Vector).collect()
        }
        ArgumentKind::Stream => {
            reader.streams_of(count)?.into_iter().map(|stream| Argument::Stream(Box::new(stream))).collect()
        }
        ArgumentKind::Random => {
            let random = |_| Ok(Argument::Random(Box::new(read_random(reader)?)));
            (0..count).map(random).collect::<Reading<_>>()?
        }
        ArgumentKind::Object => vec![Argument::Object; count],
    })
}

/// Number and parameters of a distribution.
fn distribution_numbers(distribution: Distribution) -> (u64, [f64; 2]) {
    use Distribution as D;
    match distribution {
        D::Uniform(a, b) => (0, [a, b]),
        D::DiscreteUniform(a, b) => (1, [a, b]),
        D::Normal(a, b) => (2, [a, b]),
        D::LogNormal(a, b) => (3, [a, b]),
        D::NegExp(a) => (4, [a, 0.0]),
        D::Poisson(a) => (5, [a, 0.0]),
        D::Binomial(a, b) => (6, [a, b]),
        D::Geometric(a) => (7, [a, 0.0]),
        D::Erlang(a, b) => (8, [a, b]),
        D::Weibull(a, b) => (9, [a, b]),
        D::HyperGeometric(a, b) => (10, [a, b]),
    }
}

fn distribution_of(number: u64, [a, b]: [f64; 2]) -> Reading<Distribution> {
    use Distribution as D;
    Ok(match number {
        0 => D::Uniform(a, b),
        1 => D::DiscreteUniform(a, b),
        2 => D::Normal(a, b),
        3 => D::LogNormal(a, b),
        4 => D::NegExp(a),
        5 => D::Poisson(a),
        6 => D::Binomial(a, b),
        7 => D::Geometric(a),
        8 => D::Erlang(a, b),
        9 => D::Weibull(a, b),
        10 => D::HyperGeometric(a, b),
        _ => return Err(Malformed),
    })
}

fn write_random(random: &Random, writer: &mut Writer) {
    let (number, [a, b]) = distribution_numbers(random.distribution());
    let cached = random.cached_normal();
    writer.whole([number, u64::from(cached.is_some())].into_iter());
    writer.floats([a, b, cached.unwrap_or(0.0)].into_iter());
    match random.generator() {
        Generator::Random123(stream) => {
            writer.number(0);
            writer.streams([stream].into_iter());
        }
        Generator::MCellRan4(generator) => {
            writer.number(1);
            writer.whole32(&[generator.first(), generator.high(), generator.low()]);
        }
    }
}

fn read_random(reader: &mut Reader) -> Reading<Random> {
    let kinds: Vec<u64> = reader.whole_of(2)?;
    let numbers = reader.floats_of(3)?;
    let distribution = distribution_of(kinds[0], [numbers[0], numbers[1]])?;
    let cached = (kinds[1] != 0).then_some(numbers[2]);
    let generator = match reader.number()? {
        0 => Generator::Random123(*reader.streams_of(1)?.first().ok_or(Malformed)?),
        1 => {
            let words: Vec<u32> = reader.whole_of(3)?;
            Generator::MCellRan4(MCellRan4::at(words[0], words[1], words[2]))
        }
        _ => return Err(Malformed),
    };
    Ok(Random::resumed(generator, distribution, cached))
}

/// Writes pointers in their order.
pub fn write_pointers(pointers: &[Pointer], writer: &mut Writer) {
    writer.number(pointers.len());
    let places = pointers.iter().map(|pointer| &pointer.place);
    writer.names(places.clone().map(|place| &*place.mechanism));
    writer.whole(places.map(|place| place_number(place.at)));
    writer.names(pointers.iter().map(|pointer| pointer.variable.as_str()));
    writer.whole(pointers.iter().map(|pointer| pointer.cell.map_or(0, |gid| gid + 1)));
    let parts: Vec<(u64, u64, &str, &str)> =
        pointers.iter().map(|pointer| reference_parts(&pointer.target)).collect();
    writer.whole(parts.iter().map(|part| part.0));
    writer.whole(parts.iter().map(|part| part.1));
    writer.names(parts.iter().map(|part| part.2));
    writer.names(parts.iter().map(|part| part.3));
}

/// Reads pointers in their order.
pub fn read_pointers(reader: &mut Reader) -> Reading<Vec<Pointer>> {
    let count = reader.number()?;
    let mechanisms = reader.names_of(count)?;
    let places: Vec<u64> = reader.whole_of(count)?;
    let variables = reader.names_of(count)?;
    let cells: Vec<u64> = reader.whole_of(count)?;
    let kinds: Vec<u64> = reader.whole_of(count)?;
    let numbers: Vec<u64> = reader.whole_of(count)?;
    let (first, second) = (reader.names_of(count)?, reader.names_of(count)?);
    let pointer = |index: usize| {
        let place = InstancePlace { mechanism: mechanisms[index].into(), at: place_of(places[index])? };
        Ok(Pointer {
            place,
            variable: variables[index].to_owned(),
            cell: cells[index].checked_sub(1),
            target: reference_of((kinds[index], numbers[index], first[index], second[index]))?,
        })
    };
    (0..count).map(pointer).collect()
}

/// Kind of a reference (with the variable of an ion), its place and its names.
fn reference_parts(reference: &Reference) -> (u64, u64, &str, &str) {
    match reference {
        Reference::Voltage(node) => (0, u64::from(*node), "", ""),
        Reference::Variable(place, variable) => (1, place_number(place.at), &place.mechanism, variable),
        Reference::Ion(node, ion, variable) => {
            let number = IonVariable::ALL.iter().position(|known| known == variable).unwrap_or(0);
            (2 + number as u64, u64::from(*node), ion, "")
        }
    }
}

fn reference_of((kind, number, first, second): (u64, u64, &str, &str)) -> Reading<Reference> {
    let node = || u32::try_from(number).map_err(|_| Malformed);
    Ok(match kind {
        0 => Reference::Voltage(node()?),
        1 => {
            let place = InstancePlace { mechanism: first.into(), at: place_of(number)? };
            Reference::Variable(place, second.to_owned())
        }
        _ => {
            let variable = IonVariable::ALL.get(kind as usize - 2).copied().ok_or(Malformed)?;
            Reference::Ion(node()?, first.to_owned(), variable)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(mechanism: &str, at: At, function: &str, arguments: Vec<Argument>) -> Call {
        let place = InstancePlace { mechanism: mechanism.into(), at };
        Call { place, function: function.into(), arguments }
    }

    #[test]
    fn calls_with_any_arguments_keep_their_order() {
        let stream = Stream::new(1, 2, 3, 4);
        let mut random = Random::new(5, 6);
        random.select(Distribution::Normal(1.0, 2.0)).expect("a distribution");
        let other = Random::with_generator(Generator::MCellRan4(MCellRan4::new(7, 8, 0, 0)));
        let numbers = |a, b| vec![Argument::Number(a), Argument::Number(b)];
        let calls = vec![
            call("Syn", At::PointProcess(3), "setRNG", numbers(1.0, 2.5)),
            call("Syn", At::PointProcess(3), "play", vec![Argument::Vector(vec![1.0, 2.0])]),
            call("Syn", At::PointProcess(4), "setRNG", numbers(3.0, -1.0)),
            call("chan", At::Node(7), "setRNG", vec![Argument::Random(Box::new(random))]),
            call("chan", At::Node(8), "setRNG", vec![Argument::Random(Box::new(other))]),
            call("chan", At::Node(8), "name", vec![Argument::Text("a".to_owned()), Argument::Object]),
            call("chan", At::Node(9), "setRNG", vec![Argument::Stream(Box::new(stream))]),
            call("Syn", At::PointProcess(5), "play", vec![Argument::Vector(Vec::new())]),
            call("Syn", At::PointProcess(5), "reset", Vec::new()),
        ];
        let mut writer = Writer::default();
        write_calls(&calls, &mut writer);
        write_calls(&[], &mut writer);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(read_calls(&mut reader), Ok(calls));
        assert_eq!(read_calls(&mut reader), Ok(Vec::new()));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn pointers_to_anything_come_back() {
        let place = |at| InstancePlace { mechanism: "m".into(), at };
        let targets = [
            (None, Reference::Voltage(3)),
            (Some(0), Reference::Variable(place(At::PointProcess(1)), "w".to_owned())),
            (Some(9), Reference::Ion(4, "ca".to_owned(), IonVariable::Inside)),
        ];
        let pointers: Vec<Pointer> = targets
            .into_iter()
            .map(|(cell, target)| Pointer {
                place: place(At::Node(2)),
                variable: "p".to_owned(),
                cell,
                target,
            })
            .collect();
        let mut writer = Writer::default();
        write_pointers(&pointers, &mut writer);
        assert_eq!(read_pointers(&mut Reader::new(&writer.finish())), Ok(pointers));
    }
}
