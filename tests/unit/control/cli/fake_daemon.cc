// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/cli/fake_daemon.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tests/unit/control/cli/api_examples.h"

namespace spanway::cli {

using nlohmann::json;

FakeDaemon::FakeDaemon() {
  char folder[] = "/tmp/spanway-cli-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = folder;
  path_ = folder_ + "/api.sock";
  for (const auto& [name, method] : api_methods()) {
    const json result = method.example.at("result");
    handlers_[name] = [result](const json&) { return json{{"result", result}}; };
  }
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 8) != 0 || pipe(wake_) != 0)
    throw std::runtime_error("no socket");
  thread_ = std::thread([this] {
    // Signals are for the program under test.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    serve();
  });
}

FakeDaemon::~FakeDaemon() {
  (void)!write(wake_[1], "x", 1);
  thread_.join();
  close(listener_);
  close(wake_[0]);
  close(wake_[1]);
  unlink(path_.c_str());
  rmdir(folder_.c_str());
}

void FakeDaemon::on(const std::string& method, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[method] = std::move(handler);
}

void FakeDaemon::fail(const std::string& method, int code, const std::string& kind,
                      const std::string& message, const std::string& fix) {
  on(method, [=](const json&) {
    return json{{"error",
                 {{"code", code}, {"message", message}, {"data", {{"kind", kind}, {"fix", fix}}}}}};
  });
}

std::vector<std::string> FakeDaemon::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string FakeDaemon::answer(const std::string& request) {
  const json r = json::parse(request);
  const std::string method = r.at("method");
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(method + " " + r.at("params").dump());
    if (const auto at = handlers_.find(method); at != handlers_.end()) handler = at->second;
  }
  json reply = handler ? handler(r.at("params"))
                       : json{{"error",
                               {{"code", -32601},
                                {"message", "no such method"},
                                {"data", {{"kind", "method"}, {"fix", ""}}}}}};
  if (reply.is_null()) return {};
  reply["jsonrpc"] = "2.0";
  reply["id"] = r.at("id");
  return reply.dump() + "\n";
}

void FakeDaemon::serve() {
  std::map<int, std::string> clients;
  for (;;) {
    std::vector<pollfd> fds = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [fd, unread] : clients) fds.push_back({fd, POLLIN, 0});
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) break;
    if (fds[1].revents != 0) clients[accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)];
    for (size_t i = 2; i < fds.size(); ++i) {
      if (fds[i].revents == 0) continue;
      char chunk[65536];
      const ssize_t n = recv(fds[i].fd, chunk, sizeof chunk, 0);
      if (n <= 0) {
        close(fds[i].fd);
        clients.erase(fds[i].fd);
        continue;
      }
      std::string& unread = clients[fds[i].fd];
      unread.append(chunk, static_cast<size_t>(n));
      for (size_t end; (end = unread.find('\n')) != std::string::npos;) {
        const std::string reply = answer(unread.substr(0, end));
        unread.erase(0, end + 1);
        (void)!send(fds[i].fd, reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
  }
  for (const auto& [fd, unread] : clients) close(fd);
}

}  // namespace spanway::cli
