//! Functions of NEURON that C text of `VERBATIM` calls.

use super::kernel::Lowering;
use super::value::{Kind, Pointer, Value};
use crate::ir::{BinaryOperation, Distribution, Effect, Instruction, Place, Register, UnaryOperation};
use crate::model::{Fault, SlotUse};
use crate::syntax::Span;
use crate::syntax::ast::{Call, Expression};

/// Functions that make a slot a random stream.
pub(super) const STREAM_FUNCTIONS: [&str; 29] = [
    "nrnran123_newstream",
    "nrnran123_newstream3",
    "nrnran123_deletestream",
    "nrnran123_setseq",
    "nrnran123_getseq",
    "nrnran123_setids",
    "nrnran123_setids3",
    "nrnran123_getids",
    "nrnran123_getids3",
    "nrnran123_dblpick",
    "nrnran123_ipick",
    "nrnran123_negexp",
    "nrnran123_normal",
    "nrnran123_uniform",
    "nrnran123_gauss",
    "nrn_random_arg",
    "nrn_random_pick",
    "nrn_random_isran123",
    "nrn_random123_getseq",
    "nrn_random123_setseq",
    "nrn_get_random_sequence",
    "nrn_set_random_sequence",
    "nrn_random_reset",
    "nrnran123_newstream2",
    "nrnran123_array_index",
    "nrnran123_state",
    "nrn_random_ptr",
    "nrnran123_get_globalindex",
    "nrnran123_set_globalindex",
];

/// Functions that make a slot a vector.
pub(super) const VECTOR_FUNCTIONS: [&str; 9] = [
    "vector_arg",
    "vector_capacity",
    "vector_vec",
    "vector_resize",
    "vector_new",
    "vector_new0",
    "vector_new1",
    "vector_pobj",
    "vector_instance_px",
];

/// A call of a function of NEURON; `None` if it is no such function.
pub(super) fn call(lowering: &mut Lowering<'_, '_>, call: &Call, arguments: &[&Expression]) -> Option<Value> {
    let name = &*call.name.text;
    let count = match name {
        "ifarg"
        | "getarg"
        | "hoc_getarg"
        | "hoc_pgetarg"
        | "hoc_is_double_arg"
        | "hoc_is_object_arg"
        | "vector_arg"
        | "nrn_random_arg"
        | "vector_capacity"
        | "vector_vec"
        | "vector_pobj"
        | "assert"
        | "hoc_obj_ref"
        | "hoc_obj_unref"
        | "nrnran123_deletestream"
        | "nrn_random_pick"
        | "nrn_get_random_sequence"
        | "nrnran123_dblpick"
        | "nrnran123_ipick" => 1..=1,
        "vector_new1" => 1..=1,
        "vector_resize" | "nrn_set_random_sequence" => 2..=2,
        "nrnran123_newstream3"
        | "nrnran123_getseq"
        | "nrn_random123_getseq"
        | "nrn_random123_setseq"
        | "chkarg" => 3..=3,
        "nrnran123_newstream" => 2..=3,
        "nrnran123_setseq" => 2..=3,
        "nrnran123_setids" => 3..=4,
        "nrnran123_setids3" | "nrnran123_getids3" | "nrn_random_isran123" => 4..=4,
        "nrnran123_getids" => 3..=3,
        "nrnran123_negexp" => 1..=2,
        "nrnran123_normal" | "nrnran123_uniform" => 1..=3,
        "hoc_execerror" | "hoc_warning" => 1..=2,
        "hoc_execerr_ext" => 1..=usize::MAX,
        "fflush" => 1..=1,
        _ => return lowering.missing(name, call.name.span),
    };
    if !lowering.check_count(name, count, arguments.len(), call.span) {
        return Some(lowering.zero());
    }
    let value = if name.starts_with("nrnran123") || name.starts_with("nrn_") {
        lowering.stream_function(name, arguments, call.span)
    } else if name.starts_with("vector") {
        lowering.vector_function(name, arguments, call.span)
    } else {
        lowering.argument_function(name, arguments, call.span)
    };
    Some(value)
}

