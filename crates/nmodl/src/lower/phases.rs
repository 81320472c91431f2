//! The kernels of a mechanism, one for each thing that the solver asks for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::kernel::Lowering;
use super::value::{Kind, Local, Value};
use super::{Context, Part, Solution, walk};
use crate::description::IonVariable;
use crate::ir::{BinaryOperation, Effect, Function, Kernel, Kernels, Place, Register};
use crate::model::{Fault, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{
    Block, BlockKind, Body, ExpressionKind, Name, Phase, Statement, StatementKind, Variable,
};

/// Voltage difference over which currents are differentiated (mV).
const DIFFERENCE: f64 = 0.001;

impl<'m> Context<'m> {
    pub fn kernels(&mut self) -> Kernels {
        // What has no node takes part in no step
        let steps = self.model.description.kind != crate::Kind::ArtificialCell;
        let around = |context: &mut Self, kind| {
            if steps { context.plain(&[kind], Part::Around) } else { None }
        };
        let mut kernels = Kernels {
            constructor: self.plain(&[BlockKind::Constructor], Part::Constructor),
            destructor: self.plain(&[BlockKind::Destructor], Part::Destructor),
            before_initial: around(self, BlockKind::Before(Phase::Initial)),
            initial: self.initial(),
            after_initial: around(self, BlockKind::After(Phase::Initial)),
            before_breakpoint: around(self, BlockKind::Before(Phase::Breakpoint)),
            current: if steps { self.current() } else { None },
            state: if steps { self.state() } else { None },
            after_solve: around(self, BlockKind::After(Phase::Solve)),
            before_step: around(self, BlockKind::Before(Phase::Step)),
            receive: self.receive(),
            receive_initial: self.receive_initial(),
            watch: Vec::new(),
        };
        let mut number = 0;
        while let Some(condition) = self.watches.get(number).cloned() {
            kernels.watch.push(self.watch(&condition));
            number += 1;
        }
        kernels
    }

    fn blocks(&self, kind: BlockKind) -> Vec<Arc<Block>> {
        self.model.blocks.iter().filter(|block| block.kind == kind).cloned().collect()
    }

    fn plain(&mut self, kinds: &[BlockKind], part: Part) -> Option<Kernel> {
        let blocks: Vec<Arc<Block>> = kinds.iter().flat_map(|kind| self.blocks(*kind)).collect();
        let first = blocks.first()?.clone();
        let mut lowering = Lowering::new(self, part, first.kind.word());
        lowering.own_voltage(None);
        for block in blocks {
            lowering.top(&block.body);
        }
        Some(lowering.finish())
    }

    /// States at their start values, then `INITIAL`.
    fn initial(&mut self) -> Option<Kernel> {
        let blocks = self.blocks(BlockKind::Initial);
        let states = self.model.states.clone();
        if blocks.is_empty() && states.is_empty() {
            return None;
        }
        let mut lowering = Lowering::new(self, Part::Initial, "INITIAL");
        lowering.own_voltage(None);
        for (state, _) in states {
            lowering.start(&state);
        }
        for block in blocks {
            lowering.top(&block.body);
        }
        Some(lowering.finish())
    }

    fn current(&mut self) -> Option<Kernel> {
        let blocks = self.blocks(BlockKind::Breakpoint);
        if blocks.is_empty() || self.model.currents.is_empty() {
            return None;
        }
        let hints = conductances(&blocks);
        let mut lowering = Lowering::new(self, Part::Current, "BREAKPOINT");
        if hints.is_empty() {
            lowering.differentiated(&blocks);
        } else {
            lowering.hinted(&blocks, &hints);
        }
        Some(lowering.finish())
    }

    /// `SOLVE`s, and all other statements where there is no current.
    fn state(&mut self) -> Option<Kernel> {
        let blocks = self.blocks(BlockKind::Breakpoint);
        let mut solves: Vec<Statement> = Vec::new();
        for block in &blocks {
            walk::statements(
                &block.body,
                &mut |statement| {
                    if matches!(statement.kind, StatementKind::Solve { .. }) {
                        solves.push(statement.clone());
                    }
                },
                &mut |_| {},
            );
        }
        let rest = self.model.currents.is_empty();
        let is_rest = |block: &Arc<Block>| {
            block
                .body
                .statements
                .iter()
                .any(|statement| !matches!(statement.kind, StatementKind::Solve { .. }))
        };
        if solves.is_empty() && !(rest && blocks.iter().any(is_rest)) {
            return None;
        }
        let mut lowering = Lowering::new(self, Part::State, "BREAKPOINT");
        lowering.own_voltage(None);
        for solve in &solves {
            lowering.solved(solve);
        }
        if rest {
            lowering.part = Part::Current;
            for block in &blocks {
                lowering.top(&block.body);
            }
        }
        Some(lowering.finish())
    }

    fn receive_block(&self) -> Option<Arc<Block>> {
        self.model.block(|kind| kind == BlockKind::NetReceive).cloned()
    }

    fn receive(&mut self) -> Option<Kernel> {
        let block = self.receive_block()?;
        let mut lowering = Lowering::new(self, Part::Receive, "NET_RECEIVE");
        lowering.own_voltage(None);
        lowering.event_arguments(&block);
        lowering.top(&block.body);
        Some(lowering.finish())
    }

    fn receive_initial(&mut self) -> Option<Kernel> {
        let block = self.receive_block()?;
        let body = block.body.statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Initial(body) => Some(body),
            _ => None,
        })?;
        let mut lowering = Lowering::new(self, Part::ReceiveInitial, "INITIAL");
        lowering.own_voltage(None);
        lowering.event_arguments(&block);
        lowering.top(body);
        Some(lowering.finish())
    }

    /// `left > right` as `left - right`, `left < right` as `-(left - right)`.
    fn watch(&mut self, condition: &crate::syntax::ast::WatchCondition) -> Kernel {
        let mut lowering = Lowering::new(self, Part::Watch, "WATCH");
        lowering.own_voltage(None);
        let left = lowering.double(&condition.left);
        let right = lowering.double(&condition.right);
        let mut value = lowering.binary(BinaryOperation::Subtract, left, right);
        if !condition.rising {
            value = lowering.unary(crate::ir::UnaryOperation::Negate, value);
        }
        lowering.builder.write(Place::Result, value);
        lowering.finish()
    }

    /// Functions and procedures as HOC calls them. What only C text does there, and cannot be done, is left for the
    /// time of the call.
    pub fn functions(&mut self) -> Vec<Function> {
        let mut functions = Vec::new();
        for block in self.model.blocks.clone() {
            if !matches!(block.kind, BlockKind::Function | BlockKind::Procedure) {
                continue;
            }
            let Some(name) = block.name.clone() else { continue };
            let before = self.problems.len();
            let mut kernel = self.function(&block, &name);
            if self.problems.len() > before && has_c(&block.body) {
                let first = self.problems[before].to_string();
                self.warnings.extend(self.problems.drain(before..));
                kernel = self.refusal(&name, &first);
            }
            let arguments = block.arguments.len();
            functions.push(Function { name: name.text.to_string(), arguments, kernel });
        }
        functions
    }

    fn function(&mut self, block: &Arc<Block>, name: &Name) -> Kernel {
        let mut lowering = Lowering::new(self, Part::Function, "HOC");
        lowering.own_voltage(None);
        let values = (0..block.arguments.len() as u32)
            .map(|argument| Value::Number(lowering.read(Place::Argument(argument)), Kind::Double))
            .collect();
        let result = lowering.enter_block(block, &name.text, values, name.span);
        let result = match (block.kind, result) {
            (BlockKind::Function, Value::Number(register, _)) => register,
            _ => lowering.constant(1.0),
        };
        lowering.builder.write(Place::Result, result);
        lowering.finish()
    }

    /// A kernel that fails.
    fn refusal(&mut self, name: &Name, reason: &str) -> Kernel {
        let mut lowering = Lowering::new(self, Part::Function, "HOC");
        let message = format!("`{}` cannot be called: {reason}", name.text).replace('%', "%%");
        lowering.effect(Effect::Fail(message.into()), Vec::new(), name.span);
        lowering.finish()
    }
}

