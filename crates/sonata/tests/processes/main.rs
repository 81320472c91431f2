//! Tests that start processes: damaged files, killed runs, full disks, and the reference readers in Python.
//!
//! A child inherits the locks of files that are open elsewhere in the process, so these tests are apart from the
//! others and run one at a time.

mod damage;
mod interruption;
mod reference_readers;
#[path = "../files/sample.rs"]
#[allow(dead_code)]
mod sample;

/// Keeps the other tests of this binary waiting.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
