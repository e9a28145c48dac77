// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_facts.h"

#include <QtGlobal>

#include <algorithm>
#include <array>
#include <limits>

namespace luthier::ui {
namespace {

constexpr std::array kFilters{
    FilterRow{RowFilter::All, "all", QT_TRANSLATE_NOOP("RowFilter", "All rows"),
              QT_TRANSLATE_NOOP("RowFilter", "Every row of the file, in its order.")},
    FilterRow{RowFilter::Excluded, "excluded", QT_TRANSLATE_NOOP("RowFilter", "Excluded"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows left out of training. Del on a row leaves it out or takes it back in.")},
    FilterRow{RowFilter::Edited, "edited", QT_TRANSLATE_NOOP("RowFilter", "Edited"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows changed here. The file itself is never written.")},
    FilterRow{RowFilter::Broken, "broken", QT_TRANSLATE_NOOP("RowFilter", "Broken"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows that give no example; training leaves them out.")},
    FilterRow{RowFilter::Truncated, "cut", QT_TRANSLATE_NOOP("RowFilter", "Cut at the limit"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows longer than the token limit; their end is not trained.")},
    FilterRow{RowFilter::NothingToLearn, "untrained", QT_TRANSLATE_NOOP("RowFilter", "Nothing to learn"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows without a single trained token.")},
    FilterRow{RowFilter::NoEnd, "noEnd", QT_TRANSLATE_NOOP("RowFilter", "No trained end"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows whose answer is not ended by a trained token: the model does not learn to stop.")},
    FilterRow{RowFilter::DoubledStart, "doubledStart", QT_TRANSLATE_NOOP("RowFilter", "Doubled start token"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows that begin with the start token twice: the text or the template writes one too many.")},
};

constexpr std::int64_t kUncut = std::int64_t{1} << 40;
constexpr std::size_t kEndTokens = 3; // a template may write a line end after the token that ends an answer

// Whether one of the last trained tokens is a special one.
bool hasTrainedEnd(const data::EncodedExample& encoded, const text::Tokenizer& tokenizer)
{
    std::size_t looked = 0;
    for (std::size_t i = encoded.tokens.size(); i-- > 0 && looked < kEndTokens;) {
        if (encoded.trained[i] != 0) {
            ++looked;
            if (tokenizer.isSpecial(encoded.tokens[i].id)) {
                return true;
            }
        }
    }
    return looked == 0; // nothing is trained: told as such
}

bool hasDoubledStart(const data::EncodedExample& encoded, const text::Tokenizer& tokenizer)
{
    const auto bos = tokenizer.bos();
    return bos && encoded.tokens.size() > 1 && encoded.tokens[0].id == *bos && encoded.tokens[1].id == *bos;
}

std::int32_t narrow(std::int64_t count)
{
    return static_cast<std::int32_t>(std::min<std::int64_t>(count, std::numeric_limits<std::int32_t>::max()));
}

} // namespace

std::span<const FilterRow> rowFilters()
{
    return kFilters;
}

std::int64_t DataCounts::of(RowFilter filter) const
{
    switch (filter) {
    case RowFilter::All: return rows;
    case RowFilter::Excluded: return excluded;
    case RowFilter::Edited: return edited;
    case RowFilter::Broken: return broken;
    case RowFilter::Truncated: return truncated;
    case RowFilter::NothingToLearn: return nothingToLearn;
    case RowFilter::NoEnd: return noEnd;
    case RowFilter::DoubledStart: return doubledStart;
    }
    return 0;
}

bool matches(RowFilter filter, const RowFacts& facts)
{
    switch (filter) {
    case RowFilter::Broken: return facts.state == RowState::Broken;
    case RowFilter::Truncated: return facts.truncated;
    case RowFilter::NothingToLearn: return facts.state == RowState::NothingToLearn;
    case RowFilter::NoEnd: return facts.noEnd && !facts.truncated;
    case RowFilter::DoubledStart: return facts.doubledStart;
    default: return false;
    }
}

void RowFacts::judgeAt(std::int64_t limit)
{
    if (tokens < 0 || state == RowState::Broken || state == RowState::Unknown) {
        return;
    }
    truncated = tokens > limit;
    state = firstTrained < 0 || firstTrained >= limit ? RowState::NothingToLearn
            : truncated                               ? RowState::Truncated
                                                      : RowState::Good;
}

RowFacts factsOf(const RowJudge& judge, const Result<data::Example>& example)
{
    RowFacts facts;
    facts.state = example ? RowState::Good : RowState::Broken;
    if (!example) {
        return facts;
    }
    const std::size_t turns = example->kind == data::ExampleKind::Text ? 1 : example->messages.size() + example->chosen.size();
    facts.turns = static_cast<std::uint16_t>(std::min<std::size_t>(turns, std::numeric_limits<std::uint16_t>::max()));
    // A model without a template cannot tell anything about a conversation; the row is not to blame.
    const bool needsTemplate = example->kind != data::ExampleKind::Text;
    if (!judge.encoder.tokenizer || (needsTemplate && !judge.encoder.chatTemplate)) {
        return facts;
    }
    // Uncut, so that another limit needs no other encoding.
    const Result<data::EncodedExample> encoded = judge.encoder.encode(*example, {kUncut, judge.settings.trainAll});
    if (!encoded) {
        facts.state = RowState::Broken;
        return facts;
    }
    facts.tokens = narrow(encoded->fullLength);
    facts.trained = narrow(encoded->numTrained());
    const auto first = std::find(encoded->trained.begin(), encoded->trained.end(), std::uint8_t{1});
    facts.firstTrained = first == encoded->trained.end() ? -1 : narrow(first - encoded->trained.begin());
    facts.noEnd = !hasTrainedEnd(*encoded, *judge.encoder.tokenizer);
    facts.doubledStart = hasDoubledStart(*encoded, *judge.encoder.tokenizer);
    facts.judgeAt(judge.settings.maxLength);
    return facts;
}

RowFacts factsOf(const RowJudge& judge, std::int64_t index)
{
    return factsOf(judge, judge.dataset->example(index));
}

} // namespace luthier::ui
