// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as request lines: each gets one line of JSON with a result or an error in it.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "control/api/dispatch.h"
#include "dataplane/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace spanway;
using nlohmann::json;

api::Dispatcher make_dispatcher() {
  api::Dispatcher dispatcher;
  dispatcher.add("echo", api::Role::kReadOnly,
                 [](const json& params, const api::Caller&) -> Result<json> { return params; });
  dispatcher.add("route.add", api::Role::kFull,
                 [](const json& params, const api::Caller&) -> Result<json> {
                   // As careless as a handler may be.
                   return json{{"prefix", params.at("prefix").get<std::string>()}};
                 });
  return dispatcher;
}

void check_answer(const std::string& answer) {
  SPANWAY_CHECK(!answer.empty() && answer.find('\n') == answer.size() - 1);
  const json document = json::parse(answer);
  SPANWAY_CHECK(document.at("jsonrpc") == "2.0" && document.contains("id"));
  SPANWAY_CHECK(document.contains("result") != document.contains("error"));
  if (!document.contains("error")) return;
  SPANWAY_CHECK(api::facts_of_code(document["error"].at("code").get<int64_t>()) != nullptr);
  SPANWAY_CHECK(!document["error"].at("message").get<std::string>().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static api::Dispatcher dispatcher = make_dispatcher();
  const void* bytes = data;
  std::string_view text(static_cast<const char*>(bytes), size);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    check_answer(dispatcher.answer(line, api::Caller{}));
    check_answer(dispatcher.answer(line, api::Caller{api::Role::kFull, 0, 0, 0}));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}
