// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/parse.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <sstream>

#include "control/config/validate.h"
#include "control/lab/shape.h"

namespace spanway::lab {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
};

std::optional<double> scaled(const std::string& text, std::initializer_list<Suffix> suffixes) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Suffix& suffix : suffixes)
    if (rest == suffix.text) return number * suffix.factor;
  return std::nullopt;
}

template <class T>
std::optional<T> whole_number(const std::string& text) {
  T out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// Reads one table key by key and remembers the first fault; unread keys are faults at the end.
class Reader {
 public:
  Reader(const toml::table& table, std::string file, std::string where)
      : table_(table), file_(std::move(file)), where_(std::move(where)) {}

  template <class T>
  void get(const char* key, T& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<Stored<T>>();
    if (!value) return fault(*node, std::string(key) + " has the wrong type");
    if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>) {
      if (*value < 0 || static_cast<uint64_t>(*value) > std::numeric_limits<T>::max())
        return fault(*node, std::string(key) + " is out of range");
    }
    out = static_cast<T>(*value);
  }
  void get_span(const char* key, Nanos& out) {
    std::string text;
    get(key, text);
    if (text.empty()) return;
    auto span = parse_span(text);
    if (span)
      out = *span;
    else
      fault(*table_.get(key), span.error().message);
  }
  void get_rate(const char* key, uint64_t& out) {
    std::string text;
    get(key, text);
    if (text.empty()) return;
    auto rate = parse_rate(text);
    if (rate)
      out = *rate;
    else
      fault(*table_.get(key), rate.error().message);
  }
  // A probability, integers allowed.
  void get_share(const char* key, double& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const auto value = node->value<double>();
    if (!value || *value < 0 || *value > 1)
      return fault(*node, std::string(key) + " is not a share from 0 to 1");
    out = *value;
  }
  void get_strings(const char* key, std::vector<std::string>& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return fault(*node, std::string(key) + " is not a list");
    for (const toml::node& item : *array) {
      const auto text = item.value_exact<std::string>();
      if (!text) return fault(item, std::string(key) + " holds something that is not a text");
      out.push_back(*text);
    }
  }
  void allow(const char* key) { known_.emplace_back(key); }
  void fault(const toml::node& node, const std::string& message) {
    if (!error_) error_ = at(node.source(), message);
  }
  [[nodiscard]] std::optional<Error> finish() {
    for (const auto& [key, node] : table_)
      if (!error_ && std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        error_ = at(node.source(), "unknown key '" + std::string(key.str()) + "' in " + where_);
    return error_;
  }

 private:
  template <class T>
  using Stored = std::conditional_t<std::is_same_v<T, bool>, bool,
                                    std::conditional_t<std::is_integral_v<T>, int64_t, T>>;
  [[nodiscard]] Error at(const toml::source_region& source, const std::string& message) const {
    return {ErrorCode::kInvalid,
            file_ + ":" + std::to_string(source.begin.line) + ":" +
                std::to_string(source.begin.column) + ": " + message,
            "docs/lab.md lists what a lab file may hold"};
  }
  const toml::table& table_;
  std::string file_, where_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

std::optional<Error> read_lane(Reader& reader, sim::LaneOptions& lane) {
  reader.get_rate("rate", lane.rate_bps);
  reader.get_span("delay", lane.delay);
  reader.get("queue", lane.queue_frames);
  reader.get_share("loss", lane.impairment.loss);
  reader.get_share("burst_enter", lane.impairment.burst_enter);
  reader.get_share("burst_leave", lane.impairment.burst_leave);
  reader.get_share("burst_loss", lane.impairment.burst_loss);
  reader.get_share("reorder", lane.impairment.reorder);
  reader.get_span("reorder_delay", lane.impairment.reorder_delay);
  reader.get_share("duplicate", lane.impairment.duplicate);
  reader.get_share("corrupt", lane.impairment.corrupt);
  return reader.finish();
}

class Loader {
 public:
  Loader(std::string path, bool guests) : path_(std::move(path)), guests_(guests) {}

  Result<Plan> load() {
    try {
      file_ = toml::parse_file(path_);
    } catch (const toml::parse_error& e) {
      std::ostringstream text;
      text << path_ << ":" << e.source().begin.line << ":" << e.source().begin.column << ": "
           << e.description();
      return Error{ErrorCode::kInvalid, text.str()};
    }
    Reader top(file_, path_, "the file");
    for (const char* key : {"lab", "wires", "router", "wire", "host", "flow"}) top.allow(key);
    if (auto error = top.finish()) return *error;
    if (auto error = read_settings()) return *error;
    if (auto error = read_default_wire()) return *error;
    if (auto error = shape_.empty() ? read_explicit() : read_shape()) return *error;
    plan_.name = settings_.name;
    plan_.seed = settings_.seed;
    plan_.virtual_time = settings_.virtual_time;
    plan_.duration = settings_.duration;
    plan_.frame_bytes = settings_.frame_bytes;
    plan_.window = settings_.window;
    return std::move(plan_);
  }

 private:
  std::optional<Error> read_settings() {
    const toml::table* table = file_["lab"].as_table();
    if (table == nullptr) return Error{ErrorCode::kInvalid, path_ + ": there is no [lab] table"};
    Reader reader(*table, path_, "[lab]");
    settings_.name = std::filesystem::path(path_).stem();
    reader.get("name", settings_.name);
    reader.get("seed", settings_.seed);
    std::string time = "real";
    reader.get("time", time);
    if (time != "real" && time != "virtual")
      reader.fault(*table->get("time"), "time is neither 'real' nor 'virtual'");
    settings_.virtual_time = time == "virtual";
    reader.get_span("duration", settings_.duration);
    reader.get("frame_bytes", settings_.frame_bytes);
    reader.get("window", settings_.window);
    reader.get("shape", shape_);
    reader.get("routers", routers_);
    reader.get("hosts", hosts_);
    bool guests = false;
    reader.get("guests", guests);
    guests_ = guests_ || guests;
    return reader.finish();
  }

  std::optional<Error> read_default_wire() {
    const toml::table* table = file_["wires"].as_table();
    if (table == nullptr) return std::nullopt;
    Reader reader(*table, path_, "[wires]");
    return read_lane(reader, lane_);
  }

  std::optional<Error> read_shape() {
    auto graph = make_graph(shape_, routers_);
    if (!graph)
      return Error{ErrorCode::kInvalid, path_ + ": " + graph.error().message, graph.error().fix};
    plan_ = build(*graph, {lane_, hosts_, guests_, "spw"});
    return std::nullopt;
  }

  std::optional<Error> read_explicit() {
    if (auto error = each("router", [&](const toml::table& t) { return read_router(t); }))
      return error;
    if (auto error = each("wire", [&](const toml::table& t) { return read_wire(t); })) return error;
    if (auto error = each("host", [&](const toml::table& t) { return read_host(t); })) return error;
    if (auto error = each("flow", [&](const toml::table& t) { return read_flow(t); })) return error;
    if (plan_.routers.empty())
      return Error{ErrorCode::kInvalid, path_ + ": no routers",
                   "shape = \"ring\" and routers = 3 in [lab], or [[router]] tables"};
    return std::nullopt;
  }

  template <class Read>
  std::optional<Error> each(const char* key, const Read& read) {
    const toml::array* array = file_[key].as_array();
    if (array == nullptr) return std::nullopt;
    for (const toml::node& node : *array) {
      const toml::table* table = node.as_table();
      if (table == nullptr)
        return Error{ErrorCode::kInvalid, path_ + ": [[" + key + "]] is not a table"};
      if (auto error = read(*table)) return error;
    }
    return std::nullopt;
  }

  std::optional<Error> read_router(const toml::table& table) {
    Reader reader(table, path_, "[[router]]");
    RouterPlan router;
    std::string config;
    reader.get("name", router.name);
    reader.get("config", config);
    if (auto error = reader.finish()) return error;
    auto loaded = config::load_file(std::filesystem::path(path_).parent_path() / config);
    if (!loaded) return loaded.error();
    router.config = std::move(loaded).value();
    plan_.routers.push_back(std::move(router));
    return std::nullopt;
  }

  std::optional<Error> read_wire(const toml::table& table) {
    Reader reader(table, path_, "[[wire]]");
    WirePlan wire;
    wire.lane = lane_;
    reader.get("name", wire.name);
    reader.get("a", wire.end_a);
    reader.get("b", wire.end_b);
    if (auto error = read_lane(reader, wire.lane)) return error;
    plan_.wires.push_back(std::move(wire));
    return std::nullopt;
  }

  std::optional<Error> read_host(const toml::table& table) {
    Reader reader(table, path_, "[[host]]");
    HostPlan host;
    std::vector<std::string> addresses;
    reader.get("name", host.name);
    reader.get("wire", host.wire);
    reader.get("router", host.router);
    reader.get("port", host.port);
    reader.get_strings("addresses", addresses);
    for (const std::string& text : addresses) {
      const auto address = IpAddr::parse(text);
      if (!address)
        reader.fault(table, "'" + text + "' is no address");
      else
        host.addresses.push_back(*address);
    }
    if (auto error = reader.finish()) return error;
    plan_.hosts.push_back(std::move(host));
    return std::nullopt;
  }

  std::optional<Error> read_flow(const toml::table& table) {
    Reader reader(table, path_, "[[flow]]");
    FlowPlan flow;
    std::string family = "ip4";
    reader.get("from", flow.from);
    reader.get("to", flow.to);
    reader.get("family", family);
    if (family != "ip4" && family != "ip6")
      reader.fault(table, "family is neither 'ip4' nor 'ip6'");
    if (auto error = reader.finish()) return error;
    flow.family = family == "ip6" ? Family::kIp6 : Family::kIp4;
    plan_.flows.push_back(std::move(flow));
    return std::nullopt;
  }

  std::string path_;
  bool guests_;
  toml::table file_;
  Plan settings_;  // the scalars of [lab]; the lists come by shape or one by one
  std::string shape_;
  unsigned routers_ = 0;
  bool hosts_ = true;
  sim::LaneOptions lane_;
  Plan plan_;
};

}  // namespace

Result<uint64_t> parse_rate(const std::string& text) {
  const auto value = scaled(text, {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});
  if (!value || *value > 1e12)
    return Error{ErrorCode::kInvalid, "'" + text + "' is not a rate", "10G, 1.5M, 64k or 0"};
  return static_cast<uint64_t>(*value);
}

Result<Nanos> parse_span(const std::string& text) {
  const auto value = scaled(text, {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}});
  if (!value || *value > 1e15)
    return Error{ErrorCode::kInvalid, "'" + text + "' is not a span of time", "50us, 1.5ms or 2s"};
  return Nanos(static_cast<int64_t>(*value));
}

