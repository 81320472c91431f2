//! What is drawn from many streams at once.

use super::LANES;
use super::line::Line;
use super::vectors::Task;
use super::words::Words;

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

/// [`Streams::count_below`](super::Streams::count_below)
pub(super) struct CountBelow<'a> {
    pub(super) lines: &'a mut [Line],
    pub(super) key: u32,
    pub(super) drawing: u128,
    /// How many are drawn, and bounds.
    pub(super) operands: [Numbers<'a>; 2],
    pub(super) counts: &'a mut [[f64; LANES]],
}

impl Task for CountBelow<'_> {
    #[inline(always)]
    unsafe fn run<W: Words>(self) {
        // SAFETY: by the caller
        let keys = unsafe { W::keys(self.key) };
        let ([draws, bounds], drawing) = (self.operands, self.drawing.to_le_bytes());
        let numbers = draws.iter().zip(bounds).zip(self.counts);
        for ((line, ((draws, bounds), counts)), drawing) in self.lines.iter_mut().zip(numbers).zip(drawing) {
            *counts = [0.; LANES];
            if drawing != 0 {
                // SAFETY: by the caller
                *counts = unsafe { line.count_below::<W>(drawing, [draws, bounds], &keys) };
            }
        }
    }
}

/// [`Streams::count_products`](super::Streams::count_products)
pub(super) struct CountProducts<'a> {
    pub(super) lines: &'a mut [Line],
    pub(super) key: u32,
    pub(super) drawing: u128,
    /// How many are drawn at most, numbers at the start, and bounds.
    pub(super) operands: [Numbers<'a>; 3],
    /// What no stream draws more of.
    pub(super) most: u32,
    pub(super) counts: &'a mut [[f64; LANES]],
}

impl Task for CountProducts<'_> {
    #[inline(always)]
    unsafe fn run<W: Words>(self) {
        // SAFETY: by the caller
        let keys = unsafe { W::keys(self.key) };
        let ([draws, starts, bounds], drawing) = (self.operands, self.drawing.to_le_bytes());
        let numbers = draws.iter().zip(starts).zip(bounds).zip(self.counts);
        for ((line, (((draws, starts), bounds), counts)), drawing) in
            self.lines.iter_mut().zip(numbers).zip(drawing)
        {
            *counts = [0.; LANES];
            if drawing != 0 {
                let operands = [draws, starts, bounds];
                // SAFETY: by the caller
                *counts = unsafe { line.count_products::<W>(drawing, operands, self.most, &keys) };
            }
        }
    }
}
