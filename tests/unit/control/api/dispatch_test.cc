// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/dispatch.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace spanway::api {
namespace {

using nlohmann::json;

Dispatcher dispatcher() {
  Dispatcher d;
  d.add("show.version", Role::kReadOnly, [](const json& params, const Caller&) -> Result<json> {
    return json{{"got", params}};
  });
  d.add("port.add", Role::kFull, [](const json&, const Caller&) -> Result<json> {
    return Error{ErrorCode::kExists, "p0 is there already", "port set p0"};
  });
  d.add("careless", Role::kReadOnly, [](const json& params, const Caller&) -> Result<json> {
    return json(params.at("count").get<int>());
  });
  d.add("throws", Role::kReadOnly,
        [](const json&, const Caller&) -> Result<json> { throw std::runtime_error("oh"); });
  d.add("bytes", Role::kReadOnly,
        [](const json&, const Caller&) -> Result<json> { return json("\xff"); });
  return d;
}

const Caller kRoot{Role::kFull, 0, 0, 1};
const Caller kWatcher{Role::kReadOnly, 1000, 1000, 1};

TEST(Dispatch, Answers) {
  auto d = dispatcher();
  EXPECT_EQ(d.answer(R"({"jsonrpc":"2.0","id":7,"method":"show.version","params":{"a":1}})", kRoot),
            "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"got\":{\"a\":1}}}\n");
  EXPECT_EQ(d.answer(R"({"jsonrpc":"2.0","id":"x","method":"show.version"})", kWatcher),
            "{\"id\":\"x\",\"jsonrpc\":\"2.0\",\"result\":{\"got\":{}}}\n");
  EXPECT_EQ(d.requests, 2u);
  EXPECT_EQ(d.errors, 0u);
}

struct Case {
  const char* line;
  const char* id;
  int code;
  const char* kind;
  const char* words;  // of the message
};

class DispatchErrors : public testing::TestWithParam<Case> {};

TEST_P(DispatchErrors, HaveCodeKindAndWords) {
  const Case& c = GetParam();
  auto d = dispatcher();
  const std::string line = d.answer(c.line, kWatcher);
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  const json answer = json::parse(line);
  EXPECT_EQ(answer["jsonrpc"], "2.0");
  EXPECT_EQ(answer["id"].dump(), c.id) << line;
  EXPECT_EQ(answer["error"]["code"], c.code) << line;
  EXPECT_EQ(answer["error"]["data"]["kind"], c.kind) << line;
  EXPECT_TRUE(answer["error"]["data"]["fix"].is_string());
  EXPECT_NE(answer["error"]["message"].get<std::string>().find(c.words), std::string::npos) << line;
  EXPECT_FALSE(answer.contains("result"));
  EXPECT_EQ(d.errors, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    All, DispatchErrors,
    testing::Values(
        Case{"", "null", -32700, "parse", "not JSON"},
        Case{"{\"jsonrpc\":", "null", -32700, "parse", "at byte 12"},
        Case{"{\"a\":\"\xff\"}", "null", -32700, "parse", "not JSON"},
        Case{"[]", "null", -32600, "request", "batches"},
        Case{R"([{"jsonrpc":"2.0","id":1,"method":"show.version"}])", "null", -32600, "request",
             "batches"},
        Case{"3", "null", -32600, "request", "a JSON object"},
        Case{R"({"id":1,"method":"show.version"})", "1", -32600, "request", "jsonrpc"},
        Case{R"({"jsonrpc":2.0,"id":1,"method":"show.version"})", "1", -32600, "request",
             "jsonrpc"},
        Case{R"({"jsonrpc":"2.0","method":"show.version"})", "null", -32600, "request",
             "notifications"},
        Case{R"({"jsonrpc":"2.0","id":{},"method":"show.version"})", "null", -32600, "request",
             "\"id\""},
        Case{R"({"jsonrpc":"2.0","id":1,"method":3})", "1", -32600, "request", "\"method\""},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"show.versoin"})", "1", -32601, "method",
             "no method 'show.versoin'"},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"show.version","params":[1]})", "1", -32602,
             "invalid", "must be an object"},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"port.add"})", "1", -32004, "permission",
             "only read"},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"careless"})", "1", -32602, "invalid",
             "missing or of the wrong type"},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"careless","params":{"count":"x"}})", "1", -32602,
             "invalid", "wrong type"},
        Case{R"({"jsonrpc":"2.0","id":1,"method":"throws"})", "1", -32603, "internal", "oh"}));

TEST(Dispatch, HandlersErrorsKeepTheirKindAndFix) {
  auto d = dispatcher();
  const json answer =
      json::parse(d.answer(R"({"jsonrpc":"2.0","id":1,"method":"port.add"})", kRoot));
  EXPECT_EQ(answer["error"], (json{{"code", -32002},
                                   {"message", "p0 is there already"},
                                   {"data", {{"kind", "exists"}, {"fix", "port set p0"}}}}));
}

TEST(Dispatch, AMisspeltMethodHasAFix) {
  auto d = dispatcher();
  const json answer =
      json::parse(d.answer(R"({"jsonrpc":"2.0","id":1,"method":"show.versoin"})", kRoot));
  EXPECT_EQ(answer["error"]["data"]["fix"], "show.version");
}

TEST(Dispatch, BytesThatAreNoTextDoNotCostTheAnswer) {
  auto d = dispatcher();
  const json answer = json::parse(d.answer(R"({"jsonrpc":"2.0","id":1,"method":"bytes"})", kRoot));
  EXPECT_EQ(answer["result"], "\xef\xbf\xbd");
}

TEST(Dispatch, MeasuresWithoutParsing) {
  EXPECT_EQ(measure("[[{\"]]\\\"[[\":1}],2]").depth, 3u);
  EXPECT_EQ(measure("]]]]").depth, 0u);
  EXPECT_EQ(measure("[1,2,3]").values, 3u);
  EXPECT_EQ(measure("\"\\").depth, 0u);
}

TEST(Dispatch, DepthAndNumberAreBounded) {
  auto d = dispatcher();
  const auto nested = [&](size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"show.version","params":{"a":)" +
           std::string(depth, '[') + std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(json::parse(d.answer(nested(kMaxDepth - 2), kRoot)).contains("result"));
  EXPECT_EQ(json::parse(d.answer(nested(kMaxDepth - 1), kRoot))["error"]["code"], -32600);
  EXPECT_EQ(json::parse(d.answer(nested(5'000'000), kRoot))["error"]["code"], -32600);
  EXPECT_EQ(json::parse(d.answer(std::string(kMaxValues + 2, ','), kRoot))["error"]["code"],
            -32600);
}

TEST(Dispatch, KindsStandAtTheirOwnPlace) {
  for (size_t i = 0; i < kKinds.size(); ++i) EXPECT_EQ(static_cast<size_t>(kKinds[i].kind), i);
}

}  // namespace
}  // namespace spanway::api
