//! Choice of the vector instructions at run time.
//!
//! A kernel is an `#[inline(always)]` function, generic over `const FMA: bool`, that loops over slices without
//! branches; [`dispatch!`](crate::dispatch) makes a copy of it for each set of features, which the compiler
//! vectorises on its own, and a function that picks a copy by a [`Level`].

use std::sync::OnceLock;

use random::Vectors;

/// Whether every CPU of the compilation target has fused multiply-add (aarch64 does, x86-64 does not).
pub const BASELINE_FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// The sets of CPU features for which kernels are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Features {
    /// What the compilation target guarantees.
    Baseline,
    /// x86-64 with AVX2 and FMA: 4 lanes.
    Avx2Fma,
    /// x86-64 with AVX-512 F, VL, DQ and BW: 8 lanes.
    Avx512,
}

/// A set of features that this CPU was found to have. A value of this type is the proof that makes the call of a
/// kernel compiled for those features sound; nothing but detection creates one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(Features);

impl Level {
    /// The level that every CPU of the compilation target has.
    pub const BASELINE: Level = Level(Features::Baseline);

    /// The widest level of this CPU, detected once.
    pub fn best() -> Level {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| Level::available().last().copied().unwrap_or(Level::BASELINE))
    }

    /// All levels of this CPU, the narrowest first.
    pub fn available() -> Vec<Level> {
        let mut levels = vec![Level::BASELINE];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            levels.push(Level(Features::Avx2Fma));
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
            {
                levels.push(Level(Features::Avx512));
            }
        }
        levels
    }

    /// The features that this level stands for.
    pub fn features(self) -> Features {
        self.0
    }

    /// Whether quotients by numbers whose reciprocal is known are found faster than by division: the dividers of CPUs
    /// with AVX-512 are hardly faster than those with AVX2, their multipliers are. Unit tests want them wherever
    /// possible.
    pub(crate) fn divides_by_reciprocals(self) -> bool {
        match self.0 {
            Features::Baseline => false,
            Features::Avx2Fma => cfg!(test),
            Features::Avx512 => cfg!(test) || has_slow_divider(),
        }
    }

    /// Whether its vectors have [`whole_power`](super::vector::Vector::whole_power).
    pub(crate) fn has_whole_powers(self) -> bool {
        self.0 != Features::Baseline
    }

    /// The vectors of this level for random streams.
    pub(crate) fn of_streams(self) -> Vectors {
        let vectors = match self.0 {
            Features::Baseline => None,
            Features::Avx2Fma => Vectors::avx2(),
            Features::Avx512 => Vectors::avx512(),
        };
        vectors.unwrap_or(Vectors::BASELINE)
    }

    /// Whether kernels of this level run with `FMA = true`.
    pub fn fma(self) -> bool {
        BASELINE_FMA || self.0 != Features::Baseline
    }
}

/// Whether a vector of eight numbers takes this CPU much longer to divide than to multiply: 16 cycles on those of Intel
/// up to Sapphire Rapids (A. Abel, J. Reineke, uops.info), 4 on AMD's Zen 5.
fn has_slow_divider() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let vendor = std::arch::x86_64::__cpuid(0);
        [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).concat() == b"GenuineIntel"
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// `a * b + c`, with one rounding where `FMA`, else with two.
///
/// `f64::mul_add` without the instruction is a library call some 10 times slower; hence the parameter.
#[inline(always)]
pub fn mul_add<const FMA: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Makes a function that runs a kernel compiled for the features of a [`Level`](crate::math::Level).
///
/// The kernel is an `#[inline(always)]` function with the parameter `const FMA: bool`; the function made has its
/// arguments after a `level`. Columns have to be slice arguments of the kernel: only there does the compiler know
/// that they do not overlap. An index that might be out of range (`voltage[node[i]]`) keeps its whole loop scalar, so
/// gather into a short array first. A kernel with many exponentials runs fastest on AVX2, and about as fast on
/// AVX-512, when it takes 64 elements at a time and gives each exponential a loop of its own over such an array.
///
/// ```
/// use nmodl::math::{Level, guarded_exp};
///
/// nmodl::dispatch! {
///     /// Decays the conductances (uS) over `dt` (ms) with the time constants `tau` (ms).
///     pub fn decay(conductance: &mut [f64], tau: &[f64], dt: f64) = decay_lanes;
/// }
///
/// #[inline(always)]
/// fn decay_lanes<const FMA: bool>(conductance: &mut [f64], tau: &[f64], dt: f64) {
///     for (g, tau) in conductance.iter_mut().zip(tau) {
///         *g += (1. - guarded_exp::<FMA>(dt * (-1. / tau))) * (0. - *g);
///     }
/// }
///
/// let mut conductance = [1., 2.];
/// decay(Level::best(), &mut conductance, &[5., 5.], 0.025);
/// assert_eq!(conductance[1], 2. * conductance[0]);
/// ```
#[macro_export]
macro_rules! dispatch {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $kernel:ident;
    ) => {
        $(#[$attribute])*
        $visibility fn $name(level: $crate::math::Level, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                $kernel::<true>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2_fma($($argument: $type),*) $(-> $result)? {
                $kernel::<true>($($argument),*)
            }
            match level.features() {
                // SAFETY: a `Level` exists only for features that were detected on this CPU.
                #[cfg(target_arch = "x86_64")]
                $crate::math::Features::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::math::Features::Avx2Fma => unsafe { avx2_fma($($argument),*) },
                _ => $kernel::<{ $crate::math::BASELINE_FMA }>($($argument),*),
            }
        }
    };
}
