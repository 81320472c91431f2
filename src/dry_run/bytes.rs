//! Bytes that plans of cells take on the heap while a model is built.

use std::sync::Arc;

use cell::CellModel;
use nmodl::execute::Argument;
use systems::group::{CellPlan, PointProcess};

/// What an allocator adds to each piece, and what it rounds up to (bytes), as glibc's does on 64-bit machines.
const OVERHEAD: usize = 8;
const ROUNDED_TO: usize = 16;
const LEAST: usize = 32;

/// Bytes that a piece of memory takes.
fn piece(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + OVERHEAD).next_multiple_of(ROUNDED_TO).max(LEAST) }
}

/// Bytes of a vector's items.
fn vector<T>(items: &Vec<T>) -> usize {
    piece(items.capacity() * size_of::<T>())
}

fn text(text: &String) -> usize {
    piece(text.capacity())
}

fn name(name: &Arc<str>) -> usize {
    // With the numbers of those that share it
    piece(2 * size_of::<usize>() + name.len())
}

/// Bytes of a plan while its cell is built: of the cell, and of its synapses with their connections. The model is not
/// counted, which cells may share.
pub fn of_plan(plan: &CellPlan) -> (usize, usize) {
    let is_synapse = |point: &&PointProcess| point.synapse_id.is_some();
    let own = plan.point_processes.iter().filter(|point| !is_synapse(point)).map(of_point);
    let signals = plan
        .signals
        .iter()
        .map(|signal| text(&signal.variable) + vector(&signal.times) + vector(&signal.values));
    let received = plan.received_voltages.iter();
    let received = received.map(|voltage| name(&voltage.place.mechanism) + text(&voltage.variable));
    let probes = plan.probes.iter().map(|probe| {
        let parts = probe.parts.iter().map(|part| vector(&part.indices) + vector(&part.places));
        let sums = probe.sums.as_ref().map_or(0, |sums| vector(&sums.weights) + vector(&sums.ends));
        vector(&probe.parts) + parts.sum::<usize>() + sums
    });
    let calls = plan.calls.iter().map(|call| {
        let arguments = call.arguments.iter().map(|argument| match argument {
            Argument::Vector(numbers) => vector(numbers),
            Argument::Random(random) => piece(size_of_val(&**random)),
            Argument::Stream(stream) => piece(size_of_val(&**stream)),
            _ => 0,
        });
        // Calls that are alike share their names
        vector(&call.arguments) + arguments.sum::<usize>()
    });
    let pointers = plan.pointers.iter();
    let pointers = pointers.map(|pointer| name(&pointer.place.mechanism) + text(&pointer.variable));
    let streams = plan.streams.iter().map(|(place, name, _)| self::name(&place.mechanism) + text(name));
    let lists = vector(&plan.signals)
        + vector(&plan.after_edges)
        + vector(&plan.published_voltages)
        + vector(&plan.received_voltages)
        + vector(&plan.probes)
        + vector(&plan.calls)
        + vector(&plan.pointers)
        + vector(&plan.streams);
    let parts = own.chain(signals).chain(received).chain(probes).chain(calls).chain(pointers).chain(streams);
    let of_cell = size_of::<CellPlan>() + lists + parts.sum::<usize>();
    let synapses = plan.point_processes.iter().filter(is_synapse).map(of_point);
    let connections = plan.connections.iter().map(|connection| vector(&connection.weights));
    let of_synapses = vector(&plan.point_processes)
        + vector(&plan.connections)
        + synapses.chain(connections).sum::<usize>();
    (of_cell, of_synapses)
}

/// Bytes of a point process beside its place in a list.
fn of_point(point: &PointProcess) -> usize {
    let streams = point.streams.iter().map(|(name, _)| text(name));
    let vectors = point.vectors.iter().map(|(name, numbers)| text(name) + vector(numbers));
    vector(&point.changed)
        + vector(&point.streams)
        + vector(&point.vectors)
        + streams.chain(vectors).sum::<usize>()
}

/// Bytes of a model, which equal cells share.
pub fn of_model(model: &CellModel) -> usize {
    let nodes = &model.nodes;
    let columns = [&nodes.a, &nodes.b, &nodes.area, &nodes.diameter, &nodes.capacitance].map(vector);
    let sections = model.sections.iter();
    let sections = sections.map(|own| text(&own.name) + vector(&own.segments) + vector(&own.points));
    let mechanisms = model
        .mechanisms
        .iter()
        .map(|own| vector(&own.nodes) + vector(&own.columns) + own.columns.iter().map(vector).sum::<usize>());
    let points = model.point_processes.iter().map(|point| vector(&point.values));
    let ions = model.ions.iter().map(|ion| {
        let numbers = [&ion.reversal, &ion.inside, &ion.outside].map(vector);
        text(&ion.name) + vector(&ion.nodes) + vector(&ion.style) + numbers.iter().sum::<usize>()
    });
    let lists = model.section_lists.iter().map(|(name, sections)| text(name) + vector(sections));
    let parts = sections.chain(mechanisms).chain(points).chain(ions).chain(lists);
    size_of::<CellModel>()
        + vector(&nodes.parent)
        + vector(&nodes.section)
        + vector(&nodes.is_segment)
        + columns.iter().sum::<usize>()
        + vector(&model.sections)
        + vector(&model.mechanisms)
        + vector(&model.point_processes)
        + vector(&model.ions)
        + vector(&model.section_lists)
        + parts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_rounded_up_as_glibc_does() {
        assert_eq!([0, 1, 24, 25, 40, 41, 1000].map(piece), [0, 32, 32, 48, 48, 64, 1008]);
    }

    #[test]
    fn a_synapse_takes_its_place_its_values_and_its_connection() {
        let registry = systems::Registry::with_built_ins();
        let description = registry.get("ExpSyn").expect("it is built in").description();
        let mut plan = CellPlan::new("", 0, 0, Default::default());
        let before = of_plan(&plan);
        assert_eq!(before, (size_of::<CellPlan>(), 0));
        let mut point = PointProcess::new(description, Some(1)).with("tau", 2.0);
        point.synapse_id = Some(0);
        point.changed.shrink_to_fit();
        plan.point_processes = vec![point];
        let (cell, synapses) = of_plan(&plan);
        assert_eq!(cell, before.0);
        let values = piece(16);
        assert_eq!(synapses, piece(size_of::<PointProcess>()) + values);
    }
}
