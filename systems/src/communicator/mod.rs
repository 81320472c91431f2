//! The one place through which ranks talk.

#[cfg(feature = "mpi")]
mod mpi;
mod shares;
mod simulated;
mod solo;

#[cfg(feature = "mpi")]
pub use mpi::{MpiRanks, NoMpi};
pub use shares::Shares;
pub use simulated::{SimulatedRanks, run_on_simulated_ranks};
pub use solo::Solo;

use components::{SourceId, Spike};

use crate::Error;

/// Collective operations between the ranks of a simulation. Every rank must call the same ones in the same
/// order. When a rank has failed, the others get [`Error::OtherRankFailed`] instead of waiting for it.
pub trait Communicator: Send + Sync {
    /// Number of this rank, from 0.
    fn rank(&self) -> usize;

    /// Number of ranks.
    fn size(&self) -> usize;

    /// Collects the bytes of every rank, in the order of ranks, on all of them.
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error>;

    /// Whether the ranks are processes of one MPI world, so that MPI-IO may write one file from all of them.
    fn is_mpi(&self) -> bool {
        false
    }

    /// Collects the bytes of every rank, in the order of ranks, on rank 0; the others get nothing.
    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let all = self.all_gather(bytes)?;
        Ok(if self.rank() == 0 { all } else { Vec::new() })
    }

    /// Tells the others that this rank has failed, and calls `tell` if it is the first that did: of many ranks that fail
    /// in the same way only one is to be heard. After it the rank communicates no more.
    fn fail(&self, exit_code: u8, tell: &mut dyn FnMut());

    /// The exit code of the rank that failed, for the others to end with.
    fn exit_code(&self) -> u8 {
        1
    }

    /// Smallest of the values of all ranks.
    fn minimum(&self, value: f64) -> Result<f64, Error> {
        let all = self.all_gather(&value.to_le_bytes())?;
        Ok(all
            .iter()
            .filter_map(|bytes| Some(f64::from_le_bytes(bytes.as_slice().try_into().ok()?)))
            .fold(f64::INFINITY, f64::min))
    }

    /// Sums of the counts of all ranks, each rank giving as many.
    fn sum(&self, counts: &[u64]) -> Result<Vec<u64>, Error> {
        let bytes: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
        let mut sums = vec![0_u64; counts.len()];
        for part in self.all_gather(&bytes)? {
            for (sum, count) in sums.iter_mut().zip(part.as_chunks::<8>().0) {
                *sum = sum.saturating_add(u64::from_le_bytes(*count));
            }
        }
        Ok(sums)
    }

    /// Gives every rank its part, in the order of ranks, and gets the parts that they have for this one.
    fn all_to_all(&self, parts: &[Vec<u64>]) -> Result<Vec<Vec<u64>>, Error> {
        if self.size() == 1 {
            return Ok(parts.to_vec());
        }
        let counts = parts.iter().map(|part| part.len() as u64);
        let words: Vec<u64> = counts.chain(parts.iter().flatten().copied()).collect();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let own_part = |bytes: &Vec<u8>| {
            let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
            let counts: Vec<usize> = words.clone().take(self.size()).map(|count| count as usize).collect();
            let before: usize = counts[..self.rank()].iter().sum();
            words.skip(self.size() + before).take(counts[self.rank()]).collect()
        };
        Ok(self.all_gather(&bytes)?.iter().map(own_part).collect())
    }

    /// Gives every rank its share of the voltages (mV) in `sent`, and gets its share of those that each other has, in the
    /// order of ranks: once in every time step, where any voltages travel between ranks.
    fn exchange_voltages(
        &self,
        (sent, sent_shares): (&[f64], &Shares),
        (received, received_shares): (&mut [f64], &Shares),
    ) -> Result<(), Error> {
        let parts = sent_shares.ranges().map(|share| sent[share].iter().map(|v| v.to_bits()).collect());
        let parts = self.all_to_all(&parts.collect::<Vec<_>>())?;
        debug_assert!(parts.iter().map(Vec::len).eq(received_shares.ranges().map(|share| share.len())));
        for (voltage, bits) in received.iter_mut().zip(parts.iter().flatten()) {
            *voltage = f64::from_bits(*bits);
        }
        Ok(())
    }

    /// Collects as [`Communicator::all_gather`] does what is sent before `work` is done and needed after it: where messages can
    /// travel meanwhile, ranks wait only for those that are late by more than this work. A rank that fails in it must
    /// complete the operation.
    fn all_gather_while(&self, bytes: &[u8], work: &mut dyn FnMut()) -> Result<Vec<Vec<u8>>, Error> {
        work();
        self.all_gather(bytes)
    }

    /// Spikes of all ranks, in the order of ranks, and whether any rank wants to stop, while `work` is done: once in every
    /// epoch.
    fn exchange_spikes(
        &self,
        spikes: &[Spike],
        stop: bool,
        work: &mut dyn FnMut(),
    ) -> Result<(Vec<Spike>, bool), Error> {
        if self.size() == 1 {
            work();
            return Ok((spikes.to_vec(), stop));
        }
        let mut bytes = vec![u8::from(stop)];
        for spike in spikes {
            bytes.extend(spike.time.to_bits().to_le_bytes());
            bytes.extend(spike.source.to_bits().to_le_bytes());
        }
        let (mut all, mut any_stops) = (Vec::new(), false);
        for part in self.all_gather_while(&bytes, work)? {
            let Some((stops, spikes)) = part.split_first() else { continue };
            any_stops |= *stops != 0;
            let mut words = spikes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
            while let (Some(time), Some(source)) = (words.next(), words.next()) {
                all.push(Spike { time: f64::from_bits(time), source: SourceId::from_bits(source) });
            }
        }
        Ok((all, any_stops))
    }
}
