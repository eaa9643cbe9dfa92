# SPDX-License-Identifier: BSD-3-Clause
"""Four routers and a host at each end, and how many datagrams a cut costs.

             b 10.255.0.2
           /              \\ x        the cable that is cut goes through x, a bridge of its own, so
    h1 - a                  d - h2    that both ends lose their carrier, or neither does
           \\              /
             c 10.255.0.3             dearer than the way by b
"""
import json
import sys
import time

from lab import wait_for
from peers import Port

SEND = """
import socket, sys, time
address, count, every = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begun = time.monotonic()
for number in range(count):
    late = begun + number * every - time.monotonic()
    if late > 0:
        time.sleep(late)
    try:
        wire.sendto(number.to_bytes(4, "big"), (address, 9000))
    except OSError:
        pass
"""

RECEIVE = """
import json, socket, sys
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
wire.bind(("", 9000))
wire.settimeout(float(sys.argv[1]))
print("listening", flush=True)
seen = []
try:
    while True:
        seen.append(int.from_bytes(wire.recv(100)[:4], "big"))
        wire.settimeout(5)
except TimeoutError:
    pass
print(json.dumps(seen), flush=True)
"""

PER_SECOND = 1000


class Diamond:
    """kinds: the classes of a, b, c and d."""

    def __init__(self, lab, kinds, hello=1, dead=4):
        self.lab = lab
        self.h1, self.h2, self.x = lab.host("h1"), lab.host("h2"), lab.host("x")
        self.routers = [kind(lab, name, f"10.255.0.{number}")
                        for number, (kind, name) in enumerate(zip(kinds, "abcd"), start=1)]
        a, b, c, d = self.routers
        self.x.run("ip", "link", "add", "br0", "type", "bridge")
        self.x.run("ip", "link", "set", "br0", "up")
        self.join(a, "e1", b, "e1", 1, 10, hello, dead)
        self.join(a, "e2", c, "e1", 2, 30, hello, dead)
        self.join(c, "e2", d, "e2", 4, 30, hello, dead)
        for speaker, name, other in ((b, "e2", "left"), (d, "e1", "right")):
            lab.cable(speaker.space, name, self.x, other)
            self.x.run("ip", "link", "set", other, "master", "br0")
        for speaker, name, end in ((b, "e2", 1), (d, "e1", 2)):
            speaker.add(Port(name, f"10.0.3.{end}/24", kind="point-to-point", hello=hello,
                             dead=dead))
        for host, speaker, number in ((self.h1, a, 1), (self.h2, d, 2)):
            lab.cable(host, "eth0", speaker.space, "h0")
            speaker.add(Port("h0", f"10.{number}.0.1/24", hello=hello, dead=dead, passive=True))
            host.address("eth0", f"10.{number}.0.2/24")
            host.route("default", f"10.{number}.0.1")

    def join(self, one, one_name, other, other_name, number, cost, hello, dead):
        self.lab.cable(one.space, one_name, other.space, other_name)
        for speaker, name, end in ((one, one_name, 1), (other, other_name, 2)):
            speaker.add(Port(name, f"10.0.{number}.{end}/24", kind="point-to-point", cost=cost,
                             hello=hello, dead=dead))

    def start(self):
        for router in self.routers:
            router.start()
        a, b, c, d = self.routers
        wait_for(lambda: a.is_full_with(b, c) and d.is_full_with(b, c), "four adjacencies", 30)
        wait_for(lambda: a.has_route("10.2.0.0/24") and d.has_route("10.1.0.0/24"), "routes", 30)
        wait_for(lambda: "1 received" in self.h1.run("ping", "-n", "-c", "1", "-W", "1", "10.2.0.2",
                                                     check=False), "h1 reaches h2", 30)
        return self

    def carrier(self, up):
        for end in ("left", "right"):
            self.x.run("ip", "link", "set", end, "up" if up else "down")

    def silence(self, on):
        if on:
            self.x.run("ip", "link", "set", "right", "nomaster")
        else:
            self.x.run("ip", "link", "set", "right", "master", "br0")

    def lost_while(self, act, seconds=4):
        """Datagrams of PER_SECOND that did not arrive; act() comes after the first second."""
        receiver = self.h2.start(sys.executable, "-c", RECEIVE, seconds + 5)
        wait_for(lambda: "listening" in receiver.output(), "h2 listens")
        count = seconds * PER_SECOND
        sender = self.h1.start(sys.executable, "-c", SEND, "10.2.0.2", count, 1 / PER_SECOND)
        time.sleep(1)
        act()
        sender.popen.wait(seconds + 10)
        receiver.popen.wait(seconds + 15)
        seen = json.loads(receiver.output().splitlines()[-1])
        return count - len(set(seen))
