//! JSON (RFC 8259) as a tree that keeps the place of every value and every key, and the order of keys.
//!
//! The grammar is `jsonc-parser`'s with all its extensions off; duplicate keys and numbers that no double can hold are errors.
//! Nesting is limited (512 levels), so no input can exhaust the stack.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Span};

/// A JSON value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// The place of the value.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, always finite.
    Number(Number),
    /// A string, decoded.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order of the text, without duplicate keys.
    Object(Vec<Member>),
}

/// A number: its double, and its exact value where it is an integer that an `i64` holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The nearest double.
    pub real: f64,
    /// The value, if integral (`3`, `3.0`, `3e0`) and within `i64`.
    pub integer: Option<i64>,
}

/// A key of an object with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key, decoded.
    pub key: String,
    /// The place of the key, with its quotes.
    pub key_span: Span,
    /// The value.
    pub value: Json,
}

impl Json {
    /// What the value is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Parses a whole text.
    ///
    /// # Errors
    /// A syntax error, or every duplicate key and every number out of range.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let text = source.text();
        let skip = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let syntax = |span, reason: String| {
            Problems::from(Problem::error(source, span, ProblemKind::Syntax { reason }))
        };
        let parsed = parse_to_ast(&text[skip..], &CollectOptions::default(), &STRICT).map_err(|error| {
            let reason = lower_first(&error.kind().to_string());
            syntax(span_of(error.range(), skip), reason)
        })?;
        let Some(root) = parsed.value else {
            return Err(syntax(Span::default(), "the file is empty".into()));
        };
        let mut reader = Converter { source, skip, path: Vec::new(), problems: Vec::new() };
        let tree = reader.value(&root);
        if reader.problems.is_empty() { Ok(tree) } else { Err(Problems::sorted(reader.problems)) }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

fn span_of(range: jsonc_parser::common::Range, skip: usize) -> Span {
    Span { offset: range.start + skip, length: range.end.saturating_sub(range.start) }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

struct Converter<'a> {
    source: &'a Source,
    skip: usize,
    path: Vec<String>,
    problems: Vec<Problem>,
}

impl Converter<'_> {
    fn value(&mut self, node: &ast::Value) -> Json {
        let span = span_of(node.range(), self.skip);
        let value = match node {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::StringLit(literal) => Value::Text(literal.value.to_string()),
            ast::Value::NumberLit(literal) => Value::Number(self.number(literal.value, span)),
            ast::Value::Array(array) => {
                Value::List(array.elements.iter().map(|item| self.value(item)).collect())
            }
            ast::Value::Object(object) => Value::Object(self.members(object)),
        };
        Json { span, value }
    }

    fn number(&mut self, text: &str, span: Span) -> Number {
        let real = text.parse::<f64>().unwrap_or(f64::NAN);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leading_zero =
            digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let reason = if leading_zero {
            "a number cannot start with `0`"
        } else if !real.is_finite() {
            "the number is too large"
        } else {
            let integer = text.parse().ok().or_else(|| {
                // Within 2^53 an integral double is exact
                (real.fract() == 0.0 && real.abs() <= 9_007_199_254_740_992.0).then_some(real as i64)
            });
            return Number { real, integer };
        };
        let kind = ProblemKind::Syntax { reason: reason.into() };
        self.problems.push(Problem::error(self.source, span, kind));
        Number { real: 0.0, integer: None }
    }

    fn members(&mut self, object: &ast::Object) -> Vec<Member> {
        let mut seen = std::collections::BTreeMap::new();
        let mut members = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let key = property.name.as_str().to_owned();
            let key_span = span_of(property.name.range(), self.skip);
            if let Some(first) = seen.get(&key) {
                let kind = ProblemKind::DuplicateKey { key, section: self.path.join(".") };
                let problem = Problem::error(self.source, key_span, kind);
                self.problems.push(problem.with_related(*first, "first given here"));
                continue;
            }
            seen.insert(key.clone(), key_span);
            self.path.push(key.clone());
            let value = self.value(&property.value);
            self.path.pop();
            members.push(Member { key, key_span, value });
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json, Problems> {
        Json::parse(&Source::new("a.json", text))
    }

    #[test]
    fn extensions_are_refused() {
        for text in [
            "{\"a\": 1,}",
            "[1 2]",
            "{a: 1}",
            "{'a': 1}",
            "// c\n1",
            "[0x1]",
            "[+1]",
            "[.5]",
            "[1.]",
            "[NaN]",
            "[Infinity]",
            "[01]",
            "[-01]",
            "[1e999]",
            "1 2",
            "",
            "[\"\\x41\"]",
            "[tru]",
            "[\"\\ud800\"]",
            "{\"a\" 1}",
            "[",
            "{",
            "\"a",
            "[1,,2]",
            "[-]",
            "[1e]",
            "{\"a\":}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_are_exact() {
        let Ok(Json { value: Value::List(items), .. }) =
            parse("[9223372036854775807, 3.0, 2.5, 1e3, -0, 1e300]")
        else {
            panic!("a list")
        };
        let integers: Vec<_> = items
            .iter()
            .map(|item| match item.value {
                Value::Number(number) => number.integer,
                _ => None,
            })
            .collect();
        assert_eq!(integers, [Some(i64::MAX), Some(3), None, Some(1000), Some(0), None]);
    }

    #[test]
    fn strings_are_decoded() {
        let text = r#"["\u00e9\ud83d\ude00\n\/\\"]"#;
        let Ok(Json { value: Value::List(items), .. }) = parse(text) else { panic!("a list") };
        assert_eq!(items[0].value, Value::Text("é😀\n/\\".into()));
    }

    #[test]
    fn depth_is_limited() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"{\"a\":".repeat(100_000)).is_err());
        let fine = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(parse(&fine).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]{}\":,0-9eE.+\\-a-z\\\\ \n\u{e9}]{0,60}") {
            let source = Source::new("a.json", text);
            if let Err(problems) = Json::parse(&source) {
                for problem in &problems.0 {
                    let _ = problem.position();
                }
            }
        }

        #[test]
        fn what_serde_json_accepts_is_accepted_alike(text in "[\\[\\]{}\":,0-9eE.\\-truefalsn ]{0,12}") {
            let ours = parse(&text);
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let duplicates = matches!(&ours, Err(problems) if problems.0.iter().all(
                |problem| matches!(*problem.kind, ProblemKind::DuplicateKey { .. })));
            proptest::prop_assert!(duplicates || ours.is_ok() == theirs.is_ok(), "{text:?} {theirs:?}");
        }
    }
}
