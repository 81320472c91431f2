"""Compiles .mod files into one library with NEURON's nrnivmodl, once, and prints the library's path.

Reads JSON from standard input: {"files": [path, ...], "folder": where compiled libraries are kept}. A library is kept
under a name made of all that went into it; its C++ sources stay beside it, to look at.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

NEURON = Path(find_spec("neuron").origin).parent / ".data"
# neurodamus' own way to compile its files where libsonatareport is not installed
FLAGS = "-DDISABLE_REPORTINGLIB"
# What every translated file includes first, and what g++ spends a third of its time on
BEGINNING = "#include <stdio.h>\n#include <stdlib.h>\n#include <math.h>\n#include \"mech_api.h\"\n"


@contextlib.contextmanager
def locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def execute(command, folder, **options):
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if done.returncode:
        wrong = [line for line in done.stdout.splitlines() if "rror" in line]
        sys.exit(f"{command[0]} failed:\n" + "\n".join(wrong or [done.stdout]))


def beginning(folder):
    """That beginning as a precompiled header, made with the options of NEURON's makefile so that g++ takes it."""
    header = folder / "beginning.hpp"
    with locked(folder / "lock"):
        if not header.with_suffix(".hpp.gch").exists():
            header.write_text(BEGINNING)
            (folder / "makemod2c_inc").write_text("")
            (folder / "Makefile").write_text(
                f"include {NEURON}/bin/nrnmech_makefile\n"
                f"unfinished: {header.name}\n\t$(CXXCOMPILE) $(INCLUDES) {FLAGS} -fPIC -x c++-header $< -o $@\n"
            )
            compiler = os.environ.get("CXX", sysconfig.get_config_var("CXX"))
            execute(["make", "unfinished", f"ROOT={NEURON}", f"CXX={compiler}"], folder)
            (folder / "unfinished").rename(header.with_suffix(".hpp.gch"))
    return header


request = json.load(sys.stdin)
files = [Path(file) for file in request["files"]]
# What a file includes lies beside it
sources = {path.name: path.read_bytes() for file in files for path in [file, *sorted(file.parent.glob("*.inc"))]}
made_from = hashlib.sha256(f"{version('neuron')} {FLAGS}".encode())
for name, content in sorted(sources.items()):
    made_from.update(f"{name} {len(content)} ".encode() + content)
folder = Path(request["folder"]).absolute() / made_from.hexdigest()[:16]
with locked(folder.with_suffix(".lock")):
    if not folder.exists():
        header = beginning(folder.parent / ("beginning-" + version("neuron")))
        flags = f"{FLAGS} -include {header}"
        building = folder.with_suffix(".building")
        building.mkdir(exist_ok=True)
        for name, content in sources.items():
            # What an interrupted call compiled is good
            if not (building / name).exists():
                (building / name).write_bytes(content)
        execute([Path(sys.executable).parent / "nrnivmodl", "-incflags", flags, "."], building)
        building.rename(folder)
print(*folder.glob("*/libnrnmech.so"))
