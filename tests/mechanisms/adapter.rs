//! The one place where a mechanism's file becomes part of a model built here.

use std::path::Path;

use neurodamus::model::Model;

/// A model that has the mechanisms of `files`, in this order, beside built-in ones, or why there is none.
pub fn model(files: &[&Path]) -> Result<Model, String> {
    let mut model = Model::new();
    for file in files {
        model.load_mechanisms(file).map_err(|error| reason(&error))?;
    }
    Ok(model)
}

/// An error and what is beneath it, in one line.
pub fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        text = format!("{text}: {deeper}");
        source = deeper.source();
    }
    text
}
