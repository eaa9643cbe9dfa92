// SPDX-License-Identifier: BSD-3-Clause
#include "control/attach/client.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

namespace spanway::attach {
namespace {

// Messages of one client in one step, so that others have their turn.
constexpr unsigned kMessagesAStep = 32;
constexpr uint16_t kFirstFree = 40'000, kFreePorts = 20'000;
constexpr uint32_t kMostPatienceMs = 600'000;

Refused refused_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kExists:
      return Refused::kInUse;
    case ErrorCode::kFull:
      return Refused::kLimit;
    case ErrorCode::kPermission:
      return Refused::kPermission;
    case ErrorCode::kUnavailable:
    case ErrorCode::kNotFound:
      return Refused::kUnreachable;
    case ErrorCode::kInvalid:
    case ErrorCode::kInternal:
      break;
  }
  return Refused::kInvalid;
}

void copy_text(char (&to)[240], const Error& error) {
  const std::string text = error.fix.empty() ? error.message : error.message + ": " + error.fix;
  std::memcpy(to, text.data(), std::min(text.size(), sizeof(to) - 1));
}

std::optional<transport::Peer> peer_of(const Where& where) {
  if (where.zero != 0 || where.port == 0) return std::nullopt;
  if (where.family == 4)
    return transport::Peer{
        Ip4Addr(where.address[0], where.address[1], where.address[2], where.address[3]),
        where.port};
  if (where.family != 6) return std::nullopt;
  Ip6Addr address;
  std::copy_n(where.address, address.bytes.size(), address.bytes.begin());
  return transport::Peer{address, where.port};
}

Where where_of(const transport::Peer& peer) {
  Where where;
  where.port = peer.port;
  if (peer.address.is6()) {
    where.family = 6;
    std::ranges::copy(peer.address.v6().bytes, where.address);
    return where;
  }
  where.family = 4;
  for (unsigned i = 0; i < 4; ++i)
    where.address[i] = static_cast<uint8_t>(peer.address.v4().value() >> (24 - 8 * i));
  return where;
}

}  // namespace

// A connection with its memory.
struct Client::Link {
  Attachment attachment;
  SharedMemory region;
  RegionPlan plan;
  Where peer;
  bool with_worker = false;  // and not buried yet
  bool forgotten = false;    // the application has read its end
};

struct Client::ChannelPlace {
  ChannelPlace(SharedMemory shared, Fd bell, const ChannelPlan& plan, uint32_t slots, int pipe)
      : memory(std::move(shared)),
        eventfd(std::move(bell)),
        channel(RingMemory::over(memory.bytes().data() + ChannelPlan::submissions_at(),
                                 plan.submissions),
                RingMemory::over(memory.bytes().data() + plan.completions_at(), plan.completions),
                slots, pipe) {}
  SharedMemory memory;
  Fd eventfd;
  Channel channel;
  bool in_use = true;
};

// On whose behalf connections are made: one dial, or one port that is listened on.
class Client::Claim final : public transport::Owner {
 public:
  Claim(Client& of, const RegionPlan& plan, uint32_t request, uint16_t port)
      : of_(of), plan_(plan), request_(request), port_(port) {}

  // Asked once for each connection, when it is about to be given to that worker: from here on it
  // has an end that the application hears of.
  transport::App& app(WorkerId worker) override {
    if (coming_ != nullptr) {
      coming_->with_worker = true;
      of_.tell_of(*coming_, worker, request_, port_);
    }
    return *of_.around_.services[worker.value];
  }
  [[nodiscard]] transport::Params params() const override {
    transport::Params params = of_.around_.params;
    params.streams = static_cast<uint16_t>(plan_.streams);
    params.window_bytes = plan_.window_bytes;
    params.window_messages = plan_.window_messages;
    return params;
  }

  std::optional<transport::Seat> admit(uint32_t number, const transport::Path& path) override {
    if (of_.left()) return std::nullopt;
    auto made = of_.make_link(plan_);
    if (!made) return std::nullopt;
    (*made)->peer = where_of(path.peer);
    return seat(number, **made);
  }
  void connected(uint32_t) override { of_.retire(request_); }
  void failed(uint32_t number, const Error& why) override {
    of_.free_link(*links_.at(number));
    links_.erase(number);
    const bool no_answer = why.code == ErrorCode::kUnavailable;
    of_.refuse(request_, no_answer ? Refused::kTimeout : refused_of(why.code), why);
    of_.retire(request_);
  }
  void buried(uint32_t number, uint64_t) override {
    Link& link = *links_.at(number);
    links_.erase(number);
    const bool known = std::exchange(link.with_worker, false);
    if (!known || link.forgotten || of_.left()) of_.free_link(link);
  }

