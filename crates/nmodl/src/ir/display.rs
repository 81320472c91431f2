//! Kernels as text, to look at.

use std::fmt;

use super::{Block, Instruction, Kernel};

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_block(formatter, &self.body, 0)
    }
}

fn write_block(formatter: &mut fmt::Formatter<'_>, block: &Block, depth: usize) -> fmt::Result {
    block.iter().try_for_each(|instruction| write_instruction(formatter, instruction, depth))
}

fn list(registers: &[u32]) -> String {
    registers.iter().map(|register| format!("r{register}")).collect::<Vec<_>>().join(", ")
}

fn write_instruction(
    formatter: &mut fmt::Formatter<'_>,
    instruction: &Instruction,
    depth: usize,
) -> fmt::Result {
    write!(formatter, "{:1$}", "", 2 * depth)?;
    match instruction {
        Instruction::Constant { to, number } => writeln!(formatter, "r{to} = {number:?}"),
        Instruction::Unary { to, operation, operand } => {
            writeln!(formatter, "r{to} = {operation:?}(r{operand})")
        }
        Instruction::Binary { to, operation, left, right } => {
            writeln!(formatter, "r{to} = {operation:?}(r{left}, r{right})")
        }
        Instruction::Select { to, condition, accepted, rejected } => {
            writeln!(formatter, "r{to} = r{condition} ? r{accepted} : r{rejected}")
        }
        Instruction::Read { to, place } => writeln!(formatter, "r{to} = {place:?}"),
        Instruction::Write { place, from } => writeln!(formatter, "{place:?} = r{from}"),
        Instruction::ReadElement { to, first, length, index } => {
            writeln!(formatter, "r{to} = {first:?}[r{index} of {length}]")
        }
        Instruction::WriteElement { first, length, index, from } => {
            writeln!(formatter, "{first:?}[r{index} of {length}] = r{from}")
        }
        Instruction::Assign { to, from } => writeln!(formatter, "r{to} := r{from}"),
        Instruction::ReadArray { to, first, length, index } => {
            writeln!(formatter, "r{to} = r{first}[r{index} of {length}]")
        }
        Instruction::AssignElement { first, length, index, from } => {
            writeln!(formatter, "r{first}[r{index} of {length}] := r{from}")
        }
        Instruction::If { condition, accepted, rejected } => {
            writeln!(formatter, "if r{condition}")?;
            write_block(formatter, accepted, depth + 1)?;
            if !rejected.is_empty() {
                writeln!(formatter, "{:1$}else", "", 2 * depth)?;
                write_block(formatter, rejected, depth + 1)?;
            }
            Ok(())
        }
        Instruction::Loop { body } => {
            writeln!(formatter, "loop")?;
            write_block(formatter, body, depth + 1)
        }
        Instruction::Scope { label, body } => {
            writeln!(formatter, "scope {label}")?;
            write_block(formatter, body, depth + 1)
        }
        Instruction::Leave { label } => writeln!(formatter, "leave {label}"),
        Instruction::Lookup { table, argument, results } => {
            writeln!(formatter, "{} := table {table} at r{argument}", list(results))
        }
        Instruction::Effect { to, effect, operands, .. } => {
            if let Some(to) = to {
                write!(formatter, "r{to} = ")?;
            }
            writeln!(formatter, "{effect:?}({})", list(operands))
        }
        Instruction::ForConnections { body } => {
            writeln!(formatter, "for each connection")?;
            write_block(formatter, body, depth + 1)
        }
        Instruction::Newton { unknowns, residuals, body, .. } => {
            writeln!(formatter, "find {} so that {} = 0", list(unknowns), list(residuals))?;
            write_block(formatter, body, depth + 1)
        }
        Instruction::LinearSystem { matrix, right, unknowns, .. } => {
            writeln!(formatter, "{} := solve [{}] = {}", list(unknowns), list(matrix), list(right))
        }
    }
}
