// SPDX-License-Identifier: BSD-3-Clause
// The whole program in this process, against a daemon that answers with the page's examples.
#include "control/cli/run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/control/cli/fake_daemon.h"

namespace spanway::cli {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

struct Done {
  int code = 0;
  std::string out, err;
};

Done spanway(Words words, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Streams streams{in, out, err};
  Done done;
  done.code = run(words, streams);
  done.out = out.str();
  done.err = err.str();
  return done;
}

class Program : public testing::Test {
 protected:
  Program() { setenv("SPANWAY_SOCKET", daemon.path().c_str(), 1); }
  ~Program() override {
    unsetenv("SPANWAY_SOCKET");
    for (const std::string& path : files) unlink(path.c_str());
  }
  std::string file(const std::string& content) {
    char path[] = "/tmp/spanway-cli-file-XXXXXX";
    const int fd = mkstemp(path);
    EXPECT_GE(fd, 0);
    close(fd);
    std::ofstream(path) << content;
    files.emplace_back(path);
    return path;
  }
  FakeDaemon daemon;
  std::vector<std::string> files;
};

TEST_F(Program, SendsWhatTheLineSays) {
  EXPECT_EQ(spanway({"route", "add", "10.9.0.0/16", "via", "10.0.12.2", "weight", "2"}).code, 0);
  EXPECT_EQ(spanway({"show", "routes", "for", "10.2.0.5"}).code, 0);
  EXPECT_EQ(spanway({"counters", "show", "--drops"}).code, 0);
  EXPECT_EQ(
      daemon.requests(),
      (Words{R"(route.add {"prefix":"10.9.0.0/16","via":[{"gateway":"10.0.12.2","weight":2}]})",
             R"(show.routes {"for":"10.2.0.5"})", R"(show.counters {"drops":true})"}));
}

TEST_F(Program, PrintsTheAnswerAsText) {
  const Done done = spanway({"show", "version"});
  EXPECT_EQ(done.out, "spanway 0.1.0  DPDK 22.11.11  up 3d02h  config saved\n");
  EXPECT_EQ(done.err, "");
}

// ---- exit codes ----

TEST_F(Program, ExitCodes) {
  daemon.fail("route.add", -32002, "exists", "10.9.0.0/16 is there already", "route del");
  daemon.fail("show.ports", -32001, "not_found", "no port p9", "show ports");
  daemon.fail("route.del", -32004, "permission", "you may only look");
  daemon.fail("config.undo", -32602, "invalid", "nothing to undo");
  daemon.on("show.fib", [](const json&) { return json(nullptr); });
  EXPECT_EQ(spanway({"show", "version"}).code, 0);
  EXPECT_EQ(spanway({"route", "add", "10.9.0.0/16", "via", "10.0.0.1"}).code, 1);
  EXPECT_EQ(spanway({"config", "undo"}).code, 1);
  EXPECT_EQ(spanway({"shw"}).code, 2);
  EXPECT_EQ(spanway({"-s", "/nonexistent/api.sock", "show", "version"}).code, 3);
  EXPECT_EQ(spanway({"-t", "0.1", "show", "fib"}).code, 4);
  EXPECT_EQ(spanway({"route", "del", "10.9.0.0/16"}).code, 5);
  EXPECT_EQ(spanway({"show", "ports", "p9"}).code, 6);
  EXPECT_EQ(spanway({"config", "check", "/nonexistent/r1.toml"}).code, 6);
}

TEST_F(Program, ErrorsOfTheDaemonNameTheFix) {
  daemon.fail("show.ports", -32001, "not_found", "no port p9", "show ports");
  const Done done = spanway({"show", "ports", "p9"});
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "spanway: no port p9\n  try: show ports\n");
}