  // The connection-to-be; the number of a dial comes with dialled().
  transport::Seat seat(uint32_t number, Link& link) {
    links_[number] = coming_ = &link;
    return {std::bit_cast<uint64_t>(&link.attachment), link.attachment.receive};
  }
  void dialled(uint32_t number) {
    number_ = number;
    links_.clear();
    links_[number] = coming_;
  }
  [[nodiscard]] uint32_t number() const { return number_; }
  [[nodiscard]] bool is_empty() const { return links_.empty(); }
  [[nodiscard]] Link& dialled_link() { return *coming_; }

 private:
  Client& of_;
  RegionPlan plan_;
  uint32_t request_;
  uint16_t port_;        // 0: a dial
  uint32_t number_ = 0;  // of the dial
  Link* coming_ = nullptr;
  std::map<uint32_t, Link*> links_;
};

Client::Client(Surroundings& around, Fd socket)
    : around_(around), socket_(std::move(socket)), generations_(around.limits.connections) {}

Client::~Client() = default;

// ---- what it says ----

void Client::step(Nanos now) {
  std::erase_if(past_, [](const auto& claim) { return claim->is_empty(); });
  if (deaf_) return leave(Refused::kBroken, "what you are told is not read");
  for (unsigned i = 0; i < kMessagesAStep && !left(); ++i) {
    Packet packet;
    switch (receive(socket_.get(), packet)) {
      case Post::kLater:
        return;
      case Post::kDone:
        read(packet, now);
        // Memory takes its time to make; others wait no longer than for one of it.
        if (packet.kind() == MessageKind::kConnect) return;
        break;
      case Post::kGone:
        leave(Refused::kStopping, {});
        return;
      case Post::kWrong:
        leave(Refused::kBroken, "this message has more than a message may have");
        return;
    }
  }
}

void Client::read(Packet& packet, Nanos now) {
  const auto data = packet.data();
  const MessageKind kind = packet.kind();
  if (by_worker_.empty() != (kind == MessageKind::kHello) || packet.fd_count != 0)
    return leave(Refused::kBroken, "this message has no place here");
  switch (kind) {
    case MessageKind::kHello:
      if (const auto message = read_message<HelloMessage>(data)) return on_hello(*message);
      break;
    case MessageKind::kConnect:
      if (const auto message = read_message<ConnectMessage>(data)) return on_connect(*message, now);
      break;
    case MessageKind::kHangUp:
      if (const auto message = read_message<HangUpMessage>(data)) return on_hang_up(*message);
      break;
    case MessageKind::kListen:
      if (const auto message = read_message<ListenMessage>(data)) return on_listen(*message);
      break;
    case MessageKind::kUnlisten:
      if (const auto message = read_message<UnlistenMessage>(data)) return on_unlisten(*message);
      break;
    case MessageKind::kForget:
      if (const auto message = read_message<ForgetMessage>(data)) return on_forget(*message);
      break;
    default:
      break;
  }
  leave(Refused::kBroken, "this is no message");
}

void Client::on_hello(const HelloMessage& message) {
  if (message.version != kVersion)
    return leave(Refused::kOtherVersion, "the daemon speaks version " + std::to_string(kVersion));
  const Limits& limits = around_.limits;
  ChannelPlan plan = message.rings;
  if (plan.submissions == 0) plan.submissions = limits.submissions;
  if (plan.completions == 0) plan.completions = limits.completions;
  if (!plan.is_valid() || plan.submissions > limits.submissions ||
      plan.completions > limits.completions)
    return leave(Refused::kInvalid, "rings have a power of two of entries, at most " +
                                        std::to_string(limits.submissions) + " and " +
                                        std::to_string(limits.completions));
  auto bell = Pipe::create();
  if (!bell) return leave(Refused::kMemory, bell.error().message);
  bell_ = std::move(*bell);
  completions_ = plan.completions;
  std::vector<std::unique_ptr<ChannelPlace>> places;
  for (size_t worker = 0; worker < around_.services.size(); ++worker) {
    auto memory = SharedMemory::create("spanway-channel", plan.bytes());
    auto eventfd = make_eventfd();
    if (!memory || !eventfd)
      return leave(Refused::kMemory, "there is no memory for another application");
    const ChannelHead head{kChannelMagic, kVersion, static_cast<uint32_t>(worker), plan.submissions,
                           plan.completions};
    std::memcpy(memory->bytes().data(), &head, sizeof(head));
    bytes_ += plan.bytes();
    places.push_back(std::make_unique<ChannelPlace>(std::move(*memory), std::move(*eventfd), plan,
                                                    limits.connections, bell_.writes.get()));
  }
  channels_ = std::move(places);
  WelcomeMessage welcome;
  welcome.workers = static_cast<uint32_t>(channels_.size());
  welcome.slots = limits.connections;
  const int reads[] = {bell_.reads.get()};
  post(welcome, reads);
  for (const auto& place : channels_) {
    by_worker_.push_back(&place->channel);
    ChannelMessage channel;
    channel.worker = static_cast<uint32_t>(by_worker_.size() - 1);
    channel.rings = plan;
    const int fds[] = {place->memory.fd(), place->eventfd.get()};
    post(channel, fds);
    around_.services[channel.worker]->add(place->channel, place->eventfd.get());
    ++channels_in_use_;
  }
}

