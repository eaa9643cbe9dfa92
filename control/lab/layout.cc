// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spanway::lab {
namespace {

constexpr size_t kSmall = 9;            // so many look best on a circle
constexpr double kHostDistance = 0.35;  // of the way between two routers
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

}  // namespace

std::vector<Point> layout(const Picture& picture, const Frame& frame) {
  const Core core = core_of(picture);
  const auto placed = std::ranges::count_if(
      core.nodes, [&](size_t i) { return picture.nodes[i].place.has_value(); });
  Points routers = placed > 0 && static_cast<size_t>(placed) * 2 >= core.nodes.size()
                       ? given(picture, core)
                   : core.nodes.size() <= kSmall || is_ring(core) ? circle(core)
                                                                  : springs(core);
  fit(routers, frame);
  Points out(picture.nodes.size(), {frame.width / 2, frame.height / 2});
  for (size_t i = 0; i < core.nodes.size(); ++i) out[core.nodes[i]] = routers[i];
  // Hosts stand outside of their router, seen from the middle.
  const double away = std::min(frame.width, frame.height) * kHostDistance /
                      std::sqrt(static_cast<double>(core.nodes.size()) + 1);
  for (const Picture::Wire& wire : picture.wires) {
    const bool first = picture.nodes[wire.a].host;
    if (first == picture.nodes[wire.b].host) continue;
    const size_t host = first ? wire.a : wire.b;
    const Point router = out[first ? wire.b : wire.a];
    const double x = router.x - frame.width / 2, y = router.y - frame.height / 2;
    const double length = std::hypot(x, y);
    const Point direction = length < 1e-6 ? Point{0, 1} : Point{x / length, y / length};
    out[host] = {router.x + direction.x * away, router.y + direction.y * away};
  }
  return out;
}

}  // namespace spanway::lab
