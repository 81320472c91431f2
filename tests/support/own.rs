//! The model built here from operations.

use std::error::Error;
use std::path::Path;

use neurodamus::model::{
    self, Model, NetCon, Point, RecordedSpikes, Recordings, RunOptions, Section, Variable,
};

use super::{Argument, Operation, Owner, Recorded, Source};

/// Why a model refuses an operation.
pub type Reason = Box<dyn Error>;

/// Something recorded.
enum Record {
    Trace(String, model::Recorded),
    Spikes(String, RecordedSpikes),
    Numbers(String, Vec<f64>),
}

/// A model, and what it is asked for by number.
pub struct Own {
    pub model: Model,
    pub sections: Vec<Section>,
    pub points: Vec<Point>,
    records: Vec<Record>,
}

impl Own {
    pub fn new(model: Model) -> Self {
        Self { model, sections: Vec::new(), points: Vec::new(), records: Vec::new() }
    }

    /// Does what is asked; a run is for [`Own::run`].
    pub fn apply(&mut self, operation: &Operation) -> Result<(), Reason> {
        match operation {
            Operation::Section { name } => self.sections.push(self.model.section(name)),
            Operation::Set { section, name, value } => self.set(self.sections[*section], name, *value)?,
            Operation::SetAt { section, x, name, value } => {
                self.model.set_at((self.sections[*section], *x), name, *value)?;
            }
            Operation::Ramp { section, name, first, last } => {
                self.model.set_ramp(self.sections[*section], name, 0.0..=1.0, (*first, *last))?;
            }
            Operation::Points { section, points } => {
                self.model.set_points(self.sections[*section], points)?;
            }
            Operation::Connect { child, end, parent, x } => {
                self.model.connect_end(self.sections[*child], *end, (self.sections[*parent], *x))?;
            }
            Operation::Insert { section, mechanism } => {
                self.model.insert(self.sections[*section], mechanism)?;
            }
            Operation::Global { name, value } => self.model.set_global(name, *value)?,
            Operation::Point { mechanism, section, x } => {
                let point = self.model.point_process(mechanism, (self.sections[*section], *x))?;
                self.points.push(point);
            }
            Operation::ArtificialCell { mechanism } => {
                self.points.push(self.model.artificial_cell(mechanism)?);
            }
            Operation::Variable { point, name, value } => {
                self.model.set_variable(self.points[*point], name, *value)?;
            }
            Operation::Stream { point, ids } => self.model.set_random_stream(self.points[*point], *ids)?,
            Operation::Random { owner, variable, ids } => self.random(owner, variable, *ids)?,
            Operation::Times { point, times } => self.model.set_times(self.points[*point], times)?,
            Operation::Play { point, name, times, values } => {
                self.model.play(self.points[*point], name, times, values)?;
            }
            Operation::Pointer { owner, name, section, x, variable } => {
                self.pointer(owner, name, (*section, *x), variable)?;
            }
            Operation::Follow { point, name, section, x } => {
                let variable = Variable::Point(self.points[*point], name.clone());
                self.model.follow_voltage(variable, (self.sections[*section], *x))?;
            }
            Operation::Call { owner, function, arguments } => self.call(owner, function, arguments)?,
            Operation::NetCon { source, target, delay, weights } => {
                let connection = NetCon::new(self.source(*source), self.points[*target]).delay(*delay);
                self.model.net_con(NetCon { weights: weights.clone(), ..connection })?;
            }
            Operation::Record { section, x, name } => {
                let recorded = self.model.record((self.sections[*section], *x), name)?;
                self.records.push(Record::Trace(format!("section {section} ({x}) {name}"), recorded));
            }
            Operation::RecordVariable { point, name } => {
                let recorded = self.model.record_variable(self.points[*point], name)?;
                self.records.push(Record::Trace(format!("point process {point} {name}"), recorded));
            }
            Operation::RecordSpikes { source } => {
                let recorded = self.model.record_spikes(self.source(*source))?;
                self.records.push(Record::Spikes(format!("spikes of {source:?}"), recorded));
            }
            Operation::Import { file } => {
                let morphology = self.model.import_morphology(Path::new(file))?;
                self.sections.extend(&morphology.sections);
            }
            Operation::Geometry {} => self.geometry()?,
            Operation::Run { .. } => {}
        }
        Ok(())
    }

