// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/pcapng_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace spanway::stats {
namespace {

constexpr size_t kBufferBytes = 1 << 16;
constexpr uint32_t kSectionBlock = 0x0a0d0d0a, kInterfaceBlock = 1, kPacketBlock = 6;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kLinkEthernet = 1;
constexpr uint16_t kEnd = 0, kComment = 1, kInterfaceName = 2, kPacketFlags = 2, kApplication = 4,
                   kDropCount = 4, kTimeResolution = 9;
constexpr uint8_t kNanoseconds = 9;  // ten to the minus nine
constexpr uint32_t kInbound = 1, kOutbound = 2;

// One block under construction: type, length, body, length again; all in our own byte order.
class Block {
 public:
  explicit Block(uint32_t type) { put(type).put(uint32_t{0}); }

  template <class T>
  Block& put(T value) {
    const auto* first = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
    return *this;
  }
  // Padded to four bytes.
  Block& put_bytes(std::span<const uint8_t> data) {
    bytes_.insert(bytes_.end(), data.begin(), data.end());
    bytes_.resize((bytes_.size() + 3) & ~size_t{3});
    return *this;
  }
  Block& option(uint16_t code, std::span<const uint8_t> value) {
    return put(code).put(static_cast<uint16_t>(value.size())).put_bytes(value);
  }
  Block& option(uint16_t code, std::string_view text) {
    const std::string_view cut = text.substr(0, UINT16_MAX);
    return option(code, {reinterpret_cast<const uint8_t*>(cut.data()), cut.size()});
  }
  template <class T>
  Block& number_option(uint16_t code, T value) {
    return option(code, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  Block& end_options() { return put(kEnd).put(uint16_t{0}); }

  std::span<const uint8_t> finish() {
    const auto bytes = static_cast<uint32_t>(bytes_.size() + sizeof(uint32_t));
    put(bytes);
    std::memcpy(bytes_.data() + sizeof(uint32_t), &bytes, sizeof bytes);
    return bytes_;
  }

 private:
  std::vector<uint8_t> bytes_;
};

ErrorCode code_of(int error) {
  switch (error) {
    case EEXIST:
      return ErrorCode::kExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kFull;
    default:
      return ErrorCode::kUnavailable;
  }
}

const char* fix_of(int error) {
  switch (code_of(error)) {
    case ErrorCode::kExists:
      return "choose another name, or allow overwriting";
    case ErrorCode::kPermission:
      return "choose a directory that the daemon may write to";
    case ErrorCode::kFull:
      return "make room on the disk";
    default:
      return "check the path";
  }
}

Error system_error(const char* what, const std::string& path, int error) {
  return {code_of(error),
          std::string(what) + " " + path + ": " + std::generic_category().message(error),
          fix_of(error)};
}

int open_file(const std::string& path, bool overwrite) {
  // Not blocking: the path may name a FIFO; it is refused once it is open.
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  return ::open(path.c_str(), flags | (overwrite ? 0 : O_EXCL), S_IRUSR | S_IWUSR);
}

bool is_plain_file(int descriptor) {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

PcapngWriter::PcapngWriter(int descriptor, std::string path, uint64_t max_bytes)
    : descriptor_(descriptor), path_(std::move(path)), max_bytes_(max_bytes) {
  buffer_.reserve(kBufferBytes);
}

PcapngWriter::~PcapngWriter() { (void)close(); }

Error PcapngWriter::failed(const char* what, int error) const {
  return system_error(what, path_, error);
}

Result<std::unique_ptr<PcapngWriter>> PcapngWriter::create(const std::string& path, bool overwrite,
                                                           uint64_t max_bytes) {
  const int descriptor = open_file(path, overwrite);
  if (descriptor < 0) return system_error("can not create", path, errno);
  std::unique_ptr<PcapngWriter> writer(new PcapngWriter(descriptor, path, max_bytes));
  if (!is_plain_file(descriptor))
    return Error{ErrorCode::kInvalid, path + " is not a plain file", "choose another name"};
  if (::ftruncate(descriptor, 0) != 0) return system_error("can not empty", path, errno);
  if (auto begun = writer->section(); !begun) return std::move(begun).error();
  return writer;
}

Status PcapngWriter::section() {
  return append(Block(kSectionBlock)
                    .put(kByteOrder)
                    .put(uint16_t{1})  // major version
                    .put(uint16_t{0})  // minor
                    .put(int64_t{-1})  // section length: not said
                    .option(kApplication, "Spanway")
                    .end_options()
                    .finish());
}

Status PcapngWriter::add_interface(std::string_view name) {
  const Status added = append(Block(kInterfaceBlock)
                                  .put(kLinkEthernet)
                                  .put(uint16_t{0})
                                  .put(uint32_t{0})  // no snap length of its own
                                  .option(kInterfaceName, name)
                                  .number_option(kTimeResolution, kNanoseconds)
                                  .end_options()
                                  .finish());
  if (added) ++interfaces_;
  return added;
}

Status PcapngWriter::write(uint32_t interface, bool outbound, Nanos unix_time,
                           uint32_t original_bytes, std::span<const uint8_t> data,
                           const PacketNotes& notes) {
  if (interface >= interfaces_)
    return Error{ErrorCode::kInvalid,
                 "interface " + std::to_string(interface) + " is not in the capture file"};
  const auto time = static_cast<uint64_t>(unix_time.ns());
  Block block(kPacketBlock);
  block.put(interface)
      .put(static_cast<uint32_t>(time >> 32))
      .put(static_cast<uint32_t>(time))
      .put(static_cast<uint32_t>(data.size()))
      .put(original_bytes)
      .put_bytes(data)
      .number_option(kPacketFlags, outbound ? kOutbound : kInbound);
  if (notes.lost_before != 0) block.number_option(kDropCount, notes.lost_before);
  if (!notes.comment.empty()) block.option(kComment, notes.comment);
  return append(block.end_options().finish());
}

Status PcapngWriter::append(std::span<const uint8_t> block) {
  if (descriptor_ < 0)
    return Error{ErrorCode::kUnavailable, path_ + " is closed already", "start a new capture"};
  if (bytes() + block.size() > max_bytes_)
    return Error{ErrorCode::kFull,
                 path_ + " has reached its limit of " + std::to_string(max_bytes_) + " bytes",
                 "start a new capture"};
  if (buffer_.size() + block.size() > kBufferBytes)
    if (auto flushed = flush(); !flushed) return flushed;
  buffer_.insert(buffer_.end(), block.begin(), block.end());
  return {};
}

Status PcapngWriter::flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = count < 0 ? errno : ENOSPC;
      // Half a block would make the whole file unreadable to some.
      const auto good = static_cast<off_t>(written_);
      buffer_.clear();
      if (::ftruncate(descriptor_, good) == 0) (void)::lseek(descriptor_, good, SEEK_SET);
      return failed("can not write", error);
    }
    done += static_cast<size_t>(count);
  }
  written_ += done;
  buffer_.clear();
  return {};
}

Status PcapngWriter::close() {
  if (descriptor_ < 0) return {};
  Status result = flush();
  if (::fsync(descriptor_) != 0 && result) result = failed("can not flush", errno);
  if (::close(descriptor_) != 0 && result) result = failed("can not close", errno);
  descriptor_ = -1;
  return result;
}

}  // namespace spanway::stats
