//! `INCLUDE`: several files read as one text, and where each piece of it comes from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};

use super::problem::{Fault, Problem};
use crate::syntax::ast::{ItemKind, Name};
use crate::syntax::{Parsed, Source, Span, SyntaxError, SyntaxProblem, parse};

/// Files within each other, and bytes of all together, that are more than any model has.
const MAXIMUM_DEPTH: usize = 20;
const MAXIMUM_LENGTH: usize = 1 << 24;

/// A part of the whole text, and the file that it comes from.
#[derive(Clone, Debug)]
struct Piece {
    /// First byte in the whole text.
    start: usize,
    /// One past the last.
    end: usize,
    source: Arc<Source>,
    /// First byte in the file.
    offset: usize,
}

/// The whole text of a mechanism and its pieces.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The text with all included files in their places.
    pub whole: Arc<Source>,
    pieces: Vec<Piece>,
}

impl Sources {
    /// The file that `span` of the whole text is in, and where.
    fn locate(&self, span: Span) -> (&Source, Span) {
        let start = span.start as usize;
        let within = |piece: &&Piece| piece.start <= start && start < piece.end.max(piece.start + 1);
        match self.pieces.iter().find(within).or(self.pieces.last()) {
            Some(piece) => {
                let move_back = |position: u32| {
                    ((position as usize).clamp(piece.start, piece.end) - piece.start + piece.offset) as u32
                };
                (&piece.source, Span { start: move_back(span.start), end: move_back(span.end) })
            }
            None => (&self.whole, span),
        }
    }

    /// A problem at `span` of the whole text.
    pub fn problem(&self, fault: Fault, span: Span, help: Option<String>) -> Problem {
        let (source, span) = self.locate(span);
        Problem { fault, source_code: source.named(), span: span.into(), help }
    }

    /// A syntax error of the whole text, with the file that it is in.
    pub fn relocate(&self, mut error: SyntaxError) -> SyntaxError {
        let start = error.span.offset() as u32;
        let span = Span { start, end: start + error.span.len() as u32 };
        let (source, span) = self.locate(span);
        (error.source_code, error.span) = (source.named(), span.into());
        if self.pieces.len() > 1 && matches!(error.problem, SyntaxProblem::Unclosed { .. }) {
            // The remedy names a line of the whole text
            error.help = Some("close the block with `}`".to_string());
        }
        error
    }
}

/// Parses `source` with all that it includes.
pub fn read(source: &Arc<Source>, folder: Option<&Path>) -> (Sources, Parsed, Vec<Problem>) {
    let parsed = parse(source);
    let all = Piece { start: 0, end: source.text.len(), source: source.clone(), offset: 0 };
    let included = |parsed: &Parsed| {
        parsed.module.items.iter().any(|item| matches!(item.kind, ItemKind::Include { .. }))
    };
    if !included(&parsed) {
        return (Sources { whole: source.clone(), pieces: vec![all] }, parsed, Vec::new());
    }
    let open = std::fs::canonicalize(&*source.name).into_iter().collect();
    let mut join = Join { text: String::new(), pieces: Vec::new(), problems: Vec::new(), open };
    join.add(source, &parsed, folder);
    let whole = Arc::new(Source::new(source.name.clone(), join.text));
    let sources = Sources { whole: whole.clone(), pieces: join.pieces };
    let mut parsed = parse(&whole);
    parsed.errors = parsed.errors.into_iter().map(|error| sources.relocate(error)).collect();
    (sources, parsed, join.problems)
}

struct Join {
    text: String,
    pieces: Vec<Piece>,
    problems: Vec<Problem>,
    /// The files around the present place.
    open: Vec<PathBuf>,
}

impl Join {
    fn add(&mut self, source: &Arc<Source>, parsed: &Parsed, folder: Option<&Path>) {
        let mut done = 0;
        for item in &parsed.module.items {
            let ItemKind::Include { path } = &item.kind else { continue };
            self.copy(source, done, item.span.start as usize);
            done = item.span.end as usize;
            match find(&path.text, folder) {
                Some((file, text)) => {
                    let own = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
                    if self.open.contains(&own) {
                        let help = "remove one of the `INCLUDE`s".to_string();
                        self.refuse(source, path, "files include each other in a circle", Some(help));
                        continue;
                    }
                    if self.open.len() > MAXIMUM_DEPTH || self.text.len() + text.len() > MAXIMUM_LENGTH {
                        self.refuse(source, path, "files include too much", None);
                        continue;
                    }
                    self.open.push(own);
                    let inner = Arc::new(Source::new(file.to_string_lossy(), text));
                    let parsed = parse(&inner);
                    self.text.push('\n');
                    self.add(&inner, &parsed, file.parent());
                    self.text.push('\n');
                    self.open.pop();
                }
                None => {
                    let help = "it is looked for beside this file, in the current folder, and in the folders \
                                that `MODL_INCLUDE` names";
                    self.refuse(source, path, "there is no such file", Some(help.to_string()));
                }
            }
        }
        self.copy(source, done, source.text.len());
    }

    fn copy(&mut self, source: &Arc<Source>, from: usize, to: usize) {
        let start = self.text.len();
        self.text.push_str(&source.text[from..to]);
        self.pieces.push(Piece { start, end: self.text.len(), source: source.clone(), offset: from });
    }

    fn refuse(&mut self, source: &Source, path: &Name, reason: &str, help: Option<String>) {
        self.problems.push(Problem {
            fault: Fault::Include { path: path.text.to_string(), reason: reason.to_string() },
            source_code: NamedSource::new(&source.name, source.text.clone()),
            span: SourceSpan::from(path.span),
            help,
        });
    }
}

/// The file and its text, looked for beside the including file, in the current folder, and where `MODL_INCLUDE` says.
fn find(path: &str, folder: Option<&Path>) -> Option<(PathBuf, String)> {
    let listed = std::env::var("MODL_INCLUDE").unwrap_or_default();
    let mut folders: Vec<PathBuf> = folder.map(Path::to_path_buf).into_iter().collect();
    folders.push(PathBuf::new());
    folders.extend(listed.split(':').filter(|folder| !folder.is_empty()).map(PathBuf::from));
    folders.into_iter().find_map(|folder| {
        let file = folder.join(path);
        // No device, which may have no end
        let text = file.is_file().then(|| std::fs::read(&file).ok())??;
        Some((file, String::from_utf8_lossy(&text).into_owned()))
    })
}
