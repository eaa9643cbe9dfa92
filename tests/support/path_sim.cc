// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/path_sim.h"

#include <algorithm>

namespace spanway::transport::test {
namespace {

void mark(std::vector<bool>& bits, uint64_t at) {
  if (bits.size() <= at) bits.resize(std::max<size_t>(2 * bits.size(), at + 1024));
  bits[at] = true;
}

bool is_marked(const std::vector<bool>& bits, uint64_t at) { return at < bits.size() && bits[at]; }

// Nearly always at the end.
template <class Queue, class Item>
void insert_by_time(Queue& queue, const Item& item) {
  auto place = queue.end();
  while (place != queue.begin() && std::prev(place)->at > item.at) --place;
  queue.insert(place, item);
}

}  // namespace

Flow::Flow(const FlowOptions& o)
    : options(o),
      sender(options.sender, PacketNumber(options.first_number)),
      log(options.acks, PacketNumber(options.first_number)),
      carried_(sender.scoreboard().capacity()) {}

void Flow::delivered(PacketNumber n) noexcept {
  const uint64_t item = item_of(n);
  if (is_marked(known_, item)) return;
  mark(known_, item);
  ++items_delivered_;
}

void Flow::lost(PacketNumber n) noexcept {
  if (!is_marked(known_, item_of(n))) again_.push_back(item_of(n));
}

uint64_t Flow::written(Nanos now) const {
  if (now < options.starts) return 0;
  if (options.items_per_second == 0) return options.items;
  const double seconds = (now - options.starts).seconds();
  return std::min(options.items,
                  static_cast<uint64_t>(seconds * static_cast<double>(options.items_per_second)));
}

// Of items_per_second, and a nanosecond later, so that rounding does not make it a moment too
// early.
Nanos Flow::written_at(uint64_t item) const {
  const double due = static_cast<double>(item + 1) / static_cast<double>(options.items_per_second);
  return options.starts + Nanos(static_cast<int64_t>(due * 1e9) + 1);
}

bool Flow::take_item(Nanos now, uint64_t& item) {
  while (!again_.empty()) {
    item = again_.front();
    again_.pop_front();
    if (is_marked(known_, item)) continue;
    ++repeated_;
    return true;
  }
  if (next_item_ >= written(now)) return false;
  item = next_item_++;
  return true;
}

void Flow::note_window(Nanos now) {
  const double passed = (now - noted_).seconds();
  noted_ = now;
  if (sender.congestion().phase() != Phase::kAvoidance) return;
  seconds_ += passed;
  window_seconds_ += passed * static_cast<double>(sender.congestion().window()) /
                     static_cast<double>(options.bytes);
}

void Flow::start_mean(Nanos now) {
  window_seconds_ = seconds_ = 0;
  noted_ = now;
}

double Flow::mean_window() const { return seconds_ > 0 ? window_seconds_ / seconds_ : 0; }

Flow& PathSim::add(const FlowOptions& options) {
  flows_.push_back(std::make_unique<Flow>(options));
  return *flows_.back();
}

void PathSim::transmit(Flow& flow, uint64_t item) {
  const PacketNumber n = flow.sender.on_sent(flow.options.bytes, now_);
  flow.item_of(n) = item;
  const uint64_t count = ++entered_;
  if (options_.lost && options_.lost(count, now_)) return;
  Data data{now_ + options_.delay, &flow, n, item};
  if (options_.bytes_per_second != 0) {
    const Nanos wait = std::max(Nanos(0), link_free_ - now_);
    const uint64_t queued =
        static_cast<uint64_t>(wait.seconds() * static_cast<double>(options_.bytes_per_second));
    if (queued + flow.options.bytes > options_.queue_bytes) return;
    data.marked = queued > options_.mark_bytes;
    const double on_link =
        static_cast<double>(flow.options.bytes) / static_cast<double>(options_.bytes_per_second);
    link_free_ = now_ + wait + Nanos(static_cast<int64_t>(on_link * 1e9));
    data.at = link_free_ + options_.delay;
  }
  if (options_.held) data.at += options_.held(count, now_);
  insert_by_time(data_, data);
}

void PathSim::send(Flow& flow) {
  uint64_t item = 0;
  while (flow.sender.may_send(flow.options.bytes, now_) && flow.take_item(now_, item))
    transmit(flow, item);
}

void PathSim::answer(Flow& flow) {
  const ReceiveLog& log = flow.log;
  const Answer answer{now_ + options_.delay, &flow, log.words(), log.delay(now_), log.ce_count()};
  flow.log.told();
  ++answered_;
  if (options_.ack_lost && options_.ack_lost(answered_, now_)) return;
  insert_by_time(answers_, answer);
}

void PathSim::arrive(const Data& data) {
  Flow& flow = *data.flow;
  if (!is_marked(flow.arrived_, data.item)) {
    mark(flow.arrived_, data.item);
    if (flow.items_arrived_++ != 0)
      flow.longest_stall_ = std::max(flow.longest_stall_, now_ - flow.last_arrival_);
    flow.last_arrival_ = now_;
    if (flow.options.items_per_second != 0)
      flow.longest_wait_ = std::max(flow.longest_wait_, now_ - flow.written_at(data.item));
  }
  flow.log.note(data.n, true, data.marked, now_);
  if (flow.log.ack_due(now_)) answer(flow);
}

void PathSim::settle(const Answer& answer) {
  AckRanges room;
  const Ack ack{ranges_of(answer.words, room), answer.delay, answer.ce_count};
  answer.flow->note_window(now_);
  answer.flow->sender.on_ack(ack, now_, *answer.flow);
  send(*answer.flow);
}

void PathSim::timer(Flow& flow) {
  if (flow.log.ack_due(now_)) answer(flow);
  if (now_ >= flow.sender.deadline()) {
    flow.note_window(now_);
    const uint64_t timeouts = flow.sender.counts().timeouts;
    if (flow.sender.on_timer(now_, flow) == TimerVerdict::kProbe &&
        flow.sender.may_send(flow.options.bytes, now_)) {
      uint64_t item = 0;
      if (!flow.take_item(now_, item)) {
        item = flow.item_of(flow.sender.next() - 1u);
        ++flow.repeated_;
      }
      transmit(flow, item);
    }
    if (flow.sender.counts().timeouts != timeouts) flow.timeouts.push_back(now_);
  }
  send(flow);
}

// When this flow next has something to do by itself.
Nanos PathSim::wake_of(const Flow& flow) const {
  Nanos wake = std::min(flow.sender.deadline(), flow.log.deadline());
  if (now_ < flow.options.starts) return std::min(wake, flow.options.starts);
  const bool waiting = !flow.again_.empty() || flow.next_item_ < flow.written(now_);
  if (waiting && flow.sender.paced_until() > now_) {
    wake = std::min(wake, flow.sender.paced_until());
  } else if (flow.options.items_per_second != 0 && flow.next_item_ < flow.options.items) {
    const Nanos writes = flow.written_at(flow.next_item_);
    if (writes > now_) wake = std::min(wake, writes);
  }
  return wake;
}

bool PathSim::run(Nanos end, const std::function<bool()>& stop) {
  for (auto& flow : flows_) timer(*flow);
  for (;;) {
    if (stop && stop()) return true;
    if (std::all_of(flows_.begin(), flows_.end(), [](auto& flow) { return flow->done(); }))
      return true;
    const Nanos data = data_.empty() ? Nanos::never() : data_.front().at;
    const Nanos answers = answers_.empty() ? Nanos::never() : answers_.front().at;
    Nanos wake = Nanos::never();
    Flow* woken = nullptr;
    for (auto& flow : flows_) {
      const Nanos at = std::max(wake_of(*flow), now_);
      if (at < wake) {
        wake = at;
        woken = flow.get();
      }
    }
    const Nanos next = std::min({data, answers, wake});
    if (next == Nanos::never()) return false;
    if (next > end) {
      now_ = end;
      return true;
    }
    now_ = std::max(now_, next);
    if (data == next) {
      const Data arrived = data_.front();
      data_.pop_front();
      arrive(arrived);
    } else if (answers == next) {
      const Answer answered = answers_.front();
      answers_.pop_front();
      settle(answered);
    } else {
      timer(*woken);
    }
  }
}

}  // namespace spanway::transport::test
