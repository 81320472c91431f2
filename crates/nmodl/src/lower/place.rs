//! Where values are: variables, elements, and what pointers point to.

use super::kernel::Lowering;
use super::value::{Kind, Local, Pointer, Target, Value};
use crate::ir::{BinaryOperation, Effect, Instruction, Place, Register};
use crate::model::{Fault, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Name, Variable};

impl Lowering<'_, '_> {
    /// The value of a variable.
    pub fn variable_value(&mut self, variable: &Variable) -> Value {
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
            Some(index) => Target::Place(first.element(index), kind),
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
    pub fn address(&mut self, inner: &Expression) -> Value {
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
}
