//! The full state of chosen cells as JSON files, for comparing cells and finding faults (`--dump-cell-state`).
//!
//! A file has the layout of neurodamus's `dump_cellstate`: under the cell's template its sections with the variables
//! of every segment, its synapses, and the connections that end at it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cell::model::SectionModel;
use components::{IonColumns, RecordedValue, SourceId};
use nmodl::{Description, IonVariable};
use serde_json::{Map, Value, json};
use systems::group::{CellPlan, Connection, Group, SpikeSource};
use systems::step::record::Lookup;

use super::OutputError;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// Gids that no simulated cell has.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("no simulated cell has {0}, of which `--dump-cell-state` asks for the state")]
#[diagnostic(help(
    "gids are node ids plus the offset of the population in `populations_offset.dat`; check `node_set`"
))]
struct NoSuchCell(String);

/// The chosen cells of this rank.
pub struct CellStates {
    cells: Vec<(String, CellPlan)>,
    folder: PathBuf,
    threshold: f64,
}

impl CellStates {
    /// No cells yet, but they may have these gids.
    ///
    /// # Errors
    ///
    /// A gid that no simulated cell has.
    pub fn new(gids: &[u64], input: &Input, plan: &Plan) -> Result<Self, Failure> {
        let unknown = gids.iter().filter(|gid| !plan.simulates(**gid));
        let unknown: Vec<String> = unknown.map(u64::to_string).collect();
        let named = match unknown.len() {
            0 => None,
            1 => Some(format!("the gid {}", unknown[0])),
            2..=8 => Some(format!("the gids {}", unknown.join(", "))),
            more => Some(format!("{more} of the gids, such as {}", unknown[0])),
        };
        if let Some(named) = named {
            return Err(Failure::bad_input(NoSuchCell(named)));
        }
        let (folder, threshold) = (input.output_dir.clone(), input.config.run.spike_threshold);
        Ok(Self { cells: Vec::new(), folder, threshold })
    }

    /// Remembers what the cells with these gids are made of, as far as they are among `cells`.
    ///
    /// # Errors
    ///
    /// A node without template.
    pub fn remember(&mut self, gids: &[u64], cells: &[CellPlan], plan: &Plan) -> Result<(), Failure> {
        for cell in cells.iter().filter(|cell| gids.contains(&cell.gid)) {
            let template = plan.template(&cell.population, cell.node_id)?;
            self.cells.push((template, cell.clone()));
        }
        Ok(())
    }

    /// Writes `cellstate_GID_tT.json` for every chosen cell, with its state at `t` (ms).
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write(&self, t: f64, groups: &mut [Group]) -> Result<(), Failure> {
        for (template, cell) in &self.cells {
            for group in groups.iter_mut() {
                let mut lookup = Lookup(&mut group.world);
                let Some(range) = lookup.cell(cell.gid) else { continue };
                let mut state = CellState { cell, first: range.start, lookup, threshold: self.threshold };
                let text = format!("{:#}\n", json!({ template: state.describe() }));
                let path = self.folder.join(format!("cellstate_{}_t{t:?}.json", cell.gid));
                std::fs::write(&path, text)
                    .map_err(|error| Failure::run_failed(OutputError::new("write", &path, error)))?;
                break;
            }
        }
        Ok(())
    }
}

/// One cell in its group.
struct CellState<'a> {
    cell: &'a CellPlan,
    /// Its first node in the group.
    first: u32,
    lookup: Lookup<'a>,
    threshold: f64,
}

impl<'a> CellState<'a> {
    fn describe(&mut self) -> Value {
        let model = &self.cell.model;
        let count = |list: &str| {
            let found = model.section_lists.iter().find(|(name, _)| name == list);
            found.map_or(0, |(_, sections)| sections.len())
        };
        let sections: Vec<Value> = model.sections.iter().map(|section| self.section(section)).collect();
        let synapses: Vec<Value> =
            (0..self.cell.point_process_count()).filter_map(|index| self.synapse(index)).collect();
        let connections: Vec<Value> = self
            .cell
            .connections
            .iter()
            .enumerate()
            .map(|(order, own)| self.connection(order, own))
            .collect();
        json!({
            "gid": self.cell.gid,
            "nSecAll": model.sections.len(),
            "nSecSoma": count("somatic"),
            "nSecAxonal": count("axonal"),
            "nSecBasal": count("basal"),
            "nSecApical": count("apical"),
            "sections": sections,
            "n_synapses": synapses.len(),
            "synapses": synapses,
            "n_netcons": connections.len(),
            "netcons": connections,
        })
    }

    fn section(&mut self, section: &SectionModel) -> Value {
        let count = section.segments.len();
        let nodes = section.segments.iter().enumerate();
        let segments: Vec<Value> =
            nodes.map(|(segment, &node)| self.segment((segment as f64 + 0.5) / count as f64, node)).collect();
        json!({
            "name": section.name,
            "L": rounded(section.length),
            "Ra": rounded(section.axial_resistivity),
            "nseg": count,
            "segments": segments,
        })
    }

    fn segment(&mut self, x: f64, node: u32) -> Value {
        let model = &self.cell.model;
        let mut segment = Map::new();
        let mut insert = |name: &str, value: Option<f64>| {
            segment.insert(name.to_owned(), value.map_or(Value::Null, rounded));
        };
        insert("x", Some(x));
        insert("cm", Some(model.nodes.capacitance[node as usize]));
        insert("diam", Some(model.nodes.diameter[node as usize]));
        insert("v", self.lookup.value(RecordedValue::Voltage(self.first + node)));
        for mechanism in model.mechanisms.iter().filter(|known| known.nodes.binary_search(&node).is_ok()) {
            let description = &mechanism.description;
            let at = self.first + node;
            let values =
                self.variables(description, |lookup, column| lookup.density(&description.name, column, at));
            segment.insert(description.name.clone(), values);
        }
        for ion in self.ions_at(node) {
            segment.insert(format!("{ion}_ion"), self.ion(ion, node));
        }
        Value::Object(segment)
    }

