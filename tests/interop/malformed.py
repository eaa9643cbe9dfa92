#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames of every wrong kind, while two honest hosts go on talking.

    hostile ---- p0 r1 p1 ---- right
                    p2 ---- left

usage: malformed.py [FRAMES [SEED]]
"""
import sys
import time

from lab import Lab, expect, need_root_and_programs, wait_for
from traffic import at_rest, ping

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.1.1/24", "2001:db8:1::1/64"]

[[port]]
name = "p1"
device = "veth:p1"
addresses = ["10.1.2.1/24", "2001:db8:2::1/64"]

[[port]]
name = "p2"
device = "veth:p2"
addresses = ["10.1.3.1/24", "2001:db8:3::1/64"]
"""


def build(lab):
    hostile, right, left = lab.host("hostile"), lab.host("right"), lab.host("left")
    router = lab.router("r1")
    for number, host in enumerate((hostile, right, left), 1):
        lab.cable(host, "eth0", router.space, f"p{number - 1}")
        host.address("eth0", f"10.1.{number}.2/24", f"2001:db8:{number}::2/64")
        host.route("default", f"10.1.{number}.1")
        host.route("default", f"2001:db8:{number}::1")
    router.configure(CONFIG)
    router.start()
    router.wait_for_addresses()
    return hostile, left, right, router


def mac_of(space, interface):
    return space.run("cat", f"/sys/class/net/{interface}/address").strip()


# What a sanitized router on a busy machine keeps up with: beyond it the ring of the packet socket
# overflows, and an honest frame is lost like any other.
PER_SECOND = 20_000


def blast(hostile, router, count, seed, per_second):
    ports = {p["name"]: p for p in router.call("show.ports")["ports"]}
    return hostile.start(sys.executable, "-B", sys.path[0] + "/blast.py", "eth0",
                         ports["p0"]["mac"], mac_of(hostile, "eth0"), count, seed,
                         per_second)


def sent_by(process):
    wait_for(lambda: not process.alive, "the hostile host ends", 240)
    words = process.output().split()
    expect(words and words[-1].isdigit(), process.output())
    return int(words[-1])


def honest_traffic(left, process):
    """Pings go on until the hostile host is done; every one is answered."""
    rounds = 0
    while process.alive:
        ping(left, "10.1.2.2", count=3)
        ping(left, "2001:db8:2::2", count=3)
        rounds += 1
    return rounds


def forget(router, address):
    """An entry that nobody answers for may be gone before we come to it."""
    gone = router.ask("neighbour.del", interface="p0", address=address)
    left = [entry["address"] for entry in
            router.call("show.neighbours", interface="p0")["neighbours"]]
    expect("result" in gone or (gone["error"]["data"]["kind"] == "not_found"
                                and address not in left), gone)


def books(router, sent):
    at_rest(router)
    counters = router.call("show.counters")
    port = next(p for p in router.call("show.ports")["ports"] if p["name"] == "p0")
    received = port["counters"]["rx_packets"]
    print(f"    {sent} sent, {received} received, {counters['dropped']} dropped for "
          f"{len(counters['drops'])} reasons")
    expect(received > sent * 0.5, "the router met less than half of them")
    expect(counters["dropped"] == sum(counters["drops"].values()), "drops do not add up")
    expect(len(counters["drops"]) >= 8, f"few reasons: {counters['drops']}")


def main():
    need_root_and_programs()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    with Lab("malformed frames") as lab:
        hostile, left, right, router = build(lab)
        with lab.step("the honest hosts meet"):
            ping(left, "10.1.2.2")
            ping(left, "2001:db8:2::2")
        process = blast(hostile, router, count, seed, PER_SECOND)
        with lab.step(f"they go on while {count} spoiled frames arrive (seed {seed})"):
            print(f"    {honest_traffic(left, process)} rounds of pings")
            sent = sent_by(process)
        with lab.step("the router outlives as many at once"):
            sent += sent_by(blast(hostile, router, count, seed + 1, 0))
            ping(left, "10.1.2.2")
            ping(left, "2001:db8:2::2")
        with lab.step("its books balance"):
            books(router, sent)
        with lab.step("once its false ARP is forgotten, the hostile host's pings pass too"):
            for entry in router.call("show.neighbours", interface="p0")["neighbours"]:
                forget(router, entry["address"])
            ping(hostile, "10.1.2.2")
        with lab.step("the router stops cleanly"):
            router.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
