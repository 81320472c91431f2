//! The syntax tree of HOC, with byte spans.

use std::sync::Arc;

use super::source::Span;
use super::symbol::Symbol;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `1.5e-3`
    Number(f64),
    /// `"text"`
    Text(Arc<str>),
    /// A name that is no local of the procedure.
    Name(Symbol),
    /// A `local`, by its position among them.
    Local(u16),
    /// A `localobj`, by its position among them.
    LocalObject(u16),
    /// `$1`, `$s1`, `$o1`, `$&1` and their `i` forms.
    Argument(ArgumentKind, ArgumentIndex),
    /// `base[i][j]`: all subscripts of one name
    Index(Box<Expression>, Vec<Expression>),
    /// `base(arguments)`: a call, a range variable at a position, or a location on a section
    Call(Box<Expression>, Vec<Expression>),
    /// `base.name`
    Member(Box<Expression>, Symbol),
    /// `a:b`, in `diam(0:1) = 2:1` only
    Ramp(Box<Expression>, Box<Expression>),
    /// `-a`
    Negate(Box<Expression>),
    /// `!a`
    Not(Box<Expression>),
    /// `a + b` and the like
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `a = b`, `a += b` and the like
    Assign(AssignOperator, Box<Expression>, Box<Expression>),
    /// `&a`
    AddressOf(Box<Expression>),
    /// `new Class(arguments)`
    New(Symbol, Vec<Expression>),
}

/// What kind of argument `$…` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// `$1`
    Number,
    /// `$s1`
    Text,
    /// `$o1`
    Object,
    /// `$&1`
    Reference,
}

/// Which argument `$…` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentIndex {
    /// `$3`, counted from 1
    Fixed(u16),
    /// `$i`: the value of the variable `i`, a local of the procedure or not
    Variable(Option<u16>),
}

/// Operators between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOperator {
    Or,
    And,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// Operators that assign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AssignOperator {
    Set,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A statement and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// A declared name with its dimensions, as in `create dend[3]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Declarator {
    /// The name.
    pub name: Symbol,
    /// Dimensions, none for a scalar.
    pub dimensions: Vec<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// An expression on its own; at top level NEURON prints its value, here it is dropped.
    Expression(Expression),
    /// `{ … }`
    Block(Vec<Statement>),
    /// `if (condition) then else otherwise`
    If(Expression, Box<Statement>, Option<Box<Statement>>),
    /// `while (condition) body`
    While(Expression, Box<Statement>),
    /// `for (start; condition; step) body`
    For(Vec<Expression>, Option<Expression>, Vec<Expression>, Box<Statement>),
    /// `for i = a, b body`, both ends included
    ForRange(Expression, Expression, Expression, Box<Statement>),
    /// `for (x) body` and `for (x, 0) body`: over the segments of the accessed section
    ForSegments(Expression, Option<Expression>, Box<Statement>),
    /// `for iterator(arguments) body`
    ForIterator(Expression, Box<Statement>),
    /// `forall body`
    ForAll(Box<Statement>),
    /// `forsec sections body`
    ForSections(Expression, Box<Statement>),
    /// `ifsec sections body`
    IfSection(Expression, Box<Statement>),
    /// `section statement`; if the first turns out to be no section, two statements
    Prefix(Expression, Box<Statement>),
    /// `access section`
    Access(Expression),
    /// `create dend[3], …`
    Create(Vec<Declarator>),
    /// `connect child(x), parent(y)` and `connect child(x), y`
    Connect(Expression, Expression),
    /// `insert mechanism`
    Insert(Symbol),
    /// `uninsert mechanism`
    Uninsert(Symbol),
    /// `objref a, b[2]`
    Objects(Vec<Declarator>),
    /// `strdef a, b`
    Texts(Vec<Declarator>),
    /// `double a[3]`
    Arrays(Vec<Declarator>),
    /// `public a, b`
    Public(Vec<Symbol>),
    /// `external a, b`
    External(Vec<Symbol>),
    /// `setpointer a, b`
    SetPointer(Expression, Expression),
    /// `print a, b`
    Print(Vec<Expression>),
    /// `return`, `return a`
    Return(Option<Expression>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `stop`
    Stop,
    /// `iterator_statement`
    IteratorStatement,
    /// `proc name() { … }` and the like
    Procedure(Arc<Procedure>),
    /// `begintemplate name … endtemplate name`
    Template(Arc<TemplateBody>),
    /// A word of interactive use that NEURON ignores in files, such as `help`.
    Ignored,
}

/// What a procedure returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcedureKind {
    /// `proc`: nothing
    Procedure,
    /// `func`: a number
    Function,
    /// `obfunc`: an object
    ObjectFunction,
    /// `iterator`
    Iterator,
}

/// A procedure's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// What it returns.
    pub kind: ProcedureKind,
    /// Its name.
    pub name: Symbol,
    /// Its numeric locals.
    pub locals: Vec<Symbol>,
    /// Its object locals.
    pub local_objects: Vec<Symbol>,
    /// Its statements.
    pub body: Vec<Statement>,
    /// From its keyword to the closing brace.
    pub span: Span,
    /// The text it stands in.
    pub source: Arc<super::source::Source>,
}

/// A template's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateBody {
    /// Its name.
    pub name: Symbol,
    /// Its statements: declarations, procedures.
    pub body: Vec<Statement>,
    /// Where its name stands.
    pub span: Span,
    /// Every name in the body in order of first mention.
    pub mentioned: Vec<Symbol>,
    /// The text it stands in.
    pub source: Arc<super::source::Source>,
}
