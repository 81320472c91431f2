"""Grows a circuit, simulates it here and in neurodamus with NEURON and with CoreNEURON, and prints how they compare.

usage: circuits.py FOLDER_OF_PROGRAMS [--cells 100] [--synapses 500] [--channels] [--time 50] [--rounds 1]

With `--channels`, every section has the ten channels of a neocortical pyramidal cell (EModelRunner), at their default
densities, beside those of the example.

The programs are `circuit-speed` of this folder's package and the example `make_network`. All read the same files, on
one thread. Times are those on the CPU, so that other work on the machine matters little. Fails if an engine other than
the one asked for ran, or if the spikes differ.
"""

import argparse
import json
import os
import shutil
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = HERE.parent / ".reference"
SYNAPSES = REFERENCE / "models/obi-one/obi_one/scientific/blocks/synaptic_models/tsodyks_markram/mod"
CHANNELS = REFERENCE / "models/emodelrunner/examples/sscx_sample_dir/mechanisms"
INSERTED = "CaDynamics_DC0 Ca_HVA2 Ca_LVAst Ih K_Pst K_Tst NaTg Nap_Et2 SK_E2 SKv3_1".split()
OWN = "neurodamus"
# CoreNEURON's file of spikes has no more digits
DIGITS_OF_SPIKES = 1e-6


def mechanisms():
    """A folder with the neocortex's synapses and channels, put together once."""
    folder = REFERENCE / "compiled/circuits/models"
    folder.mkdir(parents=True, exist_ok=True)
    for file in [*SYNAPSES.glob("*.mod"), *(CHANNELS / f"{name}.mod" for name in INSERTED)]:
        shutil.copy(file, folder)
    return folder


def compiled():
    """neurodamus's own mechanisms and the neocortex's for both engines, compiled once."""
    folder = REFERENCE / "compiled/circuits/channels"
    libraries = list(folder.glob("*/libcorenrnmech.so"))
    if not libraries:
        compiler = "from neurodamus.utils.compile_mods import compile_mods; compile_mods()"
        nrnivmodl = pathlib.Path(sys.executable).with_name("nrnivmodl")
        command = [sys.executable, "-c", compiler, "--with-internal-mods", "--simulator", "coreneuron"]
        command += ["--incflags=-DDISABLE_REPORTINGLIB", "--nrnivmodl", nrnivmodl]
        command += ["--input-dir", mechanisms(), "--output-dir", folder]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit("error: mechanisms do not compile:\n" + "\n".join(done.stderr.splitlines()[-12:]))
        libraries = list(folder.glob("*/libcorenrnmech.so"))
    return libraries[0].with_name("libnrnmech.so")


def measured(command, folder):
    """What a program that runs in a folder reports, with the time on the CPU (s) and the peak of memory (bytes) of its whole process."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", NEURON_MODULE_OPTIONS="-nogui")
    with tempfile.TemporaryFile("w+") as output:
        streams = dict(stdout=output, stderr=subprocess.STDOUT)
        # neurodamus leaves its log where it runs
        child = subprocess.Popen(list(map(str, command)), **streams, env=environment, cwd=folder)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        lines = output.read().splitlines()
    reports = [line for line in lines if line.startswith("{")]
    if child.returncode != 0 or not reports:
        sys.exit("error: a run failed:\n" + "\n".join(lines[-12:]))
    report = json.loads(reports[-1])
    report["whole"] = usage.ru_utime + usage.ru_stime
    report["memory"] = 1024 * usage.ru_maxrss
    return report


def differences(own, other):
    """The largest difference in time (ms) of spikes of the same cells; infinite if cells or numbers differ."""
    by_cell = lambda spikes: sorted((gid, time) for time, gid in spikes)
    pairs = list(zip(by_cell(own), by_cell(other)))
    if len(own) != len(other) or any(a[0] != b[0] for a, b in pairs):
        return float("inf")
    return max((abs(a[1] - b[1]) for a, b in pairs), default=0.0)


def configured(folder, time, engine):
    """The circuit's config for one of the contestants."""
    config = json.loads((folder / "simulation_config.json").read_text())
    config["run"]["tstop"] = time
    config["target_simulator"] = "CORENEURON" if engine == "CoreNEURON" else "NEURON"
    config["output"]["output_dir"] = engine
    # Gap junctions would need a mechanism that neither neurodamus nor these models bring along
    circuit = json.loads((folder / "circuit_config.json").read_text())
    circuit.setdefault("components", {})["mechanisms_dir"] = str(mechanisms())
    edges = circuit["networks"]["edges"]
    circuit["networks"]["edges"] = [group for group in edges if "gap_junctions" not in group["edges_file"]]
    (folder / "chemical_config.json").write_text(json.dumps(circuit))
    config["network"] = "$CIRCUIT_DIR/chemical_config.json"
    path = folder / f"{engine}.json"
    path.write_text(json.dumps(config))
    return path


