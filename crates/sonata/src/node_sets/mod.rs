//! Node sets: named rules that select nodes of populations by id, attribute or population, or unite other node sets.
//!
//! The grammar is SONATA's as libsonata 0.2 reads it. Decisions:
//!
//! * The sets of the simulation's file are added to the circuit's and replace those of the same name; references are looked up in
//!   the merged sets, so a union in either file may name a set of the other (libsonata wants it in the same file).
//! * An empty rule `{}` is dropped with a warning, as libsonata drops it in silence.
//! * A union of unions may be 64 levels deep, and may not contain itself.
//! * Regular expressions are searched for, not matched in full. They are written in ECMAScript's syntax; look-around and
//!   back-references are not available.
//! * A missing attribute is an error of the population; [`NodeSets::resolve_all`] tolerates it where another population has it.

mod parse;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

pub use resolve::{AttributeColumn, AttributeError, NodeAttributes, Selected};

use crate::config::read_source;
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Spanned, closest};

/// The levels of unions in unions.
pub const DEEPEST_UNION: usize = 64;

/// Named node sets, in the order of their files.
#[derive(Debug, Clone, Default)]
pub struct NodeSets {
    sets: Vec<NodeSet>,
    /// The index of each name.
    indices: BTreeMap<String, usize>,
}

/// A named node set.
#[derive(Debug, Clone)]
pub struct NodeSet {
    /// The name.
    pub name: Spanned<String>,
    /// What it selects.
    pub rule: Rule,
    /// The file it is from.
    pub source: Source,
}

/// What a node set selects.
#[derive(Debug, Clone)]
pub enum Rule {
    /// The nodes that fulfil all clauses.
    All(Vec<Clause>),
    /// The nodes of any of the named sets.
    Union(Vec<Spanned<String>>),
}

/// A condition on nodes.
#[derive(Debug, Clone)]
pub enum Clause {
    /// The population has one of these names.
    Population(Vec<String>),
    /// The node has one of these ids.
    NodeId(Vec<u64>),
    /// The attribute fulfils a condition.
    Attribute {
        /// The attribute's name, and its place.
        name: Spanned<String>,
        /// The condition.
        condition: Condition,
    },
}

/// A condition on the value of an attribute.
#[derive(Debug, Clone)]
pub enum Condition {
    /// It is one of these strings.
    Texts(Vec<String>),
    /// It is one of these integers.
    Integers(Vec<i64>),
    /// It is in an empty list: never.
    Nothing,
    /// It contains a match of the expression (`$regex`).
    Matches(Regex),
    /// It compares with a number.
    Compares(Comparison, f64),
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `$gt`
    Greater,
    /// `$lt`
    Less,
    /// `$gte`
    GreaterOrEqual,
    /// `$lte`
    LessOrEqual,
}

impl Comparison {
    /// Whether `value` stands in this relation to `limit`.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Greater => value > limit,
            Self::Less => value < limit,
            Self::GreaterOrEqual => value >= limit,
            Self::LessOrEqual => value <= limit,
        }
    }
}

impl NodeSets {
    /// Reads a file; references between sets are not looked up, see [`NodeSets::check`].
    ///
    /// # Errors
    /// All problems of the file at once.
    pub fn from_file(path: &Path) -> Result<(Self, Vec<Problem>), Problems> {
        Self::parse(&read_source(path)?)
    }

    /// Reads a text; gives the sets and what is odd but not wrong.
    ///
    /// # Errors
    /// All problems of the text at once.
    pub fn parse(source: &Source) -> Result<(Self, Vec<Problem>), Problems> {
        let (sets, warnings) = parse::parse(source)?;
        let names = sets.iter().map(|set| set.name.value.clone());
        let indices = names.zip(0..).collect();
        Ok((Self { sets, indices }, warnings))
    }

    /// Adds the sets of the simulation's file to the circuit's. A set of the same name takes the place of the circuit's; the
    /// warnings name those, unless both are of the same file.
    #[must_use]
    pub fn merged(mut self, simulation: Self) -> (Self, Vec<Problem>) {
        let mut warnings = Vec::new();
        for set in simulation.sets {
            let index = self.indices.get(&set.name.value).copied();
            match index.and_then(|index| self.sets.get_mut(index)) {
                Some(own) => {
                    if own.source != set.source {
                        let kind = ProblemKind::ReplacedNodeSet { name: set.name.value.clone() };
                        warnings.push(Problem::warning(&set.source, set.name.span, kind));
                    }
                    *own = set;
                }
                None => {
                    self.indices.insert(set.name.value.clone(), self.sets.len());
                    self.sets.push(set);
                }
            }
        }
        (self, warnings)
    }

    /// Checks that every set that a union names exists, and that no union contains itself.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Vec::new();
        for set in &self.sets {
            if let Rule::Union(members) = &set.rule {
                let unknown = members.iter().filter(|member| self.get(member).is_none());
                problems.extend(unknown.map(|member| self.unknown(&set.source, member)));
            }
        }
        if problems.is_empty() {
            // A cycle is reported once, at the first of its sets
            let mut covered = BTreeSet::new();
            for set in &self.sets {
                let mut chain = vec![set];
                if !covered.contains(set.name.value.as_str())
                    && let Err(problem) = self.check_below(&mut chain, &mut BTreeSet::new())
                {
                    problems.push(problem);
                    covered.extend(chain.iter().map(|set| set.name.value.as_str()));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Problems::sorted(problems)) }
    }

    /// The names, in the order of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(|set| set.name.value.as_str())
    }

    /// The set of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NodeSet> {
        self.sets.get(*self.indices.get(name)?)
    }

    /// An error at a name in a file, such as a configuration, that no node set has.
    #[must_use]
    pub fn unknown(&self, source: &Source, name: &Spanned<String>) -> Problem {
        let kind = ProblemKind::UnknownNodeSet {
            name: name.value.clone(),
            suggestion: closest(name, self.names()).map(Into::into),
        };
        Problem::error(source, name.span, kind)
    }

    /// Walks the unions below the last set of a chain, each once; after an error the chain is the one that is wrong.
    fn check_below<'a>(
        &'a self,
        chain: &mut Vec<&'a NodeSet>,
        visited: &mut BTreeSet<&'a str>,
    ) -> Result<(), Problem> {
        let (Some(first), Some(last)) = (chain.first().copied(), chain.last().copied()) else {
            return Ok(());
        };
        let Rule::Union(members) = &last.rule else {
            return Ok(());
        };
        let name = first.name.value.clone();
        if chain.len() > DEEPEST_UNION {
            let kind = ProblemKind::DeepNodeSet { name, limit: DEEPEST_UNION };
            return Err(Problem::error(&first.source, first.name.span, kind));
        }
        for member in members.iter().filter_map(|member| self.get(member)) {
            if member.name.value == name {
                let names = chain.iter().map(|set| set.name.value.as_str());
                let chain = names.chain([name.as_str()]).collect::<Vec<_>>().join(" -> ");
                let kind = ProblemKind::CyclicNodeSet { name, chain };
                return Err(Problem::error(&first.source, first.name.span, kind));
            }
            // A cycle that does not pass through the first set is reported at its own sets
            if visited.insert(&member.name.value) {
                chain.push(member);
                self.check_below(chain, visited)?;
                chain.pop();
            }
        }
        Ok(())
    }
}
