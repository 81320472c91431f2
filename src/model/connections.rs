//! Connections that carry spikes.

use super::{Error, Model, Place, Point};

/// What makes spikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The voltage at a place rises above a threshold.
    Voltage {
        /// Where.
        place: Place,
        /// Threshold (mV).
        threshold: f64,
    },
    /// An artificial cell, or a point process that makes events.
    Point(Point),
}

impl Source {
    /// The voltage at a place, as it rises above `threshold` (mV).
    pub fn voltage(place: Place, threshold: f64) -> Self {
        Self::Voltage { place, threshold }
    }
}

impl From<Point> for Source {
    fn from(point: Point) -> Self {
        Self::Point(point)
    }
}

/// A connection: spikes of a source reach a point process or artificial cell after a delay.
#[derive(Clone, Debug, PartialEq)]
pub struct NetCon {
    /// What makes the spikes.
    pub source: Source,
    /// Where they go.
    pub target: Point,
    /// Delay (ms).
    pub delay: f64,
    /// Weights, as many as the target takes; missing ones are 0. The unit is the target's.
    pub weights: Vec<f64>,
}

impl NetCon {
    /// A connection with NEURON's defaults: a delay of 1 ms and weights of 0.
    pub fn new(source: impl Into<Source>, target: Point) -> Self {
        Self { source: source.into(), target, delay: 1.0, weights: Vec::new() }
    }

    /// The same with another delay (ms).
    #[must_use]
    pub fn delay(self, delay: f64) -> Self {
        Self { delay, ..self }
    }

    /// The same with another first weight, in the target's unit (`ExpSyn`: uS).
    #[must_use]
    pub fn weight(self, weight: f64) -> Self {
        Self { weights: vec![weight], ..self }
    }
}

impl Model {
    /// Adds a connection.
    ///
    /// # Errors
    ///
    /// If the target takes no events or fewer weights, the delay is negative, or the source does not exist.
    pub fn net_con(&mut self, connection: NetCon) -> Result<(), Error> {
        let target = self.description(connection.target)?;
        let mechanism = target.name.clone();
        let Some(expected) = target.event_arguments else {
            return Err(Error::TakesNoEvents { mechanism });
        };
        // NEURON gives a target without arguments one weight all the same.
        let found = connection.weights.len();
        if found > expected.max(1) {
            return Err(Error::TooManyWeights { mechanism, expected, found });
        }
        if !(connection.delay >= 0.0 && connection.delay.is_finite()) {
            return Err(Error::BadDelay { mechanism, delay: connection.delay });
        }
        self.check_source(connection.source)?;
        self.connections.push(connection);
        Ok(())
    }

    pub(super) fn check_source(&mut self, source: Source) -> Result<(), Error> {
        match source {
            Source::Voltage { place: (section, x), .. } => {
                self.cell.range_value(section, "v", x)?;
            }
            Source::Point(point) => {
                self.description(point)?;
            }
        }
        Ok(())
    }
}
