#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checks are code too: each must catch a breach made for it, and pass its opposite."""
import pathlib
import subprocess
import sys
import tempfile

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


if __name__ == "__main__":
    layers()
    text_rules()
    sys.exit(1 if failures else 0)
