//! Reactions of `KINETIC` blocks: which states they solve for, and the statements that one evaluation of them is.
//!
//! A reaction `~ a + 2 b <-> c (f, r)` has the fluxes `f_flux = f*b*b*a` and `b_flux = r*c` (reactants from the last to
//! the first, the rate before them as text). Its right sides and matrix elements are set up in the order of NEURON's
//! translator.

use std::collections::BTreeMap;

use super::context::{Context, Counters, Slot, State};
use super::elimination::{Structure, element, right};
use super::error::SolveProblem;
use super::make::{Make, append_factor, takes_factor_in_part};
use super::unroll::{Expand, unroll};
use super::walk::{any_statement, each_statement};
use crate::syntax::Span;
use crate::syntax::ast::*;

/// States that one block may have: the matrix is written out.
const MAXIMUM_STATES: usize = 500;

/// A state of the block.
#[derive(Clone, Debug)]
struct Member {
    state: State,
    /// Number of its first element.
    offset: usize,
    /// What `COMPARTMENT` says of it.
    compartment: Option<Compartment>,
}

/// What a `KINETIC` block solves for.
pub(super) struct Scheme {
    members: Vec<Member>,
    /// The states in the order of the matrix: those that `CONSERVE` determines come first.
    pub slots: Vec<Slot>,
    /// How many rows are those of `CONSERVE`.
    conserved: usize,
    /// Row of the `CONSERVE` that starts at a position of the text.
    conserve_rows: BTreeMap<u32, usize>,
    /// Whether all reactions are linear.
    pub linear: bool,
}

/// Why the reactions are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For the right sides and the matrix.
    Matrix,
    /// For the derivatives of the states.
    Derivatives,
    /// For the other statements of the block, which may use `f_flux` and `b_flux`.
    Fluxes,
}

/// One reactant of a side with its number, the last one first as in NEURON's lists.
struct Term {
    variable: Variable,
    count: u32,
    /// Its number in the matrix, if it is solved for.
    row: Option<usize>,
}

fn is_reaction(kind: &StatementKind) -> bool {
    matches!(kind, StatementKind::Reaction { .. } | StatementKind::Conserve { .. })
}

/// What the statements of a block name.
#[derive(Default)]
struct Named<'b> {
    reactants: Vec<&'b Reactant>,
    conserves: Vec<(Span, &'b [Reactant])>,
    compartments: Vec<&'b Compartment>,
    diffusion: Option<Span>,
    /// Whether all fluxes are linear.
    linear: bool,
}

impl<'b> Named<'b> {
    fn new(context: &Context<'_>, body: &'b Body) -> Named<'b> {
        let mut named = Named { linear: true, ..Named::default() };
        each_statement(body, &mut |statement| match &statement.kind {
            StatementKind::Reaction { left, kind } => {
                let right = match kind {
                    ReactionKind::Reversible { right, .. } => &**right,
                    _ => &[],
                };
                named.reactants.extend(left.iter().chain(right));
                named.linear &= is_linear(context, left) && is_linear(context, right);
            }
            StatementKind::Conserve { terms, .. } => {
                named.reactants.extend(terms);
                named.conserves.push((statement.span, terms));
            }
            StatementKind::Compartment(compartment) => named.compartments.push(compartment),
            StatementKind::LongitudinalDiffusion(_) => {
                named.diffusion = named.diffusion.or(Some(statement.span));
            }
            _ => {}
        });
        named
    }

    /// The last `COMPARTMENT` of a state.
    fn compartment(&self, state: &State) -> Option<Compartment> {
        let holds =
            |compartment: &&&Compartment| compartment.states.iter().any(|name| name.text == state.name);
        self.compartments.iter().rev().find(holds).map(|compartment| (*compartment).clone())
    }
}

