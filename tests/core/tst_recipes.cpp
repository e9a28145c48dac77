// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes put together from rows: those written by earlier versions read to the same values and are written with the same
// keys; every row owns its settings and rules; going from one row to another loses nothing.
#include "core/base/files.h"
#include "core/config/run_config.h"
#include "core/fields/record.h"
#include "core/optim/optimizers.h"
#include "core/optim/sgd_settings.h"
#include "core/peft/methods/ia3_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/virtual_tokens.h"

#include <QDir>
#include <QtTest>

#include <set>

using namespace luthier;

namespace {

const QString kWritten = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/core/recipes_v1");

Json read(const QString& path)
{
    auto json = base::readJson(path.toStdString());
    if (!json) {
        qFatal("%s", json.message().c_str());
    }
    return *json;
}

const config::Part& partOf(const std::string& key)
{
    for (const config::Part& part : config::parts()) {
        if (part.key == key) {
            return part;
        }
    }
    qFatal("there is no part %s", key.c_str());
}

config::RunConfig complete()
{
    config::RunConfig config;
    config.model.path = "model";
    config.data.train = {"rows.jsonl"};
    return config;
}

struct Broken {
    const char* name;
    void (*change)(config::RunConfig&);
    std::vector<std::string> keys; // of the one rule that breaks; empty: none does
};

const std::vector<Broken> kBroken{
    {"usual", [](config::RunConfig&) {}, {}},
    {"no model", [](config::RunConfig& c) { c.model.path.clear(); }, {"model.path"}},
    {"no data", [](config::RunConfig& c) { c.data.train.clear(); }, {"data.train"}},
    {"a bias of DoRA",
     [](config::RunConfig& c) {
         c.method.of<peft::LoraSettings>().loraBias = true;
         c.method.of<peft::LoraSettings>().useDora = true;
     },
     {"method.lora_bias", "method.use_dora"}},
    {"lora without targets", [](config::RunConfig& c) { c.method.of<peft::LoraSettings>().targetModules.clear(); }, {"method.target_modules"}},
    {"qlora without targets",
     [](config::RunConfig& c) {
         c.method.kind = "qlora";
         c.method.of<peft::LoraSettings>().targetModules.clear();
     },
     {"method.target_modules"}},
    {"full needs no targets",
     [](config::RunConfig& c) {
         c.method.kind = "full";
         c.method.of<peft::LoraSettings>().targetModules.clear();
     },
     {}},
    {"ia3 without modules",
     [](config::RunConfig& c) {
         c.method.kind = "ia3";
         c.method.of<peft::Ia3Settings>() = {{}, {}};
     },
     {"method.ia3_modules"}},
    {"ia3 scales what is not scaled",
     [](config::RunConfig& c) {
         c.method.kind = "ia3";
         c.method.of<peft::Ia3Settings>().feedforwardModules = {"up_proj"};
     },
     {"method.feedforward_modules", "method.ia3_modules"}},
    {"lora does not ask ia3's rules", [](config::RunConfig& c) { c.method.of<peft::Ia3Settings>() = {{}, {"up_proj"}}; }, {}},
    {"adapter on random weights", [](config::RunConfig& c) { c.model.fromScratch = true; }, {"model.from_scratch", "method.kind"}},
    {"full on random weights",
     [](config::RunConfig& c) {
         c.model.fromScratch = true;
         c.method.kind = "full";
     },
     {}},
    {"full in codes",
     [](config::RunConfig& c) {
         c.model.quantization = "fp4";
         c.method.kind = "full";
     },
     {"model.quantization", "method.kind"}},
    {"lora in codes", [](config::RunConfig& c) { c.model.quantization = "nf4"; }, {}},
    {"qlora in numbers",
     [](config::RunConfig& c) {
         c.model.quantization = "none";
         c.method.kind = "qlora";
     },
     {"model.quantization", "method.kind"}},
    {"training in fp16", [](config::RunConfig& c) { c.model.dtype = "fp16"; }, {"model.dtype"}},
    {"nesterov without momentum",
     [](config::RunConfig& c) {
         c.optimizer.kind = "sgd";
         c.optimizer.of<optim::SgdSettings>() = {0, true};
     },
     {"optimizer.nesterov", "optimizer.momentum"}},
    {"adamw has no momentum", [](config::RunConfig& c) { c.optimizer.of<optim::SgdSettings>() = {0, true}; }, {}},
};

} // namespace

class TestRecipes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void writtenOnesRead_data();
    void writtenOnesRead();
    void settingsAreStillThere();
    void unknownKeysAreSaid_data();
    void unknownKeysAreSaid();
    void rowsAreComplete_data();
    void rowsAreComplete();
    void rowsKeepTheirValues();
    void idsNeedNoQuotes();
    void whatIsNotOfferedReads();
    void rules_data();
    void rules();
};

void TestRecipes::writtenOnesRead_data()
{
    QTest::addColumn<QString>("path");
    for (const QString& folder : {kWritten, QStringLiteral(LUTHIER_SOURCE_DIR "/resources/recipes")}) {
        for (const QFileInfo& file : QDir(folder).entryInfoList({QStringLiteral("*.json")})) {
            if (file.fileName() != QStringLiteral("list.json") && read(file.filePath()).contains("version")) {
                QTest::newRow(qPrintable(file.fileName())) << file.filePath();
            }
        }
    }
}

