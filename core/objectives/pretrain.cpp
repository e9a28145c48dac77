// SPDX-License-Identifier: GPL-3.0-or-later
// Continued pretraining: -ln p of every token of the texts, which are joined end to end (Layout::Windows).
#include "core/objectives/objectives_table.h"
#include "core/objectives/token_loss.h"

#include <limits>

namespace luthier::objectives {

namespace {

// Whole, with the tokenizer's own marks; joining cuts it.
Result<EncodedItem> encodeDocument(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings&)
{
    auto encoded = encoder.encode(example, {std::numeric_limits<std::int64_t>::max(), true});
    if (!encoded) {
        return encoded.error();
    }
    EncodedItem item;
    if (example.text.empty()) {
        item.sequences.emplace_back(); // its marks alone teach nothing
        return item;
    }
    item.sequences.push_back({encoded->ids(), std::move(encoded->trained)});
    return item;
}

} // namespace

Objective pretrain()
{
    Objective row{{"pretrain", "Plain text",
                   "Continues pretraining: texts joined end to end in windows of the longest length, every token learned once an "
                   "epoch. For new knowledge, a language or a manner of writing."}};
    row.takes = {data::ExampleKind::Text};
    row.needs = "plain texts";
    row.encode = encodeDocument;
    row.loss = tokenLoss;
    row.measure = exactTokenLoss;
    row.layout = Layout::Windows;
    return row;
}

} // namespace luthier::objectives
