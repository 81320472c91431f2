//! Soma outlines to soma points, as NEURON's Import3d does it.
//!
//! A single outline becomes a row of 21 points along its principal axis; a stack of outlines becomes one point
//! per outline.

use crate::eigen::{Matrix3, eigenvectors};
use crate::number::EPSILON;

/// Number of points an outline is resampled to.
pub(crate) const SAMPLES: usize = 101;

/// Why an outline gives no soma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Degenerate;

/// An outline resampled at equal distances.
pub(crate) struct Resampled {
    /// x, y, z (um) of 101 points.
    pub points: [[f64; 3]; SAMPLES],
    /// Mean of the points.
    pub centre: [f64; 3],
}

/// Linear interpolation of `ys` over the knots `xs` at ascending `at`, as `Vector.interpolate` does: knots that
/// do not increase are skipped, and ends are held.
fn interpolate(at: &[f64], xs: &[f64], ys: &[f64]) -> Vec<f64> {
    let mut result = Vec::with_capacity(at.len());
    let (Some(first), Some(last)) = (ys.first(), ys.last()) else { return result };
    while result.len() < at.len() && at[result.len()] <= xs[0] {
        result.push(*first);
    }
    for (x, y) in xs.windows(2).zip(ys.windows(2)) {
        if x[1] <= x[0] {
            continue;
        }
        while result.len() < at.len() && at[result.len()] <= x[1] {
            let theta = (at[result.len()] - x[0]) / (x[1] - x[0]);
            result.push((1.0 - theta) * y[0] + theta * y[1]);
        }
    }
    result.resize(at.len(), *last);
    result
}

/// Resamples an outline at 101 equal distances along the open polyline, measured in x and y alone.
pub(crate) fn resample(outline: &[[f64; 4]]) -> Resampled {
    let mut along = vec![0.0; outline.len()];
    for i in 1..outline.len() {
        let [dx, dy] = [0, 1].map(|k| outline[i][k] - outline[i - 1][k]);
        along[i] = along[i - 1] + (dx * dx + dy * dy).sqrt();
    }
    let step = along.last().copied().unwrap_or(0.0) / 100.0;
    let at: Vec<f64> = (0..SAMPLES).map(|i| i as f64 * step).collect();
    let mut points = [[0.0; 3]; SAMPLES];
    let mut centre = [0.0; 3];
    for k in 0..3 {
        let raw: Vec<f64> = outline.iter().map(|p| p[k]).collect();
        let column = interpolate(&at, &along, &raw);
        for (point, value) in points.iter_mut().zip(&column) {
            point[k] = *value;
        }
        centre[k] = column.iter().fold(0.0, |sum, x| sum + x) / SAMPLES as f64;
    }
    Resampled { points, centre }
}

pub(crate) fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Sums of products of the coordinates of centred points.
pub(crate) fn scatter(points: &[[f64; 3]]) -> Matrix3 {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| points.iter().fold(0.0, |sum, p| sum + p[i] * p[j])))
}

/// The eigenvectors of a flat outline whose axes are x and y but for rounding errors, as a solver for general
/// matrices gives them: it drops the lower element and keeps the upper one, and this decides which end of a
/// symmetric outline comes first.
fn upright(products: &Matrix3) -> Option<Matrix3> {
    let [[xx, xy, xz], [_, yy, yz], [_, _, zz]] = *products;
    let flat = xz == 0.0 && yz == 0.0 && zz == 0.0;
    if !flat || xy.abs() > f64::EPSILON * (xx + yy) || xx == yy {
        return None;
    }
    let lean = xy / (yy - xx);
    let length = (lean * lean + 1.0).sqrt();
    let (x, y) = ([1.0, 0.0, 0.0], [lean / length, 1.0 / length, 0.0]);
    Some(if xx < yy { [[0.0, 0.0, 1.0], x, y] } else { [[0.0, 0.0, 1.0], y, x] })
}

/// The principal axis of centred points, oriented so that its largest component is positive, and the axis
/// across it, flattened into the xy plane and of unit length.
fn axes(points: &[[f64; 3]]) -> Result<([f64; 3], [f64; 3]), Degenerate> {
    let products = scatter(points);
    let [_, across, mut major] = upright(&products).or_else(|| eigenvectors(&products)).ok_or(Degenerate)?;
    let mut largest = 0;
    for k in 1..3 {
        if major[k].abs() > major[largest].abs() {
            largest = k;
        }
    }
    if major[largest] < 0.0 {
        major = major.map(|x| -x);
    }
    let mut minor = across;
    minor[2] = 0.0;
    let length = dot(&minor, &minor).sqrt();
    if length / (dot(&major, &major).sqrt() + 1e-100) < 1e-6 {
        return Err(Degenerate);
    }
    Ok((major, minor.map(|x| x / length)))
}

