//! Which registers and blocks an instruction has.

use super::{Block, Effect, Instruction, Place, Register};

/// How an instruction uses a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It reads it.
    Read,
    /// It makes this value.
    Make,
    /// It sets this variable.
    Set,
}

impl Instruction {
    /// Calls `visit` with each register outside of the blocks within; of the elements of an array only the first.
    pub fn visit_registers(&mut self, visit: &mut dyn FnMut(&mut Register, Use)) {
        match self {
            Self::Constant { to, .. } | Self::Read { to, .. } => visit(to, Use::Make),
            Self::Unary { to, operand, .. } => {
                visit(operand, Use::Read);
                visit(to, Use::Make);
            }
            Self::Binary { to, left, right, .. } => {
                visit(left, Use::Read);
                visit(right, Use::Read);
                visit(to, Use::Make);
            }
            Self::Select { to, condition, accepted, rejected } => {
                [condition, accepted, rejected].into_iter().for_each(|register| visit(register, Use::Read));
                visit(to, Use::Make);
            }
            Self::Write { from, .. } => visit(from, Use::Read),
            Self::ReadElement { to, index, .. } => {
                visit(index, Use::Read);
                visit(to, Use::Make);
            }
            Self::WriteElement { index, from, .. } => {
                visit(index, Use::Read);
                visit(from, Use::Read);
            }
            Self::Assign { to, from } => {
                visit(from, Use::Read);
                visit(to, Use::Set);
            }
            Self::ReadArray { to, first, index, .. } => {
                visit(index, Use::Read);
                visit(first, Use::Read);
                visit(to, Use::Make);
            }
            Self::AssignElement { first, index, from, .. } => {
                visit(index, Use::Read);
                visit(from, Use::Read);
                visit(first, Use::Set);
            }
            Self::If { condition, .. } => visit(condition, Use::Read),
            Self::Loop { .. } | Self::Scope { .. } | Self::Leave { .. } | Self::ForConnections { .. } => {}
            Self::Lookup { argument, results, .. } => {
                visit(argument, Use::Read);
                results.iter_mut().for_each(|result| visit(result, Use::Set));
            }
            Self::Effect { to, operands, .. } => {
                operands.iter_mut().for_each(|operand| visit(operand, Use::Read));
                if let Some(to) = to {
                    visit(to, Use::Make);
                }
            }
            Self::Newton { unknowns, residuals, .. } => {
                // their values so far are the first guess
                unknowns.iter_mut().for_each(|unknown| visit(unknown, Use::Set));
                residuals.iter_mut().for_each(|residual| visit(residual, Use::Read));
            }
            Self::LinearSystem { matrix, right, unknowns, .. } => {
                matrix.iter_mut().chain(right).for_each(|register| visit(register, Use::Read));
                unknowns.iter_mut().for_each(|unknown| visit(unknown, Use::Set));
            }
        }
    }

    /// The blocks within.
    pub fn blocks(&self) -> [&[Instruction]; 2] {
        match self {
            Self::If { accepted, rejected, .. } => [accepted, rejected],
            Self::Loop { body }
            | Self::Scope { body, .. }
            | Self::ForConnections { body }
            | Self::Newton { body, .. } => [body, &[]],
            _ => [&[], &[]],
        }
    }

    /// The blocks within, to change.
    pub fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Self::If { accepted, rejected, .. } => vec![accepted, rejected],
            Self::Loop { body }
            | Self::Scope { body, .. }
            | Self::ForConnections { body }
            | Self::Newton { body, .. } => vec![body],
            _ => vec![],
        }
    }

    /// Calls `visit` with this instruction and all within it.
    pub fn visit(&self, visit: &mut dyn FnMut(&Instruction)) {
        visit(self);
        self.blocks().into_iter().flatten().for_each(|instruction| instruction.visit(visit));
    }

    /// Whether this instruction, or one within it, is such a one.
    pub fn any(&self, test: &dyn Fn(&Instruction) -> bool) -> bool {
        test(self) || self.blocks().into_iter().flatten().any(|instruction| instruction.any(test))
    }

    /// Whether it leaves a scope that it is in.
    pub fn leaves(&self) -> bool {
        let (mut opened, mut left) = (vec![], vec![]);
        self.visit(&mut |inner| match *inner {
            Self::Scope { label, .. } => opened.push(label),
            Self::Leave { label } => left.push(label),
            _ => {}
        });
        left.iter().any(|label| !opened.contains(label))
    }

    /// Calls `visit` with each register, also of the blocks within.
    pub fn visit_all_registers(&mut self, visit: &mut dyn FnMut(&mut Register, Use)) {
        self.visit_registers(visit);
        for block in self.blocks_mut() {
            block.iter_mut().for_each(|instruction| instruction.visit_all_registers(visit));
        }
    }

    /// Whether nobody notices when it is not done, as long as nobody reads the registers it writes.
    pub fn is_pure(&self) -> bool {
        match self {
            Self::Constant { .. }
            | Self::Unary { .. }
            | Self::Binary { .. }
            | Self::Select { .. }
            | Self::Read { .. }
            | Self::Assign { .. }
            | Self::Lookup { .. } => true,
            Self::Effect { effect, .. } => matches!(
                effect,
                Effect::HasStream(_)
                    | Effect::StreamId { .. }
                    | Effect::HasVector(_)
                    | Effect::VectorLength(_)
                    | Effect::HasArgument(_)
                    | Effect::ArgumentIsNumber(_)
                    | Effect::IsPointing(_)
                    | Effect::AtTime
                    | Effect::Nernst
                    | Effect::Ghk
            ),
            _ => false,
        }
    }
}

impl Place {
    /// The places of consecutive elements, of which this is the first.
    pub fn element(self, index: u32) -> Place {
        match self {
            Self::Column(number) => Self::Column(number + index),
            Self::Global(number) => Self::Global(number + index),
            Self::IonDerivative(number) => Self::IonDerivative(number + index),
            Self::Weight(number) => Self::Weight(number + index),
            Self::OtherWeight(number) => Self::OtherWeight(number + index),
            Self::Argument(number) => Self::Argument(number + index),
            other => other,
        }
    }
}
