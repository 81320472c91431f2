//! Copies between columns of places, such as nodes, and columns of the instances that are there.

use components::NodeRun;

/// Instances from which on a run is worth more than a look at the place of each.
const LONG_RUN: usize = 12;

/// Where instances are: the place of each, and the runs that these make.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The place of each, ascending.
    pub index: &'a [u32],
    /// `NodeRun::of(index)`.
    pub runs: &'a [NodeRun],
}

impl At<'_> {
    fn has_long_runs(self) -> bool {
        self.index.len() >= LONG_RUN * self.runs.len()
    }
}

/// Copies to `own` what `source` has where the instances are.
pub fn gather(own: &mut [f64], source: &[f64], at: At) {
    if !at.has_long_runs() {
        for (value, &place) in own.iter_mut().zip(at.index) {
            *value = source[place as usize];
        }
        return;
    }
    for run in at.runs {
        let (place, count) = (run.node as usize, run.count as usize);
        let own = &mut own[run.start as usize..][..count];
        if run.is_one_node {
            own.fill(source[place]);
        } else {
            own.copy_from_slice(&source[place..place + count]);
        }
    }
}

/// Copies `own` to where the instances are, of which no two are in one place.
pub fn scatter(own: &[f64], target: &mut [f64], at: At) {
    to_places(own, target, at, |target, value| *target = value);
}

/// Adds `own` to what is where the instances are, of which no two are in one place.
pub fn add(own: &[f64], target: &mut [f64], at: At) {
    to_places(own, target, at, |target, value| *target += value);
}

#[inline(always)]
fn to_places(own: &[f64], target: &mut [f64], at: At, change: impl Fn(&mut f64, f64)) {
    if !at.has_long_runs() {
        for (&value, &place) in own.iter().zip(at.index) {
            change(&mut target[place as usize], value);
        }
        return;
    }
    for run in at.runs {
        let (place, count) = (run.node as usize, run.count as usize);
        let (own, target) = (&own[run.start as usize..][..count], &mut target[place..place + count]);
        for (target, &value) in target.iter_mut().zip(own) {
            change(target, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long and short runs do what a look at each place does.
    #[test]
    fn runs_change_nothing() {
        let long: Vec<u32> = (3..40).chain(50..90).collect();
        let repeated = (3..40).chain(std::iter::repeat_n(95, 20)).collect();
        for index in [long, repeated, vec![0, 2, 2, 5, 6, 9], vec![]] {
            let at = At { index: &index, runs: &NodeRun::of(&index) };
            let source: Vec<f64> = (0..100).map(|place| f64::from(place) / 3.0).collect();
            let mut own = vec![0.0; index.len()];
            gather(&mut own, &source, at);
            let expected: Vec<f64> = index.iter().map(|&place| source[place as usize]).collect();
            assert_eq!(own, expected);
            if index.windows(2).any(|pair| pair[0] == pair[1]) {
                continue;
            }
            let values: Vec<f64> = (0..index.len()).map(|instance| 1.0 / (instance as f64 + 1.0)).collect();
            let (mut set, mut sum) = (source.clone(), source.clone());
            let (mut expected_set, mut expected_sum) = (source.clone(), source);
            scatter(&values, &mut set, at);
            add(&values, &mut sum, at);
            for (&place, value) in index.iter().zip(&values) {
                expected_set[place as usize] = *value;
                expected_sum[place as usize] += value;
            }
            assert_eq!((set, sum), (expected_set, expected_sum));
        }
    }
}
