#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How the router and Linux find each other: ARP, neighbour discovery, moves and duplicates.

    left 10.1.1.2 ---- r1 ---- 10.1.2.2 right
"""
import sys

import one_router
from lab import Lab, expect, need_root_and_programs, wait_for
from traffic import at_rest, neighbour, no_ping, ping

NEW_MAC = "02:00:00:00:77:01"


def reachable(router, address, mac=None):
    def look():
        entry = neighbour(router, address)
        return entry and entry["state"] == "reachable" and mac in (None, entry["mac"])
    return look


def moves(left, right, router):
    """right changes its card; its gratuitous ARP is all that tells the router."""
    for family in ("ipv4.conf.eth0.arp_notify", "ipv6.conf.eth0.ndisc_notify"):
        right.set(f"net.{family}", 1)
    right.run("ip", "link", "set", "eth0", "address", NEW_MAC)
    wait_for(lambda: (neighbour(router, "10.1.2.2") or {}).get("mac") == NEW_MAC,
             "the router follows the gratuitous ARP", 5)
    ping(left, "10.1.2.2")


def linux_meets_our_address(left):
    """Linux's own duplicate address detection sees that the router has the address."""
    left.run("ip", "address", "add", "2001:db8:1::1/64", "dev", "eth0")
    wait_for(lambda: "dadfailed" in left.run("ip", "-6", "address", "show", "dev", "eth0"),
             "Linux finds the duplicate", 5)
    left.run("ip", "address", "del", "2001:db8:1::1/64", "dev", "eth0")


def we_meet_linux_address(left, router):
    """The router takes no address that somebody on the link has already."""
    for length, address in ((64, "2001:db8:1::99"), (24, "10.1.1.99")):
        left.address("eth0", f"{address}/{length}")
        router.call("address.add", interface="p0", address=f"{address}/{length}")
        wait_for(lambda: [event for event in router.call("events")["events"]
                          if "duplicate" in event["kind"] and address in str(event)],
                 f"an event names the duplicate {address}", 5)
        host = f"{address}/{128 if ':' in address else 32}"
        expect("error" in router.ask("show.routes", prefix=host), f"the router uses {host}")
        router.call("address.del", interface="p0", address=f"{address}/{length}")
        left.run("ip", "address", "del", f"{address}/{length}", "dev", "eth0")


def nobody_there(left, router):
    before = router.drops()
    said = no_ping(left, "10.1.2.77", "-W", "4")
    expect("Unreachable" in said, f"no word that the host is unreachable\n{said}")
    after = router.drops()
    expect(sum(after.values()) > sum(before.values()), f"no drop was counted: {after}")


def main():
    need_root_and_programs()
    with Lab("neighbours") as lab:
        left, right, router = lab.host("left"), lab.host("right"), lab.router("r1")
        one_router.over_veth(lab, left, right, router)
        with lab.step("ARP resolves both hosts, without losing the first packet"):
            ping(left, "10.1.2.2")
            wait_for(reachable(router, "10.1.1.2"), "left is reachable")
            wait_for(reachable(router, "10.1.2.2"), "right is reachable")
        with lab.step("neighbour discovery resolves both hosts"):
            ping(left, "2001:db8:2::2")
            wait_for(reachable(router, "2001:db8:2::2"), "right is reachable")
        with lab.step("a gratuitous ARP moves a neighbour"):
            moves(left, right, router)
        with lab.step("after the move IPv6 still arrives"):
            ping(left, "2001:db8:2::2")
        with lab.step("a host that is not there: unreachable, and counted"):
            nobody_there(left, router)
        with lab.step("Linux may not take the router's address"):
            linux_meets_our_address(left)
        with lab.step("the router does not take Linux's address"):
            we_meet_linux_address(left, router)
        with lab.step("a forgotten neighbour is found again"):
            router.call("neighbour.del", interface="p1", address="10.1.2.2")
            ping(left, "10.1.2.2")
        with lab.step("the router's books balance"):
            at_rest(router)
        with lab.step("the router stops cleanly"):
            router.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