/// Removes entries of a side until positions increase strictly, looking again after each removal.
fn increase(side: &mut Vec<(f64, f64)>) {
    let mut j = side.len().saturating_sub(1);
    while j > 0 {
        if side[j].0 <= side[j - 1].0 + EPSILON {
            side.remove(j);
            if j != side.len() {
                continue;
            }
        }
        j -= 1;
    }
}

/// Splits (position, radius) pairs around an outline into the two sides between the ends, both ascending.
pub(crate) fn sides(mut around: Vec<(f64, f64)>) -> [Vec<(f64, f64)>; 2] {
    let mut far = 0;
    for (i, pair) in around.iter().enumerate() {
        if pair.0 > around[far].0 {
            far = i;
        }
    }
    around.rotate_left(far);
    let mut near = 0;
    for (i, pair) in around.iter().enumerate() {
        if pair.0 < around[near].0 {
            near = i;
        }
    }
    let second = around.split_off(near);
    around.reverse();
    [around, second]
}

/// The soma of a single outline: 21 points (x, y, z, diameter in um) along the principal axis.
pub(crate) fn soma_of_contour(outline: &[[f64; 4]]) -> Result<Vec<[f64; 4]>, Degenerate> {
    let Resampled { mut points, centre } = resample(outline);
    for point in &mut points {
        *point = [0, 1, 2].map(|k| point[k] - centre[k]);
    }
    let (major, minor) = axes(&points)?;
    let mut both = sides(points.iter().map(|p| (dot(p, &major), dot(p, &minor))).collect());
    both.iter_mut().for_each(increase);
    let mut positions: Vec<f64> = both.iter().flatten().map(|pair| pair.0).collect();
    positions.sort_by(f64::total_cmp);
    if both[0].is_empty() || both[1].is_empty() || positions.len() < 4 {
        return Err(Degenerate);
    }
    let (low, high) = (positions[1], positions[positions.len() - 2]);
    let step = (high - low) / 20.0;
    if step.is_nan() || step <= 0.0 {
        return Err(Degenerate);
    }
    let count = ((high - low) / step + 1e-9).floor() as usize + 1;
    let at: Vec<f64> = (0..count).map(|i| i as f64 * step + low).collect();
    let radii = both.map(|side| {
        let (xs, ys): (Vec<f64>, Vec<f64>) = side.into_iter().unzip();
        interpolate(&at, &xs, &ys)
    });
    let diameters = radii[0].iter().zip(&radii[1]).map(|(a, b)| (a - b).abs()).collect();
    Ok(stations(&at, &major, &centre, diameters))
}

/// Points on the axis at the positions `at`; the end diameters become the mean with their neighbour.
pub(crate) fn stations(
    at: &[f64],
    major: &[f64; 3],
    centre: &[f64; 3],
    mut diameters: Vec<f64>,
) -> Vec<[f64; 4]> {
    if let [first, second, .., before, last] = diameters.as_mut_slice() {
        *first = (*first + *second) / 2.0;
        *last = (*last + *before) / 2.0;
    }
    let place = |d: f64, k: usize| major[k] * d + centre[k];
    let points = at.iter().zip(&diameters);
    points.map(|(&d, &diameter)| [place(d, 0), place(d, 1), place(d, 2), diameter]).collect()
}

/// Distance between two points (um).
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let square = |k: usize| (a[k] - b[k]) * (a[k] - b[k]);
    (square(0) + square(1) + square(2)).sqrt()
}

/// The soma point of one outline of a stack: its centre, and the mean of two estimates of its diameter (mean
/// distance from the centre, perimeter).
pub(crate) fn soma_of_slice(outline: &[[f64; 4]]) -> [f64; 4] {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let perimeter = edges.fold(0.0, |sum, (a, b)| sum + distance(a, b));
    let Resampled { points, centre } = resample(outline);
    let sum = points.iter().fold(0.0, |sum, point| sum + distance(point, &centre));
    [centre[0], centre[1], centre[2], sum / SAMPLES as f64 + perimeter / (2.0 * std::f64::consts::PI)]
}

/// The centre of a stack: the point half way along the line through the outlines' centres.
pub(crate) fn stack_centre(centres: &[[f64; 3]]) -> [f64; 3] {
    let mut along = vec![0.0; centres.len()];
    for i in 1..centres.len() {
        along[i] = along[i - 1] + distance(&centres[i], &centres[i - 1]);
    }
    let half = along.last().copied().unwrap_or(0.0) / 2.0;
    let beyond = along.iter().position(|&x| x > half).unwrap_or(0);
    if half.abs() <= EPSILON || beyond == 0 {
        return centres.first().copied().unwrap_or_default();
    }
    let theta = (half - along[beyond - 1]) / (along[beyond] - along[beyond - 1]);
    [0, 1, 2].map(|k| theta * centres[beyond][k] + (1.0 - theta) * centres[beyond - 1][k])
}
