// SPDX-License-Identifier: GPL-3.0-or-later
// What ends an answer, found out of the template alone, and that it reaches generation_config.json and the stops.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/data/answer_ends.h"
#include "core/inference/stops.h"
#include "core/text/templates/known_templates.h"
#include "core/weights/conversation.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

struct Case {
    const char* name;
    std::string source;
    std::vector<text::TokenId> ids;
    std::vector<std::string> texts;
    const char* remark; // a part of it; null: none
};

std::string turns(const std::string& answer)
{
    return "{% for m in messages %}{% if m.role == 'assistant' %}" + answer + "{% else %}{{ '<|user|>' + m.content + '\n' }}{% endif %}{% endfor %}";
}

// In the bundled vocabulary: </s> is 2, <|user|> 4, <|assistant|> 5, <|end|> 6.
const std::vector<Case> kCases = {
    {"a mark", turns("{{ '<|assistant|>' + m.content + '<|end|>\n' }}"), {6}, {}, nullptr},
    {"the end of a sequence", turns("{{ m.content + eos_token }}"), {2}, {}, nullptr},
    {"a space before it", turns("{{ m.content + ' ' + eos_token + '\n' }}"), {2}, {}, nullptr},
    {"the last answer ends otherwise", turns("{{ m.content }}{% if loop.last %}{{ eos_token }}{% else %}<|end|>{% endif %}"), {6, 2}, {}, nullptr},
    {"only the last has an end", turns("{{ m.content }}{% if loop.last %}{{ eos_token }}{% endif %}{{ '\n' }}"), {2}, {}, nullptr},
    {"no end", turns("{{ m.content + '\n\n' }}"), {}, {}, "ends no turn"},
    {"the next turn is no end", turns("{{ '<|assistant|>' + m.content }}"), {}, {}, "ends no turn"},
    {"no token", turns("{{ m.content + '\n### over' }}"), {}, {"\n### over"}, "no token of this vocabulary"},
    {"a block without the end", turns("{% generation %}{{ m.content }}{% endgeneration %}{{ '<|end|>\n' }}"), {6}, {}, "is not trained"},
    {"a block with it", turns("{% generation %}{{ m.content + '<|end|>' }}{% endgeneration %}"), {6}, {}, nullptr},
    {"asks for a system message", "{% if messages[0].role != 'system' %}{{ raise_exception('no') }}{% endif %}" + turns("{{ m.content + '<|end|>' }}"), {6}, {}, nullptr},
    {"raises always", "{{ raise_exception('never') }}", {}, {}, "never"},
    {"writes no answer", "{{ messages[0].content }}", {}, {}, "no answer"},
    {"writes nothing", "{% for m in messages %}{% endfor %}", {}, {}, "no answer"},
};

} // namespace

class TestAnswerEnds : public QObject {
    Q_OBJECT

private:
    data::Encoder m_encoder;
    QTemporaryDir m_folder;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

private Q_SLOTS:
    void initTestCase() { m_encoder = need(data::Encoder::load(base::bundledModel())); }