// What an earlier version wrote stands in what is written now, value by value.
void TestRecipes::writtenOnesRead()
{
    QFETCH(QString, path);
    const Json before = read(path);
    const auto config = config::fromJson(before);
    QVERIFY2(config.ok(), config.ok() ? "" : config.message().c_str());
    const Json after = config::toJson(*config);
    std::size_t compared = 0;
    for (const auto& [part, settings] : before.items()) {
        if (!settings.is_object()) {
            QVERIFY(after.at(part) == settings);
            continue;
        }
        for (const auto& [key, value] : settings.items()) {
            QVERIFY2(after.at(part).contains(key), (part + "." + key).c_str());
            QVERIFY2(after.at(part).at(key) == value, (part + "." + key).c_str());
            ++compared;
        }
    }
    QVERIFY(compared > 0);
    const auto again = config::fromJson(after);
    QVERIFY(again.ok() && config::difference(*config, *again).empty());
}

void TestRecipes::settingsAreStillThere()
{
    config::RunConfig usual;
    const Json list = read(kWritten + QStringLiteral("/list.json"));
    for (const Json& before : list.at("settings")) {
        const auto key = before.at("key").get<std::string>();
        const config::Part& part = partOf(before.at("part").get<std::string>());
        const fields::Record record = config::recordOf(usual, part);
        const fields::Field* field = record.find(key.substr(key.find('.') + 1));
        QVERIFY2(field, key.c_str());
        QVERIFY2(fields::toJson(record.get(*field)) == before.at("default"), key.c_str());
        const Json& low = before.at("range").at("low");
        const Json& high = before.at("range").at("high");
        QVERIFY2(low.is_null() ? !std::isfinite(field->range.low) : field->range.low == low.get<double>(), key.c_str());
        QVERIFY2(high.is_null() ? !std::isfinite(field->range.high) : field->range.high == high.get<double>(), key.c_str());
        std::set<std::string> choices;
        for (const fields::Choice& choice : field->choices) {
            choices.insert(choice.id);
        }
        for (const Json& choice : before.at("choices").is_null() ? Json::array() : before.at("choices")) {
            QVERIFY2(choices.contains(choice.get<std::string>()), key.c_str());
        }
    }
}

void TestRecipes::unknownKeysAreSaid_data()
{
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("setting") << R"({"method": {"rnk": 8}})" << "method: unknown setting \"rnk\"; did you mean \"rank\"?";
    QTest::newRow("part") << R"({"metod": {"rank": 8}})" << "unknown part \"metod\"; did you mean \"method\"?";
    QTest::newRow("optimizer") << R"({"optimizer": {"kind": "adam"}})" << "optimizer: kind: \"adam\" is not possible here; give adamw, adamw_8bit, adafactor, lion, muon or sgd";
    QTest::newRow("number in quotes") << R"({"optimizer": {"learning_rate": "2e-4"}})"
                                      << "optimizer: learning_rate: \"2e-4\" is a text; write it without quotes: 2e-4";
    QTest::newRow("flag in quotes") << R"({"data": {"shuffle": "true"}})" << "data: shuffle: \"true\" is a text; write it without quotes: true";
    QTest::newRow("words for a number") << R"({"method": {"rank": "high"}})"
                                        << "method: rank: \"high\" is a text, and a number belongs here, 1 to 4096";
    QTest::newRow("number for a text") << R"({"run": {"name": 7}})" << "run: name: a text belongs here; write it in quotes: \"7\"";
    QTest::newRow("range") << R"({"method": {"rank": 0}})" << "method: rank: \"0\" is not possible here; give 1 to 4096";
}

void TestRecipes::unknownKeysAreSaid()
{
    QFETCH(QString, recipe);
    const auto config = config::fromJson(*base::parseJson(recipe.toStdString()));
    QVERIFY(!config.ok());
    QTEST(QString::fromStdString(config.message()), "sentence");
}

void TestRecipes::rowsAreComplete_data()
{
    QTest::addColumn<QString>("part");
    QTest::addColumn<QString>("id");
    for (const config::Part& part : config::parts()) {
        for (const fields::Row* row : part.rows) {
            QTest::addRow("%s %s", part.key.c_str(), row->id.c_str()) << QString::fromStdString(part.key) << QString::fromStdString(row->id);
        }
    }
}

