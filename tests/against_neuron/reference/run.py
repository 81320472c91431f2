"""Builds the model that a list of operations describes in NEURON, runs it, and writes what it recorded.

Reads JSON from standard input, a list of [operation, arguments...]; numbers there have all their digits. Writes to
standard output, for every recorded vector in order, its length (uint64) and its values (float64), little-endian.
"""

import json
import os
import struct
import sys

# NEURON writes greetings and import messages to file descriptor 1, which is for results alone.
results = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

from neuron import h  # noqa: E402

h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")

sections, points, connections, vectors, kept = [], [], [], [], []


def keep(vector):
    vectors.append(vector)
    return vector


def source_of(source):
    """A NetCon source: a point process, or voltage and section."""
    if isinstance(source, int):
        return points[source], None
    section, x, _ = source
    return sections[section](x)._ref_v, sections[section]


def net_con(source, target):
    pointer, section = source_of(source)
    made = h.NetCon(pointer, target, sec=section) if section else h.NetCon(pointer, target)
    if section:
        made.threshold = source[2]
    connections.append(made)
    return made


def op_section(name):
    sections.append(h.Section(name=name))


def op_set(section, name, value):
    setattr(sections[section], name, int(value) if name == "nseg" else value)


def op_set_at(section, x, name, value):
    setattr(sections[section](x), name, value)


def op_ramp(section, name, start, end, first, last):
    h(f"proc ramp_it() {{ {name}({start!r}:{end!r}) = {first!r}:{last!r} }}")
    sections[section].push()
    h.ramp_it()
    h.pop_section()


def op_points(section, xyzd):
    sections[section].pt3dclear()
    for x, y, z, diameter in xyzd:
        sections[section].pt3dadd(x, y, z, diameter)


def op_connect(child, end, parent, x):
    sections[child].connect(sections[parent](x), end)


def op_insert(section, mechanism):
    sections[section].insert(mechanism)


def op_point(mechanism, section, x):
    points.append(getattr(h, mechanism)(sections[section](x)))


def op_artificial_cell(mechanism):
    points.append(getattr(h, mechanism)())


def op_variable(point, name, value):
    setattr(points[point], name, value)


def op_stream(point, id1, id2, id3):
    points[point].noiseFromRandom123(id1, id2, id3)


def op_play(point, name, times, values):
    times, values = h.Vector(times), h.Vector(values)
    values.play(getattr(points[point], "_ref_" + name), times, 1)
    kept.extend([times, values])


def op_net_con(source, target, delay, weight):
    made = net_con(source, points[target])
    made.delay = delay
    made.weight[0] = weight


def op_record(section, x, name):
    if name == "i_membrane_":
        h.CVode().use_fast_imem(True)
    keep(h.Vector()).record(getattr(sections[section](x), "_ref_" + name))


def op_record_variable(point, name):
    keep(h.Vector()).record(getattr(points[point], "_ref_" + name))


def op_record_spikes(source):
    net_con(source, None).record(keep(h.Vector()))


def op_import(file):
    reader = h.Import3d_SWC_read() if file.endswith(".swc") else h.Import3d_Neurolucida3()
    reader.quiet = 1
    reader.input(file)
    h.Import3d_GUI(reader, False).instantiate(None)
    sections.extend(h.allsec())


def op_geometry():
    """Areas and resistances of every node of every section."""
    for section in sections:
        nodes = [segment.x for segment in section.allseg()]
        keep(h.Vector([section(x).area() for x in nodes]))
        keep(h.Vector([section(x).ri() for x in nodes]))
        keep(h.Vector([section(x).diam for x in nodes]))
        keep(h.Vector([section.L, section.nseg]))


def op_run(dt, tstop, v_init, celsius, second_order):
    h.dt, h.steps_per_ms, h.celsius, h.secondorder = dt, 1 / dt, celsius, second_order
    context = h.ParallelContext()
    context.set_maxstep(10)
    h.finitialize(v_init)
    context.psolve(tstop)


for operation, *arguments in json.load(sys.stdin):
    globals()["op_" + operation](*arguments)
for vector in vectors:
    values = list(vector)
    results.write(struct.pack(f"<Q{len(values)}d", len(values), *values))
