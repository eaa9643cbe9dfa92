// SPDX-License-Identifier: BSD-3-Clause
// A daemon that answers on a UNIX socket with what the test put in: by default the examples of
// docs/api.md. A thread of its own; tests only.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace spanway::cli {

class FakeDaemon {
 public:
  // {"result": ...} or {"error": ...}; null: no answer at all.
  using Handler = std::function<nlohmann::json(const nlohmann::json& params)>;

  FakeDaemon();
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void on(const std::string& method, Handler handler);
  void fail(const std::string& method, int code, const std::string& kind,
            const std::string& message, const std::string& fix = {});
  // Methods and parameters as they came, "route.add {...}".
  [[nodiscard]] std::vector<std::string> requests();

 private:
  void serve();
  std::string answer(const std::string& request);

  std::string folder_, path_;
  std::map<std::string, Handler> handlers_;
  std::vector<std::string> requests_;
  std::mutex mutex_;  // guards handlers_ and requests_
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace spanway::cli
