//! A mechanism's file, and what building an experiment with it needs to know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nmodl::Description;
use nmodl::syntax::ast::{
    Block, BlockKind, ItemKind, Length, Module, NeuronList, NeuronStatementKind, StatementKind,
};
use nmodl::syntax::{Source, parse};

/// Variables that every mechanism may name and none owns.
const GIVEN: [&str; 6] = ["v", "t", "dt", "celsius", "area", "diam"];

/// A file of a package.
#[derive(Clone, Debug)]
pub struct File {
    /// The package, as package registries spell it.
    pub package: String,
    /// The path inside the package.
    pub inside: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// A variable that HOC sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Visible {
    pub name: String,
    /// The number of elements of an array.
    pub length: Option<usize>,
}

/// An argument of `NET_RECEIVE`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventArgument {
    pub name: String,
    pub unit: String,
}

/// A function or procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Callable {
    pub name: String,
    pub arguments: Vec<String>,
    /// Whether it is a `FUNCTION`, which gives a number.
    pub gives_number: bool,
}

/// What a file declares.
#[derive(Clone, Debug)]
pub struct Mechanism {
    pub file: File,
    pub description: Description,
    /// `RANGE` variables, currents and states, those of ions aside.
    pub visible: Vec<Visible>,
    /// `POINTER`s.
    pub pointers: Vec<String>,
    /// Variables declared by `RANDOM`.
    pub randoms: Vec<String>,
    /// Functions and procedures.
    pub functions: BTreeSet<String>,
    /// Those, with their arguments, in the order of the file.
    pub callables: Vec<Callable>,
    /// Arguments of `NET_RECEIVE`; `None` if it takes no events.
    pub event_arguments: Option<Vec<EventArgument>>,
    /// Whether `NET_RECEIVE` has an `INITIAL` block, which sets the arguments after the first.
    pub initializes_arguments: bool,
}

impl File {
    pub fn read(package: &str, top: &Path, path: PathBuf) -> File {
        let bytes = std::fs::read(&path).expect("a readable file");
        let inside = path.strip_prefix(top).unwrap_or(&path).display().to_string();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        File { package: package.to_owned(), inside, path, text }
    }

    /// The package and the path inside it.
    pub fn title(&self) -> String {
        format!("{} {}", self.package, self.inside)
    }

    /// The text without comments to the end of a line and white space, to find copies.
    pub fn essence(&self) -> String {
        let uncommented = self.text.lines().map(|line| line.split(':').next().unwrap_or_default());
        uncommented.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }

    /// What the file declares, or its first error.
    pub fn mechanism(&self) -> Result<Mechanism, String> {
        let source = Arc::new(Source::new(self.path.display().to_string(), self.text.clone()));
        let parsed = parse(&source);
        if let Some(error) = parsed.errors.first() {
            return Err(format!("line {}: {error}", source.line(error.span.offset() as u32)));
        }
        let compiled = nmodl::compile(&source, self.path.parent());
        let whole = parse(&Arc::new(Source::new(source.name.to_string(), self.whole_text())));
        Ok(Mechanism::new(self.clone(), &whole.module, Description::clone(&compiled.description)))
    }

    /// The text with files that it includes in the place of their names.
    fn whole_text(&self) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let included = |line: &str| {
            let name = line.trim().strip_prefix("INCLUDE")?.trim().trim_matches('"');
            std::fs::read_to_string(folder.join(name)).ok()
        };
        self.text.lines().map(|line| included(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }
}

impl Mechanism {
    fn new(file: File, module: &Module, description: Description) -> Mechanism {
        let receive = blocks(module).find(|block| block.kind == BlockKind::NetReceive);
        let event_arguments = receive.map(|block| {
            let of = |argument: &nmodl::syntax::ast::Argument| EventArgument {
                name: argument.name.text.to_string(),
                unit: argument.unit.as_ref().map_or_else(String::new, |unit| unit.text.to_string()),
            };
            block.arguments.iter().map(of).collect()
        });
        let is_initial = |kind: &StatementKind| matches!(kind, StatementKind::Initial(_));
        let initializes = |block: &Block| block.body.statements.iter().any(|one| is_initial(&one.kind));
        let is_function = |block: &&Block| matches!(block.kind, BlockKind::Function | BlockKind::Procedure);
        let name = |block: &Block| block.name.as_ref().map(|name| name.text.to_string());
        let callable = |block: &Block| {
            Some(Callable {
                name: name(block)?,
                arguments: block.arguments.iter().map(|argument| argument.name.text.to_string()).collect(),
                gives_number: block.kind == BlockKind::Function,
            })
        };
        Mechanism {
            visible: visible(module),
            pointers: listed(module, &[NeuronList::Pointer]).into_iter().collect(),
            randoms: listed(module, &[NeuronList::Random]).into_iter().collect(),
            functions: blocks(module).filter(is_function).filter_map(name).collect(),
            callables: blocks(module).filter(is_function).filter_map(callable).collect(),
            event_arguments,
            initializes_arguments: receive.is_some_and(initializes),
            description,
            file,
        }
    }

