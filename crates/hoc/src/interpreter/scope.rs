//! Classes: templates and native ones, and what their names stand for.

use std::sync::Arc;

use cell::MechanismIndex;

use crate::syntax::Symbol;
use crate::syntax::ast::Procedure;

/// What a name of a template (or of the top level) stands for.
#[derive(Clone, Debug, Default)]
pub(crate) enum MemberKind {
    /// Mentioned but never given a value.
    #[default]
    Undefined,
    Number,
    Numbers(Vec<usize>),
    Text,
    Object,
    Objects(Vec<usize>),
    /// The object itself.
    This,
    /// A section or an array of sections: its dimensions.
    Section(Vec<usize>),
    Procedure(Arc<Procedure>),
    /// The top-level variable of the same name.
    External,
}

impl MemberKind {
    pub fn describe(&self) -> &'static str {
        match self {
            MemberKind::Undefined => "undefined",
            MemberKind::Number => "a number",
            MemberKind::Numbers(_) => "an array of numbers",
            MemberKind::Text => "a string",
            MemberKind::Object | MemberKind::This => "an object variable",
            MemberKind::Objects(_) => "an array of object variables",
            MemberKind::Section(_) => "a section",
            MemberKind::Procedure(_) => "a procedure",
            MemberKind::External => "an external variable",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub name: Symbol,
    pub kind: MemberKind,
    pub public: bool,
}

/// Classes whose behaviour is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NativeClass {
    Vector,
    List,
    Text,
    StringFunctions,
    SectionList,
    SectionRef,
    Random,
    Neurolucida,
    Swc,
    ImportGui,
    NetCon,
    ParallelContext,
    Python,
    PointProcess(MechanismIndex),
}

/// Native classes by the names HOC knows them by.
pub(crate) const NATIVE_CLASSES: [(&str, NativeClass); 13] = [
    ("Vector", NativeClass::Vector),
    ("List", NativeClass::List),
    ("String", NativeClass::Text),
    ("StringFunctions", NativeClass::StringFunctions),
    ("SectionList", NativeClass::SectionList),
    ("SectionRef", NativeClass::SectionRef),
    ("Random", NativeClass::Random),
    ("Import3d_Neurolucida3", NativeClass::Neurolucida),
    ("Import3d_SWC_read", NativeClass::Swc),
    ("Import3d_GUI", NativeClass::ImportGui),
    ("NetCon", NativeClass::NetCon),
    ("ParallelContext", NativeClass::ParallelContext),
    ("PythonObject", NativeClass::Python),
];

/// Marks an absent entry of a dense table.
pub(crate) const ABSENT: u32 = u32::MAX;

/// A template, a native class, or the top level.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub name: Symbol,
    pub native: Option<NativeClass>,
    pub members: Vec<Member>,
    /// Index into `members` by symbol, [`ABSENT`] where the class lacks the name.
    by_symbol: Vec<u32>,
    /// Statements of the template's body that are neither declarations nor procedures.
    pub body: Option<Arc<crate::syntax::ast::TemplateBody>>,
    /// Number of the next instance.
    pub next: u32,
    /// Number and heap index of live instances.
    pub instances: Vec<(u32, u32)>,
}

impl Class {
    pub fn new(name: Symbol, native: Option<NativeClass>) -> Self {
        Self {
            name,
            native,
            members: Vec::new(),
            by_symbol: Vec::new(),
            body: None,
            next: 0,
            instances: Vec::new(),
        }
    }

    /// Index of the member called `symbol`.
    pub fn find(&self, symbol: Symbol) -> Option<usize> {
        self.by_symbol.get(symbol.index()).filter(|&&index| index != ABSENT).map(|&index| index as usize)
    }

    /// Index of the member called `symbol`, added as undefined if it is new.
    pub fn mention(&mut self, symbol: Symbol) -> usize {
        if let Some(found) = self.find(symbol) {
            return found;
        }
        if self.by_symbol.len() <= symbol.index() {
            self.by_symbol.resize(symbol.index() + 1, ABSENT);
        }
        let index = self.members.len();
        self.by_symbol[symbol.index()] = index as u32;
        self.members.push(Member { name: symbol, kind: MemberKind::Undefined, public: false });
        index
    }
}
