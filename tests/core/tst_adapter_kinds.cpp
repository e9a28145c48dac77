// SPDX-License-Identifier: GPL-3.0-or-later
// Adapters as PEFT writes them where more than projections is trained: opened, merged and saved they say what PEFT computes;
// what cannot be opened is refused by its cause.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/inference/generate.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/adapter_names.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/folders/config_names.h"
#include "core/peft/folders/lora_gguf.h"
#include "core/peft/methods/method.h"
#include "core/weights/load.h"
#include "tests/support/need.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

const fs::path kBase = kReference / "families/qwen2";

std::shared_ptr<nn::Decoder> open(const fs::path& folder)
{
    return need(weights::loadDecoder(need(weights::ModelFolder::open(folder)), at::kCPU, at::kFloat));
}

double differ(nn::Decoder& decoder, const Json& expected, const std::string& kind)
{
    std::vector<text::TokenId> ids;
    for (const Json& id : expected["ids"]) {
        ids.push_back(id.get<text::TokenId>());
    }
    const auto said = need(inference::score(decoder, ids));
    double most = 0;
    for (std::size_t i = 1; i < ids.size(); ++i) {
        most = std::max(most, std::abs(said[i] - expected["logprobs"][kind][i - 1].get<double>()));
    }
    return most;
}

} // namespace

class TestAdapterKinds : public QObject {
    Q_OBJECT

private:
    Json m_expected;
    QTemporaryDir m_folder;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    std::string refusal(const fs::path& folder) const
    {
        const auto decoder = open(kBase);
        const auto attached = peft::attachAdapter(*decoder, folder);
        return attached ? std::string() : attached.message();
    }

private Q_SLOTS:
    void initTestCase() { m_expected = need(base::readJson(kReference / "adapter_kinds.json")); }

    void sayWhatPeftSays_data()
    {
        QTest::addColumn<QString>("kind");
        for (const auto& [kind, row] : m_expected["logprobs"].items()) {
            QTest::newRow(kind.c_str()) << QString::fromStdString(kind);
        }
    }

    void sayWhatPeftSays()
    {
        QFETCH(QString, kind);
        const std::string name = kind.toStdString();
        const auto decoder = open(kBase);
        need(peft::attachAdapter(*decoder, kReference / "adapter_kinds" / name));
        const double live = differ(*decoder, m_expected, name);
        QVERIFY2(live < 2e-5, qPrintable(QString::number(live)));
        const auto merged = peft::mergeAdapters(*decoder);
        if (name == "biases") { // o_proj has none to add to
            QVERIFY2(!merged && merged.message().find("lora_bias") != std::string::npos, "merged");
            return;
        }
        need(merged);
        const bool changesEnds = name == "heads" || name.starts_with("saved") || name.starts_with("tokens");
        QCOMPARE(decoder->config().tiedHead, !changesEnds);
        need(weights::saveModelFolder(*decoder, kBase, at(name), at::kFloat));
        QCOMPARE(need(base::readJson(at(name) / "config.json"))["tie_word_embeddings"].get<bool>(), !changesEnds);
        const double saved = differ(*open(at(name)), m_expected, name);
        QVERIFY2(saved < 5e-5, qPrintable(QString::number(saved)));
    }

