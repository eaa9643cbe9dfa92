#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Routes of every kind: equal-cost paths over two Linux routers, blackhole, reject, 100,000 at once

                    ,---- m1 (Linux) ----.
    left ---- r1 ---+                    +---- right (10.9.0.1, 2001:db8:9::1 on lo)
                    `---- m2 (Linux) ----'
"""
import sys
import time

from lab import Lab, expect, need_root_and_programs
from traffic import at_rest, no_ping, ping

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.1.1/24", "2001:db8:1::1/64"]

[[port]]
name = "p1"
device = "veth:p1"
addresses = ["10.1.11.1/24", "2001:db8:11::1/64"]

[[port]]
name = "p2"
device = "veth:p2"
addresses = ["10.1.12.1/24", "2001:db8:12::1/64"]

[[route]]
prefix = "10.9.0.0/16"
via = ["10.1.11.2", "10.1.12.2"]

[[route]]
prefix = "2001:db8:9::/48"
via = ["2001:db8:11::2", "2001:db8:12::2"]
"""

SEND_FLOWS = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
for port in range(20000, 20000 + int(sys.argv[2])):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(("", port))
    s.sendto(b"flow", (sys.argv[1], 9))
    s.close()
"""


def build(lab):
    left, right = lab.host("left"), lab.host("right")
    middles = [lab.host("m1"), lab.host("m2")]
    router = lab.router("r1")
    lab.cable(left, "eth0", router.space, "p0")
    left.address("eth0", "10.1.1.2/24", "2001:db8:1::2/64")
    left.route("default", "10.1.1.1")
    left.route("default", "2001:db8:1::1")
    right.address("lo", "10.9.0.1/32", "2001:db8:9::1/128")
    for number, middle in enumerate(middles, 1):
        lab.cable(router.space, f"p{number}", middle, "eth0")
        lab.cable(middle, "eth1", right, f"eth{number}")
        middle.become_router()
        middle.address("eth0", f"10.1.1{number}.2/24", f"2001:db8:1{number}::2/64")
        middle.address("eth1", f"10.1.2{number}.1/24", f"2001:db8:2{number}::1/64")
        right.address(f"eth{number}", f"10.1.2{number}.2/24", f"2001:db8:2{number}::2/64")
        middle.route("10.9.0.0/16", f"10.1.2{number}.2")
        middle.route("2001:db8:9::/48", f"2001:db8:2{number}::2")
        middle.route("10.1.1.0/24", f"10.1.1{number}.1")
        middle.route("2001:db8:1::/64", f"2001:db8:1{number}::1")
    right.route("default", "10.1.21.1")
    right.route("default", "2001:db8:21::1")
    router.configure(CONFIG)
    router.start()
    router.wait_for_addresses()
    return left, right, router


def sent_by(router):
    return {i["name"]: i["counters"]["tx_packets"]
            for i in router.call("show.interfaces")["interfaces"]}


def spreads(left, router, address, weights=(1, 1), flows=400):
    left.run(sys.executable, "-c", SEND_FLOWS, address, 20)  # both neighbours get known
    time.sleep(0.5)
    before = sent_by(router)
    left.run(sys.executable, "-c", SEND_FLOWS, address, flows)
    time.sleep(0.5)
    after = sent_by(router)
    share = [after[p] - before[p] for p in ("p1", "p2")]
    wanted = flows * weights[0] / sum(weights)
    print(f"    {flows} flows: {share[0]} by p1, {share[1]} by p2")
    # ARP, ND and the like may add a few; five standard deviations are some 50 flows
    expect(abs(share[0] - wanted) < 60 and sum(share) >= flows, f"spread {share}")


def hundred_thousand(router):
    routes = [{"prefix": f"10.{100 + n // 65536}.{n // 256 % 256}.{n % 256}/32",
               "via": "10.1.11.2"} for n in range(100_000)]
    began = time.monotonic()
    done = router.call("route.batch", add=routes)
    print(f"    100,000 routes in {time.monotonic() - began:.2f} s")
    expect(done["added"] == 100_000, f"{done}")
    again = router.call("route.batch", add=routes)
    expect(again["added"] == 0 and again["unchanged"] == 100_000, f"twice: {again}")
    bad = routes[:10] + [{"prefix": "10.200.0.1/33", "via": "10.1.11.2"}]
    before = router.call("show.fib")["ip4"]["routes"]
    answer = router.ask("route.batch", add=bad, **{"del": [r["prefix"] for r in routes[:5]]})
    expect("add[10]" in answer.get("error", {}).get("message", ""), f"{answer}")
    expect(router.call("show.fib")["ip4"]["routes"] == before, "a refused batch changed the FIB")
    gone = router.call("route.batch", **{"del": [r["prefix"] for r in routes]})
    expect(gone["deleted"] == 100_000, f"{gone}")


def main():
    need_root_and_programs()
    with Lab("routes") as lab:
        left, right, router = build(lab)
        with lab.step("ping across equal paths, IPv4"):
            ping(left, "10.9.0.1")
        with lab.step("ping across equal paths, IPv6"):
            ping(left, "2001:db8:9::1")
        with lab.step("flows spread over both paths, IPv4"):
            spreads(left, router, "10.9.0.1")
        with lab.step("flows spread over both paths, IPv6"):
            spreads(left, router, "2001:db8:9::1")
        with lab.step("weights 3 and 1 are kept"):
            router.call("route.add", prefix="10.9.0.0/16", replace=True,
                        via=[{"gateway": "10.1.11.2", "weight": 3},
                             {"gateway": "10.1.12.2", "weight": 1}])
            spreads(left, router, "10.9.0.1", weights=(3, 1))
        with lab.step("blackhole: silence, and a named drop"):
            router.call("route.add", prefix="10.66.0.0/16", kind="blackhole")
            said = no_ping(left, "10.66.0.1")
            expect("nreachable" not in said and "rohibited" not in said, said)
            expect(router.drops()["blackhole"] >= 2, f"{router.drops()}")
        with lab.step("reject: the sender is told"):
            router.call("route.add", prefix="10.67.0.0/16", kind="reject")
            router.call("route.add", prefix="2001:db8:67::/48", kind="reject")
            for address in ("10.67.0.1", "2001:db8:67::1"):
                said = no_ping(left, address)
                expect("nreachable" in said or "rohibited" in said or "iltered" in said, said)
        with lab.step("no route: the sender is told"):
            said = no_ping(left, "172.31.0.1")
            expect("nreachable" in said, said)
        with lab.step("a deleted route is gone"):
            router.call("route.del", prefix="10.66.0.0/16")
            expect("nreachable" in no_ping(left, "10.66.0.1"), "still silent")
        with lab.step("100,000 routes in one request, all or nothing"):
            hundred_thousand(router)
        with lab.step("traffic went on"):
            ping(left, "10.9.0.1")
        with lab.step("the router's books balance"):
            at_rest(router)
        with lab.step("the router stops cleanly"):
            router.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