impl Scheme {
    /// Finds out what the block solves for. `conserving` says whether `CONSERVE` counts.
    pub fn new(context: &mut Context<'_>, conserving: bool) -> Option<Scheme> {
        let body = &context.block.body;
        let named = Named::new(context, body);
        if let Some(span) = named.diffusion {
            let problem =
                SolveProblem::Statement { statement: "LONGITUDINAL_DIFFUSION", kind: context.kind() };
            context.error(problem, span, "remove it, or model diffusion between segments otherwise");
        }
        let mut conserve_rows = BTreeMap::new();
        let mut states =
            if conserving { conserved_states(context, &named, &mut conserve_rows) } else { Vec::new() };
        let conserved = states.len();
        for state in &context.states {
            let is_used = named.reactants.iter().any(|term| term.variable.name.text == state.name);
            if is_used && context.solved_state(&state.name).is_some() && !states.contains(state) {
                states.push(state.clone());
            }
        }
        let linear = named.linear;
        let mut scheme = Scheme { members: Vec::new(), slots: Vec::new(), conserved, conserve_rows, linear };
        for state in states {
            let (offset, compartment) = (scheme.slots.len(), named.compartment(&state));
            scheme.slots.extend(state.slots());
            scheme.members.push(Member { state, offset, compartment });
        }
        if scheme.slots.is_empty() {
            let what = "reactions of states";
            let problem = SolveProblem::Empty { kind: context.kind(), block: context.name(), what };
            context.error(problem, body.span, "");
        }
        if scheme.slots.len() > MAXIMUM_STATES {
            context.error(SolveProblem::TooLarge(scheme.slots.len()), body.span, "split the block");
        }
        context.errors.is_empty().then_some(scheme)
    }

    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.state.name == name)
    }

    /// Number of a slot in the matrix.
    fn row(&self, slot: &Slot) -> Option<usize> {
        Some(self.member(&slot.name)?.offset + slot.index.unwrap_or(0) as usize)
    }

    /// One evaluation of the block: its statements with the reactions between them. Elements of the matrix that are
    /// touched enter `structure`.
    pub fn evaluate(
        &self,
        context: &mut Context<'_>,
        make: Make,
        purpose: Purpose,
        structure: &mut Structure,
        old: &dyn Fn(usize) -> Expression,
    ) -> Statement {
        let mut statements = vec![make.locals(["f_flux".to_string(), "b_flux".to_string()])];
        statements.extend(match purpose {
            Purpose::Matrix => self.begin_matrix(make, old),
            Purpose::Derivatives => {
                let zero = |slot: &Slot| make.assign(slot.derivative(make), make.number(0.0));
                self.slots.iter().map(zero).collect()
            }
            Purpose::Fluxes => Vec::new(),
        });
        let mut expander = Expander { scheme: self, purpose, trace: Vec::new(), count: 0 };
        let body = &context.block.body;
        statements.extend(unroll(context, &mut expander, body, &Counters::new()));
        for (row, column) in expander.trace {
            structure.insert(row, column);
        }
        if purpose == Purpose::Derivatives {
            let divide = |slot: &Slot, volume: Expression| {
                let derivative = slot.derivative(make);
                vec![make.assign(derivative.clone(), make.divide(make.read(derivative), volume))]
            };
            statements.extend(self.with_volumes(make, 0, &divide));
        }
        make.nested(statements)
    }

    /// `right = -(1/dt) (new - old)` and `matrix = 1/dt` on the diagonal, both times the volume.
    fn begin_matrix(&self, make: Make, old: &dyn Fn(usize) -> Expression) -> Vec<Statement> {
        let mut statements = vec![
            make.locals(["term@".to_string(), "rate@".to_string()]),
            make.set("rate@", make.divide(make.number(1.0), make.value("dt"))),
        ];
        for (row, slot) in self.slots.iter().enumerate().skip(self.conserved) {
            let change = make.subtract(slot.value(make), old(row));
            let loss = make.multiply(make.negate(make.value("rate@")), change);
            statements.push(make.set(&right(row), loss));
            statements.push(make.set(&element(row, row), make.value("rate@")));
        }
        let scale = |slot: &Slot, volume: Expression| {
            let row = self.row(slot).unwrap_or(0);
            let times = |name: String| make.set(&name, make.multiply(make.value(&name), volume.clone()));
            vec![times(right(row)), times(element(row, row))]
        };
        statements.extend(self.with_volumes(make, self.conserved, &scale));
        statements
    }

    /// What `apply` makes for each state from number `first` on that has a compartment: scalars, then arrays.
    fn with_volumes(
        &self,
        make: Make,
        first: usize,
        apply: &dyn Fn(&Slot, Expression) -> Vec<Statement>,
    ) -> Vec<Statement> {
        let mut statements = Vec::new();
        for arrays in [false, true] {
            let members = self.members.iter().filter(|member| member.state.length.is_some() == arrays);
            for member in members.filter(|member| member.offset >= first) {
                let Some(compartment) = &member.compartment else { continue };
                for slot in member.state.slots() {
                    let volume = make.parenthesis(compartment.value.clone());
                    let applied = apply(&slot, volume);
                    statements.extend(in_compartment(make, compartment, &slot, applied));
                }
            }
        }
        statements
    }
}

