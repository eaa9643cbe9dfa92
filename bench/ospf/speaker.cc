// SPDX-License-Identifier: BSD-3-Clause
#include "bench/ospf/speaker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "control/ospf/ack.h"
#include "control/ospf/hello.h"
#include "control/ospf/request.h"
#include "control/ospf/update.h"
#include "dataplane/base/check.h"

namespace spanway::bench {

using namespace ospf;

namespace {

constexpr uint16_t kMtuBytes = 1'500;
constexpr Nanos kHello = seconds(10), kAgain = seconds(2);

}  // namespace

Speaker::Speaker(const Area& area, Send send)
    : send_(std::move(send)),
      envelope_{.router = Area::id(2), .area = AreaId{0}, .room_bytes = room_in(kMtuBytes, 0)} {
  for (const auto& lsa : area.lsas()) store(*lsa);
}

void Speaker::store(const Lsa& lsa) {
  auto bytes = write_lsa(lsa);
  SPANWAY_CHECK(bytes);
  const LsaHeader header = read_lsa_header(*bytes);
  database_.insert_or_assign(header.key, Stored{std::move(*bytes), header});
}

void Speaker::tick(Nanos now) {
  now_ = now;
  if (now >= hello_at_) send_hello();
  if (now < again_at_) return;
  again_at_ = now + kAgain;
  if (exchange_ == Exchange::kStart || exchange_ == Exchange::kGoing || flooded_)
    send_(on_its_way_);
}

void Speaker::send_hello() {
  hello_at_ = now_ + kHello;
  Hello hello{.mask = Ip4Addr(mask4(30)), .options = options::kExternal};
  if (neighbour_) hello.neighbours.push_back(*neighbour_);
  send_(write_hello(envelope_, hello));
}

void Speaker::flood(const Lsa& lsa) {
  store(lsa);
  const Stored& stored = database_.at(lsa.header.key);
  UpdateWriter writer(envelope_);
  SPANWAY_CHECK(writer.add(stored.bytes, 1));
  flooded_ = stored.header;
  on_its_way_ = std::move(writer).finish();
  send_(on_its_way_);
  again_at_ = now_ + kAgain;
}

void Speaker::receive(std::span<const uint8_t> bytes) {
  const auto parsed = parse_packet(bytes);
  if (!parsed || parsed->router == envelope_.router) return;
  switch (parsed->type) {
    case PacketType::kHello:
      return on_hello(*parsed);
    case PacketType::kDescription:
      return on_description(*parsed);
    case PacketType::kRequest:
      return on_request(*parsed);
    case PacketType::kUpdate:
      return on_update(*parsed);
    case PacketType::kAck:
      return on_ack(*parsed);
  }
}

void Speaker::on_hello(const Packet& packet) {
  const auto hello = parse_hello(packet.body);
  if (!hello) return;
  if (neighbour_ != packet.router) {
    neighbour_ = packet.router;
    send_hello();
  }
  const bool heard =
      std::ranges::find(hello->neighbours, envelope_.router) != hello->neighbours.end();
  if (heard && exchange_ == Exchange::kNotYet) begin_exchange();
}

// RFC 2328 section 10.8.
void Speaker::begin_exchange() {
  exchange_ = Exchange::kStart;
  full_ = false;
  handed_over_ = described_ = 0;
  to_describe_.clear();
  for (const auto& [key, stored] : database_) to_describe_.push_back(stored.header);
  ++sequence_;
  on_its_way_ = write_description(envelope_, {.mtu_bytes = kMtuBytes,
                                              .options = options::kExternal,
                                              .initial = true,
                                              .more = true,
                                              .master = true,
                                              .sequence = sequence_})
                    .packet;
  send_(on_its_way_);
  again_at_ = now_ + kAgain;
}

void Speaker::send_description() {
  Description next{.mtu_bytes = kMtuBytes,
                   .options = options::kExternal,
                   .master = true,
                   .sequence = ++sequence_};
  const size_t most = (envelope_.room_bytes - kHeaderBytes - 8) / kLsaHeaderBytes;
  const size_t end = std::min(to_describe_.size(), described_ + most);
  next.headers.assign(to_describe_.begin() + static_cast<std::ptrdiff_t>(described_),
                      to_describe_.begin() + static_cast<std::ptrdiff_t>(end));
  described_ = end;
  last_one_ = end == to_describe_.size();
  next.more = !last_one_;
  on_its_way_ = write_description(envelope_, next).packet;
  send_(on_its_way_);
  again_at_ = now_ + kAgain;
}

void Speaker::on_description(const Packet& packet) {
  const auto theirs = parse_description(packet.body);
  if (!theirs) return;
  if (theirs->initial) {
    // They begin, or begin again; in kStart both do, and we lead.
    if (exchange_ != Exchange::kStart) begin_exchange();
    return;
  }
  if (theirs->master || theirs->sequence != sequence_) return;
  if (exchange_ == Exchange::kStart) {
    exchange_ = Exchange::kGoing;
  } else if (exchange_ != Exchange::kGoing) {
    return;
  } else if (last_one_ && !theirs->more) {
    exchange_ = Exchange::kDone;
    return;
  }
  send_description();
}

void Speaker::on_request(const Packet& packet) {
  const auto wanted = parse_request(packet.body);
  if (!wanted) return;
  std::optional<UpdateWriter> writer(envelope_);
  for (const LsaKey& key : *wanted) {
    const auto at = database_.find(key);
    if (at == database_.end()) continue;
    ++handed_over_;
    if (writer->add(at->second.bytes, 1)) continue;
    send_(std::move(*writer).finish());
    writer.emplace(envelope_);
    SPANWAY_CHECK(writer->add(at->second.bytes, 1));
  }
  if (!writer->empty()) send_(std::move(*writer).finish());
}

void Speaker::on_update(const Packet& packet) {
  const auto lsas = parse_update(packet.body);
  if (!lsas) return;
  std::vector<LsaHeader> headers;
  for (const auto bytes : *lsas) {
    headers.push_back(read_lsa_header(bytes));
    const auto lsa = parse_lsa(bytes);
    if (!lsa || lsa->header.key.router != packet.router) continue;
    if (const auto* router = std::get_if<RouterLsa>(&lsa->body))
      full_ = std::ranges::any_of(router->links, [this](const RouterLink& link) {
        return link.type == LinkType::kPointToPoint && link.id == envelope_.router.value;
      });
  }
  if (!headers.empty()) send_(write_ack(envelope_, headers).packet);
}

void Speaker::on_ack(const Packet& packet) {
  const auto headers = parse_ack(packet.body);
  if (!headers || !flooded_) return;
  for (const LsaHeader& header : *headers)
    if (header.key == flooded_->key && header.sequence == flooded_->sequence) {
      flooded_.reset();
      return;
    }
}

}  // namespace spanway::bench
