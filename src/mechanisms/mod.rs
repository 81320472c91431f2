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
    /// Those that cannot run, and why.
    pub refused: Vec<Refused>,
    /// What is wrong beside that.
    pub problems: Vec<Problem>,
    /// What may surprise.
    pub warnings: Vec<Problem>,
}

/// A mechanism whose file is no mechanism that can run.
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
}

/// A mechanism that a model uses and that cannot run.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("mechanism `{name}` cannot run: {reason}")]
pub struct CannotRun {
    /// Its name.
    pub name: String,
    /// The first thing that is wrong with its file, and where.
    pub reason: String,
    /// What to do.
    #[help]
    pub help: Option<String>,
}

impl Refused {
    /// In short why it cannot run.
    pub fn summary(&self) -> CannotRun {
        let first = self.problems.first();
        let reason = match first {
            Some(problem) => format!("{}: {problem}", place(problem.as_ref(), &self.path)),
            None => self.path.display().to_string(),
        };
        let help = first.and_then(|problem| problem.help()).map(|help| help.to_string());
        CannotRun { name: self.name.clone(), reason, help }
    }

    /// Whether the program itself does what the mechanism is for, so that nobody misses it.
    pub fn is_superfluous(&self) -> bool {
        SUPERFLUOUS.contains(&self.name.as_str())
    }
}

/// Mechanisms by which neurodamus writes reports and CoreNEURON's files, and plays spikes: the program does that.
const SUPERFLUOUS: [&str; 6] =
    ["ALU", "CoreNEURONArtificialCell", "PatternStim", "SonataReport", "SonataReportHelper", "SonataReports"];

/// File and line of a problem.
fn place(problem: &dyn Diagnostic, path: &Path) -> String {
    let label = problem.labels().and_then(|mut labels| labels.next());
    let line = label.zip(problem.source_code()).and_then(|(label, code)| {
        let contents = code.read_span(label.inner(), 0, 0).ok()?;
        Some(contents.line() + 1)
    });
    match line {
        Some(line) => format!("{}:{line}", path.display()),
        None => path.display().to_string(),
    }
}

impl Loaded {
    /// Everything that is wrong, file by file.
    pub fn all_problems(&mut self) -> Vec<Problem> {
        let of_files = self.refused.drain(..).flat_map(|refused| refused.problems);
        let mut problems: Vec<Problem> = of_files.collect();
        problems.append(&mut self.problems);
        problems
    }

    /// Adds the mechanisms to a registry; those of the same names are taken out.
    pub fn add_to(&self, registry: &mut Registry) {
        registry.add_files(self.mechanisms.iter().map(|mechanism| {
            let path = Path::new(&mechanism.description().source);
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (Arc::clone(mechanism) as Arc<dyn Mechanism>, file)
        }));
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
        let name = &compiled.description.name;
        if compiled.program.is_none() {
            let problems = compiled.problems.into_iter().map(Problem::from).collect();
            loaded.refused.push(Refused { name: name.clone(), path: text.path.clone(), problems });
            continue;
        }
        if let Some(first) = defined.insert(name.clone(), index) {
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
