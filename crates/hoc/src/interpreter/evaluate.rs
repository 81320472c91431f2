//! Values of expressions, assignments and arguments.

use super::Interpreter;
use super::value::{Argument, Place, Target, Value};
use crate::arithmetic;
use crate::error::{Failure, Outcome, Thrown};
use crate::syntax::ast::{AssignOperator, BinaryOperator, Expression, ExpressionKind};

impl Interpreter {
    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: &Expression) -> Outcome<Value> {
        match &expression.kind {
            ExpressionKind::Number(value) => Ok(Value::Number(*value)),
            ExpressionKind::Text(text) => Ok(Value::Text(text.clone())),
            ExpressionKind::Local(_) | ExpressionKind::Negate(_) | ExpressionKind::Not(_) => {
                Ok(Value::Number(self.number(expression)?))
            }
            ExpressionKind::Binary(operator, left, right) => self
                .binary(*operator, left, right)
                .map(Value::Number)
                .map_err(|thrown| self.located(thrown, expression)),
            ExpressionKind::Assign(operator, target, value) => {
                self.assign(*operator, target, value).map_err(|thrown| self.located(thrown, expression))
            }
            ExpressionKind::New(class, arguments) => {
                let arguments = self.arguments(arguments)?;
                let object = self
                    .construct_object(*class, arguments)
                    .map_err(|thrown| self.located(thrown, expression))?;
                Ok(Value::Object(Some(object)))
            }
            ExpressionKind::AddressOf(_) => {
                Err(Failure::Type { expected: "a value", found: "an address (`&x` is for arguments only)" }
                    .into())
            }
            ExpressionKind::Ramp(..) => Err(Failure::Type {
                expected: "a value",
                found: "a range (`a:b` is for range variables only)",
            }
            .into()),
            _ => {
                let target = self.resolve(expression)?;
                self.read_target(target).map_err(|thrown| self.located(thrown, expression))
            }
        }
    }

    /// The value of an expression that must be a number.
    pub(crate) fn number(&mut self, expression: &Expression) -> Outcome<f64> {
        match &expression.kind {
            ExpressionKind::Number(value) => Ok(*value),
            ExpressionKind::Local(slot) => {
                let numbers = &self.frames[self.current].numbers;
                Ok(numbers.get(usize::from(*slot)).copied().unwrap_or(0.0))
            }
            ExpressionKind::Negate(operand) => Ok(-self.number(operand)?),
            ExpressionKind::Not(operand) => {
                let value = self.number(operand)?;
                Ok(f64::from(u8::from(value == 0.0)))
            }
            ExpressionKind::Binary(operator, left, right) => {
                self.binary(*operator, left, right).map_err(|thrown| self.located(thrown, expression))
            }
            _ => match self.value(expression)? {
                Value::Number(value) => Ok(value),
                // a procedure used in an expression
                other => {
                    let failure = Failure::Type { expected: "a number", found: other.describe() };
                    Err(self.located(failure.into(), expression))
                }
            },
        }
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Outcome<f64> {
        if let BinaryOperator::Equal | BinaryOperator::NotEqual = operator {
            let equal = self.equal(left, right)?;
            return Ok(f64::from(u8::from(equal == (operator == BinaryOperator::Equal))));
        }
        // both sides are computed in any case, as in NEURON
        let (a, b) = (self.number(left)?, self.number(right)?);
        Ok(arithmetic::binary(operator, a, b)?)
    }

    fn equal(&mut self, left: &Expression, right: &Expression) -> Outcome<bool> {
        match (self.value(left)?, self.value(right)?) {
            (Value::Number(a), Value::Number(b)) => Ok(arithmetic::are_equal(a, b)),
            (Value::Object(a), Value::Object(b)) => {
                let same = a == b;
                self.release(a);
                self.release(b);
                Ok(same)
            }
            (Value::Text(_), _) | (_, Value::Text(_)) => Err(Thrown::helped(
                Failure::Type { expected: "numbers or objects", found: "a string" },
                "compare strings with `strcmp(a, b) == 0`",
            )),
            (a, b) => {
                let found = if matches!(a, Value::Number(_)) { b.describe() } else { a.describe() };
                Err(Failure::Type { expected: "two numbers or two objects", found }.into())
            }
        }
    }

    /// `target = value` and the like; the assigned value.
    pub(crate) fn assign(
        &mut self,
        operator: AssignOperator,
        target: &Expression,
        value: &Expression,
    ) -> Outcome<Value> {
        if let ExpressionKind::Call(base, arguments) = &target.kind
            && let [Expression { kind: ExpressionKind::Ramp(from, to), .. }] = arguments.as_slice()
        {
            return self.assign_ramp(operator, base, (from, to), value);
        }
        let value = self.value(value)?;
        // fast path
        if let (ExpressionKind::Local(slot), AssignOperator::Set, Value::Number(number)) =
            (&target.kind, operator, &value)
        {
            let frame = self.current;
            if let Some(place) = self.frames[frame].numbers.get_mut(usize::from(*slot)) {
                *place = *number;
            }
            return Ok(value);
        }
        let place = self.place(target).map_err(|thrown| self.located(thrown, target))?;
        let written = match operator {
            AssignOperator::Set => value.clone(),
            _ => Value::Number(self.combined(operator, &place, &value)?),
        };
        match (&place, operator, &value) {
            (Place::Range(section, variable, None), operator, Value::Number(number))
                if operator != AssignOperator::Set =>
            {
                // every segment changes by itself; division by zero was refused before
                let (section, variable, number) = (*section, *variable, *number);
                let change = |old| arithmetic::assigned(operator, old, number).unwrap_or(old);
                self.cell.update_value(section, variable, None, &change)?;
            }
            _ => {
                let result = self.write(&place, written.clone());
                result.map_err(|thrown| self.located(thrown, target))?;
            }
        }
        Ok(written)
    }

    fn combined(&mut self, operator: AssignOperator, place: &Place, value: &Value) -> Outcome<f64> {
        let Value::Number(value) = value else {
            return Err(Failure::Type { expected: "a number", found: value.describe() }.into());
        };
        let old = match self.read(place) {
            Ok(Value::Number(old)) => old,
            Ok(other) => return Err(Failure::Type { expected: "a number", found: other.describe() }.into()),
            // NEURON starts from 0
            Err(thrown) if matches!(thrown.failure, Failure::UndefinedVariable(_)) => 0.0,
            Err(thrown) => return Err(thrown),
        };
        Ok(arithmetic::assigned(operator, old, *value)?)
    }

    /// `diam(0:1) = 2:1`
    fn assign_ramp(
        &mut self,
        operator: AssignOperator,
        base: &Expression,
        (from, to): (&Expression, &Expression),
        value: &Expression,
    ) -> Outcome<Value> {
        let (first, last) = match &value.kind {
            ExpressionKind::Ramp(first, last) => (self.number(first)?, self.number(last)?),
            _ => {
                let value = self.number(value)?;
                (value, value)
            }
        };
        let (from, to) = (self.number(from)?, self.number(to)?);
        match self.resolve(base)? {
            Target::Place(Place::Range(section, variable, None)) if operator == AssignOperator::Set => {
                self.cell.assign_ramp(section, variable, (from, to), (first, last))?;
                Ok(Value::Number(last))
            }
            _ => Err(Failure::Type {
                expected: "a range variable before `(a:b) =`",
                found: "another expression",
            }
            .into()),
        }
    }

    /// Arguments of a call: strings and objects by reference, numbers by value.
    pub(crate) fn arguments(&mut self, expressions: &[Expression]) -> Outcome<Vec<Argument>> {
        let mut arguments = Vec::with_capacity(expressions.len());
        for expression in expressions {
            arguments.push(self.one_argument(expression)?);
        }
        Ok(arguments)
    }

    fn one_argument(&mut self, expression: &Expression) -> Outcome<Argument> {
        match &expression.kind {
            ExpressionKind::AddressOf(inner) => {
                let place = self.place(inner)?;
                Ok(Argument::Address(place))
            }
            ExpressionKind::Name(_)
            | ExpressionKind::LocalObject(_)
            | ExpressionKind::Member(..)
            | ExpressionKind::Index(..)
            | ExpressionKind::Argument(..) => {
                let target = self.resolve(expression)?;
                match target {
                    Target::Place(place) => {
                        let argument = Argument::Variable(place);
                        if matches!(self.argument_type(&argument), 1 | 2) {
                            return Ok(argument);
                        }
                        let Argument::Variable(place) = argument else { return Ok(argument) };
                        let value = self.read(&place).map_err(|thrown| self.located(thrown, expression))?;
                        Ok(Argument::Value(value))
                    }
                    target => {
                        let value =
                            self.read_target(target).map_err(|thrown| self.located(thrown, expression))?;
                        Ok(Argument::Value(value))
                    }
                }
            }
            _ => Ok(Argument::Value(self.value(expression)?)),
        }
    }

    /// The value of an argument, wherever it is kept.
    pub(crate) fn argument_value(&mut self, argument: &Argument) -> Outcome<Value> {
        match argument {
            Argument::Value(value) => Ok(value.clone()),
            Argument::Variable(place) | Argument::Address(place) => self.read(place),
        }
    }
}
