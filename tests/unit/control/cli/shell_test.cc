// SPDX-License-Identifier: BSD-3-Clause
// The interactive shell, typed at through a pseudo-terminal.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "control/cli/run.h"
#include "tests/unit/control/cli/fake_daemon.h"

namespace spanway::cli {
namespace {

// The program in a child of this process, at a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const std::string& home) {
    const winsize size{24, 100, 0, 0};
    child_ = forkpty(&fd_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    setenv("HOME", home.c_str(), 1);
    setenv("TERM", "dumb", 1);
    setenv("NO_COLOR", "1", 1);
    Streams streams{std::cin, std::cout, std::cerr, true, true};
    const int code = run({}, streams);
    std::cout.flush();
    _exit(code);
  }
  ~Terminal() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& text) {
    EXPECT_TRUE(editing());
    (void)!write(fd_, text.data(), text.size());
  }

  // Ctrl-C while a command runs and the editor does not have the terminal.
  void interrupt() { (void)!write(fd_, "\x03", 1); }

  // Reads until `text` has come since the last call; what came is in seen().
  bool expect(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    seen_.clear();
    for (;;) {
      if (const size_t at = unread_.find(text); at != std::string::npos) {
        seen_ = unread_.substr(0, at + text.size());
        unread_.erase(0, at + text.size());
        return true;
      }
      pollfd wait{fd_, POLLIN, 0};
      char chunk[4096];
      if (std::chrono::steady_clock::now() > end || poll(&wait, 1, 1000) < 0) break;
      if (wait.revents == 0) continue;
      const ssize_t n = read(fd_, chunk, sizeof chunk);
      if (n <= 0) break;
      unread_.append(chunk, static_cast<size_t>(n));
    }
    seen_ = unread_;
    return false;
  }
  // The prompt may stand there before the editor has the terminal; control characters mean
  // something else until then.
  bool editing() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    termios mode{};
    while (std::chrono::steady_clock::now() < end) {
      if (tcgetattr(fd_, &mode) == 0 && (mode.c_lflag & ICANON) == 0) return true;
      usleep(1000);
    }
    return false;
  }
  [[nodiscard]] const std::string& seen() const { return seen_; }

  // -1: it did not end by itself.
  int exit_code() {
    // A terminal that nobody reads would keep the child waiting.
    (void)expect("\x04 never comes \x04");
    int status = 0;
    for (int tries = 0; tries < 100; ++tries) {
      if (waitpid(child_, &status, WNOHANG) == child_) {
        child_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      usleep(20'000);
    }
    return -1;
  }

 private:
  int fd_ = -1;
  pid_t child_ = 0;
  std::string unread_, seen_;
};

class Shell : public testing::Test {
 protected:
  Shell() {
    setenv("SPANWAY_SOCKET", daemon.path().c_str(), 1);
    char folder[] = "/tmp/spanway-shell-XXXXXX";
    home = mkdtemp(folder);
  }
  ~Shell() override {
    unsetenv("SPANWAY_SOCKET");
    std::filesystem::remove_all(home);
  }
  FakeDaemon daemon;
  std::string home;
};

TEST_F(Shell, PromptsRunsCompletesExplainsAndLeaves) {
  Terminal terminal(home);
  ASSERT_TRUE(terminal.expect("r1> ")) << terminal.seen();

  terminal.type("sh\tver\t\r");
  EXPECT_TRUE(terminal.expect("config saved")) << terminal.seen();
  EXPECT_TRUE(terminal.expect("r1> "));

  terminal.type("show ports \t\r");  // the name comes from the daemon
  EXPECT_TRUE(terminal.expect("driver net_ice")) << terminal.seen();
  EXPECT_TRUE(terminal.expect("r1> "));

  terminal.type("route add ?");
  EXPECT_TRUE(terminal.expect("PREFIX  where to")) << terminal.seen();
  EXPECT_TRUE(terminal.expect("r1> route add ")) << terminal.seen();

  terminal.type("\x03");  // the line is given up, the shell is not
  EXPECT_TRUE(terminal.expect("r1> ")) << terminal.seen();

  terminal.type("show prots\r");
  EXPECT_TRUE(terminal.expect("^^^^^ no such word behind 'show'")) << terminal.seen();
  EXPECT_TRUE(terminal.expect("r1> "));

  terminal.type("show routes f\t");
  EXPECT_TRUE(terminal.expect("family  for")) << terminal.seen();
  terminal.type(
      "\x15"
      "exit\r");
  EXPECT_EQ(terminal.exit_code(), 0);
  const auto requests = daemon.requests();
  EXPECT_EQ(std::count(requests.begin(), requests.end(), R"(show.ports {"port":"p0"})"), 1);
}

TEST_F(Shell, RemembersItsLines) {
  {
    Terminal terminal(home);
    ASSERT_TRUE(terminal.expect("r1> "));
    terminal.type("show version\r");
    EXPECT_TRUE(terminal.expect("config saved"));
    EXPECT_TRUE(terminal.expect("r1> "));
    terminal.type("exit\r");
    EXPECT_EQ(terminal.exit_code(), 0);
  }
  Terminal terminal(home);
  ASSERT_TRUE(terminal.expect("r1> "));
  terminal.type("\x10\x10\r");  // Ctrl-P twice: behind exit
  EXPECT_TRUE(terminal.expect("config saved")) << terminal.seen();
  // Ctrl-D means something else before the editor has the terminal again.
  EXPECT_TRUE(terminal.expect("r1> "));
  terminal.type("\x04");
  EXPECT_EQ(terminal.exit_code(), 0);
}

TEST_F(Shell, CtrlCEndsTheWaitForAnAnswer) {
  daemon.on("show.fib", [](const nlohmann::json&) { return nlohmann::json(); });  // never answers
  Terminal terminal(home);
  ASSERT_TRUE(terminal.expect("r1> ")) << terminal.seen();
  terminal.type("-t 600 show fib\r");
  const auto asked = [&] {
    const auto all = daemon.requests();
    return std::any_of(all.begin(), all.end(),
                       [](const std::string& one) { return one.starts_with("show.fib"); });
  };
  for (int i = 0; i < 3000 && !asked(); ++i) usleep(10'000);
  ASSERT_TRUE(asked());
  terminal.interrupt();
  EXPECT_TRUE(terminal.expect("given up")) << terminal.seen();
  EXPECT_TRUE(terminal.expect("r1> ")) << terminal.seen();
  terminal.type("show version\r");  // and the late answer is nobody's
  EXPECT_TRUE(terminal.expect("config saved")) << terminal.seen();
}

}  // namespace
}  // namespace spanway::cli
