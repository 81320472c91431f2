//! Which nodes a node set selects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Clause, Condition, NodeSet, NodeSets, Rule};
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Span, Spanned};

/// What node sets need to know of a node population.
pub trait NodeAttributes {
    /// The name of the population.
    fn population(&self) -> &str;

    /// The number of nodes; ids run from 0 to it.
    fn size(&self) -> u64;

    /// The values of an attribute of group `0` for all nodes.
    ///
    /// # Errors
    /// The population has no such attribute, or it cannot be read.
    fn attribute(&self, name: &str) -> Result<Arc<AttributeColumn>, AttributeError>;
}

/// Why an attribute cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// The population has none of that name.
    #[error("no such attribute")]
    Missing,
    /// It has, but reading it failed.
    #[error("{reason}")]
    Unreadable {
        /// What failed.
        reason: String,
    },
}

/// The values of an attribute, one for each node.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeColumn {
    /// Strings
    Texts(Vec<String>),
    /// Strings of a `@library`, by index
    Enumerated {
        /// The strings.
        library: Vec<String>,
        /// For each node the index of its string.
        indices: Vec<u64>,
    },
    /// Integers
    Integers(Vec<i64>),
    /// Numbers
    Reals(Vec<f64>),
}

impl AttributeColumn {
    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(values) => values.len(),
            Self::Enumerated { indices, .. } => indices.len(),
            Self::Integers(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Texts(_) => "strings",
            Self::Enumerated { .. } => "strings of a library",
            Self::Integers(_) => "integers",
            Self::Reals(_) => "floating-point numbers",
        }
    }
}

/// What a node set selects of one of several populations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The index of the population in the list that was asked about.
    pub population: usize,
    /// The node ids, ascending.
    pub node_ids: Vec<u64>,
}

impl NodeSets {
    /// The ids of the nodes of one population that a set selects, ascending. Ids past the end of the population vanish.
    ///
    /// # Errors
    /// No set has this name, or a condition does not fit the population's attributes.
    pub fn resolve(&self, name: &str, population: &dyn NodeAttributes) -> Result<Vec<u64>, Problems> {
        self.check_below_name(name)?;
        let mut known = BTreeMap::new();
        Ok(self.select(name, population, &mut known)?.as_ref().clone())
    }

    /// What a set selects of each of several populations; populations without a node in it are left out.
    ///
    /// A population that lacks an attribute that another one has contributes nothing, with a warning.
    ///
    /// # Errors
    /// No set has this name, a condition does not fit an attribute, or no population has an attribute that a condition is about.
    pub fn resolve_all(
        &self,
        name: &str,
        populations: &[&dyn NodeAttributes],
    ) -> Result<(Vec<Selected>, Vec<Problem>), Problems> {
        self.check_below_name(name)?;
        let mut selected = Vec::new();
        let mut missing: Vec<Problem> = Vec::new();
        for (index, population) in populations.iter().enumerate() {
            match self.select(name, *population, &mut BTreeMap::new()) {
                Ok(node_ids) => {
                    if !node_ids.is_empty() {
                        let node_ids = node_ids.as_ref().clone();
                        selected.push(Selected { population: index, node_ids });
                    }
                }
                Err(Problems(problems)) => {
                    let is_missing =
                        |problem: &Problem| matches!(*problem.kind, ProblemKind::NoSuchAttribute { .. });
                    if !problems.iter().all(is_missing) {
                        return Err(Problems(problems));
                    }
                    missing.extend(problems);
                }
            }
        }
        // A misspelt attribute must not pass for an empty set
        let is_nowhere = |problem: &Problem| match problem.kind.as_ref() {
            ProblemKind::NoSuchAttribute { attribute, .. } => {
                populations.iter().all(|population| population.attribute(attribute).is_err())
            }
            _ => true,
        };
        let (nowhere, missing): (Vec<_>, Vec<_>) = missing.into_iter().partition(is_nowhere);
        if !nowhere.is_empty() {
            return Err(one_problem_per_place(nowhere));
        }
        let warnings = missing
            .into_iter()
            .map(|problem| Problem { severity: crate::diagnostics::Severity::Warning, ..problem });
        Ok((selected, warnings.collect()))
    }

    /// Checks the sets that a set is made of, so that the selection may recurse.
    fn check_below_name(&self, name: &str) -> Result<(), Problems> {
        if self.get(name).is_none() {
            let source = Source::new("", "");
            let name = Spanned { value: name.to_owned(), span: Span::default() };
            return Err(self.unknown(&source, &name).into());
        }
        self.check()
    }

    fn select(
        &self,
        name: &str,
        population: &dyn NodeAttributes,
        known: &mut BTreeMap<String, Arc<Vec<u64>>>,
    ) -> Result<Arc<Vec<u64>>, Problems> {
        if let Some(ids) = known.get(name) {
            return Ok(Arc::clone(ids));
        }
        let Some(set) = self.get(name) else {
            return Ok(Arc::default());
        };
        let ids = match &set.rule {
            Rule::All(clauses) => select_all(set, clauses, population)?,
            Rule::Union(members) => {
                let mut ids = Vec::new();
                for member in members {
                    ids.extend_from_slice(&self.select(member, population, known)?);
                }
                ids.sort_unstable();
                ids.dedup();
                ids
            }
        };
        let ids = Arc::new(ids);
        known.insert(name.into(), Arc::clone(&ids));
        Ok(ids)
    }
}

