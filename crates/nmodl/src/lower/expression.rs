//! Expressions.

use super::kernel::Lowering;
use super::value::{Kind, Pointer, Target, Value};
use crate::ir::{BinaryOperation, Effect, Instruction, Register, UnaryOperation};
use crate::model::{Fault, SlotUse, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{BinaryOperator, CType, Expression, ExpressionKind, UnaryOperator};

impl Lowering<'_, '_> {
    /// The value of an expression.
    pub fn expression(&mut self, expression: &Expression) -> Value {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Number(number) => Value::Number(self.constant(number.value), Kind::Double),
            ExpressionKind::Integer(number) => {
                let kind = if i32::try_from(*number).is_ok() { Kind::Int } else { Kind::Long };
                Value::Number(self.constant(*number as f64), kind)
            }
            ExpressionKind::Slot(name) => {
                let target = self.slot(name);
                self.get(&target)
            }
            ExpressionKind::Null => Value::Pointer(Pointer::Null),
            ExpressionKind::Text(text) => Value::Text(text.clone()),
            ExpressionKind::Variable(variable) => self.variable_value(variable),
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::Parenthesis(inner) => self.expression(inner),
            ExpressionKind::Unary(operator, operand) => self.unary_value(*operator, operand),
            ExpressionKind::Binary(operator, left, right) => self.binary_value(*operator, left, right, span),
            ExpressionKind::Index(base, index) => {
                let base = self.expression(base);
                let index = self.integer(index);
                let target = self.element(base, index, span);
                self.get(&target)
            }
            ExpressionKind::Conditional(condition, accepted, rejected) => {
                self.conditional(condition, accepted, rejected)
            }
            ExpressionKind::Cast(kind, inner) => self.cast(kind, inner),
            ExpressionKind::Dereference(inner) => {
                let target = self.dereferenced(inner, span);
                self.get(&target)
            }
            ExpressionKind::AddressOf(inner) => self.address(inner),
            ExpressionKind::Assign { target, operator, value } => self.assignment(target, *operator, value),
            ExpressionKind::Step { target, increment, prefix } => {
                self.step_value(target, *increment, *prefix)
            }
        }
    }

    /// The number that an expression is.
    pub fn number(&mut self, expression: &Expression) -> (Register, Kind) {
        let value = self.expression(expression);
        self.number_of(value, expression.span)
    }

    pub fn number_of(&mut self, value: Value, span: Span) -> (Register, Kind) {
        match value {
            Value::Number(register, kind) => (register, kind),
            Value::Pointer(Pointer::Stream(stream)) => {
                let name = self.context.model.streams[stream as usize].clone();
                let fault = Fault::Other(format!("`{name}` is a random stream, no number"));
                self.fault(fault, span, format!("draw a number: `random_uniform({name})`"));
                (self.constant(0.0), Kind::Double)
            }
            Value::Pointer(_) => {
                let fault = Fault::Other("a number is needed here, not a pointer".to_string());
                self.fault(fault, span, None);
                (self.constant(0.0), Kind::Double)
            }
            Value::Text(_) | Value::Nothing => {
                let fault = Fault::Other("a number is needed here".to_string());
                self.fault(fault, span, None);
                (self.constant(0.0), Kind::Double)
            }
        }
    }

    /// Its register alone.
    pub fn double(&mut self, expression: &Expression) -> Register {
        self.number(expression).0
    }

    /// A number that is not 0 where the expression is true.
    pub fn condition(&mut self, expression: &Expression) -> Register {
        let value = self.expression(expression);
        self.truth(value, expression.span)
    }

    pub fn truth(&mut self, value: Value, span: Span) -> Register {
        match value {
            Value::Pointer(pointer) => self.points(&pointer, span),
            other => self.number_of(other, span).0,
        }
    }

    /// Whether a pointer points to something.
    fn points(&mut self, pointer: &Pointer, span: Span) -> Register {
        match pointer {
            Pointer::Null | Pointer::Unset => self.constant(0.0),
            Pointer::Slot(slot) => match self.context.model.slots[*slot].use_ {
                SlotUse::Stream(stream) => self.effect_value(Effect::HasStream(stream), Vec::new(), span),
                SlotUse::Vector(vector) => self.effect_value(Effect::HasVector(vector), Vec::new(), span),
                SlotUse::Number(pointer) => self.effect_value(Effect::IsPointing(pointer), Vec::new(), span),
                SlotUse::Unused => self.constant(0.0),
            },
            Pointer::Unclear => {
                let fault = Fault::Other("this pointer can point to several things".to_string());
                self.fault(fault, span, "use one variable for each".to_string());
                self.constant(0.0)
            }
            _ => self.constant(1.0),
        }
    }

    /// An integer, as subscripts and the bounds of `FROM` are: all numbers in it are made integers first.
    pub fn integer(&mut self, expression: &Expression) -> Register {
        match &expression.kind {
            ExpressionKind::Number(number) => self.constant(number.value.trunc()),
            ExpressionKind::Parenthesis(inner) => self.integer(inner),
            ExpressionKind::Unary(UnaryOperator::Negate, inner) => {
                let operand = self.integer(inner);
                self.unary(UnaryOperation::Negate, operand)
            }
            ExpressionKind::Binary(operator, left, right)
                if matches!(
                    operator,
                    BinaryOperator::Add
                        | BinaryOperator::Subtract
                        | BinaryOperator::Multiply
                        | BinaryOperator::Divide
                ) =>
            {
                let operation = match operator {
                    BinaryOperator::Add => BinaryOperation::Add,
                    BinaryOperator::Subtract => BinaryOperation::Subtract,
                    BinaryOperator::Multiply => BinaryOperation::Multiply,
                    _ => BinaryOperation::DivideIntegers,
                };
                let left = self.integer(left);
                let right = self.integer(right);
                self.binary(operation, left, right)
            }
            _ => {
                let (register, kind) = self.number(expression);
                if kind.is_integer() { register } else { self.unary(UnaryOperation::Truncate, register) }
            }
        }
    }

    /// The integer that an expression is without running anything.
    pub fn known_integer(&self, expression: &Expression) -> Option<i64> {
        match &expression.kind {
            ExpressionKind::Number(number) => Some(number.value as i64),
            ExpressionKind::Integer(number) => Some(*number),
            ExpressionKind::Parenthesis(inner) => self.known_integer(inner),
            ExpressionKind::Unary(UnaryOperator::Negate, inner) => self.known_integer(inner)?.checked_neg(),
            ExpressionKind::Variable(variable) if variable.index.is_none() => {
                if self.local_of(&variable.name.text).is_some() {
                    return None;
                }
                match self.symbol(&variable.name.text)? {
                    Symbol::Integer(number) => Some(number),
                    _ => None,
                }
            }
            ExpressionKind::Binary(operator, left, right) => {
                let (left, right) = (self.known_integer(left)?, self.known_integer(right)?);
                operator.of_integers(left, right)
            }
            _ => None,
        }
    }

    // Operators

    fn unary_value(&mut self, operator: UnaryOperator, operand: &Expression) -> Value {
        match operator {
            UnaryOperator::Not => {
                let truth = self.condition(operand);
                Value::Number(self.unary(UnaryOperation::Not, truth), Kind::Int)
            }
            UnaryOperator::Negate => {
                let (register, kind) = self.number(operand);
                let negated = self.unary(UnaryOperation::Negate, register);
                let kind = kind.joined(Kind::Int);
                Value::Number(self.wrapped(negated, kind), kind)
            }
            UnaryOperator::BitNot => {
                let (register, kind) = self.number(operand);
                let inverse = self.unary(UnaryOperation::BitNot, register);
                let kind = kind.joined(Kind::Int);
                Value::Number(self.wrapped(inverse, kind), kind)
            }
        }
    }

    /// The result of an operation on numbers of `kind`, as C keeps it.
    fn wrapped(&mut self, register: Register, kind: Kind) -> Register {
        match kind {
            Kind::Unsigned => self.unary(UnaryOperation::WrapUnsigned, register),
            Kind::Float => self.unary(UnaryOperation::Single, register),
            _ => register,
        }
    }

    fn binary_value(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        span: Span,
    ) -> Value {
        match operator {
            BinaryOperator::And | BinaryOperator::Or => return self.logical(operator, left, right),
            BinaryOperator::Power => return self.power(left, right),
            _ => {}
        }
        let left_value = self.expression(left);
        let right_value = self.expression(right);
        if matches!(left_value, Value::Pointer(_)) || matches!(right_value, Value::Pointer(_)) {
            return self.pointer_operation(operator, left_value, right_value, span);
        }
        let left = self.number_of(left_value, left.span);
        let right = self.number_of(right_value, right.span);
        self.arithmetic(operator, left, right)
    }

    /// A power. The compiler of NEURON's C++ code writes exponents from -1 to 2 that are numbers of the text out as
    /// multiplications (`gcc -O2`), which may round otherwise than the library's `pow`.
    pub fn power(&mut self, base: &Expression, exponent: &Expression) -> Value {
        let written = crate::model::constant(exponent)
            .or_else(|| self.known_integer(exponent).map(|exponent| exponent as f64));
        let base = self.double(base);
        let result = match written {
            Some(2.0) => self.binary(BinaryOperation::Multiply, base, base),
            Some(1.0) => base,
            Some(0.0) => self.constant(1.0),
            Some(-1.0) => {
                let one = self.constant(1.0);
                self.binary(BinaryOperation::Divide, one, base)
            }
            _ => {
                let exponent = self.double(exponent);
                self.binary(BinaryOperation::Power, base, exponent)
            }
        };
        Value::Number(result, Kind::Double)
    }

    /// An operation on two numbers.
    pub fn arithmetic(
        &mut self,
        operator: BinaryOperator,
        (left, left_kind): (Register, Kind),
        (right, right_kind): (Register, Kind),
    ) -> Value {
        use BinaryOperator as Operator;
        let kind = left_kind.joined(right_kind);
        let integers = kind.is_integer();
        let operation = match operator {
            Operator::Equal => BinaryOperation::Equal,
            Operator::NotEqual => BinaryOperation::NotEqual,
            Operator::Less => BinaryOperation::Less,
            Operator::LessOrEqual => BinaryOperation::LessOrEqual,
            Operator::Greater => BinaryOperation::Greater,
            Operator::GreaterOrEqual => BinaryOperation::GreaterOrEqual,
            Operator::Or => BinaryOperation::Or,
            Operator::And => BinaryOperation::And,
            Operator::Add => BinaryOperation::Add,
            Operator::Subtract => BinaryOperation::Subtract,
            Operator::Multiply => BinaryOperation::Multiply,
            Operator::Divide if integers => BinaryOperation::DivideIntegers,
            Operator::Divide => BinaryOperation::Divide,
            Operator::Power => BinaryOperation::Power,
            Operator::Remainder if integers => BinaryOperation::RemainderOfIntegers,
            Operator::Remainder => BinaryOperation::Remainder,
            Operator::BitAnd => BinaryOperation::BitAnd,
            Operator::BitOr => BinaryOperation::BitOr,
            Operator::BitXor => BinaryOperation::BitXor,
            Operator::ShiftLeft => BinaryOperation::ShiftLeft,
            Operator::ShiftRight => BinaryOperation::ShiftRight,
        };
        let compares = matches!(
            operator,
            Operator::Equal
                | Operator::NotEqual
                | Operator::Less
                | Operator::LessOrEqual
                | Operator::Greater
                | Operator::GreaterOrEqual
                | Operator::And
                | Operator::Or
        );
        let (left, right) = match kind {
            Kind::Unsigned => {
                (self.converted(left, left_kind, kind), self.converted(right, right_kind, kind))
            }
            _ => (left, right),
        };
        let result = self.binary(operation, left, right);
        if compares {
            return Value::Number(result, Kind::Int);
        }
        let kind = match operator {
            Operator::ShiftLeft | Operator::ShiftRight => left_kind.joined(Kind::Int),
            _ => kind,
        };
        Value::Number(self.wrapped(result, kind), kind)
    }

    /// `&&` and `||`: the right side is computed only where it counts, if that could be noticed.
    fn logical(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Value {
        let is_and = operator == BinaryOperator::And;
        let left = self.condition(left);
        let before = self.pointers.clone();
        let (mut block, right) = self.block(|lowering| lowering.condition(right));
        self.merge_pointers(before);
        if block.iter().all(super::finish::is_pure) {
            self.builder.current().append(&mut block);
            let operation = if is_and { BinaryOperation::And } else { BinaryOperation::Or };
            return Value::Number(self.binary(operation, left, right), Kind::Int);
        }
        let otherwise = self.constant(if is_and { 0.0 } else { 1.0 });
        let result = self.variable(otherwise);
        let (mut ending, ()) = self.block(|lowering| {
            let zero = lowering.constant(0.0);
            let truth = lowering.binary(BinaryOperation::NotEqual, right, zero);
            lowering.builder.assign(result, truth);
        });
        block.append(&mut ending);
        let (accepted, rejected) = if is_and { (block, Vec::new()) } else { (Vec::new(), block) };
        self.builder.push(Instruction::If { condition: left, accepted, rejected });
        Value::Number(result, Kind::Int)
    }

    fn conditional(&mut self, condition: &Expression, accepted: &Expression, rejected: &Expression) -> Value {
        let condition = self.condition(condition);
        let (spans, before) = ((accepted.span, rejected.span), self.pointers.clone());
        let (mut yes, accepted) = self.block(|lowering| lowering.expression(accepted));
        let after = std::mem::replace(&mut self.pointers, before);
        let (mut no, rejected) = self.block(|lowering| lowering.expression(rejected));
        self.merge_pointers(after);
        if let (Value::Pointer(one), Value::Pointer(other)) = (&accepted, &rejected) {
            let one = one.clone();
            return Value::Pointer(if one == *other { one } else { Pointer::Unclear });
        }
        let (accepted, one) = self.number_of(accepted, spans.0);
        let (rejected, other) = self.number_of(rejected, spans.1);
        let kind = one.joined(other);
        if yes.iter().chain(&no).all(super::finish::is_pure) {
            self.builder.current().append(&mut yes);
            self.builder.current().append(&mut no);
            return Value::Number(self.builder.select(condition, accepted, rejected), kind);
        }
        let result = self.builder.register();
        yes.push(Instruction::Assign { to: result, from: accepted });
        no.push(Instruction::Assign { to: result, from: rejected });
        self.builder.push(Instruction::If { condition, accepted: yes, rejected: no });
        Value::Number(result, kind)
    }

    fn pointer_operation(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        span: Span,
    ) -> Value {
        match (operator, left, right) {
            (
                BinaryOperator::Equal | BinaryOperator::NotEqual,
                Value::Pointer(pointer),
                Value::Pointer(Pointer::Null) | Value::Number(..),
            )
            | (
                BinaryOperator::Equal | BinaryOperator::NotEqual,
                Value::Pointer(Pointer::Null) | Value::Number(..),
                Value::Pointer(pointer),
            ) => {
                let points = self.points(&pointer, span);
                let register = match operator {
                    BinaryOperator::Equal => self.unary(UnaryOperation::Not, points),
                    _ => points,
                };
                Value::Number(register, Kind::Int)
            }
            (BinaryOperator::Add, Value::Pointer(pointer), Value::Number(by, _))
            | (BinaryOperator::Add, Value::Number(by, _), Value::Pointer(pointer)) => {
                Value::Pointer(self.moved(pointer, by))
            }
            (BinaryOperator::Subtract, Value::Pointer(pointer), Value::Number(by, _)) => {
                let by = self.unary(UnaryOperation::Negate, by);
                Value::Pointer(self.moved(pointer, by))
            }
            _ => {
                let fault = Fault::Other("pointers cannot be combined like this".to_string());
                self.refuse(fault, span, "use subscripts".to_string())
            }
        }
    }

    /// A pointer moved by a number of elements.
    pub fn moved(&mut self, pointer: Pointer, by: Register) -> Pointer {
        let add = |lowering: &mut Self, offset: Option<Register>| {
            Some(match offset {
                Some(offset) => lowering.binary(BinaryOperation::Add, offset, by),
                None => by,
            })
        };
        match pointer {
            Pointer::Elements { vector, offset } => Pointer::Elements { vector, offset: add(self, offset) },
            Pointer::ArgumentElements { argument, offset } => {
                Pointer::ArgumentElements { argument, offset: add(self, offset) }
            }
            Pointer::Places { first, length, offset } => {
                Pointer::Places { first, length, offset: add(self, offset) }
            }
            Pointer::Variables { first, length, kind, offset } => {
                Pointer::Variables { first, length, kind, offset: add(self, offset) }
            }
            Pointer::Opaque => Pointer::Opaque,
            _ => Pointer::Unclear,
        }
    }

    fn cast(&mut self, kind: &CType, inner: &Expression) -> Value {
        let value = self.expression(inner);
        match (Kind::of(kind), value) {
            (Some(to), Value::Number(register, from)) => {
                Value::Number(self.converted(register, from, to), to)
            }
            (_, value) => value,
        }
    }

    /// A number as one of another type.
    pub fn converted(&mut self, register: Register, from: Kind, to: Kind) -> Register {
        match to {
            _ if from == to => register,
            Kind::Double => register,
            Kind::Float => self.unary(UnaryOperation::Single, register),
            Kind::Bool => {
                let zero = self.constant(0.0);
                self.binary(BinaryOperation::NotEqual, register, zero)
            }
            Kind::Unsigned => {
                let whole = self.whole(register, from);
                self.unary(UnaryOperation::WrapUnsigned, whole)
            }
            Kind::Int if matches!(from, Kind::Unsigned | Kind::Long | Kind::UnsignedLong) => {
                self.unary(UnaryOperation::WrapSigned, register)
            }
            Kind::Char | Kind::Int | Kind::Long | Kind::UnsignedLong => self.whole(register, from),
        }
    }

    fn whole(&mut self, register: Register, from: Kind) -> Register {
        if from.is_integer() { register } else { self.unary(UnaryOperation::Truncate, register) }
    }

    fn step_value(&mut self, target: &Expression, increment: bool, prefix: bool) -> Value {
        let span = target.span;
        let target = self.target(target);
        if let Target::Pointer(number) = target {
            let by = self.constant(if increment { 1.0 } else { -1.0 });
            let before = self.pointers[number].clone();
            self.pointers[number] = self.moved(before.clone(), by);
            return Value::Pointer(if prefix { self.pointers[number].clone() } else { before });
        }
        let value = self.get(&target);
        let (before, kind) = self.number_of(value, span);
        let before = if prefix { before } else { self.variable(before) };
        let one = (self.constant(1.0), Kind::Int);
        let operator = if increment { BinaryOperator::Add } else { BinaryOperator::Subtract };
        let after = self.arithmetic(operator, (before, kind), one);
        let result = if prefix { after.clone() } else { Value::Number(before, kind) };
        self.set(&target, after, span);
        result
    }
}
