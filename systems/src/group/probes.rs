//! What reports sample of a group, from the plans of its cells.

use std::collections::BTreeMap;

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;
use components::{Instances, Probe, ProbePart, ProbeSource, SampleBuffer, SampleTimes, Sums, Target};
use nmodl::IonVariable;

use super::instances::GatheredIon;
use super::network::place;
use super::{CellPlan, ProbeLayout};
use crate::error::Error;
use crate::step::MechanismTable;

/// The column that a sampled value of a cell comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellProbeSource {
    /// Voltage (mV) of nodes.
    Voltage,
    /// Membrane current (nA) of nodes.
    MembraneCurrent,
    /// Diameter (um) of nodes.
    Diameter,
    /// Specific capacitance (uF/cm2) of nodes.
    Capacitance,
    /// A variable of a density mechanism at nodes: mechanism and variable.
    Density(String, String),
    /// A variable of point processes of one mechanism, by index among the cell's: mechanism and variable.
    PointProcess(String, String),
    /// A quantity of an ion at nodes.
    Ion(String, IonVariable),
}

/// What a report samples of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellProbe {
    /// Number of the report.
    pub report: usize,
    /// When.
    pub times: SampleTimes,
    /// The values, by where they come from.
    pub parts: Vec<CellProbePart>,
    /// How the values are summed, if the elements of the report are sums.
    pub sums: Option<CellSums>,
}

/// Sampled values of a cell that come from one column.
#[derive(Clone, Debug, PartialEq)]
pub struct CellProbePart {
    /// The column.
    pub source: CellProbeSource,
    /// Nodes of the cell, or indices of point processes.
    pub indices: Vec<u32>,
    /// Place of each among the values that the report samples of the cell.
    pub places: Vec<u32>,
}

/// How sampled values become elements of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct CellSums {
    /// Weight of each value.
    pub weights: Vec<f64>,
    /// For each element, one past its last value.
    pub ends: Vec<u32>,
    /// Interval of the report (ms), if the sums have a clock of their own: see [`Sums`].
    pub interval: Option<f64>,
}

impl CellProbe {
    /// A probe whose values are the elements of the report and all come from one column.
    pub fn new(report: usize, source: CellProbeSource, indices: Vec<u32>, times: SampleTimes) -> Self {
        let places = (0..indices.len() as u32).collect();
        Self { report, times, parts: vec![CellProbePart { source, indices, places }], sums: None }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.parts.iter().map(|part| part.indices.len()).sum()
    }

    /// Number of elements in the report.
    pub fn elements(&self) -> usize {
        self.sums.as_ref().map_or_else(|| self.count(), |sums| sums.ends.len())
    }
}

/// What probes are found in.
pub struct Surroundings<'a> {
    /// The cells of the group.
    pub cells: &'a [CellPlan],
    /// First node of each.
    pub starts: &'a [u32],
    /// Place of each point process of each.
    pub points: &'a [Vec<Target>],
    /// The mechanisms.
    pub table: &'a MechanismTable,
    /// The ions.
    pub ions: &'a [GatheredIon],
}

/// One report's probe of the group, as its cells are added.
struct Growing {
    probe: Probe,
    parts: BTreeMap<ProbeSource, ProbePart>,
    sums: Option<Sums>,
    layout: ProbeLayout,
}

/// Spawns one probe for each report that samples something in the group.
///
/// # Errors
///
/// If a probe names a mechanism, variable, node or point process that does not exist.
pub fn spawn(surroundings: &Surroundings, world: &mut World) -> Result<Vec<(Entity, ProbeLayout)>, Error> {
    let mut reports: BTreeMap<usize, Growing> = BTreeMap::new();
    for (number, cell) in surroundings.cells.iter().enumerate() {
        for probe in &cell.probes {
            let CellProbe { report, times, .. } = *probe;
            let growing = reports.entry(report).or_insert_with(|| Growing {
                probe: Probe { report, times, count: 0, parts: Vec::new() },
                parts: BTreeMap::new(),
                sums: None,
                layout: ProbeLayout { report, cells: Vec::new() },
            });
            surroundings.add(number, probe, growing, world)?;
        }
    }
    let spawn = |Growing { mut probe, parts, sums, layout }| {
        let mut buffer = SampleBuffer::default();
        if sums.is_some() {
            buffer.values = vec![0.0; probe.count];
        }
        probe.parts = parts.into_values().collect();
        let mut entity = world.spawn((probe, buffer));
        if let Some(sums) = sums {
            entity.insert(sums);
        }
        (entity.id(), layout)
    };
    Ok(reports.into_values().map(spawn).collect())
}

