//! Finds the loops that do nothing but draw uniform numbers and count those below a bound, or how often their product is
//! not below one, as binomial and Poisson deviates of stochastic channels are made. Puts [`Effect::CountBelow`] and
//! [`Effect::CountProducts`] in their place.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::Changed;
use super::rebuild::local::count_reads;
use crate::ir::{
    BinaryOperation, Block, Distribution, Effect, Instruction, Kernel, Register, UnaryOperation, Use,
};
use crate::syntax::Span;

/// Integers up to here are added without rounding, however often 1 is added to them.
const LARGEST: f64 = 4294967296.;

/// Replaces the loops of a kernel that count draws; whether there were any.
pub(super) fn recognise(kernel: &mut Kernel) -> bool {
    let mut constants = BTreeMap::new();
    for instruction in &kernel.body {
        instruction.visit(&mut |inner| {
            if let Instruction::Constant { to, number } = *inner {
                constants.insert(to, number);
            }
        });
    }
    let reads = count_reads(&kernel.body);
    let mut finder = Finder { constants, reads, registers: kernel.registers, found: false };
    finder.block(&mut kernel.body);
    kernel.registers = finder.registers;
    finder.found
}

struct Finder {
    /// Values whose number is known.
    constants: BTreeMap<Register, f64>,
    /// How often each register of the kernel is read.
    reads: BTreeMap<Register, u32>,
    registers: u32,
    found: bool,
}

/// A loop that counts: `for (turn = first; turn < limit; turn++) if (draw < bound) count++`, or without the branch
/// `if ((product *= draw) < bound) break`; then the turns are what it counts.
struct Counting {
    first: f64,
    limit: Register,
    /// Whether the last turn is at the limit.
    up_to_limit: bool,
    stream: u32,
    /// The product, if the loop makes one.
    product: Option<Register>,
    bound: Register,
    /// Whether what is at the bound is as what is below it.
    or_equal: bool,
    count: Register,
    /// What was counted before.
    before: f64,
    span: Span,
}

impl Finder {
    fn block(&mut self, block: &mut Block) {
        let mut result = Block::new();
        for mut instruction in std::mem::take(block) {
            for inner in instruction.blocks_mut() {
                self.block(inner);
            }
            match self.counting(&result, &instruction) {
                Some(counting) => self.replace(&counting, &mut result),
                None => result.push(instruction),
            }
        }
        *block = result;
    }

    /// What a loop counts that comes after the instructions `before`.
    fn counting(&self, before: &[Instruction], instruction: &Instruction) -> Option<Counting> {
        let Instruction::Scope { label, body } = instruction else { return None };
        let [Instruction::Loop { body }] = &body[..] else { return None };
        let turn = Turn::of(*label, body, &self.constants)?;
        let (counter, limit, up_to_limit) = turn.exit?;
        let (stream, span) = turn.draw?;
        let inside = count_reads(body);
        let is_read_later = |register: &&Register| inside.get(register) != self.reads.get(register);
        let mut needed = turn.set.iter().filter(is_read_later);
        let (&count, None) = (needed.next()?, needed.next()) else { return None };
        let (product, bound, or_equal) = match (turn.stop, turn.values.get(&count)?) {
            (None, &Value::Counted { count: counted, bound, or_equal }) if counted == count => {
                (None, bound, or_equal)
            }
            (Some((product, bound, or_equal)), _) if count == counter => (Some(product), bound, or_equal),
            _ => return None,
        };
        let counts = turn.values.get(&counter) == Some(&Value::Next(counter));
        let first = self.integer_before(before, counter)?;
        let before = self.integer_before(before, count)?;
        counts.then_some(Counting {
            first,
            limit,
            up_to_limit,
            stream,
            product,
            bound,
            or_equal,
            count,
            before,
            span,
        })
    }

