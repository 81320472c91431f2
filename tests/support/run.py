"""Builds in NEURON the models that lists of operations describe, runs them, and writes what they recorded.

Reads JSON from standard input, {"libraries": [path, ...], "experiments": [[{operation: arguments}, ...], ...]}; numbers
there have all their digits. Writes to standard output, for every experiment in order, 0, a number of bytes and what
it recorded: for every vector its length and its values (float64); or 1, a number of bytes and a message. Whole
numbers are uint64, all are little-endian.

Every experiment runs in a process of its own, forked once NEURON and the libraries are loaded.
"""

import json
import os
import signal
import struct
import sys
import tempfile
import traceback
from pathlib import Path

# NEURON writes greetings and import messages to file descriptor 1, which is for results alone.
results = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

from neuron import h  # noqa: E402

h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")

context = h.ParallelContext()
sections, points, connections, vectors, kept, followed = [], [], [], [], [], []


def keep(vector):
    vectors.append(vector)
    return vector


def owner_of(owner):
    """An instance of a mechanism: a point process, or a density mechanism at a place."""
    ((kind, where),) = owner.items()
    if kind == "point":
        return points[where["point"]]
    return getattr(sections[where["section"]](where["x"]), where["mechanism"])


def reference(owner, name):
    """A reference to a variable of a segment or a point process, such as `m_hh` or `ca_cdp5[2]`."""
    name, bracket, index = name.partition("[")
    found = getattr(owner, "_ref_" + name)
    # References to arrays are read with an index too
    return found[int(index[:-1])] if bracket else found


def net_con(source, target):
    """Connects a source: a point process, or voltage and section."""
    ((kind, where),) = source.items()
    if kind == "point":
        made = h.NetCon(points[where["point"]], target)
    else:
        section = sections[where["section"]]
        made = h.NetCon(section(where["x"])._ref_v, target, sec=section)
        made.threshold = where["threshold"]
    connections.append(made)
    return made


def op_section(name):
    sections.append(h.Section(name=name))


def op_set(section, name, value):
    setattr(sections[section], name, int(value) if name == "nseg" else value)


def op_set_at(section, x, name, value):
    setattr(sections[section](x), name, value)


def op_ramp(section, name, first, last):
    h(f"proc ramp_it() {{ {name}(0:1) = {first!r}:{last!r} }}")
    sections[section].push()
    h.ramp_it()
    h.pop_section()


def op_points(**arguments):
    section = sections[arguments["section"]]
    section.pt3dclear()
    for point in arguments["points"]:
        section.pt3dadd(*point)


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


def op_stream(point, ids):
    points[point].noiseFromRandom123(*ids)


def op_random(owner, variable, ids):
    stream = getattr(owner_of(owner), variable)
    stream.set_ids(*ids)
    stream.set_seq(0)


def op_times(point, times):
    times = h.Vector(times)
    points[point].play(times)
    kept.append(times)


def op_pointer(owner, name, section, x, variable):
    place = sections[section](x)
    h.setpointer(reference(place, variable), name, owner_of(owner))


def op_follow(point, name, section, x):
    followed.append(point)
    place, identity = sections[section](x), len(followed)
    context.source_var(place._ref_v, identity, sec=sections[section])
    context.target_var(points[point], reference(points[point], name), identity)


def op_call(owner, function, arguments):
    values = []
    for argument in arguments:
        ((kind, value),) = argument.items()
        values.append(h.Vector(value) if kind == "vector" else value)
    kept.extend(values)
    getattr(owner_of(owner), function)(*values)


def op_global(name, value):
    setattr(h, name, value)


def op_play(point, name, times, values):
    times, values = h.Vector(times), h.Vector(values)
    values.play(getattr(points[point], "_ref_" + name), times, 1)
    kept.extend([times, values])


def op_net_con(source, target, delay, weights):
    made = net_con(source, points[target])
    made.delay = delay
    for index, weight in enumerate(weights):
        made.weight[index] = weight


def op_record(section, x, name):
    if name == "i_membrane_":
        h.CVode().use_fast_imem(True)
    keep(h.Vector()).record(reference(sections[section](x), name))


def op_record_variable(point, name):
    keep(h.Vector()).record(reference(points[point], name))


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
    if followed:
        context.setup_transfer()
    context.set_maxstep(10)
    h.finitialize(v_init)
    context.psolve(tstop)


def run(operations):
    """What an experiment recorded, as bytes."""
    for operation in operations:
        ((name, arguments),) = operation.items()
        try:
            globals()["op_" + name](**arguments)
        except Exception as error:
            error.add_note(f"in {operation}"[:300])
            raise
    recorded = [list(vector) for vector in vectors]
    return b"".join(struct.pack(f"<Q{len(values)}d", len(values), *values) for values in recorded)


def run_here(operations, folder):
    """Runs an experiment in this process, leaves its outcome in a folder, and ends the process."""
    signal.alarm(LONGEST)
    said = os.open(folder / "said", os.O_CREAT | os.O_RDWR)
    os.dup2(said, 1)
    os.dup2(said, 2)
    try:
        (folder / "recorded").write_bytes(run(operations))
    except BaseException as error:
        # The one line that matters comes last
        sys.stderr.write("".join(traceback.format_exception_only(error)))
    sys.stderr.flush()
    os._exit(0)


def outcome(folder, status):
    if (folder / "recorded").exists() and status == 0:
        return 0, (folder / "recorded").read_bytes()
    message = (folder / "said").read_bytes()
    if status:
        message += f"ended with status {os.waitstatus_to_exitcode(status)}".encode()
    return 1, message


# Seconds after which an experiment is given up
LONGEST = 120

request = json.load(sys.stdin)
for library in request["libraries"]:
    if not h.nrn_load_dll(library):
        sys.exit(f"NEURON cannot load {library}")
with tempfile.TemporaryDirectory() as top:
    folders = [Path(top, str(number)) for number in range(len(request["experiments"]))]
    running, ended = {}, {}
    sys.stderr.flush()
    for operations, folder in zip(request["experiments"], folders):
        if len(running) >= (os.cpu_count() or 1):
            process, status = os.wait()
            ended[running.pop(process)] = status
        folder.mkdir()
        process = os.fork()
        if process == 0:
            run_here(operations, folder)
        running[process] = folder
    while running:
        process, status = os.wait()
        ended[running.pop(process)] = status
    for folder in folders:
        failed, content = outcome(folder, ended[folder])
        results.write(struct.pack("<QQ", failed, len(content)) + content)
results.flush()
