//! Sections of a model: shape, connections, mechanisms and their variables.

use std::ops::RangeInclusive;

use super::{Created, Error, Model, Place, Section};

impl Model {
    /// Creates a section with NEURON's defaults: one segment, length 100 um, diameter 500 um, axial resistivity
    /// 35.4 ohm cm, capacitance 1 uF/cm2.
    pub fn section(&mut self, name: &str) -> Section {
        let section = self.cell.create_section(None, name);
        self.created.push(Created::Section(section));
        section
    }

    /// Sets the length (um).
    ///
    /// # Errors
    ///
    /// If the section does not exist.
    pub fn set_length(&mut self, section: Section, length: f64) -> Result<(), Error> {
        Ok(self.cell.set_length(section, length)?)
    }

    /// Sets the axial resistivity `Ra` (ohm cm).
    ///
    /// # Errors
    ///
    /// If the section does not exist.
    pub fn set_axial_resistivity(&mut self, section: Section, value: f64) -> Result<(), Error> {
        Ok(self.cell.set_axial_resistance(section, value)?)
    }

    /// Sets the number of segments, `nseg`.
    ///
    /// # Errors
    ///
    /// If it is not in 1..=32767.
    pub fn set_segments(&mut self, section: Section, count: i64) -> Result<(), Error> {
        Ok(self.cell.set_nseg(section, count)?)
    }

    /// Replaces the 3-D shape by points x, y, z and diameter (um); length and diameters follow from it.
    ///
    /// # Errors
    ///
    /// If a coordinate or diameter is not finite.
    pub fn set_points(&mut self, section: Section, points: &[[f64; 4]]) -> Result<(), Error> {
        self.cell.clear_points(section)?;
        for &[x, y, z, diameter] in points {
            self.cell.add_point(section, x, y, z, diameter)?;
        }
        Ok(())
    }

    /// Connects the start of `child` to a place on its parent.
    ///
    /// # Errors
    ///
    /// If that would make a loop.
    pub fn connect(&mut self, child: Section, parent: Place) -> Result<(), Error> {
        self.connect_end(child, 0.0, parent)
    }

    /// Connects the end `end` (0 or 1) of `child` to a place on its parent.
    ///
    /// # Errors
    ///
    /// If that would make a loop, or `end` is not an end.
    pub fn connect_end(&mut self, child: Section, end: f64, parent: Place) -> Result<(), Error> {
        Ok(self.cell.connect(child, end, parent.0, parent.1)?)
    }

    /// Inserts a density mechanism such as `hh` in all segments of a section.
    ///
    /// # Errors
    ///
    /// If there is no such density mechanism.
    pub fn insert(&mut self, section: Section, mechanism: &str) -> Result<(), Error> {
        Ok(self.cell.insert(section, mechanism)?)
    }

    /// Sets a range variable such as `diam` (um), `cm` (uF/cm2), `gnabar_hh` (S/cm2) or `ena` (mV) in a whole
    /// section.
    ///
    /// # Errors
    ///
    /// If there is no such variable, its mechanism is not inserted, or it is computed.
    pub fn set(&mut self, section: Section, variable: &str, value: f64) -> Result<(), Error> {
        self.check_settable(section, variable)?;
        Ok(self.cell.set_range(section, variable, value)?)
    }

    /// Sets a range variable in the segment at one place.
    ///
    /// # Errors
    ///
    /// As for [`Model::set`].
    pub fn set_at(&mut self, place: Place, variable: &str, value: f64) -> Result<(), Error> {
        self.check_settable(place.0, variable)?;
        Ok(self.cell.set_range_at(place.0, variable, place.1, value)?)
    }

    /// Lets a range variable change linearly, from `first` at the start of `range` to `last` at its end.
    ///
    /// # Errors
    ///
    /// As for [`Model::set`]; if the range is empty.
    pub fn set_ramp(
        &mut self,
        section: Section,
        variable: &str,
        range: RangeInclusive<f64>,
        (first, last): (f64, f64),
    ) -> Result<(), Error> {
        self.check_settable(section, variable)?;
        let (from, to) = (*range.start(), *range.end());
        Ok(self.cell.set_range_ramp(section, variable, from, to, first, last)?)
    }

    /// Sets a global variable of a mechanism, such as `nai0_na_ion` (mM).
    ///
    /// # Errors
    ///
    /// If there is no such variable.
    pub fn set_global(&mut self, variable: &str, value: f64) -> Result<(), Error> {
        Ok(self.cell.set_global(variable, value)?)
    }

    fn check_settable(&self, section: Section, variable: &str) -> Result<(), Error> {
        if variable == "v" {
            return Err(Error::VoltageIsInitialised { section: self.cell.full_name(section) });
        }
        Ok(())
    }
}
