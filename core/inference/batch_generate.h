// SPDX-License-Identifier: GPL-3.0-or-later
// Many answers at once: see Session::generateAll. Internal to core: names torch types.
#pragma once

#include "core/inference/session.h"
#include "core/nn/decoder.h"

#include <memory>
#include <span>
#include <vector>

namespace luthier::inference {

// As Session::generateAll; options.useAdapters is the caller's business. May throw what torch throws (memory).
Result<std::vector<Generation>> generateAll(nn::Decoder& decoder, std::shared_ptr<const text::Tokenizer> tokenizer,
                                            const std::vector<BatchRequest>& requests,
                                            std::span<const text::TokenId> stopIds, const BatchOptions& options);

// As Session::mixesBase.
bool mixesBase(nn::Decoder& decoder);

} // namespace luthier::inference
