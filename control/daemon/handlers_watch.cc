// SPDX-License-Identifier: BSD-3-Clause
// stages.timing, trace.*, show.trace, capture.*: what operators watch packets with.
#include <algorithm>

#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"
#include "dataplane/packet/headers.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

struct ProtocolName {
  const char* name;
  uint8_t number;
};
constexpr ProtocolName kProtocols[] = {{"icmp", ip_proto::kIcmp}, {"tcp", ip_proto::kTcp},
                                       {"udp", ip_proto::kUdp},   {"icmp6", ip_proto::kIcmp6},
                                       {"ospf", ip_proto::kOspf}, {"esp", ip_proto::kEsp}};

std::string protocol_name(uint8_t number) {
  for (const ProtocolName& one : kProtocols)
    if (one.number == number) return one.name;
  return std::to_string(number);
}

uint8_t read_protocol(const json& value, Params& params) {
  if (value.is_string())
    for (const ProtocolName& one : kProtocols)
      if (value.get_ref<const std::string&>() == one.name) return one.number;
  if (value.is_number_unsigned() && value.get<uint64_t>() <= 255) return value.get<uint8_t>();
  params.fault(value.dump() + " is not a protocol", "tcp, udp, icmp, icmp6 or a number");
  return 0;
}

// "10.2.0.0/16" or "10.2.0.5" into the bytes and the length that workers compare.
void read_prefix(Params& params, const char* key, uint8_t& family, Ip6Addr& bytes, uint8_t& bits) {
  const auto text = params.text(key);
  if (!text) return;
  auto parsed = IpWithLength::parse(*text);
  if (!parsed) {
    const auto address = IpAddr::parse(*text);
    if (!address) return params.fault("'" + *text + "' is neither a prefix nor an address");
    parsed = IpWithLength{*address, address->is4() ? 32u : 128u};
  }
  const uint8_t of = parsed->addr.is4() ? 4 : 6;
  if (family != 0 && family != of) return params.fault("the families of 'match' do not agree");
  family = of;
  bits = static_cast<uint8_t>(parsed->length);
  if (of == 4) {
    const Ip4Wire wire = Ip4Wire::of(parsed->addr.v4());
    std::memcpy(bytes.bytes.data(), &wire, sizeof wire);
  } else {
    bytes = parsed->addr.v6();
  }
}

seam::Match read_match(Engine& engine, Params& outer) {
  seam::Match match;
  if (const auto port = outer.text("port")) {
    const OpenPort* open = engine.ports().find(*port);
    if (open == nullptr)
      outer.fault("there is no port " + *port, "show ports");
    else
      match.port = open->id.value;
  }
  const json* given = outer.raw("match");
  if (given == nullptr) return match;
  Params params(*given);
  if (const auto family = params.family("family")) match.family = *family == Family::kIp4 ? 4 : 6;
  if (const json* protocol = params.raw("protocol"))
    match.protocol = read_protocol(*protocol, params);
  read_prefix(params, "source", match.family, match.source, match.source_bits);
  read_prefix(params, "destination", match.family, match.destination, match.destination_bits);
  match.source_port = static_cast<uint16_t>(params.number("source_port", 1, 65535).value_or(0));
  match.destination_port =
      static_cast<uint16_t>(params.number("destination_port", 1, 65535).value_or(0));
  if (auto error = params.finish()) outer.fault("match: " + error->message, error->fix);
  return match;
}

Result<json> stages_timing(Engine& engine, const json& given) {
  Params params(given);
  const auto on = params.flag("on");
  if (!on) params.fault("'on' is missing", "true or false");
  if (auto error = params.finish()) return *error;
  engine.set_stage_timing(*on);
  return json{{"schema", "spanway.stages.timing/1"}, {"on", *on}};
}

