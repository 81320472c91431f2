//! Statements.

use std::collections::HashMap;
use std::sync::Arc;

use super::kernel::Lowering;
use super::value::{Kind, Local, Pointer, Target, Value};
use super::{Part, walk};
use crate::ir::{BinaryOperation, Effect, Instruction, Place, Register};
use crate::model::Fault;
use crate::syntax::Span;
use crate::syntax::ast::{
    Argument, Body, CType, Declaration, Expression, Initializer, LocalVariable, Name, Statement,
    StatementKind, Variable, WatchCondition,
};

/// Statements that a kernel may consist of once all functions are written out.
const MAXIMUM_STATEMENTS: usize = 400_000;

impl Lowering<'_, '_> {
    /// Statements in a scope of their own.
    pub fn body(&mut self, body: &Body) {
        self.frame().scopes.push(HashMap::new());
        self.statements(&body.statements);
        self.frame().scopes.pop();
    }

    pub fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.statements += 1;
        if self.statements > MAXIMUM_STATEMENTS && !self.context.is_full {
            let fault = Fault::Other("this calls too many functions within each other".to_string());
            let help = "keep what a function gives in a `LOCAL` instead of calling it again".to_string();
            self.fault(fault, statement.span, help);
            self.context.is_full = true;
        }
        if self.context.is_full {
            return;
        }
        let span = statement.span;
        match &statement.kind {
            StatementKind::Local(locals) => self.locals(locals),
            StatementKind::Assign { target, value } | StatementKind::Protect { target, value } => {
                let value = self.expression(value);
                let target = self.target_of(target);
                self.set(&target, value, span);
            }
            StatementKind::Call(call) => {
                self.call(call);
            }
            StatementKind::If { branches, otherwise } => self.if_statement(branches, otherwise.as_ref()),
            StatementKind::While { condition, body } => self.loop_statement(Some(condition), &[], body),
            StatementKind::From { variable, first, last, step, body } => {
                self.counted(variable, first, last, step.as_ref(), body);
            }
            StatementKind::For { start, condition, steps, body } => {
                self.frame().scopes.push(HashMap::new());
                self.statements(start);
                self.loop_statement(condition.as_ref(), steps, body);
                self.frame().scopes.pop();
            }
            StatementKind::DoWhile { body, condition } => self.do_while(body, condition),
            StatementKind::Nested(body) => self.body(body),
            StatementKind::Solve { .. } => self.solve(statement),
            StatementKind::Conductance { .. } | StatementKind::MutexLock | StatementKind::MutexUnlock => {}
            StatementKind::Table(_) => {}
            StatementKind::Watch(conditions) => self.watch(conditions, span),
            StatementKind::ForNetCons { arguments, body } => self.for_connections(arguments, body, span),
            StatementKind::Initial(_) => {}
            StatementKind::Declaration(declaration) => self.declaration(declaration),
            StatementKind::Expression(expression) => {
                self.expression(expression);
            }
            StatementKind::Break => self.leave_loop(true, span),
            StatementKind::Continue => self.leave_loop(false, span),
            StatementKind::Return(value) => self.return_statement(value.as_ref(), span),
            StatementKind::Within { variable, value, body } => self.within(variable, value, body),
            StatementKind::Newton { unknowns, residuals, body } => {
                self.newton(unknowns, residuals, body, span);
            }
            StatementKind::LinearSystem { unknowns, matrix, right } => {
                self.linear_system(unknowns, matrix, right, span);
            }
            StatementKind::Verbatim(_)
            | StatementKind::Reaction { .. }
            | StatementKind::Conserve { .. }
            | StatementKind::Compartment(_)
            | StatementKind::LongitudinalDiffusion(_)
            | StatementKind::Equation { .. }
            | StatementKind::Lag { .. } => self.unsupported(statement),
        }
    }

    fn unsupported(&mut self, statement: &Statement) {
        let (name, reason) = match &statement.kind {
            StatementKind::Lag { .. } => ("LAG", "values of the past are not kept"),
            StatementKind::Verbatim(_) => ("VERBATIM", "its text could not be read"),
            _ => ("~", "it is a statement of a block that `SOLVE` names"),
        };
        let help = match &statement.kind {
            StatementKind::Lag { .. } => Some("say by states what is needed of the past".to_string()),
            _ => None,
        };
        let fault = Fault::Unsupported { name: name.to_string(), reason: reason.to_string() };
        self.fault(fault, statement.span, help);
    }

    // Declarations

    fn locals(&mut self, locals: &[LocalVariable]) {
        for local in locals {
            let length = self.context.length(local.length.as_ref());
            let local_value = match length {
                None => Local::Register(self.builder.register(), Kind::Double),
                Some(length) => {
                    let first = self.builder.registers(length);
                    Local::Registers { first, length, kind: Kind::Double }
                }
            };
            self.declare(&local.name.text, local_value);
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let name = &declaration.name.text;
        let initial = match &declaration.initial {
            Some(Initializer::Value(value)) if !declaration.shared => {
                let span = value.span;
                Some((self.expression(value), span))
            }
            _ => None,
        };
        let kind = match (&declaration.kind, &initial) {
            (CType::Auto, Some((Value::Number(_, kind), _))) => Some(*kind),
            (kind, _) => Kind::of(kind),
        };
        let Some(kind) = kind else {
            let pointer = match initial {
                Some((Value::Pointer(pointer), _)) => pointer,
                Some((Value::Number(..), _)) => Pointer::Null,
                _ => Pointer::Unset,
            };
            self.declare_pointer(name, pointer);
            return;
        };
        if declaration.shared {
            self.shared_declaration(declaration, kind);
            return;
        }
        let Some(length) = declaration.length else {
            let register = self.builder.register();
            if let Some((value, span)) = initial {
                self.set(&Target::Variable(register, kind), value, span);
            }
            self.declare(name, Local::Register(register, kind));
            return;
        };
        let first = self.builder.registers(length);
        if let Some(Initializer::List(values)) = &declaration.initial {
            for (index, value) in values.iter().enumerate().take(length as usize) {
                let span = value.span;
                let value = self.expression(value);
                self.set(&Target::Variable(first + index as u32, kind), value, span);
            }
        }
        self.declare(name, Local::Registers { first, length, kind });
    }

    /// A `static` of a function: one for all instances.
    fn shared_declaration(&mut self, declaration: &Declaration, kind: Kind) {
        let frame = self.frames.last().map_or(String::new(), |frame| frame.name.to_string());
        let first = self.context.static_variable(&frame, declaration);
        let local = match declaration.length {
            None => Local::Place(first, kind),
            Some(length) => Local::Places { first, length, kind },
        };
        self.declare(&declaration.name.text, local);
    }

    // Control flow

    fn if_statement(&mut self, branches: &[(Expression, Body)], otherwise: Option<&Body>) {
        let Some(((condition, body), rest)) = branches.split_first() else {
            if let Some(body) = otherwise {
                self.body(body);
            }
            return;
        };
        let condition = self.condition(condition);
        self.branch(
            condition,
            |lowering| lowering.body(body),
            |lowering| lowering.if_statement(rest, otherwise),
        );
    }

    /// `while` and `for`
    fn loop_statement(&mut self, condition: Option<&Expression>, steps: &[Expression], body: &Body) {
        let continues = walk::contains(body, &|kind| matches!(kind, StatementKind::Continue));
        let before = self.pointers.clone();
        self.scope(true, |lowering, outer| {
            let (inner, ()) = lowering.block(|lowering| {
                if let Some(condition) = condition {
                    let condition = lowering.condition(condition);
                    lowering.leave_unless(condition, outer);
                }
                lowering.scope(continues, |lowering, turn| {
                    lowering.frame().loops.push((outer, turn));
                    lowering.body(body);
                    lowering.frame().loops.pop();
                });
                for step in steps {
                    lowering.expression(step);
                }
            });
            lowering.builder.push(Instruction::Loop { body: inner });
        });
        self.forget_moved(before);
    }

    fn do_while(&mut self, body: &Body, condition: &Expression) {
        let continues = walk::contains(body, &|kind| matches!(kind, StatementKind::Continue));
        let before = self.pointers.clone();
        self.scope(true, |lowering, outer| {
            let (inner, ()) = lowering.block(|lowering| {
                lowering.scope(continues, |lowering, turn| {
                    lowering.frame().loops.push((outer, turn));
                    lowering.body(body);
                    lowering.frame().loops.pop();
                });
                let condition = lowering.condition(condition);
                lowering.leave_unless(condition, outer);
            });
            lowering.builder.push(Instruction::Loop { body: inner });
        });
        self.forget_moved(before);
    }

    /// A pointer that a loop changed could point anywhere.
    fn forget_moved(&mut self, before: Vec<Pointer>) {
        for (now, before) in self.pointers.iter_mut().zip(before) {
            if *now != before && !matches!(before, Pointer::Unset | Pointer::Null) {
                *now = Pointer::Unclear;
            }
        }
    }

    pub fn leave_unless(&mut self, condition: Register, label: u32) {
        let rejected = vec![Instruction::Leave { label }];
        self.builder.push(Instruction::If { condition, accepted: Vec::new(), rejected });
    }

    /// `FROM i = a TO b BY c`: as in C, the last value is computed before every turn.
    fn counted(
        &mut self,
        name: &Name,
        first: &Expression,
        last: &Expression,
        step: Option<&Expression>,
        body: &Body,
    ) {
        let first = self.integer(first);
        let counter = self.variable(first);
        let continues = walk::contains(body, &|kind| matches!(kind, StatementKind::Continue));
        let mut scope = HashMap::new();
        scope.insert(name.text.clone(), Local::Register(counter, Kind::Int));
        self.frame().scopes.push(scope);
        let before = self.pointers.clone();
        self.scope(true, |lowering, outer| {
            let (inner, ()) = lowering.block(|lowering| {
                let last = lowering.integer(last);
                let condition = lowering.binary(BinaryOperation::LessOrEqual, counter, last);
                lowering.leave_unless(condition, outer);
                lowering.scope(continues, |lowering, turn| {
                    lowering.frame().loops.push((outer, turn));
                    lowering.body(body);
                    lowering.frame().loops.pop();
                });
                let step = match step {
                    Some(step) => lowering.integer(step),
                    None => lowering.constant(1.0),
                };
                let next = lowering.binary(BinaryOperation::Add, counter, step);
                lowering.builder.assign(counter, next);
            });
            lowering.builder.push(Instruction::Loop { body: inner });
        });
        self.forget_moved(before);
        self.frame().scopes.pop();
    }

    fn leave_loop(&mut self, outer: bool, span: Span) {
        match self.frame().loops.last().copied() {
            Some((whole, turn)) => self.leave(if outer { whole } else { turn }),
            None => {
                let statement = if outer { "break" } else { "continue" };
                let block = "a place outside loops".to_string();
                self.fault(Fault::Misplaced { statement: statement.to_string(), block }, span, None);
            }
        }
    }

    fn return_statement(&mut self, value: Option<&Expression>, span: Span) {
        if let Some(value) = value {
            let span = value.span;
            let value = self.expression(value);
            if let Some((register, kind)) = self.frame().result {
                self.set(&Target::Variable(register, kind), value, span);
            }
        }
        match self.frame().leave {
            Some(label) => self.leave(label),
            None => {
                let fault = Fault::Other("`return` leaves nothing here".to_string());
                self.fault(fault, span, None);
            }
        }
    }

    // What `SOLVE` is made of

    /// `SOLVE` where statements run in their order: in `INITIAL` and procedures. Those of `BREAKPOINT` itself are for
    /// the state kernel.
    fn solve(&mut self, statement: &Statement) {
        let in_breakpoint = self.part == Part::Current && self.frames.len() == 1;
        if !in_breakpoint {
            self.solved(statement);
        }
    }

    fn within(&mut self, name: &Name, value: &Expression, body: &Body) {
        let value = self.double(value);
        let (step, time) = (self.step, self.time);
        if &*name.text == "dt" {
            self.step = Some(value);
        } else {
            self.time = Some(value);
        }
        self.body(body);
        (self.step, self.time) = (step, time);
    }

    /// The unknowns as variables, and where they are kept.
    fn unknowns(&mut self, unknowns: &[Variable]) -> (Vec<Register>, Vec<Target>) {
        let mut registers = Vec::new();
        let mut targets = Vec::new();
        for unknown in unknowns {
            let target = self.target_of(unknown);
            let value = self.get(&target);
            let (register, _) = self.number_of(value, unknown.span);
            registers.push(self.variable(register));
            targets.push(target);
        }
        (registers, targets)
    }

    fn newton(&mut self, unknowns: &[Variable], residuals: &[Name], body: &Body, span: Span) {
        let (registers, targets) = self.unknowns(unknowns);
        let residuals = self.variables_named(residuals);
        let (body, ()) = self.block(|lowering| {
            for (register, target) in registers.iter().zip(&targets) {
                lowering.set(target, Value::Number(*register, Kind::Double), span);
            }
            lowering.body(body);
        });
        self.builder.push(Instruction::Newton { unknowns: registers.clone(), residuals, body, span });
        for (register, target) in registers.iter().zip(&targets) {
            self.set(target, Value::Number(*register, Kind::Double), span);
        }
    }

    fn linear_system(&mut self, unknowns: &[Variable], matrix: &[Name], right: &[Name], span: Span) {
        let (registers, targets) = self.unknowns(unknowns);
        let matrix = self.variables_named(matrix);
        let right = self.variables_named(right);
        let unknowns = registers.clone();
        self.builder.push(Instruction::LinearSystem { matrix, right, unknowns, span });
        for (register, target) in registers.iter().zip(&targets) {
            self.set(target, Value::Number(*register, Kind::Double), span);
        }
    }

    fn variables_named(&mut self, names: &[Name]) -> Vec<Register> {
        names
            .iter()
            .map(|name| match self.local_of(&name.text) {
                Some(Local::Register(register, _)) => register,
                _ => {
                    let register = self.builder.register();
                    self.declare(&name.text, Local::Register(register, Kind::Double));
                    register
                }
            })
            .collect()
    }

    // Events

    fn watch(&mut self, conditions: &[WatchCondition], span: Span) {
        if self.part != Part::Receive {
            let block = self.part.text();
            self.fault(Fault::Misplaced { statement: "WATCH".to_string(), block }, span, None);
            return;
        }
        for condition in conditions {
            let number = self.context.watch_number(condition);
            let flag = self.double(&condition.flag);
            let watched = match self.watched {
                Some(watched) => watched,
                None => {
                    let register = self.builder.register();
                    self.watched = Some(register);
                    register
                }
            };
            let watch = |replace| Effect::Watch { condition: number, replace };
            self.branch(
                watched,
                |lowering| lowering.effect(watch(false), vec![flag], span),
                |lowering| lowering.effect(watch(true), vec![flag], span),
            );
            let one = self.constant(1.0);
            self.builder.assign(watched, one);
        }
    }

    fn for_connections(&mut self, arguments: &[Argument], body: &Body, span: Span) {
        if self.part != Part::Receive {
            let block = self.part.text();
            self.fault(Fault::Misplaced { statement: "FOR_NETCONS".to_string(), block }, span, None);
            return;
        }
        let expected = self.context.model.description.event_arguments.unwrap_or(0);
        if arguments.len() != expected {
            let name = "FOR_NETCONS".to_string();
            let expected = format!("as many arguments as `NET_RECEIVE`, {expected}");
            self.fault(Fault::Arguments { name, expected, found: arguments.len() }, span, None);
        }
        let mut scope: HashMap<Arc<str>, Local> = HashMap::new();
        for (number, argument) in arguments.iter().enumerate() {
            let place = Place::OtherWeight(number as u32);
            scope.insert(argument.name.text.clone(), Local::Place(place, Kind::Double));
        }
        let (body, ()) = self.block(|lowering| {
            lowering.frame().scopes.push(scope);
            lowering.body(body);
            lowering.frame().scopes.pop();
        });
        self.builder.push(Instruction::ForConnections { body });
    }
}
