//! Turns scopes that are left early into branches: `if (c) { a; leave } b` becomes `if (c) { a } else { b }`.
//!
//! What follows a branch that might leave or not is never copied, so that some scopes stay.

use crate::ir::{Block, Instruction};

/// Removes the scopes of a block that branches can stand for.
pub(super) fn simplify(block: Block) -> Block {
    let mut result = Block::new();
    for mut instruction in block {
        for inner in instruction.blocks_mut() {
            *inner = simplify(std::mem::take(inner));
        }
        match instruction {
            Instruction::Scope { label, body } => match without_leaving(&body, label) {
                Some(body) => result.extend(body),
                None => result.push(Instruction::Scope { label, body }),
            },
            Instruction::Leave { .. } => {
                result.push(instruction);
                break;
            }
            other => result.push(other),
        }
    }
    result
}

/// How a block ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It goes on behind it.
    Reached,
    /// It always leaves.
    Left,
    /// Either.
    Open,
}

fn end(block: &[Instruction], label: u32) -> End {
    let ends = block.iter().map(|instruction| match instruction {
        Instruction::Leave { label: left } if *left == label => End::Left,
        Instruction::If { accepted, rejected, .. } => match (end(accepted, label), end(rejected, label)) {
            (a, b) if a == b => a,
            _ => End::Open,
        },
        other if leaves(other, label) => End::Open,
        _ => End::Reached,
    });
    let mut open = false;
    for end in ends {
        match end {
            End::Left if !open => return End::Left,
            End::Left => return End::Open,
            End::Open => open = true,
            End::Reached => {}
        }
    }
    if open { End::Open } else { End::Reached }
}

fn leaves(instruction: &Instruction, label: u32) -> bool {
    let mut found = false;
    instruction
        .visit(&mut |inner| found |= matches!(inner, Instruction::Leave { label: left } if *left == label));
    found
}

/// The same block for which there is nothing to leave, if that can be had without copies.
fn without_leaving(block: &[Instruction], label: u32) -> Option<Block> {
    let mut result = Block::new();
    for (at, instruction) in block.iter().enumerate() {
        match instruction {
            Instruction::Leave { label: left } if *left == label => return Some(result),
            Instruction::If { condition, accepted, rejected } if leaves(instruction, label) => {
                let rest = &block[at + 1..];
                let followed = |block: &[Instruction], end: End| {
                    let rest = if end == End::Left { &[] } else { rest };
                    without_leaving(&[block, rest].concat(), label)
                };
                let ends = [end(accepted, label), end(rejected, label)];
                let copies = ends.iter().filter(|&&end| end != End::Left).count() > 1 && !rest.is_empty();
                // a branch that might leave has what follows in it; that is fine if the other one always leaves
                if copies {
                    return None;
                }
                result.push(Instruction::If {
                    condition: *condition,
                    accepted: followed(accepted, ends[0])?,
                    rejected: followed(rejected, ends[1])?,
                });
                return Some(result);
            }
            other if leaves(other, label) => return None,
            other => result.push(other.clone()),
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Builder;

    fn scope(body: Block) -> Block {
        simplify(vec![Instruction::Scope { label: 0, body }])
    }

    fn branch(accepted: Block, rejected: Block) -> Instruction {
        Instruction::If { condition: 0, accepted, rejected }
    }

    fn step(number: u32) -> Instruction {
        Instruction::Assign { to: number, from: number }
    }

    const LEAVE: Instruction = Instruction::Leave { label: 0 };

    #[test]
    fn an_early_return_becomes_a_branch() {
        let block = scope(vec![step(1), branch(vec![step(2), LEAVE], vec![]), step(3)]);
        assert_eq!(block, vec![step(1), branch(vec![step(2)], vec![step(3)])]);
    }

    #[test]
    fn returns_nest() {
        let inner = branch(vec![LEAVE], vec![step(2)]);
        let block = scope(vec![branch(vec![inner], vec![LEAVE]), step(3)]);
        assert_eq!(block, vec![branch(vec![branch(vec![], vec![step(2), step(3)])], vec![])]);
    }

    #[test]
    fn nothing_is_copied() {
        let body = vec![branch(vec![branch(vec![LEAVE], vec![])], vec![step(1)]), step(2)];
        assert_eq!(scope(body.clone()), vec![Instruction::Scope { label: 0, body }]);
    }

    #[test]
    fn loops_keep_their_scope() {
        let mut builder = Builder::new();
        let (body, ()) = builder.block(|builder| builder.push(LEAVE));
        let body = vec![Instruction::Loop { body }];
        assert_eq!(scope(body.clone()), vec![Instruction::Scope { label: 0, body }]);
    }
}
