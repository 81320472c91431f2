//! The manifest: variables of a configuration file, replaced in all its strings.
//!
//! A variable is `$` and letters, digits, `_`; both `$NAME` and `${NAME}` refer to it. Every occurrence is replaced, and where
//! several names fit the longest wins (`$AB` is never `$A` followed by `B` when `$AB` exists). Variables may refer to each other.
//! A text that names no variable stays as it is; an unknown variable in a path is refused where the path is read.

use std::collections::BTreeMap;

use super::reader::Context;
use crate::diagnostics::{ProblemKind, Span};
use crate::json::{Json, Value};

/// The longest text that a replacement may give, bytes: variables that double each other stop here.
const LONGEST: usize = 1 << 20;

/// Replaces the manifest's variables in all strings of a file but the manifest's own.
pub(crate) fn expand(root: &mut Json, context: &mut Context) {
    let variables = read(root, context);
    let variables = resolve(variables, context);
    context.variables = variables.keys().cloned().collect();
    if variables.is_empty() {
        return;
    }
    if let Value::Object(members) = &mut root.value {
        for member in members.iter_mut().filter(|member| member.key != "manifest") {
            expand_value(&mut member.value, &variables, context);
        }
    }
}

type Variables = BTreeMap<String, (String, Span)>;

fn read(root: &Json, context: &Context) -> Variables {
    let mut variables = Variables::new();
    let Value::Object(members) = &root.value else {
        return variables;
    };
    let Some(manifest) = members.iter().find(|member| member.key == "manifest") else {
        return variables;
    };
    for member in context.members("manifest", &manifest.value) {
        let name = member.key.strip_prefix('$').filter(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        let Some(name) = name else {
            let name = member.key.clone();
            context.error(member.key_span, ProblemKind::InvalidVariable { name });
            continue;
        };
        if let Some(text) = context.text(&member.key, &member.value) {
            variables.insert(name.into(), (text.value, member.value.span));
        }
    }
    variables
}

/// Replaces variables in variables until none is left.
fn resolve(mut variables: Variables, context: &Context) -> Variables {
    for _ in 0..variables.len().min(100) {
        let mut changed = false;
        let mut next = variables.clone();
        for (text, _) in next.values_mut() {
            if let Some(replaced) = substitute(text, &variables) {
                changed |= replaced != *text;
                *text = replaced;
            }
        }
        variables = next;
        if !changed {
            break;
        }
    }
    let names = variables.clone();
    variables.retain(|name, (text, span)| {
        let settled = !has_variable(text, &names);
        if !settled {
            let name = format!("${name}");
            context.error(*span, ProblemKind::RecursiveVariable { name });
        }
        settled
    });
    variables
}

fn has_variable(text: &str, variables: &Variables) -> bool {
    text.match_indices('$').any(|(at, _)| variable_at(&text[at..], variables).is_some())
}

fn expand_value(json: &mut Json, variables: &Variables, context: &Context) {
    match &mut json.value {
        Value::Text(text) => match substitute(text, variables) {
            Some(replaced) => *text = replaced,
            None => context.error(
                json.span,
                ProblemKind::Syntax {
                    reason: "the text is too long after replacing manifest variables".into(),
                },
            ),
        },
        Value::List(items) => {
            for item in items {
                expand_value(item, variables, context);
            }
        }
        Value::Object(members) => {
            for member in members {
                expand_value(&mut member.value, variables, context);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with every variable replaced once, or nothing if it grows too long.
fn substitute(text: &str, variables: &Variables) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, value) = variable_at(rest, variables).unwrap_or((1, "$"));
        result.push_str(value);
        rest = &rest[length..];
        if result.len() > LONGEST {
            return None;
        }
    }
    result.push_str(rest);
    Some(result)
}

/// The variable a text starts with: the length of the reference and its value.
fn variable_at<'a>(text: &str, variables: &'a Variables) -> Option<(usize, &'a str)> {
    if let Some(braced) = text.strip_prefix("${") {
        let name = &braced[..braced.find('}')?];
        let (value, _) = variables.get(name)?;
        return Some((name.len() + 3, value));
    }
    let name = text.strip_prefix('$')?;
    let longest = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (1..=longest).rev().find_map(|length| {
        let (value, _) = variables.get(&name[..length])?;
        Some((length + 1, value.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let spanned = |(name, text): &(&str, &str)| ((*name).into(), ((*text).into(), Span::default()));
        pairs.iter().map(spanned).collect()
    }

    #[test]
    fn the_longest_name_wins_and_every_occurrence_is_replaced() {
        let variables = variables(&[("A", "/abs/a"), ("AB", "/abs/b")]);
        let expanded = |text| substitute(text, &variables).unwrap();
        assert_eq!(expanded("$AB/out/$A$A"), "/abs/b/out//abs/a/abs/a");
        assert_eq!(expanded("${A}B-$ABC"), "/abs/aB-/abs/bC");
        assert_eq!(expanded("^x$ costs $5 ${"), "^x$ costs $5 ${");
    }
}
