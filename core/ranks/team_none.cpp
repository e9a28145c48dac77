// SPDX-License-Identifier: GPL-3.0-or-later
// Of a build whose LibTorch has no c10d.
#include "core/ranks/launcher.h"
#include "core/ranks/team.h"

namespace luthier::ranks {

namespace {

const Error kNone{"This build's LibTorch has no c10d, so several processes cannot train one run together; leave --devices and --ranks away, "
                  "or build with one that has it"};

} // namespace

Result<std::shared_ptr<Team>> join(const RankPlace&, const std::string&, std::function<void(const std::string&)>)
{
    return kNone;
}

void tellOthers(const RankPlace&, const std::string&) {}

Result<LaunchEnd> launch(const LaunchPlan&, LaunchControl&)
{
    return kNone;
}

} // namespace luthier::ranks
