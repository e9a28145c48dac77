// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/publish.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_copy.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/adapter_names.h"
#include "core/peft/combine.h"
#include "core/peft/folders/lora_folder.h"
#include "core/peft/folders/lora_gguf.h"
#include "core/peft/folders/score_facts.h"
#include "core/peft/folders/trained_on.h"
#include "core/publish/live_model.h"
#include "core/publish/model_card.h"
#include "core/publish/modelfile.h"
#include "core/weights/gguf/save.h"
#include "core/weights/save_folder.h"
#include "core/weights/stored_numbers.h"

#include <algorithm>
#include <iterator>

namespace luthier::publish {

namespace fs = std::filesystem;

namespace {

struct StoredType {
    const char* id;
    const char* name; // in config.json
    at::ScalarType type;
};

constexpr StoredType kStored[] = {
    {"f32", "float32", at::kFloat}, {"f16", "float16", at::kHalf}, {"bf16", "bfloat16", at::kBFloat16}};

// Removes what was not given its name.
struct Temporary {
    fs::path path;
    explicit Temporary(const fs::path& target) : path(temporaryFor(target)) { (void)base::removeTree(path); }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() { (void)base::removeTree(path); }
};

template <class Work>
Result<Published> guarded(const fs::path& target, Work work)
{
    try {
        auto free = checkFree(target);
        return free ? work() : Result<Published>(free.error());
    } catch (const std::exception& problem) {
        return Error{target.string() + ": cannot be written: " + problem.what()};
    }
}

// What else is known of an export stands in it, where it is a folder; a card that cannot be written makes no export wrong.
void addCard(const Source& source, const fs::path& target, const fs::path& folder, bool isAdapter, Published& result)
{
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        return;
    }
    CardFacts facts = cardFacts(source, isAdapter);
    facts.name = (target.has_filename() ? target : target.parent_path()).filename().string();
    facts.proof = result.proof.sentence();
    facts.notes = result.notes;
    if (auto written = writeModelCard(folder, facts); !written) {
        result.notes.push_back(written.message());
    }
}

Result<Published> named(LiveModel& live, const Temporary& temporary, const fs::path& target)
{
    auto done = giveName(temporary.path, target, live.result());
    return done ? Result<Published>(std::move(live.result())) : Result<Published>(done.error());
}

Result<void> cancelled(const Watch& watch)
{
    return watch.cancel.isCancelled() ? Result<void>(Error{"cancelled"}) : Result<void>();
}

Result<Published> model(const Source& source, const fs::path& target, const std::string& type, const Watch& watch)
{
    auto live = LiveModel::open(source, false, watch);
    if (!live) {
        return live.error();
    }
    const std::string& stored = live->folder().config().dtype;
    const auto* row = std::find_if(std::begin(kStored), std::end(kStored), [&](const StoredType& known) {
        return type == "auto" ? stored == known.name : type == known.id;
    });
    if (row == std::end(kStored)) {
        return Error{"a model folder can be stored as f32, f16 or bf16, not as \"" + type + "\""};
    }
    if (auto merged = peft::mergeAdapters(live->decoder()); !merged) {
        return merged.error();
    }
    const Temporary temporary(target);
    const weights::SaveWatch saving{
        [&](std::int64_t some, std::int64_t all) { say(watch, "writing " + target.string(), some, all); }, watch.cancel};
    auto done = weights::saveModelFolder(live->decoder(), source.model, temporary.path, row->type, saving);
    done = done ? weights::writeConversation(temporary.path, live->talk()) : done;
    const auto sameNumbers = [&](nn::Decoder& decoder, const weights::ModelFolder& written, const base::Progress& progress) {
        return weights::checkNumbers(decoder, written, row->type, progress, watch.cancel);
    };
    done = done ? live->proveModel(temporary.path, row->id, sameNumbers, watch) : done;
    if (done) {
        addCard(source, target, temporary.path, false, live->result());
    }
    return done ? named(*live, temporary, target) : Result<Published>(done.error());
}

peft::LoraFolderInfo infoOf(nn::Decoder& decoder, const Source& source, const std::string& fingerprint)
{
    peft::LoraFolderInfo info;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            info.rank = adapter.a.size(0);
        }
    }
    info.alpha = static_cast<double>(info.rank); // what was combined has the scale 1
    info.basePath = source.model.string();
    info.baseFingerprint = fingerprint;
    return info;
}

// One plain LoRA of a GGUF file, or a weight other than 1, is written anew as well.
Result<void> writeFolder(LiveModel& live, const Source& source, const fs::path& target)
{
    const inference::AdapterSpec& first = source.adapters.front();
    std::error_code code;
    if (!live.isCombined() && first.weight == 1 && fs::is_directory(first.path, code)) {
        return peft::copyAdapter(first.path, target);
    }
    if (!live.isCombined()) {
        if (auto one = peft::combineAdapters(live.decoder(), "cat"); !one) {
            return one.error();
        }
    }
    return peft::saveLoraFolder(live.decoder(), target, infoOf(live.decoder(), source, live.fingerprint()));
}

