// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/run_search.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace luthier::store {

namespace {

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool has(const RunRow& run, const std::string& all, const std::string& word)
{
    if (word.starts_with("tag:")) {
        return std::any_of(run.tags.begin(), run.tags.end(), [&](const std::string& tag) { return lower(tag) == word.substr(4); });
    }
    if (word.starts_with("state:")) {
        return run.state == word.substr(6);
    }
    return all.find(word) != std::string::npos;
}

} // namespace

bool matches(const RunRow& run, const std::string& words)
{
    std::string all = run.name + "\n" + run.state + "\n" + run.notes + "\n" + base::dumpJson(run.recipe);
    for (const std::string& tag : run.tags) {
        all += "\n" + tag;
    }
    all = lower(all);
    std::istringstream stream(lower(words));
    for (std::string word; stream >> word;) {
        if (!has(run, all, word)) {
            return false;
        }
    }
    return true;
}

std::string settingOf(const RunRow& run, const std::string& key)
{
    const std::size_t dot = key.find('.');
    const std::string part = key.substr(0, dot);
    const std::string name = dot == std::string::npos ? "" : key.substr(dot + 1);
    if (!run.recipe.is_object() || !run.recipe.contains(part) || !run.recipe.at(part).is_object() || !run.recipe.at(part).contains(name)) {
        return "-";
    }
    const Json& value = run.recipe.at(part).at(name);
    return value.is_string() ? value.get<std::string>() : base::dumpJson(value);
}

} // namespace luthier::store
