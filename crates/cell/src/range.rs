//! Reading and assigning range variables: those that have a value in every segment.

use nmodl::IonVariable;

use crate::catalogue::RangeVariable;
use crate::cell::Cell;
use crate::error::Error;
use crate::section::{IonState, NodeRef, Section, SectionId};

/// Smallest extent of a ramp, as a fraction of the section.
const SHORTEST_RAMP: f64 = 1e-10;

/// Where a section keeps a range variable.
#[derive(Clone, Copy)]
enum Slot {
    Voltage,
    Diameter,
    Capacitance,
    /// Position among the section's ions.
    Ion(usize, IonVariable),
    IonConductance(usize),
    /// Position among the section's mechanisms, and column.
    Mechanism(usize, usize),
    /// A current that is 0 before a run.
    Zero,
}

impl Cell {
    /// Value of the range variable `name` (such as `gnabar_hh`, `ena`, `diam`) in the segment that contains `x`;
    /// `v` also at the ends.
    ///
    /// # Errors
    /// An unknown name, a mechanism that is not inserted, a position out of range.
    pub fn range_value(&mut self, section: SectionId, name: &str, x: f64) -> Result<f64, Error> {
        let variable = self.catalogue.find_range(name)?;
        self.value(section, variable, x)
    }

    /// Assigns a range variable in all segments of a section; `v` also at the ends.
    ///
    /// # Errors
    /// An unknown name, a mechanism that is not inserted, a variable that is read only.
    pub fn set_range(&mut self, section: SectionId, name: &str, value: f64) -> Result<(), Error> {
        let variable = self.catalogue.find_range(name)?;
        self.assign(section, variable, None, &|_| value)
    }

    /// Assigns a range variable in the segment that contains `x`; `v` also at the ends.
    ///
    /// # Errors
    /// An unknown name, a mechanism that is not inserted, a variable that is read only, a position out of range.
    pub fn set_range_at(&mut self, section: SectionId, name: &str, x: f64, value: f64) -> Result<(), Error> {
        let variable = self.catalogue.find_range(name)?;
        self.assign(section, variable, Some(x), &|_| value)
    }

    /// Assigns values that change linearly from `first` at `from` to `last` at `to`, in the segments whose
    /// middle lies between (`var(from:to) = first:last`).
    ///
    /// # Errors
    /// As for [`Cell::set_range_at`]; positions that do not ascend.
    pub fn set_range_ramp(
        &mut self,
        section: SectionId,
        name: &str,
        from: f64,
        to: f64,
        first: f64,
        last: f64,
    ) -> Result<(), Error> {
        let variable = self.catalogue.find_range(name)?;
        self.assign_ramp(section, variable, (from, to), (first, last))
    }

    /// Value of a range variable, see [`Cell::range_value`].
    ///
    /// # Errors
    /// A mechanism that is not inserted, a position out of range, a diameter that is not positive.
    pub fn value(&mut self, section: SectionId, variable: RangeVariable, x: f64) -> Result<f64, Error> {
        self.check_position(section, x)?;
        let slot = self.slot(section, variable)?;
        match slot {
            Slot::Voltage => Ok(*self.voltage(self.node_ref(section, self.section(section).place(x)))),
            Slot::Zero => Ok(0.0),
            _ => {
                if matches!(slot, Slot::Diameter) {
                    self.update_stale(section)?;
                }
                let found = self.section_mut(section);
                let index = found.segment_index(x);
                Ok(found.slot_value(slot, index).copied().unwrap_or(0.0))
            }
        }
    }

    /// Replaces the value of a range variable by a function of it: in all segments, or in that which
    /// contains `x` (`var = value`, `var(x) += value`).
    ///
    /// # Errors
    /// As for [`Cell::set_range_at`].
    pub fn update_value(
        &mut self,
        section: SectionId,
        variable: RangeVariable,
        x: Option<f64>,
        change: &dyn Fn(f64) -> f64,
    ) -> Result<(), Error> {
        if matches!(variable, RangeVariable::Diameter) {
            self.update_stale(section)?;
        }
        self.assign(section, variable, x, change)
    }

