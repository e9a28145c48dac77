// SPDX-License-Identifier: GPL-3.0-or-later
// Classification: which label a text has, from a head with a score for each label; cross-entropy of the labels in the data.
#include "core/objectives/objectives_table.h"
#include "core/objectives/score_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

namespace luthier::objectives {

namespace {

Result<EncodedItem> encodeLabelled(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    if (example.label.empty()) {
        return Error{"the row has no label; a row for classification has \"text\" and \"label\""};
    }
    EncodedItem item;
    item.sequences.push_back(judged(encoder.tokenizer->ids(example.labelled), settings.maxLength));
    item.label = example.label;
    item.values = {0}; // its number is known once all labels are
    return item;
}

LossValue classLoss(const LossInput& input)
{
    const at::Tensor scores = lastScores(input.policy().hidden, input.batch.ends, input.heads[0].tensor);
    const at::Tensor wanted = input.batch.column(kLabelColumn).to(at::kLong);
    const at::Tensor logProbs = at::log_softmax(scores, 1);
    const at::Tensor likeliest = scores.detach().argmax(1);
    return {logProbs.gather(1, wanted.unsqueeze(1)).sum().neg(), {likeliest.eq(wanted).to(at::kFloat).sum()}};
}

} // namespace

Objective classification()
{
    Objective row{{"classification", "Labels",
                   "Learns which label a text has, with a new head on the model that gives each label's probability. Labels are those in "
                   "the data."}};
    row.rules = judgeRules();
    row.takes = {data::ExampleKind::Conversation};
    row.needs = "texts with labels";
    row.encode = encodeLabelled;
    row.loss = classLoss;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.judges = true;
    row.labelled = true;
    row.columns = {kLabelColumn};
    row.measures = {"accuracy"};
    row.heads = [](const ObjectiveSettings&, std::int64_t hidden) { return std::vector<Head>{scoreHead(0, hidden)}; };
    return row;
}

} // namespace luthier::objectives