    void foundInTheText_data()
    {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < kCases.size(); ++i) {
            QTest::newRow(kCases[i].name) << static_cast<int>(i);
        }
    }

    void foundInTheText()
    {
        QFETCH(int, row);
        const Case& wanted = kCases[static_cast<std::size_t>(row)];
        data::Encoder encoder = m_encoder;
        encoder.chatTemplate = std::make_shared<const text::ChatTemplate>(
            need(text::ChatTemplate::parse(wanted.source, {{"bos_token", "<s>"}, {"eos_token", "</s>"}})));
        const data::AnswerEnds ends = data::answerEnds(encoder);
        QVERIFY2(ends.ids == wanted.ids, ends.remark.c_str());
        QVERIFY2(ends.texts == wanted.texts, ends.texts.empty() ? "none" : ends.texts.front().c_str());
        QVERIFY2(wanted.remark ? ends.remark.find(wanted.remark) != std::string::npos : ends.remark.empty(), ends.remark.c_str());
    }

    // A base model whose end of a sequence is another token than the end of ChatML's turns.
    void knownTemplates()
    {
        fs::create_directories(at("smol"));
        fs::copy_file(kReference / "tokenizers/smollm2.json", at("smol") / "tokenizer.json");
        const auto encoder = need(data::Encoder::load(at("smol"), "chatml"));
        const auto end = encoder.tokenizer->idOf("<|im_end|>");
        QVERIFY(end.has_value());
        nn::DecoderConfig config;
        config.eosIds = {0};
        const auto stops = inference::stopsOf(config, encoder);
        QCOMPARE(stops.ids, (std::vector<text::TokenId>{*end, 0}));
        QVERIFY2(stops.remark.empty(), stops.remark.c_str());
        // The same template for a vocabulary without its marks stops at their text.
        const auto other = need(data::Encoder::load(base::bundledModel(), "chatml"));
        QCOMPARE(data::answerEnds(other).texts, std::vector<std::string>{"<|im_end|>"});
    }

    void everyReferenceTemplateThatEndsTurns()
    {
        int ended = 0;
        for (const auto& entry : fs::directory_iterator(kReference / "chat_templates")) {
            data::Encoder encoder = m_encoder;
            encoder.chatTemplate = std::make_shared<const text::ChatTemplate>(
                need(text::openTemplateFile(entry.path(), base::bundledModel())));
            const auto ends = data::answerEnds(encoder);
            ended += !ends.ids.empty() || !ends.texts.empty();
            qInfo("%s: %zu ids, \"%s\" %s", entry.path().filename().c_str(), ends.ids.size(),
                  ends.texts.empty() ? "" : ends.texts.front().c_str(), ends.remark.c_str());
        }
        QVERIFY(ended > 10);
    }

    void aTemplateThatWritesNothingIsRefused()
    {
        const fs::path folder = at("deaf");
        fs::create_directories(folder);
        for (const char* name : {"tokenizer.model", "tokenizer_config.json", "special_tokens_map.json"}) {
            fs::copy_file(base::bundledModel() / name, folder / name);
        }
        for (const char* source : {"{% for m in messages %}{% endfor %}", "{{ bos_token }}{% for m in messages %}{{ '\n' }}{% endfor %}", ""}) {
            need(base::writeFileAtomically(folder / "chat_template.jinja", source));
            const auto encoder = data::Encoder::load(folder);
            QVERIFY2(!encoder && encoder.message().find("none of the messages") != std::string::npos, source);
            const auto adapted = data::Encoder::load(base::bundledModel(), "folder", {folder});
            QVERIFY2(!adapted && adapted.message().find(folder.string()) != std::string::npos, source);
        }
    }

    void writtenBesideTheWeights()
    {
        const auto write = [&](const std::string& name, const Json& config, const Json& generation) {
            fs::create_directories(at(name));
            need(base::writeFileAtomically(at(name) / "config.json", base::dumpJson(config)));
            if (!generation.is_null()) {
                need(base::writeFileAtomically(at(name) / "generation_config.json", base::dumpJson(generation)));
            }
            need(weights::writeConversation(at(name), {{}, {7, 2}}));
            return need(base::readJson(at(name) / "generation_config.json"));
        };
        // What programs took from config.json stays said, since they do not look there any more.
        const Json made = write("made", {{"bos_token_id", 1}, {"eos_token_id", 2}}, {});
        QVERIFY(made == Json({{"bos_token_id", 1}, {"eos_token_id", {2, 7}}}));
        const Json inner = write("inner", {{"text_config", {{"eos_token_id", {5, 2}}}}}, {});
        QVERIFY(inner["eos_token_id"] == Json({5, 2, 7}));
        const Json kept = write("kept", {{"eos_token_id", 2}}, {{"eos_token_id", {2, 7}}, {"top_p", 0.9}});
        QVERIFY(kept == Json({{"eos_token_id", {2, 7}}, {"top_p", 0.9}}));
        const Json more = write("more", {{"eos_token_id", 2}}, {{"eos_token_id", 7}, {"top_p", 0.9}});
        QVERIFY(more["eos_token_id"] == Json({7, 2}) && more["top_p"] == 0.9);
    }

    void aChosenTemplateReplacesAllOthers()
    {
        const fs::path folder = at("talk");
        fs::create_directories(folder / "additional_chat_templates");
        need(base::writeFileAtomically(folder / "additional_chat_templates/tool_use.jinja", "old"));
        need(base::writeFileAtomically(folder / "tokenizer_config.json", "{\"chat_template\":[{\"name\":\"default\",\"template\":\"old\"}],\"legacy\":true}"));
        need(weights::writeConversation(folder, {"{{ messages[0].content }}", {}}));
        QCOMPARE(need(base::readFile(folder / "chat_template.jinja")), std::string("{{ messages[0].content }}"));
        const Json settings = need(base::readJson(folder / "tokenizer_config.json"));
        QVERIFY(settings == Json({{"chat_template", "{{ messages[0].content }}"}, {"legacy", true}}));
        QVERIFY(!fs::exists(folder / "additional_chat_templates"));
        QVERIFY(!fs::exists(folder / "generation_config.json"));
    }
};

QTEST_GUILESS_MAIN(TestAnswerEnds)
#include "tst_answer_ends.moc"
