// SPDX-License-Identifier: BSD-3-Clause
// Every method of docs/api.md, called on a router of a running lab through its socket: the results
// have the very fields that the page's examples have.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "control/api/client.h"
#include "control/lab/lab.h"
#include "control/lab/shape.h"
#include "tests/support/eal.h"

namespace spanway::lab {
namespace {

using nlohmann::json;

std::map<std::string, json> examples() {
  std::ifstream file(std::string(SPANWAY_SOURCE_ROOT) + "/docs/api.md");
  std::map<std::string, json> out;
  std::string line, block;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```json") {
      inside = true;
      block.clear();
    } else if (inside && line == "```") {
      inside = false;
      json parsed = json::parse(block);
      out[parsed.at("method")] = parsed.at("result");
    } else if (inside) {
      block += line + "\n";
    }
  }
  return out;
}

// Where two documents differ in their fields or in the types of these; "" when they do not.
// Null agrees with everything; lists are compared by their first items.
std::string difference(const json& expected, const json& got, const std::string& where) {
  if (expected.is_null() || got.is_null()) return "";
  if (expected.is_number() && got.is_number()) return "";
  if (expected.type() != got.type())
    return where + ": " + expected.type_name() + " expected, " + got.type_name() + " found";
  if (expected.is_array())
    return expected.empty() || got.empty() ? "" : difference(expected[0], got[0], where + "[0]");
  if (!expected.is_object()) return "";
  const bool keys_are_data = where.ends_with(".drops") || where.ends_with(".drop_rates_per_s") ||
                             where.ends_with(".refusals") || where.ends_with(".neighbour_states");
  if (keys_are_data) return "";
  // Objects by router, interface, area or prefix: their first values are compared.
  const std::set<std::string> by_name = {"show.ospf.neighbours.neighbors",
                                         "show.ospf.interfaces.interfaces", "show.ospf.areas",
                                         "show.ospf.lsdb.areas", "show.ospf.routes.routes"};
  if (by_name.contains(where))
    return got.empty() ? "" : difference(*expected.begin(), *got.begin(), where + "[]");
  for (const auto& [key, value] : expected.items()) {
    if (!got.contains(key)) return where + "." + key + " is missing";
    if (auto inner = difference(value, got.at(key), where + "." + key); !inner.empty())
      return inner;
  }
  for (const auto& item : got.items())
    if (!expected.contains(item.key())) return where + "." + item.key() + " is not on the page";
  return "";
}

class Api : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("spw-api-" + std::to_string(getpid()));
    std::filesystem::create_directory(directory_);
    Plan plan = build(*make_graph("line", 2), {});
    plan.virtual_time = true;
    auto lab = Lab::create(std::move(plan), test::buffers(), directory_);
    ASSERT_TRUE(lab) << lab.error().message;
    lab_ = std::move(lab).value();
    lab_->run(seconds(5), [&] { return lab_->ready(); });
    lab_->traffic(true);
  }
  // Both routers speak OSPF on the wire between them.
  void adjacent() {
    for (const char* name : {"r1", "r2"}) {
      daemon::Engine& engine = *lab_->router(name);
      config::Config config = engine.store().running();
      config.ospf.router_id = Ip4Addr(10, 255, 0, name[1] == '1' ? 1 : 2);
      for (const config::Port& port : config.ports)
        if (port.device.find("r1-r2") != std::string::npos) {
          config.ospf.ports.push_back({.name = port.name, .hello_interval_s = 1});
        }
      ASSERT_EQ(config.ospf.ports.size(), 1u);
      ASSERT_TRUE(engine.store().apply(config, engine.now()));
    }
    const auto full = [&] {
      const auto* instance = lab_->router("r1")->ospf().instance();
      const auto all = instance->neighbours(lab_->now());
      return !all.empty() && all.front().state == ospf::NeighbourState::kFull;
    };
    lab_->traffic(false);  // without it time jumps from event to event
    lab_->run(seconds(60), full);
    lab_->traffic(true);
    EXPECT_TRUE(full());
  }
  void TearDown() override {
    lab_.reset();
    std::filesystem::remove_all(directory_);
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }

  // Runs `client` on a thread of its own while the lab lives on this one. Time stands still while
  // the client asks nothing, so that no timer of the router ends what the client left running.
  void with_client(const std::function<void(api::Client&)>& client) {
    std::atomic<bool> done{false};
    std::thread thread([&] {
      auto connected = api::Client::connect(lab_->sockets()[0].second);
      EXPECT_TRUE(connected);
      if (connected) client(*connected);
      done = true;
    });
    while (!done)
      if (asking_)
        lab_->run(Nanos::never(), [&] { return !asking_ || done; });
      else
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    thread.join();
  }

  Result<json> ask(api::Client& client, const std::string& method, const json& params) {
    asking_ = true;
    auto result = client.call(method, params, seconds(60));
    asking_ = false;
    return result;
  }

  std::atomic<bool> asking_{true};

  std::filesystem::path directory_;
  std::unique_ptr<Lab> lab_;
};

