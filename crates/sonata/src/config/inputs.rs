//! The section `inputs`: stimuli.

use super::modules::{MODULES, Module, ModuleName, read_module};
use super::reader::{Bound, Section, choices};
use crate::diagnostics::{ProblemKind, Spanned};

choices! {
    /// How an input acts on a cell.
    InputType {
        /// Presynaptic spikes
        Spikes = "spikes",
        /// A potential outside the membrane
        ExtracellularStimulation = "extracellular_stimulation",
        /// A current
        CurrentClamp = "current_clamp",
        /// A clamped membrane potential
        VoltageClamp = "voltage_clamp",
        /// A conductance with a reversal potential
        Conductance = "conductance",
    }
}

/// What an input acts on.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The somata of a node set's cells; for an electric field, all their segments.
    NodeSet(Spanned<String>),
    /// The segments of a compartment set.
    CompartmentSet(Spanned<String>),
}

/// An entry of `inputs`.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The name (the key).
    pub name: Spanned<String>,
    /// How it acts; one that the module takes.
    pub input_type: InputType,
    /// Start, ms.
    pub delay: f64,
    /// Duration, ms.
    pub duration: f64,
    /// What it acts on.
    pub target: Target,
    /// The signal.
    pub module: Module,
    /// The current comes from an electrode, not through the membrane; default false.
    pub represents_physical_electrode: bool,
}

pub(super) fn read_inputs(top: &mut Section<'_>, simulation_dt: f64) -> Vec<Input> {
    let context = top.context;
    let mut inputs = Vec::new();
    for member in top.members_of("inputs") {
        let path = format!("inputs.{}", member.key);
        let mut section = context.section(path, member.key_span, &member.value);
        let name = Spanned { value: member.key.clone(), span: member.key_span };
        let Some(module_name) = section.required_choice::<ModuleName>("module") else {
            continue;
        };
        let input_type = read_input_type(&mut section, module_name);
        let delay = section.required_number("delay", Bound::NonNegative);
        let duration = section.required_number("duration", Bound::NonNegative);
        let target = read_target(&mut section);
        let represents_physical_electrode = read_electrode(&mut section, module_name);
        let module = read_module(&mut section, module_name, delay, duration, simulation_dt);
        if input_type == Some(InputType::Conductance) {
            warn_of_zero(&section, &module);
        }
        section.finish_with(|key| remedy_of(key, module_name));
        if let (Some(input_type), Some(target)) = (input_type, target) {
            inputs.push(Input {
                name,
                input_type,
                delay,
                duration,
                target,
                module,
                represents_physical_electrode,
            });
        }
    }
    inputs
}

/// Conductances are cut off at 0: what is left of a process that is nearly always below it is probably not what was meant.
fn warn_of_zero(section: &Section<'_>, module: &Module) {
    let (key, mean, deviation) = match *module {
        Module::OrnsteinUhlenbeck { mean, sigma, .. } => ("mean", mean, sigma),
        Module::RelativeOrnsteinUhlenbeck { mean_percent, sd_percent, .. } => {
            ("mean_percent", mean_percent, sd_percent)
        }
        _ => return,
    };
    if mean < 0.0 && -mean > 2.0 * deviation {
        let reason = "the conductance is 0 most of the time".into();
        section.context.warn(section.span_of(key), ProblemKind::Doubtful { key: key.into(), reason });
    }
}

fn read_input_type(section: &mut Section<'_>, module: ModuleName) -> Option<InputType> {
    let input_type: InputType = section.required_choice("input_type")?;
    let allowed = module.input_types();
    if allowed.contains(&input_type) {
        return Some(input_type);
    }
    let kind = ProblemKind::InputTypeMismatch {
        module: module.as_str(),
        input_type: input_type.as_str(),
        allowed: allowed.iter().map(|allowed| allowed.as_str()).collect(),
    };
    section.context.error(section.span_of("input_type"), kind);
    None
}

fn read_target(section: &mut Section<'_>) -> Option<Target> {
    let node_set = section.get("node_set").map(|member| member.key_span);
    let compartment_set = section.get("compartment_set").map(|member| member.key_span);
    let names = ("node_set", "compartment_set");
    match (node_set, compartment_set) {
        (Some(_), None) => section.text("node_set").map(Target::NodeSet),
        (None, Some(_)) => section.text("compartment_set").map(Target::CompartmentSet),
        (Some(span), Some(other)) => {
            let (first, second) = names;
            let path = section.path.clone();
            section.context.error(span.max(other), ProblemKind::Exclusive { first, second, section: path });
            None
        }
        (None, None) => {
            let (first, second) = names;
            let path = section.path.clone();
            section.context.error(section.label, ProblemKind::NeitherGiven { first, second, section: path });
            None
        }
    }
}

/// Programs write the key for all modules, also where there is no electrode.
fn read_electrode(section: &mut Section<'_>, module: ModuleName) -> bool {
    let electrode = section.flag("represents_physical_electrode").unwrap_or(false);
    if electrode && !module.has_electrode() {
        section.without_effect("represents_physical_electrode", "the module has no electrode of its own");
    }
    electrode
}

/// Says which modules know a key that this one does not.
fn remedy_of(key: &str, module: ModuleName) -> Option<String> {
    let others: Vec<String> = MODULES
        .iter()
        .filter(|(_, keys)| keys.contains(&key))
        .map(|(name, _)| format!("`{}`", name.as_str()))
        .collect();
    let what = format!("module `{}` does not have it", module.as_str());
    (!others.is_empty()).then(|| format!("{what}; it belongs to {}", others.join(", ")))
}
