// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/proof_texts.h"

#include "core/train/plan/held_out_list.h"
#include "core/train/run.h"

#include <utility>

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

} // namespace

void addProofTexts(ProofTexts& texts, const data::Encoder& encoder, const data::Example& example, std::int64_t longest, bool judged)
{
    data::EncodingSettings settings;
    settings.maxLength = longest;
    std::vector<data::Example> sides{example};
    if (judged && example.kind == data::ExampleKind::Preference) {
        sides.push_back(example);
        std::swap(sides[1].chosen, sides[1].rejected);
    }
    for (const data::Example& side : sides) {
        const auto encoded = encoder.encode(side, settings);
        if (encoded && encoded->tokens.size() > 1) {
            texts.rows.push_back({encoded->text, encoded->ids()});
        }
    }
}

ProofTexts builtInTexts(const data::Encoder& encoder)
{
    ProofTexts texts{{}, "built-in texts", {}};
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

Result<ProofTexts> heldOutTexts(const fs::path& runFolder, const data::Encoder& encoder, const RowsOfRun& rowsOf, bool judged, std::size_t most)
{
    const auto config = train::readRunFolder(runFolder);
    const auto rows = !config  ? Result<train::RunRows>(config.error())
                      : rowsOf ? rowsOf(runFolder, *config)
                               : Result<train::RunRows>(train::runRows(config->data));
    if (!rows) {
        return rows.error();
    }
    ProofTexts texts;
    const auto read = train::eachHeldOutRow(runFolder, *rows, [&](const data::Dataset& file, std::int64_t row) {
        if (const auto example = file.example(row)) {
            addProofTexts(texts, encoder, *example, kLongest, judged);
        }
        return texts.rows.size() < most;
    });
    if (!read) {
        return read.error();
    }
    if (texts.rows.empty()) {
        return Error{runFolder.string() + ": none of the rows that this run holds out is there any more"};
    }
    texts.source = std::to_string(texts.rows.size()) + " held-out rows of " + runFolder.string();
    return texts;
}

ProofTexts textsFor(const fs::path& adapter, const data::Encoder& encoder, const RowsOfRun& rowsOf, bool judged)
{
    std::error_code code;
    const fs::path folder = fs::absolute(adapter, code).lexically_normal();
    const fs::path run = (folder.has_filename() ? folder : folder.parent_path()).parent_path();
    std::string why = adapter.empty() ? "there is no adapter that a run made" : adapter.string() + " lies in no run's folder";
    if (!adapter.empty() && fs::exists(run / "recipe.json", code)) {
        auto texts = heldOutTexts(run, encoder, rowsOf, judged);
        if (texts) {
            return std::move(*texts);
        }
        why = texts.message();
    }
    ProofTexts texts = builtInTexts(encoder);
    texts.note = "The proof reads built-in texts, not held-out rows of a run: " + why;
    return texts;
}

} // namespace luthier::publish
