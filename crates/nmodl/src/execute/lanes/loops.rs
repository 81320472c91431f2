//! Loops over the lanes of a block.
//!
//! They are `for` loops: what `for_each` calls would not be compiled for the vector instructions of its caller.

use super::BLOCK;
use super::code::Activity;

/// `to = f(a)`
///
/// # Safety
/// `to` may be written and `a` read at `n` numbers; they do not overlap.
#[inline(always)]
pub(super) unsafe fn map(to: *mut f64, a: *const f64, n: usize, f: impl Fn(f64) -> f64) {
    #[inline(always)]
    fn over(to: &mut [f64], a: &[f64], f: impl Fn(f64) -> f64) {
        for (to, &a) in to.iter_mut().zip(a) {
            *to = f(a);
        }
    }
    // SAFETY: by the caller
    let (to, a) = unsafe { (slice_mut(to, n), slice(a, n)) };
    // a constant length needs no remainder
    if n == BLOCK { over(&mut to[..BLOCK], &a[..BLOCK], f) } else { over(to, a, f) }
}

/// `to = f(a, b)`
///
/// # Safety
/// `to` may be written, `a` and `b` read at `n` numbers; `to` overlaps with neither.
#[inline(always)]
pub(super) unsafe fn map2(to: *mut f64, a: *const f64, b: *const f64, n: usize, f: impl Fn(f64, f64) -> f64) {
    #[inline(always)]
    fn over(to: &mut [f64], a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) {
        for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
            *to = f(a, b);
        }
    }
    // SAFETY: by the caller
    let (to, a, b) = unsafe { (slice_mut(to, n), slice(a, n), slice(b, n)) };
    if n == BLOCK { over(&mut to[..BLOCK], &a[..BLOCK], &b[..BLOCK], f) } else { over(to, a, b, f) }
}

/// `to = f(a, b, c)`
///
/// # Safety
/// `to` may be written, the others read at `n` numbers; `to` overlaps with none of them.
#[inline(always)]
pub(super) unsafe fn map3(
    to: *mut f64,
    [a, b, c]: [*const f64; 3],
    n: usize,
    f: impl Fn(f64, f64, f64) -> f64,
) {
    #[inline(always)]
    fn over(to: &mut [f64], [a, b, c]: [&[f64]; 3], f: impl Fn(f64, f64, f64) -> f64) {
        for (((to, &a), &b), &c) in to.iter_mut().zip(a).zip(b).zip(c) {
            *to = f(a, b, c);
        }
    }
    // SAFETY: by the caller
    let (to, from) = unsafe { (slice_mut(to, n), [slice(a, n), slice(b, n), slice(c, n)]) };
    if n == BLOCK { over(&mut to[..BLOCK], from.map(|from| &from[..BLOCK]), f) } else { over(to, from, f) }
}

/// `to = f(to, a)`
///
/// # Safety
/// `to` may be read and written, `a` read at `n` numbers; they do not overlap.
#[inline(always)]
pub(super) unsafe fn change(to: *mut f64, a: *const f64, n: usize, f: impl Fn(f64, f64) -> f64) {
    // SAFETY: by the caller
    let (to, a) = unsafe { (slice_mut(to, n), slice(a, n)) };
    for (to, &a) in to.iter_mut().zip(a) {
        *to = f(*to, a);
    }
}

/// How many lanes of a mask are active.
#[inline(always)]
pub(super) fn activity(mask: &[f64]) -> Activity {
    let one = 1_f64.to_bits();
    let (mut any, mut all) = (0, one);
    for lane in mask {
        any |= lane.to_bits();
        all &= lane.to_bits();
    }
    match (any, all) {
        (0, _) => Activity::None,
        (_, all) if all == one => Activity::All,
        _ => Activity::Some,
    }
}

/// # Safety
/// `n` numbers may be read there while the slice lives.
#[inline(always)]
pub(super) unsafe fn slice<'a>(from: *const f64, n: usize) -> &'a [f64] {
    // SAFETY: by the caller
    unsafe { std::slice::from_raw_parts(from, n) }
}

/// # Safety
/// `n` numbers may be read and written there, by nobody else, while the slice lives.
#[inline(always)]
pub(super) unsafe fn slice_mut<'a>(to: *mut f64, n: usize) -> &'a mut [f64] {
    // SAFETY: by the caller
    unsafe { std::slice::from_raw_parts_mut(to, n) }
}
