// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spanway::lab {
namespace {

constexpr size_t kSmall = 9;               // so many look best on a circle
constexpr double kHostDistance = 0.35;     // of the way between two routers
constexpr int kHostDirections = 12;        // tried, at two distances
constexpr size_t kMostLooks = 50'000'000;  // at obstacles, for the free directions of all hosts
constexpr double kGoldenAngle = 2.39996322972865332;

using Points = std::vector<Point>;

// Routers that are drawn as such; hosts follow theirs.
struct Core {
  std::vector<size_t> nodes;                     // places in the picture
  std::vector<std::pair<size_t, size_t>> links;  // places in `nodes`
};

Core core_of(const Picture& picture) {
  Core out;
  std::vector<size_t> place(picture.nodes.size(), SIZE_MAX);
  for (size_t i = 0; i < picture.nodes.size(); ++i)
    if (!picture.nodes[i].host) {
      place[i] = out.nodes.size();
      out.nodes.push_back(i);
    }
  for (const Picture::Wire& wire : picture.wires)
    if (place[wire.a] != SIZE_MAX && place[wire.b] != SIZE_MAX)
      out.links.emplace_back(place[wire.a], place[wire.b]);
  return out;
}

bool is_ring(const Core& core) {
  std::vector<unsigned> degree(core.nodes.size());
  for (const auto& [a, b] : core.links) {
    ++degree[a];
    ++degree[b];
  }
  return core.links.size() == core.nodes.size() &&
         std::ranges::all_of(degree, [](unsigned d) { return d == 2; });
}

// In the order in which a walk along the links meets them, so that a ring is one.
Points circle(const Core& core) {
  std::vector<std::vector<size_t>> next(core.nodes.size());
  for (const auto& [a, b] : core.links) {
    next[a].push_back(b);
    next[b].push_back(a);
  }
  std::vector<size_t> order;
  std::vector<bool> seen(core.nodes.size());
  const auto meet = [&](size_t at) {
    seen[at] = true;
    order.push_back(at);
  };
  for (size_t first = 0; first < next.size(); ++first) {
    if (seen[first]) continue;
    meet(first);
    for (size_t at = first;;) {
      const auto on = std::ranges::find_if(next[at], [&](size_t n) { return !seen[n]; });
      if (on == next[at].end()) break;
      at = *on;
      meet(at);
    }
  }
  Points out(core.nodes.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(order.size());
    out[order[i]] = {std::sin(angle), -std::cos(angle)};
  }
  return out;
}

// Every two push each other away, links pull; steps grow smaller (after Fruchterman and Reingold,
// 1991). The work is bounded: fewer rounds where there are more nodes.
Points springs(const Core& core) {
  const size_t n = core.nodes.size();
  Points at(n);
  for (size_t i = 0; i < n; ++i) {
    const double r = std::sqrt(static_cast<double>(i) + 0.5);
    const double angle = static_cast<double>(i) * kGoldenAngle;
    at[i] = {r * std::cos(angle), r * std::sin(angle)};
  }
  const size_t rounds = std::clamp<size_t>(40'000'000 / (n * n), 20, 300);
  for (size_t round = 0; round < rounds; ++round) {
    Points force(n);
    const auto push = [&](size_t a, size_t b, double amount, double x, double y) {
      force[a].x += x * amount;
      force[a].y += y * amount;
      force[b].x -= x * amount;
      force[b].y -= y * amount;
    };
    for (size_t a = 0; a < n; ++a)
      for (size_t b = a + 1; b < n; ++b) {
        const double x = at[a].x - at[b].x, y = at[a].y - at[b].y;
        push(a, b, 1 / std::max(x * x + y * y, 1e-4), x, y);
      }
    for (const auto& [a, b] : core.links) {
      const double x = at[a].x - at[b].x, y = at[a].y - at[b].y;
      push(a, b, -std::sqrt(x * x + y * y), x, y);
    }
    const double most = std::sqrt(static_cast<double>(n)) * 0.2 *
                        (1 - static_cast<double>(round) / static_cast<double>(rounds));
    for (size_t i = 0; i < n; ++i) {
      // Parts that nothing holds together must not fly apart.
      force[i].x -= at[i].x * 0.05;
      force[i].y -= at[i].y * 0.05;
      const double length = std::hypot(force[i].x, force[i].y);
      if (length < 1e-9) continue;
      const double step = std::min(length, most) / length;
      at[i].x += force[i].x * step;
      at[i].y += force[i].y * step;
    }
  }
  return at;
}

// Where the graph says; those without a place amid their neighbours, or in the middle.
Points given(const Picture& picture, const Core& core) {
  Points out(core.nodes.size());
  std::vector<bool> known(core.nodes.size());
  Point middle;
  double count = 0;
  for (size_t i = 0; i < core.nodes.size(); ++i) {
    const auto& place = picture.nodes[core.nodes[i]].place;
    if (!place) continue;
    known[i] = true;
    out[i] = {place->first, -place->second};
    middle = {middle.x + out[i].x, middle.y + out[i].y};
    ++count;
  }
  for (size_t i = 0; i < core.nodes.size(); ++i) {
    if (known[i]) continue;
    Point sum;
    double neighbours = 0;
    for (const auto& [a, b] : core.links) {
      const size_t other = a == i ? b : a;
      if ((a != i && b != i) || !known[other]) continue;
      sum = {sum.x + out[other].x, sum.y + out[other].y};
      ++neighbours;
    }
    // One beside the other: many may have no place.
    const double angle = static_cast<double>(i) * kGoldenAngle;
    const Point base = neighbours > 0 ? Point{sum.x / neighbours, sum.y / neighbours}
                                      : Point{middle.x / count, middle.y / count};
    out[i] = {base.x + std::cos(angle), base.y + std::sin(angle)};
  }
  return out;
}

// Into the frame, the proportions kept.
void fit(Points& points, const Frame& frame) {
  if (points.empty()) return;
  const auto [left, right] = std::ranges::minmax(points, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(points, {}, &Point::y);
  const double width = right.x - left.x, height = bottom.y - top.y;
  double scale = 1e12;
  if (width > 1e-9) scale = std::min(scale, frame.width / width);
  if (height > 1e-9) scale = std::min(scale, frame.height / height);
  if (width <= 1e-9 && height <= 1e-9) scale = 1;
  const Point from{left.x, top.y};
  const Point shift{(frame.width - width * scale) / 2, (frame.height - height * scale) / 2};
  for (Point& p : points) p = {(p.x - from.x) * scale + shift.x, (p.y - from.y) * scale + shift.y};
}

// How far two routers should be from each other, so that what is written on them can be read.
double distance_wanted(size_t routers, const Frame& frame) {
  const double room = std::sqrt(frame.width * frame.height / static_cast<double>(routers + 1));
  return std::min(0.6 * room, 0.09 * std::min(frame.width, frame.height));
}

// Moves apart who is too near, as in the dense corners of a map; the rest stays where it is.
void spread(Points& at, const Frame& frame) {
  const double wanted = distance_wanted(at.size(), frame);
  const size_t rounds = std::min<size_t>(40'000'000 / (at.size() * at.size() + 1), 1000);
  for (size_t round = 0; round < rounds; ++round) {
    bool moved = false;
    for (size_t a = 0; a < at.size(); ++a)
      for (size_t b = a + 1; b < at.size(); ++b) {
        double x = at[a].x - at[b].x, y = at[a].y - at[b].y;
        const double length = std::hypot(x, y);
        if (length > wanted * 0.99) continue;
        moved = true;
        const double push = (wanted - length) / 2;
        // At the same place any direction will do. A little aside: else rows stay rows.
        const double angle =
            (length < 1e-3 ? static_cast<double>(a) * kGoldenAngle : std::atan2(y, x)) + 0.1;
        x = std::cos(angle) * push;
        y = std::sin(angle) * push;
        at[a] = {at[a].x + x, at[a].y + y};
        at[b] = {at[b].x - x, at[b].y - y};
      }
    for (Point& p : at) p = {std::clamp(p.x, 0.0, frame.width), std::clamp(p.y, 0.0, frame.height)};
    if (!moved) return;
  }
}

double distance(const Point& from, const Point& to) {
  return std::hypot(from.x - to.x, from.y - to.y);
}
double distance_to_line(const Point& from, const Point& a, const Point& b) {
  const double x = b.x - a.x, y = b.y - a.y, square = x * x + y * y;
  if (square < 1e-9) return distance(from, a);
  const double share = std::clamp(((from.x - a.x) * x + (from.y - a.y) * y) / square, 0.0, 1.0);
  return distance(from, {a.x + share * x, a.y + share * y});
}

// Hosts stand around their routers: outside, seen from the middle, or where there is more room.
class Hosts {
 public:
  Hosts(const Picture& picture, const Core& core, const Frame& frame, Points& at)
      : core_(core),
        at_(at),
        middle_{frame.width / 2, frame.height / 2},
        away_(std::max(std::min(frame.width, frame.height) * kHostDistance /
                           std::sqrt(static_cast<double>(core.nodes.size()) + 1),
                       distance_wanted(core.nodes.size(), frame))) {
    for (const size_t i : core.nodes) {
      taken_.push_back(at[i]);
      // Labels stand below.
      if (picture.nodes[i].label.empty()) continue;
      for (const double aside : {-0.6, 0.0, 0.6})
        labels_.push_back({at[i].x + aside * away_, at[i].y + 0.6 * away_});
    }
    const size_t hosts = picture.nodes.size() - core.nodes.size();
    const size_t looks = hosts * 2 * kHostDirections * (4 * taken_.size() + core.links.size());
    tries_ = looks > kMostLooks ? 1 : 2 * kHostDirections;
  }

  void place(size_t host, size_t router) {
    const double out = outwards(at_[router]);
    double best = -1;
    for (int i = 0; i < tries_; ++i) {
      const double angle = out + 2 * std::numbers::pi * i / kHostDirections;
      const double away = i < kHostDirections ? away_ : away_ * 1.7;
      const Point there{at_[router].x + std::cos(angle) * away,
                        at_[router].y + std::sin(angle) * away};
      const double room = room_at(there);
      if (room < best * 1.05) continue;
      best = room;
      at_[host] = there;
    }
    taken_.push_back(at_[host]);
  }

 private:
  [[nodiscard]] double outwards(const Point& from) const {
    const double x = from.x - middle_.x, y = from.y - middle_.y;
    return std::hypot(x, y) < 1e-6 ? std::numbers::pi / 2 : std::atan2(y, x);
  }
  [[nodiscard]] double room_at(const Point& there) const {
    double out = 0.75 * away_;  // more is not better
    for (const Point& taken : taken_) out = std::min(out, distance(there, taken));
    // Names and wires take less room.
    for (const Point& label : labels_) out = std::min(out, 1.5 * distance(there, label));
    for (const auto& [a, b] : core_.links)
      out = std::min(out, 2 * distance_to_line(there, at_[core_.nodes[a]], at_[core_.nodes[b]]));
    return out;
  }

  const Core& core_;
  Points& at_;
  Point middle_;
  double away_;
  Points taken_, labels_;
  int tries_;
};

}  // namespace

std::vector<Point> layout(const Picture& picture, const Frame& frame) {
  const Core core = core_of(picture);
  const auto placed = std::ranges::count_if(
      core.nodes, [&](size_t i) { return picture.nodes[i].place.has_value(); });
  Points routers;
  if (placed > 0 && static_cast<size_t>(placed) * 2 >= core.nodes.size()) {
    routers = given(picture, core);
    fit(routers, frame);
    spread(routers, frame);
  } else {
    const bool round = core.nodes.size() <= kSmall || is_ring(core);
    routers = round ? circle(core) : springs(core);
    fit(routers, frame);
  }
  Points out(picture.nodes.size(), {frame.width / 2, frame.height / 2});
  for (size_t i = 0; i < core.nodes.size(); ++i) out[core.nodes[i]] = routers[i];
  Hosts hosts(picture, core, frame, out);
  for (const Picture::Wire& wire : picture.wires) {
    const bool first = picture.nodes[wire.a].host;
    if (first == picture.nodes[wire.b].host) continue;
    hosts.place(first ? wire.a : wire.b, first ? wire.b : wire.a);
  }
  return out;
}

}  // namespace spanway::lab