    // PEFT loads what the config names, and scales it by alpha: what would count here alone is refused.
    void usedAsItsConfigSays_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("said"); // empty: it opens
        QTest::newRow("a target is not named") << "plain" << "target_modules" << "['q_proj']" << "mlp.down_proj.lora_";
        QTest::newRow("no target at all") << "plain" << "target_modules" << "[]" << "PEFT would leave them out";
        QTest::newRow("a pattern that misses some") << "plain" << "target_modules" << "'.*self_attn\\\\.q_proj'" << "mlp.down_proj.lora_";
        QTest::newRow("a pattern of all") << "plain" << "target_modules" << "'.*\\\\.(q_proj|down_proj)'" << "";
        QTest::newRow("a pattern that is not understood") << "plain" << "target_modules" << "'(?!x).*'" << "";
        QTest::newRow("all") << "plain" << "target_modules" << "'all-linear'" << "";
        QTest::newRow("chosen by PEFT") << "plain" << "target_modules" << "null" << "";
        QTest::newRow("no names") << "plain" << "target_modules" << "[3]" << "must be a list of names";
        QTest::newRow("a name that fits nothing") << "plain" << "target_modules" << "['q_proj','down_proj','w_proj']" << "";
        QTest::newRow("one to save that is not there") << "plain" << "modules_to_save" << "['w_proj']" << "";
        QTest::newRow("layers") << "plain" << "layers_to_transform" << "[0]" << "layers.1.";
        QTest::newRow("one layer") << "plain" << "layers_to_transform" << "1" << "layers.0.";
        QTest::newRow("all layers") << "plain" << "layers_to_transform" << "[0,1,2,3,4,5,6,7,8]" << "";
        QTest::newRow("no layers") << "plain" << "layers_to_transform" << "'0'" << "layers_to_transform must be";
        QTest::newRow("left out") << "plain" << "exclude_modules" << "['down_proj']" << "mlp.down_proj.lora_";
        QTest::newRow("left out by a pattern") << "plain" << "exclude_modules" << "'.*mlp.*'" << "mlp.down_proj.lora_";
        QTest::newRow("another is left out") << "plain" << "exclude_modules" << "'.*vision_tower.*'" << "";
        QTest::newRow("embedding and head") << "heads" << "target_modules" << "['q_proj']" << "embed_tokens.lora_embedding";
        QTest::newRow("an alpha of 0") << "plain" << "lora_alpha" << "0" << "lora_alpha is 0";
        QTest::newRow("of some modules") << "plain" << "alpha_pattern" << "{'q_proj':0}" << "";
        QTest::newRow("of all of them") << "plain" << "alpha_pattern" << "{'q_proj':0,'down_proj':0}" << "have no effect";
    }

    void usedAsItsConfigSays()
    {
        QFETCH(QString, kind);
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(QString, said);
        need(base::removeTree(at("said")));
        fs::copy(kReference / "adapter_kinds" / kind.toStdString(), at("said"), fs::copy_options::recursive);
        Json config = need(base::readJson(at("said") / "adapter_config.json"));
        config[key.toStdString()] = need(base::parseJson(QString(value).replace(QLatin1Char('\''), QLatin1Char('"')).toStdString()));
        need(base::writeFileAtomically(at("said") / "adapter_config.json", base::dumpJson(config)));
        const QString refused = QString::fromStdString(refusal(at("said")));
        QVERIFY2(said.isEmpty() ? refused.isEmpty() : refused.contains(said), qPrintable(refused));
        const bool hasNothing = value.contains(QStringLiteral("w_proj"));
        QCOMPARE(QString::fromStdString(peft::namesRemark(at("said"))).contains(QStringLiteral("names w_proj, of which")), hasNothing);
    }

    void ggufWithoutAlpha()
    {
        const auto decoder = open(kBase);
        need(peft::attachAdapter(*decoder, kReference / "adapter_kinds/plain"));
        const auto scaleOf = [](nn::Decoder& of) {
            for (const nn::LinearGroup* group : of.groups()) {
                if (!group->adapters.empty()) {
                    return group->adapters.front().scale;
                }
            }
            return 0.0;
        };
        const double usual = scaleOf(*decoder);
        QVERIFY(usual != 1 && usual != 0);
        const fs::path path = at("plain.gguf");
        need(peft::saveLoraGguf(*decoder, path, {}));
        const auto again = open(kBase);
        need(peft::attachAdapter(*again, path));
        QCOMPARE(scaleOf(*again), usual);
        std::string bytes = need(base::readFile(path));
        const std::string key = "adapter.lora.alpha";
        const auto value = bytes.find(key) + key.size() + 4; // behind the type
        QCOMPARE(static_cast<int>(bytes[value - 4]), 6); // a float
        bytes.replace(value, 4, std::string(4, '\0'));
        need(base::writeFileAtomically(path, bytes));
        const auto without = open(kBase);
        need(peft::attachAdapter(*without, path));
        QCOMPARE(scaleOf(*without), 1.0);
    }

    void keysAreMetInManyWays()
    {
        const std::string plain = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
        for (const char* key : {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
                                "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight",
                                "_orig_mod.base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
                                "base_model.model._orig_mod.model.layers.0._orig_mod.self_attn.q_proj.lora_A.weight",
                                "module.base_model.model.module.model.layers.0.self_attn.q_proj.lora_A.weight",
                                "model.layers.0.self_attn.q_proj.lora_A.weight",
                                "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight",
                                "base_model.model.language_model.model.layers.0.self_attn.q_proj.lora_A.weight"}) {
            QCOMPARE(peft::plainKey(key), plain);
        }
        QCOMPARE(peft::plainKey("base_model.model.lm_head.modules_to_save.default.weight"), std::string("base_model.model.lm_head.weight"));
        QCOMPARE(peft::plainKey("base_model.model.lm_head.modules_to_save.weight"), std::string("base_model.model.lm_head.modules_to_save.weight"));
        QCOMPARE(peft::plainKey("prompt_embeddings"), std::string("prompt_embeddings"));
        nn::DecoderConfig config;
        config.family = "gemma3";
        QCOMPARE(peft::peftName(config, "model.norm.weight"), std::string("base_model.model.model.language_model.norm.weight"));
        QCOMPARE(peft::peftName(config, "lm_head.weight"), std::string("base_model.model.lm_head.weight"));
    }

    void refusedByCause()
    {
        // Weights of a training that diverged.
        fs::copy(kReference / "adapter_kinds/plain", at("nan"), fs::copy_options::recursive);
        const auto file = need(weights::SafetensorsFile::open(at("nan") / "adapter_model.safetensors"));
        std::vector<weights::TensorToWrite> tensors;
        for (const weights::TensorInfo& info : file->tensors()) {
            at::Tensor tensor = need(weights::readTensor({file, &info}));
            if (info.name.ends_with("lora_B.weight")) {
                tensor.view(-1)[0] = std::nan("");
            }
            tensors.push_back(weights::toWrite(info.name, tensor));
        }
        need(weights::writeSafetensors(at("nan") / "adapter_model.safetensors", std::move(tensors)));
        const std::string nan = refusal(at("nan"));
        QVERIFY2(nan.find("not finite") != std::string::npos && nan.find("diverged") != std::string::npos, nan.c_str());

        fs::create_directories(at("mlx"));
        need(base::writeFileAtomically(at("mlx") / "adapter_config.json", "{\"fine_tune_type\":\"lora\",\"lora_parameters\":{\"rank\":8}}"));
        need(base::writeFileAtomically(at("mlx") / "adapters.safetensors", "x"));
        QVERIFY2(refusal(at("mlx")).find("MLX") != std::string::npos, refusal(at("mlx")).c_str());

        fs::create_directories(at("pickle"));
        fs::copy_file(kReference / "adapter_kinds/plain/adapter_config.json", at("pickle") / "adapter_config.json");
        need(base::writeFileAtomically(at("pickle") / "adapter_model.bin", "x"));
        QVERIFY2(refusal(at("pickle")).find("pickle") != std::string::npos, refusal(at("pickle")).c_str());

        // Several methods write one kind, which is named once.
        need(base::removeTree(at("loha")));
        fs::copy(kReference / "adapter_kinds/plain", at("loha"), fs::copy_options::recursive);
        Json other = need(base::readJson(at("loha") / "adapter_config.json"));
        other["peft_type"] = "LOHA";
        need(base::writeFileAtomically(at("loha") / "adapter_config.json", base::dumpJson(other)));
        const std::string loha = refusal(at("loha"));
        QVERIFY2(loha.find("cannot be opened; LORA, ") != std::string::npos && loha.find("LORA", loha.find("LORA") + 1) == std::string::npos, loha.c_str());

        // Training can go on from what has settings here, each kind named once; from nothing that only opens.
        const auto goesOn = peft::readAdapterSettings(at("loha"));
        QVERIFY(!goesOn.ok());
        const QStringList said = QString::fromStdString(goesOn.message()).split(QStringLiteral("training cannot go on from peft_type \"LOHA\"; it can from "));
        QCOMPARE(said.size(), 2);
        QStringList kinds;
        for (const peft::Method& method : peft::methods()) {
            const QString kind = QString::fromStdString(method.folderType);
            kinds += method.settingsOf && !kinds.contains(kind) ? QStringList{kind} : QStringList();
        }
        QVERIFY(kinds.size() > 1);
        QCOMPARE(said[1].split(QStringLiteral(", ")), kinds);

        // Rows of tokens that the config does not name, and of tokens that there are none of.
        for (const auto& [tokens, part] : {std::pair{Json(), "names no tokens"}, {Json({3, 5, 9000}), "the token 9000"}, {Json("all"), "must be a list"}}) {
            need(base::removeTree(at("tokens")));
            fs::copy(kReference / "adapter_kinds/tokens", at("tokens"), fs::copy_options::recursive);
            Json config = need(base::readJson(at("tokens") / "adapter_config.json"));
            config["trainable_token_indices"] = tokens;
            need(base::writeFileAtomically(at("tokens") / "adapter_config.json", base::dumpJson(config)));
            QVERIFY2(refusal(at("tokens")).find(part) != std::string::npos, refusal(at("tokens")).c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestAdapterKinds)
#include "tst_adapter_kinds.moc"
