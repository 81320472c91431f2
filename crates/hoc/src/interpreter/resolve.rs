//! What names, members, subscripts and calls stand for; reading and writing of places.

use std::sync::Arc;

use cell::SectionId;

use super::object::{Object, ObjectRef, Slot};
use super::scope::MemberKind;
use super::value::{Argument, Arguments, Place, Target, Value};
use super::{Interpreter, TOP};
use crate::arithmetic::EPSILON;
use crate::builtin::{self, Builtin};
use crate::classes;
use crate::error::{Failure, Outcome, Thrown, did_you_mean};
use crate::syntax::Symbol;
use crate::syntax::ast::{ArgumentIndex, ArgumentKind, Expression, ExpressionKind, Procedure};

impl Interpreter {
    /// What an expression stands for.
    pub(crate) fn resolve(&mut self, expression: &Expression) -> Outcome<Target> {
        self.resolve_kind(expression).map_err(|thrown| self.located(thrown, expression))
    }

    pub(crate) fn located(&self, mut thrown: Box<Thrown>, expression: &Expression) -> Box<Thrown> {
        if thrown.location.is_none() {
            thrown.location = Some((self.frames[self.current].source.clone(), expression.span));
        }
        thrown
    }

    /// As [`Self::resolve`]; a name that is unknown is a new number.
    pub(crate) fn resolve_for_writing(&mut self, expression: &Expression) -> Outcome<Target> {
        self.resolve(expression)
    }

    fn resolve_kind(&mut self, expression: &Expression) -> Outcome<Target> {
        let frame = self.current;
        match &expression.kind {
            ExpressionKind::Name(symbol) => self.resolve_name(*symbol),
            ExpressionKind::Local(slot) => Ok(Target::Place(Place::LocalNumber { frame, slot: *slot })),
            ExpressionKind::LocalObject(slot) => Ok(Target::Place(Place::LocalObject { frame, slot: *slot })),
            ExpressionKind::Argument(kind, index) => self.resolve_argument(*kind, *index),
            ExpressionKind::Index(base, subscripts) => self.resolve_index(base, subscripts),
            ExpressionKind::Call(base, arguments) => self.resolve_call(base, arguments),
            ExpressionKind::Member(base, symbol) => self.resolve_member(base, *symbol),
            _ => Ok(Target::Value(self.value(expression)?)),
        }
    }

    fn resolve_name(&mut self, symbol: Symbol) -> Outcome<Target> {
        let frame = &self.frames[self.current];
        let (class, object) = (frame.class, frame.object);
        if let Some(slot) = self.classes[class as usize].find(symbol)
            && let Some(target) = self.resolve_slot(class, object, slot)?
        {
            return Ok(target);
        }
        match self.builtin(symbol) {
            Builtin::Range(variable) => {
                Ok(Target::Place(Place::Range(self.accessed_section()?, variable, None)))
            }
            Builtin::Property(property) => {
                Ok(Target::Place(Place::Property(self.accessed_section()?, property)))
            }
            Builtin::Number(index) => Ok(Target::Place(Place::Builtin(index))),
            Builtin::Global(variable) => Ok(Target::Place(Place::Global(variable))),
            // a name that ends as those of a mechanism do, but that the mechanism lacks
            Builtin::Mechanism(_) => Err(self.unknown_range(symbol)),
            Builtin::Function(_) => {
                let name = self.symbols.name(symbol).to_string();
                let help = format!("call it: `{name}()`");
                Err(Thrown::helped(
                    Failure::WrongKind { name, expected: "a variable", found: "a function" },
                    help,
                ))
            }
            Builtin::None | Builtin::Unknown => {
                let slot = self.classes[class as usize].mention(symbol);
                Ok(Target::Place(Place::Member { object, slot: slot as u32, element: 0 }))
            }
        }
    }

