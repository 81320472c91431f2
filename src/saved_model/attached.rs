//! What is attached to a cell before stimuli and reports, as a block: synapses, connections, gap junctions.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::model::{At, InstancePlace};
use components::SourceId;
use nmodl::Description;
use random::Stream;
use systems::Registry;
use systems::group::{CellPlan, Connection, PointProcess, ReceivedVoltage, SpikeSource};

use super::calls::{read_calls, read_pointers, write_calls, write_pointers};
use super::cells::{described, optional};
use super::columns::{Malformed, Reader, Reading, Writer, parts};
use crate::build::BuiltCell;

/// What is attached to a cell, as a block. Its signals and probes are no part of it: there are none before stimuli and
/// reports.
pub fn write_attached(cell: &CellPlan, built: &BuiltCell) -> Vec<u8> {
    let mut writer = Writer::default();
    write_spike_source(cell.spike_source, &mut writer);
    write_points(&cell.point_processes, &mut writer);
    write_connections(&cell.connections, &mut writer);
    writer.whole(cell.after_edges.iter().map(|&(point_processes, _)| u64::from(point_processes)));
    writer.whole(cell.after_edges.iter().map(|&(_, connections)| u64::from(connections)));
    writer.whole(cell.published_voltages.iter().map(|&(id, _)| id));
    writer.whole(cell.published_voltages.iter().map(|&(_, node)| u64::from(node)));
    write_received(&cell.received_voltages, &mut writer);
    // What the cell itself calls comes first, and is written with the cell
    let own = cell.calls.strip_prefix(built.calls.as_slice());
    writer.number(usize::from(own.is_some()));
    write_calls(own.unwrap_or(&cell.calls), &mut writer);
    let own = cell.pointers.strip_prefix(built.pointers.as_slice());
    writer.number(usize::from(own.is_some()));
    write_pointers(own.unwrap_or(&cell.pointers), &mut writer);
    writer.finish()
}

/// Attaches to a cell what a block says. The cell has nothing attached yet.
pub fn read_attached(
    bytes: &[u8],
    mut cell: CellPlan,
    built: &BuiltCell,
    registry: &Registry,
) -> Reading<CellPlan> {
    let mut reader = Reader::new(bytes);
    cell.spike_source = read_spike_source(&mut reader)?;
    cell.point_processes = read_points(&mut reader, registry)?;
    cell.connections = read_connections(&mut reader)?;
    let point_processes: Vec<u32> = reader.whole()?;
    let connections: Vec<u32> = reader.whole_of(point_processes.len())?;
    cell.after_edges = point_processes.into_iter().zip(connections).collect();
    let ids: Vec<u64> = reader.whole()?;
    let nodes: Vec<u32> = reader.whole_of(ids.len())?;
    cell.published_voltages = ids.into_iter().zip(nodes).collect();
    cell.received_voltages = read_received(&mut reader)?;
    if reader.number()? != 0 {
        cell.calls.clone_from(&built.calls);
    }
    cell.calls.extend(read_calls(&mut reader)?);
    if reader.number()? != 0 {
        cell.pointers.clone_from(&built.pointers);
    }
    cell.pointers.extend(read_pointers(&mut reader)?);
    reader.finish()?;
    if is_sound(&cell) { Ok(cell) } else { Err(Malformed) }
}

fn write_spike_source(source: Option<SpikeSource>, writer: &mut Writer) {
    let (kind, number, threshold) = match source {
        None => (0, 0, 0.0),
        Some(SpikeSource::Voltage { node, threshold }) => (1, node as usize, threshold),
        Some(SpikeSource::PointProcess(index)) => (2, index, 0.0),
    };
    writer.number(kind);
    writer.number(number);
    writer.floats([threshold].into_iter());
}

fn read_spike_source(reader: &mut Reader) -> Reading<Option<SpikeSource>> {
    let (kind, number) = (reader.number()?, reader.number()?);
    let threshold = reader.floats_of(1)?[0];
    match kind {
        0 => Ok(None),
        1 => Ok(Some(SpikeSource::Voltage { node: number as u32, threshold })),
        2 => Ok(Some(SpikeSource::PointProcess(number))),
        _ => Err(Malformed),
    }
}

