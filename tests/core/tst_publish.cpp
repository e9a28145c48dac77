// SPDX-License-Identifier: GPL-3.0-or-later
// What is written for other programs: merged folders, adapters, GGUF files; the proof that they are what was meant, that it
// fails when they are not, and that nothing stays behind then.
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/gguf/file.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/lora_folder.h"
#include "core/peft/folders/score_folder.h"
#include "core/publish/modelfile.h"
#include "core/publish/publish.h"
#include "core/train/plan/held_out_list.h"
#include "core/weights/load.h"
#include "tests/support/need.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

const fs::path kTiny = fs::path(LUTHIER_SOURCE_DIR) / "resources/models/luthier-tiny";

// A LoRA of the bundled model that changes it a little.
void makeAdapter(const fs::path& target, std::int64_t rank, double size)
{
    const auto folder = need(weights::ModelFolder::open(kTiny));
    const auto decoder = need(weights::loadDecoder(folder, at::kCPU, at::kFloat));
    for (nn::LinearGroup* group : decoder->groups()) {
        for (std::size_t i = 0; i < group->slices.size(); ++i) {
            group->adapters.push_back({i, at::randn({rank, group->inputs()}) * size, at::randn({group->slices[i].size, rank}) * size,
                                       2.0 / static_cast<double>(rank), 0});
        }
    }
    peft::LoraFolderInfo info;
    info.rank = rank;
    info.alpha = 2;
    info.baseFingerprint = need(folder.fingerprint());
    info.basePath = "luthier-tiny";
    if (auto saved = peft::saveLoraFolder(*decoder, target, info); !saved) {
        qFatal("%s", saved.message().c_str());
    }
}

QStringList namesIn(const fs::path& folder)
{
    return QDir(QString::fromStdString(folder.string())).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

bool has(const publish::Published& published, const std::string& name)
{
    return std::any_of(published.files.begin(), published.files.end(), [&](const auto& file) { return file.name == name && file.bytes > 0; });
}

} // namespace

class TestPublish : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
    publish::Source source(std::vector<inference::AdapterSpec> adapters) const
    {
        publish::Source s;
        s.model = kTiny;
        s.adapters = std::move(adapters);
        s.device = "cpu";
        return s;
    }

