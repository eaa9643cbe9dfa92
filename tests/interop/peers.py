# SPDX-License-Identifier: BSD-3-Clause
"""BIRD, FRR and Spanway as speakers of OSPF, each in a namespace of its own, behind one face.

A speaker has a router ID that is also its loopback address, and interfaces; it tells its
neighbours' states, its database and its routes in the same words as the others:

    neighbours()  {router ID: "Full", "2-Way", ...}
    database()    {(type, link state ID, advertising router): (sequence, checksum)}
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess

from lab import Failed, Namespace, expect, tail, wait_for

FRR = pathlib.Path("/usr/lib/frr")
MAX_AGE = 3600
TYPES = {1: "router", 2: "network", 3: "summary", 4: "asbr", 5: "external"}


class Port:
    """One interface of a speaker, and how OSPF runs on it."""

    def __init__(self, name, address, kind="broadcast", cost=10, priority=1, hello=1, dead=4,
                 auth=None, key=None, passive=False):
        self.name, self.address, self.kind, self.cost = name, address, kind, cost
        self.passive = passive  # announced, and silent
        self.priority, self.hello, self.dead = priority, hello, dead
        self.auth, self.key = auth, key  # "simple", "md5", "hmac-sha-256", ...


def missing_peers():
    """Why BIRD or FRR can not take part; None when they can."""
    for program in ("bird", "birdc", "vtysh"):
        if not shutil.which(program):
            return f"{program} is not installed"
    for program in ("zebra", "ospfd"):
        if not (FRR / program).exists():
            return f"{FRR / program} is not installed"
    return None


class Speaker:
    def __init__(self, lab, name, router_id):
        self.lab, self.name, self.router_id = lab, name, router_id
        self.ports = []

    def add(self, port):
        self.ports.append(port)
        return self

    def state_of(self, other):
        return self.neighbours().get(other.router_id, "Down")

    def is_full_with(self, *others):
        states = self.neighbours()
        return all(states.get(other.router_id) == "Full" for other in others)


class Linux(Speaker):
    """What runs in an ordinary namespace and puts its routes into the kernel."""

    def __init__(self, lab, name, router_id):
        super().__init__(lab, name, router_id)
        self.space = Namespace.make(lab, name)
        self.space.become_router()
        self.space.run("ip", "address", "add", f"{router_id}/32", "dev", "lo")
        # Traffic that goes out by one interface and comes back by another is no attack here.
        for scope in ("all", "default"):
            self.space.set(f"net.ipv4.conf.{scope}.rp_filter", 0)

    def add(self, port):
        self.space.address(port.name, port.address)
        return super().add(port)

    def has_route(self, prefix):
        return bool(self.space.run("ip", "route", "show", prefix).strip())

    def ping(self, address, count=3):
        self.space.run("ping", "-n", "-q", "-c", count, "-i", "0.1", "-W", "1",
                       "-I", self.router_id, address)


class Bird(Linux):
    AUTH = {"md5": "keyed md5", "hmac-sha-1": "hmac sha1", "hmac-sha-256": "hmac sha256",
            "hmac-sha-384": "hmac sha384", "hmac-sha-512": "hmac sha512"}

    def __init__(self, lab, name, router_id):
        super().__init__(lab, name, router_id)
        self.config = lab.folder / f"{name}.conf"
        self.socket = lab.folder / f"{name}.ctl"
        self.process = None

    def start(self):
        ports = "\n".join(self.port_text(port) for port in self.ports)
        self.config.write_text(f"""
router id {self.router_id};
protocol device {{ scan time 1; }}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
protocol ospf v2 {{
  ipv4 {{ import all; export none; }};
  area 0 {{
    interface "lo" {{ stub yes; }};
{ports}
  }};
}}
""")
        self.process = self.space.start("bird", "-f", "-c", self.config, "-s", self.socket)
        wait_for(self.socket.exists, f"{self.name} answers")
        return self

    def port_text(self, port):
        kind = "ptp" if port.kind == "point-to-point" else "broadcast"
        text = (f'    interface "{port.name}" {{ type {kind}; cost {port.cost}; '
                f"hello {port.hello}; dead {port.dead}; priority {port.priority}; ")
        if port.passive:
            text += "stub yes; "
        if port.auth == "simple":
            text += f'authentication simple; password "{port.key}"; '
        elif port.auth:
            text += (f'authentication cryptographic; password "{port.key}" '
                     f"{{ id 1; algorithm {self.AUTH[port.auth]}; }}; ")
        return text + "};"

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()
        self.socket.unlink(missing_ok=True)

    def ask(self, *words):
        return self.space.run("birdc", "-s", self.socket, *words)

    def neighbours(self):
        states = {}
        for line in self.ask("show", "ospf", "neighbors").splitlines():
            words = line.split()
            if len(words) >= 3 and re.fullmatch(r"[\d.]+", words[0]):
                states[words[0]] = words[2].split("/")[0]
        return states

    def database(self):
        found = {}
        for line in self.ask("show", "ospf", "lsadb").splitlines():
            words = line.split()
            if len(words) >= 6 and re.fullmatch(r"20\d\d|[0-9a-f]{4}", words[0]):
                kind = int(words[0], 16) & 0xf
                if int(words[4]) >= MAX_AGE:
                    continue
                found[TYPES[kind], words[1], words[2]] = (int(words[3], 16), int(words[5], 16))
        return found


class Frr(Linux):
    AUTH = {"md5"}  # 8.4 knows no other digests

    def __init__(self, lab, name, router_id):
        super().__init__(lab, name, router_id)
        self.instance = self.space.name
        self.run_dir = pathlib.Path("/var/run/frr") / self.instance
        self.processes = []
        lab.at_end(lambda: shutil.rmtree(self.run_dir, ignore_errors=True))

    def start(self):
        self.run_dir.mkdir(exist_ok=True)
        shutil.chown(self.run_dir, "frr", "frr")
        ports = "\n".join(self.port_text(port) for port in self.ports)
        config = self.run_dir / "frr.conf"
        config.write_text(f"""