/// Point processes: which mechanism each is; then for each mechanism its instances as columns.
fn write_points(points: &[PointProcess], writer: &mut Writer) {
    let mut names: BTreeMap<&str, u64> = BTreeMap::new();
    for point in points {
        let next = names.len() as u64;
        names.entry(&point.description.name).or_insert(next);
    }
    let mut of_mechanism: Vec<Vec<&PointProcess>> = vec![Vec::new(); names.len()];
    let numbers: Vec<u64> = points.iter().map(|point| names[point.description.name.as_str()]).collect();
    points.iter().zip(&numbers).for_each(|(point, &number)| of_mechanism[number as usize].push(point));
    writer.number(of_mechanism.len());
    for points in &of_mechanism {
        if let Some(first) = points.first() {
            write_mechanism(&first.description, points, writer);
        }
    }
    writer.whole(numbers.iter().copied());
}

fn write_mechanism(description: &Description, points: &[&PointProcess], writer: &mut Writer) {
    writer.text(&description.name);
    writer.number(points.len());
    writer.whole(points.iter().flat_map(|point| optional(point.node)));
    writer.whole(points.iter().flat_map(|point| optional(point.synapse_id)));
    writer.number(description.variables.len());
    for variable in 0..description.variables.len() {
        writer.floats(points.iter().map(|point| point.value(variable)));
    }
    let streams = points.iter().flat_map(|point| &point.streams);
    writer.whole(points.iter().map(|point| point.streams.len() as u64));
    writer.names(streams.clone().map(|(name, _)| name.as_str()));
    writer.streams(streams.map(|(_, stream)| stream));
    let vectors = points.iter().flat_map(|point| &point.vectors);
    writer.whole(points.iter().map(|point| point.vectors.len() as u64));
    writer.names(vectors.clone().map(|(name, _)| name.as_str()));
    writer.whole(vectors.clone().map(|(_, vector)| vector.len() as u64));
    writer.floats(vectors.flat_map(|(_, vector)| vector).copied());
}

fn read_points(reader: &mut Reader, registry: &Registry) -> Reading<Vec<PointProcess>> {
    let mechanisms = reader.number()?;
    let of_mechanism = (0..mechanisms).map(|_| read_mechanism(reader, registry));
    let of_mechanism = of_mechanism.collect::<Reading<Vec<Vec<PointProcess>>>>()?;
    let mut of_mechanism: Vec<_> = of_mechanism.into_iter().map(Vec::into_iter).collect();
    let numbers: Vec<usize> = reader.whole()?;
    let mut next = |number: usize| of_mechanism.get_mut(number).and_then(Iterator::next).ok_or(Malformed);
    let points = numbers.into_iter().map(&mut next).collect::<Reading<Vec<PointProcess>>>()?;
    if of_mechanism.iter().all(|rest| rest.len() == 0) { Ok(points) } else { Err(Malformed) }
}

fn read_mechanism(reader: &mut Reader, registry: &Registry) -> Reading<Vec<PointProcess>> {
    let description = described(reader.text()?, registry)?;
    let count = reader.number()?;
    let nodes: Vec<u64> = reader.whole_of(count)?;
    let synapse_ids: Vec<u64> = reader.whole_of(count)?;
    let width = reader.number()?;
    if width != description.variables.len() {
        return Err(Malformed);
    }
    let present =
        |number: u64| number.checked_sub(1).map(|number| u32::try_from(number).map_err(|_| Malformed));
    let mut points = Vec::with_capacity(count);
    for (node, synapse_id) in nodes.into_iter().zip(synapse_ids) {
        points.push(PointProcess {
            description: Arc::clone(&description),
            node: present(node).transpose()?,
            changed: Vec::new(),
            streams: Vec::new(),
            vectors: Vec::new(),
            synapse_id: present(synapse_id).transpose()?,
        });
    }
    let mut changed = Vec::new();
    for (number, variable) in (0..).zip(&description.variables) {
        let column = reader.floats_of(count)?;
        if column.iter().any(|value| value.to_bits() != variable.default.to_bits()) {
            changed.push((number, column));
        }
    }
    for (index, point) in points.iter_mut().enumerate() {
        point.changed = changed.iter().map(|(number, column)| (*number, column[index])).collect();
    }
    let held: Vec<usize> = reader.whole_of(count)?;
    let total = sum(&held)?;
    let names = reader.names_of(total)?;
    let streams = names.into_iter().map(str::to_owned).zip(reader.streams_of(total)?);
    let streams: Vec<Vec<(String, Stream)>> = parts(streams.collect(), &held)?;
    let held: Vec<usize> = reader.whole_of(count)?;
    let total = sum(&held)?;
    let names = reader.names_of(total)?;
    let lengths: Vec<usize> = reader.whole_of(total)?;
    let vectors = names.into_iter().map(str::to_owned).zip(parts(reader.floats()?, &lengths)?);
    let vectors: Vec<Vec<(String, Vec<f64>)>> = parts(vectors.collect(), &held)?;
    for ((point, streams), vectors) in points.iter_mut().zip(streams).zip(vectors) {
        (point.streams, point.vectors) = (streams, vectors);
    }
    Ok(points)
}

