// SPDX-License-Identifier: GPL-3.0-or-later
// SharedJudge: a reward model that stands on the base of a model that is loaded already: its adapter and its head over that base,
// which is there once. Internal to core: names torch types.
#pragma once

#include "core/inference/session.h"
#include "core/nn/decoder.h"
#include "core/quant/code_tables.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace luthier::inference {

// The model that is loaded.
struct LoadedBase {
    std::shared_ptr<nn::Decoder> decoder;
    std::filesystem::path path;
    std::optional<quant::Quantisation> quantisation; // made while loading
};

// A session that judges and does nothing else: the decoder's own adapters do not count in it, and are what they were. The base
// must not change while it lives. Null where the judge (judgeSpec) is no adapter, or stands on another base, or on this one held
// in other numbers: it then needs a model of its own. Errors: an adapter that cannot be opened.
Result<std::shared_ptr<Session>> shareBase(const LoadedBase& base, const ModelSpec& judge);

} // namespace luthier::inference
