// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/session.h"

#include "control/api/messages.h"
#include "control/cli/interrupt.h"

namespace spanway::cli {

Outcome Outcome::of(Failure failure) {
  const int code = failure.exit_code;
  return {nullptr, std::move(failure), code};
}

Outcome Outcome::usage(std::string message, std::string fix) {
  return of({"usage", std::move(message), std::move(fix), kUsage});
}

Outcome Outcome::error(const Error& error) {
  const api::KindFacts& kind = api::facts(api::kind_of(error.code));
  return of({std::string(kind.word), error.message, error.fix, kind.exit_code});
}

Session::Session(std::string socket, std::optional<double> timeout_s)
    : socket_(std::move(socket)), timeout_s_(timeout_s) {}

Outcome Session::call(std::string_view method, const nlohmann::json& params, double timeout_s) {
  if (!client_) {
    auto made = api::Client::connect(socket_);
    if (!made) {
      Outcome out = Outcome::error(made.error());
      if (out.exit_code != kNoPermission) {
        out.failure->kind = "unreachable";
        out.failure->exit_code = out.exit_code = kUnreachable;
      }
      return out;
    }
    client_ = std::move(*made);
  }
  const double wait = timeout_s_.value_or(timeout_s);
  // Ctrl-C ends the wait for an answer; one that came before, and ended a loop, does not.
  const int signals = Interrupts::count();
  auto answer = client_->call(std::string(method), params, Nanos(static_cast<int64_t>(wait * 1e9)),
                              [signals] { return Interrupts::count() != signals; });
  if (answer) return {std::move(*answer)};
  Outcome out = Outcome::error(answer.error());
  // What the daemon calls a bad parameter is its refusal: the line itself was understood.
  const int code = client_->exit_code();
  if (code == kTimeout || code == kUnreachable) {
    out.failure->kind = code == kTimeout ? "timeout" : "unreachable";
    out.failure->exit_code = out.exit_code = code;
    // A late answer must not be taken for that of the next request.
    client_.reset();
  }
  return out;
}

}  // namespace spanway::cli
