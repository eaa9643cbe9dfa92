// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/journal.h"

#include <string_view>
#include <type_traits>

namespace spanway::ospf {
namespace {

// Words of a line, a blank between them.
class Line {
 public:
  explicit Line(std::string_view verb) : text_(verb) {}

  Line& operator<<(std::string_view word) {
    text_.append(" ").append(word);
    return *this;
  }
  template <class T>
  requires std::is_integral_v<T> Line& operator<<(T number) {
    return *this << std::string_view(std::to_string(number));
  }
  Line& operator<<(Nanos time) { return *this << time.ns(); }
  Line& operator<<(IfIndex index) { return *this << index.value; }
  Line& operator<<(Ip4Addr address) { return *this << std::string_view(address.to_string()); }
  Line& operator<<(const Prefix4& prefix) { return *this << std::string_view(prefix.to_string()); }
  Line& operator<<(std::span<const uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text_ += ' ';
    for (const uint8_t byte : bytes) {
      text_ += kDigits[byte >> 4];
      text_ += kDigits[byte & 15];
    }
    if (bytes.empty()) text_ += '-';
    return *this;
  }
  Line& hex(std::string_view text) {
    return *this << std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

void add_authentication(Line& line, const Authenticator& authenticator) {
  const AuthType type = authenticator.type();
  line << static_cast<unsigned>(type);
  if (type == AuthType::kSimple) line.hex(authenticator.password());
  if (type != AuthType::kCryptographic) return;
  line << authenticator.keys().size();
  for (const Key& key : authenticator.keys()) {
    line << key.id << static_cast<unsigned>(key.algorithm);
    line.hex(key.secret);
    line << key.accept.start << key.accept.stop << key.generate.start << key.generate.stop;
  }
}

}  // namespace

void Journal::line(const std::string& text) {
  if (full_) return;
  if (text.size() >= room_bytes_) {
    full_ = true;
    to_ << "full\n" << std::flush;
    behind_.event("warning", "ospf.journal", "journal", "it is full and goes no further");
    return;
  }
  room_bytes_ -= text.size() + 1;
  to_ << text << '\n';
}

void Journal::born(const RouterSettings& settings, Nanos now) {
  const Backoff& backoff = settings.backoff;
  line((Line("router") << now << settings.router.value << settings.area.value << settings.max_paths
                       << settings.max_lsas << settings.seed
                       << settings.first_cryptographic_sequence << backoff.initial
                       << backoff.short_wait << backoff.long_wait << backoff.time_to_learn
                       << backoff.hold_down)
           .text());
}

void Journal::interface(Nanos now, IfIndex index, const InterfaceSettings& settings) {
  Line made("interface");
  made << now << index << static_cast<unsigned>(settings.type) << settings.cost
       << settings.hello_interval_s << settings.dead_interval_s << settings.retransmit_interval_s
       << settings.transmit_delay_s << settings.priority << settings.passive << settings.mtu_ignore;
  add_authentication(made, settings.authenticator);
  line(made.text());
}

void Journal::no_interface(Nanos now, IfIndex index) {
  line((Line("no-interface") << now << index).text());
}

void Journal::link(Nanos now, IfIndex index, const Link& link) {
  Line made("link");
  made << now << index << link.up << link.mtu_bytes << link.addresses.size();
  for (const Link::Address& address : link.addresses) made << address.addr << address.length;
  line(made.text());
}

void Journal::announce(Nanos now, const Prefix4& prefix, const External& external) {
  line((Line("announce") << now << prefix << external.type2 << external.metric << external.tag
                         << external.forwarding)
           .text());
}

void Journal::withdraw(Nanos now, const Prefix4& prefix) {
  line((Line("withdraw") << now << prefix).text());
}

void Journal::stub(Nanos now, const Prefix4& prefix, uint16_t cost) {
  line((Line("stub") << now << prefix << cost).text());
}

void Journal::no_stub(Nanos now, const Prefix4& prefix) {
  line((Line("no-stub") << now << prefix).text());
}

void Journal::receive(Nanos now, IfIndex index, Ip4Addr source, Ip4Addr destination,
                      std::span<const uint8_t> packet) {
  line((Line("receive") << now << index << source << destination << packet).text());
}

void Journal::step(Nanos now) { line((Line("step") << now).text()); }

void Journal::leave(Nanos now) { line((Line("leave") << now).text()); }

void Journal::send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) {
  line((Line("> send") << interface << destination << packet).text());
  behind_.send(interface, destination, packet);
}

void Journal::routes(std::span<const RouteChange> changes) {
  for (const RouteChange& change : changes) {
    Line made(change.route ? "> route" : "> no-route");
    made << change.prefix;
    if (const Route* route = change.route) {
      made << static_cast<unsigned>(route->type) << route->cost << route->type2_cost << route->tag;
      for (const NextHop& hop : route->hops) made << hop.interface << hop.gateway;
    }
    line(made.text());
  }
  behind_.routes(changes);
}

void Journal::listen_as_designated(IfIndex interface, bool on) {
  line((Line("> listen") << interface << on).text());
  behind_.listen_as_designated(interface, on);
}

void Journal::event(const char* severity, const char* kind, std::string subject,
                    std::string message) {
  line((Line("> event") << std::string_view(severity) << std::string_view(kind) << subject
                        << message)
           .text());
  behind_.event(severity, kind, std::move(subject), std::move(message));
}

}  // namespace spanway::ospf
