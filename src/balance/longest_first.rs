//! Longest processing time first: items by falling weight, each to the bin with the least so far.
//!
//! R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17 (1969); NEURON's `loadbal.hoc`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A load, to be ordered.
#[derive(Clone, Copy, PartialEq)]
struct Load(f64);

impl Eq for Load {}

impl Ord for Load {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Load {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The bin of each item; adds the weights to `loads`, what each bin has already. Of equal bins the first one counts, of
/// equal items the first goes first.
pub fn longest_first(weights: &[f64], loads: &mut [f64]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&one, &other| weights[other].total_cmp(&weights[one]));
    let lightest = loads.iter().enumerate().map(|(bin, &load)| Reverse((Load(load), bin)));
    let mut lightest: BinaryHeap<_> = lightest.collect();
    let mut bins = vec![0; weights.len()];
    for item in order {
        let Some(Reverse((_, bin))) = lightest.pop() else { break };
        loads[bin] += weights[item];
        bins[item] = bin as u32;
        lightest.push(Reverse((Load(loads[bin]), bin)));
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(weights: &[f64], count: usize) -> (Vec<u32>, Vec<f64>) {
        let mut loads = vec![0.0; count];
        (longest_first(weights, &mut loads), loads)
    }

    #[test]
    fn equal_cells_go_to_the_first_of_equal_ranks() {
        assert_eq!(bins(&[5.0; 3], 2), (vec![0, 1, 0], vec![10.0, 5.0]));
    }

    #[test]
    fn heavy_cells_go_first() {
        assert_eq!(bins(&[2.0, 3.0, 3.0, 4.0, 2.0], 2), (vec![0, 1, 1, 0, 0], vec![8.0, 6.0]));
    }

    /// No bin has more than 4/3 of what it would have in the best of all assignments, nor a bin less than the heaviest
    /// item below the heaviest bin.
    #[test]
    fn loads_differ_by_an_item_at_most() {
        let weights: Vec<f64> = (0..1000).map(|item| f64::from(item * 7919 % 101 + 1)).collect();
        let (_, loads) = bins(&weights, 7);
        let most = loads.iter().copied().fold(0.0, f64::max);
        let least = loads.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(most - least <= 101.0);
        assert_eq!(loads.iter().sum::<f64>(), weights.iter().sum::<f64>());
    }

    #[test]
    fn more_bins_than_items_leave_some_empty() {
        assert_eq!(bins(&[1.0, 2.0], 4).1, [2.0, 1.0, 0.0, 0.0]);
        assert_eq!(bins(&[], 2), (vec![], vec![0.0, 0.0]));
    }
}
