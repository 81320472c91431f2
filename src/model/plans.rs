//! From a model to what the solver takes: one plan per cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::model::{At, Call, InstancePlace, Pointer, Reference};
use cell::{GlobalVariable, RangeVariable, Selection};
use components::{IonQuantity, Playback, RecordedValue, SampleTimes, SourceId};
use random::Stream;
use systems::group::{
    CellPlan, CellProbe, CellProbeSource, Connection, PointProcess, ReceivedVoltage, Signal, SpikeSource,
};
use systems::step::record::Lookup;

use super::recordings::Request;
use super::{Created, Error, Model, Place, Point, Section, Source, Variable};

/// The plans of all cells, and where sections and point processes went.
#[derive(Default)]
pub(super) struct Plans {
    pub cells: Vec<CellPlan>,
    /// Cell and index among its sections.
    sections: BTreeMap<Section, (usize, usize)>,
    /// Cell and index among its point processes.
    points: BTreeMap<Point, (usize, usize)>,
}

/// A recorded variable, as the solver knows it.
pub(super) enum Wanted {
    Voltage(u64, u32),
    MembraneCurrent(u64, u32),
    Density(u64, u32, String, usize),
    Ion(u64, u32, String, IonQuantity),
    Point(u64, u32, String, usize),
}

impl Wanted {
    pub fn gid(&self) -> u64 {
        match *self {
            Self::Voltage(gid, _)
            | Self::MembraneCurrent(gid, _)
            | Self::Density(gid, ..)
            | Self::Ion(gid, ..)
            | Self::Point(gid, ..) => gid,
        }
    }

    /// Finds the variable in a group; `None` if the group lacks it.
    pub fn locate(&self, group: &mut Lookup) -> Option<RecordedValue> {
        match self {
            &Self::Voltage(gid, node) => Some(RecordedValue::Voltage(group.node(gid, node)?)),
            &Self::MembraneCurrent(gid, node) => {
                let node = group.node(gid, node)?;
                group.has_membrane_current().then_some(RecordedValue::MembraneCurrent(node))
            }
            Self::Density(gid, node, mechanism, column) => {
                let node = group.node(*gid, *node)?;
                group.density(mechanism, *column, node)
            }
            Self::Ion(gid, node, ion, quantity) => {
                let node = group.node(*gid, *node)?;
                group.ion(ion, *quantity, node)
            }
            Self::Point(gid, index, mechanism, column) => {
                group.point_process(mechanism, *column, *gid, *index)
            }
        }
    }
}

impl Plans {
    /// The cell of a place and the node there.
    fn node(&self, (section, x): Place) -> Result<(usize, u32), Error> {
        let &(cell, index) = self.sections.get(&section).ok_or(cell::Error::DeletedSection)?;
        Ok((cell, self.cells[cell].model.sections[index].node(x)))
    }

    /// The cell of a place and the node of the segment that contains it, also at the ends.
    fn segment(&self, (section, x): Place) -> Result<(usize, u32), Error> {
        let &(cell, index) = self.sections.get(&section).ok_or(cell::Error::DeletedSection)?;
        let segments = &self.cells[cell].model.sections[index].segments;
        let segment = ((segments.len() as f64 * x) as usize).min(segments.len() - 1);
        Ok((cell, segments[segment]))
    }

    fn point(&self, point: Point) -> Result<(usize, usize), Error> {
        Ok(*self.points.get(&point).ok_or(cell::Error::DeletedPointProcess)?)
    }

    /// Number of the cell that a source belongs to.
    pub fn gid_of(&self, source: Source) -> Result<u64, Error> {
        let cell = match source {
            Source::Voltage { place: (section, _), .. } => self.sections.get(&section).map(|place| place.0),
            Source::Point(point) => self.points.get(&point).map(|place| place.0),
        };
        Ok(cell.ok_or(cell::Error::DeletedSection)? as u64)
    }