/// Whether statements of a body come from C.
fn has_c(body: &Body) -> bool {
    let mut found = false;
    let mut in_expressions = false;
    walk::statements(
        body,
        &mut |statement| {
            found |= matches!(
                statement.kind,
                StatementKind::Declaration(_)
                    | StatementKind::Expression(_)
                    | StatementKind::Return(_)
                    | StatementKind::For { .. }
                    | StatementKind::DoWhile { .. }
                    | StatementKind::Break
                    | StatementKind::Continue
            );
        },
        &mut |expression| {
            in_expressions |= matches!(
                expression.kind,
                ExpressionKind::Integer(_)
                    | ExpressionKind::Null
                    | ExpressionKind::Slot(_)
                    | ExpressionKind::Cast(..)
                    | ExpressionKind::Dereference(_)
                    | ExpressionKind::AddressOf(_)
            );
        },
    );
    found || in_expressions
}

/// The hints of `CONDUCTANCE`: variables with their ions.
fn conductances(blocks: &[Arc<Block>]) -> Vec<(Name, Option<Name>)> {
    let mut hints = Vec::new();
    for block in blocks {
        walk::statements(
            &block.body,
            &mut |statement| {
                if let StatementKind::Conductance { variable, ion } = &statement.kind {
                    hints.push((variable.clone(), ion.clone()));
                }
            },
            &mut |_| {},
        );
    }
    hints
}

