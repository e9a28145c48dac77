// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/stops.h"

#include "core/data/answer_ends.h"

#include <algorithm>

namespace luthier::inference {

namespace {

void add(std::vector<text::TokenId>& ids, text::TokenId id)
{
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
        ids.push_back(id);
    }
}

} // namespace

Stops stopsOf(const nn::DecoderConfig& config, const data::Encoder& encoder)
{
    data::AnswerEnds ends = data::answerEnds(encoder);
    Stops stops{{}, std::move(ends.texts), std::move(ends.remark)};
    for (const text::TokenId id : ends.ids) {
        add(stops.ids, id);
    }
    for (const std::int64_t id : config.eosIds) {
        add(stops.ids, static_cast<text::TokenId>(id));
    }
    if (const auto end = encoder.tokenizer ? encoder.tokenizer->eos() : std::nullopt) {
        add(stops.ids, *end);
    }
    return stops;
}

Result<weights::Conversation> conversationOf(const std::filesystem::path& model, const nn::DecoderConfig& config,
                                             const data::Encoder& encoder)
{
    weights::Conversation conversation;
    if (encoder.chatTemplate) {
        const auto own = data::Encoder::load(model);
        if (!own) {
            return own.error();
        }
        const bool isOwn = own->chatTemplate && own->chatTemplate->source() == encoder.chatTemplate->source();
        conversation.chatTemplate = isOwn ? std::string() : encoder.chatTemplate->source();
    }
    auto ids = stopsOf(config, encoder).ids;
    const bool areNamed = std::all_of(ids.begin(), ids.end(), [&](text::TokenId id) {
        return std::find(config.eosIds.begin(), config.eosIds.end(), id) != config.eosIds.end();
    });
    conversation.ends = areNamed ? std::vector<text::TokenId>() : std::move(ids);
    return conversation;
}

} // namespace luthier::inference
