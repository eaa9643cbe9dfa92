#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Breaks lock-free push, making of routes and recovery on purpose; demands that tests notice.

Each mutant of tests/race/mutants.toml replaces a text or two of the sources, in copies below
out/mutants/. Its test must then fail, by what that test says of such a fault; one that passes, hangs
or does not compile is a failure here, and so is a text that is not there exactly once: the mutant is
stale. First, every program has to pass unbroken. Prints `ok` or `not ok` a mutant.

usage: mutants.py [--all] [NAME...]     (without --all: the representative few)
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "mutants"
LIST = ROOT / "tests" / "race" / "mutants.toml"
JOBS = os.cpu_count() or 2
BUILDS = {"plain": [], "tsan": ["-fsanitize=thread", "-g1"]}
SEEN = re.compile(r"which was never right|not those of the database|this (world|path|talk) went wrong|Falsifiable after|DATA RACE|USER ASSERT FAILED|WARNING: ThreadSanitizer: data race")
CRASHES = (-11, -7, -6, -4)


class Broken(Exception):
    """Why a mutant says nothing."""


def run(*command, timeout=300, env=None):
    """(exit code or None for a hang, output)"""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env={**os.environ, **(env or {})}) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            process.kill()
            return None, process.communicate()[0]


def compiler():
    ccache = ["ccache"] if shutil.which("ccache") else []
    return [*ccache, *shlex.split(os.environ.get("CXX", "g++").removeprefix("ccache "))]


def dpdk(what):
    return shlex.split(subprocess.check_output(["pkg-config", what, "libdpdk"], text=True))


FLAGS = ["-std=c++20", "-O1", "-pthread", "-DSPANWAY_LOOKUP_HOOK", *dpdk("--cflags")]
LIBRARIES = ["-lrapidcheck", "-lgtest_main", "-lgmock", "-lgtest", "-lcrypto", "-lIPSec_MB",
             *dpdk("--libs-only-L"), "-lrte_rcu", "-lrte_mbuf", "-lrte_mempool", "-lrte_eal"]


class Program:
    """One test program in one build: its objects as they are, to be mixed with broken ones."""

    def __init__(self, name, patterns, build):
        self.name, self.build = name, build
        self.folder = OUT / build
        self.sources = sorted({path.relative_to(ROOT).as_posix() for pattern in patterns["sources"]
                               for path in ROOT.glob(pattern)} - set(patterns.get("without", [])))
        self.flags = patterns.get("flags", [])

    def object_of(self, source, folder):
        return folder / (source.replace("/", "_") + ".o")

    def compile(self, source, folder, overlay=None):
        file = overlay / source if overlay and (overlay / source).exists() else ROOT / source
        places = ["", *(flag[2:] for flag in self.flags if flag.startswith("-I"))]
        includes = [f"-I{overlay / place}" for place in places] if overlay else []
        code, output = run(*compiler(), *includes, *self.flags, *FLAGS, *BUILDS[self.build], f"-I{ROOT}", "-MMD",
                           "-c", str(file), "-o", str(self.object_of(source, folder)))
        if code != 0:
            raise Broken(f"{source} does not compile:\n{output[-2000:]}")

    def link(self, objects, program):
        code, output = run(compiler()[-1], *BUILDS[self.build], "-pthread", *map(str, objects),
                           *LIBRARIES, "-o", str(program))
        if code != 0:
            raise Broken(f"does not link:\n{output[-2000:]}")

    def needs(self, source):
        """What of our own this source includes, itself as well."""
        text = self.object_of(source, self.folder).with_suffix(".d").read_text()
        words = text.replace("\\\n", " ").split()[1:]
        return {os.path.relpath(ROOT / word, ROOT) for word in words}  # ccache makes them relative

    def link_broken(self, overlay, files):
        """A program with the broken files in the place of the good ones."""
        dirty = [s for s in self.sources if files & self.needs(s)]
        if not dirty:
            raise Broken("no source of the program sees the change")
        for source in dirty:
            self.compile(source, overlay, overlay)
        program = overlay / self.name
        self.link([self.object_of(s, overlay if s in dirty else self.folder) for s in self.sources],
                  program)
        return program

    def start(self, program, test, limits):
        env = {f"SPANWAY_PROOF_{key.upper()}": str(value) for key, value in limits.items()}
        return run(str(program), f"--gtest_filter={test}", timeout=200,
                   env={**env, "TSAN_OPTIONS": "halt_on_error=1",
                        "RC_PARAMS": "seed=20261123 max_success=200 max_size=200"})


