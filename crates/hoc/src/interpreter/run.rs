//! Running statements.

use std::sync::Arc;

use cell::RangeVariable;

use super::Interpreter;
use super::frame::IteratorBody;
use super::host::{SetPointer, Variable};
use super::object::Object;
use super::scope::MemberKind;
use super::value::{Argument, Place, Target, Value};
use crate::arithmetic::EPSILON;
use crate::error::{Failure, Outcome, Thrown};
use crate::syntax::ast::{Expression, ExpressionKind, Statement, StatementKind};
use crate::text::general;

/// How a statement ended.
#[derive(Debug)]
pub(crate) enum Flow {
    Normal,
    Break,
    Continue,
    Return(Value),
    Stop,
}

/// Statements and expressions inside each other that the stack surely takes.
const MAXIMUM_DEPTH: usize = 700;

impl Interpreter {
    pub(crate) fn run_all(&mut self, statements: &[Statement]) -> Outcome<Flow> {
        for statement in statements {
            match self.run(statement)? {
                Flow::Normal => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Normal)
    }

    pub(crate) fn run(&mut self, statement: &Statement) -> Outcome<Flow> {
        if self.steps_left == 0 {
            return Err(Failure::StepLimit(self.options.step_limit).into());
        }
        self.steps_left -= 1;
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return Err(Failure::RecursionLimit(MAXIMUM_DEPTH).into());
        }
        self.frames[self.current].at = statement.span;
        let result = self.run_kind(&statement.kind);
        self.depth -= 1;
        result.map_err(|mut thrown| {
            if thrown.location.is_none() {
                thrown.location = Some((self.frames[self.current].source.clone(), statement.span));
            }
            thrown
        })
    }

    fn run_kind(&mut self, kind: &StatementKind) -> Outcome<Flow> {
        match kind {
            StatementKind::Expression(expression) => {
                self.run_expression(expression)?;
            }
            StatementKind::Block(statements) => return self.run_all(statements),
            StatementKind::If(condition, then, otherwise) => {
                if self.number(condition)? != 0.0 {
                    return self.run(then);
                } else if let Some(otherwise) = otherwise {
                    return self.run(otherwise);
                }
            }
            StatementKind::While(condition, body) => {
                while self.number(condition)? != 0.0 {
                    match self.run(body)? {
                        Flow::Break => break,
                        Flow::Normal | Flow::Continue => {}
                        other => return Ok(other),
                    }
                }
            }
            StatementKind::For(start, condition, step, body) => {
                return self.run_for(start, condition.as_ref(), step, body);
            }
            StatementKind::ForRange(target, first, last, body) => {
                return self.run_range(target, first, last, body);
            }
            StatementKind::ForSegments(variable, ends, body) => {
                return self.run_segments(variable, ends.as_ref(), body);
            }
            StatementKind::ForIterator(call, body) => return self.run_iterator(call, body),
            StatementKind::IteratorStatement => return self.run_iterator_body(),
            StatementKind::ForAll(body) => {
                let sections = self.own_sections();
                return self.over_sections(&sections, body);
            }
            StatementKind::ForSections(list, body) => {
                let sections = self.sections_named(list)?;
                return self.over_sections(&sections, body);
            }
            StatementKind::IfSection(list, body) => {
                let section = self.accessed_section()?;
                if self.sections_named(list)?.contains(&section) {
                    return self.run(body);
                }
            }
            StatementKind::Prefix(section, body) => return self.run_prefix(section, body),
            StatementKind::Print(values) => self.print(values)?,
            StatementKind::Return(value) => {
                let value = match value {
                    Some(expression) => self.value(expression)?,
                    None => Value::Nothing,
                };
                return Ok(Flow::Return(value));
            }
            StatementKind::Break => return Ok(Flow::Break),
            StatementKind::Continue => return Ok(Flow::Continue),
            StatementKind::Stop => return Ok(Flow::Stop),
            StatementKind::Ignored => {}
            _ => self.run_declaration(kind)?,
        }
        Ok(Flow::Normal)
    }

