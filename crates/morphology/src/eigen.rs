//! Eigenvalues and eigenvectors of a symmetric 3x3 matrix.
//!
//! Householder reduction to tridiagonal form, then implicit QL or QR sweeps with Wilkinson shifts, in the order
//! and with the signs of LAPACK's `dsytd2` (lower), `dorg2l` and `dsteqr` (Golub and Van Loan, "Matrix
//! Computations"; Parlett, "The Symmetric Eigenvalue Problem"): the direction of an eigenvector is not a
//! matter of mathematics, but the soma of an H5 morphology depends on it.

/// A matrix as rows.
pub(crate) type Matrix3 = [[f64; 3]; 3];

/// The unit eigenvectors of a symmetric matrix, as rows, by ascending eigenvalue; only the matrix' lower
/// triangle is read. `None` where a number is not finite or the sweeps do not converge.
pub(crate) fn eigenvectors(matrix: &Matrix3) -> Option<Matrix3> {
    if matrix.iter().flatten().any(|x| !x.is_finite()) {
        return None;
    }
    let (mut d, mut e, mut z) = tridiagonalise(matrix);
    converge(&mut d, &mut e, &mut z)?;
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| d[a].total_cmp(&d[b]));
    Some(order.map(|k| [z[0][k], z[1][k], z[2][k]]))
}

/// Reduces to tridiagonal form: diagonal, off-diagonal and the orthogonal matrix of the reduction.
fn tridiagonalise(a: &Matrix3) -> ([f64; 3], [f64; 2], Matrix3) {
    let (alpha, x) = (a[1][0], a[2][0]);
    if x == 0.0 {
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        return ([a[0][0], a[1][1], a[2][2]], [alpha, a[2][1]], identity);
    }
    let beta = -alpha.hypot(x).copysign(alpha);
    let tau = (beta - alpha) / beta;
    let v = x / (alpha - beta);
    // The trailing 2x2 block under the reflection 1 - tau (1, v)(1, v)^T
    let w = [tau * (a[1][1] + a[2][1] * v), tau * (a[2][1] + a[2][2] * v)];
    let shift = -0.5 * tau * (w[0] + w[1] * v);
    let w = [w[0] + shift, w[1] + shift * v];
    let d = [a[0][0], a[1][1] - 2.0 * w[0], a[2][2] - 2.0 * v * w[1]];
    let e = [beta, a[2][1] - v * w[0] - w[1]];
    let q = [[1.0, 0.0, 0.0], [0.0, 1.0 - tau, -tau * v], [0.0, -tau * v, 1.0 - tau * v * v]];
    (d, e, q)
}

/// Drives the off-diagonal to zero, a block at a time.
fn converge(d: &mut [f64; 3], e: &mut [f64; 2], z: &mut Matrix3) -> Option<()> {
    let mut budget = 90;
    let mut start = 0;
    while start < 3 {
        let mut last = start;
        while last < 2 && !negligible(e[last], d[last], d[last + 1]) {
            last += 1;
        }
        if last < 2 {
            e[last] = 0.0;
        }
        let next = last + 1;
        if last > start {
            // Towards the smaller end, as the scaling of the matrix asks
            if d[last].abs() < d[start].abs() {
                qr_block(d, e, z, start, last, &mut budget)?;
            } else {
                ql_block(d, e, z, start, last, &mut budget)?;
            }
        }
        start = next;
    }
    Some(())
}

fn negligible(off: f64, a: f64, b: f64) -> bool {
    off == 0.0 || off.abs() <= a.abs().sqrt() * b.abs().sqrt() * (f64::EPSILON / 2.0)
}

fn converged(off: f64, a: f64, b: f64) -> bool {
    let eps = f64::EPSILON / 2.0;
    off * off <= (eps * eps * a.abs()) * b.abs() + f64::MIN_POSITIVE
}

