//! Which soma outlines belong together, and which tree hangs on which soma.

use super::super::contour::{distance, resample, stack_centre};
use crate::imported::Warning;
use crate::number::EPSILON;
use crate::raw::{RawMorphology, RawSection};

/// Diameter of the point that marks a logical connection (um); it is never part of the geometry.
const WIRE_DIAMETER: f64 = 0.01;

/// x and y range of an outline (um).
#[derive(Clone, Copy)]
struct Box2 {
    low: [f64; 2],
    high: [f64; 2],
}

impl Box2 {
    fn of(section: &RawSection) -> Self {
        let mut range = Self { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] };
        for point in &section.points {
            range.low = [0, 1].map(|k| range.low[k].min(point[k]));
            range.high = [0, 1].map(|k| range.high[k].max(point[k]));
        }
        range
    }

    fn overlaps(&self, other: &Self) -> bool {
        let apart = |a: f64, b: f64| a > b + EPSILON;
        (0..2).all(|k| !apart(self.low[k], other.high[k]) && !apart(other.low[k], self.high[k]))
    }

    fn union(self, other: Self) -> Self {
        Self {
            low: [0, 1].map(|k| self.low[k].min(other.low[k])),
            high: [0, 1].map(|k| self.high[k].max(other.high[k])),
        }
    }

    fn grown(self, by: f64) -> Self {
        Self { low: self.low.map(|x| x - by), high: self.high.map(|x| x + by) }
    }

    /// NEURON compares in single precision.
    fn contains(&self, point: &[f64; 4]) -> bool {
        (0..2).all(|k| {
            let x = point[k] as f32;
            x >= self.low[k] as f32 && x <= self.high[k] as f32
        })
    }
}

/// Moves contours to the front, joins overlapping ones into stacks and connects the trees to the somas.
pub(crate) fn connect_to_somas(mut sections: Vec<RawSection>, warnings: &mut Vec<Warning>) -> RawMorphology {
    let (contours, branches): (Vec<usize>, Vec<usize>) =
        (0..sections.len()).partition(|&i| sections[i].contour);
    let somas = stack_contours(&mut sections, &contours);
    for &soma in &somas {
        check_stack(&sections, soma, warnings);
    }
    let mut roots: Vec<usize> = branches.iter().copied().filter(|&i| sections[i].parent.is_none()).collect();
    let mut centres = Vec::new();
    for &soma in &somas {
        let (centre, range) = centre_and_box(&sections, soma);
        centres.push(centre);
        roots.retain(|&root| {
            let inside = sections[root].points.first().is_some_and(|p| range.contains(p));
            if inside {
                wire(&mut sections[root], soma, centre);
            }
            !inside
        });
    }
    for root in roots {
        let Some(&first) = sections[root].points.first() else { continue };
        let mut nearest = 0;
        let mut least = 1e9;
        for (i, centre) in centres.iter().enumerate() {
            let d = distance(&first, centre);
            if d < least - EPSILON {
                (nearest, least) = (i, d);
            }
        }
        if let (Some(&soma), Some(&centre)) = (somas.get(nearest), centres.get(nearest)) {
            warnings.push(Warning::RootOutsideSoma { line: sections[root].line });
            wire(&mut sections[root], soma, centre);
        }
    }
    RawMorphology { sections, order: contours.into_iter().chain(branches).collect() }
}

fn wire(root: &mut RawSection, soma: usize, centre: [f64; 3]) {
    root.parent = Some(soma);
    root.parent_x = 0.5;
    root.points.insert(0, [centre[0], centre[1], centre[2], WIRE_DIAMETER]);
    root.wired = true;
}

/// Joins each contour that overlaps the contour before it to that one's stack; returns the stacks' first ones.
fn stack_contours(sections: &mut [RawSection], contours: &[usize]) -> Vec<usize> {
    let mut somas: Vec<usize> = Vec::new();
    let mut before: Option<Box2> = None;
    for &contour in contours {
        let range = Box2::of(&sections[contour]);
        match (somas.last(), before) {
            (Some(&first), Some(previous)) if previous.overlaps(&range) => {
                sections[first].stack.push(contour);
                sections[contour].subsidiary = true;
            }
            _ => somas.push(contour),
        }
        before = Some(range);
    }
    somas
}

fn centre_and_box(sections: &[RawSection], soma: usize) -> ([f64; 3], Box2) {
    let section = &sections[soma];
    let range = Box2::of(section);
    let centre = resample(&section.points).centre;
    if section.stack.is_empty() {
        return (centre, range.grown(0.5));
    }
    let others = section.stack.iter().map(|&i| &sections[i]);
    let centres: Vec<_> =
        std::iter::once(centre).chain(others.clone().map(|s| resample(&s.points).centre)).collect();
    (stack_centre(&centres), others.map(Box2::of).fold(range, Box2::union))
}

/// Reports the first thing that keeps a stack from being a pile of flat slices.
fn check_stack(sections: &[RawSection], soma: usize, warnings: &mut Vec<Warning>) {
    let stack = std::iter::once(&soma).chain(&sections[soma].stack).map(|&i| &sections[i]);
    if sections[soma].stack.is_empty() {
        return;
    }
    let mut previous: Option<f64> = None;
    let mut upwards = None;
    for contour in stack {
        let z = contour.points.first().map_or(0.0, |p| p[2]);
        let step = previous.map(|before| z - before);
        let problem = if step == Some(0.0) {
            "two contours of a soma stack have the same z"
        } else if step.is_some_and(|s| upwards.is_some_and(|up| up != (s > 0.0))) {
            "the contours of a soma stack do not go one way in z"
        } else if contour.points.iter().any(|p| p[2] != z) {
            "a contour of a soma stack is not flat in z"
        } else {
            upwards = step.map(|s| s > 0.0).or(upwards);
            previous = Some(z);
            continue;
        };
        warnings.push(Warning::SomaStack { line: contour.line, problem });
        return;
    }
}
