// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/routes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

#include "control/ospf/area_graph.h"
#include "control/ospf/destinations.h"
#include "control/ospf/externals.h"
#include "control/ospf/lsa_key_hash.h"
#include "control/ospf/prefixes.h"
#include "control/ospf/spf.h"

namespace spanway::ospf {
namespace {

// Beyond this share of an area's vertices a graph from nothing is cheaper than its mending.
constexpr size_t kShareToMend = 16;

// What a vertex claims, so that the next instance of its LSA changes only what it says otherwise.
struct Said {
  Prefix4 prefix;
  Anchor anchor;
  uint32_t metric;
  ClaimId claim;
  [[nodiscard]] auto key() const { return std::tie(prefix, anchor, metric); }
};

// A router- or network-LSA: a vertex of the graph, of the same number.
struct Node {
  LsaKey key;
  std::shared_ptr<const Lsa> now;      // what the database has; nullptr: nothing any more
  std::shared_ptr<const Lsa> counted;  // what the graph and the claims were made of
  Anchor anchor = 0;
  bool queued = false;
  std::vector<Said> said;  // in order
};

bool is_border(const Lsa* lsa) {
  const auto* router = lsa == nullptr ? nullptr : std::get_if<RouterLsa>(&lsa->body);
  return router != nullptr && router->external;
}

}  // namespace

class RouteTable::State {
 public:
  State(RouterId self, size_t max_paths)
      : self_(self),
        max_paths_(max_paths),
        destinations_(max_paths),
        externals_(destinations_, [this](RouterId id) { return border(id); }) {}

  void put(std::shared_ptr<const Lsa> lsa);
  void remove(const LsaKey& key);
  void set_root(Root root);
  [[nodiscard]] bool pending() const noexcept { return pending_; }
  [[nodiscard]] uint64_t news() const noexcept { return news_; }
  Calculation calculate();

  [[nodiscard]] const Destinations& destinations() const noexcept { return destinations_; }
  [[nodiscard]] size_t routers() const noexcept { return routers_; }
  [[nodiscard]] size_t networks() const noexcept { return networks_; }
  template <class Visit>
  void each_vertex(const Visit& visit) const;

 private:
  [[nodiscard]] Node* find(const LsaKey& key);
  [[nodiscard]] LsaKey root_key() const {
    return {LsaType::kRouter, LinkStateId{self_.value}, self_};
  }
  void note_news() noexcept;
  void queue(Node& node);
  [[nodiscard]] bool changes_shape(const Node& node) const;
  bool take_queue();
  void rebuild();
  void say(Node& node);
  void replace_claims(Node& node, std::vector<Said> said);
  [[nodiscard]] Anchor anchor_of_link(size_t place);
  void grow_tree();
  HopList resolve(Vertex root, std::span<const FirstHop> hops);
  [[nodiscard]] Position border(RouterId id);

