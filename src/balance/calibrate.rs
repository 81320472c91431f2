//! What mechanisms cost on this machine: each is put into a cable alone, whose time steps are measured.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::{Catalogue, Cell, CellModel, Selection};
use nmodl::{Description, Kind};
use systems::Registry;
use systems::group::{CellPlan, GroupOptions, PointProcess, build};
use systems::schedule::{Timing, Timings};

use super::costs::Costs;

/// Compartments of the cable, and instances of the mechanism.
const SEGMENTS: usize = 100;

/// Time steps of one measurement.
const STEPS: u64 = 200;

/// Measurements of each mechanism, of which the fastest counts: others were disturbed.
const REPETITIONS: usize = 3;

/// What an instance of `hh` costs.
const COST_OF_HH: f64 = 5.0;

/// Measures all mechanisms of a registry. Those that cannot run alone, as they wait for pointers or random streams, get
/// the mean of the others of their kind.
///
/// # Errors
///
/// Mechanisms that cannot be one catalogue.
pub fn calibrate(registry: &Registry, options: &GroupOptions) -> Result<Costs, cell::Error> {
    let catalogue = Arc::new(registry.catalogue()?);
    let bench = Bench { registry, options, catalogue };
    let Some(bare) = bench.nanoseconds(None)? else { return Ok(Costs::default()) };
    let mut measured: BTreeMap<String, (Kind, Option<f64>)> = BTreeMap::new();
    for description in registry.descriptions().filter(|description| description.kind != Kind::ArtificialCell)
    {
        let time = bench.nanoseconds(Some(description))?;
        measured.insert(description.name.clone(), (description.kind, time));
    }
    let mean = |wanted: Kind| {
        let of_kind = measured.values().filter(|(kind, _)| *kind == wanted);
        let times: Vec<f64> = of_kind.filter_map(|(_, time)| *time).collect();
        times.iter().sum::<f64>() / times.len().max(1) as f64
    };
    let (density, point) = (mean(Kind::Density), mean(Kind::PointProcess));
    let unit = measured.get("hh").and_then(|(_, time)| *time).filter(|time| *time > 0.0).unwrap_or(1.0);
    let cost = |nanoseconds: f64| COST_OF_HH * nanoseconds / unit;
    let mechanisms = measured.iter().map(|(name, &(kind, time))| {
        let usual = if kind == Kind::Density { density } else { point };
        (name.clone(), cost(time.unwrap_or(usual)))
    });
    Ok(Costs {
        zero_area_node: cost(bare),
        capacitance: cost(bare),
        overhead: 0.0,
        mechanisms: mechanisms.collect(),
        ions: BTreeMap::new(),
    })
}

/// The costs that the times of a run's systems say: for the mechanisms that it had. Point processes cost their events as
/// well.
pub fn of_timings(timings: &BTreeMap<String, Timing>, registry: &Registry) -> Costs {
    let mut costs = Costs::default();
    let mut events = 0.0;
    for (name, timing) in timings.iter().filter(|(_, timing)| timing.items > 0) {
        let each = timing.total.as_nanos() as f64 / timing.items as f64;
        match name.split_once(':') {
            Some(("deliver", _)) => events += each,
            Some(("solve" | "update", _)) => costs.capacitance += each,
            Some(("current", "clear" | "capacitance" | "axial")) => costs.capacitance += each,
            Some((_, mechanism)) => *costs.mechanisms.entry(mechanism.to_owned()).or_default() += each,
            None => {}
        }
    }
    let receives = |name: &str| {
        let known = registry.get(name).map(|mechanism| mechanism.description());
        known.is_some_and(|description| {
            description.kind == Kind::PointProcess && description.event_arguments.is_some()
        })
    };
    for (_, cost) in costs.mechanisms.iter_mut().filter(|(name, _)| receives(name)) {
        *cost += events;
    }
    costs.zero_area_node = costs.capacitance;
    costs
}

/// Where mechanisms are measured.
struct Bench<'a> {
    registry: &'a Registry,
    options: &'a GroupOptions,
    catalogue: Arc<Catalogue>,
}

