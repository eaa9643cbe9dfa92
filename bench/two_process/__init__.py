# SPDX-License-Identifier: BSD-3-Clause
"""The mark echo-two-process: an application asks and one answers, each at a daemon of its own, the
daemons joined by memif: four processes, against the kernel's UDP between two. Both sit in a
namespace of their own. Needs root; times are wall-clock, so they want an idle machine."""
import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

CONFIG = """
[[port]]
name = "p0"
device = "memif:{folder}/cable.sock{role}"
addresses = ["10.1.0.{n}/24"]
"""
# What bench_talk says, by its place.
RATE, MEDIAN, MOST, LONGEST = range(4)


def measure(mark, description, talk, build, options):
    os.environ["SPANWAY_BUILD"] = str(build)
    sys.path.insert(0, str(ROOT / "tests" / "interop"))
    from lab import Lab, wait_for
    if os.geteuid() != 0:
        sys.exit(f"bench/run {mark}: it needs root")
    seconds = 0.2 if options.quick else description["seconds"]
    rounds = 1 if options.quick else min(options.rounds, description["rounds"])
    rivals = description["rivals"]
    windows = description["windows"]
    said = {(who, window): [] for who in ["ours", *rivals] for window in windows}
    with Lab(mark) as lab:
        here, there = routers(lab, wait_for)
        for _ in range(rounds):  # alternating, so that a busy moment of the machine is everybody's
            for who, window in said:
                kind = "" if who == "ours" else rivals[who]
                with asleep([here, there] if kind else []):
                    said[who, window].append(
                        talk_once(talk, here, there, kind, window, seconds))
        for router in (here, there):
            router.stop()
        return {"schema": "spanway.bench/1", "mark": mark, "rounds": rounds,
                "cases": list(cases(said, rivals, windows))}
    sys.exit(f"bench/run {mark}: it was not measured")  # the lab has said why


def routers(lab, wait_for):
    pair = []
    for n, role in ((1, ",server"), (2, "")):
        router = lab.router(f"r{n}")
        router.attach_path = lab.folder / f"r{n}-attach.sock"
        router.configure(CONFIG.format(n=n, folder=lab.folder, role=role))
        pair.append(router.start())
    for router in pair:
        router.wait_for_addresses()
        wait_for(lambda: "result" in router.ask("show.routes", prefix="10.1.0.0/24"),
                 f"{router.name} has a way to the other")
    return pair


@contextlib.contextmanager
def asleep(routers_of_ours):
    """They take nothing of the machine while others are measured."""
    try:
        for router in routers_of_ours:
            router.process.signal(signal.SIGSTOP)
        yield
    finally:
        for router in routers_of_ours:
            router.process.signal(signal.SIGCONT)


def talk_once(talk, here, there, kind, window, seconds):
    """A process that answers and one that asks; the four figures that it says."""
    def at(router, *words):
        return ["ip", "netns", "exec", here.space.name, "env",
                f"SPANWAY_SOCKET={router.attach_path}", str(talk), *map(str, words)]

    with subprocess.Popen(at(there, f"{kind}serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as answers:
        try:
            port = answers.stdout.readline().strip()
            asked = subprocess.run(at(here, f"{kind}ask", "10.1.0.2", port, window, seconds),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                   timeout=60, check=True)
            return [float(word) for word in asked.stdout.split()]
        finally:
            answers.stdin.close()
            try:
                answers.wait(10)
            except subprocess.TimeoutExpired:
                answers.kill()


def cases(said, rivals, windows):
    def all_of(who, window, place):
        return statistics.median(one[place] for one in said[who, window])

    for window in windows:
        for place, what, unit, better in ((RATE, "rate", "echoes_per_second", "higher"),
                                          (MEDIAN, "median", "us", "lower"),
                                          (MOST, "99th of 100", "us", "lower"),
                                          (LONGEST, "longest", "us", "lower")):
            ours = all_of("ours", window, place)
            others = {who: all_of(who, window, place) for who in rivals}
            best = (max if better == "higher" else min)(others.values())
            yield {"case": f"64 B, window {window}: {what}", "unit": unit, "better": better,
                   "ours": ours, "rivals": others, "ratio": ours / best}
