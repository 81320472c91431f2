//! Plug-ins: what a program of its own adds to neurodamus.
//!
//! ```no_run
//! use neurodamus::{App, Plugin};
//!
//! struct Nothing;
//!
//! impl Plugin for Nothing {
//!     fn build(&self, _app: &mut App) {}
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     App::new().add_plugins(Nothing).main()
//! }
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use bevy_ecs::schedule::Schedule;
use bevy_ecs::world::World;
use systems::Registry;
use systems::group::StepPlugin;
use systems::mechanism::Mechanism;

/// Something that adds mechanisms or systems to an [`App`].
pub trait Plugin {
    /// Adds it.
    fn build(&self, app: &mut App);
}

/// Additions to the `Epoch` schedule of a rank.
pub type EpochPlugin = Arc<dyn Fn(&mut Schedule, &mut World) + Send + Sync>;

/// The program: the built-in mechanisms and systems, and those of plug-ins.
#[derive(Clone)]
pub struct App {
    /// The mechanisms that cells can use.
    pub registry: Registry,
    /// Additions to the `Step` schedule of every cell group.
    pub step_plugins: Vec<StepPlugin>,
    /// Additions to the `Epoch` schedule.
    pub epoch_plugins: Vec<EpochPlugin>,
    /// Variables of mechanisms, by (mechanism, variable), that additions read or change.
    pub observed: BTreeSet<(String, String)>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            registry: Registry::with_built_ins(),
            step_plugins: Vec::new(),
            epoch_plugins: Vec::new(),
            observed: BTreeSet::new(),
        }
    }
}

impl App {
    /// The program without plug-ins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plug-in.
    #[must_use]
    pub fn add_plugins(mut self, plugin: impl Plugin) -> Self {
        plugin.build(&mut self);
        self
    }

    /// Adds a mechanism; one of the same name takes the place of the built-in one.
    pub fn add_mechanism(&mut self, mechanism: impl Mechanism + 'static) -> &mut Self {
        self.registry.add(Arc::new(mechanism));
        self
    }

    /// Says that a system of a plug-in reads or changes a variable of a mechanism, which then has a column with a number
    /// for every instance. Without it, variables that only kernels use may have none.
    pub fn observe(&mut self, mechanism: &str, variable: &str) -> &mut Self {
        self.observed.insert((mechanism.to_owned(), variable.to_owned()));
        self
    }

    /// Adds systems to the `Step` schedule of every cell group. Give each a
    /// [`StepSet`](systems::schedule::StepSet) and, where it shares data with others of the set, an order to
    /// them by [`Named`](systems::schedule::Named): without it the group is not built.
    pub fn add_step_systems(
        &mut self,
        add: impl Fn(&mut Schedule, &mut World) + Send + Sync + 'static,
    ) -> &mut Self {
        self.step_plugins.push(Arc::new(add));
        self
    }

    /// Adds systems to the `Epoch` schedule of every rank, in an
    /// [`EpochSet`](systems::schedule::EpochSet).
    pub fn add_epoch_systems(
        &mut self,
        add: impl Fn(&mut Schedule, &mut World) + Send + Sync + 'static,
    ) -> &mut Self {
        self.epoch_plugins.push(Arc::new(add));
        self
    }
}
