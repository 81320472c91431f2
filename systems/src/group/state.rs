//! The state of a group's cells, cell by cell: to keep it, and to go on from it in groups of other cells.
//!
//! What a mechanism shares between its instances is not part of it: `INITIAL` sets it anew.

use std::collections::BTreeMap;
use std::ops::Range;

use components::{
    Clock, CompartmentRange, Event, EventQueue, Gid, Instances, IonColumns, IonName, MembraneCurrent,
    Payload, SampleBuffer, SourceId, SpikeSources, Target, Voltage, Watch,
};
use nmodl::execute::SharedGenerator;
use random::Stream;

use super::Group;
use crate::error::Error;
use crate::step::sample::sample;
use crate::step::{GroupEntities, MechanismTable};

/// The state of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellState {
    /// Voltage (mV) of each node.
    pub voltage: Vec<f64>,
    /// Membrane current (nA) of each node in the last time step; empty if nobody asked for it.
    pub membrane_current: Vec<f64>,
    /// Whether its voltage was above the threshold at the last look.
    pub is_above: bool,
    /// Its mechanisms, by name.
    pub mechanisms: BTreeMap<String, MechanismState>,
    /// Its ions, by name.
    pub ions: BTreeMap<String, IonState>,
    /// The connections that end at it, in creation order: whether each passes spikes on, and its weights.
    pub connections: Vec<(bool, Vec<f64>)>,
    /// Events on their way to it, the next one first.
    pub events: Vec<EventState>,
}

/// The state of a cell's instances of a mechanism, in the order of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MechanismState {
    /// For each variable its values; none where it is not kept.
    pub columns: Vec<Vec<f64>>,
    /// For each stream of the mechanism that of each instance.
    pub streams: Vec<Vec<Option<Stream>>>,
    /// For each vector of the mechanism that of each instance.
    pub vectors: Vec<Vec<Option<Vec<f64>>>>,
    /// Active WATCH conditions.
    pub watches: Vec<Watch>,
    /// For each instance the number of the cell's event that `net_move` moves.
    pub movable: Vec<Option<u32>>,
    /// Number of instances.
    pub count: usize,
}

/// The state of an ion in a cell: values at each node that has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IonState {
    /// Reversal potential (mV).
    pub reversal: Vec<f64>,
    /// Concentration inside (mM).
    pub inside: Vec<f64>,
    /// Concentration outside (mM).
    pub outside: Vec<f64>,
    /// Current (mA/cm2).
    pub current: Vec<f64>,
}

/// An event on its way to a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct EventState {
    /// When it is due (ms).
    pub time: f64,
    /// When it was sent (ms).
    pub sent: f64,
    /// Who sent it.
    pub source: SourceId,
    /// Position among the events that the source sends at one time.
    pub order: u32,
    /// The mechanism that it concerns, and the number of the instance among the cell's.
    pub target: (String, u32),
    /// The connection that it arrives over or whose weights it carries, if any, by its number in the cell.
    pub connection: Option<u32>,
    /// The flag of an event that an instance sent to itself.
    pub flag: Option<f64>,
}

/// Where the instances and connections of cells are in a group.
struct Places {
    /// Nodes of each cell.
    nodes: BTreeMap<u64, Range<usize>>,
    /// For each mechanism the cell of each instance, and the number of the instance among the cell's.
    instances: Vec<Vec<(u64, u32)>>,
}

impl Places {
    /// The cell with this node.
    fn cell_of(cells: &[(Range<usize>, u64)], node: u32) -> u64 {
        let after = cells.partition_point(|(nodes, _)| nodes.start <= node as usize);
        after.checked_sub(1).map_or(0, |index| cells[index].1)
    }