/// Problems of several populations at one place become one that names them all.
fn one_problem_per_place(problems: Vec<Problem>) -> Problems {
    let mut merged: Vec<Problem> = Vec::new();
    for problem in problems {
        let same =
            merged.iter_mut().find(|other| other.span == problem.span && other.source == problem.source);
        match (same.map(|other| other.kind.as_mut()), *problem.kind) {
            (
                Some(ProblemKind::NoSuchAttribute { populations, .. }),
                ProblemKind::NoSuchAttribute { populations: more, .. },
            ) => {
                populations.push_str(", ");
                populations.push_str(&more);
            }
            (_, kind) => merged.push(Problem { kind: Box::new(kind), ..problem }),
        }
    }
    Problems::sorted(merged)
}

/// The nodes that fulfil all clauses. Clauses on the population and ids come first: where they select nothing, no attribute is
/// looked at, so a set may name attributes that only its own populations have.
fn select_all(
    set: &NodeSet,
    clauses: &[Clause],
    population: &dyn NodeAttributes,
) -> Result<Vec<u64>, Problems> {
    let size = population.size();
    let mut ids: Option<Vec<u64>> = None;
    for clause in clauses {
        match clause {
            Clause::Population(names) if !names.iter().any(|name| name == population.population()) => {
                return Ok(Vec::new());
            }
            Clause::NodeId(wanted) => {
                ids = Some(wanted.iter().copied().filter(|id| *id < size).collect());
            }
            Clause::Population(_) | Clause::Attribute { .. } => {}
        }
    }
    let mut ids = ids.unwrap_or_else(|| (0..size).collect());
    for clause in clauses {
        if let Clause::Attribute { name, condition } = clause
            && !ids.is_empty()
        {
            let fulfilled = fulfilled(set, name, condition, population)?;
            ids.retain(|id| usize::try_from(*id).is_ok_and(|id| fulfilled.get(id) == Some(&true)));
        }
    }
    Ok(ids)
}

/// For each node, whether its attribute fulfils a condition.
fn fulfilled(
    set: &NodeSet,
    name: &Spanned<String>,
    condition: &Condition,
    population: &dyn NodeAttributes,
) -> Result<Vec<bool>, Problems> {
    let size = population.size();
    let refuse = |kind| Err(Problem::error(&set.source, name.span, kind).into());
    let (attribute, population_name) = (name.value.clone(), population.population().to_owned());
    let column = match population.attribute(name) {
        Ok(column) => column,
        Err(AttributeError::Missing) => {
            return refuse(ProblemKind::NoSuchAttribute {
                attribute,
                populations: format!("`{population_name}`"),
            });
        }
        Err(AttributeError::Unreadable { reason }) => {
            return refuse(ProblemKind::UnreadableAttribute {
                attribute,
                population: population_name,
                reason,
            });
        }
    };
    if column.len() as u64 != size {
        let found = column.len() as u64;
        return refuse(ProblemKind::AttributeSize { attribute, population: population_name, found, size });
    }
    match evaluate(&column, condition) {
        Ok(fulfilled) => Ok(fulfilled),
        Err(wanted) => refuse(ProblemKind::AttributeType {
            attribute,
            population: population_name,
            holds: column.kind(),
            wanted,
        }),
    }
}

/// Evaluates a condition on a column, or says what the values cannot do.
fn evaluate(column: &AttributeColumn, condition: &Condition) -> Result<Vec<bool>, &'static str> {
    use AttributeColumn::{Enumerated, Integers, Reals, Texts};
    Ok(match (condition, column) {
        (Condition::Nothing, column) => vec![false; column.len()],
        (Condition::Texts(wanted), Texts(_) | Enumerated { .. }) => {
            test_texts(column, |text| wanted.iter().any(|wanted| wanted == text))
        }
        (Condition::Matches(regex), Texts(_) | Enumerated { .. }) => {
            test_texts(column, |text| regex.is_match(text))
        }
        (Condition::Integers(wanted), Integers(values)) => {
            let mut wanted = wanted.clone();
            wanted.sort_unstable();
            values.iter().map(|value| wanted.binary_search(value).is_ok()).collect()
        }
        (Condition::Compares(comparison, limit), Integers(values)) => {
            values.iter().map(|value| comparison.holds(*value as f64, *limit)).collect()
        }
        (Condition::Compares(comparison, limit), Reals(values)) => {
            values.iter().map(|value| comparison.holds(*value, *limit)).collect()
        }
        (Condition::Texts(_), _) => return Err("are not compared with strings"),
        (Condition::Matches(_), _) => return Err("have no `$regex`"),
        (Condition::Integers(_), Reals(_)) => {
            return Err("are not compared for equality; use `$gte` and `$lte`");
        }
        (Condition::Integers(_), _) => return Err("are not compared with integers"),
        (Condition::Compares(..), _) => return Err("have no order"),
    })
}

/// Tests strings; those of a library once each.
fn test_texts(column: &AttributeColumn, test: impl Fn(&str) -> bool) -> Vec<bool> {
    match column {
        AttributeColumn::Texts(values) => values.iter().map(|text| test(text)).collect(),
        AttributeColumn::Enumerated { library, indices } => {
            let tested: Vec<bool> = library.iter().map(|text| test(text)).collect();
            let of =
                |index: &u64| usize::try_from(*index).is_ok_and(|index| tested.get(index) == Some(&true));
            indices.iter().map(of).collect()
        }
        AttributeColumn::Integers(_) | AttributeColumn::Reals(_) => Vec::new(),
    }
}
