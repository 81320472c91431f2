//! Mechanisms from `.mod` files: found, compiled side by side, and put in the order in which NEURON would register
//! them.
//!
//! NEURON compiles the files of a folder in the order of their names, and so registers their mechanisms; here files of
//! several folders are in the order of their names, too. A file that defines a mechanism which is built in takes its
//! place.

mod answer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use nmodl::Compiled;
use nmodl::syntax::Source;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sonata::circuit::CircuitConfig;
use systems::mechanism::Mechanism;
use systems::{ProgramMechanism, Registry};
use thiserror::Error;

use crate::failure::Problem;

/// What can be wrong with folders and files of mechanisms.
#[derive(Debug, Error, Diagnostic)]
pub enum MechanismError {
    /// A path that is neither a folder nor a file.
    #[error("there are no mechanisms at `{}`", path.display())]
    #[diagnostic(help("give a folder with `.mod` files, or one such file"))]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A folder or file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Two files define one mechanism.
    #[error("mechanism `{name}` is defined in `{}` and in `{}`", first.display(), second.display())]
    #[diagnostic(help("remove one of the files, or change its `SUFFIX`"))]
    DefinedTwice {
        /// Its name.
        name: String,
        /// The file that comes first.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
}

/// Mechanisms, and what is wrong with the others.
#[derive(Default)]
pub struct Loaded {
    /// In the order in which NEURON would register them.
    pub mechanisms: Vec<Arc<ProgramMechanism>>,
    /// What is wrong, over all files.
    pub problems: Vec<Problem>,
    /// What may surprise.
    pub warnings: Vec<Problem>,
}

impl Loaded {
    /// Adds the mechanisms to a registry; those of the same names are taken out.
    pub fn add_to(&self, registry: &mut Registry) {
        for mechanism in &self.mechanisms {
            registry.append(Arc::clone(mechanism) as Arc<dyn Mechanism>);
        }
    }
}

/// Folders of mechanisms that the populations of a circuit name.
pub fn folders_of(circuit: &CircuitConfig) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for population in &circuit.nodes {
        if let Some(folder) = &population.components.mechanisms_dir
            && !folders.contains(&folder.value)
        {
            folders.push(folder.value.clone());
        }
    }
    folders
}

/// A file and its text.
struct Text {
    path: PathBuf,
    source: Arc<Source>,
}

/// Reads and compiles the `.mod` files of folders, and single ones.
///
/// Files that say the same, such as copies that several populations have, are one.
pub fn load(places: &[PathBuf]) -> Loaded {
    let mut loaded = Loaded::default();
    let texts = read(places, &mut loaded.problems);
    let compiled: Vec<Compiled> =
        texts.par_iter().map(|text| nmodl::compile(&text.source, text.path.parent())).collect();
    let mut defined: BTreeMap<String, usize> = BTreeMap::new();
    for (index, (text, compiled)) in texts.iter().zip(compiled).enumerate() {
        loaded.warnings.extend(compiled.warnings.into_iter().map(Problem::from));
        let sound = compiled.problems.is_empty();
        loaded.problems.extend(compiled.problems.into_iter().map(Problem::from));
        let name = &compiled.description.name;
        if let (true, Some(first)) = (sound, defined.insert(name.clone(), index)) {
            let (first, second) = (texts[first].path.clone(), text.path.clone());
            let twice = MechanismError::DefinedTwice { name: name.clone(), first, second };
            loaded.problems.push(Box::new(twice));
            continue;
        }
        let made = compiled.program.map(|program| ProgramMechanism::new(program, Arc::clone(&text.source)));
        loaded.mechanisms.extend(made.map(Arc::new));
    }
    loaded
}

/// The files, by name.
fn read(places: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<Text> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for place in places {
        match files(place) {
            Ok(found) => paths.extend(found),
            Err(error) => problems.push(Box::new(error)),
        }
    }
    // Stable, so that folders keep their order where names are the same
    paths.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
    let mut texts: Vec<Text> = Vec::new();
    for path in paths {
        match std::fs::read(&path) {
            Ok(bytes) => {
                // Comments of old files are in all kinds of encodings
                let text = String::from_utf8_lossy(&bytes);
                let is_copy =
                    |known: &Text| known.path.file_name() == path.file_name() && *known.source.text == *text;
                if !texts.iter().any(is_copy) {
                    let source = Arc::new(Source::new(path.to_string_lossy(), text.as_ref()));
                    texts.push(Text { path, source });
                }
            }
            Err(source) => problems.push(Box::new(MechanismError::Unreadable { path, source })),
        }
    }
    texts
}

/// The `.mod` files at a path.
fn files(place: &Path) -> Result<Vec<PathBuf>, MechanismError> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    if !place.is_dir() {
        return Err(MechanismError::Missing { path: place.to_owned() });
    }
    let unreadable = |source| MechanismError::Unreadable { path: place.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "mod") && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, suffix: &str) {
        let text = format!("NEURON {{ SUFFIX {suffix} RANGE g }}\nPARAMETER {{ g = 1 }}\n");
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join(name), text).expect("a file");
    }

    fn names(loaded: &Loaded) -> Vec<&str> {
        loaded.mechanisms.iter().map(|mechanism| mechanism.description().name.as_str()).collect()
    }

    #[test]
    fn files_are_in_the_order_of_their_names_whatever_their_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        write(&one, "b.mod", "first");
        write(&one, "_c.mod", "second");
        write(&two, "Z.mod", "third");
        write(&two, "a.mod", "fourth");
        std::fs::write(two.join("notes.txt"), "none").expect("a file");
        let loaded = load(&[one, two]);
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        assert_eq!(names(&loaded), ["third", "second", "fourth", "first"]);
    }

    #[test]
    fn copies_are_one_and_clashes_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        write(&one, "a.mod", "same");
        write(&two, "a.mod", "same");
        let loaded = load(&[one.clone(), two.clone()]);
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        assert_eq!(names(&loaded), ["same"]);
        write(&two, "b.mod", "same");
        let loaded = load(&[one, two]);
        let message = loaded.problems[0].to_string();
        assert!(message.starts_with("mechanism `same` is defined in "), "{message}");
        assert!(message.contains("a.mod") && message.contains("b.mod"), "{message}");
    }

    #[test]
    fn a_missing_folder_is_told() {
        let loaded = load(&[PathBuf::from("nowhere")]);
        assert_eq!(loaded.problems[0].to_string(), "there are no mechanisms at `nowhere`");
    }
}
