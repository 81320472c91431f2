//! The circuit configuration (`circuit_config.json`) as typed values.
//!
//! The grammar is that of SONATA circuits as libsonata 0.2 reads them, with the decisions of [`crate::config`] (unknown keys are
//! errors, `null` is absence) and these:
//!
//! * A population without a `type`, also an empty object, is `biophysical` or `chemical`.
//! * A value of a population wins over the one in `components`; an empty string is no value. The whole map of
//!   `alternate_morphologies` is replaced.
//! * `node_types_file` and `edge_types_file` are accepted and never read, as in libsonata. Accepted with a warning, because nothing
//!   here uses them: `components.templates_dir`, `components.synaptic_models_dir` (if not empty). `provenance` is free of meaning.
//! * Populations keep the order of the file list and are sorted by name within a file.
//!
//! Nothing is looked up on disk.

mod populations;
mod roles;

use std::path::{Path, PathBuf};

pub use populations::{Components, EdgePopulation, EdgeType, MorphologyFormat, NodePopulation, NodeType};
pub use roles::{ConnectionKind, EdgeEnds, EdgeRole, edge_roles};

use crate::config::reader::{Context, Section, choices};
use crate::config::{Document, TargetSimulator, expand, read_source};
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Span, Spanned};
use crate::json::{Json, Value};
use populations::{check_edges, check_nodes, read_components, read_populations};

choices! {
    /// Whether a circuit configuration says all it should.
    Status {
        /// It does
        Complete = "complete",
        /// It may lack networks and properties of populations
        Partial = "partial",
    }
}

/// A circuit configuration; all paths are absolute.
#[derive(Debug, Clone)]
pub struct CircuitConfig {
    /// The file, for messages at its keys.
    pub document: Document,
    /// `metadata.status`; default complete.
    pub status: Status,
    /// `target_simulator`; absent: NEURON.
    pub target_simulator: Option<TargetSimulator>,
    /// `node_sets_file`
    pub node_sets_file: Option<Spanned<PathBuf>>,
    /// `components`: what populations get that do not say otherwise; already applied to them.
    pub components: Components,
    /// The populations of `networks.nodes`.
    pub nodes: Vec<NodePopulation>,
    /// The populations of `networks.edges`.
    pub edges: Vec<EdgePopulation>,
    /// Files of `networks.nodes` and `networks.edges` that list no population.
    pub files_without_populations: Vec<Spanned<PathBuf>>,
    /// What is odd but not wrong.
    pub warnings: Vec<Problem>,
}

impl CircuitConfig {
    /// Reads a file; relative paths in it start from its folder.
    ///
    /// # Errors
    /// All problems of the file at once.
    pub fn from_file(path: &Path) -> Result<Self, Problems> {
        Self::parse(&read_source(path)?)
    }

    /// Reads a text; relative paths in it start from the folder of the source's path.
    ///
    /// # Errors
    /// All problems of the text at once.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut root = Json::parse(source)?;
        let mut context = Context::new(source);
        expand(&mut root, &mut context);
        let mut config = read(&context, &root);
        config.warnings = context.finish()?;
        config.document.root = root;
        Ok(config)
    }

    /// The node population of a name.
    #[must_use]
    pub fn node_population(&self, name: &str) -> Option<&NodePopulation> {
        self.nodes.iter().find(|population| population.name.value == name)
    }

    /// The edge population of a name.
    #[must_use]
    pub fn edge_population(&self, name: &str) -> Option<&EdgePopulation> {
        self.edges.iter().find(|population| population.name.value == name)
    }
}

fn read(context: &Context, root: &Json) -> CircuitConfig {
    let start = Span { offset: root.span.offset, length: 1 };
    let mut top = context.section(String::new(), start, root);
    top.ignore("version");
    top.ignore("manifest");
    let status = read_status(&mut top);
    let mut config = CircuitConfig {
        document: Document {
            source: context.source.clone(),
            root: Json { span: root.span, value: Value::Null },
        },
        status,
        target_simulator: top.choice("target_simulator"),
        node_sets_file: top.path("node_sets_file"),
        components: read_default_components(&mut top),
        nodes: Vec::new(),
        edges: Vec::new(),
        files_without_populations: Vec::new(),
        warnings: Vec::new(),
    };
    match top.section("networks") {
        Some(networks) => read_networks(networks, &mut config),
        None if status == Status::Complete => top.missing("networks"),
        None => {}
    }
    top.finish();
    if status == Status::Complete {
        check_nodes(context, &config.nodes);
        check_edges(context, &config.edges);
    }
    config
}

/// Free text stands beside the status in `metadata`.
fn read_status(top: &mut Section<'_>) -> Status {
    let status = top.section("metadata").and_then(|mut metadata| metadata.choice("status"));
    status.unwrap_or(Status::Complete)
}

fn read_default_components(top: &mut Section<'_>) -> Components {
    let Some(mut section) = top.section("components") else {
        return Components::default();
    };
    let components = read_components(&mut section);
    section.ignore("provenance");
    for key in ["templates_dir", "synaptic_models_dir"] {
        if section.path(key).is_some() {
            section.without_effect(key, "nothing is read from there");
        }
    }
    section.finish();
    components
}

fn read_networks(mut networks: Section<'_>, config: &mut CircuitConfig) {
    for key in ["nodes", "edges"] {
        if networks.get(key).is_none() && config.status == Status::Complete {
            networks.missing(key);
        }
    }
    for (index, item) in networks.list("nodes").iter().enumerate() {
        let mut section = network_entry(&networks, "nodes", index, item);
        let file = section.required_path("nodes_file");
        let types_file = section.path("node_types_file");
        let populations = read_populations(&mut section, |population, name| {
            NodePopulation::read(population, name, &file, types_file.as_ref(), &config.components)
        });
        section.finish();
        remember_file(&populations, &file, &mut config.files_without_populations);
        config.nodes.extend(populations);
    }
    for (index, item) in networks.list("edges").iter().enumerate() {
        let mut section = network_entry(&networks, "edges", index, item);
        let file = section.required_path("edges_file");
        let types_file = section.path("edge_types_file");
        let populations = read_populations(&mut section, |population, name| {
            EdgePopulation::read(population, name, &file, types_file.as_ref(), &config.components)
        });
        section.finish();
        remember_file(&populations, &file, &mut config.files_without_populations);
        config.edges.extend(populations);
    }
    refuse_duplicates(networks.context, config.nodes.iter().map(|population| &population.name));
    refuse_duplicates(networks.context, config.edges.iter().map(|population| &population.name));
    networks.finish();
}

fn network_entry<'a>(networks: &Section<'a>, key: &str, index: usize, item: &'a Json) -> Section<'a> {
    let label = Span { offset: item.span.offset, length: 1 };
    networks.context.section(format!("networks.{key}[{index}]"), label, item)
}

fn remember_file<T>(populations: &[T], file: &Spanned<PathBuf>, without: &mut Vec<Spanned<PathBuf>>) {
    if populations.is_empty() {
        without.push(file.clone());
    }
}

fn refuse_duplicates<'a>(context: &Context, names: impl Iterator<Item = &'a Spanned<String>>) {
    let mut names: Vec<&Spanned<String>> = names.collect();
    names.sort_by(|a, b| (&a.value, a.span).cmp(&(&b.value, b.span)));
    for pair in names.windows(2) {
        if pair[0].value == pair[1].value {
            let kind = ProblemKind::DuplicatePopulation { name: pair[1].value.clone() };
            let problem = Problem::error(&context.source, pair[1].span, kind);
            context.report(problem.with_related(pair[0].span, "first declared here"));
        }
    }
}
