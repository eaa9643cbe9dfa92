// SPDX-License-Identifier: BSD-3-Clause
// What monitoring reads over HTTP: the counters of an engine as Prometheus text. Control thread.
#pragma once

#include <map>
#include <string>

#include "control/daemon/engine.h"
#include "control/http/server.h"
#include "dataplane/base/units.h"
#include "drivers/dpdk/buffer_pool.h"

namespace spanway::daemon {

class Metrics {
 public:
  // A text this old is given again: whoever asks without pause costs control ten texts a second.
  static constexpr Nanos kFresh = millis(100);

  // Both outlive this. Without a pool nothing is said of buffers.
  explicit Metrics(Engine& engine, const drivers::BufferPool* pool = nullptr)
      : engine_(engine), pool_(pool) {}

  const std::string& text(Nanos now);

 private:
  [[nodiscard]] std::string make() const;

  Engine& engine_;
  const drivers::BufferPool* pool_;
  Nanos made_ = Nanos::never();
  std::string text_;
};

// "/", which says what there is, and "/metrics", for which control is asked.
std::map<std::string, http::Page> http_pages(const std::string& router);

}  // namespace spanway::daemon
