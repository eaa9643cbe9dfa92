# SPDX-License-Identifier: BSD-3-Clause
"""A small network of Linux hosts and Spanway routers in namespaces of its own.

    with Lab("one router") as lab:
        left, right = lab.host("left"), lab.host("right")
        ...
        with lab.step("ping across"):
            left.run("ping", "-c", "3", "10.0.2.2")

Everything made here has a name with our process id in it and goes away with the `with`, also after
a failure, Ctrl-C or SIGTERM. A step prints `ok`, `not ok` or `skip`, and the next one runs anyway.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SPANWAY_BUILD", ROOT / "build"))
DAEMON = BUILD / "control/spanwayd"
CLI = BUILD / "control/cli/spanway"


class Failed(Exception):
    """A step's expectation that did not hold."""


class Skipped(Exception):
    """This machine can not do it; says why."""


def expect(condition, what):
    if not condition:
        raise Failed(what)


def wait_for(condition, what, seconds=10.0):
    """The first true value of condition(), asked ten times a second."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Process:
    """A program in the background, its output in a file, ended by its own process group."""

    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, start_new_session=True)

    @property
    def alive(self):
        return self.popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def signal(self, number):
        if self.alive:
            os.killpg(self.popen.pid, number)

    def stop(self, seconds=10):
        """SIGTERM, after a while SIGKILL; the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.popen.args[-1]} did not end within {seconds} s of SIGTERM")

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.popen.wait()


