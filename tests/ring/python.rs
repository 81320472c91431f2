//! The Python that tests compare with: `.reference/bin/python`, or the one that `NEURODAMUS_REFERENCE_PYTHON` names.
//!
//! Without it a test is skipped, unless `NEURODAMUS_REQUIRE_REFERENCE` is 1.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The interpreter with NEURON and the reference readers.
pub fn find() -> Option<PathBuf> {
    let python = match std::env::var_os("NEURODAMUS_REFERENCE_PYTHON") {
        Some(named) => PathBuf::from(named),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(".reference/bin/python"),
    };
    if python.is_file() {
        return Some(python);
    }
    let required = std::env::var("NEURODAMUS_REQUIRE_REFERENCE").is_ok_and(|value| value == "1");
    assert!(!required, "NEURODAMUS_REQUIRE_REFERENCE is 1, but there is no {}", python.display());
    eprintln!("skipped: no Python with NEURON and libsonata at {}", python.display());
    None
}

/// The library of compiled mechanisms, which is kept beside the interpreter.
pub fn compile(python: &Path, files: &[PathBuf]) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/compile.py");
    let folder = python.parent().and_then(Path::parent).expect("it is in a folder `bin`").join("compiled");
    let request = serde_json::json!({ "files": files, "folder": folder }).to_string();
    let mut command = Command::new(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    child.stdin.take().expect("a pipe").write_all(request.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// Runs a script in a folder; its last line must be `passed`.
pub fn run(python: &Path, folder: &Path, script: &str, arguments: &[&str]) {
    let mut command = Command::new(python);
    let output = command.arg("-c").arg(script).args(arguments).current_dir(folder).output();
    let output = output.expect("Python starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.trim_end().ends_with("passed"), "{text}\n{errors}");
}
