# SPDX-License-Identifier: BSD-3-Clause
"""The marks adjacency and convergence: how long two routers take to each other, and what a cut
costs, with BIRD and FRR on the same cables in the same run. Namespaces, routers and the diamond are
those of tests/interop. Needs root; times are wall-clock, so they want an idle machine."""
import os
import pathlib
import random
import statistics
import sys
import time

# Routers that run for a while get a cable: none still waits for its MinLSInterval of 5 s.
# It comes at any moment between two beats of theirs: BIRD does its work once a second.
SETTLED, BEAT = 8, 1

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure(mark, description, build, options):
    os.environ["SPANWAY_BUILD"] = str(build)
    sys.path.insert(0, str(ROOT / "tests" / "interop"))
    import peers
    reason = peers.missing_peers() or (None if os.geteuid() == 0 else "it needs root")
    if reason:
        sys.exit(f"bench/run {mark}: {reason}")
    kinds = {"spanway": peers.Spanway, "bird": peers.Bird, "frr": peers.Frr}
    contest = {"adjacency": Adjacency, "convergence": Convergence}[description["kind"]](
        kinds, options.seed)
    rounds = min(options.rounds, description["rounds"])
    cases = []
    for case in description["cases"]:
        field = {name: who.split() for name, who in case["rivals"].items()}
        measured = {name: [] for name in ["ours", *field]}
        # Alternating, so that a busy hour of the machine is everybody's.
        for _ in range(rounds):
            for name in measured:
                who = case["ours"].split() if name == "ours" else field[name]
                taken = contest.run(who, case)
                if taken is None:  # the lab has said why
                    sys.exit(f"bench/run {mark}: {' '.join(who)} did not come so far")
                measured[name].append(taken)
        for place, what in enumerate(contest.measures):
            medians = {name: statistics.median(one[place] for one in all_of)
                       for name, all_of in measured.items()}
            ours = medians.pop("ours")
            best = min(medians.values())
            cases.append({"case": f"{case['case']}{what}", "unit": contest.unit,
                          "better": "lower", "ours": ours, "rivals": medians,
                          "ratio": ours / best if best else float("inf"),
                          "all": {name: [one[place] for one in all_of]
                                  for name, all_of in measured.items()}})
    return {"schema": "spanway.bench/1", "mark": mark, "rounds": rounds, "cases": cases}


class Adjacency:
    """Seconds from the carrier to Full on both sides, and from there to both loopbacks' routes."""
    unit = "s"
    measures = (": Full", ": then routes")

    def __init__(self, kinds, seed):
        self.kinds = kinds
        self.moments = random.Random(seed)

    def run(self, who, case):
        from lab import Lab
        from peers import Port
        with Lab(f"adjacency of {' and '.join(who)}") as lab:
            a, b = (self.kinds[kind](lab, f"{name}{kind}", f"10.255.0.{number}")
                    for number, (name, kind) in enumerate(zip("ab", who), start=1))
            lab.cable(a.space, "e0", b.space, "e0")
            for number, speaker in ((1, a), (2, b)):
                speaker.add(Port("e0", f"10.0.12.{number}/24", kind="point-to-point",
                                 hello=case["hello_s"], dead=4 * case["hello_s"]))
            b.space.run("ip", "link", "set", "e0", "down")
            for speaker in (a, b):
                speaker.start()
            time.sleep(SETTLED + self.moments.uniform(0, BEAT))
            begun = time.monotonic()
            b.space.run("ip", "link", "set", "e0", "up")
            poll(lambda: a.is_full_with(b) and b.is_full_with(a), "Full", 60)
            full = time.monotonic()
            poll(lambda: a.has_route(b.router_id) and b.has_route(a.router_id), "routes", 60)
            return full - begun, time.monotonic() - full


class Convergence:
    """Milliseconds of traffic lost, a datagram each."""
    unit = "ms lost"
    measures = ("",)

    def __init__(self, kinds, seed):
        del seed
        self.kinds = kinds

    def run(self, who, case):
        from diamond import PER_SECOND, Diamond
        from lab import Lab
        with Lab(f"diamond of {' '.join(who)}") as lab:
            diamond = Diamond(lab, [self.kinds[kind] for kind in who], hello=1, dead=4).start()
            time.sleep(6)  # back-offs of the start are over
            if case["cut"] == "carrier":
                lost = diamond.lost_while(lambda: diamond.carrier(False), 5)
            else:
                lost = diamond.lost_while(lambda: diamond.silence(True), 9)
            return (lost * 1000 / PER_SECOND,)


def poll(condition, what, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench/run: {what}: not within {seconds} s")
        time.sleep(0.005)