    /// Makes a source the one of its cell.
    fn use_source(&mut self, source: Source) -> Result<SourceId, Error> {
        let (cell, spike_source) = match source {
            Source::Voltage { place, threshold } => {
                let (cell, node) = self.node(place)?;
                (cell, SpikeSource::Voltage { node, threshold })
            }
            Source::Point(point) => {
                let (cell, index) = self.point(point)?;
                (cell, SpikeSource::PointProcess(index))
            }
        };
        let plan = &mut self.cells[cell];
        match plan.spike_source {
            Some(other) if other != spike_source => {
                let section = plan.model.sections.first().map(|section| section.name.clone());
                Err(Error::TwoSpikeSources { section: section.unwrap_or_default() })
            }
            _ => {
                plan.spike_source = Some(spike_source);
                Ok(SourceId::cell(plan.gid))
            }
        }
    }
}

impl Model {
    /// The plans of all cells; random streams belong to the global index `stream_index`.
    pub(super) fn plans(&mut self, stream_index: u32) -> Result<Plans, Error> {
        let mut plans = Plans::default();
        for created in self.created.clone() {
            match created {
                Created::Section(section) if self.cell.exists(section) => {
                    if !plans.sections.contains_key(&section) {
                        self.plan_tree(section, stream_index, &mut plans)?;
                    }
                }
                Created::Section(_) => {}
                Created::ArtificialCell(point) => {
                    self.plan_artificial_cell(point, stream_index, &mut plans)?
                }
            }
        }
        self.plan_signals(&mut plans)?;
        self.plan_calls(&mut plans)?;
        self.plan_pointers(&mut plans)?;
        self.plan_followers(&mut plans)?;
        for (place, mechanism, name, [id1, id2, id3]) in &self.streams {
            let (cell, node) = plans.segment(*place)?;
            let place = InstancePlace { mechanism: mechanism.as_str().into(), at: At::Node(node) };
            let stream = Stream::new(stream_index, *id1, *id2, *id3);
            plans.cells[cell].streams.push((place, name.clone(), stream));
        }
        for source in self.recorded_spikes.clone() {
            plans.use_source(source)?;
        }
        for connection in &self.connections {
            let source = plans.use_source(connection.source)?;
            let (cell, target) = plans.point(connection.target)?;
            plans.cells[cell].connections.push(Connection {
                source,
                target,
                delay: connection.delay,
                weights: connection.weights.clone(),
                active: true,
            });
        }
        Ok(plans)
    }

    fn plan_tree(&mut self, section: Section, stream_index: u32, plans: &mut Plans) -> Result<(), Error> {
        let number = plans.cells.len();
        let root = self.cell.root(section)?;
        let tree = self.cell.whole_tree(root)?;
        let all = [("all".to_owned(), tree.clone())];
        let mut model = self.cell.to_model(&Selection::Trees(vec![root]), &all)?;
        let indices = model.section_lists.first().map_or(&[][..], |(_, indices)| indices);
        plans.sections.extend(tree.iter().zip(indices).map(|(&own, &index)| (own, (number, index as usize))));
        let mut located = Vec::new();
        for point in self.cell.point_processes() {
            if let Some(location) = self.cell.location(point)?
                && plans.sections.get(&location.section).is_some_and(|&(cell, _)| cell == number)
            {
                located.push(point);
            }
        }
        // Point processes of the model become additions to it, which may have streams and times.
        let points = std::mem::take(&mut model.point_processes).into_iter().zip(&located);
        let point_processes = points.map(|(own, &point)| {
            let mut process = PointProcess::new(&own.description, own.node);
            own.values.iter().enumerate().for_each(|(variable, &value)| process.set(variable, value));
            self.with_extras(process, point, stream_index)
        });
        let point_processes = point_processes.collect();
        plans.points.extend(located.iter().enumerate().map(|(index, &point)| (point, (number, index))));
        let plan = empty_plan(number as u64);
        plans.cells.push(CellPlan { model: Arc::new(model), point_processes, ..plan });
        Ok(())
    }

