// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/sim/network.h"

#include <algorithm>
#include <utility>

#include "drivers/sim/sim_port.h"
#include "drivers/sim/wire.h"

namespace spanway::sim {
namespace {

uint64_t seed_of(uint64_t seed, const std::string& name, End from) {
  uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash * 2 + index(from);
}

// The ring of a lane, in frames, is not to eat the machine.
constexpr uint32_t kMostFlight = 1u << 20;
constexpr uint16_t kMostQueues = 16;

Status check(const std::string& name, const LaneOptions& lane) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::kInvalid, "wire " + name + ": " + what};
  };
  if (lane.delay.ns() < 0) return bad("the delay is negative");
  if (lane.rate_bps > 10'000'000'000'000) return bad("the rate is over 10 Tbit/s");
  if (lane.flight == 0 || lane.flight > kMostFlight) return bad("flight is not 1 to 1048576");
  if (lane.queue_frames > kMostFlight) return bad("the queue is over 1048576 frames");
  if (lane.queues == 0 || lane.queues > kMostQueues) return bad("queues is not 1 to 16");
  if (lane.overhead_bytes > 1000) return bad("the overhead is over 1000 bytes");
  if (!valid(lane.impairment)) return bad("a probability is not 0 to 1, or a delay is negative");
  return {};
}

// "w1.a" -> {"w1", kA}; "w1" -> {"w1", nothing}.
std::pair<std::string, std::optional<End>> split(const std::string& text) {
  const size_t dot = text.rfind('.');
  if (dot != std::string::npos) {
    const std::string end = text.substr(dot + 1);
    if (end == "a" || end == "left") return {text.substr(0, dot), End::kA};
    if (end == "b" || end == "right") return {text.substr(0, dot), End::kB};
  }
  return {text, std::nullopt};
}

}  // namespace

Network::Network() = default;
Network::~Network() = default;

Network::Wire* Network::find(const std::string& name) const {
  const auto it = wires_.find(name);
  return it == wires_.end() ? nullptr : it->second.get();
}

Error Network::unknown(const std::string& name) const {
  std::string known;
  for (const auto& [wire, unused] : wires_) {
    if (known.size() > 200) {
      known += ", ...";
      break;
    }
    known += (known.empty() ? "" : ", ") + wire;
  }
  return {ErrorCode::kNotFound, "there is no simulated wire " + name,
          known.empty() ? "simulated wires exist in a lab: spanway lab FILE" : "wires: " + known};
}

Status Network::add(const std::string& name, const WireOptions& options) {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return Error{ErrorCode::kInvalid, "a wire needs a name"};
  if (find(name) != nullptr)
    return Error{ErrorCode::kExists, "there is already a wire " + name, "give each its own name"};
  for (const LaneOptions* lane : {&options.a_to_b, &options.b_to_a}) {
    if (Status ok = check(name, *lane); !ok) return ok;
  }
  wires_[name] = std::make_unique<Wire>(options, seed_of(options.seed, name, End::kA),
                                        seed_of(options.seed, name, End::kB));
  return {};
}

Status Network::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Wire* wire = find(name);
  if (wire == nullptr) return unknown(name);
  if (wire->plugged[0] || wire->plugged[1])
    return Error{ErrorCode::kExists, "a port is plugged into wire " + name, "remove it first"};
  wires_.erase(name);
  return {};
}

Status Network::cut(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Wire* wire = find(name);
  if (wire == nullptr) return unknown(name);
  for (const auto& lane : wire->from) lane->cut();
  return {};
}

Status Network::mend(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Wire* wire = find(name);
  if (wire == nullptr) return unknown(name);
  for (const auto& lane : wire->from) {
    if (lane->is_cut()) lane->mend();
  }
  return {};
}

Status Network::impair(const std::string& name, End from, const Impairment& what) {
  const std::lock_guard lock(mutex_);
  Wire* wire = find(name);
  if (wire == nullptr) return unknown(name);
  if (!valid(what))
    return Error{ErrorCode::kInvalid,
                 "wire " + name + ": a probability is not 0 to 1, or a delay is negative"};
  if (what.corrupt > 0 && wire->trusting[index(other(from))])
    return Error{ErrorCode::kInvalid, "the port at the other end of wire " + name + " trusts it",
                 "open that port without trusting checksums"};
  if (!wire->from[index(from)]->impair(what))
    return Error{ErrorCode::kFull, "wire " + name + ": eight changes wait for the next frame"};
  (from == End::kA ? wire->options.a_to_b : wire->options.b_to_a).impairment = what;
  return {};
}

WireState Network::state_of(const std::string& name, const Wire& wire) {
  WireState s;
  s.name = name;
  s.cut = wire.from[0]->is_cut();
  s.plugged = wire.plugged;
  s.listening = {wire.from[index(End::kB)]->listening(), wire.from[index(End::kA)]->listening()};
  s.options = wire.options;
  s.a_to_b = wire.from[index(End::kA)]->stats();
  s.b_to_a = wire.from[index(End::kB)]->stats();
  return s;
}

Result<WireState> Network::state(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const Wire* wire = find(name);
  if (wire == nullptr) return unknown(name);
  return state_of(name, *wire);
}

std::vector<WireState> Network::wires() const {
  const std::lock_guard lock(mutex_);
  std::vector<WireState> all;
  for (const auto& [name, wire] : wires_) all.push_back(state_of(name, *wire));
  return all;
}

Result<std::unique_ptr<drivers::Port>> Network::open(const std::string& port_name,
                                                     const std::string& text,
                                                     const drivers::PortOptions& options) {
  const std::lock_guard lock(mutex_);
  auto [name, end] = split(text);
  Wire* wire = find(name);
  if (wire == nullptr && end) {  // a wire may have been named "x.a"
    if ((wire = find(text)) != nullptr) end.reset();
  }
  if (wire == nullptr) return unknown(name);
  if (!end) end = wire->plugged[0] ? End::kB : End::kA;
  if (wire->plugged[index(*end)])
    return Error{ErrorCode::kExists, "another port is plugged into sim:" + text,
                 "a wire has two ends, .a and .b, for one port each"};
  const LaneOptions& towards = *end == End::kA ? wire->options.b_to_a : wire->options.a_to_b;
  const bool trust = options.trust_checksums && towards.impairment.corrupt <= 0;
  wire->plugged[index(*end)] = true;
  wire->trusting[index(*end)] = trust;
  return std::unique_ptr<drivers::Port>(
      std::make_unique<SimPort>(*this, *wire, *end, port_name, "sim:" + text, options));
}

Nanos Network::next_event() {
  const std::lock_guard lock(mutex_);
  Nanos next = Nanos::never();
  for (const auto& [name, wire] : wires_) {
    for (const auto& lane : wire->from) next = std::min(next, lane->next_arrival());
  }
  return next;
}

}  // namespace spanway::sim
