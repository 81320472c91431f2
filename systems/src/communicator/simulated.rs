//! Ranks that are threads of one process, to test that results do not depend on their number and that a
//! failing rank stops all others.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Communicator;
use crate::Error;

/// What the ranks share.
struct Exchange {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Contribution of each rank to the collective operation in progress.
    sent: Vec<Option<Vec<u8>>>,
    /// Result of the last completed operation.
    received: Arc<Vec<Vec<u8>>>,
    /// Number of completed operations.
    round: u64,
    failed: bool,
}

/// One of several ranks that are threads of this process.
#[derive(Clone)]
pub struct SimulatedRanks {
    rank: usize,
    size: usize,
    exchange: Arc<Exchange>,
}

impl SimulatedRanks {
    /// The communicators of `size` ranks.
    pub fn new(size: usize) -> Vec<Self> {
        let state = State { sent: vec![None; size], received: Arc::default(), round: 0, failed: false };
        let exchange = Arc::new(Exchange { state: Mutex::new(state), changed: Condvar::new() });
        (0..size).map(|rank| Self { rank, size, exchange: Arc::clone(&exchange) }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.exchange.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Communicator for SimulatedRanks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let mut state = self.lock();
        if state.failed {
            return Err(Error::OtherRankFailed);
        }
        let round = state.round;
        state.sent[self.rank] = Some(bytes.to_vec());
        if state.sent.iter().all(Option::is_some) {
            state.received = Arc::new(state.sent.iter_mut().filter_map(Option::take).collect());
            state.round += 1;
            self.exchange.changed.notify_all();
        }
        while state.round == round && !state.failed {
            state = self.exchange.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.round == round { Err(Error::OtherRankFailed) } else { Ok(state.received.to_vec()) }
    }

    fn fail(&self, _exit_code: u8, tell: &mut dyn FnMut()) {
        let is_first = !std::mem::replace(&mut self.lock().failed, true);
        self.exchange.changed.notify_all();
        if is_first {
            tell();
        }
    }
}

/// Stops the other ranks when this one leaves early, by an error or a panic.
struct AbortUnlessDone<'a>(&'a SimulatedRanks, bool);

impl Drop for AbortUnlessDone<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fail(1, &mut || ());
        }
    }
}

/// Runs `work` on `size` ranks, each a thread, and returns their results in the order of ranks.
pub fn run_on_simulated_ranks<T: Send, E: Send>(
    size: usize,
    work: impl Fn(SimulatedRanks) -> Result<T, E> + Sync,
) -> Vec<Result<T, E>> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = SimulatedRanks::new(size)
            .into_iter()
            .map(|communicator| {
                scope.spawn(move || {
                    let mut guard = AbortUnlessDone(&communicator, false);
                    let result = work(communicator.clone());
                    guard.1 = result.is_ok();
                    result
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::Shares;
    use super::*;

    #[test]
    fn gathers_in_the_order_of_ranks() {
        let results = run_on_simulated_ranks(5, |communicator| {
            let mut all = Vec::new();
            for round in 0..50_u8 {
                all.push(communicator.all_gather(&[communicator.rank() as u8, round])?);
            }
            Ok::<_, Error>(all)
        });
        for all in results {
            for (round, gathered) in all.expect("no rank fails").into_iter().enumerate() {
                let expected: Vec<_> = (0..5).map(|rank| vec![rank, round as u8]).collect();
                assert_eq!(gathered, expected);
            }
        }
    }

    #[test]
    fn every_rank_gets_its_parts() {
        let results = run_on_simulated_ranks(4, |communicator| {
            let rank = communicator.rank() as u64;
            // To rank k go k numbers, which say where they come from and where they go
            let parts: Vec<Vec<u64>> = (0..4).map(|to| vec![10 * rank + to; to as usize]).collect();
            let got = communicator.all_to_all(&parts)?;
            let sent: Vec<f64> = (0..4).map(|to| rank as f64 + 0.25 * f64::from(to)).collect();
            let mut voltages = [0.0; 4];
            let shares = Shares::new([1; 4]);
            communicator.exchange_voltages((&sent, &shares), (&mut voltages, &shares))?;
            Ok::<_, Error>((got, voltages))
        });
        for (rank, result) in (0..4).zip(results) {
            let (got, voltages) = result.expect("no rank fails");
            let expected: Vec<Vec<u64>> = (0..4).map(|from| vec![10 * from + rank; rank as usize]).collect();
            assert_eq!(got, expected);
            assert_eq!(voltages, [0.0, 1.0, 2.0, 3.0].map(|from| from + 0.25 * rank as f64));
        }
    }

    #[test]
    fn a_failing_rank_stops_all() {
        let results = run_on_simulated_ranks(3, |communicator| {
            if communicator.rank() == 1 {
                return Err(Error::Other("disk full".into()));
            }
            communicator.minimum(1.0).map(|_| ())
        });
        assert_eq!(
            results,
            [Err(Error::OtherRankFailed), Err(Error::Other("disk full".into())), Err(Error::OtherRankFailed)]
        );
    }
}
