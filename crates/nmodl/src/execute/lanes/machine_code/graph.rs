//! What straight operations compute, as a graph of vector instructions: every value is made once, and numbers that
//! are in registers of the machine in between are nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::super::code::{First, Operand, Operation, Second, Slot};
use crate::ir::{BinaryOperation, UnaryOperation};
use crate::math::exp::{C2, C3, C4, C5, INVERSE_LN2, NEGATIVE_LN2_HIGH, NEGATIVE_LN2_LOW, SHIFT};
use crate::math::vector::{LEAST_QUOTIENT, LEAST_RECIPROCAL};

/// A value, by the place of the node that makes it.
pub(super) type Value = u32;

/// Instructions with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The second where one is not a number, as for the next.
    Maximum,
    Minimum,
    And,
    Xor,
    /// Of whole numbers, as the following.
    AddBits,
    SubtractBits,
    OrBits,
    /// The first numbers of pairs that are in two vectors, then the second ones.
    FirstOfPairs,
    SecondOfPairs,
}

/// What a fused multiplication and addition adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fused {
    /// `a * b + c`
    Plus,
    /// `c - a * b`
    From,
}

/// Comparisons; a number that is none compares as different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
}

/// How numbers are rounded to whole ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rounding {
    Floor,
    Ceil,
    Truncate,
}

/// What makes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// The numbers of a slot before all operations, for the vector of this number.
    Load(Slot, u32),
    /// A number for all lanes.
    Uniform(u32),
    /// A constant, by its bits.
    Constant(u64),
    Two(Two, Value, Value),
    Fused(Fused, [Value; 3]),
    SquareRoot(Value),
    Round(Rounding, Value),
    ShiftLeft(Value, u8),
    /// 1 where the comparison holds, else 0.
    Truth(Comparison, [Value; 2]),
    /// The third where the comparison of the first two holds, else the fourth.
    Choose(Comparison, [Value; 4]),
    /// The first, with the bits of the third where the bits of the second are not those of 0.
    OrWhere([Value; 3]),
    /// Rows of the table of powers of two, whose numbers are twice the low bytes: those of each other lane, from the
    /// first one on.
    Rows(Value),
    /// Those of the lanes between, which are made at once, and come next.
    OtherRows(Value),
    /// The first in the lanes of a mask, else the second.
    Blend {
        mask: u32,
        vector: u32,
        numbers: [Value; 2],
    },
    /// The same value, in a register or on the stack.
    Held(Value),
}

impl Node {
    /// The values that it is made from.
    pub(super) fn operands(&self) -> impl Iterator<Item = Value> {
        let (all, count) = match *self {
            Self::Load(..) | Self::Uniform(_) | Self::Constant(_) => ([0; 4], 0),
            Self::Two(_, a, b) => ([a, b, 0, 0], 2),
            Self::Fused(_, [a, b, c]) | Self::OrWhere([a, b, c]) => ([a, b, c, 0], 3),
            Self::SquareRoot(a)
            | Self::Round(_, a)
            | Self::ShiftLeft(a, _)
            | Self::Rows(a)
            | Self::OtherRows(a)
            | Self::Held(a) => ([a, 0, 0, 0], 1),
            Self::Truth(_, [a, b]) | Self::Blend { numbers: [a, b], .. } => ([a, b, 0, 0], 2),
            Self::Choose(_, operands) => (operands, 4),
        };
        all.into_iter().take(count)
    }

    /// Whether it is one number for all lanes.
    pub(super) fn is_for_all(&self) -> bool {
        matches!(self, Self::Uniform(_) | Self::Constant(_))
    }

    /// Whether it is in memory anyway.
    pub(super) fn is_source(&self) -> bool {
        self.is_for_all() || matches!(self, Self::Load(..))
    }
}

/// The graph of some operations.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    known: BTreeMap<Node, Value>,
    /// What is in each slot now, if it is no longer what was there.
    current: BTreeMap<(Slot, u32), Value>,
    /// The vector that operations are added for.
    pub(super) vector: u32,
    /// Values some of whose bits are set where the results are not those of the operations, and these bits.
    guards: BTreeMap<u64, Value>,
    /// Reciprocals that are guarded.
    reciprocals: BTreeSet<Value>,
}

