//! What is drawn from many streams at once.

use super::line::{Counted, Line};
use super::vectors::Task;
use super::words::Words;
use super::{LANES, LINES};
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
        let drawing = self.drawing.to_le_bytes();
        // SAFETY: by the caller
        unsafe { renew::<W>(self.lines, Few::that_draw(&drawing), &drawing, &W::keys(self.key)) };
        for ((line, numbers), drawing) in self.lines.iter_mut().zip(self.numbers).zip(drawing) {
            if drawing != 0 {
                // SAFETY: by the caller
                *numbers = unsafe { line.draw::<W>(drawing) };
            }
        }
    }
}

/// Takes those streams of lines that wait for it, and are about to draw, to their next blocks.
///
/// # Safety
/// The CPU has the features of the words.
#[inline(always)]
unsafe fn renew<W: Words>(lines: &mut [Line], drawing_lines: Few, drawing: &[u8; LINES], keys: &W::Keys) {
    let (mut renewed, mut few) = ([0; LINES], Few::default());
    for at in drawing_lines.iter() {
        // SAFETY: by the caller
        renewed[at] = drawing[at] & unsafe { lines[at].waiting::<W>() };
        few.add_if(at, renewed[at] != 0);
    }
    for at in few.iter() {
        // SAFETY: by the caller
        unsafe { lines[at].renew::<W>(renewed[at], keys) };
    }
}

/// A few of the lines, a bit for each.
///
/// CPUs foresee when a loop over them ends more often than whether each line is one of them, and do several side by side.
#[derive(Clone, Copy, Default)]
struct Few(u16);

impl Few {
    /// Those in which some draw.
    #[inline(always)]
    fn that_draw(drawing: &[u8; LINES]) -> Self {
        let mut few = Self::default();
        for (at, drawing) in drawing.iter().enumerate() {
            few.add_if(at, *drawing != 0);
        }
        few
    }

    /// Adds a line on a condition.
    #[inline(always)]
    fn add_if(&mut self, at: usize, condition: bool) {
        self.0 |= u16::from(condition) << at;
    }

    #[inline(always)]
    fn are_none(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let at = left.trailing_zeros() as usize;
            let is_left = left != 0;
            left &= left.wrapping_sub(1);
            is_left.then_some(at)
        })
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
        unsafe {
            match self.counting.starts {
                Some(starts) => self.products::<W>(starts),
                None => self.below::<W>(),
            }
        }
    }
}

impl Count<'_> {
    /// # Safety
    /// The CPU has the features of the words.
    #[inline(always)]
    unsafe fn below<W: Words>(self) {
        let Counting { draws, bounds, most, .. } = self.counting;
        let drawing = self.drawing.to_le_bytes();
        // SAFETY: by the caller
        let (keys, most) = unsafe { (W::keys(self.key), W::splat(most)) };
        let (mut states, mut counting) = ([Counted::default(); LINES], Few::default());
        let lines = self.lines.iter_mut().zip(&mut states).zip(draws.iter().zip(bounds)).zip(drawing);
        for (at, (((line, state), (draws, bounds)), drawing)) in lines.enumerate() {
            if drawing != 0 {
                // SAFETY: by the caller
                unsafe {
                    *state = line.start_counting::<W>(drawing, W::whole(draws).least(most), bounds);
                    counting.add_if(at, state.blocks > 0);
                }
            }
        }
        let mut block = 1;
        while !counting.are_none() {
            let (mut going_on, mut looking) = (Few::default(), Few::default());
            for at in counting.iter() {
                let state = &states[at];
                // SAFETY: by the caller
                looking.add_if(at, unsafe { self.lines[at].next_block::<W>(block, state, &keys) });
                going_on.add_if(at, state.blocks > block);
            }
            for at in looking.iter() {
                // SAFETY: by the caller
                unsafe { self.lines[at].count_in_block::<W>(block, &mut states[at], &bounds[at]) };
            }
            (counting, block) = (going_on, block + 1);
        }
        let lines = self.lines.iter_mut().zip(&states).zip(self.counts).zip(drawing);
        for (((line, state), counts), drawing) in lines {
            *counts = match drawing {
                0 => [0.; LANES],
                // SAFETY: by the caller
                _ => unsafe { line.end_counting::<W>(state) },
            };
        }
    }

    /// Counts how often products of numbers so far and the next ones are not below a bound, until they are or as many
    /// were drawn.
    ///
    /// # Safety
    /// The CPU has the features of the words.
    #[inline(always)]
    unsafe fn products<W: Words>(self, starts: Numbers) {
        let Counting { draws, bounds, most, .. } = self.counting;
        // SAFETY: by the caller
        let (keys, most) = unsafe { (W::keys(self.key), W::splat(most)) };
        let mut drawing = self.drawing.to_le_bytes();
        let (mut products, mut counted) = ([[0.; LANES]; LINES], [[0; LANES]; LINES]);
        let (mut at_most, mut active) = ([[0; LANES]; LINES], Few::default());
        for (at, ((starts, draws), counts)) in starts.iter().zip(draws).zip(&mut *self.counts).enumerate() {
            (products[at], *counts) = (*starts, [0.; LANES]);
            // SAFETY: by the caller
            unsafe {
                let draws = W::whole(draws).least(most);
                drawing[at] &= W::splat(1).at_most(draws).bits();
                draws.store(&mut at_most[at]);
            }
            active.add_if(at, drawing[at] != 0);
        }
        while !active.are_none() {
            // SAFETY: by the caller
            unsafe { renew::<W>(self.lines, active, &drawing, &keys) };
            let mut going_on = Few::default();
            for at in active.iter() {
                // SAFETY: by the caller
                unsafe {
                    let drawn = self.lines[at].draw::<W>(drawing[at]);
                    let product = std::array::from_fn(|lane| products[at][lane] * drawn[lane]);
                    let above = drawing[at] & !W::below(&product, &bounds[at]);
                    let count = W::load(&counted[at]).subtract(W::lanes(above));
                    self.counts[at] = count.numbers();
                    drawing[at] = above & count.add(W::splat(1)).at_most(W::load(&at_most[at])).bits();
                    products[at] = product;
                    count.store(&mut counted[at]);
                    going_on.add_if(at, drawing[at] != 0);
                }
            }
            active = going_on;
        }
    }
}