TEST_F(Api, EveryMethodAnswersAsThePageSays) {
  const std::map<std::string, json> page = examples();
  ASSERT_GT(page.size(), 40u);
  std::set<std::string> called;
  adjacent();
  const std::string capture = directory_ / "a.pcapng";
  with_client([&](api::Client& client) {
    const auto call = [&](const std::string& method, const json& params) -> json {
      called.insert(method);
      auto result = ask(client, method, params);
      EXPECT_TRUE(result) << method << ": " << result.error().message;
      if (!result) return json::object();
      EXPECT_TRUE(page.contains(method)) << method;
      if (page.contains(method)) {
        EXPECT_EQ(difference(page.at(method), *result, method), "") << result->dump(1);
      }
      // Nobody is told a secret but who may change things and asks for the config.
      EXPECT_TRUE(method == "config.show" || result->dump().find("geheim") == std::string::npos)
          << method;
      return *result;
    };
    call("stages.timing", {{"on", true}});
    call("trace.add", {{"port", "p0"}, {"match", {{"protocol", "udp"}}}, {"count", 5}});
    call("capture.start", {{"port", "p0"}, {"file", capture}, {"count", 10}});
    for (int i = 0; i < 200 && call("show.trace", json::object())["packets"].size() < 5; ++i) {
    }
    // One that nothing matches, to be stopped before it ends.
    call("trace.add", {{"match", {{"source", "203.0.113.9"}}}});
    call("trace.stop", json::object());
    call("capture.status", json::object());
    // The first capture may have ended by itself already.
    (void)ask(client, "capture.stop", json::object());
    // From here on time jumps from event to event.
    lab_->traffic(false);
    call("capture.start", {{"file", capture}, {"overwrite", true}});
    call("capture.stop", json::object());
    call("stages.timing", {{"on", false}});
    call("show.version", json::object());
    call("show.ports", {{"port", "p0"}});
    call("show.workers", json::object());
    call("show.routes", {{"limit", 50}});
    call("show.neighbours", json::object());
    call("show.counters", {{"drops", true}});
    call("show.interfaces", json::object());
    call("show.fib", json::object());
    call("show.stages", json::object());
    call("events", json::object());
    call("route.add", {{"prefix", "10.9.0.0/16"}, {"via", {{{"gateway", "10.255.0.2"}}}}});
    call("route.del", {{"prefix", "10.9.0.0/16"}});
    call("route.batch", {{"add", {{{"prefix", "10.10.0.0/24"}, {"via", "10.255.0.2"}}}},
                         {"del", {"10.9.0.0/16"}}});
    call("port.add", {{"name", "p9"}, {"device", "null:"}});
    call("port.set", {{"name", "p9"}, {"mtu", 1400}});
    call("vlan.add", {{"port", "p9"}, {"vlan", 100}});
    call("address.add", {{"interface", "p9.100"}, {"address", "10.77.0.1/24"}});
    call("neighbour.add",
         {{"interface", "p9.100"}, {"address", "10.77.0.9"}, {"mac", "02:00:00:00:00:09"}});
    call("ospf.set", {{"router_id", "10.255.0.1"}, {"default_originate", "always"}});
    call("ospf.port", {{"port", "p9.100"}, {"cost", 30}});
    call("ospf.key", {{"port", "p9.100"}, {"id", 1}, {"secret", "geheim"}});
    const std::string shown = call("config.show", json::object())["text"];
    EXPECT_NE(shown.find("secret = \"geheim\""), std::string::npos);
    call("ospf.redistribute", {{"origin", "static"}});
    call("ospf.stub", {{"prefix", "10.254.0.1/32"}});
    for (int i = 0; i < 500 && call("show.ospf.spf", json::object())["runs"] == 0; ++i) {
    }
    call("show.ospf", json::object());
    EXPECT_EQ(call("show.ospf.neighbours", json::object())["neighbors"].begin().key(),
              "10.255.0.2");
    call("show.ospf.interfaces", json::object());
    EXPECT_GE(call("show.ospf.lsdb", json::object())["total"], 1);
    call("show.ospf.routes", json::object());
    call("show.ospf.topology", json::object());
    call("ospf.port", {{"port", "p9.100"}, {"off", true}});
    call("neighbour.del", {{"interface", "p9.100"}, {"address", "10.77.0.9"}});
    call("address.del", {{"interface", "p9.100"}, {"address", "10.77.0.1/24"}});
    call("vlan.del", {{"port", "p9"}, {"vlan", 100}});
    call("port.del", {{"name", "p9"}});
    const json text = call("config.show", json::object())["text"];
    call("config.check", {{"text", text}});
    call("route.add", {{"prefix", "10.11.0.0/24"}, {"kind", "blackhole"}});
    call("config.diff", {{"text", text}});
    call("config.apply", {{"text", text}, {"confirm_s", 3600}});
    call("config.confirm", json::object());
    call("config.undo", json::object());
    const json ping = call("ping.start", {{"address", "10.255.0.2"}, {"count", 1}});
    for (int i = 0; i < 5000 && !call("ping.poll", {{"id", ping["id"]}})["done"]; ++i) {
    }
    EXPECT_EQ(call("ping.poll", {{"id", ping["id"]}})["statistics"]["received"], 1);
    call("ping.stop", {{"id", ping["id"]}});
    const json trace = call("traceroute.start", {{"address", "10.255.0.2"}});
    for (int i = 0; i < 5000 && !call("traceroute.poll", {{"id", trace["id"]}})["done"]; ++i) {
    }
    EXPECT_EQ(call("traceroute.poll", {{"id", trace["id"]}})["reached"], true);
    call("traceroute.stop", {{"id", trace["id"]}});
    call("transport.listen", {{"port", 7007}});
    ASSERT_TRUE(lab_->router("r2")->probes().listen(7007));
    const json messages =
        call("transport.ping.start", {{"address", "10.255.0.2"}, {"count", 2}, {"interval_ms", 1}});
    uint64_t replies = 0;
    for (bool done = false; !done;) {
      const json poll = call("transport.ping.poll", {{"id", messages["id"]}});
      replies += poll["replies"].size();
      done = poll["done"];
    }
    EXPECT_EQ(replies, 2u);
    call("transport.ping.stop", {{"id", messages["id"]}});
    const json perf = call(
        "transport.perf.start",
        {{"address", "10.255.0.2"}, {"size_bytes", 1000}, {"outstanding", 1}, {"time_ms", 2000}});
    // The connection is there before it is over.
    while (call("show.transport", json::object())["connections"].empty()) {
    }
    json last;
    do {
      last = call("transport.perf.poll", {{"id", perf["id"]}});
    } while (!last["done"]);
    EXPECT_GT(last["messages"], 100);
    EXPECT_GE(last["intervals"].size(), 2u);
    call("transport.perf.stop", {{"id", perf["id"]}});
    call("doctor", json::object());
    call("lab.status", json::object());
    call("lab.picture", json::object());
    call("lab.cut", {{"wire", "r1-r2"}});
    call("lab.mend", {{"wire", "r1-r2"}});
    const json methods = call("daemon.methods", json::object())["methods"];
    std::set<std::string> served;
    for (const json& method : methods) served.insert(method["name"]);
    for (const auto& [method, result] : page) EXPECT_TRUE(served.contains(method)) << method;
    for (const std::string& method : served) EXPECT_TRUE(page.contains(method)) << method;
    // Two make sense only for a daemon of its own.
    EXPECT_FALSE(ask(client, "daemon.stop", json::object()));
    EXPECT_FALSE(ask(client, "config.save", json::object()));
    EXPECT_EQ(called.size() + 2, page.size());
  });
  EXPECT_GT(std::filesystem::file_size(capture), 0u);
}

