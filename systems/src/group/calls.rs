//! What mechanisms do before the initialisation: their `CONSTRUCTOR`, and the functions that cells call.

use components::Column;
use nmodl::execute::Failure;
use random::Stream;

use super::instances::Gathered;
use super::pointers::{Places, gid_of};
use crate::error::Error;
use crate::mechanism::{Environment, Kernels, Outbox, Phase, Surroundings};

/// Runs constructors and calls; says of each mechanism whether it did anything, so that what its instances share is
/// prepared.
///
/// # Errors
///
/// A function that does not exist, or fails.
pub fn call(
    places: &Places,
    mechanisms: &mut [Gathered],
    surroundings: &Surroundings,
    environments: &[Environment],
) -> Result<Vec<bool>, Error> {
    set_streams(places, mechanisms)?;
    start_random_variables(places, mechanisms);
    let mut called = vec![false; mechanisms.len()];
    let mut calls = vec![Vec::new(); mechanisms.len()];
    for (number, cell) in places.cells.iter().enumerate() {
        for call in &cell.calls {
            let (mechanism, instance) = places.find(number, &call.place, mechanisms)?;
            calls[mechanism].push((instance, cell.gid, call));
        }
    }
    for (index, own) in mechanisms.iter_mut().enumerate() {
        // Kernels of their own, for which every column is kept
        let kernels = own.mechanism.kernels(&environments[index]);
        let has_constructor = kernels.phases().blocks.contains(&Phase::Constructor);
        if !has_constructor && calls[index].is_empty() {
            continue;
        }
        called[index] = true;
        kernels.prepare(&mut own.instances);
        super::build::gather_geometry(own, &*kernels, surroundings);
        let mut outbox = Outbox::default();
        if has_constructor {
            construct(own, &*kernels, surroundings, &mut outbox);
            finish(places, own, &*kernels, &mut outbox)?;
        }
        for &(instance, gid, call) in &calls[index] {
            let (function, arguments) = (&call.function, &call.arguments);
            let done = kernels.call(&mut own.instances, instance, function, arguments, &mut outbox);
            if done.is_none() {
                let (mechanism, function) = (own.description.name.clone(), function.to_string());
                return Err(Error::UnknownFunction { gid, mechanism, function });
            }
            finish(places, own, &*kernels, &mut outbox)?;
        }
    }
    Ok(called)
}

/// Gives instances the streams that cells name.
fn set_streams(places: &Places, mechanisms: &mut [Gathered]) -> Result<(), Error> {
    for (number, cell) in places.cells.iter().enumerate() {
        for (place, name, stream) in &cell.streams {
            let (mechanism, instance) = places.find(number, place, mechanisms)?;
            let own = &mut mechanisms[mechanism];
            let Some(which) = own.mechanism.streams().iter().position(|known| known == name) else {
                let (gid, mechanism) = (cell.gid, own.description.name.clone());
                let (what, name) = ("random stream", name.clone());
                return Err(Error::UnknownHolding { gid, mechanism, what, name });
            };
            own.instances.own.streams[which].set(instance, Some(*stream));
        }
    }
    Ok(())
}

/// First id of the streams of `RANDOM` variables that nobody named, as in NEURON.
const UNNAMED: u32 = 1;

/// Gives `RANDOM` variables that have none yet a stream of their own.
///
/// NEURON names it by the rank and by how many instances were made before on it. Here the cell and the place in it name
/// it, so that it depends neither on ranks nor on other cells.
fn start_random_variables(places: &Places, mechanisms: &mut [Gathered]) {
    for own in mechanisms.iter_mut().filter(|own| own.mechanism.random_variables() > 0) {
        let variables = own.mechanism.random_variables();
        let named = own.mechanism.streams().len() - variables;
        for instance in 0..own.instances.count {
            let (cell, place) = match (own.owners.get(instance), own.instances.nodes.get(instance)) {
                (Some(&owner), _) => owner,
                (None, Some(&node)) => {
                    let cell = places.starts.partition_point(|&start| start <= node).saturating_sub(1);
                    (cell, (node - places.starts[cell]) as usize)
                }
                (None, None) => continue,
            };
            for variable in 0..variables {
                let ids = [places.cells[cell].gid as u32, (place * variables + variable) as u32];
                let held = &mut own.instances.own;
                let streams = &mut held.streams[named + variable];
                if streams.get(instance).is_none() {
                    let stream = Stream::new(held.random_seed, UNNAMED, ids[0], ids[1]);
                    streams.set(instance, Some(stream));
                }
            }
        }
    }
}

/// Runs `CONSTRUCTOR` on new instances, which then get the values that the cells gave them.
fn construct(own: &mut Gathered, kernels: &dyn Kernels, surroundings: &Surroundings, outbox: &mut Outbox) {
    let count = own.instances.count;
    let variables = &own.description.variables;
    let fresh = variables.iter().map(|variable| Column::filled(count, variable.default)).collect();
    let given = std::mem::replace(&mut own.instances.columns, fresh);
    kernels.block(Phase::Constructor, &mut own.instances, surroundings, outbox);
    for ((column, given), variable) in own.instances.columns.iter_mut().zip(given).zip(variables) {
        for (value, given) in column.iter_mut().zip(given.iter()) {
            if given.to_bits() != variable.default.to_bits() {
                *value = *given;
            }
        }
    }
}

/// Tells messages, and fails if a kernel did. Events that were sent are forgotten, as by any initialisation.
fn finish(places: &Places, own: &Gathered, kernels: &dyn Kernels, outbox: &mut Outbox) -> Result<(), Error> {
    outbox.drain().for_each(drop);
    let name = &own.description.name;
    for (instance, message) in outbox.take_messages() {
        let gid = gid_of(places, own, instance as usize);
        for line in message.lines() {
            tracing::info!("{name} of gid {gid}: {line}");
        }
    }
    match outbox.take_failure() {
        None => Ok(()),
        Some(Failure { instance, message, span }) => Err(Error::KernelFailed {
            t: 0.0,
            gid: gid_of(places, own, instance as usize),
            located: String::new(),
            mechanism: name.clone(),
            place: kernels.place(span),
            message,
        }),
    }
}
