# SPDX-License-Identifier: BSD-3-Clause
"""Our side of a forwarding mark: bench_forward, asked for one window at a time."""
import subprocess


class Ours:
    def __init__(self, binary, frames, options, memory, traffic):
        self.process = subprocess.Popen(
            [str(binary), "serve", frames, str(options.core), memory, options.kernel, *traffic],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tsc_hz = float(self._ask("tsc_hz 0"))

    def _ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("bench_forward ended early")
        return answer

    def window(self, what, turns):
        """TSC cycles a packet of one window."""
        packets, cycles = map(int, self._ask(f"{what} {turns}").split())
        return cycles / packets

    def changes(self):
        """How many routes the churn has changed, and in how many nanoseconds."""
        return tuple(map(int, self._ask("changes 0").split()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
