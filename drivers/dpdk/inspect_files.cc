// SPDX-License-Identifier: BSD-3-Clause
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "drivers/dpdk/inspect.h"

namespace spanway::drivers {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

ErrorCode code_of(int number) {
  return number == EACCES || number == EPERM ? ErrorCode::kPermission : ErrorCode::kNotFound;
}

// 0 when somebody holds the socket, else the errno of connect(). Asks as a datagram socket, which a
// listener refuses for its type and never gets to see.
int connect_error(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int code =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(fd);
  return code == EPROTOTYPE ? 0 : code;
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

Finding folder_writable(const std::string& name, const std::string& path) {
  const std::string folder = folder_of(path);
  if (access(folder.c_str(), W_OK | X_OK) == 0) return {name, Level::kOk, folder + " is writable"};
  const int code = errno;
  return {name, Level::kFail, "folder " + folder + ": " + strerror(code),
          code == ENOENT ? "mkdir -p " + folder : "choose a folder that this user may write to",
          code_of(code)};
}

Finding listener(const std::string& path) {
  const int code = connect_error(path);
  if (code == 0) return {"socket", Level::kOk, "somebody listens at " + path};
  return {"socket", Level::kFail, "nobody listens at " + path + ": " + strerror(code),
          "start the other end first (a vhost: port, or QEMU with server=on)", code_of(code)};
}

Finding free_for_us(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return folder_writable("socket", path);
  if (!is_socket(path))
    return {"socket", Level::kFail, path + " exists and is no socket", "choose another path",
            ErrorCode::kExists};
  if (connect_error(path) == 0)
    return {"socket", Level::kFail, "another process listens at " + path, "choose another path",
            ErrorCode::kExists};
  return {"socket", Level::kOk, path + " is left over from a dead process and will be replaced"};
}

Finding folder_there(const std::string& path) {
  const std::string folder = folder_of(path);
  if (access(folder.c_str(), X_OK) == 0) return {"socket", Level::kOk, folder + " is there"};
  const int code = errno;
  return {"socket", Level::kFail, "folder " + folder + ": " + strerror(code), "mkdir -p " + folder,
          code_of(code)};
}

}  // namespace

std::vector<Finding> inspect_socket(const DeviceSpec& spec) {
  if (spec.target.size() >= sizeof(sockaddr_un::sun_path)) {
    return {{"socket", Level::kFail, "the path is longer than a socket's may be (107 characters)",
             "choose a shorter one", ErrorCode::kInvalid}};
  }
  if (spec.kind == DeviceKind::kVirtio) return {listener(spec.target)};
  if (spec.kind == DeviceKind::kVhost || spec.server) return {free_for_us(spec.target)};
  return {folder_there(spec.target)};  // a memif client waits for its server
}

std::vector<Finding> inspect_files(const DeviceSpec& spec) {
  std::vector<Finding> all;
  if (access(spec.target.c_str(), R_OK) == 0) {
    all.push_back({"file", Level::kOk, spec.target + " is readable"});
  } else {
    const int code = errno;
    all.push_back({"file", Level::kFail, spec.target + ": " + strerror(code),
                   "name a capture file in pcap form that this user may read", code_of(code)});
  }
  if (!spec.tx_file.empty()) all.push_back(folder_writable("tx file", spec.tx_file));
  return all;
}

void remove_dead_socket(const std::string& path) {
  if (is_socket(path) && connect_error(path) == ECONNREFUSED) unlink(path.c_str());
}

}  // namespace spanway::drivers