    fn of(group: &mut Group) -> Self {
        let world = &mut group.world;
        let mut query = world.query::<(&Gid, &CompartmentRange)>();
        let cells = query.iter(world).map(|(gid, nodes)| (gid.0, nodes.start as usize..nodes.end as usize));
        let nodes: BTreeMap<u64, Range<usize>> = cells.collect();
        let mut located: Vec<(Range<usize>, u64)> = nodes
            .iter()
            .filter(|(_, nodes)| !nodes.is_empty())
            .map(|(gid, nodes)| (nodes.clone(), *gid))
            .collect();
        located.sort_by_key(|(nodes, _)| nodes.start);
        let entities = world.resource::<MechanismTable>().entities.clone();
        let of_mechanism = |entity| {
            let Some(instances) = world.get::<Instances>(entity) else { return Vec::new() };
            let gids = (0..instances.count).map(|index| match instances.sources.get(index) {
                Some(own) => own.source.gid(),
                None => Self::cell_of(&located, instances.nodes[index]),
            });
            numbered(gids)
        };
        Self { instances: entities.into_iter().map(of_mechanism).collect(), nodes }
    }

    /// The instances of each mechanism and cell, in their order.
    fn of_cells(&self, mechanism: usize) -> BTreeMap<u64, Vec<usize>> {
        let mut of_cells: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (instance, (gid, _)) in self.instances[mechanism].iter().enumerate() {
            of_cells.entry(*gid).or_default().push(instance);
        }
        of_cells
    }

    /// The cell of an instance, and its number there.
    fn of_target(&self, target: Target) -> (u64, u32) {
        self.instances[target.mechanism as usize][target.instance as usize]
    }
}

/// Numbers cells' things in their order.
fn numbered(gids: impl Iterator<Item = u64>) -> Vec<(u64, u32)> {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    let number = |gid| {
        let count = counts.entry(gid).or_default();
        *count += 1;
        (gid, *count - 1)
    };
    gids.map(number).collect()
}

impl Group {
    /// The state of all cells, by gid.
    ///
    /// # Errors
    ///
    /// A mechanism whose instances share a random generator, so that its state belongs to no cell.
    pub fn states(&mut self) -> Result<BTreeMap<u64, CellState>, Error> {
        let places = Places::of(self);
        let mut states = self.states_of_nodes(&places);
        let table = self.world.resource::<MechanismTable>().clone();
        for (number, (&entity, name)) in table.entities.iter().zip(&table.names).enumerate() {
            let Some(instances) = self.world.get::<Instances>(entity) else { continue };
            if instances.own.shared_generator != SharedGenerator::default() {
                return Err(Error::SharedState { mechanism: name.clone() });
            }
            for (gid, own) in places.of_cells(number) {
                let state = MechanismState::of(instances, &own);
                states.entry(gid).or_default().mechanisms.insert(name.clone(), state);
            }
        }
        self.add_connections(&places, &mut states);
        self.add_events(&places, &table, &mut states);
        Ok(states)
    }

    fn states_of_nodes(&mut self, places: &Places) -> BTreeMap<u64, CellState> {
        let GroupEntities { compartments, network } = *self.world.resource::<GroupEntities>();
        let voltage = self.world.get::<Voltage>(compartments).map(|column| &*column.0).unwrap_or_default();
        let current = self.world.get::<MembraneCurrent>(compartments).map(|column| &*column.0);
        let state = |nodes: &Range<usize>| CellState {
            voltage: voltage[nodes.clone()].to_vec(),
            membrane_current: current.map(|current| current[nodes.clone()].to_vec()).unwrap_or_default(),
            ..CellState::default()
        };
        let mut states: BTreeMap<u64, CellState> =
            places.nodes.iter().map(|(gid, nodes)| (*gid, state(nodes))).collect();
        if let Some(sources) = self.world.get::<SpikeSources>(network) {
            for (source, is_above) in sources.source.iter().zip(&sources.above) {
                states.entry(source.gid()).or_default().is_above = *is_above;
            }
        }
        let mut ions = self.world.query::<(&IonName, &IonColumns)>();
        for (name, ion) in ions.iter(&self.world) {
            for (gid, nodes) in &places.nodes {
                let own = places_among(&ion.nodes, nodes);
                if own.is_empty() {
                    continue;
                }
                let part = |column: &[f64]| column[own.clone()].to_vec();
                let state = IonState {
                    reversal: part(&ion.reversal),
                    inside: part(&ion.inside),
                    outside: part(&ion.outside),
                    current: part(&ion.current),
                };
                states.entry(*gid).or_default().ions.insert(name.0.clone(), state);
            }
        }
        states
    }

