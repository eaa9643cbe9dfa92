// SPDX-License-Identifier: BSD-3-Clause
// Worlds of two or three nodes that speak the message protocol: control's half and real workers,
// over a segment that does to frames whatever a seed tells it, in virtual time. Whatever happens:
// every message arrives once, in its order, to the byte, or the connection ends on both sides by
// name within its idle time; nobody waits for ever, and at the end nothing is left behind.
// SPANWAY_SEED is the first world, SPANWAY_SEEDS how many there are.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/bad_segment.h"
#include "tests/support/eal.h"
#include "tests/support/sanitizer.h"
#include "tests/support/talker.h"
#include "tests/support/transport_node.h"

namespace spanway::test {
namespace {

using transport::Heard;
using transport::Host;
using transport::Params;
using transport::Path;

constexpr uint16_t kPort = 7'007;
// The wheel's tick, and the turn behind it.
constexpr Nanos kTick = micros(10);
// By which an end may be later than it could be: a tick, a turn, control's delay.
constexpr Nanos kSlack = millis(5);
// Of a world: what is not over then hangs. The test prints how long the slowest one took.
constexpr Nanos kMostTime = seconds(900);

Nanos below(Random& random, Nanos most) {
  return Nanos(static_cast<int64_t>(random.below(static_cast<uint64_t>(most.ns()) + 1)));
}

// What happens in the middle of a world, once.
enum class Event : uint8_t {
  kNothing,
  kShortDark,  // connections outlive it
  kLongDark,   // they do not
  kHalfDark,   // the same, but one node is still heard
  kRestart,    // a node loses all that it knew
  kGiveUp,     // an application ends its connection without a word
};

class World;

// One node and all of its lives.
struct Place final : transport::Owner {
  World* world = nullptr;
  unsigned index = 0;
  unsigned life = 0;
  NodeOptions options{};
  Params takes{};
  Manners manners{};
  Nanos lag{};  // of control
  std::unique_ptr<TransportNode> node;
  std::vector<std::unique_ptr<Talker>> talkers;
  std::map<uint32_t, size_t> dials;  // side, by number
  Nanos turned_at{}, next_turn{}, next_control{};
  uint64_t ended = 0;

  transport::App& app(WorkerId worker) override { return *talkers[worker.value]; }
  [[nodiscard]] Params params() const override { return takes; }
  std::optional<transport::Seat> admit(uint32_t number, const Path& path) override;
  void connected(uint32_t number) override { dials.erase(number); }
  void failed(uint32_t number, const Error& why) override;
  void buried(uint32_t number, uint64_t context) override;
};

class World {
 public:
  explicit World(uint64_t seed);
  // Until all is over; false: it hangs.
  bool run();
  void expect_all_is_well();
  [[nodiscard]] std::string story() const;
  [[nodiscard]] Nanos now() const { return now_; }
  [[nodiscard]] uint64_t handed() const { return handed_; }
  [[nodiscard]] uint64_t lost() const {
    const BadSegment::Counts& c = segment_.counts();
    return c.lost + c.too_long + c.in_the_dark + c.queue_full;
  }
  [[nodiscard]] uint64_t messages() const;
  [[nodiscard]] uint64_t ends(End why) const;

 private:
  friend struct Place;
  struct Plan {  // of a dial
    Nanos at;
    unsigned from, to;
    Family family;
  };
  void choose_weather();
  void choose_event();
  void choose_nodes();
  void choose_dials();
  void be_born(Place& place);
  void die(Place& place);
  void dial(const Plan& plan);
  void follow_script();
  void turn(Place& place);
  [[nodiscard]] Nanos next() const;
  void look_for_stalls();
  bool settled();
  [[nodiscard]] Manners manners_of(const Place& place);
  [[nodiscard]] bool is_hit(const Side& side) const;
  void expect_well(const Side& side);
  void expect_named(const Side& side);
  void expect_nothing_left(Place& place);

