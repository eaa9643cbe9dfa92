#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who may include whom: lower never includes higher. Prints file:line of every breach.

The table is docs/layers.md's; change both in one commit and say why there.
usage: layers.py [ROOT]
"""
import pathlib
import re
import sys

import sources


def dataplane(*names):
    return [f"dataplane/{name}/" for name in names]


ANYTHING = ["dataplane/", "drivers/", "control/"]

# What applications and the daemon agree on: headers, each of which is a folder to this table.
AGREED = [f"dataplane/attach/{name}.h" for name in (
    "bell", "layout", "packet_socket", "protocol", "ring", "shared_memory")]

# folder (the longest match decides) -> what it may include beside itself
MAY_INCLUDE = {
    "dataplane/base/": [],
    "dataplane/packet/": dataplane("base"),
    "dataplane/seam/": dataplane("base", "packet"),
    "dataplane/table/": dataplane("base", "seam"),
    "dataplane/stage/": dataplane("base", "packet", "seam", "table"),
    "dataplane/transport/recovery/": dataplane("base"),
    "dataplane/transport/message/": dataplane("base", "transport/recovery"),
    "dataplane/transport/endpoint/": dataplane("base", "transport/message", "transport/recovery"),
    "dataplane/transport/probe/": dataplane(
        "base", "transport/endpoint", "transport/message", "transport/recovery"),
    "dataplane/attach/": dataplane(
        "base", "transport/endpoint", "transport/message", "transport/recovery") + AGREED,
    **{file: dataplane("base") + AGREED for file in AGREED},
    "dataplane/client/": dataplane("base") + AGREED,
    "dataplane/worker/": dataplane("base", "packet", "seam", "table", "stage", "transport")
    + ["drivers/port.h"],
    "drivers/": dataplane("base", "packet") + ["drivers/"],
    "drivers/dpdk/": dataplane("base", "packet") + ["drivers/port.h", "drivers/factory.h"],
    "drivers/pcap/": dataplane("base", "packet") + ["drivers/port.h", "drivers/factory.h"],
    "drivers/sim/": dataplane("base", "packet") + ["drivers/port.h", "drivers/factory.h"],
    "control/config/": dataplane("base", "packet"),
    "control/rib/": dataplane("base", "packet"),
    "control/local/": dataplane("base", "packet"),
    "control/neighbour/": dataplane("base", "packet"),
    "control/ospf/": dataplane("base", "packet"),
    "control/ping/": dataplane("base", "packet"),
    "control/publish/": dataplane("base", "packet", "seam", "table")
    + ["control/config/", "control/rib/", "control/neighbour/"],
    "control/stats/": dataplane("base", "packet", "seam", "table"),
    "control/transport/": dataplane("base", "packet", "transport"),
    "control/attach/": dataplane("attach", "base", "transport") + AGREED
    + ["control/api/listener.h", "control/api/peer.h", "control/api/server.h", "control/transport/"],
    "control/api/": dataplane("base", "packet")
    + ["control/config/", "control/rib/", "control/neighbour/", "control/stats/"],
    "control/http/": dataplane("base"),
    "control/cli/": dataplane("base") + ["control/api/messages.h", "control/api/client.h"],
    "control/daemon/": ANYTHING,
    "control/lab/": ANYTHING,
    "bench/": ANYTHING + ["tests/support/"],
    "tests/": ANYTHING + ["bench/"],
}

# DPDK's own headers stay where a library of it is wrapped.
MAY_NAME_DPDK = re.compile(
    r"drivers/(dpdk|pcap|sim)/|dataplane/packet/packet\.h|dataplane/seam/qsbr\.cc"
    r"|dataplane/worker/(loop\.cc|turn_clock\.h|worker\.cc)|control/daemon/version\.cc"
    r"|tests/|bench/"
)

# Threads meet in few places, so atomics are in few places.
MAY_NAME_ATOMIC = re.compile(
    r"dataplane/base/(\w*_ring|shared_word)\.h|dataplane/(seam|table|attach|client)/|tests/|bench/"
)

# The CPU's counter is read once a turn, an application's as well, and by what measures only when it
# is asked to.
MAY_READ_CYCLES = re.compile(
    r"dataplane/base/cycles\.h|dataplane/worker/turn_clock\.h|dataplane/client/application\w*\.cc"
    r"|dataplane/stage/(rx\.cc|stage_scope\.h|watch\.cc)|drivers/sim/|tests/|bench/"
)

# Slow to compile, so each stays behind few doors.
HEAVY = {
    "toml++/": re.compile(r"control/(config|lab)/|tests/"),
    "httplib.h": re.compile(r"control/http/server\.cc|tests/"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
ATOMIC = re.compile(r"\bstd::atomic")
CYCLES = re.compile(
    r"\b(cycle_count|__rdtscp?|rte_rdtsc\w*|rte_get_tsc_cycles|rte_get_timer_cycles)\(")


def rights_of(path):
    folder = max((f for f in MAY_INCLUDE if path.startswith(f)), key=len, default=None)
    return folder, MAY_INCLUDE.get(folder)


def own_folder(folder, included):
    """True when included lies in folder itself, not in a folder below with rules of its own."""
    return included.startswith(folder) and rights_of(included)[0] == folder


def breaches_of_include(path, folder, rights, quoted, angled):
    if quoted:
        if "/" not in quoted:
            yield f'"{quoted}" is not written from the repository root'
        elif not own_folder(folder, quoted) and not any(quoted.startswith(r) for r in rights):
            yield f'{folder} may not include "{quoted}"'
        return
    if angled.startswith("rte_") and not MAY_NAME_DPDK.match(path):
        yield f"<{angled}> belongs to drivers/dpdk and the few files that wrap a DPDK library"
    for heavy, where in HEAVY.items():
        if angled.startswith(heavy) and not where.match(path):
            yield f"<{angled}> is slow to compile and stays in {where.pattern}"


def breaches(root):
    for file in sources.files(root, ".h", ".cc"):
        path = file.relative_to(root).as_posix()
        folder, rights = rights_of(path)
        if folder is None:
            yield path, 1, "this folder has no rule in tests/checks/layers.py"
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                for breach in breaches_of_include(path, folder, rights, *match.groups()):
                    yield path, number, breach
            code = line.split("//")[0]
            if CYCLES.search(code) and not MAY_READ_CYCLES.match(path):
                yield path, number, "the clock is read once a turn and passed down as `now`"
            if ATOMIC.search(code) and not MAY_NAME_ATOMIC.match(path):
                yield path, number, "std::atomic belongs to seam/, table/, attach/, client/ and the rings in base/"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(breaches(root))
    for path, number, breach in found:
        print(f"{path}:{number}: {breach}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
