//! What compiles runs a few steps, with the same bits by the reference executor and by the lane machine.
//!
//! Loops end after a while and tables are small here, whatever the text says.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use nmodl::ir::{BinaryOperation, Block, Instruction, Kernel, Place, Program};
use nmodl_fuzz::{compile, mutate};

#[path = "../../tests/harness/mod.rs"]
mod harness;

/// Turns that all loops of a kernel make together.
const TURNS: f64 = 200.;
/// Intervals of a table.
const INTERVALS: f64 = 20.;
/// Instructions, all kernels together, and variables of programs that are run.
const LARGEST: usize = 30_000;
const MOST_VARIABLES: usize = 2_000;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(program) = compile(data).program else { return Corpus::Keep };
    let mut program = Program::clone(&program);
    let mut instructions = 0;
    each_kernel(&mut program, &mut |kernel| {
        kernel.body.iter().for_each(|instruction| instruction.visit(&mut |_| instructions += 1));
        bounded(kernel);
    });
    if instructions > LARGEST || program.description.variables.len() > MOST_VARIABLES {
        return Corpus::Reject;
    }
    for table in &mut program.tables {
        let number = table.bounds.registers;
        table.bounds.registers += 1;
        table.bounds.body.push(Instruction::Constant { to: number, number: INTERVALS });
        table.bounds.body.push(Instruction::Write { place: Place::Argument(2), from: number });
    }
    let _ = harness::run(&program);
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed.is_multiple_of(8) {
        return fuzzer_mutate(data, size, max_size);
    }
    let text = mutate(&data[..size], max_size, seed);
    data[..text.len()].copy_from_slice(&text);
    text.len()
});

/// Every kernel of `program`.
fn each_kernel(program: &mut Program, visit: &mut dyn FnMut(&mut Kernel)) {
    program.each_kernel_mut(visit);
    program.tables.iter_mut().for_each(|table| {
        visit(&mut table.bounds);
        visit(&mut table.row);
    });
}

/// Makes every loop of a kernel end.
fn bounded(kernel: &mut Kernel) {
    let turns = kernel.registers;
    kernel.registers += 1;
    let mut label = 1_000_000;
    let body = std::mem::take(&mut kernel.body);
    kernel.body = bounded_block(body, turns, &mut label, &mut kernel.registers);
}

fn bounded_block(block: Block, turns: u32, label: &mut u32, registers: &mut u32) -> Block {
    block.into_iter().map(|instruction| bounded_instruction(instruction, turns, label, registers)).collect()
}

fn bounded_instruction(
    instruction: Instruction,
    turns: u32,
    label: &mut u32,
    registers: &mut u32,
) -> Instruction {
    let mut inner = |block: Block| bounded_block(block, turns, label, registers);
    match instruction {
        Instruction::If { condition, accepted, rejected } => {
            Instruction::If { condition, accepted: inner(accepted), rejected: inner(rejected) }
        }
        Instruction::Scope { label, body } => Instruction::Scope { label, body: inner(body) },
        Instruction::ForConnections { body } => Instruction::ForConnections { body: inner(body) },
        Instruction::Newton { unknowns, residuals, body, span } => {
            Instruction::Newton { unknowns, residuals, body: inner(body), span }
        }
        Instruction::Loop { body } => {
            let rest = inner(body);
            *label += 1;
            let (one, next, limit, over) = (*registers, *registers + 1, *registers + 2, *registers + 3);
            *registers += 4;
            let mut body = vec![
                Instruction::Constant { to: one, number: 1. },
                Instruction::Binary { to: next, operation: BinaryOperation::Add, left: turns, right: one },
                Instruction::Assign { to: turns, from: next },
                Instruction::Constant { to: limit, number: TURNS },
                Instruction::Binary {
                    to: over,
                    operation: BinaryOperation::Greater,
                    left: turns,
                    right: limit,
                },
                Instruction::If {
                    condition: over,
                    accepted: vec![Instruction::Leave { label: *label }],
                    rejected: Vec::new(),
                },
            ];
            body.extend(rest);
            Instruction::Scope { label: *label, body: vec![Instruction::Loop { body }] }
        }
        other => other,
    }
}
