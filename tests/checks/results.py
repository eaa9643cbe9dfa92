# SPDX-License-Identifier: BSD-3-Clause
"""Counts of single tests, gathered from what the test programs wrote."""
import dataclasses
import json
import pathlib
import re
import xml.etree.ElementTree as xml


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = dataclasses.field(default_factory=list)  # failures and reasons of skips

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def one_passed():
    return Tally(passed=1)


def one_failed(note):
    return Tally(failed=1, notes=[f"FAIL {note}"])


def one_skipped(note):
    return Tally(skipped=1, notes=[f"SKIP {note}"])


def _of_case(suite_name, case):
    name = f"{suite_name}.{case.get('name')}"
    if case.find("failure") is not None or case.find("error") is not None:
        return one_failed(name)
    skip = case.find("skipped")
    if skip is not None or case.get("result") == "skipped":
        why = (skip.get("message") or "").strip().splitlines() if skip is not None else []
        return one_skipped(f"{name}: {why[-1] if why else 'no reason given'}")
    return one_passed()


def of_meson(build):
    """The tests of the last `meson test` in this build directory.

    The JUnit file knows every single gtest case; the JSON lines know the programs that crashed
    or leaked after their last case, which the JUnit file would pass over in silence.
    """
    logs = pathlib.Path(build, "meson-logs")
    tally, with_failures = Tally(), set()
    for suite in xml.parse(logs / "testlog.junit.xml").getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            one = _of_case(suite.get("name"), case)
            if one.failed:
                with_failures.add(suite.get("name"))
            tally.add(one)
    for line in (logs / "testlog.json").read_text().splitlines():
        program = json.loads(line)
        if program["result"] in ("OK", "EXPECTEDFAIL", "SKIP"):
            continue
        name = program["name"].split(" / ")[-1]
        if not any(f".{name}" in suite for suite in with_failures):
            tally.add(one_failed(f"program {name}: {program['result'].lower()}"))
    return tally


LINE = re.compile(r"^(ok|not ok|skip) (.*)$")


def of_lines(text, returncode, name):
    """The tests of a script that says `ok WHAT`, `not ok WHAT` or `skip WHAT` a line each."""
    tally = Tally()
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            verdict, what = match.groups()
            make = {"ok": lambda _: one_passed(), "not ok": one_failed, "skip": one_skipped}
            tally.add(make[verdict](f"{name}: {what}"))
    if returncode != 0 and tally.failed == 0:
        tally.add(one_failed(f"{name}: ended with code {returncode}"))
    if returncode == 0 and tally.passed + tally.failed + tally.skipped == 0:
        tally.add(one_failed(f"{name}: ran no test"))
    return tally
