#!/usr/bin/env python3
"""Writes a circuit that is too large to simulate here, to plan simulations of.

    tools/make_large_circuit.py FOLDER [NODES [EDGES]]

One million pyramidal cells of 240 metypes with fifty million synapses if not told, in connections of five. Attributes of
synapses are the same everywhere, and take no space in the file; ends and indices are real. Needs `h5py`, as in
`.reference/bin/python`.
"""

import json
import shutil
import sys
from pathlib import Path

import h5py
import numpy

CONTACTS = 5
EDGES_AT_ONCE = 5_000_000
POPULATION = "Cortex"

ATTRIBUTES = {
    "afferent_section_id": ("u4", 5),
    "afferent_section_pos": ("f4", 0.5),
    "conductance": ("f4", 0.9),
    "conductance_scale_factor": ("f4", 0.8),
    "decay_time": ("f4", 1.7),
    "delay": ("f4", 1.5),
    "depression_time": ("f4", 200.0),
    "facilitation_time": ("f4", 40.0),
    "n_rrp_vesicles": ("u4", 1),
    "syn_type_id": ("u4", 113),
    "u_hill_coefficient": ("f4", 2.5),
    "u_syn": ("f4", 0.5),
}


def write_nodes(path, count):
    ids = numpy.arange(count)
    columns = {
        "morphology": (ids % 2, ["pyramidal", "pyramidal_slender"]),
        "mtype": (ids * 7919 % 60, [f"L{1 + m % 6}_M{m}" for m in range(60)]),
        "etype": (ids * 104729 // 60 % 4, ["cADpyr", "dSTUT", "bNAC", "cNAC"]),
        "model_template": (ids * 0, ["hoc:RingCell"]),
        "model_type": (ids * 0, ["biophysical"]),
    }
    with h5py.File(path, "w") as file:
        population = file.create_group(f"nodes/{POPULATION}")
        population.create_dataset("node_type_id", (count,), "i4", fillvalue=-1, chunks=True)
        for name, (values, words) in columns.items():
            population[f"0/{name}"] = values.astype("u4")
            population.create_dataset(f"0/@library/{name}", data=words, dtype=h5py.string_dtype())
        for number, axis in enumerate("xyz"):
            population[f"0/{axis}"] = (ids * (number + 1) % 1000).astype("f4")


def write_edges(path, nodes, edges):
    of_node = edges // nodes
    edges = of_node * nodes
    with h5py.File(path, "w") as file:
        population = file.create_group(f"edges/{POPULATION}__{POPULATION}__chemical")
        chunks = (min(edges, 1 << 20),)
        for name, (kind, value) in ATTRIBUTES.items():
            population.create_dataset(f"0/{name}", (edges,), kind, fillvalue=value, chunks=chunks)
        population.create_dataset("edge_type_id", (edges,), "i4", fillvalue=-1, chunks=chunks)
        ends = {}
        for end in ["source", "target"]:
            ends[end] = population.create_dataset(f"{end}_node_id", (edges,), "u4")
            ends[end].attrs["node_population"] = POPULATION
        for first in range(0, edges, EDGES_AT_ONCE):
            ids = numpy.arange(first, min(first + EDGES_AT_ONCE, edges), dtype="u8")
            targets = ids // of_node
            connections = ids % of_node // CONTACTS
            sources = (targets * 104_729 + connections * 7_919_117 + 1) % nodes
            ends["target"][first : first + len(ids)] = targets
            ends["source"][first : first + len(ids)] = sources
        starts = numpy.arange(nodes, dtype="u8")
        index = population.create_group("indices/target_to_source")
        index["node_id_to_ranges"] = numpy.stack([starts, starts + 1], axis=1)
        index["range_to_edge_id"] = numpy.stack([starts, starts + 1], axis=1) * of_node


def configurations():
    circuit = {
        "version": 2.4,
        "manifest": {"$DIR": "."},
        "node_sets_file": "$DIR/node_sets.json",
        "components": {
            "biophysical_neuron_models_dir": "$DIR/templates",
            "alternate_morphologies": {"neurolucida-asc": "$DIR/morphologies"},
        },
        "networks": {
            "nodes": [{"nodes_file": "$DIR/nodes.h5", "populations": {POPULATION: {"type": "biophysical"}}}],
            "edges": [
                {
                    "edges_file": "$DIR/edges.h5",
                    "populations": {f"{POPULATION}__{POPULATION}__chemical": {"type": "chemical"}},
                }
            ],
        },
    }
    simulation = {
        "version": 2.4,
        "manifest": {"$DIR": "."},
        "network": "$DIR/circuit_config.json",
        "node_set": "All",
        "run": {"tstop": 1000.0, "dt": 0.025, "random_seed": 1},
        "conditions": {"celsius": 34.0, "v_init": -80.0},
        "output": {"output_dir": "output", "spikes_file": "spikes.h5"},
        "reports": {
            "soma": {
                "type": "compartment",
                "cells": "All",
                "sections": "soma",
                "variable_name": "v",
                "dt": 0.1,
                "start_time": 0.0,
                "end_time": 1000.0,
            }
        },
    }
    return {
        "circuit_config.json": circuit,
        "node_sets.json": {"All": {"population": POPULATION}},
        "simulation_config.json": simulation,
    }


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    edges = int(sys.argv[3]) if len(sys.argv) > 3 else 50 * nodes
    ring = Path(__file__).parent.parent / "examples" / "ring"
    for name in ["templates", "morphologies"]:
        shutil.copytree(ring / name, folder / name, dirs_exist_ok=True)
    write_nodes(folder / "nodes.h5", nodes)
    write_edges(folder / "edges.h5", nodes, edges)
    for name, value in configurations().items():
        (folder / name).write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    main()
