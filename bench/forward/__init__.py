# SPDX-License-Identifier: BSD-3-Clause
"""The forwarding marks: our worker and dpdk-testpmd, window by window, on the same frames.

Both processes stay alive; one forwards while the other sleeps in a read. Each round also runs a bare
macswap loop inside our process: the same devices and the same core with nothing of ours, so a round
in which that control is far off its best was disturbed, and is left out.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from . import testpmd
from .ours import Ours

WINDOW_TURNS = 40_000  # about 15 ms of forwarding
TESTPMD_SECONDS = 0.05
DISTURBED = 1.15


def memory_profile():
    """Both sides use huge pages, or neither does."""
    try:
        free = int(pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
                   .read_text())
    except OSError:
        free = 0
    return "hugepages" if free >= 512 and os.geteuid() == 0 else "no-huge"


def write_frames(description, case, binary, options, folder):
    """A pcap file, and the words that describe what is in it to bench_forward."""
    frames = str(pathlib.Path(folder) / "frames.pcap")
    table = case.get("table", False)
    traffic = [description["family"], 0 if table and options.prefixes else case["routes"],
               case.get("frames", description.get("frames")), case.get("bad_percent", 0),
               options.seed]
    if table:  # a whole one: real prefixes from a file, or made-up ones
        traffic.append(options.prefixes or "made")
    traffic = [str(one) for one in traffic]
    subprocess.run([str(binary), "write", frames, *traffic], check=True)
    return frames, traffic


def measure_case(mark, description, case, binary, options, folder):
    frames, traffic = write_frames(description, case, binary, options, folder)
    memory = memory_profile()
    print(f"{mark}, {case['case']}: seed {options.seed}, {memory}, core {options.core}",
          file=sys.stderr)
    rounds = []
    with Ours(binary, frames, options, memory, traffic) as ours, \
            testpmd.Testpmd(frames, options.core, memory, description["burst"],
                            int(traffic[2])) as rival:
        tsc_hz = ours.tsc_hz
        for turn in range(options.rounds + 1):
            one = {
                "control": ours.window("macswap", WINDOW_TURNS),
                "ours": ours.window("worker", WINDOW_TURNS),
                "testpmd-macswap": rival.window(TESTPMD_SECONDS, tsc_hz),
            }
            if turn > 0:  # the first one warms up
                rounds.append(one)
    return result_of(case, rounds)


def measure_churn(mark, description, case, binary, options, folder):
    """One worker while routes change as fast as they can, and while none does."""
    frames, traffic = write_frames(description, case, binary, options, folder)
    rounds = []
    with Ours(binary, frames, options, memory_profile(), traffic) as ours:
        for turn in range(options.rounds + 1):
            # The table with its default route from the first churn on: both have the same.
            one = {"churn": ours.window("churn", WINDOW_TURNS),
                   "calm": ours.window("worker", WINDOW_TURNS)}
            if turn > 0:
                rounds.append(one)
        changes, spent = ours.changes()
    churn, calm = (statistics.median(one[name] for one in rounds) for name in ("churn", "calm"))
    return {
        "case": case["case"],
        "unit": "cycles_per_packet",
        "better": "lower",
        "ours": round(churn, 2),
        "rivals": {"no churn": round(calm, 2)},
        "ratio": round(statistics.median(one["churn"] / one["calm"] for one in rounds), 4),
        "changes_per_second": round(changes / spent * 1e9),
        "rounds": {"measured": len(rounds), "kept": len(rounds)},
    }


def result_of(case, rounds):
    quiet = min(one["control"] for one in rounds)
    kept = [one for one in rounds if one["control"] <= quiet * DISTURBED]
    middle = {name: statistics.median(one[name] for one in kept) for name in kept[0]}
    rivals = {"testpmd-macswap": round(middle["testpmd-macswap"], 2)}
    return {
        "case": case["case"],
        "unit": "cycles_per_packet",
        "better": "lower",
        "ours": round(middle["ours"], 2),
        "rivals": rivals,
        "ratio": round(middle["ours"] / middle["testpmd-macswap"], 4),
        "control": {"macswap_in_our_process": round(middle["control"], 2)},
        "rounds": {"measured": len(rounds), "kept": len(kept)},
    }


def measure(mark, description, binary, options):
    if shutil.which("dpdk-testpmd") is None:
        sys.exit("bench/run: dpdk-testpmd is missing; run: apt-get install dpdk-dev")
    with tempfile.TemporaryDirectory(prefix="spanway-bench-") as folder:
        one = measure_churn if description["kind"] == "churn" else measure_case
        cases = [one(mark, description, case, binary, options, folder)
                 for case in description["cases"]]
    return {"schema": "spanway.bench/1", "mark": mark, "seed": options.seed,
            "kernel": options.kernel, "memory": memory_profile(), "cases": cases}
