#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small link in the middle: the router says so, and Linux hosts find the path MTU.

    left 10.1.1.2 ---- r1 ==== mtu 1400 ==== middle (Linux) ---- 10.1.3.2 right
"""
import sys

from lab import Lab, expect, need_root_and_programs
from traffic import at_rest, ping, web

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.1.1/24", "2001:db8:1::1/64"]

[[port]]
name = "p1"
device = "veth:p1"
mtu = 1400
addresses = ["10.1.2.1/24", "2001:db8:2::1/64"]

[[route]]
prefix = "10.1.3.0/24"
via = ["10.1.2.2"]

[[route]]
prefix = "2001:db8:3::/64"
via = ["2001:db8:2::2"]
"""


def build(lab):
    left, middle, right = lab.host("left"), lab.host("middle"), lab.host("right")
    router = lab.router("r1")
    lab.cable(left, "eth0", router.space, "p0")
    lab.cable(router.space, "p1", middle, "eth0", mtu=1400)
    lab.cable(middle, "eth1", right, "eth0")
    left.address("eth0", "10.1.1.2/24", "2001:db8:1::2/64")
    left.route("default", "10.1.1.1")
    left.route("default", "2001:db8:1::1")
    middle.become_router()
    middle.address("eth0", "10.1.2.2/24", "2001:db8:2::2/64")
    middle.address("eth1", "10.1.3.1/24", "2001:db8:3::1/64")
    middle.route("10.1.1.0/24", "10.1.2.1")
    middle.route("2001:db8:1::/64", "2001:db8:2::1")
    right.address("eth0", "10.1.3.2/24", "2001:db8:3::2/64")
    right.route("default", "10.1.3.1")
    right.route("default", "2001:db8:3::1")
    router.configure(CONFIG)
    router.start()
    router.wait_for_addresses()
    return left, right, router


def refused(host, family, address, bytes_of_data):
    said = host.run("ping", family, "-n", "-c", 2, "-i", "0.3", "-W", "1", "-M", "do", "-s",
                    bytes_of_data, address, check=False)
    expect("mtu = 1400" in said or "mtu=1400" in said or "mtu: 1400" in said,
           f"nobody named the MTU of the small link\n{said}")


def main():
    need_root_and_programs()
    with Lab("path MTU") as lab:
        left, right, router = build(lab)
        with lab.step("IPv4 of just the MTU passes"):
            ping(left, "10.1.3.2", "-M", "do", "-s", 1400 - 28)
        with lab.step("IPv4 of one byte more is refused, fragmentation needed"):
            refused(left, "-4", "10.1.3.2", 1400 - 27)
        with lab.step("IPv6 of just the MTU passes"):
            ping(left, "2001:db8:3::2", "-M", "do", "-s", 1400 - 48)
        with lab.step("IPv6 of one byte more is refused, packet too big"):
            refused(left, "-6", "2001:db8:3::2", 1400 - 47)
        for address in ("10.1.3.2", "2001:db8:3::2"):
            with lab.step(f"TCP finds the path MTU on its own to {address}"):
                left.run("ip", "route", "flush", "cache")
                left.run("ip", "-6", "route", "flush", "cache")
                # the big segments go from the server to the client: let the left one serve
                web(lab, left, right, address, tls=False)
                web(lab, right, left, "10.1.1.2" if "." in address else "2001:db8:1::2",
                    tls=False)
        with lab.step("the router's books balance"):
            at_rest(router)
        with lab.step("the router stops cleanly"):
            router.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
