// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/replay.h"

#include <charconv>
#include <deque>
#include <limits>
#include <sstream>
#include <string_view>
#include <vector>

#include "control/ospf/journal.h"

namespace spanway::ospf {
namespace {

// The words of one line. The first that can not be read makes all the rest empty.
class Words {
 public:
  explicit Words(std::string_view line) : left_(line) {}

  std::string_view word() {
    const size_t end = std::min(left_.find(' '), left_.size());
    const std::string_view found = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    if (found.empty()) good_ = false;
    return found;
  }
  template <class T>
  T number(T most) {
    const std::string_view text = word();
    int64_t value = 0;
    uint64_t large = 0;
    const char* const end = text.data() + text.size();
    if (std::is_signed_v<T>) {
      const auto [at, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || at != end || value > static_cast<int64_t>(most)) good_ = false;
      return static_cast<T>(value);
    }
    const auto [at, error] = std::from_chars(text.data(), end, large);
    if (error != std::errc() || at != end || large > static_cast<uint64_t>(most)) good_ = false;
    return static_cast<T>(good_ ? large : 0);
  }
  template <class T>
  T number() {
    return number(std::numeric_limits<T>::max());
  }
  Nanos time() { return Nanos(number<int64_t>()); }
  bool flag() { return number<uint8_t>(1) != 0; }
  IfIndex index() { return IfIndex{number<uint16_t>()}; }
  Ip4Addr address() {
    const auto parsed = Ip4Addr::parse(word());
    if (!parsed) good_ = false;
    return parsed.value_or(Ip4Addr());
  }
  Prefix4 prefix() {
    const auto parsed = Prefix::parse(word());
    if (!parsed || !parsed->is4()) good_ = false;
    return good_ ? parsed->v4() : Prefix4();
  }
  std::vector<uint8_t> bytes() {
    const std::string_view text = word();
    std::vector<uint8_t> made;
    if (text == "-") return made;
    if (text.size() % 2 != 0) good_ = false;
    for (size_t at = 0; good_ && at < text.size(); at += 2) {
      uint8_t byte = 0;
      const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
      if (error != std::errc() || end != text.data() + at + 2) good_ = false;
      made.push_back(byte);
    }
    return made;
  }
  std::string secret() {
    const std::vector<uint8_t> all = bytes();
    return {all.begin(), all.end()};
  }
  // Everything was there and could be read, and nothing more is.
  [[nodiscard]] bool done() const noexcept { return good_ && left_.empty(); }
  [[nodiscard]] bool good() const noexcept { return good_; }
  void spoil() noexcept { good_ = false; }

 private:
  std::string_view left_;
  bool good_ = true;
};

Authenticator read_authenticator(Words& words) {
  switch (static_cast<AuthType>(words.number<uint16_t>(2))) {
    case AuthType::kNone:
      return {};
    case AuthType::kSimple: {
      auto made = Authenticator::simple(words.secret());
      if (made) return *std::move(made);
      break;
    }
    case AuthType::kCryptographic: {
      std::vector<Key> keys;
      for (size_t left = words.number<uint16_t>(256); left != 0 && words.good(); --left) {
        Key key;
        key.id = words.number<uint8_t>();
        key.algorithm = static_cast<Algorithm>(words.number<uint8_t>(4));
        key.secret = words.secret();
        for (Nanos* at :
             {&key.accept.start, &key.accept.stop, &key.generate.start, &key.generate.stop})
          *at = words.time();
        keys.push_back(std::move(key));
      }
      auto made = Authenticator::cryptographic(std::move(keys));
      if (made) return *std::move(made);
      break;
    }
  }
  words.spoil();
  return {};
}

InterfaceSettings read_interface(Words& words) {
  InterfaceSettings settings;
  settings.type = static_cast<NetworkType>(words.number<uint8_t>(1));
  settings.cost = words.number<uint16_t>();
  settings.hello_interval_s = words.number<uint16_t>();
  settings.dead_interval_s = words.number<uint32_t>();
  settings.retransmit_interval_s = words.number<uint16_t>();
  settings.transmit_delay_s = words.number<uint16_t>();
  settings.priority = words.number<uint8_t>();
  settings.passive = words.flag();
  settings.mtu_ignore = words.flag();
  settings.authenticator = read_authenticator(words);
  return settings;
}

Link read_link(Words& words) {
  Link link;
  link.up = words.flag();
  link.mtu_bytes = words.number<uint16_t>();
  for (size_t left = words.number<uint16_t>(); left != 0 && words.good(); --left) {
    const Ip4Addr address = words.address();
    link.addresses.push_back({address, words.number<uint8_t>(32)});
  }
  return link;
}

RouterSettings read_router(Words& words) {
  RouterSettings settings;
  settings.router = RouterId{words.number<uint32_t>()};
  settings.area = AreaId{words.number<uint32_t>()};
  settings.max_paths = words.number<uint16_t>(64);
  settings.max_lsas = words.number<size_t>();
  settings.seed = words.number<uint64_t>();
  settings.first_cryptographic_sequence = words.number<uint32_t>();
  Backoff& backoff = settings.backoff;
  for (Nanos* at : {&backoff.initial, &backoff.short_wait, &backoff.long_wait,
                    &backoff.time_to_learn, &backoff.hold_down})
    *at = words.time();
  if (settings.max_paths == 0) words.spoil();
  return settings;
}

// What nobody hears.
class Silence final : public Outlet {
 public:
  void send(IfIndex, Ip4Addr, std::span<const uint8_t>) override {}
  void routes(std::span<const RouteChange>) override {}
  void listen_as_designated(IfIndex, bool) override {}
  void event(const char*, const char*, std::string, std::string) override {}
};

}  // namespace

// This run writes a journal of its own, which has to come out the same.
struct Replay::Ground {
  Silence silence;
  std::ostringstream text;
  Journal journal{text, silence, SIZE_MAX};
};

namespace {

class Player {
 public:
  Player() { replay_.ground = std::make_shared<Replay::Ground>(); }

