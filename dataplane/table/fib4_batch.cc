// SPDX-License-Identifier: BSD-3-Clause
// The batch road of the IPv4 table: every touched record is painted once.
//
// The short routes (up to /19) are noted first, the long ones sorted by record; then one pass over
// the touched records merges what is new into the record's group and builds what readers will see.
// A piece of them is built, then shown. When the pool surely has room for all that, nothing can
// fail on the way, and several threads may paint different records at the same time: they share
// only what none of them changes. Otherwise the short routes go the single road and a record
// without room is left as it was.
#include <algorithm>
#include <deque>
#include <functional>
#include <optional>

#include "dataplane/base/check.h"
#include "dataplane/table/crew.h"
#include "dataplane/table/fib4_state.h"
#include "dataplane/table/long_changes4.h"
#include "dataplane/table/short_cover4.h"

namespace spanway::table {
namespace {

// Records a piece: some hundred microseconds of work.
constexpr size_t kPieceRecords = 2048;
// Waking a crew pays from here on.
constexpr size_t kManyRecords = 4 * kPieceRecords;

// How far ahead the parts of a record are asked for.
constexpr size_t kFarAhead = 12, kNearAhead = 5;

// Words that painting a record of n routes takes at most: the run with a child behind every entry,
// and nodes whose leaves all but the first begin or end a route.
constexpr size_t most_words(size_t n) {
  if (n == 0) return 0;
  constexpr size_t kNodeWords = 24;  // bitmap, ranks, the first leaf, padding
  return kRecordSlots + std::min<size_t>(n, kRecordSlots) * (2 + kNodeWords) + 2 * n;
}

class Batch4 {
 public:
  Batch4(Fib4::State& state, std::span<const Change4> changes) : state_(state), all_(changes) {}

  std::vector<uint32_t> run(Crew* crew) {
    sort_out();
    note_short();
    list_records();
    const size_t hands = crew != nullptr && records_.size() > kManyRecords ? crew->hands() : 1;
    if (hands > 1 && has_room(hands))
      paint_all(hands, *crew);
    else if (has_room(1))
      paint_all();
    else
      paint_what_fits();
    return std::move(refused_);
  }

 private:
  struct Touched {
    uint32_t under_short : 1, index : 31;  // of the record; a short route over it has changed
    uint32_t first;                        // of its long changes; the next one's is their end
  };
  struct Hand {
    Hand(Fib4::State& state, Builders builders)
        : edit(state.pool, builders),
          group_lot(state.groups.lot(builders)),
          cover(state.short_hops) {}
    Edit edit;
    PoolLot group_lot;
    ShortCover4 cover;
    std::vector<GroupRoute> routes{};
    size_t added = 0, removed = 0;
  };

  void sort_out();
  void note_short();
  void forget_short();
  void list_records();
  [[nodiscard]] bool has_room(size_t hands) const;
  void paint_all(size_t hands, Crew& crew);
  void paint_all();
  void paint_what_fits();
  void paint_piece(size_t piece, Hand& hand);
  [[gnu::always_inline]] void look_ahead(size_t i, size_t end) const;
  bool paint(const Touched& one, Hand& hand);
  uint16_t cover_of(const Touched& one, Hand& hand, bool& changed);
  void finish(Hand& hand);
  std::span<LongChange4> changes_of(const Touched& one) {
    return std::span(long_).subspan(one.first, (&one + 1)->first - one.first);
  }