/// The states that `CONSERVE` determines: from the last one in the text to the first, each takes the last of its states
/// that is no array and still free.
fn conserved_states(
    context: &mut Context<'_>,
    named: &Named<'_>,
    rows: &mut BTreeMap<u32, usize>,
) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for (span, terms) in named.conserves.iter().rev() {
        let free = terms.iter().rev().find_map(|term| {
            let state = context.solved_state(&term.variable.name.text)?;
            (state.length.is_none() && !states.contains(state)).then(|| state.clone())
        });
        match free {
            Some(state) => {
                rows.insert(span.start, states.len());
                states.push(state);
            }
            None => {
                let help = "each `CONSERVE` needs a state without subscript that no later one takes";
                context.error(SolveProblem::Conserve, *span, help);
            }
        }
    }
    states
}

/// The statements where the subscript of `compartment` is that of `slot`.
fn in_compartment(
    make: Make,
    compartment: &Compartment,
    slot: &Slot,
    statements: Vec<Statement>,
) -> Vec<Statement> {
    match (&compartment.index, slot.index) {
        (Some(counter), Some(index)) => vec![make.turn(counter, index.into(), statements)],
        _ => statements,
    }
}

/// Whether the flux of a side is linear in each of its states.
fn is_linear(context: &Context<'_>, side: &[Reactant]) -> bool {
    let molecules: i64 = side.iter().map(|term| molecules(context, term).unwrap_or(1)).sum();
    let solved = |term: &Reactant| context.solved_state(&term.variable.name.text).is_some();
    molecules <= 1 || !side.iter().any(solved)
}

/// The integer before a reactant.
fn molecules(context: &Context<'_>, term: &Reactant) -> Option<i64> {
    term.count.as_ref().map_or(Some(1), |count| context.integer(count, &Counters::new()))
}

struct Expander<'s> {
    scheme: &'s Scheme,
    purpose: Purpose,
    trace: Vec<(usize, usize)>,
    count: usize,
}

impl Expand for Expander<'_> {
    const WHAT: &'static str = "reactions";

    fn concerns(kind: &StatementKind) -> bool {
        is_reaction(kind)
            || matches!(kind, StatementKind::Compartment(_) | StatementKind::LongitudinalDiffusion(_))
    }

    fn expand(
        &mut self,
        context: &mut Context<'_>,
        statement: &Statement,
        counters: &Counters,
    ) -> Vec<Statement> {
        let make = Make { span: statement.span };
        match &statement.kind {
            StatementKind::Reaction { left, kind: ReactionKind::Flux(rate) } => {
                self.flux(context, make, left, rate, counters)
            }
            StatementKind::Reaction { left, kind } => {
                let left = self.terms(context, left, counters);
                let (right, forward, backward) = match kind {
                    ReactionKind::Reversible { right, forward, backward } => {
                        (self.terms(context, right, counters), forward.clone(), Some(backward.clone()))
                    }
                    ReactionKind::Outward(rate) | ReactionKind::Flux(rate) => {
                        (Vec::new(), make.parenthesis(rate.clone()), None)
                    }
                };
                self.reaction(context, make, [left, right], [Some(forward), backward])
            }
            StatementKind::Conserve { terms, total } if self.purpose == Purpose::Matrix => {
                self.conserve(context, make, terms, total, counters)
            }
            _ => Vec::new(),
        }
    }

    fn trace(&mut self) -> &mut Vec<(usize, usize)> {
        &mut self.trace
    }

    fn count(&mut self) -> &mut usize {
        &mut self.count
    }

    fn needs_all(&self) -> bool {
        self.purpose == Purpose::Matrix
    }
}

