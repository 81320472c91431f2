//! The section `connection_overrides`.

use super::conditions::unique_name;
use super::reader::{Bound, Section};
use crate::diagnostics::{Span, Spanned};
use crate::json::Value;

/// An entry of `connection_overrides`: what to change on the connections between two node sets.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionOverride {
    /// The name, unique in the list.
    pub name: Spanned<String>,
    /// The node set of presynaptic cells.
    pub source: Spanned<String>,
    /// The node set of postsynaptic cells.
    pub target: Spanned<String>,
    /// Factor of the synaptic weights; default 1.
    pub weight: f64,
    /// Time from which the weight applies, ms; default 0. With a delay all other keys are without effect.
    pub delay: f64,
    /// Rate of spontaneous miniature events, Hz.
    pub spont_minis: Option<f64>,
    /// HOC statements run on every synapse, which they call `%s`; kept as written.
    pub synapse_configure: Option<Spanned<String>>,
    /// The base name of the helper that makes the synapses.
    pub modoverride: Option<Spanned<String>>,
    /// Transmission delay in place of the synapses' own, ms.
    pub synapse_delay_override: Option<f64>,
    /// Decay time of neuromodulation, ms.
    pub neuromodulation_dtc: Option<f64>,
    /// Strength of neuromodulation, uM.
    pub neuromodulation_strength: Option<f64>,
}

pub(super) fn read_overrides(top: &mut Section<'_>) -> Vec<ConnectionOverride> {
    let context = top.context;
    let mut names = Vec::new();
    let mut overrides = Vec::new();
    for (index, item) in top.list("connection_overrides").iter().enumerate() {
        let label = Span { offset: item.span.offset, length: 1 };
        let mut entry = context.section(format!("connection_overrides[{index}]"), label, item);
        if !matches!(item.value, Value::Object(_)) {
            continue;
        }
        let name = entry.required_text("name");
        unique_name(&entry, &mut names, &name, "connection_overrides", item);
        overrides.push(ConnectionOverride {
            name,
            source: entry.required_text("source"),
            target: entry.required_text("target"),
            weight: entry.number("weight", Bound::Any).unwrap_or(1.0),
            delay: entry.number("delay", Bound::NonNegative).unwrap_or(0.0),
            spont_minis: entry.number("spont_minis", Bound::NonNegative),
            synapse_configure: entry.text("synapse_configure"),
            modoverride: entry.text("modoverride"),
            synapse_delay_override: entry.number("synapse_delay_override", Bound::NonNegative),
            neuromodulation_dtc: entry.number("neuromodulation_dtc", Bound::NonNegative),
            neuromodulation_strength: entry.number("neuromodulation_strength", Bound::NonNegative),
        });
        entry.finish();
    }
    overrides
}
