//! Which rank publishes which voltage.
//!
//! No rank knows all ids: the rank whose number is the id modulo the number of ranks keeps who publishes it.

use std::collections::BTreeMap;

use crate::Error;
use crate::communicator::Communicator;
use crate::group::PublishedVoltage;

/// Stands for no rank in answers.
const NOBODY: u64 = u64::MAX;

/// The rank that publishes each of the `wanted` ids; `None` where none does.
///
/// # Errors
///
/// An id that is published twice; if another rank failed.
pub fn publishers(
    published: impl Iterator<Item = PublishedVoltage>,
    wanted: &[u64],
    ranks: &dyn Communicator,
) -> Result<Vec<Option<usize>>, Error> {
    let size = ranks.size() as u64;
    let keeper = |id: u64| (id % size) as usize;
    let mut announced = vec![Vec::new(); ranks.size()];
    for voltage in published {
        announced[keeper(voltage.id)].extend([voltage.id, voltage.gid]);
    }
    let mut kept: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (rank, pairs) in (0..).zip(ranks.all_to_all(&announced)?) {
        for &[id, gid] in pairs.as_chunks::<2>().0 {
            if let Some((_, other)) = kept.insert(id, (rank, gid)) {
                return Err(Error::VoltagePublishedTwice { id, gids: (gid.min(other), gid.max(other)) });
            }
        }
    }
    let mut questions = vec![Vec::new(); ranks.size()];
    wanted.iter().for_each(|&id| questions[keeper(id)].push(id));
    let answer = |id: &u64| kept.get(id).map_or(NOBODY, |(rank, _)| *rank);
    let answers: Vec<Vec<u64>> =
        ranks.all_to_all(&questions)?.iter().map(|ids| ids.iter().map(answer).collect()).collect();
    // Answers come in the order of the questions.
    let mut answers: Vec<_> = ranks.all_to_all(&answers)?.into_iter().map(Vec::into_iter).collect();
    let ranks_of = wanted.iter().map(|&id| answers[keeper(id)].next().filter(|&rank| rank != NOBODY));
    Ok(ranks_of.map(|rank| rank.map(|rank| rank as usize)).collect())
}
