// SPDX-License-Identifier: BSD-3-Clause
// Feeds an OSPF router on the other end of a link with an area that does not exist.
//
//   bench_ospf_feeder DEVICE ROUTERS EXTERNALS SEED
//
// Reads commands from standard input, one a line, and answers each with a line: `full` waits until
// the other side is adjacent and has been given the database; `link`, `stub`, `external` and `near`
// change one LSA (Area) and wait until the other side has acknowledged it; `quit` ends. Needs
// CAP_NET_RAW and 172.31.0.2/30 on the device.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/micro/report.h"
#include "bench/ospf/area.h"
#include "bench/ospf/speaker.h"
#include "control/ospf/outlet.h"
#include "dataplane/base/check.h"

namespace spanway::bench {
namespace {

constexpr double kPatience = 60;  // seconds for a whole database

class Socket {
 public:
  explicit Socket(const char* device) : fd_(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, 89)) {
    SPANWAY_CHECK(fd_ >= 0);
    ip_mreqn group{};
    group.imr_multiaddr.s_addr = htonl(ospf::kAllSpfRouters.value());
    group.imr_ifindex = static_cast<int>(if_nametoindex(device));
    set(SOL_SOCKET, SO_BINDTODEVICE, device, static_cast<socklen_t>(std::strlen(device)));
    set(IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
    set(IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group);
    number(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    number(IPPROTO_IP, IP_MULTICAST_TTL, 1);
    number(IPPROTO_IP, IP_TOS, 0xc0);
    number(SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
    number(SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  void send(const std::vector<uint8_t>& packet) const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(ospf::kAllSpfRouters.value());
    const ssize_t sent = sendto(fd_, packet.data(), packet.size(), 0,
                                reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (sent < 0) std::perror("sendto");
  }
  // What came, without its IP header; empty: nothing.
  std::span<const uint8_t> receive() {
    const ssize_t got = recv(fd_, bytes_.data(), bytes_.size(), 0);
    if (got < 20) return {};
    const size_t header = 4u * (bytes_[0] & 15);
    return std::span(bytes_).first(static_cast<size_t>(got)).subspan(header);
  }

 private:
  void set(int level, int name, const void* value, socklen_t size) const {
    SPANWAY_CHECK(setsockopt(fd_, level, name, value, size) == 0);
  }
  void number(int level, int name, int value) const { set(level, name, &value, sizeof value); }

  int fd_;
  std::array<uint8_t, 65'536> bytes_{};
};

class Feeder {
 public:
  Feeder(const char* device, size_t routers, size_t externals, uint64_t seed)
      : area_(routers, externals, seed),
        socket_(device),
        speaker_(area_, [this](const std::vector<uint8_t>& packet) { socket_.send(packet); }) {}

  // Serves the link until a line has come; false: there are no more.
  bool next_line(std::string& line) {
    while (true) {
      const size_t end = input_.find('\n');
      if (end != std::string::npos) {
        line = input_.substr(0, end);
        input_.erase(0, end + 1);
        return true;
      }
      if (!turn(true)) return false;
    }
  }
  std::string act(const std::string& command) {
    if (command == "full")
      return wait([&] { return speaker_.full() && speaker_.handed_over() >= area_.lsas().size(); });
    if (command == "link")
      speaker_.flood(*area_.change_link());
    else if (command == "near")
      speaker_.flood(*area_.change_near());
    else if (command == "stub")
      speaker_.flood(*area_.change_stub());
    else if (command == "external")
      speaker_.flood(*area_.change_external());
    else
      return "unknown command";
    return wait([&] { return speaker_.acknowledged(); });
  }

 private:
  template <class Done>
  std::string wait(Done done) {
    const double end = wall_seconds() + kPatience;
    while (!done()) {
      if (wall_seconds() > end) return "too late";
      turn(false);
    }
    return "ok";
  }
  bool turn(bool with_input) {
    std::array<pollfd, 2> watched{{{socket_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    poll(watched.data(), with_input ? 2 : 1, 100);
    while (true) {
      const auto packet = socket_.receive();
      if (packet.empty()) break;
      speaker_.receive(packet);
    }
    speaker_.tick(Nanos(static_cast<int64_t>(wall_seconds() * 1e9)));
    if (!with_input || watched[1].revents == 0) return true;
    std::array<char, 256> read_bytes{};
    const ssize_t got = read(STDIN_FILENO, read_bytes.data(), read_bytes.size());
    if (got <= 0) return false;
    input_.append(read_bytes.data(), static_cast<size_t>(got));
    return true;
  }

  Area area_;
  Socket socket_;
  Speaker speaker_;
  std::string input_;
};

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) {
  if (count != 5) {
    std::fprintf(stderr, "usage: bench_ospf_feeder DEVICE ROUTERS EXTERNALS SEED\n");
    return 2;
  }
  const auto number = [&](int at) { return std::strtoull(args[at], nullptr, 10); };
  spanway::bench::Feeder feeder(args[1], number(2), number(3), number(4));
  std::string line;
  while (feeder.next_line(line) && line != "quit") {
    std::puts(feeder.act(line).c_str());
    std::fflush(stdout);
  }
  return 0;
}
