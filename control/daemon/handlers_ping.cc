// SPDX-License-Identifier: BSD-3-Clause
// ping.*, traceroute.*: started here, polled by the client.
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

double micros_of(Nanos span) { return static_cast<double>(span.ns()) / 1e3; }

json text_or_null(const std::optional<IpAddr>& address) {
  return address ? json(address->to_string()) : json(nullptr);
}

uint32_t read_number(Params& params) {
  return static_cast<uint32_t>(params.need_number("id", 1, UINT32_MAX));
}

// `address` of a request: whom, and for a link-local one on which interface (fe80::1%p0).
struct Target {
  IpAddr address;
  IfIndex link = kNoInterface;
};
Target read_target(Engine& engine, Params& params) {
  const std::string text = params.need_text("address");
  const size_t percent = text.find('%');
  const auto address = IpAddr::parse(text.substr(0, percent));
  if (!address) {
    if (!text.empty()) params.fault("'" + text + "' is not an address");
    return {};
  }
  const bool link_local = address->is6() && address->v6().is_link_local();
  if (percent == std::string::npos) {
    if (link_local)
      params.fault(text + " is an address of each link", "say which: " + text + "%p0");
    return {*address};
  }
  if (!link_local) {
    params.fault(address->to_string() + " is not an address of one link", address->to_string());
    return {};
  }
  const std::string name = text.substr(percent + 1);
  const NamedInterface* interface = engine.interfaces().find(name);
  if (interface == nullptr) {
    params.fault("there is no interface '" + name + "'", "show interfaces");
    return {};
  }
  return {*address, interface->index};
}

// fe80::1%p0
std::string name_of(Engine& engine, const IpAddr& address, IfIndex link) {
  if (link == kNoInterface) return address.to_string();
  return address.to_string() + "%" + engine.interfaces().name_of(link);
}

Error gone(const char* what, uint32_t number) {
  return {ErrorCode::kNotFound,
          "there is no " + std::string(what) + " " + std::to_string(number) + " (any more)"};
}

Result<json> ping_start(Engine& engine, const json& given) {
  Params params(given);
  ping::PingOptions options;
  const Target target = read_target(engine, params);
  options.address = target.address;
  options.link = target.link;
  options.count = params.number("count", 0, UINT32_MAX).value_or(0);
  options.interval =
      millis(static_cast<int64_t>(params.number("interval_ms", 10, 60000).value_or(1000)));
  options.timeout =
      millis(static_cast<int64_t>(params.number("timeout_ms", 1, 60000).value_or(1000)));
  options.payload_bytes = static_cast<uint16_t>(params.number("size_bytes", 0, 9000).value_or(56));
  options.ttl = static_cast<uint8_t>(params.number("ttl", 1, 255).value_or(64));
  options.source = params.address("source");
  options.dont_fragment = params.flag("dont_fragment").value_or(true);
  if (auto error = params.finish()) return *error;
  auto number = engine.pings().start_ping(options, engine.now());
  if (!number) return std::move(number).error();
  const auto source =
      options.source ? options.source : engine.source_for(options.address, options.link);
  return json{{"schema", "spanway.ping.start/1"},
              {"id", *number},
              {"address", name_of(engine, options.address, options.link)},
              {"source", text_or_null(source)},
              {"size_bytes", options.payload_bytes}};
}

json describe_reply(const ping::PingReply& reply) {
  const bool answered = reply.answered();
  return {{"number", reply.number},
          {"sequence", reply.sequence},
          {"outcome", std::string(ping::name_of(reply.outcome))},
          {"from", answered ? json(reply.from.to_string()) : json(nullptr)},
          {"rtt_us", answered ? json(micros_of(reply.rtt)) : json(nullptr)},
          {"ttl", answered ? json(reply.ttl) : json(nullptr)},
          {"bytes", answered ? json(reply.bytes) : json(nullptr)},
          {"detail", reply.detail}};
}

json describe_statistics(const ping::PingStatistics& all) {
  const auto time = [&](Nanos span) {
    return all.received == 0 ? json(nullptr) : json(micros_of(span));
  };
  return {{"sent", all.sent},
          {"received", all.received},
          {"duplicates", all.duplicates},
          {"errors", all.errors},
          {"loss_percent", all.loss_percent()},
          {"elapsed_ms", all.elapsed.ns() / 1'000'000},
          {"rtt_min_us", time(all.rtt_min)},
          {"rtt_avg_us", time(all.rtt_avg)},
          {"rtt_max_us", time(all.rtt_max)},
          {"rtt_mdev_us", time(all.rtt_mdev)}};
}

