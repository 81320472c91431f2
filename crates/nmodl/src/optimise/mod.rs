//! Makes programs fast, for the instances of one group and one run, without changing a bit of what they compute.
//!
//! What is known before the run becomes numbers, what is computed twice is computed once, what nobody needs is not
//! computed, and what no kernel reads of what another one left is not stored. Nothing is reordered that rounds.

mod counting;
mod dead;
mod initial;
mod invariant;
mod known;
mod localise;
mod merge;
mod rebuild;
mod structure;

use std::collections::BTreeSet;

use crate::description::Description;
use crate::execute::{Constants, Demand, Specialised, Storage};
use crate::ir::{Instruction, Kernel, Place, Program};
use crate::math::Level;
pub(crate) use dead::{columns_read, remove as remove_dead, renumber};
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
        optimised.each_kernel_mut(&mut |kernel| *kernel = improve(kernel, &known));
        optimised.each_table_kernel_mut(&mut |kernel| *kernel = improve(kernel, &known));
        let storage = storage(&plain, &optimised, demand);
        let nowhere: BTreeSet<u32> = (0..)
            .zip(&storage)
            .filter(|(_, storage)| **storage == Storage::Nowhere)
            .map(|(column, _)| column)
            .collect();
        let mut reduce = |kernel: &mut Kernel| {
            dead::remove(kernel, &|column| !nowhere.contains(&column));
            dead::renumber(kernel);
        };
        optimised.each_kernel_mut(&mut reduce);
        optimised.each_table_kernel_mut(&mut reduce);
        plain.each_kernel_mut(&mut |kernel| localise::localise(kernel, &nowhere));
        plain.each_table_kernel_mut(&mut |kernel| localise::localise(kernel, &nowhere));
        Specialised::new(level, constants.clone(), plain, optimised, storage)
    }
}

/// All that can be said of a kernel by itself.
fn improve(kernel: &Kernel, known: &Known) -> Kernel {
    let mut kernel = kernel.clone();
    kernel.body = structure::simplify(kernel.body);
    let mut kernel = rebuild::rebuild(&kernel, known);
    dead::remove(&mut kernel, &|_| true);
    invariant::take_out(&mut kernel);
    // a second time, for what was made into simple blocks
    let mut kernel = rebuild::rebuild(&kernel, known);
    dead::remove(&mut kernel, &|_| true);
    if counting::recognise(&mut kernel) {
        // what the loops kept in memory need not be there
        kernel = rebuild::rebuild(&kernel, known);
    }
    dead::remove(&mut kernel, &|_| true);
    merge::merge(&mut kernel);
    kernel
}

/// How each column is kept.
fn storage(plain: &Program, optimised: &Program, demand: &Demand) -> Vec<Storage> {
    let description = &*plain.description;
    let count = description.variables.len();
    let is = |flags: &[bool], column: usize| flags.get(column).copied().unwrap_or(false);
    let bound = bound_columns(plain);
    let mut kept: BTreeSet<u32> = (0..count)
        .filter(|&column| is(&demand.observed, column) || bound.contains(&column))
        .map(|column| column as u32)
        .collect();
    for table in &optimised.tables {
        kept.extend(columns_read(&table.bounds));
        kept.extend(columns_read(&table.row));
    }
    let ranges = element_ranges(plain);
    // columns that are only read to compute each other are not needed, hence from below
    loop {
        let mut read = kept.clone();
        for kernel in optimised.each_kernel() {
            let mut kernel = kernel.clone();
            dead::remove(&mut kernel, &|column| kept.contains(&column));
            read.extend(columns_read(&kernel));
        }
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
    let written = columns_written(optimised.each_kernel().flat_map(|kernel| &kernel.body));
    let may_be_uniform = |column: usize| {
        is(&demand.uniform, column) && !is(&demand.observed, column) && !bound.contains(&column)
    };
    let storage = |column: usize| {
        let number = column as u32;
        if !kept.contains(&number) {
            Storage::Nowhere
        } else if may_be_uniform(column) && !written.contains(&number) {
            Storage::Uniform
        } else {
            Storage::Instances
        }
    };
    let mut storage: Vec<Storage> = (0..count).map(storage).collect();
    for column in initial::set_for_all(optimised, &storage) {
        if storage[column as usize] == Storage::Instances && may_be_uniform(column as usize) {
            storage[column as usize] = Storage::Uniform;
        }
    }
    storage
}

/// The columns that are copies of something elsewhere: of ions and of `POINTER`s.
fn bound_columns(program: &Program) -> BTreeSet<usize> {
    let description: &Description = &program.description;
    let mut bound: BTreeSet<usize> = program.pointers.iter().map(|pointer| pointer.column as usize).collect();
    for ion in &description.ions {
        for variable in ion.reads.iter().chain(&ion.writes) {
            bound.extend(description.variable(&variable.of(&ion.ion)));
        }
    }
    bound
}

/// The columns of arrays that kernels index.
fn element_ranges(program: &Program) -> Vec<std::ops::Range<u32>> {
    let mut ranges = Vec::new();
    for instruction in program.each_kernel().flat_map(|kernel| &kernel.body) {
        instruction.visit(&mut |inner| {
            if let Instruction::ReadElement { first: Place::Column(first), length, .. }
            | Instruction::WriteElement { first: Place::Column(first), length, .. } = inner
            {
                ranges.push(*first..first + length);
            }
        });
    }
    ranges
}

/// The columns that instructions, and those within them, write.
fn columns_written<'a>(block: impl IntoIterator<Item = &'a Instruction>) -> BTreeSet<u32> {
    let mut written = BTreeSet::new();
    for instruction in block {
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
    written
}
