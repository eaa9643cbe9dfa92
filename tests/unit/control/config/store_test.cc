// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/store.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "control/config/save_file.h"
#include "control/config/write.h"
#include "tests/unit/control/config/generate.h"

namespace spanway::config {
namespace {

// Keeps what it was told as a Config of its own; refuses the change number `fail_at`.
class FakeEngine final : public Applier {
 public:
  Status apply(const Change& change) override {
    EXPECT_FALSE(waits_for_restart(change));
    if (seen_++ == fail_at) return Error{ErrorCode::kUnavailable, "out of order", {}};
    const Status status = patch(state, {change});
    EXPECT_TRUE(status) << status.error().message;
    return status;
  }
  Status apply_routes(std::span<const Change> changes, size_t& done, size_t& failed) override {
    if (!together) return Applier::apply_routes(changes, done, failed);
    done = 0;
    failed = fail_at - seen_;
    if (failed < changes.size()) {
      seen_ += failed + 1;
      return Error{ErrorCode::kUnavailable, "out of order", {}};
    }
    for (const Change& change : changes) EXPECT_TRUE(apply(change));
    return {};
  }
  void begin(size_t) override { ++open_; }
  void end() override { --open_; }
  bool together = false;  // routes all or nothing, as the real one
  size_t seen_ = 0;
  size_t fail_at = ~size_t{0};
  int open_ = 0;
  Config state;
};

// The engine's part of a Config is as the store says, the order of addresses included.
bool agree(const FakeEngine& engine, const Store& store) {
  Config now = engine.state, says = store.running();
  now.daemon = says.daemon;
  now.control = says.control;
  return diff(now, says).empty() && engine.open_ == 0;
}

Config with_route(unsigned n) {
  Config c;
  c.ports.push_back({"p0", "tap:t0", {*IpWithLength::parse("10.0.0.1/24")}});
  for (unsigned i = 0; i < n; ++i)
    c.routes.push_back({Prefix4(Ip4Addr(172, 16, static_cast<uint8_t>(i), 0), 24),
                        RouteKind::kVia,
                        {{Ip4Addr(10, 0, 0, 2), "", 1}},
                        1});
  return c;
}

TEST(Store, TheSameTwiceIsNothing) {
  FakeEngine engine;
  Store store("", engine);
  EXPECT_EQ(store.apply(with_route(2), seconds(1))->changes.size(), 4u);
  const size_t seen = engine.seen_;
  EXPECT_TRUE(store.apply(with_route(2), seconds(1))->changes.empty());
  EXPECT_EQ(engine.seen_, seen);
  EXPECT_EQ(store.undo_depth(), 1u);
  EXPECT_EQ(store.version(), 1u);
}

TEST(Store, AFailureAnywhereGoesBackToWhereItWas) {
  EXPECT_TRUE(rc::check("an apply that fails at change k leaves the engine as it was", [] {
    const Config a = test::any_config(), b = test::any_config();
    FakeEngine engine;
    engine.together = test::pick(0, 1) == 1;
    Store store("", engine);
    RC_ASSERT(store.apply(a, Nanos()).has_value());
    const size_t wanted = diff(a, b).size();
    RC_PRE(wanted > 0);
    engine.fail_at = engine.seen_ + test::pick(0, static_cast<unsigned>(wanted) - 1);
    const Config before = store.running();
    const bool reached = store.apply(b, Nanos()).has_value();
    RC_ASSERT(agree(engine, store));
    RC_ASSERT(store.broken() == 0u);
    if (!reached) RC_ASSERT(store.running() == before);
    engine.fail_at = ~size_t{0};
    RC_ASSERT(store.apply(b, Nanos()).has_value());
    RC_ASSERT(agree(engine, store));
    RC_ASSERT(diff(store.running(), b).empty());
    RC_ASSERT(store.undo().has_value());
    RC_ASSERT(agree(engine, store));
    RC_ASSERT(diff(store.running(), a).empty());
  }));
}

TEST(Store, AFailedWayBackIsCounted) {
  class Stubborn final : public Applier {
   public:
    Status apply(const Change& change) override {
      if (++seen >= 3) return Error{ErrorCode::kUnavailable, "no", {}};
      (void)change;
      return {};
    }
    int seen = 0;
  } engine;
  Store store("", engine);
  const auto report = store.apply(with_route(4), Nanos());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("going back failed"), std::string::npos);
  EXPECT_EQ(store.broken(), 2u);
}

TEST(Store, AnErrorNamesTheChange) {
  FakeEngine engine;
  engine.fail_at = 2;
  Store store("", engine);
  const auto report = store.apply(with_route(1), Nanos());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "+ route 172.16.0.0/24 via 10.0.0.2: out of order");
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
}