    fn plan_artificial_cell(&self, point: Point, stream_index: u32, plans: &mut Plans) -> Result<(), Error> {
        let number = plans.cells.len();
        let mut process = PointProcess::new(self.description(point)?, None);
        let description = Arc::clone(&process.description);
        for (index, variable) in description.variables.iter().enumerate() {
            process.set(index, self.cell.point_process_value(point, &variable.name)?);
        }
        let process = self.with_extras(process, point, stream_index);
        plans.points.insert(point, (number, 0));
        plans.cells.push(CellPlan { point_processes: vec![process], ..empty_plan(number as u64) });
        Ok(())
    }

    fn with_extras(&self, process: PointProcess, point: Point, stream_index: u32) -> PointProcess {
        let Some(extras) = self.extras.get(&point) else { return process };
        let stream = |[id1, id2, id3]: [u32; 3]| Stream::new(stream_index, id1, id2, id3);
        let streams = extras.streams.iter().map(|(name, ids)| (name.clone(), stream(*ids))).collect();
        PointProcess { streams, vectors: extras.vectors.clone(), ..process }
    }

    fn plan_signals(&self, plans: &mut Plans) -> Result<(), Error> {
        for (&point, extras) in &self.extras {
            if extras.signals.is_empty() {
                continue;
            }
            let (cell, target) = plans.point(point)?;
            plans.cells[cell].signals.extend(extras.signals.iter().map(|signal| Signal {
                target,
                variable: signal.variable.clone(),
                times: signal.times.clone(),
                values: signal.values.clone(),
                playback: Playback::Linear,
            }));
        }
        Ok(())
    }

    fn plan_calls(&self, plans: &mut Plans) -> Result<(), Error> {
        for (at, function, arguments) in &self.calls {
            let (cell, place) = match at {
                Variable::Point(point, _) => self.point_place(plans, *point)?,
                Variable::Range(place, mechanism) => {
                    let (cell, node) = plans.segment(*place)?;
                    (cell, InstancePlace { mechanism: mechanism.as_str().into(), at: At::Node(node) })
                }
            };
            let (function, arguments) = (function.as_str().into(), arguments.clone());
            plans.cells[cell].calls.push(Call { place, function, arguments });
        }
        Ok(())
    }

    fn plan_pointers(&self, plans: &mut Plans) -> Result<(), Error> {
        for (from, to) in &self.pointers {
            let (cell, Reference::Variable(place, variable)) = self.reference(plans, from)? else {
                let (Variable::Range(_, name) | Variable::Point(_, name)) = from.clone();
                return Err(Error::NotATarget { name });
            };
            let (other, target) = self.reference(plans, to)?;
            let gid = (other != cell).then_some(plans.cells[other].gid);
            plans.cells[cell].pointers.push(Pointer { place, variable, cell: gid, target });
        }
        Ok(())
    }

    fn plan_followers(&self, plans: &mut Plans) -> Result<(), Error> {
        for (id, (from, to)) in (0..).zip(&self.followers) {
            let (cell, Reference::Variable(place, variable)) = self.reference(plans, to)? else {
                let (Variable::Range(_, name) | Variable::Point(_, name)) = to.clone();
                return Err(Error::CannotFollow { name });
            };
            plans.cells[cell].received_voltages.push(ReceivedVoltage { id, place, variable });
            let (cell, node) = plans.node(*from)?;
            plans.cells[cell].published_voltages.push((id, node));
        }
        Ok(())
    }

    /// The cell and place of a point process.
    fn point_place(&self, plans: &Plans, point: Point) -> Result<(usize, InstancePlace), Error> {
        let (cell, index) = plans.point(point)?;
        let mechanism = self.description(point)?.name.as_str().into();
        Ok((cell, InstancePlace { mechanism, at: At::PointProcess(index as u32) }))
    }

