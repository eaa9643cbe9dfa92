// SPDX-License-Identifier: BSD-3-Clause
// The router as a host that is spoken to in fragments: workers give those here, and what they make
// together is answered here, because no buffer of a worker holds it. The face of this folder.
//
// Control thread; time is passed in. Whole packets are answered by the workers; what is alike in
// both is told alike: dataplane/stage/local_demux.h.
#pragma once

#include <cstdint>

#include "control/local/reassembly.h"
#include "dataplane/base/random.h"

namespace spanway::local {

// What the sender of a frame is to be told of it. A worker does so, under its rules and its rate.
enum class Complaint : uint8_t {
  kTimeout,              // the other fragments did not come
  kBadField,             // IPv6: parameter problem, with a pointer
  kProtocolUnreachable,  // nobody here speaks what it carries
  kPortUnreachable,
};

// Must not call back into the caller. Bytes are good for the call only.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // A unicast address of ours that may be used.
  [[nodiscard]] virtual bool is_ours(const IpAddr& ip) = 0;
  // The longest IP packet that leaves by this interface, and fits a buffer.
  [[nodiscard]] virtual size_t mtu_of(IfIndex interface) = 0;
  // An IP packet, to be routed as one of ours; a whole untagged frame, out of one interface. False
  // when it could not be sent.
  virtual bool send_packet(Bytes packet) = 0;
  virtual bool send_on(IfIndex interface, Bytes frame) = 0;
  // `pointer`: offset into the IP packet, for kBadField.
  virtual void complain(const Arrival& about, Complaint what, uint32_t pointer) = 0;
  // A packet that came whole out of fragments and is of a protocol that the router itself speaks,
  // OSPF. False: nobody here speaks it.
  virtual bool on_routing(IfIndex /*interface*/, Bytes /*packet*/) { return false; }
  // An ICMP message that is no request: for those who asked. It is whole and its checksum is right.
  virtual void on_answer(Bytes packet, Nanos now) = 0;
};

// datagrams (of the reassembly) = the sum of these.
struct DatagramCounts {
  uint64_t answered = 0;      // echo requests
  uint64_t delivered = 0;     // to those who asked, and to routing protocols
  uint64_t refused = 0;       // the sender was told that nobody listens
  uint64_t bad_checksum = 0;  // of the transport, or its length
  // No one has a use for it here: neighbour discovery in fragments (RFC 6980), to a group, with
  // extension headers behind the fragment header.
  uint64_t unserved = 0;
};

class LocalHost {
 public:
  // `outlet` outlives this object.
  LocalHost(Outlet& outlet, uint64_t seed, const Limits& limits = {});

  // A fragment addressed to us, as an untagged frame; its IP packet begins at `l3`.
  void on_fragment(IfIndex interface, Bytes frame, size_t l3, Nanos now);
  // Runs what is due; when it wants to be called next at the latest.
  Nanos step(Nanos now);

  [[nodiscard]] const ReassemblyCounts& reassembly() const { return reassembly_.counts(); }
  [[nodiscard]] const DatagramCounts& datagrams() const { return counts_; }

 private:
  void complain_of(Loss loss, const Arrival& about);
  void serve(const Datagram& datagram, Nanos now);
  uint64_t& serve_icmp4(const Datagram& datagram, Nanos now);
  uint64_t& serve_icmp6(const Datagram& datagram, Nanos now);
  uint64_t& refuse(const Datagram& datagram, Complaint why);
  uint64_t& answer4(const Datagram& datagram);
  uint64_t& answer6(const Datagram& datagram);
  void send_pieces(const Datagram& about, Bytes reply, size_t mtu);

  Outlet& outlet_;
  Random random_;
  Reassembly reassembly_;
  DatagramCounts counts_;
};

}  // namespace spanway::local
