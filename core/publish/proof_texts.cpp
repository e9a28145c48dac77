// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/proof_texts.h"

#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/train/held_out_list.h"
#include "core/train/run.h"

namespace luthier::publish {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLongest = 256; // tokens

constexpr const char* kPassages[] = {
    "The river rose in the night. By morning the lower field was a lake, and the geese had found it before anyone was awake.",
    "Water boils at 100 degrees Celsius at sea level; at 3,000 metres it boils at about 90, so pasta takes longer to cook.",
    "def mean(values):\n    total = 0.0\n    for value in values:\n        total += value\n    return total / len(values)\n",
    "Der Zug nach Z\xC3\xBCrich f\xC3\xA4hrt um 7:42 Uhr ab. Wer ihn verpasst, wartet eine Stunde.",
    "La biblioth\xC3\xA8que ferme \xC3\xA0 dix-huit heures, mais on peut rendre les livres toute la nuit.",
    "{\"name\": \"Mira\", \"age\": 31, \"towns\": [\"Oslo\", \"Bergen\"], \"married\": false}",
};

void add(ProofTexts& texts, const data::Encoder& encoder, const std::string& text)
{
    auto ids = encoder.tokenizer->ids(text);
    ids.resize(std::min<std::size_t>(ids.size(), kLongest));
    if (ids.size() > 1) {
        texts.rows.push_back({text, std::move(ids)});
    }
}

void add(ProofTexts& texts, const data::Encoder& encoder, const data::Example& example)
{
    data::EncodingSettings settings;
    settings.maxLength = kLongest;
    const auto encoded = encoder.encode(example, settings);
    if (encoded && encoded->tokens.size() > 1) {
        texts.rows.push_back({encoded->text, encoded->ids()});
    }
}

Result<void> addFile(ProofTexts& texts, const data::Encoder& encoder, const std::string& path, const std::string& format,
                     const std::unordered_set<std::uint64_t>* wanted, std::size_t most)
{
    data::OpenOptions options;
    options.format = format;
    auto dataset = data::Dataset::open(path, std::move(options));
    if (!dataset) {
        return dataset.error();
    }
    for (std::int64_t i = 0; i < (*dataset)->rowCount() && texts.rows.size() < most; ++i) {
        const auto row = (*dataset)->row(i);
        if (!row || (wanted && !wanted->contains(base::rowHash(base::dumpJson(*row))))) {
            continue;
        }
        if (const auto example = (*dataset)->example(i)) {
            add(texts, encoder, *example);
        }
    }
    return {};
}

} // namespace

ProofTexts builtInTexts(const data::Encoder& encoder)
{
    ProofTexts texts{{}, "built-in texts"};
    for (const char* passage : kPassages) {
        add(texts, encoder, passage);
    }
    if (encoder.chatTemplate) {
        const Json messages = Json::array({{{"role", "user"}, {"content", "Name three things that float on water."}},
                                           {{"role", "assistant"}, {"content", "Wood, ice and oil all float on water."}}});
        if (const auto rendered = encoder.chatTemplate->render(messages)) {
            auto ids = encoder.tokenizer->ids(rendered->text, {false, true});
            texts.rows.push_back({rendered->text, std::move(ids)});
        }
    }
    return texts;
}

Result<ProofTexts> heldOutTexts(const fs::path& runFolder, const data::Encoder& encoder, std::size_t most)
{
    auto config = train::readRunFolder(runFolder);
    if (!config) {
        return config.error();
    }
    ProofTexts texts;
    for (const std::string& path : config->data.heldOut) {
        if (auto added = addFile(texts, encoder, path, config->data.format, nullptr, most); !added) {
            return added.error();
        }
    }
    if (config->data.heldOut.empty()) {
        const auto list = train::readHeldOutList(runFolder);
        if (!list) {
            return list.error();
        }
        for (const std::string& path : config->data.train) {
            if (auto added = addFile(texts, encoder, path, config->data.format, &*list, most); !added) {
                return added.error();
            }
        }
    }
    if (texts.rows.empty()) {
        return Error{runFolder.string() + ": this run holds no rows out"};
    }
    texts.source = std::to_string(texts.rows.size()) + " held-out rows of " + runFolder.string();
    return texts;
}

ProofTexts textsFor(const fs::path& adapter, const data::Encoder& encoder)
{
    std::error_code code;
    const fs::path folder = fs::absolute(adapter, code).lexically_normal();
    const fs::path run = (folder.has_filename() ? folder : folder.parent_path()).parent_path();
    if (!adapter.empty() && fs::exists(run / "recipe.json", code)) {
        if (auto texts = heldOutTexts(run, encoder)) {
            return std::move(*texts);
        }
    }
    return builtInTexts(encoder);
}

} // namespace luthier::publish
