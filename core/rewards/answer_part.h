// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerPart: which part of an answer a rule looks at: all of it, what stands behind a mark, or what stands inside a tag.
// Settings that several rules share.
#pragma once

#include "core/rewards/rule.h"

#include <optional>
#include <string>
#include <string_view>

namespace luthier::rewards {

struct PartSettings {
    std::string after; // behind its last occurrence; empty: all
    std::string tag;   // between <tag> and </tag>, the last pair; empty: all
};
const fields::Section& partSection();

// Without white space at its ends. Nothing: mark or tag is missing.
std::optional<std::string> partOf(std::string_view text, const PartSettings& settings);
// The sentence for that.
std::string missingPart(const PartSettings& settings);

std::string trimmed(std::string_view text);
// Numbers as people write them: -3, 0.5, 1,234.5, 2e-3. A group of digits behind a comma has three.
std::vector<double> numbersIn(std::string_view text);
std::string shortNumber(double value);

} // namespace luthier::rewards