void Client::on_connect(const ConnectMessage& message, Nanos now) {
  const uint32_t request = message.head.request;
  const auto peer = peer_of(message.peer);
  if (!peer || request == 0 || dials_.contains(request))
    return refuse(request, {ErrorCode::kInvalid, "this is no address to connect to"});
  if (dials_.size() >= around_.limits.dials)
    return refuse(request, {ErrorCode::kFull, "so many dials wait for their answers already"});
  auto link = make_link(message.region);
  if (!link) return refuse(request, link.error());
  (*link)->peer = message.peer;
  auto claim = std::make_unique<Claim>(*this, message.region, request, uint16_t{0});
  transport::DialOptions options{.peer = *peer};
  options.patience = millis(std::clamp<uint32_t>(message.timeout_ms, 1, kMostPatienceMs));
  options.seat = claim->seat(0, **link);
  const auto number = around_.host.dial(options, *claim, now);
  if (!number) {
    free_link(**link);
    return refuse(request, number.error());
  }
  claim->dialled(*number);
  dials_[request] = std::move(claim);
}

void Client::on_hang_up(const HangUpMessage& message) {
  const auto dial = dials_.find(message.head.request);
  if (dial == dials_.end()) return;  // it was answered in the meantime
  around_.host.hang_up(dial->second->number());
  free_link(dial->second->dialled_link());
  dials_.erase(dial);
  refuse(message.head.request, {ErrorCode::kUnavailable, "hung up"});
}

void Client::on_listen(const ListenMessage& message) {
  const uint32_t request = message.head.request;
  if (message.port > UINT16_MAX) return refuse(request, {ErrorCode::kInvalid, "this is no port"});
  if (listens_.size() >= around_.limits.listens)
    return refuse(request, {ErrorCode::kFull, "so many ports are listened on already"});
  if (const Status fits = check(message.region); !fits) return refuse(request, fits.error());
  Status status;
  auto port = static_cast<uint16_t>(message.port);
  std::unique_ptr<Claim> claim;
  for (unsigned i = 0; i < kFreePorts; ++i) {
    if (message.port == 0) port = static_cast<uint16_t>(kFirstFree + i);
    claim = std::make_unique<Claim>(*this, message.region, 0, port);
    status = around_.host.listen(port, *claim);
    if (status || message.port != 0 || status.error().code != ErrorCode::kExists) break;
  }
  if (!status) return refuse(request, status.error());
  listens_[port] = std::move(claim);
  ListeningMessage answer;
  answer.head.request = request;
  answer.port = port;
  post(answer);
}

void Client::on_unlisten(const UnlistenMessage& message) {
  const auto listen = listens_.find(static_cast<uint16_t>(message.port));
  if (message.port > UINT16_MAX || listen == listens_.end()) return;
  around_.host.unlisten(listen->first);
  past_.push_back(std::move(listen->second));
  listens_.erase(listen);
}

void Client::on_forget(const ForgetMessage& message) {
  const auto at = links_.find(ConnectionKey{message.connection}.slot());
  if (at == links_.end() || at->second->attachment.key.value != message.connection)
    return leave(Refused::kBroken, "there is no such connection to forget");
  at->second->forgotten = true;
  if (!at->second->with_worker) free_link(*at->second);
}

// ---- connections ----

