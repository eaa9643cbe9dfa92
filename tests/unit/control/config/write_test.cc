// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/write.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "control/config/validate.h"
#include "tests/unit/control/config/generate.h"

namespace spanway::config {
namespace {

TEST(Write, DefaultsLeaveNoTrace) { EXPECT_EQ(write(Config{}), ""); }

TEST(Write, CanonicalForm) {
  Config c;
  c.daemon.workers = {2, 3};
  c.ports.push_back({"p0", "tap:t0", {*IpWithLength::parse("10.0.0.1/24")}});
  c.routes.push_back({*Prefix::parse("0.0.0.0/0"),
                      RouteKind::kVia,
                      {{Ip4Addr(10, 0, 0, 2), "", 1}, {Ip4Addr(10, 0, 0, 3), "p0", 2}}});
  EXPECT_EQ(write(c),
            "[daemon]\nworkers = [2, 3]\n\n[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n"
            "addresses = [\"10.0.0.1/24\"]\n\n[[route]]\nprefix = \"0.0.0.0/0\"\n"
            "via = [\"10.0.0.2\", { ip = \"10.0.0.3\", port = \"p0\", weight = 2 }]\n");
}

TEST(Write, ParseGivesItBack) {
  EXPECT_TRUE(rc::check("parse(write(c)) == c", [] {
    const Config c = test::any_config();
    const std::string text = write(c);
    const Parsed parsed = parse(text);
    RC_ASSERT(render(parsed.faults, text, "f") == "");
    RC_ASSERT(parsed.config == c);
    RC_ASSERT(render(validate(c, parsed.places), text, "f") == "");
    RC_ASSERT(write(parsed.config) == text);
  }));
}

}  // namespace
}  // namespace spanway::config