/// The sign bit.
const SIGN: u64 = 1 << 63;
/// Bits of the multiples of ln 2 / 128, besides a sign, for which there are exponentials here: up to 354.
const INDEX_BITS: u32 = 16;

impl Graph {
    /// Adds an operation; whether there are instructions for it.
    pub(super) fn add(&mut self, operation: &Operation) -> bool {
        let (to, value) = match *operation {
            Operation::Unary { operation, to, operand } => {
                let operand = self.read(operand);
                let Some(value) = self.unary(operation, operand) else { return false };
                (to, value)
            }
            Operation::Binary { operation, to, left, right } => {
                let left = self.operand(left);
                let Some(value) = self.binary(operation, left, right) else { return false };
                (to, value)
            }
            Operation::Fused { first, second, to, operands: [a, b, c] } => {
                let made = self.first(first, a, b);
                (to, self.second(second, made, c))
            }
            Operation::Exponential { first, operands: [a, b], second, to } => {
                let argument = self.first(first, a, b);
                let made = self.exponential(argument);
                let value = match second {
                    Some((second, uniform)) => self.second(second, made, Operand::Uniform(uniform)),
                    None => made,
                };
                (to, value)
            }
            Operation::Select { to, condition, accepted, rejected } => {
                let condition = self.read(condition);
                let [accepted, rejected] = [accepted, rejected].map(|operand| self.operand(operand));
                (to, self.choose(condition, accepted, rejected))
            }
            Operation::Copy { to, from } => (to, self.operand(from)),
            Operation::CopyActive { to, from, mask } => {
                let numbers = [self.operand(from), self.read(to)];
                (to, self.node(Node::Blend { mask, vector: self.vector, numbers }))
            }
            _ => return false,
        };
        self.current.insert((to, self.vector), value);
        true
    }

    /// The operands of a value that are made, too.
    pub(super) fn made_operands(&self, value: Value) -> impl Iterator<Item = Value> {
        let operands = self.nodes[value as usize].operands();
        operands.filter(|&operand| !self.nodes[operand as usize].is_source())
    }

    /// What has to be checked: values and their bits of which none may be set.
    pub(super) fn guards(&self) -> impl Iterator<Item = (Value, u64)> {
        self.guards.iter().map(|(&bits, &value)| (value, bits))
    }

    /// What is to be left in the slots that are asked for.
    pub(super) fn results(&mut self, is_needed: impl Fn(Slot) -> bool) -> Vec<((Slot, u32), Value)> {
        let changed = std::mem::take(&mut self.current);
        let needed = changed.into_iter().filter(|&((slot, vector), value)| {
            is_needed(slot) && self.nodes[value as usize] != Node::Load(slot, vector)
        });
        let needed: Vec<((Slot, u32), Value)> = needed.collect();
        let stored: Vec<(Slot, u32)> = needed.iter().map(|&(slot, _)| slot).collect();
        let held = needed.into_iter().map(|(slot, value)| match self.nodes[value as usize] {
            // which is no longer there when the other slot has its new numbers
            Node::Load(other, vector) if stored.contains(&(other, vector)) => {
                (slot, self.node(Node::Held(value)))
            }
            _ => (slot, value),
        });
        held.collect()
    }

    fn node(&mut self, node: Node) -> Value {
        let next = self.nodes.len() as Value;
        let value = *self.known.entry(node).or_insert(next);
        if value == next {
            self.nodes.push(node);
        }
        value
    }

    fn read(&mut self, slot: Slot) -> Value {
        match self.current.get(&(slot, self.vector)) {
            Some(&value) => value,
            None => self.node(Node::Load(slot, self.vector)),
        }
    }

