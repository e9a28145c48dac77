// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerEnds: what a chat template writes behind an answer, found by rendering conversations, so that what was trained as
// the end is what generating stops at and what a written model says ends an answer. Torch-free.
//
// Threads: a free function.
#pragma once

#include "core/data/encoding.h"

#include <string>
#include <vector>

namespace luthier::data {

struct AnswerEnds {
    std::vector<text::TokenId> ids; // ends that are one token of the vocabulary
    std::vector<std::string> texts; // ends that are not: "<|im_end|>" of a vocabulary that does not have it
    std::string remark;             // a sentence where an answer has no end, none that is trained, or none that is a token; else empty
};

// A template that writes the same whatever is asked is no template: one that was cut short, or a loop that writes nothing.
Result<void> checkWritesMessages(const text::ChatTemplate& chatTemplate);

// Nothing without a template.
AnswerEnds answerEnds(const Encoder& encoder);

// What is written where a text or an answer of this model ends, and read as that mark wherever it stands: "</s>", "<|eot_id|>".
std::vector<std::string> endMarks(const Encoder& encoder);

} // namespace luthier::data
