// SPDX-License-Identifier: GPL-3.0-or-later
// Written folders as other programs read them: every tensor under the name that config.json asks for, those that see beside
// those that read, the numbers that were meant to the bit; and that each kind of damage is named.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/weights/folder_check.h"
#include "core/weights/load.h"
#include "core/weights/source_names.h"
#include "core/weights/stored_numbers.h"
#include "tests/support/need.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <functional>
#include <map>
#include <set>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

const fs::path kText = kReference / "families/gemma3_text";
const char* const kVision = "vision_tower.vision_model.embeddings.position_embedding.weight";

using Tensors = std::map<std::string, at::Tensor>;

Tensors tensorsOf(const fs::path& folder)
{
    const auto file = need(weights::SafetensorsFile::open(folder / "model.safetensors"));
    Tensors tensors;
    for (const weights::TensorInfo& info : file->tensors()) {
        tensors[info.name] = need(weights::readTensor({file, &info}));
    }
    return tensors;
}

void write(const fs::path& folder, const Tensors& tensors)
{
    std::vector<weights::TensorToWrite> list;
    for (const auto& [name, tensor] : tensors) {
        list.push_back(weights::toWrite(name, tensor));
    }
    need(weights::writeSafetensors(folder / "model.safetensors", std::move(list)));
}

std::set<std::string> namesOf(const Tensors& tensors)
{
    std::set<std::string> names;
    for (const auto& [name, tensor] : tensors) {
        names.insert(name);
    }
    return names;
}

std::string problemOf(const Result<void>& done)
{
    return done ? std::string() : done.message();
}

} // namespace

class TestFolderCheck : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

    // The text model as the part of one that also sees, spelled as the hub's folders are or as transformers saves them.
    fs::path seeing(const std::string& name, bool isNew)
    {
        const fs::path folder = at(name);
        fs::create_directories(folder);
        Json text = need(base::readJson(kText / "config.json"));
        Json config = {{"model_type", "gemma3"}, {"architectures", {"Gemma3ForConditionalGeneration"}}, {"text_config", text},
                       {"vision_config", {{"model_type", "siglip_vision_model"}}}, {"torch_dtype", "float32"}, {"eos_token_id", 2}};
        need(base::writeFileAtomically(folder / "config.json", base::dumpJson(config, 2)));
        Tensors tensors;
        for (const auto& [key, tensor] : tensorsOf(kText)) {
            tensors[isNew ? "model.language_" + key : "language_model." + key] = tensor;
        }
        const std::string front = isNew ? "model." : "";
        tensors[front + kVision] = at::arange(24, at::kFloat).reshape({4, 6}).to(at::kBFloat16);
        tensors[front + "multi_modal_projector.mm_input_projection_weight"] = at::arange(6, at::kFloat);
        write(folder, tensors);
        return folder;
    }

