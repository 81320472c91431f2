//! Voltages across gap junctions between groups, on one rank or on several.
//!
//! Groups that are coupled meet in the middle of every time step: each advances to its new voltages, then these are
//! exchanged, then each completes the step. Spikes still travel once per epoch.

use std::collections::BTreeMap;
use std::time::Instant;

use bevy_ecs::resource::Resource;
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::Waiting;
use super::directory::publishers;
use crate::Error;
use crate::communicator::{Communicator, Shares};
use crate::group::{Group, PublishedVoltage};

/// The exchange of voltages between groups.
#[derive(Resource, Clone, Debug, Default)]
pub struct VoltageExchange {
    /// Of each group, what it gives and takes; `None` if it is coupled to no other.
    groups: Vec<Option<Coupling>>,
    /// Voltages (mV): first those of this rank that somebody awaits, then those of other ranks.
    voltages: Vec<f64>,
    /// Number of the former.
    own: usize,
    /// Whether any rank awaits voltages of another one, so that all ranks take part in the exchange.
    across_ranks: bool,
    /// Places of the voltages that go to other ranks, by rank.
    sent: Vec<usize>,
    /// How many go to each rank.
    sent_shares: Shares,
    /// How many come from each rank.
    received_shares: Shares,
    /// The voltages (mV) that are sent in a step.
    outgoing: Vec<f64>,
}

/// What a group gives and takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Coupling {
    /// Nodes whose voltages others await, and their places among the exchanged voltages.
    given: Vec<(u32, usize)>,
    /// Places of the voltages that the group awaits.
    taken: Vec<usize>,
}

impl VoltageExchange {
    /// Finds out who publishes what the groups of all ranks await.
    ///
    /// # Errors
    ///
    /// An id that is published twice, or awaited and not published; if another rank failed.
    pub fn new(groups: &[Group], ranks: &dyn Communicator) -> Result<Self, Error> {
        let has_any = |group: &Group| {
            let voltages = group.voltages();
            !(voltages.published.is_empty() && voltages.awaited.is_empty())
        };
        let nothing = if groups.iter().any(has_any) { 0.0 } else { 1.0 };
        if ranks.minimum(nothing)? == 1.0 {
            return Ok(Self { groups: vec![None; groups.len()], ..Self::default() });
        }
        let published = || groups.iter().flat_map(|group| &group.voltages().published).copied();
        let awaited = groups.iter().flat_map(|group| &group.voltages().awaited);
        let awaited: BTreeMap<u64, u64> = awaited.rev().copied().collect();
        let ids: Vec<u64> = awaited.keys().copied().collect();
        let publishers = publishers(published(), &ids, ranks)?;
        let mut requests = vec![Vec::new(); ranks.size()];
        for ((&id, &gid), rank) in awaited.iter().zip(publishers) {
            let rank = rank.ok_or(Error::VoltageNotPublished { gid, id })?;
            requests[rank].push(id);
        }
        let asked = ranks.all_to_all(&requests)?;
        let mut exchange = Self::between(groups, published(), &requests, &asked, ranks.rank());
        let is_alone = exchange.sent.is_empty() && exchange.received_shares.total() == 0;
        exchange.across_ranks = ranks.minimum(if is_alone { 1.0 } else { 0.0 })? == 0.0;
        Ok(exchange)
    }

    /// The exchange in which each rank gets the voltages with the ids that it requests of another.
    fn between(
        groups: &[Group],
        mut published: impl Iterator<Item = PublishedVoltage>,
        requests: &[Vec<u64>],
        asked: &[Vec<u64>],
        rank: usize,
    ) -> Self {
        let mut wanted: Vec<u64> = asked.concat();
        wanted.sort_unstable();
        wanted.dedup();
        let mut places: BTreeMap<u64, usize> = wanted.iter().copied().zip(0..).collect();
        let mut exchange = Self { own: wanted.len(), ..Self::default() };
        let (mut sent_counts, mut received_counts) = (Vec::new(), Vec::new());
        for (other, (asked, requested)) in asked.iter().zip(requests).enumerate() {
            let (asked, requested) =
                if other == rank { (&[][..], &[][..]) } else { (&asked[..], &requested[..]) };
            exchange.sent.extend(asked.iter().map(|id| places[id]));
            sent_counts.push(asked.len());
            let next = places.len();
            places.extend(requested.iter().copied().zip(next..));
            received_counts.push(requested.len());
        }
        exchange.sent_shares = Shares::new(sent_counts);
        exchange.received_shares = Shares::new(received_counts);
        exchange.voltages = vec![0.0; places.len()];
        exchange.outgoing = vec![0.0; exchange.sent.len()];
        exchange.groups = groups
            .iter()
            .map(|group| {
                let own = published.by_ref().take(group.voltages().published.len());
                let given = own.filter_map(|voltage| Some((voltage.node, *places.get(&voltage.id)?)));
                let coupling = Coupling {
                    given: given.collect(),
                    taken: group.voltages().awaited.iter().map(|(id, _)| places[id]).collect(),
                };
                (coupling != Coupling::default()).then_some(coupling)
            })
            .collect();
        exchange
    }

