// SPDX-License-Identifier: BSD-3-Clause
// One end of the mark echo-two-process: messages of 64 bytes, asked and answered by a process
// each, over libspanway or over the kernel's UDP. Whoever has nothing to do sleeps.
//
// usage: bench_talk serve                             prints its port; ends with its input
//        bench_talk ask ADDRESS PORT WINDOW SECONDS   prints echoes a second, and microseconds of
//                                                     the median, the 99th of 100, the longest
//        bench_talk udp-serve, udp-ask ...            the same by one call for each message
//        bench_talk udp-many-serve, udp-many-ask ...  by one call for all that are there
// The daemon's socket: $SPANWAY_SOCKET.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/report.h"
#include "dataplane/client/spanway.h"

namespace spanway::bench {
namespace {

constexpr size_t kBytes = 64;
constexpr int kMost = 64;  // messages of one call
constexpr int kPatienceMs = 10'000;
// What is not measured: connections learn their path, caches fill.
constexpr double kWarmUpSeconds = 0.3;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_talk: %s\n", what.c_str());
  std::exit(1);
}

int sure(int result, const char* what) {
  if (result < 0) fail(std::string(what) + ": " + spanway_error_text(result));
  return result;
}

void require(bool condition, const char* what) {
  if (!condition) fail(std::string(what) + ": " + std::strerror(errno));
}

void say_port(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
}

bool input_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) != 0;
}

// Who asks: says so many messages, and hears at least one; how many.
class Asker {
 public:
  virtual ~Asker() = default;
  virtual void say(int count) = 0;
  virtual int hear() = 0;
};

class SpanwayAsker final : public Asker {
 public:
  SpanwayAsker(const char* address, uint16_t port) {
    sure(spanway_attach(nullptr, &at_), "attach");
    sure(spanway_connect(at_, address, port, nullptr, kPatienceMs, &connection_), "connect");
  }
  ~SpanwayAsker() override { spanway_detach(at_); }
  SpanwayAsker(const SpanwayAsker&) = delete;
  SpanwayAsker& operator=(const SpanwayAsker&) = delete;
  void say(int count) override {
    const std::array<uint8_t, kBytes> data{};
    for (int i = 0; i < count; ++i)
      sure(spanway_send(connection_, 0, data.data(), data.size(), kPatienceMs), "send");
  }
  int hear() override {
    spanway_message message;
    sure(spanway_receive(connection_, &message, kPatienceMs), "receive");
    int count = 0;
    do {
      ++count;
      spanway_release(connection_, &message);
    } while (spanway_receive(connection_, &message, 0) == 0);
    return count;
  }

 private:
  spanway_attachment* at_ = nullptr;
  spanway_connection* connection_ = nullptr;
};

