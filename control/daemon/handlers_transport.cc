// SPDX-License-Identifier: BSD-3-Clause
// show.transport, transport.*: connections of the message protocol, and measurements over it.
#include <algorithm>
#include <array>

#include "control/config/diff.h"
#include "control/daemon/amend.h"
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;
using transport::Host;
using transport::ProbeJob;
using transport::ProbeKind;
using transport::ProbeOptions;
using transport::Probes;
using transport::text_of;

// Where a probe is answered unless somebody says otherwise.
constexpr uint16_t kProbePort = 7007;

double micros_of(uint64_t ns) { return static_cast<double>(ns) / 1e3; }

const char* name_of(transport::Protected by) {
  return by == transport::Protected::kCrc32c ? "crc32c" : "aes-128-gcm";
}

json describe(const Host::View& view, Nanos now) {
  const transport::Session& session = *view.session;
  const transport::SessionGauges& g = session.gauges();
  const uint64_t threshold = g.threshold_bytes.get();
  return {{"id", session.number()},
          {"local", text_of(session.path().own)},
          {"peer", text_of(session.path().peer)},
          {"dialled_by", view.by_us ? "us" : "peer"},
          {"state", g.peer_closed.get() != 0 ? "closing" : "open"},
          {"worker", view.worker.value},
          {"protection", name_of(view.by)},
          {"age_ms", (now - view.since).ns() / 1'000'000},
          {"srtt_us", micros_of(g.srtt_ns.get())},
          {"min_rtt_us", micros_of(g.min_rtt_ns.get())},
          {"rto_us", micros_of(g.rto_ns.get())},
          {"congestion_window_bytes", g.window_bytes.get()},
          {"slow_start_threshold_bytes",
           threshold == 0 || threshold == UINT64_MAX ? json(nullptr) : json(threshold)},
          {"packet_bytes", g.packet_bytes.get()},
          {"send_window_bytes", view.theirs.window_bytes},
          {"receive_window_bytes", view.ours.window_bytes},
          {"send_streams", view.theirs.streams},
          {"receive_streams", view.ours.streams},
          {"send_bits_per_s", view.sent_rate * 8},
          {"receive_bits_per_s", view.received_rate * 8},
          {"in_flight_bytes", g.in_flight_bytes.get()},
          {"in_flight_packets", g.in_flight_packets.get()},
          {"packets_sent", g.packets_sent.get()},
          {"bytes_sent", g.bytes_sent.get()},
          {"packets_received", g.packets_received.get()},
          {"bytes_received", g.bytes_received.get()},
          {"retransmissions",
           {{"fast", g.lost_fast.get()},
            {"timeout", g.lost_timeout.get()},
            {"probes", g.probes.get()},
            {"spurious", g.spurious.get()}}},
          {"timeouts", g.timeouts.get()},
          {"congestion_events", {{"loss", g.episodes.get()}, {"ecn", g.marks.get()}}},
          {"packets_refused", g.refused.get()}};
}

Result<json> show_transport(Engine& engine, const json& given) {
  Params params(given);
  const auto id = params.number("id", 1, UINT32_MAX);
  if (auto error = params.finish()) return *error;
  const Host& host = engine.transport();
  json rows = json::array();
  for (const Host::View& view : host.sessions())
    if (!id || view.session->number() == *id) rows.push_back(describe(view, engine.now()));
  if (id && rows.empty())
    return Error{ErrorCode::kNotFound, "there is no connection " + std::to_string(*id),
                 "show transport"};
  const transport::HostCounts& counts = host.counts();
  json refused = json::object();
  constexpr std::array kReasons = {"malformed", "damaged", "protection", "cookie",
                                   "full",      "over",    "internal"};
  static_assert(kReasons.size() == static_cast<size_t>(transport::Unwelcome::kCount));
  for (size_t why = 0; why < kReasons.size(); ++why)
    refused[kReasons[why]] = host.welcome().refused(static_cast<transport::Unwelcome>(why));
  refused["stray"] = counts.stray;
  return json{{"schema", "spanway.show.transport/1"},
              {"ports", host.ports()},
              {"protection", name_of(host.protection())},
              {"rate_limit_bits_per_s", host.rate_limit() * 8},
              {"dialling", host.dialling()},
              {"dialled", counts.dialled},
              {"accepted", counts.accepted},
              {"connected", counts.connected},
              {"failed", counts.failed},
              {"ended", counts.ended},
              {"handshakes_refused", std::move(refused)},
              {"handshakes_unsent", counts.unsent},
              {"connections", std::move(rows)}};
}

// `address` and `port` of the router that is asked.
transport::Peer read_peer(Engine& engine, Params& params) {
  transport::Peer peer;
  const std::string text = params.need_text("address");
  if (const auto address = IpAddr::parse(text))
    peer.address = *address;
  else if (!text.empty())
    params.fault("'" + text + "' is not an address");
  const uint16_t ours = engine.store().running().transport.probe_port;
  const auto port = params.number("port", 1, UINT16_MAX);
  if (port)
    peer.port = static_cast<uint16_t>(*port);
  else
    peer.port = ours != 0 ? ours : kProbePort;
  return peer;
}