    fn operand(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Lanes(slot) | Operand::Divisor(slot, _) => self.read(slot),
            Operand::Uniform(number) | Operand::UniformDivisor(number, _) => self.node(Node::Uniform(number)),
        }
    }

    fn number(&mut self, number: f64) -> Value {
        self.bits(number.to_bits())
    }

    fn bits(&mut self, bits: u64) -> Value {
        self.node(Node::Constant(bits))
    }

    fn two(&mut self, two: Two, a: Value, b: Value) -> Value {
        self.node(Node::Two(two, a, b))
    }

    fn fused(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.node(Node::Fused(Fused::Plus, [a, b, c]))
    }

    /// Sees to it that none of these bits is set in a value.
    fn guard(&mut self, value: Value, bits: u64) {
        let guarded = match self.guards.get(&bits) {
            Some(&others) => self.two(Two::OrBits, others, value),
            None => value,
        };
        self.guards.insert(bits, guarded);
    }

    fn unary(&mut self, operation: UnaryOperation, a: Value) -> Option<Value> {
        Some(match operation {
            UnaryOperation::Negate => {
                let sign = self.bits(SIGN);
                self.two(Two::Xor, a, sign)
            }
            UnaryOperation::Not => {
                let zero = self.bits(0);
                self.node(Node::Truth(Comparison::Equal, [a, zero]))
            }
            UnaryOperation::Exp => self.exponential(a),
            UnaryOperation::Sqrt => self.node(Node::SquareRoot(a)),
            UnaryOperation::Abs => {
                let magnitude = self.bits(!SIGN);
                self.two(Two::And, a, magnitude)
            }
            UnaryOperation::Floor => self.node(Node::Round(Rounding::Floor, a)),
            UnaryOperation::Ceil => self.node(Node::Round(Rounding::Ceil, a)),
            UnaryOperation::Truncate => self.node(Node::Round(Rounding::Truncate, a)),
            _ => return None,
        })
    }

    fn binary(&mut self, operation: BinaryOperation, a: Value, right: Operand) -> Option<Value> {
        let b = self.operand(right);
        let compared = |graph: &mut Self, comparison, operands| graph.node(Node::Truth(comparison, operands));
        Some(match operation {
            BinaryOperation::Add => self.two(Two::Add, a, b),
            BinaryOperation::Subtract => self.two(Two::Subtract, a, b),
            BinaryOperation::Multiply => self.two(Two::Multiply, a, b),
            BinaryOperation::Divide => self.quotient(a, right),
            BinaryOperation::Maximum => self.two(Two::Maximum, a, b),
            BinaryOperation::Minimum => self.two(Two::Minimum, a, b),
            BinaryOperation::Equal => compared(self, Comparison::Equal, [a, b]),
            BinaryOperation::NotEqual => compared(self, Comparison::NotEqual, [a, b]),
            BinaryOperation::Less => compared(self, Comparison::Less, [a, b]),
            BinaryOperation::LessOrEqual => compared(self, Comparison::LessOrEqual, [a, b]),
            BinaryOperation::Greater => compared(self, Comparison::Less, [b, a]),
            BinaryOperation::GreaterOrEqual => compared(self, Comparison::LessOrEqual, [b, a]),
            BinaryOperation::And => {
                let zero = self.bits(0);
                let other = compared(self, Comparison::NotEqual, [b, zero]);
                self.choose(a, other, zero)
            }
            BinaryOperation::Or => {
                let [zero, one] = [0., 1.].map(|number: f64| self.number(number));
                let other = compared(self, Comparison::NotEqual, [b, zero]);
                self.choose(a, one, other)
            }
            _ => return None,
        })
    }

    /// One of two values by whether a condition is not 0.
    fn choose(&mut self, condition: Value, accepted: Value, rejected: Value) -> Value {
        if let Node::Truth(comparison, [a, b]) = self.nodes[condition as usize] {
            return self.node(Node::Choose(comparison, [a, b, accepted, rejected]));
        }
        let zero = self.bits(0);
        self.node(Node::Choose(Comparison::NotEqual, [condition, zero, accepted, rejected]))
    }

    fn first(&mut self, first: First, a: Operand, b: Operand) -> Value {
        let a = self.operand(a);
        let other = self.operand(b);
        match first {
            First::Add => self.two(Two::Add, a, other),
            First::Subtract => self.two(Two::Subtract, a, other),
            First::Multiply => self.two(Two::Multiply, a, other),
            First::Divide => self.quotient(a, b),
        }
    }

    fn second(&mut self, second: Second, x: Value, c: Operand) -> Value {
        let other = self.operand(c);
        match second {
            Second::Add => self.two(Two::Add, x, other),
            Second::Subtract => self.two(Two::Subtract, x, other),
            Second::SubtractFrom => self.two(Two::Subtract, other, x),
            Second::Multiply => self.two(Two::Multiply, x, other),
            Second::Divide => self.quotient(x, c),
            Second::DivideInto => self.two(Two::Divide, other, x),
        }
    }

    /// As [`Vector::divide_by`](crate::math::vector::Vector::divide_by), where a reciprocal is known.
    fn quotient(&mut self, a: Value, divisor: Operand) -> Value {
        let b = self.operand(divisor);
        let reciprocal = match divisor {
            Operand::Divisor(_, reciprocal) => self.read(reciprocal),
            Operand::UniformDivisor(_, reciprocal) => self.node(Node::Uniform(reciprocal)),
            Operand::Lanes(_) | Operand::Uniform(_) => return self.two(Two::Divide, a, b),
        };
        let near = self.two(Two::Multiply, a, reciprocal);
        let remainder = self.node(Node::Fused(Fused::From, [b, near, a]));
        let quotient = self.fused(remainder, reciprocal, near);
        let unfit = self.outside(reciprocal, LEAST_RECIPROCAL);
        if self.reciprocals.insert(reciprocal) {
            self.guard(unfit, SIGN);
        }
        let unfit = self.outside(quotient, LEAST_QUOTIENT);
        // 0 is divided with the right sign, -0 is not
        let others = self.guards[&SIGN];
        let guarded = self.node(Node::OrWhere([others, a, unfit]));
        self.guards.insert(SIGN, guarded);
        quotient
    }

    /// Negative where the magnitude is outside the range that starts with a number.
    fn outside(&mut self, a: Value, least: i64) -> Value {
        let twice = self.two(Two::AddBits, a, a);
        let least = self.bits(least.cast_unsigned());
        self.two(Two::SubtractBits, twice, least)
    }

    /// As [`exp_finite`](crate::math::exp_finite), for arguments whose index is one of [`INDEX_BITS`] and a sign.
    fn exponential(&mut self, x: Value) -> Value {
        let [inverse, shift, high, low] =
            [INVERSE_LN2, SHIFT, NEGATIVE_LN2_HIGH, NEGATIVE_LN2_LOW].map(|number| self.number(number));
        let [c2, c3, c4, c5] = [C2, C3, C4, C5].map(|number| self.number(number));
        let shifted = self.fused(x, inverse, shift);
        let within = self.bits((1_u64 << INDEX_BITS).wrapping_sub(SHIFT.to_bits()));
        let beyond = self.two(Two::AddBits, shifted, within);
        self.guard(beyond, !((1 << (INDEX_BITS + 1)) - 1));
        let numbers = self.node(Node::ShiftLeft(shifted, 1));
        let k = self.two(Two::Subtract, shifted, shift);
        let r = self.fused(k, high, x);
        let r = self.fused(k, low, r);
        let even = self.node(Node::Rows(numbers));
        let odd = self.node(Node::OtherRows(even));
        let power = self.two(Two::FirstOfPairs, even, odd);
        let error = self.two(Two::SecondOfPairs, even, odd);
        // the table's powers lack their place of the index, so that all of this is added
        let exponent = self.node(Node::ShiftLeft(shifted, 45));
        let power = self.two(Two::AddBits, power, exponent);
        let square = self.two(Two::Multiply, r, r);
        let from_error = self.two(Two::Add, error, r);
        let low = self.fused(r, c3, c2);
        let low = self.fused(low, square, from_error);
        let high = self.fused(r, c5, c4);
        let fourth = self.two(Two::Multiply, square, square);
        let expm1 = self.fused(fourth, high, low);
        self.fused(power, expm1, power)
    }
}
