# SPDX-License-Identifier: BSD-3-Clause
"""Reliable messages through a Spanway daemon, on libspanway's C face.

    with spanway.Attachment() as at:                  # $SPANWAY_SOCKET, or the daemon's default
        connection = at.connect("192.0.2.1", 7)
        connection.send(b"hello")
        stream, data = connection.recv()

In asyncio the same calls are coroutines of AsyncAttachment; one attachment for each event loop. An
attachment and all that belongs to it is for one thread at a time. Times are in seconds, None waits
for ever. The library is found by the dynamic linker, or where $SPANWAY_LIBRARY says.
"""
import asyncio
import collections
import ctypes
import os

AGAIN, TIMEOUT, INVALID, NO_DAEMON, GONE, VERSION, PERMISSION, LIMIT, MEMORY, IN_USE = range(-1, -11, -1)
UNREACHABLE, TOO_LONG, NO_STREAM, FINISHED, END, CLOSED, SILENT, SPENT, STOPPED, BROKEN = range(
    -11, -21, -1)

_OPENED, _READABLE, _SENT, _OVER, _FAILED, _INCOMING = 1, 2, 4, 8, 16, 32


class _Options(ctypes.Structure):
    _fields_ = [("streams", ctypes.c_uint16), ("send_streams", ctypes.c_uint16),
                ("window_bytes", ctypes.c_uint32), ("send_bytes", ctypes.c_uint32),
                ("window_messages", ctypes.c_uint32), ("send_messages", ctypes.c_uint32)]


class _Message(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("bytes", ctypes.c_uint32), ("stream", ctypes.c_uint16)]


class _Event(ctypes.Structure):
    _fields_ = [("what", ctypes.c_uint32), ("port", ctypes.c_uint16),
                ("connection", ctypes.c_void_p)]


def _load():
    library = ctypes.CDLL(os.environ.get("SPANWAY_LIBRARY", "libspanway.so.0"))
    handle, number, port = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint16
    pointer = ctypes.POINTER
    faces = {
        "error_text": (ctypes.c_char_p, number),
        "attach": (number, ctypes.c_char_p, pointer(handle)),
        "detach": (None, handle),
        "reason": (ctypes.c_char_p, handle),
        "poll": (number, handle, pointer(_Event), number, number),
        "fd": (number, handle),
        "arm": (number, handle),
        "options_init": (None, pointer(_Options)),
        "connect": (number, handle, ctypes.c_char_p, port, pointer(_Options), number,
                    pointer(handle)),
        "listen": (number, handle, port, pointer(_Options)),
        "unlisten": (number, handle, port),
        "accept": (number, handle, port, number, pointer(handle)),
        "state": (number, handle),
        "peer": (ctypes.c_char_p, handle, pointer(port)),
        "longest": (ctypes.c_uint32, handle),
        "send": (number, handle, port, ctypes.c_char_p, ctypes.c_size_t, number),
        "drain": (number, handle, number),
        "receive": (number, handle, pointer(_Message), number),
        "release": (number, handle, pointer(_Message)),
        "finish": (number, handle),
        "close": (None, handle),
    }
    calls = {}
    for name, (result, *arguments) in faces.items():
        call = getattr(library, "spanway_" + name)
        call.restype, call.argtypes = result, arguments
        calls[name] = call
    return collections.namedtuple("Library", calls)(**calls)


_lib = _load()


class Error(OSError):
    """`code` is one of this module's numbers."""

    def __init__(self, code, more=""):
        text = _lib.error_text(code).decode()
        super().__init__(code, f"{text} ({more})" if more else text)
        self.code = code


def _ms(seconds):
    return -1 if seconds is None else max(0, int(seconds * 1000))


def _options(wishes):
    options = _Options()
    _lib.options_init(ctypes.byref(options))
    for name, value in wishes.items():
        if name not in dict(_Options._fields_):
            raise TypeError(f"there is no option {name}")
        setattr(options, name, value)
    return ctypes.byref(options)


class Connection:
    """Messages of a peer; of Attachment.connect() or accept()."""

    def __init__(self, attachment, handle):
        self._at, self._handle = attachment, handle

    def send(self, data, stream=0, timeout=None):
        """Sends one message; waits while there is no room."""
        self._check(_lib.send(self._open(), stream, bytes(data), len(data), _ms(timeout)))

    def recv(self, timeout=None):
        """(stream, message); None when the peer has finished and all of it is read."""
        message = _Message()
        got = _lib.receive(self._open(), ctypes.byref(message), _ms(timeout))
        if got == END:
            return None
        self._check(got)
        data = ctypes.string_at(message.data, message.bytes)
        _lib.release(self._handle, ctypes.byref(message))
        return message.stream, data

    def drain(self, timeout=None):
        """Waits until the peer's side has all that was sent."""
        self._check(_lib.drain(self._open(), _ms(timeout)))

    def finish(self):
        """Nothing more will be sent; the peer may go on."""
        self._check(_lib.finish(self._open()))

    def close(self):
        if self._handle is not None:
            handle, self._handle = self._handle, None
            if self._at.is_attached():
                _lib.close(handle)

    @property
    def peer(self):
        port = ctypes.c_uint16()
        address = _lib.peer(self._open(), ctypes.byref(port)).decode()
        return address, port.value

    @property
    def longest(self):
        """Bytes of the longest message that can be sent."""
        return _lib.longest(self._open())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _open(self):
        if self._handle is None or not self._at.is_attached():
            raise Error(CLOSED)
        return self._handle

    def _check(self, result):
        if result < 0:
            raise Error(result)
        return result


