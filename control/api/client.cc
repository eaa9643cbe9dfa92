// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/api/messages.h"
#include "dataplane/base/clock.h"

namespace spanway::api {
namespace {

using nlohmann::json;

constexpr int kUnreachable = 3, kTimedOut = 4, kRefused = 1;
constexpr size_t kMaxAnswer = size_t{1} << 30;

Error unreachable(const std::string& what) {
  return Error{ErrorCode::kUnavailable, what, "see whether spanwayd runs"};
}

// How long one call may take. It ends early, but for a moment of grace in which an answer that is
// on its way still arrives, once `given_up` says so.
class Patience {
 public:
  Patience(Nanos timeout, const std::function<bool()>& given_up)
      : deadline_(clock_.now() + timeout), given_up_(given_up) {}

  // poll(); false when the time is over.
  bool wait_for(int fd, short events) {
    for (;;) {
      notice();
      // In slices: a signal that comes just before poll() would not end it.
      const int64_t slice_ms = given_up_ ? 50 : 60'000;
      const int64_t left_ms = (deadline_ - clock_.now()).ns() / 1'000'000;
      pollfd entry{fd, events, 0};
      const int n = poll(&entry, 1, static_cast<int>(std::clamp<int64_t>(left_ms, 0, slice_ms)));
      if (n > 0) return true;
      if (n < 0 && errno != EINTR) return true;  // the next call on fd says what is wrong
      if (clock_.now() >= deadline_) return false;
    }
  }
  [[nodiscard]] bool cut_short() const { return cut_short_; }

 private:
  static constexpr Nanos kGrace = millis(200);

  void notice() {
    if (cut_short_ || !given_up_ || !given_up_()) return;
    cut_short_ = true;
    deadline_ = std::min(deadline_, clock_.now() + kGrace);
  }

  MonotonicClock clock_;
  Nanos deadline_;
  const std::function<bool()>& given_up_;
  bool cut_short_ = false;
};

enum class Io { kDone, kTimeout, kGone };

Io send_all(int fd, std::string_view bytes, Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      if (!patience.wait_for(fd, POLLOUT)) return Io::kTimeout;
    } else if (n < 0 && errno != EINTR) {
      return Io::kGone;
    }
  }
  return Io::kDone;
}

Io read_line(int fd, std::string& unread, std::string& line, Patience& patience) {
  for (size_t scanned = 0;;) {
    const size_t end = unread.find('\n', scanned);
    if (end != std::string::npos) {
      line = unread.substr(0, end);
      unread.erase(0, end + 1);
      return Io::kDone;
    }
    scanned = unread.size();
    if (scanned > kMaxAnswer) return Io::kGone;
    if (!patience.wait_for(fd, POLLIN)) return Io::kTimeout;
    unread.resize(scanned + (256 << 10));
    const ssize_t n = recv(fd, unread.data() + scanned, unread.size() - scanned, MSG_DONTWAIT);
    const int error = errno;
    unread.resize(scanned + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0 || (n < 0 && error != EAGAIN && error != EINTR)) return Io::kGone;
  }
}

// By hand around `params`: a document of both would be a copy of them, and they may hold a hundred
// thousand routes.
std::string request_line(int64_t id, const std::string& method, const json& params) {
  const auto text = [](const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  std::string out = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)" +
                    text(method) + R"(,"params":)";
  out += params.is_null() ? "{}" : text(params);
  return out += "}\n";
}

// The daemon's error as ours, and the exit code for it.
Error error_of(const json& error, int& exit_code) {
  Error out{ErrorCode::kInternal, "the daemon gave an error without words", {}};
  exit_code = kRefused;
  if (!error.is_object()) return out;
  out.message = error.value("message", out.message);
  if (const auto data = error.find("data"); data != error.end() && data->is_object())
    out.fix = data->value("fix", "");
  if (const KindFacts* known = facts_of_code(error.value("code", int64_t{0}))) {
    out.code = known->error;
    exit_code = known->exit_code;
  }
  return out;
}

}  // namespace

Client::~Client() {
  if (fd_ >= 0) close(fd_);
}
Client::Client(Client&& other) noexcept { *this = std::move(other); }
Client& Client::operator=(Client&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(next_id_, other.next_id_);
  std::swap(exit_code_, other.exit_code_);
  unread_.swap(other.unread_);
  return *this;
}

Result<Client> Client::connect(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.empty() || socket_path.size() >= sizeof(address.sun_path))
    return Error{ErrorCode::kInvalid, "a socket path has 1 to 107 bytes", "name a shorter one"};
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  Client client;
  client.fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client.fd_ < 0) return unreachable(std::string("no socket: ") + std::strerror(errno));
  const void* generic = &address;
  if (::connect(client.fd_, static_cast<const sockaddr*>(generic), sizeof(address)) == 0)
    return client;
  const int error = errno;
  const std::string what = "can not reach the daemon at " + socket_path + ": ";
  if (error == EACCES || error == EPERM)
    return Error{ErrorCode::kPermission, what + std::strerror(error),
                 "become root or a member of the socket's group"};
  if (error == ENOENT) return unreachable(what + "no such socket");
  if (error == ECONNREFUSED) return unreachable(what + "nobody listens there");
  return unreachable(what + std::strerror(error));
}

Result<json> Client::call(const std::string& method, const json& params, Nanos timeout,
                          const std::function<bool()>& given_up) {
  exit_code_ = kUnreachable;
  if (fd_ < 0) return unreachable("not connected");
  Patience patience(timeout, given_up);
  const auto timed_out = [&]() -> Error {
    exit_code_ = kTimedOut;
    if (patience.cut_short())
      return {ErrorCode::kUnavailable, "given up: " + method + " was not answered yet", {}};
    return {ErrorCode::kUnavailable, "no answer to " + method + " in time", "allow it more time"};
  };
  const int64_t id = next_id_++;
  const std::string bytes = request_line(id, method, params);
  if (send_all(fd_, bytes, patience) == Io::kTimeout) {
    // Half a request is on its way: nothing that follows would be understood.
    close(std::exchange(fd_, -1));
    return timed_out();
  }
  // When the daemon hung up on us it may have said why.
  for (std::string line;;) {
    const Io got = read_line(fd_, unread_, line, patience);
    if (got == Io::kTimeout) return timed_out();
    if (got == Io::kGone) return unreachable("the daemon hung up");
    json answer = json::parse(line, nullptr, false);
    if (!answer.is_object()) return unreachable("the daemon's answer is not JSON");
    const json its_id = answer.value("id", json());
    if (!its_id.is_null() && its_id != id) continue;  // of a call that we gave up
    if (answer.contains("error")) return error_of(answer["error"], exit_code_);
    exit_code_ = 0;
    return std::move(answer["result"]);
  }
}

}  // namespace spanway::api
