//! The state of all cells at the end of a run, to go on from it later: one block for each cell, whatever ranks and groups
//! the cells were in.

use std::collections::BTreeMap;
use std::path::Path;

use components::{SourceId, Watch};
use random::Stream;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use serde::{Deserialize, Serialize};
use systems::communicator::Communicator;
use systems::group::{CellState, EventState, IonState, MechanismState};

use super::blocks::{BlockFile, BlockFiles, Place, Stored, read_places, write_places};
use super::columns::{Malformed, Reader, Reading, Writer, parts};
use super::facts::Facts;
use super::frame;
use super::problem::{CannotSave, Unusable};
use super::publish::{Publication, WrittenIndex};
use crate::failure::Failure;

/// The name of the index of a state in its folder.
pub const STATE_INDEX: &str = "state.index";

/// What an index starts with.
const MAGIC: &[u8; 8] = b"NRDSTATE";

/// Cells that are written at once.
const CELLS_AT_ONCE: usize = 256;

/// When a state was saved, and in which simulation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    version: String,
    files: Vec<(String, u64)>,
    /// What must be as it was for the simulation to go on.
    pub facts: Facts,
    /// Time (ms), as bits.
    time: u64,
    /// Time steps since the start.
    pub step: u64,
}

impl Moment {
    /// A time (ms) after so many steps.
    pub fn new(t: f64, step: u64, facts: Facts) -> Self {
        Self { version: frame::VERSION.to_owned(), files: Vec::new(), facts, time: t.to_bits(), step }
    }

    /// The time (ms).
    pub fn t(&self) -> f64 {
        f64::from_bits(self.time)
    }
}

/// A saved state.
pub struct SavedState {
    /// When it was saved.
    pub moment: Moment,
    gids: Vec<u64>,
    places: Vec<Place>,
    files: BlockFiles,
}

impl SavedState {
    /// Opens the state in a folder.
    ///
    /// # Errors
    ///
    /// One that is missing, damaged, or of another program.
    pub fn open(folder: &Path) -> Result<Self, Unusable> {
        let path = folder.join(STATE_INDEX);
        let bytes = frame::read(&path)?;
        let (moment, table): (Moment, &[u8]) = frame::from_bytes(MAGIC, &bytes, &path)?;
        let (gids, places) = read_table(table).map_err(|Malformed| frame::unfit(&path, "table"))?;
        let files = BlockFiles::open(frame::files(&moment.files, folder))?;
        Ok(Self { moment, gids, places, files })
    }

    /// The states of the cells with these gids, as far as there are any.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a block that is damaged.
    pub fn read(&self, gids: &[u64]) -> Result<BTreeMap<u64, CellState>, Unusable> {
        let place = |gid: &u64| Some((*gid, self.places[self.gids.binary_search(gid).ok()?]));
        let (gids, places): (Vec<u64>, Vec<Place>) = gids.iter().filter_map(place).unzip();
        let states = self.files.read(&places, |_, bytes| read_state(bytes))?;
        Ok(gids.into_iter().zip(states).collect())
    }
}

/// Saves states in a folder; all ranks together. Returns the bytes that all of it takes.
///
/// # Errors
///
/// A file that cannot be written, or that another rank has failed.
pub fn save_states(
    folder: &Path,
    states: &BTreeMap<u64, CellState>,
    moment: &Moment,
    ranks: &dyn Communicator,
) -> Result<u64, Failure> {
    let write = |mut file: BlockFile| -> Result<Vec<u8>, CannotSave> {
        let all: Vec<(&u64, &CellState)> = states.iter().collect();
        let mut places = Vec::with_capacity(all.len());
        for some in all.chunks(CELLS_AT_ONCE) {
            let encode = |(_, state): &(&u64, &CellState)| Stored::plain(write_state(state));
            let blocks: Vec<Stored> =
                some.par_chunks(1).flat_map_iter(|one| one.iter().map(encode)).collect();
            for block in &blocks {
                places.push(file.add(block)?);
            }
        }
        let mut writer = Writer::default();
        writer.whole(std::iter::once(file.finish()?));
        let gids: Vec<u64> = states.keys().copied().collect();
        write_table(&gids, &places, &mut writer);
        Ok(writer.finish())
    };
    let make_index = |told: &[Vec<u8>], name: &dyn Fn(usize) -> String| {
        let mut cells: BTreeMap<u64, Place> = BTreeMap::new();
        let mut moment = moment.clone();
        for (rank, bytes) in told.iter().enumerate() {
            let mut reader = Reader::new(bytes);
            let length: Vec<u64> = reader.whole_of(1)?;
            moment.files.push((name(rank), length[0]));
            let (gids, places) = read_columns(&mut reader)?;
            cells.extend(gids.into_iter().zip(places));
        }
        let (gids, places): (Vec<u64>, Vec<Place>) = cells.into_iter().unzip();
        let mut writer = Writer::default();
        write_table(&gids, &places, &mut writer);
        Ok(WrittenIndex { bytes: frame::to_bytes(MAGIC, &moment, &writer.finish()), files: moment.files })
    };
    Publication { folder, stem: "state", index: STATE_INDEX }.save(write, &make_index, ranks)
}