    /// What a member stands for; nothing where it is undefined and may be a built-in name.
    fn resolve_slot(&mut self, class: u32, object: u32, slot: usize) -> Outcome<Option<Target>> {
        let member = &self.classes[class as usize].members[slot];
        Ok(match &member.kind {
            MemberKind::Undefined => None,
            MemberKind::This => {
                Some(Target::Value(Value::Object(Some(self.heap.reference(object as usize)))))
            }
            MemberKind::Section(_) => Some(Target::Section(self.section_element(class, object, slot, 0)?)),
            MemberKind::Procedure(_) => {
                let name = self.symbols.name(member.name).to_string();
                let help = format!("call it: `{name}()`");
                let failure = Failure::WrongKind { name, expected: "a variable", found: "a procedure" };
                return Err(Thrown::helped(failure, help));
            }
            MemberKind::External => {
                let symbol = member.name;
                match self.classes[TOP as usize].find(symbol) {
                    Some(top) => self.resolve_slot(TOP, TOP, top)?,
                    None => None,
                }
            }
            _ => Some(Target::Place(Place::Member { object, slot: slot as u32, element: 0 })),
        })
    }

    /// A member that stands for a top-level variable, followed to the top level.
    fn follow(&self, class: u32, object: u32, slot: usize) -> (u32, u32, usize) {
        let member = &self.classes[class as usize].members[slot];
        if matches!(member.kind, MemberKind::External)
            && let Some(top) = self.classes[TOP as usize].find(member.name)
        {
            return (TOP, TOP, top);
        }
        (class, object, slot)
    }

    pub(crate) fn section_element(
        &self,
        class: u32,
        object: u32,
        slot: usize,
        element: usize,
    ) -> Outcome<SectionId> {
        let name = &self.symbols.name(self.classes[class as usize].members[slot].name);
        let sections = match self.heap.values(object as usize).get(slot) {
            Some(Slot::Sections(sections)) => sections.as_slice(),
            _ => &[],
        };
        match sections.get(element) {
            Some(Some(section)) if self.cell.exists(*section) => Ok(*section),
            Some(_) => Err(Failure::NoSuchSection(format!("{name}[{element}]")).into()),
            None if sections.is_empty() => Err(Failure::NoSuchSection(name.to_string()).into()),
            None => Err(Failure::IndexRange {
                name: name.to_string(),
                index: element as f64,
                length: sections.len(),
            }
            .into()),
        }
    }

    pub(crate) fn unknown_function(&self, symbol: Symbol) -> Box<Thrown> {
        let name = self.symbols.name(symbol).to_string();
        let class = &self.classes[self.frames[self.current].class as usize];
        let own = class.members.iter().filter(|member| matches!(member.kind, MemberKind::Procedure(_)));
        let mut known: Vec<&str> = own.map(|member| &**self.symbols.name(member.name)).collect();
        for function in builtin::function_names() {
            known.push(function);
        }
        let help = did_you_mean(&name, known.into_iter());
        Box::new(Thrown { failure: Failure::UnknownFunction(name), location: None, help, trace: Vec::new() })
    }

    pub(crate) fn unknown_range(&self, symbol: Symbol) -> Box<Thrown> {
        let name = self.symbols.name(symbol).to_string();
        match self.catalogue.find_range(&name) {
            Err(error) => error.into(),
            Ok(_) => Failure::UndefinedVariable(name).into(),
        }
    }

    /// The procedure a plain name stands for, and the object it runs on.
    pub(crate) fn procedure_named(&self, symbol: Symbol) -> Option<(u32, Arc<Procedure>)> {
        let frame = &self.frames[self.current];
        let slot = self.classes[frame.class as usize].find(symbol)?;
        let (class, object, slot) = self.follow(frame.class, frame.object, slot);
        match &self.classes[class as usize].members[slot].kind {
            MemberKind::Procedure(procedure) => Some((object, procedure.clone())),
            _ => None,
        }
    }

    pub(crate) fn method_named(
        &mut self,
        object: &ObjectRef,
        symbol: Symbol,
    ) -> Outcome<(u32, Arc<Procedure>)> {
        let (class, slot) = self.public_member(object, symbol)?;
        match &self.classes[class as usize].members[slot].kind {
            MemberKind::Procedure(procedure) => Ok((object.index() as u32, procedure.clone())),
            kind => {
                let name = self.symbols.name(symbol).to_string();
                Err(Failure::WrongKind { name, expected: "a procedure", found: kind.describe() }.into())
            }
        }
    }

