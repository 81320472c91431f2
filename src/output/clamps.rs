//! The currents of clamps that find holding currents, as neurodamus leaves them: in the folder `gap_junction_seclamps` a
//! file of Python for each rank, `data_for_host_<rank>.p`, with a dictionary from gids to arrays (nA) that have a value
//! for the initial state and one for every time step.

use std::collections::BTreeMap;

use components::Recording;
use systems::Simulation;
use systems::step::record::{Lookup, record_now};

use super::OutputError;
use crate::build::Clamp;
use crate::input::Input;

/// Mechanism of the clamps, and the variable that is recorded.
pub const RECORDED: (&str, &str) = ("SEClamp", "i");

/// Begins to record the currents of clamps, once the simulation is initialised.
///
/// # Errors
///
/// A clamp that is in no group.
pub fn record_clamps(
    clamps: &[Clamp],
    input: &Input,
    simulation: &mut Simulation,
) -> Result<(), systems::Error> {
    let (name, variable) = RECORDED;
    let mechanism = input.registry.get(name);
    let column = mechanism.and_then(|mechanism| mechanism.description().variable(variable));
    for (number, clamp) in clamps.iter().enumerate() {
        let attached = column.and_then(|column| {
            simulation.groups_mut().iter_mut().find_map(|group| {
                let group = &mut group.world;
                let from = Lookup(group).point_process(name, column, clamp.gid, clamp.process)?;
                group.spawn(Recording { number, from, values: Vec::new() });
                Some(())
            })
        });
        attached.ok_or_else(|| systems::Error::NoInstance {
            gid: clamp.gid,
            mechanism: name.to_owned(),
            at: "in any group".to_owned(),
        })?;
    }
    simulation.groups_mut().iter_mut().for_each(|group| record_now(&mut group.world));
    Ok(())
}

/// Writes the recorded currents of this rank's clamps, if it has any.
///
/// # Errors
///
/// If the folder or the file cannot be written.
pub fn write_clamps(
    clamps: &[Clamp],
    input: &Input,
    simulation: &mut Simulation,
    rank: usize,
) -> Result<(), OutputError> {
    if clamps.is_empty() {
        return Ok(());
    }
    let mut currents = BTreeMap::new();
    for group in simulation.groups_mut() {
        for recording in group.world.query::<&Recording>().iter(&group.world) {
            currents.insert(clamps[recording.number].gid, recording.values.clone());
        }
    }
    let folder = input.output_dir.join("gap_junction_seclamps");
    let failed = |error| OutputError::new("make the folder", &folder, error);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let file = folder.join(format!("data_for_host_{rank}.p"));
    std::fs::write(&file, pickled(&currents)).map_err(|error| OutputError::new("write", &file, error))
}

/// A dictionary of numpy arrays in Python's pickle format, protocol 4 (PEP 3154): each array is
/// `numpy.array(numpy.frombuffer(bytes, "<f8"))`.
fn pickled(arrays: &BTreeMap<u64, Vec<f64>>) -> Vec<u8> {
    let mut pickle = b"\x80\x04}(".to_vec();
    for (gid, values) in arrays {
        // LONG1: a whole number of so many bytes with a sign
        pickle.extend(b"\x8a\x09");
        pickle.extend(gid.to_le_bytes());
        pickle.push(0);
        pickle.extend(b"cnumpy\narray\ncnumpy\nfrombuffer\n\x8e");
        pickle.extend((8 * values.len() as u64).to_le_bytes());
        pickle.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        // The dtype's name, then a tuple of two and a call; a tuple of one and a call
        pickle.extend(b"X\x03\x00\x00\x00<f8\x86R\x85R");
    }
    pickle.extend(b"u.");
    pickle
}