    /// The cell of a variable, and how it is found there.
    fn reference(&self, plans: &Plans, variable: &Variable) -> Result<(usize, Reference), Error> {
        let (place, name) = match variable {
            Variable::Point(point, name) => {
                let (cell, place) = self.point_place(plans, *point)?;
                let name = self.variable_name(*point, name)?.to_owned();
                return Ok((cell, Reference::Variable(place, name)));
            }
            Variable::Range(place, name) => (*place, name),
        };
        let catalogue = self.cell.catalogue();
        let (cell, node) = plans.segment(place)?;
        match catalogue.find_range(name)? {
            RangeVariable::Voltage => {
                let (cell, node) = plans.node(place)?;
                Ok((cell, Reference::Voltage(node)))
            }
            RangeVariable::Ion(ion, quantity) => {
                Ok((cell, Reference::Ion(node, catalogue.ion(ion).name.clone(), quantity)))
            }
            RangeVariable::Mechanism(mechanism, column) => {
                let description = catalogue.mechanism(mechanism);
                let place = InstancePlace { mechanism: description.name.as_str().into(), at: At::Node(node) };
                Ok((cell, Reference::Variable(place, description.variables[column].name.clone())))
            }
            _ => Err(Error::NotATarget { name: name.clone() }),
        }
    }

    /// What is to be recorded, as the solver knows it; cells whose membrane current is wanted compute it.
    pub(super) fn wanted(&self, plans: &mut Plans) -> Result<Vec<Wanted>, Error> {
        let mut wanted = Vec::with_capacity(self.requests.len());
        for request in &self.requests {
            wanted.push(match *request {
                Request::Point(point, column) => {
                    let (cell, index) = plans.point(point)?;
                    let description = self.description(point)?;
                    let (name, variable) = (description.name.clone(), &description.variables[column].name);
                    let source = CellProbeSource::PointProcess(name.clone(), variable.clone());
                    plans.cells[cell].probes.push(never_sampled(source, index as u32));
                    Wanted::Point(cell as u64, index as u32, name, column)
                }
                Request::Range(place, variable) => self.wanted_range(plans, place, variable)?,
            });
        }
        Ok(wanted)
    }

    fn wanted_range(
        &self,
        plans: &mut Plans,
        place: Place,
        variable: RangeVariable,
    ) -> Result<Wanted, Error> {
        let (cell, node) = plans.node(place)?;
        let (_, segment) = plans.segment(place)?;
        let gid = cell as u64;
        let catalogue = self.cell.catalogue();
        Ok(match variable {
            RangeVariable::MembraneCurrent => {
                plans.cells[cell].probes.push(never_sampled(CellProbeSource::MembraneCurrent, node));
                Wanted::MembraneCurrent(gid, node)
            }
            RangeVariable::Mechanism(mechanism, column) => {
                let description = catalogue.mechanism(mechanism);
                let (name, variable) = (description.name.clone(), &description.variables[column].name);
                let source = CellProbeSource::Density(name.clone(), variable.clone());
                plans.cells[cell].probes.push(never_sampled(source, segment));
                Wanted::Density(gid, segment, name, column)
            }
            RangeVariable::Ion(ion, quantity) => {
                Wanted::Ion(gid, segment, catalogue.ion(ion).name.clone(), quantity.into())
            }
            _ => Wanted::Voltage(gid, node),
        })
    }

    /// Globals that were assigned, by mechanism and variable.
    pub(super) fn globals(&self) -> BTreeMap<(String, String), f64> {
        let catalogue = self.cell.catalogue();
        let name = |variable: &GlobalVariable| match *variable {
            GlobalVariable::Mechanism(mechanism, index) => {
                let description = catalogue.mechanism(mechanism);
                (description.name.clone(), description.globals[index].name.clone())
            }
            GlobalVariable::Inside(ion) => {
                let ion = &catalogue.ion(ion).name;
                (format!("{ion}_ion"), format!("{ion}i0"))
            }
            GlobalVariable::Outside(ion) => {
                let ion = &catalogue.ion(ion).name;
                (format!("{ion}_ion"), format!("{ion}o0"))
            }
        };
        self.cell.assigned_globals().iter().map(|(variable, &value)| (name(variable), value)).collect()
    }
}

fn empty_plan(gid: u64) -> CellPlan {
    CellPlan::new("model", gid, gid, Arc::default())
}

/// A probe that is never due: it is there because membrane currents are computed, and variables kept, where one is
/// probed.
fn never_sampled(source: CellProbeSource, index: u32) -> CellProbe {
    CellProbe::new(0, source, vec![index], SampleTimes { first: u64::MAX, last: 0, period: 1 })
}
