// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/judged_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::inference {

Result<std::vector<std::vector<text::TokenId>>> textsToJudge(const Session& session, const data::Example& example)
{
    const data::Encoder& encoder = session.encoder();
    std::vector<std::vector<text::TokenId>> texts;
    if (!session.labels().empty() && !example.label.empty()) {
        texts.push_back(encoder.tokenizer->ids(example.labelled));
        return texts;
    }
    std::vector<data::Example> sides{example};
    if (example.kind == data::ExampleKind::Preference) {
        sides.push_back(example);
        std::swap(sides[1].chosen, sides[1].rejected);
    }
    for (data::Example& side : sides) {
        side.desirable.reset();
        auto encoded = encoder.encode(side, {std::numeric_limits<std::int64_t>::max(), false});
        if (!encoded) {
            return encoded.error();
        }
        texts.push_back(encoded->ids());
    }
    return texts;
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
