// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/run_names.h"

#include "core/peft/methods/lora_settings.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace luthier::store {

namespace {

constexpr std::size_t kMostTold = 2;     // differences in a name
constexpr std::size_t kLongestTold = 16; // characters of a value in it

std::string withoutCapitals(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// ", rank 8": in what it differs from the run that had the name last.
std::string toldApart(const config::RunConfig& before, const config::RunConfig& config)
{
    std::string told;
    std::size_t count = 0;
    for (const config::Difference& difference : config::difference(before, config)) {
        if (difference.key == "run.name" || count == kMostTold) {
            continue;
        }
        if (const auto setting = config::findSetting(difference.key); setting && difference.right.size() <= kLongestTold) {
            told += ", " + withoutCapitals(setting->field->label) + " " + difference.right;
            ++count;
        }
    }
    return told;
}

} // namespace

std::string runNameOf(const config::RunConfig& config)
{
    if (!config.run.name.empty()) {
        return config.run.name;
    }
    const std::string data = config.data.train.empty() ? std::string() : std::filesystem::path(config.data.train.front()).stem().string();
    const std::string method = config.method.kind == "lora" ? "LoRA " + std::to_string(config.method.of<peft::LoraSettings>().rank)
                               : config.method.kind == "full" ? std::string("Full")
                                                              : config.method.kind;
    return data.empty() ? method : method + ", " + data;
}

std::string ownRunName(Project& project, const config::RunConfig& config)
{
    const std::string wanted = runNameOf(config);
    const auto runs = project.runs();
    if (!runs) {
        return wanted;
    }
    const auto isTaken = [&runs](const std::string& name) {
        return std::any_of(runs->begin(), runs->end(), [&name](const RunRow& run) { return run.name == name; });
    };
    std::string name = wanted;
    if (isTaken(wanted)) {
        for (const RunRow& run : *runs) { // newest first
            if (const auto before = run.name.starts_with(wanted) ? config::fromJson(run.recipe) : Result<config::RunConfig>(Error{})) {
                name += toldApart(*before, config);
                break;
            }
        }
    }
    for (int number = 2; isTaken(name); ++number) {
        name = wanted + " #" + std::to_string(number);
    }
    return name;
}

} // namespace luthier::store
