//! `KINETIC` blocks by `sparse` (implicit Euler, whose matrix is eliminated in an order that depends on its structure
//! alone), and by the explicit methods.
//!
//! The unknowns are the changes of the states. A linear scheme takes one solution for a step, a nonlinear one as many as
//! its states need to stand still. A singular matrix leaves the states as they are, and a scheme that does not converge
//! is left as it is after 22 iterations, both without a word: so does NEURON in files that its threads may share (in
//! others it stops).

use super::context::{Context, Slot};
use super::elimination::{Structure, element, eliminate, pivot_order, right, work};
use super::error::SolveProblem;
use super::explicit::{Explicit, explicit};
use super::kinetic::{Purpose, Scheme, conserves};
use super::make::Make;
use super::{Hidden, Options};
use crate::syntax::ast::*;

/// Sum of changes at which a nonlinear scheme has converged.
const CONVERGED: f64 = 1e-6;
/// After more iterations (counted from 0) NEURON gives up, and goes on with what it has.
const MAXIMUM_ITERATIONS: f64 = 20.0;
/// Operations of one elimination, which are written out.
const MAXIMUM_WORK: usize = 100_000;
/// The time step that stands for a steady state (ms).
const STEADY_STEP: f64 = 1e9;
/// Linear sweeps towards a steady state of a nonlinear scheme.
const MAXIMUM_SWEEPS: f64 = 7.0;
/// States below it are set to 0 between these sweeps.
const NEGATIVE: f64 = -1e-6;

/// A `KINETIC` block by `sparse`.
pub(super) fn sparse(
    context: &mut Context<'_>,
    make: Make,
    options: Options,
    steady_state: bool,
) -> Option<(Vec<Statement>, Vec<Hidden>)> {
    let scheme = Scheme::new(context, true)?;
    let solver = Solver::new(context, make, scheme, options.second_order)?;
    let slots = &solver.scheme.slots;
    let mut statements = vec![make.locals(solver.names(steady_state))];
    let solved = match (steady_state, solver.scheme.linear) {
        (false, true) => solver.once(),
        (false, false) | (true, true) => solver.iterate(),
        (true, false) => solver.sweep(),
    };
    if steady_state {
        statements.push(make.within("dt", make.number(STEADY_STEP), solved));
    } else {
        statements.extend(solved);
    }
    let mut hidden = Vec::new();
    if options.second_order {
        statements.extend(slots.iter().map(|slot| slot.advance(make)));
        hidden = Hidden::of_slots(context, slots);
    }
    Some((statements, hidden))
}

/// A `KINETIC` block by an explicit method, which knows no conservation.
pub(super) fn kinetic_explicit(
    context: &mut Context<'_>,
    make: Make,
    options: Options,
    method: Explicit,
) -> Option<(Vec<Statement>, Vec<Hidden>)> {
    let scheme = Scheme::new(context, false)?;
    if conserves(&context.block.body) {
        let problem = SolveProblem::IgnoredConserve(method.name().to_string());
        context.warn(problem, make.span, "use `METHOD sparse`");
    }
    let mut structure = Structure::new(scheme.slots.len());
    let unused = |_| make.number(0.0);
    let body = scheme.evaluate(context, make, Purpose::Derivatives, &mut structure, &unused);
    let hidden = Hidden::of_slots(context, &scheme.slots);
    // Here NEURON evaluates the block once more after a step, whatever the method
    let again = options.place == super::Place::Breakpoint;
    Some((explicit(make, options, method, &scheme.slots, &body, again), hidden))
}

struct Solver {
    make: Make,
    scheme: Scheme,
    structure: Structure,
    order: Vec<usize>,
    /// Right sides and matrix.
    evaluation: Statement,
    /// The other statements of the block, as they run after the solution.
    fluxes: Statement,
    second_order: bool,
}

/// Where the states before the step are kept: NEURON has them where their derivatives will be.
fn old(make: Make, slot: &Slot, row: usize, second_order: bool) -> Variable {
    if second_order { slot.derivative(make) } else { make.variable(&format!("old@{row}"), None, 0) }
}

impl Solver {
    fn new(context: &mut Context<'_>, make: Make, scheme: Scheme, second_order: bool) -> Option<Solver> {
        let mut structure = Structure::new(scheme.slots.len());
        let old = |row: usize| make.read(old(make, &scheme.slots[row], row, second_order));
        let evaluation = scheme.evaluate(context, make, Purpose::Matrix, &mut structure, &old);
        if !context.errors.is_empty() {
            return None;
        }
        let mut untouched = Structure::new(scheme.slots.len());
        let fluxes = scheme.evaluate(context, make, Purpose::Fluxes, &mut untouched, &old);
        let order = pivot_order(&mut structure);
        if work(&structure, &order) > MAXIMUM_WORK {
            let help = "split the block";
            context.error(SolveProblem::TooLarge(scheme.slots.len()), context.block.body.span, help);
            return None;
        }
        Some(Solver { make, scheme, structure, order, evaluation, fluxes, second_order })
    }

    /// All variables that the statements use.
    fn names(&self, steady_state: bool) -> Vec<String> {
        let rows = 0..self.scheme.slots.len();
        let mut names: Vec<String> = rows.clone().map(right).collect();
        if !self.second_order {
            names.extend(rows.map(|row| format!("old@{row}")));
        }
        names.extend(self.structure.elements().map(|(row, column)| element(row, column)));
        names.extend(["singular@", "ratio@"].map(String::from));
        if steady_state || !self.scheme.linear {
            names.extend(["error@", "iteration@", "failed@"].map(String::from));
        }
        if steady_state && !self.scheme.linear {
            names.extend(["sweep@", "done@", "valid@"].map(String::from));
        }
        names
    }

