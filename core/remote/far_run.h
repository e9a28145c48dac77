// SPDX-License-Identifier: GPL-3.0-or-later
// FarRun: a run on other machines. Recipe, data and model are brought there, the run is started by itself, and what it says is
// followed from here. A connection that is lost loses nothing: the run goes on, its events lie in a file there, and whoever
// follows again reads on where this machine's copy ends. Torch-free.
//
// The run's folder here holds remote.json (where it is), events.jsonl (what it has said), and the results once they are fetched.
// There everything lies in ~/.cache/luthier.
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/config/run_config.h"
#include "core/remote/host.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luthier::remote {

struct FarPlan {
    std::vector<std::string> hosts;    // the first one keeps the results
    std::string program = "luthier";   // there
    std::string devices = "all";       // of each host (ranks/launcher.h); all: its cards, or its processor where it has none
    bool copies = false;               // also of what lies at the same path there
    int port = 29500;                  // of the first host, where ranks of several meet
    config::RunConfig config;
    std::filesystem::path out;         // here; new or empty
    std::function<void(const std::string&)> tell = {}; // what is done now
    base::CancelToken cancel = {};
    Json rows = {}; // what was done to them (train/plan/run_rows_file.h), its paths as the recipe's; null: the files as they lie there
};

// Blocks until it runs there. Errors leave nothing running.
Result<void> startFar(const FarPlan& plan);

// One that has ended there goes on from its last checkpoint; what still works there is left alone. It is followed as before.
Result<void> goOnFar(const std::filesystem::path& out);

// The host that keeps the results. Error: no run on another machine lies in `out`.
Result<std::string> whereFar(const std::filesystem::path& out);

struct FarEnd {
    int code = 0;         // of the run
    std::string sentence; // why it failed, where its events do not say
};

struct Following {
    std::function<void(const Json& event)> onEvent; // each once; paths in the results' folder are named as they will lie here
    std::function<void(const std::string&)> tell;   // connections lost and found
    base::CancelToken cancel = {};
};

// Until the run ends: then its results are here, but for checkpoints. "cancelled" leaves it running.
Result<FarEnd> followFar(const std::filesystem::path& out, const Following& following);

// Lines of its control file (train/control/control_file.h).
Result<void> askFar(const std::filesystem::path& out, const std::vector<Json>& requests);
// Asks it to stop with a checkpoint.
Result<void> stopFar(const std::filesystem::path& out);
Result<void> fetchFar(const std::filesystem::path& out, bool checkpoints, const base::CancelToken& cancel);

} // namespace luthier::remote