private Q_SLOTS:
    void initTestCase()
    {
        at::manual_seed(3);
        makeAdapter(at("a"), 4, 0.08);
        makeAdapter(at("b"), 4, 0.08);
    }

    void mergedFolder()
    {
        const auto result = need(publish::publishModel(source({{at("a"), 1}}), at("merged"), "auto", {}));
        QVERIFY2(result.proof.holds(), result.proof.sentence().c_str());
        QVERIFY(result.proof.difference.tokens > 100);
        for (const char* name : {"config.json", "model.safetensors", "tokenizer.model", "chat_template.jinja", "generation_config.json"}) {
            QVERIFY2(has(result, name), name);
        }
        // The same with all weights in fp32 rounds nothing.
        const auto exact = need(publish::publishModel(source({{at("a"), 1}}), at("exact"), "f32", {}));
        QVERIFY(exact.proof.difference.largest < 1e-3);
        QVERIFY(exact.proof.difference.largest < result.proof.difference.largest);
    }

    void severalBecomeOne()
    {
        const std::vector<inference::AdapterSpec> both = {{at("a"), 0.7}, {at("b"), -0.4}};
        const auto sum = need(publish::publishAdapter(source(both), at("sum"), {}));
        QCOMPARE(sum.rank, 8);
        QVERIFY(sum.proof.difference.largest < 1e-3);
        QVERIFY(!sum.fromSum);
        auto linear = source(both);
        linear.how = "linear";
        const auto other = need(publish::publishAdapter(linear, at("linear"), {}));
        QCOMPARE(other.rank, 4);
        QVERIFY(other.fromSum && other.fromSum->largest > 0.01); // it is no weighted sum, and that is told
        // A merged model of the two is the sum as well.
        const auto model = need(publish::publishModel(source(both), at("merged-both"), "f32", {}));
        QVERIFY(model.proof.difference.largest < 1e-3);
    }

    // A base without a template whose end of a text is not the end of the turns that were trained: what the adapter brings
    // reaches every result.
    void theChosenTemplateAndItsEndTravel()
    {
        const std::string turns = "{% for m in messages %}{{ m.role + ': ' + m.content + '<|end|>\n' }}{% endfor %}";
        for (const bool hasOwn : {false, true}) {
            const fs::path home = at(hasOwn ? "own" : "bare");
            fs::create_directories(home);
            fs::copy(kTiny, home / "base", fs::copy_options::recursive);
            fs::copy(at("a"), home / "a", fs::copy_options::recursive);
            need(base::writeFileAtomically(home / "base/generation_config.json", "{\"eos_token_id\": 2}"));
            if (!hasOwn) {
                fs::remove(home / "base/chat_template.jinja");
            }
            need(base::writeFileAtomically(home / "a/chat_template.jinja", turns));
            auto order = source({{home / "a", 1}});
            order.model = home / "base";
            need(publish::publishModel(order, home / "merged", "auto", {}));
            need(publish::publishAdapter(order, home / "copied", {}));
            need(publish::publishGguf(order, home / "m.gguf", "f16", {}));
            order.adapters.push_back({at("b"), 1});
            need(publish::publishAdapter(order, home / "combined", {}));
            for (const char* name : {"merged", "copied", "combined"}) {
                QCOMPARE(need(base::readFile(home / name / "chat_template.jinja")), turns);
                QVERIFY(need(base::readJson(home / name / "generation_config.json"))["eos_token_id"].is_array());
            }
            QVERIFY(need(base::readJson(home / "merged/tokenizer_config.json"))["chat_template"] == turns);
            for (const char* name : {"merged", "m.gguf"}) {
                const auto encoder = need(data::Encoder::load(home / name));
                QCOMPARE(encoder.chatTemplate->source(), turns);
                QCOMPARE(need(inference::Session::open({home / name, {}, "cpu", "fp32"}))->stopIds(), (std::vector<text::TokenId>{6, 2}));
            }
            const auto file = need(gguf::File::open(home / "m.gguf"));
            QCOMPARE(file->integer("tokenizer.ggml.eos_token_id").value_or(-1), 2);
            QCOMPARE(file->integer("tokenizer.ggml.eot_token_id").value_or(-1), 6);
            const std::string told = need(base::readFile(home / "m.Modelfile"));
            QVERIFY2(told.find("PARAMETER stop \"<|end|>\"") != std::string::npos && told.find("TEMPLATE") != std::string::npos, told.c_str());
            // The adapter is asked as it was taught, here too.
            const auto session = need(inference::Session::open({home / "base", {{home / "copied", 1}}, "cpu", "fp32"}));
            QCOMPARE(session->encoder().chatTemplate->source(), turns);
            QCOMPARE(session->stopIds(), (std::vector<text::TokenId>{6, 2}));
        }
    }

    // Two adapters stay loaded; blends follow one another without loading anything.
    void switchedWhileLoaded()
    {
        const auto open = [&](std::vector<inference::AdapterSpec> adapters) {
            return need(inference::Session::open({kTiny, std::move(adapters), "cpu", "fp32"}));
        };
        const auto both = open({{at("a"), 1}, {at("b"), 0}});
        const auto ids = both->encoder().tokenizer->ids("Mira sells fish at the harbour.");
        const auto differ = [](const std::vector<double>& a, const std::vector<double>& b) {
            double most = 0;
            for (std::size_t i = 1; i < a.size(); ++i) {
                most = std::max(most, std::abs(a[i] - b[i]));
            }
            return most;
        };
        const auto onlyA = need(open({{at("a"), 1}})->score(ids));
        const auto onlyB = need(open({{at("b"), 1}})->score(ids));
        const auto blend = need(open({{at("a"), 0.3}, {at("b"), -0.7}})->score(ids));
        QVERIFY(differ(need(both->score(ids)), onlyA) < 1e-4);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(both->setAdapterWeights({0, 1}).ok());
        const double milliseconds = static_cast<double>(timer.nsecsElapsed()) / 1e6;
        qInfo("switched in %.3f ms", milliseconds);
        QVERIFY(milliseconds < 50);
        QVERIFY(differ(need(both->score(ids)), onlyB) < 1e-4);
        QVERIFY(both->setAdapterWeights({0.3, -0.7}).ok());
        QVERIFY(differ(need(both->score(ids)), blend) < 1e-4);
        QVERIFY(differ(blend, onlyB) > 0.01);
        QVERIFY(both->setAdapterWeights({0, 0}).ok());
        QVERIFY(differ(need(both->score(ids)), need(both->score(ids, false))) < 1e-6);
        // Answers, too, which take another way through the layers.
        inference::GenerateOptions options;
        options.sampling.maxNew = 12;
        QVERIFY(both->setAdapterWeights({0, 1}).ok());
        QCOMPARE(need(both->generate(ids, options)).text, need(open({{at("b"), 1}})->generate(ids, options)).text);
        QVERIFY(both->setAdapterWeights({1}).message().find("1 weights were given for 2") == 0);
        QVERIFY(!both->setAdapterWeights({1, std::nan("")}));
    }

    void ggufAdapter()
    {
        const auto written = need(publish::publishAdapter(source({{at("a"), 1}}), at("a.gguf"), {}));
        QVERIFY(written.proof.difference.largest < 1e-3);
        const auto file = need(gguf::File::open(at("a.gguf")));
        QCOMPARE(file->text("general.type").value(), "adapter");
        QCOMPARE(file->number("adapter.lora.alpha").value(), 2.0);
        QVERIFY(file->find("blk.0.attn_q.weight.lora_a") && file->find("blk.7.ffn_down.weight.lora_b"));
        // And back into a folder.
        const auto folder = need(publish::publishAdapter(source({{at("a.gguf"), 1}}), at("back"), {}));
        QVERIFY(folder.proof.difference.largest < 1e-3 && has(folder, "adapter_model.safetensors"));
    }

    void ggufFiles_data()
    {
        QTest::addColumn<QString>("type");
        for (const char* type : {"f16", "q8_0", "q6_k", "q4_k_m", "q4_0"}) {
            QTest::newRow(type) << QString(type);
        }
    }

    void ggufFiles()
    {
        QFETCH(QString, type);
        const fs::path target = at(("m-" + type.toStdString() + ".gguf").c_str());
        const auto result = need(publish::publishGguf(source({{at("a"), 1}}), target, type.toStdString(), {}));
        qInfo("%s", result.proof.sentence().c_str());
        QVERIFY(result.proof.holds());
        QVERIFY(has(result, "m-" + type.toStdString() + ".Modelfile"));
        QVERIFY(result.sameTokens.has_value());
    }

    void modelfile()
    {
        const auto chat = need(text::ChatTemplate::load(kTiny));
        const auto marks = need(publish::turnMarks(chat));
        QCOMPARE(marks.front, "<s>");
        QCOMPARE(marks.user.before, "<|user|>\n");
        QCOMPARE(marks.user.after, "<|end|>\n");
        QCOMPARE(marks.assistant.before, "<|assistant|>\n");
        QCOMPARE(marks.opening, "<|assistant|>\n");
        QCOMPARE(marks.system.before, "<|system|>\n");
        const std::string text = need(base::readFile(at("m-q8_0.Modelfile")));
        QVERIFY(text.starts_with("FROM ./m-q8_0.gguf\n"));
        QVERIFY(text.find("{{ if eq .Role \"user\" }}<|user|>\n{{ .Content }}<|end|>\n{{ end }}") != std::string::npos);
        QVERIFY(text.find("PARAMETER stop \"<|end|>\"") != std::string::npos);
        QVERIFY(text.find("<s>") == std::string::npos);
        const auto odd = need(text::ChatTemplate::parse("{% for m in messages %}{{ m.content | upper }}{% endfor %}", Json::object()));
        QVERIFY(!publish::turnMarks(odd));
    }

    // This model's window has no place in a GGUF file, so what is read back is another model: that must be seen.
    void wrongFilesAreNotKept()
    {
        const fs::path model = at("windowed");
        fs::create_directory(model);
        for (const char* name : {"config.json", "model.safetensors"}) {
            fs::copy_file(kReference / "families/mistral" / name, model / name);
        }
        Json vocab = Json::object();
        for (int i = 0; i < 60; ++i) {
            vocab[std::string(1, static_cast<char>('A' + i))] = i;
        }
        const Json file = {{"added_tokens", Json::array()}, {"decoder", {{"type", "ByteLevel"}}},
                           {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                           {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}}}};
        QVERIFY(base::writeFileAtomically(model / "tokenizer.json", base::dumpJson(file)).ok());
        const fs::path out = at("wrong");
        fs::create_directory(out);
        publish::Source s;
        s.model = model;
        s.device = "cpu";
        const auto result = publish::publishGguf(s, out / "wrong.gguf", "f16", {});
        QVERIFY(!result);
        QVERIFY2(QString::fromStdString(result.message()).contains("not what was meant"), result.message().c_str());
        QVERIFY(namesIn(out).isEmpty());
    }

    // Between two tensors, with what is left told meanwhile; nothing stays behind, and the same goes through afterwards.
    void mergedFolderStops()
    {
        const fs::path out = at("stopped");
        fs::create_directory(out);
        std::vector<std::int64_t> written;
        std::int64_t all = 0;
        publish::Watch watch;
        watch.stage = [&](const std::string& stage, std::int64_t done, std::int64_t total) {
            if (stage.starts_with("writing ")) {
                written.push_back(done);
                all = total;
                if (written.size() == 5) {
                    watch.cancel.cancel();
                }
            }
        };
        QCOMPARE(publish::publishModel(source({{at("a"), 1}}), out / "merged", "auto", watch).message(), std::string("cancelled"));
        QCOMPARE(written.size(), std::size_t(5)); // not one tensor more
        QVERIFY(std::is_sorted(written.begin(), written.end()) && written.front() == 0 && written.back() > 0 && written.back() < all);
        QVERIFY(namesIn(out).isEmpty());

        written.clear();
        watch.cancel = {};
        watch.stage = [&](const std::string& stage, std::int64_t done, std::int64_t) {
            if (stage.starts_with("writing ")) {
                written.push_back(done);
            }
        };
        const auto result = need(publish::publishModel(source({{at("a"), 1}}), out / "merged", "auto", watch));
        QVERIFY(result.proof.holds());
        QCOMPARE(written.back(), all);
    }

    void refusals()
    {
        QVERIFY(QString::fromStdString(publish::publishModel(source({{at("a"), 1}}), at("a"), "auto", {}).message()).contains("there already"));
        QVERIFY(QString::fromStdString(publish::publishGguf(source({}), at("x.gguf"), "q2", {}).message()).contains("f16, bf16"));
        QVERIFY(QString::fromStdString(publish::publishAdapter(source({}), at("x"), {}).message()).contains("no adapter"));
        auto other = source({{at("a"), 1}});
        other.model = at("merged"); // not what it was trained on
        const auto wrong = QString::fromStdString(publish::publishModel(other, at("y"), "auto", {}).message());
        QVERIFY2(wrong.contains("another base (luthier-tiny, "), qPrintable(wrong));
        publish::Watch cancelled;
        cancelled.cancel.cancel();
        QCOMPARE(publish::publishModel(source({{at("a"), 1}}), at("z"), "auto", cancelled).message(), std::string("cancelled"));
        QVERIFY(!fs::exists(at("y")) && !fs::exists(at("z")));
        for (const QString& name : namesIn(at("."))) {
            QVERIFY2(!name.contains(".part-"), qPrintable(name));
        }
    }

    // Of a CSV whose columns were named by hand, with one row edited and one left out: read as the run read them, and none
    // that was left out. What the proof falls back to is said.
    void textsAreTheRunsOwn()
    {
        const fs::path run = at("run");
        fs::create_directories(run / "adapter");
        std::string csv = "frage,antwort\n";
        for (int i = 0; i < 12; ++i) {
            csv += "What is " + std::to_string(i) + "?,Plank " + std::to_string(i) + ".\n";
        }
        need(base::writeFileAtomically(at("rows.csv"), csv));
        config::RunConfig config;
        config.model.path = kTiny.string();
        config.data.train = {at("rows.csv").string()};
        config.data.columns = {"prompt=frage", "completion=antwort"};
        need(base::writeFileAtomically(run / "recipe.json", base::dumpJson(config::toJson(config))));
        train::RunRows left = train::runRows(config.data);
        left.train[0].edits = {{3, {{"prompt", "Edited?"}, {"completion", "The edited one."}}}};
        left.train[0].excluded = {4};
        const auto dataset = need(left.train[0].open());
        std::vector<std::uint64_t> hashes;
        for (const std::int64_t row : {2, 3, 4}) {
            hashes.push_back(base::rowHash(base::dumpJson(need(dataset->row(row)))));
        }
        need(train::writeHeldOutList(run, hashes));
        const auto encoder = need(data::Encoder::load(kTiny));
        const publish::RowsOfRun rowsOf = [&](const fs::path&, const config::RunConfig&) { return Result<train::RunRows>(left); };

        const auto texts = publish::textsFor(run / "adapter", encoder, rowsOf);
        QVERIFY2(texts.note.empty(), texts.note.c_str());
        QCOMPARE(texts.rows.size(), std::size_t{2});
        QVERIFY(texts.source.find("2 held-out rows") == 0);
        QVERIFY(texts.rows[0].text.find("Plank 2.") != std::string::npos);
        QVERIFY(texts.rows[1].text.find("The edited one.") != std::string::npos);

        // A file of its own, the left-out row not among them.
        config.data.heldOut = config.data.train;
        need(base::writeFileAtomically(run / "recipe.json", base::dumpJson(config::toJson(config))));
        left = train::runRows(config.data);
        left.heldOut[0].excluded = {4};
        QCOMPARE(need(publish::heldOutTexts(run, encoder, rowsOf)).rows.size(), std::size_t{11});

        const publish::RowsOfRun broken = [](const fs::path&, const config::RunConfig&) -> Result<train::RunRows> {
            return Error{"the edits cannot be read"};
        };
        const auto builtIn = publish::textsFor(run / "adapter", encoder, broken);
        QCOMPARE(builtIn.source, std::string("built-in texts"));
        QVERIFY(builtIn.note.find("built-in texts") != std::string::npos && builtIn.note.find("the edits cannot be read") != std::string::npos);
        QVERIFY(publish::textsFor(at("a"), encoder, {}).note.find("no run's folder") != std::string::npos);
        // And told with the result.
        const auto published = need(publish::publishAdapter(source({{at("a"), 1}}), at("noted"), {}));
        QVERIFY(std::any_of(published.notes.begin(), published.notes.end(),
                            [](const std::string& note) { return note.find("built-in texts") != std::string::npos; }));
    }

    // What a reward model is for are its scores: they are compared, by the figure that asking both models gives. A GGUF file has no place for
    // them, and says so in words of people.
    void judgesAreProvedByTheirScores()
    {
        makeAdapter(at("judge"), 4, 0.08);
        need(peft::addScoreHead(at("judge"), {at::randn({1, 256}), {}}));
        publish::Source judged = source({{at("judge"), 1}});
        const auto encoder = need(data::Encoder::load(kTiny));
        for (int i = 0; i < 12; ++i) {
            data::Example pair;
            pair.kind = data::ExampleKind::Preference;
            pair.messages = {{"user", "What lies on bench " + std::to_string(i) + "?", {}}};
            pair.chosen = {{"assistant", "A saw, because it is sharp.", {}}};
            pair.rejected = {{"assistant", "Planes.", {}}};
            publish::addProofTexts(judged.texts, encoder, pair, 256, true);
        }
        QCOMPARE(judged.texts.rows.size(), std::size_t{24}); // both answers of each pair
        judged.texts.source = "24 texts";
        const auto scoresOf = [&](const inference::ModelSpec& spec) {
            std::vector<std::vector<text::TokenId>> texts;
            for (const auto& row : judged.texts.rows) {
                texts.push_back(row.ids);
            }
            return need(need(inference::Session::open(spec))->judge(texts, {1}));
        };
        const auto live = scoresOf({kTiny, {{at("judge"), 1}}, "cpu", "fp32"});
        for (const char* type : {"bf16", "f16", "f32"}) {
            const fs::path target = at((std::string("judge-") + type).c_str());
            const auto written = need(publish::publishModel(judged, target, type, {}));
            const auto other = scoresOf({target, {}, "cpu", "fp32"});
            double largest = 0;
            for (std::size_t i = 0; i < live.size(); ++i) {
                largest = std::max(largest, std::abs(static_cast<double>(live[i].front()) - other[i].front()));
            }
            qInfo("%s: %s", type, written.proof.sentence().c_str());
            QCOMPARE(written.proof.difference.scores, 24);
            QVERIFY(written.proof.difference.spread > 0.01);
            QVERIFY2(std::abs(written.proof.difference.largest - largest) < 1e-4, qPrintable(QStringLiteral("%1 and %2").arg(written.proof.difference.largest).arg(largest)));
            QVERIFY(std::string_view(type) != "bf16" || largest > 1e-4);
            QVERIFY(written.proof.holds() && written.proof.isUsual());
            const std::string sentence = written.proof.sentence();
            QVERIFY2(sentence.find("the scores of 24 texts differ by at most") != std::string::npos && sentence.find("log-prob") == std::string::npos, sentence.c_str());
        }
        const auto copied = need(publish::publishAdapter(judged, at("judge-copy"), {}));
        QVERIFY(copied.proof.difference.scores == 24 && copied.proof.difference.largest == 0 && has(copied, "adapter_model.safetensors"));
        for (const auto& refused : {publish::publishGguf(judged, at("judge.gguf"), "f16", {}), publish::publishAdapter(judged, at("judge-adapter.gguf"), {}),
                                    publish::publishGguf([&] { auto merged = judged; merged.model = at("judge-bf16"); merged.adapters.clear(); return merged; }(), at("merged.gguf"), "f16", {})}) {
            QVERIFY(!refused);
            QVERIFY2(refused.message().find("A GGUF file holds models that answer; this one scores texts") == 0, refused.message().c_str());
        }
        QVERIFY(!fs::exists(at("judge.gguf")) && !fs::exists(at("judge-adapter.gguf")));
    }

    void limits()
    {
        // A score that is off by a tenth of what tells texts apart is no rounding, whatever log-probabilities may be off by.
        publish::Reading scores{{{0.1F}, {0.2F}, {0.3F}, {0.4F}}, {{0}, {0}, {0}, {0}}, true, 40};
        publish::Reading others = scores;
        others.logProbs[1][0] += 0.03F;
        const publish::Difference off = publish::differenceOf(scores, others);
        QVERIFY(off.scores == 4 && std::abs(off.largest - 0.03) < 1e-6 && off.greedyAgreement == 1 && std::abs(off.spread - 0.1118) < 1e-3);
        const publish::Proof wrong{"texts", 4, off, publish::limitsOf("bf16", off), off};
        QVERIFY(!wrong.holds() && !wrong.isUsual());
        std::swap(others.logProbs[0], others.logProbs[3]);
        QVERIFY(publish::differenceOf(scores, others).greedyAgreement < 0.5);
        const publish::Difference good{10, 0.001, 0.0001, 1};
        publish::Proof proof{"texts", 1, good, publish::limitsOf("f16"), good};
        QVERIFY(proof.holds() && proof.isUsual());
        // What a type costs is no failure.
        proof.difference = {10, 3, 1, 0.5};
        QVERIFY(proof.holds() && !proof.isUsual());
        QVERIFY(QString::fromStdString(proof.sentence()).contains("usual are at most 0.1"));
        // A file that says something else than its own numbers is one.
        for (const publish::Difference& bad : {publish::Difference{10, std::nan(""), 0.0001, 1}, {10, 0.001, 0.0001, 0.5}, {}}) {
            proof.file = bad;
            QVERIFY(!proof.holds());
        }
        QVERIFY(QString::fromStdString(proof.sentence()).contains("something else than its own numbers"));
        QVERIFY(!publish::limitsOf("q3").largest);
    }

    // Random weights as wide as these feel rounding far more than a trained model; the file is what was meant all the same.
    void whatRoundingCostsIsAFigure()
    {
        const fs::path wide = at("wide");
        fs::copy(kTiny, wide, fs::copy_options::recursive);
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(kTiny)), at::kCPU, at::kFloat));
        for (const nn::NamedTensor& item : decoder->tensors()) {
            if (item.tensor.dim() == 2) {
                item.tensor.copy_(at::randn(item.tensor.sizes()) * 0.4);
            }
        }
        fs::remove(wide / "model.safetensors");
        need(weights::saveModelFolder(*decoder, kTiny, wide, at::kFloat));
        publish::Source s;
        s.model = wide;
        s.device = "cpu";
        for (const char* type : {"f16", "q8_0", "q6_k", "q4_0"}) {
            const auto result = need(publish::publishGguf(s, at((std::string("wide-") + type + ".gguf").c_str()), type, {}));
            qInfo("%s: %s", type, result.proof.sentence().c_str());
            QVERIFY(result.proof.holds());
            QVERIFY(result.proof.file.largest <= 1e-3);
            const bool told = std::any_of(result.notes.begin(), result.notes.end(),
                                          [](const std::string& note) { return note.find("costs this model more") != std::string::npos; });
            QCOMPARE(told, !result.proof.isUsual());
        }
    }
};

QTEST_APPLESS_MAIN(TestPublish)
#include "tst_publish.moc"
