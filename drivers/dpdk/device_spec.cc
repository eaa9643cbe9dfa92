// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/device_spec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

namespace spanway::drivers {
namespace {

struct Form {
  std::string_view prefix;
  DeviceKind kind;
  std::string_view example;
};
constexpr std::array kForms = {
    Form{"tap", DeviceKind::kTap, "tap:t0"},
    Form{"veth", DeviceKind::kVeth, "veth:eth1"},
    Form{"xdp", DeviceKind::kXdp, "xdp:eth1"},
    Form{"memif", DeviceKind::kMemif, "memif:/run/x.sock[,server]"},
    Form{"vhost", DeviceKind::kVhost, "vhost:/run/x.sock"},
    Form{"virtio", DeviceKind::kVirtio, "virtio:/run/x.sock"},
    Form{"pcap", DeviceKind::kPcap, "pcap:in.pcap[,tx=out.pcap][,infinite]"},
    Form{"null", DeviceKind::kNull, "null: or null:rx"},
    Form{"ring", DeviceKind::kRing, "ring:r0"},
    Form{"dpdk", DeviceKind::kDpdk, "dpdk:net_bonding0,mode=1"},
    Form{"sim", DeviceKind::kSim, "sim:w1.a"},
};

constexpr std::string_view kAllForms =
    "0000:3b:00.0 (a PCI address), tap:NAME, veth:INTERFACE, xdp:INTERFACE, memif:PATH[,server], "
    "vhost:PATH, virtio:PATH, pcap:FILE[,tx=FILE][,infinite], null:[rx], ring:NAME, dpdk:DEVARGS, "
    "sim:WIRE[.END]";

// Edits (insert, delete, replace) between two short words.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

bool all_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

// "3b:00.0" or "0000:3b:00.0", in any case of letters; the full lower-case form, or empty.
std::string pci_address(std::string_view text) {
  std::string full(text);
  if (std::count(full.begin(), full.end(), ':') == 1) full.insert(0, "0000:");
  if (full.size() != 12 || full[4] != ':' || full[7] != ':' || full[10] != '.') return {};
  const std::string_view f = full;
  if (!all_hex(f.substr(0, 4)) || !all_hex(f.substr(5, 2)) || !all_hex(f.substr(8, 2))) return {};
  if (f[11] < '0' || f[11] > '7') return {};
  for (char& c : full) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return full;
}

Error bad(std::string_view text, const std::string& why, std::string_view example) {
  return {ErrorCode::kInvalid, "device " + std::string(text) + ": " + why,
          "write it like " + std::string(example)};
}

Error unknown(std::string_view text, std::string_view prefix) {
  const auto nearest =
      std::min_element(kForms.begin(), kForms.end(), [&](const Form& a, const Form& b) {
        return distance(prefix, a.prefix) < distance(prefix, b.prefix);
      });
  std::string fix;
  if (distance(prefix, nearest->prefix) <= 2)
    fix = "did you mean " + std::string(nearest->example) + "? ";
  return {ErrorCode::kInvalid, "device " + std::string(text) + " is of no known kind",
          fix + "devices: " + std::string(kAllForms)};
}

// Splits at commas: the first part is the target, the others are options.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

bool takes_option(DeviceSpec& spec, std::string_view option) {
  if (spec.kind == DeviceKind::kMemif && option == "server") return spec.server = true;
  if (spec.kind != DeviceKind::kPcap) return false;
  if (option == "infinite") return spec.infinite = true;
  if (!option.starts_with("tx=") || option.size() == 3) return false;
  spec.tx_file = option.substr(3);
  return true;
}

// What Linux accepts as the name of an interface, and EAL within an argument.
bool is_interface_name(std::string_view name) {
  if (name.empty() || name.size() > 15 || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isgraph(static_cast<unsigned char>(c)) != 0 && c != '/' && c != ':' && c != '=';
  });
}

}  // namespace

Result<DeviceSpec> parse_device(std::string_view text) {
  DeviceSpec spec;
  if (std::string address = pci_address(text); !address.empty()) {
    spec.kind = DeviceKind::kPci;
    spec.target = std::move(address);
    return spec;
  }
  const size_t colon = text.find(':');
  const std::string_view prefix = text.substr(0, colon);
  const auto form =
      std::find_if(kForms.begin(), kForms.end(), [&](const Form& f) { return f.prefix == prefix; });
  if (form == kForms.end()) return unknown(text, prefix);
  if (colon == std::string_view::npos && form->kind != DeviceKind::kNull)
    return bad(text, "it lacks a colon and what comes behind it", form->example);
  spec.kind = form->kind;
  const std::string_view rest =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);

  if (spec.kind == DeviceKind::kNull) {
    if (!rest.empty() && rest != "rx") return bad(text, "it takes nothing, or rx", form->example);
    spec.invents = rest == "rx";
    return spec;
  }
  if (rest.empty()) return bad(text, "nothing stands behind the colon", form->example);
  if (spec.kind == DeviceKind::kDpdk || spec.kind == DeviceKind::kSim) {
    spec.target = rest;
    return spec;
  }
  const auto parts = split(rest);
  spec.target = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) {
    if (!takes_option(spec, parts[i]))
      return bad(text, "it has no option " + std::string(parts[i]), form->example);
  }
  if (on_linux_interface(spec.kind) && !is_interface_name(spec.target))
    return bad(text, "an interface name has 1 to 15 characters without / : = or spaces",
               form->example);
  if (spec.target.empty()) return bad(text, "nothing stands behind the colon", form->example);
  return spec;
}

}  // namespace spanway::drivers
