// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/gml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

namespace spanway::lab {
namespace {

constexpr unsigned kMaxDepth = 32;
constexpr size_t kMaxGmlLinks = 16384;
constexpr size_t kMaxLabel = 80;  // bytes

// `key value`: a number or a string as `text`, or what stands between [ and ].
struct Item {
  std::string key, text{};
  size_t line = 0;
  bool is_list = false;
  std::vector<Item> list{};
};

Error error_at(size_t line, const std::string& message) {
  return {ErrorCode::kInvalid, std::to_string(line) + ": " + message,
          "graph [ node [ id 0 label \"a\" ] node [ id 1 ] edge [ source 0 target 1 ] ]"};
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_word(char c) { return is_blank(c) || c == '[' || c == ']' || c == '"' || c == '#'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<Item>> read() { return items(0); }

 private:
  Result<std::vector<Item>> items(unsigned depth) {
    std::vector<Item> out;
    for (;;) {
      skip();
      if (at_ == text_.size()) {
        if (depth != 0) return error_at(line_, "the file ends where a ] was expected");
        return out;
      }
      if (text_[at_] == ']') {
        if (depth == 0) return error_at(line_, "a ] that closes nothing");
        ++at_;
        return out;
      }
      auto item = one(depth);
      if (!item) return std::move(item).error();
      out.push_back(std::move(item).value());
    }
  }

  Result<Item> one(unsigned depth) {
    Item item{.key = std::string(word()), .line = line_};
    if (item.key.empty()) return error_at(line_, "a key was expected");
    skip();
    if (at_ == text_.size()) return error_at(line_, "the file ends where a value was expected");
    const char first = text_[at_];
    if (first == '[') {
      if (depth + 1 == kMaxDepth) return error_at(line_, "too many [ in each other");
      ++at_;
      auto list = items(depth + 1);
      if (!list) return std::move(list).error();
      item.is_list = true;
      item.list = std::move(list).value();
    } else if (first == '"') {
      const size_t end = text_.find('"', at_ + 1);
      if (end == std::string_view::npos) return error_at(line_, "a \" that is never closed");
      item.text = text_.substr(at_ + 1, end - at_ - 1);
      line_ += static_cast<size_t>(std::ranges::count(item.text, '\n'));
      at_ = end + 1;
    } else {
      item.text = word();
      if (item.text.empty()) return error_at(line_, "a value was expected after " + item.key);
    }
    return item;
  }

  std::string_view word() {
    const size_t from = at_;
    while (at_ < text_.size() && !ends_word(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  // Blanks, and comments from # to the end of the line.
  void skip() {
    for (bool comment = false; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      comment = c != '\n' && (comment || c == '#');
      if (!comment && !is_blank(c)) return;
    }
  }

  std::string_view text_;
  size_t at_ = 0, line_ = 1;
};

const Item* find(const std::vector<Item>& items, std::string_view key) {
  const auto at = std::ranges::find(items, key, &Item::key);
  return at == items.end() ? nullptr : &*at;
}

std::optional<double> number_of(const std::vector<Item>& items, std::string_view key) {
  const Item* item = find(items, key);
  if (item == nullptr || item->is_list) return std::nullopt;
  double out = 0;
  const char* end = item->text.data() + item->text.size();
  const auto [stop, error] = std::from_chars(item->text.data(), end, out);
  if (error != std::errc{} || stop != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<std::pair<double, double>> place_of(const std::vector<Item>& node) {
  const auto pair = [](const std::vector<Item>& in, const char* x,
                       const char* y) -> std::optional<std::pair<double, double>> {
    const auto right = number_of(in, x), up = number_of(in, y);
    if (!right || !up || std::abs(*right) > 1e9 || std::abs(*up) > 1e9) return std::nullopt;
    return std::pair(*right, *up);
  };
  if (auto out = pair(node, "Longitude", "Latitude")) return out;
  if (auto out = pair(node, "x", "y")) return out;
  const Item* graphics = find(node, "graphics");
  return graphics == nullptr ? std::nullopt : pair(graphics->list, "x", "y");
}

// What may be shown and written as JSON: GML is ASCII, other characters are &#NNN; there.
std::string clean(std::string_view text) {
  std::string out(text.substr(0, kMaxLabel));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return out;
}

class Builder {
 public:
  Result<Gml> build(const std::vector<Item>& graph) {
    for (const Item& item : graph) {
      if (item.key == "label" && !item.is_list) out_.name = clean(item.text);
      if (item.key != "node") continue;
      if (auto done = add_node(item); !done) return done.error();
    }
    // Edges may stand before their nodes.
    for (const Item& item : graph) {
      if (item.key != "edge") continue;
      if (auto done = add_edge(item); !done) return done.error();
    }
    out_.graph.routers = static_cast<unsigned>(out_.graph.nodes.size());
    if (out_.graph.routers == 0) return error_at(1, "the graph has no node");
    return std::move(out_);
  }

 private:
  Status add_node(const Item& item) {
    const Item* id = find(item.list, "id");
    if (id == nullptr || id->is_list || id->text.empty())
      return error_at(item.line, "a node without an id");
    if (!ids_.emplace(id->text, static_cast<unsigned>(ids_.size())).second)
      return error_at(id->line, "there is a node " + clean(id->text) + " already");
    if (ids_.size() > kMaxRouters)
      return error_at(item.line, "more than " + std::to_string(kMaxRouters) + " nodes");
    const Item* label = find(item.list, "label");
    out_.graph.nodes.push_back({label == nullptr ? "" : clean(label->text), place_of(item.list)});
    return {};
  }

  Result<unsigned> end_of(const Item& edge, const char* key) {
    const Item* item = find(edge.list, key);
    if (item == nullptr || item->is_list)
      return error_at(edge.line, std::string("an edge without a ") + key);
    const auto at = ids_.find(item->text);
    if (at == ids_.end()) return error_at(item->line, "there is no node " + clean(item->text));
    return at->second;
  }

  Status add_edge(const Item& item) {
    const auto source = end_of(item, "source");
    if (!source) return source.error();
    const auto target = end_of(item, "target");
    if (!target) return target.error();
    const std::pair link = std::minmax(*source, *target);
    if (link.first == link.second)
      ++out_.loops;
    else if (!links_.insert(link).second)
      ++out_.parallel;
    else
      out_.graph.links.emplace_back(link);
    if (links_.size() > kMaxGmlLinks)
      return error_at(item.line, "more than " + std::to_string(kMaxGmlLinks) + " edges");
    return {};
  }

  Gml out_;
  std::map<std::string, unsigned> ids_;
  std::set<std::pair<unsigned, unsigned>> links_;
};

}  // namespace

Result<Gml> parse_gml(std::string_view text) {
  if (text.size() > kMaxGmlBytes)
    return error_at(1, "more than " + std::to_string(kMaxGmlBytes >> 20) + " MiB");
  const auto items = Reader(text).read();
  if (!items) return items.error();
  const Item* graph = find(*items, "graph");
  if (graph == nullptr || !graph->is_list) return error_at(1, "there is no graph [ ... ]");
  return Builder().build(graph->list);
}

Result<Gml> load_gml(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return Error{ErrorCode::kNotFound, "can not read " + path, "a file in GML"};
  auto out = parse_gml(text.str());
  if (!out) return Error{out.error().code, path + ":" + out.error().message, out.error().fix};
  return out;
}

}  // namespace spanway::lab
