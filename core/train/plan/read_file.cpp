// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/read_file.h"

#include <bit>

namespace luthier::train {

namespace {

constexpr std::int64_t kWholeLength = std::int64_t{1} << 40; // nothing is cut while fields are tried out

// All that a step would see of the example.
data::Trace objectiveTrace(const data::Encoder& encoder, const EncodeSettings& settings)
{
    return [&encoder, &settings](const data::Example& example) -> Result<std::string> {
        data::EncodingSettings whole = settings.encoding;
        whole.maxLength = kWholeLength;
        const auto item = settings.objective->encode(encoder, example, whole);
        if (!item) {
            return item.error();
        }
        std::string trace;
        for (const objectives::Sequence& sequence : item->sequences) {
            for (std::size_t i = 0; i < sequence.ids.size(); ++i) {
                trace += std::to_string(sequence.ids[i]) + (sequence.trained[i] != 0 ? "+" : "-");
            }
            trace += '\n';
        }
        for (const float value : item->values) {
            trace += std::to_string(std::bit_cast<std::uint32_t>(value)) + ' ';
        }
        return trace + item->label;
    };
}

data::UnreadReport unreadOf(const data::Dataset& dataset, const EncodedRows& rows, const data::Encoder& encoder, const EncodeSettings& settings)
{
    data::UnreadSettings judged{&encoder, objectiveTrace(encoder, settings), {"synthetic"}};
    judged.hasRewards = settings.objective->layout == objectives::Layout::Prompts;
    if (!settings.stratifyBy.empty()) {
        judged.alsoRead.insert(settings.stratifyBy);
    }
    return data::unreadFields(dataset, rows.fields, judged);
}

} // namespace

Result<std::shared_ptr<const ReadFile>> readFile(const RunFile& file, const data::Encoder& encoder, const EncodeSettings& settings)
{
    // Its progress is in bytes and of no use beside that of rows; it is where opening can be stopped.
    const base::CancelToken cancel;
    const auto dataset = file.open(
        [&](std::int64_t, std::int64_t) {
            if (settings.isStopped && settings.isStopped()) {
                cancel.cancel();
            }
        },
        cancel);
    if (!dataset) {
        return dataset.error();
    }
    auto rows = encodeRows(**dataset, encoder, settings);
    if (!rows) {
        return rows.error();
    }
    auto unread = unreadOf(**dataset, *rows, encoder, settings);
    return std::make_shared<const ReadFile>(ReadFile{*dataset, std::make_shared<const EncodedRows>(std::move(*rows)), std::move(unread)});
}

} // namespace luthier::train
