//! Every HOC file that NEURON ships parses. The files are looked for in the folder that
//! `NEURODAMUS_REFERENCE_HOC` names, else in a virtual environment under `.reference` of the workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hoc::syntax::{Source, Symbols, parse};

fn hoc_files(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth > 0 {
                hoc_files(&path, depth - 1, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "hoc") {
            found.push(path);
        }
    }
}

fn reference_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("NEURODAMUS_REFERENCE_HOC") {
        return Some(folder.into());
    }
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.reference");
    reference.is_dir().then_some(reference)
}

#[test]
fn every_hoc_file_of_neuron_parses() {
    let Some(folder) = reference_folder() else {
        eprintln!("skipped: no NEURON found; set NEURODAMUS_REFERENCE_HOC to a folder with its HOC files");
        return;
    };
    let mut files = Vec::new();
    hoc_files(&folder, 12, &mut files);
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a readable file");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Arc::new(Source { name: file.display().to_string().into(), text: text.into() });
        let parsed = parse(&source, &mut Symbols::default());
        if let Some(error) = parsed.errors.first() {
            let line = source.line(error.span.offset() as u32);
            failures.push(format!("{}:{line}: {error}", source.name));
        }
    }
    eprintln!("{} files, {} with errors", files.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
