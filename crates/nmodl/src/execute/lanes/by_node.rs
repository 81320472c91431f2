//! Splits the kernel of a point process into what all instances on a node share, and what each does by itself.
//!
//! Many synapses are on one node. What of their kernels takes long often depends on the voltage alone, such as the
//! magnesium block of NMDA receptors, so that it need be computed only once for each node.

use std::collections::BTreeMap;

use super::compile::is_uniform;
use crate::execute::Storage;
use crate::ir::{BinaryOperation, Instruction, Kernel, Place, Register, UnaryOperation, Use};
use crate::optimise::{remove_dead, renumber};

/// A kernel in two parts.
pub(super) struct Split {
    /// Writes `Place::OfNode`s, for each node; nothing if there is nothing worth it.
    pub(super) nodes: Option<Kernel>,
    /// Does the rest for each instance.
    pub(super) instances: Kernel,
}

/// How much it takes to compute what is the same in all instances on a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    /// It is the same on all nodes.
    Everywhere,
    /// No more than to fetch it from somewhere.
    Cheap,
    /// More than that.
    Dear,
}

/// The parts of a kernel for columns that are kept as `storage` says, if it reads the voltage, and only where the lane
/// machine does.
pub(super) fn split(kernel: &Kernel, storage: &[Storage]) -> Option<Split> {
    let is_voltage =
        |instruction: &Instruction| matches!(instruction, Instruction::Read { place: Place::Voltage, .. });
    let runs_lane_by_lane = |instruction: &Instruction| {
        matches!(instruction, Instruction::Newton { .. } | Instruction::ForConnections { .. })
            && instruction.any(&is_voltage)
    };
    let any = |test: &dyn Fn(&Instruction) -> bool| kernel.body.iter().any(|inner| inner.any(test));
    if !any(&is_voltage) || any(&runs_lane_by_lane) {
        return None;
    }
    let mut shared = BTreeMap::new();
    for instruction in &kernel.body {
        if let Some((value, how)) = shared_value(instruction, storage, &shared) {
            shared.insert(value, how);
        }
    }
    let is_dear = |register: Register| shared.get(&register) == Some(&Shared::Dear);
    let mut fetched: Vec<Register> = Vec::new();
    let mut instances = Vec::new();
    for instruction in kernel.body.iter().filter(|instruction| !made(instruction).is_some_and(is_dear)) {
        let mut instruction = instruction.clone();
        let mut new = Vec::new();
        instruction.visit_all_registers(&mut |register, how| {
            if how == Use::Read && is_dear(*register) && !fetched.contains(register) {
                new.push(*register);
                fetched.push(*register);
            }
        });
        for to in new {
            let number = fetched.iter().position(|&known| known == to).unwrap_or(0) as u32;
            instances.push(Instruction::Read { to, place: Place::OfNode(number) });
        }
        instances.push(instruction);
    }
    let mut nodes = kernel.clone();
    nodes.body.retain(|instruction| made(instruction).is_some_and(|value| shared.contains_key(&value)));
    let written =
        (0..).zip(&fetched).map(|(number, &from)| Instruction::Write { place: Place::OfNode(number), from });
    nodes.body.extend(written);
    let mut instances = Kernel { body: instances, ..kernel.clone() };
    for kernel in [&mut nodes, &mut instances] {
        remove_dead(kernel, &|_| true);
        renumber(kernel);
    }
    Some(Split { nodes: (!fetched.is_empty()).then_some(nodes), instances })
}

/// The value that a simple instruction makes.
fn made(instruction: &Instruction) -> Option<Register> {
    match *instruction {
        Instruction::Constant { to, .. }
        | Instruction::Read { to, .. }
        | Instruction::Unary { to, .. }
        | Instruction::Binary { to, .. }
        | Instruction::Select { to, .. } => Some(to),
        _ => None,
    }
}

/// The value that an instruction makes, if all instances on a node share it.
fn shared_value(
    instruction: &Instruction,
    storage: &[Storage],
    shared: &BTreeMap<Register, Shared>,
) -> Option<(Register, Shared)> {
    let value = made(instruction)?;
    let own = match *instruction {
        Instruction::Read { place: Place::Voltage, .. } => Shared::Cheap,
        Instruction::Read { place, .. } => is_uniform(place, storage).then_some(Shared::Everywhere)?,
        _ => Shared::Everywhere,
    };
    let mut of_operands = Some(own);
    instruction.clone().visit_registers(&mut |register, how| {
        if how != Use::Make {
            let of_operand = shared.get(register).copied();
            of_operands = of_operands.and_then(|known| Some(known.max(of_operand?)));
        }
    });
    let of_operands = of_operands?;
    let is_more = of_operands == Shared::Cheap && takes_long(instruction);
    Some((value, if is_more { Shared::Dear } else { of_operands }))
}

/// Whether an operation takes much longer than to fetch a number.
fn takes_long(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Unary { operation, .. } => !matches!(
            operation,
            UnaryOperation::Negate
                | UnaryOperation::Not
                | UnaryOperation::Sqrt
                | UnaryOperation::Abs
                | UnaryOperation::Floor
                | UnaryOperation::Ceil
                | UnaryOperation::Truncate
        ),
        Instruction::Binary { operation, .. } => *operation == BinaryOperation::Power,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Builder;

    #[test]
    fn what_takes_long_and_depends_on_the_voltage_alone_is_done_for_nodes() {
        let mut builder = Builder::default();
        let voltage = builder.read(Place::Voltage);
        let magnesium = builder.read(Place::Column(0));
        let conductance = builder.read(Place::Column(1));
        let exponential = builder.unary(UnaryOperation::Exp, voltage);
        let block = builder.binary(BinaryOperation::Multiply, exponential, magnesium);
        let blocked = builder.binary(BinaryOperation::Multiply, conductance, block);
        let current = builder.binary(BinaryOperation::Multiply, blocked, voltage);
        builder.write(Place::Current, current);
        let kernel = builder.finish();
        let split = split(&kernel, &[Storage::Uniform, Storage::Instances]).expect("reads the voltage");
        let text = |kernel: &Kernel| kernel.to_string();
        insta::assert_snapshot!(format!(
            "{}\n{}",
            split.nodes.as_ref().map(text).unwrap_or_default(),
            text(&split.instances)
        ));
    }
}
