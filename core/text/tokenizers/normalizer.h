// SPDX-License-Identifier: GPL-3.0-or-later
// Normalizer: the "normalizer" of a tokenizer.json: steps that change a text before it is cut.
//
// Threads: const functions may be called from any thread at once. Text is valid UTF-8.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/characters/offset_map.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class Normalizer {
public:
    // False: nothing changes, and `out` was not touched.
    using Step = std::function<bool(std::string_view text, EditedText& out)>;

    // null: no steps. Errors name the key ("normalizer.normalizers[1].type").
    static Result<Normalizer> fromJson(const Json& value, const std::string& key);

    bool isEmpty() const { return m_steps.empty(); }
    void apply(ChangedText& text) const;
    std::string applied(std::string_view text) const;

private:
    std::vector<Step> m_steps;
};

} // namespace luthier::text
