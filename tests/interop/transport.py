#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Messages between two routers across Linux, which loses packets; tshark reads what passes.

    r1 ---- middle (Linux, nft) ---- r2
"""
import json
import subprocess
import sys

from lab import Lab, expect, need_root_and_programs, wait_for

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.{me}.1/24", "2001:db8:{me}::1/64"]

[[route]]
prefix = "10.1.{far}.0/24"
via = ["10.1.{me}.2"]

[[route]]
prefix = "2001:db8:{far}::/64"
via = ["2001:db8:{me}::2"]
{rest}"""
KEY = '\n[transport]\nprobe_port = {port}\nkey = "{key}"\n'
PORT = 7007
FAR4, FAR6 = "10.1.2.1", "2001:db8:2::1"


def build(lab):
    middle = lab.host("middle")
    routers = []
    for me in (1, 2):
        router = lab.router(f"r{me}")
        lab.cable(middle, f"e{me}", router.space, "p0")
        middle.address(f"e{me}", f"10.1.{me}.2/24", f"2001:db8:{me}::2/64")
        router.configure(CONFIG.format(me=me, far=3 - me, rest=""))
        routers.append(router.start())
    middle.become_router()
    for router in routers:
        router.wait_for_addresses()
    return middle, *routers


def measure(router, *words):
    code, text = router.cli("-j", "transport", *words, check=False)
    return code, json.loads(text)


def ping(router, address):
    code, poll = measure(router, "ping", address, "count", "5", "interval", "20ms")
    expect(code == 0 and poll["received"] == 5 and poll["end"] == "closed", f"{code}: {poll}")


def stream(router, address):
    code, poll = measure(router, "perf", address, "time", "2s", "size", "20000")
    expect(code == 0 and poll["end"] == "closed" and poll["messages"] > 100, f"{code}: {poll}")
    return sum(one["retransmissions"] for one in poll["intervals"])


def loses(middle, percent):
    """Linux forgets so many of the UDP packets that it forwards."""
    middle.run("nft", "-f", "-", text_in=f"""
        table inet loss {{
            chain forward {{
                type filter hook forward priority 0
                meta l4proto udp numgen random mod 1000 < {percent * 10} drop
            }}
        }}""")


def all_sums_good(lab, middle, r1):
    capture = lab.folder / "middle.pcap"
    dump = middle.start("tcpdump", "-U", "-c", "200", "-i", "e2", "-w", capture, "udp")
    wait_for(lambda: "listening on" in dump.output(), "tcpdump listens")
    stream(r1, FAR4)
    stream(r1, FAR6)
    dump.stop()
    read = ["tshark", "-r", str(capture), "-o", "udp.check_checksum:TRUE", "-o",
            "ip.check_checksum:TRUE", "-T", "fields", "-e", "udp.length", "-Y"]
    bad, seen = (subprocess.run([*read, which], capture_output=True, text=True, timeout=60,
                                check=True).stdout.split()
                 for which in ("udp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed",
                               "udp.checksum.status == 1"))
    expect(not bad, f"{len(bad)} packets that tshark does not believe")
    expect(len(seen) >= 100, f"only {len(seen)} packets were seen")


def noise(middle, r2):
    """Datagrams that are nothing of ours, to the port that is listened on."""
    script = ("import os, socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              f"for i in range(500): s.sendto(os.urandom(i), ('{FAR4}', {PORT}))\n")
    before = r2.drops()
    middle.run(sys.executable, "-c", script)
    expect(sum(r2.drops().get(name, 0) - before.get(name, 0)
               for name in ("transport_refused", "transport_unknown", "transport_handshake")) > 400,
           f"the noise is not among {r2.drops()}")


def keyed(r1, r2):
    def apply(router, me, key):
        router.call("config.apply", text=router.whole(
            CONFIG.format(me=me, far=3 - me, rest=KEY.format(port=PORT, key=key))))
    apply(r1, 1, "00112233445566778899aabbccddeeff")
    code, answer = measure(r1, "ping", FAR4, "count", "1")
    expect(code == 1 and "same key" in answer["error"]["fix"], f"{code}: {answer}")
    apply(r2, 2, "ffeeddccbbaa99887766554433221100")
    code, answer = measure(r1, "ping", FAR4, "count", "1")
    expect(code == 1, f"{code}: {answer}")
    apply(r2, 2, "00112233445566778899AABBCCDDEEFF")
    ping(r1, FAR4)
    stream(r1, FAR6)
    shown = r1.call("show.transport")
    expect(shown["protection"] == "aes-128-gcm", shown)


def all_over(*routers):
    for router in routers:
        wait_for(lambda: not router.call("show.transport")["connections"],
                 f"{router.name} has buried its connections", 20)
        wait_for(router.is_balanced, f"the books of {router.name} balance")


def main():
    need_root_and_programs()
    with Lab("transport") as lab:
        middle, r1, r2 = build(lab)
        with lab.step("nobody listens: said by name"):
            code, answer = measure(r1, "ping", FAR4, "count", "1")
            expect(code == 1 and f"{FAR4}:{PORT}" in answer["error"]["message"], answer)
        r2.cli("transport", "listen")
        with lab.step("messages come back, IPv4 and IPv6"):
            ping(r1, FAR4)
            ping(r1, FAR6)
        with lab.step("tshark believes every checksum"):
            all_sums_good(lab, middle, r1)
        with lab.step("noise on the port ends by name, and harms nobody"):
            noise(middle, r2)
            ping(r1, FAR4)
        with lab.step("the same key meets, others do not"):
            keyed(r1, r2)
        loses(middle, 2)
        with lab.step("one packet in fifty is lost, and repeated"):
            again = stream(r1, FAR4) + stream(r1, FAR6)
            expect(again > 10, f"only {again} were repeated")
        with lab.step("connections end, the books balance"):
            all_over(r1, r2)

    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