fn sum(lengths: &[usize]) -> Reading<usize> {
    lengths.iter().try_fold(0_usize, |sum, &length| sum.checked_add(length)).ok_or(Malformed)
}

fn write_connections(connections: &[Connection], writer: &mut Writer) {
    let sources = connections.iter().map(|connection| connection.source);
    writer.whole(sources.clone().map(SourceId::gid));
    // What is left is small: 0, or the number of a point process
    writer.whole(sources.map(|source| source.to_bits() - SourceId::cell(source.gid()).to_bits()));
    writer.whole(connections.iter().map(|connection| connection.target as u64));
    writer.floats(connections.iter().map(|connection| connection.delay));
    writer.whole(connections.iter().map(|connection| u64::from(connection.active)));
    writer.whole(connections.iter().map(|connection| connection.weights.len() as u64));
    let longest = connections.iter().map(|connection| connection.weights.len()).max().unwrap_or(0);
    writer.number(longest);
    for place in 0..longest {
        let weights = connections.iter().filter_map(|connection| connection.weights.get(place));
        writer.floats(weights.copied());
    }
}

fn read_connections(reader: &mut Reader) -> Reading<Vec<Connection>> {
    let gids: Vec<u64> = reader.whole()?;
    let count = gids.len();
    let within: Vec<u32> = reader.whole_of(count)?;
    let targets: Vec<usize> = reader.whole_of(count)?;
    let delays = reader.floats_of(count)?;
    let active: Vec<u8> = reader.whole_of(count)?;
    let lengths: Vec<usize> = reader.whole_of(count)?;
    let longest = reader.number()?;
    if lengths.iter().any(|&length| length > longest) {
        return Err(Malformed);
    }
    let source =
        |(gid, within): (u64, u32)| SourceId::from_bits(SourceId::cell(gid).to_bits() + u64::from(within));
    let mut connections: Vec<Connection> = gids
        .into_iter()
        .zip(within)
        .map(source)
        .zip(targets)
        .zip(delays)
        .zip(&active)
        .zip(&lengths)
        .map(|((((source, target), delay), &active), &length)| Connection {
            source,
            target,
            delay,
            weights: Vec::with_capacity(length),
            active: active != 0,
        })
        .collect();
    for place in 0..longest {
        let with = lengths.iter().filter(|&&length| length > place).count();
        let mut column = reader.floats_of(with)?.into_iter();
        let long = connections.iter_mut().zip(&lengths).filter(|(_, length)| **length > place);
        long.for_each(|(connection, _)| connection.weights.extend(column.next()));
    }
    Ok(connections)
}

fn write_received(received: &[ReceivedVoltage], writer: &mut Writer) {
    let kind = |at: At| match at {
        At::Node(node) => (0, u64::from(node)),
        At::PointProcess(number) => (1, u64::from(number)),
    };
    writer.whole(received.iter().map(|received| received.id));
    writer.names(received.iter().map(|received| &*received.place.mechanism));
    writer.whole(received.iter().map(|received| kind(received.place.at).0));
    writer.whole(received.iter().map(|received| kind(received.place.at).1));
    writer.names(received.iter().map(|received| received.variable.as_str()));
}

fn read_received(reader: &mut Reader) -> Reading<Vec<ReceivedVoltage>> {
    let ids: Vec<u64> = reader.whole()?;
    let mechanisms = reader.names_of(ids.len())?;
    let kinds: Vec<u8> = reader.whole_of(ids.len())?;
    let numbers: Vec<u32> = reader.whole_of(ids.len())?;
    let variables = reader.names_of(ids.len())?;
    let received = ids.into_iter().enumerate().map(|(index, id)| {
        let number = numbers[index];
        let at = if kinds[index] == 0 { At::Node(number) } else { At::PointProcess(number) };
        let place = InstancePlace { mechanism: mechanisms[index].into(), at };
        ReceivedVoltage { id, place, variable: variables[index].to_owned() }
    });
    Ok(received.collect())
}

