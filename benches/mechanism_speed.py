"""How long NEURON or CoreNEURON takes for the mechanisms of a library: for each, the time of a run with it less that
of a run without, for each instance and step. Prints JSON.

usage: mechanism_speed.py LIBRARY INSTANCES STEPS coreneuron|neuron NAME...

Instances are those of sections with 100 segments and `pas`, each a cell, on one thread. `src/mechanisms.rs`
makes the same cells.
"""

import json
import sys
import time

from neuron import h

SEGMENTS = 100


def build(pc, name, instances):
    """Cells with `instances` of a mechanism (or none); what it returns has to be kept alive."""
    kept = []
    for gid in range(instances // SEGMENTS):
        axon = h.Section(name=f"axon_{gid}")
        axon.L, axon.diam, axon.Ra, axon.nseg = 1000, 2, 100, SEGMENTS
        axon.insert("pas")
        if name is not None:
            if is_point_process(name):
                for segment in axon:
                    synapse = getattr(h, name)(segment)
                    if hasattr(synapse, "setRNG"):
                        synapse.setRNG(1, gid, len(kept))
                    kept.append(synapse)
            else:
                axon.insert(name)
                if hasattr(h, f"setRNG_{name}"):
                    for number, segment in enumerate(axon):
                        getattr(h, f"setdata_{name}")(segment)
                        getattr(h, f"setRNG_{name}")(1, gid, number)
        source = h.NetCon(axon(0.5)._ref_v, None, sec=axon)
        source.threshold = 1000
        pc.set_gid2node(gid, pc.id())
        pc.cell(gid, source)
        kept.append((axon, source))
    return kept


def is_point_process(name):
    mechanisms = h.MechanismType(1)
    found = h.ref("")
    for index in range(int(mechanisms.count())):
        mechanisms.select(index)
        mechanisms.selected(found)
        if found[0] == name:
            return True
    return False


def seconds(pc, name, instances, steps):
    kept = build(pc, name, instances)
    h.dt = 0.025
    h.celsius = 34
    pc.set_maxstep(10)
    h.finitialize(-65)
    start = time.thread_time()
    pc.psolve(steps * 0.025)
    taken = time.thread_time() - start
    pc.gid_clear()
    del kept
    return taken


def main():
    library, instances, steps, engine, *names = sys.argv[1:]
    instances, steps = int(instances), int(steps)
    h.nrn_load_dll(library)
    h.load_file("stdrun.hoc")
    pc = h.ParallelContext()
    h.cvode.cache_efficient(1)
    if engine == "coreneuron":
        from neuron import coreneuron

        coreneuron.enable = True
        coreneuron.verbose = 0
    best = {}
    for _ in range(3):
        for name in [None, *names]:
            best[name] = min(best.get(name, float("inf")), seconds(pc, name, instances, steps))
    unit = 1e-9 * instances * steps
    print(json.dumps({name: (best[name] - best[None]) / unit for name in names}))


main()
