# SPDX-License-Identifier: BSD-3-Clause
"""The mark spf: what a change of the link-state database costs a router in CPU time.

An area that does not exist is fed to each router by one link, the same one to all: handed over, then
changed an LSA at a time, and after each the router has a second and a half to itself. What it takes
then, less what it takes while nothing happens, is the change: the packet, the database, the paths,
the routes, and their installation where packets look them up. Theirs are daemons in a namespace, fed
by bench_ospf_feeder, whose routes end in Linux; ours is a router in one process with its feeder and
in virtual time (bench_ospf_router), of which control's part is counted, and whose routes end in the
tables of the workers.
"""
import functools
import json
import os
import statistics
import subprocess
import sys
import time

from . import daemons
from .wire import Wire

WINDOW = 1.5  # seconds: more than MinLSArrival, BIRD's tick, FRR's delay of externals
PATIENCE = 150
CHANGES = 6  # of each kind; of ours many


class Feeder:
    def __init__(self, wire, program, case, seed):
        self.process = wire.start(wire.FEEDER, program, wire.FEEDER, case["routers"],
                                  case["externals"], seed, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)

    def act(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise RuntimeError(f"{command}: {answer or 'the feeder ended'}")


def spent(router, seconds, before):
    time.sleep(seconds)
    now = router.seconds()
    return {name: now[name] - before[name] for name in now}


def settle(router, start):
    """CPU seconds since `start` once the router has come to rest."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        one = spent(router, WINDOW, router.seconds())
        two = spent(router, WINDOW, router.seconds())
        if one[""] < 0.01 + 1.5 * two[""] and two[""] < 0.03:
            now = router.seconds()
            return {name: now[name] - start[name] for name in now}
    raise RuntimeError("the router does not come to rest")


def windows(router, count, act=None):
    """Medians of what `count` windows take, in milliseconds."""
    taken = []
    for _ in range(count):
        before = router.seconds()
        if act:
            act()
        taken.append(spent(router, WINDOW, before))
    return {name: 1e3 * statistics.median(one[name] for one in taken) for name in taken[0]}


def measure_rival(make, feeder_program, case, options):
    """{what: {part of the router: milliseconds}}; None where it failed."""
    with Wire() as wire:
        try:
            router = make(wire)
            time.sleep(1)
            feeder = Feeder(wire, feeder_program, case, options.seed)
            start = router.seconds()
            feeder.act("full")
            load = settle(router, start)
            found = {"load": {name: 1e3 * seconds for name, seconds in load.items()}}
            calm = windows(router, 3)
            for what in case["changes"]:
                count = min(CHANGES, options.rounds)
                taken = windows(router, count, functools.partial(feeder.act, what))
                found[what] = {name: max(0, taken[name] - calm[name]) for name in taken}
            return found
        except (OSError, RuntimeError) as why:
            print(f"left out: {why}\n{wire.log(wire.ROUTER)}\n{wire.log(wire.FEEDER)}",
                  file=sys.stderr)
            return None


WORDS = {"load": "load", "link": "one link", "near": "all of our neighbour's links",
         "external": "one external", "stub": "one stub"}


def measure_ours(programs, case, options):
    """{what: milliseconds}: of the whole router, and of paths and routes alone."""
    area = [str(case["routers"]), str(case["externals"])]

    def run(name, *arguments):
        done = subprocess.run([programs[name], *area, *arguments], check=True, capture_output=True,
                              text=True)
        return {key.removesuffix("_ms"): value for key, value in json.loads(done.stdout).items()
                if key.endswith("_ms")}
    return (run("bench_ospf_router", str(options.seed), "30", *case["changes"]),
            run("bench_ospf", "30", str(options.seed)))


def cases_of(case, ours, alone, rivals):
    for what in ["load", *case["changes"]]:
        theirs = {name + part: round(ms, 3) for name, found in rivals.items()
                  for part, ms in found[what].items()}
        yield {"case": f"{case['case']}: {WORDS[what]}", "unit": "cpu_milliseconds",
               "better": "lower", "ours": round(ours[what], 4),
               "ours_paths_and_routes_alone": round(alone[what], 4), "rivals": theirs,
               "ratio": round(ours[what] / max(1e-6, min(theirs.values())), 4)}


def measure(mark, description, programs, options):
    if os.geteuid() != 0:
        sys.exit("bench/run: the mark spf makes network namespaces, and needs root")
    if missing := daemons.missing():
        sys.exit(f"bench/run: {', '.join(missing)} missing; run: apt-get install bird2 frr")
    makers = {"BIRD": daemons.Bird, "BIRD, no kernel": functools.partial(daemons.Bird, kernel=False),
              "FRR": daemons.Frr}
    documents = []
    for case in description["cases"]:
        ours, alone = measure_ours(programs, case, options)
        rivals = {}
        for name, make in makers.items():
            print(f"{mark}, {case['case']}: {name}", file=sys.stderr)
            found = measure_rival(make, programs["bench_ospf_feeder"], case, options)
            if found:
                rivals[name] = found
        if not rivals:
            sys.exit(f"bench/run: {case['case']}: no rival is left")
        documents += cases_of(case, ours, alone, rivals)
    return {"schema": "spanway.bench/1", "mark": mark, "seed": options.seed, "cases": documents}
