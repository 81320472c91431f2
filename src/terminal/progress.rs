//! How far a simulation is, how fast it goes and when it will be done.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Time between two changes of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);
/// Time between two lines where there is no terminal: a log of a day has some thousands of them.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// A bar counts whole numbers: thousandths of the total.
const BAR_LENGTH: f64 = 1000.0;

/// Follows one simulation. Cheap enough to be told of every epoch.
#[derive(Debug)]
pub struct Progress {
    total_ms: f64,
    t_ms: f64,
    started: Instant,
    shown: Instant,
    display: Display,
}

#[derive(Debug)]
enum Display {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Progress {
    /// A bar among `bars`.
    pub fn bar(total_ms: f64, bars: &MultiProgress) -> Self {
        let bar = bars.add(ProgressBar::new(BAR_LENGTH as u64));
        if let Ok(style) = ProgressStyle::with_template("[{bar:30}] {percent:>3}%  {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self::new(total_ms, Display::Bar(bar))
    }

    /// A line in the log now and then, for files and pipes.
    pub fn lines(total_ms: f64) -> Self {
        Self::new(total_ms, Display::Lines)
    }

    /// Says nothing: for ranks other than the first.
    pub fn silent(total_ms: f64) -> Self {
        Self::new(total_ms, Display::Silent)
    }

    fn new(total_ms: f64, display: Display) -> Self {
        let now = Instant::now();
        if !matches!(display, Display::Silent) {
            tracing::info!("simulating {total_ms} ms");
        }
        Self { total_ms, t_ms: 0.0, started: now, shown: now, display }
    }

    /// The simulation has come to `t_ms` (biological ms since its start).
    pub fn advance_to(&mut self, t_ms: f64) {
        self.t_ms = t_ms;
        let interval = match self.display {
            Display::Bar(_) => BAR_INTERVAL,
            Display::Lines => LINE_INTERVAL,
            Display::Silent => return,
        };
        let now = Instant::now();
        if now.duration_since(self.shown) < interval {
            return;
        }
        self.shown = now;
        let status = underway(t_ms, self.total_ms, now.duration_since(self.started));
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(((t_ms / self.total_ms).clamp(0.0, 1.0) * BAR_LENGTH) as u64);
                bar.set_message(status);
            }
            Display::Lines => tracing::info!("{status}"),
            Display::Silent => {}
        }
    }

    /// The simulation has come to its end; the last line says how long it took.
    pub fn finish(self) {
        match &self.display {
            Display::Bar(bar) => bar.finish_and_clear(),
            Display::Lines => {}
            Display::Silent => return,
        }
        tracing::info!("{}", done(self.t_ms, self.started.elapsed()));
    }
}

/// `t = 12.5 of 50 ms, 5 ms/s (0.005 x real time), 8 s left`
fn underway(t_ms: f64, total_ms: f64, elapsed: Duration) -> String {
    let here = format!("t = {} of {total_ms} ms", significant(t_ms, 4));
    match speed(t_ms, elapsed) {
        Some(speed) => {
            let left =
                Duration::try_from_secs_f64((total_ms - t_ms).max(0.0) / speed).unwrap_or(Duration::MAX);
            format!("{here}, {}, {} left", describe_speed(speed), describe_duration(left))
        }
        None => here,
    }
}

/// `simulated 50 ms in 10 s: 5 ms/s (0.005 x real time)`
fn done(t_ms: f64, elapsed: Duration) -> String {
    let what = format!("simulated {} ms in {}", significant(t_ms, 6), describe_duration(elapsed));
    match speed(t_ms, elapsed) {
        Some(speed) => format!("{what}: {}", describe_speed(speed)),
        None => what,
    }
}

/// Biological ms per second, where that can be told.
fn speed(t_ms: f64, elapsed: Duration) -> Option<f64> {
    let speed = t_ms / elapsed.as_secs_f64();
    (speed.is_finite() && speed > 0.0).then_some(speed)
}

fn describe_speed(ms_per_s: f64) -> String {
    format!("{} ms/s ({} x real time)", significant(ms_per_s, 3), significant(ms_per_s / 1000.0, 3))
}

fn describe_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{} s", significant(duration.as_secs_f64(), 2)),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number with so many significant digits, without an exponent or zeros at the end.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let decimals = (digits - 1 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_place_speed_and_time_left() {
        assert_eq!(
            underway(12.5, 50.0, Duration::from_millis(2500)),
            "t = 12.5 of 50 ms, 5 ms/s (0.005 x real time), 7.5 s left"
        );
        assert_eq!(
            underway(1.0 / 3.0, 3000.0, Duration::from_secs(1)),
            "t = 0.3333 of 3000 ms, 0.333 ms/s (0.000333 x real time), 2 h 29 min left"
        );
        assert_eq!(
            underway(500.0, 1000.0, Duration::from_millis(100)),
            "t = 500 of 1000 ms, 5000 ms/s (5 x real time), 0.1 s left"
        );
    }

    #[test]
    fn nothing_is_guessed_before_the_first_step() {
        assert_eq!(underway(0.0, 50.0, Duration::from_secs(3)), "t = 0 of 50 ms");
        assert_eq!(done(0.0, Duration::ZERO), "simulated 0 ms in 0 s");
    }

    #[test]
    fn the_end_tells_the_whole() {
        assert_eq!(
            done(50.0, Duration::from_secs(100)),
            "simulated 50 ms in 100 s: 0.5 ms/s (0.0005 x real time)"
        );
    }

    #[test]
    fn durations_have_the_unit_that_reads_best() {
        let told = |seconds| describe_duration(Duration::from_secs(seconds));
        assert_eq!(
            [told(0), told(59), told(3599), told(7200), told(200_000)],
            ["0 s", "59 s", "59 min 59 s", "2 h 0 min", "2 days"]
        );
        assert_eq!(describe_duration(Duration::from_micros(1234)), "0.0012 s");
    }
}