    fn add_connections(&mut self, places: &Places, states: &mut BTreeMap<u64, CellState>) {
        let mut all: Vec<(u64, u32, bool, Vec<f64>)> = Vec::new();
        self.with_network(|connections, _, _| {
            for number in 0..connections.target.len() {
                let gid = places.of_target(connections.target[number]).0;
                let weights = connections.weights_of(number as u32).to_vec();
                all.push((gid, connections.order[number], connections.active[number], weights));
            }
        });
        all.sort_by_key(|(gid, order, ..)| (*gid, *order));
        for (gid, _, is_active, weights) in all {
            states.entry(gid).or_default().connections.push((is_active, weights));
        }
    }

    fn add_events(&mut self, places: &Places, table: &MechanismTable, states: &mut BTreeMap<u64, CellState>) {
        // By sequence: the cell, and the number of the event there
        let mut numbers: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
        self.with_network(|connections, queue, _| {
            for event in queue.iter() {
                let (gid, instance) = places.of_target(event.target);
                let events = &mut states.entry(gid).or_default().events;
                numbers.insert(event.sequence, (gid, events.len() as u32));
                let order = |number: u32| connections.order.get(number as usize).copied();
                let (connection, flag) = match event.payload {
                    Payload::Connection(number) => (order(number), None),
                    Payload::SelfEvent { flag, connection } => (order(connection), Some(flag)),
                    // Delivered in the step in which the condition came true; none is left between steps
                    Payload::Watch { flag } => (None, Some(flag)),
                };
                let target = (table.names[event.target.mechanism as usize].clone(), instance);
                let &Event { time, sent, source, order, .. } = event;
                events.push(EventState { time, sent, source, order, target, connection, flag });
            }
        });
        for (number, (&entity, name)) in table.entities.iter().zip(&table.names).enumerate() {
            let Some(instances) = self.world.get::<Instances>(entity) else { continue };
            for (index, own) in instances.sources.iter().enumerate() {
                let Some((_, event)) = own.movable.as_ref().and_then(|event| numbers.get(&event.sequence))
                else {
                    continue;
                };
                let (gid, place) = places.instances[number][index];
                let state = states.get_mut(&gid).and_then(|state| state.mechanisms.get_mut(name));
                if let Some(movable) = state.and_then(|state| state.movable.get_mut(place as usize)) {
                    *movable = Some(*event);
                }
            }
        }
    }

    /// Goes on from states at a time (ms), after so many steps: to be called after [`Group::initialize`]. Takes the samples
    /// that are due then.
    ///
    /// # Errors
    ///
    /// A cell without state, or with other instances or connections than its state has.
    pub fn set_states(&mut self, t: f64, step: u64, states: &BTreeMap<u64, CellState>) -> Result<(), Error> {
        let places = Places::of(self);
        self.set_nodes(&places, states)?;
        let table = self.world.resource::<MechanismTable>().clone();
        for (number, (&entity, name)) in table.entities.iter().zip(&table.names).enumerate() {
            let Some(mut instances) = self.world.get_mut::<Instances>(entity) else { continue };
            instances.watches.clear();
            for (gid, own) in places.of_cells(number) {
                let differs = |what| Error::OtherState { gid, what };
                let state = states.get(&gid).and_then(|state| state.mechanisms.get(name));
                let count = state.map_or(0, |state| state.count);
                match state {
                    Some(state) if count == own.len() => state.set(&mut instances, &own),
                    _ => {
                        let (there, saved) = (own.len(), count);
                        return Err(differs(format!(
                            "it has {there} instances of `{name}`, and had {saved}"
                        )));
                    }
                }
            }
        }
        self.set_events(&places, &table, states)?;
        if let Some(mut clock) = self.world.get_resource_mut::<Clock>() {
            (clock.t, clock.step) = (t, step);
        }
        for mut buffer in self.world.query::<&mut SampleBuffer>().iter_mut(&mut self.world) {
            buffer.rows.clear();
        }
        self.world.run_system_cached(sample).map_err(|error| Error::Other(error.to_string()))
    }

