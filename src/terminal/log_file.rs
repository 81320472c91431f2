//! The log file: plain text, in the output folder. Messages are kept until that folder is known.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::TerminalError;

/// A log that is shared by everything that writes to it.
#[derive(Clone, Debug, Default)]
pub struct LogFile(Arc<Mutex<Destination>>);

#[derive(Debug)]
enum Destination {
    Memory(Vec<u8>),
    File(File),
    /// The file of another process, opened for each message: few ranks have something to say.
    Shared(PathBuf),
}

impl Default for Destination {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl LogFile {
    /// Opens the file, in place of one of an earlier run, and writes what was logged so far.
    ///
    /// Folders on the way are made.
    ///
    /// # Errors
    ///
    /// [`TerminalError::LogFile`]; the log then stays in memory.
    pub fn open(&self, path: &Path) -> Result<(), TerminalError> {
        self.try_open(path).map_err(|source| TerminalError::LogFile { path: path.into(), source })
    }

    fn try_open(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        File::create(path)?;
        // Other ranks write to it, too
        let mut file = File::options().append(true).open(path)?;
        let mut destination = self.destination();
        if let Destination::Memory(so_far) = &*destination {
            file.write_all(so_far)?;
        }
        *destination = Destination::File(file);
        Ok(())
    }

    /// Adds to the file that rank 0 opens. What was logged so far, it has logged as well.
    pub fn join(&self, path: &Path) {
        *self.destination() = Destination::Shared(path.to_owned());
    }

    fn destination(&self) -> MutexGuard<'_, Destination> {
        // A log is worth most after a panic elsewhere
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.destination() {
            Destination::Memory(so_far) => so_far.write(bytes),
            Destination::File(file) => file.write(bytes),
            Destination::Shared(path) => File::options().append(true).create(true).open(path)?.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the log goes: `configured` (`output.log_file`) as it stands, relative to the working directory as
/// in neurodamus; without it, a name that tells the time, in the output folder.
pub fn log_file_path(configured: &str, output_folder: &Path, now: SystemTime) -> PathBuf {
    if configured.is_empty() { output_folder.join(default_name(now)) } else { PathBuf::from(configured) }
}

/// `neurodamus_YYYY-MM-DD_HHhMM.log`, in UTC as the times inside the file are.
fn default_name(now: SystemTime) -> String {
    let minutes = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
    let (year, month, day) = date_of_day(minutes / (24 * 60));
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("neurodamus_{year:04}-{month:02}-{day:02}_{hour:02}h{minute:02}.log")
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Years are counted from 1 March, so that the leap day is a year's last day, in eras of 400 years
/// (146,097 days): H. Hinnant, "chrono-compatible low-level date algorithms".
fn date_of_day(day: u64) -> (u64, u64, u64) {
    let from_year_0 = day + 719_468;
    let (era, day_of_era) = (from_year_0 / 146_097, from_year_0 % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_default_name_tells_the_minute_in_utc() {
        // Seconds since 1970 as `date -u -d ... +%s` gives them
        assert_eq!(default_name(at(0)), "neurodamus_1970-01-01_00h00.log");
        assert_eq!(default_name(at(951_782_399)), "neurodamus_2000-02-28_23h59.log");
        assert_eq!(default_name(at(951_782_400)), "neurodamus_2000-02-29_00h00.log");
        assert_eq!(default_name(at(1_709_251_199)), "neurodamus_2024-02-29_23h59.log");
        assert_eq!(default_name(at(1_795_385_859)), "neurodamus_2026-11-22_22h17.log");
        assert_eq!(default_name(at(4_107_542_400)), "neurodamus_2100-03-01_00h00.log");
    }

    #[test]
    fn a_configured_name_is_taken_as_it_stands() {
        assert_eq!(log_file_path("logs/run.log", Path::new("out"), at(0)), Path::new("logs/run.log"));
        assert_eq!(
            log_file_path("", Path::new("out"), at(0)),
            Path::new("out/neurodamus_1970-01-01_00h00.log")
        );
    }

    #[test]
    fn what_was_logged_before_opening_is_not_lost() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("made/on/the/way/run.log");
        let log = LogFile::default();
        (&log).write_all(b"before\n").expect("memory takes it");
        log.open(&path).expect("the folder can be written to");
        (&log.clone()).write_all(b"after\n").expect("the file takes it");
        assert_eq!(std::fs::read_to_string(path).expect("it was written"), "before\nafter\n");
    }

    #[test]
    fn a_log_that_cannot_be_opened_keeps_what_it_has() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = LogFile::default();
        (&log).write_all(b"kept\n").expect("memory takes it");
        assert!(log.open(folder.path()).is_err(), "a folder is no file");
        let path = folder.path().join("run.log");
        log.open(&path).expect("the folder can be written to");
        assert_eq!(std::fs::read_to_string(path).expect("it was written"), "kept\n");
    }
}