TEST_F(Program, FaultsOfAConfigurationAreShownAsTheyCome) {
  daemon.fail("config.check", -32602, "invalid",
              "r1.toml:1:1: error: unknown key 'x'\n  x = 1\n  ^\n");
  const Done done = spanway({"config", "check", file("x = 1\n")});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "r1.toml:1:1: error: unknown key 'x'\n  x = 1\n  ^\n");
}

TEST_F(Program, CaretsStandUnderTheWord) {
  EXPECT_EQ(spanway({"route", "add", "10.9.0.0/33", "via", "10.0.12.2"}).err,
            "spanway route add 10.9.0.0/33 via 10.0.12.2\n"
            "                  ^^^^^^^^^^^ prefix length 33 is over 32\n"
            "  try: 10.9.0.0/32      help: spanway route add ?\n");
  EXPECT_EQ(spanway({"-t", "3", "show", "prots"}).err,
            "spanway -t 3 show prots\n"
            "                  ^^^^^ no such word behind 'show'\n"
            "  try: ports      help: spanway show ?\n");
  EXPECT_EQ(spanway({"show", "ports", "é ü"}).err,
            "spanway show ports 'é ü'\n"
            "                   ^^^^^ a name begins with a letter\n"
            "  help: spanway show ports ?\n");
  EXPECT_EQ(spanway({"route", "del"}).err,
            "spanway route del\n"
            "                  ^ PREFIX is missing\n"
            "  help: spanway route del ?\n");
  EXPECT_EQ(daemon.requests(), Words{});
}

TEST_F(Program, OptionsAreJudgedToo) {
  EXPECT_EQ(spanway({"--jsno", "show", "version"}).err,
            "spanway --jsno show version\n"
            "        ^^^^^^ no such option\n"
            "  try: --json      help: spanway --help\n");
  EXPECT_EQ(spanway({"-t", "soon", "show", "version"}).code, 2);
  EXPECT_EQ(spanway({"-s"}).code, 2);
  EXPECT_EQ(spanway({"-f", "x", "show", "version"}).code, 2);
  EXPECT_EQ(spanway({"-w", "route", "del", "10.0.0.0/8"}).code, 2);
  EXPECT_EQ(spanway({"-w", "-j", "show", "version"}).code, 2);
}

// ---- one JSON document ----

class Json : public Program, public testing::WithParamInterface<Words> {};

