#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves on the objects what the hot path never does: allocate, lock, throw, log, call the kernel,
read the clock.

From the roots (a worker's turn, the stages' entries, the lookups, the ports' bursts) it follows
every call and every table of functions through our own objects. What the road reaches outside of
them must be on the list of harmless symbols; everything else is a breach, named with the road
that leads there. Instructions that enter the kernel or read the clock are breaches by themselves.

usage: hot_symbols.py BUILD [ROOT...]
BUILD is a gcc build with optimisation and without sanitizers; ROOT, a regular expression over
demangled names, stands in place of our own roots (for the test of this check).
"""
import collections
import pathlib
import re
import subprocess
import sys

# Where the hot road begins, as demangled names. Each must match something, so that none rots.
ROOTS = [
    r"spanway::worker::Worker::turn\(",
    r"spanway::stage::walk_received\(",
    r"spanway::stage::walk_injected\(",
    r"spanway::stage::on_message\(",
    r"spanway::stage::expire_held\(",
    r"spanway::table::Fib4::lookup\(",
    r"spanway::table::Fib6::lookup\(",
    r"spanway::table::lookup[46]_(scalar|avx2|avx512)\(",
    r"spanway::table::recall4_(scalar|avx512)\(",
    r"spanway::worker::TxOutput::send\(",
    r"spanway::worker::k\w+Kernel$",
    r"spanway::transport::(Sender|Scoreboard|ReceiveLog|TimerWheel|Congestion|Cubic|Rtt|Rack)::"
    r"(?!Sender|Scoreboard)\w+\(",  # the two constructors make the scoreboard
    r"spanway::transport::Connection::"
    r"(on_packet|write|on_timer|send|next|consume|take_done|deadline)\(",
    r"spanway::transport::(Incoming|Outgoing)::(consume|write_window|open_window|again|delivered)\(",
    # Called through faces, which the objects do not show.
    r"spanway::attach::Service::(serve|settle|on_open|on_ready|on_end|lie_down|get_up)\(",
    r"spanway::attach::Channel::(open|ready|end|serve|publish|overdue|leave)\(",
    r"spanway::worker::TransportRoad::(?!TransportRoad|~)\w+\(",
    r"spanway::transport::Endpoint::(?!Endpoint)\w+\(",
    r"spanway::transport::Probe(Client|Server)::\w+\(",
    r"spanway::transport::Gate::\w+\(",
    r"spanway::drivers::\S*Port::rx_burst\(",
    r"spanway::drivers::\S*Port::tx_burst\(",
]

# Folders of the build whose objects the road runs through.
FOLDERS = ["dataplane", "drivers/dpdk"]

# Symbols that are not ours and do no harm, with the reason.
HARMLESS = {
    r"cbrt": "arithmetic, once an epoch of CUBIC",
    r"mem(cpy|move|set|cmp)|bcmp|__mem(cpy|move|set)_chk": "moves bytes",
    r"OPENSSL_cleanse": "wipes bytes",
    r"CRYPTO_memcmp": "compares, and tells nobody by its time where two tags differ",
    r"__popcountdi2": "arithmetic, where the CPU may have no instruction for it",
    r"abort|__assert_fail|__rte_panic|__stack_chk_fail|std::terminate\(\)":
        "never returns: an invariant of ours broke",
    r"_Unwind_Resume|__cxa_begin_catch|__clang_call_terminate|__gxx_personality_v0|DW\.ref\..*":
        "only an exception gets there, and nothing hot throws",
    r"per_lcore__lcore_id|__tls_get_addr|_GLOBAL_OFFSET_TABLE_": "data of the thread",
    r"rte_eth_fp_ops|rte_mempool_ops_table|rte_eth_devices": "DPDK's tables of functions",
    r"rte_pktmbuf_free_bulk|rte_pktmbuf_(alloc_bulk|free)|__rte_pktmbuf_\w+":
        "gives buffers back to the thread's cache of the pool, which was filled at start",
    r"rte_mempool_(get|put)\w*": "the thread's cache of the pool",
    r"rte_eth_call_[rt]x_callbacks": "DPDK's hook around a burst; nothing of ours registers one",
    r"stderr": "data, for the words of a broken invariant",
}

# Our own functions that the road reaches and that are not hot, with the reason.
NOT_HOT = {
    r"spanway::attach::ring_bell\(": "writes a byte to a pipe, for an application that sleeps",
}

# Our own functions that may read the clock (the CPU's counter), with the reason.
MAY_READ_CLOCK = {
    # layers.py holds the sources to it: only three files of stage/ name the counter
    r"spanway::stage::": "rx.cc, stage_scope.h, watch.cc: while an operator times stages or traces",
}

KERNEL_OR_CLOCK = re.compile(r"^(rdtscp?|syscall|sysenter|int\s+\$0x80|rdpmc|cpuid)\b")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"^\s+[0-9a-f]+:\t(.*)$")
RELOCATION = re.compile(r"\s+[0-9a-f]+: R_X86_64_\S+\s+")
NEAR_CALL = re.compile(r"^(?:call|jmp|j[a-z]+)\s+[0-9a-f]+ <(.+?)(\+0x[0-9a-f]+)?>")
TARGET = re.compile(r"^(.*?)([+-]0x[0-9a-f]+)?$")
SYMBOL = re.compile(r"^([0-9a-f]+) (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$")
TABLE_SECTION = re.compile(r"\.data(\.rel\.ro)?(?!.*_ZT)")  # not the vtables and type information
DATA_RELOCATION = re.compile(r"^[0-9a-f]+ R_\S+\s+(\S+)\s*$")


class Object:
    """One object file's own names: what is local to it, and which function lies where."""

    def __init__(self, path):
        self.path = path
        self.names, self.local, self.functions, self.tables = set(), set(), [], []
        for line in run("objdump", "-t", path).splitlines():
            match = SYMBOL.match(line)
            if not match or match.group(3) == "*UND*":
                continue
            start, flags, section, size, name = match.groups()
            self.names.add(name)
            if flags[0] == "l":
                self.local.add(name)
            if flags[6] == "F":
                start = int(start, 16)
                self.functions.append((section, start, start + int(size, 16), name))
            elif flags[6] == "O" and TABLE_SECTION.match(section):
                self.tables.append((name, section))

    def node(self, symbol):
        return f"{self.path}|{symbol}" if symbol in self.local or symbol[0] == "." else symbol

    def resolve(self, target):
        """The node that a relocation such as `foo-0x4` or `.text.unlikely+0x1c` means."""
        symbol, offset = TARGET.match(target).groups()
        if symbol.startswith(".text"):
            # the CPU counts from the end of the four bytes that hold the distance
            place = int(offset or "0", 16) + 4
            for section, start, end, name in self.functions:
                if section == symbol and start <= place < end:
                    return self.node(name)
        return self.node(symbol)


class Graph:
    """Who refers to whom. A name local to an object has the object before it, with a `|`."""

    def __init__(self):
        self.edges = collections.defaultdict(list)  # node -> nodes, in the order of the code
        self.instructions = collections.defaultdict(list)  # node -> kernel or clock instructions
        self.defined = set()

    def read(self, path):
        thing = Object(path)
        self.defined.update(map(thing.node, thing.names))
        for name, section in thing.tables:
            self.edges[thing.node(name)].append(thing.node(section))
        self._read_code(run("objdump", "-dr", "--no-show-raw-insn", "-w", path), thing)
        self._read_tables(run("objdump", "-r", path), thing)

    def _read_code(self, text, thing):
        here = None
        for line in text.splitlines():
            function, instruction = FUNCTION.match(line), INSTRUCTION.match(line)
            if function:
                here = thing.node(function.group(1))
            elif instruction and here:
                self._read_instruction(here, instruction.group(1), thing)

    def _read_instruction(self, here, text, thing):
        code, *relocations = RELOCATION.split(text)
        for target in relocations:
            self.edges[here].append(thing.resolve(target.strip()))
        near = NEAR_CALL.match(code)
        if near and not relocations and thing.node(near.group(1)) != here:
            self.edges[here].append(thing.node(near.group(1)))
        if KERNEL_OR_CLOCK.match(code):
            self.instructions[here].append(code.split()[0])

    def _read_tables(self, text, thing):
        """Tables of functions: who reads the table may call what is in it."""
        table = None
        for line in text.splitlines():
            if line.startswith("RELOCATION RECORDS FOR ["):
                section = line.split("[")[1].split("]")[0]
                table = thing.node(section) if TABLE_SECTION.match(section) else None
            match = DATA_RELOCATION.match(line)
            if table and match:
                self.edges[table].append(thing.resolve(match.group(1)))


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True,
                          text=True).stdout


