//! Random123 streams and the distributions NEURON draws from them.
//!
//! [`Stream`] is what mechanisms hold: a counter-based stream named by three ids and the run's global index;
//! [`Streams`] are those of many instances.
//! [`Random`] is the object scripts hold: a generator, a current distribution and a cached normal deviate.
//! Every number is, bit for bit, the one NEURON 9 draws.
//!
//! Nothing here is global: the global index (`run.random_seed`), MCellRan4's low index and its instance
//! number, which NEURON keeps in process-wide variables, are arguments.

mod distribution;
mod mcell_ran4;
mod object;
mod philox;
mod stream;
mod streams;

pub use distribution::{Distribution, DistributionError};
pub use mcell_ran4::MCellRan4;
pub use object::{Generator, Random, SequenceError};
pub use philox::philox4x32;
pub use stream::{STREAM_WORDS, Stream};
pub use streams::{Counting, Streams, Vectors};
