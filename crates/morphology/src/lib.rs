//! Neuron morphologies: ASC, SWC and H5 files to sections of 3-D points.