fn write_table(gids: &[u64], places: &[Place], writer: &mut Writer) {
    writer.whole(gids.iter().copied());
    write_places(places, writer);
}

fn read_columns(reader: &mut Reader) -> Reading<(Vec<u64>, Vec<Place>)> {
    let gids: Vec<u64> = reader.whole()?;
    let places = read_places(reader)?;
    let is_sound = gids.len() == places.len() && gids.is_sorted_by(|one, other| one < other);
    if is_sound { Ok((gids, places)) } else { Err(Malformed) }
}

fn read_table(bytes: &[u8]) -> Reading<(Vec<u64>, Vec<Place>)> {
    let mut reader = Reader::new(bytes);
    let table = read_columns(&mut reader)?;
    reader.finish()?;
    Ok(table)
}

fn write_state(state: &CellState) -> Vec<u8> {
    let CellState { voltage, membrane_current, is_above, mechanisms, ions, connections, events } = state;
    let mut writer = Writer::default();
    writer.floats(voltage.iter().copied());
    writer.floats(membrane_current.iter().copied());
    writer.number(usize::from(*is_above));
    writer.number(mechanisms.len());
    for (name, mechanism) in mechanisms {
        writer.text(name);
        write_mechanism(mechanism, &mut writer);
    }
    writer.number(ions.len());
    for (name, IonState { reversal, inside, outside, current }) in ions {
        writer.text(name);
        for column in [reversal, inside, outside, current] {
            writer.floats(column.iter().copied());
        }
    }
    writer.whole(connections.iter().map(|(is_active, _)| u64::from(*is_active)));
    writer.whole(connections.iter().map(|(_, weights)| weights.len() as u64));
    writer.floats(connections.iter().flat_map(|(_, weights)| weights).copied());
    write_events(events, &mut writer);
    writer.finish()
}

fn read_state(bytes: &[u8]) -> Reading<CellState> {
    let mut reader = Reader::new(bytes);
    let (voltage, membrane_current) = (reader.floats()?, reader.floats()?);
    let is_above = reader.number()? != 0;
    let mut mechanisms = BTreeMap::new();
    for _ in 0..reader.number()? {
        let name = reader.text()?.to_owned();
        mechanisms.insert(name, read_mechanism(&mut reader)?);
    }
    let mut ions = BTreeMap::new();
    for _ in 0..reader.number()? {
        let name = reader.text()?.to_owned();
        let mut column = || reader.floats();
        let (reversal, inside, outside, current) = (column()?, column()?, column()?, column()?);
        ions.insert(name, IonState { reversal, inside, outside, current });
    }
    let active: Vec<u8> = reader.whole()?;
    let lengths: Vec<usize> = reader.whole_of(active.len())?;
    let weights = parts(reader.floats()?, &lengths)?;
    let connections = active.into_iter().map(|flag| flag != 0).zip(weights).collect();
    let events = read_events(&mut reader)?;
    reader.finish()?;
    Ok(CellState { voltage, membrane_current, is_above, mechanisms, ions, connections, events })
}

fn write_mechanism(mechanism: &MechanismState, writer: &mut Writer) {
    let MechanismState { columns, streams, vectors, watches, movable, count } = mechanism;
    writer.number(*count);
    writer.number(columns.len());
    columns.iter().for_each(|column| writer.floats(column.iter().copied()));
    writer.number(streams.len());
    for streams in streams {
        writer.whole(streams.iter().map(|stream| u64::from(stream.is_some())));
        writer.streams(streams.iter().flatten());
    }
    writer.number(vectors.len());
    for vectors in vectors {
        // Without a vector: 0
        writer
            .whole(vectors.iter().map(|vector| vector.as_ref().map_or(0, |vector| vector.len() as u64 + 1)));
        writer.floats(vectors.iter().flatten().flatten().copied());
    }
    writer.whole(watches.iter().map(|watch| u64::from(watch.instance)));
    writer.whole(watches.iter().map(|watch| u64::from(watch.condition)));
    writer.floats(watches.iter().map(|watch| watch.flag));
    writer.whole(watches.iter().map(|watch| u64::from(watch.was_true)));
    writer.whole(movable.iter().map(|event| event.map_or(0, |event| u64::from(event) + 1)));
}

