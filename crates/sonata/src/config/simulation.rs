//! The simulation configuration as a whole.

use std::path::{Path, PathBuf};

use super::conditions::Conditions;
use super::inputs::{Input, read_inputs};
use super::overrides::{ConnectionOverride, read_overrides};
use super::reader::{Context, Section, choices};
use super::reports::{Report, read_reports};
use super::run::{Output, Run};
use crate::diagnostics::{Problem, ProblemKind, Problems, Source, Span, Spanned, closest};
use crate::json::{Json, Member, Value};

choices! {
    /// The simulator a configuration asks for.
    TargetSimulator {
        /// NEURON
        Neuron = "NEURON",
        /// CoreNEURON
        CoreNeuron = "CORENEURON",
        /// The learning engine
        LearningEngine = "LearningEngine",
        /// Brian 2
        Brian2 = "Brian2",
        /// Not said
        Unspecified = "unspecified",
    }
}

/// A value of the free-form sections.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `true` or `false`
    Bool(bool),
    /// An integer
    Integer(i64),
    /// Any other number
    Real(f64),
    /// A string
    Text(String),
}

/// A simulation configuration; all paths are absolute.
#[derive(Debug, Clone)]
pub struct SimulationConfig {
    /// The file, for messages at its keys.
    pub document: Document,
    /// `run`
    pub run: Run,
    /// `output`
    pub output: Output,
    /// `conditions`
    pub conditions: Conditions,
    /// `network`: the circuit configuration; default `circuit_config.json`.
    pub network: Spanned<PathBuf>,
    /// `node_sets_file`; absent: the circuit's alone.
    pub node_sets_file: Option<Spanned<PathBuf>>,
    /// `compartment_sets_file`
    pub compartment_sets_file: Option<Spanned<PathBuf>>,
    /// `node_set`: what to simulate; absent: all cells of all populations that are not virtual.
    pub node_set: Option<Spanned<String>>,
    /// `target_simulator`; absent: the circuit's.
    pub target_simulator: Option<TargetSimulator>,
    /// `reports`, in the order of the file.
    pub reports: Vec<Report>,
    /// `inputs`, in the order of the file, which is the order of their random streams.
    pub inputs: Vec<Input>,
    /// `connection_overrides`, in the order of the file: the last one that matches wins.
    pub connection_overrides: Vec<ConnectionOverride>,
    /// `metadata`, which changes nothing.
    pub metadata: Vec<(String, Scalar)>,
    /// `beta_features`: corrections of gap-junction circuits.
    pub beta_features: Vec<(String, Scalar)>,
    /// What is odd but not wrong.
    pub warnings: Vec<Problem>,
}

/// The names that `beta_features` may hold (neurodamus' gap-junction corrections).
const BETA_FEATURES: [&str; 9] = [
    "correction_iteration_load",
    "deterministic_stoch",
    "gapjunction_target_population",
    "gjc",
    "load_g_pas_file",
    "manual_MEComboInfo_file",
    "procedure_type",
    "remove_channels",
    "vc_amp",
];

impl SimulationConfig {
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
        super::expand(&mut root, &mut context);
        let mut config = read(&context, &root);
        config.warnings = context.finish()?;
        config.document.root = root;
        Ok(config)
    }

    /// The input of a name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name.value == name)
    }

    /// The report of a name.
    #[must_use]
    pub fn report(&self, name: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.name.value == name)
    }
}

/// Reads a text file.
pub(crate) fn read_source(path: &Path) -> Result<Source, Problems> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => {
            let reason = error.to_string();
            let source = Source::new(path, "");
            Err(Problem::error(&source, Span::default(), ProblemKind::Unreadable { reason }).into())
        }
    }
}