Status Client::check(const RegionPlan& plan) const {
  const transport::Params params{.packet_bytes = around_.params.packet_bytes,
                                 .streams = static_cast<uint16_t>(plan.streams),
                                 .window_bytes = plan.window_bytes,
                                 .window_messages = plan.window_messages,
                                 .idle_ms = around_.params.idle_ms,
                                 .first = {}};
  if (!plan.is_valid() || !transport::is_valid(params) ||
      plan.send_messages > around_.most_messages)
    return Error{ErrorCode::kInvalid, "no connection has such windows",
                 "powers of two from 4 KiB, a message at most for each 64 bytes"};
  if (bytes_ + plan.bytes() > around_.limits.bytes)
    return Error{ErrorCode::kFull, "all shared memory of one application is in use",
                 "smaller windows, or fewer connections"};
  if (plan.completions() > completions_)
    return Error{ErrorCode::kFull, "all completions of one application are promised",
                 "fewer messages at once, or fewer connections"};
  return {};
}

Result<Client::Link*> Client::make_link(const RegionPlan& plan) {
  if (Status status = check(plan); !status) return std::move(status).error();
  uint32_t slot = 0;
  while (slot < generations_.size() && links_.contains(slot)) ++slot;
  if (slot == generations_.size())
    return Error{ErrorCode::kFull, "one application may not have more connections",
                 "close some, and read their ends"};
  auto region = SharedMemory::create("spanway-connection", plan.bytes());
  if (!region) return std::move(region).error();
  const RegionHead head{
      kRegionMagic,         kVersion,          plan.streams,    plan.window_bytes,
      plan.window_messages, plan.send_streams, plan.send_bytes, plan.send_messages};
  const std::span<uint8_t> bytes = region->bytes();
  std::memcpy(bytes.data(), &head, sizeof(head));
  auto link = std::make_unique<Link>();
  link->attachment.key = ConnectionKey::of(slot, ++generations_[slot]);
  link->attachment.channels = by_worker_;
  link->attachment.receive = bytes.subspan(RegionPlan::receive_at(), plan.receive_bytes());
  link->attachment.send = bytes.subspan(plan.send_at(), plan.sent_bytes());
  link->region = std::move(*region);
  link->plan = plan;
  bytes_ += plan.bytes();
  completions_ -= plan.completions();
  return (links_[slot] = std::move(link)).get();
}

void Client::free_link(Link& link) {
  bytes_ -= link.plan.bytes();
  completions_ += link.plan.completions();
  links_.erase(link.attachment.key.slot());
}

void Client::retire(uint32_t request) {
  const auto dial = dials_.find(request);
  if (dial == dials_.end()) return;
  past_.push_back(std::move(dial->second));
  dials_.erase(dial);
}

// ---- telling it ----

void Client::tell_of(const Link& link, WorkerId worker, uint32_t request, uint16_t port) {
  ConnectionMessage message;
  message.head.request = request;
  message.connection = link.attachment.key.value;
  message.worker = worker.value;
  message.port = port;
  message.peer = link.peer;
  message.region = link.plan;
  const int fds[] = {link.region.fd()};
  post(message, fds);
}

void Client::refuse(uint32_t request, const Error& why) {
  refuse(request, refused_of(why.code), why);
}

void Client::refuse(uint32_t request, Refused code, const Error& why) {
  RefusedMessage message;
  message.head.request = request;
  message.why = code;
  copy_text(message.text, why);
  post(message);
}

template <class M>
void Client::post(const M& message, std::span<const int> fds) {
  if (left() || send_message(socket_.get(), message, fds) != Post::kLater) return;
  deaf_ = true;
}

// ---- its end ----

void Client::leave(Refused why, const std::string& text) {
  if (left()) return;
  if (!text.empty()) {
    GoodbyeMessage message;
    message.why = why;
    copy_text(message.text, Error{ErrorCode::kInvalid, text});
    post(message);
  }
  socket_ = Fd();
  for (auto& [port, claim] : listens_) {
    around_.host.unlisten(port);
    past_.push_back(std::move(claim));
  }
  listens_.clear();
  for (auto& [request, claim] : dials_) {
    around_.host.hang_up(claim->number());
    free_link(claim->dialled_link());
  }
  dials_.clear();
  // What is forgotten in a moment, and what was never read to its end.
  std::erase_if(links_, [](const auto& one) { return !one.second->with_worker; });
  for (size_t worker = 0; worker < by_worker_.size(); ++worker)
    around_.services[worker]->remove(*by_worker_[worker], channels_[worker]->eventfd.get());
}

bool Client::owns(const Channel* channel) const {
  return std::ranges::find(by_worker_, channel) != by_worker_.end();
}

}  // namespace spanway::attach
