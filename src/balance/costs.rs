//! What a time step costs: for an instance of each mechanism, and for a cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use nmodl::Kind;
use sonata::circuit::ConnectionKind;
use systems::Registry;
use systems::group::CellPlan;

use super::error::PlanningFileProblem;
use crate::build::GAP_JUNCTION;

/// Bit of an ion's style that asks for a new reversal potential in every step.
const NERNST: u32 = 64;

/// What parts of cells cost in a time step, in the unit in which an instance of `hh` costs 5, as in NEURON's
/// `mcomplex.dat`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// A node without membrane.
    pub zero_area_node: f64,
    /// A compartment without mechanisms.
    pub capacitance: f64,
    /// A time step by itself.
    pub overhead: f64,
    /// An instance of each mechanism.
    pub mechanisms: BTreeMap<String, f64>,
    /// An ion (such as `na_ion`) whose reversal potential follows its concentrations.
    pub ions: BTreeMap<String, f64>,
}

impl Costs {
    /// Reads `mcomplex.dat`: in every line a number and a name.
    ///
    /// # Errors
    ///
    /// A text of another form.
    pub fn parse(text: &str, file: &Path) -> Result<Self, PlanningFileProblem> {
        let mut costs = Self::default();
        let mut is_after_overhead = false;
        for (number, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let cost = words.first().and_then(|word| word.parse::<f64>().ok());
            let cost = cost.filter(|cost| cost.is_finite() && *cost >= 0.0);
            let (Some(cost), [_, name]) = (cost, words.as_slice()) else {
                let what = "here should be a number that is not negative, and the name of a mechanism";
                let help = "delete the file: mechanisms are then measured";
                return Err(PlanningFileProblem::in_line(file, number + 1, what, help));
            };
            match *name {
                "zero_area_node" => costs.zero_area_node = cost,
                "capacitance" => costs.capacitance = cost,
                "overhead" => (costs.overhead, is_after_overhead) = (cost, true),
                name if is_after_overhead => drop(costs.ions.insert(name.to_owned(), cost)),
                name => drop(costs.mechanisms.insert(name.to_owned(), cost)),
            }
        }
        Ok(costs)
    }

    /// The text of `mcomplex.dat`, with the mechanisms in NEURON's order: density mechanisms, point processes.
    pub fn format(&self, registry: &Registry) -> String {
        let mut text = String::new();
        let mut line = |cost: f64, name: &str| {
            let _ = writeln!(text, "{} {name}", hoc::general(cost, 6));
        };
        line(self.zero_area_node, "zero_area_node");
        line(self.capacitance, "capacitance");
        for kind in [Kind::Density, Kind::PointProcess] {
            for description in registry.descriptions().filter(|description| description.kind == kind) {
                let name = description.name.as_str();
                line(self.mechanisms.get(name).copied().unwrap_or(0.0), name);
            }
        }
        line(self.overhead, "overhead");
        for (name, &cost) in &self.ions {
            line(cost, name);
        }
        text
    }

    /// What a cell costs with the point processes and synapses that it has so far.
    pub fn of_cell(&self, cell: &CellPlan) -> f64 {
        let model = &cell.model;
        let segments = model.nodes.is_segment.iter().filter(|is_segment| **is_segment).count();
        let others = model.nodes.is_segment.len() - segments;
        let of = |name: &str| self.mechanisms.get(name).copied().unwrap_or(0.0);
        let density = model.mechanisms.iter().map(|own| own.nodes.len() as f64 * of(&own.description.name));
        let ions = model.ions.iter().map(|ion| {
            let changing = ion.style.iter().filter(|style| **style & NERNST != 0).count();
            changing as f64 * self.ions.get(&format!("{}_ion", ion.name)).copied().unwrap_or(0.0)
        });
        let points = cell.point_process_descriptions().map(|description| of(&description.name));
        segments as f64 * self.capacitance
            + others as f64 * self.zero_area_node
            + density.sum::<f64>()
            + ions.sum::<f64>()
            + points.sum::<f64>()
    }

    /// What a synapse costs; of those that can be of several mechanisms the mean.
    pub fn of_synapse(&self, kind: ConnectionKind) -> f64 {
        let names: &[&str] = match kind {
            ConnectionKind::Synaptic => &["ProbAMPANMDA_EMS", "ProbGABAAB_EMS"],
            ConnectionKind::GapJunction => &[GAP_JUNCTION],
            ConnectionKind::Exp2Syn => &["Exp2Syn"],
            _ => &[],
        };
        let known: Vec<f64> = names.iter().filter_map(|name| self.mechanisms.get(*name)).copied().collect();
        if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and last lines of what NEURON writes.
    const OF_NEURON: &str = "1.2 zero_area_node\n2.4 capacitance\n1.9 pas\n0 extracellular\n0 na_ion\n0.5 k_ion\n5 hh\n\
                             7 ExpSyn\n310 overhead\n3 na_ion\n4 k_ion\n";

    #[test]
    fn reads_what_neuron_writes() {
        let costs = Costs::parse(OF_NEURON, Path::new("mcomplex.dat")).expect("it is right");
        assert_eq!((costs.zero_area_node, costs.capacitance, costs.overhead), (1.2, 2.4, 310.0));
        assert_eq!(costs.mechanisms["hh"], 5.0);
        assert_eq!(costs.mechanisms["k_ion"], 0.5);
        assert_eq!(costs.ions, BTreeMap::from([("k_ion".into(), 4.0), ("na_ion".into(), 3.0)]));
    }

    #[test]
    fn reads_what_it_writes() {
        let registry = Registry::with_built_ins();
        let mut costs = Costs { capacitance: 1.25, overhead: 20.0, ..Costs::default() };
        for (number, name) in registry.names().enumerate() {
            if registry.get(name).is_some_and(|known| known.description().kind != Kind::ArtificialCell) {
                costs.mechanisms.insert(name.to_owned(), number as f64 * 0.5);
            }
        }
        costs.ions.insert("ca_ion".into(), 2.0);
        let text = costs.format(&registry);
        assert_eq!(Costs::parse(&text, Path::new("mcomplex.dat")).expect("it is right"), costs);
    }

    #[test]
    fn damaged_files_are_named() {
        for text in ["5 hh\nhh 5\n", "5\n", "-1 hh\n", "inf hh\n", "5 hh pas\n"] {
            let problem = Costs::parse(text, Path::new("mcomplex.dat")).expect_err("it is damaged");
            assert!(problem.to_string().starts_with("`mcomplex.dat`, line "), "{problem}");
        }
    }
}
