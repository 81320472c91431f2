//! Loops over connections, and systems of equations, for one instance.

use super::{Flow, Scalar};
use crate::ir::{Block, Register};
use crate::solve::dense::{Newton, solve_linear};
use crate::syntax::Span;

impl Scalar<'_, '_> {
    pub(super) fn for_connections(&mut self, body: &Block) -> Flow {
        let event = self.frame.event.as_ref();
        let count = event.and_then(|event| event.others.as_ref()).map_or(0, |others| others.count());
        for connection in 0..count {
            self.connection = connection;
            match self.block(body) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    pub(super) fn find_roots(
        &mut self,
        unknowns: &[Register],
        residuals: &[Register],
        body: &Block,
        span: Span,
    ) -> Flow {
        let count = unknowns.len();
        // the solver and its numbers are taken out while the body runs
        if self.newton.len() <= count {
            self.newton.resize_with(count + 1, || None);
        }
        let mut newton = self.newton[count].take().unwrap_or_else(|| Newton::new(count));
        let mut numbers = std::mem::take(self.system);
        numbers.clear();
        numbers.extend(unknowns.iter().map(|&unknown| self.get(unknown)));
        let mut flow = Flow::Next;
        let found = newton.solve(&mut numbers, &mut |guess, results| {
            for (&unknown, &value) in unknowns.iter().zip(&*guess) {
                self.set(unknown, value);
            }
            if flow == Flow::Next {
                flow = self.block(body);
            }
            for (result, &residual) in results.iter_mut().zip(residuals) {
                *result = self.get(residual);
            }
        });
        for (&unknown, &value) in unknowns.iter().zip(&numbers) {
            self.set(unknown, value);
        }
        self.newton[count] = Some(newton);
        *self.system = numbers;
        match (flow, found) {
            (Flow::Next, Err(error)) => self.fail(error.to_string(), span),
            (flow, _) => flow,
        }
    }

    pub(super) fn solve_system(&mut self, registers: [&[Register]; 3], span: Span) -> Flow {
        let mut numbers = std::mem::take(self.system);
        numbers.clear();
        for register in registers.into_iter().flatten() {
            numbers.push(self.get(*register));
        }
        let (matrix, rest) = numbers.split_at_mut(registers[0].len());
        let (right, unknowns) = rest.split_at_mut(registers[1].len());
        let solved = solve_linear(matrix, right, unknowns);
        if solved.is_ok() {
            for (&register, &value) in registers[2].iter().zip(&*unknowns) {
                self.set(register, value);
            }
        }
        *self.system = numbers;
        match solved {
            Ok(()) => Flow::Next,
            Err(error) => self.fail(error.to_string(), span),
        }
    }
}
