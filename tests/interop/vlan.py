#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A tagged link between two routers; tcpdump in the middle sees the tag.

    left ---- r1 ==== VLAN 100 ==== r2 ---- right
"""
import sys
import time

from lab import Lab, expect, need_root_and_programs
from traffic import at_rest, ping, traceroute

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.{edge}.1/24", "2001:db8:{edge}::1/64"]

[[port]]
name = "p1"
device = "veth:p1"

[[vlan]]
port = "p1"
id = 100
addresses = ["10.1.9.{me}/24", "2001:db8:9::{me}/64"]

[[route]]
prefix = "10.1.{far}.0/24"
via = ["10.1.9.{peer}"]

[[route]]
prefix = "2001:db8:{far}::/64"
via = ["2001:db8:9::{peer}"]
"""


def build(lab):
    left, right = lab.host("left"), lab.host("right")
    r1, r2 = lab.router("r1"), lab.router("r2")
    lab.cable(r1.space, "p1", r2.space, "p1")
    for host, router, edge in ((left, r1, 1), (right, r2, 2)):
        lab.cable(host, "eth0", router.space, "p0")
        host.address("eth0", f"10.1.{edge}.2/24", f"2001:db8:{edge}::2/64")
        host.route("default", f"10.1.{edge}.1")
        host.route("default", f"2001:db8:{edge}::1")
        router.configure(CONFIG.format(edge=edge, far=3 - edge, me=edge, peer=3 - edge))
        router.start()
    r1.wait_for_addresses()
    r2.wait_for_addresses()
    return left, right, r1, r2


def tagged_in_the_middle(lab, left, space):
    capture = lab.folder / "middle.pcap"
    dump = space.start("tcpdump", "-U", "-i", "p1", "-w", capture)
    time.sleep(1)
    ping(left, "10.1.2.2")
    time.sleep(0.5)
    dump.stop()
    seen = space.run("tcpdump", "-e", "-n", "-r", capture, "vlan 100 and icmp")
    expect("vlan 100" in seen, f"no tagged echo among\n{seen}")
    bare = space.run("tcpdump", "-e", "-n", "-r", capture, "icmp")
    expect(" > 10.1.2.2" not in bare, f"an untagged echo on the tagged link\n{bare}")


def main():
    need_root_and_programs()
    with Lab("vlan") as lab:
        left, right, r1, r2 = build(lab)
        with lab.step("ping across the tagged link, IPv4"):
            ping(left, "10.1.2.2")
        with lab.step("ping across the tagged link, IPv6"):
            ping(left, "2001:db8:2::2")
        with lab.step("traceroute names both routers"):
            traceroute(left, "10.1.2.2", ["10.1.1.1", "10.1.9.2"])
        with lab.step("the frames in the middle carry VLAN 100"):
            tagged_in_the_middle(lab, left, r1.space)
        with lab.step("both routers' books balance"):
            at_rest(r1)
            at_rest(r2)
        with lab.step("both routers stop cleanly"):
            r1.stop()
            r2.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
