// SPDX-License-Identifier: BSD-3-Clause
// Random networks of OSPF instances, random events, virtual time. In the end every database of a
// part is the same, the routes are those that Boost.Graph finds in the wires themselves, and on the
// way no packet would have gone in a circle for longer than kLongestLoop.
//
// SPANWAY_OSPF_FIRST and SPANWAY_OSPF_SEEDS: which seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/ospf_net.h"

namespace spanway::ospf {
namespace {

// What is cut in silence is noticed after 4 s; an LSA that is lost comes again after 5 s, and one
// that changes all the time keeps a distance of 5 s.
constexpr Nanos kLongestLoop = seconds(15);
constexpr Nanos kQuiet = seconds(60);  // in which everything has to come right

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class World {
 public:
  explicit World(uint64_t seed) : random_(seed), net_(seed) {
    net_.adjust = [this](RouterSettings& settings) { settings.max_paths = 1 + below(8); };
    const size_t routers = 2 + below(7);
    for (size_t i = 0; i < routers; ++i) net_.add_router();
    for (size_t i = 1; i < routers; ++i) wire({i, below(i)});
    for (size_t i = below(routers); i != 0; --i) {
      std::set<size_t> members;
      for (size_t k = 1 + below(4); k != 0; --k) members.insert(below(routers));
      wire({members.begin(), members.end()});
    }
  }

  void live() {
    for (size_t events = 4 + below(12); events != 0; --events) {
      happen();
      wait(Nanos(static_cast<int64_t>(below(8'000'000'000))));
    }
    calm_down();
    wait(kQuiet);
  }

  void judge() {
    for (size_t a = 0; a < net_.size(); ++a)
      for (size_t b = 0; b < a; ++b) judge_databases(a, b);
    EXPECT_TRUE(net_.all_adjacent()) << net_.picture();
    for (size_t router = 0; router < net_.size(); ++router)
      if (net_.is_alive(router)) judge_externals(router);
    for (size_t router = 0; router < net_.size(); ++router)
      if (net_.is_alive(router)) judge_routes(router);
    EXPECT_LE(longest_loop_.ns(), kLongestLoop.ns());
  }
  [[nodiscard]] Nanos longest_loop() const { return longest_loop_; }
  [[nodiscard]] const std::vector<std::string>& events() const { return net_.events; }

 private:
  static constexpr uint64_t kNowhere = ~uint64_t{0};
  struct Wire {
    std::vector<size_t> members;
    std::vector<InterfaceSettings> settings;  // by place in members
    bool up = true, silent = false;
  };

  uint64_t below(uint64_t bound) { return random_.below(bound); }

  void wire(const std::vector<size_t>& members) {
    const bool point = members.size() == 2 && below(2) == 0;
    Wire made{members, {}};
    const size_t place = net_.add_wire(
        members, OspfNet::quick(point ? NetworkType::kPointToPoint : NetworkType::kBroadcast, 10));
    for (const size_t member : members) {
      InterfaceSettings settings =
          OspfNet::quick(point ? NetworkType::kPointToPoint : NetworkType::kBroadcast,
                         static_cast<uint16_t>(1 + below(20)));
      // One can lead at least.
      settings.priority = made.settings.empty() ? 1 : static_cast<uint8_t>(below(4));
      made.settings.push_back(settings);
      net_.configure(member, place, settings);
    }
    wires_.push_back(std::move(made));
  }

  void happen() {
    const size_t place = below(wires_.size());
    Wire& wire = wires_[place];
    const size_t router = below(net_.size());
    switch (below(9)) {
      case 0:
        net_.set_wire(place, wire.up = false);
        break;
      case 1:
        net_.set_wire(place, wire.up = true);
        break;
      case 2:
        net_.silence(place, wire.silent = !wire.silent);
        break;
      case 3:
        net_.set_loss(place, static_cast<double>(below(30)) / 100);
        break;
      case 4:
        if (net_.is_alive(router)) net_.kill(router);
        announced_[router].clear();
        break;
      case 5:
        if (!net_.is_alive(router)) net_.start(router);
        break;
      case 6: {
        const size_t member = below(wire.members.size());
        wire.settings[member].cost = static_cast<uint16_t>(1 + below(20));
        net_.configure(wire.members[member], place, wire.settings[member]);
        break;
      }
      default:
        redistribute(router);
    }
    walk();
  }

  void redistribute(size_t router) {
    if (!net_.is_alive(router)) return;
    const Prefix4 prefix(Ip4Addr(192, 0, static_cast<uint8_t>(router), 0),
                         24 + static_cast<unsigned>(below(4)));
    if (below(3) == 0) {
      net_.instance(router).withdraw(prefix, net_.now());
      announced_[router].erase(prefix);
    } else {
      net_.instance(router).announce(prefix, {.metric = static_cast<uint32_t>(below(50))},
                                     net_.now());
      announced_[router].insert(prefix);
    }
  }

  // What is cut stays cut, who is dead stays dead; but nothing is half broken.
  void calm_down() {
    for (size_t place = 0; place < wires_.size(); ++place) {
      net_.silence(place, wires_[place].silent = false);
      net_.set_loss(place, 0);
    }
  }

  void wait(Nanos span) {
    const Nanos end = net_.now() + span;
    while (net_.now() < end) {
      net_.run(std::min(millis(50), end - net_.now()));
      walk();
    }
  }

  // Where would a packet of each router for each wire go? Only routes that have changed can have
  // made a circle, and a circle that is there stays until one changes.
  void walk() {
    bool circles = false;
    for (size_t to = 0; to < wires_.size() && !circles; ++to)
      for (size_t from = 0; from < net_.size() && !circles; ++from)
        circles = goes_in_circles(from, to);
    if (!circles)
      loop_since_ = Nanos::never();
    else if (loop_since_ == Nanos::never())
      loop_since_ = net_.now();
    else
      longest_loop_ = std::max(longest_loop_, net_.now() - loop_since_);
  }

  bool goes_in_circles(size_t from, size_t to) {
    const Prefix4 prefix(net_.address_on(wires_[to].members[0], to), 24);
    size_t at = from;
    for (size_t hops = 0; hops <= net_.size(); ++hops) {
      if (!net_.is_alive(at)) return false;
      const auto route = net_.routes(at).find(prefix);
      if (route == net_.routes(at).end() || route->second.hops.empty()) return false;
      const NextHop& hop = route->second.hops.front();
      if (hop.gateway.is_zero()) return false;
      const auto next = behind(at, hop);
      if (!next) return false;
      at = *next;
    }
    return true;
  }

  // Whom a packet for this next hop reaches; nullopt: nobody, the wire is cut.
  std::optional<size_t> behind(size_t router, const NextHop& hop) {
    for (size_t place = 0; place < wires_.size(); ++place) {
      if (net_.interface_on(router, place) != hop.interface) continue;
      if (!wires_[place].up || wires_[place].silent) return std::nullopt;
      for (const size_t member : wires_[place].members)
        if (net_.address_on(member, place) == hop.gateway) return member;
    }
    return std::nullopt;
  }

  // Without a router that can be DR nobody on a network is adjacent.
  bool has_leader(const Wire& wire) const {
    for (size_t i = 0; i < wire.members.size(); ++i)
      if (net_.is_alive(wire.members[i]) &&
          (wire.settings[i].type == NetworkType::kPointToPoint || wire.settings[i].priority > 0))
        return true;
    return false;
  }

  // From a router to each router, then to each wire.
  std::vector<uint64_t> distances(size_t from) const {
    using Boost =
        boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                              boost::property<boost::edge_weight_t, uint64_t>>;
    Boost graph(net_.size() + wires_.size());
    for (size_t place = 0; place < wires_.size(); ++place) {
      const Wire& wire = wires_[place];
      if (!wire.up) continue;
      for (size_t i = 0; i < wire.members.size(); ++i) {
        if (!net_.is_alive(wire.members[i])) continue;
        boost::add_edge(wire.members[i], net_.size() + place, wire.settings[i].cost, graph);
        if (has_leader(wire)) boost::add_edge(net_.size() + place, wire.members[i], 0, graph);
      }
    }
    std::vector<uint64_t> all(boost::num_vertices(graph), kNowhere);
    boost::dijkstra_shortest_paths(graph, from,
                                   boost::distance_map(all.data())
                                       .distance_inf(kNowhere)
                                       .weight_map(boost::get(boost::edge_weight, graph)));
    return all;
  }

  void judge_databases(size_t a, size_t b) {
    if (!net_.is_alive(a) || !net_.is_alive(b) || distances(a)[b] == kNowhere) return;
    const std::vector<std::string> of_a = net_.database(a), of_b = net_.database(b);
    std::vector<std::string> odd;
    std::ranges::set_symmetric_difference(of_a, of_b, std::back_inserter(odd));
    EXPECT_THAT(odd, testing::IsEmpty()) << "routers " << a << " and " << b;
  }

  // What it announces, and nothing of an earlier life.
  void judge_externals(size_t router) {
    std::set<Prefix4> said;
    net_.instance(router).each_lsa(net_.now(), [&](const Lsa& lsa) {
      const auto* external = std::get_if<ExternalLsa>(&lsa.body);
      if (external && lsa.header.key.router == OspfNet::id_of(router))
        said.insert(Prefix4(Ip4Addr(lsa.header.key.id.value), *mask_length(external->mask)));
    });
    EXPECT_TRUE(said == announced_[router]) << "router " << router << " announces " << said.size();
  }

  void judge_routes(size_t router) {
    const std::vector<uint64_t> right = distances(router);
    for (size_t place = 0; place < wires_.size(); ++place) {
      const Prefix4 prefix(net_.address_on(wires_[place].members[0], place), 24);
      const auto found = net_.routes(router).find(prefix);
      const uint64_t distance = right[net_.size() + place];
      if (distance == kNowhere) {
        EXPECT_TRUE(found == net_.routes(router).end()) << prefix.to_string();
        continue;
      }
      if (found == net_.routes(router).end()) {
        ADD_FAILURE() << "router " << router << " does not know " << prefix.to_string();
        continue;
      }
      EXPECT_EQ(found->second.cost, distance) << "router " << router << " to wire " << place;
      for (const NextHop& hop : found->second.hops) judge_hop(router, place, hop, distance);
      EXPECT_FALSE(goes_in_circles(router, place));
    }
  }

  // What it costs to the next router and what remains from there add up.
  void judge_hop(size_t router, size_t place, const NextHop& hop, uint64_t distance) {
    for (size_t first = 0; first < wires_.size(); ++first) {
      if (net_.interface_on(router, first) != hop.interface) continue;
      const Wire& wire = wires_[first];
      const auto self = std::ranges::find(wire.members, router) - wire.members.begin();
      const uint64_t cost = wire.settings[static_cast<size_t>(self)].cost;
      if (hop.gateway.is_zero()) {
        EXPECT_EQ(first, place);
        EXPECT_EQ(cost, distance);
        return;
      }
      const auto next = behind(router, hop);
      ASSERT_TRUE(next) << "router " << router << " sends to nobody";
      EXPECT_EQ(cost + distances(*next)[net_.size() + place], distance);
      return;
    }
    ADD_FAILURE() << "router " << router << " has no such interface";
  }

  Random random_;
  OspfNet net_;
  std::vector<Wire> wires_;
  std::map<size_t, std::set<Prefix4>> announced_;  // by router
  Nanos loop_since_ = Nanos::never(), longest_loop_{};
};

TEST(OspfWorlds, ComeToTheSameDatabaseAndTheShortestPaths) {
  const uint64_t first = setting("SPANWAY_OSPF_FIRST", 1),
                 seeds = setting("SPANWAY_OSPF_SEEDS", 200);
  Nanos longest{};
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.live();
    world.judge();
    longest = std::max(longest, world.longest_loop());
    if (HasFailure()) {
      for (const std::string& event : world.events()) std::printf("%s\n", event.c_str());
      std::printf("this world went wrong: seed %lu\n", static_cast<unsigned long>(seed));
      break;
    }
  }
  std::printf("seeds %lu to %lu; longest circle %.2f s\n", static_cast<unsigned long>(first),
              static_cast<unsigned long>(first + seeds - 1), longest.seconds());
}

}  // namespace
}  // namespace spanway::ospf
