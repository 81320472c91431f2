//! Declarations, templates and their instances.

use std::sync::Arc;

use cell::{Owner, SectionId};

use super::object::{Object, ObjectRef, Slot};
use super::scope::{Class, Member, MemberKind};
use super::value::{Argument, Arguments};
use super::{Interpreter, TOP};
use crate::arithmetic::EPSILON;
use crate::classes;
use crate::error::{Failure, Outcome, Thrown, did_you_mean};
use crate::syntax::Symbol;
use crate::syntax::ast::{Declarator, Statement, StatementKind, TemplateBody};

/// Largest section array.
const MAXIMUM_SECTIONS: usize = 1 << 20;

/// Calls `visit` for every declaration in `statements`, also those inside procedures and blocks.
fn visit_declarations(
    statements: &[Statement],
    visit: &mut impl FnMut(&StatementKind, bool),
    in_procedure: bool,
) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Block(inner) => visit_declarations(inner, visit, in_procedure),
            StatementKind::If(_, then, otherwise) => {
                visit_declarations(std::slice::from_ref(then), visit, in_procedure);
                if let Some(otherwise) = otherwise {
                    visit_declarations(std::slice::from_ref(otherwise), visit, in_procedure);
                }
            }
            StatementKind::While(_, body)
            | StatementKind::For(_, _, _, body)
            | StatementKind::ForRange(_, _, _, body)
            | StatementKind::ForSegments(_, _, body)
            | StatementKind::ForIterator(_, body)
            | StatementKind::ForAll(body)
            | StatementKind::ForSections(_, body)
            | StatementKind::IfSection(_, body)
            | StatementKind::Prefix(_, body) => {
                visit_declarations(std::slice::from_ref(body), visit, in_procedure)
            }
            StatementKind::Procedure(procedure) => visit_declarations(&procedure.body, visit, true),
            kind => visit(kind, in_procedure),
        }
    }
}

