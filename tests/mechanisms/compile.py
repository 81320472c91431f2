"""Compiles .mod files into one library with NEURON's nrnivmodl, once, and prints the library's path.

Reads JSON from standard input: {"files": [path, ...], "folder": where compiled libraries are kept}. A library is kept
under a name made of all that went into it.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

request = json.load(sys.stdin)
files = [Path(file) for file in request["files"]]
# What a file includes lies beside it
sources = {path.name: path.read_bytes() for file in files for path in [file, *sorted(file.parent.glob("*.inc"))]}
made_from = hashlib.sha256(version("neuron").encode())
for name, content in sorted(sources.items()):
    made_from.update(f"{name} {len(content)} ".encode() + content)
folder = Path(request["folder"]).absolute() / made_from.hexdigest()[:16]
folder.parent.mkdir(parents=True, exist_ok=True)
with open(folder.with_suffix(".lock"), "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    libraries = list(folder.glob("*/libnrnmech.so"))
    if not libraries:
        building = folder.with_suffix(".building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        for name, content in sources.items():
            (building / name).write_bytes(content)
        compiler = Path(sys.executable).parent / "nrnivmodl"
        done = subprocess.run([compiler, "."], cwd=building, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            wrong = [line for line in done.stdout.splitlines() if "rror" in line]
            sys.exit("nrnivmodl failed:\n" + "\n".join(wrong or [done.stdout]))
        # Sources and objects stay, to look at
        building.rename(folder)
        libraries = list(folder.glob("*/libnrnmech.so"))
print(libraries[0])
