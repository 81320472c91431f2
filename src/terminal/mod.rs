//! What the user sees: messages, the log file, progress, problems.
//!
//! Standard output is for what was asked for (a schedule, a profile); everything else goes to standard error
//! and into the log file. Nothing here knows what is simulated.

mod error;
mod log_file;
mod logging;
mod progress;
mod render;

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;

use crate::command_line::Options;
use crate::failure::Failure;

pub use error::TerminalError;
pub use log_file::{LogFile, log_file_path};
pub use progress::Progress;
pub use render::render;

/// Where messages, progress and problems go.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// The log file; messages wait in memory until it is [opened](LogFile::open).
    pub log_file: LogFile,
    coloured: bool,
    bars: MultiProgress,
}

impl Terminal {
    /// Starts logging as the options ask for. To be called once: a second terminal's log stays empty.
    pub fn start(options: &Options) -> Self {
        let terminal = Self { coloured: options.use_color && colours_are_wanted(), ..Self::without_log() };
        logging::start(options.verbosity, &terminal);
        terminal
    }

    /// A terminal that only [reports](Self::report) and [prints](Self::print).
    pub fn without_log() -> Self {
        Self { log_file: LogFile::default(), coloured: colours_are_wanted(), bars: MultiProgress::new() }
    }

    /// Speaks for one of several ranks from now on: all but the first only warn, and of what they read not even that.
    pub fn speak_for(&self, rank: usize) {
        logging::speak_for(rank);
    }

    /// The input is read: what is found from now on, other ranks may not find.
    pub fn input_is_read(&self) {
        logging::input_is_read();
    }

    /// Shows a failure's problems on standard error and in the log file.
    pub fn report(&self, failure: &Failure) {
        let styled = render(failure, self.coloured);
        // Nothing is left to tell of an error of standard error itself
        let _ = self.bars.suspend(|| io::stderr().lock().write_all(styled.as_bytes()));
        let _ = (&self.log_file).write_all(render(failure, false).as_bytes());
    }

    /// Prints what was asked for on standard output.
    ///
    /// # Errors
    ///
    /// [`TerminalError::StandardOutput`]. A reader that has read enough (`| head`) is no error.
    pub fn print(&self, text: &str) -> Result<(), TerminalError> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result?),
        }
    }

    /// Follows a simulation of `total_ms` (biological ms): a bar on a terminal, else a line now and then.
    pub fn progress(&self, total_ms: f64) -> Progress {
        if io::stderr().is_terminal() {
            Progress::bar(total_ms, &self.bars)
        } else {
            Progress::lines(total_ms)
        }
    }
}

/// Standard error is a terminal that knows colours, and nobody asked for none (<https://no-color.org>).
fn colours_are_wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !set("NO_COLOR") && !dumb
}

/// Makes a panic say that it is a bug of the program, where, and where to report it.
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        let _ = writeln!(
            io::stderr(),
            "error: internal error{place}: {what}\n\
             help: this is a bug in neurodamus {}; please report it with this message at {}/issues",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
        );
    }));
}
