// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace luthier::metrics {

std::string numberText(const Metric& metric, double value)
{
    if (!std::isfinite(value)) {
        return "nothing";
    }
    std::array<char, 512> buffer{}; // the largest double has 309 digits before the point
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, metric.digits);
    const std::string text(buffer.data(), end.ptr);
    return text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos ? text.substr(1) : text; // nothing has no sign
}

} // namespace luthier::metrics
