//! Neurolucida ASC files (MicroBrightField's V3 text format), read as NEURON's `Import3d_Neurolucida3` does.

mod lexer;
mod parser;
mod soma;

use crate::error::{MorphologyError, read};
use crate::imported::Imported;
use crate::instantiate::instantiate;
use std::path::Path;

/// Imports a Neurolucida ASC file as NEURON's Import3d does.
///
/// # Errors
/// When the file cannot be read, is not an ASC file, or describes no neuron.
pub fn import3d_asc(path: impl AsRef<Path>) -> Result<Imported, MorphologyError> {
    let path = path.as_ref();
    import3d_asc_bytes(&read(path)?, path)
}

/// Imports the text of an ASC file; `name` stands for the file in messages.
///
/// # Errors
/// When the text is not an ASC file, or describes no neuron.
pub fn import3d_asc_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Imported, MorphologyError> {
    let name = name.as_ref();
    let parsed = parser::parse(bytes, name)?;
    let mut warnings = parsed.warnings;
    let raw = soma::connect_to_somas(parsed.sections, &mut warnings);
    instantiate(name, raw, warnings)
}
