// SPDX-License-Identifier: GPL-3.0-or-later
// GeneratedRows: rows that a model makes from others. They wait in a review file, one object a line,
//   {"review":"pending","row":{"messages":[...],"synthetic":true,...},"from":{"file":...,"row":N}}
// which no format reads, so that nothing is learned before a person wrote "accepted" there. Accepted rows stay marked as
// synthetic, and splits never hold such a row out.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

struct GenerationWay {
    const char* id;
    const char* label;
    const char* help;
    const char* ask;  // to the model, with what the person says in the place of "{}"; its answer takes that place. Empty:
                      // the question stays
    bool answersAnew; // the model answers the question, too; else the row's answer stays
};

std::span<const GenerationWay> generationWays();
const GenerationWay* findGenerationWay(std::string_view id);

// The model's answer to a conversation; an error ends the work.
using AnswerTo = std::function<Result<std::string>(const std::vector<Message>& messages)>;

struct GeneratedRow {
    Json row;        // null: nothing came of it
    std::string why; // then: what was wrong with what the model said
};

// From the last question of a conversation and what stands before it. Errors are those of `answer`.
Result<GeneratedRow> generateRow(const GenerationWay& way, const Example& example, std::int64_t number, const AnswerTo& answer);

Json toReview(Json row, const std::string& file, std::int64_t number);
// The row, when it is accepted, or with `all` unless it is rejected; null when not. Errors: no line of a review file.
Result<Json> acceptedRow(const Json& line, bool all);

} // namespace luthier::data