    pub fn name(&self) -> &str {
        &self.description.name
    }
}

fn blocks(module: &Module) -> impl Iterator<Item = &Block> {
    module.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Block(block) => Some(block),
        _ => None,
    })
}

fn statements(module: &Module) -> impl Iterator<Item = &NeuronStatementKind> {
    let statements = module.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Neuron(statements) => Some(statements),
        _ => None,
    });
    statements.flatten().map(|statement| &statement.kind)
}

fn listed(module: &Module, lists: &[NeuronList]) -> BTreeSet<String> {
    let names = statements(module).filter_map(|statement| match statement {
        NeuronStatementKind::Names(list, names) if lists.contains(list) => Some(names),
        _ => None,
    });
    names.flatten().map(|name| name.text.to_string()).collect()
}

fn of_ions(module: &Module) -> BTreeSet<String> {
    let ions = statements(module).filter_map(|statement| match statement {
        NeuronStatementKind::UseIon(ion) => Some(ion),
        _ => None,
    });
    ions.flat_map(|ion| ion.reads.iter().chain(&ion.writes)).map(|name| name.text.to_string()).collect()
}

/// Declared variables that are listed as `RANGE` or as currents, and states. Names that are listed and not declared,
/// as some files have them, do not exist in NEURON either.
fn visible(module: &Module) -> Vec<Visible> {
    let currents = [NeuronList::Range, NeuronList::NonspecificCurrent, NeuronList::ElectrodeCurrent];
    let range = listed(module, &currents);
    let elsewhere = listed(module, &[NeuronList::Pointer, NeuronList::BbCorePointer, NeuronList::Random]);
    let of_ions = of_ions(module);
    let mut declared: Vec<(&str, Option<&Length>, bool)> = Vec::new();
    for item in &module.items {
        match &item.kind {
            ItemKind::Assigned(lines) => {
                declared.extend(lines.iter().map(|line| (&*line.name.text, line.length.as_ref(), false)));
            }
            ItemKind::State(lines) => {
                declared.extend(lines.iter().map(|line| (&*line.name.text, line.length.as_ref(), true)));
            }
            ItemKind::Parameter(lines) => {
                declared.extend(lines.iter().map(|line| (&*line.name.text, line.length.as_ref(), false)));
            }
            _ => {}
        }
    }
    declared.retain(|&(name, _, is_state)| {
        let is_own = !of_ions.contains(name) && !elsewhere.contains(name) && !GIVEN.contains(&name);
        is_own && (is_state || range.contains(name))
    });
    declared.sort_by_key(|one| one.0);
    declared.dedup_by_key(|one| one.0);
    let visible = declared.into_iter().map(|(name, length, _)| Visible {
        name: name.to_owned(),
        length: length.map(|length| number(module, length)),
    });
    visible.collect()
}

fn number(module: &Module, length: &Length) -> usize {
    let defined = |wanted: &str| {
        module.items.iter().find_map(|item| match &item.kind {
            ItemKind::Define { name, value } if *name.text == *wanted => Some(*value),
            _ => None,
        })
    };
    let number = match length {
        Length::Number(number, _) => *number,
        Length::Name(name) => defined(&name.text).unwrap_or(0),
    };
    usize::try_from(number).unwrap_or(0)
}
