//! What is known of the instances of a group, and what of them somebody wants to see.

use std::collections::BTreeSet;

use components::{Column, Instances, PointerTarget};
use nmodl::Description;

use super::instances::Gathered;
use super::{CellPlan, CellProbeSource};
use crate::mechanism::{Demand, Kernels, Storage};

/// Variables by mechanism and variable.
type Names = BTreeSet<(String, String)>;

/// Variables of the mechanisms of a group that something beside kernels deals with.
pub struct Concerned {
    /// Those that are changed: by signals, voltages across gap junctions, written pointers and plug-ins.
    changed: Names,
    /// Those that are read only: by probes and pointers.
    read: Names,
}

impl Concerned {
    /// What signals, gap junctions, probes, pointers and plug-ins deal with.
    pub fn new(cells: &[CellPlan], mechanisms: &[Gathered], by_plugins: &Names) -> Self {
        let mut concerned = Self { changed: by_plugins.clone(), read: Names::new() };
        for cell in cells {
            for signal in &cell.signals {
                if let Some(description) = cell.point_process_description(signal.target) {
                    concerned.changed.insert((description.name.clone(), signal.variable.clone()));
                }
            }
            for received in &cell.received_voltages {
                let mechanism = received.place.mechanism.to_string();
                concerned.changed.insert((mechanism, received.variable.clone()));
            }
            for part in cell.probes.iter().flat_map(|probe| &probe.parts) {
                if let CellProbeSource::Density(mechanism, variable)
                | CellProbeSource::PointProcess(mechanism, variable) = &part.source
                {
                    concerned.read.insert((mechanism.clone(), variable.clone()));
                }
            }
        }
        for pointer in mechanisms.iter().flat_map(|mechanism| &mechanism.instances.pointers) {
            for target in &pointer.targets {
                let &PointerTarget::Variable { mechanism, column, .. } = target else { continue };
                let Some(other) = mechanisms.iter().find(|other| other.entity == mechanism) else { continue };
                let description = &other.description;
                let names = (description.name.clone(), description.variables[column].name.clone());
                if pointer.written { &mut concerned.changed } else { &mut concerned.read }.insert(names);
            }
        }
        concerned
    }

    /// What is known of the instances of a mechanism.
    pub fn demand(&self, description: &Description, instances: &Instances) -> Demand {
        let bound: BTreeSet<usize> = instances
            .ions
            .iter()
            .flat_map(|ion| [ion.reversal, ion.inside, ion.outside, ion.current_read, ion.current_written])
            .flatten()
            .chain(instances.pointers.iter().map(|pointer| pointer.column))
            .collect();
        let mut demand = Demand { uniform: Vec::new(), observed: Vec::new() };
        for (column, variable) in description.variables.iter().enumerate() {
            let names = (description.name.clone(), variable.name.clone());
            let is_changed = bound.contains(&column) || self.changed.contains(&names);
            demand.observed.push(is_changed || self.read.contains(&names));
            demand.uniform.push(!is_changed && is_uniform(&instances.columns[column]));
        }
        demand
    }
}

/// The demand of somebody who wants to see and change everything.
pub fn open_demand(description: &Description) -> Demand {
    let count = description.variables.len();
    Demand { uniform: vec![false; count], observed: vec![true; count] }
}

/// Whether all values have the same bits.
fn is_uniform(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits())
}

/// Keeps the columns of a mechanism as its kernels want them.
pub fn keep_columns(instances: &mut Instances, kernels: &dyn Kernels) {
    for (number, column) in instances.columns.iter_mut().enumerate() {
        match kernels.storage(number) {
            Storage::Instances => {}
            Storage::Uniform => *column = column.iter().take(1).copied().collect(),
            Storage::Nowhere => *column = Column::default(),
        }
    }
}