/// QL sweeps on `first..=last`: eigenvalues come out at the low end.
fn ql_block(
    d: &mut [f64; 3],
    e: &mut [f64; 2],
    z: &mut Matrix3,
    first: usize,
    last: usize,
    budget: &mut u32,
) -> Option<()> {
    let mut low = first;
    while low <= last {
        let split = (low..last).find(|&m| converged(e[m], d[m], d[m + 1])).unwrap_or(last);
        if split < last {
            e[split] = 0.0;
        }
        if split == low {
            low += 1;
        } else if split == low + 1 {
            let (large, small, c, s) = two_by_two(d[low], e[low], d[low + 1]);
            rotate(z, low, c, s);
            (d[low], d[low + 1], e[low]) = (large, small, 0.0);
            low += 2;
        } else {
            *budget = budget.checked_sub(1)?;
            let shifted = wilkinson(d[low + 1], d[low], e[low], d[split]);
            let (mut g, mut s, mut c, mut p) = (shifted, 1.0, 1.0, 0.0);
            let mut rotations = [(1.0, 0.0); 2];
            for i in (low..split).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r;
                (c, s, r) = givens(g, f);
                if i + 1 < split {
                    e[i + 1] = r;
                }
                g = d[i + 1] - p;
                let t = (d[i] - g) * s + 2.0 * c * b;
                p = s * t;
                d[i + 1] = g + p;
                g = c * t - b;
                rotations[i] = (c, -s);
            }
            for i in (low..split).rev() {
                rotate(z, i, rotations[i].0, rotations[i].1);
            }
            d[low] -= p;
            e[low] = g;
        }
    }
    Some(())
}

/// QR sweeps on `first..=last`: eigenvalues come out at the high end.
fn qr_block(
    d: &mut [f64; 3],
    e: &mut [f64; 2],
    z: &mut Matrix3,
    first: usize,
    last: usize,
    budget: &mut u32,
) -> Option<()> {
    let mut high = last;
    loop {
        let split = (first..high).rev().find(|&m| converged(e[m], d[m + 1], d[m])).map_or(first, |m| m + 1);
        if split > first {
            e[split - 1] = 0.0;
        }
        let done = if split == high {
            1
        } else if split + 1 == high {
            let (large, small, c, s) = two_by_two(d[high - 1], e[high - 1], d[high]);
            rotate(z, high - 1, c, s);
            (d[high - 1], d[high], e[high - 1]) = (large, small, 0.0);
            2
        } else {
            *budget = budget.checked_sub(1)?;
            let shifted = wilkinson(d[high - 1], d[high], e[high - 1], d[split]);
            let (mut g, mut s, mut c, mut p) = (shifted, 1.0, 1.0, 0.0);
            let mut rotations = [(1.0, 0.0); 2];
            for i in split..high {
                let (f, b) = (s * e[i], c * e[i]);
                let r;
                (c, s, r) = givens(g, f);
                if i > split {
                    e[i - 1] = r;
                }
                g = d[i] - p;
                let t = (d[i + 1] - g) * s + 2.0 * c * b;
                p = s * t;
                d[i] = g + p;
                g = c * t - b;
                rotations[i] = (c, s);
            }
            for (i, (c, s)) in rotations.iter().enumerate().take(high).skip(split) {
                rotate(z, i, *c, *s);
            }
            d[high] -= p;
            e[high - 1] = g;
            0
        };
        if high < first + done {
            return Some(());
        }
        high -= done;
    }
}

/// The shifted start of a sweep, from the 2x2 block (`p`, `off`; `off`, `q`) and the far end `end`.
fn wilkinson(q: f64, p: f64, off: f64, end: f64) -> f64 {
    let g = (q - p) / (2.0 * off);
    let r = g.hypot(1.0);
    end - p + off / (g + r.copysign(g))
}

/// Rotation (c, s, r) with c f + s g = r, -s f + c g = 0.
fn givens(f: f64, g: f64) -> (f64, f64, f64) {
    if g == 0.0 {
        (1.0, 0.0, f)
    } else if f == 0.0 {
        (0.0, 1.0_f64.copysign(g), g.abs())
    } else {
        let length = (f * f + g * g).sqrt();
        let r = length.copysign(f);
        (f.abs() / length, g / r, r)
    }
}

/// Applies a rotation to the columns `k` and `k + 1`.
fn rotate(z: &mut Matrix3, k: usize, c: f64, s: f64) {
    for row in z {
        let t = row[k + 1];
        row[k + 1] = c * t - s * row[k];
        row[k] = s * t + c * row[k];
    }
}

