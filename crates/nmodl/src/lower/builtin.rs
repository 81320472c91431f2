//! Functions that every model has.

use std::sync::Arc;

use super::kernel::Lowering;
use super::value::{Kind, Value};
use super::{Part, runtime};
use crate::ir::{BinaryOperation, Distribution, Effect, Register, UnaryOperation};
use crate::model::{Fault, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{BinaryOperator, Call, Expression, ExpressionKind, Name, Variable};

/// Functions of NMODL, for suggestions.
pub(super) const NAMES: [&str; 42] = [
    "exp",
    "log",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "fabs",
    "floor",
    "ceil",
    "pow",
    "atan2",
    "fmod",
    "printf",
    "at_time",
    "net_send",
    "net_event",
    "net_move",
    "state_discontinuity",
    "nrn_ghk",
    "nrn_pointing",
    "scop_random",
    "exprand",
    "normrand",
    "poisrand",
    "set_seed",
    "random_uniform",
    "random_negexp",
    "random_normal",
    "random_ipick",
    "random_dpick",
    "random_setseq",
    "random_setids",
    "fmax",
    "fmin",
    "abs",
];

fn one_operand(name: &str) -> Option<UnaryOperation> {
    Some(match name {
        "exp" | "hoc_Exp" => UnaryOperation::Exp,
        "log" => UnaryOperation::Log,
        "log10" => UnaryOperation::Log10,
        "sqrt" => UnaryOperation::Sqrt,
        "sin" => UnaryOperation::Sin,
        "cos" => UnaryOperation::Cos,
        "tan" => UnaryOperation::Tan,
        "asin" => UnaryOperation::Asin,
        "acos" => UnaryOperation::Acos,
        "atan" => UnaryOperation::Atan,
        "sinh" => UnaryOperation::Sinh,
        "cosh" => UnaryOperation::Cosh,
        "tanh" => UnaryOperation::Tanh,
        "fabs" | "abs" => UnaryOperation::Abs,
        "floor" => UnaryOperation::Floor,
        "ceil" => UnaryOperation::Ceil,
        "trunc" => UnaryOperation::Truncate,
        _ => return None,
    })
}

fn two_operands(name: &str) -> Option<BinaryOperation> {
    Some(match name {
        "pow" => BinaryOperation::Power,
        "atan2" => BinaryOperation::Atan2,
        "fmod" => BinaryOperation::Remainder,
        "fmax" => BinaryOperation::Maximum,
        "fmin" => BinaryOperation::Minimum,
        _ => return None,
    })
}

impl Lowering<'_, '_> {
    /// A call of a function that every model has; `None` if it is no such function.
    pub fn built_in(&mut self, call: &Call, arguments: &[&Expression]) -> Option<Value> {
        let name = &*call.name.text;
        let span = call.span;
        if let Some(operation) = one_operand(name) {
            if !self.check_count(name, 1..=1, arguments.len(), span) {
                return Some(self.zero());
            }
            let (operand, kind) = self.number(arguments[0]);
            let kind = if name == "abs" && kind.is_integer() { kind } else { Kind::Double };
            return Some(Value::Number(self.unary(operation, operand), kind));
        }
        if let Some(operation) = two_operands(name) {
            if !self.check_count(name, 2..=2, arguments.len(), span) {
                return Some(self.zero());
            }
            if operation == BinaryOperation::Power {
                return Some(self.power(arguments[0], arguments[1]));
            }
            let left = self.double(arguments[0]);
            let right = self.double(arguments[1]);
            return Some(Value::Number(self.binary(operation, left, right), Kind::Double));
        }
        match name {
            "printf" | "fprintf" | "Printf" | "Fprintf" | "nrn_print" => Some(self.print(arguments, span)),
            "net_send" | "artcell_net_send" => Some(self.send(name, arguments, span)),
            "net_event" => Some(self.fire(arguments, span)),
            "net_move" | "artcell_net_move" => Some(self.move_event(name, arguments, span)),
            "at_time" => {
                let arguments = self.without_opaque(arguments);
                if !self.check_count(name, 1..=1, arguments.len(), span) {
                    return Some(self.zero());
                }
                let time = self.double(arguments[0]);
                Some(Value::Number(self.effect_value(Effect::AtTime, vec![time], span), Kind::Int))
            }
            "state_discontinuity" => Some(self.discontinuity(arguments, span)),
            "nrn_ghk" => Some(self.four(Effect::Ghk, name, 4, arguments, span)),
            "nernst" => Some(self.four(Effect::Nernst, name, 3, arguments, span)),
            "nrn_pointing" => Some(self.pointing(arguments, span)),
            "scop_random" => Some(self.shared(Distribution::Uniform, name, 0, arguments, span)),
            "exprand" => Some(self.shared(Distribution::ExponentialOf, name, 1, arguments, span)),
            "normrand" => Some(self.shared(Distribution::NormalOf, name, 2, arguments, span)),
            "poisrand" => Some(self.shared(Distribution::Poisson, name, 1, arguments, span)),
            "set_seed" => {
                if self.check_count(name, 1..=1, arguments.len(), span) {
                    let seed = self.double(arguments[0]);
                    self.effect(Effect::SeedShared, vec![seed], span);
                }
                Some(Value::Nothing)
            }
            _ => self.random(name, arguments, span).or_else(|| runtime::call(self, call, arguments)),
        }
    }

    fn four(
        &mut self,
        effect: Effect,
        name: &str,
        count: usize,
        arguments: &[&Expression],
        span: Span,
    ) -> Value {
        if !self.check_count(name, count..=count, arguments.len(), span) {
            return self.zero();
        }
        let operands = arguments.iter().map(|argument| self.double(argument)).collect();
        Value::Number(self.effect_value(effect, operands, span), Kind::Double)
    }

    fn shared(
        &mut self,
        distribution: Distribution,
        name: &str,
        count: usize,
        arguments: &[&Expression],
        span: Span,
    ) -> Value {
        self.four(Effect::DrawShared(distribution), name, count, arguments, span)
    }

    /// Arguments that are numbers, without what NEURON hands on.
    pub fn without_opaque<'e>(&mut self, arguments: &[&'e Expression]) -> Vec<&'e Expression> {
        arguments.iter().copied().filter(|argument| !is_opaque(argument)).collect()
    }

    // Messages

    fn print(&mut self, arguments: &[&Expression], span: Span) -> Value {
        let is_stream = |argument: &&Expression| {
            matches!(&argument.kind, ExpressionKind::Variable(variable)
                if matches!(&*variable.name.text, "stderr" | "stdout"))
        };
        let arguments = if arguments.first().is_some_and(is_stream) { &arguments[1..] } else { arguments };
        let (format, operands) = self.format(arguments, span);
        self.effect(Effect::Print(format), operands, span);
        self.zero()
    }

    /// A format with its texts filled in, and the numbers that it asks for.
    pub fn format(&mut self, arguments: &[&Expression], span: Span) -> (Arc<str>, Vec<Register>) {
        let Some((first, rest)) = arguments.split_first() else {
            self.fault(Fault::Other("a format is needed".to_string()), span, None);
            return ("".into(), Vec::new());
        };
        let Value::Text(format) = self.expression(first) else {
            let help = "such as `printf(\"%g\\n\", x)`".to_string();
            self.fault(Fault::Other("the format must be a text".to_string()), first.span, help);
            return ("".into(), Vec::new());
        };
        let values: Vec<(Value, Span)> =
            rest.iter().map(|argument| (self.expression(argument), argument.span)).collect();
        let mut values = values.into_iter();
        let mut filled = String::new();
        let mut operands = Vec::new();
        for piece in pieces(&unescaped(&format)) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Conversion(conversion) => match values.next() {
                    Some((Value::Text(text), _)) => {
                        filled.push_str(&unescaped(&text).replace('%', "%%"));
                    }
                    Some((value, span)) => {
                        filled.push_str(conversion);
                        let (register, _) = self.number_of(value, span);
                        operands.push(register);
                    }
                    None => {
                        let fault =
                            Fault::Other("the format asks for more numbers than are given".to_string());
                        self.fault(fault, span, None);
                        break;
                    }
                },
            }
        }
        (filled.into(), operands)
    }

    // Events

    fn send(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Value {
        if !self.check_count(name, 2..=2, arguments.len(), span) {
            return self.zero();
        }
        let allowed =
            matches!(self.part, Part::Receive | Part::ReceiveInitial | Part::Initial | Part::Function);
        if !allowed {
            let block = self.part.text();
            let help = "send from `INITIAL` or `NET_RECEIVE`".to_string();
            self.fault(Fault::Misplaced { statement: name.to_string(), block }, span, help);
            return self.zero();
        }
        // Of C, the first number is a time, of NMODL a delay.
        let time = match name {
            "artcell_net_send" => self.double(arguments[0]),
            _ => self.double(&after_time(arguments[0])),
        };
        let flag = arguments[1];
        let flag = self.double(flag);
        self.effect(Effect::Send, vec![time, flag], span);
        Value::Nothing
    }

    fn fire(&mut self, arguments: &[&Expression], span: Span) -> Value {
        if !self.check_count("net_event", 1..=1, arguments.len(), span) {
            return self.zero();
        }
        if !matches!(self.part, Part::Receive | Part::Function) {
            let block = self.part.text();
            let fault = Fault::Misplaced { statement: "net_event".to_string(), block };
            self.fault(fault, span, "it belongs in `NET_RECEIVE`".to_string());
        }
        let time = self.double(arguments[0]);
        self.effect(Effect::Fire, vec![time], span);
        Value::Nothing
    }

    fn move_event(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Value {
        if !self.check_count(name, 1..=1, arguments.len(), span) {
            return self.zero();
        }
        if !matches!(self.part, Part::Receive | Part::Function) {
            let block = self.part.text();
            let fault = Fault::Misplaced { statement: name.to_string(), block };
            self.fault(fault, span, "it belongs in `NET_RECEIVE`".to_string());
        }
        let time = self.double(arguments[0]);
        self.effect(Effect::Move, vec![time], span);
        Value::Nothing
    }

    fn discontinuity(&mut self, arguments: &[&Expression], span: Span) -> Value {
        if !self.check_count("state_discontinuity", 2..=2, arguments.len(), span) {
            return self.zero();
        }
        if self.part == Part::Current && self.second_evaluation {
            // NEURON changes the state where the current is evaluated at the raised voltage, and there alone.
            return self.zero();
        }
        let value = self.expression(arguments[1]);
        let target = self.target(arguments[0]);
        self.set(&target, value, span)
    }

    fn pointing(&mut self, arguments: &[&Expression], span: Span) -> Value {
        if !self.check_count("nrn_pointing", 1..=1, arguments.len(), span) {
            return self.zero();
        }
        let name = match &arguments[0].kind {
            ExpressionKind::Variable(variable) => variable.name.text.clone(),
            _ => "".into(),
        };
        let name = name.strip_prefix("_p_").unwrap_or(&name);
        match self.context.model.pointers.iter().position(|pointer| pointer.name == name) {
            Some(pointer) => {
                let effect = Effect::IsPointing(pointer as u32);
                Value::Number(self.effect_value(effect, Vec::new(), span), Kind::Int)
            }
            None => {
                let truth = self.condition(arguments[0]);
                Value::Number(truth, Kind::Int)
            }
        }
    }

    // Random numbers

    /// `random_uniform(r, a, b)` and the like.
    fn random(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Option<Value> {
        let count = match name {
            "random_uniform" | "random_normal" => 1..=3,
            "random_negexp" => 1..=2,
            "random_ipick" | "random_dpick" => 1..=1,
            "random_setseq" => 2..=2,
            "random_setids" => 4..=4,
            _ => return None,
        };
        if !self.check_count(name, count, arguments.len(), span) {
            return Some(self.zero());
        }
        let stream = match &arguments[0].kind {
            ExpressionKind::Variable(variable) => match self.symbol(&variable.name.text) {
                Some(Symbol::Stream(stream)) => Some(stream),
                _ => None,
            },
            _ => None,
        };
        let Some(stream) = stream else {
            let fault = Fault::Other(format!("the first argument of `{name}` must be a name of `RANDOM`"));
            return Some(self.refuse(fault, arguments[0].span, None));
        };
        let operands: Vec<Register> = arguments[1..].iter().map(|argument| self.double(argument)).collect();
        Some(self.drawn(name.trim_start_matches("random_"), stream, operands, span))
    }

    /// A function of a stream, by its name without prefix.
    pub fn drawn(&mut self, name: &str, stream: u32, operands: Vec<Register>, span: Span) -> Value {
        let distribution = match (name, operands.len()) {
            ("setseq", 1) => {
                self.effect(Effect::SetStreamPosition(stream), operands, span);
                return Value::Nothing;
            }
            ("setids", _) => {
                self.effect(Effect::SetStreamIds(stream), operands, span);
                return Value::Nothing;
            }
            ("ipick", _) => Distribution::Word,
            ("uniform", 2) => Distribution::UniformBetween,
            ("negexp", 0) => Distribution::Exponential,
            ("negexp", _) => Distribution::ExponentialOf,
            ("normal", 0) => Distribution::Normal,
            ("normal", _) => Distribution::NormalOf,
            _ => Distribution::Uniform,
        };
        let kind = if distribution == Distribution::Word { Kind::Unsigned } else { Kind::Double };
        let effect = Effect::Draw { stream, distribution };
        Value::Number(self.effect_value(effect, operands, span), kind)
    }
}

/// Whether an argument is something of NEURON that is handed on, such as `_tqitem` or `_pnt`.
fn is_opaque(argument: &Expression) -> bool {
    match &argument.kind {
        ExpressionKind::Variable(variable) => {
            matches!(&*variable.name.text, "_tqitem" | "_pnt" | "_ppvar" | "_nt" | "_args" | "nrn_threads")
        }
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Cast(_, inner) => is_opaque(inner),
        ExpressionKind::AddressOf(inner) | ExpressionKind::Index(inner, _) => is_opaque(inner),
        _ => false,
    }
}

/// `t + delay` as NEURON's translator writes it: the text of the delay follows `t +` without parentheses, so that
/// `net_send(a - b, 1)` computes `(t + a) - b`.
fn after_time(delay: &Expression) -> Expression {
    let span = delay.span;
    let kind = match &delay.kind {
        ExpressionKind::Binary(
            operator @ (BinaryOperator::Or
            | BinaryOperator::And
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::Add
            | BinaryOperator::Subtract),
            left,
            right,
        ) => ExpressionKind::Binary(*operator, Box::new(after_time(left)), right.clone()),
        _ => {
            let name = Name { text: "t".into(), span };
            let variable = Variable { name, primes: 0, index: None, span };
            let time = Expression { kind: ExpressionKind::Variable(variable), span };
            ExpressionKind::Binary(BinaryOperator::Add, Box::new(time), Box::new(delay.clone()))
        }
    };
    Expression { kind, span }
}

/// A part of a format.
enum Piece<'t> {
    Text(&'t str),
    Conversion(&'t str),
}

fn pieces(format: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        if rest[start + 1..].starts_with('%') {
            pieces.push(Piece::Text(&rest[..start + 2]));
            rest = &rest[start + 2..];
            continue;
        }
        pieces.push(Piece::Text(&rest[..start]));
        let is_end =
            |character: char| character.is_ascii_alphabetic() && !matches!(character, 'l' | 'h' | 'z');
        let end = rest[start + 1..].find(is_end).map_or(rest.len(), |end| start + end + 2);
        pieces.push(Piece::Conversion(&rest[start..end]));
        rest = &rest[end..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// A text of C with its escapes as what they stand for.
pub(super) fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('a') => result.push('\u{7}'),
            Some(other) => result.push(other),
            None => result.push('\\'),
        }
    }
    result
}