private Q_SLOTS:
    void whatSeesStaysBesideWhatReads()
    {
        for (const bool isNew : {false, true}) {
            const fs::path source = seeing(isNew ? "new" : "old", isNew);
            const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(source)), at::kCPU, at::kFloat));
            for (const nn::NamedTensor& item : decoder->tensors()) {
                item.tensor.mul_(1.5);
            }
            const fs::path target = at(isNew ? "new-saved" : "old-saved");
            need(weights::saveModelFolder(*decoder, source, target, at::kBFloat16));
            const Tensors before = tensorsOf(source);
            const Tensors after = tensorsOf(target);
            QCOMPARE(namesOf(after), namesOf(before));
            for (const auto& [name, tensor] : before) {
                const bool reads = name.find("language_model") != std::string::npos;
                QVERIFY2(after.at(name).equal(reads ? (tensor * 1.5).to(at::kBFloat16) : tensor), name.c_str());
            }
            const Json config = need(base::readJson(target / "config.json"));
            QCOMPARE(config["model_type"].get<std::string>(), std::string("gemma3"));
            QVERIFY(config["tie_word_embeddings"] == true && config["text_config"]["tie_word_embeddings"] == true);
            QCOMPARE(config["text_config"]["dtype"].get<std::string>(), std::string("bfloat16"));
            // Sharded as well.
            need(weights::saveModelFolder(*decoder, source, at(isNew ? "new-shards" : "old-shards"), at::kFloat, 8000));
        }
    }

    // Without the rest of it the text is a model of its own.
    void fromScratchTheTextStandsAlone()
    {
        const fs::path source = seeing("scratch", false);
        fs::remove(source / "model.safetensors");
        nn::Decoder decoder(need(nn::readDecoderConfig(source)), at::kCPU, at::kFloat);
        decoder.initialise(1);
        need(weights::saveModelFolder(decoder, source, at("scratch-saved"), at::kFloat));
        const Json config = need(base::readJson(at("scratch-saved/config.json")));
        QCOMPARE(config["model_type"].get<std::string>(), std::string("gemma3_text"));
        QCOMPARE(config["architectures"][0].get<std::string>(), std::string("Gemma3ForCausalLM"));
        QVERIFY(!config.contains("vision_config") && config["eos_token_id"] == 2);
    }

    void damageIsNamed()
    {
        const fs::path source = seeing("damage", false);
        const Tensors whole = tensorsOf(source);
        const auto problem = [&](const std::function<void(Tensors&)>& change, const std::function<void(Json&)>& configure = {}) {
            Tensors tensors = whole;
            change(tensors);
            write(source, tensors);
            Json config = need(base::readJson(source / "config.json"));
            const Json before = config;
            if (configure) {
                configure(config);
                need(base::writeFileAtomically(source / "config.json", base::dumpJson(config)));
            }
            const std::string said = problemOf(weights::checkFolder(source, {kVision, "multi_modal_projector.mm_input_projection_weight"}));
            need(base::writeFileAtomically(source / "config.json", base::dumpJson(before)));
            return said;
        };
        const auto nothing = [](Tensors&) {};
        const std::string norm = "language_model.model.norm.weight";
        QCOMPARE(problem(nothing), std::string());
        const auto says = [](const std::string& text, std::initializer_list<const char*> parts) {
            for (const char* part : parts) {
                QVERIFY2(text.find(part) != std::string::npos, text.c_str());
            }
        };
        says(problem([&](Tensors& t) { t.erase(kVision); }), {"missing are", kVision});
        says(problem([&](Tensors& t) { t["model.norm.weight"] = t.at(norm); t.erase(norm); }), {"missing are", norm.c_str(), "unexpected are", "\"model.norm.weight\""});
        says(problem([&](Tensors& t) { t[norm] = at::arange(7, at::kFloat); }), {"of another shape are", "[7] and not [32]"});
        says(problem([&](Tensors& t) { t["language_model.model.layers.9.mlp.up_proj.weight"] = t.at(norm); }), {"unexpected are", "layers.9"});
        // Tied or not is said in two places, and must be what the tensors say.
        says(problem(nothing, [](Json& c) { c["tie_word_embeddings"] = false; }), {"tie_word_embeddings false"});
        says(problem([&](Tensors& t) { t["language_model.lm_head.weight"] = t.at("language_model.model.embed_tokens.weight") * 2; }),
             {"tie_word_embeddings true"});
    }

    void numbersToTheBit()
    {
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(kText)), at::kCPU, at::kFloat));
        const auto check = [&](at::ScalarType type, const std::function<void(Tensors&)>& change = {}) {
            const fs::path target = at("numbers");
            need(base::removeTree(target));
            need(weights::saveModelFolder(*decoder, kText, target, type));
            if (change) {
                Tensors tensors = tensorsOf(target);
                change(tensors);
                write(target, tensors);
            }
            return problemOf(weights::checkNumbers(*decoder, need(weights::ModelFolder::open(target)), type));
        };
        for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
            QCOMPARE(check(type), std::string());
        }
        // One bit of one number.
        const std::string one = check(at::kHalf, [](Tensors& tensors) {
            at::Tensor& tensor = tensors.at("model.layers.1.mlp.up_proj.weight");
            tensor.view(at::kShort).view(-1).narrow(0, 17, 1).bitwise_xor_(1);
        });
        QVERIFY2(one.find("model.layers.1.mlp.up_proj.weight") != std::string::npos && one.find("not hold the numbers") != std::string::npos, one.c_str());
        for (const nn::NamedTensor& item : decoder->tensors()) {
            if (item.name == "model.norm.weight") {
                item.tensor[3] = 1e6;
            }
        }
        const std::string wide = check(at::kHalf);
        QVERIFY2(wide.find("take bf16 or f32") != std::string::npos && wide.find("model.norm.weight") != std::string::npos, wide.c_str());
        QCOMPARE(check(at::kBFloat16), std::string());
        for (const nn::NamedTensor& item : decoder->tensors()) {
            if (item.name == "model.norm.weight") {
                item.tensor[3] = std::nan("");
            }
        }
        QVERIFY2(check(at::kFloat).find("not finite") != std::string::npos, "NaN");
    }
};

QTEST_GUILESS_MAIN(TestFolderCheck)
#include "tst_folder_check.moc"