  Random random_;
  Nanos now_ = seconds(1);
  const Nanos born_ = now_;
  BadSegment segment_;
  bool mild_ = true;  // it loses little
  Event event_ = Event::kNothing;
  Nanos cut_ = Nanos::never(), heals_ = Nanos::never();  // the event
  unsigned hit_ = 0;                                     // the node that it hits
  Nanos idle_{}, patience_{}, turn_time_{};
  std::deque<Place> places_;
  std::deque<Side> sides_;
  std::vector<Plan> dials_;                          // in the order of time
  std::vector<std::pair<Nanos, unsigned>> spreads_;  // when a card begins to spread anew
  size_t dialled_ = 0, spread_ = 0;
  bool died_ = false, back_ = false;
  Nanos looks_at_{};
  uint64_t turns_ = 0, handed_ = 0;
};

std::optional<transport::Seat> Place::admit(uint32_t, const Path& path) {
  // An Open that led to a connection in another life opens nothing in this one.
  const Side* before = nullptr;
  bool tried = false;
  for (const Side& one : world->sides_) {
    if (!one.client || one.to != index) continue;
    // Or has dialled in vain: what it said may be on its way.
    if (one.opened_at == Nanos::never()) tried = true;
    if (one.opened_at != Nanos::never() && one.path.own == path.peer) before = &one;
  }
  EXPECT_TRUE(tried || before == nullptr || before->other == nullptr || before->other->life == life)
      << "an Open of another life was good";
  EXPECT_TRUE(tried) << "nobody dials";
  Side& side = world->sides_.emplace_back();
  side.seed = world->random_();
  side.node = index;
  side.life = life;
  side.manners = world->manners_of(*this);
  side.longest_of_ours = options.host.connection.most_span_bytes / 2;
  side.made_at = world->now_;
  side.path = path;
  return transport::Seat{.context = world->sides_.size() - 1};
}

void Place::failed(uint32_t number, const Error& why) {
  EXPECT_EQ(why.code, ErrorCode::kUnavailable) << why.message;
  const auto at = dials.find(number);
  ASSERT_NE(at, dials.end());
  world->sides_[at->second].failed_at = world->now_;
  dials.erase(at);
}

void Place::buried(uint32_t, uint64_t context) {
  EXPECT_TRUE(world->sides_[context].why) << "buried alive";
}

World::World(uint64_t seed) : random_(seed), segment_({}, seed ^ 0x5eed) {
  choose_weather();
  choose_event();
  choose_nodes();
  choose_dials();
  for (Place& place : places_) be_born(place);
}

void World::choose_weather() {
  Weather& w = segment_.weather;
  switch (random_.below(6)) {
    case 0:
      break;  // fair
    case 1:
      w.loss = 0.002 * static_cast<double>(1 + random_.below(10));
      w.copies = 0.01;
      break;
    case 2:
      w.overtakes = 0.2;
      w.ghosts = 0.02;
      w.spoils = w.swaps = 0.01;
      break;
    case 3:
      mild_ = false;
      w.loss = 0.01 * static_cast<double>(1 + random_.below(20));
      break;
    case 4:
      mild_ = false;
      w.good = millis(static_cast<int64_t>(20 + random_.below(500)));
      w.bad = millis(static_cast<int64_t>(1 + random_.below(20)));
      w.loss_when_bad = 0.5 + 0.5 * random_.unit();
      w.copies = 0.02;
      break;
    default:
      mild_ = false;
      w.loss = 0.05;
      w.copies = w.overtakes = w.spoils = w.swaps = 0.03;
      w.ghosts = 0.02;
      w.good = millis(200);
  }
  w.delay = micros(static_cast<int64_t>(random_.below(4) == 0 ? 10 + random_.below(20'000)
                                                              : 10 + random_.below(500)));
  w.jitter = below(random_, micros(50));
  w.byte_time = Nanos(static_cast<int64_t>(1 + random_.below(random_.below(3) == 0 ? 80 : 8)));
  for (uint64_t n = random_.below(3); n != 0; --n)
    w.sizes.push_back({born_ + below(random_, millis(800)), 1'280 + random_.below(620)});
  std::ranges::sort(w.sizes, {}, &Weather::Size::from);
}

void World::choose_event() {
  switch (random_.below(10)) {
    case 0:
    case 1:
      event_ = Event::kShortDark;
      break;
    case 2:
      event_ = Event::kLongDark;
      break;
    case 3:
      event_ = Event::kHalfDark;
      break;
    case 4:
    case 5:
      event_ = Event::kRestart;
      break;
    case 6:
      event_ = Event::kGiveUp;
      break;
    default:
      break;
  }
  // So long that no such weather is silent for all of it by itself: a packet leaves at least every
  // second, and of a hundred thousand worlds not one loses so many in a row.
  const bool dark = event_ == Event::kShortDark;
  idle_ = mild_ ? millis(static_cast<int64_t>((dark ? 6'000 : 2'000) + random_.below(6'000)))
                : millis(static_cast<int64_t>(30'000 + random_.below(10'000)));
  // A cookie that has become stale, and all that a dial says in between.
  patience_ = seconds(60);
  if (event_ == Event::kNothing || event_ == Event::kGiveUp) return;
  cut_ = born_ + micros(static_cast<int64_t>(random_.below(600'000)));
  if (event_ == Event::kRestart) {
    heals_ = cut_ + below(random_, millis(300));
    return;
  }
  if (dark) {
    heals_ = cut_ + below(random_, Nanos(idle_.ns() / 3));
    segment_.weather.darks.push_back({cut_, heals_});
    return;
  }
  if (random_.below(2) == 0) patience_ = seconds(3);
  heals_ = cut_ + idle_ * 2 + segment_.longest_way() + kSlack;
}

void World::choose_nodes() {
  const auto nodes = static_cast<unsigned>(2 + random_.below(2));
  hit_ = static_cast<unsigned>(random_.below(nodes));
  if (event_ == Event::kLongDark) segment_.weather.darks.push_back({cut_, heals_});
  if (event_ == Event::kHalfDark) segment_.weather.darks.push_back({cut_, heals_, hit_});
  turn_time_ = micros(static_cast<int64_t>(1 + random_.below(30)));
  transport::Security security;
  if (random_.below(3) == 0)
    security = {transport::Protected::kAes128Gcm, std::vector<uint8_t>(16, 7)};
  const bool fair = segment_.weather.loss == 0 && mild_;
  for (unsigned i = 0; i < nodes; ++i) {
    Place& place = places_.emplace_back();
    place.world = this;
    place.index = i;
    place.lag = below(random_, random_.below(2) == 0 ? micros(20) : millis(2));
    Params& takes = place.takes;
    takes.streams = static_cast<uint16_t>(1 + random_.below(8));
    takes.window_bytes = 1u << (12 + random_.below(7));
    takes.window_messages = static_cast<uint32_t>(1 + random_.below(40));
    takes.packet_bytes = static_cast<uint16_t>(1'200 + random_.below(700));
    takes.idle_ms = static_cast<uint32_t>(idle_.ns() / 1'000'000 + random_.below(500));
    if (fair && random_.below(20) == 0) {
      takes.window_bytes = 1u << (21 + random_.below(5));
      takes.streams = 1;
      place.manners.longest_bytes = transport::kMostMessageBytes;
      place.manners.most_a_stream = 3;
    }
    transport::ConnectionOptions& own = place.options.host.connection;
    own.sender.capacity = 256;
    own.sender.algorithm =
        random_.below(2) == 0 ? transport::Algorithm::kCubic : transport::Algorithm::kReno;
    own.packet_bytes = static_cast<uint32_t>(1'200 + random_.below(200));
    own.sender.segment = own.packet_bytes;
    own.most_packet_bytes = random_.below(3) == 0 ? 0 : 1'800;
    own.most_messages = static_cast<uint32_t>(4 + random_.below(40));
    if (random_.below(3) == 0) own.most_span_bytes = 1u << (12 + random_.below(5));
    if (random_.below(2) == 0) own.phase_packets = static_cast<uint32_t>(1 + random_.below(60));
    if (random_.below(4) == 0) own.rate_bytes_per_second = 500'000 + random_.below(5'000'000);
    if (random_.below(2) == 0) place.manners.rests = below(random_, millis(100)) + Nanos(1);
    if (random_.below(3) == 0) place.manners.holds = static_cast<unsigned>(1 + random_.below(6));
    NodeOptions& options = place.options;
    options.index = i;
    options.host.workers = static_cast<uint16_t>(1 + random_.below(3));
    options.host.most_sessions = 16;
    options.steered = random_.below(3) == 0;
    options.security = security;
    for (uint64_t n = random_.below(5); n != 0; --n)
      spreads_.emplace_back(born_ + below(random_, millis(600)), i);
  }
  std::ranges::sort(spreads_);
}

void World::choose_dials() {
  const auto add = [&](Nanos from, Nanos within) {
    for (uint64_t n = 1 + random_.below(4); n != 0; --n) {
      const auto a = static_cast<unsigned>(random_.below(places_.size()));
      auto b = static_cast<unsigned>(random_.below(places_.size() - 1));
      if (b >= a) ++b;
      dials_.push_back({from + below(random_, within), a, b,
                        random_.below(2) == 0 ? Family::kIp4 : Family::kIp6});
    }
  };
  add(born_, millis(300));
  if (heals_ != Nanos::never()) add(heals_, millis(300));
  std::ranges::sort(dials_, {}, &Plan::at);
}

Manners World::manners_of(const Place& place) {
  Manners manners = place.manners;
  if (random_.below(6) == 0) manners.closes_after = random_.below(20);
  if (event_ == Event::kGiveUp && random_.below(3) == 0)
    manners.gives_up_after = below(random_, millis(300));
  // Others are not disturbed by one that does not read; it reads when they are over.
  if (event_ == Event::kNothing && random_.below(8) == 0) manners.deaf = true;
  return manners;
}

void World::be_born(Place& place) {
  NodeOptions& options = place.options;
  options.host.seed = random_();
  options.secret = random_();
  options.born = now_;
  options.apps.clear();
  place.talkers.clear();
  for (uint16_t w = 0; w < options.host.workers; ++w)
    options.apps.push_back(
        place.talkers.emplace_back(std::make_unique<Talker>(sides_, random_())).get());
  place.node = std::make_unique<TransportNode>(options, segment_);
  segment_.nodes[place.index] = place.node.get();
  EXPECT_TRUE(place.node->host().listen(kPort, place));
  place.next_turn = place.next_control = now_;
  place.ended = 0;
}

void World::die(Place& place) {
  handed_ += place.node->handed();
  EXPECT_EQ(place.node->stop(), 0) << "packets that its counters do not explain";
  segment_.nodes[place.index] = nullptr;
  place.node.reset();
  for (Side& side : sides_) {
    if (side.node != place.index || side.life != place.life || side.settled()) continue;
    side.gone = true;
    side.session = nullptr;
    side.outside.clear();
  }
  place.talkers.clear();
  place.dials.clear();
  ++place.life;
  place.next_turn = place.next_control = Nanos::never();
}

void World::dial(const Plan& plan) {
  Place& from = places_[plan.from];
  Side& side = sides_.emplace_back();
  side.seed = random_();
  side.node = plan.from;
  side.life = from.life;
  side.to = plan.to;
  side.client = true;
  side.manners = manners_of(from);
  side.longest_of_ours = from.options.host.connection.most_span_bytes / 2;
  side.made_at = now_;
  const auto number =
      from.node->host().dial({.peer = {TransportNode::address(plan.to, plan.family), kPort},
                              .patience = patience_,
                              .seat = {.context = sides_.size() - 1}},
                             from, now_);
  ASSERT_TRUE(number) << number.error().message;
  from.dials.emplace(*number, sides_.size() - 1);
  from.next_control = now_;
}

void World::follow_script() {
  if (event_ == Event::kRestart && !died_ && now_ >= cut_) {
    died_ = true;
    die(places_[hit_]);
  }
  if (died_ && !back_ && now_ >= heals_) {
    back_ = true;
    be_born(places_[hit_]);
  }
  for (; spread_ < spreads_.size() && spreads_[spread_].first <= now_; ++spread_)
    if (Place& place = places_[spreads_[spread_].second]; place.node) place.node->spread_anew();
  for (; dialled_ < dials_.size() && dials_[dialled_].at <= now_; ++dialled_)
    if (places_[dials_[dialled_].from].node) dial(dials_[dialled_]);
}

void World::turn(Place& place) {
  if (!place.node) return;
  unsigned met = 0;
  if (now_ >= place.next_turn) {
    ++turns_;
    place.turned_at = now_;
    met = place.node->turn(now_);
    uint64_t ended = 0;
    for (const auto& talker : place.talkers) ended += talker->ended();
    if (place.node->punts_wait() || ended != place.ended)
      place.next_control = std::min(place.next_control, now_ + place.lag);
    place.ended = ended;
  }
  if (now_ >= place.next_control) {
    place.next_control = std::max(place.node->control(now_), now_ + micros(1));
    ++met;  // it may have said something
  }
  place.next_turn = Nanos::never();
  for (const auto& talker : place.talkers)
    place.next_turn = std::min(place.next_turn, talker->next());
  // The wheel is at most a tick late.
  place.next_turn = std::max(place.next_turn, now_ + kTick);
  if (met != 0) place.next_turn = now_ + turn_time_;
}

Nanos World::next() const {
  Nanos next = segment_.next();
  if (dialled_ < dials_.size()) next = std::min(next, dials_[dialled_].at);
  if (spread_ < spreads_.size()) next = std::min(next, spreads_[spread_].first);
  if (event_ == Event::kRestart && !died_) next = std::min(next, cut_);
  if (died_ && !back_) next = std::min(next, heals_);
  for (const Place& place : places_)
    if (place.node) next = std::min({next, place.next_turn, place.next_control});
  return next;
}

// Whoever reads and has a peer that speaks moves on within two idle times.
void World::look_for_stalls() {
  looks_at_ = now_ + seconds(1);
  for (Side& side : sides_) {
    if (!side.open() || !side.client || side.other == nullptr || !side.other->open()) continue;
    if (side.manners.deaf || side.other->manners.deaf) continue;
    const Nanos moved = std::max(side.moved_at, side.other->moved_at);
    EXPECT_LE((now_ - moved).seconds(), (idle_ * 2 + seconds(1)).seconds())
        << "stalls: " << side.story() << "; " << side.other->story();
    if (testing::Test::HasFailure()) return;
  }
}

bool World::settled() {
  if (dialled_ < dials_.size() || (event_ == Event::kRestart && !back_)) return false;
  bool deaf = false;
  for (const Side& side : sides_) {
    if (side.settled()) continue;
    if (!side.manners.deaf && !(side.other != nullptr && side.other->manners.deaf)) return false;
    deaf = true;
  }
  // Only they are left: now they listen.
  for (Side& side : sides_) side.manners.deaf = false;
  for (Place& place : places_) place.next_turn = now_;
  if (deaf || segment_.next() != Nanos::never()) return false;
  for (Place& place : places_)
    if (!place.node->host().sessions().empty()) return false;
  return true;
}

bool World::run() {
  uint64_t steps = 0;
  while (now_ < born_ + kMostTime && !testing::Test::HasFailure()) {
    follow_script();
    const unsigned met = segment_.arrive(now_);
    for (Place& place : places_) {
      if ((met >> place.index & 1) != 0)
        place.next_turn = std::min(place.next_turn, std::max(now_, place.turned_at + turn_time_));
      if (now_ >= std::min(place.next_turn, place.next_control)) turn(place);
    }
    if (now_ >= looks_at_) look_for_stalls();
    if (++steps % 64 == 0 && settled()) return true;
    const Nanos then = next();
    if (then == Nanos::never()) {
      if (settled()) return true;
      if (next() == Nanos::never()) return false;
    }
    now_ = std::max(next(), now_ + Nanos(1));
  }
  return false;
}

// Whether the event lies in the connection's life.
bool World::is_hit(const Side& side) const {
  if (side.other == nullptr) return true;
  const Side& other = *side.other;
  if (side.manners.gives_up_after != Nanos::never() ||
      other.manners.gives_up_after != Nanos::never())
    return true;
  if (event_ == Event::kNothing || event_ == Event::kShortDark || event_ == Event::kGiveUp)
    return false;
  if (event_ == Event::kRestart && side.node != hit_ && other.node != hit_) return false;
  const auto over = [](const Side& one) { return one.gone ? Nanos::never() : one.ended_at; };
  return side.made_at <= heals_ && std::max(over(side), over(other)) >= cut_;
}

void World::expect_named(const Side& side) {
  if (side.gone) return;
  if (side.failed_at != Nanos::never()) {
    // Nobody could hear it, or could be heard.
    EXPECT_TRUE(cut_ != Nanos::never() && event_ != Event::kShortDark && side.made_at <= heals_ &&
                side.failed_at >= cut_)
        << "a dial failed";
    return;
  }
  ASSERT_TRUE(side.why);
  const bool gave_up = side.gives_up_at <= side.ended_at;
  EXPECT_TRUE(*side.why == End::kClosed || *side.why == End::kSilent ||
              (*side.why == End::kStopped && gave_up));
  const Side* other = side.other;
  if (other == nullptr) {
    // Its Accept was never heard: the other one knows nothing of it.
    EXPECT_FALSE(side.client);
    EXPECT_EQ(*side.why, gave_up ? End::kStopped : End::kSilent);
    EXPECT_EQ(side.received_all, 0u);
    EXPECT_LE(side.ended_at, side.opened_at + idle_ + millis(500) + kSlack);
    return;
  }
  // What is done was heard, and what was heard was said.
  EXPECT_LE(side.received_all, other->sent_all);
  if (!other->gone) {
    for (uint16_t stream = 0; stream < side.sent.size(); ++stream)
      EXPECT_LE(side.done_in_a_row(stream), other->received[stream]) << "stream " << stream;
  }
  if (!other->gone && *side.why == End::kClosed) {
    EXPECT_EQ(side.sent_all, other->received_all);
    EXPECT_EQ(side.received_all, other->sent_all);
  }
  if (*side.why != End::kSilent) return;
  // From the last that it could hear on, one idle time; the longer of the two sides' is not more
  // than half a second longer.
  Nanos cut = cut_;
  if (other->why == End::kStopped) cut = std::min(cut, other->ended_at);
  if (event_ == Event::kHalfDark && side.node == hit_) cut = std::max(cut, other->ended_at);
  if (other->gone) cut = std::max(cut_, side.opened_at);
  EXPECT_LE(side.ended_at,
            std::max(cut, side.opened_at) + segment_.longest_way() + idle_ + millis(500) + kSlack);
  EXPECT_GE(side.ended_at, side.opened_at + idle_);
}

void World::expect_well(const Side& side) {
  EXPECT_TRUE(side.settled());
  if (side.heard[static_cast<size_t>(Heard::kTaken)] != 0) {
    EXPECT_EQ(side.heard[static_cast<size_t>(Heard::kOverrun)], 0u);
    EXPECT_EQ(side.heard[static_cast<size_t>(Heard::kForged)], 0u);
    // A spoilt header is found to be none before the trailer is looked at.
    if (segment_.counts().spoilt == 0) {
      EXPECT_EQ(side.heard[static_cast<size_t>(Heard::kMalformed)], 0u);
      EXPECT_EQ(side.heard[static_cast<size_t>(Heard::kDamaged)], 0u);
    }
  }
  if (is_hit(side)) return expect_named(side);
  ASSERT_EQ(side.why, End::kClosed);
  EXPECT_TRUE(side.said());
  EXPECT_EQ(side.done_all, side.sent_all);
  EXPECT_TRUE(side.outside.empty());
  EXPECT_EQ(side.received, [&] {
    std::vector<uint32_t> sent = side.other->sent;
    sent.resize(side.received.size());
    return sent;
  }());
}

void World::expect_nothing_left(Place& place) {
  transport::Host& host = place.node->host();
  EXPECT_TRUE(host.sessions().empty());
  EXPECT_EQ(host.dialling(), 0u);
  const transport::HostCounts& counts = host.counts();
  EXPECT_EQ(counts.dialled, counts.connected + counts.failed);
  EXPECT_EQ(counts.connected + counts.accepted, counts.ended);
  EXPECT_EQ(counts.unsent, 0u);
  for (uint32_t port = 0; port < 65'536; ++port)
    EXPECT_EQ(host.listening().has(static_cast<uint16_t>(port)), port == kPort) << port;
  for (const Side& side : sides_)
    EXPECT_FALSE(side.node == place.index && side.opened_at != Nanos::never() &&
                 host.owners().find(side.id));
  die(place);
}

void World::expect_all_is_well() {
  for (const Side& side : sides_) {
    expect_well(side);
    if (testing::Test::HasFailure()) {
      std::printf("%s\n", side.story().c_str());
      break;
    }
  }
  for (Place& place : places_)
    if (place.node) expect_nothing_left(place);
  EXPECT_EQ(segment_.imbalance(), 0);
  EXPECT_EQ(buffers_in_use(), 0u);
}

uint64_t World::messages() const {
  uint64_t sum = 0;
  for (const Side& side : sides_) sum += side.received_all;
  return sum;
}

uint64_t World::ends(End why) const {
  uint64_t sum = 0;
  for (const Side& side : sides_) sum += side.why == why ? 1 : 0;
  return sum;
}

std::string World::story() const {
  std::string out = "event " + std::to_string(static_cast<int>(event_)) + " cut " +
                    std::to_string(cut_.seconds()) + " heals " + std::to_string(heals_.seconds()) +
                    " idle " + std::to_string(idle_.seconds()) + " node " + std::to_string(hit_) +
                    " now " + std::to_string(now_.seconds()) + " turns " + std::to_string(turns_);
  for (const Side& side : sides_) out += "\n  " + side.story();
  return out;
}

uint64_t number_of(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(TransportWorlds, EverythingArrivesOnceOrEndsByName) {
  const uint64_t first = number_of("SPANWAY_SEED", 1);
  const uint64_t seeds = number_of("SPANWAY_SEEDS", kSanitized ? 40 : 300);
  const bool verbose = number_of("SPANWAY_VERBOSE", 0) != 0;
  uint64_t messages = 0, closed = 0, silent = 0, stopped = 0, handed = 0, lost = 0;
  Nanos longest;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    EXPECT_TRUE(world.run()) << "it hangs";
    if (verbose)
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), world.story().c_str());
    if (!testing::Test::HasFailure()) world.expect_all_is_well();
    if (testing::Test::HasFailure()) {
      std::printf("this world went wrong: seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  world.story().c_str());
      return;
    }
    messages += world.messages();
    closed += world.ends(End::kClosed);
    silent += world.ends(End::kSilent);
    stopped += world.ends(End::kStopped);
    handed += world.handed();
    lost += world.lost();
    longest = std::max(longest, world.now());
  }
  std::printf(
      "seeds %llu to %llu: %llu messages; ends: %llu closed, %llu silent, %llu stopped; "
      "%llu frames lost, %llu handed on; the longest world took %.1f s\n",
      static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + seeds - 1),
      static_cast<unsigned long long>(messages), static_cast<unsigned long long>(closed),
      static_cast<unsigned long long>(silent), static_cast<unsigned long long>(stopped),
      static_cast<unsigned long long>(lost), static_cast<unsigned long long>(handed),
      longest.seconds());
}

}  // namespace
}  // namespace spanway::test
