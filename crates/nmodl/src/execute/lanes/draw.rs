//! Draws from the random streams of lanes.

use random::{Counting, Stream, Streams};

use super::block::{Machine, set_bits};
use super::code::{Count, Slot};
use super::{Bits, LANES, LINES};
use crate::execute::arithmetic::strict_bound;
use crate::execute::reference::{endless, most_repetitions};
use crate::syntax::Span;

/// Numbers of the lanes of a block.
type Lines<'a> = &'a [[f64; LANES]];

impl Machine<'_, '_> {
    /// A uniform number from the streams of the active lanes; whether the run can go on.
    pub(super) fn draw(&mut self, stream: u32, to: Slot, span: Span, active: Bits) -> bool {
        // SAFETY: a slot has whole lines for at least `lanes` numbers, and none is in streams
        let numbers =
            unsafe { std::slice::from_raw_parts_mut(self.at(to), self.lanes.next_multiple_of(LANES)) };
        let streams = self.frame.own.streams.get_mut(stream as usize);
        let mut none = Streams::default();
        let streams = streams.unwrap_or(&mut none);
        let missing = if let Some(arrivals) = &self.frame.arrivals {
            let instances = &arrivals.instances[self.first..][..self.lanes];
            set_bits(active).find(|&lane| {
                let drawn = streams.with(instances[lane] as usize, Stream::uniform);
                numbers[lane] = drawn.unwrap_or(0.);
                drawn.is_none()
            })
        } else {
            let (vectors, first) = (self.fixed.level.of_streams(), self.first / Streams::LANES);
            streams.draw_uniforms(vectors, first, active, numbers.as_chunks_mut().0).err()
        };
        self.goes_on(missing, stream, span)
    }

    /// Counts draws of the active lanes; whether the run can go on.
    pub(super) fn count(&mut self, count: &Count, active: Bits) -> bool {
        let [draws, bounds] = [count.draws, count.bound].map(|slot| self.lines(slot));
        let starts = count.start.map(|slot| self.lines(slot));
        let strict_bounds: [[f64; LANES]; LINES];
        let bounds = if count.or_equal {
            let strict = |line: &[f64; LANES]| line.map(|bound| strict_bound(bound, true));
            strict_bounds = std::array::from_fn(|line| bounds.get(line).map_or([0.; LANES], strict));
            &strict_bounds[..bounds.len()]
        } else {
            bounds
        };
        let all_draws = draws.as_flattened();
        let most = most_repetitions() as f64;
        // all lanes at once first: there is hardly ever one
        let long = if all_draws.iter().fold(false, |any, &draws| any | (draws > most)) {
            set_bits(active)
                .filter(|&lane| all_draws[lane] > most)
                .fold(0, |bits: Bits, lane| bits | 1 << lane)
        } else {
            0
        };
        let is_apart = ![Some(count.draws), count.start, Some(count.bound)].contains(&Some(count.to));
        let mut elsewhere: [[f64; LANES]; LINES];
        let counts = if is_apart {
            // SAFETY: a slot has whole lines for at least `lanes` numbers, and nothing else uses this one
            unsafe { std::slice::from_raw_parts_mut(self.at(count.to).cast(), draws.len()) }
        } else {
            elsewhere = [[0.; LANES]; LINES];
            &mut elsewhere[..draws.len()]
        };
        let (endless_lane, missing) = if starts.is_none() && long != 0 {
            (set_bits(long).next(), None)
        } else {
            let counting = Counting { draws, starts, bounds, most: most_repetitions() as u32 };
            let missing = self.draw_counts(count.stream, active, counting, counts);
            (set_bits(long).find(|&lane| counts.as_flattened()[lane] >= most), missing)
        };
        if let Some(lane) = endless_lane {
            self.frame.outbox.fail(self.instance(lane), endless(), count.span);
            return false;
        }
        if !is_apart {
            let to = self.write(count.to);
            to.copy_from_slice(&counts.as_flattened()[..to.len()]);
        }
        self.goes_on(missing, count.stream, count.span)
    }

    /// What is counted of each lane; the first one whose stream is missing.
    fn draw_counts(
        &mut self,
        stream: u32,
        active: Bits,
        counting: Counting,
        counts: &mut [[f64; LANES]],
    ) -> Option<usize> {
        let streams = self.frame.own.streams.get_mut(stream as usize);
        let mut none = Streams::default();
        let streams = streams.unwrap_or(&mut none);
        let Some(arrivals) = &self.frame.arrivals else {
            let (vectors, first) = (self.fixed.level.of_streams(), self.first / Streams::LANES);
            return streams.count(vectors, first, active, counting, counts).err();
        };
        let counts = counts.as_flattened_mut();
        counts.fill(0.);
        let instances = &arrivals.instances[self.first..][..self.lanes];
        set_bits(active).filter(|&lane| counting.draws.as_flattened()[lane] >= 1.).find(|&lane| {
            let counted = streams.with(instances[lane] as usize, |stream| counting.of_stream(lane, stream));
            counts[lane] = counted.unwrap_or(0.);
            counted.is_none()
        })
    }

    /// The lines of a slot, which nothing may write to while they are used.
    fn lines<'a>(&self, slot: Slot) -> Lines<'a> {
        // SAFETY: a slot has whole lines for at least `lanes` numbers, and none is in streams; `count`, which is all that
        // calls this, writes to none of those that it reads
        unsafe { std::slice::from_raw_parts(self.at(slot).cast(), self.lanes.div_ceil(LANES)) }
    }

    /// Whether the run can go on; not if the stream of a lane is missing.
    fn goes_on(&mut self, missing: Option<usize>, stream: u32, span: Span) -> bool {
        let Some(missing) = missing else { return true };
        self.frame.outbox.fail(self.instance(missing), self.fixed.unset_stream(stream), span);
        false
    }
}
