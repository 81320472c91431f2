"""The example network in NEURON itself: `reference.py CONFIG RESULT [LIBRARY|record=NAME]...` writes spikes, somatic
voltages and range variables of the soma.

The cells are made by the circuit's own HOC template. Only what the network is made of is written down here: synapses,
connections, current clamps and recorded spikes, in the order in which neurodamus makes them.
"""

import json
import sys
from pathlib import Path

import h5py
import numpy
from neuron import h

DT_ROUNDING = 1e-5


class Population:
    def __init__(self, group, folder, extension):
        attributes = group["0"]
        self.count = len(group["node_type_id"])

        def texts(name):
            library = [text.decode() for text in attributes["@library"][name][:]]
            return [library[index] for index in attributes[name][:]]

        self.holding = [float(x) for x in attributes["dynamics_params/holding_current"][:]]
        self.mtypes = texts("mtype")
        self.cells = []
        for node, morphology in enumerate(texts("morphology")):
            cell = h.RingCell(node, str(folder / "morphologies"), morphology + extension, 0)
            # Synapses name sections by the marks that the template left
            cell_sections = {int(section(0.0001).v): section for section in cell.all}
            self.cells.append((cell, cell_sections))


def points(module, current):
    """The signal of an input: times in ms, currents in nA."""
    start, duration = module["delay"], module["duration"]
    ramps = []
    end = start + duration
    if module["module"] == "hyperpolarizing":
        ramps.append((start, duration, current, current))
    elif module["module"] == "linear":
        ramps.append((start, duration, module["amp_start"], module["amp_end"]))
    elif module["module"] == "pulse":
        period = 1000.0 / module["frequency"]
        cursor = start
        for _ in range(int(duration / period)):
            ramps.append((cursor, module["width"], module["amp_start"], module["amp_start"]))
            cursor = cursor + period
        rest = duration - int(duration / period) * period
        ramps.append((cursor, min(rest, module["width"]), module["amp_start"], module["amp_start"]))
    series = [(0.0, 0.0)] if start > 0 else []
    for begin, length, first, last in ramps:
        series += [(begin, 0.0), (begin, first), (begin + length, last), (begin + length, 0.0)]
    if module["module"] == "pulse":
        series.append((end, 0.0))
    return h.Vector([time for time, _ in series]), h.Vector([value for _, value in series])


def selected(name, sets, populations):
    """Nodes of a node set as (population, node id)."""
    chosen = sets[name]
    if isinstance(chosen, list):
        return [node for other in chosen for node in selected(other, sets, populations)]
    population = populations.get(chosen["population"])
    nodes = range(population.count) if population else []
    if "node_id" in chosen:
        nodes = [node for node in nodes if node in chosen["node_id"]]
    if "mtype" in chosen:
        nodes = [node for node in nodes if population.mtypes[node] == chosen["mtype"]]
    return [(chosen["population"], node) for node in nodes]


def add_synapses(edges, source, target, replayed, config, kept):
    threshold, dt = config["run"]["spike_threshold"], config["run"]["dt"]
    attributes = edges["0"]
    columns = {name: attributes[name][:] for name in attributes if name != "@library"}
    sources, targets = edges["source_node_id"][:], edges["target_node_id"][:]
    for node, (_, sections) in enumerate(target.cells):
        rows = [row for row in range(len(targets)) if targets[row] == node]
        for row in sorted(rows, key=lambda row: (-int(sources[row]), row)):
            value = {name: float(column[row]) for name, column in columns.items()}
            position = min(max(value["afferent_section_pos"], 1e-7), 0.9999999)
            place = sections[int(value["afferent_section_id"])](position)
            if "tau" in value:
                synapse = h.ExpSyn(place)
                synapse.tau = value["tau"]
            else:
                synapse = h.Exp2Syn(place)
                synapse.tau1, synapse.tau2 = value["tau1"], value["tau2"]
            synapse.e = value["erev"]
            delay = int(value["delay"] / dt + DT_ROUNDING) * dt
            kept.append(synapse)
            if source is None:
                connection = h.NetCon(None, synapse)
                times = [time + delay for time in replayed.get(int(sources[row]), [])]
                kept.append(h.FInitializeHandler(lambda c=connection, t=times: [c.event(time) for time in t]))
            else:
                soma = source.cells[int(sources[row])][0].soma[0]
                connection = h.NetCon(soma(1)._ref_v, synapse, sec=soma)
                connection.threshold = threshold
            connection.delay = delay
            connection.weight[0] = value["conductance"]
            kept.append(connection)


