// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace spanway::http {
namespace {

// A connection that says what it is told. No wait is longer than the patience of the whole test.
class Peer {
 public:
  explicit Peer(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* generic = &address;
    EXPECT_EQ(connect(fd_, static_cast<const sockaddr*>(generic), sizeof(address)), 0);
  }
  ~Peer() { close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void say(const std::string& text) const {
    (void)send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // All that comes until the server hangs up.
  [[nodiscard]] std::string hear() const {
    std::string out;
    for (char chunk[4096];;) {
      pollfd wait{fd_, POLLIN, 0};
      if (poll(&wait, 1, 60'000) <= 0) {
        ADD_FAILURE() << "the server did not hang up";
        return out;
      }
      const ssize_t n = recv(fd_, chunk, sizeof(chunk), 0);
      if (n <= 0) return out;
      out.append(chunk, static_cast<size_t>(n));
    }
  }

 private:
  int fd_;
};

class Http : public testing::Test {
 protected:
  void TearDown() override {
    server_.reset();
    done_ = true;
    if (control_.joinable()) control_.join();
  }
  void start(Nanos deadline = seconds(60)) {
    ServerOptions options;
    options.deadline = deadline;
    options.clients = 3;
    options.pages = {{"/", {"text/plain; charset=utf-8", "hello\n", false}},
                     {"/metrics", {"text/plain; version=0.0.4", "", true}}};
    auto server = Server::start(std::move(options), desk_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(server).value();
  }
  // The control thread of this test.
  void answer() {
    control_ = std::thread([this] {
      while (!done_) {
        desk_.step([](const std::string& question) { return "asked " + question + "\n"; });
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  std::string get(const std::string& path, const std::string& headers = "") {
    const Peer peer(server_->port());
    peer.say("GET " + path + " HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n");
    return peer.hear();
  }
  static std::string body_of(const std::string& answer) {
    const size_t at = answer.find("\r\n\r\n");
    return at == std::string::npos ? "" : answer.substr(at + 4);
  }

  Desk desk_;
  std::unique_ptr<Server> server_;
  std::atomic<bool> done_ = false;
  std::thread control_;
};

TEST_F(Http, ServesAFixedPageWithoutControl) {
  start();
  const std::string answer = get("/");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_EQ(body_of(answer), "hello\n");
  EXPECT_NE(answer.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(Http, AsksControlForTheOther) {
  start();
  answer();
  const std::string answer = get("/metrics?x=1");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_EQ(body_of(answer), "asked /metrics\n");
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer;
}

TEST_F(Http, RefusesWhatIsNotThere) {
  start();
  EXPECT_TRUE(get("/secret").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("/../etc/passwd").starts_with("HTTP/1.1 404 "));
  const Peer peer(server_->port());
  peer.say("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(peer.hear().starts_with("HTTP/1.1 405 "));
}

TEST_F(Http, ARangeDoesNotMakeAnAnswerLong) {
  start();
  std::string ranges = "0-4";
  for (int i = 0; i < 500; ++i) ranges += ",0-4";
  EXPECT_EQ(body_of(get("/", "Range: bytes=" + ranges + "\r\n")), "hello\n");
}

TEST_F(Http, SaysThatControlDoesNotAnswer) {
  start();
  desk_.close();
  EXPECT_TRUE(get("/metrics").starts_with("HTTP/1.1 503 "));
}

TEST_F(Http, HangsUpOnWhoIsTooSlowOrTooLong) {
  start(millis(300));
  const Peer silent(server_->port());
  EXPECT_EQ(silent.hear(), "");
  const Peer half(server_->port());
  half.say("GET / HTTP/1.1\r\nHost:");
  EXPECT_FALSE(half.hear().starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(get("/", "X: " + std::string(20'000, 'x') + "\r\n").starts_with("HTTP/1.1 200"));
  // And goes on. On a busy machine the deadline may be too short even for an honest client.
  bool served = false;
  for (int i = 0; i < 100 && !served; ++i) served = get("/nowhere").starts_with("HTTP/1.1 404 ");
  EXPECT_TRUE(served);
}

TEST_F(Http, MoreClientsThanPlacesAreServedInTurn) {
  start();
  answer();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { good += body_of(get("/metrics")) == "asked /metrics\n" ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 8);
}

// Otherwise a client that says nothing would hold up the daemon's end for its whole deadline.
TEST_F(Http, EndsAtOnceWhoeverIsConnected) {
  start(seconds(3600));
  const Peer silent(server_->port()), waiting(server_->port());
  waiting.say("GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
  // Connections are taken in their order, so after this one both are with the server.
  EXPECT_EQ(body_of(get("/")), "hello\n");
  server_.reset();
  EXPECT_FALSE(waiting.hear().starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace spanway::http