class Attachment:
    """One application at a daemon."""

    def __init__(self, socket=None):
        handle = ctypes.c_void_p()
        result = _lib.attach(os.fsencode(socket) if socket else None, ctypes.byref(handle))
        if result < 0:
            raise Error(result, socket or "")
        self._handle = handle.value

    def connect(self, address, port, timeout=10.0, **options):
        """Options: streams, send_streams, window_bytes, send_bytes, window_messages, send_messages."""
        made = ctypes.c_void_p()
        self._check(_lib.connect(self._open(), address.encode(), port, _options(options),
                                 max(1, _ms(timeout)) if timeout is not None else -1,
                                 ctypes.byref(made)))
        return Connection(self, made.value)

    def listen(self, port=0, **options):
        """The port; 0 takes any that is free."""
        return self._check(_lib.listen(self._open(), port, _options(options)))

    def unlisten(self, port):
        self._check(_lib.unlisten(self._open(), port))

    def accept(self, port, timeout=None):
        made = ctypes.c_void_p()
        self._check(_lib.accept(self._open(), port, _ms(timeout), ctypes.byref(made)))
        return Connection(self, made.value)

    def is_attached(self):
        return self._handle is not None

    def detach(self):
        if self._handle is not None:
            handle, self._handle = self._handle, None
            _lib.detach(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.detach()

    def _open(self):
        if self._handle is None:
            raise Error(GONE, "detached")
        return self._handle

    def _check(self, result):
        if result < 0:
            raise Error(result, _lib.reason(self._handle).decode(errors="replace"))
        return result


class AsyncConnection:
    """A Connection whose waits are the event loop's."""

    def __init__(self, attachment, connection):
        self._at, self._connection = attachment, connection

    async def send(self, data, stream=0):
        await self._at._until(lambda: self._connection.send(data, stream, timeout=0))

    async def recv(self):
        return await self._at._until(lambda: self._connection.recv(timeout=0))

    async def drain(self):
        await self._at._until(lambda: self._connection.drain(timeout=0))

    def finish(self):
        self._connection.finish()

    def close(self):
        self._connection.close()

    @property
    def peer(self):
        return self._connection.peer

    @property
    def longest(self):
        return self._connection.longest

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()


class AsyncAttachment:
    """An Attachment in the running event loop."""

    def __init__(self, socket=None):
        self._plain = Attachment(socket)
        self._loop = asyncio.get_running_loop()
        self._waiting = set()
        self._loop.add_reader(_lib.fd(self._plain._handle), self._on_readable)

    async def connect(self, address, port, timeout=10.0, **options):
        made = ctypes.c_void_p()
        self._plain._check(_lib.connect(self._plain._open(), address.encode(), port,
                                        _options(options), 0, ctypes.byref(made)))
        connection = Connection(self._plain, made.value)

        def opened():
            connection._check(_lib.state(connection._open()))
            return AsyncConnection(self, connection)

        try:
            return await asyncio.wait_for(self._until(opened), timeout)
        except BaseException as error:
            connection.close()
            if isinstance(error, asyncio.TimeoutError):
                raise Error(TIMEOUT) from None
            raise

    def listen(self, port=0, **options):
        return self._plain.listen(port, **options)

    async def accept(self, port):
        connection = await self._until(lambda: self._plain.accept(port, timeout=0))
        return AsyncConnection(self, connection)

    def detach(self):
        if self._plain.is_attached():
            self._loop.remove_reader(_lib.fd(self._plain._handle))
            self._plain.detach()
            self._wake()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.detach()

    async def _until(self, call):
        """call()'s result, tried again after each news while it says that there is nothing yet."""
        while True:
            try:
                return call()
            except Error as error:
                if error.code != AGAIN:
                    raise
            news = self._loop.create_future()
            self._waiting.add(news)
            try:
                if self._plain.is_attached() and _lib.arm(self._plain._handle) != 0:
                    self._loop.call_soon(self._on_readable)
                await news
            finally:
                self._waiting.discard(news)

    def _on_readable(self):
        if not self._plain.is_attached():
            return
        events = (_Event * 64)()
        # What it tells of is tried again by whoever waits; only that there was something counts.
        got = 1
        while got > 0:
            got = _lib.poll(self._plain._handle, events, len(events), 0)
        if got != AGAIN:  # the daemon has gone, and its socket would be readable for ever
            self._loop.remove_reader(_lib.fd(self._plain._handle))
        self._wake()

    def _wake(self):
        for news in self._waiting:
            if not news.done():
                news.set_result(None)
