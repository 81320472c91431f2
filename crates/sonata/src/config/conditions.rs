//! The section `conditions`: the state of the tissue and manipulations of its cells.

use super::reader::{Bound, Section, choices};
use crate::diagnostics::{Problem, ProblemKind, Span, Spanned};
use crate::json::{Json, Value};

choices! {
    /// Where the membrane potential is watched for spikes.
    SpikeLocation {
        /// `soma[0](1)`
        Soma = "soma",
        /// `axon[1](0.5)`
        Ais = "AIS",
    }
}

/// `conditions`
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// Temperature, degrees Celsius; default 34.
    pub celsius: f64,
    /// Initial membrane potential, mV; default -80.
    pub v_init: f64,
    /// Default: the soma.
    pub spike_location: SpikeLocation,
    /// Extracellular calcium, mM; scales the release probability of synapses if given.
    pub extracellular_calcium: Option<f64>,
    /// Draw the rise times of GABA-A synapses; default false.
    pub randomize_gaba_rise_time: bool,
    /// Global variables of mechanisms, in the order of the file.
    pub mechanisms: Vec<MechanismGlobal>,
    /// Manipulations, applied in the order of the file.
    pub modifications: Vec<Modification>,
}

/// A global variable of a mechanism: `<variable>_<mechanism>` in NEURON.
#[derive(Debug, Clone, PartialEq)]
pub struct MechanismGlobal {
    /// The mechanism's name (SUFFIX or POINT_PROCESS).
    pub mechanism: String,
    /// The variable.
    pub variable: String,
    /// The value; booleans are 0 and 1.
    pub value: f64,
    /// The place of the variable's name.
    pub span: Span,
}

/// An entry of `conditions.modifications`.
#[derive(Debug, Clone, PartialEq)]
pub struct Modification {
    /// The name, unique in the list.
    pub name: Spanned<String>,
    /// What it does.
    pub kind: ModificationKind,
}

/// What a modification does, and where. Statements are kept as they are written.
#[derive(Debug, Clone, PartialEq)]
pub enum ModificationKind {
    /// Blocks sodium channels.
    Ttx {
        /// The cells
        node_set: Spanned<String>,
    },
    /// Runs statements on every section, which they call `%s`.
    ConfigureAllSections {
        /// The cells
        node_set: Spanned<String>,
        /// The statements
        section_configure: Spanned<String>,
    },
    /// Assigns on the sections of one list (`apical.gbar = 0`).
    SectionList {
        /// The cells
        node_set: Spanned<String>,
        /// The statements
        section_configure: Spanned<String>,
    },
    /// Assigns on one section (`apic[10].gbar = 0`).
    Section {
        /// The cells
        node_set: Spanned<String>,
        /// The statements
        section_configure: Spanned<String>,
    },
    /// Assigns on the segments of a compartment set (`gbar = 0`).
    CompartmentSet {
        /// The compartments
        compartment_set: Spanned<String>,
        /// The statements
        section_configure: Spanned<String>,
    },
}

choices! {
    /// The types of modifications as they are written.
    ModificationType {
        /// Block sodium channels
        Ttx = "ttx",
        /// All sections
        ConfigureAllSections = "configure_all_sections",
        /// One section list
        SectionList = "section_list",
        /// One section
        Section = "section",
        /// Compartments
        CompartmentSet = "compartment_set",
    }
}

impl ModificationKind {
    /// The type.
    #[must_use]
    pub fn modification_type(&self) -> ModificationType {
        match self {
            Self::Ttx { .. } => ModificationType::Ttx,
            Self::ConfigureAllSections { .. } => ModificationType::ConfigureAllSections,
            Self::SectionList { .. } => ModificationType::SectionList,
            Self::Section { .. } => ModificationType::Section,
            Self::CompartmentSet { .. } => ModificationType::CompartmentSet,
        }
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            celsius: 34.0,
            v_init: -80.0,
            spike_location: SpikeLocation::Soma,
            extracellular_calcium: None,
            randomize_gaba_rise_time: false,
            mechanisms: Vec::new(),
            modifications: Vec::new(),
        }
    }
}

