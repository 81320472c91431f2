//! H5 morphologies to sections: what MorphIO with `nrn_order` and neurodamus' wrapper around it give.
//!
//! It differs from NEURON's Import3d on purpose and by accident: only roots are sorted by type, sections are
//! numbered depth first, a section's index restarts whenever the type changes, no centre is inserted between
//! the soma and its trees, and the soma's outline is turned into points with other conventions.

use crate::contour::{SAMPLES, dot, scatter, sides, stations};
use crate::eigen::eigenvectors;
use crate::error::{MorphologyError, shape};
use crate::h5::{self, H5Morphology};
use crate::imported::{Connection, Imported, Warning, type_name};
use crate::number::stored;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Imports an H5 morphology: a file, or `{container}.h5/{name}.h5` for a morphology in a container.
///
/// # Errors
/// When the file or the morphology in it does not exist, is no H5 v1 morphology, or has no soma outline of at
/// least three points.
pub fn morphio_h5(path: impl AsRef<Path>) -> Result<Imported, MorphologyError> {
    let path = path.as_ref();
    match split_container_path(path) {
        Some((container, name)) => instantiate(path, &h5::read(&container, Some(&name))?),
        None => instantiate(path, &h5::read(path, None)?),
    }
}

/// Splits `{container}.h5/{name}.h5` into the container's path and the name of the morphology in it; `None`
/// where the path itself exists, or no part of it is a file.
pub fn split_container_path(path: &Path) -> Option<(PathBuf, String)> {
    if path.exists() {
        return None;
    }
    let container = path.ancestors().skip(1).find(|p| p.exists()).filter(|p| p.is_file())?;
    let name = path.strip_prefix(container).ok()?.with_extension("");
    Some((container.to_path_buf(), name.to_str()?.to_string()))
}

fn instantiate(file: &Path, morphology: &H5Morphology) -> Result<Imported, MorphologyError> {
    let order = depth_first(file, morphology)?;
    let mut counts = BTreeMap::new();
    for section in &morphology.sections {
        *counts.entry(section.kind).or_insert(0) += 1;
    }
    let mut imported = Imported::create(std::iter::once((1, 1)).chain(counts));
    let first = imported.first_of_kind();
    imported.sections[0].points = soma_points(file, &morphology.soma)?;
    let mut target = vec![0; morphology.sections.len()];
    let mut taken = vec![false; imported.sections.len()];
    let (mut last_kind, mut index) = (None, 0);
    for &i in &order {
        let section = &morphology.sections[i];
        index = if last_kind == Some(section.kind) { index + 1 } else { 0 };
        last_kind = Some(section.kind);
        let child = first.get(&section.kind).map_or(0, |f| f + index);
        target[i] = child;
        if std::mem::replace(&mut taken[child], true) {
            imported.warnings.push(Warning::RepeatedName { name: type_name(section.kind), index });
        }
        let (parent, x) = section.parent.map_or((0, 0.5), |p| (target[p], 1.0));
        connect(file, &mut imported, Connection { child, parent, x })?;
        let points = section.points.iter().map(|p| p.map(|x| stored(x.into())));
        imported.sections[child].points.extend(points);
    }
    Ok(imported)
}

/// Connects a section; a section that is connected already moves to the new parent.
fn connect(file: &Path, imported: &mut Imported, connection: Connection) -> Result<(), MorphologyError> {
    let Connection { child, parent, x } = connection;
    if imported.sections[child].parent.is_some() {
        imported.connections.retain(|c| c.child != child);
    }
    imported.sections[child].parent = None;
    let mut above = Some(parent);
    while let Some(section) = above {
        if section == child {
            let section = &imported.sections[child];
            return Err(shape(
                file,
                "trees that keep their type from the soma to the tips",
                format!("a second `{}[{}]`, connected to itself", section.name, section.index),
                "sections are numbered anew when the type changes; move the branches of another type to the soma",
            ));
        }
        above = imported.sections[section].parent.map(|p| p.0);
    }
    imported.sections[child].parent = Some((parent, x));
    imported.connections.push(connection);
    Ok(())
}

/// Section order: roots by type (those of one type as in the file), each followed by its tree depth first.
fn depth_first(file: &Path, morphology: &H5Morphology) -> Result<Vec<usize>, MorphologyError> {
    let sections = &morphology.sections;
    let mut children = vec![Vec::new(); sections.len()];
    let mut roots = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        match section.parent {
            Some(parent) => children[parent].push(i),
            None => roots.push(i),
        }
    }
    roots.sort_by_key(|&i| sections[i].kind);
    let mut order = Vec::with_capacity(sections.len());
    let mut pending: Vec<usize> = roots.into_iter().rev().collect();
    while let Some(i) = pending.pop() {
        order.push(i);
        pending.extend(children[i].iter().rev());
    }
    if order.len() < sections.len() {
        return Err(shape(
            file,
            "every section on a tree that starts at the soma",
            format!("{} section(s) whose parents form a ring", sections.len() - order.len()),
            "mend the parents in `structure`",
        ));
    }
    Ok(order)
}

