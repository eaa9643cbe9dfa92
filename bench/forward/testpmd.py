# SPDX-License-Identifier: BSD-3-Clause
"""The rival of the forwarding marks: Debian's dpdk-testpmd in macswap mode, driven by its prompt.

Between `stop` and `start` its forwarding thread sleeps, so the CPU time that the kernel has charged to
the thread is the time of the window, to the nanosecond, and the statistics of `stop` are its packets.
"""
import os
import pathlib
import re
import select
import subprocess
import time

PROMPT = "testpmd> "
PATIENCE_SECONDS = 20


class Testpmd:
    def __init__(self, frames, core, memory, burst, count):
        others = sorted(os.sched_getaffinity(0) - {core}) or [core]
        lcores = f"0@{others[0]},1@{core}"
        # The pcap driver keeps a buffer for each frame.
        buffers, mib = count + 16383, "256" if count <= 8192 else "640"
        pages = (["--in-memory", "-m", mib] if memory == "hugepages"
                 else ["--no-huge", "--no-shconf", "-m", mib])
        # A terminal for its output: into a pipe it would keep statistics back in a buffer.
        self.terminal, theirs = os.openpty()
        self.process = subprocess.Popen(
            ["dpdk-testpmd", f"--lcores={lcores}", "--no-pci", "--no-telemetry",
             "--log-level=error", *pages, f"--vdev=net_pcap0,rx_pcap={frames},infinite_rx=1",
             "--vdev=net_null0,no-rx=1", "--", "--interactive", "--forward-mode=macswap",
             f"--burst={burst}", "--mbcache=256", f"--total-num-mbufs={buffers}",
             "--no-lsc-interrupt", "--rxd=512", "--txd=512"],
            stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        try:
            self._read(PROMPT)
            self.worker = self._worker()
        except BaseException:
            self.__exit__()
            raise

    def _read(self, until):
        """What it says up to the prompt that follows `until`."""
        said = ""
        while not (until in said and said.endswith(PROMPT)):
            ready, _, _ = select.select([self.terminal], [], [], PATIENCE_SECONDS)
            more = os.read(self.terminal, 65536) if ready else b""
            if not more:
                raise RuntimeError("dpdk-testpmd fell silent:\n" + said)
            said += more.decode(errors="replace")
        return said

    def _say(self, line, until):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self._read(until)

    def _worker(self):
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            if (task / "comm").read_text().strip().endswith("worker-1"):
                return task
        raise RuntimeError("dpdk-testpmd has no worker thread")

    def _cpu_ns(self):
        return int((self.worker / "schedstat").read_text().split()[0])

    def _settled_cpu_ns(self):
        """The thread's CPU time once it sleeps."""
        before = -1
        while (now := self._cpu_ns()) != before:
            before = now
            time.sleep(0.002)
        return now

    def window(self, seconds, tsc_hz):
        """TSC cycles a packet of one window."""
        began = self._settled_cpu_ns()
        self._say("start", "packet forwarding - ")
        time.sleep(seconds)
        said = self._say("stop", "Done.")
        spent = self._settled_cpu_ns() - began
        totals = said[said.rindex("Accumulated forward statistics"):]
        packets = int(re.search(r"RX-packets:\s*(\d+)", totals).group(1))
        return spent * 1e-9 * tsc_hz / packets

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
            self.process.wait(10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()
        finally:
            os.close(self.terminal)
