// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/server.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

#include "tests/unit/control/api/served.h"

namespace spanway::api::test {
namespace {

class ServerTest : public Served {};

TEST_F(ServerTest, OneLineInOneLineOutInOrder) {
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  client.say(request("echo", {{"n", 1}}, 1) + request("nothing", {}, 2));
  client.say(request("echo", {{"n", 3}}, 3).substr(0, 20));
  settle();
  EXPECT_EQ(client.hear(),
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"n\":1}}\n"
            "{\"error\":{\"code\":-32601,\"data\":{\"fix\":\"\",\"kind\":\"method\"},"
            "\"message\":\"there is no method 'nothing'\"},\"id\":2,\"jsonrpc\":\"2.0\"}\n");
  client.say(request("echo", {{"n", 3}}, 3).substr(20));
  settle();
  EXPECT_EQ(client.hear(), "{\"id\":3,\"jsonrpc\":\"2.0\",\"result\":{\"n\":3}}\n");
  EXPECT_EQ(server_->counters().requests, 3u);
  EXPECT_EQ(server_->counters().errors, 1u);
}

TEST_F(ServerTest, PipedRequestsAreAllAnswered) {
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  std::string all;
  for (int i = 0; i < 500; ++i) all += request("echo", {}, i);
  ASSERT_EQ(client.say(all), static_cast<ssize_t>(all.size()));
  client.half_close();
  settle();
  const std::string answers = client.hear();
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 500);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server_->clients(), 0u);
}

TEST_F(ServerTest, SocketHasItsModeAndGoesWithTheServer) {
  ASSERT_TRUE(start());
  struct stat now {};
  ASSERT_EQ(stat(options_.socket.c_str(), &now), 0);
  EXPECT_TRUE(S_ISSOCK(now.st_mode));
  EXPECT_EQ(now.st_mode & 0777, 0660u);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(options_.socket));
}

TEST_F(ServerTest, TheDirectoryIsMade) {
  options_.socket = directory_ + "/run/api.sock";
  ASSERT_TRUE(start());
  EXPECT_TRUE(std::filesystem::exists(options_.socket));
}

TEST_F(ServerTest, ALiveDaemonIsLeftAlone) {
  ASSERT_TRUE(start());
  auto first = std::move(server_);
  const Status second = start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
  server_.reset();
  EXPECT_TRUE(std::filesystem::exists(options_.socket));
  EXPECT_TRUE(RawClient(options_.socket).connected());
}

TEST_F(ServerTest, ADeadDaemonsSocketIsReplaced) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)start();
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(options_.socket));
  ASSERT_FALSE(RawClient(options_.socket).connected());
  ASSERT_TRUE(start());
  EXPECT_TRUE(RawClient(options_.socket).connected());
}

TEST_F(ServerTest, AFileThatIsNoSocketStays) {
  std::ofstream(options_.socket) << "mine";
  const Status status = start();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kExists);
  server_.reset();
  EXPECT_TRUE(std::filesystem::exists(options_.socket));
}

TEST_F(ServerTest, ErrorsOfListenAreClear) {
  options_.socket = directory_ + "/" + std::string(108, 'x');
  EXPECT_EQ(start().error().code, ErrorCode::kInvalid);
  options_.socket = directory_ + "/no/such/place";
  EXPECT_EQ(start().error().code, ErrorCode::kUnavailable);
  options_.socket = directory_ + "/api.sock";
  options_.group = "no-such-group-here";
  const Status status = start();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().fix, "groupadd --system no-such-group-here");
}

TEST_F(ServerTest, MethodsAreListed) {
  ASSERT_TRUE(start());
  const auto methods = server_->methods();
  ASSERT_EQ(methods.size(), 4u);
  EXPECT_EQ(methods[3].name, "who");
  EXPECT_EQ(methods[3].least, Role::kFull);
}

// What a process with these ids gets for one request; "" when it can not connect.
std::string ask_as(uid_t uid, gid_t gid, const std::vector<gid_t>& groups, const std::string& path,
                   const std::string& line, const std::function<void()>& settle) {
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(groups.size(), groups.data()) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
      _exit(1);
    RawClient client(path);
    std::string answer;
    if (client.connected()) {
      client.say(line);
      for (int i = 0; i < 500 && answer.find('\n') == std::string::npos; ++i) {
        answer += client.hear();
        usleep(10'000);
      }
    }
    (void)!write(pipe_fds[1], answer.data(), answer.size());
    _exit(0);
  }
  close(pipe_fds[1]);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    settle();
    usleep(2000);
  }
  char answer[4096];
  const ssize_t n = read(pipe_fds[0], answer, sizeof(answer));
  close(pipe_fds[0]);
  return std::string(answer, static_cast<size_t>(std::max<ssize_t>(n, 0)));
}

