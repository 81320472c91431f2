//! When a model is built, loaded and saved: the table in `docs/saved-models.md`.

use std::path::{Path, PathBuf};

use crate::command_line::{BuildModel, Options};

/// What becomes of a saved model that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// None is looked for: the model is built.
    Never,
    /// The model is built.
    IfUsable,
    /// It is an error.
    Always,
}

/// What is done about the saved model of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether a saved model is used.
    pub loading: Loading,
    /// Whether a model that was built is saved.
    pub saves: bool,
    /// Whether it is saved where there is one already.
    pub replaces: bool,
}

impl Decision {
    /// What the options ask for.
    pub fn of(options: &Options) -> Self {
        let keeps = options.keep_build || !options.simulate_model || options.save.is_some();
        match options.build_model {
            _ if options.restore.is_some() => {
                Self { loading: Loading::Always, saves: options.save.is_some(), replaces: false }
            }
            BuildModel::On => Self { loading: Loading::Never, saves: keeps, replaces: true },
            BuildModel::Auto => Self { loading: Loading::IfUsable, saves: keeps, replaces: false },
            BuildModel::Off => Self { loading: Loading::Always, saves: false, replaces: false },
        }
    }
}

/// The folder that a model is saved in, and looked for where no state is restored.
pub fn folder(options: &Options) -> PathBuf {
    beside(&options.config, options.save.as_deref().unwrap_or(Path::new("build")))
}

/// The folder of the model and the state that a run goes on from, if it does.
pub fn restored_folder(options: &Options) -> Option<PathBuf> {
    options.restore.as_deref().map(|path| beside(&options.config, path))
}

fn beside(config: &Path, path: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join(path)
}
