//! What is drawn from many streams at once.

use super::LANES;
use super::line::Line;
use super::vectors::Task;
use super::words::Words;
use crate::stream::Stream;

/// Numbers of lines.
type Numbers<'a> = &'a [[f64; LANES]];

/// [`Streams::draw_uniforms`](super::Streams::draw_uniforms)
pub(super) struct DrawUniforms<'a> {
    pub(super) lines: &'a mut [Line],
    pub(super) key: u32,
    pub(super) drawing: u128,
    pub(super) numbers: &'a mut [[f64; LANES]],
}

impl Task for DrawUniforms<'_> {
    #[inline(always)]
    unsafe fn run<W: Words>(self) {
        // SAFETY: by the caller
        let keys = unsafe { W::keys(self.key) };
        let drawing = self.drawing.to_le_bytes();
        for ((line, numbers), drawing) in self.lines.iter_mut().zip(self.numbers).zip(drawing) {
            if drawing != 0 {
                // SAFETY: by the caller
                *numbers = unsafe { line.draw::<W>(drawing, &keys) };
            }
        }
    }
}

/// What is counted of each stream, as lines of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a> {
    /// How many are drawn, for products at most. Fractions are cut off, and what is below 1 or no number means 0.
    pub draws: Numbers<'a>,
    /// What products start from, to count them ([`Stream::count_products`]) instead of what is below a bound
    /// ([`Stream::count_below`]).
    pub starts: Option<Numbers<'a>>,
    /// The bounds.
    pub bounds: Numbers<'a>,
    /// What no stream draws more of, below 2^30.
    pub most: u32,
}

impl Counting<'_> {
    /// What is counted of one stream, by its place among the numbers.
    pub fn of_stream(&self, place: usize, stream: &mut Stream) -> f64 {
        let of = |numbers: Numbers| numbers.as_flattened()[place];
        let (draws, bound) = ((of(self.draws) as u64).min(u64::from(self.most)), of(self.bounds));
        let counted = match self.starts {
            Some(starts) => stream.count_products(draws, of(starts), bound),
            None => stream.count_below(draws, bound),
        };
        counted as f64
    }
}

/// [`Streams::count`](super::Streams::count)
pub(super) struct Count<'a> {
    pub(super) lines: &'a mut [Line],
    pub(super) key: u32,
    pub(super) drawing: u128,
    pub(super) counting: Counting<'a>,
    pub(super) counts: &'a mut [[f64; LANES]],
}

impl Task for Count<'_> {
    #[inline(always)]
    unsafe fn run<W: Words>(self) {
        // SAFETY: by the caller
        let (keys, most) = unsafe { (W::keys(self.key), W::splat(self.counting.most)) };
        let Counting { draws, starts, bounds, .. } = self.counting;
        let (drawing, numbers) = (self.drawing.to_le_bytes(), draws.iter().zip(bounds).zip(self.counts));
        for (at, ((line, ((draws, bounds), counts)), drawing)) in
            self.lines.iter_mut().zip(numbers).zip(drawing).enumerate()
        {
            *counts = [0.; LANES];
            if drawing != 0 {
                // SAFETY: by the caller
                *counts = unsafe {
                    let draws = W::whole(draws).least(most);
                    match starts {
                        Some(starts) => {
                            line.count_products::<W>(drawing, draws, [&starts[at], bounds], &keys)
                        }
                        None => line.count_below::<W>(drawing, draws, bounds, &keys),
                    }
                };
            }
        }
    }
}
