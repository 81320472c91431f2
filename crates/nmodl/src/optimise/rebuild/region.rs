//! Loops, scopes that are left early, bodies of Newton's method, and arrays.

use std::collections::BTreeSet;

use super::state::{Content, can_wait, class};
use super::{Rebuild, local};
use crate::ir::{Block, Instruction, Place, Register, Use};

/// What a region sets, and which places it reads by an index.
#[derive(Default)]
struct Touched {
    variables: BTreeSet<Register>,
    written: BTreeSet<Place>,
    read: BTreeSet<Place>,
}

impl Touched {
    fn by(instruction: &Instruction) -> Self {
        let mut touched = Self::default();
        instruction.visit(&mut |inner| {
            inner.clone().visit_registers(&mut |register, how| {
                if how == Use::Set {
                    touched.variables.insert(*register);
                }
            });
            match *inner {
                Instruction::AssignElement { first, length, .. } => {
                    touched.variables.extend(first..first + length);
                }
                Instruction::Write { place, .. } => {
                    touched.written.insert(place);
                }
                Instruction::WriteElement { first, length, .. } => {
                    touched.written.extend((0..length).map(|index| first.element(index)));
                }
                Instruction::ReadElement { first, length, .. } => {
                    touched.read.extend((0..length).map(|index| first.element(index)));
                }
                _ => {}
            }
        });
        touched
    }
}

