#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two Linux hosts, one Spanway between them: by packet sockets on veth, then by TAP devices.

    left 10.1.1.2 ---- 10.1.1.1 r1 10.1.2.1 ---- 10.1.2.2 right
    left 2001:db8:1::2        (the same with ::1)        2001:db8:2::2 right
"""
import json
import sys

from lab import Lab, Skipped, expect, need_root_and_programs
from traffic import at_rest, iperf3, ping, traceroute, web

CONFIG = """
[[port]]
name = "p0"
device = "{p0}"
addresses = ["10.1.1.1/24", "2001:db8:1::1/64"]

[[port]]
name = "p1"
device = "{p1}"
addresses = ["10.1.2.1/24", "2001:db8:2::1/64"]
"""


def number(left, right):
    left.address("eth0", "10.1.1.2/24", "2001:db8:1::2/64")
    left.route("default", "10.1.1.1")
    left.route("default", "2001:db8:1::1")
    right.address("eth0", "10.1.2.2/24", "2001:db8:2::2/64")
    right.route("default", "10.1.2.1")
    right.route("default", "2001:db8:2::1")


def over_veth(lab, left, right, router):
    lab.cable(left, "eth0", router.space, "p0")
    lab.cable(right, "eth0", router.space, "p1")
    # Linux at the router's end has the same MAC, and would take the link-local address made of it.
    for name in ("p0", "p1"):
        router.space.set(f"net.ipv6.conf.{name}.disable_ipv6", 1)
    number(left, right)
    router.configure(CONFIG.format(p0="veth:p0", p1="veth:p1"))
    router.start()
    router.wait_for_addresses()


def over_tap(lab, left, right, router):
    router.configure(CONFIG.format(p0="tap:t0", p1="tap:t1"))
    router.start()
    lab.give("t0", router.space, left, "eth0")
    lab.give("t1", router.space, right, "eth0")
    number(left, right)
    router.wait_for_addresses()


REFUSED = """
import socket, sys
wire = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
wire.settimeout(5)
wire.connect((sys.argv[1], 9))
wire.send(bytes(3000))
try:
    wire.recv(1)
except ConnectionRefusedError:
    print("refused")
"""


def refused_port(host, address):
    said = host.run(sys.executable, "-c", REFUSED, address, check=False)
    expect("refused" in said, f"no port unreachable from {address}: {said}")


def whole_fragments(how, address):
    """Linux puts IPv4 fragments together before a packet socket of DPDK's sees them."""
    if how == "veth" and "." in address:
        raise Skipped("a packet socket gives no IPv4 fragments (docs/drivers.md)")


def link_local_of(host):
    said = json.loads(host.run("ip", "-6", "-j", "address", "show", "dev", "eth0", "scope", "link"))
    return next(one["local"] for link in said for one in link.get("addr_info", []) if one)


def session(lab, how, left, right, router):
    with lab.step(f"{how}: ping the router, IPv4"):
        ping(left, "10.1.1.1")
    with lab.step(f"{how}: ping the router, IPv6"):
        ping(left, "2001:db8:1::1")
    with lab.step(f"{how}: ping across, IPv4"):
        ping(left, "10.1.2.2")
    with lab.step(f"{how}: ping across, IPv6"):
        ping(left, "2001:db8:2::2")
    with lab.step(f"{how}: ping the far side of the router"):
        ping(left, "10.1.2.1")
        ping(left, "2001:db8:2::1")
    with lab.step(f"{how}: ping with 1472 bytes, not to be fragmented"):
        ping(left, "10.1.2.2", "-s", 1472, "-M", "do")
    for address in ("10.1.1.1", "2001:db8:1::1"):
        for size in (2000, 8000):
            with lab.step(f"{how}: ping {address}, the router, with {size} bytes, in fragments"):
                whole_fragments(how, address)
                ping(left, address, "-s", size)
        with lab.step(f"{how}: a datagram to a closed port of {address}, in fragments"):
            whole_fragments(how, address)
            refused_port(left, address)
    with lab.step(f"{how}: the router pings a link-local address"):
        link_local = link_local_of(left)
        router.cli("ping", f"{link_local}%p0", "count", "2")
        router.cli("traceroute", f"{link_local}%p0")
    with lab.step(f"{how}: the books of the fragments balance"):
        pieces = router.call("show.counters")["reassembly"]
        expect(pieces["answered"] > 0 and pieces["refused"] > 0, f"{pieces}")
        expect(pieces["received"] == pieces["joined"] + pieces["waiting"]
               + sum(pieces["lost"].values()), f"{pieces}")
    with lab.step(f"{how}: traceroute, IPv4"):
        traceroute(left, "10.1.2.2", ["10.1.1.1"])
    with lab.step(f"{how}: traceroute, IPv6"):
        traceroute(left, "2001:db8:2::2", ["2001:db8:1::1"])
    for address in ("10.1.2.2", "2001:db8:2::2"):
        with lab.step(f"{how}: iperf3 TCP to {address}"):
            end = iperf3(left, right, address)
            received = end["sum_received"]["bits_per_second"]
            print(f"    {received / 1e6:.0f} Mbit/s, "
                  f"{end['sum_sent'].get('retransmits')} retransmitted")
            expect(received > 1e6, f"only {received:.0f} bit/s arrived")
        with lab.step(f"{how}: iperf3 UDP to {address}, 20 Mbit/s"):
            end = iperf3(left, right, address, "-u", "-b", "20M", "-l", "1200")
            lost, sent = end["sum"]["lost_packets"], end["sum"]["packets"]
            print(f"    {sent} sent, {lost} lost")
            expect(sent > 1000 and lost * 1000 <= sent, f"{lost} of {sent} lost")
        with lab.step(f"{how}: HTTP from {address}"):
            web(lab, left, right, address, tls=False)
        with lab.step(f"{how}: HTTPS from {address}"):
            web(lab, left, right, address, tls=True)
    with lab.step(f"{how}: the router's books balance"):
        at_rest(router)
    with lab.step(f"{how}: the router stops cleanly"):
        router.stop()


def main():
    need_root_and_programs()
    failures = 0
    for how, build in (("veth", over_veth), ("tap", over_tap)):
        with Lab("one router") as lab:
            left, right, router = lab.host("left"), lab.host("right"), lab.router("r1")
            build(lab, left, right, router)
            session(lab, how, left, right, router)
        failures += lab.failures
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
