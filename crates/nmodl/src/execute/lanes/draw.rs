//! Draws from the random streams of lanes.

use random::{Stream, Streams};

use super::block::{Machine, set_bits};
use super::code::Slot;
use super::{Bits, LANES, LINES};
use crate::execute::arithmetic::strict_bound;
use crate::execute::reference::{endless, most_repetitions};
use crate::syntax::Span;

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
            let (level, first) = (self.fixed.level, self.first / Streams::LANES);
            draw_uniforms(level, streams, first, active, numbers.as_chunks_mut().0).err()
        };
        self.goes_on(missing, stream, span)
    }

    /// How many of the next uniform numbers from the streams of the active lanes are below a bound; whether the run can
    /// go on.
    pub(super) fn count_below(
        &mut self,
        (stream, or_equal, span): (u32, bool, Span),
        to: Slot,
        [draws, bounds]: [Slot; 2],
        active: Bits,
    ) -> bool {
        let [mut lines, mut strict_lines, mut counted_lines] = [[[0.; LANES]; LINES]; 3];
        let [numbers, strict, counts] =
            [&mut lines, &mut strict_lines, &mut counted_lines].map(|lines| lines.as_flattened_mut());
        numbers[..self.lanes].copy_from_slice(self.read(draws));
        for (strict, &bound) in strict.iter_mut().zip(self.read(bounds)) {
            *strict = strict_bound(bound, or_equal);
        }
        let is_endless = |draws: f64| draws > most_repetitions() as f64;
        // all lanes at once first: there is never one
        if numbers.iter().fold(false, |any, &draws| any | is_endless(draws))
            && let Some(lane) = set_bits(active).find(|&lane| is_endless(numbers[lane]))
        {
            self.frame.outbox.fail(self.instance(lane), endless(), span);
            return false;
        }
        let streams = self.frame.own.streams.get_mut(stream as usize);
        let mut none = Streams::default();
        let streams = streams.unwrap_or(&mut none);
        let missing = if let Some(arrivals) = &self.frame.arrivals {
            let instances = &arrivals.instances[self.first..][..self.lanes];
            set_bits(active).filter(|&lane| numbers[lane] >= 1.).find(|&lane| {
                let count = |stream: &mut Stream| stream.count_below(numbers[lane] as u64, strict[lane]);
                let counted = streams.with(instances[lane] as usize, count);
                counts[lane] = counted.unwrap_or(0) as f64;
                counted.is_none()
            })
        } else {
            let (level, first) = (self.fixed.level, self.first / Streams::LANES);
            count_below(level, streams, first, active, [&lines, &strict_lines], &mut counted_lines).err()
        };
        let to = self.write(to);
        to.copy_from_slice(&counted_lines.as_flattened()[..to.len()]);
        self.goes_on(missing, stream, span)
    }

    /// Whether the run can go on; not if the stream of a lane is missing.
    fn goes_on(&mut self, missing: Option<usize>, stream: u32, span: Span) -> bool {
        let Some(missing) = missing else { return true };
        self.frame.outbox.fail(self.instance(missing), self.fixed.unset_stream(stream), span);
        false
    }
}

crate::dispatch! {
    fn draw_uniforms(
        streams: &mut Streams,
        first_line: usize,
        drawing: Bits,
        numbers: &mut [[f64; LANES]],
    ) -> Result<(), usize> = draw_uniforms_of_lanes;
}

#[inline(always)]
fn draw_uniforms_of_lanes<const FMA: bool>(
    streams: &mut Streams,
    first_line: usize,
    drawing: Bits,
    numbers: &mut [[f64; LANES]],
) -> Result<(), usize> {
    streams.draw_uniforms(first_line, drawing, numbers)
}

crate::dispatch! {
    fn count_below(
        streams: &mut Streams,
        first_line: usize,
        drawing: Bits,
        operands: [&[[f64; LANES]]; 2],
        counts: &mut [[f64; LANES]],
    ) -> Result<(), usize> = count_below_of_lanes;
}

#[inline(always)]
fn count_below_of_lanes<const FMA: bool>(
    streams: &mut Streams,
    first_line: usize,
    drawing: Bits,
    operands: [&[[f64; LANES]]; 2],
    counts: &mut [[f64; LANES]],
) -> Result<(), usize> {
    streams.count_below(first_line, drawing, operands, counts)
}
