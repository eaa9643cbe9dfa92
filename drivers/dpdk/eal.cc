// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/eal.h"

#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace spanway::drivers {
namespace {

// The one log of the one EAL of this process.
class Log {
 public:
  static Log& get() {
    static Log log;
    return log;
  }
  void add(const char* text, size_t bytes) {
    const std::lock_guard lock(mutex_);
    text_.append(text, bytes);
    if (text_.size() > kMost) text_.erase(0, text_.size() - kMost);
  }
  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  // A stream that EAL may write to from any thread.
  static FILE* stream() {
    cookie_io_functions_t functions{};
    functions.write = [](void*, const char* text, size_t bytes) -> ssize_t {
      get().add(text, bytes);
      return static_cast<ssize_t>(bytes);
    };
    FILE* file = fopencookie(nullptr, "w", functions);
    if (file != nullptr) setvbuf(file, nullptr, _IONBF, 0);
    return file;
  }

 private:
  static constexpr size_t kMost = 16384;
  std::mutex mutex_;
  std::string text_;
};

std::string cpu_list(const std::vector<unsigned>& wanted, const cpu_set_t& allowed) {
  std::string list;
  const auto add = [&](unsigned cpu) { list += (list.empty() ? "" : ",") + std::to_string(cpu); };
  for (const unsigned cpu : wanted) add(cpu);
  for (unsigned cpu = 0; wanted.empty() && cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) add(cpu);
  }
  return list;
}

std::vector<std::string> arguments(const EalOptions& options, bool hugepages,
                                   const std::string& cpus) {
  std::vector<std::string> args = {"spanway", "--no-telemetry", "--lcores=0@(" + cpus + ")", "-m",
                                   std::to_string(options.memory_mb)};
  if (hugepages) {
    args.emplace_back("--in-memory");
  } else {
    args.insert(args.end(), {"--no-huge", "--no-shconf"});
  }
  // An allow list shuts out every card that is not on it, and unlike --no-pci still lets one be
  // added later. 0000:00:00.0 is the host bridge, which no network driver takes.
  args.insert(args.end(), {"-a", "0000:00:00.0"});
  for (const std::string& address : options.pci) args.insert(args.end(), {"-a", address});
  args.emplace_back(options.verbose ? "--log-level=info" : "--log-level=notice");
  return args;
}

int init(std::vector<std::string>& args) {
  // EAL keeps pointers into its arguments and reorders them.
  static std::vector<char*> argv;
  argv.clear();
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  return rte_eal_init(static_cast<int>(args.size()), argv.data());
}

Error failure(const EalOptions& options, bool hugepages, int code) {
  Error error{ErrorCode::kUnavailable, "DPDK does not start"};
  const std::string complaint = take_eal_complaint();
  error.message += ": " + (complaint.empty() ? std::string(strerror(code)) : complaint);
  if (code == EACCES || code == EPERM) error.code = ErrorCode::kPermission;
  error.fix = hugepages ? "check free hugepages (grep Huge /proc/meminfo), or set memory to none"
                        : "lower the memory of " + std::to_string(options.memory_mb) +
                              " MiB, or raise the limits (ulimit -v, ulimit -l)";
  return error;
}

}  // namespace

unsigned free_hugepage_mb() {
  namespace fs = std::filesystem;
  uint64_t kib = 0;
  std::error_code failed;
  for (const auto& size : fs::directory_iterator("/sys/kernel/mm/hugepages", failed)) {
    uint64_t page_kib = 0, pages = 0;
    const std::string name = size.path().filename();  // hugepages-2048kB
    if (sscanf(name.c_str(), "hugepages-%lukB", &page_kib) != 1) continue;
    if (std::ifstream(size.path() / "free_hugepages") >> pages) kib += pages * page_kib;
  }
  return static_cast<unsigned>(kib / 1024);
}

Status start_eal(const EalOptions& options) {
  static std::mutex mutex;
  static bool running = false;
  static std::vector<std::string> args;
  const std::lock_guard lock(mutex);
  if (running) return {};

  const unsigned free_mb = free_hugepage_mb();
  const bool hugepages = options.memory == Memory::kHugepages ||
                         (options.memory == Memory::kAuto && free_mb >= options.memory_mb);
  if (hugepages && free_mb < options.memory_mb) {
    return Error{ErrorCode::kUnavailable,
                 "memory = hugepages needs " + std::to_string(options.memory_mb) +
                     " MiB of free hugepages and there are " + std::to_string(free_mb),
                 "echo " + std::to_string((options.memory_mb + 1) / 2) +
                     " > /proc/sys/vm/nr_hugepages (as root), or set memory to auto"};
  }
  cpu_set_t before;
  if (pthread_getaffinity_np(pthread_self(), sizeof(before), &before) != 0) CPU_ZERO(&before);
  args = arguments(options, hugepages, cpu_list(options.cpus, before));
  if (!options.verbose) rte_openlog_stream(Log::stream());
  int result = 0, code = 0;
  {
    const CapturedStderr captured;
    result = init(args);
    code = rte_errno;
  }
  if (result < 0 && code != EALREADY) return failure(options, hugepages, code);
  // EAL has put this thread where its lcore 0 is; with no CPUs asked for that was here anyway.
  running = true;
  return {};
}

CapturedStderr::CapturedStderr()
    : file_(memfd_create("stderr", MFD_CLOEXEC)), saved_(dup(STDERR_FILENO)) {
  fflush(stderr);
  if (file_ >= 0 && saved_ >= 0) dup2(file_, STDERR_FILENO);
}

CapturedStderr::~CapturedStderr() {
  fflush(stderr);
  if (saved_ >= 0) dup2(saved_, STDERR_FILENO);
  if (saved_ >= 0) close(saved_);
  if (file_ < 0) return;
  std::array<char, 4096> text{};
  const ssize_t bytes = pread(file_, text.data(), text.size(), 0);
  if (bytes > 0) Log::get().add(text.data(), static_cast<size_t>(bytes));
  close(file_);
}

bool eal_uses_hugepages() { return rte_eal_has_hugepages() != 0; }

std::string take_eal_log() { return Log::get().take(); }

std::string take_eal_complaint() {
  const std::string log = take_eal_log();
  std::string found, last;
  size_t begin = 0;
  while (begin < log.size()) {
    const size_t end = std::min(log.find('\n', begin), log.size());
    std::string line = log.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    std::string lower = line;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* word : {"fail", "error", "cannot", "can't", "fatal", "unable", "invalid",
                             "no such", "not permitted", "unknown", "not found"}) {
      if (lower.find(word) != std::string::npos) {
        // The first complaint is the cause, what follows are its echoes.
        if (found.empty()) found = line;
        break;
      }
    }
    last = std::move(line);
  }
  if (found.empty()) found = last;
  for (const std::string_view prefix : {"EAL: ", "FATAL: ", "Error - "}) {
    if (found.starts_with(prefix)) found.erase(0, prefix.size());
  }
  return found;
}

EalThread::EalThread() noexcept {
  // LCORE_ID_ANY: DPDK does not know this thread yet, and it is not EAL's own.
  if (rte_lcore_id() == LCORE_ID_ANY) registered_ = rte_thread_register() == 0;
}

EalThread::~EalThread() {
  if (registered_) rte_thread_unregister();
}

}  // namespace spanway::drivers
