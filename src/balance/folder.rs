//! The folder in which plans of one run are kept for the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::PlanningFileProblem;
use crate::failure::Failure;

/// The folder: the working directory.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The text of a file; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no text.
    pub fn read(&self, file: &Path) -> Result<Option<String>, Failure> {
        match self.read_bytes(file)?.map(String::from_utf8).transpose() {
            Ok(text) => Ok(text),
            Err(_) => {
                let help = "delete the file: it is then made again";
                Err(Failure::bad_input(PlanningFileProblem::new(file, "it is no text", help)))
            }
        }
    }

    /// The bytes of a file; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn read_bytes(&self, file: &Path) -> Result<Option<Vec<u8>>, Failure> {
        match fs::read(file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let what = format!("it cannot be read: {error}");
                let help = "make it readable, or delete it: it is then made again";
                Err(Failure::bad_input(PlanningFileProblem::new(file, what, help)))
            }
        }
    }

    /// Writes a file, with the folders that lead to it: under another name first, so that no reader finds half of it.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let write = || {
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs::create_dir_all(folder)?;
            }
            let mut name = file.file_name().unwrap_or_default().to_owned();
            name.push(".new");
            let new = file.with_file_name(name);
            fs::write(&new, bytes)?;
            fs::rename(&new, file)
        };
        write().map_err(|error| Failure::run_failed(PlanningFileProblem::not_written(file, &error)))
    }
}