TEST_P(Json, IsExactlyOneDocument) {
  daemon.fail("route.del", -32001, "not_found", "no such route");
  daemon.on("show.fib", [](const json&) { return json(nullptr); });
  Words words = GetParam();
  for (std::string& word : words)
    if (word == "@file") word = file("show version\nshow prots\n");
  const Done done = spanway(words, "show version\n# nothing\nshow ports p0\n");
  json document;
  ASSERT_NO_THROW(document = json::parse(done.out)) << done.out;
  EXPECT_TRUE(document.is_object());
  EXPECT_TRUE(document.contains("schema"));
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(document.contains("error"),
            done.code != 0 && !document.contains("results") && !document.contains("checks"))
      << done.out;
  if (document.contains("error")) {
    EXPECT_EQ(document["error"]["exit_code"], done.code);
    EXPECT_NE(document["error"]["message"], "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Every, Json,
    testing::Values(Words{"-j", "show", "version"}, Words{"show", "ports", "-j"},
                    Words{"-j", "shw"}, Words{"-j", "route", "add", "10.0.0.0/33"},
                    Words{"-j", "--nonsense"}, Words{"--nonsense", "-j"}, Words{"-j", "-t"},
                    Words{"-j", "route", "del", "10.0.0.0/8"},
                    Words{"-j", "-s", "/nonexistent/api.sock", "show", "version"},
                    Words{"-j", "-t", "0.1", "show", "fib"}, Words{"-j", "-w", "show", "ports"},
                    Words{"-j", "ping", "10.2.0.5"}, Words{"-j", "traceroute", "10.2.0.5"},
                    Words{"-j", "events"}, Words{"-j", "events", "follow"}, Words{"-j", "top"},
                    Words{"-j", "help"}, Words{"-j", "help", "route", "add"},
                    Words{"-j", "help", "nonsense"}, Words{"-j", "--help"}, Words{"-j", "-V"},
                    Words{"-j", "show", "?"}, Words{"-j", "shw", "?"},
                    Words{"-j", "completion", "bash"}, Words{"-j", "manual"}, Words{"-j"},
                    Words{"-j", "-f", "@file"}, Words{"-j", "-f", "@file", "-k"},
                    Words{"-j", "-f", "/nonexistent/script"}, Words{"-j", "lab"},
                    Words{"-j", "daemon", "doctor"}, Words{"-j", "config", "check", "/nonexistent"},
                    Words{"-j", "route", "batch", "@file"}, Words{"-j", "exit"}));

TEST_F(Program, JsonHasTheResultOfTheDaemonUnchanged) {
  const json big = {{"schema", "spanway.show.counters/1"}, {"rx", UINT64_MAX}};
  daemon.on("show.counters", [big](const json&) { return json{{"result", big}}; });
  EXPECT_EQ(json::parse(spanway({"-j", "show", "counters"}).out), big);
}

TEST_F(Program, JsonErrorsSayWhere) {
  const json error = json::parse(spanway({"-j", "show", "prots"}).out)["error"];
  EXPECT_EQ(error["kind"], "usage");
  EXPECT_EQ(error["column"], 16);
  EXPECT_EQ(error["fix"], "ports");
}

// ---- the lab ----

TEST(Lab, IsToldWhatTheLineSays) {
  const auto told = [](Words words) {
    words.insert(words.begin(), "lab");
    const auto parsed = parse(line_of("spanway", words));
    EXPECT_TRUE(std::holds_alternative<Parsed>(parsed)) << words[1];
    return lab_arguments(std::get<Parsed>(parsed));
  };
  EXPECT_EQ(told({"ring.toml", "--stay", "--duration", "2s"}),
            (Words{"--lab", "ring.toml", "--stay", "--duration", "2000ms"}));
  EXPECT_EQ(told({"--topology", "ring:6", "--time", "virtual", "--seed", "5"}),
            (Words{"--topology", "ring:6", "--time", "virtual", "--seed", "5"}));
  EXPECT_EQ(told({"--guests", "--run-dir", "/tmp/x", "ring.toml"}),
            (Words{"--guests", "--run-dir", "/tmp/x", "--lab", "ring.toml"}));
}

// ---- scripts ----

TEST_F(Program, AScriptStopsAtItsFirstError) {
  const std::string path = file("# two lines\nshow version\n\nshow prots\nshow fib\n");
  const Done done = spanway({"-f", path});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "spanway 0.1.0  DPDK 22.11.11  up 3d02h  config saved\n");
  EXPECT_EQ(done.err, path +
                          ":4:\nshow prots\n     ^^^^^ no such word behind 'show'\n"
                          "  try: ports      help: spanway show ?\n");
  EXPECT_EQ(daemon.requests(), Words{"show.version {}"});
}

TEST_F(Program, AScriptMayKeepGoing) {
  const Done done = spanway({"--keep-going", "-f", file("show prots\nshow version\nping\n")});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(daemon.requests(), Words{"show.version {}"});
  EXPECT_NE(done.err.find(":3:\n"), std::string::npos);
}

TEST_F(Program, StandardInputIsAScript) {
  const Done done = spanway({}, "show version\nexit\nshow fib\n");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(daemon.requests(), Words{"show.version {}"});
}

TEST_F(Program, AScriptWithJsonListsItsResults) {
  const Done done = spanway({"-j", "-k", "-f", file("show version\nshow prots\n")});
  const json document = json::parse(done.out);
  EXPECT_EQ(document["exit_code"], 2);
  ASSERT_EQ(document["results"].size(), 2u);
  EXPECT_EQ(document["results"][0]["result"]["schema"], "spanway.show.version/1");
  EXPECT_EQ(document["results"][1]["line"], 2);
  EXPECT_EQ(document["results"][1]["error"]["kind"], "usage");
}

TEST_F(Program, ALineOfAScriptMayHaveItsOwnOptions) {
  daemon.on("show.fib", [](const json&) { return json(nullptr); });
  EXPECT_EQ(spanway({}, "show fib -t 0.1\n").code, 4);
  const Done done = spanway({}, "show version -j\n");
  EXPECT_EQ(json::parse(done.out)["schema"], "spanway.show.version/1");
  EXPECT_EQ(spanway({}, "show version -s /x\n").code, 2);
}

// ---- route batch ----

TEST_F(Program, BatchSendsOneTransaction) {
  const std::string path = file(
      "# routes\n10.10.0.0/24 via 10.0.12.2 weight 2\nadd 10.10.1.0/24 blackhole\n"
      "del 10.9.0.0/16\n\n");
  const Done done = spanway({"route", "batch", path});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "added 2, removed 1, unchanged 0 in 840us\n");
  EXPECT_EQ(daemon.requests(),
            Words{R"(route.batch {"add":[{"prefix":"10.10.0.0/24","via":[{"gateway":"10.0.12.2",)"
                  R"("weight":2}]},{"kind":"blackhole","prefix":"10.10.1.0/24"}],)"
                  R"("del":[{"prefix":"10.9.0.0/16"}]})"});
}