impl Conditions {
    pub(super) fn read(section: Option<Section<'_>>) -> Self {
        let default = Self::default();
        let Some(mut section) = section else {
            return default;
        };
        let conditions = Self {
            celsius: section.number("celsius", Bound::Any).unwrap_or(default.celsius),
            v_init: section.number("v_init", Bound::Any).unwrap_or(default.v_init),
            spike_location: section.choice("spike_location").unwrap_or(default.spike_location),
            extracellular_calcium: section.number("extracellular_calcium", Bound::NonNegative),
            randomize_gaba_rise_time: section.flag("randomize_gaba_rise_time").unwrap_or(false),
            mechanisms: read_mechanisms(&mut section),
            modifications: read_modifications(&mut section),
        };
        warn_of_other_calcium(&section, &conditions);
        section.finish();
        conditions
    }
}

fn read_mechanisms(section: &mut Section<'_>) -> Vec<MechanismGlobal> {
    let context = section.context;
    let mut globals = Vec::new();
    for mechanism in section.members_of("mechanisms") {
        for variable in context.members(&mechanism.key, &mechanism.value) {
            let value = match &variable.value.value {
                Value::Bool(value) => f64::from(u8::from(*value)),
                _ => match context.number(&variable.key, &variable.value, Bound::Any) {
                    Some(value) => value,
                    None => continue,
                },
            };
            globals.push(MechanismGlobal {
                mechanism: mechanism.key.clone(),
                variable: variable.key.clone(),
                value,
                span: variable.key_span,
            });
        }
    }
    globals
}

/// GluSynapse has its own calcium, which should be the tissue's.
fn warn_of_other_calcium(section: &Section<'_>, conditions: &Conditions) {
    let Some(calcium) = conditions.extracellular_calcium else {
        return;
    };
    for global in &conditions.mechanisms {
        if global.variable.contains("cao_CR") && global.value != calcium {
            let kind = ProblemKind::Doubtful {
                key: format!("{}_{}", global.variable, global.mechanism),
                reason: format!("it is {}, but `extracellular_calcium` is {calcium}", global.value),
            };
            section.context.warn(global.span, kind);
        }
    }
}

fn read_modifications(section: &mut Section<'_>) -> Vec<Modification> {
    let context = section.context;
    let mut names: Vec<Spanned<String>> = Vec::new();
    let mut modifications = Vec::new();
    for (index, item) in section.list("modifications").iter().enumerate() {
        let label = Span { offset: item.span.offset, length: 1 };
        let mut entry = context.section(format!("conditions.modifications[{index}]"), label, item);
        if !matches!(item.value, Value::Object(_)) {
            continue;
        }
        let name = entry.required_text("name");
        unique_name(&entry, &mut names, &name, "conditions.modifications", item);
        let Some(kind) = entry.required_choice("type") else {
            continue;
        };
        let kind = read_modification(&mut entry, kind);
        entry.finish();
        modifications.push(Modification { name, kind });
    }
    modifications
}

fn read_modification(entry: &mut Section<'_>, kind: ModificationType) -> ModificationKind {
    if kind != ModificationType::CompartmentSet {
        entry.without_effect("compartment_set", "the node set says which cells are meant");
    }
    match kind {
        ModificationType::Ttx => {
            entry.without_effect("section_configure", "a `ttx` modification blocks sodium channels only");
            ModificationKind::Ttx { node_set: entry.required_text("node_set") }
        }
        ModificationType::ConfigureAllSections => ModificationKind::ConfigureAllSections {
            node_set: entry.required_text("node_set"),
            section_configure: entry.required_text("section_configure"),
        },
        ModificationType::SectionList => ModificationKind::SectionList {
            node_set: entry.required_text("node_set"),
            section_configure: entry.required_text("section_configure"),
        },
        ModificationType::Section => ModificationKind::Section {
            node_set: entry.required_text("node_set"),
            section_configure: entry.required_text("section_configure"),
        },
        ModificationType::CompartmentSet => {
            entry.without_effect("node_set", "the compartment set says which cells are meant");
            ModificationKind::CompartmentSet {
                compartment_set: entry.required_text("compartment_set"),
                section_configure: entry.required_text("section_configure"),
            }
        }
    }
}

/// Reports a name that an earlier entry of a list has.
pub(super) fn unique_name(
    entry: &Section<'_>,
    names: &mut Vec<Spanned<String>>,
    name: &Spanned<String>,
    list: &str,
    item: &Json,
) {
    if name.span == (Span { offset: item.span.offset, length: 1 }) {
        return;
    }
    if let Some(first) = names.iter().find(|first| first.value == name.value) {
        let kind = ProblemKind::DuplicateName { name: name.value.clone(), list: list.into() };
        let problem = Problem::error(&entry.context.source, name.span, kind);
        entry.context.report(problem.with_related(first.span, "first given here"));
    }
    names.push(name.clone());
}