    fn old(&self, row: usize) -> Variable {
        old(self.make, &self.scheme.slots[row], row, self.second_order)
    }

    fn each<T>(&self, make: impl Fn(usize, &Slot) -> T) -> impl Iterator<Item = T> {
        self.scheme.slots.iter().enumerate().map(move |(row, slot)| make(row, slot))
    }

    fn keep_old(&self) -> Vec<Statement> {
        self.each(|row, slot| self.make.assign(self.old(row), slot.value(self.make))).collect()
    }

    /// Computes the changes of the states into the right sides.
    fn changes(&self) -> Vec<Statement> {
        let make = self.make;
        let mut statements: Vec<Statement> = self
            .structure
            .elements()
            .map(|(row, column)| make.set(&element(row, column), make.number(0.0)))
            .collect();
        statements.push(self.evaluation.clone());
        statements.extend(eliminate(make, &self.structure, &self.order));
        statements
    }

    fn add_change(&self, row: usize, slot: &Slot) -> Statement {
        let make = self.make;
        make.assign(slot.variable(make), make.add(slot.value(make), make.value(&right(row))))
    }

    fn is(&self, name: &str, operator: BinaryOperator, number: f64) -> Expression {
        self.make.binary(operator, self.make.value(name), self.make.number(number))
    }

    /// What follows a solution: the block once more, and the derivatives.
    fn finish(&self) -> Vec<Statement> {
        let make = self.make;
        let mut statements = vec![self.fluxes.clone()];
        if self.second_order {
            statements.extend(self.each(|row, slot| {
                let change = make.subtract(slot.value(make), make.read(self.old(row)));
                make.assign(slot.derivative(make), make.divide(change, make.value("dt")))
            }));
        }
        statements
    }

    /// One step of a linear scheme; a singular matrix leaves the states as they are, as in NEURON.
    fn once(&self) -> Vec<Statement> {
        let make = self.make;
        let mut statements = self.keep_old();
        statements.extend(self.changes());
        let mut then: Vec<Statement> = self.each(|row, slot| self.add_change(row, slot)).collect();
        then.extend(self.finish());
        statements.push(make.when(self.is("singular@", BinaryOperator::Equal, 0.0), then, None));
        statements
    }

    /// One step of a nonlinear scheme: until the states do not change any more, none of them negative.
    fn iterate(&self) -> Vec<Statement> {
        let make = self.make;
        let zero = |name: &str| make.set(name, make.number(0.0));
        let mut statements = self.keep_old();
        statements.push(make.set("error@", make.number(1.0)));
        statements.push(zero("iteration@"));
        statements.push(zero("failed@"));
        let mut update = vec![zero("error@")];
        for (row, slot) in self.scheme.slots.iter().enumerate() {
            update.push(self.add_change(row, slot));
            let negative = make.binary(BinaryOperator::Less, slot.value(make), make.number(0.0));
            let clipped = make.assign(slot.variable(make), make.number(0.0));
            update.push(make.when(negative, vec![clipped], None));
            let size = make.call("fabs", make.value(&right(row)));
            update.push(make.set("error@", make.add(make.value("error@"), size)));
        }
        let give_up = vec![make.set("failed@", make.number(1.0))];
        let too_many = self.is("iteration@", BinaryOperator::Greater, MAXIMUM_ITERATIONS);
        update.push(make.when(too_many, give_up.clone(), None));
        update.push(make.set("iteration@", make.add(make.value("iteration@"), make.number(1.0))));
        let mut turn = self.changes();
        turn.push(make.when(self.is("singular@", BinaryOperator::Equal, 0.0), update, Some(give_up)));
        let going = make.binary(
            BinaryOperator::And,
            self.is("error@", BinaryOperator::Greater, CONVERGED),
            self.is("failed@", BinaryOperator::Equal, 0.0),
        );
        statements.push(make.repeat(going, turn));
        statements.push(make.when(self.is("failed@", BinaryOperator::Equal, 0.0), self.finish(), None));
        statements
    }

    /// Steady state of a nonlinear scheme: linear steps until no state is negative, then a nonlinear one.
    fn sweep(&self) -> Vec<Statement> {
        let make = self.make;
        let set = |name: &str, value: f64| make.set(name, make.number(value));
        let mut check = vec![set("valid@", 1.0)];
        check.extend(self.each(|_, slot| {
            let negative = make.binary(BinaryOperator::Less, slot.value(make), make.number(NEGATIVE));
            let reset = vec![make.assign(slot.variable(make), make.number(0.0)), set("valid@", 0.0)];
            make.when(negative, reset, None)
        }));
        let mut last = self.iterate();
        last.push(set("done@", 1.0));
        check.push(make.when(self.is("valid@", BinaryOperator::Equal, 1.0), last, None));
        let mut turn = self.once();
        let solved = self.is("singular@", BinaryOperator::Equal, 0.0);
        turn.push(make.when(solved, check, Some(vec![set("done@", 1.0)])));
        turn.push(make.set("sweep@", make.add(make.value("sweep@"), make.number(1.0))));
        let going = make.binary(
            BinaryOperator::And,
            self.is("sweep@", BinaryOperator::Less, MAXIMUM_SWEEPS),
            self.is("done@", BinaryOperator::Equal, 0.0),
        );
        vec![set("sweep@", 0.0), set("done@", 0.0), make.repeat(going, turn)]
    }
}