    /// The known integer that the variable has after some instructions.
    fn integer_before(&self, instructions: &[Instruction], variable: Register) -> Option<f64> {
        let sets = |instruction: &&Instruction| {
            let mut sets = false;
            (*instruction).clone().visit_all_registers(&mut |register, how| {
                sets |= how == Use::Set && *register == variable;
            });
            sets
        };
        let Instruction::Assign { from, .. } = instructions.iter().rfind(sets)? else { return None };
        let number = *self.constants.get(from)?;
        (number.fract() == 0. && number.abs() <= LARGEST).then_some(number)
    }

    fn replace(&mut self, counting: &Counting, block: &mut Block) {
        let &Counting { first, limit, up_to_limit, stream, bound, or_equal, count, before, span, .. } =
            counting;
        self.found = true;
        // the integers from the first to the limit; the effect cuts off fractions
        let turns = if up_to_limit && first == 1. {
            limit
        } else {
            let (operation, more) =
                if up_to_limit { (UnaryOperation::Floor, 1.) } else { (UnaryOperation::Ceil, 0.) };
            let last = self.register();
            block.push(Instruction::Unary { to: last, operation, operand: limit });
            self.sum(last, more - first, block)
        };
        let counted = self.register();
        let (effect, operands) = match counting.product {
            None => (Effect::CountBelow { stream, or_equal }, vec![turns, bound]),
            Some(product) => (Effect::CountProducts { stream, or_equal }, vec![turns, product, bound]),
        };
        block.push(Instruction::Effect { to: Some(counted), effect, operands, span });
        let from = self.sum(counted, before, block);
        block.push(Instruction::Assign { to: count, from });
    }

    /// The sum of a register and a number.
    fn sum(&mut self, left: Register, number: f64, block: &mut Block) -> Register {
        if number == 0. {
            return left;
        }
        let [right, to] = [self.register(), self.register()];
        block.push(Instruction::Constant { to: right, number });
        block.push(Instruction::Binary { to, operation: BinaryOperation::Add, left, right });
        to
    }

    fn register(&mut self) -> Register {
        self.registers += 1;
        self.registers - 1
    }
}

/// What a register holds in a turn of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// What this one held when the turn began.
    Same(Register),
    /// 1 more.
    Next(Register),
    /// What was drawn.
    Drawn,
    /// Whether the variable is below what does not change.
    Ordered { variable: Register, limit: Register, or_equal: bool },
    /// Whether what was drawn is below what does not change.
    Below { bound: Register, or_equal: bool },
    /// What the variable held, times what was drawn.
    Product(Register),
    /// Whether this product is below what does not change.
    ProductBelow { product: Register, bound: Register, or_equal: bool },
    /// What the variable held when the turn began, or 1 more if what was drawn is below.
    Counted { count: Register, bound: Register, or_equal: bool },
    /// Something else.
    Other,
}

/// One turn of a loop.
struct Turn<'a> {
    constants: &'a BTreeMap<Register, f64>,
    /// What registers hold that the turn changed.
    values: BTreeMap<Register, Value>,
    /// Variables that it sets.
    set: BTreeSet<Register>,
    /// Registers that the loop changes.
    changed: BTreeSet<Register>,
    /// The variable that has to be below a limit, the limit, and whether it may be at the limit.
    exit: Option<(Register, Register, bool)>,
    /// The product that ends the loop when it is below a bound, the bound, and whether it may be at it.
    stop: Option<(Register, Register, bool)>,
    /// The stream that was drawn from, and where.
    draw: Option<(u32, Span)>,
}

impl<'a> Turn<'a> {
    /// A turn of the loop in scope `label`, if it leaves the loop at its start, if at all, or once the product is there,
    /// and does nothing that others notice but to draw once.
    fn of(label: u32, body: &[Instruction], constants: &'a BTreeMap<Register, f64>) -> Option<Self> {
        let changed = Changed::by(body).registers;
        let (values, set) = (BTreeMap::new(), BTreeSet::new());
        let mut turn = Self { constants, values, set, changed, exit: None, stop: None, draw: None };
        body.iter().all(|instruction| turn.follow(label, instruction).is_some()).then_some(turn)
    }

    fn value(&self, register: Register) -> Value {
        self.values.get(&register).copied().unwrap_or(Value::Same(register))
    }

