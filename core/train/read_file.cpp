// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/read_file.h"

namespace luthier::train {

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
    return std::make_shared<const ReadFile>(ReadFile{*dataset, std::make_shared<const EncodedRows>(std::move(*rows))});
}

} // namespace luthier::train
