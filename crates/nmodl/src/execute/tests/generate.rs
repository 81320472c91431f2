//! Random kernels, from a string of choices.

use crate::ir::{
    BinaryOperation, Block, Builder, Distribution, Effect, Instruction, Kernel, Place, Register,
    UnaryOperation,
};
use crate::syntax::Span;

/// Columns of a program; the last ones are an array.
pub(super) const COLUMNS: usize = 7;
const ARRAY: u32 = 4;
const LENGTH: u32 = 3;

/// Numbers that are likely to show differences.
pub(super) const NUMBERS: [f64; 22] = [
    0.,
    -0.,
    1.,
    -1.,
    0.5,
    2.,
    3.,
    4.,
    -65.,
    0.025,
    1e-310,
    -5e-324,
    1e300,
    -1e308,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    705.,
    -699.99,
    3.7,
    -2.2,
    1e-7,
];

const UNARY: [UnaryOperation; 16] = [
    UnaryOperation::Negate,
    UnaryOperation::Not,
    UnaryOperation::Exp,
    UnaryOperation::Exp,
    UnaryOperation::Log,
    UnaryOperation::Sqrt,
    UnaryOperation::Sin,
    UnaryOperation::Tanh,
    UnaryOperation::Abs,
    UnaryOperation::Floor,
    UnaryOperation::Ceil,
    UnaryOperation::Truncate,
    UnaryOperation::WrapUnsigned,
    UnaryOperation::WrapSigned,
    UnaryOperation::Single,
    UnaryOperation::BitNot,
];

const BINARY: [BinaryOperation; 24] = [
    BinaryOperation::Add,
    BinaryOperation::Subtract,
    BinaryOperation::Multiply,
    BinaryOperation::Divide,
    BinaryOperation::Power,
    BinaryOperation::Remainder,
    BinaryOperation::Atan2,
    BinaryOperation::Equal,
    BinaryOperation::NotEqual,
    BinaryOperation::Less,
    BinaryOperation::LessOrEqual,
    BinaryOperation::Greater,
    BinaryOperation::GreaterOrEqual,
    BinaryOperation::And,
    BinaryOperation::Or,
    BinaryOperation::Maximum,
    BinaryOperation::Minimum,
    BinaryOperation::DivideIntegers,
    BinaryOperation::RemainderOfIntegers,
    BinaryOperation::BitAnd,
    BinaryOperation::BitOr,
    BinaryOperation::BitXor,
    BinaryOperation::ShiftLeft,
    BinaryOperation::ShiftRight,
];

/// A kernel from choices; the same choices give the same kernel.
pub(super) fn kernel(choices: &[u8]) -> Kernel {
    generate(choices, false)
}

/// A kernel of events, each of which concerns only its instance.
pub(super) fn event_kernel(choices: &[u8]) -> Kernel {
    generate(choices, true)
}

fn generate(choices: &[u8], of_events: bool) -> Kernel {
    let mut builder = Builder::new();
    let variables = (0..4).map(|_| builder.register()).collect();
    let array = builder.registers(LENGTH);
    let mut generate = Generate {
        builder,
        of_events,
        choices,
        at: 0,
        values: Vec::new(),
        variables,
        array,
        scopes: Vec::new(),
        depth: 0,
    };
    while generate.at < choices.len() {
        generate.statement();
    }
    // what is left in variables is seen
    for column in 0..2 {
        let from = generate.variables[column];
        generate.builder.write(Place::Column(column as u32), from);
    }
    generate.builder.finish()
}

struct Generate<'a> {
    builder: Builder,
    of_events: bool,
    choices: &'a [u8],
    at: usize,
    values: Vec<Register>,
    variables: Vec<Register>,
    array: Register,
    scopes: Vec<u32>,
    depth: u32,
}

