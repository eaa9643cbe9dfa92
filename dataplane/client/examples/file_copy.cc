// SPDX-License-Identifier: BSD-3-Clause
// file_copy receive PORT FILE            takes one file
// file_copy send ADDRESS PORT FILE       sends it
// The daemon's socket: $SPANWAY_SOCKET. Written straight into, and read straight from, the memory
// that is shared with the daemon. The last message is the file's length, so that a sender that
// stopped half-way is noticed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <spanway.hpp>

namespace {

using spanway_api::Attachment;
using spanway_api::Connection;
using spanway_api::Error;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File open(const char* name, const char* mode) {
  File file(std::fopen(name, mode));
  if (!file) throw std::runtime_error(std::string("can not open ") + name);
  return file;
}

// 8 MiB on its way, in messages of a megabyte.
spanway_options windows() {
  spanway_options options;
  spanway_options_init(&options);
  options.window_bytes = options.send_bytes = 8u << 20;
  options.window_messages = options.send_messages = 64;
  return options;
}
constexpr size_t kChunk = 1u << 20;

void send(const char* address, uint16_t port, const char* name) {
  const File file = open(name, "rb");
  Attachment at;
  const spanway_options options = windows();
  Connection connection = at.connect(address, port, &options);
  const size_t chunk = std::min(kChunk, connection.longest());
  uint64_t sent = 0;
  for (;;) {
    const auto room = connection.reserve(chunk);
    const size_t bytes = std::fread(room.data(), 1, room.size(), file.get());
    if (bytes == 0) break;
    connection.submit(bytes);
    sent += bytes;
  }
  if (std::ferror(file.get()) != 0) throw std::runtime_error(std::string("can not read ") + name);
  connection.send(std::as_bytes(std::span(&sent, 1)));
  connection.drain();
  connection.finish();
  // The other side has written it when it finishes.
  try {
    connection.receive();
  } catch (const Error& error) {
    if (error.code() != SPANWAY_EEND) throw;
  }
  std::printf("sent %llu bytes\n", static_cast<unsigned long long>(sent));
}

void receive(uint16_t port, const char* name) {
  const File file = open(name, "wb");
  Attachment at;
  const spanway_options options = windows();
  port = at.listen(port, &options);
  std::printf("listening on %u\n", unsigned{port});
  std::fflush(stdout);
  Connection connection = at.accept(port);
  uint64_t got = 0;
  // A message is written when it is known not to be the last.
  std::optional<std::vector<std::byte>> held;
  const auto write = [&](std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
      throw std::runtime_error(std::string("can not write ") + name);
    got += bytes.size();
  };
  try {
    for (;;) {
      const auto message = connection.receive();
      if (held) write(*held);
      held.reset();
      if (message.bytes().size() == sizeof(uint64_t))
        held.emplace(message.bytes().begin(), message.bytes().end());
      else
        write(message.bytes());
    }
  } catch (const Error& error) {
    if (error.code() != SPANWAY_EEND) throw;
  }
  uint64_t length = 0;
  if (held) std::memcpy(&length, held->data(), sizeof(length));
  if (!held || length != got || std::fflush(file.get()) != 0)
    throw std::runtime_error("the file is not whole");
  connection.finish();
  std::printf("received %llu bytes\n", static_cast<unsigned long long>(got));
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  try {
    if (what == "send" && count == 5) {
      send(words[2], static_cast<uint16_t>(std::atoi(words[3])), words[4]);
    } else if (what == "receive" && count == 4) {
      receive(static_cast<uint16_t>(std::atoi(words[2])), words[3]);
    } else {
      std::fprintf(stderr,
                   "usage: file_copy receive PORT FILE | file_copy send ADDRESS PORT FILE\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "file_copy: %s\n", error.what());
    return 1;
  }
  return 0;
}
