// SPDX-License-Identifier: BSD-3-Clause
// Reads the params object of a request: typed, with one clear error for what is missing, wrong or
// unknown. Control thread; lives as long as the request.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"

namespace spanway::daemon {

// Each getter notes its key as known. The first fault is kept; later getters then give defaults.
class Params {
 public:
  explicit Params(const nlohmann::json& params);

  std::optional<std::string> text(const char* key);
  std::optional<bool> flag(const char* key);
  std::optional<uint64_t> number(const char* key, uint64_t least, uint64_t most);
  std::optional<IpAddr> address(const char* key);
  std::optional<IpWithLength> address_with_length(const char* key);
  // Host bits must be zero.
  std::optional<Prefix> prefix(const char* key);
  std::optional<EtherAddr> mac(const char* key);
  // "ip4" or "ip6".
  std::optional<Family> family(const char* key);
  // The raw value, or null when absent.
  const nlohmann::json* raw(const char* key);

  // As above, and a fault when absent; the value is then a default one.
  std::string need_text(const char* key);
  uint64_t need_number(const char* key, uint64_t least, uint64_t most);
  IpAddr need_address(const char* key);
  IpWithLength need_address_with_length(const char* key);
  Prefix need_prefix(const char* key);
  EtherAddr need_mac(const char* key);

  void fault(std::string message, std::string fix = {});
  // After all getters: the first fault, unknown keys included.
  [[nodiscard]] std::optional<Error> finish();

 private:
  template <class T>
  T need(const char* key, std::optional<T> value) {
    if (!value && !error_) fault("'" + std::string(key) + "' is missing");
    return value.value_or(T{});
  }

  const nlohmann::json& params_;
  std::vector<std::string_view> known_;  // keys are literals
  std::optional<Error> error_;
};

// limit and offset of a long list (docs/api.md, conventions).
struct Page {
  uint64_t limit = 1000, offset = 0;
  static Page of(Params& params, uint64_t default_limit = 1000);
  // Adds total, offset and next_offset to `result`.
  void describe(nlohmann::json& result, uint64_t total) const;
};

}  // namespace spanway::daemon
