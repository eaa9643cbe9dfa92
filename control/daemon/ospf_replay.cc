// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_replay.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/ospf/replay.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

constexpr size_t kShown = 200;  // characters of a line

std::string shortened(const std::string& line) {
  return line.size() <= kShown ? line : line.substr(0, kShown) + " ...";
}

json to_json(const ospf::Replay& replay) {
  json routes = json::array();
  replay.instance->each_route([&routes](const Prefix4& prefix, const ospf::Route& route) {
    json hops = json::array();
    for (const ospf::NextHop& hop : route.hops)
      hops.push_back({{"interface", hop.interface.value}, {"gateway", hop.gateway.to_string()}});
    routes.push_back(
        {{"prefix", prefix.to_string()}, {"cost", route.cost}, {"next_hops", std::move(hops)}});
  });
  json difference;
  if (replay.difference)
    difference = {{"line", replay.difference->line},
                  {"recorded", replay.difference->recorded},
                  {"now", replay.difference->now}};
  return {{"schema", "spanway.ospf.replay/1"},
          {"lines", replay.lines},
          {"packets_sent", replay.packets_sent},
          {"route_changes", replay.route_changes},
          {"lsas", replay.instance->view(replay.end).lsas},
          {"end_ns", replay.end.ns()},
          {"routes", std::move(routes)},
          {"same", !replay.difference},
          {"difference", std::move(difference)}};
}

void print(const ospf::Replay& replay) {
  std::printf("%zu lines, %zu packets sent, %zu route changes; in the end %zu LSAs\n", replay.lines,
              replay.packets_sent, replay.route_changes, replay.instance->view(replay.end).lsas);
  replay.instance->each_route([](const Prefix4& prefix, const ospf::Route& route) {
    std::printf("  %s cost %u", prefix.to_string().c_str(), route.cost);
    for (const ospf::NextHop& hop : route.hops)
      std::printf(" via %s", hop.gateway.to_string().c_str());
    std::printf("\n");
  });
  if (!replay.difference) {
    std::printf("it went the same way\n");
    return;
  }
  std::printf("it went another way at line %zu\n  recorded %s\n  now      %s\n",
              replay.difference->line, shortened(replay.difference->recorded).c_str(),
              shortened(replay.difference->now).c_str());
}

}  // namespace

int run_ospf_replay(const std::string& path, bool as_json) {
  std::ifstream file(path);
  if (!file) {
    std::fprintf(stderr, "spanwayd: %s can not be read\n", path.c_str());
    return 1;
  }
  const auto replayed = ospf::replay(file);
  if (!replayed) {
    std::fprintf(stderr, "spanwayd: %s: %s\n  try: %s\n", path.c_str(),
                 replayed.error().message.c_str(), replayed.error().fix.c_str());
    return 1;
  }
  if (as_json)
    std::printf("%s\n", to_json(*replayed).dump().c_str());
  else
    print(*replayed);
  return replayed->difference ? 1 : 0;
}

}  // namespace spanway::daemon