    /// Class and slot of a member of a template instance that the present scope may see.
    fn public_member(&mut self, object: &ObjectRef, symbol: Symbol) -> Outcome<(u32, usize)> {
        let class = self.heap.entry(object.index()).class;
        let found = &self.classes[class as usize];
        let own = self.frames[self.current].class == class;
        match found.find(symbol) {
            Some(slot) if own || found.members[slot].public => Ok((class, slot)),
            Some(slot) if !matches!(found.members[slot].kind, MemberKind::Undefined) => {
                let template = self.symbols.name(found.name).to_string();
                let member = self.symbols.name(symbol).to_string();
                let help = format!("add it to the `public` list of `{template}`");
                Err(Thrown::helped(Failure::NotPublic { template, member }, help))
            }
            _ => {
                let member = self.symbols.name(symbol).to_string();
                let known: Vec<&str> = found
                    .members
                    .iter()
                    .filter(|member| member.public)
                    .map(|member| &**self.symbols.name(member.name))
                    .collect();
                let help = did_you_mean(&member, known.into_iter());
                let object = self.object_name(object);
                let failure = Failure::UnknownMember { object, member };
                Err(Box::new(Thrown { failure, location: None, help, trace: Vec::new() }))
            }
        }
    }

    fn resolve_argument(&mut self, kind: ArgumentKind, index: ArgumentIndex) -> Outcome<Target> {
        let index = match index {
            ArgumentIndex::Fixed(index) => usize::from(index),
            ArgumentIndex::Variable(Some(local)) => {
                let value = self.frames[self.current].numbers.get(usize::from(local)).copied().unwrap_or(0.0);
                (value + EPSILON).max(0.0) as usize
            }
            ArgumentIndex::Variable(None) => {
                let symbol = self.symbols.intern("i");
                let target = self.resolve_name(symbol)?;
                match self.read_target(target)? {
                    Value::Number(value) => (value + EPSILON).max(0.0) as usize,
                    other => {
                        return Err(Failure::Type { expected: "a number", found: other.describe() }.into());
                    }
                }
            }
        };
        let frame = &self.frames[self.current];
        let count = frame.arguments.len();
        let Some(argument) = index.checked_sub(1).and_then(|index| frame.arguments.get(index)) else {
            return Err(Failure::MissingArgument { index, count }.into());
        };
        let argument = argument.clone();
        let (fits, expected) = match kind {
            ArgumentKind::Number => (matches!(argument, Argument::Value(Value::Number(_))), "a number"),
            ArgumentKind::Reference => {
                (matches!(argument, Argument::Address(_)), "the address of a number (`&x`)")
            }
            ArgumentKind::Text => (self.argument_type(&argument) == 2, "a string"),
            ArgumentKind::Object => (self.argument_type(&argument) == 1, "an object"),
        };
        if !fits {
            let found = match self.argument_type(&argument) {
                0 => "a number",
                1 => "an object",
                2 => "a string",
                _ => "the address of a number",
            };
            let function = match &frame.procedure {
                Some(procedure) => self.symbols.name(procedure.name).to_string(),
                None => String::new(),
            };
            return Err(Failure::ArgumentType { function, index, expected, found }.into());
        }
        Ok(match argument {
            Argument::Value(value) => Target::Value(value),
            Argument::Variable(place) | Argument::Address(place) => Target::Place(place),
        })
    }

    /// `name_declared`: 0 unknown, 1 something else, 2 object variable, 3 section, 4 string, 5 number.
    pub(crate) fn declared_code(&mut self, name: &str) -> f64 {
        let symbol = self.symbols.intern(name);
        if let Some(slot) = self.classes[TOP as usize].find(symbol) {
            match &self.classes[TOP as usize].members[slot].kind {
                MemberKind::Undefined => {}
                MemberKind::Object | MemberKind::Objects(_) | MemberKind::This => return 2.0,
                MemberKind::Section(_) => return 3.0,
                MemberKind::Text => return 4.0,
                MemberKind::Number | MemberKind::Numbers(_) => return 5.0,
                MemberKind::Procedure(_) | MemberKind::External => return 1.0,
            }
        }
        if self.class_named(symbol).is_some() {
            return 1.0;
        }
        match self.builtin(symbol) {
            Builtin::None | Builtin::Unknown => 0.0,
            Builtin::Number(_) | Builtin::Global(_) => 5.0,
            _ => 1.0,
        }
    }