Result<json> trace_add(Engine& engine, const json& given) {
  Params params(given);
  const seam::Match match = read_match(engine, params);
  const uint64_t count = params.number("count", 1, Watching::kMaxTraced).value_or(100);
  if (auto error = params.finish()) return *error;
  const uint32_t id = engine.watching().start_trace(match, count);
  return json{{"schema", "spanway.trace.add/1"}, {"id", id}, {"wanted", count}};
}

std::optional<uint32_t> read_id(Params& params) {
  const auto id = params.number("id", 1, UINT32_MAX);
  return id ? std::optional(static_cast<uint32_t>(*id)) : std::nullopt;
}

Result<json> trace_stop(Engine& engine, const json& given) {
  Params params(given);
  const auto id = read_id(params);
  if (auto error = params.finish()) return *error;
  if (auto done = engine.watching().stop_trace(id); !done) return std::move(done).error();
  const TraceState& trace = engine.watching().trace();
  return json{{"schema", "spanway.trace.stop/1"},
              {"id", trace.id},
              {"seen", trace.seen},
              {"lost", trace.lost}};
}

json steps_of(const seam::TraceRecord& record) {
  json steps = json::array();
  for (size_t i = 0; i < seam::kStages; ++i)
    if ((record.path >> i & 1) != 0) steps.push_back(std::string(seam::kStageNames[i]));
  return steps;
}

bool passed(const seam::TraceRecord& record, seam::Stage stage) {
  return (record.path >> static_cast<unsigned>(stage) & 1) != 0;
}

const char* outcome_of(const seam::TraceRecord& record) {
  if (record.drop != DropReason::kNone) return "dropped";
  if (passed(record, seam::Stage::kLinkOutput)) return "tx";
  if (passed(record, seam::Stage::kHold)) return "held";
  if (passed(record, seam::Stage::kPunt)) return "punted";
  return "local";
}

json address_of(uint8_t family, const Ip6Addr& bytes) {
  if (family == 6) return bytes.to_string();
  if (family != 4) return nullptr;
  Ip4Wire wire;
  std::memcpy(&wire, bytes.bytes.data(), sizeof wire);
  return wire.addr().to_string();
}

json describe_record(Engine& engine, const seam::TraceRecord& record, uint64_t number) {
  const OpenPort* port = engine.ports().find(record.in_port);
  json detail = "";
  if (const table::NextHop* hop = engine.next_hop(record.next_hop);
      hop != nullptr && record.next_hop.value != 0 &&
      (hop->kind == table::NextHopKind::kForward || hop->kind == table::NextHopKind::kResolve))
    detail = "via " + hop->gateway.to_string();
  const bool ip = record.family == 4 || record.family == 6;
  return {
      {"number", number},
      {"time_unix_ns", engine.options().unix_offset_ns + record.time.ns()},
      {"port", port == nullptr ? "?" : port->config.name},
      {"interface", engine.interfaces().name_of(record.in_if)},
      {"family", record.family == 4   ? json("ip4")
                 : record.family == 6 ? json("ip6")
                                      : json(nullptr)},
      {"protocol", ip ? protocol_name(record.protocol) : ""},
      {"source", address_of(record.family, record.source)},
      {"destination", address_of(record.family, record.destination)},
      {"source_port", record.source_port},
      {"destination_port", record.destination_port},
      {"ttl", record.ttl},
      {"bytes", record.length},
      {"steps", steps_of(record)},
      {"detail", std::move(detail)},
      {"out_interface", record.out_if == kNoInterface
                            ? json(nullptr)
                            : json(engine.interfaces().name_of(record.out_if))},
      {"outcome", outcome_of(record)},
      {"drop", record.drop == DropReason::kNone ? json(nullptr)
                                                : json(std::string(spanway::name_of(record.drop)))},
      {"cycles", record.cycles}};
}

