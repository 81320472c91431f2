//! Messages of `tracing`, for people on standard error and with times in the log file.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::MultiProgress;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::Terminal;
use crate::command_line::Verbosity;

/// Crates whose inner life interests nobody who runs a simulation: only their warnings are shown.
const QUIET: [&str; 2] = ["bevy_", "hdf5"];

/// What is said by one of several ranks.
static VOICE: Voice = Voice { rank: AtomicUsize::new(0), level: AtomicUsize::new(EVERYTHING) };

const NOTHING: usize = 0;
const WARNINGS: usize = 1;
const EVERYTHING: usize = 2;

struct Voice {
    rank: AtomicUsize,
    level: AtomicUsize,
}

/// Speaks for one of several ranks from now on: all but the first are silent, and warn as soon as their
/// [input is read](input_is_read), since all ranks find the same in that.
pub fn speak_for(rank: usize) {
    VOICE.rank.store(rank, Ordering::Relaxed);
    VOICE.level.store(if rank == 0 { EVERYTHING } else { NOTHING }, Ordering::Relaxed);
}

/// What is found from now on, other ranks may not find.
pub fn input_is_read() {
    VOICE.level.fetch_max(WARNINGS, Ordering::Relaxed);
}

/// Sends messages to standard error and to the terminal's log file from now on.
pub fn start(verbosity: Verbosity, terminal: &Terminal) {
    let level = match verbosity {
        Verbosity::Normal => LevelFilter::INFO,
        Verbosity::Verbose => LevelFilter::DEBUG,
        Verbosity::Debug => LevelFilter::TRACE,
    };
    let bars = terminal.bars.clone();
    let to_people = tracing_subscriber::fmt::layer()
        .with_ansi(terminal.coloured)
        .with_writer(move || AroundBars(bars.clone()))
        .event_format(ForPeople);
    let log_file = terminal.log_file.clone();
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(move || FileWriter(log_file.clone()));
    // A second start (tests in one process) leaves the first in place
    let _ = tracing_subscriber::registry()
        .with(level)
        .with(dynamic_filter_fn(|metadata, _| is_of_interest(metadata)))
        .with(to_people)
        .with(to_file)
        .try_init();
}

fn is_of_interest(metadata: &Metadata<'_>) -> bool {
    let is_said = match VOICE.level.load(Ordering::Relaxed) {
        NOTHING => false,
        WARNINGS => *metadata.level() <= Level::WARN,
        _ => true,
    };
    if !is_said {
        return false;
    }
    *metadata.level() <= Level::WARN || !QUIET.iter().any(|quiet| metadata.target().starts_with(quiet))
}

/// Writes to standard error while progress bars step aside.
struct AroundBars(MultiProgress);

impl Write for AroundBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct FileWriter(super::LogFile);

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The message alone at the usual level, `warning: ` and the like before it at the others, so that it reads
/// as problems do.
struct ForPeople;

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        const RESET: &str = "\x1b[0m";
        let (colour, name) = match *event.metadata().level() {
            Level::ERROR => ("\x1b[1;91m", "error"),
            Level::WARN => ("\x1b[1;33m", "warning"),
            Level::INFO => ("", ""),
            Level::DEBUG => ("\x1b[2m", "debug"),
            Level::TRACE => ("\x1b[2m", "trace"),
        };
        match (name, writer.has_ansi_escapes()) {
            ("", _) => {}
            (name, true) => write!(writer, "{colour}{name}{RESET}: ")?,
            (name, false) => write!(writer, "{name}: ")?,
        }
        match VOICE.rank.load(Ordering::Relaxed) {
            0 => {}
            rank => write!(writer, "rank {rank}: ")?,
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
