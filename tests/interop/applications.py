#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two applications, each at a Spanway of its own, over a cable that loses packets.

    file_copy -> r1 10.1.0.1 ---- x (a bridge that drops) ---- 10.1.0.2 r2 -> file_copy

usage: applications.py [MEBIBYTES]      of the file; 64
"""
import asyncio
import hashlib
import importlib
import os
import signal
import sys
import time

from lab import BUILD, ROOT, Lab, expect, need_root_and_programs, wait_for

CLIENT = BUILD / "dataplane/client"
os.environ["SPANWAY_LIBRARY"] = str(CLIENT / "libspanway.so.0")
sys.path.insert(0, str(ROOT / "dataplane/client/python"))
sys.dont_write_bytecode = True
spanway = None  # imported when it is known that this machine can run it

CONFIG = """
[[port]]
name = "p0"
device = "veth:p0"
addresses = ["10.1.0.{n}/24"]
"""
# Of every hundred packets, in each direction.
LOST = 1


def two_routers(lab):
    x = lab.host("x")
    x.run("ip", "link", "add", "br0", "type", "bridge")
    x.run("ip", "link", "set", "br0", "up")
    routers = []
    for n in (1, 2):
        router = lab.router(f"r{n}")
        router.attach_path = lab.folder / f"r{n}-attach.sock"
        lab.cable(x, f"x{n}", router.space, "p0")
        x.run("ip", "link", "set", f"x{n}", "master", "br0")
        router.space.set("net.ipv6.conf.p0.disable_ipv6", 1)
        router.configure(CONFIG.format(n=n))
        router.start()
        routers.append(router)
    for router in routers:
        router.wait_for_addresses()
    return x, *routers


def lose(x, of_a_hundred):
    """Drops so many packets that come into the bridge."""
    chains = "".join(
        f' chain c{n} {{\n type filter hook ingress device "x{n}" priority -500; policy accept;\n'
        f" ip protocol udp numgen random mod 100 < {of_a_hundred} counter drop\n }}\n"
        for n in (1, 2))
    x.run("nft", "-f", "-", text_in=f"table netdev loss {{\n{chains}}}\n")


def dropped(x):
    said = x.run("nft", "list", "table", "netdev", "loss")
    return sum(int(line.split("packets ")[1].split()[0])
               for line in said.splitlines() if "packets" in line)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def at(router, *words):
    return ["env", f"SPANWAY_SOCKET={router.attach_path}", *map(str, words)]


def copy_file(lab, left, right, mebibytes):
    source, copy = lab.folder / "source", lab.folder / "copy"
    with open(source, "wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(1 << 20))
    receiver = lab.start(*at(right, CLIENT / "file_copy", "receive", 0, copy))
    port = wait_for(lambda: receiver.output().split()[2:3], "the receiver listens")[0]
    begun = time.monotonic()
    sender = lab.start(*at(left, CLIENT / "file_copy", "send", "10.1.0.2", port, source))
    wait_for(lambda: not (sender.alive and receiver.alive), "the copy ends", 600)
    wait_for(lambda: not (sender.alive or receiver.alive), "both end", 60)
    seconds = time.monotonic() - begun
    expect((sender.popen.returncode, receiver.popen.returncode) == (0, 0),
           f"{sender.output()}{receiver.output()}")
    expect(sha256(source) == sha256(copy), "the copy is another file")
    return mebibytes / seconds


async def echo(left, right, clients, messages):
    async def answer(connection):
        async with connection:
            while (got := await connection.recv()) is not None:
                await connection.send(got[1], got[0])
            await connection.drain()
            connection.finish()

    async def ask(here, port, name):
        async with await here.connect("10.1.0.2", port, timeout=30) as connection:
            for i in range(messages):
                await connection.send(f"{name} {i}".encode() * 30)
            connection.finish()
            for i in range(messages):
                got = await connection.recv()
                expect(got == (0, f"{name} {i}".encode() * 30), f"{name} {i}: {got}")
            expect(await connection.recv() is None, "more came than was sent")

    async def serve(there, port):
        await asyncio.gather(*[answer(await there.accept(port)) for _ in range(clients)])

    async with spanway.AsyncAttachment(str(left.attach_path)) as here:
        async with spanway.AsyncAttachment(str(right.attach_path)) as there:
            port = there.listen()
            await asyncio.gather(serve(there, port),
                                 *[ask(here, port, f"client {n}") for n in range(clients)])


def crash(lab, left, right):
    """A killed application takes nothing with it: its port is free and its peer hears of it."""
    port = 7010
    server = lab.start(*at(right, CLIENT / "echo", "serve", port))
    wait_for(lambda: "listening" in server.output(), "echo listens")
    with spanway.Attachment(str(left.attach_path)) as here:
        connection = here.connect("10.1.0.2", port, 30)
        connection.send(b"before")
        expect(connection.recv(30) == (0, b"before"), "no echo")
        server.signal(signal.SIGKILL)
        expect(connection.recv(30) is None, "the peer of a dead application reads on")
    again = lab.start(*at(right, CLIENT / "echo", "serve", port))
    wait_for(lambda: "listening" in again.output() or not again.alive, "the port is answered for")
    expect(again.alive, f"its port is not free: {again.output()}")


def restart(left):
    """A daemon that ends is a clear error, and one that is back serves again."""
    here = spanway.Attachment(str(left.attach_path))
    left.process.stop()
    try:
        here.listen()
        expect(False, "listening at a daemon that has gone")
    except spanway.Error as error:
        expect(error.code == spanway.GONE and "the daemon ends" in str(error), str(error))
    here.detach()
    left.start()
    with spanway.Attachment(str(left.attach_path)) as again:
        expect(again.listen() > 0, "the daemon that is back")


def main():
    global spanway
    need_root_and_programs()
    spanway = importlib.import_module("spanway")
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    with Lab("applications") as lab:
        x, left, right = two_routers(lab)
        with lab.step("a file, over a whole cable"):
            print(f"   {copy_file(lab, left, right, mebibytes):.0f} MiB/s")
        lose(x, LOST)
        with lab.step(f"a file, while {LOST} packet of a hundred is lost in each direction"):
            rate = copy_file(lab, left, right, mebibytes)
            lost = dropped(x)
            expect(lost > 0, "nothing was lost")
            print(f"   {rate:.0f} MiB/s, {lost} packets lost")
        with lab.step("asyncio echo in Python, while packets are lost"):
            asyncio.run(asyncio.wait_for(echo(left, right, clients=3, messages=200), 120))
        with lab.step("a crashed application"):
            crash(lab, left, right)
        with lab.step("the routers' books"):
            for router in (left, right):
                wait_for(router.is_balanced, f"{router.name} is balanced")
        with lab.step("a daemon that ends and comes back"):
            restart(left)
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