impl Lowering<'_, '_> {
    /// Gives the kernel a voltage that it may change, if the file does so.
    fn own_voltage(&mut self, value: Option<Register>) {
        let assigns = self.context.model.blocks.iter().any(|block| walk::assigns(&block.body, "v"));
        if assigns {
            let value = match value {
                Some(value) => value,
                None => self.builder.read(Place::Voltage),
            };
            self.voltage = Some(self.variable(value));
        } else {
            self.voltage = value;
        }
    }

    /// The statements of a block that is no function.
    pub fn top(&mut self, body: &Body) {
        let returns = walk::contains(body, &|kind| matches!(kind, StatementKind::Return(_)));
        self.scope(returns, |lowering, label| {
            lowering.frame().leave = returns.then_some(label);
            lowering.body(body);
            lowering.frame().leave = None;
        });
    }

    /// A state at its start value, unless it is the ion's.
    fn start(&mut self, state: &Arc<str>) {
        let ions = &self.context.model.description.ions;
        let is_concentration = ions.iter().any(|ion| {
            let names = [
                (IonVariable::Inside, format!("{}i", ion.ion)),
                (IonVariable::Outside, format!("{}o", ion.ion)),
            ];
            names.iter().any(|(variable, name)| {
                **name == **state && (ion.reads.contains(variable) || ion.writes.contains(variable))
            })
        });
        if is_concentration {
            return;
        }
        let start = format!("{state}0");
        let value = match self.symbol(&start) {
            Some(Symbol::Place(place)) => self.read(place),
            _ => self.constant(0.0),
        };
        match self.symbol(state) {
            Some(Symbol::Place(place)) => self.builder.write(place, value),
            Some(Symbol::Array { first, length }) => {
                for index in 0..length {
                    self.builder.write(first.element(index), value);
                }
            }
            _ => {}
        }
    }

    fn event_arguments(&mut self, block: &Block) {
        let mut scope: HashMap<Arc<str>, Local> = HashMap::new();
        scope.insert("flag".into(), Local::Place(Place::Flag, Kind::Double));
        for (number, argument) in block.arguments.iter().enumerate() {
            let place = Place::Weight(number as u32);
            scope.insert(argument.name.text.clone(), Local::Place(place, Kind::Double));
        }
        self.frame().scopes.push(scope);
    }

    // Currents

    /// Currents at `v + 0.001` and at `v`; their difference is the conductance.
    fn differentiated(&mut self, blocks: &[Arc<Block>]) {
        let voltage = self.builder.read(Place::Voltage);
        let difference = self.constant(DIFFERENCE);
        let raised = self.binary(BinaryOperation::Add, voltage, difference);
        self.own_voltage(Some(raised));
        let high = self.total(blocks);
        let high_ions = self.ion_currents();
        self.voltage = None;
        self.own_voltage(None);
        self.second_evaluation = true;
        let total = self.total(blocks);
        let difference = self.constant(DIFFERENCE);
        for (ion, high) in high_ions {
            let low = self.ion_currents().get(&ion).copied().unwrap_or(high);
            let change = self.binary(BinaryOperation::Subtract, high, low);
            let derivative = self.binary(BinaryOperation::Divide, change, difference);
            self.builder.write(Place::IonDerivative(ion), derivative);
        }
        let change = self.binary(BinaryOperation::Subtract, high, total);
        let conductance = self.binary(BinaryOperation::Divide, change, difference);
        self.builder.write(Place::Conductance, conductance);
        self.builder.write(Place::Current, total);
    }

