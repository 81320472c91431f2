//! NEURON, asked to build and run what lists of operations describe.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::Operation;

/// The Python that has NEURON; `None`, with a note, where there is none and none is required.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("NEURODAMUS_REFERENCE_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".reference/bin/python"), PathBuf::from);
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("NEURODAMUS_REQUIRE_REFERENCE").is_some_and(|value| value == "1");
    assert!(!required, "{} is required and does not exist; run tools/set-up reference", python.display());
    eprintln!("skipped: {} does not exist; run tools/set-up reference", python.display());
    None
}

/// Runs experiments in NEURON, each in a process of its own, after loading libraries of compiled mechanisms. Gives what
/// each recorded, or why it failed; `None` without NEURON.
pub fn run(
    libraries: &[PathBuf],
    experiments: &[Vec<Operation>],
) -> Option<Vec<Result<Vec<Vec<f64>>, String>>> {
    python()?;
    Some(try_run(libraries, experiments).unwrap_or_else(|message| panic!("{message}")))
}

/// What [`run`] gives where NEURON is, or why it does not load the libraries.
pub fn try_run(
    libraries: &[PathBuf],
    experiments: &[Vec<Operation>],
) -> Result<Vec<Result<Vec<Vec<f64>>, String>>, String> {
    let request = json!({ "libraries": libraries, "experiments": experiments });
    let output = try_ask(&mut script("run.py"), &serde_json::to_vec(&request).expect("plain JSON"))?;
    let mut words = output.as_slice();
    let results: Vec<_> = std::iter::from_fn(|| result(&mut words)).collect();
    assert_eq!(results.len(), experiments.len(), "NEURON's results are incomplete");
    Ok(results)
}

/// The library that NEURON's compiler makes of mechanism files, which `folder` keeps.
pub fn compile(files: &[PathBuf], folder: &Path) -> PathBuf {
    try_compile(files, folder).unwrap_or_else(|message| panic!("{message}"))
}

/// The library that [`compile`] gives, or why NEURON makes none.
pub fn try_compile(files: &[PathBuf], folder: &Path) -> Result<PathBuf, String> {
    let request = json!({ "files": files, "folder": folder });
    let printed = try_ask(&mut script("compile.py"), &serde_json::to_vec(&request).expect("plain JSON"))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&printed).trim()))
}

/// The reference Python with a program of this folder.
fn script(name: &str) -> Command {
    let mut command = Command::new(python().expect("NEURON is there"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name));
    command
}

/// Starts a Python program, hands it its input and gives its output.
pub fn ask(command: &mut Command, input: &[u8]) -> Vec<u8> {
    try_ask(command, input).unwrap_or_else(|message| panic!("{message}"))
}

fn try_ask(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the reference Python starts");
    child.stdin.take().expect("its input is a pipe").write_all(input).expect("it reads its input");
    let output = child.wait_with_output().expect("the reference ends");
    let messages = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("the reference failed:\n{messages}"))
    }
}

/// One experiment's outcome: 0, the number of bytes and vectors, each as its length and its values; or 1, the number
/// of bytes and a message.
fn result(bytes: &mut &[u8]) -> Option<Result<Vec<Vec<f64>>, String>> {
    let failed = word(bytes)? != 0;
    let length = word(bytes)? as usize;
    let (own, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    if failed { Some(Err(String::from_utf8_lossy(own).into_owned())) } else { Some(Ok(vectors(own))) }
}

fn word(bytes: &mut &[u8]) -> Option<u64> {
    let (word, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*word))
}

fn vectors(mut bytes: &[u8]) -> Vec<Vec<f64>> {
    let mut vectors = Vec::new();
    while let Some(length) = word(&mut bytes) {
        let (values, rest) = bytes.split_at(8 * length as usize);
        bytes = rest;
        vectors.push(values.as_chunks::<8>().0.iter().map(|value| f64::from_le_bytes(*value)).collect());
    }
    vectors
}