/// Whether all indices lie in the cell.
fn is_sound(cell: &CellPlan) -> bool {
    let (nodes, points) = (cell.model.nodes.parent.len() as u64, cell.point_process_count());
    let is_node = |node: u32| u64::from(node) < nodes;
    let has_source = match cell.spike_source {
        None => true,
        Some(SpikeSource::Voltage { node, .. }) => is_node(node),
        Some(SpikeSource::PointProcess(index)) => index < points,
    };
    let ends = (cell.point_processes.len() as u32, cell.connections.len() as u32);
    let after_edges: Vec<_> = cell.after_edges.iter().copied().chain([ends]).collect();
    let is_rising = |pair: &[(u32, u32)]| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1;
    has_source
        && after_edges.windows(2).all(is_rising)
        && cell.point_processes.iter().filter_map(|point| point.node).all(is_node)
        && cell.connections.iter().all(|connection| connection.target < points)
        && cell.published_voltages.iter().all(|&(_, node)| is_node(node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cell::CellModel;
    use cell::model::{Call, NO_PARENT, Nodes, Pointer, Reference};
    use nmodl::execute::Argument;

    fn built(calls: Vec<Call>, pointers: Vec<Pointer>) -> BuiltCell {
        let nodes = Nodes { parent: vec![NO_PARENT, 0, 1], ..Nodes::default() };
        BuiltCell {
            model: Arc::new(CellModel { nodes, ..CellModel::default() }),
            calls,
            pointers,
            section_by_id: Vec::new(),
            element_ids: Vec::new(),
            point_cell: None,
            axon_count: None,
            applications: Vec::new(),
        }
    }

    fn call(number: u32) -> Call {
        let place = InstancePlace { mechanism: "ExpSyn".into(), at: At::PointProcess(number) };
        Call { place, function: "set".into(), arguments: vec![Argument::Number(f64::from(number))] }
    }

    #[test]
    fn what_is_attached_comes_back() {
        let registry = Registry::with_built_ins();
        let of = |name: &str| described(name, &registry).expect("it is built in");
        let place = InstancePlace { mechanism: "Gap".into(), at: At::PointProcess(2) };
        let pointer = Pointer {
            place: place.clone(),
            variable: "p".to_owned(),
            cell: None,
            target: Reference::Voltage(1),
        };
        let built = built(vec![call(0)], vec![pointer]);
        let mut cell = CellPlan::new("A", 3, 7, Arc::clone(&built.model));
        let bare = cell.clone();
        let mut synapse = PointProcess::new(&of("ExpSyn"), Some(1)).with("tau", 0.3);
        synapse.synapse_id = Some(5);
        let mut player = PointProcess::new(&of("VecStim"), None);
        player.streams.push(("rng".to_owned(), Stream::new(1, 2, 3, 4)));
        player.vectors.push(("times".to_owned(), vec![1.0, 2.5]));
        let gap = PointProcess::new(&of("Gap"), Some(2));
        cell.point_processes = vec![synapse.clone(), player, gap, synapse];
        cell.spike_source = Some(SpikeSource::Voltage { node: 2, threshold: -30.0 });
        let connection = |target, weights| Connection {
            source: SourceId::point_process(7, 1),
            target,
            delay: 0.1,
            weights,
            active: target == 0,
        };
        cell.connections = vec![connection(0, vec![1.0, 0.0, 2.0]), connection(3, vec![0.5])];
        cell.published_voltages = vec![(u64::MAX, 1), (3, 2)];
        cell.after_edges = vec![(1, 0), (4, 2)];
        cell.received_voltages = vec![ReceivedVoltage { id: 9, place, variable: "vgap".to_owned() }];
        cell.calls = vec![call(0), call(3)];
        cell.pointers.clone_from(&built.pointers);
        let bytes = write_attached(&cell, &built);
        let read = read_attached(&bytes, bare.clone(), &built, &registry).expect("it was just written");
        assert_eq!(format!("{read:?}"), format!("{cell:?}"));
        for length in 0..bytes.len() {
            assert!(
                read_attached(&bytes[..length], bare.clone(), &built, &registry).is_err(),
                "{length} bytes"
            );
        }
        cell.connections[0].target = 4;
        let bytes = write_attached(&cell, &built);
        assert!(read_attached(&bytes, bare, &built, &registry).is_err(), "it has four point processes");
    }
}