fn read(context: &Context, root: &Json) -> SimulationConfig {
    let start = Span { offset: root.span.offset, length: 1 };
    let mut top = context.section(String::new(), start, root);
    top.ignore("version");
    top.ignore("manifest");
    top.without_effect("mechanisms_dir", "the circuit configuration says where mechanisms are");
    let run = match top.section("run") {
        Some(section) => Run::read(section),
        None => {
            top.missing("run");
            Run::default()
        }
    };
    let node_set = top.text("node_set");
    let network = top
        .path("network")
        .unwrap_or_else(|| Spanned { value: context.base.join("circuit_config.json"), span: start });
    let config = SimulationConfig {
        document: Document {
            source: context.source.clone(),
            root: Json { span: root.span, value: Value::Null },
        },
        output: Output::read(top.section("output"), context),
        conditions: Conditions::read(top.section("conditions")),
        network,
        node_sets_file: top.path("node_sets_file"),
        compartment_sets_file: top.path("compartment_sets_file"),
        target_simulator: top.choice("target_simulator"),
        reports: read_reports(&mut top, &run, node_set.as_ref()),
        inputs: read_inputs(&mut top, run.dt),
        connection_overrides: read_overrides(&mut top),
        metadata: read_scalars(&mut top, "metadata"),
        beta_features: read_beta_features(&mut top),
        run,
        node_set,
        warnings: Vec::new(),
    };
    top.finish();
    config
}

fn read_scalars(top: &mut Section<'_>, key: &'static str) -> Vec<(String, Scalar)> {
    let context = top.context;
    let read = |member: &Member| {
        let scalar = match &member.value.value {
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Text(text) => Scalar::Text(text.clone()),
            Value::Number(number) => number.integer.map_or(Scalar::Real(number.real), Scalar::Integer),
            Value::Null => return None,
            Value::List(_) | Value::Object(_) => {
                context.wrong_type(&member.key, "a boolean, a number or a string", &member.value);
                return None;
            }
        };
        Some((member.key.clone(), scalar))
    };
    top.members_of(key).iter().filter_map(read).collect()
}

fn read_beta_features(top: &mut Section<'_>) -> Vec<(String, Scalar)> {
    for member in top.members_of("beta_features") {
        if !BETA_FEATURES.contains(&member.key.as_str()) {
            let kind = ProblemKind::UnknownKey {
                key: member.key.clone(),
                section: "beta_features".into(),
                remedy: closest(&member.key, BETA_FEATURES).map(|name| format!("did you mean `{name}`?")),
            };
            top.context.error(member.key_span, kind);
        }
    }
    read_scalars(top, "beta_features")
}

/// A parsed file, to point at its keys after the reading.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text and its path.
    pub source: Source,
    /// The tree, with manifest variables replaced.
    pub root: Json,
}

impl Document {
    /// The value at a path of keys and array indices, such as `["conditions", "modifications", "0", "type"]`.
    #[must_use]
    pub fn value(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(&self.root, |json, step| child(json, step).map(|(_, value)| value))
    }

    /// The place to point at for a path: the value if it is a scalar, the key if it is a section. A path that is not in the file
    /// gives the place of its last part that is.
    #[must_use]
    pub fn span(&self, path: &[&str]) -> Span {
        let mut json = &self.root;
        let mut span = Span { offset: json.span.offset, length: 1 };
        for step in path {
            let Some((key_span, value)) = child(json, step) else { break };
            span = match value.value {
                Value::List(_) | Value::Object(_) => key_span,
                _ => value.span,
            };
            json = value;
        }
        span
    }

    /// An error that says what is impossible about values at a path, each of which is valid.
    #[must_use]
    pub fn impossible(&self, path: &[&str], what: &str, remedy: Option<&str>) -> Problem {
        let kind = ProblemKind::Impossible { what: what.into(), remedy: remedy.map(Into::into) };
        Problem::error(&self.source, self.span(path), kind)
    }

    /// An error that says that something valid at a path is not supported.
    #[must_use]
    pub fn refuse(&self, path: &[&str], what: &str, remedy: Option<&str>) -> Problem {
        let kind = ProblemKind::NotSupported { what: what.into(), remedy: remedy.map(Into::into) };
        Problem::error(&self.source, self.span(path), kind)
    }
}

fn child<'a>(json: &'a Json, step: &str) -> Option<(Span, &'a Json)> {
    match &json.value {
        Value::Object(members) => {
            let member = members.iter().find(|member| member.key == step)?;
            Some((member.key_span, &member.value))
        }
        Value::List(items) => {
            let item = items.get(step.parse::<usize>().ok()?)?;
            Some((Span { offset: item.span.offset, length: 1 }, item))
        }
        _ => None,
    }
}
