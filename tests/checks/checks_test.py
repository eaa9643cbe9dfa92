#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checks are code too: each must catch a breach made for it, and pass its opposite."""
import pathlib
import subprocess
import sys
import tempfile

import check

HERE = pathlib.Path(__file__).resolve().parent
SPDX = "// SPDX-License-Identifier: BSD-3-Clause\n"
failures = 0


def verdict(good, what):
    global failures
    failures += not good
    print(("ok " if good else "not ok ") + what, flush=True)


def run_on(check, path, text):
    """Exit code and output of a check over a tree that holds one file."""
    with tempfile.TemporaryDirectory() as root:
        file = pathlib.Path(root, path)
        file.parent.mkdir(parents=True)
        file.write_text(text)
        done = subprocess.run([sys.executable, "-B", HERE / check, root], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout


def catches(check, path, text, where, what):
    code, output = run_on(check, path, text)
    verdict(code == 1 and f"{path}:{where}:" in output, what)


def passes(check, path, text, what):
    code, output = run_on(check, path, text)
    verdict(code == 0 and output == "", what)


def layers():
    catches("layers.py", "dataplane/base/a.h", '#include "dataplane/packet/packet.h"\n', 1,
            "layers: base that includes packet")
    catches("layers.py", "dataplane/worker/a.h", '\n#include "drivers/factory.h"\n', 2,
            "layers: worker that includes more of drivers than port.h")
    catches("layers.py", "control/rib/a.cc", '#include "dataplane/table/fib4.h"\n', 1,
            "layers: rib that reaches for the tables")
    catches("layers.py", "control/rib/a.cc", '#include "control/daemon/engine.h"\n', 1,
            "layers: the daemon included by what it is made of")
    catches("layers.py", "control/rib/a.cc", "#include <rte_mbuf.h>\n", 1,
            "layers: DPDK outside its folders")
    catches("layers.py", "control/rib/a.cc", "std::atomic<int> a;\n", 1,
            "layers: an atomic outside the seam")
    catches("layers.py", "dataplane/stage/a.cc", "a = cycle_count();\n", 1,
            "layers: a clock read in a stage")
    catches("layers.py", "control/rib/a.cc", '#include "rib.h"\n', 1,
            "layers: an include not written from the root")
    catches("layers.py", "control/somewhere/a.cc", "", 1, "layers: a folder without a rule")
    passes("layers.py", "control/publish/a.cc", '#include "dataplane/table/fib4.h"\n',
           "layers: publish may write the tables")


def text_rules():
    catches("text_rules.py", "dataplane/base/a.cc", "int a;\n", 1, "text: no licence line")
    catches("text_rules.py", "dataplane/base/a.h", SPDX, 1, "text: no #pragma once")
    catches("text_rules.py", "a/string_util.cc", SPDX, 1, "text: a name that says nothing")
    catches("text_rules.py", "a/b.cc", SPDX + "// TO" + "DO\n", 2, "text: unfinished work")
    catches("text_rules.py", "a/b.cc", SPDX + "#if 0\n", 2, "text: dead code")
    catches("text_rules.py", "a/b.cc", SPDX + "/* a */\n", 2, "text: a block comment")
    passes("text_rules.py", "a/b.cc", SPDX + "int a;\n", "text: a plain file")


# What a hot function does -> the breach that hot_symbols.py must name, or None.
HOT_CODE = {
    "new": ("int* p; void hot() { p = new int; }", "operator new"),
    "malloc two calls away": (
        "void* p; __attribute__((noinline)) static void a() { p = malloc(9); }"
        "__attribute__((noinline)) static void b() { a(); p = nullptr; } void hot() { b(); }",
        "malloc"),
    "a mutex": ("std::mutex m; void hot() { m.lock(); m.unlock(); }", "pthread_mutex"),
    "throw": ("int n; void hot() { if (n == 7) throw n; }", "__cxa_"),
    "a string": ("std::string s; void hot() { s += \"word\"; }", "std::"),
    "printf on the unlikely road": (
        "int n; void hot() { if (__builtin_expect(n, 0)) { printf(\"%d\", n); } }", "printf"),
    "a system call": ("long n; void hot() { n = getpid(); }", "getpid"),
    "the system's clock": (
        "timespec t; void hot() { clock_gettime(CLOCK_MONOTONIC, &t); }", "clock_gettime"),
    "the CPU's clock": (
        "unsigned long long n; void hot() { n = __builtin_ia32_rdtsc(); }", "rdtsc"),
    "malloc behind a table of functions": (
        "void* p; static void a() { p = malloc(9); } extern void (*const table[2])();"
        "void (*const table[2])() = {a, a}; volatile int n; void hot() { table[n](); }", "malloc"),
    "a static made on first use": (
        "struct S { S(); int v; }; S::S() : v(getpagesize()) {} int n;"
        "void hot() { static S s; n = s.v; }", "__cxa_guard_acquire"),
    "copying and a broken invariant": (
        "char a[999], b[999]; int n; void hot() { memcpy(a, b, n);"
        "if (n > 999) { fprintf(stderr, \"check\"); abort(); } }", None),
    "new where it is not hot": ("int* p; void cold() { p = new int; } void hot() { p = 0; }", None),
}


def hot_symbols():
    headers = "".join(f"#include <{h}>\n" for h in (
        "cstdio", "cstdlib", "cstring", "ctime", "mutex", "string", "unistd.h"))
    for what, (code, breach) in HOT_CODE.items():
        with tempfile.TemporaryDirectory() as build:
            folder = pathlib.Path(build, "dataplane")
            folder.mkdir()
            (folder / "a.cc").write_text(headers + code)
            subprocess.run(["g++", "-std=c++20", "-O2", "-c", folder / "a.cc", "-o",
                            folder / "a.o"], check=True, timeout=60)
            done = subprocess.run([sys.executable, "-B", HERE / "hot_symbols.py", build,
                                   r"hot\(\)"], capture_output=True, text=True, timeout=60)
            named = [line for line in done.stdout.splitlines() if line[0] != " "]
            caught = breach is not None and any(breach in line for line in named[:-1])
            verdict(caught if breach else done.returncode == 0, f"hot: {what}")


MESON_PROJECT = """project('p')
test('there', find_program('true'), suite: 'there')
message('suite gone is left out: nothing to build it with')
"""


def suites():
    """What ./check says of a meson suite that has tests, and of those that have none."""
    with tempfile.TemporaryDirectory() as folder:
        check.OUT = pathlib.Path(folder, "out")
        pathlib.Path(folder, "meson.build").write_text(MESON_PROJECT)
        build = pathlib.Path(folder, "build")
        subprocess.run(["meson", "setup", build, folder], check=True, capture_output=True, timeout=60)
        log = check.Log("suites")
        good = check.meson_tests(build, log, "there")
        verdict((good.passed, good.failed, good.skipped) == (1, 0, 0), "suites: one with a test")
        gone = check.meson_tests(build, log, "gone")
        verdict(gone.failed == 1 and gone.skipped == 0 and "nothing to build it with" in gone.notes[0],
                "suites: one whose tests were left out, and why")
        never = check.meson_tests(build, log, "never")
        verdict(never.failed == 1 and never.skipped == 0 and "never has no test" in never.notes[0],
                "suites: one that nobody made")


if __name__ == "__main__":
    layers()
    suites()
    text_rules()
    hot_symbols()
    sys.exit(1 if failures else 0)
