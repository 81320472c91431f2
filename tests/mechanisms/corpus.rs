//! The mechanism files of NEURON and of the packages that `tools/set-up` fetched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::mechanism::File;
use crate::support::neuron;

/// Folders below the reference environment: its own packages, models of others, compiled libraries.
pub struct Reference {
    pub models: PathBuf,
    pub compiled: PathBuf,
    neuron: PathBuf,
}

/// Where the reference environment is; `None` without one.
pub fn reference() -> Option<Reference> {
    let python = neuron::python()?;
    let top =
        python.parent().and_then(Path::parent).expect("Python lies in the folder `bin` of its environment");
    let packages = std::fs::read_dir(top.join("lib")).expect("an environment has libraries").flatten();
    let neuron = packages.map(|entry| entry.path().join("site-packages/neuron")).find(|path| path.is_dir());
    Some(Reference {
        models: top.join("models"),
        compiled: top.join("compiled"),
        neuron: neuron.expect("NEURON is installed"),
    })
}

impl Reference {
    /// All files, by package and path.
    pub fn files(&self) -> Vec<File> {
        let mut found = collect("neuron", &self.neuron);
        let mut packages: Vec<PathBuf> = std::fs::read_dir(&self.models)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        packages.retain(|path| path.is_dir());
        packages.sort();
        assert!(!packages.is_empty(), "no models in {}; run tools/set-up reference", self.models.display());
        for package in packages {
            let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.extend(collect(&name, &package));
        }
        found
    }
}

/// All files below a folder, by their paths.
pub fn collect(package: &str, top: &Path) -> Vec<File> {
    let mut paths = Vec::new();
    walk(top, 12, &mut paths);
    paths.sort();
    paths.into_iter().map(|path| File::read(package, top, path)).collect()
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            walk(&path, depth - 1, found);
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "mod") {
            found.push(path);
        }
    }
}

/// The files of some packages without those that say the same as an earlier one, packages in their order here.
pub fn distinct(files: &[File], packages: &[&str]) -> Vec<File> {
    let mut known: BTreeMap<String, ()> = BTreeMap::new();
    let mut kept = Vec::new();
    for package in ORDER {
        for file in files.iter().filter(|file| file.package == *package) {
            let is_new = known.insert(file.essence(), ()).is_none();
            if is_new && packages.contains(package) {
                kept.push(file.clone());
            }
        }
    }
    kept
}

/// Packages in the order in which copies count as theirs.
pub const ORDER: &[&str] = &[
    "neuron",
    "bluepyopt",
    "bluepyemodel",
    "emodelrunner",
    "obi-one",
    "neurodamus",
    "bmtk",
    "hnn-core",
    "dbbs-catalogue",
    "snudda",
];
