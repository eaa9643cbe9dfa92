// SPDX-License-Identifier: BSD-3-Clause
// EAL from a fresh process: each of these runs this program anew, so that nothing is up yet.
#include "drivers/dpdk/eal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <filesystem>

#include "drivers/dpdk/buffer_pool.h"
#include "drivers/factory.h"

namespace spanway::drivers {
namespace {

// Runs `check` in a new process; what it returns is expected on stderr, all of it.
template <class Check>
void expect_says(Check check, const testing::Matcher<const std::string&>& says) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const std::string text = check();
        fprintf(stderr, "%s", text.c_str());
        _exit(0);
      },
      testing::ExitedWithCode(0), says);
}

std::string say(const Error& error) { return error.message + " | " + error.fix; }

unsigned threads() {
  unsigned count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

TEST(Eal, StartsQuietlyTwiceAndLeavesTheThreadWhereItWas) {
  expect_says(
      [] {
        cpu_set_t before, after;
        pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
        const EalOptions options{.memory = Memory::kNone, .memory_mb = 64};
        for (int i = 0; i < 2; ++i) {
          if (Status ok = start_eal(options); !ok) return say(ok.error());
        }
        pthread_getaffinity_np(pthread_self(), sizeof(after), &after);
        if (CPU_EQUAL(&before, &after) == 0) return std::string("moved to other CPUs");
        if (rte_lcore_count() != 1) return std::string("has lcores of its own");
        if (threads() > 3) return "started " + std::to_string(threads()) + " threads";
        if (eal_uses_hugepages()) return std::string("took hugepages");
        auto pool = BufferPool::make("p", {.buffers = 1023});
        return pool ? std::string() : say(pool.error());
      },
      testing::Eq(""));
}

TEST(Eal, TooFewHugepagesAreOneErrorWithTheFix) {
  expect_says(
      [] {
        Status ok = start_eal({.memory = Memory::kHugepages, .memory_mb = 100'000'000});
        return ok ? std::string("started") : say(ok.error());
      },
      testing::AllOf(testing::HasSubstr("MiB of free hugepages and there are"),
                     testing::HasSubstr("/proc/sys/vm/nr_hugepages"),
                     testing::Not(testing::HasSubstr("\n"))));
}

TEST(Eal, TooMuchOrdinaryMemoryIsOneErrorWithTheFix) {
  expect_says(
      [] {
        Status ok = start_eal({.memory = Memory::kNone, .memory_mb = 200'000'000});
        return ok ? std::string("started") : say(ok.error());
      },
      testing::AllOf(testing::HasSubstr("DPDK does not start"), testing::HasSubstr("lower"),
                     testing::Not(testing::HasSubstr("\n"))));
}

TEST(Eal, CardsCanBeAskedForAfterTheStart) {
  // An unknown address gets our answer, not EAL's, and none of EAL's words reach the terminal.
  expect_says(
      [] {
        if (Status ok = start_eal({.memory = Memory::kNone, .memory_mb = 64}); !ok)
          return say(ok.error());
        auto pool = std::move(*BufferPool::make("p", {.buffers = 1023}));
        const auto port = open_port("p", "ffff:ff:1f.7", {}, pool->source(), nullptr);
        return port ? std::string("opened") : say(port.error());
      },
      testing::StartsWith("ffff:ff:1f.7: there is no PCI device ffff:ff:1f.7 | "));
}

TEST(Eal, WithoutRightsATapNamesTheCapability) {
  expect_says(
      [] {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
          return std::string("can not become nobody");
        if (Status ok = start_eal({.memory = Memory::kNone, .memory_mb = 64}); !ok)
          return say(ok.error());
        auto pool = std::move(*BufferPool::make("p", {.buffers = 1023}));
        const auto port = open_port("p", "tap:spwnobody", {}, pool->source(), nullptr);
        if (port) return std::string("opened");
        if (port.error().code != ErrorCode::kPermission) return std::string("another code");
        return say(port.error());
      },
      testing::AnyOf(testing::HasSubstr("CAP_NET_ADMIN"), testing::HasSubstr("/dev/net/tun")));
}

}  // namespace
}  // namespace spanway::drivers
