// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/leaf_groups.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

namespace luthier::optim {

namespace {

using Pattern = std::vector<std::pair<std::string, double>>;

// `mark` stands in the name and a dot or the end follows; at `mark`'s front a dot or the beginning when asked.
bool hasPart(const std::string& name, const std::string& mark, bool wholeFront)
{
    for (auto at = name.find(mark); at != std::string::npos; at = name.find(mark, at + 1)) {
        const auto end = at + mark.size();
        const bool front = !wholeFront || at == 0 || name[at - 1] == '.';
        if (front && (end == name.size() || name[end] == '.')) {
            return true;
        }
    }
    return false;
}

// The layer that a tensor belongs to: the number behind "layers." or "h."; nothing outside of layers.
std::optional<std::int64_t> layerOf(const std::string& name)
{
    for (const std::string mark : {"layers.", "h."}) {
        for (auto at = name.find(mark); at != std::string::npos; at = name.find(mark, at + 1)) {
            std::int64_t layer = 0;
            const char* begin = name.data() + at + mark.size();
            const char* end = name.data() + name.size();
            const auto parsed = std::from_chars(begin, end, layer);
            if ((at == 0 || name[at - 1] == '.') && parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '.') {
                return layer;
            }
        }
    }
    return std::nullopt;
}

bool isEmbedding(const std::string& name)
{
    return name.find("embed") != std::string::npos || name.find("wte") != std::string::npos || name.find("wpe") != std::string::npos;
}

std::optional<double> firstOf(const Pattern& pattern, const std::string& name)
{
    const auto found = std::find_if(pattern.begin(), pattern.end(), [&](const auto& row) { return name.find(row.first) != std::string::npos; });
    return found == pattern.end() ? std::nullopt : std::optional(found->second);
}

Pattern patternOf(const std::vector<std::string>& rows, double most)
{
    auto parsed = parsePattern(rows, {}, most);
    return parsed ? std::move(*parsed) : Pattern();
}

} // namespace

// Patterns of transformers' Trainer: bias, layernorm, rmsnorm, (?:^|\.)norm(?:$|\.), _norm(?:$|\.); and the
// LayerNorms that it knows by their class: ln_1, ln_2, ln_f of gpt2.
bool isDecayed(const std::string& name)
{
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto holds = [&](const char* text) { return lower.find(text) != std::string::npos; };
    return !holds("bias") && !holds("layernorm") && !holds("rmsnorm") && !holds(".ln_")
           && !hasPart(lower, "norm", true) && !hasPart(lower, "_norm", false);
}

Result<Pattern> parsePattern(const std::vector<std::string>& rows, const std::string& key, double most)
{
    Pattern pattern;
    for (const std::string& row : rows) {
        const auto at = row.rfind('=');
        double value = 0;
        const char* end = row.data() + row.size();
        const bool split = at != std::string::npos && at > 0 && at + 1 < row.size();
        const auto parsed = split ? std::from_chars(row.data() + at + 1, end, value) : std::from_chars_result{end, std::errc::invalid_argument};
        if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value) || value < 0 || value > most) {
            return Error{key + ": \"" + row + "\" must be name=number, such as lora_B=4, with a number that is not below 0"};
        }
        pattern.emplace_back(row.substr(0, at), value);
    }
    return pattern;
}

std::vector<LeafGroup> leafGroups(const std::vector<LeafName>& leaves, const OptimizerSettings& settings, double weightDecay)
{
    constexpr double kMostFactor = 1e6;
    const Pattern rates = patternOf(settings.ratePattern, kMostFactor);
    const Pattern decays = patternOf(settings.decayPattern, kMostFactor);
    std::int64_t last = -1;
    bool hasLowRank = false;
    for (const LeafName& leaf : leaves) {
        last = std::max(last, layerOf(leaf.name).value_or(-1));
        hasLowRank = hasLowRank || leaf.name.find("lora_B") != std::string::npos;
    }
    std::vector<LeafGroup> groups;
    for (const LeafName& leaf : leaves) {
        const auto layer = layerOf(leaf.name);
        const std::int64_t above = layer ? last - *layer : isEmbedding(leaf.name) ? last + 1 : 0;
        const bool isFast = hasLowRank && (leaf.name.find("lora_B") != std::string::npos || leaf.dimensions == 1);
        LeafGroup group;
        group.rate = (isFast ? settings.loraPlusRatio : 1) * std::pow(settings.layerDecay, static_cast<double>(above))
                     * firstOf(rates, leaf.name).value_or(1);
        group.decay = firstOf(decays, leaf.name).value_or(isDecayed(leaf.name) ? weightDecay : 0);
        groups.push_back(group);
    }
    return groups;
}

} // namespace luthier::optim
