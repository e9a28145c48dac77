// SPDX-License-Identifier: GPL-3.0-or-later
// RunState: what is said of a run's state, in one way on all pages: the word, its icon and colour, and how far the run is.
//
// Threads: any.
#pragma once

#include "core/store/project.h"
#include "ui/theme/theme.h"

#include <QString>

#include <string_view>

namespace luthier::ui {

inline constexpr char kHeldState[] = "held"; // of the window alone: the project knows it as running

struct RunState {
    const char* id; // as RunRow has it
    const char* text; // source strings, context "RunState"
    const char* at;   // with how far it is, %1
    const char* icon;
    Token token;
};

const RunState* findRunState(std::string_view id); // null: none of ours
QString runStateText(std::string_view id);         // "running"; what is none of ours as it is
QString runStateAt(std::string_view id, std::int64_t step); // "running, step 12"; "stopped at step 12"; "finished"
inline QString runStateAt(const store::RunRow& run) { return runStateAt(run.state, run.step); }

} // namespace luthier::ui
