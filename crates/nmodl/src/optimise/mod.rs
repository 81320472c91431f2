//! Makes programs fast, for the instances of one group and one run, without changing a bit of what they compute.
//!
//! What is known before the run becomes numbers, what is computed twice is computed once, what nobody needs is not
//! computed, and what no kernel reads of what another one left is not stored. Nothing is reordered that rounds.

mod dead;
mod known;
mod localise;
mod rebuild;
mod structure;

use std::collections::BTreeSet;

use crate::description::{Description, IonVariable};
use crate::execute::{Constants, Demand, Specialised, Storage};
use crate::ir::{Instruction, Kernel, Kernels, Place, Program};
use crate::math::Level;
use known::Known;

impl Program {
    /// The program for a group about whose instances `demand` is known, in a run with these constants.
    pub fn specialise(&self, constants: &Constants, demand: &Demand) -> Specialised {
        self.specialise_at(Level::best(), constants, demand)
    }

    /// [`Program::specialise`] for chosen vector instructions.
    pub fn specialise_at(&self, level: Level, constants: &Constants, demand: &Demand) -> Specialised {
        let known = Known { program: self, constants, level };
        let mut plain = self.clone();
        let mut optimised = self.clone();
        for_each_kernel(&mut optimised, &mut |kernel| *kernel = improve(kernel, &known));
        let storage = storage(&plain, &mut optimised, demand);
        let nowhere: BTreeSet<u32> = (0..)
            .zip(&storage)
            .filter(|(_, storage)| **storage == Storage::Nowhere)
            .map(|(column, _)| column)
            .collect();
        for_each_kernel(&mut optimised, &mut |kernel| {
            dead::remove(kernel, &|column| !nowhere.contains(&column));
            dead::renumber(kernel);
        });
        for_each_kernel(&mut plain, &mut |kernel| localise::localise(kernel, &nowhere));
        Specialised::new(level, constants.clone(), plain, optimised, storage)
    }
}

/// All that can be said of a kernel by itself.
fn improve(kernel: &Kernel, known: &Known) -> Kernel {
    let mut kernel = kernel.clone();
    kernel.body = structure::simplify(kernel.body);
    let mut kernel = rebuild::rebuild(&kernel, known);
    dead::remove(&mut kernel, &|_| true);
    // a second time, for what the first one made into simple blocks
    let mut kernel = rebuild::rebuild(&kernel, known);
    dead::remove(&mut kernel, &|_| true);
    kernel
}

fn for_each_kernel(program: &mut Program, visit: &mut dyn FnMut(&mut Kernel)) {
    let Kernels {
        constructor,
        destructor,
        before_initial,
        initial,
        after_initial,
        before_breakpoint,
        current,
        state,
        after_solve,
        before_step,
        receive,
        receive_initial,
        watch,
    } = &mut program.kernels;
    let phases = [
        constructor,
        destructor,
        before_initial,
        initial,
        after_initial,
        before_breakpoint,
        current,
        state,
        after_solve,
        before_step,
        receive,
        receive_initial,
    ];
    phases.into_iter().flatten().for_each(&mut *visit);
    watch.iter_mut().for_each(&mut *visit);
    program.functions.iter_mut().for_each(|function| visit(&mut function.kernel));
}

/// How each column is kept.
fn storage(plain: &Program, optimised: &mut Program, demand: &Demand) -> Vec<Storage> {
    let description = &*plain.description;
    let count = description.variables.len();
    let is = |flags: &[bool], column: usize| flags.get(column).copied().unwrap_or(false);
    let bound = bound_columns(plain);
    let mut kept: BTreeSet<u32> = (0..count)
        .filter(|&column| is(&demand.observed, column) || bound.contains(&column))
        .map(|column| column as u32)
        .collect();
    let ranges = element_ranges(&mut plain.clone());
    // columns that are only read to compute each other are not needed, hence from below
    loop {
        let mut read = kept.clone();
        for_each_kernel(optimised, &mut |kernel| {
            let mut kernel = kernel.clone();
            dead::remove(&mut kernel, &|column| kept.contains(&column));
            read.extend(dead::columns_read(&kernel));
        });
        for range in &ranges {
            if range.clone().any(|column| read.contains(&column)) {
                read.extend(range.clone());
            }
        }
        if read == kept {
            break;
        }
        kept = read;
    }
    let written = columns_written(optimised);
    let storage = |column: usize| {
        let number = column as u32;
        if !kept.contains(&number) {
            Storage::Nowhere
        } else if is(&demand.uniform, column)
            && !is(&demand.observed, column)
            && !bound.contains(&column)
            && !written.contains(&number)
        {
            Storage::Uniform
        } else {
            Storage::Instances
        }
    };
    (0..count).map(storage).collect()
}

/// The columns that are copies of something elsewhere: of ions and of `POINTER`s.
fn bound_columns(program: &Program) -> BTreeSet<usize> {
    let description: &Description = &program.description;
    let mut bound: BTreeSet<usize> = program.pointers.iter().map(|pointer| pointer.column as usize).collect();
    for ion in &description.ions {
        for variable in ion.reads.iter().chain(&ion.writes) {
            let name = match variable {
                IonVariable::Reversal => format!("e{}", ion.ion),
                IonVariable::Inside => format!("{}i", ion.ion),
                IonVariable::Outside => format!("{}o", ion.ion),
                IonVariable::Current => format!("i{}", ion.ion),
            };
            bound.extend(description.variable(&name));
        }
    }
    bound
}

/// The columns of arrays that kernels index.
fn element_ranges(program: &mut Program) -> Vec<std::ops::Range<u32>> {
    let mut ranges = Vec::new();
    for_each_kernel(program, &mut |kernel| {
        for instruction in &kernel.body {
            instruction.visit(&mut |inner| {
                if let Instruction::ReadElement { first: Place::Column(first), length, .. }
                | Instruction::WriteElement { first: Place::Column(first), length, .. } = inner
                {
                    ranges.push(*first..first + length);
                }
            });
        }
    });
    ranges
}

fn columns_written(program: &mut Program) -> BTreeSet<u32> {
    let mut written = BTreeSet::new();
    for_each_kernel(program, &mut |kernel| {
        for instruction in &kernel.body {
            instruction.visit(&mut |inner| match *inner {
                Instruction::Write { place: Place::Column(column), .. } => {
                    written.insert(column);
                }
                Instruction::WriteElement { first: Place::Column(first), length, .. } => {
                    written.extend(first..first + length);
                }
                _ => {}
            });
        }
    });
    written
}