impl Rebuild<'_> {
    /// Variables of arrays that are read or set by an index are in memory all the time, one after the other.
    pub(super) fn place_arrays(&mut self, block: &[Instruction]) {
        let mut ranges = Vec::new();
        for instruction in block {
            instruction.visit(&mut |inner| {
                if let Instruction::ReadArray { first, length, .. }
                | Instruction::AssignElement { first, length, .. } = inner
                {
                    ranges.push((*first, first + length));
                }
            });
        }
        ranges.sort_unstable();
        for variable in ranges.into_iter().flat_map(|(first, end)| first..end) {
            if !self.memory.contains_key(&variable) {
                let home = self.register();
                self.memory.insert(variable, home);
            }
        }
        let homes: Vec<Register> = self.memory.values().copied().collect();
        for to in homes {
            let from = self.constant(0.);
            self.push(Instruction::Assign { to, from });
        }
    }

    /// Whether what follows is reached.
    pub(super) fn scope(&mut self, label: u32, body: &Block) -> bool {
        let instruction = Instruction::Scope { label, body: body.clone() };
        let mut left = false;
        instruction.visit(&mut |inner| {
            left |= matches!(inner, Instruction::Leave { label: leaves } if *leaves == label);
        });
        if !left {
            return self.block(body);
        }
        self.unroll(label, body).unwrap_or_else(|| self.region(&instruction))
    }

    /// An instruction with a body that is not simply done once; whether what follows is reached.
    pub(super) fn region(&mut self, instruction: &Instruction) -> bool {
        let mut touched = Touched::by(instruction);
        let [body, _] = instruction.blocks();
        if let Instruction::Loop { .. } | Instruction::Scope { .. } = instruction {
            let local = local::local_variables(body, &touched.variables, &self.reads);
            touched.variables.retain(|variable| !local.contains(variable));
        }
        let homes = self.enter(&touched);
        // what the body knows beside is not known after it: it may not have come that far
        let before = self.environment.clone();
        let (body, _, _) = self.separate(body);
        self.environment = before;
        let mut new = match instruction {
            Instruction::Scope { label, .. } => Instruction::Scope { label: *label, body },
            Instruction::ForConnections { .. } => Instruction::ForConnections { body },
            Instruction::Newton { unknowns, residuals, span, .. } => Instruction::Newton {
                unknowns: unknowns.clone(),
                residuals: residuals.clone(),
                body,
                span: *span,
            },
            _ => Instruction::Loop { body },
        };
        // those of the body are new already
        new.visit_registers(&mut |register, _| *register = self.operand(*register));
        self.push(new);
        self.leave(&touched, &homes);
        !matches!(instruction, Instruction::Loop { .. })
    }

    /// What a region sets goes to memory; the variables that were not there before.
    fn enter(&mut self, touched: &Touched) -> Vec<Register> {
        self.flush(|place| touched.written.contains(&place) || touched.read.contains(&place));
        let mut homes = Vec::new();
        for &variable in &touched.variables {
            if !self.memory.contains_key(&variable) {
                homes.push((variable, self.operand(variable)));
            }
        }
        for &(variable, from) in &homes {
            let home = self.register();
            self.push(Instruction::Assign { to: home, from });
            self.memory.insert(variable, home);
        }
        self.forget(touched);
        let fresh = touched.written.iter().filter(|&&place| can_wait(place) && self.pinned.insert(place));
        let fresh: BTreeSet<Place> = fresh.copied().collect();
        self.environment.places.retain(|place, _| !touched.written.contains(place));
        self.regions.push(fresh);
        homes.into_iter().map(|(variable, _)| variable).collect()
    }

    /// What was set may have any number now.
    fn forget(&mut self, touched: &Touched) {
        for variable in &touched.variables {
            if let Some(&home) = self.memory.get(variable) {
                *self.versions.entry(home).or_default() += 1;
            }
        }
        for &place in &touched.written {
            *self.epochs.entry(class(place)).or_default() += 1;
        }
        // the next connection has other weights
        *self.epochs.entry(class(Place::Weight(0))).or_default() += 1;
    }

    fn leave(&mut self, touched: &Touched, homes: &[Register]) {
        self.forget(touched);
        for variable in homes {
            if let Some(home) = self.memory.remove(variable) {
                self.environment.variables.insert(*variable, home);
            }
        }
        for place in self.regions.pop().unwrap_or_default() {
            self.pinned.remove(&place);
        }
        for &place in &touched.written {
            self.environment.places.insert(place, Content::Unknown);
        }
    }

    /// Elements of columns and arrays: a known index makes them single ones.
    pub(super) fn element(&mut self, instruction: &Instruction) {
        match *instruction {
            Instruction::ReadElement { to, first, length, index } => match self.known_index(index, length) {
                Some(index) => {
                    let new = self.read(first.element(index));
                    self.make(to, new);
                }
                None => {
                    self.flush(|place| (0..length).any(|index| first.element(index) == place));
                    let (new, index) = (self.register(), self.operand(index));
                    self.push(Instruction::ReadElement { to: new, first, length, index });
                    self.values.insert(to, new);
                }
            },
            Instruction::WriteElement { first, length, index, from } => {
                let from = self.operand(from);
                match self.known_index(index, length) {
                    Some(index) => self.write(first.element(index), from),
                    None => {
                        self.flush(|place| (0..length).any(|index| first.element(index) == place));
                        let index = self.operand(index);
                        self.push(Instruction::WriteElement { first, length, index, from });
                        for place in (0..length).map(|index| first.element(index)) {
                            *self.epochs.entry(class(place)).or_default() += 1;
                            self.environment.places.insert(place, Content::Unknown);
                        }
                    }
                }
            }
            Instruction::ReadArray { to, first, length, index } => match self.known_index(index, length) {
                Some(index) => {
                    let new = self.operand(first + index);
                    self.make(to, new);
                }
                None => {
                    let (new, index, first) = (self.register(), self.operand(index), self.operand(first));
                    self.push(Instruction::ReadArray { to: new, first, length, index });
                    self.values.insert(to, new);
                }
            },
            Instruction::AssignElement { first, length, index, from } => {
                let from = self.operand(from);
                match self.known_index(index, length) {
                    Some(index) => self.assign(first + index, from),
                    None => {
                        let index = self.operand(index);
                        let new = self.operand(first);
                        self.push(Instruction::AssignElement { first: new, length, index, from });
                        for variable in first..first + length {
                            let home = self.operand(variable);
                            *self.versions.entry(home).or_default() += 1;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn known_index(&mut self, index: Register, length: u32) -> Option<u32> {
        let index = self.constant_of(index)?;
        (index > -1. && index < f64::from(length)).then_some(index as u32)
    }
}
