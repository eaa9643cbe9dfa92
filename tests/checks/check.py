#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What ./check runs once the packages are there: the suites, one after another.

Each suite is a function that returns a Tally; its full output is in out/check/SUITE.log.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import results
import sources

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "check"
STARTED = time.monotonic()
JOBS = os.cpu_count() or 2


def say(text):
    seconds = int(time.monotonic() - STARTED)
    print(f"[{seconds // 60:02}:{seconds % 60:02}] {text}", flush=True)


class Log:
    """The log of one suite; runs its commands."""

    def __init__(self, suite):
        OUT.mkdir(parents=True, exist_ok=True)
        self.path = OUT / f"{suite}.log"
        self.file = open(self.path, "w")

    def run(self, *command, timeout=900, env=None, progress=None):
        """(exit code, output). The command and all its children end with the timeout."""
        command = [str(word) for word in command]
        self.file.write(f"$ {' '.join(command)}\n")
        self.file.flush()
        start = self.file.tell()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.file,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, **(env or {})})
        code = self._wait(process, timeout, progress)
        with open(self.path, errors="replace") as log:
            log.seek(start)
            output = log.read()
        self.file.seek(0, os.SEEK_END)
        return code, output

    def _wait(self, process, timeout, progress):
        deadline = time.monotonic() + timeout
        while True:
            try:
                return process.wait(timeout=min(30, max(0.1, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    self.file.write(f"\nended after {timeout} s\n")
                    return self._end(process)
                if progress:
                    say(f"  ... {progress} {self.ninja_step()}")
            except BaseException:
                self._end(process)
                raise

    def ninja_step(self):
        """How far the build is, in ninja's own words: "[34/120]"."""
        steps = re.findall(r"^\[\d+/\d+\]", self.tail(20), re.M)
        return steps[-1] if steps else ""

    def _end(self, process):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return 124

    def tail(self, lines=40):
        self.file.flush()
        return "\n".join(self.path.read_text(errors="replace").splitlines()[-lines:])


# ---- building --------------------------------------------------------------------------------

SANITIZED = {
    "ASAN_OPTIONS": "strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}

# Build directories below build-check/: compiler and meson options. Lines are all that a report
# needs of the debug information (-g1), and a quarter of the time of a build goes into the rest.
VARIANTS = {
    "gcc": ("g++", ["-Dcpp_args=-g1"]),
    # One build serves as the second compiler's opinion and for the sanitizers.
    "clang": ("clang++", ["-Db_sanitize=address,undefined", "-Db_lundef=false",
                          "-Doptimization=1", "-Dbenchmarks=false", "-Dcpp_args=-g1"]),
    "tsan": ("g++", ["-Db_sanitize=thread", "-Db_lundef=false", "-Dbenchmarks=false",
                     "-Dcpp_args=-g1"]),
    "fuzz": ("clang++", ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false",
                         "-Dbenchmarks=false", "-Dcpp_args=-g1 -fsanitize=fuzzer-no-link"]),
}
CONFIGURED = {}  # variant -> its directory, or None when meson would not


def configured(variant, log):
    if variant not in CONFIGURED:
        compiler, options = VARIANTS[variant]
        build = ROOT / "build-check" / variant
        if not (build / "build.ninja").exists():
            shutil.rmtree(build, ignore_errors=True)
            code, _ = log.run("meson", "setup", build, "-Dwerror=true", *options,
                              env={"CXX": with_ccache(compiler)})
            build = build if code == 0 else None
        CONFIGURED[variant] = build
    return CONFIGURED[variant]


def with_ccache(compiler):
    return f"ccache {compiler}" if shutil.which("ccache") else compiler


def built(variant, log, *targets, timeout=1500):
    """The build directory with these targets (all when none) up to date, or None."""
    build = configured(variant, log)
    if build is None:
        return None
    code, _ = log.run("ninja", "-C", build, "-j", JOBS, *targets, timeout=timeout,
                      progress=f"building {variant}")
    return build if code == 0 else None


def meson_suite(variant, suite, timeout_multiplier=1):
    """A suite of meson's in a variant of its own."""

    def run(log):
        build = configured(variant, log)
        if build is None:
            return results.one_failed(f"the {variant} build")
        return meson_tests(build, log, suite, timeout_multiplier)

    return run


def meson_tests(build, log, suite, timeout_multiplier=1):
    """Runs one meson suite; builds only what it needs."""
    for name in ("testlog.junit.xml", "testlog.json"):
        (build / "meson-logs" / name).unlink(missing_ok=True)
    code, output = log.run("meson", "test", "-C", build, "--suite", suite, "--print-errorlogs",
                           "--num-processes", JOBS, "-t", timeout_multiplier, timeout=1500,
                           env=SANITIZED, progress=f"building and running suite {suite}")
    if re.search(r"^No (suitable )?tests defined", output, re.M):
        return results.one_failed(f"suite {suite} has no test{why_left_out(build, suite)}")
    if not (build / "meson-logs" / "testlog.json").exists():
        return results.one_failed(f"meson could not run suite {suite}")
    tally = results.of_meson(build)
    if code != 0 and not tally.failed:
        tally.add(results.one_failed(f"meson test ended with code {code}"))
    return tally


def why_left_out(build, suite):
    """What the meson.build of the suite said when it was configured: ": ..." or nothing."""
    said = (build / "meson-logs" / "meson-log.txt").read_text(errors="replace")
    reasons = re.findall(rf"suite {re.escape(suite)} is left out(: .*)", said)
    return f"{reasons[-1]} (then delete {build})" if reasons else ""


# ---- the suites ------------------------------------------------------------------------------


def script(log, *command, name, timeout=300):
    code, _ = log.run(sys.executable, "-B", *command, timeout=timeout)
    return results.one_passed() if code == 0 else results.one_failed(name)


def check_format(log):
    files = sources.files(ROOT, ".h", ".cc")
    code, _ = log.run("clang-format", "--dry-run", "-Werror", *files)
    return results.one_passed() if code == 0 else results.one_failed("clang-format -i is due")


def check_layers(log):
    return script(log, "tests/checks/layers.py", name="a folder includes what it may not")


def check_text(log):
    return script(log, "tests/checks/text_rules.py", name="licence lines, names, leftovers")


def check_scripts(log):
    """The checks themselves: what they must catch, they catch."""
    code, output = log.run(sys.executable, "-B", "tests/checks/checks_test.py", timeout=300)
    return results.of_lines(output, code, "checks")


def check_unit(log):
    build = built("gcc", log)
    if build is None:
        return results.one_failed("the gcc build")
    tally = results.one_passed()
    tally.add(meson_tests(build, log, "unit"))
    return tally


def check_hot(log):
    build = built("gcc", log)
    if build is None:
        return results.one_failed("the gcc build")
    return script(log, "tests/checks/hot_symbols.py", build,
                  name="the hot path allocates, locks, throws, logs, or asks the kernel or clock")


def check_clang(log):
    ok = built("clang", log) is not None
    return results.one_passed() if ok else results.one_failed("the clang build")


def check_topologies(log):
    """Networks in GML, of a directory that the caller names: none is in the repository."""
    if not os.environ.get("SPANWAY_TOPOLOGIES"):
        return results.one_skipped("suite topologies needs SPANWAY_TOPOLOGIES=DIR, a directory "
                                   "of GML files such as those of the Internet Topology Zoo")
    return meson_suite("gcc", "topologies")(log)


def check_root(log):
    """Devices that only root may make: TAP, packet sockets, AF_XDP."""
    if os.geteuid() != 0:
        return results.one_skipped("suite root needs root")
    build = configured("gcc", log)
    if build is None:
        return results.one_failed("the gcc build")
    return meson_tests(build, log, "root")


def mutants(*options):
    """Faults put into the lock-free push; each must be noticed by its test."""

    def run(log):
        code, output = log.run(sys.executable, "-B", "tests/checks/mutants.py", *options,
                               timeout=1500, progress="mutants")
        return results.of_lines(output, code, "mutants")

    return run


def check_instructions(log):
    """The hot loop's length, counted by callgrind: the same on every machine with this compiler."""
    build = built("gcc", log, "bench/forward/bench_forward")
    if build is None:
        return results.one_failed("the gcc build")
    code, output = log.run(sys.executable, "-B", "tests/checks/instructions.py", build, timeout=600)
    return results.of_lines(output, code, "instructions")


INTEROP = ["one_router", "ring", "neighbours", "path_mtu", "routes", "vlan", "configuration",
           "malformed", "ospf", "transport", "applications"]


def interop(*scenarios):
    """Linux hosts across Spanway; each scenario is a script, with arguments, that stands alone."""

    def run(log):
        build = built("gcc", log, "control/spanwayd", "control/cli/spanway",
                      "dataplane/client/libspanway.so.0.1.0", "dataplane/client/echo",
                      "dataplane/client/file_copy")
        if build is None:
            return results.one_failed("the gcc build")
        tally = results.Tally()
        for scenario in scenarios:
            name, *arguments = scenario.split()
            code, output = log.run(sys.executable, "-B", f"tests/interop/{name}.py", *arguments,
                                   timeout=600, env={"SPANWAY_BUILD": str(build)},
                                   progress=f"interop {name}")
            one = results.of_lines(output, code, name)
            say(f"  {name}: {one}")
            tally.add(one)
        return tally

    return run


def check_malformed(log):
    """A million spoiled frames at a daemon built with sanitizers."""
    build = built("clang", log, "control/spanwayd", "control/cli/spanway")
    if build is None:
        return results.one_failed("the sanitized build")
    code, output = log.run(sys.executable, "-B", "tests/interop/malformed.py", 1_000_000,
                           timeout=1200, env={"SPANWAY_BUILD": str(build), **SANITIZED},
                           progress="malformed")
    return results.of_lines(output, code, "malformed")


# name -> (what it does, function, runs only when asked or with --long)
SUITES = {
    "format": ("clang-format has nothing to change", check_format, False),
    "layers": ("who may include whom", check_layers, False),
    "text": ("licence lines, names, leftovers", check_text, False),
    "scripts": ("the checks catch what they must", check_scripts, False),
    "unit": ("build with gcc, unit tests", check_unit, False),
    "hot": ("what the hot path never does, read from the objects", check_hot, False),
    "instructions": ("the length of the hot loop under callgrind", check_instructions, False),
    "root": ("devices that only root may make", check_root, False),
    "interop": ("Linux hosts across it, in namespaces", interop(*INTEROP), False),
    "gigabyte": ("a file of 1 GiB between applications, while packets are lost",
                 interop("applications 1024"), True),
    "clang": ("build with clang and sanitizers", check_clang, False),
    "asan": ("unit tests under AddressSanitizer and UBSan", meson_suite("clang", "unit", 4), False),
    "race": ("what threads share, under ThreadSanitizer", meson_suite("tsan", "race", 4), False),
    "proof": ("lookups held up between their levels, against edits",
              meson_suite("gcc", "proof", 4), False),
    "paths": ("shortest paths against Boost.Graph", meson_suite("gcc", "paths"), False),
    "worlds": ("random networks of OSPF in virtual time", meson_suite("gcc", "worlds"), False),
    "worlds-long": ("ten thousand of them", meson_suite("gcc", "worlds-long"), True),
    "topologies": ("networks in GML under OSPF in virtual time", check_topologies, True),
    "model": ("rings and grace periods under a model checker", meson_suite("gcc", "model"), False),
    "mutants": ("faults of the lock-free push that the race tests must notice", mutants(), False),
    "mutants-long": ("all such faults", mutants("--all"), True),
    "proof-long": ("500 million lookups held up, against a million edits",
                   meson_suite("gcc", "proof-long"), True),
    "oracle-long": ("millions of edits and lookups against a plain map",
                    meson_suite("gcc", "oracle-long"), True),
    "recovery-long": ("windows at rare losses", meson_suite("gcc", "recovery-long"), True),
    "talks-long": ("ten thousand talks of the message protocol over bad paths",
                   meson_suite("gcc", "talks-long"), True),
    "transport-worlds-long": ("ten thousand worlds of nodes that speak the message protocol",
                              meson_suite("gcc", "transport-worlds-long"), True),
    "fuzz": ("every parser under libFuzzer, a minute each", meson_suite("fuzz", "fuzz"), True),
    "soak": ("a million spoiled frames through the stages", meson_suite("clang", "soak", 4), True),
    "malformed": ("a million spoiled frames at a sanitized daemon", check_malformed, True),
}


def run_suite(name):
    what, function, _ = SUITES[name]
    say(f"{name}: {what}")
    log = Log(name)
    try:
        tally = function(log)
    except Exception as error:  # a broken suite is a failure, not the end of the others
        log.file.write(f"\n{error!r}\n")
        tally = results.one_failed(f"suite {name} broke: {error!r}")
    if tally.failed:
        print(log.tail(), flush=True)
    for note in tally.notes:
        say(f"  {note}")
    say(f"{name}: {tally}" + (f"   (log: {log.path.relative_to(ROOT)})" if tally.failed else ""))
    return tally


def main():
    parser = argparse.ArgumentParser(prog="./check")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    parser.add_argument("--long", action="store_true", help="the long suites too")
    parser.add_argument("--list", action="store_true", help="name the suites")
    options = parser.parse_args()
    if options.list:
        for name, (what, _, is_long) in SUITES.items():
            print(f"{name:12} {what}{' (--long)' if is_long else ''}")
        return 0
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"no suite {unknown[0]}; there are: {' '.join(SUITES)}")
    chosen = options.suites or [n for n, s in SUITES.items() if options.long or not s[2]]
    total = results.Tally()
    for name in chosen:
        total.add(run_suite(name))
    if total.failed:
        print("\nfailed:\n  " + "\n  ".join(n for n in total.notes if n.startswith("FAIL")))
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