    /// Assigns a range variable, see [`Cell::set_range`] and [`Cell::set_range_at`].
    ///
    /// # Errors
    /// As for [`Cell::set_range_at`].
    pub fn set_value(
        &mut self,
        section: SectionId,
        variable: RangeVariable,
        x: Option<f64>,
        value: f64,
    ) -> Result<(), Error> {
        self.assign(section, variable, x, &|_| value)
    }

    fn assign(
        &mut self,
        section: SectionId,
        variable: RangeVariable,
        x: Option<f64>,
        change: &dyn Fn(f64) -> f64,
    ) -> Result<(), Error> {
        let slot = self.writable_slot(section, variable)?;
        if let Some(x) = x {
            self.check_position(section, x)?;
        }
        match (slot, x) {
            (Slot::Voltage, Some(x)) => self.change_voltage_at(section, x, change),
            (Slot::Voltage, None) => {
                self.change_voltage_at(section, 0.0, change);
                self.change_voltage_at(section, 1.0, change);
                for index in 0..self.section(section).nseg() {
                    let voltage = &mut self.section_mut(section).nodes[index].voltage;
                    *voltage = change(*voltage);
                }
            }
            _ => {
                let found = self.section_mut(section);
                let segments = match x {
                    Some(x) => {
                        let index = found.segment_index(x);
                        index..index + 1
                    }
                    None => 0..found.nseg(),
                };
                for index in segments {
                    if let Some(value) = found.slot_value(slot, index) {
                        *value = change(*value);
                    }
                }
            }
        }
        self.after_assignment(section, slot);
        Ok(())
    }

    /// Assigns a ramp, see [`Cell::set_range_ramp`].
    ///
    /// # Errors
    /// As for [`Cell::set_range_ramp`].
    pub fn assign_ramp(
        &mut self,
        section: SectionId,
        variable: RangeVariable,
        (from, to): (f64, f64),
        (first, last): (f64, f64),
    ) -> Result<(), Error> {
        self.get(section)?;
        let extent = to - from;
        if extent.is_nan() || extent < SHORTEST_RAMP {
            return Err(Error::RampOrder { section: self.full_name(section), from, to });
        }
        self.check_position(section, from)?;
        self.check_position(section, to)?;
        let slot = self.writable_slot(section, variable)?;
        if matches!(slot, Slot::Voltage) {
            for (x, value) in [(from, first), (to, last)] {
                if x == 0.0 || x == 1.0 {
                    self.change_voltage_at(section, x, &|_| value);
                }
            }
        }
        let found = self.section_mut(section);
        let ends = [found.segment_index(from), found.segment_index(to)];
        for index in ends[0].min(ends[1])..=ends[0].max(ends[1]) {
            let x = (index as f64 + 0.5) / found.nseg() as f64;
            let x = if found.reversed { 1.0 - x } else { x };
            let fraction = (x - from) / extent;
            if (-1e-9..=1.0 + 1e-9).contains(&fraction)
                && let Some(value) = found.slot_value(slot, index)
            {
                *value = first * (1.0 - fraction) + last * fraction;
            }
        }
        self.after_assignment(section, slot);
        Ok(())
    }

    /// Diameters that are assigned go to the 3-D points.
    fn after_assignment(&mut self, section: SectionId, slot: Slot) {
        if matches!(slot, Slot::Diameter) {
            self.mark_stale(section);
            if self.section_mut(section).flatten_points() {
                self.shape_changes += 1;
            }
        }
    }

    fn voltage(&self, node: NodeRef) -> &f64 {
        match node {
            NodeRef::Root(root) => &self.section(root).root_voltage,
            NodeRef::Of(section, index) => &self.section(section).nodes[index as usize].voltage,
        }
    }

