"""Builds and simulates a SONATA circuit in neurodamus, and prints as JSON how long that takes and what spiked.

usage: circuit_speed.py CONFIG LIBRARY_OF_MECHANISMS

The config says by `target_simulator` whether NEURON or CoreNEURON simulates; the report names the one that did.
"""

import json
import os
import pathlib
import sys
import time
from importlib.util import find_spec

config_path, library = map(pathlib.Path, sys.argv[1:])
os.environ["NRNMECH_LIB_PATH"] = str(library)
os.environ["CORENEURONLIB"] = str(library.with_name("libcorenrnmech.so"))
os.environ["HOC_LIBRARY_PATH"] = str(pathlib.Path(find_spec("neurodamus").origin).parent / "data/hoc")
os.environ["NEURON_INIT_MPI"] = "0"

from neurodamus import Neurodamus
from neurodamus.core import NeuronWrapper
from neurodamus.core.coreneuron_configuration import CompartmentMapping

# Only CoreNEURON's reports need it, and NEURON 9.0.2 lacks what it calls
CompartmentMapping.register_mapping = lambda _: None


def main():
    config = json.loads(config_path.read_text())
    start = time.process_time()
    node = Neurodamus(str(config_path), disable_reports=True)
    built = time.process_time()
    node.run(cleanup=False)
    solved = time.process_time()
    # CoreNEURON leaves a file of spikes; NEURON's clock reaches the end
    file = config_path.parent / config["output"]["output_dir"] / "out.dat"
    if file.exists():
        engine = "CoreNEURON"
        words = [line.split() for line in file.read_text().splitlines()]
        spikes = [[float(time), int(gid)] for time, gid in words]
    else:
        engine = "NEURON" if NeuronWrapper.t >= config["run"]["tstop"] - 1e-6 else "none"
        pairs = [zip(times, gids) for times, gids in node._spike_vecs]
        spikes = [[float(time), int(gid)] for times in pairs for time, gid in times]
    report = {"build": built - start, "solve": solved - built, "engine": engine, "spikes": spikes}
    print("\n" + json.dumps(report), flush=True)
    # NEURON's own clean-up of a model that is still connected takes long
    os._exit(0)


main()
