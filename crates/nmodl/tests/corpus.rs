//! Every model that NEURON ships parses, and its C text is understood or refused for a reason. The files are looked for in the folder that
//! `NEURODAMUS_REFERENCE_HOC` names, in the package `neuron` around it, else in a virtual environment under `.reference` of the workspace.

#[path = "harness/mod.rs"]
mod harness;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nmodl::math::Level;
use nmodl::syntax::{Source, dump, parse};
use nmodl::verbatim::splice;

fn models(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth > 0 {
                models(&path, depth - 1, found);
            }
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "mod") {
            found.push(path);
        }
    }
}

fn reference_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("NEURODAMUS_REFERENCE_HOC") {
        let folder = PathBuf::from(folder);
        let package = folder.ancestors().find(|ancestor| ancestor.ends_with("neuron"));
        return Some(package.unwrap_or(&folder).to_path_buf());
    }
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.reference");
    reference.is_dir().then_some(reference)
}

#[test]
fn every_model_of_neuron_parses() {
    let Some(folder) = reference_folder() else {
        eprintln!("skipped: no NEURON found; set NEURODAMUS_REFERENCE_HOC to a folder of its package");
        return;
    };
    let mut files = Vec::new();
    models(&folder, 16, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no models in {}", folder.display());
    let mut failures = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a readable file");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Arc::new(Source::new(file.display().to_string(), text));
        let parsed = parse(&source);
        dump(&parsed.module);
        let spliced = splice(&parsed.module);
        assert!(!dump(&spliced.module).contains("verbatim "), "C text is left in {}", source.name);
        // Memory that C text lays out by itself is outside
        if let Some(error) = spliced.errors.first()
            && !["struct ", "sizeof"].iter().any(|outside| source.text.contains(outside))
        {
            let line = source.line(error.span.offset() as u32);
            failures.push(format!("{}:{line}: {error}", source.name));
        }
        if let Some(error) = parsed.errors.first() {
            let line = source.line(error.span.offset() as u32);
            failures.push(format!("{}:{line}: {error}", source.name));
        }
    }
    eprintln!("{} files, {} with errors", files.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Lanes of a block: groups of 64 and more take several.
const LANES: usize = 40;
/// Numbers of instances that every model is run with, at every level of vector instructions.
const GROUPS: [usize; 3] = [1, 7, 64];
/// The largest group, with which one model of each forty is run, or all with `ALL_GROUPS=1`.
const LARGE: usize = 1000;

/// Every model of NEURON, and every other one beside it or in folders that `MECHANISM_FOLDERS` names, that compiles runs
/// by both executors with the same bits.
#[test]
fn every_model_runs_alike() {
    let Some(folder) = reference_folder() else {
        eprintln!("skipped: no NEURON found; set NEURODAMUS_REFERENCE_HOC to a folder of its package");
        return;
    };
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.reference/models");
    let mut files = Vec::new();
    models(&folder, 16, &mut files);
    models(&fetched, 16, &mut files);
    for folder in std::env::var_os("MECHANISM_FOLDERS").iter().flat_map(std::env::split_paths) {
        models(&folder, 16, &mut files);
    }
    files.sort();
    files.dedup();
    // packages have copies of each other's models
    let mut texts = BTreeSet::new();
    let all = std::env::var_os("ALL_GROUPS").is_some();
    let (mut compiled, mut runs, mut ended) = (0, 0, Vec::new());
    for file in &files {
        let bytes = std::fs::read(file).expect("a readable file");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !texts.insert(text.clone()) {
            continue;
        }
        let source = Arc::new(Source::new(file.display().to_string(), text));
        let Some(program) = nmodl::compile(&source, file.parent()).program else { continue };
        compiled += 1;
        let large = (all || compiled % 40 == 0).then_some(LARGE);
        let groups = || GROUPS.into_iter().chain(large);
        for (level, count) in
            Level::available().into_iter().flat_map(|level| groups().map(move |n| (level, n)))
        {
            runs += 1;
            if let Err(failure) = harness::run_group(&program, level, count, LANES) {
                ended.push(format!("{}: {}", file.display(), failure.message));
                break;
            }
        }
    }
    eprintln!("{} files, {compiled} compile, {runs} runs, {} end early", files.len(), ended.len());
    // Those that need an object of HOC, and equations that have no solution for made-up numbers
    let accepted = ["was not set from a `Random` object", "the matrix is singular"];
    let is_accepted = |end: &String| accepted.iter().any(|reason| end.contains(reason));
    assert!(ended.iter().all(is_accepted), "{}", ended.join("\n"));
}
