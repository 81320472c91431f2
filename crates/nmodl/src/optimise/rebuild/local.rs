//! Variables that a loop or scope sets anew in each turn before it reads them, and that nothing else reads: they need
//! not be in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Instruction, Register, Use};

/// How often each register is read in a block, also by what sets a variable from what it was.
pub(in crate::optimise) fn count_reads(block: &[Instruction]) -> BTreeMap<Register, u32> {
    let mut reads = BTreeMap::new();
    for instruction in block {
        instruction.visit(&mut |inner| {
            each_read(inner, &mut |register| *reads.entry(register).or_default() += 1);
        });
    }
    reads
}

/// Those of the variables that are read in `body` only, and there only after it has set them.
pub(in crate::optimise) fn local_variables(
    body: &[Instruction],
    variables: &BTreeSet<Register>,
    reads: &BTreeMap<Register, u32>,
) -> BTreeSet<Register> {
    let inside = count_reads(body);
    let mut exposure = Exposure::default();
    exposure.block(body, &mut BTreeSet::new());
    let is_local = |variable: &Register| {
        inside.get(variable) == reads.get(variable) && !exposure.exposed.contains(variable)
    };
    variables.iter().copied().filter(is_local).collect()
}

fn each_read(instruction: &Instruction, visit: &mut dyn FnMut(Register)) {
    let sets_only = matches!(instruction, Instruction::Assign { .. } | Instruction::Lookup { .. });
    let mut instruction = shallow(instruction);
    if let Instruction::ReadArray { first, length, .. } | Instruction::AssignElement { first, length, .. } =
        instruction
    {
        (first + 1..first + length).for_each(&mut *visit);
    }
    instruction.visit_registers(&mut |register, how| {
        if how == Use::Read || (how == Use::Set && !sets_only) {
            visit(*register);
        }
    });
}

/// The instruction without the blocks within.
fn shallow(instruction: &Instruction) -> Instruction {
    match instruction {
        Instruction::If { condition, .. } => {
            Instruction::If { condition: *condition, accepted: vec![], rejected: vec![] }
        }
        Instruction::Loop { .. } => Instruction::Loop { body: vec![] },
        Instruction::Scope { label, .. } => Instruction::Scope { label: *label, body: vec![] },
        Instruction::ForConnections { .. } => Instruction::ForConnections { body: vec![] },
        Instruction::Newton { unknowns, residuals, span, .. } => Instruction::Newton {
            unknowns: unknowns.clone(),
            residuals: residuals.clone(),
            body: vec![],
            span: *span,
        },
        other => other.clone(),
    }
}

/// What a block reads before it sets it.
#[derive(Default)]
struct Exposure {
    exposed: BTreeSet<Register>,
    /// For each scope, what was set wherever it was left so far.
    left: BTreeMap<u32, BTreeSet<Register>>,
}

impl Exposure {
    /// Adds to `set` what is set in any case; whether the end is reached.
    fn block(&mut self, block: &[Instruction], set: &mut BTreeSet<Register>) -> bool {
        block.iter().all(|instruction| self.instruction(instruction, set))
    }

    fn instruction(&mut self, instruction: &Instruction, set: &mut BTreeSet<Register>) -> bool {
        each_read(instruction, &mut |register| {
            if !set.contains(&register) {
                self.exposed.insert(register);
            }
        });
        match instruction {
            Instruction::If { accepted, rejected, .. } => {
                let mut otherwise = set.clone();
                match (self.block(accepted, set), self.block(rejected, &mut otherwise)) {
                    (true, true) => set.retain(|register| otherwise.contains(register)),
                    (false, true) => *set = otherwise,
                    (true, false) => {}
                    (false, false) => return false,
                }
            }
            Instruction::Scope { label, body } => {
                let reached = self.block(body, set);
                match self.left.remove(label) {
                    Some(left) if reached => set.retain(|register| left.contains(register)),
                    Some(left) => *set = left,
                    None => return reached,
                }
            }
            Instruction::Leave { label } => {
                match self.left.get_mut(label) {
                    Some(left) => left.retain(|register| set.contains(register)),
                    None => {
                        self.left.insert(*label, set.clone());
                    }
                }
                return false;
            }
            Instruction::Loop { body } => {
                // what later turns find set is at least what the first one does
                self.block(body, set);
                return false;
            }
            // perhaps never
            Instruction::ForConnections { body } | Instruction::Newton { body, .. } => {
                self.block(body, &mut set.clone());
            }
            Instruction::Assign { to, .. } => {
                set.insert(*to);
            }
            Instruction::Lookup { results, .. } => set.extend(results),
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Place;

    const CONDITION: Register = 0;

    fn set(to: Register) -> Instruction {
        Instruction::Assign { to, from: CONDITION }
    }

    fn read(from: Register) -> Instruction {
        Instruction::Write { place: Place::Current, from }
    }

    fn branch(accepted: Vec<Instruction>, rejected: Vec<Instruction>) -> Instruction {
        Instruction::If { condition: CONDITION, accepted, rejected }
    }

    /// Whether variable 1 is local to a loop with this body, in a kernel that goes on with `after`.
    fn is_local(body: Vec<Instruction>, after: Vec<Instruction>) -> bool {
        let kernel = [vec![Instruction::Loop { body: body.clone() }], after].concat();
        local_variables(&body, &[1].into(), &count_reads(&kernel)).contains(&1)
    }

    #[test]
    fn what_every_turn_sets_first_is_local() {
        assert!(is_local(vec![set(1), read(1)], vec![]));
        assert!(is_local(vec![branch(vec![set(1)], vec![set(1)]), read(1)], vec![set(1)]));
        assert!(!is_local(vec![read(1), set(1)], vec![]));
        assert!(!is_local(vec![branch(vec![set(1)], vec![]), read(1)], vec![]));
        assert!(!is_local(vec![set(1), read(1)], vec![read(1)]));
    }

    #[test]
    fn what_leaves_does_not_count() {
        let leave = || Instruction::Leave { label: 7 };
        assert!(is_local(vec![branch(vec![leave()], vec![set(1)]), read(1)], vec![]));
        let scope = |body| Instruction::Scope { label: 7, body };
        assert!(is_local(vec![scope(vec![set(1), branch(vec![leave()], vec![])]), read(1)], vec![]));
        assert!(!is_local(vec![scope(vec![branch(vec![leave()], vec![]), set(1)]), read(1)], vec![]));
    }

    #[test]
    fn a_loop_within_sets_what_it_sets_before_it_is_left() {
        let inner = |body| Instruction::Scope { label: 8, body: vec![Instruction::Loop { body }] };
        let leave = || branch(vec![Instruction::Leave { label: 8 }], vec![]);
        assert!(is_local(vec![inner(vec![set(1), leave()]), read(1)], vec![]));
        assert!(!is_local(vec![inner(vec![leave(), set(1)]), read(1)], vec![]));
    }
}
