//! One cell: a template instantiated on a morphology, and what the front end needs to know of it.

use std::sync::Arc;

use cell::CellModel;
use cell::model::{Call, Pointer};
use hoc::{FinishedCell, Interpreter, ObjectRef, Value};
use sonata::config::SpikeLocation;

use super::CellProblem;
use super::modifications::{Applied, Modifications, Sections};
use crate::failure::Failure;
use crate::plan::{CellSpec, Population};

/// The order in which section ids count through the kinds of sections, and the lists that hold each kind.
pub const SECTION_KINDS: [(&str, &str); 7] = [
    ("soma", "somatic"),
    ("axon", "axonal"),
    ("dend", "basal"),
    ("apic", "apical"),
    ("ais", "AIS"),
    ("node", "nodal"),
    ("myelin", "myelinated"),
];

/// A finished cell, and what the front end needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct BuiltCell {
    /// Its model.
    pub model: Arc<CellModel>,
    /// Functions of its mechanisms that its template calls.
    pub calls: Vec<Call>,
    /// Pointers of its mechanisms that its template sets.
    pub pointers: Vec<Pointer>,
    /// Section that each synapse section id stands for; `None` for one that the template removed.
    pub section_by_id: Vec<Option<u32>>,
    /// Element id that reports give to each section of the model.
    pub element_ids: Vec<u32>,
    /// Of a point neuron: which of the model's artificial cells it is.
    pub point_cell: Option<u32>,
    /// Number of sections that the axon had before the template replaced it; `None` where the template does not say.
    pub axon_count: Option<usize>,
    /// To how many sections or segments each of its modifications was applied, in their order.
    pub applications: Vec<u64>,
}

impl BuiltCell {
    /// The sections of one of the cell's lists, such as `somatic`; empty where it has none of that name.
    pub fn sections(&self, list: &str) -> &[u32] {
        let found = self.model.section_lists.iter().find(|(name, _)| name == list);
        found.map(|(_, sections)| sections.as_slice()).unwrap_or_default()
    }

    /// The section that compartment sets call by this id; `None` if the cell has none, or has it no more.
    pub fn section_of_element(&self, id: u64) -> Option<u32> {
        section_of_element(id, self.axon_count, |list| self.sections(list).to_vec())
    }

    /// The node whose voltage makes the cell spike.
    pub fn spike_node(&self, location: SpikeLocation, spec: &CellSpec) -> Result<u32, Failure> {
        let (list, index, x) = match location {
            SpikeLocation::Soma => ("soma", 0, 1.0),
            SpikeLocation::Ais => ("axon", 1, 0.5),
        };
        let section = self.sections(list).get(index).ok_or_else(|| {
            let what = format!("it has no section `{list}[{index}]`, where its spikes are detected");
            Failure::bad_input(CellProblem::new(spec, "", what, Some("change `conditions.spike_location`")))
        })?;
        Ok(self.model.sections[*section as usize].node(x))
    }
}

/// What a template makes public of a cell.
#[derive(Clone, Debug, Default)]
pub struct PublicValues {
    /// The template of the object that has the sections, which the cell's template may have made.
    pub template: String,
    /// Its public numbers and strings, by their names.
    pub values: Vec<(String, Value)>,
}

impl PublicValues {
    /// Instantiates a template that was loaded, and asks the object.
    ///
    /// # Errors
    ///
    /// A template that fails.
    pub fn of(
        interpreter: &mut Interpreter,
        spec: &CellSpec,
        population: &Population,
        arguments: Vec<Value>,
        ionchannel_seed: u32,
    ) -> Result<Self, Failure> {
        let object = instantiate(interpreter, spec, population, arguments, ionchannel_seed)?;
        let inner = interpreter.object_of(&object, "CellRef").unwrap_or(object);
        Ok(Self { template: interpreter.template_of(&inner), values: interpreter.public_values(&inner) })
    }
}

/// Instantiates a template that was loaded, and modifies the cell.
///
/// # Errors
///
/// A template that fails, a modification that cannot be applied.
pub fn construct(
    interpreter: &mut Interpreter,
    spec: &CellSpec,
    population: &Population,
    arguments: Vec<Value>,
    ionchannel_seed: u32,
    (modifications, applied): (&Modifications, &[Applied]),
) -> Result<BuiltCell, Failure> {
    let in_cell = |error: hoc::Error| Failure::bad_input(InCell::new(spec, &population.name, error));
    let object = instantiate(interpreter, spec, population, arguments, ionchannel_seed)?;
    let inner = interpreter.object_of(&object, "CellRef").unwrap_or_else(|| object.clone());
    let number =
        |name: &str| interpreter.number_of(&inner, name).or_else(|| interpreter.number_of(&object, name));
    let point_cell =
        if population.is_point { Some(point_cell(interpreter, &inner, spec, population)?) } else { None };
    let section_count = number("nSecAll");
    let axon_count = number("nSecAxonalOrig").filter(|count| *count > 0.0).map(|count| count as usize);
    let all = interpreter.section_list(&inner, "all").or_else(|| interpreter.section_list(&object, "all"));
    let mut markers = Vec::new();
    for section in all.unwrap_or_default() {
        markers.push(interpreter.cell_mut().range_value(section, "v", 0.0001).map_err(Failure::bad_input)?);
    }
    let list = |name: &str| {
        let sections = interpreter.section_list(&inner, name);
        sections.or_else(|| interpreter.section_list(&object, name)).unwrap_or_default()
    };
    let sections = Sections::new(list, axon_count);
    let applications = modifications.apply(applied, interpreter.cell_mut(), &sections, (spec, population))?;
    let FinishedCell { model, calls, pointers } = interpreter.finish(&object).map_err(in_cell)?;
    for message in interpreter.take_messages().lines() {
        tracing::debug!("{} node {}: {message}", population.name, spec.node_id);
    }
    if interpreter.has_procedure(&object, "clear") {
        interpreter.call(&object, "clear", Vec::new()).map_err(in_cell)?;
    }
    interpreter.drop_object(inner);
    interpreter.drop_object(object);
    let all = model.section_lists.iter().find(|(name, _)| name == "all").map(|(_, list)| list.as_slice());
    let all: Vec<u32> = match all {
        Some(all) => all.to_vec(),
        None => (0..model.sections.len() as u32).collect(),
    };
    let section_by_id = sections_by_id(&all, &markers, section_count);
    let element_ids = element_ids(&model, axon_count);
    Ok(BuiltCell {
        model: Arc::new(model),
        calls,
        pointers,
        section_by_id,
        element_ids,
        point_cell,
        axon_count,
        applications,
    })
}

