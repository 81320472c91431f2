//! Which way of dealing cells out to ranks a simulation gets.

use crate::command_line::LoadBalance;

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Number of cells of the first population that has any; `None` where no node set says which they are.
    pub cells: Option<usize>,
    /// Number of ranks.
    pub ranks: usize,
    /// End of the simulation (ms).
    pub stop: f64,
    /// Whether the config asks for CoreNEURON.
    pub is_core_neuron: bool,
}

/// What was chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The way.
    pub mode: LoadBalance,
    /// Why, if there is something to say.
    pub reason: Option<&'static str>,
    /// What the user had better do instead.
    pub advice: Option<&'static str>,
}

/// The way that was asked for, or the one that neurodamus would choose.
pub fn choose(requested: Option<LoadBalance>, situation: Situation) -> Choice {
    let Situation { cells, ranks, stop, is_core_neuron } = situation;
    let chosen = |mode, reason| Choice { mode, reason, advice: None };
    match (requested, cells) {
        (Some(LoadBalance::MultiSplit), _) => chosen(
            LoadBalance::WholeCell,
            Some("`MultiSplit` balances with whole cells, which are never split"),
        ),
        (Some(mode), _) => chosen(mode, None),
        (None, _) if ranks == 1 => chosen(LoadBalance::RoundRobin, Some("there is only one rank")),
        (None, None) => {
            chosen(LoadBalance::RoundRobin, Some("there is no node set that says how many cells there are"))
        }
        (None, Some(cells)) if !is_core_neuron && ranks >= 4 * cells => Choice {
            mode: LoadBalance::RoundRobin,
            reason: Some("there are many more ranks than cells"),
            advice: Some("ranks without cells do nothing: use fewer"),
        },
        (None, Some(cells)) if cells > 1000 && stop > 1000.0 && ranks > 200 => {
            chosen(LoadBalance::WholeCell, Some("the simulation is large"))
        }
        (None, Some(_)) => chosen(LoadBalance::RoundRobin, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(requested: Option<LoadBalance>, cells: Option<usize>, ranks: usize, stop: f64) -> Choice {
        choose(requested, Situation { cells, ranks, stop, is_core_neuron: false })
    }

    #[test]
    fn chooses_as_neurodamus_does() {
        use LoadBalance::{RoundRobin, WholeCell};
        let automatic = |cells, ranks, stop| mode(None, cells, ranks, stop).mode;
        assert_eq!(automatic(None, 300, 2000.0), RoundRobin);
        assert_eq!(automatic(Some(5000), 1, 2000.0), RoundRobin);
        assert_eq!(automatic(Some(1001), 201, 1000.1), WholeCell);
        assert_eq!(automatic(Some(1000), 201, 1000.1), RoundRobin);
        assert_eq!(automatic(Some(1001), 200, 1000.1), RoundRobin);
        assert_eq!(automatic(Some(1001), 201, 1000.0), RoundRobin);
        assert!(mode(None, Some(10), 40, 10.0).advice.is_some());
        assert!(mode(None, Some(10), 39, 10.0).advice.is_none());
    }

    #[test]
    fn gives_what_is_asked_for_but_splits_no_cells() {
        for ranks in [1, 300] {
            let asked = mode(Some(LoadBalance::MultiSplit), Some(10), ranks, 1.0);
            assert_eq!(asked.mode, LoadBalance::WholeCell);
            assert!(asked.reason.is_some());
            assert_eq!(mode(Some(LoadBalance::Memory), None, ranks, 1.0).mode, LoadBalance::Memory);
        }
    }
}
