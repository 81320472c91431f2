//! How large a model is: cells, compartments, connections, and the instances of every mechanism (`--model-stats`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use components::{
    Connections, Instances, IonColumns, IonName, MechanismName, Probe, SectionTable, SpikeSources, Sums,
    Waveform,
};
use random::Streams;
use systems::communicator::Communicator;
use systems::group::{CellPlan, Group};

/// Amount and bytes of one kind of thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// The size of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// By what they are counted as: a kind and a name.
    amounts: BTreeMap<(String, String), Amount>,
}

const GENERAL: &str = "general";
const MECHANISM: &str = "mechanism";
const SYNAPSE: &str = "synapse";
const ION: &str = "ion";

impl Statistics {
    /// Adds what the plans of cells say: cells, sections, compartments and synapses.
    pub fn add_cells(&mut self, cells: &[CellPlan]) {
        for cell in cells {
            let model = &cell.model;
            self.add(GENERAL, "cells", 1, 0);
            self.add(GENERAL, "sections", model.sections.len(), 0);
            let segments = model.nodes.is_segment.iter().filter(|is_segment| **is_segment).count();
            self.add(GENERAL, "compartments", segments, 0);
            for point in cell.point_processes.iter().filter(|point| point.synapse_id.is_some()) {
                self.add(SYNAPSE, &point.description.name, 1, 0);
            }
        }
    }

    /// Adds what the groups of this rank hold, with the memory that it takes.
    pub fn add_groups(&mut self, groups: &mut [Group]) {
        for group in groups {
            let world = &mut group.world;
            let nodes = world.query::<&components::Voltage>().iter(world).map(|v| v.0.len()).sum();
            // Voltage, right-hand side, diagonal, both couplings, area, diameter, capacitance; the parent
            self.add(GENERAL, "nodes", nodes, nodes * (8 * 8 + 4));
            for (name, instances) in world.query::<(&MechanismName, &Instances)>().iter(world) {
                self.add(MECHANISM, &name.0, instances.count, bytes_of_instances(instances));
            }
            for (name, ion) in world.query::<(&IonName, &IonColumns)>().iter(world) {
                // Five columns; node and style
                self.add(ION, &name.0, ion.nodes.len(), ion.nodes.len() * (5 * 8 + 2 * 4));
            }
            for connections in world.query::<&Connections>().iter(world) {
                let count = connections.target.len();
                // Target, delay, order, two flags, start of the weights
                let bytes = count * (8 + 8 + 4 + 2 + 4)
                    + 8 * connections.weights.len()
                    + 12 * connections.sources.len();
                self.add(GENERAL, "connections", count, bytes);
            }
            for sources in world.query::<&SpikeSources>().iter(world) {
                self.add(GENERAL, "watched voltages", sources.node.len(), sources.node.len() * 25);
            }
            for probe in world.query::<&Probe>().iter(world) {
                // The place it comes from, the place it goes to, the value
                self.add(GENERAL, "reported values", probe.count, probe.count * (4 + 4 + 4));
            }
            for sums in world.query::<&Sums>().iter(world) {
                self.add(
                    GENERAL,
                    "reported sums",
                    sums.ends.len(),
                    8 * sums.weights.len() + 12 * sums.ends.len(),
                );
            }
            for waveform in world.query::<&Waveform>().iter(world) {
                let points = waveform.times.len();
                self.add(GENERAL, "points of signals", points, 8 * (points + waveform.values.len()));
            }
            let tables: BTreeMap<usize, &SectionTable> = world
                .query::<&SectionTable>()
                .iter(world)
                .map(|table| (table.section.as_ptr() as usize, table))
                .collect();
            for table in tables.values() {
                // A name is a text on the heap
                let bytes = (size_of::<String>() + 32) * table.names.len() + 4 * table.section.len();
                self.add(GENERAL, "section names", table.names.len(), bytes);
            }
        }
    }

    /// Bytes of all that is counted.
    pub fn bytes(&self) -> u64 {
        self.amounts.values().map(|amount| amount.bytes).sum()
    }