TEST_F(ServerTest, RolesFollowThePeersIds) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to act as other users";
  const group* full = getgrnam("adm");
  const gid_t full_gid = full == nullptr ? 0 : full->gr_gid;
  const group* watch = getgrnam("games");
  if (full_gid == 0 || watch == nullptr) GTEST_SKIP() << "needs the groups adm and games";
  const gid_t watch_gid = watch->gr_gid;
  options_.group = "adm";
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  ASSERT_TRUE(start());
  const auto ask = [&](uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
    return ask_as(uid, gid, groups, options_.socket, request("who"), [this] { settle(); });
  };
  EXPECT_NE(ask(0, 0, {}).find("\"uid\":0"), std::string::npos);
  EXPECT_NE(ask(12345, full_gid, {}).find("\"uid\":12345"), std::string::npos);
  EXPECT_NE(ask(12345, 12345, {full_gid}).find("\"uid\":12345"), std::string::npos);
  EXPECT_EQ(ask(12345, 12345, {}), "");  // the mode keeps strangers out
  server_.reset();

  options_.readonly_group = "games";
  ASSERT_TRUE(start());
  EXPECT_NE(ask(12345, 12345, {full_gid}).find("\"uid\":12345"), std::string::npos);
  EXPECT_NE(ask(12345, 12345, {watch_gid}).find("may only read"), std::string::npos);
  EXPECT_NE(ask(12345, 12345, {}).find("user 12345 may not ask"), std::string::npos);
  EXPECT_EQ(server_->counters().refused, 1u);
}

TEST_F(ServerTest, TheClientCalls) {
  ASSERT_TRUE(start());
  const Stepping stepping(*server_);
  auto client = Client::connect(options_.socket);
  ASSERT_TRUE(client) << client.error().message;
  const auto echoed = client->call("echo", {{"a", 1}});
  ASSERT_TRUE(echoed);
  EXPECT_EQ(*echoed, (json{{"a", 1}}));
  EXPECT_EQ(client->exit_code(), 0);
  const auto missing = client->call("missing", {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().fix, "show things");
  EXPECT_EQ(client->exit_code(), 6);
  EXPECT_FALSE(client->call("nothing", {}));
  EXPECT_EQ(client->exit_code(), 1);
  EXPECT_EQ(client->call("who", {})->at("pid"), getpid());
  EXPECT_EQ(client->call("big", {{"bytes", 20'000'000}})->get_ref<std::string&>().size(),
            20'000'000u);
}

TEST_F(ServerTest, HundredThousandRoutesInOneRequest) {
  server_ = std::make_unique<Server>(options_, clock_);
  server_->add("route.batch", Role::kFull, [](const json& params, const Caller&) -> Result<json> {
    return json(params.at("add").size());
  });
  ASSERT_TRUE(server_->listen());
  const Stepping stepping(*server_);
  json params{{"add", json::array()}};
  for (int i = 0; i < 100'000; ++i)
    params["add"].push_back(
        {{"prefix", "10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
                        std::to_string(i % 256) + "/32"},
         {"via", "192.168.100.200"}});
  auto client = Client::connect(options_.socket);
  ASSERT_TRUE(client);
  const auto answer = client->call("route.batch", params);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, 100'000);
}

TEST_F(ServerTest, TheClientTellsItsFailuresApart) {
  EXPECT_EQ(Client::connect(directory_ + "/none").error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(start());
  auto client = Client::connect(options_.socket);
  ASSERT_TRUE(client);
  EXPECT_FALSE(client->call("echo", {{"late", 1}}, millis(30)));  // nobody steps the server
  EXPECT_EQ(client->exit_code(), 4);
  {
    const Stepping stepping(*server_);
    EXPECT_EQ(*client->call("echo", {{"late", 2}}), (json{{"late", 2}}));  // not the late answer
  }
  server_.reset();
  EXPECT_FALSE(client->call("echo", {}));
  EXPECT_EQ(client->exit_code(), 3);
}

TEST_F(ServerTest, TheAnswerToStopStillArrives) {
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  client.say(request("echo"));
  server_->step(Nanos());
  server_->step(Nanos());
  server_.reset();
  EXPECT_NE(client.hear(), "");
}

}  // namespace
}  // namespace spanway::api::test