def overlay_of(mutant):
    """Writes the broken files; their names."""
    overlay = OUT / mutant["name"]
    shutil.rmtree(overlay, ignore_errors=True)
    texts = {}
    for edit in mutant["edit"]:
        text = texts.get(edit["file"]) or (ROOT / edit["file"]).read_text()
        if (found := text.count(edit["text"])) != 1:
            raise Broken(f"stale: {edit['file']} has {found} times: {edit['text']}")
        texts[edit["file"]] = text.replace(edit["text"], edit["by"])
    for file, text in texts.items():
        (overlay / file).parent.mkdir(parents=True, exist_ok=True)
        (overlay / file).write_text(text)
    return overlay, set(texts)


def try_mutant(mutant, programs):
    """Ends well when the test noticed."""
    overlay, files = overlay_of(mutant)
    program = programs[mutant["program"], mutant["build"]]
    code, output = program.start(program.link_broken(overlay, files), mutant["test"],
                                 mutant.get("limits", {}))
    (overlay / "output").write_text(output)
    if code is None:
        raise Broken("the test hung")
    if code == 0:
        raise Broken("NOT NOTICED")
    if code not in CRASHES and not SEEN.search(output):
        raise Broken(f"failed for another reason:\n{output[-2000:]}")


def try_unbroken(key, programs, tests):
    program = OUT / key[1] / key[0]
    programs[key].link([programs[key].object_of(s, programs[key].folder)
                        for s in programs[key].sources], program)
    code, output = programs[key].start(program, ":".join(sorted(tests)),
                                       {"lookups": 500_000, "changes": 5_000})
    if code != 0 or "[  PASSED  ] 0 tests" in output:
        raise Broken(f"fails unbroken:\n{output[-2000:]}")


def verdict(what, function, *arguments):
    try:
        function(*arguments)
        print(f"ok {what}", flush=True)
        return True
    except Broken as why:
        print(f"not ok {what}: {why}", flush=True)
        return False


def prepare(settings, mutants, pool):
    """The programs these mutants need, and all their objects."""
    programs = {}
    for key in sorted({(m["program"], m["build"]) for m in mutants}):
        programs[key] = Program(key[0], settings["program"][key[0]], key[1])
    work = {(p.build, s): p for p in programs.values() for s in p.sources}
    for build in BUILDS:
        (OUT / build).mkdir(parents=True, exist_ok=True)
    list(pool.map(lambda item: item[1].compile(item[0][1], item[1].folder), work.items()))
    return programs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    settings = tomllib.loads(LIST.read_text())
    mutants = [m for m in settings["mutant"]
               if m["name"] in options.names
               or not options.names and (options.all or m.get("few", False))]
    tests = collections.defaultdict(set)
    for mutant in mutants:
        tests[mutant["program"], mutant["build"]].add(mutant["test"])
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        try:
            programs = prepare(settings, mutants, pool)
        except Broken as why:
            print(f"not ok unbroken: {why}")
            return 1
        good = [verdict(f"{key[0]}, {key[1]}, unbroken", try_unbroken, key, programs, names)
                for key, names in tests.items()]
        good += pool.map(lambda m: verdict(f"{m['name']}: {m['why']}", try_mutant, m, programs),
                         mutants)
    return 0 if mutants and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
