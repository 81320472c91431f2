//! Models with mechanisms from texts.

use std::fs;

use neurodamus::model::{Model, RunOptions, Section};
use tempfile::TempDir;

/// A folder with `.mod` files of these texts.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("the folder can be written to");
    }
    folder
}

/// A model with the mechanisms of these texts.
pub fn model(files: &[(&str, &str)]) -> Model {
    let folder = folder(files);
    let mut model = Model::new();
    if let Err(error) = model.load_mechanisms(folder.path()) {
        panic!("{error}: {}", miette_text(&error));
    }
    model
}

fn miette_text(error: &dyn miette::Diagnostic) -> String {
    let related = error.related().into_iter().flatten();
    related.map(|problem| format!("{problem}; ")).collect()
}

/// A section of 20 um by 20 um with `nseg` segments and these density mechanisms.
pub fn soma(model: &mut Model, nseg: i64, mechanisms: &[&str]) -> Section {
    let soma = model.section("soma");
    model.set_length(soma, 20.0).expect("it exists");
    model.set(soma, "diam", 20.0).expect("it has a diameter");
    model.set_segments(soma, nseg).expect("a number of segments");
    for mechanism in mechanisms {
        model.insert(soma, mechanism).expect("the mechanism is loaded");
    }
    soma
}

/// The default options up to `tstop` (ms).
pub fn until(tstop: f64) -> RunOptions {
    RunOptions { tstop, ..RunOptions::default() }
}
