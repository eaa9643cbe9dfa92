# SPDX-License-Identifier: BSD-3-Clause
"""The rivals, each on its end of a Wire, and the CPU time that they take."""
import shutil
import time

BIRD = """router id 10.0.0.1;
protocol device {{ scan time 60; }}
{kernel}
protocol ospf v2 {{
  tick 1;
  ipv4 {{ import all; }};
  area 0 {{ interface "router" {{ type ptp; hello 10; dead 40; cost 10; }}; }};
}}
"""
FRR = """interface router
 ip ospf network point-to-point
 ip ospf area 0
 ip ospf cost 10
router ospf
 ospf router-id 10.0.0.1
 timers throttle spf 0 50 5000
"""
def process_seconds(pid):
    return time.clock_gettime(((~pid) << 3) | 2)  # CPUCLOCK_SCHED of the whole process


class Bird:
    """Counts Linux's installation of the routes, unless `kernel` is off."""
    program = "bird"

    def __init__(self, wire, kernel=True):
        config = wire.folder / "bird.conf"
        config.write_text(BIRD.format(
            kernel="protocol kernel { ipv4 { export all; }; }" if kernel else ""))
        # It crashes on a large area with the usual 8 MiB of stack.
        self.process = wire.start(wire.ROUTER, "prlimit", "--stack=unlimited", "bird", "-f", "-c",
                                  config, "-s", wire.folder / "bird.ctl")

    def seconds(self):
        return {"": process_seconds(self.process.pid)}


class Frr:
    program = "/usr/lib/frr/ospfd"

    def __init__(self, wire):
        config = wire.folder / "frr.conf"
        config.write_text(FRR)
        (wire.folder / "zebra.conf").write_text("")
        for path in (wire.folder, *wire.folder.glob("*.conf")):
            shutil.chown(path, "frr", "frr")
        self.processes = {}
        for name, file in (("zebra", wire.folder / "zebra.conf"), ("ospfd", config)):
            self.processes[name] = wire.start(
                wire.ROUTER, f"/usr/lib/frr/{name}", "-f", file, "-z", wire.folder / "zserv", "-i",
                wire.folder / f"{name}.pid", "--vty_socket", wire.folder, "-P", "0", "--log",
                "stdout")
            time.sleep(1)

    def seconds(self):
        one = {name: process_seconds(process.pid) for name, process in self.processes.items()}
        return {"": sum(one.values()), " ospfd alone": one["ospfd"]}


def missing():
    """The rivals' programs that are not installed."""
    return [one.program for one in (Bird, Frr) if shutil.which(one.program) is None]