Result<json> start(Engine& engine, const char* method, const transport::Peer& peer,
                   const std::optional<IpAddr>& source, const ProbeOptions& options) {
  const auto number = engine.probes().start(peer, source, options, engine.now());
  if (!number) return number.error();
  const auto from = source ? source : engine.source_for(peer.address, kNoInterface);
  return json{{"schema", std::string("spanway.") + method + "/1"},
              {"id", *number},
              {"peer", text_of(peer)},
              {"source", from ? json(from->to_string()) : json(nullptr)},
              {"size_bytes", options.bytes},
              {"outstanding", options.outstanding}};
}

Result<json> ping_start(Engine& engine, const json& given) {
  Params params(given);
  ProbeOptions options{.kind = ProbeKind::kPing, .outstanding = 64};
  const transport::Peer peer = read_peer(engine, params);
  options.count = params.number("count", 0, UINT32_MAX).value_or(0);
  options.interval =
      millis(static_cast<int64_t>(params.number("interval_ms", 1, 60000).value_or(1000)));
  options.bytes = static_cast<uint32_t>(
      params.number("size_bytes", transport::kEchoHeadBytes, transport::kMostEchoBytes)
          .value_or(64));
  const auto source = params.address("source");
  if (auto error = params.finish()) return *error;
  return start(engine, "transport.ping.start", peer, source, options);
}

