//! The ECS components of a simulation: data only.