// The row's settings are fields of its part, under keys that nobody else has; its rules look at settings that there are,
// whatever is chosen, and blame settings that can be seen then.
void TestRecipes::rowsAreComplete()
{
    QFETCH(QString, part);
    QFETCH(QString, id);
    const config::Part& here = partOf(part.toStdString());
    std::set<std::string> keys;
    for (const fields::Field& field : here.fields) {
        QVERIFY2(keys.insert(field.key).second, field.key.c_str());
    }
    config::RunConfig config = complete();
    QVERIFY(config::setByKey(config, here.key + ".kind", id.toStdString()).ok());
    if (id == QLatin1String("muon")) { // of all weights alone, which its rule says
        QVERIFY(!config::brokenRules(config).empty());
        QVERIFY(config::setByKey(config, "method.kind", "full").ok());
    }
    const fields::Row* row = config::chosenRow(config, here);
    QVERIFY(row && row->id == id.toStdString() && !row->label.empty() && !row->help.empty());
    for (const fields::Field& field : here.fields) {
        bool anywhere = false;
        for (const fields::Row* other : here.rows) {
            anywhere = anywhere || other->has(field.key);
        }
        QCOMPARE(config::applies(config, here, field), !anywhere || row->has(field.key));
    }
    for (const std::string& key : row->keys()) {
        QVERIFY2(keys.contains(key), key.c_str());
    }
    QVERIFY(config::brokenRules(config).empty()); // asks them all; one that is mistaken throws
    for (const fields::Rule& rule : row->rules) {
        QVERIFY(!rule.keys.empty() && !rule.sentence.empty());
        for (const std::string& key : rule.keys) {
            const config::Part& owner = partOf(key.substr(0, key.find('.')));
            const fields::Field* field = config::recordOf(config, owner).find(key.substr(key.find('.') + 1));
            QVERIFY2(field && config::applies(config, owner, *field), key.c_str());
        }
    }
}

void TestRecipes::rowsKeepTheirValues()
{
    config::RunConfig config;
    const auto set = [&](const char* key, const char* value) { QVERIFY2(config::setByKey(config, key, value).ok(), key); };
    set("rank", "7");
    set("method.kind", "qlora");
    QCOMPARE(config.method.of<peft::LoraSettings>().rank, 7); // one declaration, both rows
    set("method.kind", "prefix");
    set("num_virtual_tokens", "33");
    set("method.kind", "prompt");
    QCOMPARE(config.method.of<peft::VirtualTokens>().count, 33);
    set("weight_decay", "0.25");
    set("optimizer.kind", "sgd");
    QCOMPARE(config.optimizer.of<optim::DecaySettings>().weightDecay, 0.25);
    set("momentum", "0.5");
    set("optimizer.kind", "adamw");
    set("method.kind", "lora");
    const auto read = config::fromJson(config::toJson(config));
    QVERIFY(read.ok());
    QCOMPARE(read->method.of<peft::LoraSettings>().rank, 7);
    QCOMPARE(read->optimizer.of<optim::SgdSettings>().momentum, 0.5);
    const config::RunConfig copy = config;
    set("rank", "9");
    QCOMPARE(copy.method.of<peft::LoraSettings>().rank, 7); // a copy is its own
    const auto rows = config::difference(copy, config);
    QCOMPARE(rows.size(), std::size_t{1});
    QCOMPARE(rows.front().key, std::string("method.rank"));
}

// In a list of texts, as PEFT's configurations have them.
void TestRecipes::idsNeedNoQuotes()
{
    config::RunConfig config = complete();
    const config::Part& method = partOf("method");
    QVERIFY(config::recordOf(config, method).fromJson(*base::parseJson(R"({"trainable_token_indices": [5, "<x>", 70]})")).ok());
    QCOMPARE(config.method.of<peft::LoraSettings>().tokens, (std::vector<std::string>{"5", "<x>", "70"}));
    QVERIFY(!config::recordOf(config, method).fromJson(*base::parseJson(R"({"trainable_token_indices": [5.5]})")).ok());
    QVERIFY(!config::recordOf(config, method).fromJson(*base::parseJson(R"({"trainable_token_indices": [[5]]})")).ok());
}

// Recipes of old hold choices that are not offered any more: they read and are written again, but nothing lists them.
void TestRecipes::whatIsNotOfferedReads()
{
    int seen = 0;
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            for (const fields::Choice& choice : field.choices) {
                if (choice.offered) {
                    continue;
                }
                ++seen;
                config::RunConfig config = complete();
                auto record = config::recordOf(config, part);
                QVERIFY(record.setFromText(field, choice.id).ok());
                QCOMPARE(record.toJson().at(field.key).get<std::string>(), choice.id);
                QVERIFY(fields::describeAllowed(field).find(choice.id) == std::string::npos);
                const auto wrong = record.setFromText(field, "no such choice");
                QVERIFY(!wrong && wrong.message().find(choice.id) == std::string::npos);
            }
        }
    }
    QVERIFY(seen > 0);
}

void TestRecipes::rules_data()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < kBroken.size(); ++i) {
        QTest::newRow(kBroken[i].name) << static_cast<int>(i);
    }
}

void TestRecipes::rules()
{
    QFETCH(int, index);
    const Broken& row = kBroken[static_cast<std::size_t>(index)];
    config::RunConfig config = complete();
    row.change(config);
    const auto broken = config::brokenRules(config);
    QCOMPARE(broken.size(), row.keys.empty() ? std::size_t{0} : std::size_t{1});
    if (!broken.empty()) {
        QVERIFY(broken.front().keys == row.keys && !broken.front().sentence.empty());
    }
}

QTEST_APPLESS_MAIN(TestRecipes)
#include "tst_recipes.moc"
