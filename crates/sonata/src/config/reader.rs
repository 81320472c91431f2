//! Reading typed values out of JSON objects, collecting every problem on the way.
//!
//! A reading never stops at an error: the problem is recorded, a neutral value takes the place of the bad one, and the caller
//! refuses the whole file at the end. Keys that nobody asked for are unknown, hence errors; a key that starts with `_`, `//` or
//! `#` is a comment. `null` is the same as an absent key, as Python tools write it so.

use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};

use crate::diagnostics::{Problem, ProblemKind, Problems, Severity, Source, Span, Spanned, closest};
use crate::json::{Json, Member, Number, Value};

/// What all sections of a file share.
pub(crate) struct Context {
    pub source: Source,
    /// The folder that relative paths start from.
    pub base: PathBuf,
    /// The names of the manifest's variables.
    pub variables: Vec<String>,
    problems: RefCell<Vec<Problem>>,
}

impl Context {
    pub fn new(source: &Source) -> Self {
        let absolute = std::path::absolute(source.path()).unwrap_or_else(|_| source.path().to_owned());
        Self {
            source: source.clone(),
            base: absolute.parent().unwrap_or(Path::new("/")).to_owned(),
            variables: Vec::new(),
            problems: RefCell::new(Vec::new()),
        }
    }

    pub fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub fn error(&self, span: Span, kind: ProblemKind) {
        self.report(Problem::error(&self.source, span, kind));
    }

    pub fn warn(&self, span: Span, kind: ProblemKind) {
        self.report(Problem::warning(&self.source, span, kind));
    }

    pub fn wrong_type(&self, key: &str, expected: &'static str, found: &Json) {
        let kind = ProblemKind::WrongType { key: key.into(), expected, found: found.kind() };
        self.error(found.span, kind);
    }

    /// The warnings if there is no error, else all problems.
    pub fn finish(self) -> Result<Vec<Problem>, Problems> {
        let Problems(problems) = Problems::sorted(self.problems.into_inner());
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            Err(Problems(problems))
        } else {
            Ok(problems)
        }
    }

    pub fn text(&self, key: &str, json: &Json) -> Option<Spanned<String>> {
        match &json.value {
            Value::Text(text) => Some(Spanned { value: text.clone(), span: json.span }),
            _ => {
                self.wrong_type(key, "a string", json);
                None
            }
        }
    }

    /// A path made absolute and normal; an empty one counts as absent.
    pub fn path(&self, key: &str, json: &Json) -> Option<Spanned<PathBuf>> {
        let text = self.text(key, json)?;
        if let Some(name) = first_variable(&text) {
            let known = self.variables.iter().map(String::as_str);
            let kind = ProblemKind::UndefinedVariable {
                suggestion: closest(name, known).map(|known| format!("${known}")),
                name: format!("${name}"),
            };
            self.error(text.span, kind);
        }
        (!text.is_empty())
            .then(|| Spanned { value: normalised(&self.base.join(text.value.as_str())), span: text.span })
    }

    pub fn number(&self, key: &str, json: &Json, bound: Bound) -> Option<f64> {
        let Value::Number(Number { real, .. }) = json.value else {
            self.wrong_type(key, "a number", json);
            return None;
        };
        if bound.holds(real) {
            return Some(real);
        }
        self.out_of_range(key, json.span, bound.to_string(), real.to_string());
        None
    }

    pub fn out_of_range(&self, key: &str, span: Span, bound: String, found: String) {
        self.error(span, ProblemKind::OutOfRange { key: key.into(), bound, found });
    }

    /// An integer, refusing fractions and what `T` cannot hold.
    pub fn integer<T: TryFrom<i64>>(&self, key: &str, json: &Json, range: &str) -> Option<T> {
        let Value::Number(Number { real, integer }) = json.value else {
            self.wrong_type(key, "an integer", json);
            return None;
        };
        if real.fract() != 0.0 {
            self.error(json.span, ProblemKind::NotAnInteger { key: key.into(), found: real });
            return None;
        }
        let value = integer.and_then(|value| T::try_from(value).ok());
        if value.is_none() {
            self.out_of_range(key, json.span, range.into(), real.to_string());
        }
        value
    }

    /// The members of an object with free names; an empty array counts as an empty object.
    pub fn members<'a>(&self, key: &str, json: &'a Json) -> &'a [Member] {
        match &json.value {
            Value::Object(members) => members,
            Value::List(items) if items.is_empty() => &[],
            Value::Null => &[],
            _ => {
                self.wrong_type(key, "an object", json);
                &[]
            }
        }
    }

    pub fn section<'a>(&'a self, path: String, label: Span, json: &'a Json) -> Section<'a> {
        let key = path.rsplit('.').next().unwrap_or_default().to_owned();
        Section { context: self, members: self.members(&key, json), label, path, known: Vec::new() }
    }
}

