//! Ranks that are processes, joined by MPI.
//!
//! Every operation but the exchange of voltages begins with the same small message from each rank to all: whether it has
//! failed, how many bytes it brings, and the bytes themselves where they are few. A rank that fails sends one that says
//! so, and the others see it wherever they are. A rank that does not look within [`PATIENCE`] (it may be building, or wait
//! for voltages) is ended together with all others.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use mpi::Threading;
use mpi::collective::{CommunicatorCollectives, Root};
use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::Universe;
use mpi::request::WaitGuard;
use mpi::topology::{Communicator as _, SimpleCommunicator};

use super::{Communicator, Shares};
use crate::Error;

/// How long a rank that has failed waits for the others to notice.
const PATIENCE: Duration = Duration::from_secs(5);

/// Words of the message that begins an operation.
const WORDS: usize = 32;

/// Bytes that travel in that message: what is longer follows.
const INLINE: usize = 8 * (WORDS - 2);

/// Bytes that are sent in one go to or by all ranks together; MPI counts in 32 bits.
const LARGEST: usize = 1 << 30;

/// One of the processes that `mpiexec` or `srun` started.
pub struct MpiRanks {
    rank: usize,
    size: usize,
    /// Whether this rank has failed: it communicates no more.
    failed: AtomicBool,
    /// Exit code of the rank that has failed, or 1.
    exit_code: AtomicU8,
    // MPI ends when it is dropped
    _universe: Universe,
}

/// MPI cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoMpi {
    /// It was started before.
    #[error("MPI was started already")]
    Twice,
    /// The library allows calls from one thread alone.
    #[error("the MPI library does not allow calls from more than one thread")]
    OneThread,
}

/// What one rank says to all at the beginning of an operation.
#[derive(Clone, Copy)]
struct Opening([u64; WORDS]);

impl Opening {
    fn new(bytes: &[u8]) -> Self {
        let mut words = [0; WORDS];
        words[1] = bytes.len() as u64;
        if bytes.len() <= INLINE {
            for (word, bytes) in words[2..].iter_mut().zip(bytes.chunks(8)) {
                let mut padded = [0; 8];
                padded[..bytes.len()].copy_from_slice(bytes);
                *word = u64::from_le_bytes(padded);
            }
        }
        Self(words)
    }

    fn failure(exit_code: u8) -> Self {
        let mut words = [0; WORDS];
        words[0] = u64::from(exit_code.max(1));
        Self(words)
    }

    fn exit_code(&self) -> Option<u8> {
        (self.0[0] != 0).then_some(self.0[0] as u8)
    }

    fn len(&self) -> usize {
        self.0[1] as usize
    }

    fn bytes(&self) -> Vec<u8> {
        self.0[2..].iter().flat_map(|word| word.to_le_bytes()).take(self.len()).collect()
    }
}

impl MpiRanks {
    /// Starts MPI: once in a process, before other threads use it. It ends when the value is dropped.
    ///
    /// # Errors
    ///
    /// If it was started before, or the library does not allow calls from other threads than the first.
    pub fn start() -> Result<Self, NoMpi> {
        let (universe, threading) =
            mpi::initialize_with_threading(Threading::Serialized).ok_or(NoMpi::Twice)?;
        if threading < Threading::Serialized {
            return Err(NoMpi::OneThread);
        }
        let world = universe.world();
        Ok(Self {
            rank: world.rank() as usize,
            size: world.size() as usize,
            failed: AtomicBool::new(false),
            exit_code: AtomicU8::new(1),
            _universe: universe,
        })
    }

    /// What every rank says at the beginning of an operation; `work` is done while it travels.
    fn open(&self, bytes: &[u8], work: &mut dyn FnMut()) -> Result<Vec<Opening>, Error> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Error::OtherRankFailed);
        }
        let own = Opening::new(bytes).0;
        let mut all = vec![0_u64; WORDS * self.size];
        // As a rank that fails does it: only operations of one kind meet
        mpi::request::scope(|scope| {
            let request = WaitGuard::from(world().immediate_all_gather_into(scope, &own[..], &mut all[..]));
            work();
            drop(request);
        });
        let all: Vec<Opening> = all.as_chunks::<WORDS>().0.iter().copied().map(Opening).collect();
        match all.iter().find_map(Opening::exit_code) {
            Some(exit_code) => {
                self.failed.store(true, Ordering::Relaxed);
                self.exit_code.store(exit_code, Ordering::Relaxed);
                Err(Error::OtherRankFailed)
            }
            None => Ok(all),
        }
    }

    /// Collects what ranks bring beyond their openings, piece by piece; `collect` moves one piece of each.
    fn collect(
        &self,
        bytes: &[u8],
        openings: &[Opening],
        receives: bool,
        mut collect: impl FnMut(&[u8], &mut [u8], &Shares),
    ) -> Vec<Vec<u8>> {
        if openings.iter().all(|opening| opening.len() <= INLINE) {
            return if receives { openings.iter().map(Opening::bytes).collect() } else { Vec::new() };
        }
        let lengths: Vec<usize> = openings.iter().map(Opening::len).collect();
        let mut all: Vec<Vec<u8>> = if receives {
            lengths.iter().map(|length| Vec::with_capacity(*length)).collect()
        } else {
            Vec::new()
        };
        let piece = LARGEST / self.size;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        for start in (0..longest).step_by(piece) {
            let part = |length: usize| start.min(length)..(start + piece).min(length);
            let shares = Shares::new(lengths.iter().map(|&length| part(length).len()));
            let mut received = vec![0; if receives { shares.total() } else { 0 }];
            // The address of an empty vector may be the one by which Open MPI means "in place"
            let nothing = &[0; 1][..0];
            let sent = Some(&bytes[part(bytes.len())]).filter(|sent| !sent.is_empty());
            collect(sent.unwrap_or(nothing), &mut received, &shares);
            for (all, share) in all.iter_mut().zip(shares.ranges()) {
                all.extend_from_slice(&received[share]);
            }
        }
        all
    }
}

