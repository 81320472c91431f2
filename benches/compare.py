"""Measures this program and NEURON in turn, and prints how they compare: the run of rings of axons, the building of
cells from a template, mechanisms one by one, and a whole circuit (`circuits.py`).

usage: compare.py FOLDER_OF_PROGRAMS [--cells 1000] [--time 125] [--rounds 3] [--morphology FILE]

The programs are those of this folder's package. Each takes the best of its rounds, in time on the CPU, so that other
work on the machine matters little. Fails if the spikes differ.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import circuits

SEGMENTS = 16
STEP = 0.025
OWN = "neurodamus"
HERE = pathlib.Path(__file__).resolve().parent


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


def in_turn(rounds, contestants, take):
    """Calls `take` with the name and the report of each contestant in each round; why others did not run."""
    problems = {}
    for _ in range(rounds):
        for name, command in contestants.items():
            if name in problems:
                continue
            report, problem = run(command)
            if problem is not None:
                problems[name] = " ".join(problem)
                continue
            take(name, report)
    return problems


def best_of(rounds, contestants, measure):
    """The best value of `measure` for each contestant, its last report, and why others did not run."""
    best, reports = {}, {}

    def take(name, report):
        best[name] = min(best.get(name, float("inf")), report[measure])
        reports[name] = report

    problems = in_turn(rounds, contestants, take)
    if OWN not in best or len(best) == 1:
        sys.exit(f"error: a run failed: {problems}")
    for name in list(best)[1:]:
        print(f"  {best[name] / best[OWN]:.2f} times the speed of {name}")
    return best, reports, problems


def compare_runs(options):
    """Whether the spikes agree."""
    size = [str(options.cells), str(options.time)]
    twin = [sys.executable, str(HERE / "hh_ring.py"), *size]
    contestants = {OWN: [str(options.programs / "hh-ring"), *size], "NEURON": twin, "CoreNEURON": [*twin, "coreneuron"]}
    print(f"{options.cells} cells of {SEGMENTS} compartments with hh, {options.time} ms, one thread:")
    best, reports, problems = best_of(options.rounds, contestants, "run")
    unit = 1e-9 * options.cells * SEGMENTS * options.time / STEP
    print(f"\n  {'':<14}{'seconds':>9}{'ns/compartment-step':>22}{'spikes':>9}{'largest difference (ms)':>26}")
    agree = True
    for name in best:
        spikes = reports[name]["spikes"]
        wrong, difference = compare_spikes(reports[OWN]["spikes"], spikes)
        agree &= wrong == 0 and difference <= 1e-9
        row = f"  {name:<14}{best[name]:>9.3f}{best[name] / unit:>22.2f}{len(spikes):>9}"
        print(row + ("" if name == OWN else f"{difference:>26.3g}"))
    for name, problem in problems.items():
        print(f"  {name} did not run: {problem}")
    return agree


def compare_building(options):
    template = str(HERE.parent / "examples/ring/templates/RingCell.hoc")
    morphology = str(options.morphology)
    contestants = {
        OWN: [str(options.programs / "build-cells"), template, morphology, "1000"],
        "NEURON": [sys.executable, str(HERE / "build_cells.py"), template, morphology, "20"],
    }
    print(f"\n1000 cells of {options.morphology.name} from a template (NEURON: 20 cells, scaled):")
    best, reports, _ = best_of(options.rounds, contestants, "seconds")
    print(f"\n  {'':<14}{'seconds':>9}{'kB/cell':>22}")
    for name in best:
        print(f"  {name:<14}{1000 * best[name]:>9.3f}{reports[name]['bytes'] / 1024:>22.1f}")


MECHANISMS = {
    "NaTg": "bluepyemodel/examples/L5PC/mechanisms/NaTg.mod",
    "Ca_HVA2": "bluepyemodel/examples/L5PC/mechanisms/Ca_HVA2.mod",
    "CaDynamics_DC0": "bluepyemodel/examples/L5PC/mechanisms/CaDynamics_DC0.mod",
    "StochKv3": "bluepyemodel/examples/L5PC/mechanisms/StochKv3.mod",
    "ProbAMPANMDA_EMS": "obi-one/obi_one/scientific/blocks/synaptic_models/tsodyks_markram/mod/ProbAMPANMDA_EMS.mod",
}


def compare_mechanisms(options):
    """Mechanisms of published models, each in its own file; what NEURON needs is compiled once."""
    reference = HERE.parent / ".reference"
    folder = reference / "compiled" / "speed"
    library = folder / "x86_64" / "libnrnmech.so"
    if not all((reference / "models" / file).exists() for file in MECHANISMS.values()):
        sys.exit("error: the files of mechanisms are not there: run `tools/set-up reference`")
    (folder / "mods").mkdir(parents=True, exist_ok=True)
    for name, file in MECHANISMS.items():
        shutil.copy(reference / "models" / file, folder / "mods" / f"{name}.mod")
    if not library.exists():
        compiler = [str(pathlib.Path(sys.executable).parent / "nrnivmodl"), "-coreneuron", "mods"]
        subprocess.run(compiler, cwd=folder, check=True, capture_output=True)
    os.environ["CORENEURONLIB"] = str(library.with_name("libcorenrnmech.so"))
    size = ["2000", "2000"]
    twin = [sys.executable, str(HERE / "mechanism_speed.py"), str(library), *size]
    contestants = {
        OWN: [str(options.programs / "mechanism-speed"), str(folder / "mods"), *size, *MECHANISMS],
        "NEURON": [*twin, "neuron", *MECHANISMS],
        "CoreNEURON": [*twin, "coreneuron", *MECHANISMS],
    }
    print("\nCurrents and states of one mechanism, ns for each instance and step, one thread:\n")
    best = {}

    def take(name, report):
        known = best.setdefault(name, report)
        best[name] = {mechanism: min(value, known[mechanism]) for mechanism, value in report.items()}

    problems = in_turn(options.rounds, contestants, take)
    print(f"  {'':<20}" + "".join(f"{name:>14}" for name in best))
    for mechanism in MECHANISMS:
        values = {name: values[mechanism] for name, values in best.items()}
        ratios = [f"{value / values[OWN]:.1f}x" for name, value in values.items() if name != OWN and OWN in values]
        print(f"  {mechanism:<20}" + "".join(f"{value:>14.1f}" for value in values.values()) + "  " + " ".join(ratios))
    for name, problem in problems.items():
        print(f"  {name} did not run: {problem}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--time", type=float, default=125.0, help="simulated time (ms)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--morphology", type=pathlib.Path, default=HERE.parent / "examples/ring/morphologies/pyramidal.asc"
    )
    options = parser.parse_args()
    agree = compare_runs(options)
    compare_building(options)
    compare_mechanisms(options)
    for channels in (False, True):
        agree &= circuits.compare(options.programs, 100, 500, channels, time=50.0, rounds=1)
    if not agree:
        sys.exit("error: the spikes differ")


if __name__ == "__main__":
    main()