impl Interpreter {
    /// Makes known what `statements` declare, as NEURON does while it reads them.
    pub(crate) fn declare_all(&mut self, class: u32, statements: &[Statement]) -> Outcome<()> {
        let mut declared = Vec::new();
        visit_declarations(
            statements,
            &mut |kind, in_procedure| declare(kind, in_procedure, &mut declared),
            false,
        );
        let this = self.symbols.intern("this");
        for (symbol, mut kind) in declared {
            if symbol == this && class != TOP && matches!(kind, Declared::Kind(MemberKind::Object)) {
                kind = Declared::Kind(MemberKind::This);
            }
            let found = &mut self.classes[class as usize];
            let slot = found.mention(symbol);
            let member = &mut found.members[slot];
            match kind {
                Declared::Public => member.public = true,
                Declared::Kind(kind) => {
                    if matches!(kind, MemberKind::Text)
                        && class == TOP
                        && let Some(place) = self.heap.slot_mut(TOP as usize, slot)
                    {
                        *place = Slot::Text(Arc::from(""));
                    }
                    let member = &mut self.classes[class as usize].members[slot];
                    if !same_kind(&member.kind, &kind) {
                        member.kind = kind;
                        if class == TOP
                            && let Some(place) = self.heap.slot_mut(TOP as usize, slot)
                            && !matches!(place, Slot::Text(_))
                        {
                            *place = Slot::Empty;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// `begintemplate … endtemplate`; a template that exists already is kept, as NEURON keeps it.
    pub(crate) fn define_template(&mut self, template: &Arc<TemplateBody>) -> Outcome<()> {
        if let Some(class) = self.class_named(template.name) {
            let native = self.classes[class as usize].native.is_some();
            if native {
                // the native class does what the standard library's template does
                return Ok(());
            }
            let name = self.symbols.name(template.name).to_string();
            return Err(Thrown::helped(
                Failure::Other(format!("template `{name}` is defined twice")),
                "one file of a circuit defines each template; remove the second definition",
            ));
        }
        let mut class = Class::new(template.name, None);
        for &symbol in &template.mentioned {
            class.mention(symbol);
        }
        class.body = Some(template.clone());
        let index = self.add_class(class);
        self.declare_all(index, &template.body)?;
        for statement in &template.body {
            match &statement.kind {
                StatementKind::Procedure(procedure) => {
                    let class = &mut self.classes[index as usize];
                    let slot = class.mention(procedure.name);
                    class.members[slot].kind = MemberKind::Procedure(procedure.clone());
                }
                StatementKind::Template(inner) => self.define_template(inner)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `new Class(arguments)`
    pub(crate) fn construct_object(
        &mut self,
        symbol: Symbol,
        arguments: Vec<Argument>,
    ) -> Outcome<ObjectRef> {
        let Some(class) = self.class_named(symbol) else {
            return Err(self.unknown_class(symbol));
        };
        if let Some(native) = self.classes[class as usize].native {
            let function = self.symbols.name(symbol).clone();
            return classes::construct(self, class, native, Arguments { function, values: arguments });
        }
        if self.heap.len() > self.options.object_limit {
            let failure =
                Failure::SizeLimit { what: "the number of objects", limit: self.options.object_limit };
            return Err(failure.into());
        }
        let values = vec![Slot::Empty; self.classes[class as usize].members.len()];
        let object = self.add_object(class, Object::Instance { values, owner: None });
        if let Some(body) = self.classes[class as usize].body.clone() {
            self.initialize(&object, class, &body)?;
        }
        let init = self.symbols.intern("init");
        if let Some(Member { kind: MemberKind::Procedure(procedure), .. }) = self.classes[class as usize]
            .find(init)
            .map(|slot| self.classes[class as usize].members[slot].clone())
        {
            let value = self.call_procedure(object.index() as u32, procedure, arguments, None)?;
            if let super::value::Value::Object(other) = value {
                self.release(other);
            }
        }
        Ok(object)
    }

    /// Runs what stands in a template outside its procedures, for a new instance.
    fn initialize(&mut self, object: &ObjectRef, class: u32, body: &Arc<TemplateBody>) -> Outcome<()> {
        let frame = super::frame::Frame::of(class, object.index() as u32, body.source.clone());
        self.in_frame(frame, |interpreter| {
            for statement in &body.body {
                let own = matches!(
                    statement.kind,
                    StatementKind::Procedure(_) | StatementKind::Template(_) | StatementKind::Public(_)
                );
                if !own {
                    interpreter.run(statement)?;
                }
            }
            Ok(())
        })
    }

    fn unknown_class(&self, symbol: Symbol) -> Box<Thrown> {
        let name = self.symbols.name(symbol).to_string();
        let mut known: Vec<String> =
            self.classes.iter().map(|class| self.symbols.name(class.name).to_string()).collect();
        known.extend(self.catalogue.mechanisms().iter().map(|mechanism| mechanism.name.clone()));
        let help = did_you_mean(&name, known.iter().map(String::as_str)).unwrap_or_else(|| {
            "load the file with the template first, or add the mechanism's `.mod` file to the mechanisms of the circuit".into()
        });
        Thrown::helped(Failure::UnknownClass(name), help)
    }

    pub(crate) fn dimensions(&mut self, declarator: &Declarator) -> Outcome<Vec<usize>> {
        let mut dimensions = Vec::new();
        let mut total = 1.0;
        for dimension in &declarator.dimensions {
            let count = self.number(dimension)?;
            total *= count;
            if count.is_nan() || count < 1.0 - EPSILON {
                let function = self.symbols.name(declarator.name).to_string();
                let expected = "1 or more".to_string();
                return Err(Failure::ArgumentRange { function, index: 1, value: count, expected }.into());
            }
            dimensions.push(self.check_size(count + EPSILON, "the array")?);
        }
        self.check_size(total, "the array")?;
        Ok(dimensions)
    }

    pub(crate) fn declare_objects(&mut self, declarator: &Declarator) -> Outcome<()> {
        let dimensions = self.dimensions(declarator)?;
        let (class, object, slot) = self.own_member(declarator.name);
        if matches!(self.classes[class].members[slot].kind, MemberKind::This) {
            return Ok(());
        }
        let value = if dimensions.is_empty() {
            self.classes[class].members[slot].kind = MemberKind::Object;
            Slot::Object(None)
        } else {
            let count = dimensions.iter().product();
            self.classes[class].members[slot].kind = MemberKind::Objects(dimensions);
            Slot::Objects(vec![None; count])
        };
        self.replace_slot(object, slot, value);
        Ok(())
    }

    pub(crate) fn declare_numbers(&mut self, declarator: &Declarator) -> Outcome<()> {
        let dimensions = self.dimensions(declarator)?;
        let (class, object, slot) = self.own_member(declarator.name);
        let count = dimensions.iter().product();
        self.classes[class].members[slot].kind = MemberKind::Numbers(dimensions);
        self.replace_slot(object, slot, Slot::Numbers(vec![0.0; count]));
        Ok(())
    }

    /// Class, object and slot of a name in the visible scope.
    fn own_member(&mut self, symbol: Symbol) -> (usize, usize, usize) {
        let frame = &self.frames[self.current];
        let (class, object) = (frame.class as usize, frame.object as usize);
        (class, object, self.classes[class].mention(symbol))
    }

    fn replace_slot(&mut self, object: usize, slot: usize, value: Slot) {
        let old = self.heap.slot_mut(object, slot).map(|place| std::mem::replace(place, value));
        match old {
            Some(Slot::Object(object)) => self.release(object),
            Some(Slot::Objects(objects)) => {
                for object in objects {
                    self.release(object);
                }
            }
            _ => {}
        }
    }

    /// `create name[n]` in the scope of an object; sections of that name are deleted first.
    pub(crate) fn create_sections(
        &mut self,
        object: u32,
        symbol: Symbol,
        dimensions: Vec<usize>,
    ) -> Outcome<()> {
        let class = self.heap.entry(object as usize).class as usize;
        let slot = self.classes[class].mention(symbol);
        let name = self.symbols.name(symbol).clone();
        let count: usize = dimensions.iter().product();
        if count > MAXIMUM_SECTIONS {
            return Err(Failure::SizeLimit { what: "the section array", limit: MAXIMUM_SECTIONS }.into());
        }
        let kind = &self.classes[class].members[slot].kind;
        if matches!(kind, MemberKind::Procedure(_) | MemberKind::This) {
            let found = kind.describe();
            return Err(Failure::WrongKind { name: name.to_string(), expected: "a section", found }.into());
        }
        if let Some(Slot::Sections(old)) = self.heap.slot_mut(object as usize, slot) {
            for section in std::mem::take(old).into_iter().flatten() {
                self.cell.delete_section(section);
            }
        }
        let owner = self.owner(object);
        let sections: Vec<Option<SectionId>> = if dimensions.is_empty() {
            vec![Some(self.cell.create_section(owner, &name))]
        } else {
            (0..count)
                .map(|index| Some(self.cell.create_section(owner, &format!("{name}[{index}]"))))
                .collect()
        };
        self.classes[class].members[slot].kind = MemberKind::Section(dimensions);
        self.replace_slot(object as usize, slot, Slot::Sections(sections));
        Ok(())
    }

    /// What the cell knows an object's sections by; nothing for the top level.
    pub(crate) fn owner(&mut self, object: u32) -> Option<Owner> {
        if object == TOP {
            return None;
        }
        let name = self.object_name(&self.heap.reference(object as usize));
        if let Object::Instance { owner, .. } = self.heap.data_mut(object as usize) {
            if owner.is_none() {
                *owner = Some(self.cell.new_owner(&name));
            }
            return *owner;
        }
        None
    }
}

enum Declared {
    Public,
    Kind(MemberKind),
}

fn declare(kind: &StatementKind, in_procedure: bool, declared: &mut Vec<(Symbol, Declared)>) {
    let mut add = |symbol: Symbol, kind: MemberKind| declared.push((symbol, Declared::Kind(kind)));
    match kind {
        StatementKind::Texts(names) => names.iter().for_each(|name| add(name.name, MemberKind::Text)),
        StatementKind::Objects(names) => {
            for name in names {
                // the real dimensions are known when the declaration runs
                let dimensions = vec![0; name.dimensions.len()];
                add(
                    name.name,
                    if dimensions.is_empty() { MemberKind::Object } else { MemberKind::Objects(dimensions) },
                );
            }
        }
        StatementKind::Arrays(names) => {
            names.iter().for_each(|name| add(name.name, MemberKind::Numbers(vec![0; name.dimensions.len()])));
        }
        StatementKind::Create(names) => {
            for name in names {
                if !in_procedure {
                    add(name.name, MemberKind::Section(vec![0; name.dimensions.len()]));
                }
            }
        }
        StatementKind::External(names) => names.iter().for_each(|&name| add(name, MemberKind::External)),
        StatementKind::Public(names) => declared.extend(names.iter().map(|&name| (name, Declared::Public))),
        _ => {}
    }
}

fn same_kind(known: &MemberKind, declared: &MemberKind) -> bool {
    match (known, declared) {
        (MemberKind::This, MemberKind::Object) => true,
        _ => std::mem::discriminant(known) == std::mem::discriminant(declared),
    }
}
