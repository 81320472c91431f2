"""The rings of axons of the benchmarks in NEURON; prints as JSON how long the run took and its spikes.

usage: hh_ring.py CELLS MILLISECONDS [coreneuron]

Every number here has its twin in `src/lib.rs`. One process, one thread.
"""

import json
import sys
import time

from neuron import h

RING = 10


def build(pc, count):
    """`count` cells in rings; what it returns has to be kept alive."""
    kept = []
    synapses = []
    for gid in range(count):
        axon = h.Section(name=f"axon_{gid}")
        axon.L, axon.diam, axon.Ra, axon.nseg = 320, 2, 100, 16
        axon.insert("hh")
        synapse = h.ExpSyn(axon(0.5))
        synapse.tau = 2
        source = h.NetCon(axon(0.5)._ref_v, None, sec=axon)
        source.threshold = 0
        pc.set_gid2node(gid, pc.id())
        pc.cell(gid, source)
        if gid % RING == 0:
            clamp = h.IClamp(axon(0.5))
            clamp.delay, clamp.dur, clamp.amp = 0, 1, 1
            kept.append(clamp)
        synapses.append(synapse)
        kept.append((axon, source))
    for gid, synapse in enumerate(synapses):
        ring = gid // RING
        size = min(RING, count - ring * RING)
        before = ring * RING + (gid % RING + size - 1) % size
        connection = pc.gid_connect(before, synapse)
        connection.delay, connection.weight[0] = 1, 0.02
        kept.append(connection)
    return kept, synapses


def main():
    count, stop = int(sys.argv[1]), float(sys.argv[2])
    use_coreneuron = "coreneuron" in sys.argv[3:]
    h.load_file("stdrun.hoc")
    pc = h.ParallelContext()
    start = time.perf_counter()
    kept = build(pc, count)
    times, gids = h.Vector(), h.Vector()
    pc.spike_record(-1, times, gids)
    h.cvode.cache_efficient(1)
    h.dt = 0.025
    h.celsius = 6.3
    pc.set_maxstep(10)
    if use_coreneuron:
        from neuron import coreneuron

        coreneuron.enable = True
        coreneuron.verbose = 0
    h.finitialize(-65)
    build_time = time.perf_counter() - start
    # Time on a CPU, since other work on the machine does not count
    start = time.thread_time()
    pc.psolve(stop)
    run_time = time.thread_time() - start
    spikes = sorted(zip(times, map(int, gids)))
    del kept
    print(json.dumps({"build": build_time, "run": run_time, "spikes": spikes}))


main()