fn world() -> SimpleCommunicator {
    SimpleCommunicator::world()
}

impl Communicator for MpiRanks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn is_mpi(&self) -> bool {
        true
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        self.all_gather_while(bytes, &mut || ())
    }

    fn all_gather_while(&self, bytes: &[u8], work: &mut dyn FnMut()) -> Result<Vec<Vec<u8>>, Error> {
        let openings = self.open(bytes, work)?;
        Ok(self.collect(bytes, &openings, true, |sent, received, shares| {
            let mut received = PartitionMut::new(received, shares.counts(), shares.starts());
            world().all_gather_varcount_into(sent, &mut received);
        }))
    }

    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let openings = self.open(bytes, &mut || ())?;
        Ok(self.collect(bytes, &openings, self.rank == 0, |sent, received, shares| {
            let world = world();
            let first = world.process_at_rank(0);
            if self.rank == 0 {
                let mut received = PartitionMut::new(received, shares.counts(), shares.starts());
                first.gather_varcount_into_root(sent, &mut received);
            } else {
                first.gather_varcount_into(sent);
            }
        }))
    }

    fn all_to_all(&self, parts: &[Vec<u64>]) -> Result<Vec<Vec<u64>>, Error> {
        self.open(&[], &mut || ())?;
        let counts: Vec<u64> = parts.iter().map(|part| part.len() as u64).collect();
        let mut received_counts = vec![0_u64; self.size];
        world().all_to_all_into(&counts[..], &mut received_counts[..]);
        let sent_shares = Shares::new(parts.iter().map(Vec::len));
        let received_shares = Shares::new(received_counts.iter().map(|count| *count as usize));
        let sent = parts.concat();
        let mut received = vec![0_u64; received_shares.total()];
        let from = Partition::new(&sent[..], sent_shares.counts(), sent_shares.starts());
        let mut to = PartitionMut::new(&mut received[..], received_shares.counts(), received_shares.starts());
        world().all_to_all_varcount_into(&from, &mut to);
        Ok(received_shares.ranges().map(|share| received[share].to_vec()).collect())
    }

    fn fail(&self, exit_code: u8, tell: &mut dyn FnMut()) {
        if self.failed.swap(true, Ordering::Relaxed) {
            return;
        }
        let own = Opening::failure(exit_code).0;
        let mut all = vec![0_u64; WORDS * self.size];
        let deadline = Instant::now() + PATIENCE;
        mpi::request::scope(|scope| {
            let mut request = world().immediate_all_gather_into(scope, &own[..], &mut all[..]);
            while let Err(pending) = request.test() {
                if Instant::now() >= deadline {
                    tell();
                    world().abort(exit_code.into());
                }
                std::thread::sleep(Duration::from_millis(1));
                request = pending;
            }
        });
        let failed = all.as_chunks::<WORDS>().0.iter().position(|words| words[0] != 0);
        if failed == Some(self.rank) {
            tell();
        }
    }

    fn exit_code(&self) -> u8 {
        self.exit_code.load(Ordering::Relaxed)
    }

    fn exchange_voltages(
        &self,
        (sent, sent_shares): (&[f64], &Shares),
        (received, received_shares): (&mut [f64], &Shares),
    ) -> Result<(), Error> {
        let sent = Partition::new(sent, sent_shares.counts(), sent_shares.starts());
        let mut received = PartitionMut::new(received, received_shares.counts(), received_shares.starts());
        world().all_to_all_varcount_into(&sent, &mut received);
        Ok(())
    }
}

impl Drop for MpiRanks {
    fn drop(&mut self) {
        // The others would wait for a rank that panicked
        if std::thread::panicking() {
            world().abort(101);
        }
    }
}