impl Expander<'_> {
    /// The reactants of a side, the last one first.
    fn terms(&self, context: &mut Context<'_>, side: &[Reactant], counters: &Counters) -> Vec<Term> {
        let mut terms = Vec::new();
        for reactant in side.iter().rev() {
            let variable = reactant.variable.clone();
            let count = molecules(context, reactant).and_then(|count| u32::try_from(count).ok());
            let Some(count) = count else {
                let what = "the number of molecules";
                context.error(SolveProblem::NotConstant(what), variable.span, "");
                continue;
            };
            let is_solved = context.solved_state(&variable.name.text).is_some();
            let slot = if is_solved { context.slot(&variable, counters) } else { None };
            let row = slot.as_ref().and_then(|slot| self.scheme.row(slot));
            terms.push(Term { variable, count, row });
        }
        terms
    }

    /// The variable that a state's fluxes are summed in; none for one that `CONSERVE` determines.
    fn sum(&self, make: Make, row: usize) -> Option<Variable> {
        let slot = self.scheme.slots.get(row)?;
        match self.purpose {
            Purpose::Matrix if row < self.scheme.conserved => None,
            Purpose::Matrix => Some(make.variable(&right(row), None, 0)),
            Purpose::Derivatives => Some(slot.derivative(make)),
            Purpose::Fluxes => None,
        }
    }

    fn reaction(
        &mut self,
        context: &mut Context<'_>,
        make: Make,
        sides: [Vec<Term>; 2],
        rates: [Option<Expression>; 2],
    ) -> Vec<Statement> {
        let mut statements = Vec::new();
        for ((side, rate), name) in sides.iter().zip(&rates).zip(["f_flux", "b_flux"]) {
            let mut flux = rate.clone().unwrap_or_else(|| make.number(0.0));
            if !side.is_empty() && self.purpose != Purpose::Fluxes && takes_factor_in_part(&flux) {
                let help = "put the rate between parentheses to multiply all of it";
                context.warn(SolveProblem::PartialRate, flux.span, help);
            }
            for term in side {
                for _ in 0..term.count {
                    flux = append_factor(make, flux, make.read(term.variable.clone()));
                }
            }
            statements.push(make.set(name, flux));
        }
        for (number, side) in sides.iter().enumerate() {
            for term in side {
                let Some(sum) = term.row.and_then(|row| self.sum(make, row)) else { continue };
                let net = make.subtract(make.value("f_flux"), make.value("b_flux"));
                let net = if term.count > 1 { make.multiply(count(make, term.count), net) } else { net };
                statements.push(accumulate(make, sum, number == 1, net));
            }
        }
        if self.purpose == Purpose::Matrix {
            self.matrix(make, &sides, &rates, &mut statements);
        }
        statements
    }

    /// Derivatives of a reaction's fluxes by its states.
    fn matrix(
        &mut self,
        make: Make,
        sides: &[Vec<Term>; 2],
        rates: &[Option<Expression>; 2],
        statements: &mut Vec<Statement>,
    ) {
        for (number, (side, rate)) in sides.iter().zip(rates).enumerate() {
            for (place, term) in side.iter().enumerate() {
                let (Some(column), Some(rate)) = (term.row, rate) else { continue };
                let mut derivative = rate.clone();
                if term.count != 1 {
                    derivative = append_factor(make, derivative, count(make, term.count));
                }
                for (other_place, other) in side.iter().enumerate() {
                    for _ in 0..other.count - u32::from(other_place == place && other.count > 0) {
                        derivative = append_factor(make, derivative, make.read(other.variable.clone()));
                    }
                }
                statements.push(make.set("term@", derivative));
                for (other_number, other_side) in sides.iter().enumerate() {
                    for other in other_side {
                        let Some(row) = other.row.filter(|&row| row >= self.scheme.conserved) else {
                            continue;
                        };
                        self.trace.push((row, column));
                        let mut amount = make.value("term@");
                        if other.count != 1 {
                            amount = make.multiply(count(make, other.count), amount);
                        }
                        let target = make.variable(&element(row, column), None, 0);
                        statements.push(accumulate(make, target, number == other_number, amount));
                    }
                }
            }
        }
    }

    fn flux(
        &mut self,
        context: &mut Context<'_>,
        make: Make,
        side: &[Reactant],
        rate: &Expression,
        counters: &Counters,
    ) -> Vec<Statement> {
        let terms = self.terms(context, side, counters);
        let ([term], [reactant]) = (&*terms, side) else {
            context.error(SolveProblem::FluxTerms, make.span, "write one `<<` for each state");
            return Vec::new();
        };
        let name = reactant.variable.name.text.to_string();
        let Some(row) = term.row else {
            if context.errors.is_empty() {
                context.error(SolveProblem::NotAState(name), reactant.variable.span, "");
            }
            return Vec::new();
        };
        if term.count != 1 {
            context.error(SolveProblem::FluxTerms, make.span, "multiply the flux instead");
        }
        if self.purpose == Purpose::Matrix && row < self.scheme.conserved {
            let help = "let `CONSERVE` begin with another state: the last one listed is determined by it";
            context.error(SolveProblem::ConservedFlux(name), make.span, help);
        }
        let rate = make.parenthesis(rate.clone());
        let mut statements =
            vec![make.set("b_flux", make.number(0.0)), make.set("f_flux", make.value("b_flux"))];
        statements.push(make.set("b_flux", rate));
        if let Some(sum) = self.sum(make, row) {
            statements.push(accumulate(make, sum, true, make.value("b_flux")));
        }
        statements
    }

    /// The row of a conservation law: `right = total - sum`, and the coefficients.
    fn conserve(
        &mut self,
        context: &mut Context<'_>,
        make: Make,
        terms: &[Reactant],
        total: &Expression,
        counters: &Counters,
    ) -> Vec<Statement> {
        let Some(&row) = self.scheme.conserve_rows.get(&make.span.start) else { return Vec::new() };
        let mut statements = vec![make.set(&right(row), total.clone())];
        for reactant in terms.iter().rev() {
            let name = &reactant.variable.name.text;
            let slot = if context.solved_state(name).is_some() {
                context.slot(&reactant.variable, counters)
            } else {
                context.error(SolveProblem::NotAState(name.to_string()), reactant.variable.span, "");
                None
            };
            let Some((slot, column)) = slot.and_then(|slot| Some((slot.clone(), self.scheme.row(&slot)?)))
            else {
                continue;
            };
            let Some(number) = molecules(context, reactant) else { continue };
            let number = if reactant.negative { -number } else { number };
            self.trace.push((row, column));
            let compartment = self.scheme.member(name).and_then(|member| member.compartment.as_ref());
            let volume = compartment.map(|compartment| make.parenthesis(compartment.value.clone()));
            let mut coefficient = make.number(number as f64);
            let mut amount = make.read(reactant.variable.clone());
            if let Some(volume) = &volume {
                coefficient = make.multiply(coefficient, volume.clone());
                amount = make.multiply(amount, volume.clone());
            }
            if number != 1 {
                amount = make.multiply(amount, make.number(number as f64));
            }
            let made = vec![
                make.set(&element(row, column), coefficient),
                accumulate(make, make.variable(&right(row), None, 0), false, amount),
            ];
            match compartment {
                Some(compartment) => statements.extend(in_compartment(make, compartment, &slot, made)),
                None => statements.extend(made),
            }
        }
        statements
    }
}

fn count(make: Make, count: u32) -> Expression {
    make.number(count.into())
}

/// `target = target + amount`, or `-`.
fn accumulate(make: Make, target: Variable, add: bool, amount: Expression) -> Statement {
    let operator = if add { BinaryOperator::Add } else { BinaryOperator::Subtract };
    let value = make.binary(operator, make.read(target.clone()), amount);
    make.assign(target, value)
}

/// Whether the block has a `CONSERVE`.
pub(super) fn conserves(body: &Body) -> bool {
    any_statement(body, &|kind| matches!(kind, StatementKind::Conserve { .. }))
}
