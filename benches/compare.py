"""Measures the rings of axons in this program and in NEURON, in turn, and prints how they compare.

usage: compare.py HH_RING_PROGRAM [--cells 1000] [--time 125] [--rounds 3]

Each takes the best of its rounds, so that other work on the machine matters little. Fails if the spikes differ.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

SEGMENTS = 16
STEP = 0.025
HERE = pathlib.Path(__file__).parent


def run(command):
    """What a program reports of its run; None if it fails, with the end of what it said."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", NEURON_MODULE_OPTIONS="-nogui")
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        return None, (done.stderr or done.stdout).strip().splitlines()[-1:]
    return json.loads(lines[-1]), None


def compare_spikes(own, other):
    """Number of spikes whose cell differs, and the largest difference in time (ms)."""
    if len(own) != len(other):
        return abs(len(own) - len(other)), float("inf")
    # NEURON orders spikes of one time by chance
    own, other = (sorted(map(tuple, spikes), key=lambda s: (s[1], s[0])) for spikes in (own, other))
    wrong = sum(a[1] != b[1] for a, b in zip(own, other))
    return wrong, max((abs(a[0] - b[0]) for a, b in zip(own, other)), default=0.0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--time", type=float, default=125.0, help="simulated time (ms)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = [str(options.cells), str(options.time)]
    twin = [sys.executable, str(HERE / "hh_ring.py"), *size]
    contestants = {
        "neurodamus": [options.program, *size],
        "NEURON": twin,
        "CoreNEURON": [*twin, "coreneuron"],
    }
    best, spikes, problems = {}, {}, {}
    for _ in range(options.rounds):
        for name, command in contestants.items():
            if name in problems:
                continue
            result, problem = run(command)
            if problem is not None:
                problems[name] = " ".join(problem)
                continue
            best[name] = min(best.get(name, float("inf")), result["run"])
            spikes[name] = result["spikes"]
    if "neurodamus" not in best or "NEURON" not in best:
        sys.exit(f"error: a run failed: {problems}")
    unit = 1e-9 * options.cells * SEGMENTS * options.time / STEP
    for name in list(best)[1:]:
        print(f"{best[name] / best['neurodamus']:.2f} times the speed of {name}")
    print(f"\n{'':<14}{'seconds':>9}{'ns/compartment-step':>22}{'spikes':>9}{'largest difference (ms)':>26}")
    failed = False
    for name in best:
        wrong, difference = compare_spikes(spikes["neurodamus"], spikes[name])
        failed |= wrong > 0 or difference > 1e-9
        row = f"{name:<14}{best[name]:>9.3f}{best[name] / unit:>22.2f}{len(spikes[name]):>9}"
        print(row + ("" if name == "neurodamus" else f"{difference:>26.3g}"))
    for name, problem in problems.items():
        print(f"{name} did not run: {problem}")
    if failed:
        sys.exit("error: the spikes differ")


main()
