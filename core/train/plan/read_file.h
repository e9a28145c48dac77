// SPDX-License-Identifier: GPL-3.0-or-later
// ReadFile: one file of a run, opened as the person left it and encoded. Torch-free.
#pragma once

#include "core/data/unread/unread_fields.h"
#include "core/train/plan/row_encoder.h"
#include "core/train/plan/run_rows.h"

#include <memory>

namespace luthier::train {

struct ReadFile {
    std::shared_ptr<const data::Dataset> dataset;
    std::shared_ptr<const EncodedRows> rows;
    data::UnreadReport unread; // what of the rows the objective does not learn from
};

// Blocks. Errors: those of opening and of encodeRows; "cancelled" when settings.isStopped said so, while a file is indexed
// or unpacked, too.
Result<std::shared_ptr<const ReadFile>> readFile(const RunFile& file, const data::Encoder& encoder, const EncodeSettings& settings);

} // namespace luthier::train