    fn set_nodes(&mut self, places: &Places, states: &BTreeMap<u64, CellState>) -> Result<(), Error> {
        let GroupEntities { compartments, network } = *self.world.resource::<GroupEntities>();
        let state_of = |gid: u64| {
            let what = || "it has no saved state".to_owned();
            states.get(&gid).ok_or_else(|| Error::OtherState { gid, what: what() })
        };
        if let Some(mut voltage) = self.world.get_mut::<Voltage>(compartments) {
            for (gid, nodes) in &places.nodes {
                copy(*gid, "nodes", &state_of(*gid)?.voltage, &mut voltage.0[nodes.clone()])?;
            }
        }
        if let Some(mut current) = self.world.get_mut::<MembraneCurrent>(compartments) {
            for (gid, nodes) in &places.nodes {
                let saved = &state_of(*gid)?.membrane_current;
                if !saved.is_empty() {
                    copy(*gid, "nodes", saved, &mut current.0[nodes.clone()])?;
                }
            }
        }
        if let Some(mut sources) = self.world.get_mut::<SpikeSources>(network) {
            let SpikeSources { source, above, .. } = &mut *sources;
            for (source, above) in source.iter().zip(above) {
                *above = state_of(source.gid())?.is_above;
            }
        }
        let mut ions = self.world.query::<(&IonName, &mut IonColumns)>();
        for (name, mut ion) in ions.iter_mut(&mut self.world) {
            let IonColumns { reversal, inside, outside, current, nodes: of_ion, .. } = &mut *ion;
            for (gid, nodes) in &places.nodes {
                let own = places_among(of_ion, nodes);
                let Some(state) = states.get(gid).and_then(|state| state.ions.get(&name.0)) else { continue };
                for (saved, column) in [
                    (&state.reversal, &mut *reversal),
                    (&state.inside, &mut *inside),
                    (&state.outside, &mut *outside),
                    (&state.current, &mut *current),
                ] {
                    copy(*gid, "places of an ion", saved, &mut column[own.clone()])?;
                }
            }
        }
        Ok(())
    }

    fn set_events(
        &mut self,
        places: &Places,
        table: &MechanismTable,
        states: &BTreeMap<u64, CellState>,
    ) -> Result<(), Error> {
        let mechanisms: BTreeMap<&str, usize> =
            table.names.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
        let of_cells: Vec<BTreeMap<u64, Vec<usize>>> =
            (0..table.names.len()).map(|number| places.of_cells(number)).collect();
        let mut movable: Vec<(usize, usize, Event)> = Vec::new();
        let done = self.with_network(|connections, queue, _| {
            let mut numbers: BTreeMap<(u64, u32), u32> = BTreeMap::new();
            for number in 0..connections.target.len() {
                let gid = places.of_target(connections.target[number]).0;
                numbers.insert((gid, connections.order[number]), number as u32);
            }
            for (&(gid, order), &number) in &numbers {
                let saved = states.get(&gid).and_then(|state| state.connections.get(order as usize));
                let what = || "it has more connections than it had".to_owned();
                let (is_active, weights) = saved.ok_or_else(|| Error::OtherState { gid, what: what() })?;
                connections.active[number as usize] = *is_active;
                copy(gid, "weights of a connection", weights, connections.weights_of(number))?;
            }
            *queue = EventQueue::default();
            for &gid in places.nodes.keys() {
                let Some(state) = states.get(&gid) else { continue };
                let mut pushed = Vec::with_capacity(state.events.len());
                for event in &state.events {
                    let what = || format!("it has no instance of `{}` that an event is for", event.target.0);
                    let place = mechanisms.get(event.target.0.as_str()).and_then(|&mechanism| {
                        let instance = *of_cells[mechanism].get(&gid)?.get(event.target.1 as usize)?;
                        Some(Target { mechanism: mechanism as u32, instance: instance as u32 })
                    });
                    let target = place.ok_or_else(|| Error::OtherState { gid, what: what() })?;
                    let number = event.connection.and_then(|order| numbers.get(&(gid, order)).copied());
                    let payload = match (event.flag, number) {
                        (Some(flag), number) => {
                            Payload::SelfEvent { flag, connection: number.unwrap_or(u32::MAX) }
                        }
                        (None, Some(number)) => Payload::Connection(number),
                        (None, None) => return Err(Error::OtherState { gid, what: what() }),
                    };
                    let &EventState { time, sent, source, order, .. } = event;
                    pushed.push(queue.push(Event {
                        time,
                        sent,
                        source,
                        order,
                        target,
                        payload,
                        sequence: 0,
                    }));
                }
                for (name, mechanism) in &state.mechanisms {
                    let Some(&number) = mechanisms.get(name.as_str()) else { continue };
                    let own = of_cells[number].get(&gid).map(Vec::as_slice).unwrap_or_default();
                    for (instance, event) in own.iter().zip(&mechanism.movable) {
                        let event = event.and_then(|event| pushed.get(event as usize));
                        movable.extend(event.map(|event| (number, *instance, *event)));
                    }
                }
            }
            Ok(())
        });
        done.unwrap_or(Ok(()))?;
        for &entity in &table.entities {
            let Some(mut instances) = self.world.get_mut::<Instances>(entity) else { continue };
            instances.sources.iter_mut().for_each(|own| own.movable = None);
        }
        for (mechanism, instance, event) in movable {
            if let Some(mut instances) = self.world.get_mut::<Instances>(table.entities[mechanism])
                && let Some(own) = instances.sources.get_mut(instance)
            {
                own.movable = Some(Box::new(event));
            }
        }
        Ok(())
    }
}

