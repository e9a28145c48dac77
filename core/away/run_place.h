// SPDX-License-Identifier: GPL-3.0-or-later
// RunPlace: where a run is to work: in this process, in several processes of this machine, or on other machines. It is no part of a
// recipe, whose losses do not depend on it. Torch-free.
#pragma once

#include "core/base/json.h"

#include <string>
#include <vector>

namespace luthier::away {

struct RunPlace {
    std::string devices;            // as --devices takes them: "cuda:0,cuda:1", "cpu:2", "all"; empty: the recipe's one device
    std::vector<std::string> hosts; // as ssh names them; empty: this machine
    std::string program = "luthier"; // there
    std::int64_t port = 29500;      // of the first host, where ranks of several meet

    bool isAway() const { return !hosts.empty() || !devices.empty(); } // another process than this one
    bool operator==(const RunPlace&) const = default;
};

Json toJson(const RunPlace& place);
// What is not there keeps its usual value. Errors name the key.
Result<RunPlace> placeFromJson(const Json& json);

} // namespace luthier::away
