"""How much faster the circuit of the examples runs on two MPI ranks, and on two threads, than on one, and how much of
that the machine allows: two copies of the run on one rank, at once, share nothing but the machine.

usage: scaling.py FOLDER_OF_PROGRAMS [--cells 200] [--synapses 500] [--time 100] [--rounds 5]

The programs are `neurodamus`, built with the feature `mpi`, and the example `make_network`. Times are those of solving,
of the shortest of several rounds; the machine should be idle.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile


def configured(folder, name, time):
    """A config of the circuit that writes to a folder of its own."""
    config = json.loads((folder / "simulation_config.json").read_text())
    config["run"]["tstop"] = time
    config["output"]["output_dir"] = name
    path = folder / f"{name}.json"
    path.write_text(json.dumps(config))
    return path


def started(command):
    environment = dict(
        os.environ,
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
        OMPI_MCA_rmaps_base_oversubscribe="1",
    )
    streams = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return subprocess.Popen(list(map(str, command)), env=environment, **streams)


def seconds(*runs):
    """How long runs that go on at once take to solve: the slowest of them."""
    taken = []
    for run in runs:
        output, _ = run.communicate()
        found = re.search(r"simulated .* in ([0-9.]+) s", output)
        if run.returncode != 0 or found is None:
            raise SystemExit(f"error: a run failed:\n{output[-2000:]}")
        taken.append(float(found[1]))
    return max(taken)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--synapses", type=int, default=500)
    parser.add_argument("--time", type=float, default=100.0, help="simulated time (ms)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    programs = options.programs.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        grow = [programs / "examples/make_network", folder, options.cells, options.synapses]
        subprocess.run(list(map(str, grow)), check=True, capture_output=True)
        one, other = (configured(folder, name, options.time) for name in ("one", "other"))
        program = programs / "neurodamus"
        best = {}
        for _ in range(options.rounds):
            single = [program, one, "--threads=1"]
            taken = {
                "one rank": seconds(started(single)),
                "two copies of it at once": seconds(started(single), started([program, other, "--threads=1"])),
                "two ranks": seconds(started(["mpiexec", "-n", "2", *single])),
                "two threads": seconds(started([program, one, "--threads=2"])),
            }
            for key, value in taken.items():
                best[key] = min(value, best.get(key, value))
    print(f"{options.cells} cells with {options.synapses} synapses each, {options.time:g} ms, solving:\n")
    for key, value in best.items():
        factor = best["one rank"] / value * (2 if "copies" in key else 1)
        print(f"  {key:<26}{value:>8.2f} s   {factor:.2f} times the work of one rank in its time")


if __name__ == "__main__":
    main()
