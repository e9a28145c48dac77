// SPDX-License-Identifier: GPL-3.0-or-later
// JudgedRow: what a reward model or a classifier says of a row of data. Torch-free.
#pragma once

#include "core/data/example.h"
#include "core/inference/session.h"

#include <string>
#include <utility>
#include <vector>

namespace luthier::inference {

// What is scored: of a pair the conversation with the chosen and with the rejected answer, or with the one that there is; of a row with a
// label the text that it is of when the model has labels, else the whole row. Encoded as it was for training, never cut. Errors: a row
// without an answer, a text that is longer than the model reads.
Result<std::vector<std::vector<text::TokenId>>> textsToJudge(const Session& session, const data::Example& example);

// A row that ends with its question, with the answer that stands in "chosen" or "rejected" of its own fields; as it is otherwise.
data::Example withLoneAnswer(data::Example example, const Json& row);

// Softmax of a classifier's scores, in the order of the labels.
std::vector<double> probabilitiesOf(const std::vector<float>& scores);

} // namespace luthier::inference