    /// Notes what an instruction does, if it may be part of such a loop.
    fn follow(&mut self, label: u32, instruction: &Instruction) -> Option<()> {
        let (to, value) = match *instruction {
            Instruction::Constant { to, .. } => (to, Value::Same(to)),
            Instruction::Unary { to, .. } => (to, Value::Other),
            Instruction::Binary { to, operation, left, right } => {
                (to, self.binary(operation, self.value(left), self.value(right)))
            }
            Instruction::Select { to, condition, accepted, rejected } => {
                (to, self.select([condition, accepted, rejected].map(|register| self.value(register))))
            }
            Instruction::Assign { to, from } => {
                self.set.insert(to);
                (to, self.value(from))
            }
            Instruction::If { condition, ref accepted, ref rejected } => {
                let leaves = |side: &[Instruction]| matches!(*side, [Instruction::Leave { label: left }] if left == label);
                let is_first = self.draw.is_none() && self.exit.is_none();
                return match self.value(condition) {
                    Value::Ordered { variable, limit, or_equal }
                        if leaves(rejected) && accepted.is_empty() =>
                    {
                        self.exit = Some((variable, limit, or_equal));
                        (self.set.is_empty() && is_first).then_some(())
                    }
                    Value::ProductBelow { product, bound, or_equal }
                        if leaves(accepted) && rejected.is_empty() =>
                    {
                        self.stop = Some((product, bound, or_equal));
                        // nothing else was set
                        self.set.iter().eq([&product]).then_some(())
                    }
                    _ => None,
                };
            }
            Instruction::Effect {
                to: Some(to),
                effect: Effect::Draw { stream, distribution: Distribution::Uniform },
                span,
                ..
            } if self.draw.is_none() => {
                self.draw = Some((stream, span));
                (to, Value::Drawn)
            }
            _ => return None,
        };
        self.values.insert(to, value);
        Some(())
    }

    fn binary(&self, operation: BinaryOperation, left: Value, right: Value) -> Value {
        use BinaryOperation::{Add, Greater, GreaterOrEqual, Less, LessOrEqual, Multiply};
        match (operation, left, right) {
            (Add, Value::Same(variable), Value::Same(_)) if self.is_one(right) => Value::Next(variable),
            (Add, Value::Same(count), Value::Below { bound, or_equal }) => {
                Value::Counted { count, bound, or_equal }
            }
            (Add, Value::Same(_), Value::Same(_)) if self.is_one(left) => self.binary(Add, right, left),
            (Add, Value::Below { .. }, Value::Same(_)) => self.binary(Add, right, left),
            (Less | LessOrEqual, Value::Drawn, Value::Same(bound)) if !self.changed.contains(&bound) => {
                Value::Below { bound, or_equal: operation == LessOrEqual }
            }
            (Multiply, Value::Same(variable), Value::Drawn) => Value::Product(variable),
            (Multiply, Value::Drawn, Value::Same(_)) => self.binary(Multiply, right, left),
            (Less | LessOrEqual, Value::Product(product), Value::Same(bound))
                if !self.changed.contains(&bound) =>
            {
                Value::ProductBelow { product, bound, or_equal: operation == LessOrEqual }
            }
            (Less | LessOrEqual, Value::Same(variable), Value::Same(limit))
                if !self.changed.contains(&limit) =>
            {
                Value::Ordered { variable, limit, or_equal: operation == LessOrEqual }
            }
            (Greater, ..) => self.binary(Less, right, left),
            (GreaterOrEqual, ..) => self.binary(LessOrEqual, right, left),
            _ => Value::Other,
        }
    }

    fn is_one(&self, value: Value) -> bool {
        matches!(value, Value::Same(register) if self.constants.get(&register) == Some(&1.))
    }

    fn select(&self, [condition, accepted, rejected]: [Value; 3]) -> Value {
        match (condition, accepted, rejected) {
            (Value::Below { bound, or_equal }, Value::Next(next), Value::Same(count)) if next == count => {
                Value::Counted { count, bound, or_equal }
            }
            _ => Value::Other,
        }
    }
}
