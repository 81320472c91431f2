"""Unpacks the .mod and .inc files of downloaded packages: `unpack_models.py ARCHIVES FOLDER`.

A file keeps its path inside its archive, below FOLDER and the package's name; a source archive's top folder is dropped.
"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath


def files(archive):
    """Paths and contents of the archive's files."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield PurePosixPath(name), lambda name=name: opened.read(name)
    else:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile():
                    inside = PurePosixPath(*PurePosixPath(member.name).parts[1:])
                    yield inside, lambda member=member: opened.extractfile(member).read()


def package(archive):
    """The package's name as package registries spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"-\d", archive.name)[0]).lower()


archives, folder = map(Path, sys.argv[1:])
for archive in sorted(archives.iterdir()):
    count = 0
    for inside, content in files(archive):
        if inside.suffix in (".mod", ".inc") and ".." not in inside.parts and not inside.is_absolute():
            path = folder / package(archive) / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content())
            count += 1
    assert count, f"{archive.name} has no .mod file"
