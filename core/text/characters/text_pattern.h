// SPDX-License-Identifier: GPL-3.0-or-later
// TextPattern: a text or a regular expression (PCRE2) to find in texts and to replace there. Steps, depth and memory
// of one match are limited, so that no pattern can hang; a text on which a limit is met does not match.
//
// Threads: any; a pattern is constant once compiled.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

struct PatternOptions {
    bool isRegex = false;
    bool isCaseSensitive = false;
    bool isWholeWord = false;
};

class TextPattern {
public:
    struct Range { // bytes
        std::size_t begin = 0;
        std::size_t end = 0;
        bool operator==(const Range&) const = default;
    };

    // Errors: an empty pattern; what is wrong with a regular expression, and where.
    static Result<TextPattern> compile(const std::string& pattern, const PatternOptions& options = {});

    bool matches(std::string_view text) const;
    enum class Fit { Yes, No, LimitMet };
    Fit fit(std::string_view text) const; // as matches(), with the reason
    std::vector<Range> find(std::string_view text, std::size_t limit = 1000) const; // in order, empty ones left out

    // Every match replaced. In a regular expression $1 and ${name} stand for groups, $$ for a dollar.
    // Errors: a group that the pattern has not, a result of more than 64 MiB, a limit that was met.
    Result<std::string> replaced(std::string_view text, const std::string& replacement) const;

private:
    struct Compiled;
    explicit TextPattern(std::shared_ptr<const Compiled> compiled) : m_compiled(std::move(compiled)) {}

    std::shared_ptr<const Compiled> m_compiled;
};

} // namespace luthier::text