/// Copies what was saved of a cell to where it belongs.
fn copy(gid: u64, of: &str, saved: &[f64], place: &mut [f64]) -> Result<(), Error> {
    if saved.len() != place.len() {
        let what = format!("it has {} {of}, and had {}", place.len(), saved.len());
        return Err(Error::OtherState { gid, what });
    }
    place.copy_from_slice(saved);
    Ok(())
}

/// Places among ascending nodes of those that follow each other.
fn places_among(all: &[u32], nodes: &Range<usize>) -> Range<usize> {
    let place = |end: usize| all.partition_point(|&node| (node as usize) < end);
    place(nodes.start)..place(nodes.end)
}

/// Puts what an instance holds into its place, if instances hold any.
fn put<T>(all: &mut [T], instance: usize, held: T) {
    if let Some(place) = all.get_mut(instance) {
        *place = held;
    }
}

impl MechanismState {
    fn of(instances: &Instances, own: &[usize]) -> Self {
        let columns = instances.columns.iter().enumerate().map(|(column, values)| match values.is_empty() {
            true => Vec::new(),
            false => own.iter().map(|&instance| instances.value(column, instance)).collect(),
        });
        let held = &instances.own;
        let watches = instances.watches.iter().filter_map(|watch| {
            let number = own.binary_search(&(watch.instance as usize)).ok()?;
            Some(Watch { instance: number as u32, ..*watch })
        });
        Self {
            columns: columns.collect(),
            streams: held.streams.iter().map(|all| own.iter().map(|&i| all.get(i)).collect()).collect(),
            vectors: held
                .vectors
                .iter()
                .map(|all| own.iter().map(|&i| all.get(i).cloned().flatten()).collect())
                .collect(),
            watches: watches.collect(),
            movable: vec![None; own.len()],
            count: own.len(),
        }
    }

    fn set(&self, instances: &mut Instances, own: &[usize]) {
        let count = instances.count;
        for (saved, column) in self.columns.iter().zip(&mut instances.columns) {
            if column.len() == count {
                own.iter().zip(saved).for_each(|(&instance, value)| column[instance] = *value);
            } else if let ([value], Some(&saved)) = (&mut column[..], saved.first()) {
                *value = saved;
            }
        }
        for (saved, all) in self.streams.iter().zip(&mut instances.own.streams) {
            for (&instance, stream) in own.iter().zip(saved) {
                all.set(instance, *stream);
            }
        }
        for (saved, all) in self.vectors.iter().zip(&mut instances.own.vectors) {
            own.iter().zip(saved).for_each(|(&instance, vector)| put(all, instance, vector.clone()));
        }
        instances.watches.extend(self.watches.iter().filter_map(|watch| {
            Some(Watch { instance: *own.get(watch.instance as usize)? as u32, ..*watch })
        }));
    }
}