    /// As NEURON's `argtype`: 0 number, 1 object, 2 string, 3 address.
    pub(crate) fn argument_type(&self, argument: &Argument) -> i32 {
        match argument {
            Argument::Value(Value::Number(_) | Value::Nothing) => 0,
            Argument::Value(Value::Object(_)) => 1,
            Argument::Value(Value::Text(_)) => 2,
            Argument::Address(_) => 3,
            Argument::Variable(place) => self.place_type(place),
        }
    }

    pub(crate) fn place_type(&self, place: &Place) -> i32 {
        match place {
            Place::LocalObject { .. } => 1,
            Place::Text(_) => 2,
            Place::Member { object, slot, .. } => {
                let class = self.heap.entry(*object as usize).class;
                match self.classes[class as usize].members.get(*slot as usize).map(|member| &member.kind) {
                    Some(MemberKind::Text) => 2,
                    Some(MemberKind::Object | MemberKind::Objects(_)) => 1,
                    _ => 0,
                }
            }
            _ => 0,
        }
    }

    fn subscript(&mut self, expression: &Expression, name: &str, length: usize) -> Outcome<usize> {
        let value = self.number(expression)?;
        let index = value + EPSILON;
        if index.is_nan() || index < 0.0 || index >= length as f64 {
            return Err(Failure::IndexRange { name: name.to_string(), index: value, length }.into());
        }
        Ok(index as usize)
    }

    fn resolve_index(&mut self, base: &Expression, subscripts: &[Expression]) -> Outcome<Target> {
        match &base.kind {
            ExpressionKind::Name(symbol) => {
                let frame = &self.frames[self.current];
                let (class, object) = (frame.class, frame.object);
                if let Some(slot) = self.classes[class as usize].find(*symbol) {
                    let (class, object, slot) = self.follow(class, object, slot);
                    if !matches!(self.classes[class as usize].members[slot].kind, MemberKind::Undefined) {
                        return self.element(class, object, slot, subscripts);
                    }
                }
                self.instance_numbered(*symbol, subscripts)
            }
            ExpressionKind::Member(inner, symbol) => {
                let object = self.object(inner)?;
                if matches!(self.heap.data(object.index()), Object::Instance { .. }) {
                    let (class, slot) = self.public_member(&object, *symbol)?;
                    let (class, index, slot) = self.follow(class, object.index() as u32, slot);
                    return self.element(class, index, slot, subscripts);
                }
                let mut indices = Vec::with_capacity(subscripts.len());
                for subscript in subscripts {
                    indices.push(self.number(subscript)?);
                }
                let name = self.symbols.name(*symbol).clone();
                let target = classes::element(self, &object, &name, *symbol, &indices)?;
                self.release(Some(object));
                Ok(target)
            }
            ExpressionKind::Argument(..) => {
                let Target::Place(Place::Member { object, slot, element }) = self.resolve(base)? else {
                    return Err(Failure::Type { expected: "an array", found: "a single value" }.into());
                };
                let length = match self.heap.values(object as usize).get(slot as usize) {
                    Some(Slot::Numbers(values)) => values.len().saturating_sub(element as usize),
                    _ => 0,
                };
                let index = self.subscript(&subscripts[0], "argument", length)? as u32;
                Ok(Target::Place(Place::Member { object, slot, element: element + index }))
            }
            _ => Err(Failure::Type { expected: "an array", found: "a single value" }.into()),
        }
    }

    /// One element of a member that is an array.
    fn element(
        &mut self,
        class: u32,
        object: u32,
        slot: usize,
        subscripts: &[Expression],
    ) -> Outcome<Target> {
        let member = &self.classes[class as usize].members[slot];
        let name = self.symbols.name(member.name).to_string();
        let (dimensions, is_section) = match &member.kind {
            MemberKind::Section(dimensions) => (dimensions.clone(), true),
            MemberKind::Numbers(dimensions) | MemberKind::Objects(dimensions) => (dimensions.clone(), false),
            kind => {
                return Err(Failure::WrongKind { name, expected: "an array", found: kind.describe() }.into());
            }
        };
        // other instances may have made the array larger or smaller
        let length = match self.heap.values(object as usize).get(slot) {
            Some(Slot::Sections(sections)) => sections.len(),
            Some(Slot::Numbers(values)) => values.len(),
            Some(Slot::Objects(objects)) => objects.len(),
            _ => 0,
        };
        let element = if subscripts.len() == 1 {
            self.subscript(&subscripts[0], &name, length)?
        } else {
            let mut element = 0;
            if subscripts.len() != dimensions.len() {
                let found = "another number of subscripts";
                return Err(Failure::Type { expected: "one subscript for each dimension", found }.into());
            }
            for (subscript, dimension) in subscripts.iter().zip(&dimensions) {
                element = element * dimension + self.subscript(subscript, &name, *dimension)?;
            }
            element
        };
        if is_section {
            return Ok(Target::Section(self.section_element(class, object, slot, element)?));
        }
        Ok(Target::Place(Place::Member { object, slot: slot as u32, element: element as u32 }))
    }

