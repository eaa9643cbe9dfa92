// SPDX-License-Identifier: BSD-3-Clause
// The written forms of single values, each with an error that names the fault and the way out. For
// the config file, for RPC parameters and for the CLI alike. Any thread; no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"

namespace spanway::config {

// "10.0.12.1/24": a host address and the length of its subnet.
[[nodiscard]] Result<IpWithLength> read_address(std::string_view text);
// "10.0.0.0/8": no bit set behind the length.
[[nodiscard]] Result<Prefix> read_prefix(std::string_view text);
// "10.0.12.2"
[[nodiscard]] Result<IpAddr> read_ip(std::string_view text);
// "02:00:00:00:00:01": one station, neither zero nor a group.
[[nodiscard]] Result<EtherAddr> read_mac(std::string_view text);
// "127.0.0.1:9140", "[::1]:9140", or "9140" alone, which is on 127.0.0.1. No names: who is meant
// by one may change.
struct Endpoint {
  IpAddr address = Ip4Addr(127, 0, 0, 1);
  uint16_t port = 0;
};
[[nodiscard]] Result<Endpoint> read_endpoint(std::string_view text);
// A port's name: a letter, then letters, digits, '_' or '-'; at most kMaxPortName.
[[nodiscard]] Status check_port_name(std::string_view text);
// A VLAN's name: the same with '.', at most kMaxName.
[[nodiscard]] Status check_name(std::string_view text);
// A secret of 16 to 64 bytes as hexadecimal digits; as it was given. What is wrong with it is said
// without repeating it.
[[nodiscard]] Result<std::string> read_transport_key(std::string_view text);

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be a slip.
[[nodiscard]] std::string nearest(std::string_view word,
                                  const std::vector<std::string_view>& candidates);

}  // namespace spanway::config