    /// Whether ranks meet in the middle of every step.
    pub fn is_across_ranks(&self) -> bool {
        self.across_ranks
    }

    /// Whether a group meets others in the middle of every step.
    pub fn is_coupled(&self, group: usize) -> bool {
        self.groups[group].is_some()
    }

    /// Advances all groups by `steps` time steps, or until a kernel fails.
    ///
    /// # Errors
    ///
    /// If another rank failed.
    pub fn advance(
        &mut self,
        groups: &mut [Group],
        steps: u64,
        ranks: &dyn Communicator,
        threads: &ThreadPool,
        waiting: &mut Waiting,
    ) -> Result<(), Error> {
        if threads.current_num_threads() > 1 && groups.len() > 1 {
            return threads.install(|| {
                // One by one, so that a thread without work can take any
                let pairs = groups.par_iter_mut().zip(&self.groups).with_max_len(1);
                let free = pairs.filter(|(_, coupling)| coupling.is_none());
                free.for_each(|(group, _)| group.advance(steps));
                self.advance_coupled(groups, steps, ranks, true, waiting)
            });
        }
        let free = groups.iter_mut().zip(&self.groups).filter(|(_, coupling)| coupling.is_none());
        free.for_each(|(group, _)| group.advance(steps));
        self.advance_coupled(groups, steps, ranks, false, waiting)
    }

    /// Advances all coupled groups: on this thread, or on all.
    fn advance_coupled(
        &mut self,
        groups: &mut [Group],
        steps: u64,
        ranks: &dyn Communicator,
        in_parallel: bool,
        waiting: &mut Waiting,
    ) -> Result<(), Error> {
        if !self.is_needed() {
            return Ok(());
        }
        let mut goes_on = true;
        for _ in 0..steps {
            goes_on = goes_on && self.advance_halves(groups, in_parallel);
            // A rank that has failed goes on giving voltages: the others notice at the end of the epoch
            if goes_on || self.across_ranks {
                self.exchange(groups, ranks, waiting)?;
            }
            goes_on = goes_on && self.advance_halves(groups, in_parallel);
        }
        Ok(())
    }

    /// Whether groups of this rank meet, or ranks do.
    fn is_needed(&self) -> bool {
        self.across_ranks || self.groups.iter().any(Option::is_some)
    }

    /// Advances all coupled groups by half a time step; whether no kernel has failed.
    fn advance_halves(&self, groups: &mut [Group], in_parallel: bool) -> bool {
        if !in_parallel {
            let coupled = groups.iter_mut().zip(&self.groups).filter(|(_, coupling)| coupling.is_some());
            return coupled.fold(true, |goes_on, (group, _)| group.advance_part() & goes_on);
        }
        let pairs = groups.par_iter_mut().zip(&self.groups).with_max_len(1);
        let coupled = pairs.filter(|(_, coupling)| coupling.is_some());
        coupled.map(|(group, _)| group.advance_part()).reduce(|| true, |one, other| one & other)
    }

    /// Brings the voltages of all coupled groups to where they are awaited.
    fn exchange(
        &mut self,
        groups: &mut [Group],
        ranks: &dyn Communicator,
        waiting: &mut Waiting,
    ) -> Result<(), Error> {
        let (own, others) = self.voltages.split_at_mut(self.own);
        for (group, coupling) in groups.iter().zip(&self.groups) {
            if let Some(coupling) = coupling {
                group.read_voltages(&coupling.given, own);
            }
        }
        if self.across_ranks {
            for (outgoing, &place) in self.outgoing.iter_mut().zip(&self.sent) {
                *outgoing = own[place];
            }
            let sent = (&self.outgoing[..], &self.sent_shares);
            let start = Instant::now();
            ranks.exchange_voltages(sent, (others, &self.received_shares))?;
            waiting.0 += start.elapsed();
        }
        for (group, coupling) in groups.iter_mut().zip(&self.groups) {
            if let Some(coupling) = coupling {
                group.receive_voltages(coupling.taken.iter().map(|&place| self.voltages[place]));
            }
        }
        Ok(())
    }
}
