//! The grammar of node-set files.

use regex::Regex;

use super::{Clause, Comparison, Condition, NodeSet, Rule};
use crate::config::reader::{Bound, Context};
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Spanned};
use crate::json::{Json, Member, Value};

pub(super) fn parse(source: &Source) -> Result<(Vec<NodeSet>, Vec<Problem>), Problems> {
    let root = Json::parse(source)?;
    let context = Context::new(source);
    let mut sets = Vec::new();
    for member in context.members("the file", &root) {
        let name = Spanned { value: member.key.clone(), span: member.key_span };
        if let Some(rule) = read_rule(&context, member) {
            sets.push(NodeSet { name, rule, source: source.clone() });
        }
    }
    Ok((sets, context.finish()?))
}

fn read_rule(context: &Context, member: &Member) -> Option<Rule> {
    match &member.value.value {
        Value::Object(clauses) if clauses.is_empty() => {
            let name = member.key.clone();
            context.warn(member.key_span, ProblemKind::EmptyRule { name });
            None
        }
        Value::Object(clauses) => {
            Some(Rule::All(clauses.iter().filter_map(|clause| read_clause(context, clause)).collect()))
        }
        Value::List(names) => {
            Some(Rule::Union(names.iter().filter_map(|name| context.text(&member.key, name)).collect()))
        }
        _ => {
            context.wrong_type(
                &member.key,
                "an object of conditions or an array of node sets",
                &member.value,
            );
            None
        }
    }
}

fn read_clause(context: &Context, member: &Member) -> Option<Clause> {
    let values = match &member.value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&member.value),
    };
    match member.key.as_str() {
        "population" => {
            let names = values.iter().filter_map(|name| context.text("population", name));
            Some(Clause::Population(names.map(|name| name.value).collect()))
        }
        "node_id" => {
            let ids = values.iter().filter_map(|id| context.integer("node_id", id, "zero or positive"));
            let mut ids: Vec<u64> = ids.collect();
            ids.sort_unstable();
            ids.dedup();
            Some(Clause::NodeId(ids))
        }
        _ => {
            let name = Spanned { value: member.key.clone(), span: member.key_span };
            let condition = match &member.value.value {
                Value::Object(operators) => read_operator(context, member, operators),
                _ => read_values(context, &member.key, values),
            };
            condition.map(|condition| Clause::Attribute { name, condition })
        }
    }
}

/// Strings or integers, not a mixture: the first says which.
fn read_values(context: &Context, key: &str, values: &[Json]) -> Option<Condition> {
    match values.first().map(|first| &first.value) {
        None => Some(Condition::Nothing),
        Some(Value::Text(_)) => {
            let texts = values.iter().filter_map(|value| context.text(key, value));
            Some(Condition::Texts(texts.map(|text| text.value).collect()))
        }
        Some(Value::Number(_)) => {
            let integers =
                values.iter().filter_map(|value| context.integer(key, value, "an integer of 64 bits"));
            Some(Condition::Integers(integers.collect()))
        }
        Some(_) => {
            context.wrong_type(key, "a string, an integer, a list of either, or an operator", &values[0]);
            None
        }
    }
}

fn read_operator(context: &Context, member: &Member, operators: &[Member]) -> Option<Condition> {
    let [operator] = operators else {
        let kind = ProblemKind::OperatorCount { key: member.key.clone(), count: operators.len() };
        context.error(member.key_span, kind);
        return None;
    };
    let comparison = match operator.key.as_str() {
        "$regex" => return read_regex(context, operator),
        "$gt" => Comparison::Greater,
        "$lt" => Comparison::Less,
        "$gte" => Comparison::GreaterOrEqual,
        "$lte" => Comparison::LessOrEqual,
        other => {
            context.error(operator.key_span, ProblemKind::UnknownOperator { operator: other.into() });
            return None;
        }
    };
    let limit = context.number(&operator.key, &operator.value, Bound::Any)?;
    Some(Condition::Compares(comparison, limit))
}

fn read_regex(context: &Context, operator: &Member) -> Option<Condition> {
    let text = context.text("$regex", &operator.value)?;
    match Regex::new(&text) {
        Ok(regex) => Some(Condition::Matches(regex)),
        Err(error) => {
            let reason = last_line(&error.to_string());
            context.error(text.span, ProblemKind::Regex { reason });
            None
        }
    }
}

/// The last line of a message says what is wrong, after the expression and a caret.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").into()
}
