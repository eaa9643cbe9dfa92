// SPDX-License-Identifier: BSD-3-Clause
// HTTP for people and monitoring: a few pages, read only, one request a connection.
//
// Has threads of its own. A page is either a fixed text or a question to the control thread over
// the Desk; nothing else of the daemon is touched from here. Clients are hostile until proved
// otherwise: how many are served at once, the bytes of a request and the time from its first byte
// to the last of its answer are bounded, however slowly they read or write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "control/http/desk.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::http {

struct Page {
  std::string type;    // "text/plain; charset=utf-8"
  std::string text;    // of a fixed page
  bool asked = false;  // control is asked for the text, with the path as question
};

struct ServerOptions {
  IpAddr address = Ip4Addr(127, 0, 0, 1);
  uint16_t port = 0;     // 0: the kernel chooses one
  unsigned clients = 4;  // served at once; the next ones wait for a place
  size_t request_bytes = 8192;
  Nanos deadline = seconds(5);          // of a request, its answer included
  std::map<std::string, Page> pages{};  // by path
};

class Server {
 public:
  // Listens and serves from now on. `desk` outlives the server. The error names what is wrong with
  // the address and what to write instead.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Desk& desk);
  // Hangs up on everybody and closes the desk.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "http://127.0.0.1:9140"
  [[nodiscard]] const std::string& url() const noexcept;
  [[nodiscard]] uint16_t port() const noexcept;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spanway::http
