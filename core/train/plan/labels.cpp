// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/labels.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace luthier::train {

namespace {

std::optional<double> numberIn(const std::string& label)
{
    double value = 0;
    const char* end = label.data() + label.size();
    const auto parsed = std::from_chars(label.data(), end, value);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(value) : std::nullopt;
}

bool isBefore(const std::string& a, const std::string& b)
{
    const auto x = numberIn(a);
    const auto y = numberIn(b);
    if (x && y && *x != *y) {
        return *x < *y;
    }
    return x.has_value() != y.has_value() ? x.has_value() : a < b;
}

} // namespace

std::vector<std::string> sortedLabels(std::vector<std::string> labels)
{
    std::sort(labels.begin(), labels.end(), isBefore);
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    return labels;
}

std::int64_t numberOf(const std::string& label, const std::vector<std::string>& sorted)
{
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), label, isBefore);
    return found != sorted.end() && *found == label ? found - sorted.begin() : -1;
}

} // namespace luthier::train