Result<Plan> plan_of(const std::string& topology, bool guests) {
  const size_t colon = topology.find(':');
  const auto routers = colon == std::string::npos
                           ? std::nullopt
                           : whole_number<unsigned>(topology.substr(colon + 1));
  if (!routers)
    return Error{ErrorCode::kInvalid, "'" + topology + "' is not a shape with its routers",
                 "ring:6, star:5, tree:7, line:4 or mesh:4"};
  auto graph = make_graph(topology.substr(0, colon), *routers);
  if (!graph) return std::move(graph).error();
  Plan plan = build(*graph, {{}, true, guests, "spw"});
  plan.name = topology;
  return plan;
}

Status override_settings(Plan& plan, const std::string& seed, const std::string& time,
                         const std::string& duration) {
  if (!seed.empty()) {
    const auto number = whole_number<uint64_t>(seed);
    if (!number)
      return Error{ErrorCode::kInvalid, "the seed '" + seed + "' is not a whole number", "1"};
    plan.seed = *number;
  }
  if (!time.empty()) {
    if (time != "real" && time != "virtual")
      return Error{ErrorCode::kInvalid, "the time '" + time + "' is neither real nor virtual",
                   "virtual"};
    plan.virtual_time = time == "virtual";
  }
  if (!duration.empty()) {
    const auto span = parse_span(duration);
    if (!span) return span.error();
    plan.duration = *span;
  }
  return {};
}

Result<Plan> load(const std::string& path, bool guests) {
  if (!std::filesystem::exists(path))
    return Error{ErrorCode::kNotFound, "there is no file " + path, "docs/examples has some"};
  return Loader(path, guests).load();
}

}  // namespace spanway::lab
