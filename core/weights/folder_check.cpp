// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/folder_check.h"

#include "core/base/json.h"
#include "core/nn/decoder.h"
#include "core/weights/model_folder.h"
#include "core/weights/source_names.h"
#include "core/weights/stored_names.h"

#include <map>
#include <vector>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostNames = 4;
constexpr const char* kHead = "lm_head.weight";

std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) {
        text += (i ? ", \"" : "\"") + names[i].substr(0, 160) + "\"";
    }
    return text + (names.size() > kMostNames ? " and " + std::to_string(names.size() - kMostNames) + " more" : "");
}

class Check {
public:
    Check(const fs::path& path, const ModelFolder& folder, const Json& config) : m_path(path), m_folder(folder), m_config(config) {}

    Result<void> run(const std::set<std::string>& others)
    {
        findWanted();
        std::vector<std::string> missing;
        std::vector<std::string> wrong;
        std::vector<std::string> unexpected;
        for (const auto& [name, shape] : m_wanted) {
            const auto found = m_folder.tensors().find(name);
            if (found == m_folder.tensors().end()) {
                missing.push_back(name);
            } else if (found->second.info->shape != shape) {
                wrong.push_back(name + " is " + shapeText(found->second.info->shape) + " and not " + shapeText(shape));
            }
        }
        for (const std::string& name : others) {
            if (!m_folder.tensors().contains(name)) {
                missing.push_back(name);
            }
        }
        for (const auto& [name, tensor] : m_folder.tensors()) {
            if (!m_wanted.contains(name) && !others.contains(name)) {
                unexpected.push_back(name);
            }
        }
        std::string text;
        const auto say = [&](const char* what, const std::vector<std::string>& names) {
            text += names.empty() ? std::string() : (text.empty() ? "" : "; ") + std::string(what) + " " + listed(names);
        };
        say("missing are", missing);
        say("of another shape are", wrong);
        say("unexpected are", unexpected);
        if (!text.empty()) {
            return Error{m_path.string() + ": the tensors are not those that its config.json asks for: " + text};
        }
        return checkTies();
    }

private:
    // transformers looks for a model that also sees under its parts.
    std::string nameFor(const std::string& usual) const
    {
        if (!m_config.contains("text_config")) {
            return usual;
        }
        const bool isOld = m_folder.tensors().contains("language_model.model.embed_tokens.weight");
        return isOld ? "language_model." + usual : usual == kHead ? usual : "model.language_" + usual;
    }

    void findWanted()
    {
        nn::Decoder plan(m_folder.config(), at::Device(at::kMeta), at::kFloat);
        for (const nn::NamedTensor& item : plan.tensors()) {
            m_wanted[nameFor(item.name)] = item.tensor.sizes().vec();
        }
    }

    // One model reads the outer word, another the inner one.
    Result<void> checkTies() const
    {
        if (m_folder.config().scores > 0) {
            return {}; // a model that judges has no head for tokens
        }
        const bool hasHead = m_wanted.contains(nameFor(kHead));
        for (const auto& [part, where] : {std::pair<Json, std::string>{m_config, ""}, {m_config.value("text_config", Json()), "text_config."}}) {
            if (part.is_object() && part.contains("tie_word_embeddings") && part["tie_word_embeddings"] != Json(!hasHead)) {
                return Error{m_path.string() + ": config.json says " + where + "tie_word_embeddings "
                             + base::dumpJson(part["tie_word_embeddings"]) + ", but the head is " + (hasHead ? "" : "not ")
                             + "among the tensors"};
            }
        }
        return {};
    }

    const fs::path& m_path;
    const ModelFolder& m_folder;
    const Json& m_config;
    std::map<std::string, std::vector<std::int64_t>> m_wanted;
};

} // namespace

Result<void> checkFolder(const fs::path& path, const std::set<std::string>& others)
{
    auto folder = ModelFolder::open(path);
    auto config = folder ? base::readJson(path / "config.json") : Result<Json>(folder.error());
    if (!config) {
        return config.error();
    }
    try {
        return Check(path, *folder, *config).run(others);
    } catch (const std::exception& problem) {
        return Error{path.string() + ": cannot be checked: " + problem.what()};
    }
}

} // namespace luthier::weights
