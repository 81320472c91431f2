//! What a run records, and its results.

use cell::RangeVariable;

use super::{Error, Model, Place, Point, Source};

/// A variable that is recorded; the key to its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded(pub(super) usize);

/// A source whose spikes are recorded; the key to their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedSpikes(pub(super) usize);

/// What is to be recorded.
#[derive(Clone, Debug)]
pub(super) enum Request {
    /// A range variable at a place.
    Range(Place, RangeVariable),
    /// A variable of a point process, by its column.
    Point(Point, usize),
}

/// What a run recorded, in double precision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recordings {
    /// Times (ms) of the values: the initial state, then the end of every step.
    pub times: Vec<f64>,
    pub(super) traces: Vec<Vec<f64>>,
    pub(super) spikes: Vec<Vec<f64>>,
    /// All spikes of cells that have a source of spikes: time (ms) and gid, by time.
    pub all_spikes: Vec<(f64, u64)>,
}

impl Recordings {
    /// Values of a recorded variable, one for each of the `times`; empty on ranks that lack its cell.
    pub fn trace(&self, recorded: Recorded) -> &[f64] {
        self.traces.get(recorded.0).map_or(&[], Vec::as_slice)
    }

    /// Spike times (ms) of a recorded source.
    pub fn spikes(&self, recorded: RecordedSpikes) -> &[f64] {
        self.spikes.get(recorded.0).map_or(&[], Vec::as_slice)
    }
}

impl Model {
    /// Records a range variable at a place at every step: `v` (mV), `i_membrane_` (nA), `ena`, `cai` or `ina` of an
    /// ion, or a variable of a density mechanism such as `m_hh`.
    ///
    /// # Errors
    ///
    /// If there is no such variable there.
    pub fn record(&mut self, place: Place, variable: &str) -> Result<Recorded, Error> {
        let found = self.cell.catalogue().find_range(variable)?;
        self.cell.range_value(place.0, variable, place.1)?;
        let is_recordable = matches!(
            found,
            RangeVariable::Voltage
                | RangeVariable::MembraneCurrent
                | RangeVariable::Ion(..)
                | RangeVariable::Mechanism(..)
        );
        if !is_recordable {
            return Err(Error::NotRecordable { name: variable.to_owned() });
        }
        Ok(self.request(Request::Range(place, found)))
    }

    /// Records a variable of a point process or artificial cell at every step, such as `g` (uS) of an `ExpSyn`.
    ///
    /// # Errors
    ///
    /// If it has no such variable.
    pub fn record_variable(&mut self, point: Point, variable: &str) -> Result<Recorded, Error> {
        let variable = self.variable_name(point, variable)?;
        self.cell.point_process_value(point, variable)?;
        match self.description(point)?.variable(variable) {
            Some(column) => Ok(self.request(Request::Point(point, column))),
            None => Err(Error::NotRecordable { name: variable.to_owned() }),
        }
    }

    /// Records the spikes of a source.
    ///
    /// # Errors
    ///
    /// If the source does not exist.
    pub fn record_spikes(&mut self, source: impl Into<Source>) -> Result<RecordedSpikes, Error> {
        let source = source.into();
        self.check_source(source)?;
        self.recorded_spikes.push(source);
        Ok(RecordedSpikes(self.recorded_spikes.len() - 1))
    }

    fn request(&mut self, request: Request) -> Recorded {
        self.requests.push(request);
        Recorded(self.requests.len() - 1)
    }
}
