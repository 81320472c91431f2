//! Assignments.

use super::kernel::Lowering;
use super::value::{Kind, Pointer, Target, Value};
use crate::ir::{Effect, Instruction, Place, Register, UnaryOperation};
use crate::model::{Fault, SlotUse};
use crate::syntax::Span;
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind};

impl Lowering<'_, '_> {
    /// What an expression of C on the left of `=` names.
    pub fn target(&mut self, expression: &Expression) -> Target {
        match &expression.kind {
            ExpressionKind::Variable(variable) => self.target_of(variable),
            ExpressionKind::Parenthesis(inner) | ExpressionKind::Cast(_, inner) => self.target(inner),
            ExpressionKind::Slot(name) => self.slot(name),
            ExpressionKind::Dereference(inner) => self.dereferenced(inner, expression.span),
            ExpressionKind::Index(base, index) => {
                let base = self.expression(base);
                let index = self.integer(index);
                self.element(base, index, expression.span)
            }
            _ => {
                let fault = Fault::Other("this cannot be assigned to".to_string());
                self.fault(fault, expression.span, None);
                Target::Refused
            }
        }
    }

    /// `a = b` or `a += b`
    pub fn assignment(
        &mut self,
        target: &Expression,
        operator: Option<BinaryOperator>,
        value: &Expression,
    ) -> Value {
        let place = self.target(target);
        let value_span = value.span;
        let mut value = self.expression(value);
        if let Some(operator) = operator {
            if let (Target::Pointer(number), Value::Number(by, _)) = (&place, &value) {
                let by = match operator {
                    BinaryOperator::Subtract => self.unary(UnaryOperation::Negate, *by),
                    _ => *by,
                };
                let before = self.pointers[*number].clone();
                let moved = self.moved(before, by);
                self.pointers[*number] = moved.clone();
                return Value::Pointer(moved);
            }
            let before = self.get(&place);
            let before = self.number_of(before, target.span);
            let by = self.number_of(value, value_span);
            value = self.arithmetic(operator, before, by);
        }
        self.set(&place, value, value_span)
    }

    /// Gives a target a value; the value of the assignment is that of the target's type.
    pub fn set(&mut self, target: &Target, value: Value, span: Span) -> Value {
        match target {
            Target::Pointer(number) => {
                let pointer = self.pointer_of(value, span);
                self.pointers[*number] = pointer.clone();
                return Value::Pointer(pointer);
            }
            Target::Slot(slot) => {
                let pointer = self.pointer_of(value, span);
                self.set_slot(*slot, pointer, span);
                return Value::Pointer(Pointer::Slot(*slot));
            }
            Target::Refused => return value,
            Target::ArgumentElement { .. } => {
                let fault = Fault::Other("a `Vector` that is an argument cannot be changed".to_string());
                self.fault(fault, span, "keep it in a `BBCOREPOINTER` first".to_string());
                return value;
            }
            _ => {}
        }
        let (from, from_kind) = self.number_of(value, span);
        let kind = match target {
            Target::Variable(_, kind)
            | Target::VariableElement { kind, .. }
            | Target::Place(_, kind)
            | Target::PlaceElement { kind, .. } => *kind,
            _ => Kind::Double,
        };
        let from = self.converted(from, from_kind, kind);
        match *target {
            Target::Variable(to, _) => self.builder.assign(to, from),
            Target::VariableElement { first, length, index, .. } => {
                self.builder.push(Instruction::AssignElement { first, length, index, from });
            }
            Target::Place(place, _) => self.write(place, from, span),
            Target::PlaceElement { first, length, index, .. } => {
                self.check_writable(first, span);
                self.builder.push(Instruction::WriteElement { first, length, index, from });
            }
            Target::VectorElement { vector, index } => {
                self.effect(Effect::SetVectorElement(vector), vec![index, from], span);
            }
            _ => {}
        }
        Value::Number(from, kind)
    }

    /// A place gets a value, where it may.
    pub fn write(&mut self, place: Place, from: Register, span: Span) {
        if place == Place::Voltage {
            match self.voltage {
                Some(voltage) => self.builder.assign(voltage, from),
                None => {
                    self.check_writable(place, span);
                }
            }
            return;
        }
        if self.check_writable(place, span) {
            self.builder.write(place, from);
        }
    }

    fn check_writable(&mut self, place: Place, span: Span) -> bool {
        let (name, what) = match place {
            Place::Voltage => ("v", "the voltage of the node"),
            Place::Time => ("t", "the time of the simulation"),
            Place::Step => ("dt", "the time step of the simulation"),
            Place::Celsius => ("celsius", "the temperature of the simulation"),
            Place::SecondOrder => ("secondorder", "a choice of the simulation"),
            Place::Area => ("area", "the area of the segment"),
            Place::Diameter => ("diam", "the diameter of the segment"),
            _ => return true,
        };
        let fault = Fault::NotAssignable { name: name.to_string(), what };
        let help = "use a variable of the mechanism".to_string();
        self.fault(fault, span, help);
        false
    }

    fn pointer_of(&mut self, value: Value, span: Span) -> Pointer {
        match value {
            Value::Pointer(pointer) => pointer,
            Value::Number(..) => Pointer::Null,
            _ => {
                self.fault(Fault::Other("a pointer is needed here".to_string()), span, None);
                Pointer::Unset
            }
        }
    }

    /// A pointer of the instance gets a value.
    fn set_slot(&mut self, slot: usize, pointer: Pointer, span: Span) {
        let effect = match (self.context.model.slots[slot].use_, pointer) {
            (SlotUse::Unused, _) => return,
            (_, Pointer::Slot(other)) if other == slot => return,
            (SlotUse::Stream(stream), Pointer::Null) => Effect::ClearStream(stream),
            (SlotUse::Stream(stream), Pointer::NewStream(ids)) => {
                self.effect(Effect::SetStream(stream), ids.to_vec(), span);
                return;
            }
            (SlotUse::Stream(stream), Pointer::ArgumentStream(argument)) => {
                Effect::SetStreamFromArgument { stream, argument }
            }
            (SlotUse::Vector(vector), Pointer::Null) => Effect::SetVector { vector, argument: None },
            (SlotUse::Vector(vector), Pointer::ArgumentVector(argument)) => {
                Effect::SetVector { vector, argument: Some(argument) }
            }
            (SlotUse::Vector(vector), Pointer::NewVector(length)) => {
                self.effect(Effect::NewVector(vector), vec![length], span);
                return;
            }
            (SlotUse::Number(_), Pointer::Null) => return,
            _ => {
                let name = self.context.model.slots[slot].name.to_string();
                let fault = Fault::Unsupported {
                    name,
                    reason: "this pointer can only get a stream, a Vector or nothing".to_string(),
                };
                self.fault(fault, span, None);
                return;
            }
        };
        self.effect(effect, Vec::new(), span);
    }
}