fn read_mechanism(reader: &mut Reader) -> Reading<MechanismState> {
    let count = reader.number()?;
    let columns = (0..reader.number()?).map(|_| reader.floats()).collect::<Reading<Vec<Vec<f64>>>>()?;
    if columns.iter().any(|column| !column.is_empty() && column.len() != count) {
        return Err(Malformed);
    }
    let mut streams = Vec::new();
    for _ in 0..reader.number()? {
        let present: Vec<u8> = reader.whole_of(count)?;
        let held = present.iter().filter(|flag| **flag != 0).count();
        let mut held = reader.streams_of(held)?.into_iter();
        let stream = |flag: u8| if flag != 0 { held.next() } else { None };
        streams.push(present.into_iter().map(stream).collect::<Vec<Option<Stream>>>());
    }
    let mut vectors = Vec::new();
    for _ in 0..reader.number()? {
        let lengths: Vec<usize> = reader.whole_of(count)?;
        let held: Vec<usize> = lengths.iter().map(|length| length.saturating_sub(1)).collect();
        let held = parts(reader.floats()?, &held)?;
        let vector = |(length, vector): (usize, Vec<f64>)| (length > 0).then_some(vector);
        vectors.push(lengths.into_iter().zip(held).map(vector).collect::<Vec<_>>());
    }
    let instances: Vec<u32> = reader.whole()?;
    let conditions: Vec<u32> = reader.whole_of(instances.len())?;
    let flags = reader.floats_of(instances.len())?;
    let true_before: Vec<u8> = reader.whole_of(instances.len())?;
    let watch = |place: usize| Watch {
        instance: instances[place],
        condition: conditions[place],
        flag: flags[place],
        was_true: true_before[place] != 0,
    };
    let watches = (0..instances.len()).map(watch).collect();
    let movable: Vec<u32> = reader.whole_of(count)?;
    let movable = movable.into_iter().map(|event| event.checked_sub(1)).collect();
    Ok(MechanismState { columns, streams, vectors, watches, movable, count })
}

fn write_events(events: &[EventState], writer: &mut Writer) {
    writer.floats(events.iter().map(|event| event.time));
    writer.floats(events.iter().map(|event| event.sent));
    writer.whole(events.iter().map(|event| event.source.to_bits()));
    writer.whole(events.iter().map(|event| u64::from(event.order)));
    writer.names(events.iter().map(|event| event.target.0.as_str()));
    writer.whole(events.iter().map(|event| u64::from(event.target.1)));
    writer.whole(events.iter().map(|event| event.connection.map_or(0, |number| u64::from(number) + 1)));
    writer.whole(events.iter().map(|event| u64::from(event.flag.is_some())));
    writer.floats(events.iter().filter_map(|event| event.flag));
}

fn read_events(reader: &mut Reader) -> Reading<Vec<EventState>> {
    let times = reader.floats()?;
    let count = times.len();
    let sent = reader.floats_of(count)?;
    let sources: Vec<u64> = reader.whole_of(count)?;
    let orders: Vec<u32> = reader.whole_of(count)?;
    let mechanisms = reader.names_of(count)?;
    let instances: Vec<u32> = reader.whole_of(count)?;
    let connections: Vec<u32> = reader.whole_of(count)?;
    let flagged: Vec<u8> = reader.whole_of(count)?;
    let mut flags = reader.floats_of(flagged.iter().filter(|flag| **flag != 0).count())?.into_iter();
    let event = |place: usize| EventState {
        time: times[place],
        sent: sent[place],
        source: SourceId::from_bits(sources[place]),
        order: orders[place],
        target: (mechanisms[place].to_owned(), instances[place]),
        connection: connections[place].checked_sub(1),
        flag: if flagged[place] != 0 { flags.next() } else { None },
    };
    Ok((0..count).map(event).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back() {
        let stream = Some(Stream::new(1, 2, 3, 4));
        let mechanism = MechanismState {
            columns: vec![vec![1.0, 2.0], Vec::new()],
            streams: vec![vec![stream, None]],
            vectors: vec![vec![None, Some(vec![1.0, 2.0])], vec![Some(Vec::new()), None]],
            watches: vec![Watch { instance: 1, condition: 2, flag: 3.0, was_true: true }],
            movable: vec![None, Some(1)],
            count: 2,
        };
        let ion =
            IonState { reversal: vec![50.0], inside: vec![1.0], outside: vec![2.0], current: vec![-0.1] };
        let event = |flag, connection| EventState {
            time: 3.0,
            sent: 2.0,
            source: SourceId::point_process(7, 8),
            order: 4,
            target: ("Syn".to_owned(), 1),
            connection,
            flag,
        };
        let state = CellState {
            voltage: vec![-65.0, -64.0],
            membrane_current: Vec::new(),
            is_above: true,
            mechanisms: [("Syn".to_owned(), mechanism)].into(),
            ions: [("na".to_owned(), ion)].into(),
            connections: vec![(true, vec![1.0, 0.0]), (false, Vec::new())],
            events: vec![event(None, Some(0)), event(Some(1.0), None), event(Some(2.0), Some(1))],
        };
        assert_eq!(read_state(&write_state(&state)), Ok(state));
        assert_eq!(read_state(&write_state(&CellState::default())), Ok(CellState::default()));
    }
}