def begin_anew(folder, engine):
    """Removes what a round before left: neurodamus would not build a model that it has written out for CoreNEURON."""
    shutil.rmtree(folder / "build", ignore_errors=True)
    shutil.rmtree(folder / engine, ignore_errors=True)
    (folder / engine).mkdir()
    (folder / f"{engine}.json.SUCCESS").unlink(missing_ok=True)


def insert_channels(folder):
    """Has the template of the circuit insert channels into all sections."""
    template = folder / "templates/RingCell.hoc"
    begin = "proc insertChannel() {\n"
    inserted = "".join(f"    insert {name}\n" for name in INSERTED)
    before, after = template.read_text().split(begin)
    template.write_text(f"{before}{begin}  forsec all {{\n{inserted}  }}\n{after}")


def compare(programs, cells, synapses, channels, time, rounds):
    """Prints the comparison; whether the spikes agree."""
    programs = programs.resolve()
    library = compiled()
    agree = True
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        grow = [programs / "examples/make_network", folder, cells, synapses]
        subprocess.run(list(map(str, grow)), check=True, capture_output=True)
        if channels:
            insert_channels(folder)
        twin = [sys.executable, HERE / "circuit_speed.py"]
        contestants = {
            OWN: [programs / "circuit-speed", configured(folder, time, OWN)],
            "NEURON": [*twin, configured(folder, time, "NEURON"), library],
            "CoreNEURON": [*twin, configured(folder, time, "CoreNEURON"), library],
        }
        best = {}
        for _ in range(rounds):
            for engine, command in contestants.items():
                begin_anew(folder, engine)
                report = measured(command, folder)
                if report["engine"] != engine:
                    sys.exit(f"error: {report['engine']} ran, not {engine}")
                known = best.get(engine, report)
                for key in ("build", "solve", "whole", "memory"):
                    report[key] = min(report[key], known[key])
                best[engine] = report
    of_channels = f" and {len(INSERTED)} further channels" if channels else ""
    print(f"\n{cells} cells with {synapses} synapses{of_channels} each, {time:g} ms, one thread:\n")
    head = "".join(f"{word:>12}" for word in ["build (s)", "solve (s)", "whole (s)", "peak (MB)", "spikes"])
    print(f"  {'':<14}{head}   spikes differ by (ms)")
    for engine, report in best.items():
        difference = differences(best[OWN]["spikes"], report["spikes"])
        agree &= difference <= DIGITS_OF_SPIKES
        row = "".join(f"{report[key]:>12.2f}" for key in ("build", "solve", "whole"))
        row += f"{report['memory'] / 2**20:>12.0f}{len(report['spikes']):>12}"
        print(f"  {engine:<14}{row}" + ("" if engine == OWN else f"   {difference:.1g}"))
    for engine in list(best)[1:]:
        ratios = {key: best[engine][key] / best[OWN][key] for key in ("build", "solve", "whole", "memory")}
        words = ", ".join(f"{key} {ratio:.1f}" for key, ratio in ratios.items())
        print(f"  {engine} takes times as much: {words}")
    return agree


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--synapses", type=int, default=500)
    parser.add_argument("--channels", action="store_true")
    parser.add_argument("--time", type=float, default=50.0, help="simulated time (ms)")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    sizes = (options.cells, options.synapses, options.channels)
    if not compare(options.programs, *sizes, options.time, options.rounds):
        sys.exit("error: the spikes differ")


if __name__ == "__main__":
    main()