// A head of scores has no place in a GGUF file; asked before anything is loaded.
Result<void> answers(const Source& source)
{
    auto folder = weights::ModelFolder::open(source.model);
    if (!folder) {
        return folder.error();
    }
    bool isJudge = folder->config().scores > 0;
    for (const inference::AdapterSpec& adapter : source.adapters) {
        const auto facts = peft::readScoreFacts(adapter.path);
        if (!facts) {
            return facts.error();
        }
        isJudge = isJudge || facts->scores > 0;
    }
    return isJudge ? Result<void>(Error{"A GGUF file holds models that answer; this one scores texts, and its scores would be lost. Write it as an adapter or as a model folder instead."})
                   : Result<void>();
}

Result<Published> adapter(const Source& source, const fs::path& target, const Watch& watch)
{
    if (source.adapters.empty()) {
        return Error{"there is no adapter to write; name one with --adapter"};
    }
    if (auto good = target.extension() == ".gguf" ? answers(source) : Result<void>(); !good) {
        return good.error();
    }
    auto live = LiveModel::open(source, true, watch);
    if (!live) {
        return live.error();
    }
    const Temporary temporary(target);
    say(watch, "writing " + target.string());
    auto done = cancelled(watch);
    if (done) {
        done = target.extension() == ".gguf" ? peft::saveLoraGguf(live->decoder(), temporary.path, live->fingerprint())
                                             : writeFolder(*live, source, temporary.path);
    }
    if (done && target.extension() != ".gguf") {
        done = peft::writeTrainedOn(temporary.path, live->held());
        done = done ? weights::writeConversation(temporary.path, live->talk()) : done;
    }
    done = done ? live->proveAdapter(temporary.path, watch) : done;
    if (done) {
        addCard(source, target, temporary.path, true, live->result());
    }
    return done ? named(*live, temporary, target) : Result<Published>(done.error());
}

double sharedTokens(const data::Encoder& encoder, const ProofTexts& texts, const text::Tokenizer& written)
{
    std::size_t same = 0;
    for (const ProofText& row : texts.rows) {
        same += encoder.tokenizer->ids(row.text, {false, true}) == written.ids(row.text, {false, true});
    }
    return texts.rows.empty() ? 1 : static_cast<double>(same) / static_cast<double>(texts.rows.size());
}

Result<Published> gguf(const Source& source, const fs::path& target, const std::string& type, const Watch& watch)
{
    const weights::GgufFileKind* kind = weights::findGgufFileKind(type);
    if (!kind) {
        return Error{"a GGUF file can be " + weights::ggufFileKindNames() + ", not \"" + type + "\""};
    }
    if (auto good = answers(source); !good) {
        return good.error();
    }
    auto live = LiveModel::open(source, false, watch);
    if (!live) {
        return live.error();
    }
    if (auto merged = peft::mergeAdapters(live->decoder()); !merged) {
        return merged.error();
    }
    const Temporary temporary(target);
    Published& result = live->result();
    if (peft::isPartOfMore(live->folder().config())) {
        result.notes.push_back("The file holds the part of this model that reads and writes; the part that sees has no place in it.");
    }
    auto done = weights::saveGguf(live->decoder(), source.model, temporary.path, *kind, result.notes,
                                  [&](std::int64_t some, std::int64_t all) { say(watch, "writing " + target.string(), some, all); },
                                  watch.cancel, live->talk());
    const auto sameNumbers = [&](nn::Decoder& decoder, const weights::ModelFolder&, const base::Progress& progress) {
        return weights::checkGguf(decoder, temporary.path, *kind, progress, watch.cancel);
    };
    done = done ? live->proveModel(temporary.path, type, sameNumbers, watch) : done;
    auto tokenizer = done ? text::loadTokenizer(temporary.path) : Result<std::shared_ptr<const text::Tokenizer>>(done.error());
    if (!tokenizer) {
        return tokenizer.error();
    }
    result.sameTokens = sharedTokens(live->encoder(), live->texts(), **tokenizer);
    if (*result.sameTokens < 1) {
        result.notes.push_back("Some texts are cut into other tokens by what a GGUF file can say of this tokenizer; most often a "
                               "space behind a special token.");
    }
    auto published = named(*live, temporary, target);
    if (published) {
        if (auto file = writeModelfile(target, live->encoder(), live->stops(), published->notes); file) {
            published->files.push_back({file->filename().string(), static_cast<std::int64_t>(fs::file_size(*file))});
        } else {
            published->notes.push_back(file.message());
        }
    }
    return published;
}

} // namespace

Result<Published> publishModel(const Source& source, const fs::path& target, const std::string& type, const Watch& watch)
{
    return guarded(target, [&] { return model(source, target, type, watch); });
}

Result<Published> publishAdapter(const Source& source, const fs::path& target, const Watch& watch)
{
    return guarded(target, [&] { return adapter(source, target, watch); });
}

Result<Published> publishGguf(const Source& source, const fs::path& target, const std::string& type, const Watch& watch)
{
    return guarded(target, [&] { return gguf(source, target, type, watch); });
}

} // namespace luthier::publish
