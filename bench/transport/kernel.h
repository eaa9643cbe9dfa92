// SPDX-License-Identifier: BSD-3-Clause
// The same talks by sockets of the kernel, both ends in one thread over the loopback: the rivals.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spanway::bench {

// Two connected sockets that do not block.
class Sockets {
 public:
  enum class Kind : uint8_t { kUdp, kTcp };
  explicit Sockets(Kind kind);
  ~Sockets();
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // As Pair::echo, messages back to back in as few calls as the kernel allows. Over UDP nothing is
  // repeated; the loopback loses nothing as long as the sockets' buffers hold the window.
  uint64_t echo(std::span<const uint8_t> bytes, uint32_t window);
  // As Pair::stream. TCP only.
  uint64_t stream(std::span<const uint8_t> bytes);

 private:
  // Sends `count` messages from one end, then takes at the other what has come; how many came.
  uint32_t pass(int from, int to, std::span<const uint8_t> bytes, uint32_t count);
  uint32_t pass_datagrams(int from, int to, std::span<const uint8_t> bytes, uint32_t count);
  uint32_t pass_stream(int from, int to, std::span<const uint8_t> bytes, uint32_t count);

  Kind kind_;
  int client_ = -1, server_ = -1;
  uint64_t sent_ = 0;  // of the message that a stream is sending
  std::vector<uint8_t> room_;
};

}  // namespace spanway::bench