TEST(Store, AnErrorNamesTheRouteOfABatch) {
  FakeEngine engine;
  engine.together = true;
  engine.fail_at = 4;  // after the port and its address
  Store store("", engine);
  const auto report = store.apply(with_route(5), Nanos());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "+ route 172.16.2.0/24 via 10.0.0.2: out of order");
  EXPECT_TRUE(agree(engine, store));
  EXPECT_TRUE(engine.state.routes.empty());
  EXPECT_TRUE(engine.state.ports.empty());
}

TEST(Store, AFaultyConfigReachesNobody) {
  FakeEngine engine;
  Store store("", engine);
  Config c = with_route(1);
  c.ports.clear();
  EXPECT_FALSE(store.apply(c, Nanos()));
  EXPECT_EQ(engine.seen_, 0u);
}

TEST(Store, UnconfirmedIsUndoneInTime) {
  FakeEngine engine;
  Store store("", engine);
  ASSERT_TRUE(store.apply(with_route(1), seconds(1)));
  ASSERT_TRUE(store.apply(with_route(5), seconds(10), seconds(60)));
  EXPECT_TRUE(store.confirm_pending());
  EXPECT_EQ(store.confirm_by(), seconds(70));
  EXPECT_FALSE(store.apply(with_route(6), seconds(11)));
  EXPECT_FALSE(store.amend({RouteRemoved{with_route(1).routes[0]}}));
  EXPECT_FALSE(store.save());
  EXPECT_FALSE(store.step(seconds(69)));
  EXPECT_EQ(store.running(), with_route(5));
  EXPECT_TRUE(store.step(seconds(70)));
  EXPECT_EQ(store.running(), with_route(1));
  EXPECT_TRUE(agree(engine, store));
  EXPECT_FALSE(store.confirm_pending());
  EXPECT_FALSE(store.step(seconds(200)));
}

TEST(Store, ConfirmedStays) {
  FakeEngine engine;
  Store store("", engine);
  EXPECT_FALSE(store.confirm());
  ASSERT_TRUE(store.apply(with_route(5), seconds(10), seconds(60)));
  EXPECT_TRUE(store.confirm());
  EXPECT_FALSE(store.step(seconds(100)));
  EXPECT_EQ(store.running(), with_route(5));
}

TEST(Store, UndoTakesBackAPendingApply) {
  FakeEngine engine;
  Store store("", engine);
  ASSERT_TRUE(store.apply(with_route(5), seconds(10), seconds(60)));
  EXPECT_TRUE(store.undo());
  EXPECT_FALSE(store.confirm_pending());
  EXPECT_EQ(store.running(), Config{});
}

TEST(Store, UndoGoesBackStepByStep) {
  FakeEngine engine;
  Store store("", engine);
  for (unsigned i = 1; i <= 30; ++i) ASSERT_TRUE(store.apply(with_route(i), Nanos()));
  for (unsigned i = 0; i < Store::kHistory; ++i) {
    ASSERT_TRUE(store.undo());
    EXPECT_EQ(store.running(), with_route(29 - i));
    EXPECT_TRUE(agree(engine, store));
  }
  EXPECT_FALSE(store.undo());
}

