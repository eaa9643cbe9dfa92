// SPDX-License-Identifier: BSD-3-Clause
// The one way to add methods that are answered from an engine or a lab. Control thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control/api/server.h"
#include "dataplane/base/result.h"

namespace spanway::daemon {

template <class Object>
class Methods {
 public:
  using Handler = Result<nlohmann::json> (*)(Object& object, const nlohmann::json& params);

  // Both outlive this; `object` outlives the server.
  Methods(api::Server& server, Object& object) : server_(server), object_(object) {}

  // For everybody who may look.
  void look(std::string name, Handler handler) const {
    add(std::move(name), api::Role::kReadOnly, handler);
  }
  // For those who may change things.
  void change(std::string name, Handler handler) const {
    add(std::move(name), api::Role::kFull, handler);
  }

 private:
  void add(std::string name, api::Role least, Handler handler) const {
    server_.add(std::move(name), least,
                [object = &object_, handler](const nlohmann::json& params, const api::Caller&) {
                  return handler(*object, params);
                });
  }

  api::Server& server_;
  Object& object_;
};

}  // namespace spanway::daemon