  // False: it can not be read.
  bool input(std::string_view line) {
    Words words(line);
    const std::string verb(words.word());
    replay_.end = words.time();
    const bool known = verb == "router" ? birth(words) : replay_.instance && call(verb, words);
    std::istringstream written(replay_.ground->text.str());
    replay_.ground->text.str("");
    for (std::string one; std::getline(written, one);) expected_.push_back(std::move(one));
    compare(line);
    return known;
  }
  void output(std::string_view line) {
    replay_.packets_sent += line.starts_with("> send ");
    replay_.route_changes += line.starts_with("> route ") || line.starts_with("> no-route ");
    compare(line);
  }
  void count() { ++replay_.lines; }
  [[nodiscard]] size_t lines() const noexcept { return replay_.lines; }
  // The next input comes, so everything of the last one is there.
  void close() {
    if (!expected_.empty()) differ("");
    expected_.clear();
  }
  Replay finish() && { return std::move(replay_); }

 private:
  bool birth(Words& words) {
    const RouterSettings settings = read_router(words);
    if (!words.done() || replay_.instance) return false;
    Replay::Ground& ground = *replay_.ground;
    replay_.instance =
        std::make_unique<Instance>(settings, ground.silence, replay_.end, &ground.journal);
    return true;
  }

  bool call(std::string_view verb, Words& words) {
    Instance& on = *replay_.instance;
    const Nanos now = replay_.end;
    if (verb == "step") {
      if (words.done()) on.step(now);
    } else if (verb == "leave") {
      if (words.done()) on.leave(now);
    } else if (verb == "announce" || verb == "withdraw" || verb == "stub" || verb == "no-stub") {
      about_prefix(verb, words);
    } else if (verb == "interface" || verb == "no-interface" || verb == "link" ||
               verb == "receive") {
      about_interface(verb, words);
    } else {
      return false;
    }
    return words.done();
  }

  void about_prefix(std::string_view verb, Words& words) {
    Instance& on = *replay_.instance;
    const Nanos now = replay_.end;
    const Prefix4 prefix = words.prefix();
    if (verb == "announce") {
      External external;
      external.type2 = words.flag();
      external.metric = words.number<uint32_t>(kMost24Bits);
      external.tag = words.number<uint32_t>();
      external.forwarding = words.address();
      if (words.done()) on.announce(prefix, external, now);
    } else if (verb == "withdraw") {
      if (words.done()) on.withdraw(prefix, now);
    } else if (verb == "stub") {
      const auto cost = words.number<uint16_t>();
      if (words.done()) on.set_stub(prefix, cost, now);
    } else if (words.done()) {
      on.remove_stub(prefix, now);
    }
  }

  void about_interface(std::string_view verb, Words& words) {
    Instance& on = *replay_.instance;
    const Nanos now = replay_.end;
    const IfIndex index = words.index();
    if (verb == "interface") {
      const InterfaceSettings settings = read_interface(words);
      if (words.done()) on.set_interface(index, settings, now);
    } else if (verb == "no-interface") {
      if (words.done()) on.remove_interface(index, now);
    } else if (verb == "link") {
      const Link link = read_link(words);
      if (words.done()) on.set_link(index, link, now);
    } else {
      const Ip4Addr source = words.address(), destination = words.address();
      const std::vector<uint8_t> packet = words.bytes();
      if (words.done()) on.receive(index, source, destination, packet, now);
    }
  }

  void compare(std::string_view recorded) {
    if (!expected_.empty() && expected_.front() == recorded) {
      expected_.pop_front();
      return;
    }
    differ(recorded);
  }
  void differ(std::string_view recorded) {
    if (!replay_.difference)
      replay_.difference = {replay_.lines, std::string(recorded),
                            expected_.empty() ? "" : expected_.front()};
    if (!expected_.empty()) expected_.pop_front();
  }

  static constexpr uint32_t kMost24Bits = 0xff'ffff;

  Replay replay_;
  std::deque<std::string> expected_;
};

}  // namespace

Result<Replay> replay(std::istream& journal) {
  Player player;
  for (std::string line; std::getline(journal, line);) {
    if (journal.eof()) break;  // without its end of line: broken off in the middle of it
    if (line == "full") break;
    player.count();
    if (line.starts_with("> ")) {
      player.output(line);
      continue;
    }
    player.close();
    if (!player.input(line))
      return Error{ErrorCode::kInvalid,
                   "line " + std::to_string(player.lines()) + " of the journal can not be read",
                   "a journal is replayed as it was written; is it one?"};
  }
  Replay done = std::move(player).finish();
  if (!done.instance)
    return Error{ErrorCode::kInvalid, "the journal is empty", "a journal begins with a router"};
  return done;
}

}  // namespace spanway::ospf