TEST(Store, AmendIsAnApplyOfFewChanges) {
  FakeEngine engine;
  Store store("", engine);
  ASSERT_TRUE(store.apply(with_route(3), Nanos()));
  Route extra = with_route(9).routes[8];
  ASSERT_TRUE(store.amend({RouteRemoved{with_route(3).routes[1]}, RouteAdded{extra}}));
  EXPECT_EQ(store.running().routes.size(), 3u);
  EXPECT_TRUE(agree(engine, store));
  // Twice, out of reach, half way, a port: all or nothing.
  EXPECT_FALSE(store.amend({RouteAdded{extra}}));
  extra.prefix = *Prefix::parse("172.20.0.0/16");
  extra.via[0].ip = Ip4Addr(10, 99, 0, 1);
  EXPECT_FALSE(store.amend({RouteAdded{extra}}));
  extra.via[0].ip = Ip4Addr(10, 0, 0, 9);
  engine.fail_at = engine.seen_ + 1;
  EXPECT_FALSE(store.amend({RouteRemoved{with_route(3).routes[0]}, RouteAdded{extra}}));
  EXPECT_EQ(store.running().routes.size(), 3u);
  EXPECT_TRUE(agree(engine, store));
  ASSERT_TRUE(store.amend({PortAdded{{"p1", "tap:t1"}}, RouteAdded{extra}}));
  EXPECT_EQ(store.running().ports.size(), 2u);
  EXPECT_TRUE(agree(engine, store));
  ASSERT_TRUE(store.undo());
  ASSERT_TRUE(store.undo());
  EXPECT_TRUE(agree(engine, store));
  EXPECT_TRUE(diff(store.running(), with_route(3)).empty());
}

TEST(Store, SettingsOfTheNextStartWait) {
  FakeEngine engine;
  Store store("", engine);
  Config c = with_route(1);
  c.daemon.workers = {1};
  EXPECT_FALSE(store.boot(c)->restart_needed);
  EXPECT_EQ(store.undo_depth(), 0u);
  c.daemon.workers = {2};
  EXPECT_TRUE(store.apply(c, Nanos())->restart_needed);
  EXPECT_TRUE(store.restart_needed());
  EXPECT_FALSE(store.undo()->restart_needed);
}

class StoreFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/spanway-store-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/spanway.toml";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void put(const std::string& text) { std::ofstream(path_) << text; }
  std::string get() { return *read_text(path_); }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }
  std::string directory_, path_;
  FakeEngine engine_;
};

TEST_F(StoreFile, SaveAndLoad) {
  Store store(path_, engine_);
  EXPECT_EQ(*store.load(), Config{});  // no file yet
  ASSERT_TRUE(store.apply(with_route(3), Nanos()));
  EXPECT_FALSE(store.is_saved());
  ASSERT_TRUE(store.save());
  EXPECT_TRUE(store.is_saved());
  FakeEngine other;
  Store next(path_, other);
  EXPECT_EQ(*next.load(), with_route(3));
  ASSERT_TRUE(next.boot(next.saved()));
  EXPECT_TRUE(next.is_saved());
  EXPECT_EQ(files(), 1u);
}

TEST_F(StoreFile, AFaultyFileIsAnErrorWithItsPlace) {
  put("[daemon]\nworker = [1]\n");
  Store store(path_, engine_);
  const auto config = store.load();
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find(path_ + ":2:1: error: unknown key 'worker'"),
            std::string::npos)
      << config.error().message;
}

TEST_F(StoreFile, KeepsTheModeAndFollowsALink) {
  put("");
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  const std::string link = directory_ + "/link";
  ASSERT_EQ(symlink("spanway.toml", link.c_str()), 0);
  ASSERT_TRUE(save_file(link, "new"));
  EXPECT_EQ(get(), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  struct stat now {};
  ASSERT_EQ(stat(path_.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0600u);
}

TEST_F(StoreFile, ErrorsNameTheFix) {
  const Status status = save_file(directory_ + "/none/x.toml", "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().fix, "mkdir -p " + directory_ + "/none");
  EXPECT_FALSE(save_file(directory_, "x"));
}

TEST_F(StoreFile, KilledAtAnyMomentLeavesOneWholeText) {
  const std::string old_text = write(with_route(1)), new_text = write(with_route(200));
  int saw_new = 0;
  for (int round = 0; round < 40; ++round) {
    put(old_text);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (;;) (void)save_file(path_, new_text);
    }
    usleep(static_cast<useconds_t>(round * 37 % 1500));
    // In the last round it lives until it has saved once, however slow the machine is.
    for (int i = 0; round == 39 && i < 10'000 && get() != new_text; ++i) usleep(1000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::string now = get();
    saw_new += now == new_text ? 1 : 0;
    ASSERT_TRUE(now == old_text || now == new_text) << now.size();
    Store store(path_, engine_);
    ASSERT_TRUE(store.load());
    ASSERT_EQ(files(), 1u);
  }
  EXPECT_GT(saw_new, 0);
}

}  // namespace
}  // namespace spanway::config