Result<json> show_trace(Engine& engine, const json& given) {
  Params params(given);
  const auto id = read_id(params);
  const uint64_t after = params.number("after", 0, UINT64_MAX).value_or(0);
  const uint64_t limit = params.number("limit", 1, 10000).value_or(100);
  if (auto error = params.finish()) return *error;
  engine.watching().step();
  const TraceState& trace = engine.watching().trace();
  if (id && *id != trace.id)
    return Error{ErrorCode::kNotFound, "trace " + std::to_string(*id) + " is not kept",
                 "show trace"};
  json packets = json::array();
  for (uint64_t i = after; i < trace.packets.size() && packets.size() < limit; ++i)
    packets.push_back(describe_record(engine, trace.packets[i], i + 1));
  return json{{"schema", "spanway.show.trace/1"},
              {"id", trace.id == 0 ? json(nullptr) : json(trace.id)},
              {"active", trace.active},
              {"wanted", trace.wanted},
              {"seen", trace.seen},
              {"lost", trace.lost},
              {"packets", std::move(packets)}};
}

Result<json> capture_start(Engine& engine, const json& given) {
  Params params(given);
  Watching::CaptureRequest request;
  request.file = params.need_text("file");
  request.port = params.raw("port") != nullptr ? params.text("port").value_or("") : "";
  request.match = read_match(engine, params);
  request.wanted = params.number("count", 1, UINT64_MAX).value_or(0);
  request.snap_bytes =
      static_cast<uint16_t>(params.number("snap_bytes", 64, seam::CaptureRecord::kSnap)
                                .value_or(seam::CaptureRecord::kSnap));
  request.overwrite = params.flag("overwrite").value_or(false);
  if (!request.file.empty() && request.file.front() != '/')
    params.fault("'file' is not an absolute path: the daemon has its own directory");
  if (auto error = params.finish()) return *error;
  for (const OpenPort* port : engine.ports().all()) {
    request.port_names.resize(
        std::max<size_t>(request.port_names.size(), port->id.value + size_t{1}));
    request.port_names[port->id.value] = port->config.name;
  }
  request.unix_offset_ns = engine.options().unix_offset_ns;
  auto id = engine.watching().start_capture(request);
  if (!id) return std::move(id).error();
  return json{{"schema", "spanway.capture.start/1"}, {"id", *id}, {"file", request.file}};
}

Result<json> capture_stop(Engine& engine, const json& given) {
  Params params(given);
  const auto id = read_id(params);
  if (auto error = params.finish()) return *error;
  if (auto done = engine.watching().stop_capture(id); !done) return std::move(done).error();
  const CaptureState& capture = engine.watching().capture();
  return json{
      {"schema", "spanway.capture.stop/1"}, {"id", capture.id},     {"file", capture.file},
      {"packets", capture.packets},         {"lost", capture.lost}, {"bytes", capture.bytes}};
}

Result<json> capture_status(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  engine.watching().step();
  const CaptureState& capture = engine.watching().capture();
  if (capture.id == 0)
    return json{{"schema", "spanway.capture.status/1"},
                {"active", false},
                {"id", nullptr},
                {"file", nullptr},
                {"port", nullptr},
                {"packets", nullptr},
                {"lost", nullptr},
                {"bytes", nullptr},
                {"wanted", nullptr}};
  return json{{"schema", "spanway.capture.status/1"},
              {"active", capture.active},
              {"id", capture.id},
              {"file", capture.file},
              {"port", capture.port.empty() ? json(nullptr) : json(capture.port)},
              {"packets", capture.packets},
              {"lost", capture.lost},
              {"bytes", capture.bytes},
              {"wanted", capture.wanted == 0 ? json(nullptr) : json(capture.wanted)}};
}

}  // namespace

void add_watch_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.change("stages.timing", stages_timing);
  methods.change("trace.add", trace_add);
  methods.change("trace.stop", trace_stop);
  methods.look("show.trace", show_trace);
  methods.change("capture.start", capture_start);
  methods.change("capture.stop", capture_stop);
  methods.look("capture.status", capture_status);
}

}  // namespace spanway::daemon
