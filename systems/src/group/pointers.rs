//! What the pointers of the mechanisms of a group stand for.

use std::collections::BTreeSet;

use cell::model::{At, InstancePlace, Pointer, Reference};
use components::{PointerBinding, PointerTarget, Target};

use super::CellPlan;
use super::instances::{Gathered, GatheredIon};
use super::network::place;
use crate::error::Error;

/// The cells of a group, with the places of what they hold.
pub struct Places<'a> {
    /// The cells.
    pub cells: &'a [CellPlan],
    /// First node of each.
    pub starts: &'a [u32],
    /// Place of each point process of each.
    pub points: &'a [Vec<Target>],
}

impl Places<'_> {
    /// Mechanism and instance that a place in a cell stands for.
    ///
    /// # Errors
    ///
    /// If the cell has no such instance.
    pub fn find(
        &self,
        cell: usize,
        instance: &InstancePlace,
        mechanisms: &[Gathered],
    ) -> Result<(usize, usize), Error> {
        let missing = |at: String| Error::NoInstance {
            gid: self.cells[cell].gid,
            mechanism: instance.mechanism.to_string(),
            at,
        };
        match instance.at {
            At::PointProcess(index) => {
                let found = place(self.points, self.cells, cell, index as usize)?;
                let known = &mechanisms[found.mechanism as usize].description.name;
                if **known != *instance.mechanism {
                    return Err(missing(format!("point process {index}, which is a `{known}`")));
                }
                Ok((found.mechanism as usize, found.instance as usize))
            }
            At::Node(node) => {
                let at = self.starts[cell] + node;
                let is_it = |mechanism: &Gathered| *mechanism.description.name == *instance.mechanism;
                let number = mechanisms.iter().position(is_it);
                let found = number.and_then(|number| {
                    let found = mechanisms[number].instances.nodes.binary_search(&at).ok();
                    found.map(|found| (number, found))
                });
                found.ok_or_else(|| missing(format!("in the segment of node {node}")))
            }
        }
    }
}

/// Binds the pointers of all mechanisms.
///
/// # Errors
///
/// A pointer that points to nothing, to what is not there, or, if it is written, to what another one writes too.
pub fn bind(places: &Places, mechanisms: &mut [Gathered], ions: &[GatheredIon]) -> Result<(), Error> {
    let mut targets: Vec<Vec<Vec<Option<PointerTarget>>>> = mechanisms
        .iter()
        .map(|own| vec![vec![None; own.instances.count]; own.mechanism.pointers().len()])
        .collect();
    for (number, cell) in places.cells.iter().enumerate() {
        for pointer in &cell.pointers {
            let (mechanism, instance) = places.find(number, &pointer.place, mechanisms)?;
            let known = mechanisms[mechanism].mechanism.pointers();
            let Some(which) = known.iter().position(|known| known.name == pointer.variable) else {
                return Err(bad(cell, pointer, "it is no `POINTER`"));
            };
            targets[mechanism][which][instance] = Some(resolve(places, number, pointer, mechanisms, ions)?);
        }
    }
    for (own, targets) in mechanisms.iter_mut().zip(targets) {
        let pointers = own.mechanism.pointers().to_vec();
        for (number, (pointer, targets)) in pointers.iter().zip(targets).enumerate() {
            let unset = targets.iter().position(Option::is_none);
            if let Some(instance) = unset.filter(|_| !own.mechanism.may_point_to_nothing(number)) {
                return Err(unset_pointer(places, own, &pointer.name, instance));
            }
            own.instances.own.pointing.push(targets.iter().map(Option::is_some).collect());
            let set: Vec<PointerTarget> = targets.iter().copied().flatten().collect();
            let distinct: BTreeSet<&PointerTarget> = set.iter().collect();
            let targets: Vec<PointerTarget> =
                targets.into_iter().map(|target| target.unwrap_or(PointerTarget::Nothing)).collect();
            if pointer.written && distinct.len() < set.len() {
                return Err(Error::BadPointer {
                    gid: gid_of(places, own, 0),
                    mechanism: own.description.name.clone(),
                    variable: pointer.name.clone(),
                    reason: "it is written, and those of several instances point to the same variable"
                        .to_owned(),
                });
            }
            let column = pointer.column as usize;
            own.instances.pointers.push(PointerBinding { column, written: pointer.written, targets });
        }
    }
    Ok(())
}

