//! Numbers outside registers, for one instance.

use super::{Flow, Scalar};
use crate::execute::{Argument, Event};
use crate::ir::{Place, Register};
use crate::syntax::Span;

impl Scalar<'_, '_> {
    /// What is at a place; 0 where there is nothing.
    #[inline]
    pub(in crate::execute) fn read(&mut self, place: Place) -> f64 {
        let frame = &mut *self.frame;
        let here = |values: &[f64]| values.get(self.instance).copied().unwrap_or(0.);
        match place {
            // a column that is the same for all instances has one number
            Place::Column(number) => {
                let column = &frame.columns[number as usize];
                column.get(self.instance).or(column.first()).copied().unwrap_or(0.)
            }
            Place::Voltage => here(frame.voltage),
            Place::Area => here(frame.area),
            Place::Diameter => here(frame.diameter),
            Place::Current => here(frame.current),
            Place::Conductance => here(frame.conductance),
            Place::IonDerivative(ion) => frame.ion_derivatives.get(ion as usize).map_or(0., |ion| here(ion)),
            Place::Time | Place::Step | Place::Celsius | Place::SecondOrder | Place::Global(_) => {
                self.fixed.shared(place, frame).unwrap_or(0.)
            }
            Place::Weight(number) => frame
                .event
                .as_ref()
                .and_then(|event| event.weights.get(number as usize))
                .copied()
                .unwrap_or(0.),
            Place::OtherWeight(number) => {
                let connection = self.connection;
                let weights = frame.event.as_mut().and_then(|event| other_weights(event, connection));
                weights.and_then(|weights| weights.get(number as usize)).copied().unwrap_or(0.)
            }
            Place::Flag => frame.event.as_ref().map_or(0., |event| event.flag),
            Place::Argument(number) => self.argument(number as usize),
            Place::Result => self.result,
            Place::OfNode(_) => 0.,
        }
    }

    /// A place gets a value; outside of what is there it is lost.
    #[inline]
    pub(in crate::execute) fn write(&mut self, place: Place, value: f64) -> Flow {
        let instance = self.instance;
        let frame = &mut *self.frame;
        let slot = match place {
            Place::Column(number) => {
                let column = &mut frame.columns[number as usize];
                let at = if column.len() == 1 { 0 } else { instance };
                column.get_mut(at)
            }
            Place::Current => frame.current.get_mut(instance),
            Place::Conductance => frame.conductance.get_mut(instance),
            Place::IonDerivative(ion) => {
                frame.ion_derivatives.get_mut(ion as usize).and_then(|ion| ion.get_mut(instance))
            }
            Place::Global(number) => frame.own.globals.get_mut(number as usize),
            Place::Weight(number) => {
                frame.event.as_mut().and_then(|event| event.weights.get_mut(number as usize))
            }
            Place::OtherWeight(number) => {
                let connection = self.connection;
                frame
                    .event
                    .as_mut()
                    .and_then(|event| other_weights(event, connection)?.get_mut(number as usize))
            }
            Place::Argument(number) => {
                self.numbers.as_mut().and_then(|numbers| numbers.get_mut(number as usize))
            }
            Place::Result => Some(&mut self.result),
            Place::Voltage
            | Place::Time
            | Place::Step
            | Place::Celsius
            | Place::SecondOrder
            | Place::Area
            | Place::Diameter
            | Place::Flag
            | Place::OfNode(_) => return self.fail(format!("{place:?} cannot be set"), Span::default()),
        };
        if let Some(slot) = slot {
            *slot = value;
        }
        Flow::Next
    }

    fn argument(&self, number: usize) -> f64 {
        if let Some(numbers) = &self.numbers {
            return numbers.get(number).copied().unwrap_or(0.);
        }
        match self.frame.arguments.get(number) {
            Some(Argument::Number(number)) => *number,
            _ => 0.,
        }
    }

    /// The place of an element; outside the array the run cannot go on.
    pub(super) fn element(&mut self, first: Place, length: u32, index: Register) -> Option<Place> {
        let index = self.index(length, index, Some(first))?;
        Some(first.element(index))
    }

    /// An index as integer; outside the array the run cannot go on.
    pub(super) fn index(&mut self, length: u32, index: Register, first: Option<Place>) -> Option<u32> {
        let index = self.get(index);
        if index > -1. && index < f64::from(length) {
            return Some(index as u32);
        }
        let program = &self.fixed.program;
        let name = match first {
            Some(Place::Column(number)) => {
                program.description.variables.get(number as usize).map(|variable| &variable.name)
            }
            Some(Place::Global(number)) => {
                program.globals.get(number as usize).map(|variable| &variable.name)
            }
            _ => None,
        };
        let array = name.map_or_else(|| "an array".to_string(), |name| format!("`{name}`"));
        self.fail(format!("index {index} is outside {array} of length {length}"), Span::default());
        None
    }
}

/// The weights of the connection that a loop over them is at.
fn other_weights<'e>(event: &'e mut Event, connection: usize) -> Option<&'e mut [f64]> {
    match event.others.as_mut()?.weights(connection) {
        Some(weights) => Some(weights),
        None => Some(&mut *event.weights),
    }
}