  const RouterId self_;
  const size_t max_paths_;
  Root root_;
  bool root_changed_ = false, pending_ = false;
  uint64_t news_ = 0;
  bool borders_changed_ = false;   // some router's E bit
  bool vertices_changed_ = false;  // there are nodes that the graph does not have
  std::vector<Node> nodes_;        // by vertex
  std::unordered_map<LsaKey, Vertex, LsaKeyHash> vertices_;
  std::vector<LsaKey> queue_;  // nodes whose LSA is another one now
  AreaGraph area_;
  Destinations destinations_;
  Externals externals_;
  std::map<IfIndex, Anchor> links_;  // where our own stubs are
  size_t routers_ = 0, networks_ = 0;
};

void RouteTable::State::put(std::shared_ptr<const Lsa> lsa) {
  const LsaKey key = lsa->header.key;
  if (key.type == LsaType::kExternal) {
    if (key.router == self_) return;  // 16.4 (2)
    if (externals_.put(*lsa)) note_news();
    return;
  }
  const bool router = std::holds_alternative<RouterLsa>(lsa->body);
  if (router ? key.id.value != key.router.value : !std::holds_alternative<NetworkLsa>(lsa->body))
    return;
  const auto [at, fresh] = vertices_.try_emplace(key, static_cast<Vertex>(nodes_.size()));
  if (fresh) {
    nodes_.push_back({.key = key, .anchor = destinations_.add_anchor()});
    vertices_changed_ = true;
  }
  Node& node = nodes_[at->second];
  if (node.now && node.now->body == lsa->body) return;
  node.now = std::move(lsa);
  queue(node);
  note_news();
}

void RouteTable::State::remove(const LsaKey& key) {
  if (key.type == LsaType::kExternal) {
    if (externals_.remove(key)) note_news();
  } else if (Node* node = find(key); node != nullptr && node->now) {
    node->now = nullptr;
    queue(*node);
    note_news();
  }
}

void RouteTable::State::set_root(Root root) {
  if (root == root_) return;
  root_ = std::move(root);
  externals_.set_own_addresses(root_.addresses);
  root_changed_ = true;
  note_news();
}

Node* RouteTable::State::find(const LsaKey& key) {
  const auto at = vertices_.find(key);
  return at == vertices_.end() ? nullptr : &nodes_[at->second];
}

void RouteTable::State::note_news() noexcept {
  pending_ = true;
  ++news_;
}

void RouteTable::State::queue(Node& node) {
  if (!std::exchange(node.queued, true)) queue_.push_back(node.key);
}

Calculation RouteTable::State::calculate() {
  Calculation done;
  if (!std::exchange(pending_, false)) return done;
  destinations_.begin();
  done.tree = take_queue();
  if (done.tree) grow_tree();
  destinations_.settle();
  const std::vector<Prefix4> moved = destinations_.take_moved();
  const bool borders_changed = std::exchange(borders_changed_, false);
  if (done.tree || borders_changed)
    externals_.settle_all();
  else
    externals_.settle(moved);
  destinations_.settle();
  done.changes = destinations_.finish();
  return done;
}

// Brings graph and claims up to date; true: the tree may be another one.
bool RouteTable::State::take_queue() {
  const bool root_changed = std::exchange(root_changed_, false);
  if (Node* root = find(root_key()); root_changed && root != nullptr) queue(*root);
  size_t shapes = 0;
  for (const LsaKey& key : queue_) shapes += changes_shape(*find(key));
  const bool mend = !vertices_changed_ && shapes <= 1 + nodes_.size() / kShareToMend;
  for (const LsaKey& key : queue_) {
    Node& node = *find(key);
    node.queued = false;
    borders_changed_ |= is_border(node.now.get()) != is_border(node.counted.get());
    const std::shared_ptr<const Lsa> before = std::exchange(node.counted, node.now);
    if (mend) area_.replace(static_cast<Vertex>(&node - nodes_.data()), node.counted.get());
    say(node);
  }
  queue_.clear();
  if (!mend) rebuild();
  return shapes != 0 || root_changed || !mend;
}

// Of our own router-LSA the places of all links matter: they are the first hops' names.
bool RouteTable::State::changes_shape(const Node& node) const {
  if (!node.now || !node.counted) return node.now != node.counted;
  return node.key == root_key() || !same_shape(*node.now, *node.counted);
}

// Vertices without an LSA end here.
void RouteTable::State::rebuild() {
  std::erase_if(nodes_, [this](const Node& node) {
    if (node.counted) return false;
    destinations_.remove_anchor(node.anchor);
    return true;
  });
  vertices_.clear();
  std::vector<const Lsa*> lsas;
  for (const Node& node : nodes_) {
    vertices_.emplace(node.key, static_cast<Vertex>(lsas.size()));
    lsas.push_back(node.counted.get());
  }
  area_ = AreaGraph(lsas);
  vertices_changed_ = false;
}

void RouteTable::State::say(Node& node) {
  std::vector<Said> said;
  if (node.counted) {
    const bool own = node.key == root_key();
    for (const Leaf& leaf : leaves(*node.counted))
      said.push_back({leaf.prefix, own ? anchor_of_link(leaf.place) : node.anchor, leaf.metric, 0});
    std::ranges::sort(said, {}, &Said::key);
    const auto same = [](const Said& a, const Said& b) { return a.key() == b.key(); };
    said.erase(std::unique(said.begin(), said.end(), same), said.end());
  }
  replace_claims(node, std::move(said));
}

void RouteTable::State::replace_claims(Node& node, std::vector<Said> said) {
  auto before = node.said.begin();
  const auto end = node.said.end();
  for (Said& one : said) {
    for (; before != end && before->key() < one.key(); ++before)
      destinations_.remove(before->claim);
    if (before != end && before->key() == one.key())
      one.claim = before++->claim;
    else
      one.claim = destinations_.add(one.prefix, {PathType::kIntraArea, one.anchor, one.metric, 0});
  }
  for (; before != end; ++before) destinations_.remove(before->claim);
  node.said = std::move(said);
}

// Our own stubs are on their links already (16.1, second stage (2)), or are this router itself.
Anchor RouteTable::State::anchor_of_link(size_t place) {
  const IfIndex interface =
      place < root_.links.size() ? root_.links[place].interface : kNoInterface;
  const auto [at, fresh] = links_.try_emplace(interface);
  if (fresh) {
    at->second = destinations_.add_anchor();
    HopList hops = kThisRouter;
    if (interface != kNoInterface) hops = destinations_.hops().of({{interface, {}}});
    destinations_.move(at->second, {0, hops});
  }
  return at->second;
}

void RouteTable::State::grow_tree() {
  routers_ = networks_ = 0;
  const Node* self = find(root_key());
  if (self == nullptr || !self->counted) {
    for (const Node& node : nodes_) destinations_.move(node.anchor, {});
    return;
  }
  const auto root = static_cast<Vertex>(self - nodes_.data());
  HopSets sets(max_paths_);
  const Tree tree = shortest_paths(area_.graph(), root, sets);
  std::vector<std::optional<HopList>> lists(sets.size());
  for (Vertex vertex = 0; vertex < nodes_.size(); ++vertex) {
    Position position;
    if (tree.distances[vertex] != kUnreachable) {
      auto& list = lists[tree.hops[vertex]];
      if (!list) list = resolve(root, sets.hops(tree.hops[vertex]));
      // A neighbour that is not known by address yet leads nowhere.
      if (vertex == root || *list != kThisRouter) position = {tree.distances[vertex], *list};
    }
    destinations_.move(nodes_[vertex].anchor, position);
    if (position.distance == kUnreachable) continue;
    ++(area_.graph().kind(vertex) == VertexKind::kRouter ? routers_ : networks_);
  }
}

HopList RouteTable::State::resolve(Vertex root, std::span<const FirstHop> hops) {
  std::vector<NextHop> resolved;
  for (const FirstHop& hop : hops) {
    if (hop.link >= root_.links.size()) continue;
    const RootLink& link = root_.links[hop.link];
    if (link.interface == kNoInterface) continue;
    if (hop.gateway == FirstHop::kAttached) {
      resolved.push_back({link.interface, {}});
      continue;
    }
    const Ip4Addr gateway = hop.gateway == FirstHop::kNeighbour
                                ? link.neighbour
                                : area_.gateway(root, hop).value_or(Ip4Addr());
    if (!gateway.is_zero()) resolved.push_back({link.interface, gateway});
  }
  return destinations_.hops().of(std::move(resolved));
}

Position RouteTable::State::border(RouterId id) {
  const Node* node = find({LsaType::kRouter, LinkStateId{id.value}, id});
  if (node == nullptr || !is_border(node->counted.get())) return {};
  return destinations_.position(node->anchor);
}

template <class Visit>
void RouteTable::State::each_vertex(const Visit& visit) const {
  for (const Node& node : nodes_) {
    const Position& position = destinations_.position(node.anchor);
    if (position.distance != kUnreachable && node.counted)
      visit(*node.counted, position.distance, destinations_.hops().members(position.hops));
  }
}

RouteTable::RouteTable(RouterId self, size_t max_paths)
    : state_(std::make_unique<State>(self, max_paths)) {}
RouteTable::~RouteTable() = default;

void RouteTable::put(std::shared_ptr<const Lsa> lsa) { state_->put(std::move(lsa)); }
void RouteTable::remove(const LsaKey& key) { state_->remove(key); }
void RouteTable::set_root(Root root) { state_->set_root(std::move(root)); }
bool RouteTable::pending() const noexcept { return state_->pending(); }
uint64_t RouteTable::news() const noexcept { return state_->news(); }
Calculation RouteTable::calculate() { return state_->calculate(); }

size_t RouteTable::size() const noexcept { return state_->destinations().size(); }
size_t RouteTable::routers() const noexcept { return state_->routers(); }
size_t RouteTable::networks() const noexcept { return state_->networks(); }
void RouteTable::each(const std::function<void(const Prefix4&, const Route&)>& visit) const {
  state_->destinations().each(visit);
}
void RouteTable::each_vertex(
    const std::function<void(const Lsa&, uint32_t, std::span<const NextHop>)>& visit) const {
  state_->each_vertex(visit);
}

}  // namespace spanway::ospf