    /// `Template[3]`
    fn instance_numbered(&mut self, symbol: Symbol, subscripts: &[Expression]) -> Outcome<Target> {
        let name = self.symbols.name(symbol).to_string();
        let Some(class) = self.class_named(symbol) else {
            // an element of an array of a mechanism, such as `q_mech[2]`
            let number = (self.number(&subscripts[0])? + EPSILON).floor();
            let element = self.symbols.intern(&format!("{name}[{number}]"));
            if let Builtin::Range(variable) = self.builtin(element) {
                return Ok(Target::Place(Place::Range(self.accessed_section()?, variable, None)));
            }
            return match self.builtin(symbol) {
                Builtin::None | Builtin::Unknown => Err(Failure::UndefinedVariable(name).into()),
                _ => {
                    Err(Failure::WrongKind { name, expected: "an array", found: "a single variable" }.into())
                }
            };
        };
        let number = self.number(&subscripts[0])?;
        let instances = &self.classes[class as usize].instances;
        let length = instances.len();
        match instances.iter().find(|(found, _)| f64::from(*found) == (number + EPSILON).floor()) {
            Some(&(_, object)) => {
                Ok(Target::Value(Value::Object(Some(self.heap.reference(object as usize)))))
            }
            None => Err(Failure::IndexRange { name, index: number, length }.into()),
        }
    }

    fn resolve_call(&mut self, base: &Expression, arguments: &[Expression]) -> Outcome<Target> {
        match &base.kind {
            ExpressionKind::Name(symbol) => self.call_name(*symbol, arguments),
            ExpressionKind::Member(inner, symbol) => self.call_member(inner, *symbol, arguments),
            _ => match self.resolve(base)? {
                Target::Section(section) => Ok(Target::Location(section, self.one_number(arguments)?)),
                _ => {
                    Err(Failure::Type { expected: "a function or a section before `(`", found: "a variable" }
                        .into())
                }
            },
        }
    }

    fn one_number(&mut self, arguments: &[Expression]) -> Outcome<f64> {
        match arguments {
            [position] => self.number(position),
            _ => Err(Failure::Other("expected one position from 0 to 1".into()).into()),
        }
    }

    fn call_name(&mut self, symbol: Symbol, arguments: &[Expression]) -> Outcome<Target> {
        let frame = &self.frames[self.current];
        let (class, object) = (frame.class, frame.object);
        if let Some(slot) = self.classes[class as usize].find(symbol) {
            let (class, object, slot) = self.follow(class, object, slot);
            let is_builtin = !matches!(self.builtin(symbol), Builtin::None);
            match &self.classes[class as usize].members[slot].kind {
                MemberKind::Procedure(procedure) => {
                    let procedure = procedure.clone();
                    let arguments = self.arguments(arguments)?;
                    return Ok(Target::Value(self.call_procedure(object, procedure, arguments, None)?));
                }
                MemberKind::Section(_) => {
                    let section = self.section_element(class, object, slot, 0)?;
                    return Ok(Target::Location(section, self.one_number(arguments)?));
                }
                MemberKind::Undefined | MemberKind::External => {}
                kind if !is_builtin => {
                    let name = self.symbols.name(symbol).to_string();
                    return Err(
                        Failure::WrongKind { name, expected: "a function", found: kind.describe() }.into()
                    );
                }
                _ => {}
            }
        }
        match self.builtin(symbol) {
            Builtin::Function(index) => {
                let values = self.arguments(arguments)?;
                let function = self.symbols.name(symbol).clone();
                Ok(Target::Value(builtin::call(self, index, Arguments { function, values })?))
            }
            Builtin::Range(variable) => {
                let x = self.one_number(arguments)?;
                Ok(Target::Place(Place::Range(self.accessed_section()?, variable, Some(x))))
            }
            Builtin::Property(property) => {
                self.one_number(arguments)?;
                Ok(Target::Place(Place::Property(self.accessed_section()?, property)))
            }
            Builtin::Mechanism(mechanism) => {
                let values = self.arguments(arguments)?;
                let function = self.symbols.name(symbol).clone();
                let value = self.call_mechanism(mechanism, Arguments { function, values })?;
                Ok(Target::Value(value))
            }
            _ => Err(self.unknown_function(symbol)),
        }
    }