/// Eigenvalues of (a, b; b, c), the larger in magnitude first, and its eigenvector (cosine, sine).
fn two_by_two(a: f64, b: f64, c: f64) -> (f64, f64, f64, f64) {
    let (sum, difference, twice) = (a + c, a - c, b + b);
    let root = difference.abs().hypot(twice.abs());
    let (larger, smaller) = if a.abs() > c.abs() { (a, c) } else { (c, a) };
    let (first, second, sign1) = if sum < 0.0 {
        let first = 0.5 * (sum - root);
        (first, (larger / first) * smaller - (b / first) * b, -1.0)
    } else if sum > 0.0 {
        let first = 0.5 * (sum + root);
        (first, (larger / first) * smaller - (b / first) * b, 1.0)
    } else {
        (0.5 * root, -0.5 * root, 1.0)
    };
    let (cs, sign2) = if difference >= 0.0 { (difference + root, 1.0) } else { (difference - root, -1.0) };
    let (cosine, sine) = if cs.abs() > twice.abs() {
        let cotangent = -twice / cs;
        let sine = 1.0 / (1.0 + cotangent * cotangent).sqrt();
        (cotangent * sine, sine)
    } else if twice == 0.0 {
        (1.0, 0.0)
    } else {
        let tangent = -cs / twice;
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        (cosine, tangent * cosine)
    };
    if sign1 == sign2 { (first, second, -sine, cosine) } else { (first, second, cosine, sine) }
}

#[cfg(test)]
mod tests {
    use super::{Matrix3, eigenvectors};
    use proptest::prelude::*;

    /// Expected vectors are those of `numpy.linalg.eigh`, signs included.
    #[test]
    fn directions_are_those_of_lapack() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 1.0]];
        let eigen = eigenvectors(&matrix).unwrap();
        let expected = EXPECTED_GENERAL;
        for (got, expected) in eigen.iter().flatten().zip(expected.iter().flatten()) {
            assert!((got - expected).abs() < 1e-14, "{:?}", eigen);
        }
        let flat = [[2.0, 0.75, 0.0], [0.75, 5.0, 0.0], [0.0, 0.0, 0.0]];
        let eigen = eigenvectors(&flat).unwrap();
        for (got, expected) in eigen.iter().flatten().zip(EXPECTED_FLAT.iter().flatten()) {
            assert!((got - expected).abs() < 1e-14, "{:?}", eigen);
        }
    }

    const EXPECTED_GENERAL: Matrix3 = [
        [-0.21666556891648703, 0.20981963000911885, 0.9534315676066802],
        [-0.46800687339009484, 0.8347666412128613, -0.29005899602981783],
        [-0.8567529385451342, -0.5090583243411646, -0.08266816021445525],
    ];
    const EXPECTED_FLAT: Matrix3 = [
        [0.0, 0.0, 1.0],
        [-0.9732489894677301, 0.22975292054736116, 0.0],
        [0.22975292054736116, 0.9732489894677301, 0.0],
    ];

    #[test]
    fn numbers_that_are_not_finite_have_no_eigenvectors() {
        assert!(eigenvectors(&[[f64::NAN; 3]; 3]).is_none());
        assert!(eigenvectors(&[[f64::INFINITY; 3]; 3]).is_none());
    }

    proptest! {
        #[test]
        fn vectors_solve_the_eigenproblem(n in prop::array::uniform6(-10.0..10.0_f64)) {
            let matrix = [[n[0], n[1], n[2]], [n[1], n[3], n[4]], [n[2], n[4], n[5]]];
            let eigen = eigenvectors(&matrix).unwrap();
            let mut before = f64::NEG_INFINITY;
            for v in &eigen {
                let image = matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>());
                let value: f64 = image.iter().zip(v).map(|(a, b)| a * b).sum();
                for (got, component) in image.iter().zip(v) {
                    prop_assert!((got - value * component).abs() < 1e-12);
                }
                prop_assert!((v.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-13);
                prop_assert!(value > before - 1e-12);
                before = value;
            }
        }
    }
}
