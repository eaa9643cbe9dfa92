// SPDX-License-Identifier: BSD-3-Clause
// A picture as SVG. States differ by colour and by dash, so that it reads without colour.
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>

#include "control/lab/layout.h"
#include "control/lab/picture.h"

namespace spanway::lab {
namespace {

constexpr double kWidth = 1000, kHeight = 760, kMargin = 120, kLegend = 60;
// Above these numbers names, and then costs, would hide more than they tell.
constexpr size_t kManyNodes = 60, kTooManyNodes = 250;

struct Style {
  Picture::State state;
  const char* word;
  const char* colour;
  const char* dash;
  double width;
};
constexpr std::array<Style, 4> kStyles = {{
    {Picture::State::kStatic, "no OSPF", "#57606a", "none", 1.2},
    {Picture::State::kFull, "full", "#1a7f37", "none", 3},
    {Picture::State::kBetween, "in between", "#9a6700", "9 5", 3},
    {Picture::State::kCut, "down", "#cf222e", "2 6", 3},
}};

const Style& style_of(Picture::State state) { return kStyles[static_cast<size_t>(state)]; }

// As the text of an element or an attribute: labels come from files of others.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
  }
  return out;
}

class Svg {
 public:
  explicit Svg(const Picture& picture)
      : picture_(picture),
        points_(layout(picture, {kWidth - 2 * kMargin, kHeight - 2 * kMargin})),
        many_(picture.nodes.size() > kManyNodes),
        too_many_(picture.nodes.size() > kTooManyNodes) {
    for (Point& p : points_) p = {p.x + kMargin, p.y + kMargin};
  }

  std::string draw() {
    say("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" role=\"img\">\n"
        "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
        "<text x=\"24\" y=\"36\" font-size=\"20\" fill=\"#1f2328\">{2}</text>\n",
        kWidth, kHeight + kLegend, escaped(picture_.title));
    for (const Picture::Wire& wire : picture_.wires) line(wire);
    if (!too_many_)
      for (const Picture::Wire& wire : picture_.wires) costs(wire);
    // No shape hides a name.
    for (size_t i = 0; i < picture_.nodes.size(); ++i) shape(picture_.nodes[i], points_[i]);
    if (!too_many_)
      for (size_t i = 0; i < picture_.nodes.size(); ++i) name(picture_.nodes[i], points_[i]);
    legend();
    say("</svg>\n");
    return std::move(out_);
  }

 private:
  template <class... Values>
  void say(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  void stroke(const Style& style, double width) {
    say("stroke=\"{}\" stroke-width=\"{:.1f}\" stroke-dasharray=\"{}\"", style.colour, width,
        style.dash);
  }

  void line(const Picture::Wire& wire) {
    const Style& style = style_of(wire.state);
    const Point a = points_[wire.a], b = points_[wire.b];
    say("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" ", a.x, a.y, b.x, b.y);
    stroke(style, many_ ? style.width / 2 : style.width);
    say("><title>{} - {}: {}</title></line>\n", escaped(picture_.nodes[wire.a].name),
        escaped(picture_.nodes[wire.b].name), style.word);
  }

  void text(const Point& at, double size, const char* anchor, std::string_view content) {
    // The white edge keeps it legible where lines cross it.
    say("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" text-anchor=\"{}\" fill=\"#1f2328\" "
        "stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>\n",
        at.x, at.y, size, anchor, escaped(content));
  }

  // One number amid the wire, or one near each end where they differ.
  void costs(const Picture::Wire& wire) {
    const Point a = points_[wire.a], b = points_[wire.b];
    const auto between = [&](double share) {
      return Point{a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share + 4};
    };
    const double size = many_ ? 8 : 13;
    if (wire.cost_a == 0 || wire.cost_b == 0) return;
    if (wire.cost_a == wire.cost_b)
      return text(between(0.5), size, "middle", fmt::format("{}", wire.cost_a));
    text(between(0.25), size, "middle", fmt::format("{}", wire.cost_a));
    text(between(0.75), size, "middle", fmt::format("{}", wire.cost_b));
  }

  [[nodiscard]] double radius_of(const Picture::Node& node) const {
    return too_many_ ? 3 : many_ ? 5 : node.host ? 14 : 20;
  }
  void shape(const Picture::Node& node, const Point& at) {
    const double radius = radius_of(node);
    if (node.host)
      say("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" fill=\"#f6f8fa\" ",
          at.x - radius, at.y - radius, 2 * radius, 2 * radius);
    else
      say("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"#ddf4ff\" ", at.x, at.y, radius);
    say("stroke=\"#1f2328\" stroke-width=\"1\"><title>{}{}</title></{}>\n", escaped(node.name),
        escaped(node.label.empty() ? "" : " " + node.label), node.host ? "rect" : "circle");
  }
  void name(const Picture::Node& node, const Point& at) {
    const double radius = radius_of(node);
    if (many_)
      return text({at.x, at.y - radius - 2}, 8, "middle",
                  node.name + (node.label.empty() ? "" : " " + node.label));
    text({at.x, at.y + 4}, 12, "middle", node.name);
    if (!node.label.empty()) text({at.x, at.y + radius + 14}, 12, "middle", node.label);
  }

  void legend() {
    std::map<Picture::State, size_t> count;
    for (const Picture::Wire& wire : picture_.wires) ++count[wire.state];
    double x = 24;
    for (const Style& style : kStyles) {
      if (!count.contains(style.state) && style.state == Picture::State::kStatic) continue;
      const double y = kHeight + kLegend / 2;
      say("<line x1=\"{:.0f}\" y1=\"{:.0f}\" x2=\"{:.0f}\" y2=\"{:.0f}\" ", x, y, x + 50, y);
      stroke(style, style.width);
      say("/>\n");
      text({x + 60, y + 4}, 13, "start", fmt::format("{} ({})", style.word, count[style.state]));
      x += 190;
    }
    text({x, kHeight + kLegend / 2 + 4}, 13, "start", "numbers: cost");
  }

  const Picture& picture_;
  std::vector<Point> points_;
  bool many_, too_many_;
  std::string out_;
};

}  // namespace

std::string to_svg(const Picture& picture) { return Svg(picture).draw(); }

}  // namespace spanway::lab