    fn call_member(
        &mut self,
        base: &Expression,
        symbol: Symbol,
        arguments: &[Expression],
    ) -> Outcome<Target> {
        let object = match self.resolve(base)? {
            Target::Section(section) => {
                let x = self.one_number(arguments)?;
                return match self.section_variable(section, symbol)? {
                    Place::Range(section, variable, _) => {
                        Ok(Target::Place(Place::Range(section, variable, Some(x))))
                    }
                    place => Ok(Target::Place(place)),
                };
            }
            target => self.target_object(target)?,
        };
        if !matches!(self.heap.data(object.index()), Object::Instance { .. }) {
            let name = self.symbols.name(symbol).clone();
            let values = self.arguments(arguments)?;
            let target = classes::call(self, &object, symbol, Arguments { function: name, values })?;
            self.release(Some(object));
            return Ok(target);
        }
        let (class, slot) = self.public_member(&object, symbol)?;
        if let MemberKind::Section(_) = self.classes[class as usize].members[slot].kind {
            let section = self.section_element(class, object.index() as u32, slot, 0)?;
            return Ok(Target::Location(section, self.one_number(arguments)?));
        }
        let (index, procedure) = self.method_named(&object, symbol)?;
        let arguments = self.arguments(arguments)?;
        let value = self.call_procedure(index, procedure, arguments, None)?;
        self.release(Some(object));
        Ok(Target::Value(value))
    }

    fn resolve_member(&mut self, base: &Expression, symbol: Symbol) -> Outcome<Target> {
        let object = match self.resolve(base)? {
            Target::Section(section) => return Ok(Target::Place(self.section_variable(section, symbol)?)),
            target => self.target_object(target)?,
        };
        if !matches!(self.heap.data(object.index()), Object::Instance { .. }) {
            let name = self.symbols.name(symbol).clone();
            return classes::member(self, &object, &name, symbol);
        }
        let (class, slot) = self.public_member(&object, symbol)?;
        let index = object.index() as u32;
        if let MemberKind::Procedure(procedure) = &self.classes[class as usize].members[slot].kind {
            let procedure = procedure.clone();
            return Ok(Target::Value(self.call_procedure(index, procedure, Vec::new(), None)?));
        }
        match self.resolve_slot(class, index, slot)? {
            Some(target) => Ok(target),
            None => Ok(Target::Place(Place::Member { object: index, slot: slot as u32, element: 0 })),
        }
    }

    /// `section.variable`
    fn section_variable(&mut self, section: SectionId, symbol: Symbol) -> Outcome<Place> {
        match self.builtin(symbol) {
            Builtin::Range(variable) => Ok(Place::Range(section, variable, None)),
            Builtin::Property(property) => Ok(Place::Property(section, property)),
            _ => {
                let object = self.cell.full_name(section);
                let member = self.symbols.name(symbol).to_string();
                Err(Failure::UnknownMember { object, member }.into())
            }
        }
    }

    /// The object an expression stands for.
    pub(crate) fn object(&mut self, expression: &Expression) -> Outcome<ObjectRef> {
        let target = self.resolve(expression)?;
        self.target_object(target).map_err(|thrown| self.located(thrown, expression))
    }

    fn target_object(&mut self, target: Target) -> Outcome<ObjectRef> {
        match target {
            Target::Section(section) => Err(Failure::Type { expected: "an object", found: "a section" })
                .map_err(|failure| {
                    Thrown::helped(failure, format!("the section is `{}`", self.cell.full_name(section)))
                }),
            target => match self.read_target(target)? {
                Value::Object(Some(object)) => Ok(object),
                Value::Object(None) => Err(Failure::Nil.into()),
                other => Err(Failure::Type { expected: "an object", found: other.describe() }.into()),
            },
        }
    }
}