def add_junctions(edges, source, target, kept):
    context = h.ParallelContext()
    columns = {name: column[:] for name, column in edges["0"].items()}
    sources, targets = edges["source_node_id"][:], edges["target_node_id"][:]
    for node, (_, sections) in enumerate(target.cells):
        rows = [row for row in range(len(targets)) if targets[row] == node]
        for row in sorted(rows, key=lambda row: (-int(sources[row]), row)):
            position = min(max(float(columns["afferent_section_pos"][row]), 1e-7), 0.9999999)
            section = sections[int(columns["afferent_section_id"][row])]
            gap = h.Gap(section(position))
            gap.g = float(columns["conductance"][row])
            context.target_var(gap, gap._ref_vgap, int(columns["efferent_junction_id"][row]))
            own = int(columns["afferent_junction_id"][row])
            context.source_var(section(position)._ref_v, own, sec=section)
            kept.append(gap)


def main(config_path, result, *arguments):
    names = [argument.removeprefix("record=") for argument in arguments if argument.startswith("record=")]
    for library in arguments:
        assert library.startswith("record=") or h.nrn_load_dll(library), library
    config = json.loads(Path(config_path).read_text())
    folder = Path(config_path).parent
    sets = json.loads((folder / "node_sets.json").read_text())
    h.load_file("stdrun.hoc")
    h.load_file(str(folder / "templates/RingCell.hoc"))
    h.celsius, h.dt = config["conditions"]["celsius"], config["run"]["dt"]
    h.steps_per_ms = 1 / h.dt
    if "i_membrane_" in names:
        h.cvode.use_fast_imem(1)
    with h5py.File(folder / "nodes.h5") as nodes:
        populations = {
            name: Population(nodes["nodes"][name], folder, extension)
            for name, extension in [("Basket", ".swc"), ("Pyramidal", ".asc")]
        }
    with h5py.File(folder / "drive.h5") as spikes:
        drive = spikes["spikes/Drive"]
        replayed = {}
        for time, node in zip(drive["timestamps"][:], drive["node_ids"][:]):
            replayed.setdefault(int(node), []).append(float(time))
    kept = []
    with h5py.File(folder / "edges.h5") as file:
        for name in sorted(file["edges"]):
            source, target, _ = name.split("__")
            add_synapses(
                file["edges"][name], populations.get(source), populations[target], replayed, config, kept
            )
    if (folder / "gaps.h5").exists():
        with h5py.File(folder / "gaps.h5") as file:
            for name in sorted(file["edges"]):
                source, target, _ = name.split("__")
                add_junctions(file["edges"][name], populations[source], populations[target], kept)
        h.ParallelContext().setup_transfer()
    for module in config["inputs"].values():
        if module["module"] == "synapse_replay":
            continue
        assert module["represents_physical_electrode"], "NEURON alone has no MembraneCurrentSource"
        for population, node in selected(module["node_set"], sets, populations):
            cell = populations[population].cells[node][0]
            times, values = points(module, populations[population].holding[node])
            clamp = h.IClamp(cell.soma[0](0.5))
            clamp.delay, clamp.dur = 0, times[len(times) - 1]
            values.play(clamp._ref_amp, times, 1)
            kept += [clamp, times, values]
    recorded = {}
    for name, population in populations.items():
        for node, (cell, _) in enumerate(population.cells):
            soma = cell.soma[0]
            spikes = h.Vector()
            detector = h.NetCon(soma(1)._ref_v, None, sec=soma)
            detector.threshold = config["run"]["spike_threshold"]
            detector.record(spikes)
            variables = {"voltage": h.Vector().record(soma(0.5)._ref_v)}
            for variable in names:
                variables[variable] = h.Vector().record(getattr(soma(0.5), "_ref_" + variable))
            recorded[f"{name}/{node}"] = (spikes, variables)
            kept.append(detector)
    h.finitialize(config["conditions"]["v_init"])
    for _ in range(round(config["run"]["tstop"] / h.dt)):
        h.fadvance()
    with h5py.File(result, "w") as file:
        for name, (spikes, variables) in recorded.items():
            file[f"{name}/spikes"] = numpy.array(spikes)
            for variable, values in variables.items():
                file[f"{name}/{variable}"] = numpy.array(values)
    print("passed")


main(*sys.argv[1:])
