#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Configuration as an operator meets it: check, diff, apply, confirm, undo, save; and sudden death.

    left 10.1.1.2 ---- r1 ---- 10.1.2.2 right
"""
import json
import subprocess
import sys
import time

import one_router
from lab import CLI, DAEMON, Lab, expect, need_root_and_programs, wait_for
from traffic import at_rest, ping

PLAIN = one_router.CONFIG.format(p0="veth:p0", p1="veth:p1")
ONE_MORE = PLAIN + """
[[route]]
prefix = "10.9.0.0/16"
via = ["10.1.2.2"]
"""
HTTP = 'http = "9140"\n'  # belongs to [control], which stands before


class Files:
    """Config files beside the router's own."""

    def __init__(self, lab, router):
        self.lab, self.router = lab, router

    def write(self, name, text):
        path = self.lab.folder / name
        path.write_text(self.router.whole(text))
        return str(path)


def has_route(router, prefix):
    return "result" in router.ask("show.routes", prefix=prefix)


def faults_have_places(files, router):
    path = files.write("bad.toml", '[[port]]\nname = "p0"\ndevise = "veth:p0"\n')
    line = open(path).read().splitlines().index('devise = "veth:p0"') + 1
    code, said = router.cli("config", "check", path, check=False)
    expect(code == 1, f"exit code {code}\n{said}")
    expect(f"{line}:1" in said or (f"line {line}" in said and "column 1" in said), said)
    expect("device" in said, f"no hint at the right word\n{said}")


def apply_is_a_difference(files, router):
    path = files.write("more.toml", ONE_MORE)
    expect("10.9.0.0/16" in router.cli("config", "diff", path)[1], "diff does not name the route")
    router.cli("config", "apply", path)
    expect(has_route(router, "10.9.0.0/16"), "the route is not there")
    again = json.loads(router.cli("-j", "config", "apply", path)[1])
    expect(again["changes"] == [], f"applied twice: {again}")


def unconfirmed_is_undone(files, router):
    router.cli("config", "apply", files.write("plain.toml", PLAIN), "--confirm", "2")
    expect(not has_route(router, "10.9.0.0/16"), "the route is still there")
    wait_for(lambda: has_route(router, "10.9.0.0/16"), "the old configuration is back", 5)


def confirmed_stays(files, router):
    router.cli("config", "apply", files.write("plain.toml", PLAIN), "--confirm", "2")
    router.cli("config", "confirm")
    time.sleep(3)
    expect(not has_route(router, "10.9.0.0/16"), "a confirmed change was undone")
    router.cli("config", "undo")
    expect(has_route(router, "10.9.0.0/16"), "undo did not bring the route back")


def all_or_nothing(files, router):
    text = ONE_MORE.replace("10.9.0.0/16", "10.10.0.0/16") + """
[[port]]
name = "p9"
device = "veth:nowhere"
"""
    code, said = router.cli("config", "apply", files.write("half.toml", text), check=False)
    expect(code in (1, 6) and "nowhere" in said, f"exit code {code}\n{said}")
    expect(has_route(router, "10.9.0.0/16"), "the old route went")
    expect(not has_route(router, "10.10.0.0/16"), "the new route came")


def saved_survives(router):
    router.cli("config", "save")
    expect("10.9.0.0/16" in router.config_path.read_text(), "the file does not have the route")
    router.stop()
    router.start()
    expect(has_route(router, "10.9.0.0/16"), "the route is gone after a new start")


def monitored(files, router):
    """Metrics over HTTP: a change of [control], so it comes with the next start."""
    code, said = router.cli("config", "apply", files.write("http.toml", HTTP + ONE_MORE))
    expect("9140" in said and "next start" in said, said)
    router.cli("config", "save")
    router.stop()
    router.start()
    expect("metrics on http://127.0.0.1:9140/metrics" in router.process.output(),
           router.process.output())
    text = router.space.run("curl", "-sf", "http://127.0.0.1:9140/metrics")
    counters = router.call("show.counters")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    for name in ("rx", "tx", "local"):
        found = float(values[f"spanway_{name}_packets_total"])
        expect(found <= counters[name], f"{name}: {found} now, later {counters[name]}")
    expect(values['spanway_interface_rx_packets_total{interface="p0"}'] is not None, text)
    expect("/metrics" in router.space.run("curl", "-sf", "http://127.0.0.1:9140/"), "no front page")


def killed_and_back(left, router):
    for _ in range(3):
        router.kill()
        router.start()
        router.wait_for_addresses()
        ping(left, "10.1.2.2")
        ping(left, "2001:db8:2::2")


def exit_codes(router):
    code, said = router.cli("-j", "show", "ports", "p77", check=False)
    expect(code == 6, f"unknown port: exit code {code}\n{said}")
    json.loads(said)
    expect(router.cli("no", "such", "words", check=False)[0] == 2, "usage is not 2")
    done = subprocess.run([CLI, "-s", router.socket_path.with_suffix(".no"), "show", "version"],
                          capture_output=True, text=True, timeout=20)
    expect(done.returncode == 3, f"no daemon: {done.returncode}\n{done.stderr}")


def bad_start(files, router):
    """A daemon that can not start says one clear thing, before DPDK's own noise."""
    for text, code, word in (('[[port]]\nname = "p0"\ndevice = "veth:absent"\n', None, "absent"),
                             (HTTP, 1, "127.0.0.1:9140: Address already in use"),
                             ("[daemon\n", 78, ".toml:7:")):
        path = files.write("start.toml", text)
        with open(path) as file:  # another socket: the first router goes on
            whole = file.read().replace(".sock", ".other")
        with open(path, "w") as file:
            file.write(whole)
        done = subprocess.run(router.space.command(DAEMON, "--config", path), timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(done.returncode == code if code else done.returncode not in (0, None),
               f"exit code {done.returncode}\n{done.stdout}")
        expect(word in done.stdout, done.stdout)
        expect("EAL" not in done.stdout, f"DPDK's noise\n{done.stdout}")


def main():
    need_root_and_programs()
    with Lab("configuration") as lab:
        left, right, router = lab.host("left"), lab.host("right"), lab.router("r1")
        one_router.over_veth(lab, left, right, router)
        files = Files(lab, router)
        with lab.step("a fault is named with line, column and the right word"):
            faults_have_places(files, router)
        with lab.step("apply is a difference; the same file twice is no operation"):
            apply_is_a_difference(files, router)
        with lab.step("what nobody confirms is undone"):
            unconfirmed_is_undone(files, router)
        with lab.step("what is confirmed stays, until undo"):
            confirmed_stays(files, router)
        with lab.step("a file that can not be applied changes nothing"):
            all_or_nothing(files, router)
        with lab.step("traffic went on through all of it"):
            ping(left, "10.1.2.2")
        with lab.step("save keeps it for the next start"):
            saved_survives(router)
        with lab.step("metrics are served over HTTP on loopback"):
            monitored(files, router)
        with lab.step("killed three times, it comes back with nothing to clean by hand"):
            killed_and_back(left, router)
        with lab.step("exit codes and one JSON document"):
            exit_codes(router)
        with lab.step("a daemon that can not start says why"):
            bad_start(files, router)
        with lab.step("the router's books balance"):
            at_rest(router)
        with lab.step("the router stops cleanly"):
            router.stop()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
