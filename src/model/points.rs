//! Point processes and artificial cells of a model.

use std::sync::Arc;

use nmodl::Description;

use super::{Created, Error, Model, Place, Point};

/// What a point process has beyond its variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// Ids of its random stream.
    pub stream: Option<[u32; 3]>,
    /// Times (ms) it plays.
    pub times: Vec<f64>,
    /// Signals that set its variables.
    pub signals: Vec<PlayedSignal>,
}

/// A signal played into a variable of a point process.
#[derive(Clone, Debug)]
pub(super) struct PlayedSignal {
    pub variable: String,
    pub times: Vec<f64>,
    pub values: Vec<f64>,
}

impl Model {
    /// Puts a point process such as `IClamp` or `ExpSyn` at a place.
    ///
    /// # Errors
    ///
    /// If there is no such point process.
    pub fn point_process(&mut self, mechanism: &str, place: Place) -> Result<Point, Error> {
        Ok(self.cell.create_point_process_at(mechanism, place.0, place.1)?)
    }

    /// Creates an artificial cell such as `NetStim` or `IntFire1`, a cell of its own.
    ///
    /// # Errors
    ///
    /// If there is no such artificial cell.
    pub fn artificial_cell(&mut self, mechanism: &str) -> Result<Point, Error> {
        let point = self.cell.create_point_process(mechanism)?;
        if self.description(point)?.kind != nmodl::Kind::ArtificialCell {
            self.cell.delete_point_process(point);
            return Err(cell::Error::WrongKind {
                name: mechanism.to_owned(),
                expected: "an artificial cell",
                found: "a point process",
            }
            .into());
        }
        self.created.push(Created::ArtificialCell(point));
        Ok(point)
    }

    /// Sets a variable of a point process or artificial cell; `delay` is understood for the `del` of `IClamp`.
    ///
    /// # Errors
    ///
    /// If it has no such variable.
    pub fn set_variable(&mut self, point: Point, variable: &str, value: f64) -> Result<(), Error> {
        let variable = self.variable_name(point, variable)?;
        Ok(self.cell.set_point_process_value(point, variable, value)?)
    }

    /// Sets several variables of a point process or artificial cell.
    ///
    /// # Errors
    ///
    /// If it lacks one of them.
    pub fn set_variables(&mut self, point: Point, values: &[(&str, f64)]) -> Result<(), Error> {
        values.iter().try_for_each(|&(variable, value)| self.set_variable(point, variable, value))
    }

    /// Gives a point process or artificial cell the random stream with these ids, as NEURON's
    /// `noiseFromRandom123(id1, id2, id3)` does.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn set_random_stream(&mut self, point: Point, ids: [u32; 3]) -> Result<(), Error> {
        self.description(point)?;
        self.extras.entry(point).or_default().stream = Some(ids);
        Ok(())
    }

    /// Gives a `VecStim` the times (ms) at which it spikes.
    ///
    /// # Errors
    ///
    /// If they decrease.
    pub fn set_times(&mut self, point: Point, times: &[f64]) -> Result<(), Error> {
        let mechanism = self.description(point)?.name.clone();
        if !is_ascending(times) {
            return Err(Error::BadTimes { mechanism });
        }
        self.extras.entry(point).or_default().times = times.to_vec();
        Ok(())
    }

    /// Plays a signal into a variable of a point process, such as `amp` of an `IClamp`: linear between the points
    /// (ms, value), as NEURON's `Vector.play(variable, times, 1)` does.
    ///
    /// # Errors
    ///
    /// If there is no such variable; times that decrease, or are not as many as the values.
    pub fn play(&mut self, point: Point, variable: &str, times: &[f64], values: &[f64]) -> Result<(), Error> {
        let variable = self.variable_name(point, variable)?.to_owned();
        self.cell.point_process_value(point, &variable)?;
        if times.len() != values.len() || times.is_empty() || !is_ascending(times) {
            return Err(Error::BadSignal { variable, times: times.len(), values: values.len() });
        }
        let signal = PlayedSignal { variable, times: times.to_vec(), values: values.to_vec() };
        self.extras.entry(point).or_default().signals.push(signal);
        Ok(())
    }

    pub(super) fn description(&self, point: Point) -> Result<&Arc<Description>, Error> {
        let mechanism = self.cell.point_process_mechanism(point)?;
        Ok(self.cell.catalogue().mechanism(mechanism))
    }

    /// NEURON's Python calls the `del` of a mechanism `delay`, because `del` is a word of the language.
    pub(super) fn variable_name<'a>(&self, point: Point, name: &'a str) -> Result<&'a str, Error> {
        let description = self.description(point)?;
        let is_del = name == "delay"
            && description.variable("delay").is_none()
            && description.variable("del").is_some();
        Ok(if is_del { "del" } else { name })
    }
}

fn is_ascending(times: &[f64]) -> bool {
    times.iter().all(|time| time.is_finite()) && times.is_sorted()
}
