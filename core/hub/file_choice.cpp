// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/file_choice.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace luthier::hub {
namespace {

constexpr std::array kNeeded{
    "config.json",       "generation_config.json", "adapter_config.json", "tokenizer.json", "tokenizer.model",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    "vocab.txt",         "chat_template.jinja",    "chat_template.json",
};
constexpr std::array kPapers{"readme", "license", "licence", "notice", "copying", "use_policy"};

using Files = std::vector<RemoteFile>;

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool isSmallNeeded(const std::string& path)
{
    if (path.find('/') != std::string::npos) {
        return false;
    }
    const std::string name = lower(path);
    return std::any_of(kNeeded.begin(), kNeeded.end(), [&](const char* needed) { return path == needed; })
           || std::any_of(kPapers.begin(), kPapers.end(), [&](const char* paper) { return name.starts_with(paper); });
}

// "model-00001-of-00003.safetensors"
bool isShard(const std::string& path, const std::string& stem, const std::string& extension)
{
    const std::string name = lower(path);
    const auto of = name.rfind("-of-");
    return name.starts_with(stem + "-") && name.ends_with(extension) && of != std::string::npos;
}

std::int64_t bytesOf(const Files& files)
{
    std::int64_t bytes = 0;
    for (const RemoteFile& file : files) {
        bytes += std::max<std::int64_t>(file.size, 0);
    }
    return bytes;
}

Files safetensorsOf(const Repository& repository)
{
    Files whole;
    Files shards;
    Files index;
    Files adapter;
    for (const RemoteFile& file : repository.files) {
        if (file.path == "model.safetensors") {
            whole.push_back(file);
        } else if (file.path == "model.safetensors.index.json") {
            index.push_back(file);
        } else if (file.path == "adapter_model.safetensors") {
            adapter.push_back(file);
        } else if (file.path.find('/') == std::string::npos && isShard(file.path, "model", ".safetensors")) {
            shards.push_back(file);
        }
    }
    // Without its index a set of shards says nothing.
    const bool hasShards = !shards.empty() && !index.empty();
    if (hasShards && (whole.empty() || bytesOf(shards) < bytesOf(whole))) {
        shards.insert(shards.begin(), index.begin(), index.end());
        return shards;
    }
    return whole.empty() ? adapter : whole;
}

bool isGguf(const RemoteFile& file)
{
    return lower(file.path).ends_with(".gguf") && lower(file.path).find("mmproj") == std::string::npos;
}

// The file, and where it is the first of several parts, the others.
Files withParts(const Files& all, const RemoteFile& first)
{
    const auto dash = first.path.rfind("-00001-of-");
    if (dash == std::string::npos) {
        return {first};
    }
    Files parts;
    for (const RemoteFile& file : all) {
        if (isShard(file.path, lower(first.path.substr(0, dash)), ".gguf")) {
            parts.push_back(file);
        }
    }
    return parts;
}

Files ggufOf(const Repository& repository, const std::string& wanted)
{
    Files found;
    for (const RemoteFile& file : repository.files) {
        const bool isLaterPart = file.path.find("-of-") != std::string::npos && file.path.find("-00001-of-") == std::string::npos;
        if (isGguf(file) && !isLaterPart && lower(file.path).find(lower(wanted)) != std::string::npos) {
            found.push_back(file);
        }
    }
    if (found.empty()) {
        return {};
    }
    const auto usual = std::find_if(found.begin(), found.end(), [](const RemoteFile& file) { return lower(file.path).find("q4_k_m") != std::string::npos; });
    const auto least = std::min_element(found.begin(), found.end(), [](const RemoteFile& a, const RemoteFile& b) { return a.size < b.size; });
    return withParts(repository.files, usual != found.end() ? *usual : *least);
}

} // namespace

Result<FileChoice> chooseFiles(const Repository& repository, const std::string& gguf)
{
    FileChoice choice;
    Files weights = gguf.empty() ? safetensorsOf(repository) : ggufOf(repository, gguf);
    if (weights.empty() && gguf.empty()) {
        weights = ggufOf(repository, {});
    }
    const std::string& id = repository.name.id;
    if (weights.empty() && !gguf.empty()) {
        return Error{id + ": it has no GGUF file whose name holds '" + gguf + "'"};
    }
    if (weights.empty()) {
        return Error{id + ": it holds neither safetensors nor GGUF weights; Luthier reads no pickles (.bin, .pt), since they can run code"};
    }
    choice.gguf = isGguf(weights.front()) ? weights.front().path : std::string();
    for (const RemoteFile& file : repository.files) {
        if (isSmallNeeded(file.path)) {
            choice.files.push_back(file);
        }
    }
    choice.files.insert(choice.files.end(), weights.begin(), weights.end());
    choice.bytes = bytesOf(choice.files);
    return choice;
}

} // namespace luthier::hub