    /// Gives a `RANDOM` variable its stream.
    fn random(&mut self, owner: &Owner, variable: &str, ids: [u32; 3]) -> Result<(), Reason> {
        match owner {
            Owner::Point { point } => Ok(self.model.set_stream(self.points[*point], variable, ids)?),
            Owner::Density { section, x, mechanism } => {
                let place = (self.sections[*section], *x);
                Ok(self.model.set_stream_at(place, mechanism, variable, ids)?)
            }
        }
    }

    /// Lets a `POINTER` point to a variable.
    fn pointer(
        &mut self,
        owner: &Owner,
        name: &str,
        place: (usize, f64),
        variable: &str,
    ) -> Result<(), Reason> {
        let pointer = match owner {
            Owner::Point { point } => Variable::Point(self.points[*point], name.to_owned()),
            Owner::Density { section, x, mechanism } => {
                Variable::Range((self.sections[*section], *x), format!("{name}_{mechanism}"))
            }
        };
        let target = Variable::Range((self.sections[place.0], place.1), variable.to_owned());
        Ok(self.model.set_pointer(pointer, target)?)
    }

    /// Calls a function of a mechanism.
    fn call(&mut self, owner: &Owner, function: &str, arguments: &[Argument]) -> Result<(), Reason> {
        let arguments = arguments.iter().map(|argument| match argument {
            Argument::Number(number) => model::Argument::Number(*number),
            Argument::Vector(vector) => model::Argument::Vector(vector.clone()),
        });
        let arguments: Vec<model::Argument> = arguments.collect();
        match owner {
            Owner::Point { point } => Ok(self.model.call(self.points[*point], function, &arguments)?),
            Owner::Density { section, x, mechanism } => {
                let place = (self.sections[*section], *x);
                Ok(self.model.call_at(place, mechanism, function, &arguments)?)
            }
        }
    }

    fn set(&mut self, section: Section, name: &str, value: f64) -> Result<(), model::Error> {
        match name {
            "L" => self.model.set_length(section, value),
            "Ra" => self.model.set_axial_resistivity(section, value),
            "nseg" => self.model.set_segments(section, value as i64),
            _ => self.model.set(section, name, value),
        }
    }

    fn source(&self, source: Source) -> model::Source {
        match source {
            Source::Voltage { section, x, threshold } => {
                model::Source::voltage((self.sections[section], x), threshold)
            }
            Source::Point { point } => self.points[point].into(),
        }
    }

    fn geometry(&mut self) -> Result<(), Reason> {
        let cell = self.model.cell_mut();
        for (number, &section) in self.sections.iter().enumerate() {
            let nseg = cell.nseg(section)?;
            let middles = (0..nseg).map(|index| (index as f64 + 0.5) / nseg as f64);
            let places: Vec<f64> = std::iter::once(0.0).chain(middles).chain([1.0]).collect();
            let mut along = |value: fn(&mut model::Cell, Section, f64) -> Result<f64, Reason>| {
                places.iter().map(|&x| value(cell, section, x)).collect::<Result<Vec<f64>, Reason>>()
            };
            let area = along(|cell, section, x| Ok(cell.area(section, x)?))?;
            let ri = along(|cell, section, x| Ok(cell.axial_resistance_to_parent(section, x)?))?;
            let diameter = along(|cell, section, x| Ok(cell.range_value(section, "diam", x)?))?;
            let whole = vec![cell.length(section)?, nseg as f64];
            for (what, values) in [("area", area), ("ri", ri), ("diam", diameter), ("L and nseg", whole)] {
                self.records.push(Record::Numbers(format!("section {number} {what}"), values));
            }
        }
        Ok(())
    }

    /// The recorded variables.
    pub fn traces(&self) -> impl Iterator<Item = (&str, model::Recorded)> {
        self.records.iter().filter_map(|record| match record {
            Record::Trace(what, recorded) => Some((what.as_str(), *recorded)),
            _ => None,
        })
    }

    /// Whether each recorded vector is a trace, the times of spikes, or neither.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.records.iter().map(|record| match record {
            Record::Trace(..) => "trace",
            Record::Spikes(..) => "spikes",
            Record::Numbers(..) => "numbers",
        })
    }

    /// Runs the model and gives everything recorded, in order.
    pub fn run(&mut self, options: &RunOptions) -> Result<Vec<Recorded>, Reason> {
        let recordings: Recordings = self.model.run(options)?;
        let own = self.records.iter().map(|record| match record {
            Record::Trace(what, recorded) => (what.clone(), recordings.trace(*recorded).to_vec()),
            Record::Spikes(what, recorded) => (what.clone(), recordings.spikes(*recorded).to_vec()),
            Record::Numbers(what, values) => (what.clone(), values.clone()),
        });
        Ok(own.collect())
    }
}