impl Surroundings<'_> {
    /// Adds the probe of a cell to that of its report.
    fn add(&self, cell: usize, probe: &CellProbe, growing: &mut Growing, world: &World) -> Result<(), Error> {
        let first = growing.probe.count as u32;
        for part in &probe.parts {
            let source = self.source(cell, &part.source)?;
            let known = growing.parts.entry(source).or_insert_with(|| ProbePart {
                source,
                indices: Vec::new(),
                places: Vec::new(),
            });
            for (&index, &place) in part.indices.iter().zip(&part.places) {
                known.indices.push(self.locate(cell, &part.source, source, index, world)?);
                known.places.push(first + place);
            }
        }
        if let Some(CellSums { weights, ends, interval }) = &probe.sums {
            let sums = growing.sums.get_or_insert_with(|| Sums {
                weights: Vec::new(),
                ends: Vec::new(),
                interval: *interval,
                next: 0.0,
                latest: Vec::new(),
            });
            sums.weights.extend(weights);
            sums.ends.extend(ends.iter().map(|end| first + end));
            sums.latest.resize(sums.ends.len(), 0.0);
        }
        growing.probe.count += probe.count();
        growing.layout.cells.push((self.cells[cell].gid, probe.elements()));
        Ok(())
    }

    fn source(&self, cell: usize, source: &CellProbeSource) -> Result<ProbeSource, Error> {
        let (mechanism, variable) = match source {
            CellProbeSource::Voltage => return Ok(ProbeSource::Voltage),
            CellProbeSource::MembraneCurrent => return Ok(ProbeSource::MembraneCurrent),
            CellProbeSource::Diameter => return Ok(ProbeSource::Diameter),
            CellProbeSource::Capacitance => return Ok(ProbeSource::Capacitance),
            CellProbeSource::Ion(ion, variable) => {
                let known = self.ions.iter().find(|known| known.name == *ion);
                let known = known.ok_or_else(|| Error::UnknownVariable {
                    mechanism: format!("{ion}_ion"),
                    variable: variable.of(ion),
                })?;
                return Ok(ProbeSource::Ion { ion: known.entity, quantity: (*variable).into() });
            }
            CellProbeSource::Density(mechanism, variable)
            | CellProbeSource::PointProcess(mechanism, variable) => (mechanism, variable),
        };
        let cell = &self.cells[cell];
        let density = cell.model.mechanisms.iter().map(|mechanism| &mechanism.description);
        let mut descriptions = density.chain(cell.point_process_descriptions());
        let column = descriptions.find(|d| d.name == *mechanism).and_then(|d| d.variable(variable));
        let number = self.table.names.iter().position(|name| name == mechanism);
        match (number, column) {
            (Some(number), Some(column)) => {
                Ok(ProbeSource::Variable { mechanism: self.table.entities[number], column })
            }
            _ => Err(Error::UnknownVariable { mechanism: mechanism.clone(), variable: variable.clone() }),
        }
    }

    /// The node or instance of the group that a node or point process of a cell is.
    fn locate(
        &self,
        cell: usize,
        plan: &CellProbeSource,
        source: ProbeSource,
        index: u32,
        world: &World,
    ) -> Result<u32, Error> {
        let out_of_range =
            |what: &'static str| Error::OutOfRange { gid: self.cells[cell].gid, what, index: index as usize };
        if let CellProbeSource::PointProcess(..) = plan {
            return Ok(place(self.points, self.cells, cell, index as usize)?.instance);
        }
        let node = self.starts[cell] + index;
        if node >= self.starts[cell + 1] {
            return Err(out_of_range("node"));
        }
        let nodes: &[u32] = match source {
            ProbeSource::Variable { mechanism, .. } => {
                world.get::<Instances>(mechanism).map(|instances| &*instances.nodes).unwrap_or_default()
            }
            ProbeSource::Ion { ion, .. } => {
                let known = self.ions.iter().find(|known| known.entity == ion);
                known.map(|ion| &*ion.nodes).unwrap_or_default()
            }
            _ => return Ok(node),
        };
        let found = nodes.binary_search(&node).map_err(|_| out_of_range("instance at node"))?;
        Ok(found as u32)
    }
}