    fn run_expression(&mut self, expression: &Expression) -> Outcome<()> {
        if let ExpressionKind::Assign(operator, target, value) = &expression.kind {
            return self.assign(*operator, target, value).map(|_| ());
        }
        match self.resolve(expression)? {
            Target::Value(Value::Object(object)) => self.release(object),
            Target::Place(place) => {
                // reading an undefined name is an error even if nothing is done with the value
                if let Value::Object(object) = self.read(&place)? {
                    self.release(object);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn run_for(
        &mut self,
        start: &[Expression],
        condition: Option<&Expression>,
        step: &[Expression],
        body: &Statement,
    ) -> Outcome<Flow> {
        for expression in start {
            self.run_expression(expression)?;
        }
        loop {
            if let Some(condition) = condition
                && self.number(condition)? == 0.0
            {
                return Ok(Flow::Normal);
            }
            match self.run(body)? {
                Flow::Break => return Ok(Flow::Normal),
                Flow::Normal | Flow::Continue => {}
                other => return Ok(other),
            }
            for expression in step {
                self.run_expression(expression)?;
            }
        }
    }

    fn run_range(
        &mut self,
        target: &Expression,
        first: &Expression,
        last: &Expression,
        body: &Statement,
    ) -> Outcome<Flow> {
        let mut value = self.number(first)?;
        let last = self.number(last)?;
        while value <= last + EPSILON {
            self.assign_number(target, value)?;
            match self.run(body)? {
                Flow::Break => return Ok(Flow::Normal),
                Flow::Normal | Flow::Continue => {}
                other => return Ok(other),
            }
            // the body may have changed the variable
            value = self.number(target)? + 1.0;
        }
        self.assign_number(target, value)?;
        Ok(Flow::Normal)
    }

    fn run_segments(
        &mut self,
        variable: &Expression,
        ends: Option<&Expression>,
        body: &Statement,
    ) -> Outcome<Flow> {
        let section = self.accessed_section()?;
        let with_ends = match ends {
            Some(ends) => self.number(ends)? != 0.0,
            None => true,
        };
        let count = self.cell.nseg(section)?;
        // Each position is the sum of the one before and a step, whose rounding names of random streams depend on
        let step = 1.0 / count as f64;
        let mut x = if with_ends { 0.0 } else { step / 2.0 };
        for number in usize::from(!with_ends)..=count + usize::from(with_ends) {
            if number > count {
                x = 1.0;
            }
            self.assign_number(variable, x)?;
            match self.run(body)? {
                Flow::Break => break,
                Flow::Normal | Flow::Continue => {}
                other => return Ok(other),
            }
            x = self.number(variable)? + if number == 0 { step / 2.0 } else { step };
        }
        Ok(Flow::Normal)
    }

    fn run_iterator(&mut self, call: &Expression, body: &Statement) -> Outcome<Flow> {
        let (callee, arguments): (&Expression, &[Expression]) = match &call.kind {
            ExpressionKind::Call(callee, arguments) => (callee, arguments),
            _ => (call, &[]),
        };
        let frame = self.current;
        let iterator = IteratorBody { body: Arc::new(body.clone()), frame };
        if let ExpressionKind::Name(symbol) = callee.kind
            && &**self.symbols.name(symbol) == "case"
            && self.procedure_named(symbol).is_none()
        {
            return self.run_case(arguments, body);
        }
        let (object, procedure) = match &callee.kind {
            ExpressionKind::Name(symbol) => {
                self.procedure_named(*symbol).ok_or_else(|| self.unknown_function(*symbol))?
            }
            ExpressionKind::Member(base, symbol) => {
                let object = self.object(base)?;
                self.method_named(&object, *symbol)?
            }
            _ => return Err(Failure::Type { expected: "an iterator", found: "an expression" }.into()),
        };
        let arguments = self.arguments(arguments)?;
        match self.call_procedure(object, procedure, arguments, Some(iterator))? {
            Value::Nothing => Ok(Flow::Normal),
            value => Ok(Flow::Return(value)),
        }
    }

    /// `for case(&x, a, b, …)` of the standard library
    fn run_case(&mut self, arguments: &[Expression], body: &Statement) -> Outcome<Flow> {
        let arguments = self.arguments(arguments)?;
        let Some((Argument::Address(place), values)) = arguments.split_first() else {
            return Err(Failure::Type {
                expected: "`&variable` as the first argument of `case`",
                found: "a value",
            }
            .into());
        };
        for argument in values {
            let value = self.argument_value(argument)?;
            self.write(place, value)?;
            match self.run(body)? {
                Flow::Break => break,
                Flow::Normal | Flow::Continue => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Normal)
    }

    fn run_iterator_body(&mut self) -> Outcome<Flow> {
        let Some(iterator) = self.frames[self.current].iterator.clone() else {
            return Err(Failure::Other("`iterator_statement` outside an iterator".into()).into());
        };
        let inner = std::mem::replace(&mut self.current, iterator.frame);
        let result = self.run(&iterator.body);
        self.current = inner;
        Ok(match result? {
            Flow::Normal | Flow::Continue => Flow::Normal,
            // leaving the loop ends the iterator
            Flow::Break => Flow::Return(Value::Nothing),
            other => other,
        })
    }

    pub(crate) fn over_sections(&mut self, sections: &[cell::SectionId], body: &Statement) -> Outcome<Flow> {
        for &section in sections {
            if !self.cell.exists(section) {
                continue;
            }
            self.accessed.push(section);
            let depth = self.accessed.len();
            let result = self.run(body);
            self.accessed.truncate(depth - 1);
            match result? {
                Flow::Break => break,
                Flow::Normal | Flow::Continue => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Normal)
    }

    fn run_prefix(&mut self, prefix: &Expression, body: &Statement) -> Outcome<Flow> {
        match self.resolve(prefix)? {
            Target::Section(section) => {
                self.accessed.push(section);
                let depth = self.accessed.len();
                let result = self.run(body);
                self.accessed.truncate(depth - 1);
                result
            }
            Target::Value(Value::Object(object)) => {
                self.release(object);
                self.run(body)
            }
            _ => self.run(body),
        }
    }

    fn print(&mut self, values: &[Expression]) -> Outcome<()> {
        let mut text = String::new();
        for expression in values {
            match self.value(expression)? {
                Value::Number(value) => {
                    text.push_str(&general(value, 8));
                    text.push(' ');
                }
                Value::Text(value) => text.push_str(&value),
                Value::Object(Some(object)) => {
                    text.push_str(&self.object_name(&object));
                    text.push(' ');
                }
                Value::Object(None) => text.push_str("NULLobject "),
                Value::Nothing => text.push_str("0 "),
            }
        }
        text.push('\n');
        self.say(&text);
        Ok(())
    }

    fn run_declaration(&mut self, kind: &StatementKind) -> Outcome<()> {
        match kind {
            StatementKind::Access(expression) => {
                let section = self.section(expression)?;
                // replaces the section accessed at this level, so it outlives the statement
                self.accessed.pop();
                self.accessed.push(section);
            }
            StatementKind::Create(declarators) => {
                let object = self.frames[self.current].object;
                for declarator in declarators {
                    let dimensions = self.dimensions(declarator)?;
                    self.create_sections(object, declarator.name, dimensions)?;
                }
            }
            StatementKind::Connect(child, parent) => self.connect(child, parent)?,
            StatementKind::Insert(mechanism) => {
                let section = self.accessed_section()?;
                let name = self.symbols.name(*mechanism).clone();
                self.cell.insert(section, &name)?;
            }
            StatementKind::Uninsert(mechanism) => {
                let section = self.accessed_section()?;
                let name = self.symbols.name(*mechanism).clone();
                self.cell.uninsert(section, &name)?;
            }
            StatementKind::Objects(declarators) => {
                for declarator in declarators {
                    self.declare_objects(declarator)?;
                }
            }
            StatementKind::Arrays(declarators) => {
                for declarator in declarators {
                    self.declare_numbers(declarator)?;
                }
            }
            // declared before the statements run
            StatementKind::Texts(_) | StatementKind::Public(_) | StatementKind::External(_) => {}
            StatementKind::SetPointer(pointer, target) => self.set_pointer(pointer, target)?,
            StatementKind::Procedure(procedure) => {
                let class = self.frames[self.current].class;
                let slot = self.classes[class as usize].mention(procedure.name);
                self.classes[class as usize].members[slot].kind = MemberKind::Procedure(procedure.clone());
            }
            StatementKind::Template(template) => self.define_template(template)?,
            _ => {}
        }
        Ok(())
    }

    fn set_pointer(&mut self, pointer: &Expression, target: &Expression) -> Outcome<()> {
        let from = self.cell_variable(pointer)?;
        let to = self.cell_variable(target)?;
        self.set_pointers.push(SetPointer { from, to });
        Ok(())
    }

    /// The variable of the cell that an expression stands for.
    fn cell_variable(&mut self, expression: &Expression) -> Outcome<Variable> {
        match self.resolve(expression)? {
            Target::Place(Place::Range(section, variable, x))
                if matches!(
                    variable,
                    RangeVariable::Voltage | RangeVariable::Ion(..) | RangeVariable::Mechanism(..)
                ) =>
            {
                Ok(Variable::Range(section, variable, x.unwrap_or(0.5)))
            }
            Target::Place(Place::PointVariable(object, symbol)) => {
                let Object::PointProcess(id, _) = *self.heap.data(object as usize) else {
                    return Err(Failure::Nil.into());
                };
                Ok(Variable::Point(id, self.symbols.name(symbol).to_string()))
            }
            _ => {
                let found = "something else";
                let failure = Failure::Type { expected: "a variable of a mechanism or a voltage", found };
                Err(self.located(failure.into(), expression))
            }
        }
    }

    /// The place a name's number or object is kept, for assignment by loops.
    pub(crate) fn assign_number(&mut self, target: &Expression, value: f64) -> Outcome<()> {
        if let ExpressionKind::Local(slot) = target.kind {
            let frame = self.current;
            if let Some(place) = self.frames[frame].numbers.get_mut(slot as usize) {
                *place = value;
            }
            return Ok(());
        }
        let place = self.place(target)?;
        self.write(&place, Value::Number(value))
    }

    pub(crate) fn place(&mut self, target: &Expression) -> Outcome<Place> {
        match self.resolve_for_writing(target)? {
            Target::Place(place) => Ok(place),
            Target::Section(_) | Target::Location(..) => {
                Err(Failure::NotAssignable("a section".into()).into())
            }
            Target::Value(value) => Err(Thrown::helped(
                Failure::NotAssignable(value.describe().into()),
                "only variables can be assigned to",
            )),
        }
    }
}
