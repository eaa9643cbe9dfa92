// SPDX-License-Identifier: BSD-3-Clause
// The tables that lookups are measured on: real ones from a file, or made up from a seed with the
// same mix of lengths. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"

namespace spanway::bench {

template <class PrefixType>
struct Route {
  PrefixType prefix;
  NextHopId hop;
};
using Routes4 = std::vector<Route<Prefix4>>;
using Routes6 = std::vector<Route<Prefix6>>;

// Lines "prefix/length number"; the number picks one of 251 next hops. "-" is standard input; a
// file that ends in .xz is read through xz. Ends the process with a message when it can not.
Routes4 read_routes4(const std::string& file);
Routes6 read_routes6(const std::string& file);

// Adds more specific parts of the routes that are there, as holders do who announce theirs in
// pieces, until there are `count`: lengths by the Internet's mix, every second one to the next hop
// of the route that it is a part of. All prefixes are different.
void grow4(Routes4& routes, size_t count, uint64_t seed);

// `count` different prefixes.
Routes4 make_routes4(size_t count, uint64_t seed);
Routes6 make_routes6(size_t count, uint64_t seed);

}  // namespace spanway::bench
