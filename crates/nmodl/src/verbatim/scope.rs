//! Which names C text knows at a place: variables of C, and those of NMODL that it sees under other names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::syntax::ast::{Block, BlockKind, Body, CType, Name, StatementKind};

/// A variable of C that is known at a place.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// Its number, unique in the file.
    pub number: usize,
    /// Its type; an array is a pointer to its elements.
    pub kind: CType,
    /// Where it is declared.
    pub place: u32,
    /// Its name in the tree: with `@c` where NMODL has a variable of the same name.
    pub name: Arc<str>,
}

/// What a pointer to a slot (`void** pv`) points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// Nothing yet.
    Unset,
    /// The slot of the name.
    Slot(Name),
    /// Different slots, by the way that was gone.
    Several,
    /// No slot: a pointer like others.
    Plain,
}

/// What pointers to slots point to, by the number of their variable.
pub(super) type Bindings = BTreeMap<usize, Binding>;

/// All names that are known.
#[derive(Default)]
pub(super) struct Scopes {
    /// Variables of C, from the outermost body to the innermost.
    locals: Vec<BTreeMap<Arc<str>, Local>>,
    /// Arguments, results and `LOCAL`s of NMODL, likewise.
    nmodl: Vec<BTreeSet<Arc<str>>>,
    /// All of them in the whole block.
    of_block: BTreeSet<Arc<str>>,
    /// Arguments of `NET_RECEIVE`, which C sees as `_args[0]` and so on.
    pub event_arguments: Vec<Name>,
    count: usize,
}

impl Scopes {
    /// Begins a block of NMODL.
    pub fn begin_block(&mut self, block: &Block) {
        let mut names: BTreeSet<Arc<str>> =
            block.arguments.iter().map(|argument| argument.name.text.clone()).collect();
        names.extend(block.name.iter().map(|name| name.text.clone()));
        self.event_arguments.clear();
        if block.kind == BlockKind::NetReceive {
            names.insert("flag".into());
            self.event_arguments = block.arguments.iter().map(|argument| argument.name.clone()).collect();
        }
        self.of_block = names.clone();
        collect(&block.body, &mut self.of_block);
        self.begin();
        self.nmodl[0] = names;
    }

    /// Ends a block of NMODL or a function of C.
    pub fn end_block(&mut self) {
        self.locals.truncate(1);
        self.nmodl.clear();
        self.of_block.clear();
        self.event_arguments.clear();
    }

    /// Begins a body.
    pub fn begin(&mut self) {
        if self.locals.is_empty() {
            // Variables of the file
            self.locals.push(BTreeMap::new());
        }
        self.locals.push(BTreeMap::new());
        self.nmodl.push(BTreeSet::new());
    }

    /// Ends a body.
    pub fn end(&mut self) {
        self.locals.pop();
        self.nmodl.pop();
    }

    /// Adds a variable of C and gives its name in the tree.
    pub fn declare(&mut self, name: &Name, kind: CType) -> Local {
        let (name, place) = (&name.text, name.span.start);
        if self.locals.is_empty() {
            self.locals.push(BTreeMap::new());
        }
        let clashes = self.of_block.contains(name);
        let in_tree = if clashes { format!("{name}@c").into() } else { name.clone() };
        self.count += 1;
        let local = Local { number: self.count, kind, place, name: in_tree };
        if let Some(scope) = self.locals.last_mut() {
            scope.insert(name.clone(), local.clone());
        }
        local
    }

    /// Adds a variable of NMODL.
    pub fn declare_nmodl(&mut self, name: &Arc<str>) {
        if let Some(scope) = self.nmodl.last_mut() {
            scope.insert(name.clone());
        }
    }

    /// The variable of C of that name.
    pub fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find_map(|scope| scope.get(name))
    }

    /// The variable of C that has that name in the tree.
    pub fn local_in_tree(&self, name: &str) -> Option<&Local> {
        self.local(name.strip_suffix("@c").unwrap_or(name)).filter(|local| &*local.name == name)
    }

    /// Whether NMODL has an argument, a result or a `LOCAL` of that name here.
    pub fn is_nmodl(&self, name: &str) -> bool {
        self.nmodl.iter().any(|scope| scope.contains(name))
    }
}

/// The names of all `LOCAL`s and counters of `body`.
fn collect(body: &Body, names: &mut BTreeSet<Arc<str>>) {
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Local(locals) => names.extend(locals.iter().map(|local| local.name.text.clone())),
            StatementKind::From { variable, body, .. } => {
                names.insert(variable.text.clone());
                collect(body, names);
            }
            StatementKind::ForNetCons { arguments, body } => {
                names.extend(arguments.iter().map(|argument| argument.name.text.clone()));
                collect(body, names);
            }
            StatementKind::If { branches, otherwise } => {
                for body in branches.iter().map(|(_, body)| body).chain(otherwise) {
                    collect(body, names);
                }
            }
            StatementKind::While { body, .. }
            | StatementKind::Nested(body)
            | StatementKind::Initial(body)
            | StatementKind::For { body, .. }
            | StatementKind::DoWhile { body, .. } => collect(body, names),
            _ => {}
        }
    }
}
