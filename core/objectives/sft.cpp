// SPDX-License-Identifier: GPL-3.0-or-later
// Supervised fine-tuning: -ln p of the answers' tokens.
#include "core/objectives/objectives_table.h"
#include "core/objectives/token_loss.h"

namespace luthier::objectives {

namespace {

Result<EncodedItem> encodeRow(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    auto encoded = encoder.encode(example, settings);
    if (!encoded) {
        return encoded.error();
    }
    EncodedItem item;
    item.sequences.push_back({encoded->ids(), std::move(encoded->trained)});
    item.truncated = encoded->truncated;
    return item;
}

} // namespace

Objective sft()
{
    Objective row{{"sft", "Answers", "Learns to give the answers in the data. Where most tunes begin."}};
    row.takes = {data::ExampleKind::Conversation, data::ExampleKind::Text, data::ExampleKind::Preference};
    row.needs = "conversations, prompts with answers, or texts";
    row.encode = encodeRow;
    row.loss = tokenLoss;
    row.measure = exactTokenLoss;
    row.takesWeights = true;
    return row;
}

} // namespace luthier::objectives
