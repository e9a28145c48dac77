// SPDX-License-Identifier: GPL-3.0-or-later
// CompareHeat: how likely an answer's tokens were to who gave it, or how much likelier than to another one, and what would have been
// likelier in their place.
//
// Threads: free functions block; they are meant for jobs.
#pragma once

#include "core/inference/session.h"
#include "ui/widgets/conversation/diff_text.h"

#include <QString>

#include <memory>
#include <vector>

namespace luthier::ui {

// One side: who answered, and how the model is asked about it.
struct HeatSide {
    std::shared_ptr<inference::Session> session;
    bool useAdapters = false;
    std::vector<text::TokenId> promptIds; // before the answer
};

struct HeatOfAnswer {
    std::vector<DiffText::Heat> tokens;
    QString problem;
};

// `other`: null for probabilities alone; else how much less likely the other one finds each token, behind its own prompt.
HeatOfAnswer heatOf(const HeatSide& side, const std::vector<text::TokenId>& answer, const HeatSide* other);

} // namespace luthier::ui
