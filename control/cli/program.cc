// SPDX-License-Identifier: BSD-3-Clause
// spanway lab and spanway doctor: the work is spanwayd's.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <ostream>

#include "control/cli/execute.h"

extern char** environ;

namespace spanway::cli {
namespace {

// Beside this program, as installed; one folder up, as built; else by $PATH.
std::string find_daemon() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error)
    for (const auto& path :
         {self.parent_path() / "spanwayd", self.parent_path().parent_path() / "spanwayd"})
      if (access(path.c_str(), X_OK) == 0) return path.string();
  return "spanwayd";
}

Outcome not_started(const std::string& program, int why) {
  return Outcome::of({"unreachable", "can not run " + program + ": " + std::strerror(why),
                      "install spanwayd beside spanway, or put it in $PATH", kUnreachable});
}

}  // namespace

Outcome run_daemon_program(Context& context, const std::vector<std::string>& arguments) {
  if (context.scripted && context.json)
    return Outcome::usage("lab and doctor print a document of their own",
                          "run them outside of a script with -j");
  const std::string program = find_daemon();
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  context.io.out.flush();
  if (!context.scripted) {
    execvp(program.c_str(), argv.data());
    return not_started(program, errno);
  }
  // Ctrl-C is for the other program; we wait for how it ends.
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  pid_t pid = 0;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  sigaction(SIGINT, &ignore, &before);
  const int why = posix_spawnp(&pid, program.c_str(), nullptr, &attributes, argv.data(), environ);
  int status = 0;
  if (why == 0)
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  sigaction(SIGINT, &before, nullptr);
  posix_spawnattr_destroy(&attributes);
  if (why != 0) return not_started(program, why);
  Outcome out;
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

}  // namespace spanway::cli
