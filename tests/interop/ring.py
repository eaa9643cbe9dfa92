#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The ring of three, and a Linux host behind each router, while the simulated hosts send too.

    g1 -- r1 == r2 -- g2
            \\\\  //
             r3 -- g3"""
import re
import sys

from lab import CLI, DAEMON, ROOT, Lab, expect, need_root_and_programs, tool, wait_for
from traffic import iperf3, no_ping, ping, web

RING = ROOT / "docs/examples/ring.toml"


def start(lab):
    process = lab.start(DAEMON, "--lab", RING, "--guests", "--stay", "--run-dir",
                        lab.folder / "run")
    wait_for(lambda: "g3:" in process.output() or not process.alive, "the ring is up", 20)
    expect(process.alive, process.output())
    names = re.findall(r"^\s*(g\d): ip netns exec (\S+)", process.output(), re.M)
    expect(len(names) == 3, process.output())
    return process, [lab.adopt(label, name) for label, name in names]


def spanway(lab, router, *words):
    return tool(CLI, "-s", lab.folder / "run" / f"{router}.sock", *words)


def session(lab, g1, g3):
    for address in ("10.2.3.2", "2001:db8:2:3::2"):
        with lab.step(f"ping across two routers to {address}"):
            ping(g1, address)
        with lab.step(f"traceroute to {address} names two routers"):
            said = g1.run("traceroute", "-n", "-q", "1", "-w", "2", "-m", "8", address)
            road = re.findall(r"^\s*\d+\s+(\S+)", said, re.M)
            expect(len(road) == 3 and road[-1] == address and "*" not in road, said)
        with lab.step(f"iperf3 TCP to {address}"):
            received = iperf3(g1, g3, address)["sum_received"]["bits_per_second"]
            print(f"    {received / 1e6:.0f} Mbit/s")
            expect(received > 1e6, f"only {received:.0f} bit/s arrived")
        with lab.step(f"iperf3 UDP to {address}, 10 Mbit/s"):
            end = iperf3(g1, g3, address, "-u", "-b", "10M", "-l", "1200")
            lost, sent = end["sum"]["lost_packets"], end["sum"]["packets"]
            print(f"    {sent} sent, {lost} lost")
            expect(sent > 1000 and lost * 100 <= sent, f"{lost} of {sent} lost")
        with lab.step(f"HTTP from {address}"):
            web(lab, g1, g3, address, tls=False)
        with lab.step(f"HTTPS from {address}"):
            web(lab, g1, g3, address, tls=True)
    with lab.step("a cut wire is silent, a mended one carries again"):
        spanway(lab, "r1", "lab", "cut", "r1-r3")
        no_ping(g1, "10.2.3.2")
        spanway(lab, "r1", "lab", "mend", "r1-r3")
        wait_for(lambda: " 1 received" in g1.run("ping", "-c", "1", "-W", "1", "10.2.3.2",
                                                 check=False), "the wire carries again")


def main():
    need_root_and_programs()
    with Lab("ring") as lab:
        process, guests = start(lab)
        session(lab, guests[0], guests[2])
        with lab.step("the lab ends cleanly and takes its namespaces along"):
            expect(process.stop() == 0, process.output())
            left = [g.name for g in guests if g.name in tool("ip", "netns", "list")]
            expect(not left, f"left behind: {left}")
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
