//! Corrections of cells that are coupled by gap junctions, as `beta_features` asks for them.
//!
//! [`correct`] changes the cells themselves, before anything is attached to them; [`clamp`] changes their junctions and
//! adds clamps, once all edges are connected and before any stimulus.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::CellModel;
use cell::model::{At, InstancePlace};
use sonata::circuit::EdgeType;
use sonata::corrections::Corrections;
use sonata::edges::EdgePopulation;
use systems::group::{CellPlan, PointProcess};

use super::synapses::description;
use super::{BuiltCell, CellProblem, Instance};
use crate::failure::Failure;
use crate::input::{GapJunctionCorrections, Input};
use crate::plan::Plan;

/// Channels that `deterministic_stoch` looks for, with neurodamus's slip for `StochKv`.
const SWITCHED: [&str; 3] = ["StochKv3", "StochKv2", "StochKv1"];

/// Resistance (megohm) of the clamps that find holding currents.
const CLAMP_RESISTANCE: f64 = 1e-7;

/// Duration (ms) of clamps: longer than any simulation.
const FOR_EVER: f64 = 9e9;

/// The corrections that are done, and the population that they concern: those of a population at which gap junctions
/// end.
///
/// # Errors
///
/// An edges file that cannot be read.
pub fn wanted<'a>(
    input: &'a Input,
    plan: &Plan,
) -> Result<Option<(&'a GapJunctionCorrections, usize)>, Failure> {
    let Some(corrections) = &input.corrections else { return Ok(None) };
    let Some((population, _)) = plan.population(&corrections.population) else { return Ok(None) };
    for edges in input.circuit.edges.iter().filter(|edges| edges.edge_type == EdgeType::Electrical) {
        let opened =
            EdgePopulation::open(&edges.file.value, &edges.name.value).map_err(Failure::bad_input)?;
        if opened.target_population() == corrections.population {
            return Ok(Some((corrections, population)));
        }
    }
    tracing::warn!(
        "`beta_features` has no effect: no gap junctions end at population `{}`",
        corrections.population
    );
    Ok(None)
}

/// Corrects the cells of a population.
///
/// # Errors
///
/// A file that cannot be read or lacks a segment, a cell without what is to be set.
pub fn correct(
    instances: &mut [Instance],
    corrections: &GapJunctionCorrections,
    population: usize,
) -> Result<(), Failure> {
    let mut changed = Shared::default();
    for instance in instances.iter_mut().filter(|instance| instance.spec.population == population) {
        instance.built = changed.cell(&instance.built, corrections);
    }
    let Some((file, iteration)) = &corrections.passive_conductances else { return Ok(()) };
    let name = &corrections.conductance_name;
    let conductances = Corrections::passive_conductances(file, name).map_err(Failure::bad_input)?;
    if conductances.is_absent() {
        tracing::warn!("{} has no passive conductances for `gjc` {name}", file.display());
    }
    for instance in instances.iter_mut().filter(|instance| instance.spec.population == population) {
        let values =
            conductances.of_segments(instance.spec.node_id, *iteration).map_err(Failure::bad_input)?;
        let Some(values) = values else { continue };
        let get = |segment: &str| values.get(segment).map_err(Failure::bad_input);
        let cell = set_passive_conductances(&instance.built, get)?.ok_or_else(|| {
            let what = "it has segments without `pas`, whose `g_pas` is to be set";
            let help = "insert `pas` everywhere, or leave out `load_g_pas_file`";
            Failure::bad_input(CellProblem::new(&instance.spec, &corrections.population, what, Some(help)))
        })?;
        instance.built = Arc::new(cell);
    }
    Ok(())
}

/// Cells and models that were changed already, by the address of what they were: equal cells stay shared.
#[derive(Default)]
struct Shared {
    cells: BTreeMap<usize, (Arc<BuiltCell>, Arc<BuiltCell>)>,
    models: BTreeMap<usize, (Arc<CellModel>, Arc<CellModel>)>,
}

impl Shared {
    fn cell(&mut self, cell: &Arc<BuiltCell>, corrections: &GapJunctionCorrections) -> Arc<BuiltCell> {
        let key = Arc::as_ptr(cell) as usize;
        if let Some((_, changed)) = self.cells.get(&key) {
            return Arc::clone(changed);
        }
        let is_in_cell = in_sections(&cell.model, cell.sections("all"));
        let (_, model) = self.models.entry(Arc::as_ptr(&cell.model) as usize).or_insert_with(|| {
            let mut model = CellModel::clone(&cell.model);
            change(&mut model, corrections, &is_in_cell);
            (Arc::clone(&cell.model), Arc::new(model))
        });
        let remains = |place: &InstancePlace| match place.at {
            At::Node(node) => !(corrections.removed.contains(&&*place.mechanism) && is_in_cell(node)),
            At::PointProcess(_) => true,
        };
        let mut changed = BuiltCell { model: Arc::clone(model), ..BuiltCell::clone(cell) };
        changed.calls.retain(|call| remains(&call.place));
        changed.pointers.retain(|pointer| remains(&pointer.place));
        let changed = Arc::new(changed);
        self.cells.insert(key, (Arc::clone(cell), Arc::clone(&changed)));
        changed
    }
}

