// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/cli/fields.h"
#include "control/cli/render.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

std::string time_of(const json& object, std::string_view key) {
  return field(object, key).is_number() ? span_of_us(real(object, key)) : "-";
}

std::string counted(const json& object) {
  std::string out;
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      if (value != 0) out += (out.empty() ? "" : "  ") + name + " " + value.dump();
  return out.empty() ? "none" : out;
}

uint64_t resent(const json& connection) {
  const json& all = field(connection, "retransmissions");
  return count(all, "fast") + count(all, "timeout");
}

std::string in_full(const json& c, const Style& style) {
  std::string out =
      tinted(text(c, "id") + " " + text(c, "local") + " -> " + text(c, "peer"), Tint::kBold, style);
  out += "\nstate  " + text(c, "state") + ", " + age(count(c, "age_ms") / 1000) + ", dialled by " +
         text(c, "dialled_by") + ", worker " + text(c, "worker") + ", " + text(c, "protection");
  out += "\nround trip  smoothed " + time_of(c, "srtt_us") + ", least " + time_of(c, "min_rtt_us") +
         ", timeout " + time_of(c, "rto_us");
  out += "\ncongestion window  " + bytes(count(c, "congestion_window_bytes")) +
         ", slow start up to " +
         (field(c, "slow_start_threshold_bytes").is_null()
              ? "any"
              : bytes(count(c, "slow_start_threshold_bytes"))) +
         ", in flight " + bytes(count(c, "in_flight_bytes")) + " in " +
         text(c, "in_flight_packets") + " packets";
  out += "\npackets  up to " + text(c, "packet_bytes") + " bytes of UDP payload";
  out += "\nwindows  " + text(c, "send_streams") + " streams of " +
         bytes(count(c, "send_window_bytes")) + " to send, " + text(c, "receive_streams") + " of " +
         bytes(count(c, "receive_window_bytes")) + " to receive";
  out += "\nrates  sent " + bit_rate(real(c, "send_bits_per_s")) + ", received " +
         bit_rate(real(c, "receive_bits_per_s"));
  out += "\nsent  " + text(c, "packets_sent") + " packets, " + bytes(count(c, "bytes_sent"));
  out += "\nreceived  " + text(c, "packets_received") + " packets, " +
         bytes(count(c, "bytes_received")) + "; refused " + text(c, "packets_refused");
  out += "\nretransmitted  " + counted(field(c, "retransmissions")) + "; timeouts " +
         text(c, "timeouts");
  return out + "\ncongestion  " + counted(field(c, "congestion_events")) + "\n";
}

std::string show_transport(const json& r, const Style& style) {
  std::string out;
  for (const json& port : list(r, "ports")) out += (out.empty() ? "" : ", ") + port.dump();
  out = "listens on UDP " + (out.empty() ? "no port: transport listen" : out) + "  protected by " +
        text(r, "protection") + "\n";
  out += "dialled " + text(r, "dialled") + ", accepted " + text(r, "accepted") + ", failed " +
         text(r, "failed") + ", ended " + text(r, "ended") +
         "; handshakes refused: " + counted(field(r, "handshakes_refused")) + "\n";
  const json& all = list(r, "connections");
  if (all.size() == 1) return out + in_full(all[0], style);
  TextTable table;
  for (const json& c : all) {
    table.row()
        .right(text(c, "id"))
        .left(text(c, "local") + "->" + text(c, "peer"))
        .left(text(c, "state"), text(c, "state") == "open" ? Tint::kGood : Tint::kDim)
        .pair("srtt", time_of(c, "srtt_us"))
        .pair("cwnd", bytes(count(c, "congestion_window_bytes")))
        .pair("flight", bytes(count(c, "in_flight_bytes")))
        .pair("rtx", std::to_string(resent(c)));
  }
  return out + table.text(style);
}

std::string ping_start(const json& r, const Style&) {
  return "TRANSPORT PING " + text(r, "peer") +
         (field(r, "source").is_null() ? "" : " from " + text(r, "source")) + ": messages of " +
         text(r, "size_bytes") + " bytes\n";
}

std::string ping_poll(const json& r, const Style&) {
  std::string out;
  for (const json& reply : list(r, "replies")) out += transport_reply(r, reply);
  return out + (yes(r, "done") ? transport_ping_summary(r) : "");
}

std::string perf_start(const json& r, const Style&) {
  return "TRANSPORT PERF " + text(r, "peer") +
         (field(r, "source").is_null() ? "" : " from " + text(r, "source")) + ": messages of " +
         text(r, "size_bytes") + " bytes, " + text(r, "outstanding") + " outstanding\n";
}

std::string perf_poll(const json& r, const Style&) {
  std::string out;
  for (const json& interval : list(r, "intervals")) out += transport_interval(r, interval);
  return out + (yes(r, "done") ? transport_perf_summary(r) : "");
}

std::string stopped(const json& r, const Style&) { return "stopped " + text(r, "id") + "\n"; }

std::string listens(const json& r, const Style&) {
  const uint64_t port = count(r, "port");
  return port == 0 ? "listens no longer\n" : "listens on UDP port " + std::to_string(port) + "\n";
}

std::string amounts(const json& from, const json& poll) {
  const std::string messages = rate(real(from, "messages_per_s"));
  if (text(poll, "mode") == "echo") return messages;
  return bit_rate(real(from, "bits_per_s")) + "  " + messages;
}

std::string ending(const json& poll) {
  const std::string end = text(poll, "end", "closed");
  return end == "closed" ? "" : "  the connection ended: " + end;
}

constexpr Renderer kTable[] = {
    {"show.transport", show_transport},   {"transport.listen", listens},
    {"transport.ping.start", ping_start}, {"transport.ping.poll", ping_poll},
    {"transport.ping.stop", stopped},     {"transport.perf.start", perf_start},
    {"transport.perf.poll", perf_poll},   {"transport.perf.stop", stopped},
};

}  // namespace

std::span<const Renderer> transport_renderers() { return kTable; }

std::string transport_reply(const json& poll, const json& reply) {
  return text(poll, "size_bytes") + " bytes from " + text(poll, "peer") +
         ": message=" + text(reply, "number") + " time=" + time_of(reply, "rtt_us") + "\n";
}

std::string transport_ping_summary(const json& poll) {
  return text(poll, "sent") + " sent, " + text(poll, "received") + " came back; half within " +
         time_of(poll, "rtt_p50_us") + ", 99% within " + time_of(poll, "rtt_p99_us") +
         ", all within " + time_of(poll, "rtt_max_us") + ending(poll) + "\n";
}

std::string transport_interval(const json& poll, const json& interval) {
  return fixed(real(interval, "from_s"), 2) + "-" + fixed(real(interval, "until_s"), 2) + " s  " +
         amounts(interval, poll) + "  srtt " + time_of(interval, "srtt_us") + "  cwnd " +
         bytes(count(interval, "congestion_window_bytes")) + "  rtx " +
         text(interval, "retransmissions") + "\n";
}

std::string transport_perf_summary(const json& poll) {
  std::string out = "in all " + text(poll, "messages") + " messages in " +
                    fixed(real(poll, "elapsed_ms") / 1000, 2) + " s: " + amounts(poll, poll);
  if (text(poll, "mode") == "echo")
    out += "; half within " + time_of(poll, "rtt_p50_us") + ", 99% within " +
           time_of(poll, "rtt_p99_us") + ", all within " + time_of(poll, "rtt_max_us");
  return out + ending(poll) + "\n";
}

}  // namespace spanway::cli
