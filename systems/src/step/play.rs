//! Waveforms set the variables they are played into.

use bevy_ecs::system::{Query, Res};
use components::{Clock, Instances, Playback, Waveform};

use super::MechanismTable;

/// Sets every played variable to the value of its waveform at the present time.
pub fn play(
    clock: Res<Clock>,
    table: Res<MechanismTable>,
    mut waveforms: Query<&mut Waveform>,
    mut instances: Query<&mut Instances>,
) {
    for mut waveform in &mut waveforms {
        let value = waveform_at(&mut waveform, clock.t);
        let target = waveform.target;
        let Some(value) = value else { continue };
        let Some(&entity) = table.entities.get(target.mechanism as usize) else { continue };
        if let Ok(mut instances) = instances.get_mut(entity) {
            instances.columns[waveform.variable][target.instance as usize] = value;
        }
    }
}

/// Value of a waveform at `t` (ms); `None` where it leaves the variable as it is. Time must not go back.
///
/// Of points at the same time the last counts from then on. A linear waveform has its first value before its points,
/// and follows the line of its last segment after them.
fn waveform_at(waveform: &mut Waveform, t: f64) -> Option<f64> {
    let (times, values) = (&waveform.times, &waveform.values);
    while waveform.next < times.len() && times[waveform.next] <= t {
        waveform.next += 1;
    }
    if waveform.playback == Playback::Stepwise {
        return values.get(waveform.next.checked_sub(1)?).copied();
    }
    let last = times.len().checked_sub(1)?;
    let upper = waveform.next.min(last);
    if upper == 0 || t <= times[0] {
        return Some(values[0]);
    }
    let (t0, t1, y0, y1) = (times[upper - 1], times[upper], values[upper - 1], values[upper]);
    Some(if t0 == t1 { (y0 + y1) / 2.0 } else { y0 + (y1 - y0) * ((t - t0) / (t1 - t0)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use components::Target;

    /// Values that NEURON 9.0.2 gives for `Vector.play` of these points, at the middle of each step.
    #[test]
    fn follows_the_points_as_neuron_does() {
        let mut waveform = Waveform {
            times: vec![0.05, 0.1, 0.2, 0.2, 0.3],
            values: vec![1.0, 2.0, 4.0, 10.0, 3.0],
            playback: Playback::Linear,
            target: Target { mechanism: 0, instance: 0 },
            variable: 0,
            next: 0,
        };
        let mut at = |t: f64| waveform_at(&mut waveform, t).expect("it has points");
        for (t, expected) in [
            (0.0375, 1.0),
            (0.0625, 1.25),
            (0.0875, 1.75),
            (0.1875, 3.75),
            (0.2125, 9.125),
            (0.2875, 3.875),
            (0.3125, 2.125),
        ] {
            assert!((at(t) - expected).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn steps_keep_the_value_of_the_last_point() {
        let mut waveform = Waveform {
            times: vec![0.05, 0.1, 0.1, 0.2],
            values: vec![1.0, 2.0, 4.0, 10.0],
            playback: Playback::Stepwise,
            target: Target { mechanism: 0, instance: 0 },
            variable: 0,
            next: 0,
        };
        let at = [0.0375, 0.0625, 0.1, 0.1875, 0.2125, 5.0].map(|t| waveform_at(&mut waveform, t));
        assert_eq!(at, [None, Some(1.0), Some(4.0), Some(4.0), Some(10.0), Some(10.0)]);
    }
}