impl Bench<'_> {
    /// The time (ns) that an instance takes in a step, or a compartment without mechanisms; `None` if it does not run.
    fn nanoseconds(&self, mechanism: Option<&Arc<Description>>) -> Result<Option<f64>, cell::Error> {
        let cable = self.cable(mechanism)?;
        let mut best: Option<f64> = None;
        for _ in 0..REPETITIONS {
            let Some(timings) = self.run(&cable) else { return Ok(None) };
            let own = |name: &str| {
                let of = name.split_once(':').map(|(_, of)| of);
                mechanism.is_none_or(|mechanism| of == Some(mechanism.name.as_str()))
            };
            let total: f64 = timings
                .iter()
                .filter(|(name, timing)| own(name) && timing.runs > 0)
                .map(|(_, timing)| timing.total.as_nanos() as f64 / timing.runs as f64)
                .sum();
            let each = total / SEGMENTS as f64;
            best = Some(best.map_or(each, |best| best.min(each)));
        }
        Ok(best)
    }

    /// A cable of one section with the mechanism in each compartment.
    fn cable(&self, mechanism: Option<&Arc<Description>>) -> Result<CellPlan, cell::Error> {
        let mut cell = Cell::new(Arc::clone(&self.catalogue));
        let section = cell.create_section(None, "cable");
        cell.set_length(section, 10.0 * SEGMENTS as f64)?;
        cell.set_nseg(section, SEGMENTS as i64)?;
        let density = mechanism.filter(|description| description.kind == Kind::Density);
        if let Some(description) = density {
            cell.insert(section, &description.name)?;
        }
        let model: CellModel = cell.to_model(&Selection::All, &[])?;
        let nodes = model.sections[0].segments.clone();
        let mut plan = CellPlan::new("", 0, 0, Arc::new(model));
        if let Some(description) = mechanism.filter(|description| description.kind == Kind::PointProcess) {
            plan.point_processes =
                nodes.iter().map(|&node| PointProcess::new(description, Some(node))).collect();
        }
        Ok(plan)
    }

    /// The times of all systems in some time steps; `None` if a kernel fails.
    fn run(&self, cable: &CellPlan) -> Option<BTreeMap<String, Timing>> {
        let timings = Timings::default();
        let mut group = build(std::slice::from_ref(cable), self.registry, self.options, &[]).ok()?;
        group.execute(Some(timings.clone()), false);
        group.initialize();
        group.advance(STEPS);
        if group.failure().is_some() {
            return None;
        }
        drop(group);
        Some(timings.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mechanism_gets_a_cost() {
        let registry = Registry::with_built_ins();
        let costs = calibrate(&registry, &GroupOptions::default()).expect("a catalogue");
        assert!((costs.mechanisms["hh"] - COST_OF_HH).abs() < 1e-9);
        assert!(costs.capacitance > 0.0);
        for description in registry.descriptions().filter(|known| known.kind != Kind::ArtificialCell) {
            let cost = costs.mechanisms[&description.name];
            assert!(cost.is_finite() && cost >= 0.0, "{} costs {cost}", description.name);
        }
        assert!(costs.mechanisms["pas"] < costs.mechanisms["hh"]);
    }

    #[test]
    fn a_profile_says_costs_per_instance() {
        let timing = |nanoseconds: u64, items| Timing {
            runs: 1,
            total: std::time::Duration::from_nanos(nanoseconds),
            items,
        };
        let timings = BTreeMap::from([
            ("current:hh".to_owned(), timing(300, 100)),
            ("state:hh".to_owned(), timing(700, 100)),
            ("solve:hines".to_owned(), timing(400, 200)),
            ("current:axial".to_owned(), timing(200, 200)),
            ("current:ExpSyn".to_owned(), timing(400, 200)),
            ("current:IClamp".to_owned(), timing(30, 10)),
            ("deliver:start".to_owned(), timing(1000, 200)),
            ("deliver:end".to_owned(), timing(100, 200)),
            ("advance:groups".to_owned(), timing(1000, 0)),
        ]);
        let costs = of_timings(&timings, &Registry::with_built_ins());
        let expected = [("ExpSyn", 7.5), ("IClamp", 3.0), ("hh", 10.0)];
        assert_eq!(costs.mechanisms, expected.map(|(name, cost)| (name.to_owned(), cost)).into());
        assert_eq!(costs.capacitance, 3.0);
    }
}
