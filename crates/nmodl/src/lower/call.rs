//! Calls of functions of the file: they are written out where they are called.

use std::collections::HashMap;
use std::sync::Arc;

use super::kernel::{Frame, Lowering};
use super::value::{Kind, Local, Target, Value};
use super::{table, walk};
use crate::ir::Effect;
use crate::model::{Fault, Symbol, nearest};
use crate::syntax::Span;
use crate::syntax::ast::{
    Block, BlockKind, Body, CFunction, CType, Call, Expression, ExpressionKind, StatementKind,
};

/// Functions within functions that are followed.
const MAXIMUM_DEPTH: usize = 60;

impl Lowering<'_, '_> {
    /// The value of a call.
    pub fn call(&mut self, call: &Call) -> Value {
        let name = &call.name.text;
        let arguments: Vec<&Expression> = call.arguments.iter().collect();
        match self.symbol(name) {
            Some(Symbol::Block(number)) => {
                let block = self.context.model.blocks[number].clone();
                return self.call_block(&block, &arguments, call.span);
            }
            Some(Symbol::CFunction(number)) => {
                let function = self.context.model.c_functions[number].clone();
                return self.call_c(&function, &arguments, call.span);
            }
            Some(Symbol::FunctionTable(number)) => {
                let expected = self.context.model.function_tables[number as usize].arguments;
                self.check_count(name, expected..=expected, arguments.len(), call.span);
                let operands = arguments.iter().map(|argument| self.double(argument)).collect();
                let value = self.effect_value(Effect::FunctionTable(number), operands, call.span);
                return Value::Number(value, Kind::Double);
            }
            _ => {}
        }
        if let Some(value) = self.built_in(call, &arguments) {
            return value;
        }
        if self.symbol(name).is_some() || self.local_of(name).is_some() {
            let help = format!("write `{name}*(…)` to multiply");
            return self.refuse(Fault::NotCallable(name.to_string()), call.name.span, help);
        }
        let known = self.context.model.symbols.iter().filter(|(_, symbol)| {
            matches!(symbol, Symbol::Block(_) | Symbol::CFunction(_) | Symbol::FunctionTable(_))
        });
        let candidates = known.map(|(name, _)| &**name).chain(super::builtin::NAMES.iter().copied());
        let help = match nearest(name, candidates) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define it: `FUNCTION {name}(x) {{ {name} = … }}`"),
        };
        self.refuse(Fault::UnknownFunction(name.to_string()), call.name.span, help)
    }

    pub fn check_count(
        &mut self,
        name: &str,
        expected: std::ops::RangeInclusive<usize>,
        found: usize,
        span: Span,
    ) -> bool {
        if expected.contains(&found) {
            return true;
        }
        let (low, high) = (*expected.start(), *expected.end());
        let plural = if high == 1 { "argument" } else { "arguments" };
        let expected = match (low, high) {
            (0, 0) => "no argument".to_string(),
            (low, high) if low == high => format!("{low} {plural}"),
            (low, usize::MAX) => format!("{low} or more arguments"),
            (low, high) => format!("{low} to {high} arguments"),
        };
        self.fault(Fault::Arguments { name: name.to_string(), expected, found }, span, None);
        false
    }

    /// Whether another call of `name` is possible here.
    fn can_enter(&mut self, name: &str, span: Span) -> bool {
        let recursive = self.frames.iter().skip(1).any(|frame| &*frame.name == name);
        if recursive {
            let help = "write it as a loop (`FROM` or `WHILE`)".to_string();
            self.fault(Fault::Recursion(name.to_string()), span, help);
            return false;
        }
        if self.frames.len() >= MAXIMUM_DEPTH {
            let fault =
                Fault::Other(format!("more than {MAXIMUM_DEPTH} functions are called within each other"));
            self.fault(fault, span, "let functions call fewer others".to_string());
            return false;
        }
        true
    }

    /// A `FUNCTION`, `PROCEDURE` or block to solve.
    pub fn call_block(&mut self, block: &Arc<Block>, arguments: &[&Expression], span: Span) -> Value {
        let name = block.name.as_ref().map_or_else(|| block.kind.word().into(), |name| name.text.clone());
        let expected = block.arguments.len();
        if !self.check_count(&name, expected..=expected, arguments.len(), span) {
            return self.zero();
        }
        let mut values = Vec::new();
        for argument in arguments {
            let value = self.expression(argument);
            values.push(match value {
                Value::Text(_) => value,
                other => {
                    let (register, _) = self.number_of(other, argument.span);
                    Value::Number(register, Kind::Double)
                }
            });
        }
        match block.kind {
            BlockKind::Function | BlockKind::Procedure => self.enter_block(block, &name, values, span),
            _ => self.call_solved(&name, span),
        }
    }

    /// A block to solve, called by its name: NEURON makes a step where it is solved by `cnexp`.
    fn call_solved(&mut self, name: &Arc<str>, span: Span) -> Value {
        match self.context.step_of(name) {
            Some(solution) => self.solution(&solution),
            None => {
                let fault = Fault::Other(format!("`{name}` is a block to solve, no procedure"));
                self.fault(fault, span, format!("write `SOLVE {name} METHOD …`"));
            }
        }
        self.zero()
    }

    /// Writes a block out, with its arguments.
    pub fn enter_block(
        &mut self,
        block: &Arc<Block>,
        name: &Arc<str>,
        values: Vec<Value>,
        span: Span,
    ) -> Value {
        if !self.can_enter(name, span) {
            return self.zero();
        }
        if let Some(table) = table::of(block)
            && let Some(Value::Number(argument, _)) = values.first()
        {
            return self.tabulated(block, name, table, *argument, span);
        }
        self.analytic(block, name, values)
    }

    /// A block as its statements say.
    pub fn analytic(&mut self, block: &Arc<Block>, name: &Arc<str>, values: Vec<Value>) -> Value {
        let parameters = block.arguments.iter().map(|argument| (argument.name.text.clone(), Kind::Double));
        let is_function = block.kind == BlockKind::Function;
        let kind = is_function.then_some(Kind::Double);
        self.inlined(name, parameters.collect(), values, kind, &block.body)
    }

    /// A body with its arguments by value.
    pub fn inlined(
        &mut self,
        name: &Arc<str>,
        parameters: Vec<(Arc<str>, Kind)>,
        values: Vec<Value>,
        result: Option<Kind>,
        body: &Body,
    ) -> Value {
        let mut scope: HashMap<Arc<str>, Local> = HashMap::new();
        for ((parameter, kind), value) in parameters.into_iter().zip(values) {
            let local = match value {
                Value::Number(register, from) => {
                    let value = self.converted(register, from, kind);
                    let changes = walk::assigns(body, &parameter);
                    Local::Register(if changes { self.variable(value) } else { value }, kind)
                }
                Value::Pointer(pointer) => {
                    self.pointers.push(pointer);
                    Local::Pointer(self.pointers.len() - 1)
                }
                Value::Text(text) => Local::Text(text),
                Value::Nothing => continue,
            };
            scope.insert(parameter, local);
        }
        let result = result.map(|kind| {
            let zero = self.constant(0.0);
            (self.variable(zero), kind)
        });
        if let Some((register, kind)) = result {
            scope.insert(name.clone(), Local::Register(register, kind));
        }
        let returns = walk::contains(body, &|kind| matches!(kind, StatementKind::Return(_)));
        self.scope(returns, |lowering, label| {
            lowering.frames.push(Frame {
                name: name.clone(),
                scopes: vec![scope],
                leave: returns.then_some(label),
                result,
                loops: Vec::new(),
            });
            lowering.body(body);
            lowering.frames.pop();
        });
        match result {
            Some((register, kind)) => Value::Number(register, kind),
            None => Value::Number(self.constant(0.0), Kind::Int),
        }
    }

    fn call_c(&mut self, function: &Arc<CFunction>, arguments: &[&Expression], span: Span) -> Value {
        let name = &function.name.text;
        let parameters: Vec<_> =
            function.parameters.iter().filter(|parameter| !parameter.name.text.is_empty()).collect();
        if !self.check_count(name, parameters.len()..=parameters.len(), arguments.len(), span)
            || !self.can_enter(name, span)
        {
            return self.zero();
        }
        let mut values = Vec::new();
        let mut named = Vec::new();
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let value = self.expression(argument);
            let kind = Kind::of(&parameter.kind).unwrap_or(Kind::Double);
            let is_pointer = matches!(parameter.kind, CType::Pointer(_));
            values.push(match value {
                Value::Number(..) if is_pointer => Value::Pointer(super::value::Pointer::Null),
                other => other,
            });
            named.push((parameter.name.text.clone(), kind));
        }
        let result = Kind::of(&function.result);
        self.inlined(name, named, values, result, &function.body)
    }

    /// Gives what an address points to a value.
    pub fn store(&mut self, address: &Expression, value: Value) {
        let target = match &address.kind {
            ExpressionKind::AddressOf(inner) => self.target(inner),
            ExpressionKind::Parenthesis(inner) => return self.store(inner, value),
            _ => self.dereferenced(address, address.span),
        };
        if target != Target::Refused {
            self.set(&target, value, address.span);
        }
    }
}
