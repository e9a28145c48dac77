// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/pairs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <utility>

namespace luthier::objectives {

namespace {

using data::EncodedExample;
using Ids = std::vector<text::TokenId>;

std::size_t commonPrefix(const Ids& a, const Ids& b)
{
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Answers marked as bad are learned from here, too.
Result<EncodedExample> encodeWhole(const data::Encoder& encoder, data::Example example, data::EncodingSettings settings)
{
    example.desirable.reset();
    settings.maxLength = std::numeric_limits<std::int64_t>::max();
    settings.trainAll = false;
    return encoder.encode(example, settings);
}

// Where answers begin: behind what all of them share with the prompt, whose last tokens an answer may have merged with its own.
struct Start {
    std::size_t at = 0;
    bool isMerged = false; // the prompt's own tokens end otherwise
};

Start startOf(const data::Encoder& encoder, data::Example prompt, data::EncodingSettings settings,
              std::initializer_list<const EncodedExample*> answered)
{
    prompt.kind = data::ExampleKind::Conversation;
    prompt.chosen.clear();
    settings.addPrompt = true;
    const auto encoded = encodeWhole(encoder, std::move(prompt), settings);
    if (!encoded) {
        return {}; // a template that cannot write it says by its answers alone where they begin
    }
    const Ids ids = encoded->ids();
    std::size_t at = ids.size();
    for (const EncodedExample* answer : answered) {
        at = std::min(at, commonPrefix(ids, answer->ids()));
    }
    return {at, at < ids.size()};
}

// Nothing before the start is a target, nor anything behind `longest`.
Sequence sequenceOf(const EncodedExample& encoded, const Start& start, std::int64_t longest)
{
    Sequence sequence{encoded.ids(), encoded.trained};
    const auto begin = sequence.trained.begin() + static_cast<std::ptrdiff_t>(std::min(start.at, sequence.trained.size()));
    std::fill(sequence.trained.begin(), begin, 0);
    if (const auto first = std::find(begin, sequence.trained.end(), 1); start.isMerged && first != sequence.trained.end()) {
        std::fill(begin, first, 1);
    }
    if (!sequence.trained.empty()) {
        sequence.trained.front() = 0; // nothing comes before it
    }
    const auto kept = std::min(sequence.ids.size(), static_cast<std::size_t>(std::max<std::int64_t>(longest, 0)));
    sequence.ids.resize(kept);
    sequence.trained.resize(kept);
    return sequence;
}

void teachNothing(EncodedItem& item)
{
    for (Sequence& sequence : item.sequences) {
        std::fill(sequence.trained.begin(), sequence.trained.end(), 0);
    }
}

} // namespace

Result<EncodedItem> encodePair(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    data::Example swapped = example;
    std::swap(swapped.chosen, swapped.rejected);
    const auto chosen = encodeWhole(encoder, example, settings);
    const auto rejected = chosen ? encodeWhole(encoder, swapped, settings) : chosen;
    if (!rejected) {
        return rejected.error();
    }
    const Start start = startOf(encoder, example, settings, {&*chosen, &*rejected});
    EncodedItem item;
    item.sequences = {sequenceOf(*chosen, start, settings.maxLength), sequenceOf(*rejected, start, settings.maxLength)};
    item.truncated = std::max(chosen->fullLength, rejected->fullLength) > settings.maxLength;
    if (item.sequences[0].ids == item.sequences[1].ids) {
        teachNothing(item); // what tells them apart was cut off
    }
    return item;
}

Result<EncodedItem> encodeAnswer(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    const auto whole = encodeWhole(encoder, example, settings);
    if (!whole) {
        return whole.error();
    }
    data::Example prompt = example;
    while (!prompt.messages.empty() && prompt.messages.back().role == "assistant") {
        prompt.messages.pop_back();
    }
    const Start start = startOf(encoder, std::move(prompt), settings, {&*whole});
    EncodedItem item;
    item.sequences = {sequenceOf(*whole, start, settings.maxLength)};
    item.truncated = whole->fullLength > settings.maxLength;
    return item;
}

at::Tensor pairSums(const at::Tensor& perTarget, const MicroBatch& batch)
{
    return sumBySequence(perTarget, batch).view({-1, 2});
}

at::Tensor pairCounts(const MicroBatch& batch)
{
    return pairSums(batch.targets.ge(0).to(at::kFloat), batch);
}

std::vector<at::Tensor> pairMeasures(const at::Tensor& rewards)
{
    const at::Tensor chosen = rewards.select(1, 0);
    const at::Tensor rejected = rewards.select(1, 1);
    const at::Tensor right = chosen.gt(rejected).to(at::kFloat) + chosen.eq(rejected).to(at::kFloat) * 0.5; // undecided: half
    return {(chosen - rejected).sum(), right.sum(), chosen.sum(), rejected.sum()};
}

at::Tensor referenceSums(const LossInput& input, const std::vector<std::string>& names)
{
    std::vector<at::Tensor> known;
    for (const std::string& name : names) {
        if (const at::Tensor& column = input.batch.column(name); column.defined()) {
            known.push_back(column);
        }
    }
    if (known.size() == names.size()) {
        return at::stack(known, 1).flatten(); // [I, sequences of an item]
    }
    return sumBySequence(targetLogProbs(input.reference(), input.batch), input.batch);
}

} // namespace luthier::objectives