/// The range a number must lie in.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Any,
    NonNegative,
    Positive,
    NonZero,
    UnitInterval,
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Any => true,
            Self::NonNegative => value >= 0.0,
            Self::Positive => value > 0.0,
            Self::NonZero => value != 0.0,
            Self::UnitInterval => (0.0..=1.0).contains(&value),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Any => "a number",
            Self::NonNegative => "zero or positive",
            Self::Positive => "positive",
            Self::NonZero => "other than zero",
            Self::UnitInterval => "between 0 and 1",
        })
    }
}

/// An enumeration that is written as text.
pub(crate) trait Choice: Copy + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

/// Defines an enumeration with the texts of its variants.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// The text as it is written in a configuration.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl $crate::config::reader::Choice for $name {
            const NAMES: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)+];
        }
    };
}
pub(crate) use choices;

/// An object whose keys are being read.
pub(crate) struct Section<'a> {
    pub context: &'a Context,
    members: &'a [Member],
    /// Where to point for what is missing.
    pub label: Span,
    pub path: String,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The member, unless absent or null. The key is known from now on.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Member> {
        self.known.push(key);
        let found = self.members.iter().find(|member| member.key == key)?;
        (found.value.value != Value::Null).then_some(found)
    }

    pub fn span_of(&self, key: &str) -> Span {
        let found = self.members.iter().find(|member| member.key == key);
        found.map_or(self.label, |member| member.value.span)
    }

    /// Reports a missing key; the value serves the rest of the reading.
    pub fn missing(&self, key: &str) {
        let kind = ProblemKind::MissingKey { key: key.into(), section: self.path.clone() };
        self.context.error(self.label, kind);
    }

    fn is_absent(&self, key: &str) -> bool {
        let found = self.members.iter().find(|member| member.key == key);
        found.is_none_or(|member| member.value.value == Value::Null)
    }

    fn required<T: Default>(&self, key: &'static str, value: Option<T>) -> T {
        if value.is_none() && self.is_absent(key) {
            self.missing(key);
        }
        value.unwrap_or_default()
    }

    pub fn number(&mut self, key: &'static str, bound: Bound) -> Option<f64> {
        let member = self.get(key)?;
        self.context.number(key, &member.value, bound)
    }

    pub fn required_number(&mut self, key: &'static str, bound: Bound) -> f64 {
        let value = self.number(key, bound);
        self.required(key, value)
    }

    /// A seed or count: an integer of 32 bits without sign.
    pub fn integer(&mut self, key: &'static str) -> Option<u32> {
        let member = self.get(key)?;
        self.context.integer(key, &member.value, "between 0 and 4294967295")
    }

    pub fn required_integer(&mut self, key: &'static str) -> u32 {
        let value = self.integer(key);
        self.required(key, value)
    }

    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let member = self.get(key)?;
        if let Value::Bool(value) = member.value.value {
            return Some(value);
        }
        self.context.wrong_type(key, "a boolean", &member.value);
        None
    }

    pub fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let member = self.get(key)?;
        self.context.text(key, &member.value)
    }

    pub fn required_text(&mut self, key: &'static str) -> Spanned<String> {
        let text = self.text(key);
        if text.is_none() && self.is_absent(key) {
            self.missing(key);
        }
        text.unwrap_or_else(|| Spanned { value: String::new(), span: self.label })
    }

    pub fn path(&mut self, key: &'static str) -> Option<Spanned<PathBuf>> {
        let member = self.get(key)?;
        self.context.path(key, &member.value)
    }

    /// A path that must be given and not empty.
    pub fn required_path(&mut self, key: &'static str) -> Spanned<PathBuf> {
        let path = self.path(key);
        let is_empty = matches!(self.get(key).map(|member| &member.value.value), Some(Value::Text(text)) if text.is_empty());
        if path.is_none() && (is_empty || self.is_absent(key)) {
            self.missing(key);
        }
        path.unwrap_or_else(|| Spanned { value: PathBuf::new(), span: self.label })
    }

    pub fn choice<T: Choice>(&mut self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        let found = T::NAMES.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let kind = ProblemKind::UnknownValue {
                key: key.into(),
                found: text.value.clone(),
                allowed: T::NAMES.iter().map(|(name, _)| *name).collect(),
            };
            self.context.error(text.span, kind);
        }
        found.map(|(_, value)| *value)
    }

    /// A choice that must be given; absent after a problem was reported.
    pub fn required_choice<T: Choice>(&mut self, key: &'static str) -> Option<T> {
        let value = self.choice(key);
        if value.is_none() && self.is_absent(key) {
            self.missing(key);
        }
        value
    }

    pub fn list(&mut self, key: &'static str) -> &'a [Json] {
        match self.get(key).map(|member| &member.value) {
            None => &[],
            Some(Json { value: Value::List(items), .. }) => items,
            Some(Json { value: Value::Object(members), .. }) if members.is_empty() => &[],
            Some(other) => {
                self.context.wrong_type(key, "an array", other);
                &[]
            }
        }
    }

    pub fn numbers(&mut self, key: &'static str, bound: Bound) -> Vec<f64> {
        let items = self.list(key).iter();
        items.filter_map(|item| self.context.number(key, item, bound)).collect()
    }

    /// The members of an object with free names.
    pub fn members_of(&mut self, key: &'static str) -> &'a [Member] {
        self.get(key).map_or(&[], |member| self.context.members(key, &member.value))
    }

    /// An object with known keys; absent if the key is.
    pub fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let member = self.get(key)?;
        let path = self.path_of(key);
        Some(self.context.section(path, member.key_span, &member.value))
    }

    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Accepts a key that other programs write and that changes nothing, with a warning that says why.
    pub fn without_effect(&mut self, key: &'static str, reason: &str) {
        if let Some(member) = self.get(key) {
            let kind =
                ProblemKind::NoEffect { key: key.into(), section: self.path.clone(), reason: reason.into() };
            self.context.warn(member.key_span, kind);
        }
    }

    /// Accepts a key silently: the format defines it as free of meaning.
    pub fn ignore(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// Refuses a key that belongs elsewhere, with what to do.
    pub fn refuse(&mut self, key: &'static str, place: &str, remedy: &str) {
        if let Some(member) = self.get(key) {
            let kind =
                ProblemKind::NotAllowed { key: key.into(), place: place.into(), remedy: remedy.into() };
            self.context.error(member.key_span, kind);
        }
    }

    /// Reports the keys that were not read.
    pub fn finish(self) {
        self.finish_with(|_| None);
    }

    /// Reports the keys that were not read, with a remedy of the caller's where nothing is spelt alike.
    pub fn finish_with(self, remedy: impl Fn(&str) -> Option<String>) {
        for member in self.members {
            let key = member.key.as_str();
            let comment = ["_", "//", "#"].iter().any(|mark| key.starts_with(mark));
            if comment || self.known.contains(&key) {
                continue;
            }
            let remedy = remedy(key).or_else(|| {
                let name = closest(key, self.known.iter().copied())?;
                Some(format!("did you mean `{name}`?"))
            });
            let kind = ProblemKind::UnknownKey { key: key.into(), section: self.path.clone(), remedy };
            self.context.error(member.key_span, kind);
        }
    }
}

/// The first `$NAME` or `${NAME}` left in a text, without braces.
fn first_variable(text: &str) -> Option<&str> {
    let start = text.find('$')?;
    let rest = &text[start + 1..];
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let length =
        rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(rest.len());
    (length > 0).then(|| &rest[..length])
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normalised(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}
