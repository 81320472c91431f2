//! Models that are built and saved, and run later: the same bits as without saving, and a clear refusal wherever that
//! cannot be.
//!
//! | file | holds |
//! |---|---|
//! | `network.rs` | the network, and its outputs |
//! | `unchanged.rs` | results that do not depend on saving, nor on the ranks that save and load |
//! | `options.rs` | when a model is built, loaded and saved |
//! | `changes.rs` | what may change between saving and loading, and what may not |
//! | `restored.rs` | runs that go on from a saved state |
//! | `faults.rs` | files that are damaged, and disks that are full |

mod changes;
mod faults;
mod network;
mod options;
mod restored;
mod unchanged;

#[path = "../../examples/make_network.rs"]
#[allow(dead_code, reason = "the example is a program, too")]
mod make_network;
#[path = "../support/simulation.rs"]
mod simulation;