impl Lowering<'_, '_> {
    /// Refuses functions that are known but not possible.
    fn missing(&mut self, name: &str, span: Span) -> Option<Value> {
        let (reason, help) = match name {
            "gargstr" | "hoc_gargstr" | "hoc_pgargstr" | "hoc_is_str_arg" => {
                ("texts cannot be arguments of functions of mechanisms", "hand over a number")
            }
            "fopen" | "fclose" | "fscanf" | "fgets" | "fread" | "fwrite" | "getenv" | "system" => (
                "mechanisms cannot read or write files",
                "read the data in HOC or Python and hand it over as a `Vector`",
            ),
            "malloc" | "calloc" | "realloc" | "free" | "memcpy" | "memset" | "ecalloc" | "emalloc"
            | "hoc_Emalloc" => (
                "mechanisms have no memory of their own",
                "keep the data in arrays of `ASSIGNED` or in a `Vector`",
            ),
            "hoc_call_func"
            | "hoc_lookup"
            | "hoc_execute"
            | "nrn_loc_point_process"
            | "nrn_event_queue_stats" => ("mechanisms cannot call HOC", "call it from HOC"),
            _ if name.starts_with("nrn_") || name.starts_with("hoc_") || name.starts_with("nrnmpi") => {
                ("this function of NEURON does not exist here", "say it in NMODL, or do it in HOC or Python")
            }
            _ if self.is_scop(name) => {
                ("this function of SCoP does not exist here", "write it as a `FUNCTION` of the file")
            }
            _ => return None,
        };
        let fault = Fault::Unsupported { name: name.to_string(), reason: reason.to_string() };
        Some(self.refuse(fault, span, help.to_string()))
    }

    fn is_scop(&self, name: &str) -> bool {
        matches!(
            name,
            "threshold"
                | "force"
                | "deflate"
                | "expfit"
                | "derivs"
                | "spline"
                | "hyperbol"
                | "revhyperbol"
                | "sigmoid"
                | "revsigmoid"
                | "harmonic"
                | "squarewave"
                | "sawtooth"
                | "revsawtooth"
                | "ramp"
                | "pulse"
                | "perpulse"
                | "step"
                | "perstep"
                | "erf"
                | "factorial"
                | "gauss"
                | "poisson"
                | "setseed"
                | "boundary"
                | "romberg"
                | "legendre"
                | "invert"
                | "stepforce"
                | "schedule"
                | "nrn_random_play"
                | "first_time"
                | "prterr"
        )
    }

    // Arguments from HOC

    /// The number of an argument of HOC, from 0.
    fn argument_number(&mut self, expression: &Expression) -> u32 {
        match self.known_integer(expression) {
            Some(number @ 1..=1000) => number as u32 - 1,
            _ => {
                let fault = Fault::Other("the number of an argument must be a number from 1 on".to_string());
                self.fault(fault, expression.span, None);
                0
            }
        }
    }

