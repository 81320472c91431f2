//! Expressions.

use super::kernel::Lowering;
use super::value::{Kind, Local, Pointer, Target, Value};
use crate::ir::{BinaryOperation, Effect, Instruction, Place, Register, UnaryOperation};
use crate::model::{Fault, SlotUse, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{BinaryOperator, CType, Expression, ExpressionKind, Name, UnaryOperator, Variable};

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
            ExpressionKind::Unary(UnaryOperator::Negate, inner) => Some(-self.known_integer(inner)?),
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
                match operator {
                    BinaryOperator::Add => left.checked_add(right),
                    BinaryOperator::Subtract => left.checked_sub(right),
                    BinaryOperator::Multiply => left.checked_mul(right),
                    BinaryOperator::Divide => left.checked_div(right),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    // Variables

    fn variable_value(&mut self, variable: &Variable) -> Value {
        let name = &*variable.name.text;
        if variable.index.is_none() {
            if let Some(Local::Text(text)) = self.local_of(name) {
                return Value::Text(text);
            }
            if let Some(pointer) = self.named_pointer(name) {
                return Value::Pointer(pointer);
            }
            if self.local_of(name).is_none()
                && let Some(Symbol::Integer(number)) = self.symbol(name)
            {
                return Value::Number(self.constant(number as f64), Kind::Double);
            }
        }
        let target = self.target_of(variable);
        self.get(&target)
    }

    /// What a name of a pointer, an array or something of NEURON stands for.
    fn named_pointer(&mut self, name: &str) -> Option<Pointer> {
        if let Some(local) = self.local_of(name) {
            return match local {
                Local::Pointer(number) => self.pointers.get(number).cloned(),
                Local::Registers { first, length, kind } => {
                    Some(Pointer::Variables { first, length, kind, offset: None })
                }
                Local::Places { first, length, .. } => Some(Pointer::Places { first, length, offset: None }),
                _ => None,
            };
        }
        match self.symbol(name) {
            Some(Symbol::Slot(slot)) => return Some(Pointer::Slot(slot)),
            Some(Symbol::Stream(stream)) => return Some(Pointer::Stream(stream)),
            Some(Symbol::Array { first, length }) => {
                return Some(Pointer::Places { first, length, offset: None });
            }
            Some(_) => return None,
            None => {}
        }
        match name {
            "stderr" | "stdout" => Some(Pointer::Opaque),
            _ => None,
        }
    }

    /// Where the value of a variable is.
    pub fn target_of(&mut self, variable: &Variable) -> Target {
        let name = &variable.name;
        if variable.primes > 0 {
            return self.derivative(variable);
        }
        let Some(index) = &variable.index else { return self.scalar_target(variable) };
        let base = match self.local_of(&name.text) {
            Some(Local::Registers { first, length, kind }) => {
                return self.variable_element(first, length, kind, index, variable);
            }
            Some(Local::Places { first, length, kind }) => {
                return self.place_element(first, length, kind, index, variable);
            }
            Some(Local::Pointer(number)) => self.pointers.get(number).cloned(),
            Some(_) => None,
            None => match self.symbol(&name.text) {
                Some(Symbol::Array { first, length }) => {
                    return self.place_element(first, length, Kind::Double, index, variable);
                }
                _ => self.named_pointer(&name.text),
            },
        };
        let Some(base) = base else {
            if self.local_of(&name.text).is_none() && self.symbol(&name.text).is_none() {
                self.undeclared(name);
            } else {
                let fault = Fault::Subscript { name: name.text.to_string(), what: "no array" };
                self.fault(fault, variable.span, None);
            }
            return Target::Refused;
        };
        let index = self.integer(index);
        self.element(Value::Pointer(base), index, variable.span)
    }

    fn scalar_target(&mut self, variable: &Variable) -> Target {
        let name = &variable.name;
        match self.local_of(&name.text) {
            Some(Local::Register(register, kind)) => return Target::Variable(register, kind),
            Some(Local::Place(place, kind)) => return Target::Place(place, kind),
            Some(Local::Pointer(number)) => return Target::Pointer(number),
            Some(Local::Registers { .. } | Local::Places { .. }) => {
                return self.needs_subscript(variable);
            }
            Some(Local::Text(_)) | None => {}
        }
        match self.symbol(&name.text) {
            Some(Symbol::Place(place)) => return Target::Place(place, Kind::Double),
            Some(Symbol::Slot(slot)) => return Target::Slot(slot),
            Some(Symbol::Array { .. }) => return self.needs_subscript(variable),
            Some(Symbol::Integer(_)) => {
                let what = "a name of `DEFINE`";
                let fault = Fault::NotAssignable { name: name.text.to_string(), what };
                self.fault(fault, variable.span, "use a variable of the mechanism".to_string());
                return Target::Refused;
            }
            Some(Symbol::Stream(_)) => {
                let fault = Fault::Other(format!("`{}` is a random stream, no number", name.text));
                let help = format!("draw a number: `random_uniform({})`", name.text);
                self.fault(fault, variable.span, help);
                return Target::Refused;
            }
            Some(Symbol::Block(_) | Symbol::CFunction(_) | Symbol::FunctionTable(_)) => {
                let fault = Fault::Other(format!("`{}` is a function", name.text));
                self.fault(fault, variable.span, format!("call it: `{}(…)`", name.text));
                return Target::Refused;
            }
            None => {}
        }
        if let Some(inner) = name.text.strip_suffix("@ion")
            && let Some(Symbol::Place(place)) = self.symbol(inner)
        {
            return Target::Place(place, Kind::Double);
        }
        if let Some(target) = self.of_neuron(&name.text) {
            return target;
        }
        if name.text.contains('@') {
            let register = self.builder.register();
            self.declare(&name.text, Local::Register(register, Kind::Double));
            return Target::Variable(register, Kind::Double);
        }
        self.undeclared(name);
        Target::Refused
    }

    /// What a pointer of the instance holds.
    pub fn slot(&mut self, name: &Name) -> Target {
        match self.context.model.slots.iter().position(|slot| slot.name == name.text) {
            Some(slot) => Target::Slot(slot),
            None => {
                self.undeclared(name);
                Target::Refused
            }
        }
    }

    /// A variable of NEURON that C text may read.
    fn of_neuron(&mut self, name: &str) -> Option<Target> {
        let value = match name {
            "secondorder" => return Some(Target::Place(Place::SecondOrder, Kind::Int)),
            "cvode_active_" | "state_discon_flag_" | "nrn_netrec_state_adjust" | "stoprun" => 0.0,
            "nrn_nthread" => 1.0,
            "M_PI" => std::f64::consts::PI,
            _ => return None,
        };
        let kind = if name == "M_PI" { Kind::Double } else { Kind::Int };
        let register = self.constant(value);
        Some(Target::Variable(register, kind))
    }

    fn needs_subscript(&mut self, variable: &Variable) -> Target {
        let name = variable.name.text.to_string();
        let help = format!("choose an element: `{name}[0]`");
        self.fault(Fault::Subscript { name, what: "an array and needs a subscript" }, variable.span, help);
        Target::Refused
    }

    /// `x'`: the derivative that a solved block left.
    fn derivative(&mut self, variable: &Variable) -> Target {
        let prime = format!("D{}", variable.name.text);
        if self.local_of(&prime).is_none() && self.symbol(&prime).is_none() {
            let fault = Fault::Other(format!("no block that is solved computes `{}'`", variable.name.text));
            let help = "equations stand in a `DERIVATIVE` block, which `SOLVE` names".to_string();
            self.fault(fault, variable.span, help);
            return Target::Refused;
        }
        let mut plain = variable.clone();
        plain.primes = 0;
        plain.name.text = prime.into();
        self.target_of(&plain)
    }

    fn variable_element(
        &mut self,
        first: Register,
        length: u32,
        kind: Kind,
        index: &Expression,
        variable: &Variable,
    ) -> Target {
        match self.known_index(index, length, variable) {
            Some(index) => Target::Variable(first + index, kind),
            None => Target::VariableElement { first, length, index: self.integer(index), kind },
        }
    }

    fn place_element(
        &mut self,
        first: Place,
        length: u32,
        kind: Kind,
        index: &Expression,
        variable: &Variable,
    ) -> Target {
        match self.known_index(index, length, variable) {
            Some(index) => Target::Place(nth(first, index), kind),
            None => Target::PlaceElement { first, length, index: self.integer(index), kind },
        }
    }

    fn known_index(&mut self, index: &Expression, length: u32, variable: &Variable) -> Option<u32> {
        let known = self.known_integer(index)?;
        if (0..i64::from(length)).contains(&known) {
            return Some(known as u32);
        }
        let name = variable.name.text.to_string();
        self.fault(Fault::OutOfRange { name, index: known, length }, index.span, None);
        Some(0)
    }

    /// An element of what a pointer points to.
    pub fn element(&mut self, base: Value, index: Register, span: Span) -> Target {
        let Value::Pointer(pointer) = base else {
            self.fault(Fault::Other("only arrays and pointers have elements".to_string()), span, None);
            return Target::Refused;
        };
        let moved = |lowering: &mut Self, offset: Option<Register>| match offset {
            Some(offset) => lowering.binary(BinaryOperation::Add, offset, index),
            None => index,
        };
        match pointer {
            Pointer::Elements { vector, offset } => {
                Target::VectorElement { vector, index: moved(self, offset) }
            }
            Pointer::ArgumentElements { argument, offset } => {
                Target::ArgumentElement { argument, index: moved(self, offset) }
            }
            Pointer::Places { first, length, offset } => {
                let index = moved(self, offset);
                Target::PlaceElement { first, length, index, kind: Kind::Double }
            }
            Pointer::Variables { first, length, kind, offset } => {
                let index = moved(self, offset);
                Target::VariableElement { first, length, index, kind }
            }
            Pointer::Place(place) => {
                Target::PlaceElement { first: place, length: 1, index, kind: Kind::Double }
            }
            Pointer::Variable(register, kind) => {
                Target::VariableElement { first: register, length: 1, index, kind }
            }
            Pointer::Argument(argument) => {
                let first = Place::Argument(argument);
                Target::PlaceElement { first, length: 1, index, kind: Kind::Double }
            }
            _ => {
                self.unclear(span);
                Target::Refused
            }
        }
    }

    fn unclear(&mut self, span: Span) {
        let fault = Fault::Other("what this pointer points to is not known here".to_string());
        let help = "give it a value once, where it is declared".to_string();
        self.fault(fault, span, help);
    }

    /// What a pointer points to.
    pub fn dereferenced(&mut self, inner: &Expression, span: Span) -> Target {
        match self.expression(inner) {
            Value::Pointer(pointer) => self.pointed(pointer, span),
            _ => {
                self.fault(Fault::Other("only pointers can be followed".to_string()), span, None);
                Target::Refused
            }
        }
    }

    fn pointed(&mut self, pointer: Pointer, span: Span) -> Target {
        match pointer {
            Pointer::SlotAddress(slot) => Target::Slot(slot),
            Pointer::Place(place) => Target::Place(place, Kind::Double),
            Pointer::Variable(register, kind) => Target::Variable(register, kind),
            Pointer::Argument(argument) => Target::Place(Place::Argument(argument), Kind::Double),
            Pointer::Places { first, offset: None, .. } => Target::Place(first, Kind::Double),
            Pointer::Variables { first, offset: None, kind, .. } => Target::Variable(first, kind),
            Pointer::Elements { .. }
            | Pointer::ArgumentElements { .. }
            | Pointer::Places { .. }
            | Pointer::Variables { .. } => {
                let index = self.constant(0.0);
                self.element(Value::Pointer(pointer), index, span)
            }
            _ => {
                self.unclear(span);
                Target::Refused
            }
        }
    }

    /// The value at a target.
    pub fn get(&mut self, target: &Target) -> Value {
        let register = match target {
            Target::Variable(register, kind) => return Value::Number(*register, *kind),
            Target::VariableElement { first, length, index, kind } => {
                let to = self.builder.register();
                let (first, length, index) = (*first, *length, *index);
                self.builder.push(Instruction::ReadArray { to, first, length, index });
                return Value::Number(to, *kind);
            }
            Target::Place(place, kind) => return Value::Number(self.read(*place), *kind),
            Target::PlaceElement { first, length, index, kind } => {
                let to = self.builder.register();
                let (first, length, index) = (*first, *length, *index);
                self.builder.push(Instruction::ReadElement { to, first, length, index });
                return Value::Number(to, *kind);
            }
            Target::VectorElement { vector, index } => {
                self.effect_value(Effect::VectorElement(*vector), vec![*index], Span::default())
            }
            Target::ArgumentElement { argument, index } => {
                self.effect_value(Effect::ArgumentElement(*argument), vec![*index], Span::default())
            }
            Target::Pointer(number) => return Value::Pointer(self.pointers[*number].clone()),
            Target::Slot(slot) => return Value::Pointer(Pointer::Slot(*slot)),
            Target::Refused => self.constant(0.0),
        };
        Value::Number(register, Kind::Double)
    }

    /// `&a`
    fn address(&mut self, inner: &Expression) -> Value {
        let target = match &inner.kind {
            ExpressionKind::Variable(variable) => {
                if variable.index.is_none()
                    && let Some(
                        pointer @ (Pointer::Places { .. } | Pointer::Variables { .. } | Pointer::Opaque),
                    ) = self.named_pointer(&variable.name.text)
                {
                    return Value::Pointer(pointer);
                }
                self.target_of(variable)
            }
            ExpressionKind::Dereference(inner) => return self.expression(inner),
            ExpressionKind::Parenthesis(inner) => return self.address(inner),
            ExpressionKind::Slot(name) => self.slot(name),
            ExpressionKind::Index(base, index) => {
                let base = self.expression(base);
                if matches!(base, Value::Pointer(Pointer::Opaque)) {
                    return base;
                }
                let index = self.integer(index);
                self.element(base, index, inner.span)
            }
            _ => Target::Refused,
        };
        Value::Pointer(match target {
            Target::Variable(register, kind) => Pointer::Variable(register, kind),
            Target::Place(place, _) => Pointer::Place(place),
            Target::Slot(slot) => Pointer::SlotAddress(slot),
            Target::VariableElement { first, length, index, kind } => {
                Pointer::Variables { first, length, kind, offset: Some(index) }
            }
            Target::PlaceElement { first, length, index, .. } => {
                Pointer::Places { first, length, offset: Some(index) }
            }
            Target::VectorElement { vector, index } => Pointer::Elements { vector, offset: Some(index) },
            Target::ArgumentElement { argument, index } => {
                Pointer::ArgumentElements { argument, offset: Some(index) }
            }
            Target::Pointer(_) | Target::Refused => Pointer::Unclear,
        })
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
            BinaryOperator::Power => {
                let left = self.double(left);
                let right = self.double(right);
                return Value::Number(self.binary(BinaryOperation::Power, left, right), Kind::Double);
            }
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

/// The place `index` after `first`.
pub(super) fn nth(first: Place, index: u32) -> Place {
    match first {
        Place::Column(number) => Place::Column(number + index),
        Place::Global(number) => Place::Global(number + index),
        Place::Weight(number) => Place::Weight(number + index),
        Place::OtherWeight(number) => Place::OtherWeight(number + index),
        Place::Argument(number) => Place::Argument(number + index),
        other => other,
    }
}