impl Generate<'_> {
    fn choose(&mut self, below: usize) -> usize {
        self.at += 1;
        self.choices.get(self.at - 1).map_or(0, |&choice| usize::from(choice) % below)
    }

    fn operand(&mut self) -> Register {
        match self.choose(8) {
            0 => {
                let number = NUMBERS[self.choose(NUMBERS.len())];
                self.builder.constant(number)
            }
            1 | 2 => self.variable(),
            3 => {
                let place = self.place();
                self.builder.read(place)
            }
            _ if self.values.is_empty() => self.builder.read(Place::Voltage),
            _ => {
                let value = self.choose(self.values.len());
                self.values[value]
            }
        }
    }

    fn place(&mut self) -> Place {
        match self.choose(12) {
            choice @ 4..=5 if self.of_events => Place::Weight(choice as u32 - 4),
            6 if self.of_events => Place::Flag,
            0 => Place::Voltage,
            1 => Place::Time,
            2 => Place::Step,
            3 => Place::Global(0),
            4 => Place::Area,
            5 => Place::Conductance,
            6 => Place::Celsius,
            choice => Place::Column((choice as u32 - 6) % COLUMNS as u32),
        }
    }

    fn target(&mut self) -> Place {
        match self.choose(10) {
            choice @ 0..=3 if self.of_events => Place::Weight(choice as u32 % 3),
            0 => Place::Current,
            1 => Place::Conductance,
            2 => Place::IonDerivative(0),
            3 => Place::Global(1),
            choice => Place::Column(choice as u32 - 3),
        }
    }

    fn index(&mut self) -> Register {
        if self.choose(3) == 0 {
            let index = self.choose(LENGTH as usize) as f64;
            return self.builder.constant(index);
        }
        let number = self.operand();
        let number = self.builder.unary(UnaryOperation::Truncate, number);
        let (zero, last) = (self.builder.constant(0.), self.builder.constant(f64::from(LENGTH - 1)));
        let number = self.builder.binary(BinaryOperation::Maximum, number, zero);
        self.builder.binary(BinaryOperation::Minimum, number, last)
    }

    fn variable(&mut self) -> Register {
        let variable = self.choose(self.variables.len());
        self.variables[variable]
    }

    fn block(&mut self, statements: usize) -> Block {
        let outer = self.values.len();
        self.depth += 1;
        let mut builder = std::mem::take(&mut self.builder);
        // the builder is the generator's while the block is open
        let (block, ()) = builder.block(|builder| {
            std::mem::swap(builder, &mut self.builder);
            (0..statements).for_each(|_| self.statement());
            std::mem::swap(builder, &mut self.builder);
        });
        self.builder = builder;
        self.values.truncate(outer);
        self.depth -= 1;
        block
    }

    fn statement(&mut self) {
        let deep = self.depth >= 3;
        match self.choose(if deep { 22 } else { 28 }) {
            0..=4 => {
                let operation = BINARY[self.choose(BINARY.len())];
                let (left, right) = (self.operand(), self.operand());
                let value = self.builder.binary(operation, left, right);
                self.values.push(value);
            }
            5..=7 => {
                // mostly what is fast
                let operation = BINARY[self.choose(4)];
                let (left, right) = (self.operand(), self.operand());
                let value = self.builder.binary(operation, left, right);
                self.values.push(value);
            }
            8 | 9 => {
                let operation = UNARY[self.choose(UNARY.len())];
                let operand = self.operand();
                let value = self.builder.unary(operation, operand);
                self.values.push(value);
            }
            10 => {
                let (condition, accepted, rejected) = (self.operand(), self.operand(), self.operand());
                let value = self.builder.select(condition, accepted, rejected);
                self.values.push(value);
            }
            11 => {
                let place = self.place();
                let value = self.builder.read(place);
                self.values.push(value);
            }
            12 | 13 => {
                let (place, from) = (self.target(), self.operand());
                self.builder.write(place, from);
            }
            14..=16 => {
                let (to, from) = (self.variable(), self.operand());
                self.builder.assign(to, from);
            }
            17 | 18 if self.of_events => {}
            17 => {
                let (index, to) = (self.index(), self.builder.register());
                let first = Place::Column(ARRAY);
                self.builder.push(Instruction::ReadElement { to, first, length: LENGTH, index });
                self.values.push(to);
            }
            18 => {
                let (index, from) = (self.index(), self.operand());
                let first = Place::Column(ARRAY);
                self.builder.push(Instruction::WriteElement { first, length: LENGTH, index, from });
            }
            19 => {
                let (index, to) = (self.index(), self.builder.register());
                self.builder.push(Instruction::ReadArray { to, first: self.array, length: LENGTH, index });
                self.values.push(to);
            }
            20 => {
                let (index, from) = (self.index(), self.operand());
                self.builder.push(Instruction::AssignElement {
                    first: self.array,
                    length: LENGTH,
                    index,
                    from,
                });
            }
            21 => self.effect(),
            22..=24 => {
                let condition = self.operand();
                let (accepted, rejected) = (self.choose(4), self.choose(3));
                let accepted = self.block(accepted);
                let rejected = self.block(rejected);
                self.builder.push(Instruction::If { condition, accepted, rejected });
            }
            25 => self.repeat(),
            26 => {
                let label = self.builder.label();
                self.scopes.push(label);
                let statements = 1 + self.choose(5);
                let body = self.block(statements);
                self.scopes.pop();
                self.builder.push(Instruction::Scope { label, body });
            }
            _ => {
                let Some(&label) = self.scopes.last() else { return };
                let condition = self.operand();
                let statements = self.choose(2);
                let mut accepted = self.block(statements);
                accepted.push(Instruction::Leave { label });
                self.builder.push(Instruction::If { condition, accepted, rejected: vec![] });
            }
        }
    }

    fn effect(&mut self) {
        let span = Span::default();
        match self.choose(3) {
            0 => {
                let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
                let value = self.builder.effect_value(effect, vec![], span);
                self.values.push(value);
            }
            1 => {
                let operands = vec![self.operand(), self.operand()];
                self.builder.effect(Effect::Send, operands, span);
            }
            _ => {
                let operands = vec![self.operand()];
                self.builder.effect(Effect::Print("%g".into()), operands, span);
            }
        }
    }

    /// A loop with a few repetitions, fewer in some instances.
    fn repeat(&mut self) {
        let label = self.builder.label();
        let counter = self.builder.register();
        let (start, limit) = (self.builder.constant(0.), self.operand());
        self.builder.assign(counter, start);
        let statements = self.choose(4);
        self.scopes.push(label);
        let statements = self.block(statements);
        self.scopes.pop();
        let (mut body, ()) = self.builder.block(|builder| {
            let most = builder.constant(3.);
            let limit = builder.binary(BinaryOperation::Minimum, limit, most);
            let more = builder.binary(BinaryOperation::Less, counter, limit);
            let rejected = vec![Instruction::Leave { label }];
            builder.push(Instruction::If { condition: more, accepted: vec![], rejected });
            let one = builder.constant(1.);
            let next = builder.binary(BinaryOperation::Add, counter, one);
            builder.assign(counter, next);
        });
        body.extend(statements);
        let body = vec![Instruction::Loop { body }];
        self.builder.push(Instruction::Scope { label, body });
    }
}
