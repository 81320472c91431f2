//! Point processes and artificial cells of a model.

use std::sync::Arc;

use nmodl::Description;
use systems::mechanism::{Argument, Mechanism};

use super::{Created, Error, Model, Place, Point, Variable};

/// What a point process has beyond its variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// Ids of its random streams, by their names.
    pub streams: Vec<(String, [u32; 3])>,
    /// Its vectors, by their names.
    pub vectors: Vec<(String, Vec<f64>)>,
    /// Signals that set its variables.
    pub signals: Vec<PlayedSignal>,
}

/// Puts a value under a name, instead of the one there.
fn put<T>(held: &mut Vec<(String, T)>, name: String, value: T) {
    held.retain(|(known, _)| *known != name);
    held.push((name, value));
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

    /// Gives a point process or artificial cell that has one random stream the one with these ids, as NEURON's
    /// `noiseFromRandom123(id1, id2, id3)` does.
    ///
    /// # Errors
    ///
    /// If it has no stream, or more than one.
    pub fn set_random_stream(&mut self, point: Point, ids: [u32; 3]) -> Result<(), Error> {
        let name = self.only(point, "random stream", |mechanism| mechanism.streams())?;
        put(&mut self.extras.entry(point).or_default().streams, name, ids);
        Ok(())
    }

    /// Gives a random stream of a point process or artificial cell its ids.
    ///
    /// # Errors
    ///
    /// If it has no such stream.
    pub fn set_stream(&mut self, point: Point, stream: &str, ids: [u32; 3]) -> Result<(), Error> {
        let name = self.known(point, "random stream", stream, |mechanism| mechanism.streams())?;
        put(&mut self.extras.entry(point).or_default().streams, name, ids);
        Ok(())
    }

    /// Gives a random stream of a density mechanism at a place its ids.
    ///
    /// # Errors
    ///
    /// If there is no such mechanism; whether it has such a stream shows when the model is run.
    pub fn set_stream_at(
        &mut self,
        place: Place,
        mechanism: &str,
        stream: &str,
        ids: [u32; 3],
    ) -> Result<(), Error> {
        self.cell.catalogue().find_mechanism(mechanism)?;
        self.streams.push((place, mechanism.to_owned(), stream.to_owned(), ids));
        Ok(())
    }

    /// Gives a vector to a point process or artificial cell.
    ///
    /// # Errors
    ///
    /// If it has no such vector.
    pub fn set_vector(&mut self, point: Point, vector: &str, values: &[f64]) -> Result<(), Error> {
        let name = self.known(point, "vector", vector, |mechanism| mechanism.vectors())?;
        put(&mut self.extras.entry(point).or_default().vectors, name, values.to_vec());
        Ok(())
    }

    /// Calls a function of a point process or artificial cell, such as `setRNG`, before each run.
    ///
    /// # Errors
    ///
    /// If it was deleted; whether there is such a function shows when the model is run.
    pub fn call(&mut self, point: Point, function: &str, arguments: &[Argument]) -> Result<(), Error> {
        self.description(point)?;
        self.calls.push((Variable::Point(point, String::new()), function.to_owned(), arguments.to_vec()));
        Ok(())
    }

    /// Calls a function of a density mechanism at a place, before each run.
    ///
    /// # Errors
    ///
    /// If there is no such mechanism.
    pub fn call_at(
        &mut self,
        place: Place,
        mechanism: &str,
        function: &str,
        arguments: &[Argument],
    ) -> Result<(), Error> {
        self.cell.catalogue().find_mechanism(mechanism)?;
        let at = Variable::Range(place, mechanism.to_owned());
        self.calls.push((at, function.to_owned(), arguments.to_vec()));
        Ok(())
    }

    /// Lets a pointer (`POINTER` of a mechanism) stand for another variable, as NEURON's `setpointer` does.
    ///
    /// # Errors
    ///
    /// If there is no such range variable; whether it is a pointer shows when the model is run.
    pub fn set_pointer(&mut self, pointer: Variable, target: Variable) -> Result<(), Error> {
        for variable in [&pointer, &target] {
            match variable {
                Variable::Range(_, name) => {
                    self.cell.catalogue().find_range(name)?;
                }
                Variable::Point(point, name) => {
                    self.variable_name(*point, name)?;
                }
            }
        }
        self.pointers.push((pointer, target));
        Ok(())
    }

    /// Lets a variable follow the voltage at a place of any cell, as `vgap` of a `Gap` follows the voltage on the other side of
    /// the junction: it is set to it at the initialisation, and in every time step after the new voltages are known. It
    /// is what `source_var`, `target_var` and `setup_transfer` of NEURON's `ParallelContext` do.
    ///
    /// ```
    /// # use neurodamus::model::{Model, RunOptions, Variable};
    /// # let mut model = Model::new();
    /// # let (one, other) = (model.section("one"), model.section("other"));
    /// for (here, there) in [(one, other), (other, one)] {
    ///     let gap = model.point_process("Gap", (here, 0.5))?;
    ///     model.set_variable(gap, "g", 2.0)?;
    ///     model.follow_voltage(Variable::Point(gap, "vgap".into()), (there, 0.5))?;
    /// }
    /// # model.run(&RunOptions { tstop: 1.0, ..RunOptions::default() })?;
    /// # Ok::<(), neurodamus::model::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the place or the variable does not exist.
    pub fn follow_voltage(&mut self, variable: Variable, place: Place) -> Result<(), Error> {
        self.cell.range_value(place.0, "v", place.1)?;
        match &variable {
            Variable::Range((section, x), name) => {
                self.cell.range_value(*section, name, *x)?;
            }
            Variable::Point(point, name) => {
                self.cell.point_process_value(*point, self.variable_name(*point, name)?)?;
            }
        }
        self.followers.push((place, variable));
        Ok(())
    }

    fn names(
        &self,
        point: Point,
        list: impl Fn(&dyn Mechanism) -> &[String],
    ) -> Result<(String, Vec<String>), Error> {
        let mechanism = self.description(point)?.name.clone();
        let names = self.registry.get(&mechanism).map(|known| list(&**known).to_vec()).unwrap_or_default();
        Ok((mechanism, names))
    }

    fn only(
        &self,
        point: Point,
        what: &'static str,
        list: impl Fn(&dyn Mechanism) -> &[String],
    ) -> Result<String, Error> {
        let (mechanism, names) = self.names(point, list)?;
        match names.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(Error::NotOne { mechanism, what, names: names.join(", ") }),
        }
    }

    fn known(
        &self,
        point: Point,
        what: &'static str,
        name: &str,
        list: impl Fn(&dyn Mechanism) -> &[String],
    ) -> Result<String, Error> {
        let (mechanism, names) = self.names(point, list)?;
        match names.iter().any(|known| known == name) {
            true => Ok(name.to_owned()),
            false => Err(Error::NotThere { mechanism, what, name: name.to_owned() }),
        }
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
        let name = self.only(point, "vector", |mechanism| mechanism.vectors())?;
        put(&mut self.extras.entry(point).or_default().vectors, name, times.to_vec());
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