TEST_F(Api, RefusesWithTheKindOfThePage) {
  with_client([&](api::Client& client) {
    const auto code = [&](const std::string& method, const json& params) {
      auto result = ask(client, method, params);
      EXPECT_FALSE(result) << method << " " << params;
      return result ? ErrorCode::kInternal : result.error().code;
    };
    EXPECT_EQ(code("show.ports", {{"port", "p77"}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("show.ports", {{"prot", "p0"}}), ErrorCode::kInvalid);
    EXPECT_EQ(code("route.add", {{"prefix", "10.9.0.0/33"}, {"via", "10.255.0.2"}}),
              ErrorCode::kInvalid);
    EXPECT_EQ(code("route.add", {{"prefix", "10.9.0.1/16"}, {"via", "10.255.0.2"}}),
              ErrorCode::kInvalid);
    EXPECT_EQ(code("route.add", {{"prefix", "10.9.0.0/16"}}), ErrorCode::kInvalid);
    EXPECT_EQ(code("route.add", {{"prefix", "10.9.0.0/16"}, {"via", "2001:db8::1"}}),
              ErrorCode::kInvalid);
    EXPECT_EQ(code("route.del", {{"prefix", "10.99.0.0/16"}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("port.add", {{"name", "p0"}, {"device", "null:"}}), ErrorCode::kExists);
    EXPECT_EQ(code("port.del", {{"name", "p77"}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("vlan.add", {{"port", "p77"}, {"vlan", 5}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("address.del", {{"interface", "p0"}, {"address", "10.1.1.1/24"}}),
              ErrorCode::kNotFound);
    EXPECT_EQ(code("config.apply", {{"text", "[deamon]\n"}}), ErrorCode::kInvalid);
    EXPECT_EQ(code("config.confirm", json::object()), ErrorCode::kInvalid);
    EXPECT_EQ(code("trace.stop", json::object()), ErrorCode::kNotFound);
    EXPECT_EQ(code("capture.start", {{"file", "a.pcapng"}}), ErrorCode::kInvalid);
    EXPECT_EQ(code("ping.poll", {{"id", 99}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("show.transport", {{"id", 99}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("transport.ping.poll", {{"id", 99}}), ErrorCode::kNotFound);
    EXPECT_EQ(code("transport.ping.start", {{"address", "fe80::1"}}), ErrorCode::kInvalid);
    EXPECT_EQ(code("transport.perf.start",
                   {{"address", "10.255.0.2"}, {"echo", true}, {"size_bytes", 5000}}),
              ErrorCode::kInvalid);
    EXPECT_EQ(code("lab.cut", {{"wire", "r8-r9"}}), ErrorCode::kNotFound);
  });
}

// 100,000 routes in one request, all or nothing.
TEST_F(Api, ABatchOfRoutesIsOneTransaction) {
  json add = json::array();
  for (unsigned i = 0; i < 100'000; ++i)
    add.push_back(
        {{"prefix", Ip4Addr(0x0b000000 + (i << 8)).to_string() + "/24"}, {"via", "10.255.0.2"}});
  json bad = add;
  bad.back()["prefix"] = "11.0.0.0/40";
  lab_->traffic(false);
  with_client([&](api::Client& client) {
    const auto routes = [&] {
      return (*ask(client, "show.fib", json::object()))["ip4"]["routes"].get<int>();
    };
    const int before = routes();
    auto refused = ask(client, "route.batch", {{"add", bad}});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("add[99999]"), std::string::npos)
        << refused.error().message;
    EXPECT_EQ(routes(), before);
    auto done = ask(client, "route.batch", {{"add", add}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ((*done)["added"], 100'000);
    EXPECT_EQ(routes(), before + 100'000);
    std::cout << "100,000 routes in " << (*done)["elapsed_us"] << " us\n";
    auto undone = ask(client, "config.undo", json::object());
    EXPECT_TRUE(undone);
    EXPECT_EQ(routes(), before);
  });
}

}  // namespace
}  // namespace spanway::lab