class Namespace:
    """A network namespace; a Linux host, or the place where a router runs."""

    def __init__(self, lab, label, name):
        self.lab = lab
        self.label = label
        self.name = name

    @classmethod
    def make(cls, lab, label):
        space = cls(lab, label, f"spw-{os.getpid()}-{len(lab.namespaces)}")
        tool("ip", "netns", "add", space.name)
        lab.namespaces.append(space)
        space.run("ip", "link", "set", "lo", "up")
        return space

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def run(self, *words, timeout=30, check=True, text_in=None):
        """Runs a program to its end; its output. A non-zero exit fails the step."""
        try:
            done = subprocess.run(self.command(*words), stdout=subprocess.PIPE, input=text_in,
                                  stderr=subprocess.STDOUT, timeout=timeout, text=True)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.label}: {' '.join(map(str, words))}: no end within {timeout} s")
        if check and done.returncode != 0:
            raise Failed(f"{self.label}: {' '.join(map(str, words))}: exit code "
                         f"{done.returncode}\n{done.stdout}")
        return done.stdout

    def start(self, *words):
        return self.lab.start(*self.command(*words), label=self.label)

    def set(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    def address(self, interface, *addresses):
        for address in addresses:
            # A test does not wait for Linux's own duplicate address detection.
            extra = ["nodad"] if ":" in address else []
            self.run("ip", "address", "add", address, "dev", interface, *extra)

    def route(self, prefix, via):
        self.run("ip", "-6" if ":" in via else "-4", "route", "add", prefix, "via", via)

    def become_router(self):
        self.set("net.ipv4.ip_forward", 1)
        self.set("net.ipv6.conf.all.forwarding", 1)

    def listens(self, port):
        return f":{port} " in self.run("ss", "-Hlnt")

    def delete(self):
        subprocess.run(["ip", "netns", "del", self.name], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


class Router:
    """One spanwayd in a namespace of its own."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.space = Namespace.make(lab, name)
        self.config_path = lab.folder / f"{name}.toml"
        self.socket_path = lab.folder / f"{name}.sock"
        self.attach_path = None  # where applications attach; none do
        self.process = None
        self.options = []  # of the daemon
        lab.routers.append(self)

    def configure(self, text):
        """The file that start() gives to the daemon; [daemon] and [control] are ours."""
        self.config_path.write_text(self.whole(text))

    def whole(self, text):
        attach = f'attach = "{self.attach_path}"\n' if self.attach_path else ""
        return (f'[daemon]\nmemory = "none"\n\n[control]\nsocket = "{self.socket_path}"\n'
                f"{attach}\n{text}")

    def start(self):
        self.process = self.space.start(DAEMON, "--config", self.config_path, *self.options)
        wait_for(lambda: self.answers() or not self.process.alive, f"{self.name} answers", 20)
        expect(self.process.alive, f"{self.name} ended at once:\n{self.process.output()}")
        return self

    def wait_for_addresses(self):
        """Until duplicate address detection has let the router have its addresses (RFC 4862)."""
        for interface in self.call("show.interfaces")["interfaces"]:
            for address in interface["addresses"]:
                host = f"{address.split('/')[0]}/{128 if ':' in address else 32}"
                if not host.startswith("fe80:"):
                    wait_for(lambda: "result" in self.ask("show.routes", prefix=host),
                             f"{self.name} has {host}")

    def answers(self):
        try:
            return bool(self.call("show.version"))
        except (OSError, ValueError):
            return False

    def ask(self, method, **params):
        """The raw JSON-RPC answer: {"result": ...} or {"error": ...}."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(30)
            wire.connect(str(self.socket_path))
            wire.sendall(request.encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                piece = wire.recv(1 << 16)
                if not piece:
                    break
                answer += piece
        return json.loads(answer)

    def call(self, method, **params):
        answer = self.ask(method, **params)
        expect("result" in answer, f"{self.name}: {method}: {answer.get('error')}")
        return answer["result"]

    def cli(self, *words, check=True):
        """The command-line program; (exit code, what it printed)."""
        done = subprocess.run([CLI, "-s", self.socket_path, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        if check:
            expect(done.returncode == 0, f"spanway {' '.join(words)}: {done.stdout}")
        return done.returncode, done.stdout

    def drops(self):
        return self.call("show.counters", drops=True)["drops"]

    def is_balanced(self):
        """Every packet is accounted for: in equals out plus what was kept, answered or dropped."""
        return self.call("show.counters")["balance"] == 0

    def stop(self):
        code = self.process.stop()
        expect(code == 0, f"{self.name} ended with {code}:\n{tail(self.process.output())}")

    def kill(self):
        self.process.kill()


class Lab:
    def __init__(self, title):
        self.title = title
        self.namespaces, self.processes, self.routers, self.last_acts = [], [], [], []
        self.failures = 0
        self.folder = None

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(143))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spanway-"))
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Failed):  # before or between steps
            self.report("building the lab", error)
        with signals_held():
            for process in self.processes:
                process.signal(signal.SIGTERM)  # so that it can clean up after itself
            for process in self.processes:
                with contextlib.suppress(Failed, OSError):
                    process.stop(5)
            for space in self.namespaces:
                space.delete()
            for act in self.last_acts:
                act()
            shutil.rmtree(self.folder, ignore_errors=True)
        return isinstance(error, Failed)

    @contextlib.contextmanager
    def step(self, what):
        try:
            yield
            print(f"ok {what}", flush=True)
        except Skipped as reason:
            print(f"skip {what}: {reason}", flush=True)
        except (Failed, OSError, KeyError, ValueError) as error:
            self.report(what, error)

    def report(self, what, error):
        self.failures += 1
        first, *rest = str(error if isinstance(error, Failed) else repr(error)).splitlines()
        print(f"not ok {what}: {first}", flush=True)
        for line in rest:
            print(f"    {line}")
        for router in self.routers:
            if router.process:
                print(f"    --- log of {router.name} ---")
                for line in tail(router.process.output()).splitlines():
                    print(f"    {line}")
        sys.stdout.flush()

    def start(self, *words, label="program"):
        log = self.folder / f"{label}-{len(self.processes)}.log"
        process = Process([str(word) for word in words], log)
        self.processes.append(process)
        return process

    def at_end(self, act):
        """What else is to be cleaned up, when every process has ended."""
        self.last_acts.append(act)

    def host(self, name):
        return Namespace.make(self, name)

    def adopt(self, label, name):
        """A namespace that somebody else made and will delete."""
        return Namespace(self, label, name)

    def router(self, name):
        return Router(self, name)

    def cable(self, a, a_name, b, b_name, mtu=1500):
        """A veth pair between two namespaces, both ends up.

        Linux leaves checksums on a virtual cable to the card that is not there; a router that
        reads frames from a packet socket would see them unfilled, so that is switched off.
        """
        tool("ip", "link", "add", a_name, "mtu", mtu, "netns", a.name, "type", "veth",
             "peer", "name", b_name, "mtu", mtu, "netns", b.name)
        for space, name in ((a, a_name), (b, b_name)):
            space.run("ethtool", "-K", name, "tx", "off")
            space.run("ip", "link", "set", name, "up")

    def give(self, interface, giver, taker, name):
        """Moves an interface (a router's TAP) into a host's namespace under a new name."""
        wait_for(lambda: interface in giver.run("ip", "-br", "link"), f"{interface} is there")
        giver.run("ip", "link", "set", interface, "netns", taker.name, "name", name)
        taker.run("ip", "link", "set", name, "up")

    def finish(self):
        return 1 if self.failures else 0


def need_root_and_programs():
    """Ends the script with a `skip` line when this machine can not run it."""
    reason = None
    if os.geteuid() != 0:
        reason = "needs root for network namespaces"
    for program in ("ip", "ping", "ethtool"):
        if reason is None and not shutil.which(program):
            reason = f"{program} is not installed"
    for program in (DAEMON, CLI):
        if reason is None and not program.exists():
            print(f"not ok everything: {program} is not built")
            sys.exit(1)
    if reason:
        print(f"skip everything: {reason}")
        sys.exit(0)


def tool(*words):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: {done.stdout.strip()}")
    return done.stdout


def tail(text, lines=25):
    return "\n".join(text.splitlines()[-lines:])


@contextlib.contextmanager
def signals_held():
    """Cleaning up is not interrupted half-way."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
