// SPDX-License-Identifier: BSD-3-Clause
// The C face. Its handles are the classes of this folder under another name.
#include <algorithm>
#include <cstring>
#include <new>

#include "dataplane/base/ip_addr.h"
#include "dataplane/client/application.h"
#include "dataplane/client/spanway.h"

using spanway::client::Application;
using spanway::client::Connection;
using spanway::client::Patience;

namespace {

Application& of(spanway_attachment* at) {
  return *static_cast<Application*>(static_cast<void*>(at));
}
const Application& of(const spanway_attachment* at) {
  return *static_cast<const Application*>(static_cast<const void*>(at));
}
Connection& of(spanway_connection* connection) {
  return *static_cast<Connection*>(static_cast<void*>(connection));
}
const Connection& of(const spanway_connection* connection) {
  return *static_cast<const Connection*>(static_cast<const void*>(connection));
}
spanway_connection* handle(Connection* connection) {
  return static_cast<spanway_connection*>(static_cast<void*>(connection));
}

// Nothing of C++ leaves: what memory there is not is an error like another.
template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return SPANWAY_EMEMORY;
  }
}

// Again and again while there is nothing yet and the patience lasts.
template <class Call>
int until(Application& application, int timeout_ms, Call&& call) {
  int result = call();
  if (result != SPANWAY_EAGAIN) return result;
  const Patience patience(timeout_ms);
  for (;;) {
    const int waited = application.wait(patience);
    result = call();
    if (result != SPANWAY_EAGAIN) return result;
    if (waited < 0) return waited;
  }
}

bool read_plan(const spanway_options* options, spanway::attach::RegionPlan& plan) {
  if (options == nullptr) return true;
  plan = {.streams = options->streams,
          .window_bytes = options->window_bytes,
          .window_messages = options->window_messages,
          .send_streams = options->send_streams,
          .send_bytes = options->send_bytes,
          .send_messages = options->send_messages};
  return plan.is_valid();
}

bool read_address(const char* text, uint16_t port, spanway::attach::Where& where) {
  const auto address = text == nullptr ? std::nullopt : spanway::IpAddr::parse(text);
  if (!address || port == 0) return false;
  where.port = port;
  if (address->is4()) {
    where.family = 4;
    for (unsigned i = 0; i < 4; ++i)
      where.address[i] = static_cast<uint8_t>(address->v4().value() >> (24 - 8 * i));
  } else {
    where.family = 6;
    std::copy(address->v6().bytes.begin(), address->v6().bytes.end(), where.address);
  }
  return true;
}

}  // namespace

int spanway_attach(const char* socket, spanway_attachment** out) {
  if (out == nullptr) return SPANWAY_EINVALID;
  *out = nullptr;
  return guarded([&] {
    auto application = std::make_unique<Application>();
    if (const int error = application->attach(socket); error < 0) return error;
    *out = static_cast<spanway_attachment*>(static_cast<void*>(application.release()));
    return 0;
  });
}

void spanway_detach(spanway_attachment* at) {
  if (at != nullptr) delete &of(at);
}

const char* spanway_reason(const spanway_attachment* at) { return of(at).reason().c_str(); }

int spanway_poll(spanway_attachment* at, spanway_event* events, int most, int timeout_ms) {
  return guarded([&] { return of(at).poll(events, most, Patience(timeout_ms)); });
}

int spanway_fd(const spanway_attachment* at) { return of(at).fd(); }

int spanway_arm(spanway_attachment* at) {
  return guarded([&] { return of(at).arm(); });
}

void spanway_options_init(spanway_options* options) {
  const spanway::attach::RegionPlan plan;
  *options = {static_cast<uint16_t>(plan.streams),
              static_cast<uint16_t>(plan.send_streams),
              plan.window_bytes,
              plan.send_bytes,
              plan.window_messages,
              plan.send_messages};
}