void serve() {
  spanway_attachment* at = nullptr;
  sure(spanway_attach(nullptr, &at), "attach");
  const int port = sure(spanway_listen(at, 0, nullptr), "listen");
  say_port(port);
  while (!input_ended()) {
    spanway_connection* connection = nullptr;
    if (spanway_accept(at, static_cast<uint16_t>(port), 100, &connection) != 0) continue;
    for (;;) {
      spanway_message message;
      const int got = spanway_receive(connection, &message, 1'000);
      if (got == SPANWAY_ETIMEOUT && !input_ended()) continue;
      if (got != 0) break;
      sure(spanway_send(connection, message.stream, message.data, message.bytes, kPatienceMs),
           "send");
      spanway_release(connection, &message);
    }
    spanway_close(connection);
  }
  spanway_detach(at);
}

// Datagrams by one call each, or by one call for all that are there.
class Udp {
 public:
  Udp(bool many, uint16_t peer) : many_(many) {
    fd_ = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at = loopback(0);
    require(fd_ >= 0 && bind(fd_, as_any(at), sizeof at) == 0, "bind");
    if (peer != 0) join(loopback(peer));
    for (int i = 0; i < kMost; ++i) {
      iov_[i] = {room_[i].data(), kBytes};
      headers_[i].msg_hdr.msg_iov = &iov_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  ~Udp() { close(fd_); }
  Udp(const Udp&) = delete;
  Udp& operator=(const Udp&) = delete;

  [[nodiscard]] uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    require(getsockname(fd_, as_any(at), &size) == 0, "getsockname");
    return ntohs(at.sin_port);
  }
  // Of the first datagram, which stays.
  bool meet(int timeout_ms) {
    pollfd waits{fd_, POLLIN, 0};
    if (poll(&waits, 1, timeout_ms) != 1) return false;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    uint8_t byte = 0;
    require(recvfrom(fd_, &byte, 1, MSG_PEEK, as_any(from), &size) >= 0, "recvfrom");
    join(from);
    return true;
  }
  // False: nothing came for a second.
  int receive() {
    if (!waited_) {
      const timeval second{1, 0};
      setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
      waited_ = true;
    }
    if (!many_) return recv(fd_, room_[0].data(), kBytes, 0) == kBytes ? 1 : 0;
    const int got = recvmmsg(fd_, headers_.data(), kMost, MSG_WAITFORONE, nullptr);
    return std::max(got, 0);
  }
  void send(int count) {
    if (many_) {
      require(sendmmsg(fd_, headers_.data(), static_cast<unsigned>(count), 0) == count, "sendmmsg");
      return;
    }
    for (int i = 0; i < count; ++i)
      require(::send(fd_, room_[0].data(), kBytes, 0) == kBytes, "send");
  }

 private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
  }
  static sockaddr* as_any(sockaddr_in& at) { return reinterpret_cast<sockaddr*>(&at); }
  void join(sockaddr_in peer) { require(connect(fd_, as_any(peer), sizeof peer) == 0, "connect"); }

  bool many_, waited_ = false;
  int fd_ = -1;
  std::array<std::array<uint8_t, kBytes>, kMost> room_{};
  std::array<iovec, kMost> iov_{};
  std::array<mmsghdr, kMost> headers_{};
};

class UdpAsker final : public Asker {
 public:
  UdpAsker(bool many, uint16_t port) : udp_(many, port) {}
  void say(int count) override { udp_.send(count); }
  int hear() override {
    const int got = udp_.receive();
    if (got == 0) fail("a datagram was lost");
    return got;
  }

 private:
  Udp udp_;
};

void serve_udp(bool many) {
  Udp udp(many, 0);
  say_port(udp.port());
  while (!udp.meet(100))
    if (input_ended()) return;
  for (;;) {
    const int got = udp.receive();
    if (got != 0)
      udp.send(got);
    else if (input_ended())
      return;
  }
}

// One clock for all that is said or heard at once, so that it costs little. Answers come in order.
void ask(Asker& asker, int window, double duration) {
  std::vector<double> trips;
  const auto places = static_cast<size_t>(window);
  std::vector<double> said(places, wall_seconds());
  asker.say(window);
  size_t heard = 0;
  double now = said[0];
  const double begin = now + kWarmUpSeconds, end = begin + duration;
  while (now < end) {
    const int more = asker.hear();
    now = wall_seconds();
    for (int i = 0; i < more; ++i, ++heard) {
      if (now >= begin) trips.push_back(now - said[heard % places]);
      said[heard % places] = now;
    }
    asker.say(more);
  }
  for (int left = window; left > 0;) left -= asker.hear();
  if (trips.empty()) fail("no answer came");
  std::sort(trips.begin(), trips.end());
  std::printf("%.0f %.1f %.1f %.1f\n", static_cast<double>(trips.size()) / (now - begin),
              trips[trips.size() / 2] * 1e6, trips[trips.size() * 99 / 100] * 1e6,
              trips.back() * 1e6);
}

}  // namespace
}  // namespace spanway::bench

int main(int argc, char** argv) {
  using namespace spanway::bench;
  const std::string what = argc > 1 ? argv[1] : "";
  const bool many = what.starts_with("udp-many"), udp = what.starts_with("udp");
  if (what.ends_with("serve") && argc == 2) {
    udp ? serve_udp(many) : serve();
    return 0;
  }
  if (!what.ends_with("ask") || argc != 6) {
    std::fputs("usage: bench_talk [udp-|udp-many-]serve | ask ADDRESS PORT WINDOW SECONDS\n",
               stderr);
    return 2;
  }
  const auto port = static_cast<uint16_t>(std::atoi(argv[3]));
  std::unique_ptr<Asker> asker;
  if (udp)
    asker = std::make_unique<UdpAsker>(many, port);
  else
    asker = std::make_unique<SpanwayAsker>(argv[2], port);
  ask(*asker, std::atoi(argv[4]), std::atof(argv[5]));
  return 0;
}
