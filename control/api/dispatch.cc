// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/dispatch.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/config/forms.h"

namespace spanway::api {
namespace {

using nlohmann::json;

std::string line_of(const json& document) {
  // A name that is not UTF-8 (a file, an interface) must not cost the whole answer.
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

struct Failure {
  Kind kind;
  std::string message;
  std::string fix{};
};

std::string failure_line(const json& id, const Failure& failure) {
  const KindFacts& kind = facts(failure.kind);
  return line_of({{"jsonrpc", "2.0"},
                  {"id", id},
                  {"error",
                   {{"code", kind.code},
                    {"message", failure.message},
                    {"data", {{"kind", kind.word}, {"fix", failure.fix}}}}}});
}

// Why `request` is no request of ours, or "".
std::string flaw(const json& request) {
  if (request.is_array()) return "batches are not served: send one request a line";
  if (!request.is_object()) return "a request is a JSON object";
  const auto version = request.find("jsonrpc");
  if (version == request.end() || *version != "2.0") return "\"jsonrpc\" must be \"2.0\"";
  const auto id = request.find("id");
  if (id == request.end()) return "a request needs an \"id\": notifications are not served";
  if (!id->is_string() && !id->is_number() && !id->is_null())
    return "\"id\" must be a number or a string";
  const auto method = request.find("method");
  if (method == request.end() || !method->is_string()) return "\"method\" must be a string";
  return {};
}

json id_of(const json& request) {
  if (!request.is_object()) return nullptr;
  const auto id = request.find("id");
  return id != request.end() && (id->is_string() || id->is_number()) ? *id : json(nullptr);
}

}  // namespace

Shape measure(std::string_view text) {
  Shape shape;
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        break;
      case '[':
      case '{':
        shape.depth = std::max(shape.depth, ++depth);
        ++shape.values;
        break;
      case ']':
      case '}':
        depth -= depth > 0 ? 1 : 0;
        break;
      case ',':
        ++shape.values;
        break;
      default:
        break;
    }
  }
  return shape;
}

std::string error_line(Kind kind, const std::string& message, const std::string& fix) {
  return failure_line(nullptr, {kind, message, fix});
}

void Dispatcher::add(std::string method, Role least, Handler handler) {
  methods_.insert_or_assign(std::move(method), Method{least, std::move(handler)});
}

std::vector<MethodInfo> Dispatcher::methods() const {
  std::vector<MethodInfo> out;
  for (const auto& [name, method] : methods_) out.push_back({name, method.least});
  return out;
}

std::string Dispatcher::answer(std::string_view line, const Caller& caller) {
  ++requests;
  json id;
  const auto fail = [&](Kind kind, std::string message, std::string fix = {}) {
    ++errors;
    return failure_line(id, {kind, std::move(message), std::move(fix)});
  };
  try {
    const Shape shape = measure(line);
    if (shape.depth > kMaxDepth || shape.values > kMaxValues)
      return fail(Kind::kRequest, "the request nests too deep or holds too many values",
                  "send it in several requests");
    json request;
    try {
      request = json::parse(line);
    } catch (const json::parse_error& error) {
      return fail(Kind::kParse, "not JSON at byte " + std::to_string(error.byte));
    }
    id = id_of(request);
    if (std::string why = flaw(request); !why.empty()) return fail(Kind::kRequest, std::move(why));
    const auto& name = request["method"].get_ref<const std::string&>();
    const auto found = methods_.find(name);
    if (found == methods_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, method] : methods_) names.push_back(known);
      return fail(Kind::kMethod, "there is no method '" + name.substr(0, 60) + "'",
                  config::nearest(name, names));
    }
    if (caller.role < found->second.least)
      return fail(Kind::kPermission, name + " needs more than a look: this client may only read",
                  "ask as root or as a member of the socket's group");
    json params = json::object();
    if (const auto given = request.find("params"); given != request.end()) {
      if (!given->is_object()) return fail(Kind::kInvalid, "\"params\" must be an object");
      params = std::move(*given);
    }
    Result<json> result = found->second.handler(params, caller);
    if (!result) {
      Error error = std::move(result).error();
      return fail(kind_of(error.code), std::move(error.message), std::move(error.fix));
    }
    json response{{"jsonrpc", "2.0"}, {"id", id}};
    response["result"] = std::move(*result);
    return line_of(response);
  } catch (const json::exception& error) {
    // A handler that took a parameter for granted.
    return fail(Kind::kInvalid,
                std::string("a parameter is missing or of the wrong type: ") + error.what());
  } catch (const std::bad_alloc&) {
    return fail(Kind::kFull, "out of memory for this request", "send it in several requests");
  } catch (const std::exception& error) {
    return fail(Kind::kInternal, error.what());
  }
}

}  // namespace spanway::api
