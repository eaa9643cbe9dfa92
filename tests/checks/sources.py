# SPDX-License-Identifier: BSD-3-Clause
"""The project's own files: what git would track, found without git."""
import os
import pathlib

SKIPPED = {".git", "out", "__pycache__", ".cache"}


def files(root, *suffixes):
    """Every file below root with one of the suffixes (all when none is given), sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIPPED and not f.startswith("build")]
        found += [pathlib.Path(folder, n) for n in names if not suffixes or n.endswith(suffixes)]
    return sorted(found)
