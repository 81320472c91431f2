//! The one place where a mechanism's file becomes part of a model built here.

use std::path::Path;

use miette::Diagnostic;
use neurodamus::model::Model;

/// A model that has the mechanisms of `files` beside built-in ones, or why there is none.
///
/// A file that takes the place of a built-in mechanism of the same name is `built_in`.
pub fn model(files: &[&Path], _built_in: bool) -> Result<Model, String> {
    let mut model = Model::new();
    for file in files {
        model.load_mechanisms(file).map_err(|error| first_cause(&error))?;
    }
    Ok(model)
}

/// The first of the problems that an error is made of.
fn first_cause(error: &dyn Diagnostic) -> String {
    match error.related().and_then(|mut related| related.next()) {
        Some(cause) => first_cause(cause),
        None => error.to_string(),
    }
}
