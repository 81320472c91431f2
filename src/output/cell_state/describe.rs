//! The state of a cell in the layout of neurodamus's `dump_cellstate`: under the cell's template what the template makes public
//! of numbers, its sections with the variables of every segment, its synapses, and the connections that end at it.

use std::collections::{BTreeMap, BTreeSet};

use cell::model::SectionModel;
use components::{IonColumns, RecordedValue};
use nmodl::{Description, IonVariable};
use serde_json::{Map, Value, json};
use systems::group::CellPlan;
use systems::step::record::Lookup;

use super::numbers::Names;
use crate::build::PublicValues;

/// Threshold (mV) of connections from what is no cell: NEURON's default.
const DEFAULT_THRESHOLD: f64 = 10.0;

/// Significant digits of a position in a segment's name.
const DIGITS_OF_POSITION: usize = 6;

/// One cell in its group.
pub struct CellState<'a> {
    /// What it is made of.
    pub cell: &'a CellPlan,
    /// The names of its point processes and connections.
    pub names: Names,
    /// Its connections in NEURON's order.
    pub connections: &'a [usize],
    /// Its first node in the group.
    pub first: u32,
    /// Its group.
    pub lookup: Lookup<'a>,
    /// Threshold (mV) of connections from cells.
    pub threshold: f64,
    /// The voltages (mV) at which the spikes of its sources are detected, by their gids.
    pub voltages: &'a BTreeMap<u64, f64>,
}

impl<'a> CellState<'a> {
    /// All that is known of the cell.
    pub fn describe(&mut self, public: &PublicValues) -> Value {
        let mut values = Map::new();
        values.insert("gid".to_owned(), self.cell.gid.into());
        for (name, value) in &public.values {
            let value = match value {
                hoc::Value::Number(number) => rounded(*number),
                hoc::Value::Text(text) => Value::from(&**text),
                hoc::Value::Object(None) => Value::Null,
                hoc::Value::Object(Some(_)) | hoc::Value::Nothing => continue,
            };
            values.insert(name.clone(), value);
        }
        let model = &self.cell.model;
        let all = model.section_lists.iter().find(|(name, _)| name == "all");
        let sections: Vec<Value> = match all {
            Some((_, all)) => {
                all.iter().map(|&index| self.section(&model.sections[index as usize])).collect()
            }
            None => model.sections.iter().map(|section| self.section(section)).collect(),
        };
        let synapses: Vec<Value> =
            (0..self.cell.point_process_count()).filter_map(|index| self.synapse(index)).collect();
        let connections: Vec<Value> = self.connections.iter().map(|&order| self.connection(order)).collect();
        values.insert("n_synapses".to_owned(), synapses.len().into());
        values.insert("n_netcons".to_owned(), connections.len().into());
        for (name, list) in [("sections", sections), ("synapses", synapses), ("netcons", connections)] {
            values.insert(name.to_owned(), list.into());
        }
        Value::Object(values)
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
            "rallbranch": rounded(section.rall_branch),
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
        values["name"] = self.names.point_processes[index].as_str().into();
        if let Some((segment, x)) = point.node.and_then(|node| self.place(node)) {
            values["location"] = x.into();
            values["segment"] = segment.into();
        }
        Some(values)
    }

    fn connection(&mut self, order: usize) -> Value {
        let (own, gid) = (&self.cell.connections[order], self.cell.gid);
        let (segment, x) = self.node_of(own.target).and_then(|node| self.place(node)).unzip();
        let description = self.cell.point_process_description(own.target);
        let weight = description
            .and_then(|target| self.lookup.point_process(&target.name, 0, gid, own.target as u32))
            .and_then(|target| self.lookup.weights(own.source, order as u32, target))
            .map_or_else(|| own.weights.first().copied(), |weights| weights.first().copied());
        // Sources inside a cell have no gid of their own in NEURON, and no voltage
        let (source, threshold, voltage) = if own.source.is_cell() {
            let gid = own.source.gid();
            (json!(gid), self.threshold, self.voltages.get(&gid).copied())
        } else {
            (json!(-1), DEFAULT_THRESHOLD, None)
        };
        json!({
            "name": self.names.connections[order],
            "target_syn": self.names.point_processes[own.target],
            "target_syn_segment": segment,
            "afferent_section_position": x,
            "srcgid": source,
            "active": own.active,
            "weight": weight.unwrap_or_default(),
            "delay": rounded(own.delay),
            "threshold": rounded(threshold),
            "x": rounded(voltage.unwrap_or_default()),
        })
    }

    /// The node of a point process.
    fn node_of(&self, index: usize) -> Option<u32> {
        let own = &self.cell.model.point_processes;
        match index.checked_sub(own.len()) {
            Some(added) => self.cell.point_processes.get(added).and_then(|point| point.node),
            None => own[index].node,
        }
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
            Some((format!("{}({})", section.name, hoc::general(x, DIGITS_OF_POSITION)), x))
        })
    }
}

/// A number with 14 decimals, as neurodamus writes it.
fn rounded(value: f64) -> Value {
    let text = format!("{value:.14}");
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map_or_else(|| json!(text), Value::from)
}
