// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/parse.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <sstream>

#include "control/config/validate.h"
#include "control/lab/gml.h"
#include "control/lab/routing.h"
#include "control/lab/shape.h"
#include "control/lab/table_reader.h"

namespace spanway::lab {
namespace {

// Hosts of a network from a file: enough for traffic all over it.
constexpr size_t kMostGmlHosts = 16;

template <class T>
std::optional<T> whole_number(const std::string& text) {
  T out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<Error> read_lane(TableReader& reader, sim::LaneOptions& lane) {
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

bool is_gml(const std::string& topology) { return topology.ends_with(".gml"); }

class Loader {
 public:
  Loader(std::string path, bool guests, std::string routing)
      : path_(std::move(path)), guests_(guests), routing_(std::move(routing)) {}

  Result<Plan> load() {
    try {
      file_ = toml::parse_file(path_);
    } catch (const toml::parse_error& e) {
      std::ostringstream text;
      text << path_ << ":" << e.source().begin.line << ":" << e.source().begin.column << ": "
           << e.description();
      return Error{ErrorCode::kInvalid, text.str()};
    }
    TableReader top(file_, path_, "the file");
    for (const char* key : {"lab", "wires", "router", "wire", "host", "flow", "event"})
      top.allow(key);
    if (auto error = top.finish()) return *error;
    if (auto error = read_settings()) return *error;
    if (auto error = read_default_wire()) return *error;
    if (auto error = topology_.empty() ? read_explicit() : read_topology()) return *error;
    if (auto error = each("event", [&](const toml::table& t) { return read_event(t); }))
      return *error;
    std::ranges::stable_sort(plan_.events, {}, &EventPlan::at);
    plan_.name = settings_.name;
    plan_.seed = settings_.seed;
    plan_.virtual_time = settings_.virtual_time;
    plan_.duration = settings_.duration;
    plan_.frame_bytes = settings_.frame_bytes;
    plan_.window = settings_.window;
    if (auto done = check_events(plan_); !done)
      return Error{ErrorCode::kInvalid, path_ + ": " + done.error().message, done.error().fix};
    return std::move(plan_);
  }

 private:
  std::optional<Error> read_settings() {
    const toml::table* table = file_["lab"].as_table();
    if (table == nullptr) return Error{ErrorCode::kInvalid, path_ + ": there is no [lab] table"};
    TableReader reader(*table, path_, "[lab]");
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
    std::string shape;
    unsigned routers = 0;
    reader.get("shape", shape);
    reader.get("routers", routers);
    reader.get("topology", topology_);
    if (!shape.empty() && !topology_.empty())
      reader.fault(*table->get("topology"), "shape and topology exclude each other");
    if (!shape.empty()) topology_ = shape + ":" + std::to_string(routers);
    std::string routing;
    reader.get("routing", routing);
    if (routing_.empty()) routing_ = routing;
    reader.get("cost", options_.cost);
    if (options_.cost == 0) reader.fault(*table->get("cost"), "cost is out of range");
    reader.get("hosts", options_.hosts);
    bool guests = false;
    reader.get("guests", guests);
    guests_ = guests_ || guests;
    return reader.finish();
  }

  std::optional<Error> read_default_wire() {
    const toml::table* table = file_["wires"].as_table();
    if (table == nullptr) return std::nullopt;
    TableReader reader(*table, path_, "[wires]");
    return read_lane(reader, lane_);
  }

  std::optional<Error> read_topology() {
    std::string name = topology_;
    if (is_gml(name)) name = std::filesystem::path(path_).parent_path() / name;
    options_.lane = lane_;
    options_.guests = guests_;
    auto plan = plan_of(name, options_, routing_);
    if (!plan)
      return Error{ErrorCode::kInvalid, path_ + ": " + plan.error().message, plan.error().fix};
    plan_ = std::move(plan).value();
    return each("wire", [&](const toml::table& t) { return change_wire(t); });
  }

  // [[wire]] beside a shape: what is different about one of its wires.
  std::optional<Error> change_wire(const toml::table& table) {
    TableReader reader(table, path_, "[[wire]]");
    std::string name;
    uint16_t cost = 0;
    reader.get("name", name);
    reader.get("cost", cost);
    const auto wire = std::ranges::find(plan_.wires, name, &WirePlan::name);
    if (wire == plan_.wires.end()) {
      reader.fault(table, "there is no wire '" + name + "'");
      return reader.finish();
    }
    if (table.contains("cost")) {
      if (cost == 0) reader.fault(*table.get("cost"), "cost is out of range");
      if (auto done = set_cost(plan_, name, cost); !done)
        reader.fault(*table.get("cost"), done.error().message);
    }
    return read_lane(reader, wire->lane);
  }

  std::optional<Error> read_event(const toml::table& table) {
    TableReader reader(table, path_, "[[event]]");
    EventPlan event;
    std::string cut, mend;
    reader.get_span("at", event.at);
    reader.get("cut", cut);
    reader.get("mend", mend);
    if (!table.contains("at")) reader.fault(table, "at is missing");
    if (cut.empty() == mend.empty()) reader.fault(table, "either cut or mend names a wire");
    event.what = cut.empty() ? EventPlan::What::kMend : EventPlan::What::kCut;
    event.wire = cut.empty() ? mend : cut;
    if (std::ranges::find(plan_.wires, event.wire, &WirePlan::name) == plan_.wires.end())
      reader.fault(table, "there is no wire '" + event.wire + "'");
    if (auto error = reader.finish()) return error;
    plan_.events.push_back(std::move(event));
    return std::nullopt;
  }

  std::optional<Error> read_explicit() {
    if (!routing_.empty())
      return Error{ErrorCode::kInvalid, path_ + ": routing is for a shape or a topology",
                   "[ospf] in the routers' own configs"};
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
    TableReader reader(table, path_, "[[router]]");
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
    TableReader reader(table, path_, "[[wire]]");
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
    TableReader reader(table, path_, "[[host]]");
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
    TableReader reader(table, path_, "[[flow]]");
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
  std::string routing_;
  toml::table file_;
  Plan settings_;  // the scalars of [lab]; the lists come by shape or one by one
  std::string topology_;
  ShapeOptions options_;
  sim::LaneOptions lane_;
  Plan plan_;
};

Result<Plan> plan_of_gml(const std::string& path, ShapeOptions options) {
  auto gml = load_gml(path);
  if (!gml) return std::move(gml).error();
  if (options.routing == Routing::kStatic && gml->graph.routers > kMaxShape)
    return Error{ErrorCode::kInvalid,
                 path + ": static routes are for at most " + std::to_string(kMaxShape) + " routers",
                 "routing = \"ospf\""};
  options.most_hosts = kMostGmlHosts;
  Plan plan = build(gml->graph, options);
  plan.name = gml->name.empty() ? std::filesystem::path(path).stem().string() : gml->name;
  if (gml->parallel + gml->loops != 0)
    plan.remarks.push_back(path + ": left out " + std::to_string(gml->parallel) +
                           " edges beside another one, " + std::to_string(gml->loops) +
                           " from a node to itself");
  return plan;
}

}  // namespace

Result<Plan> plan_of(const std::string& topology, ShapeOptions options,
                     const std::string& routing) {
  if (!routing.empty() && routing != "static" && routing != "ospf")
    return Error{ErrorCode::kInvalid, "the routing '" + routing + "' is neither static nor ospf",
                 "ospf"};
  const bool gml = is_gml(topology);
  options.routing =
      routing == "ospf" || (routing.empty() && gml) ? Routing::kOspf : Routing::kStatic;
  if (gml) return plan_of_gml(topology, options);
  const size_t colon = topology.find(':');
  const auto routers = colon == std::string::npos
                           ? std::nullopt
                           : whole_number<unsigned>(topology.substr(colon + 1));
  if (!routers)
    return Error{ErrorCode::kInvalid, "'" + topology + "' is not a shape with its routers",
                 "ring:6, star:5, tree:7, line:4, mesh:4, grid:12 or FILE.gml"};
  auto graph = make_graph(topology.substr(0, colon), *routers);
  if (!graph) return std::move(graph).error();
  Plan plan = build(*graph, options);
  plan.name = topology;
  return plan;
}

Status check_events(const Plan& plan) {
  for (const EventPlan& event : plan.events)
    if (event.at >= plan.duration)
      return Error{ErrorCode::kInvalid,
                   "the event at wire " + event.wire + " comes after the end of the traffic",
                   "a longer duration in [lab]"};
  return {};
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
  return check_events(plan);
}

Result<Plan> load(const std::string& path, bool guests, const std::string& routing) {
  if (!std::filesystem::exists(path))
    return Error{ErrorCode::kNotFound, "there is no file " + path, "docs/examples has some"};
  return Loader(path, guests, routing).load();
}

}  // namespace spanway::lab