def demangler(names):
    plain = sorted({name.split("|")[-1] for name in names})
    out = subprocess.run(["c++filt"], input="\n".join(plain), check=True, capture_output=True,
                         text=True).stdout.splitlines()
    table = dict(zip(plain, out))
    return lambda name: table.get(name.split("|")[-1], name.split("|")[-1])


def is_listed(text, patterns, whole):
    match = re.fullmatch if whole else re.match
    return next((p for p in patterns if match(p, text)), None)


def says_and_aborts(graph, here, target):
    """fprintf or fputs straight before abort: the words of SPANWAY_CHECK, not a log."""
    edges = [e for e in graph.edges[here] if not e.split("|")[-1].startswith(".")]
    edges = [e for e in edges if e != "stderr"]
    places = [i for i, e in enumerate(edges) if e == target]
    return target in ("fprintf", "fwrite", "fputs", "__fprintf_chk") and all(
        i + 1 < len(edges) and edges[i + 1] == "abort" for i in places)


def walk(graph, plain, wanted, used):
    """Yields (what, road) for every breach reachable from the roots."""
    roots = []
    for pattern in wanted:
        found = [n for n in graph.defined if n in graph.edges or n in graph.instructions
                 if re.match(pattern, plain(n))]
        if not found:
            yield f"no function matches the root {pattern}", []
        roots += found
    came_from = {root: None for root in roots}
    queue = collections.deque(roots)
    while queue:
        here = queue.popleft()
        name = plain(here)
        if graph.instructions[here] and not is_listed(name, MAY_READ_CLOCK, False):
            yield f"instruction {graph.instructions[here][0]}", road(came_from, here, plain)
        for target in graph.edges[here]:
            if target in came_from:
                continue
            text = plain(target)
            cold = is_listed(text, NOT_HOT, False)
            if cold:
                used.add(cold)
                continue
            if target in graph.defined or target.split("|")[-1].startswith("."):
                came_from[target] = here
                queue.append(target)
            elif not is_listed(text, HARMLESS, True) and not says_and_aborts(graph, here, target):
                came_from[target] = here
                yield text, road(came_from, target, plain)


def road(came_from, node, plain):
    names = []
    while node is not None:
        names.append(plain(node))
        node = came_from[node]
    return list(reversed(names))


def main():
    build = pathlib.Path(sys.argv[1])
    objects = sorted(o for folder in FOLDERS for o in (build / folder).rglob("*.o"))
    if not objects:
        print(f"no objects under {build}")
        return 1
    graph = Graph()
    for path in objects:
        graph.read(path)
    names = set(graph.edges) | graph.defined | {e for es in graph.edges.values() for e in es}
    plain, used = demangler(names), set()
    breaches = list(walk(graph, plain, sys.argv[2:] or ROOTS, used))
    for what, way in breaches:
        print(f"{what}\n" + "".join(f"    {step}\n" for step in way), end="")
    unused = set(NOT_HOT) - used if not sys.argv[2:] else set()
    for pattern in unused:
        print(f"NOT_HOT names {pattern}, which the road no longer reaches: delete it")
    print(f"{len(objects)} objects, {len(breaches)} breaches")
    return 1 if breaches or unused else 0


if __name__ == "__main__":
    sys.exit(main())