/// An object of a cell's template, with its random streams.
fn instantiate(
    interpreter: &mut Interpreter,
    spec: &CellSpec,
    population: &Population,
    arguments: Vec<Value>,
    ionchannel_seed: u32,
) -> Result<ObjectRef, Failure> {
    let in_cell = |error: hoc::Error| Failure::bad_input(InCell::new(spec, &population.name, error));
    let object = interpreter.construct(&spec.template, arguments).map_err(in_cell)?;
    if interpreter.has_procedure(&object, "re_init_rng") {
        let seed = Value::from(f64::from(ionchannel_seed));
        interpreter.call(&object, "re_init_rng", vec![seed]).map_err(in_cell)?;
    }
    Ok(object)
}

/// Which of its artificial cells a point neuron is: its template names it `pointcell`.
fn point_cell(
    interpreter: &Interpreter,
    object: &ObjectRef,
    spec: &CellSpec,
    population: &Population,
) -> Result<u32, Failure> {
    interpreter.artificial_cell_of(object, "pointcell").ok_or_else(|| {
        let what = "its template has no artificial cell `pointcell`";
        let help = "make it public and let it be, for example, `new IntFire1()`";
        Failure::bad_input(CellProblem::new(spec, &population.name, what, Some(help)))
    })
}

/// Section that each synapse section id stands for. Templates that count their sections mark each with its id in
/// `v(0.0001)` before they replace the axon, whose new sections get marks of the old ones; of several with one mark the
/// last counts. Without marks the ids are places in the list of all sections.
fn sections_by_id(all: &[u32], markers: &[f64], section_count: Option<f64>) -> Vec<Option<u32>> {
    // A section without mark has the resting potential
    let is_mark = |marker: &f64| *marker >= 0.0;
    if !markers.iter().any(is_mark) {
        return all.iter().map(|&section| Some(section)).collect();
    }
    let count = section_count.filter(|count| *count >= 0.0).map_or(all.len(), |count| count as usize);
    let mut sections = vec![None; count];
    for (&section, marker) in all.iter().zip(markers).filter(|(_, marker)| is_mark(marker)) {
        if let Some(place) = sections.get_mut(*marker as usize) {
            *place = Some(section);
        }
    }
    sections
}

/// Element ids of sections: they count through somatic, axonal, basal, apical, AIS, nodal and myelinated sections;
/// the axon counts with the sections it had before it was replaced.
fn element_ids(model: &CellModel, axon_count: Option<usize>) -> Vec<u32> {
    let mut ids = vec![0; model.sections.len()];
    let mut next = 0;
    for (kind, list) in SECTION_KINDS {
        let find = |wanted: &str| model.section_lists.iter().find(|(name, _)| name == wanted);
        let Some((_, sections)) = find(list).or_else(|| find(kind)) else { continue };
        for (place, &section) in sections.iter().enumerate() {
            ids[section as usize] = next + place as u32;
        }
        let original = axon_count.filter(|_| kind == "axon");
        next += original.unwrap_or(sections.len()) as u32;
    }
    ids
}

/// The section of an element id, among the sections of each list: [`element_ids`] the other way round. Ids of axon
/// sections that were removed have none.
pub fn section_of_element<S: Copy>(
    id: u64,
    axon_count: Option<usize>,
    sections: impl Fn(&str) -> Vec<S>,
) -> Option<S> {
    let mut place = usize::try_from(id).ok()?;
    for (kind, list) in SECTION_KINDS {
        let listed = sections(list);
        let present = if listed.is_empty() { sections(kind) } else { listed };
        let count = axon_count.filter(|_| kind == "axon").unwrap_or(present.len());
        if place < count {
            return present.get(place).copied();
        }
        place -= count;
    }
    None
}

/// A failing template, with the cell for which it failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{population} node {node_id} (template `{template}`, morphology `{morphology}`) cannot be built")]
struct InCell {
    population: String,
    node_id: u64,
    template: String,
    morphology: String,
    #[related]
    error: Vec<hoc::Error>,
}

impl InCell {
    fn new(spec: &CellSpec, population: &str, error: hoc::Error) -> Self {
        Self {
            population: population.to_owned(),
            node_id: spec.node_id,
            template: spec.template.clone(),
            morphology: spec.morphology.clone(),
            error: vec![error],
        }
    }
}
