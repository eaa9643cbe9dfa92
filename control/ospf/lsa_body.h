// SPDX-License-Identifier: BSD-3-Clause
// The bytes behind an LSA's header, kind by kind (RFC 2328 appendix A.4.2 to A.4.5). For lsa.cc.
#pragma once

#include <optional>
#include <vector>

#include "control/ospf/lsa.h"

namespace spanway::ospf {

// nullopt where counts and lengths do not agree to the byte.
std::optional<RouterLsa> parse_router_lsa(std::span<const uint8_t> body);
std::optional<NetworkLsa> parse_network_lsa(std::span<const uint8_t> body);
std::optional<SummaryLsa> parse_summary_lsa(std::span<const uint8_t> body);
std::optional<ExternalLsa> parse_external_lsa(std::span<const uint8_t> body);

void append_lsa_body(std::vector<uint8_t>& to, const RouterLsa& body);
void append_lsa_body(std::vector<uint8_t>& to, const NetworkLsa& body);
void append_lsa_body(std::vector<uint8_t>& to, const SummaryLsa& body);
void append_lsa_body(std::vector<uint8_t>& to, const ExternalLsa& body);

}  // namespace spanway::ospf
