// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/judged_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::inference {

namespace {

bool isSaid(const std::vector<data::Message>& answer)
{
    return std::any_of(answer.begin(), answer.end(), [](const data::Message& turn) { return turn.content.find_first_not_of(" \t\r\n") != std::string::npos || !turn.extra.is_null(); });
}

// The conversations with each answer that there is.
Result<std::vector<data::Example>> answered(const data::Example& example, bool needsAnswer)
{
    std::vector<data::Example> sides;
    if (example.kind != data::ExampleKind::Preference) {
        const bool isOpen = example.kind == data::ExampleKind::Conversation && (example.messages.empty() || example.messages.back().role == "user");
        sides.push_back(example);
        return isOpen && needsAnswer ? Result<std::vector<data::Example>>(Error{"there is no answer to score: the row ends with its question"}) : std::move(sides);
    }
    if (isSaid(example.chosen)) {
        sides.push_back(example);
    }
    if (isSaid(example.rejected)) {
        sides.push_back(example);
        std::swap(sides.back().chosen, sides.back().rejected);
    }
    return sides.empty() ? Result<std::vector<data::Example>>(Error{"there is no answer to score: \"chosen\" and \"rejected\" are empty"}) : std::move(sides);
}

Result<void> checkLength(const Session& session, const std::vector<text::TokenId>& ids)
{
    const std::int64_t most = session.longestText();
    return static_cast<std::int64_t>(ids.size()) <= most
               ? Result<void>()
               : Result<void>(Error{"its text has " + std::to_string(ids.size()) + " tokens; the model reads texts of " + std::to_string(most) + " tokens at most"});
}

} // namespace

Result<std::vector<std::vector<text::TokenId>>> textsToJudge(const Session& session, const data::Example& example)
{
    const data::Encoder& encoder = session.encoder();
    std::vector<std::vector<text::TokenId>> texts;
    if (!session.labels().empty() && !example.label.empty()) {
        texts.push_back(encoder.tokenizer->ids(example.labelled));
    } else {
        auto sides = answered(example, session.labels().empty());
        if (!sides) {
            return sides.error();
        }
        for (data::Example& side : *sides) {
            side.desirable.reset();
            auto encoded = encoder.encode(side, {std::numeric_limits<std::int64_t>::max(), false});
            if (!encoded) {
                return encoded.error();
            }
            texts.push_back(encoded->ids());
        }
    }
    for (const auto& ids : texts) {
        if (auto fits = checkLength(session, ids); !fits) {
            return fits.error();
        }
    }
    return texts;
}

data::Example withLoneAnswer(data::Example example, const Json& row)
{
    if (example.kind != data::ExampleKind::Conversation || example.messages.empty() || example.messages.back().role != "user" || !row.is_object()) {
        return example;
    }
    for (const char* key : {"chosen", "rejected"}) {
        const auto found = row.find(key);
        if (found == row.end()) {
            continue;
        }
        const Json& last = found->is_array() && !found->empty() ? found->back() : *found;
        const Json& said = last.is_object() && last.contains("content") ? last.at("content") : last;
        if (said.is_string() && !said.get<std::string>().empty()) {
            example.messages.push_back({"assistant", said.get<std::string>(), {}});
            return example;
        }
    }
    return example;
}

std::vector<double> probabilitiesOf(const std::vector<float>& scores)
{
    std::vector<double> probabilities;
    const double most = scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (const float score : scores) {
        probabilities.push_back(std::exp(score - most));
        sum += probabilities.back();
    }
    for (double& probability : probabilities) {
        probability /= sum;
    }
    return probabilities;
}

} // namespace luthier::inference
