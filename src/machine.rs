//! What the operating system says of this process and this machine. Only Linux tells all of it.

use std::collections::BTreeSet;
use std::fs;

/// Bytes of a line such as `VmRSS:  1234 kB`.
fn bytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(1024 * kilobytes)
}

/// Memory (bytes) that the process holds now.
pub fn resident() -> Option<u64> {
    bytes("/proc/self/status", "VmRSS")
}

/// The most memory (bytes) that the process has held.
pub fn peak() -> Option<u64> {
    bytes("/proc/self/status", "VmHWM")
}

/// Lets [`peak`] count from now on. Where that is not possible it goes on as before.
pub fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Memory (bytes) of the machine.
pub fn memory() -> Option<u64> {
    bytes("/proc/meminfo", "MemTotal")
}

/// Number of cores of the machine: those that several threads share count once.
pub fn cores() -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut cores = BTreeSet::new();
    let (mut package, mut core) = (None, None);
    // A blank line ends what is said of a thread
    for line in text.lines().chain([""]) {
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.trim() {
            "physical id" => package = Some(value.trim()),
            "core id" => core = Some(value.trim()),
            "" => {
                cores.extend(package.take().zip(core.take()));
            }
            _ => {}
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cores.is_empty() { threads } else { cores.len() }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_all() {
        let resident = resident().expect("known");
        assert!(resident > 1 << 20 && peak().expect("known") >= resident);
        assert!(memory().expect("known") > resident);
        assert!(cores() >= 1);
    }
}
