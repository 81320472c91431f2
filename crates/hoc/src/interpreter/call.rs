//! Calling procedures and executing text.

use std::sync::Arc;

use super::frame::Frame;
use super::object::ObjectRef;
use super::run::Flow;
use super::value::{Argument, Value};
use super::{Interpreter, TOP};
use crate::error::{Failure, Outcome, Thrown, TraceLine};
use crate::syntax::ast::{Procedure, ProcedureKind, Statement};
use crate::syntax::{Source, parse};

impl Interpreter {
    /// Runs a procedure of an object.
    pub(crate) fn call_procedure(
        &mut self,
        object: u32,
        procedure: Arc<Procedure>,
        arguments: Vec<Argument>,
        iterator: Option<super::frame::IteratorBody>,
    ) -> Outcome<Value> {
        let mut frame = Frame::of(self.heap.entry(object as usize).class, object, procedure.source.clone());
        frame.numbers = vec![0.0; procedure.locals.len()];
        frame.objects = vec![None; procedure.local_objects.len()];
        frame.arguments = arguments;
        frame.procedure = Some(procedure.clone());
        frame.iterator = iterator;
        let kind = procedure.kind;
        let result = self.in_frame(frame, |interpreter| interpreter.run_all(&procedure.body));
        let flow = match result {
            Ok(flow) => flow,
            Err(mut thrown) => {
                self.trace(&mut thrown, object, &procedure);
                return Err(thrown);
            }
        };
        match (kind, flow) {
            (ProcedureKind::Function, Flow::Return(Value::Nothing)) => Ok(Value::Number(0.0)),
            (_, Flow::Return(value)) => Ok(value),
            (ProcedureKind::Function, _) => Ok(Value::Number(0.0)),
            (ProcedureKind::ObjectFunction, _) => Ok(Value::Object(None)),
            _ => Ok(Value::Nothing),
        }
    }

    fn trace(&self, thrown: &mut Thrown, object: u32, procedure: &Procedure) {
        const LONGEST: usize = 20;
        if thrown.trace.len() >= LONGEST {
            return;
        }
        let name = self.symbols.name(procedure.name);
        let procedure = if object == TOP {
            name.to_string()
        } else {
            format!("{}.{name}", self.object_name(&self.heap.reference(object as usize)))
        };
        let caller = &self.frames[self.current];
        let line = caller.source.line(caller.at.start);
        thrown.trace.push(TraceLine { procedure, source: caller.source.name.clone(), line });
    }

    /// Runs `action` with `frame` as the visible one; whatever happens, frames and accessed sections are then as before.
    pub(crate) fn in_frame<T>(
        &mut self,
        frame: Frame,
        action: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        if self.frames.len() > self.options.recursion_limit {
            return Err(Failure::RecursionLimit(self.options.recursion_limit).into());
        }
        let caller = self.current;
        let accessed = self.accessed.len();
        let depth = self.depth;
        self.frames.push(frame);
        self.current = self.frames.len() - 1;
        let result = action(self);
        if let Some(frame) = self.frames.pop() {
            for object in frame.objects.into_iter().flatten() {
                self.release(Some(object));
            }
            self.release_arguments(frame.arguments);
        }
        self.current = caller;
        if result.is_err() {
            self.accessed.truncate(accessed);
        }
        self.depth = depth;
        result
    }

    pub(crate) fn release_arguments(&mut self, arguments: Vec<Argument>) {
        for argument in arguments {
            if let Argument::Value(Value::Object(object)) = argument {
                self.release(object);
            }
        }
    }

    /// Runs text in the scope of an object, or at top level.
    pub(crate) fn execute_text(&mut self, text: &str, object: Option<&ObjectRef>) -> Outcome<()> {
        // `~` asks NEURON not to wrap the text in braces; here it never is
        let text = text.strip_prefix('~').unwrap_or(text);
        let source = Arc::new(Source { name: self.executed_name.clone(), text: Arc::from(text) });
        let statements = self.parse_checked(&source)?;
        let object = object.map_or(TOP, |object| object.index() as u32);
        self.run_source(&source, &statements, object)
    }

    fn parse_checked(&mut self, source: &Arc<Source>) -> Outcome<Vec<Statement>> {
        let parsed = parse(source, &mut self.symbols);
        match parsed.errors.into_iter().next() {
            None => Ok(parsed.statements),
            Some(error) => {
                let span = crate::syntax::Span {
                    start: error.span.offset() as u32,
                    end: (error.span.offset() + error.span.len()) as u32,
                };
                let failure = Failure::Syntax(error.problem.to_string());
                let location = Some((source.clone(), span));
                Err(Box::new(Thrown { failure, location, help: error.help, trace: Vec::new() }))
            }
        }
    }

    /// Runs parsed statements in the scope of an object.
    pub(crate) fn run_source(
        &mut self,
        source: &Arc<Source>,
        statements: &[Statement],
        object: u32,
    ) -> Outcome<()> {
        let class = self.heap.entry(object as usize).class;
        if self.classes[class as usize].native.is_some() {
            return Err(Failure::Type {
                expected: "an object of a template",
                found: "an object of a built-in class",
            }
            .into());
        }
        let frame = Frame::of(class, object, source.clone());
        self.in_frame(frame, |interpreter| {
            interpreter.declare_all(class, statements)?;
            interpreter.run_all(statements).map(|_| ())
        })
    }
}
