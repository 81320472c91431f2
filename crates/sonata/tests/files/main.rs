//! The HDF5 files of SONATA: what is written is read back, and the samples of the field are read and matched.

mod reference_data;
mod round_trip;
mod sample;
