// SPDX-License-Identifier: GPL-3.0-or-later
// What the "?" of each page says: ten plain sentences, one a line; English source strings, context "PageHelp", never null.
// Threads: any.
#pragma once

namespace luthier::ui::help {

extern const char kData[];
extern const char kModels[];
extern const char kTune[];
extern const char kRuns[];
extern const char kCompare[];
extern const char kChat[];
extern const char kEvaluate[];
extern const char kJudge[];
extern const char kAdapters[];
extern const char kRollouts[];
extern const char kPipeline[];

} // namespace luthier::ui::help
