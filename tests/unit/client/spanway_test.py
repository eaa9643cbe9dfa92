#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Python module and the examples against a daemon's double.

usage: spanway_test.py SOURCE-ROOT DAEMON LIBRARY ECHO FILE_COPY
"""
import asyncio
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import unittest

ROOT, DAEMON, LIBRARY, ECHO, FILE_COPY = sys.argv[1:6]
os.environ["SPANWAY_LIBRARY"] = LIBRARY
sys.path.insert(0, os.path.join(ROOT, "dataplane", "client", "python"))
sys.dont_write_bytecode = True
import spanway  # noqa: E402

HERE = "192.0.2.1"
PATIENCE = 60.0  # nobody waits so long unless something is broken


class Client(unittest.TestCase):
    def setUp(self):
        self.daemon = subprocess.Popen([DAEMON], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.socket = self.daemon.stdout.readline().decode().strip()
        self.environment = {**os.environ, "SPANWAY_SOCKET": self.socket}

    def tearDown(self):
        self.daemon.communicate(timeout=PATIENCE)  # it ends with its input
        self.assertEqual(self.daemon.returncode, 0)

    def test_two_attachments_talk(self):
        with spanway.Attachment(self.socket) as one, spanway.Attachment(self.socket) as other:
            port = one.listen(streams=2, send_streams=2)
            near = other.connect(HERE, port, PATIENCE, streams=2, send_streams=2)
            far = one.accept(port, PATIENCE)
            self.assertEqual(near.peer, (HERE, port))
            near.send(b"hello")
            near.send(b"on the other stream", stream=1)
            got = sorted(far.recv(PATIENCE) for _ in range(2))
            self.assertEqual(got, [(0, b"hello"), (1, b"on the other stream")])
            far.send(bytes(near.longest))
            self.assertEqual(near.recv(PATIENCE), (0, bytes(near.longest)))
            near.finish()
            self.assertIsNone(far.recv(PATIENCE))
            with self.assertRaises(spanway.Error) as refused:
                near.send(b"more")
            self.assertEqual(refused.exception.code, spanway.FINISHED)
            far.close()
            near.close()

    def test_errors_have_names(self):
        with self.assertRaises(spanway.Error) as none:
            spanway.Attachment("/nonexistent/socket")
        self.assertEqual(none.exception.code, spanway.NO_DAEMON)
        with spanway.Attachment(self.socket) as at:
            with self.assertRaises(spanway.Error) as lost:
                at.connect("198.51.100.1", 7)
            self.assertEqual(lost.exception.code, spanway.UNREACHABLE)
            self.assertIn("no route leads to 198.51.100.1", str(lost.exception))
            with self.assertRaises(TypeError):
                at.listen(windows=3)

    def test_asyncio_echo(self):
        async def serve(at, port, clients):
            async def answer(connection):
                async with connection:
                    while (got := await connection.recv()) is not None:
                        await connection.send(got[1], got[0])
                    await connection.drain()
                    connection.finish()

            await asyncio.gather(*[answer(await at.accept(port)) for _ in range(clients)])

        async def ask(at, port, name):
            async with await at.connect(HERE, port, timeout=PATIENCE) as connection:
                for i in range(200):
                    await connection.send(f"{name} {i}".encode() * 20)
                connection.finish()
                for i in range(200):
                    assert await connection.recv() == (0, f"{name} {i}".encode() * 20), (name, i)
                assert await connection.recv() is None

        async def main():
            async with spanway.AsyncAttachment(self.socket) as one:
                async with spanway.AsyncAttachment(self.socket) as other:
                    port = one.listen()
                    names = ["anna", "berta", "clara"]
                    await asyncio.gather(serve(one, port, len(names)),
                                         *[ask(other, port, name) for name in names])

        asyncio.run(asyncio.wait_for(main(), PATIENCE))

    def test_a_daemon_that_has_gone_ends_every_wait(self):
        async def main():
            at = spanway.AsyncAttachment(self.socket)
            waits = asyncio.ensure_future(at.accept(at.listen()))
            await asyncio.sleep(0)
            self.daemon.stdin.close()
            with self.assertRaises(spanway.Error) as gone:
                await asyncio.wait_for(waits, PATIENCE)
            self.assertEqual(gone.exception.code, spanway.GONE)
            at.detach()

        asyncio.run(main())
        self.daemon.stdin = None

    def test_the_echo_example(self):
        server = subprocess.Popen([ECHO, "serve", "0"], env=self.environment,
                                  stdout=subprocess.PIPE)
        port = server.stdout.readline().split()[-1].decode()
        said = subprocess.run([ECHO, "ask", HERE, port, "one", "two"], timeout=PATIENCE,
                              env=self.environment, capture_output=True, check=True)
        self.assertEqual(said.stdout, b"one\ntwo\n")
        server.terminate()
        server.communicate(timeout=PATIENCE)

    def test_the_file_copy_example(self):
        with tempfile.TemporaryDirectory() as folder:
            source, copy = os.path.join(folder, "source"), os.path.join(folder, "copy")
            with open(source, "wb") as file:
                file.write(random.Random(1).randbytes(20_000_003))
            receiver = subprocess.Popen([FILE_COPY, "receive", "0", copy], env=self.environment,
                                        stdout=subprocess.PIPE)
            port = receiver.stdout.readline().split()[-1].decode()
            subprocess.run([FILE_COPY, "send", HERE, port, source], timeout=PATIENCE,
                           env=self.environment, stdout=subprocess.DEVNULL, check=True)
            receiver.communicate(timeout=PATIENCE)
            self.assertEqual(receiver.returncode, 0)
            sums = []
            for name in (source, copy):
                with open(name, "rb") as file:
                    sums.append(hashlib.sha256(file.read()).hexdigest())
            self.assertEqual(*sums)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
