//! The HDF5 files of SONATA: what is written is read back, here, by the reference readers, and from the samples.

mod bad_input;
mod damage;
mod interruption;
mod reference_data;
mod reference_readers;
mod round_trip;
mod sample;
