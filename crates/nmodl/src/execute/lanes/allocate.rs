//! Gives the slots of a code as few registers as possible, so that a block of lanes stays in the first-level cache.

use std::collections::BTreeMap;

use super::code::{Code, Operation, Slot, Use};
use super::columns::loops;
use super::compile::PLACES;
use super::steps::Step;
use crate::ir::Place;

#[derive(Clone, Copy)]
struct Life {
    first: usize,
    last: usize,
    writes: u32,
    changed: bool,
}

/// Replaces slots by registers, and puts those of places after them. Arrays stay together, and come first: the number of
/// their registers.
pub(super) fn allocate(code: &mut Code, slots: u32, arrays: &[(u32, u32)], places: &[Place]) -> u32 {
    let lives = lives(&mut code.operations);
    let mut registers: Vec<Option<u32>> = vec![None; slots as usize];
    let mut count = 0;
    for (first, end) in joined(arrays) {
        for slot in first..end {
            registers[slot as usize] = Some(count);
            count += 1;
        }
    }
    let in_arrays = count;
    let mut free: Vec<u32> = Vec::new();
    let mut starting: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut ending: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (&slot, life) in lives.iter().filter(|(slot, _)| registers[**slot as usize].is_none()) {
        starting.entry(life.first).or_default().push(slot);
        ending.entry(life.last).or_default().push(slot);
    }
    for (at, operation) in code.operations.iter().enumerate() {
        let release = |free: &mut Vec<u32>, registers: &[Option<u32>]| {
            let ended = ending.get(&at).into_iter().flatten();
            free.extend(ended.filter_map(|&slot| registers[slot as usize]));
        };
        // vectors may leave their result in the place of an operand
        let in_place = Step::is_for(operation);
        if in_place {
            release(&mut free, &registers);
        }
        for &slot in starting.get(&at).into_iter().flatten() {
            registers[slot as usize] = Some(free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            }));
        }
        if !in_place {
            release(&mut free, &registers);
        }
    }
    for operation in &mut code.operations {
        operation.visit(&mut |slot, _| {
            *slot = match slot.0.checked_sub(PLACES) {
                Some(place) => Slot(count + place),
                None => Slot(registers[slot.0 as usize].unwrap_or(0)),
            };
        });
    }
    code.registers = count;
    code.places = places.to_vec();
    in_arrays
}

/// From the first to the last operation at which each slot has to be kept.
fn lives(operations: &mut [Operation]) -> BTreeMap<u32, Life> {
    let mut lives: BTreeMap<u32, Life> = BTreeMap::new();
    for (at, operation) in operations.iter_mut().enumerate() {
        operation.visit(&mut |slot, how| {
            if slot.0 < PLACES {
                let new = Life { first: at, last: at, writes: 0, changed: false };
                let life = lives.entry(slot.0).or_insert(new);
                life.last = at;
                life.writes += u32::from(how == Use::Write);
                life.changed |= how == Use::Change;
            }
        });
    }
    let loops = loops(operations);
    // a loop within another one can make a life reach into the outer one
    for _ in 0..=loops.len() {
        for life in lives.values_mut() {
            for &(start, end) in &loops {
                let overlaps = life.first <= end && life.last >= start;
                let inside = life.first >= start && life.last <= end;
                if overlaps && (!inside || life.changed || life.writes > 1) {
                    life.first = life.first.min(start);
                    life.last = life.last.max(end);
                }
            }
        }
    }
    lives
}

/// Ranges of slots that overlap are one.
fn joined(arrays: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = arrays.iter().map(|&(first, length)| (first, first + length)).collect();
    ranges.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (first, end) in ranges {
        match joined.last_mut() {
            Some(last) if first < last.1 => last.1 = last.1.max(end),
            _ => joined.push((first, end)),
        }
    }
    joined
}
