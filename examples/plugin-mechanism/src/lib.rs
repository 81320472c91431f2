//! An example of plug-ins: a potassium channel, and a measurement that a run makes and prints.
//!
//! `docs/plugins.md` explains it step by step.

pub mod highest_voltage;
pub mod m_current;

pub use highest_voltage::MeasureHighestVoltage;
pub use m_current::MCurrent;