    /// The variables of an instance that are to be seen from outside.
    fn variables(
        &mut self,
        description: &Description,
        locate: impl Fn(&Lookup, usize) -> Option<RecordedValue>,
    ) -> Value {
        let mut values = Map::new();
        for (column, variable) in description.variables.iter().enumerate().filter(|(_, known)| known.visible)
        {
            let value = locate(&self.lookup, column).and_then(|from| self.lookup.value(from));
            values.insert(variable.name.clone(), value.map_or(Value::Null, rounded));
        }
        Value::Object(values)
    }

    /// Ions of density mechanisms and point processes at a node.
    fn ions_at(&self, node: u32) -> BTreeSet<&'a str> {
        let cell = self.cell;
        let own = cell.model.ions.iter().filter(|ion| ion.nodes.binary_search(&node).is_ok());
        let points = cell.point_processes.iter().filter(|point| point.node == Some(node));
        let used = points.flat_map(|point| &point.description.ions).map(|used| used.ion.as_str());
        own.map(|ion| ion.name.as_str()).chain(used).collect()
    }

    fn ion(&mut self, ion: &str, node: u32) -> Value {
        let mut values = Map::new();
        for variable in IonVariable::ALL {
            let Some(from) = self.lookup.ion(ion, variable.into(), self.first + node) else { continue };
            if let (IonVariable::Current, RecordedValue::Ion { ion: entity, instance, .. }) = (variable, from)
            {
                let columns = self.lookup.0.get::<IonColumns>(entity);
                let derivative = columns.map(|columns| columns.derivative[instance as usize]);
                values.insert(format!("di{ion}_dv_"), derivative.map_or(Value::Null, rounded));
            }
            let value = self.lookup.value(from);
            values.insert(variable.of(ion), value.map_or(Value::Null, rounded));
        }
        Value::Object(values)
    }

    /// A point process, if it is a synapse of the circuit's edges.
    fn synapse(&mut self, index: usize) -> Option<Value> {
        let point =
            self.cell.point_processes.get(index.checked_sub(self.cell.model.point_processes.len())?)?;
        point.synapse_id?;
        let (description, gid) = (&point.description, self.cell.gid);
        let mut values = self.variables(description, |lookup, column| {
            lookup.point_process(&description.name, column, gid, index as u32)
        });
        let (name, _) = self.target(index);
        values["name"] = name.into();
        if let Some((segment, x)) = point.node.and_then(|node| self.place(node)) {
            values["location"] = rounded(x);
            values["segment"] = segment.into();
        }
        Some(values)
    }

    fn connection(&mut self, order: usize, own: &Connection) -> Value {
        let (name, node) = self.target(own.target);
        let (segment, x) = node.and_then(|node| self.place(node)).unzip();
        let gid = self.cell.gid;
        let weights = self
            .lookup
            .point_process(name.split('[').next().unwrap_or_default(), 0, gid, own.target as u32)
            .and_then(|target| self.lookup.weights(own.source, order as u32, target))
            .unwrap_or_else(|| own.weights.clone());
        // Sources inside a cell have no gid of their own in NEURON
        let source = if own.source.is_cell() { json!(own.source.gid()) } else { json!(-1) };
        let is_watched = own.source.is_cell()
            && (own.source != SourceId::cell(gid)
                || matches!(self.cell.spike_source, Some(SpikeSource::Voltage { .. })));
        json!({
            "name": format!("NetCon[{order}]"),
            "target_syn": name,
            "target_syn_segment": segment,
            "afferent_section_position": x.map(rounded),
            "srcgid": source,
            "active": own.active,
            "weight": weights.first().copied().map(rounded),
            "weights": weights.iter().copied().map(rounded).collect::<Vec<_>>(),
            "delay": rounded(own.delay),
            "threshold": is_watched.then(|| rounded(self.threshold)),
        })
    }

    /// Name and node of a point process; names count those of the cell.
    fn target(&self, index: usize) -> (String, Option<u32>) {
        let names = || self.cell.point_process_descriptions().map(|description| description.name.as_str());
        let name = names().nth(index).unwrap_or_default();
        let number = names().take(index).filter(|other| *other == name).count();
        let own = self.cell.model.point_processes.len();
        let node = match index.checked_sub(own) {
            Some(added) => self.cell.point_processes.get(added).and_then(|point| point.node),
            None => self.cell.model.point_processes[index].node,
        };
        (format!("{name}[{number}]"), node)
    }

    /// A node as section and position, and the position alone.
    fn place(&self, node: u32) -> Option<(String, f64)> {
        self.cell.model.sections.iter().find_map(|section| {
            let count = section.segments.len() as f64;
            let x = match section.segments.iter().position(|&segment| segment == node) {
                Some(segment) => (segment as f64 + 0.5) / count,
                None if section.end == node => 1.0,
                None if section.start == node => 0.0,
                None => return None,
            };
            Some((format!("{}({x})", section.name), x))
        })
    }
}

/// A number with 14 decimals, as neurodamus writes it.
fn rounded(value: f64) -> Value {
    let text = format!("{value:.14}");
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map_or_else(|| json!(text), Value::from)
}
