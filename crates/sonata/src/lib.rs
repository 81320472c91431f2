//! SONATA configurations, node sets, nodes, edges, spikes and reports.
