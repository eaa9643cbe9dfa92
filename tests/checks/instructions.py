#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the hot loop to its number of instructions: callgrind counts the same on every run.

Each case of instructions.toml runs twice, with few and with many turns; the difference over the
difference in packets is free of start-up. Prints `ok` or `not ok` a case.

usage: instructions.py BUILD [--write]      (--write: take what was measured as the new ceiling)
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
MARGIN = 1.02
FEW, MANY = 200, 1200  # turns
TURN = "spanway::worker::Worker::turn(spanway::Nanos)"


def count(program, frames, case, turns, folder):
    """(packets, instructions inside Worker::turn)."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
         f"--toggle-collect={TURN}", program, "serve", frames, "0", "no-huge", case["kernel"],
         *case["traffic"]],
        input=f"worker {turns}\n", capture_output=True, text=True, timeout=120)
    instructions = re.search(r"Collected : (\d+)", done.stderr)
    packets = re.match(r"(\d+) \d+", done.stdout)
    if done.returncode != 0 or not instructions or not packets:
        raise RuntimeError(f"{done.stdout}\n{done.stderr}")
    return int(packets.group(1)), int(instructions.group(1))


def per_packet(program, case, folder):
    frames = pathlib.Path(folder, "frames.pcap")
    subprocess.run([program, "write", frames, *case["traffic"]], check=True, timeout=60)
    few = count(program, frames, case, FEW, folder)
    many = count(program, frames, case, MANY, folder)
    return (many[1] - few[1]) / (many[0] - few[0])


def cpu_has(feature):
    return re.search(rf"^flags\s*:.*\b{feature}\b", pathlib.Path("/proc/cpuinfo").read_text(), re.M)


def write(measured):
    path = HERE / "instructions.toml"
    figures = iter(measured)
    path.write_text(re.sub(r"(?m)^measured = .*$", lambda _: f"measured = {next(figures):.1f}",
                           path.read_text()))


def main():
    program = pathlib.Path(sys.argv[1], "bench/forward/bench_forward").resolve()
    failed, measured = False, []
    for case in tomllib.loads((HERE / "instructions.toml").read_text())["case"]:
        if case["kernel"] == "avx2" and not cpu_has("avx2"):
            print(f"skip {case['name']}: this CPU has no AVX2")
            measured.append(case["measured"])
            continue
        with tempfile.TemporaryDirectory() as folder:
            measured.append(found := per_packet(program, case, folder))
        good = found <= case["measured"] * MARGIN
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {case['name']}: {found:.1f} instructions a packet, "
              f"at most {case['measured'] * MARGIN:.1f}", flush=True)
    if "--write" in sys.argv:
        write(measured)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