/// Whether a node belongs to one of these sections.
fn in_sections(model: &CellModel, sections: &[u32]) -> impl Fn(u32) -> bool + use<> {
    let is_in: Vec<bool> = model.nodes.section.iter().map(|section| sections.contains(section)).collect();
    move |node| is_in.get(node as usize).copied().unwrap_or(false)
}

/// Switches stochastic channels off, and takes channels away.
fn change(model: &mut CellModel, corrections: &GapJunctionCorrections, is_in_cell: &impl Fn(u32) -> bool) {
    for mechanism in &mut model.mechanisms {
        let name = mechanism.description.name.as_str();
        if corrections.is_deterministic
            && SWITCHED.contains(&name)
            && let Some(column) = mechanism.description.variable("deterministic")
        {
            let values = mechanism.columns[column].iter_mut().zip(&mechanism.nodes);
            values.filter(|(_, node)| is_in_cell(**node)).for_each(|(value, _)| *value = 1.0);
        }
        if corrections.removed.contains(&name) {
            let stays: Vec<bool> = mechanism.nodes.iter().map(|&node| !is_in_cell(node)).collect();
            for column in &mut mechanism.columns {
                let mut stays = stays.iter();
                column.retain(|_| stays.next() == Some(&true));
            }
            let mut stays = stays.iter();
            mechanism.nodes.retain(|_| stays.next() == Some(&true));
        }
    }
    model.mechanisms.retain(|mechanism| !mechanism.nodes.is_empty());
}

/// The cell with the passive conductance (S/cm2) that each of its segments is given; `None` if a segment has no `pas`.
fn set_passive_conductances(
    cell: &BuiltCell,
    value: impl Fn(&str) -> Result<f64, Failure>,
) -> Result<Option<BuiltCell>, Failure> {
    let mut model = CellModel::clone(&cell.model);
    let CellModel { sections, mechanisms, .. } = &mut model;
    let passive = mechanisms.iter_mut().find(|mechanism| mechanism.description.name == "pas");
    let Some(passive) = passive else { return Ok(None) };
    let Some(column) = passive.description.variable("g") else { return Ok(None) };
    for &number in cell.sections("all") {
        let section = &sections[number as usize];
        for (index, node) in section.segments.iter().enumerate() {
            let x = (index as f64 + 0.5) / section.segments.len() as f64;
            let value = value(&format!("{}({})", section.name, hoc::general(x, 6)))?;
            let Ok(place) = passive.nodes.binary_search(node) else { return Ok(None) };
            passive.columns[column][place] = value;
        }
    }
    Ok(Some(BuiltCell { model: Arc::new(model), ..cell.clone() }))
}

/// A clamp whose current is recorded: the cell, and the clamp's index among its point processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clamp {
    /// The cell.
    pub gid: u64,
    /// Index of the point process.
    pub process: u32,
}

/// Corrects the gap junctions of a population's cells and clamps its cells; returns the clamps whose current is to be
/// recorded.
///
/// # Errors
///
/// A file that cannot be read, a cell without a soma.
pub fn clamp(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    corrections: &GapJunctionCorrections,
    population: usize,
) -> Result<Vec<Clamp>, Failure> {
    let own = || instances.iter().enumerate().filter(|(_, instance)| instance.spec.population == population);
    if let Some(conductance) = corrections.conductance {
        for (index, _) in own() {
            let junctions = cells[index].point_processes.iter_mut();
            for junction in junctions.filter(|point| point.description.name == super::synapses::GAP_JUNCTION)
            {
                *junction = junction.clone().with("g", conductance);
            }
        }
    }
    let name = &corrections.conductance_name;
    if let Some(file) = &corrections.holding_currents {
        let currents = Corrections::holding_currents(file, name).map_err(Failure::bad_input)?;
        if currents.is_absent() {
            tracing::warn!("{} has no holding currents for `gjc` {name}", file.display());
        }
        let electrode = description(&input.registry, "IClamp")?;
        for (index, instance) in own() {
            if let Some(current) = currents.value(instance.spec.node_id).map_err(Failure::bad_input)? {
                let node = soma(instance, &corrections.population)?;
                let source = PointProcess::new(&electrode, Some(node)).with("del", 0.0);
                cells[index].add_point_process(source.with("dur", FOR_EVER).with("amp", current));
            }
        }
    }
    let Some(file) = &corrections.clamp_voltages else { return Ok(Vec::new()) };
    let voltages = Corrections::clamp_voltages(file).map_err(Failure::bad_input)?;
    let electrode = description(&input.registry, "SEClamp")?;
    let mut clamps = Vec::new();
    for (index, instance) in own() {
        let Some(voltage) = voltages.value(instance.spec.node_id).map_err(Failure::bad_input)? else {
            continue;
        };
        let node = soma(instance, &corrections.population)?;
        let clamp = PointProcess::new(&electrode, Some(node)).with("dur1", FOR_EVER).with("amp1", voltage);
        let process = cells[index].add_point_process(clamp.with("rs", CLAMP_RESISTANCE)) as u32;
        clamps.push(Clamp { gid: instance.spec.gid, process });
    }
    Ok(clamps)
}

/// The middle of a cell's first soma section.
fn soma(instance: &Instance, population: &str) -> Result<u32, Failure> {
    let site = super::synapses::soma(instance).ok_or_else(|| {
        let help = "leave it out of the file, or correct its template";
        CellProblem::new(&instance.spec, population, "it has no soma to be clamped", Some(help))
    });
    Ok(site.map_err(Failure::bad_input)?.node)
}
