//! Which files a program may read, and how they are found and run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Interpreter, TOP};
use crate::classes::import3d::MorphologyCache;
use crate::error::{Error, Failure, Outcome, Thrown};
use crate::syntax::{Source, Span, parse};

/// What a program may do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders whose files (templates, morphologies) may be read, with all that lies in them.
    pub roots: Vec<PathBuf>,
    /// Statements that one call of the host may execute.
    pub step_limit: u64,
    /// How deep calls may be nested.
    pub recursion_limit: usize,
    /// How many objects may be created.
    pub object_limit: usize,
    /// Imported morphologies; interpreters with a clone of the same cache share them.
    pub morphologies: MorphologyCache,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            step_limit: 100_000_000,
            recursion_limit: 100,
            object_limit: 10_000_000,
            morphologies: MorphologyCache::default(),
        }
    }
}

/// Files of NEURON and neurodamus whose definitions are built in.
const NATIVE_FILES: [&str; 15] = [
    "stdrun.hoc",
    "stdlib.hoc",
    "stdgui.hoc",
    "nrngui.hoc",
    "noload.hoc",
    "import3d.hoc",
    "import3d/import3d_sec.hoc",
    "import3d/import3d_gui.hoc",
    "import3d/read_swc.hoc",
    "import3d/read_nlcda3.hoc",
    "netparmpi.hoc",
    "loadbal.hoc",
    "binfo.hoc",
    "MorphIO.hoc",
    "fileUtils.hoc",
];

/// Largest file that is read as HOC.
const MAXIMUM_FILE: u64 = 64 << 20;

impl Interpreter {
    /// Reads and runs a file at top level; a file that was read before is not read again.
    ///
    /// # Errors
    /// A file that cannot be read or lies outside the roots, wrong syntax, a program that fails.
    pub fn load_file(&mut self, path: &Path) -> Result<(), Error> {
        self.start_call();
        let found = self.allowed(path).map_err(|thrown| thrown.into_error())?;
        if self.loaded.insert(found.clone(), ()).is_some() {
            return Ok(());
        }
        let source = read(&found).map_err(|failure| Box::<Thrown>::from(failure).into_error())?;
        self.run_text(&source)
    }

    /// Runs text at top level; `name` stands for it in messages.
    ///
    /// # Errors
    /// Wrong syntax, a program that fails.
    pub fn load_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.start_call();
        self.run_text(&Arc::new(Source { name: Arc::from(name), text: Arc::from(text) }))
    }

    /// The files that were read so far: those of HOC, and morphologies that it or another interpreter with the same cache
    /// imported; for a morphology in a container that file.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let mut files: BTreeSet<PathBuf> =
            self.loaded.keys().filter(|path| path.is_file()).cloned().collect();
        files.extend(self.morphologies.files());
        files
    }

    fn run_text(&mut self, source: &Arc<Source>) -> Result<(), Error> {
        let parsed = parse(source, &mut self.symbols);
        if !parsed.errors.is_empty() {
            return Err(Error::Syntax { source_name: source.name.to_string(), errors: parsed.errors });
        }
        self.run_source(source, &parsed.statements, TOP).map_err(|thrown| thrown.into_error())
    }

    pub(crate) fn start_call(&mut self) {
        self.steps_left = self.options.step_limit;
        self.depth = 0;
        self.frames.truncate(1);
        self.current = 0;
    }

    /// The file's true path, if it may be read.
    pub(crate) fn allowed(&self, path: &Path) -> Outcome<PathBuf> {
        let found = path
            .canonicalize()
            .map_err(|error| Failure::Unreadable { path: path.to_path_buf(), reason: error.to_string() })?;
        let inside = self.options.roots.iter().any(|root| {
            let root = root.canonicalize().unwrap_or_else(|_| root.clone());
            found.starts_with(root)
        });
        if inside {
            return Ok(found);
        }
        Err(Thrown::helped(
            Failure::OutsideRoots(found),
            "HOC may read files of the circuit only: its templates and morphologies",
        ))
    }

    /// `load_file(name)` and `xopen(name)` of a program.
    pub(crate) fn load_named(&mut self, name: &str, again: bool) -> Outcome<()> {
        if NATIVE_FILES.contains(&name) {
            return Ok(());
        }
        if let Some((text, can_be_replaced)) = crate::prelude::helper_file(name)
            && !(can_be_replaced && self.find_file(name).is_some())
        {
            let source = Arc::new(Source { name: Arc::from(name), text: Arc::from(text) });
            return self.run_once(source, PathBuf::from(name), again);
        }
        let Some(path) = self.find_file(name) else {
            let help = format!("looked beside the file that loads it and in {}", self.describe_roots());
            return Err(Thrown::helped(Failure::FileNotFound(name.to_string()), help));
        };
        let path = self.allowed(&path)?;
        if !again && self.loaded.contains_key(&path) {
            return Ok(());
        }
        let source = read(&path)?;
        self.run_once(source, path, again)
    }

    fn run_once(&mut self, source: Arc<Source>, path: PathBuf, again: bool) -> Outcome<()> {
        if self.loaded.insert(path, ()).is_some() && !again {
            return Ok(());
        }
        let parsed = parse(&source, &mut self.symbols);
        if let Some(error) = parsed.errors.into_iter().next() {
            let start = error.span.offset() as u32;
            let span = Span { start, end: start + error.span.len() as u32 };
            let failure = Failure::Syntax(error.problem.to_string());
            return Err(Box::new(Thrown {
                failure,
                location: Some((source, span)),
                help: error.help,
                trace: Vec::new(),
            }));
        }
        self.run_source(&source, &parsed.statements, TOP)
    }

    fn find_file(&self, name: &str) -> Option<PathBuf> {
        let including =
            Path::new(&*self.frames[self.current].source.name).parent().map(|folder| folder.join(name));
        let in_roots = self.options.roots.iter().map(|root| root.join(name));
        including.into_iter().chain(in_roots).find(|path| path.is_file())
    }

    fn describe_roots(&self) -> String {
        let roots: Vec<String> =
            self.options.roots.iter().map(|root| format!("`{}`", root.display())).collect();
        if roots.is_empty() { "no other folder".into() } else { roots.join(", ") }
    }
}

fn read(path: &Path) -> Result<Arc<Source>, Failure> {
    let unreadable = |reason: String| Failure::Unreadable { path: path.to_path_buf(), reason };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MAXIMUM_FILE {
        return Err(Failure::SizeLimit { what: "the HOC file", limit: MAXIMUM_FILE as usize });
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(Arc::new(Source { name: Arc::from(path.display().to_string()), text: Arc::from(text.as_ref()) }))
}
