//! Random123 streams and the distributions NEURON draws from them.