  Fib4::State& state_;
  const std::span<const Change4> all_;
  std::vector<uint32_t> refused_;
  std::vector<uint32_t> short_;  // places in all_
  struct Before {
    uint32_t place;
    uint16_t hop;
  };
  std::vector<Before> before_;                       // what short routes led to
  std::vector<Stretch4> under_;                      // records under changed short routes; disjoint
  std::optional<LazyArray<uint8_t>> short_changed_;  // by short_place
  std::vector<LongChange4> long_;
  std::vector<Touched> records_;        // in order, and a last one as the end
  size_t words_ = 0, group_words_ = 0;  // that painting takes at most
};

void Batch4::sort_out() {
  long_.reserve(all_.size());
  for (uint32_t i = 0; i < all_.size(); ++i) {
    const Prefix4& prefix = all_[i].prefix;
    const uint16_t hop = all_[i].next_hop.value;
    if (hop >= kFirstChild) {
      refused_.push_back(i);
      continue;
    }
    if (hop != 0) state_.pool.use_hop(hop);
    if (prefix.length() == 0)
      static_cast<void>(state_.change(prefix, hop));  // one store, needs no room
    else if (prefix.length() <= kRecordLength4)
      short_.push_back(i);
    else
      long_.push_back(LongChange4::make(prefix, hop));
  }
  sort_by_record(long_);
}

void Batch4::note_short() {
  if (short_.empty()) return;
  short_changed_.emplace(state_.short_hops.size());
  for (const uint32_t i : short_) {
    const auto& [prefix, hop] = all_[i];
    const uint32_t address = prefix.addr().value();
    const uint32_t place = short_place(address, prefix.length());
    const uint16_t old = state_.short_hops[place];
    if (old == hop.value) continue;
    before_.push_back({place, old});
    state_.short_hops[place] = hop.value;
    state_.routes += old == 0;
    state_.routes -= hop.value == 0;
    (*short_changed_)[place] = 1;
    const uint32_t first = record_of(address);
    under_.push_back({first, first + (1u << (kRecordLength4 - prefix.length())) - 1});
  }
  // Of two that overlap one contains the other: it comes first and stays.
  std::sort(under_.begin(), under_.end(), [](const Stretch4& a, const Stretch4& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  size_t kept = 0;
  for (const Stretch4& one : under_)
    if (kept == 0 || one.first > under_[kept - 1].last) under_[kept++] = one;
  under_.resize(kept);
}

void Batch4::forget_short() {
  for (auto one = before_.rbegin(); one != before_.rend(); ++one) {
    uint16_t& hop = state_.short_hops[one->place];
    state_.routes += one->hop != 0 && hop == 0;
    state_.routes -= one->hop == 0 && hop != 0;
    hop = one->hop;
  }
  under_.clear();
}

void Batch4::list_records() {
  records_.clear();
  words_ = group_words_ = 0;
  uint32_t next = 0;  // of long_
  const auto list = [&](uint32_t index, uint32_t under) {
    records_.push_back({under, index, next});
    if (next + kFarAhead < long_.size()) state_.groups.prefetch(long_[next + kFarAhead].record());
    const uint32_t first = next;
    while (next < long_.size() && long_[next].record() == index) ++next;
    const size_t routes = state_.groups.all(index).size() + (next - first);
    words_ += most_words(routes);
    if (next != first) group_words_ += RouteGroups4::words_of(routes);
  };
  for (const Stretch4& stretch : under_) {
    while (next < long_.size() && long_[next].record() < stretch.first)
      list(long_[next].record(), 0);
    for (uint32_t index = stretch.first; index <= stretch.last; ++index) list(index, 1);
  }
  while (next < long_.size()) list(long_[next].record(), 0);
  records_.push_back({0, 0, next});
}

bool Batch4::has_room(size_t hands) const {
  if (hands == 1)
    return words_ <= state_.pool.fresh_words() && group_words_ <= state_.groups.fresh_words();
  return PoolLot::most_taken(words_, hands) <= state_.pool.fresh_words() &&
         PoolLot::most_taken(group_words_, hands) <= state_.groups.fresh_words();
}

void Batch4::paint_all(size_t hands, Crew& crew) {
  std::deque<Hand> all;
  while (all.size() < hands) all.emplace_back(state_, Builders::kSeveral);
  const size_t pieces = (records_.size() - 1 + kPieceRecords - 1) / kPieceRecords;
  state_.version.begin();
  crew.run(pieces, [&](size_t piece, unsigned hand) {
    paint_piece(piece, all[hand]);
    all[hand].edit.show();
  });
  state_.version.end();
  for (Hand& hand : all) finish(hand);
}

void Batch4::paint_all() {
  Hand hand(state_, Builders::kOne);
  for (size_t piece = 0; piece * kPieceRecords < records_.size() - 1; ++piece) {
    paint_piece(piece, hand);
    // All of a piece is built before the first store: what Recent4 keeps is of use meanwhile.
    state_.version.begin();
    hand.edit.show();
    state_.version.end();
  }
  finish(hand);
}

// What painting waits for is on its way when its turn comes.
// Not past the piece: the next one is somebody else's.
inline void Batch4::look_ahead(size_t i, size_t end) const {
  if (i + kFarAhead < end) {
    const uint32_t far = records_[i + kFarAhead].index;
    __builtin_prefetch(&state_.records[far]);
    __builtin_prefetch(&state_.owner_length[far]);
    state_.groups.prefetch_routes(far);
  }
  if (i + kNearAhead < end) {
    const uint32_t near = records_[i + kNearAhead].index;
    const uint64_t record = state_.records[near].load(std::memory_order_relaxed);
    __builtin_prefetch(state_.pool.words(static_cast<uint32_t>(record >> 32)));
    const unsigned length = std::max<unsigned>(state_.owner_length[near], 1);
    __builtin_prefetch(&state_.short_hops[short_place(near << (32 - kRecordLength4), length)]);
  }
}

void Batch4::paint_piece(size_t piece, Hand& hand) {
  const size_t first = piece * kPieceRecords;
  const size_t end = std::min(records_.size() - 1, first + kPieceRecords);
  for (size_t i = first; i < end; ++i) {
    look_ahead(i, end);
    SPANWAY_CHECK(paint(records_[i], hand));
  }
}

void Batch4::paint_what_fits() {
  forget_short();
  for (const uint32_t i : short_)
    if (!state_.change(all_[i].prefix, all_[i].next_hop.value)) refused_.push_back(i);
  list_records();
  Hand hand(state_, Builders::kOne);
  std::vector<uint32_t> full;  // records without room
  state_.version.begin();
  for (size_t i = 0; i + 1 < records_.size(); ++i) {
    const std::span changes = changes_of(records_[i]);
    hand.edit.use_reserve(
        std::ranges::all_of(changes, [](LongChange4 one) { return one.hop() == 0; }));
    if (paint(records_[i], hand))
      hand.edit.show();
    else
      full.push_back(records_[i].index);
  }
  state_.version.end();
  finish(hand);
  if (full.empty()) return;
  for (uint32_t i = 0; i < all_.size(); ++i) {
    const auto& [prefix, hop] = all_[i];
    if (prefix.length() > kRecordLength4 && hop.value < kFirstChild &&
        std::ranges::binary_search(full, record_of(prefix.addr().value())))
      refused_.push_back(i);
  }
  std::ranges::sort(refused_);
}

// The short route's next hop over a record. `changed`: it is not what the record was painted with.
uint16_t Batch4::cover_of(const Touched& one, Hand& hand, bool& changed) {
  if (one.under_short == 0) return state_.record_cover(one.index);
  const auto [hop, length] = hand.cover.over(one.index);
  uint8_t& owner = state_.owner_length[one.index];
  const uint32_t address = one.index << (32 - kRecordLength4);
  changed =
      length != owner || (length != 0 && (*short_changed_)[short_place(address, length)] != 0);
  owner = length;
  return hop;
}

// Builds a record, to be shown by the hand's edit. False: there is no room, and it stays as it was.
bool Batch4::paint(const Touched& one, Hand& hand) {
  bool covered_anew = false;
  const uint16_t cover = cover_of(one, hand, covered_anew);
  std::span<const GroupRoute> routes = state_.groups.all(one.index);
  const std::span changes = changes_of(one);
  Merged4 merged;
  if (!changes.empty()) {
    merged = merge_changes(routes, changes, hand.routes);
    routes = hand.routes;
  }
  const uint32_t touched = covered_anew ? kAllEntries : merged.touched;
  if (touched == 0) return true;
  state_.repaint(hand.edit, one.index, routes, {}, touched, cover);
  if (hand.edit.failed() ||
      (merged.touched != 0 && !state_.groups.replace(one.index, routes, hand.group_lot))) {
    hand.edit.abort();
    return false;
  }
  hand.added += merged.added;
  hand.removed += merged.removed;
  return true;
}

void Batch4::finish(Hand& hand) {
  state_.routes += hand.added;
  state_.routes -= hand.removed;
  hand.group_lot.close();
  hand.edit.bury(state_.graveyard);
}

}  // namespace

std::vector<uint32_t> Fib4::apply(std::span<const Change4> changes, Crew* crew) {
  return Batch4(*state_, changes).run(crew);
}

}  // namespace spanway::table
