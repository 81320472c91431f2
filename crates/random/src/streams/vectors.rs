//! Choice of the vector instructions at run time.

#[cfg(target_arch = "x86_64")]
use super::words::{Avx2, Avx512};
use super::words::{Plain, Words};

/// Vector instructions of this CPU, with which [`Streams`](super::Streams) draw. All give the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// What can be done with any of them.
pub(super) trait Task {
    /// # Safety
    /// The CPU has the features of the words.
    unsafe fn run<W: Words>(self);
}

impl Vectors {
    /// Those that every CPU of the compilation target has.
    pub const BASELINE: Self = Self(Kind::Plain);

    /// AVX2, if this CPU has it.
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            return Some(Self(Kind::Avx2));
        }
        None
    }

    /// AVX-512 (F and VL), if this CPU has it.
    pub fn avx512() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            return Self::avx2().map(|_| Self(Kind::Avx512));
        }
        None
    }

    /// Does a task with them.
    pub(super) fn run<T: Task>(self, task: T) {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn avx2<T: Task>(task: T) {
            // SAFETY: the features are those of the function
            unsafe { task.run::<Avx2>() }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl,avx2")]
        fn avx512<T: Task>(task: T) {
            // SAFETY: the features are those of the function
            unsafe { task.run::<Avx512>() }
        }
        match self.0 {
            // SAFETY: no features are needed
            Kind::Plain => unsafe { task.run::<Plain>() },
            // SAFETY: nothing but detection makes such a value
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2(task) },
            // SAFETY: as above
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512(task) },
        }
    }
}
