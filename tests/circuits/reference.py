"""A simulation config in the real neurodamus, with NEURON: its spikes, the voltage of every soma at every step, and the
states of cells at the start and the end.

Reads JSON from standard input: {"config": path, "library": compiled mechanisms, "helpers": folder of more HOC,
"result": path, "states": gids, "crash_test": whether cells are points}. Writes an HDF5 file: `spikes/POPULATION/{timestamps,node_ids}` and
`voltage/POPULATION/NODE`; and states as `dump_cellstate` gives them to `neurodamus_GID_{start,end}.json`.
"""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

request = json.load(sys.stdin)
library = Path(find_spec("neurodamus").origin).parent / "data/hoc"
# NEURON reads these when it is imported
os.environ["HOC_LIBRARY_PATH"] = f"{request['helpers']}:{library}"
os.environ["NRNMECH_LIB_PATH"] = request["library"]
os.environ["NEURON_INIT_MPI"] = "0"

import h5py
import numpy
from neurodamus import Neurodamus
from neurodamus.core import NeuronWrapper
from neurodamus.node import Node
from neurodamus.utils import dump_cellstate

voltages = {}
finalize = Node._finalize_model


def finalize_with_recordings(node, *arguments, **options):
    # Before the model is initialised, which must happen once: it starts random streams
    for manager in node.circuits.all_node_managers():
        for cell in [] if getattr(manager, "is_virtual", False) else manager.cells:
            voltage = NeuronWrapper.h.Vector()
            voltage.record(cell.CellRef.soma[0](0.5)._ref_v)
            place = (manager.population_name, int(cell.gid) - manager.local_nodes.offset)
            voltages[place] = voltage
    return finalize(node, *arguments, **options)


read_attributes = dump_cellstate._read_object_attrs


def attributes_without_pointers(*arguments):
    # JSON has none, so that neurodamus fails at them
    attributes = read_attributes(*arguments).items()
    return {name: value for name, value in attributes if type(value).__name__ != "OpaquePointer"}


dump_cellstate._read_object_attrs = attributes_without_pointers


def dump_states(neurodamus, moment):
    for gid in request["states"]:
        file = Path(request["result"]).with_name(f"neurodamus_{gid}_{moment}.json")
        dump_cellstate.dump_cellstate(neurodamus._pc, NeuronWrapper.cvode, gid, str(file))
        # It leaves a section for each synapse on NEURON's stack, which has room for few
        for _ in neurodamus._pc.gid2cell(gid).synlist:
            NeuronWrapper.h.pop_section()


Node._finalize_model = finalize_with_recordings
# Reports and the spikes' file would need libsonatareport
neurodamus = Neurodamus(request["config"], disable_reports=True, crash_test=request["crash_test"])
dump_states(neurodamus, "start")
neurodamus.run(cleanup=False)
dump_states(neurodamus, "end")

with h5py.File(request["result"], "w") as file:
    for (population, offset), (times, gids) in zip(neurodamus._spike_populations, neurodamus._spike_vecs):
        group = file.create_group(f"spikes/{population}")
        group["timestamps"] = numpy.array(times)
        group["node_ids"] = numpy.array(gids).astype("u8") - offset
    for (population, node), voltage in voltages.items():
        file[f"voltage/{population}/{node}"] = numpy.array(voltage)
# NEURON's own clean-up of a model that is still connected takes long and may fail
sys.stdout.flush()
os._exit(0)
