//! All files of any folders, run here and in NEURON: for collections of models that no package carries.
//!
//! `MECHANISM_FOLDERS=/models/usecases:/models/testcorenrn cargo test --test mechanisms folders -- --nocapture` compares
//! them by hand. What NEURON cannot run, and what is refused here, is told in the table and fails nothing; every value
//! that both give must have the same bits. Without the variable, the mechanisms that the program has built in and NEURON
//! has not are compared, and those of `files/`, each with one feature that no package uses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::comparison::{different, identical, is_built_in, publish, run_all, table};
use crate::corpus::{collect, reference};
use crate::mechanism::{File, Mechanism};
use crate::{adapter, calls, comparison};

/// Mechanisms that NEURON has built in and whose files its package leaves out.
const WITHOUT_FILE: [&str; 4] = ["AlphaSynapse", "IntFire1", "IntFire2", "IntFire4"];

#[test]
fn folders() {
    let Some(reference) = reference() else { return };
    let shipped = reference.files().into_iter().filter(is_built_in).map(|file| name(&file));
    let built_in: BTreeSet<String> = shipped.chain(WITHOUT_FILE.map(str::to_owned)).collect();
    let own = ["mechanisms", "tests/mechanisms/files"]
        .map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let given = std::env::var_os("MECHANISM_FOLDERS");
    let folders: Vec<PathBuf> =
        given.as_ref().map_or_else(|| own.to_vec(), |given| std::env::split_paths(given).collect());
    let files = folders.iter().flat_map(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        collect(&name, folder)
    });
    let mut said = Vec::new();
    let mut mechanisms = Vec::new();
    for file in files.filter(comparison::is_chosen) {
        match file.mechanism() {
            Err(error) => said.push(format!("- {}: is not read: {error}", file.title())),
            Ok(mechanism) if built_in.contains(mechanism.name()) => {
                said.push(format!("- {}: NEURON has a mechanism of its name built in", file.title()));
            }
            Ok(mechanism) => match adapter::model(&[&file.path]) {
                Ok(_) => mechanisms.push(mechanism),
                Err(reason) => said.push(format!("- {}: is refused: {reason}", file.title())),
            },
        }
    }
    assert!(!mechanisms.is_empty(), "no mechanisms in {folders:?}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("called");
    let called =
        mechanisms.iter().filter_map(|mechanism| calls::calling(mechanism, &folder)?.mechanism().ok());
    let called: Vec<Mechanism> = called.collect();
    mechanisms.extend(called);
    let rows = run_all(&reference, &mechanisms);
    publish("folders", &format!("{}\n{}\n", table(&rows), said.join("\n")));
    let different = different(&rows);
    assert!(different.is_empty(), "{} experiments differ:\n{}", different.len(), different.join("\n"));
    assert!(given.is_some() || identical(&rows) >= 47, "{} have the same bits", identical(&rows));
}

/// The name of a file's mechanism.
fn name(file: &File) -> String {
    file.mechanism().map_or_else(|_| String::new(), |mechanism| mechanism.name().to_owned())
}