    /// All amounts with their kinds and names. The bytes of synapses are also those of their mechanisms.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, &str, Amount)> {
        let amounts = self.amounts.iter();
        amounts.map(|((kind, name), amount)| {
            (kind.as_str(), name.as_str(), self.with_bytes(kind, name, *amount))
        })
    }

    /// Bytes of the synapses of edges, and of all connections.
    pub fn bytes_of_synapses(&self) -> u64 {
        let synapses = self.amounts.iter().filter(|((kind, _), _)| kind == SYNAPSE);
        let synapses = synapses.map(|((kind, name), amount)| self.with_bytes(kind, name, *amount).bytes);
        let connections = self.amounts.get(&(GENERAL.to_owned(), "connections".to_owned()));
        synapses.sum::<u64>() + connections.map_or(0, |amount| amount.bytes)
    }

    fn add(&mut self, kind: &str, name: &str, count: usize, bytes: usize) {
        let amount = self.amounts.entry((kind.to_owned(), name.to_owned())).or_default();
        amount.count += count as u64;
        amount.bytes += bytes as u64;
    }

    /// The sum over all ranks.
    ///
    /// # Errors
    ///
    /// If another rank failed.
    pub fn over_all_ranks(&self, ranks: &dyn Communicator) -> Result<Self, systems::Error> {
        let mut text = String::new();
        for ((kind, name), amount) in &self.amounts {
            let _ = writeln!(text, "{kind}\t{name}\t{}\t{}", amount.count, amount.bytes);
        }
        let mut sum = Self::default();
        for part in ranks.all_gather(text.as_bytes())? {
            for line in String::from_utf8_lossy(&part).lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                if let [kind, name, count, bytes] = fields[..] {
                    let number = |text: &str| text.parse().unwrap_or(0);
                    sum.add(kind, name, number(count), number(bytes));
                }
            }
        }
        Ok(sum)
    }

    /// The size of the model as a table.
    pub fn to_table(&self) -> String {
        let width = self.amounts.keys().map(|(_, name)| name.len()).max().unwrap_or(0).max(16);
        let mut text = String::new();
        for (kind, title) in
            [(GENERAL, "model"), (MECHANISM, "mechanism"), (ION, "ion"), (SYNAPSE, "synapses of edges")]
        {
            let rows = || self.amounts.iter().filter(|((known, _), _)| known == kind);
            if rows().next().is_none() {
                continue;
            }
            let _ = writeln!(text, "{title:width$}  {:>12}  {:>10}  {:>10}", "count", "MB", "bytes each");
            for ((_, name), amount) in rows() {
                let _ = writeln!(text, "{}", row(name, self.with_bytes(kind, name, *amount), width));
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{:width$}  {:>12}  {:>10.2}", "in all", "", self.bytes() as f64 / 1e6);
        text
    }

    /// Synapses take what the instances of their mechanism take.
    fn with_bytes(&self, kind: &str, name: &str, amount: Amount) -> Amount {
        let mechanism = self.amounts.get(&(MECHANISM.to_owned(), name.to_owned()));
        match mechanism {
            Some(all) if kind == SYNAPSE && all.count > 0 => {
                Amount { bytes: all.bytes * amount.count / all.count, ..amount }
            }
            _ => amount,
        }
    }
}

fn row(name: &str, Amount { count, bytes }: Amount, width: usize) -> String {
    if bytes == 0 {
        return format!("{name:width$}  {count:>12}");
    }
    let each = bytes as f64 / count.max(1) as f64;
    format!("{name:width$}  {count:>12}  {:>10.2}  {each:>10.0}", bytes as f64 / 1e6)
}

/// Bytes of the columns of a mechanism's instances.
fn bytes_of_instances(instances: &Instances) -> usize {
    let columns = instances.columns.iter().chain(&instances.ion_derivatives).map(|column| column.len());
    let own = [
        &instances.voltage,
        &instances.current,
        &instances.conductance,
        &instances.area,
        &instances.diameter,
        &instances.per_area,
    ];
    let numbers: usize = columns.chain(own.map(|column| column.len())).sum();
    let ions: usize = instances.ions.iter().map(|ion| 4 * ion.index.len()).sum();
    let sources = instances.sources.len() * size_of::<components::InstanceSource>();
    let own = &instances.own;
    let streams = own.streams.iter().map(Streams::bytes).sum::<usize>()
        + own.given.iter().map(|given| size_of_val(given.as_slice())).sum::<usize>()
        + own.pointing.iter().map(Vec::len).sum::<usize>();
    let vectors = own.vectors.iter().flatten().map(|vector| {
        size_of_val(vector) + vector.as_ref().map_or(0, |numbers| size_of_val(numbers.as_slice()))
    });
    let pointers = instances.pointers.iter().map(|pointer| size_of_val(pointer.targets.as_slice()));
    let others = streams + vectors.sum::<usize>() + pointers.sum::<usize>();
    8 * numbers + 4 * instances.nodes.len() + ions + sources + others
}
