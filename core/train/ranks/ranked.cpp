// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/ranked.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/ranks/team.h"

#include <filesystem>
#include <map>

namespace luthier::train {

namespace {

namespace fs = std::filesystem;

constexpr const char* kOk = "ok";
constexpr std::size_t kShownHash = 8;
constexpr std::uintmax_t kHashedWhole = std::uintmax_t{256} << 20; // larger files are compared by size and ends

// What a rank may have its own way.
config::RunConfig withoutOwn(config::RunConfig config)
{
    config.model.device.clear();
    config.model.templateTime.clear();
    config.run.threads = 0;
    return config;
}

// Paths may differ from machine to machine; what they hold may not.
Json withoutPaths(const config::RunConfig& config)
{
    config::RunConfig bare = withoutOwn(config);
    bare.model.path.clear();
    bare.model.adapter.clear();
    for (auto* files : {&bare.data.train, &bare.data.heldOut, &bare.data.general}) {
        files->clear();
    }
    return config::toJson(bare);
}

std::string hashOfFile(const fs::path& path)
{
    std::error_code code;
    const auto size = fs::file_size(path, code);
    if (code) {
        return "missing";
    }
    if (size > kHashedWhole) {
        return "size " + std::to_string(size);
    }
    const auto hash = base::sha256OfFile(path);
    return hash ? *hash : "unreadable";
}

Json filesOf(const std::vector<std::string>& files)
{
    Json list = Json::array();
    for (const std::string& file : files) {
        list.push_back(hashOfFile(file));
    }
    return list;
}

// What must be the same everywhere, by what a person calls it.
Json standingOf(const config::RunConfig& config)
{
    std::error_code code;
    const fs::path model = config.model.path;
    const fs::path described = fs::is_directory(model, code) ? model / "config.json" : model;
    return {{"the version of Luthier", LUTHIER_VERSION},
            {"the recipe", withoutPaths(config)},
            {"the training data", filesOf(config.data.train)},
            {"the held-out data", filesOf(config.data.heldOut)},
            {"the base model", hashOfFile(described)}};
}

// The settings that differ, by their keys.
std::string differing(const Json& first, const Json& other, const std::string& above = {})
{
    std::string keys;
    for (const auto& [key, value] : first.items()) {
        if (other.contains(key) && other[key] == value) {
            continue;
        }
        const std::string path = above.empty() ? key : above + "." + key;
        const std::string own = value.is_object() && other.contains(key) && other[key].is_object() ? differing(value, other[key], path) : path;
        keys += (keys.empty() || own.empty() ? "" : ", ") + own;
    }
    return keys;
}

} // namespace

Share shareOfRank(const RunInputs& inputs)
{
    return inputs.team ? Share{inputs.team->rank(), inputs.team->size()} : Share{};
}

bool leads(const RunInputs& inputs)
{
    return !inputs.team || inputs.team->leads();
}

Result<void> agreeOnRun(const config::RunConfig& config, const RunInputs& inputs)
{
    if (!inputs.team) {
        return {};
    }
    const auto all = inputs.team->texts(base::dumpJson(standingOf(config)));
    const auto first = base::parseJson(all.front());
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
        if (all[rank] == all.front()) {
            continue;
        }
        const auto other = base::parseJson(all[rank]);
        const std::string ranks = "Rank 0 and rank " + std::to_string(rank) + " were started for different runs: ";
        for (const auto& [what, value] : first->items()) {
            if (!other->contains(what) || (*other)[what] == value) {
                continue;
            }
            if (what == "the recipe") {
                return Error{ranks + "their recipes differ in " + differing(value, (*other)[what]) + ". Give all the same recipe and --set."};
            }
            const auto shown = [](const Json& of) { return of.is_string() ? of.get<std::string>().substr(0, kShownHash) : base::dumpJson(of).substr(0, 2 + kShownHash); };
            return Error{ranks + what + " differs (" + shown(value) + " and " + shown((*other)[what]) + "). Give all the same."};
        }
        return Error{ranks + "what they were given differs."};
    }
    return {};
}

Result<void> agree(const RunInputs& inputs, const Result<void>& own)
{
    if (!inputs.team) {
        return own;
    }
    if (!own && own.message() != "cancelled") {
        inputs.team->fail(own.message()); // who waits elsewhere hears of it, too
        return own;
    }
    const auto all = inputs.team->texts(own ? kOk : own.message());
    for (const std::string& one : all) {
        if (one != kOk) {
            return Error{one};
        }
    }
    return {};
}

Result<config::RunConfig> fromFirst(const RunInputs& inputs, Result<config::RunConfig> own, Paths paths)
{
    if (!inputs.team) {
        return own;
    }
    if (inputs.team->leads()) {
        if (!own && own.message() != "cancelled") {
            inputs.team->fail(own.message());
            return own;
        }
        static_cast<void>(inputs.team->fromFirst(own ? kOk + base::dumpJson(config::toJson(*own)) : own.message()));
        return own;
    }
    const std::string text = inputs.team->fromFirst({});
    if (text.rfind(kOk, 0) != 0) {
        return Error{text};
    }
    const auto json = base::parseJson(std::string_view(text).substr(2));
    auto config = json ? config::fromJson(*json) : Result<config::RunConfig>(json.error());
    if (config && own) {
        config->model.device = own->model.device;
        config->run.threads = own->run.threads;
        if (paths == Paths::Own) {
            config->model.path = own->model.path;
            config->model.adapter = own->model.adapter;
            config->data.train = own->data.train;
            config->data.heldOut = own->data.heldOut;
            config->data.general = own->data.general;
        }
    }
    return config;
}

Result<void> firstThenOthers(const RunInputs& inputs, const std::function<Result<void>()>& work)
{
    if (leads(inputs)) {
        const auto done = work();
        const auto agreed = agree(inputs, done);
        return done ? agreed : done;
    }
    const auto first = agree(inputs, {});
    return first ? work() : first;
}

} // namespace luthier::train
