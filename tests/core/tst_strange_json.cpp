// SPDX-License-Identifier: GPL-3.0-or-later
// Every value of every JSON file beside a model, replaced by values of all kinds, and its bytes damaged: what opens it takes it, or
// says a sentence with the file's name. A parser's own words, broken UTF-8 and exceptions reach nobody.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/data/encoding.h"
#include "core/nn/families/decoder_config.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/text/characters/utf8.h"

#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <fstream>
#include <functional>

using namespace luthier;

namespace fs = std::filesystem;

namespace {

// The error, or nothing.
using Opener = std::function<std::string(const fs::path& folder)>;

template <class T> std::string sentenceOf(const Result<T>& result)
{
    return result ? std::string() : result.message();
}

std::string openModel(const fs::path& folder)
{
    return sentenceOf(nn::readDecoderConfig(folder));
}
std::string openTexts(const fs::path& folder)
{
    return sentenceOf(data::Encoder::load(folder));
}
std::string openAdapter(const fs::path& folder)
{
    return sentenceOf(peft::readAdapterSettings(folder));
}

struct StrangeFile {
    const char* name;
    Opener open;
};
const std::array kFiles = {
    StrangeFile{"config.json", openModel},
    StrangeFile{"generation_config.json", openModel},
    StrangeFile{"tokenizer_config.json", openTexts},
    StrangeFile{"special_tokens_map.json", openTexts},
    StrangeFile{"adapter_config.json", openAdapter},
};

// Pointers to all members, and to a few of those in each object and list inside: they are alike.
void addPlaces(const Json& value, const Json::json_pointer& here, std::vector<Json::json_pointer>& places, int depth = 0)
{
    if (depth > 0) {
        places.push_back(here);
    }
    const std::size_t most = depth < 2 ? 100 : 7;
    std::size_t count = 0;
    for (auto member = value.begin(); value.is_structured() && member != value.end() && count < (depth == 1 ? 2 : most); ++member, ++count) {
        addPlaces(*member, value.is_object() ? here / member.key() : here / count, places, depth + 1);
    }
}

const std::vector<Json>& strangeValues()
{
    static const std::vector<Json> values = {
        Json(),    true,        -1,       std::uint64_t{1} << 63, 1e300,         0.5,           "",       "x",
        "4",       "\xE2\x82\xAC", Json::array(), Json::object(),    Json::array({1, "a"}), Json::array({Json::array()}), Json{{"content", 5}}, Json{{"__float__", "NaN"}},
    };
    return values;
}

// Damaged so that no JSON is left, or none that can be shown as it stands.
std::vector<std::string> damagedBytes(const std::string& whole)
{
    std::string broken = whole;
    broken.insert(broken.find('"') + 1, "\xFF\xFE");
    std::string half = whole;
    half.insert(half.rfind('"'), "\\ud800");
    return {"",           whole.substr(0, whole.size() / 2), broken,         half, std::string(5000, '['), "null", "[1]", "7", "\"text\"", std::string("{\0}", 3),
            "{\"a\":1}{}", "<html>",                          "\xFF\xFE{\0}\0"};
}

} // namespace

class TestStrangeJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = fs::path(m_root.path().toStdString()) / "model";
        fs::create_directory(m_folder);
        for (const auto& file : fs::directory_iterator(base::bundledModel())) {
            if (file.is_regular_file() && file.path().extension() != ".safetensors") {
                fs::copy_file(file.path(), m_folder / file.path().filename());
            }
        }
        const Json adapter = {{"peft_type", "LORA"}, {"r", 4},          {"lora_alpha", 8},        {"lora_dropout", 0.0},       {"target_modules", {"q_proj", "v_proj"}},
                              {"bias", "none"},      {"rank_pattern", {{"q_proj", 8}}}, {"alpha_pattern", Json::object()}, {"task_type", "CAUSAL_LM"}, {"modules_to_save", nullptr},
                              {"use_dora", false},   {"use_rslora", false}, {"base_model_name_or_path", "x"}, {"layers_to_transform", nullptr}, {"init_lora_weights", true}};
        QVERIFY(base::writeFileAtomically(m_folder / "adapter_config.json", base::dumpJson(adapter)).ok());
        const std::string header = R"({"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[4,1],"data_offsets":[0,16]}})";
        std::string tensors(8, '\0');
        tensors[0] = static_cast<char>(header.size());
        QVERIFY(base::writeFileAtomically(m_folder / "adapter_model.safetensors", tensors + header + std::string(16, '\0')).ok());
    }

    void everyValue_data() { addFiles(); }

    void everyValue()
    {
        QFETCH(int, index);
        const StrangeFile& file = kFiles[static_cast<std::size_t>(index)];
        const fs::path path = m_folder / file.name;
        const std::string whole = base::readFile(path).value();
        QCOMPARE(file.open(m_folder), std::string());
        const Json good = base::parseJson(whole).value();
        std::vector<Json::json_pointer> places;
        addPlaces(good, Json::json_pointer(), places);
        QVERIFY(places.size() > 3);
        std::size_t refused = 0;
        for (const auto& place : places) {
            for (const Json& value : strangeValues()) {
                Json changed = good;
                changed[place] = value;
                refused += expectSentence(file, base::dumpJson(changed), place.to_string() + " = " + base::dumpJson(value));
            }
        }
        QVERIFY(base::writeFileAtomically(path, whole).ok());
        // What stands in the last is a second word for what tokenizer_config.json says.
        QVERIFY2(refused > 0 || std::string_view(file.name) == "special_tokens_map.json", "nothing was refused, so nothing was looked at");
    }

    void damage_data() { addFiles(); }

    void damage()
    {
        QFETCH(int, index);
        const StrangeFile& file = kFiles[static_cast<std::size_t>(index)];
        const fs::path path = m_folder / file.name;
        const std::string whole = base::readFile(path).value();
        for (const std::string& bytes : damagedBytes(whole)) {
            QVERIFY2(expectSentence(file, bytes, bytes.substr(0, 40)) == 1, ("accepted: " + bytes.substr(0, 40)).c_str());
        }
        QVERIFY(base::writeFileAtomically(path, whole).ok());
    }

    // A recipe of a person, too.
    void recipes()
    {
        const Json good = config::toJson(config::RunConfig());
        std::vector<Json::json_pointer> places;
        addPlaces(good, Json::json_pointer(), places);
        for (const auto& place : places) {
            for (const Json& value : strangeValues()) {
                Json changed = good;
                changed[place] = value;
                const auto read = config::fromJson(changed);
                const std::string said = read ? std::string() : read.message();
                QVERIFY2(isPlain(said), said.c_str());
            }
        }
    }

private:
    static void addFiles()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < kFiles.size(); ++i) {
            QTest::newRow(kFiles[i].name) << static_cast<int>(i);
        }
    }

    static bool isPlain(const std::string& sentence)
    {
        return sentence.find("json.exception") == std::string::npos && sentence.find("basic_string") == std::string::npos && text::isValidUtf8(sentence) && sentence.size() < 2000;
    }

    // 1: it was refused, with a sentence that names the file.
    std::size_t expectSentence(const StrangeFile& file, const std::string& bytes, const std::string& what)
    {
        std::ofstream(m_folder / file.name, std::ios::binary | std::ios::trunc) << bytes; // thousands of times: not synced
        std::string said;
        try {
            said = file.open(m_folder);
        } catch (const std::exception& thrown) {
            said = std::string("json.exception: thrown: ") + thrown.what();
        }
        const bool isGood = said.empty() || (isPlain(said) && said.find(file.name) != std::string::npos);
        if (!isGood) {
            QTest::qFail((what + ": " + said).c_str(), __FILE__, __LINE__);
        }
        return said.empty() ? 0 : 1;
    }

    QTemporaryDir m_root;
    fs::path m_folder;
};

QTEST_APPLESS_MAIN(TestStrangeJson)
#include "tst_strange_json.moc"
