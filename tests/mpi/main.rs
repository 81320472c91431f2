//! Several processes under `mpiexec`: the same outputs as one, and a clear end whatever happens to one of them.
//!
//! | file | holds |
//! |---|---|
//! | `launch.rs` | starts the program under `mpiexec` |
//! | `invariance.rs` | what may not change results |
//! | `failures.rs` | ranks that fail, are killed or interrupted, and processes that nobody joined |
//!
//! `make mpi-test` installs what they need.

#![allow(clippy::duplicate_mod, reason = "both example networks are made with the ring's morphologies")]

mod failures;
mod invariance;
mod launch;

#[path = "../ring/circuit.rs"]
mod circuit;
#[path = "../../examples/make_network.rs"]
#[allow(dead_code, reason = "the example is a program, too")]
mod make_network;
