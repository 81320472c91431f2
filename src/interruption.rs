//! Ctrl-C and the signals by which batch systems end a job, as a wish to stop after the present epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::failure::Exit;

/// A wish to stop that SIGINT (Ctrl-C) or SIGTERM (`scancel`, `kill`) makes from now on; when a second one comes, the
/// process ends at once.
///
/// Where signals cannot be caught, they end the process as they do without this.
pub fn listen() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal must not see its own wish
        let end =
            flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), Arc::clone(&stop));
        let wish = flag::register(signal, Arc::clone(&stop));
        if let (Ok(end), Err(_)) = (end, wish) {
            low_level::unregister(end);
        }
    }
    stop.store(false, Ordering::Relaxed);
    stop
}
