//! Elementary functions over columns, with the bits of the libm that NEURON calls.
//!
//! NEURON's x86-64 builds call the scalar `exp`, `log` and `pow` of glibc. Their algorithms (Szabolcs Nagy, ARM
//! optimized routines, in glibc since 2.28) have no branch in the common range of arguments, so the same operations
//! in the same order, one lane for each element of a column, give the same bits several times faster.
//! [`dispatch!`](crate::dispatch) compiles a kernel for AVX-512, for AVX2 with FMA and for the baseline of the target.
//!
//! A kernel that only needs [`guarded_exp`] calls it for each element. [`exp_lanes`] and [`pow_lanes`]
//! cover every argument, by libm where it is rare; a kernel calls them on a short array of intermediate results.
//! On aarch64, too, the common range has the bits of x86-64 with FMA.
//!
//! This module does not fuse multiply-adds except where glibc does, and holds no approximations.

mod centres;
mod dispatch;
pub(crate) mod exp;
#[cfg(target_arch = "x86_64")]
mod exp_x86;
mod log;
#[cfg(target_arch = "x86_64")]
mod log_x86;
mod pow;
pub(crate) mod powers_of_two;
mod reciprocals;
#[cfg(all(test, target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod tests;
pub(crate) mod vector;

pub use dispatch::{BASELINE_FMA, Features, Level, mul_add};
pub use exp::{
    exp_finite, exp_in_place, exp_in_place_at, exp_lanes, guarded_exp, guarded_exp_in_place,
    guarded_exp_in_place_at,
};
pub use log::{log_in_place, log_in_place_at};
pub use pow::{pow_in_place, pow_in_place_at, pow_lanes};

/// Lanes that are checked together for arguments out of the common range.
const BLOCK: usize = 64;
