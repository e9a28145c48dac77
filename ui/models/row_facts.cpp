// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_facts.h"

#include <QtGlobal>

#include <algorithm>
#include <array>
#include <limits>

namespace luthier::ui {
namespace {

constexpr std::array kFilters{
    FilterRow{RowFilter::All, "all", QT_TRANSLATE_NOOP("RowFilter", "All rows"),
              QT_TRANSLATE_NOOP("RowFilter", "Every row of the file, in its order.")},
    FilterRow{RowFilter::Broken, "broken", QT_TRANSLATE_NOOP("RowFilter", "Broken"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows that give no example; training leaves them out.")},
    FilterRow{RowFilter::Edited, "edited", QT_TRANSLATE_NOOP("RowFilter", "Edited"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows changed here. The file itself is never written.")},
    FilterRow{RowFilter::Truncated, "cut", QT_TRANSLATE_NOOP("RowFilter", "Cut at the limit"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows longer than the token limit; their end is not trained.")},
    FilterRow{RowFilter::NothingToLearn, "untrained", QT_TRANSLATE_NOOP("RowFilter", "Nothing to learn"),
              QT_TRANSLATE_NOOP("RowFilter", "Rows without a single trained token.")},
};

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
    case RowFilter::Broken: return broken;
    case RowFilter::Edited: return edited;
    case RowFilter::Truncated: return truncated;
    case RowFilter::NothingToLearn: return nothingToLearn;
    }
    return 0;
}

RowFacts factsOf(const RowJudge& judge, const Result<data::Example>& example)
{
    if (!example) {
        return {RowState::Broken, false, -1, -1};
    }
    // A model without a template cannot tell anything about a conversation; the row is not to blame.
    const bool needsTemplate = example->kind != data::ExampleKind::Text;
    if (!judge.encoder.tokenizer || (needsTemplate && !judge.encoder.chatTemplate)) {
        return {RowState::Good, false, -1, -1};
    }
    const Result<data::EncodedExample> encoded = judge.encoder.encode(*example, judge.settings);
    if (!encoded) {
        return {RowState::Broken, false, -1, -1};
    }
    const std::int64_t trained = encoded->numTrained();
    const RowState state = trained == 0           ? RowState::NothingToLearn
                           : encoded->truncated ? RowState::Truncated
                                                : RowState::Good;
    return {state, encoded->truncated, narrow(encoded->fullLength), narrow(trained)};
}

RowFacts factsOf(const RowJudge& judge, std::int64_t index)
{
    return factsOf(judge, judge.dataset->example(index));
}

} // namespace luthier::ui
