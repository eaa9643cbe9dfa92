# SPDX-License-Identifier: BSD-3-Clause
"""A link between two network namespaces: the feeder at one end, the router that is measured at the
other. All of it goes away with the `with`, also after a failure."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile


class Wire:
    FEEDER, ROUTER = "feeder", "router"  # names of the devices
    FEEDER_ADDRESS, ROUTER_ADDRESS = "172.31.0.2/30", "172.31.0.1/30"

    def __init__(self):
        self.spaces = {end: f"spf-{end}-{os.getpid()}" for end in (self.FEEDER, self.ROUTER)}
        self.processes = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spanway-spf-"))
        try:
            for space in self.spaces.values():
                ip("netns", "add", space)
                ip("-n", space, "link", "set", "lo", "up")
            ip("-n", self.spaces[self.FEEDER], "link", "add", self.FEEDER, "type", "veth", "peer",
               "name", self.ROUTER, "netns", self.spaces[self.ROUTER])
            self.address(self.FEEDER, self.FEEDER_ADDRESS)
            self.address(self.ROUTER, self.ROUTER_ADDRESS)
            for end, space in self.spaces.items():
                ip("-n", space, "link", "set", end, "up")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for space in self.spaces.values():
            subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, end, address):
        ip("-n", self.spaces[end], "addr", "add", address, "dev", end)

    def start(self, end, *command, **how):
        """`ip netns exec` becomes the program, so the process id is the program's."""
        with open(self.folder / f"{end}.log", "a") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.spaces[end], *map(str, command)],
                **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **how})
        self.processes.append(process)
        return process

    def log(self, end):
        return (self.folder / f"{end}.log").read_text()[-2000:]


def ip(*words):
    subprocess.run(["ip", *words], check=True)
