//! The one place where a mechanism's file becomes part of a model built here.

use std::path::Path;

use miette::Diagnostic;
use neurodamus::model::{Error, Model};

/// A model that has the mechanisms of `files` beside built-in ones, or why there is none.
///
/// A file that takes the place of a built-in mechanism of the same name is `built_in`.
pub fn model(files: &[&Path], built_in: bool) -> Result<Model, String> {
    let mut model = Model::new();
    // NEURON has the companions in a library of their own, which it loads first
    for file in files.iter().skip(1).chain(files.first().filter(|_| !built_in)) {
        model.load_mechanisms(file).map_err(|error| reason(&error))?;
    }
    Ok(model)
}

/// What is wrong, with the first of several problems.
fn reason(error: &Error) -> String {
    let place = |problem: &dyn Diagnostic| {
        let label = problem.labels()?.next()?;
        let text = problem.source_code()?.read_span(label.inner(), 0, 0).ok()?;
        Some(format!("line {}: {problem}", text.line() + 1))
    };
    let first = error.related().and_then(|mut problems| problems.next());
    first.map_or_else(|| error.to_string(), |problem| place(problem).unwrap_or_else(|| problem.to_string()))
}