TEST_F(Program, BatchPointsAtTheWrongLineAndSendsNothing) {
  const std::string path = file("10.10.0.0/24 via 10.0.12.2\n10.10.1.0/33 via 10.0.12.2\n");
  const Done done = spanway({"route", "batch", path});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, path +
                          ":2:\n10.10.1.0/33 via 10.0.12.2\n"
                          "^^^^^^^^^^^^ prefix length 33 is over 32\n"
                          "  try: 10.10.1.0/32      help: spanway route add ?\n");
  EXPECT_EQ(daemon.requests(), Words{});
}

TEST_F(Program, BatchOfManyRoutes) {
  std::string lines;
  constexpr int kRoutes = 100'000;
  for (int i = 0; i < kRoutes; ++i)
    lines += "10." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + "." +
             std::to_string((i >> 16) * 64) + "/26 via 10.0.12.2\n";
  size_t seen = 0;
  daemon.on("route.batch", [&seen](const json& params) {
    seen = params.at("add").size();
    return json{{"result", {{"added", seen}, {"deleted", 0}, {"unchanged", 0}, {"elapsed_us", 1}}}};
  });
  EXPECT_EQ(spanway({"route", "batch", "-"}, "").code, 0);
  EXPECT_EQ(spanway({"route", "batch", file(lines)}).code, 0);
  EXPECT_EQ(seen, static_cast<size_t>(kRoutes));
}

// ---- what goes on ----

json ping_poll(int number, bool done) {
  json reply = {
      {"number", number},         {"sequence", number}, {"outcome", "reply"}, {"from", "10.2.0.5"},
      {"rtt_us", 100.0 * number}, {"ttl", 62},          {"bytes", 64},        {"detail", ""}};
  return {{"result",
           {{"schema", "spanway.ping.poll/1"},
            {"id", 5},
            {"done", done},
            {"address", "10.2.0.5"},
            {"replies", json::array({reply})},
            {"statistics",
             {{"sent", number},
              {"received", number},
              {"loss_percent", 0.0},
              {"elapsed_ms", 1000},
              {"rtt_avg_us", nullptr}}}}}};
}