    /// The statements, then the sum of all currents, beginning with 0.
    fn total(&mut self, blocks: &[Arc<Block>]) -> Register {
        for block in blocks {
            self.top(&block.body);
        }
        let mut total = self.constant(0.0);
        for current in self.context.model.currents.clone() {
            let value = self.named(&current.name);
            total = self.binary(BinaryOperation::Add, total, value);
        }
        total
    }

    fn ion_currents(&mut self) -> BTreeMap<u32, Register> {
        let mut values = BTreeMap::new();
        for current in self.context.model.currents.clone() {
            if let Some(ion) = current.ion {
                let value = self.named(&current.name);
                values.insert(ion, value);
            }
        }
        values
    }

    /// The number of that name.
    fn named(&mut self, name: &Arc<str>) -> Register {
        let name = Name { text: name.clone(), span: Span::default() };
        let variable = Variable { span: name.span, name, primes: 0, index: None };
        let target = self.target_of(&variable);
        let value = self.get(&target);
        self.number_of(value, Span::default()).0
    }

    /// Currents with the conductances that `CONDUCTANCE` names; both may be `LOCAL`.
    fn hinted(&mut self, blocks: &[Arc<Block>], hints: &[(Name, Option<Name>)]) {
        self.own_voltage(None);
        for block in blocks {
            self.frame().scopes.push(HashMap::new());
            self.statements(&block.body.statements);
        }
        let mut total: Option<Register> = None;
        for current in self.context.model.currents.clone() {
            let value = self.named(&current.name);
            total = Some(match total {
                Some(total) => self.binary(BinaryOperation::Add, total, value),
                None => value,
            });
            if self.local(&current.name).is_some()
                && let Some(Symbol::Place(place)) = self.symbol(&current.name)
            {
                self.builder.write(place, value);
            }
        }
        let mut conductance: Option<Register> = None;
        let mut of_ions: BTreeMap<usize, Register> = BTreeMap::new();
        for (variable, ion) in hints {
            let value = self.named(&variable.text);
            conductance = Some(match conductance {
                Some(sum) => self.binary(BinaryOperation::Add, sum, value),
                None => value,
            });
            let Some(ion) = ion else { continue };
            let ions = &self.context.model.description.ions;
            match ions.iter().position(|known| *known.ion == *ion.text) {
                Some(number) => {
                    let sum = match of_ions.get(&number) {
                        Some(sum) => self.binary(BinaryOperation::Add, *sum, value),
                        None => value,
                    };
                    of_ions.insert(number, sum);
                }
                None => {
                    let help = format!("declare it: `USEION {0} WRITE i{0}`", ion.text);
                    self.fault(Fault::Undeclared(ion.text.to_string()), ion.span, help);
                }
            }
        }
        for (number, sum) in of_ions {
            self.builder.write(Place::IonDerivative(number as u32), sum);
        }
        if let (Some(total), Some(conductance)) = (total, conductance) {
            self.builder.write(Place::Conductance, conductance);
            self.builder.write(Place::Current, total);
        }
    }

    // States

    /// The statements that stand for a `SOLVE`.
    pub fn solved(&mut self, statement: &Statement) {
        if let Some(solution) = self.context.solution(statement.span) {
            self.solution(&solution);
        }
    }

    /// The statements of a solution.
    pub fn solution(&mut self, solution: &Solution) {
        self.frame().scopes.push(HashMap::new());
        for (state, length) in &solution.own {
            let name: Arc<str> = format!("D{state}").into();
            if self.symbol(&name).is_some() {
                continue;
            }
            let local = match length {
                None => Local::Register(self.builder.register(), Kind::Double),
                Some(length) => {
                    let first = self.builder.registers(*length);
                    Local::Registers { first, length: *length, kind: Kind::Double }
                }
            };
            self.declare(&name, local);
        }
        let [first, second] = &solution.bodies;
        if solution.differ {
            let order = self.builder.read(Place::SecondOrder);
            self.branch(order, |lowering| lowering.top(second), |lowering| lowering.top(first));
        } else {
            self.top(first);
        }
        self.frame().scopes.pop();
    }
}