Result<json> perf_start(Engine& engine, const json& given) {
  Params params(given);
  const transport::Peer peer = read_peer(engine, params);
  const bool echo = params.flag("echo").value_or(false);
  const bool reverse = params.flag("reverse").value_or(false);
  if (echo && reverse) params.fault("echo and reverse are two measurements");
  ProbeOptions options{.kind = echo      ? ProbeKind::kEcho
                               : reverse ? ProbeKind::kFetch
                                         : ProbeKind::kStream};
  constexpr uint32_t most = Probes::kMostBytes;
  options.bytes = static_cast<uint32_t>(
      echo ? params.number("size_bytes", transport::kEchoHeadBytes, transport::kMostEchoBytes)
                 .value_or(64)
           : params.number("size_bytes", 1, most).value_or(std::min(most, 128u << 10)));
  options.outstanding = static_cast<uint32_t>(
      params.number("outstanding", 1, transport::kMostOutstanding).value_or(echo ? 1 : 16));
  options.duration =
      millis(static_cast<int64_t>(params.number("time_ms", 10, 3'600'000).value_or(10'000)));
  const auto source = params.address("source");
  if (auto error = params.finish()) return *error;
  return start(engine, "transport.perf.start", peer, source, options);
}

Result<Probes::Probe*> find(Engine& engine, uint32_t number, bool ping) {
  Probes::Probe* probe = engine.probes().poll(number, engine.now());
  if (probe == nullptr || (probe->job->options.kind == ProbeKind::kPing) != ping)
    return Error{ErrorCode::kNotFound,
                 "there is no such measurement " + std::to_string(number) + " (any more)"};
  if (probe->failed) return *probe->failed;
  return probe;
}

// The least time that `share` of all stays within, rounded up to the counts' steps.
json percentile(const transport::TimeCounts& times, double share) {
  uint64_t all = 0;
  for (unsigned b = 0; b < transport::TimeCounts::kBuckets; ++b) all += times.count(b);
  if (all == 0) return nullptr;
  const auto wanted = static_cast<uint64_t>(static_cast<double>(all) * share);
  uint64_t seen = 0;
  unsigned bucket = 0;
  while ((seen += times.count(bucket)) <= std::min(wanted, all - 1)) ++bucket;
  return micros_of(static_cast<uint64_t>(transport::TimeCounts::upper(bucket).ns()));
}

json times_of(const transport::TimeCounts& times) {
  return {{"rtt_p50_us", percentile(times, 0.5)},
          {"rtt_p99_us", percentile(times, 0.99)},
          {"rtt_max_us", percentile(times, 1.0)}};
}

std::string_view end_of(const ProbeJob& job) {
  constexpr std::array<std::string_view, 4> kNames = {"closed", "silent", "spent", "stopped"};
  return kNames[std::min<size_t>(job.end.get(), kNames.size() - 1)];
}

std::string_view mode_of(const ProbeJob& job) {
  if (job.is_echoed()) return "echo";
  return job.options.kind == ProbeKind::kFetch ? "reverse" : "stream";
}

json describe(const Probes::Interval& one, uint64_t began, uint32_t bytes) {
  const double from = static_cast<double>(one.began.ns() - static_cast<int64_t>(began)) / 1e9;
  const double span = static_cast<double>((one.ended - one.began).ns()) / 1e9;
  const auto messages = static_cast<double>(one.messages);
  return {{"number", one.number},
          {"from_s", from},
          {"until_s", from + span},
          {"messages", one.messages},
          {"messages_per_s", messages / span},
          {"bits_per_s", messages * bytes * 8 / span},
          {"retransmissions", one.retransmissions},
          {"srtt_us", micros_of(one.srtt_ns)},
          {"congestion_window_bytes", one.window_bytes}};
}

bool is_over(const ProbeJob& job) {
  return job.state.get() == static_cast<uint64_t>(ProbeJob::State::kOver);
}

Result<json> ping_poll(Engine& engine, const json& given) {
  Params params(given);
  const auto number = static_cast<uint32_t>(params.need_number("id", 1, UINT32_MAX));
  (void)params.number("after", 0, UINT64_MAX);  // replies are given out once
  if (auto error = params.finish()) return *error;
  const auto probe = find(engine, number, true);
  if (!probe) return probe.error();
  ProbeJob& job = *(*probe)->job;
  json replies = json::array();
  for (ProbeJob::Reply reply; job.replies.pop(reply);)
    replies.push_back(
        {{"number", reply.sequence}, {"rtt_us", micros_of(static_cast<uint64_t>(reply.rtt.ns()))}});
  json out{{"schema", "spanway.transport.ping.poll/1"},
           {"id", number},
           {"done", is_over(job)},
           {"end", is_over(job) ? json(end_of(job)) : json(nullptr)},
           {"peer", text_of((*probe)->peer)},
           {"size_bytes", job.options.bytes},
           {"replies", std::move(replies)},
           {"sent", job.sent.get()},
           {"received", job.done.get()}};
  out.update(times_of(job.rtt));
  return out;
}

Result<json> perf_poll(Engine& engine, const json& given) {
  Params params(given);
  const auto number = static_cast<uint32_t>(params.need_number("id", 1, UINT32_MAX));
  const uint64_t after = params.number("after", 0, UINT64_MAX).value_or(0);
  if (auto error = params.finish()) return *error;
  const auto probe = find(engine, number, false);
  if (!probe) return probe.error();
  const ProbeJob& job = *(*probe)->job;
  const uint64_t began = job.began_ns.get(), ended = job.ended_ns.get();
  const auto now = static_cast<uint64_t>(engine.now().ns());
  const uint64_t until = ended != 0 ? ended : now;
  const double seconds =
      began == 0 || until <= began ? 0 : static_cast<double>(until - began) / 1e9;
  const uint64_t messages = job.done.get();
  const double bytes = static_cast<double>(messages) * job.options.bytes;
  json out{{"schema", "spanway.transport.perf.poll/1"},
           {"id", number},
           {"done", is_over(job)},
           {"end", is_over(job) ? json(end_of(job)) : json(nullptr)},
           {"peer", text_of((*probe)->peer)},
           {"mode", mode_of(job)},
           {"size_bytes", job.options.bytes},
           {"outstanding", job.options.outstanding},
           {"elapsed_ms", seconds * 1e3},
           {"messages", messages},
           {"messages_per_s", seconds == 0 ? 0 : static_cast<double>(messages) / seconds},
           {"bits_per_s", seconds == 0 ? 0 : bytes * 8 / seconds}};
  out.update(times_of(job.rtt));
  json intervals = json::array();
  for (const Probes::Interval& one : (*probe)->intervals)
    if (one.number > after) intervals.push_back(describe(one, began, job.options.bytes));
  out["intervals"] = std::move(intervals);
  const auto view = engine.transport().session(number);
  out["connection"] = view ? describe(*view, engine.now()) : json(nullptr);
  return out;
}

template <const char* Method>
Result<json> stop(Engine& engine, const json& given) {
  Params params(given);
  const auto number = static_cast<uint32_t>(params.need_number("id", 1, UINT32_MAX));
  if (auto error = params.finish()) return *error;
  engine.probes().stop(number);
  return json{{"schema", std::string("spanway.") + Method + "/1"}, {"id", number}};
}
constexpr char kPingStop[] = "transport.ping.stop", kPerfStop[] = "transport.perf.stop";

Result<json> transport_listen(Engine& engine, const json& given) {
  Params params(given);
  const auto port = params.number("port", 0, UINT16_MAX);
  if (auto error = params.finish()) return *error;
  const config::Transport before = engine.store().running().transport;
  config::Transport after = before;
  after.probe_port = static_cast<uint16_t>(port.value_or(kProbePort));
  json lines = json::array();
  if (before != after) {
    const std::vector<config::Change> changes{config::TransportChanged{before, after}};
    if (auto done = amend(engine, changes); !done) return std::move(done).error();
    for (const std::string& line : config::describe(changes)) lines.push_back(line);
  }
  return json{{"schema", "spanway.transport.listen/1"},
              {"port", after.probe_port},
              {"changes", std::move(lines)}};
}

}  // namespace

void add_transport_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.look("show.transport", show_transport);
  methods.change("transport.ping.start", ping_start);
  methods.look("transport.ping.poll", ping_poll);
  methods.change("transport.ping.stop", stop<kPingStop>);
  methods.change("transport.perf.start", perf_start);
  methods.look("transport.perf.poll", perf_poll);
  methods.change("transport.perf.stop", stop<kPerfStop>);
  methods.change("transport.listen", transport_listen);
}

}  // namespace spanway::daemon
