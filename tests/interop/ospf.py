#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""OSPFv2 with BIRD and with FRR, on a cable and on a LAN.

    spanway 10.255.0.1 ---- bird 10.255.0.2          a cable, point-to-point
    spanway 10.255.0.1 ---- frr 10.255.0.3
    all three on one LAN
    a diamond of four with traffic across it (diamond.py), and a way of it cut

How long things take is measured by bench/run (adjacency, convergence), not here.
"""
import concurrent.futures
import json
import subprocess
import sys
import time

from diamond import PER_SECOND, Diamond
from lab import DAEMON, Lab, expect, need_root_and_programs, wait_for
from peers import Bird, Frr, Port, Spanway, missing_peers

PEERS = {"BIRD": Bird, "FRR": Frr}


def agree(*speakers):
    """Every database is the same, number for number."""
    databases = [speaker.database() for speaker in speakers]
    return databases[0] and all(one == databases[0] for one in databases)


def database_difference(*speakers):
    return "\n".join(f"{one.name}: {sorted(one.database().items())}" for one in speakers)


def cable(lab, kind, **settings):
    """Spanway and a peer at the ends of one cable, not started yet."""
    ours = Spanway(lab, "spanway", "10.255.0.1")
    theirs = kind(lab, kind.__name__.lower(), "10.255.0.2")
    lab.cable(ours.space, "p0", theirs.space, "eth0")
    settings = {"kind": "point-to-point", **settings}
    ours.add(Port("p0", "10.0.12.1/24", **settings))
    theirs.add(Port("eth0", "10.0.12.2/24", **settings))
    return ours, theirs


def both_full(ours, theirs):
    return ours.is_full_with(theirs) and theirs.is_full_with(ours)


def on_a_cable(title, kind):
    with Lab(f"cable with {title}") as lab:
        ours, theirs = cable(lab, kind)
        record = lab.folder / "run.journal"
        ours.router.options = ["--ospf-record", record]
        theirs.start()
        ours.start()
        with lab.step(f"{title}: Full on a point-to-point cable"):
            wait_for(lambda: both_full(ours, theirs), "Full", 10)
        with lab.step(f"{title}: the loopbacks are known on both sides"):
            wait_for(lambda: ours.has_route("10.255.0.2") and theirs.has_route("10.255.0.1"),
                     "routes", 10)
            ours.ping("10.255.0.2")
            theirs.ping("10.255.0.1")
        with lab.step(f"{title}: the databases are the same"):
            wait_for(lambda: agree(ours, theirs), "the same database", 10)
        with lab.step(f"{title}: killed and back"):
            theirs.kill()
            theirs.start()
            wait_for(lambda: not ours.is_full_with(theirs), "the old adjacency ends", 10)
            wait_for(lambda: both_full(ours, theirs), "Full again", 10)
            wait_for(lambda: agree(ours, theirs), "the same database", 10)
        with lab.step(f"{title}: Spanway killed and back"):
            ours.kill()
            ours.start()
            wait_for(lambda: both_full(ours, theirs), "Full again", 10)
            wait_for(lambda: ours.has_route("10.255.0.2") and theirs.has_route("10.255.0.1"),
                     "routes", 10)
            theirs.ping("10.255.0.1")
        with lab.step(f"{title}: Spanway leaves, and is forgotten at once"):
            ours.stop()
            wait_for(lambda: not theirs.has_route("10.255.0.1"), "no route to it", 3)
        with lab.step(f"{title}: what was recorded goes the same way again"):
            expect(record.stat().st_mode & 0o77 == 0, "others can read the journal")
            said = ours.space.run(DAEMON, "--ospf-replay", record, "-j", check=False)
            again = json.loads(said)
            expect(again["same"], f"it went another way: {again['difference']}")
            # At least Hello, description, request, update and acknowledgment, of the last life.
            expect(again["packets_sent"] >= 5 and again["route_changes"] > 0, said[:300])
        return lab.finish()


def lan(lab):
    """All three behind a bridge in a namespace of its own; each can be cut off alone."""
    switch = lab.host("switch")
    switch.run("ip", "link", "add", "br0", "type", "bridge")
    switch.run("ip", "link", "set", "br0", "up")
    ours = Spanway(lab, "spanway", "10.255.0.1")
    bird, frr = Bird(lab, "bird", "10.255.0.2"), Frr(lab, "frr", "10.255.0.3")
    for number, speaker in enumerate((ours, bird, frr), start=1):
        name = "p0" if speaker is ours else "eth0"
        lab.cable(speaker.space, name, switch, f"port{number}")
        switch.run("ip", "link", "set", f"port{number}", "master", "br0")
        speaker.add(Port(name, f"10.0.0.{number}/24", priority={1: 5, 2: 3, 3: 1}[number]))
    return switch, ours, bird, frr


def all_see_all(*speakers):
    return all(one.state_of(other) in ("Full", "2-Way")
               for one in speakers for other in speakers if one is not other)


def leader_of(ours):
    interface = ours.router.call("show.ospf.interfaces")["interfaces"]["p0"]
    return interface.get("drId"), interface.get("bdrId")


def on_a_lan():
    with Lab("LAN of three") as lab:
        switch, ours, bird, frr = lan(lab)
        everybody = (ours, bird, frr)
        for speaker in everybody:
            speaker.start()
        with lab.step("LAN: everybody is Full with the designated routers"):
            wait_for(lambda: all_see_all(*everybody) and ours.is_full_with(bird, frr),
                     "adjacencies", 15)
        with lab.step("LAN: the same database everywhere"):
            wait_for(lambda: agree(*everybody), "the same database", 10)
        with lab.step("LAN: every pair reaches the other's loopback"):
            for one in everybody:
                for other in everybody:
                    if one is not other:
                        wait_for(lambda: one.has_route(other.router_id),
                                 f"{one.name} has a route to {other.name}")
                        one.ping(other.router_id)
        with lab.step("LAN: the designated router dies, the backup leads"):
            leader, backup = leader_of(ours)
            by_id = {speaker.router_id: speaker for speaker in everybody}
            expect(leader in by_id and backup in by_id, f"DR {leader}, backup {backup}")
            by_id[leader].kill()
            left = [speaker for speaker in everybody if speaker.router_id != leader]
            wait_for(lambda: all(one.is_full_with(other) for one in left for other in left
                                 if one is not other), "the two that are left are Full", 15)
            for one in left:
                wait_for(lambda: one.state_of(by_id[leader]) == "Down", "the dead are gone", 10)
            wait_for(lambda: agree(*left), "the same database", 10)
            by_id[leader].start()
            wait_for(lambda: all_see_all(*everybody), "all three again", 20)
            wait_for(lambda: agree(*everybody), "the same database", 15)
            if leader != ours.router_id:
                expect(leader_of(ours)[0] == backup, f"who came back leads: {leader_of(ours)}")
            for one in everybody:
                for other in everybody:
                    if one is not other:
                        wait_for(lambda: one.has_route(other.router_id),
                                 f"{one.name} has a route to {other.name}", 15)
        with lab.step("LAN: cut off in silence, noticed after the dead interval"):
            switch.run("ip", "link", "set", "port3", "nomaster")
            begun = time.monotonic()
            wait_for(lambda: ours.state_of(frr) == "Down", "the neighbour is dead", 6)
            took = time.monotonic() - begun
            expect(2.5 < took, f"after {took:.1f} s already")
            wait_for(lambda: not ours.has_route(frr.router_id), "no route to it", 5)
            switch.run("ip", "link", "set", "port3", "master", "br0")
            wait_for(lambda: all_see_all(*everybody), "all three again", 20)
            wait_for(lambda: agree(*everybody), "the same database", 15)
        return lab.finish()


def across_a_diamond(title, kinds):
    with Lab(f"diamond of {title}") as lab:
        diamond = Diamond(lab, kinds).start()
        with lab.step(f"diamond of {title}: nothing is lost while nothing happens"):
            lost = diamond.lost_while(lambda: None, 2)
            expect(lost <= 5, f"{lost} lost")
        # Nobody has to wait for the dead interval, which is four seconds.
        with lab.step(f"diamond of {title}: a cable cut, both ends lose their carrier"):
            lost = diamond.lost_while(lambda: diamond.carrier(False))
            expect(lost < 3 * PER_SECOND, f"{lost} of {4 * PER_SECOND} lost")
        with lab.step(f"diamond of {title}: the cable mended"):
            lost = diamond.lost_while(lambda: diamond.carrier(True), 6)
            expect(lost < 3 * PER_SECOND, f"{lost} lost")
            wait_for(lambda: diamond.routers[1].is_full_with(diamond.routers[3]), "Full again", 15)
        with lab.step(f"diamond of {title}: a cable cut in silence"):
            lost = diamond.lost_while(lambda: diamond.silence(True), 9)
            expect(2 * PER_SECOND < lost < 7 * PER_SECOND, f"{lost} lost")
        return lab.finish()


AUTHENTICATION = {
    "BIRD": ("simple", "md5", "hmac-sha-1", "hmac-sha-256", "hmac-sha-384", "hmac-sha-512"),
    "FRR": ("simple", "md5"),
}


def authenticated(title):
    failed = 0
    for auth in AUTHENTICATION[title]:
        with Lab(f"{auth} with {title}") as lab:
            ours, theirs = cable(lab, PEERS[title], auth=auth, key="geheim")
            theirs.start()
            ours.start()
            with lab.step(f"{title}: Full by {auth}"):
                wait_for(lambda: both_full(ours, theirs), "Full", 10)
            with lab.step(f"{title}: another secret by {auth} is refused at once"):
                for port in ours.ports:
                    port.key = "anders"
                ours.router.config_path.write_text(ours.router.whole(ours.text()))
                ours.router.cli("config", "apply", str(ours.router.config_path))
                wait_for(lambda: not both_full(ours, theirs), "no adjacency", 10)
                refusals = ours.router.call("show.ospf")["refusals"]
                expect(refusals.get("wrong-password" if auth == "simple" else "wrong-digest"),
                       f"refusals: {refusals}")
            failed |= lab.finish()
    return failed


def main():
    need_root_and_programs()
    reason = missing_peers()
    if reason:
        print(f"skip OSPF: {reason}")
        return 0
    wanted = sys.argv[1:]
    if len(wanted) == 1:
        return PARTS[wanted[0]]()
    # Each part waits most of its time, and has namespaces of its own: some at once.
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        failed = 0
        for code, output in pool.map(alone, wanted or PARTS):
            print(output, end="", flush=True)
            failed |= code
    return failed


def alone(name):
    done = subprocess.run([sys.executable, "-B", __file__, name], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


AT_ONCE = 3
PARTS = {
    "diamond": lambda: across_a_diamond("Spanway", [Spanway] * 4),
    "lan": on_a_lan,
    "mixed": lambda: across_a_diamond("all three", [Spanway, Bird, Frr, Spanway]),
    "bird": lambda: on_a_cable("BIRD", Bird),
    "frr": lambda: on_a_cable("FRR", Frr),
    "authentication-bird": lambda: authenticated("BIRD"),
    "authentication-frr": lambda: authenticated("FRR"),
}


if __name__ == "__main__":
    sys.exit(main())