/// The soma's 21 points from its outline, in the order in which a section gets them.
fn soma_points(file: &Path, outline: &[[f32; 4]]) -> Result<Vec<[f32; 4]>, MorphologyError> {
    if outline.len() < 3 {
        return Err(shape(
            file,
            "a soma outline of at least 3 points",
            format!("{}", outline.len()),
            "use an ASC or SWC file for a soma that is a sphere or a cylinder",
        ));
    }
    let points = points_of_outline(outline).ok_or_else(|| {
        let help = "draw the soma outline anew";
        shape(file, "a soma outline with a length and a width", "a degenerate one", help)
    })?;
    // The points are kept in single precision before they are printed
    Ok(points.iter().rev().map(|p| p.map(|x| stored(f64::from(x as f32)))).collect())
}

fn points_of_outline(outline: &[[f32; 4]]) -> Option<Vec<[f64; 4]>> {
    let (mut points, centre) = resample(outline);
    for point in &mut points {
        *point = [0, 1, 2].map(|k| point[k] - centre[k]);
    }
    let [_, across, along] = eigenvectors(&scatter(&points))?;
    let major = along.map(|x| -x);
    let minor = [-across[0], -across[1], 0.0];
    let both = sides(points.iter().map(|p| (dot(p, &major), dot(p, &minor))).collect()).map(descend);
    let mut positions: Vec<f64> = both.iter().flatten().map(|pair| pair.0).collect();
    positions.sort_by(f64::total_cmp);
    if both.iter().any(Vec::is_empty) || positions.len() < 4 {
        return None;
    }
    let at = spaced(positions[1], positions[positions.len() - 2], 21);
    let radii = both.map(|side| {
        let (xs, ys): (Vec<f64>, Vec<f64>) = side.into_iter().unzip();
        at.iter().map(|&x| interpolate(x, &xs, &ys)).collect::<Vec<f64>>()
    });
    let diameters = radii[0].iter().zip(&radii[1]).map(|(a, b)| (a - b).abs()).collect();
    Some(stations(&at, &major, &centre, diameters))
}

/// 101 points at equal distances along the open outline, measured in x and y and in single precision, and
/// their mean.
fn resample(outline: &[[f32; 4]]) -> (Vec<[f64; 3]>, [f64; 3]) {
    let mut along = vec![0.0];
    let mut length = 0.0;
    for pair in outline.windows(2) {
        let [dx, dy] = [0, 1].map(|k| pair[1][k] - pair[0][k]);
        length += f64::from((dx * dx + dy * dy).sqrt());
        along.push(length);
    }
    let at = spaced(0.0, length, SAMPLES);
    let columns = [0, 1, 2].map(|k| {
        let raw: Vec<f64> = outline.iter().map(|p| f64::from(p[k])).collect();
        at.iter().map(|&x| interpolate(x, &along, &raw)).collect::<Vec<f64>>()
    });
    let centre = [0, 1, 2].map(|k| columns[k].iter().fold(0.0, |sum, x| sum + x) / SAMPLES as f64);
    ((0..SAMPLES).map(|i| [0, 1, 2].map(|k| columns[k][i])).collect(), centre)
}

/// `count` equally spaced numbers; the last is exact.
fn spaced(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let last = count - 1;
    let step = (stop - start) / last as f64;
    (0..count).map(|i| if i == last { stop } else { i as f64 * step + start }).collect()
}

/// Linear interpolation over ascending knots by slope and offset, ends held.
fn interpolate(x: f64, xs: &[f64], ys: &[f64]) -> f64 {
    let knot = xs.partition_point(|&knot| knot <= x);
    if knot == 0 {
        return ys[0];
    }
    if knot == xs.len() || xs[knot - 1] == x {
        return ys[knot - 1];
    }
    let slope = (ys[knot] - ys[knot - 1]) / (xs[knot] - xs[knot - 1]);
    slope * (x - xs[knot - 1]) + ys[knot - 1]
}

/// Keeps, from the far end, only what lies below everything kept so far.
fn descend(side: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(side.len());
    for pair in side.into_iter().rev() {
        if kept.last().is_none_or(|last| pair.0 < last.0) {
            kept.push(pair);
        }
    }
    kept.reverse();
    kept
}
