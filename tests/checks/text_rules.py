#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rules of the text that no compiler knows: licence line, names, comments, leftovers.

usage: text_rules.py [ROOT]
"""
import pathlib
import re
import sys

import sources

CODE = (".h", ".cc")
SCRIPTS = (".py", ".sh")
LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
EMPTY_NAMES = re.compile(r"(^|_)(util|utils|helper|helpers|misc|common)(_|\.|$)")
SNAKE_CASE = re.compile(r"[a-z0-9_]+\.[a-z0-9.]+$")

# What must not stay behind, and why. Built from pieces so that this file passes its own rule.
LEFTOVERS = {
    re.compile(r"\b(" + "TO" + "DO|FIX" + r"ME|XX" + r"X)\b"): "finish it or leave it out",
    re.compile(r"(?<![\w.])/(" + "wo" + r"rk|tmp/te" + r"am)\b"): "a path of one machine",
    re.compile(r"\bpypi\.org|registry\." + r"npmjs|proxy\.go" + r"lang"): "a registry's host",
}
DEAD_CODE = re.compile(r"^\s*#\s*if\s+0\b|\bif\s*\(\s*false\s*\)")


def breaches_of_lines(path, lines, is_code):
    for number, line in enumerate(lines, 1):
        for pattern, why in LEFTOVERS.items():
            if pattern.search(line):
                yield number, f'"{pattern.search(line).group()}": {why}'
        if is_code and DEAD_CODE.search(line):
            yield number, "dead code: delete it, git remembers"
        if is_code and line.lstrip().startswith("/*"):
            yield number, "comments are //"
        if line.rstrip() != line:
            yield number, "space at the end of the line"


def breaches(path):
    is_code = path.suffix in CODE
    lines = path.read_text(errors="replace").splitlines()
    if path.suffix in CODE + SCRIPTS and not any(LICENCE in line for line in lines[:2]):
        yield 1, f"no {LICENCE}"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "no #pragma once"
    if is_code and EMPTY_NAMES.search(path.name):
        yield 1, "this name says nothing; call it by what it does"
    if is_code and not SNAKE_CASE.match(path.name):
        yield 1, "file names are snake_case"
    yield from breaches_of_lines(path, lines, is_code)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    texts = CODE + SCRIPTS + (".md", ".toml", ".txt", "meson.build", "meson_options.txt")
    scripts = [root / name for name in ("check", "quickstart", ".ci/run", "bench/run")]
    failed = False
    for path in sources.files(root, *texts) + [s for s in scripts if s.exists()]:
        for number, breach in breaches(path):
            failed = True
            print(f"{path.relative_to(root)}:{number}: {breach}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
