//! Raw sections to named, connected ones: NEURON's `Import3d_GUI.instantiate`.

use crate::contour::{soma_of_contour, soma_of_slice};
use crate::error::{MorphologyError, shape};
use crate::imported::{Connection, Imported, Warning};
use crate::number::{same, stored};
use crate::raw::{RawMorphology, RawSection};
use std::collections::BTreeMap;
use std::path::Path;

/// Makes the sections of a morphology. `file` names it in errors.
pub(crate) fn instantiate(
    file: &Path,
    mut raw: RawMorphology,
    mut warnings: Vec<Warning>,
) -> Result<Imported, MorphologyError> {
    let kinds = kinds_with_lists(&raw);
    remove_sections_without_length(&mut raw, &mut warnings);
    let mut counts: BTreeMap<i32, usize> = kinds.into_iter().map(|kind| (kind, 0)).collect();
    let mut index_of_kind = vec![0; raw.sections.len()];
    let made: Vec<usize> = raw.order.iter().copied().filter(|&i| !raw.sections[i].subsidiary).collect();
    for &i in &made {
        let count = counts.entry(raw.sections[i].kind).or_default();
        index_of_kind[i] = *count;
        *count += 1;
    }
    if made.is_empty() {
        return Err(shape(
            file,
            "at least one section",
            "none",
            "check that the file is a neuron reconstruction and not empty",
        ));
    }
    let mut imported = Imported::create(counts);
    let first = imported.first_of_kind();
    let target = |i: usize| first.get(&raw.sections[i].kind).map_or(0, |f| f + index_of_kind[i]);
    for &i in &made {
        let (section, child) = (&raw.sections[i], target(i));
        if let Some(parent) = section.parent {
            let connection = Connection { child, parent: target(parent), x: section.parent_x };
            imported.sections[child].parent = Some((connection.parent, connection.x));
            imported.connections.push(connection);
        }
        if let (true, Some(point)) = (section.wired, section.points.first()) {
            imported.sections[child].logical_connection = Some([0, 1, 2].map(|k| stored(point[k])));
        }
        imported.sections[child].points = section_points(file, &raw, section)?;
    }
    imported.warnings = warnings;
    Ok(imported)
}

/// Types without sections of their own whose list may still take sections of other types: every list between
/// the smallest and the largest type is filled, by name, and `dend` is part of `dend_0`, `minus_1` of `minus_10`.
fn kinds_with_lists(raw: &RawMorphology) -> Vec<i32> {
    let present = raw.sections.iter().map(|section| section.kind);
    let (Some(low), Some(high)) = (present.clone().min(), present.clone().max()) else { return Vec::new() };
    let shorter = present.filter(|&kind| kind < -9).flat_map(|kind| {
        std::iter::successors(Some(kind / 10), |&shorter| Some(shorter / 10))
            .take_while(|&shorter| shorter < 0)
    });
    shorter.chain([3]).filter(|kind| (low..=high).contains(kind)).collect()
}

fn section_points(
    file: &Path,
    raw: &RawMorphology,
    section: &RawSection,
) -> Result<Vec<[f32; 4]>, MorphologyError> {
    let own = &section.points[usize::from(section.wired).min(section.points.len())..];
    let store = |points: &[[f64; 4]]| points.iter().map(|p| p.map(stored)).collect();
    if section.contour && !section.stack.is_empty() {
        let slices = section.stack.iter().map(|&i| raw.sections[i].points.as_slice());
        let points: Vec<_> = std::iter::once(own).chain(slices).map(soma_of_slice).collect();
        return Ok(store(&points));
    }
    if section.contour {
        return match soma_of_contour(own) {
            Ok(points) => Ok(store(&points)),
            Err(_) => Err(shape(
                file,
                "a soma outline with a length and a width in the xy plane",
                format!("the degenerate contour at line {}", section.line),
                "draw the soma outline anew, or remove it",
            )),
        };
    }
    if let [[x, y, z, d]] = *own {
        // A lone point is a sphere: a cylinder of the same length and diameter
        return Ok(store(&[[x - d / 2.0, y, z, d], [x, y, z, d], [x + d / 2.0, y, z, d]]));
    }
    Ok(store(own))
}

/// Drops sections, other than roots, that have one point or two equal ones; their children move up.
fn remove_sections_without_length(raw: &mut RawMorphology, warnings: &mut Vec<Warning>) {
    let mut removed = vec![false; raw.sections.len()];
    for &i in raw.order.iter().rev() {
        let section = &raw.sections[i];
        let own = &section.points[usize::from(section.wired).min(section.points.len())..];
        let gone = match own {
            _ if section.parent.is_none() => false,
            [] | [_] => true,
            [a, b] => (0..3).all(|k| same(a[k], b[k])),
            _ => false,
        };
        if gone {
            removed[i] = true;
            warnings.push(Warning::SectionRemoved { line: section.line, points: own.len() });
        }
    }
    if !removed.contains(&true) {
        return;
    }
    // Parents come first, so one pass finds the nearest ancestor that stays
    for &i in &raw.order {
        if let Some(parent) = raw.sections[i].parent.filter(|&p| removed[p]) {
            let (grandparent, x) = (raw.sections[parent].parent, raw.sections[parent].parent_x);
            (raw.sections[i].parent, raw.sections[i].parent_x) = (grandparent, x);
        }
    }
    raw.order.retain(|&i| !removed[i]);
}