fn resolve(
    places: &Places,
    number: usize,
    pointer: &Pointer,
    mechanisms: &[Gathered],
    ions: &[GatheredIon],
) -> Result<PointerTarget, Error> {
    let cell = &places.cells[number];
    let target = match pointer.cell {
        None => number,
        Some(gid) => {
            let found = places.cells.iter().position(|cell| cell.gid == gid);
            let reason = format!("it points into the cell {gid}, which this process does not have");
            found.ok_or_else(|| bad(cell, pointer, &reason))?
        }
    };
    let node_of = |node: u32| {
        let at = places.starts[target] + node;
        let exists = at < places.starts[target + 1];
        exists.then_some(at).ok_or_else(|| bad(cell, pointer, &format!("node {node} does not exist")))
    };
    match &pointer.target {
        Reference::Voltage(node) => Ok(PointerTarget::Voltage(node_of(*node)?)),
        Reference::Variable(instance, variable) => {
            let (mechanism, instance) = places.find(target, instance, mechanisms)?;
            let description = &mechanisms[mechanism].description;
            let column = description.variable(variable).ok_or_else(|| Error::UnknownVariable {
                mechanism: description.name.clone(),
                variable: variable.clone(),
            })?;
            let mechanism = mechanisms[mechanism].entity;
            Ok(PointerTarget::Variable { mechanism, column, instance: instance as u32 })
        }
        Reference::Ion(node, name, variable) => {
            let node = node_of(*node)?;
            let ion = ions.iter().find(|ion| ion.name == *name);
            let found = ion.and_then(|ion| Some((ion, ion.nodes.binary_search(&node).ok()?)));
            let (ion, instance) =
                found.ok_or_else(|| bad(cell, pointer, &format!("there is no ion `{name}`")))?;
            let (ion, quantity) = (ion.entity, (*variable).into());
            Ok(PointerTarget::Ion { ion, quantity, instance: instance as u32 })
        }
    }
}

fn bad(cell: &CellPlan, pointer: &Pointer, reason: &str) -> Error {
    Error::BadPointer {
        gid: cell.gid,
        mechanism: pointer.place.mechanism.to_string(),
        variable: pointer.variable.clone(),
        reason: reason.to_owned(),
    }
}

fn unset_pointer(places: &Places, own: &Gathered, variable: &str, instance: usize) -> Error {
    let located = match own.instances.nodes.get(instance) {
        Some(&node) => {
            let number = places.starts.partition_point(|&start| start <= node) - 1;
            let model = &places.cells[number].model;
            let section = model.nodes.section.get((node - places.starts[number]) as usize);
            let section = section.and_then(|&section| model.sections.get(section as usize));
            section.map(|section| format!(" in section `{}`", section.name)).unwrap_or_default()
        }
        None => String::new(),
    };
    Error::UnsetPointer {
        gid: gid_of(places, own, instance),
        mechanism: own.description.name.clone(),
        variable: variable.to_owned(),
        located,
    }
}

/// The cell of an instance.
pub fn gid_of(places: &Places, own: &Gathered, instance: usize) -> u64 {
    let number = match (own.owners.get(instance), own.instances.nodes.get(instance)) {
        (Some(&(cell, _)), _) => cell,
        (None, Some(&node)) => places.starts.partition_point(|&start| start <= node) - 1,
        (None, None) => 0,
    };
    places.cells.get(number).map_or(0, |cell| cell.gid)
}
