// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/ospf_damage.h"

#include <algorithm>
#include <set>

namespace spanway::test {
namespace {

constexpr size_t kEther = 14, kIp = 20, kOspf = 24, kLsa = 20;  // bytes of headers
constexpr size_t kIpLength = kEther + 2, kIpChecksum = kEther + 10;
constexpr size_t kLength = 2, kChecksum = 12, kAuthData = 16;  // in an OSPF packet

Bytes part(const Bytes& of, size_t from, size_t to) {
  return {of.begin() + static_cast<long>(from), of.begin() + static_cast<long>(to)};
}
void put(Bytes& in, size_t at, size_t value) {
  in[at] = static_cast<uint8_t>(value >> 8);
  in[at + 1] = static_cast<uint8_t>(value);
}
size_t get(const Bytes& in, size_t at) { return static_cast<size_t>(in[at] << 8 | in[at + 1]); }

// Over what the length field says, less the authentication data; 0 where it is right.
uint16_t sum_of(const Bytes& packet) {
  return plain_checksum(part(packet, 0, kAuthData) + part(packet, kOspf, get(packet, kLength)));
}
bool has_length(const Bytes& packet) {
  return packet.size() >= kOspf && get(packet, kLength) >= kOspf &&
         get(packet, kLength) <= packet.size();
}

// 0, 1, around every header, around what there is and what is left of it, most.
std::set<size_t> values_that_break(size_t size, size_t left) {
  std::set<size_t> out{0, 1, 65'534, 65'535};
  for (const size_t near : {kLsa, kOspf, size, left})
    for (const size_t value : {near - 1, near, near + 1})
      if (value <= 65'535) out.insert(value);
  return out;
}

class Maker {
 public:
  explicit Maker(const Bytes& frame)
      : good_(frame), packet_(part(frame, kEther + kIp, frame.size())) {}

  OspfDamage make() {
    for (size_t n = 0; n < good_.size(); ++n) add(part(good_, 0, n));
    for (size_t n = 0; n < packet_.size(); ++n) cut(n);
    for (size_t at = 0; at + 2 <= packet_.size(); ++at)
      for (const size_t value : values_that_break(packet_.size(), packet_.size() - at))
        spoil(at, value);
    lengths();
    return std::move(out_);
  }

 private:
  void cut(size_t n) {
    Bytes packet = part(packet_, 0, n);
    add(with_ip(packet));
    if (n < kOspf) return;
    put(packet, kLength, n);
    mend_ospf_checksum(packet);
    add(with_ip(packet));
  }
  void spoil(size_t at, size_t value) {
    Bytes packet = packet_;
    put(packet, at, value);
    add(with_ip(packet));
    mend_ospf_checksum(packet);
    add(with_ip(packet));
  }
  // Both lengths at once.
  void lengths() {
    for (const size_t inner : values_that_break(packet_.size(), get(packet_, kLength)))
      for (const size_t outer : values_that_break(good_.size() - kEther, kIp)) {
        Bytes packet = packet_;
        put(packet, kLength, inner);
        mend_ospf_checksum(packet);
        add(with_ip(packet, outer));
        add(with_ip(packet_, outer));
      }
  }

  [[nodiscard]] Bytes with_ip(const Bytes& packet) const {
    return with_ip(packet, kIp + packet.size());
  }
  [[nodiscard]] Bytes with_ip(const Bytes& packet, size_t total) const {
    Bytes frame = part(good_, 0, kEther + kIp);
    put(frame, kIpLength, total);
    put(frame, kIpChecksum, 0);
    put(frame, kIpChecksum, plain_checksum(part(frame, kEther, kEther + kIp)));
    return frame + packet;
  }
  // Judged as section 8.2 has it.
  [[nodiscard]] static bool passes(const Bytes& frame) {
    if (frame.size() < kEther + kIp) return false;
    const size_t total = get(frame, kIpLength);
    if (total < kIp || total > frame.size() - kEther) return false;
    const Bytes packet = part(frame, kEther + kIp, kEther + total);
    return has_length(packet) && sum_of(packet) == 0;
  }
  void add(Bytes frame) {
    if (frame == good_ || !seen_.insert(frame).second) return;
    (passes(frame) ? out_.let_through : out_.refused).push_back(std::move(frame));
  }

  const Bytes& good_;
  Bytes packet_;
  OspfDamage out_;
  std::set<Bytes> seen_;
};

}  // namespace

void mend_ospf_checksum(Bytes& packet) {
  if (!has_length(packet)) return;
  put(packet, kChecksum, 0);
  put(packet, kChecksum, sum_of(packet));
}

OspfDamage damage_of(const Bytes& frame) { return Maker(frame).make(); }

}  // namespace spanway::test