TEST_F(Program, PingPollsUntilItIsDone) {
  daemon.on("ping.poll", [](const json& params) {
    const int after = params.at("after");
    return ping_poll(after + 1, after + 1 == 3);
  });
  const Done done = spanway({"ping", "10.2.0.5", "count", "3"});
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("seq=1"), std::string::npos);
  EXPECT_NE(done.out.find("64 bytes from 10.2.0.5: seq=3 ttl=62 time=0.300 ms\n"
                          "\n--- 10.2.0.5 ping statistics ---\n3 packets transmitted, 3 received"),
            std::string::npos)
      << done.out;
  const json all = json::parse(spanway({"-j", "ping", "10.2.0.5", "count", "3"}).out);
  EXPECT_EQ(all["replies"].size(), 3u);
}

TEST_F(Program, PingThatNobodyAnswersFails) {
  daemon.on("ping.poll", [](const json&) {
    json poll = ping_poll(1, true);
    poll["result"]["statistics"]["received"] = 0;
    return poll;
  });
  EXPECT_EQ(spanway({"ping", "10.2.0.5", "count", "1"}).code, 1);
}

TEST_F(Program, CtrlCEndsAPingWithItsStatistics) {
  daemon.on("ping.poll", [](const json& params) {
    const int after = params.at("after");
    if (after == 1) kill(getpid(), SIGINT);
    return ping_poll(after + 1, false);
  });
  const Done done = spanway({"ping", "10.2.0.5"});
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("ping statistics"), std::string::npos);
  const auto requests = daemon.requests();
  EXPECT_EQ(std::count(requests.begin(), requests.end(), R"(ping.stop {"id":5})"), 1);
}

TEST_F(Program, WatchGoesOnUntilCtrlC) {
  int times = 0;
  daemon.on("show.fib", [&times](const json&) {
    if (++times == 3) kill(getpid(), SIGINT);
    return json{{"result", {{"version", times}}}};
  });
  const Done done = spanway({"-w", "0.01", "show", "fib"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(times, 3);
}

TEST_F(Program, EventsFollow) {
  daemon.on("events", [](const json& params) {
    const int after = params.value("after", 0);
    if (after == 2) kill(getpid(), SIGINT);
    return json{{"result",
                 {{"next_after", after + 1},
                  {"lost", 0},
                  {"events", json::array({{{"sequence", after + 1},
                                           {"time_unix_ns", 0},
                                           {"kind", "link.up"},
                                           {"message", "p0 is up"}}})}}}};
  });
  EXPECT_EQ(spanway({"events", "follow"}).code, 0);
  EXPECT_EQ(daemon.requests(),
            (Words{"events {}", R"(events {"after":1})", R"(events {"after":2})"}));
}

TEST_F(Program, AnUnreadyMachineIsNoSuccess) {
  EXPECT_EQ(spanway({"daemon", "doctor", "0000:3b:00.0"}).code, 1);
}

// ---- completion ----

TEST_F(Program, BashAsksForNamesThatAreThere) {
  EXPECT_EQ(spanway({"--complete", "spanway show ports "}).out, "p0\n");
  EXPECT_EQ(spanway({"--complete", "spanway route del 10."}).out, "10.0.12.0/24\n");
  EXPECT_EQ(spanway({"--complete", "spanway -j show v"}).out, "version\n");
  EXPECT_EQ(spanway({"--complete", "spanway config apply x"}).out, "@files\n");
  EXPECT_EQ(spanway({"--complete", "spanway --k"}).out, "--keep-going\n");
  EXPECT_EQ(spanway({"--complete", "spanway 'open"}).out, "");
}

TEST_F(Program, CompletionWithoutADaemonIsQuiet) {
  setenv("SPANWAY_SOCKET", "/nonexistent/api.sock", 1);
  const Done done = spanway({"--complete", "spanway show ports "});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out + done.err, "");
}

TEST_F(Program, QuestionMarkExplains) {
  const Done done = spanway({"stages", "timing", "?"});
  EXPECT_EQ(done.out, "  on|off  begin or end\n  on\n  off\n");
  EXPECT_EQ(spanway({"shw", "?"}).code, 2);
}

}  // namespace
}  // namespace spanway::cli
