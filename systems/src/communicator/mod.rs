//! The one place through which ranks talk.

mod simulated;
mod solo;

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

    /// Tells the others that this rank has failed.
    fn abort(&self);

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

    /// Gives every rank `sent_counts` of the voltages (mV) in `sent`, and gets `received_counts` of those of each: in the
    /// order of ranks, once in every time step.
    fn exchange_voltages(
        &self,
        sent: &[f64],
        sent_counts: &[usize],
        received: &mut [f64],
        received_counts: &[usize],
    ) -> Result<(), Error> {
        let mut bits = sent.iter().map(|voltage| voltage.to_bits());
        let parts: Vec<Vec<u64>> =
            sent_counts.iter().map(|&count| bits.by_ref().take(count).collect()).collect();
        let parts = self.all_to_all(&parts)?;
        debug_assert!(parts.iter().map(Vec::len).eq(received_counts.iter().copied()));
        for (voltage, bits) in received.iter_mut().zip(parts.iter().flatten()) {
            *voltage = f64::from_bits(*bits);
        }
        Ok(())
    }

    /// Spikes of all ranks, in the order of ranks.
    fn exchange_spikes(&self, spikes: &[Spike]) -> Result<Vec<Spike>, Error> {
        if self.size() == 1 {
            return Ok(spikes.to_vec());
        }
        let mut bytes = Vec::with_capacity(spikes.len() * 16);
        for spike in spikes {
            bytes.extend_from_slice(&spike.time.to_le_bytes());
            bytes.extend_from_slice(&spike.source.to_bits().to_le_bytes());
        }
        let mut all = Vec::new();
        for part in self.all_gather(&bytes)? {
            for spike in part.as_chunks::<16>().0 {
                let (time, source) = spike.split_at(8);
                if let (Ok(time), Ok(source)) = (time.try_into(), source.try_into()) {
                    all.push(Spike {
                        time: f64::from_le_bytes(time),
                        source: SourceId::from_bits(u64::from_le_bytes(source)),
                    });
                }
            }
        }
        Ok(all)
    }
}
