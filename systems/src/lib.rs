//! The systems that advance a simulation, and the schedules they are ordered into.
