//! Whether the config on the command line is a file at all. What stands in it is read elsewhere.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// The name that simulation configs go by.
const USUAL_NAME: &str = "simulation_config.json";

/// Why the config cannot be opened.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigFileError {
    /// There is nothing at that path.
    #[error("there is no config file `{}`", path.display())]
    Missing {
        /// As typed.
        path: PathBuf,
        /// A file beside it with a similar name, or how far the path leads.
        #[help]
        help: Option<String>,
    },
    /// It is a folder.
    #[error("`{}` is a folder, not a config file", path.display())]
    Folder {
        /// As typed.
        path: PathBuf,
        /// The config inside it, if there is one.
        #[help]
        help: Option<String>,
    },
    /// It is there, but cannot be opened.
    #[error("cannot open the config file `{}`", path.display())]
    Unreadable {
        /// As typed.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Checks that `path` is a file that can be opened.
///
/// # Errors
///
/// [`ConfigFileError`], which names a likely alternative where there is one.
pub fn check_config_file(path: &Path) -> Result<(), ConfigFileError> {
    if path.is_dir() {
        return Err(ConfigFileError::Folder { path: path.into(), help: config_inside(path) });
    }
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ConfigFileError::Missing { path: path.into(), help: help_for_missing(path) })
        }
        Err(source) => Err(ConfigFileError::Unreadable { path: path.into(), source }),
    }
}

fn config_inside(folder: &Path) -> Option<String> {
    let candidate = folder.join(USUAL_NAME);
    candidate.is_file().then(|| format!("did you mean `{}`?", candidate.display()))
}

fn help_for_missing(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Some(format!("there is no folder `{}` either", folder.display()));
    }
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let closest = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name), name))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(format!("did you mean `{}`?", path.with_file_name(closest.1).display()))
}