hostname {self.name}
interface lo
 ip ospf area 0
{ports}
router ospf
 ospf router-id {self.router_id}
""")
        self.processes = []
        for program in ("zebra", "ospfd"):
            self.processes.append(self.space.start(FRR / program, "-N", self.instance, "-f", config,
                                                   "-u", "frr", "-g", "frr"))
            wait_for((self.run_dir / f"{program}.vty").exists, f"{self.name}: {program} answers")
        return self

    def port_text(self, port):
        kind = "point-to-point" if port.kind == "point-to-point" else "broadcast"
        lines = [f"interface {port.name}", " ip ospf area 0", f" ip ospf network {kind}",
                 f" ip ospf cost {port.cost}", f" ip ospf hello-interval {port.hello}",
                 f" ip ospf dead-interval {port.dead}", f" ip ospf priority {port.priority}"]
        if port.passive:
            lines.append(" ip ospf passive")
        if port.auth == "simple":
            lines += [" ip ospf authentication", f" ip ospf authentication-key {port.key}"]
        elif port.auth:
            expect(port.auth in self.AUTH, f"FRR has no {port.auth}")
            lines += [" ip ospf authentication message-digest",
                      f" ip ospf message-digest-key 1 md5 {port.key}"]
        return "\n".join(lines)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()

    def kill(self):
        for process in self.processes:
            process.kill()
        for left in self.run_dir.glob("*.vty"):
            left.unlink()

    def ask(self, command):
        text = self.space.run("vtysh", "-N", self.instance, "-d", "ospfd", "-c", command)
        start = text.find("{")
        with contextlib.suppress(ValueError):
            return json.loads(text[start:])
        raise Failed(f"{self.name}: {command}: no JSON in\n{text}")

    def neighbours(self):
        found = self.ask("show ip ospf neighbor json")["neighbors"]
        return {router: entries[0]["nbrState"].split("/")[0] for router, entries in found.items()}

    def database(self):
        return database_of(self.ask("show ip ospf database json"))


def database_of(tree):
    """From JSON in FRR's names, which are ours, too."""
    found = {}
    for area in tree["areas"].values():
        for kind, name in (("router", "routerLinkStates"), ("network", "networkLinkStates")):
            add(found, kind, area.get(name, []))
    add(found, "external", tree.get("asExternalLinkStates", []))
    return found


def add(found, kind, lsas):
    for lsa in lsas:
        # What was flushed is there no more; FRR keeps it for a minute.
        if lsa["lsaAge"] < MAX_AGE:
            found[kind, lsa["lsId"], lsa["advertisedRouter"]] = numbers(lsa)


def numbers(lsa):
    return int(lsa["sequenceNumber"], 16), int(lsa["checksum"], 16)


class Spanway(Speaker):
    """spanwayd on packet sockets; its loopback is a /32 of its first port."""

    def __init__(self, lab, name, router_id):
        super().__init__(lab, name, router_id)
        self.router = lab.router(name)
        self.space = self.router.space
        self.more = ""  # of the configuration

    def add(self, port):
        # Linux at this end of the cable has the same MAC and is to keep still.
        self.space.set(f"net.ipv6.conf.{port.name}.disable_ipv6", 1)
        return super().add(port)

    def text(self):
        parts = [f'[ospf]\nrouter_id = "{self.router_id}"\n']
        for place, port in enumerate(self.ports):
            own = f', "{self.router_id}/32"' if place == 0 else ""
            parts.append(f'[[port]]\nname = "{port.name}"\ndevice = "veth:{port.name}"\n'
                         f'addresses = ["{port.address}"{own}]\n')
        for port in self.ports:
            parts.append(f'[[ospf.port]]\nname = "{port.name}"\ncost = {port.cost}\n'
                         f'type = "{port.kind}"\nhello_interval_s = {port.hello}\n'
                         f"dead_interval_s = {port.dead}\npriority = {port.priority}\n"
                         f"passive = {str(port.passive).lower()}\n")
            if port.auth:
                parts.append(f'[[ospf.key]]\nport = "{port.name}"\nid = 1\n'
                             f'algorithm = "{port.auth}"\nsecret = "{port.key}"\n')
        return "\n".join(parts) + self.more

    def start(self):
        self.router.configure(self.text())
        self.router.start()
        return self

    def stop(self):
        self.router.stop()

    def kill(self):
        self.router.kill()

    def neighbours(self):
        found = self.router.call("show.ospf.neighbours")["neighbors"]
        return {router: entries[0]["nbrState"].split("/")[0] for router, entries in found.items()}

    def database(self):
        return database_of(self.router.call("show.ospf.lsdb"))

    def has_route(self, prefix):
        answer = self.router.ask("show.routes", prefix=prefix if "/" in prefix else prefix + "/32")
        return "result" in answer and bool(answer["result"]["routes"])

    def ping(self, address, count=3):
        code, said = self.router.cli("ping", address, "count", str(count), check=False)
        expect(code == 0, f"{self.name} does not reach {address}: {said}")