int spanway_connect(spanway_attachment* at, const char* address, uint16_t port,
                    const spanway_options* options, int timeout_ms, spanway_connection** out) {
  spanway::attach::Where peer;
  spanway::attach::RegionPlan plan;
  if (out == nullptr || !read_address(address, port, peer) || !read_plan(options, plan))
    return SPANWAY_EINVALID;
  *out = nullptr;
  return guarded([&] {
    Connection* connection = nullptr;
    if (const int error = of(at).connect(peer, plan, timeout_ms, &connection); error < 0)
      return error;
    if (timeout_ms == 0) {
      *out = handle(connection);
      return 0;
    }
    const int state = until(of(at), timeout_ms, [&] { return connection->state(); });
    if (state == 0)
      *out = handle(connection);
    else
      of(at).close(*connection);
    return state;
  });
}

int spanway_listen(spanway_attachment* at, uint16_t port, const spanway_options* options) {
  spanway::attach::RegionPlan plan;
  if (!read_plan(options, plan)) return SPANWAY_EINVALID;
  return guarded([&] { return of(at).listen(port, plan); });
}

int spanway_unlisten(spanway_attachment* at, uint16_t port) {
  return guarded([&] { return of(at).unlisten(port); });
}

int spanway_accept(spanway_attachment* at, uint16_t port, int timeout_ms,
                   spanway_connection** out) {
  if (out == nullptr) return SPANWAY_EINVALID;
  *out = nullptr;
  return guarded([&] {
    Connection* connection = nullptr;
    const int error = until(of(at), timeout_ms, [&] { return of(at).accept(port, &connection); });
    *out = handle(connection);
    return error;
  });
}

int spanway_state(const spanway_connection* connection) { return of(connection).state(); }

const char* spanway_peer(const spanway_connection* connection, uint16_t* port) {
  if (port != nullptr) *port = of(connection).peer_port();
  return of(connection).peer().c_str();
}

uint32_t spanway_longest(const spanway_connection* connection) { return of(connection).longest(); }

void spanway_set_context(spanway_connection* connection, void* context) {
  of(connection).context = context;
}

void* spanway_context(const spanway_connection* connection) { return of(connection).context; }

int spanway_send(spanway_connection* connection, uint16_t stream, const void* data, size_t bytes,
                 int timeout_ms) {
  return guarded([&] {
    return until(of(connection).of(), timeout_ms,
                 [&] { return of(connection).send(stream, data, bytes); });
  });
}

int spanway_reserve(spanway_connection* connection, uint16_t stream, size_t bytes, int timeout_ms,
                    void** room) {
  return guarded([&] {
    return until(of(connection).of(), timeout_ms,
                 [&] { return of(connection).reserve(stream, bytes, room); });
  });
}

int spanway_submit(spanway_connection* connection, uint16_t stream, size_t bytes) {
  return guarded([&] { return of(connection).submit(stream, bytes); });
}

int spanway_drain(spanway_connection* connection, int timeout_ms) {
  return guarded([&] {
    return until(of(connection).of(), timeout_ms, [&] {
      if (of(connection).drained() && !of(connection).is_over()) return 0;
      const int state = of(connection).state();
      return state == 0 ? SPANWAY_EAGAIN : state;
    });
  });
}

int spanway_receive(spanway_connection* connection, spanway_message* message, int timeout_ms) {
  return guarded([&] {
    return until(of(connection).of(), timeout_ms, [&] { return of(connection).receive(message); });
  });
}

int spanway_release(spanway_connection* connection, const spanway_message* message) {
  return guarded([&] { return of(connection).release(*message); });
}

long spanway_read(spanway_connection* connection, void* data, size_t room, uint16_t* stream,
                  int timeout_ms) {
  return guarded([&]() -> long {
    spanway_message message;
    const int error = until(of(connection).of(), timeout_ms,
                            [&] { return of(connection).receive_up_to(&message, room); });
    if (error < 0) return error;
    std::memcpy(data, message.data, message.bytes);
    if (stream != nullptr) *stream = message.stream;
    of(connection).release(message);
    return static_cast<long>(message.bytes);
  });
}

int spanway_finish(spanway_connection* connection) {
  return guarded([&] { return of(connection).finish(); });
}

void spanway_close(spanway_connection* connection) {
  if (connection == nullptr) return;
  guarded([&] {
    of(connection).of().close(of(connection));
    return 0;
  });
}