    fn change_voltage_at(&mut self, section: SectionId, x: f64, change: &dyn Fn(f64) -> f64) {
        let voltage = match self.node_ref(section, self.section(section).place(x)) {
            NodeRef::Root(root) => &mut self.section_mut(root).root_voltage,
            NodeRef::Of(section, index) => &mut self.section_mut(section).nodes[index as usize].voltage,
        };
        *voltage = change(*voltage);
    }

    fn writable_slot(&self, section: SectionId, variable: RangeVariable) -> Result<Slot, Error> {
        if matches!(variable, RangeVariable::MembraneCurrent) {
            return Err(Error::ReadOnly { name: self.range_variable_name(variable) });
        }
        self.slot(section, variable)
    }

    fn slot(&self, section: SectionId, variable: RangeVariable) -> Result<Slot, Error> {
        let found = self.get(section)?;
        let missing = |mechanism: String| Error::NotInserted {
            variable: self.range_variable_name(variable),
            mechanism,
            section: self.full_name(section),
        };
        let ion_position = |ion| {
            let position = found.ions.iter().position(|inserted| inserted.ion == ion);
            position.ok_or_else(|| missing(format!("{}_ion", self.catalogue.ion(ion).name)))
        };
        Ok(match variable {
            RangeVariable::Voltage => Slot::Voltage,
            RangeVariable::Diameter => Slot::Diameter,
            RangeVariable::Capacitance => Slot::Capacitance,
            RangeVariable::CapacitiveCurrent | RangeVariable::MembraneCurrent => Slot::Zero,
            RangeVariable::Ion(ion, variable) => Slot::Ion(ion_position(ion)?, variable),
            RangeVariable::IonConductance(ion) => Slot::IonConductance(ion_position(ion)?),
            RangeVariable::Mechanism(mechanism, column) => {
                let position = found.mechanisms.iter().position(|inserted| inserted.mechanism == mechanism);
                let name = &self.catalogue.mechanism(mechanism).name;
                Slot::Mechanism(position.ok_or_else(|| missing(name.clone()))?, column)
            }
        })
    }

    /// The name by which HOC knows a range variable.
    fn range_variable_name(&self, variable: RangeVariable) -> String {
        let ion_name = |ion| &self.catalogue.ion(ion).name;
        match variable {
            RangeVariable::Voltage => "v".to_owned(),
            RangeVariable::Diameter => "diam".to_owned(),
            RangeVariable::Capacitance => "cm".to_owned(),
            RangeVariable::CapacitiveCurrent => "i_cap".to_owned(),
            RangeVariable::MembraneCurrent => "i_membrane_".to_owned(),
            RangeVariable::Ion(ion, variable) => variable.of(ion_name(ion)),
            RangeVariable::IonConductance(ion) => format!("di{}_dv_", ion_name(ion)),
            RangeVariable::Mechanism(mechanism, column) => {
                self.catalogue.mechanism(mechanism).range_name(column)
            }
        }
    }
}

impl Section {
    /// The variable of a segment; `None` for what is not stored.
    fn slot_value(&mut self, slot: Slot, index: usize) -> Option<&mut f64> {
        Some(match slot {
            Slot::Voltage => &mut self.nodes[index].voltage,
            Slot::Diameter => &mut self.nodes[index].diameter,
            Slot::Capacitance => &mut self.nodes[index].capacitance,
            Slot::Ion(position, variable) => ion_value(&mut self.ions[position].states[index], variable),
            Slot::IonConductance(position) => &mut self.ions[position].states[index].conductance,
            Slot::Mechanism(position, column) => {
                let inserted = &mut self.mechanisms[position];
                &mut inserted.values[index * inserted.width + column]
            }
            Slot::Zero => return None,
        })
    }
}

fn ion_value(state: &mut IonState, variable: IonVariable) -> &mut f64 {
    match variable {
        IonVariable::Reversal => &mut state.reversal,
        IonVariable::Inside => &mut state.inside,
        IonVariable::Outside => &mut state.outside,
        IonVariable::Current => &mut state.current,
    }
}