Result<json> ping_poll(Engine& engine, const json& given) {
  Params params(given);
  const uint32_t number = read_number(params);
  const uint64_t after = params.number("after", 0, UINT64_MAX).value_or(0);
  if (auto error = params.finish()) return *error;
  const ping::Pinger* pinger = engine.pings().poll_ping(number, engine.now());
  if (pinger == nullptr) return gone("ping", number);
  json replies = json::array();
  for (const ping::PingReply& reply : pinger->replies_after(after))
    replies.push_back(describe_reply(reply));
  return json{{"schema", "spanway.ping.poll/1"},
              {"id", number},
              {"done", pinger->done()},
              {"address", name_of(engine, pinger->options().address, pinger->options().link)},
              {"size_bytes", pinger->options().payload_bytes},
              {"replies", std::move(replies)},
              {"statistics", describe_statistics(pinger->statistics())}};
}

Result<json> trace_start(Engine& engine, const json& given) {
  Params params(given);
  ping::TraceOptions options;
  const Target target = read_target(engine, params);
  options.address = target.address;
  options.link = target.link;
  options.max_hops = static_cast<uint8_t>(params.number("max_hops", 1, 64).value_or(30));
  options.probes = static_cast<unsigned>(params.number("probes", 1, 10).value_or(3));
  options.timeout =
      millis(static_cast<int64_t>(params.number("timeout_ms", 1, 60000).value_or(1000)));
  options.source = params.address("source");
  if (auto error = params.finish()) return *error;
  auto number = engine.pings().start_trace(options, engine.now());
  if (!number) return std::move(number).error();
  const auto source =
      options.source ? options.source : engine.source_for(options.address, options.link);
  return json{{"schema", "spanway.traceroute.start/1"},
              {"id", *number},
              {"address", name_of(engine, options.address, options.link)},
              {"source", text_or_null(source)},
              {"max_hops", options.max_hops},
              {"probes", options.probes}};
}

json describe_hop(const ping::TraceHop& hop) {
  json probes = json::array();
  for (const ping::TraceProbe& probe : hop.probes)
    probes.push_back({{"from", text_or_null(probe.from)},
                      {"rtt_us", probe.from ? json(micros_of(probe.rtt)) : json(nullptr)},
                      {"note", std::string(probe.note)}});
  return {{"ttl", hop.ttl}, {"probes", std::move(probes)}};
}

Result<json> trace_poll(Engine& engine, const json& given) {
  Params params(given);
  const uint32_t number = read_number(params);
  const uint64_t after = params.number("after", 0, 255).value_or(0);
  if (auto error = params.finish()) return *error;
  const ping::Tracer* tracer = engine.pings().poll_trace(number, engine.now());
  if (tracer == nullptr) return gone("traceroute", number);
  json hops = json::array();
  for (const ping::TraceHop& hop : tracer->hops_after(static_cast<unsigned>(after)))
    hops.push_back(describe_hop(hop));
  return json{{"schema", "spanway.traceroute.poll/1"},
              {"id", number},
              {"done", tracer->done()},
              {"reached", tracer->reached()},
              {"address", name_of(engine, tracer->options().address, tracer->options().link)},
              {"hops", std::move(hops)}};
}

Result<json> stop(Engine& engine, const json& given, const char* what) {
  Params params(given);
  const uint32_t number = read_number(params);
  if (auto error = params.finish()) return *error;
  if (!engine.pings().stop(number, engine.now())) return gone(what, number);
  return json{{"schema", "spanway." + std::string(what) + ".stop/1"}, {"id", number}};
}

}  // namespace

void add_ping_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.change("ping.start", ping_start);
  methods.look("ping.poll", ping_poll);
  methods.change("ping.stop", [](Engine& e, const json& p) { return stop(e, p, "ping"); });
  methods.change("traceroute.start", trace_start);
  methods.look("traceroute.poll", trace_poll);
  methods.change("traceroute.stop",
                 [](Engine& e, const json& p) { return stop(e, p, "traceroute"); });
}

}  // namespace spanway::daemon