    fn argument_function(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Value {
        match name {
            "ifarg" => {
                let argument = self.argument_number(arguments[0]);
                Value::Number(self.effect_value(Effect::HasArgument(argument), Vec::new(), span), Kind::Int)
            }
            "hoc_is_double_arg" => {
                let argument = self.argument_number(arguments[0]);
                let effect = Effect::ArgumentIsNumber(argument);
                Value::Number(self.effect_value(effect, Vec::new(), span), Kind::Int)
            }
            "hoc_is_object_arg" => {
                let argument = self.argument_number(arguments[0]);
                let effect = Effect::ArgumentIsNumber(argument);
                let number = self.effect_value(effect, Vec::new(), span);
                Value::Number(self.unary(UnaryOperation::Not, number), Kind::Int)
            }
            "getarg" | "hoc_getarg" | "hoc_pgetarg" => {
                Value::Pointer(Pointer::Argument(self.argument_number(arguments[0])))
            }
            "chkarg" => {
                let argument = self.argument_number(arguments[0]);
                let value = self.read(Place::Argument(argument));
                let (low, high) = (self.double(arguments[1]), self.double(arguments[2]));
                let low = self.binary(BinaryOperation::GreaterOrEqual, value, low);
                let high = self.binary(BinaryOperation::LessOrEqual, value, high);
                let holds = self.binary(BinaryOperation::And, low, high);
                self.fail_unless(holds, &format!("argument {} is out of range", argument + 1), span);
                Value::Number(value, Kind::Double)
            }
            "assert" => {
                let holds = self.condition(arguments[0]);
                let text = self.context.text(arguments[0].span);
                self.fail_unless(holds, &format!("`{text}` does not hold"), span);
                Value::Nothing
            }
            "hoc_execerror" => {
                let mut message = String::new();
                for argument in arguments {
                    if let Value::Text(text) = self.expression(argument) {
                        let separator = if message.is_empty() || text.is_empty() { "" } else { " " };
                        message = format!("{message}{separator}{}", super::builtin::unescaped(&text));
                    }
                }
                let message = message.trim_end().replace('%', "%%");
                self.effect(Effect::Fail(message.into()), Vec::new(), span);
                Value::Nothing
            }
            "hoc_execerr_ext" => {
                let (format, operands) = self.format(arguments, span);
                self.effect(Effect::Fail(format), operands, span);
                Value::Nothing
            }
            "hoc_warning" => {
                let (format, operands) = self.format(&arguments[..1], span);
                self.effect(Effect::Print(format), operands, span);
                Value::Nothing
            }
            _ => Value::Nothing,
        }
    }

    fn fail_unless(&mut self, holds: Register, message: &str, span: Span) {
        let effect = Effect::Fail(message.replace('%', "%%").into());
        let rejected = vec![Instruction::Effect { to: None, effect, operands: Vec::new(), span }];
        self.builder.push(Instruction::If { condition: holds, accepted: Vec::new(), rejected });
    }

    // Vectors

    /// The vector of the instance that an expression points to.
    fn vector(&mut self, expression: &Expression) -> Option<u32> {
        let value = self.expression(expression);
        self.vector_of(value, expression.span)
    }

    fn vector_of(&mut self, value: Value, span: Span) -> Option<u32> {
        match value {
            Value::Pointer(Pointer::Slot(slot)) => match self.context.model.slots[slot].use_ {
                SlotUse::Vector(vector) => return Some(vector),
                _ => {
                    self.wrong_slot(slot, "a `Vector`", span);
                    return None;
                }
            },
            Value::Pointer(Pointer::Elements { vector, offset: None }) => return Some(vector),
            _ => {}
        }
        let fault = Fault::Other("this is no `Vector` of the instance".to_string());
        let help = "keep it in a `BBCOREPOINTER` or `POINTER`".to_string();
        self.fault(fault, span, help);
        None
    }

    fn wrong_slot(&mut self, slot: usize, wanted: &str, span: Span) {
        let name = self.context.model.slots[slot].name.to_string();
        let fault =
            Fault::Other(format!("`{name}` is used as {wanted} here, and as something else elsewhere"));
        self.fault(fault, span, "use one pointer for each".to_string());
    }

    fn vector_function(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Value {
        match name {
            "vector_arg" => Value::Pointer(Pointer::ArgumentVector(self.argument_number(arguments[0]))),
            "vector_new1" => Value::Pointer(Pointer::NewVector(self.double(arguments[0]))),
            "vector_capacity" => {
                let value = self.expression(arguments[0]);
                let effect = match value {
                    Value::Pointer(Pointer::ArgumentVector(argument)) => Effect::ArgumentLength(argument),
                    other => match self.vector_of(other, arguments[0].span) {
                        Some(vector) => Effect::VectorLength(vector),
                        None => return self.zero(),
                    },
                };
                Value::Number(self.effect_value(effect, Vec::new(), span), Kind::Int)
            }
            "vector_vec" => {
                let value = self.expression(arguments[0]);
                if let Value::Pointer(Pointer::ArgumentVector(argument)) = value {
                    return Value::Pointer(Pointer::ArgumentElements { argument, offset: None });
                }
                match self.vector_of(value, arguments[0].span) {
                    Some(vector) => Value::Pointer(Pointer::Elements { vector, offset: None }),
                    None => Value::Pointer(Pointer::Unset),
                }
            }
            "vector_resize" => {
                let length = self.double(arguments[1]);
                if let Some(vector) = self.vector(arguments[0]) {
                    self.effect(Effect::ResizeVector(vector), vec![length], span);
                }
                Value::Nothing
            }
            _ => Value::Pointer(Pointer::Opaque),
        }
    }

    // Random streams

    fn stream(&mut self, expression: &Expression) -> Option<u32> {
        let value = self.expression(expression);
        match value {
            Value::Pointer(Pointer::Stream(stream)) => return Some(stream),
            Value::Pointer(Pointer::Slot(slot) | Pointer::SlotAddress(slot)) => {
                match self.context.model.slots[slot].use_ {
                    SlotUse::Stream(stream) => return Some(stream),
                    _ => {
                        self.wrong_slot(slot, "a random stream", expression.span);
                        return None;
                    }
                }
            }
            _ => {}
        }
        let fault = Fault::Other("this is no random stream of the instance".to_string());
        let help = "keep it in a `BBCOREPOINTER`, or declare it with `RANDOM`".to_string();
        self.fault(fault, expression.span, help);
        None
    }

    fn stream_function(&mut self, name: &str, arguments: &[&Expression], span: Span) -> Value {
        match name {
            "nrnran123_newstream" | "nrnran123_newstream3" => {
                let mut ids = [0; 3];
                for (number, id) in ids.iter_mut().enumerate() {
                    *id = match arguments.get(number) {
                        Some(argument) => {
                            let (register, kind) = self.number(argument);
                            self.converted(register, kind, Kind::Unsigned)
                        }
                        None => self.constant(0.0),
                    };
                }
                return Value::Pointer(Pointer::NewStream(ids));
            }
            "nrn_random_arg" => {
                return Value::Pointer(Pointer::ArgumentStream(self.argument_number(arguments[0])));
            }
            _ => {}
        }
        let Some(stream) = self.stream(arguments[0]) else { return self.zero() };
        match name {
            "nrnran123_deletestream" => {
                self.effect(Effect::ClearStream(stream), Vec::new(), span);
                Value::Nothing
            }
            "nrnran123_setseq" | "nrn_random123_setseq" if arguments.len() == 3 => {
                let block = self.whole_number(arguments[1]);
                let word = self.whole_number(arguments[2]);
                self.effect(Effect::SetStreamBlock(stream), vec![block, word], span);
                Value::Nothing
            }
            "nrn_set_random_sequence" => {
                let position = self.whole_number(arguments[1]);
                self.effect(Effect::SetStreamPosition(stream), vec![position], span);
                Value::Nothing
            }
            "nrn_get_random_sequence" => {
                let effect = Effect::StreamPosition(stream);
                Value::Number(self.effect_value(effect, Vec::new(), span), Kind::Long)
            }
            "nrnran123_getseq" | "nrn_random123_getseq" => {
                let position = self.effect_value(Effect::StreamPosition(stream), Vec::new(), span);
                let four = self.constant(4.0);
                let block = self.binary(BinaryOperation::DivideIntegers, position, four);
                let word = self.binary(BinaryOperation::RemainderOfIntegers, position, four);
                self.store(arguments[1], Value::Number(block, Kind::Unsigned));
                self.store(arguments[2], Value::Number(word, Kind::Char));
                Value::Nothing
            }
            "nrnran123_getids" | "nrnran123_getids3" | "nrn_random_isran123" => {
                for (id, argument) in arguments[1..].iter().enumerate() {
                    let effect = Effect::StreamId { stream, id: id as u8 };
                    let value = self.effect_value(effect, Vec::new(), span);
                    self.store(argument, Value::Number(value, Kind::Unsigned));
                }
                Value::Number(self.effect_value(Effect::HasStream(stream), Vec::new(), span), Kind::Int)
            }
            "nrn_random_pick" => {
                let effect = Effect::Draw { stream, distribution: Distribution::Given };
                Value::Number(self.effect_value(effect, Vec::new(), span), Kind::Double)
            }
            _ => {
                let mut operands: Vec<Register> =
                    arguments[1..].iter().map(|argument| self.double(argument)).collect();
                let name = name.trim_start_matches("nrnran123_");
                if name.starts_with("setids") {
                    while operands.len() < 3 {
                        let zero = self.constant(0.0);
                        operands.push(zero);
                    }
                }
                let name = if name == "setids3" { "setids" } else { name };
                self.drawn(name, stream, operands, span)
            }
        }
    }

    fn whole_number(&mut self, expression: &Expression) -> Register {
        let (register, kind) = self.number(expression);
        self.converted(register, kind, Kind::Long)
    }
}
