// SPDX-License-Identifier: BSD-3-Clause
// libspanway: reliable messages through a Spanway daemon. docs/applications.md is the manual.
//
// An attachment and all that belongs to it is for one thread at a time. Functions that return int
// say 0 or more when it went well, a negative SPANWAY_E... otherwise. timeout_ms: 0 does not wait
// (SPANWAY_EAGAIN when nothing is there), less than 0 waits for ever.
#pragma once

#include <stddef.h>  // NOLINT: this header is C's as well
#include <stdint.h>  // NOLINT

#ifdef __cplusplus
extern "C" {
#endif

#define SPANWAY_API __attribute__((visibility("default")))

typedef struct spanway_attachment spanway_attachment;  // to a daemon
typedef struct spanway_connection spanway_connection;

enum {
  SPANWAY_EAGAIN = -1,         // nothing is there yet, or there is no room
  SPANWAY_ETIMEOUT = -2,       // the time is over
  SPANWAY_EINVALID = -3,       // nobody could do that
  SPANWAY_ENODAEMON = -4,      // no daemon serves that socket
  SPANWAY_EGONE = -5,          // the daemon has ended; detach, and attach again
  SPANWAY_EVERSION = -6,       // library and daemon are of different versions
  SPANWAY_EPERMISSION = -7,    // you may not
  SPANWAY_ELIMIT = -8,         // you have as much as one application may have
  SPANWAY_EMEMORY = -9,        // the machine has no more
  SPANWAY_EINUSE = -10,        // that port is somebody's
  SPANWAY_EUNREACHABLE = -11,  // no way leads to that address
  SPANWAY_ETOOLONG = -12,      // longer than the peer takes, or than your room
  SPANWAY_ENOSTREAM = -13,     // the peer takes no such stream
  SPANWAY_EFINISHED = -14,     // this side has said that it sends nothing more
  SPANWAY_EEND = -15,          // the peer sends nothing more, and all it sent is read
  SPANWAY_ECLOSED = -16,       // the connection is over: both have said that they send nothing more
  SPANWAY_ESILENT = -17,       // the connection is over: the peer was not heard any more
  SPANWAY_ESPENT = -18,        // the connection is over: it carried all that one may
  SPANWAY_ESTOPPED = -19,      // the connection is over: the daemon stopped it
  SPANWAY_EBROKEN = -20,       // the daemon says that this application broke the rules
};

// In words; never NULL.
SPANWAY_API const char* spanway_error_text(int error);

// ---- attaching ----

// `socket`: the daemon's; NULL: $SPANWAY_SOCKET, or /run/spanway/attach.sock.
SPANWAY_API int spanway_attach(const char* socket, spanway_attachment** out);
// Closes everything. Pointers into messages are void.
SPANWAY_API void spanway_detach(spanway_attachment* at);
// What the daemon said when something was last refused, or why it has gone; "" when nothing.
SPANWAY_API const char* spanway_reason(const spanway_attachment* at);

// ---- waiting for any of it ----

enum {
  SPANWAY_OPENED = 1,     // the connection may be used
  SPANWAY_READABLE = 2,   // receive until SPANWAY_EAGAIN
  SPANWAY_SENT = 4,       // the peer has more of what was sent, so there is room again
  SPANWAY_OVER = 8,       // the peer has finished, or the connection is over: receive says it
  SPANWAY_FAILED = 16,    // it was never opened: spanway_state() says why
  SPANWAY_INCOMING = 32,  // somebody connected to `port`: accept until SPANWAY_EAGAIN
};
typedef struct {
  uint32_t what;                   // any of these
  uint16_t port;                   // SPANWAY_INCOMING
  spanway_connection* connection;  // NULL with SPANWAY_INCOMING
} spanway_event;

// What has happened since it was last asked; how many of `most` events.
SPANWAY_API int spanway_poll(spanway_attachment* at, spanway_event* events, int most,
                             int timeout_ms);
// Readable when there is something to do, for poll, epoll and event loops. Before every wait on it
// call spanway_arm(): 0, wait; 1, there is something already.
SPANWAY_API int spanway_fd(const spanway_attachment* at);
SPANWAY_API int spanway_arm(spanway_attachment* at);

// ---- connections ----

// Memory is given when a connection is made: windows in both directions, of each stream. The
// longest message is a quarter of the smaller window, at most 8 MiB. All are powers of two.
typedef struct {
  uint16_t streams, send_streams;           // 1 to 64
  uint32_t window_bytes, send_bytes;        // 4 KiB to 1 GiB
  uint32_t window_messages, send_messages;  // 1 to 65,536: not yet read, not yet delivered
} spanway_options;
SPANWAY_API void spanway_options_init(spanway_options* options);

// `address`: IPv4 or IPv6 in figures. NULL options: as after init. With timeout_ms 0 the connection
// is there at once and SPANWAY_OPENED follows.
SPANWAY_API int spanway_connect(spanway_attachment* at, const char* address, uint16_t port,
                                const spanway_options* options, int timeout_ms,
                                spanway_connection** out);
// Port 0: any. Returns the port.
SPANWAY_API int spanway_listen(spanway_attachment* at, uint16_t port,
                               const spanway_options* options);
SPANWAY_API int spanway_unlisten(spanway_attachment* at, uint16_t port);
// The next that came to that port.
SPANWAY_API int spanway_accept(spanway_attachment* at, uint16_t port, int timeout_ms,
                               spanway_connection** out);

// 0: may be used; SPANWAY_EAGAIN: not yet; otherwise why not any more.
SPANWAY_API int spanway_state(const spanway_connection* connection);
// "192.0.2.1" and its port, as long as the connection is not closed.
SPANWAY_API const char* spanway_peer(const spanway_connection* connection, uint16_t* port);
// Bytes of the longest message that the peer takes, and that fits into send_bytes.
SPANWAY_API uint32_t spanway_longest(const spanway_connection* connection);
// The application's own.
SPANWAY_API void spanway_set_context(spanway_connection* connection, void* context);
SPANWAY_API void* spanway_context(const spanway_connection* connection);

// Sends a copy of `bytes` bytes.
SPANWAY_API int spanway_send(spanway_connection* connection, uint16_t stream, const void* data,
                             size_t bytes, int timeout_ms);
// The same without the copy: room to write the message into, then the message, which may be
// shorter.
SPANWAY_API int spanway_reserve(spanway_connection* connection, uint16_t stream, size_t bytes,
                                int timeout_ms, void** room);
SPANWAY_API int spanway_submit(spanway_connection* connection, uint16_t stream, size_t bytes);
// Waits until the peer's side has all that was sent.
SPANWAY_API int spanway_drain(spanway_connection* connection, int timeout_ms);

typedef struct {
  const void* data;
  uint32_t bytes;
  uint16_t stream;
} spanway_message;
// The next message, where it lies; it stays there until it is released. Messages of a stream are
// released in the order in which they came; whoever keeps all holds the peer up.
SPANWAY_API int spanway_receive(spanway_connection* connection, spanway_message* message,
                                int timeout_ms);
SPANWAY_API int spanway_release(spanway_connection* connection, const spanway_message* message);
// The same as a copy: the message's bytes, SPANWAY_ETOOLONG (and it stays) when `room` is less.
// `stream` may be NULL.
SPANWAY_API long spanway_read(spanway_connection* connection, void* data, size_t room,
                              uint16_t* stream, int timeout_ms);

// Nothing more will be sent; what was, still goes out, and the peer may go on.
SPANWAY_API int spanway_finish(spanway_connection* connection);
// Finishes, and what still comes is not wanted. The pointer is void; what was sent still goes out
// as long as the attachment lives.
SPANWAY_API void spanway_close(spanway_connection* connection);

#ifdef __cplusplus
}
#endif
