"""Builds cells from a template in NEURON, and prints as JSON how long a cell takes and how much memory it holds.

usage: build_cells.py TEMPLATE_FILE MORPHOLOGY_FILE CELLS
"""

import json
import pathlib
import sys
import time

from neuron import h


def resident_bytes():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return 1024 * int(line.split()[1])
    return 0


def main():
    template, morphology = map(pathlib.Path, sys.argv[1:3])
    count = int(sys.argv[3])
    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    h.load_file(str(template))
    memory, start = resident_bytes(), time.thread_time()
    cells = [getattr(h, template.stem)(gid, str(morphology.parent), morphology.name) for gid in range(count)]
    h.finitialize(-65)
    seconds = (time.thread_time() - start) / count
    nodes = sum(section.nseg for section in cells[0].all)
    print(json.dumps({"seconds": seconds, "bytes": (resident_bytes() - memory) / count, "segments": nodes}))


main()
