// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding: which tokens are trained, what is cut, and that what is shown is what the template wrote.
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/text/templates/known_templates.h"
#include "tests/support/need.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace luthier;
using data::Example;
using data::ExampleKind;
using support::need;

namespace {

constexpr data::EncodingSettings kWhole{1 << 20, false};

Example conversation(std::vector<data::Message> messages)
{
    Example example;
    example.messages = std::move(messages);
    return example;
}

// The bytes of the trained tokens.
std::string trainedText(const data::EncodedExample& encoded)
{
    std::string text;
    for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {
        if (encoded.trained[i]) {
            const auto& token = encoded.tokens[i];
            text += encoded.text.substr(static_cast<std::size_t>(token.begin), static_cast<std::size_t>(token.end - token.begin));
        }
    }
    return text;
}

} // namespace

class TestEncoding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        auto encoder = data::Encoder::load(base::bundledModel());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        m_encoder = std::move(*encoder);
        QVERIFY(m_encoder.tokenizer && m_encoder.chatTemplate);
    }

    // For templates that take no system: its words stand before the question that follows, and nowhere twice.
    void systemTurnsFold()
    {
        data::Encoder folds = m_encoder;
        folds.foldSystem();
        const auto text = [&folds](std::vector<data::Message> messages) {
            auto encoded = folds.encode(conversation(std::move(messages)), {1 << 20, false});
            return encoded ? QString::fromStdString(encoded->text) : QString::fromStdString(encoded.message());
        };
        QCOMPARE(text({{"system", "Be brief."}, {"user", "Who?"}, {"assistant", "Odo."}}), QString("<s><|user|>\nBe brief.\n\nWho?<|end|>\n<|assistant|>\nOdo.<|end|>\n"));
        QCOMPARE(text({{"developer", "A."}, {"system", "B."}, {"user", "Who?"}, {"assistant", "Odo."}, {"system", "C."}, {"user", "Who else?"}, {"assistant", "Tam."}}),
                 QString("<s><|user|>\nA.\n\nB.\n\nWho?<|end|>\n<|assistant|>\nOdo.<|end|>\n<|user|>\nC.\n\nWho else?<|end|>\n<|assistant|>\nTam.<|end|>\n"));
        QCOMPARE(text({{"system", "A."}, {"assistant", "Welcome."}}), QString("<s><|user|>\nA.<|end|>\n<|assistant|>\nWelcome.<|end|>\n"));
        Example pair;
        pair.kind = ExampleKind::Preference;
        pair.messages = {{"system", "A."}, {"user", "Who?"}};
        pair.chosen = {{"assistant", "Odo."}};
        pair.rejected = {{"assistant", "Tam."}};
        const auto encoded = folds.encode(pair, {1 << 20, false, true});
        QVERIFY(encoded.ok());
        QCOMPARE(trainedText(*encoded), std::string("Odo.<|end|>"));
        QVERIFY(encoded->text.ends_with("Odo.<|end|>\n")); // behind a pair nothing is asked for
        folds.foldSystem(); // once is enough
        QCOMPARE(text({{"system", "A."}, {"user", "Who?"}, {"assistant", "Odo."}}), QString("<s><|user|>\nA.\n\nWho?<|end|>\n<|assistant|>\nOdo.<|end|>\n"));
    }

    // The folding is a part of the template, which gives the same ids and mask as messages that were folded by hand, trains the
    // same answers, and prompts alike.
    void everyKnownTemplateFolds()
    {
        const std::vector<data::Message> turns{{"system", "Be\nbrief."}, {"user", " Who? "}, {"assistant", "Odo."}, {"developer", "C."},
                                               {"assistant", ""}, {"user", "Who else?"}, {"assistant", " Tam. ", {}, false}, {"user", "And?"},
                                               {"assistant", "Mira."}, {"system", "D."}};
        const std::vector<data::Message> byHand{{"user", "Be\nbrief.\n\n Who? "}, {"assistant", "Odo."}, {"user", "C."}, {"assistant", ""},
                                                {"user", "Who else?"}, {"assistant", " Tam. ", {}, false}, {"user", "And?"}, {"assistant", "Mira."},
                                                {"user", "D."}};
        for (const text::KnownTemplate& known : text::knownTemplates()) {
            const auto plain = data::Encoder::load(base::bundledModel(), known.id);
            QVERIFY2(plain.ok(), known.id.c_str());
            data::Encoder folds = *plain;
            folds.foldSystem();
            QVERIFY(folds.chatTemplate->source() != plain->chatTemplate->source());
            const auto left = folds.encode(conversation(turns), kWhole);
            const auto right = plain->encode(conversation(byHand), kWhole);
            QVERIFY2(left.ok() && right.ok(), known.id.c_str());
            QCOMPARE(left->text, right->text);
            QCOMPARE(left->trained, right->trained);
            QCOMPARE(trainedText(*left).find("Tam"), std::string::npos);
            QCOMPARE(need(folds.encodePrompt(turns)), need(plain->encodePrompt(byHand)));
        }
    }

    // A template that takes no system says so, also where nothing is trained, and what helps.
    void aRefusedSystemIsTold()
    {
        QTemporaryDir folder;
        const QDir bundled(QString::fromStdString(base::bundledModel().string()));
        QVERIFY(QFile::copy(bundled.filePath("tokenizer.model"), folder.filePath("tokenizer.model")));
        QFile file(folder.filePath("chat_template.jinja"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("\n{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
                   "[{{ message.role }}]{{ message.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}");
        file.close();
        auto encoder = need(data::Encoder::load(folder.path().toStdString()));
        const std::vector<data::Message> asked{{"system", "Be brief."}, {"user", "Who?"}};
        const auto refused = encoder.encodePrompt(asked);
        QVERIFY(!refused.ok());
        QVERIFY2(refused.message().find("--fold-system") != std::string::npos, refused.message().c_str());
        encoder.foldSystem();
        QVERIFY(encoder.encodePrompt(asked).ok());
        const auto text = encoder.encode(conversation({{"system", "Be brief."}, {"user", "Who?"}, {"assistant", "Odo."}}), kWhole);
        QCOMPARE(need(text).text, std::string("\n[user]Be brief.\n\nWho?\n[assistant]Odo.\n")); // its first line end stays
    }

    // The first adapter that brings a template is spoken as it was taught, unless somebody chose; what it asks of the clock counts.
    void anAdaptersTemplateIsSpoken()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("chat_template.jinja"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{{ strftime_now('%Y') }}{% for message in messages %}[{{ message.role }}]{{ message.content }}{% endfor %}");
        file.close();
        const std::filesystem::path adapter = folder.path().toStdString();
        const auto model = base::bundledModel();
        QVERIFY(need(data::Encoder::loadTemplate(model, "folder", {"/nowhere", adapter}))->isDated());
        QVERIFY(!need(data::Encoder::loadTemplate(model, "chatml", {adapter}))->isDated());
        QVERIFY(!need(data::Encoder::loadTemplate(model))->isDated());
        const auto encoder = need(data::Encoder::load(model, "folder", {adapter}));
        QVERIFY(encoder.chatTemplate->isDated() && encoder.folding->isDated());
    }

    // No way of writing turns is taken silently: the error names the one that the vocabulary speaks for.
    void aFolderWithoutATemplateAsks()
    {
        QTemporaryDir folder;
        QVERIFY(folder.isValid());
        const QDir bundled(QString::fromStdString(base::bundledModel().string()));
        QVERIFY(QFile::copy(bundled.filePath("tokenizer.model"), folder.filePath("tokenizer.model")));
        const std::filesystem::path path = folder.path().toStdString();
        const auto bare = data::Encoder::load(path);
        QVERIFY2(bare.ok(), bare.ok() ? "" : bare.message().c_str());
        QVERIFY(!bare->chatTemplate);
        const auto asked = bare->encodePrompt({{"user", "Who is Mira?", {}}});
        QVERIFY(!asked.ok());
        QVERIFY2(asked.message().find('"' + bare->fitting + '"') != std::string::npos, asked.message().c_str());
        QVERIFY(!data::Encoder::load(path, "no such template").ok());
    }

    // The setting offers exactly what the table of templates has.
    void theSettingOffersEveryKnownTemplate()
    {
        std::set<std::string> offered;
        for (const config::Part& part : config::parts()) {
            for (const fields::Field& field : part.fields) {
                for (const auto& choice : field.key == "chat_template" ? field.choices : std::vector<fields::Choice>()) {
                    offered.insert(choice.id);
                }
            }
        }
        std::set<std::string> known{"folder"};
        for (const text::KnownTemplate& each : text::knownTemplates()) {
            known.insert(each.id);
        }
        QCOMPARE(offered == known, true);
    }

    // Of every known template the answers are trained, ends included, and nothing of the question is.
    void knownTemplatesTrainTheAnswers()
    {
        for (const text::KnownTemplate& known : text::knownTemplates()) {
            const auto encoder = data::Encoder::load(base::bundledModel(), known.id);
            QVERIFY2(encoder.ok(), known.id.c_str());
            const auto encoded = encoder->encode(conversation({{"user", "Who is Mira?", {}}, {"assistant", "The baker.", {}},
                                                               {"user", "And Tam?", {}}, {"assistant", "The smith.", {}}}), kWhole);
            QVERIFY2(encoded.ok(), known.id.c_str());
            const std::string trained = trainedText(*encoded);
            for (const char* answer : {"The baker.", "The smith."}) {
                QVERIFY2(trained.find(answer) != std::string::npos, (known.id + ": " + trained).c_str());
            }
            for (const char* question : {"Mira", "Tam", "user", "User"}) {
                QVERIFY2(trained.find(question) == std::string::npos, (known.id + ": " + trained).c_str());
            }
        }
    }

    void answersAndTheirEndsAreTrained()
    {
        const auto encoded = m_encoder.encode(conversation({{"system", "Be kind.", {}},
                                                            {"user", "Who is Mira?", {}},
                                                            {"assistant", "The baker.", {}},
                                                            {"user", "And Tam?", {}},
                                                            {"assistant", "The miller.", {}}}),
                                              kWhole);
        QVERIFY2(encoded.ok(), encoded.ok() ? "" : encoded.message().c_str());
        QCOMPARE(trainedText(*encoded), std::string("The baker.<|end|>The miller.<|end|>"));
        QVERIFY(encoded->text.find("<|assistant|>\nThe baker.<|end|>") != std::string::npos);
        QCOMPARE(encoded->trained.size(), encoded->tokens.size());
        QCOMPARE(encoded->fullLength, static_cast<std::int64_t>(encoded->tokens.size()));
        QVERIFY(!encoded->truncated);
        // The template writes the beginning of the text itself, once.
        QCOMPARE(encoded->tokens.front().id, *m_encoder.tokenizer->bos());
        const auto ids = encoded->ids();
        QCOMPARE(std::count(ids.begin(), ids.end(), *m_encoder.tokenizer->bos()), 1);
        QCOMPARE(m_encoder.tokenizer->decode(ids), encoded->text);
    }

    // An answer judged bad is shown and never copied, also where every token would be learned.
    void badAnswersAreNotTrained()
    {
        auto example = conversation({{"user", "Who is Mira?", {}}, {"assistant", "No idea.", {}}});
        for (const bool trainAll : {false, true}) {
            example.desirable = true;
            QVERIFY(m_encoder.encode(example, {1 << 20, trainAll})->numTrained() > 0);
            example.desirable = false;
            const auto encoded = m_encoder.encode(example, {1 << 20, trainAll});
            QVERIFY(encoded.ok() && !encoded->tokens.empty());
            QCOMPARE(encoded->numTrained(), 0);
        }
    }

    // Exactly the tokens that touch a span of the template are trained, over all bundled rows.
    void maskIsTheTemplatesOwn()
    {
        for (const char* file : {"workshop_instructions.jsonl", "village_chat.jsonl"}) {
            const auto dataset = *data::Dataset::open(base::datasetsFolder() / file);
            for (std::int64_t row = 0; row < dataset->rowCount(); row += 7) {
                const auto example = *dataset->example(row);
                const auto encoded = *m_encoder.encode(example, kWhole);
                const auto rendered = *m_encoder.chatTemplate->render(data::toJson(example.messages));
                QCOMPARE(encoded.text, rendered.text);
                std::string expected;
                for (const auto& message : example.messages) {
                    expected += message.role == "assistant" ? message.content + "<|end|>" : "";
                }
                QCOMPARE(trainedText(encoded), expected);
                for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {
                    const auto& token = encoded.tokens[i];
                    const bool touches = std::any_of(rendered.assistant.begin(), rendered.assistant.end(), [&](const text::Span& s) {
                        return token.begin < s.end && token.end > s.begin;
                    });
                    QCOMPARE(encoded.trained[i] != 0, touches);
                }
            }
        }
    }

    // A border inside a token: the token counts as the assistant's.
    void straddlingTokensAreTrained()
    {
        auto encoder = m_encoder;
        auto parsed = text::ChatTemplate::parse(
            "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% else %}{% generation %}{{ m.content }}"
            "{% endgeneration %}{% endif %}{% endfor %}",
            Json::object());
        QVERIFY2(parsed.ok(), parsed.ok() ? "" : parsed.message().c_str());
        encoder.chatTemplate = std::make_shared<const text::ChatTemplate>(*parsed);
        bool straddled = false;
        const std::string word = "The village of Alderbrook sleeps";
        for (std::size_t at = 1; at < word.size(); ++at) {
            const auto encoded = *encoder.encode(
                conversation({{"user", word.substr(0, at), {}}, {"assistant", word.substr(at), {}}}), kWhole);
            QCOMPARE(encoded.text, word);
            for (std::size_t i = 1; i < encoded.tokens.size(); ++i) {
                const auto border = static_cast<std::int64_t>(at);
                QCOMPARE(encoded.trained[i] != 0, encoded.tokens[i].end > border);
                straddled |= encoded.tokens[i].begin < border && encoded.tokens[i].end > border;
            }
            QCOMPARE(static_cast<int>(encoded.trained[0]), 0); // nothing comes before it
        }
        QVERIFY(straddled);
    }

    void allCanBeTrained()
    {
        const auto example = conversation({{"user", "Who is Mira?", {}}, {"assistant", "The baker.", {}}});
        const auto encoded = *m_encoder.encode(example, {1 << 20, true});
        QCOMPARE(encoded.numTrained(), static_cast<std::int64_t>(encoded.tokens.size()) - 1);
        QCOMPARE(static_cast<int>(encoded.trained[0]), 0);
        QCOMPARE(encoded.ids(), m_encoder.encode(example, kWhole)->ids());
    }

    // Each limit gives the beginning of the whole.
    void longRowsAreCut()
    {
        const auto example = conversation({{"user", "Who is Mira?", {}}, {"assistant", "Mira is the baker of the village.", {}}});
        const auto whole = *m_encoder.encode(example, kWhole);
        for (std::int64_t limit = 0; limit <= whole.fullLength + 2; ++limit) {
            const auto cut = *m_encoder.encode(example, {limit, false});
            const auto length = static_cast<std::size_t>(std::min(limit, whole.fullLength));
            QCOMPARE(cut.tokens.size(), length);
            QCOMPARE(cut.truncated, limit < whole.fullLength);
            QCOMPARE(cut.fullLength, whole.fullLength);
            QVERIFY(std::equal(cut.trained.begin(), cut.trained.end(), whole.trained.begin()));
            const auto ids = cut.ids();
            const auto wholeIds = whole.ids();
            QVERIFY(std::equal(ids.begin(), ids.end(), wholeIds.begin()));
        }
    }

    void textHasBeginningAndEnd()
    {
        const auto& tokenizer = *m_encoder.tokenizer;
        for (const std::string& content : {std::string("Once upon a time."), std::string("a"), std::string("ends</s>")}) {
            Example example;
            example.kind = ExampleKind::Text;
            example.text = content;
            const auto encoded = *m_encoder.encode(example, kWhole);
            auto expected = tokenizer.ids(content);
            if (expected.back() != *tokenizer.eos()) {
                expected.push_back(*tokenizer.eos());
            }
            QCOMPARE(encoded.ids(), expected);
            QCOMPARE(encoded.tokens.front().id, *tokenizer.bos());
            QCOMPARE(encoded.numTrained(), static_cast<std::int64_t>(expected.size()) - 1);
            QCOMPARE(encoded.text, content);
        }
    }

    // Only the answer is compared, so only it is trained, even where the prompt holds earlier answers.
    void preferencesTrainTheChosenAnswer()
    {
        Example example;
        example.kind = ExampleKind::Preference;
        example.messages = {{"user", "Hello", {}}, {"assistant", "Good day.", {}}, {"user", "Who is Mira?", {}}};
        example.chosen = {{"assistant", "The baker.", {}}};
        example.rejected = {{"assistant", "Go away.", {}}};
        QCOMPARE(trainedText(*m_encoder.encode(example, kWhole)), std::string("The baker.<|end|>"));
        std::swap(example.chosen, example.rejected);
        QCOMPARE(trainedText(*m_encoder.encode(example, kWhole)), std::string("Go away.<|end|>"));
    }

    void promptsEndWhereTheAnswerBegins()
    {
        const std::vector<data::Message> messages{{"user", "Who is Mira?", {}}};
        const auto prompt = m_encoder.encodePrompt(messages);
        QVERIFY2(prompt.ok(), prompt.ok() ? "" : prompt.message().c_str());
        QVERIFY(m_encoder.tokenizer->decode(*prompt).ends_with("<|assistant|>\n"));
        // Training sees the same ids before the answer.
        auto whole = messages;
        whole.push_back({"assistant", "The baker.", {}});
        const auto ids = m_encoder.encode(conversation(whole), kWhole)->ids();
        QVERIFY(ids.size() > prompt->size() && std::equal(prompt->begin(), prompt->end(), ids.begin()));
    }

    void withoutATemplate()
    {
        const QTemporaryDir folder;
        const QDir model(QString::fromStdString(base::bundledModel().string()));
        for (const char* name : {"tokenizer.model", "tokenizer_config.json", "special_tokens_map.json"}) {
            QVERIFY(QFile::copy(model.filePath(QString::fromLatin1(name)), folder.filePath(QString::fromLatin1(name))));
        }
        auto encoder = data::Encoder::load(folder.path().toStdString());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        QVERIFY(!encoder->chatTemplate);
        Example text;
        text.kind = ExampleKind::Text;
        text.text = "plain";
        QVERIFY(encoder->encode(text, kWhole).ok());
        const auto refused = encoder->encode(conversation({{"user", "a", {}}, {"assistant", "b", {}}}), kWhole);
        QVERIFY(!refused.ok() && refused.message().find("chat_template.jinja") != std::string::npos);
        QVERIFY(!encoder->encodePrompt({{"user", "a", {}}}).ok());
        // A broken template is not the same as none.
        QFile file(folder.filePath(QStringLiteral("chat_template.jinja")));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{% for m in %}") > 0);
        file.close();
        QVERIFY(!data::Encoder::load(folder.path().toStdString()).ok());
        QVERIFY(!data::Encoder::load(folder.filePath(QStringLiteral("missing")).toStdString()).ok());
    }

    // The template's refusal is the row's sentence.
    void templateErrorsAreSentences()
    {
        auto encoder = m_encoder;
        auto parsed = text::ChatTemplate::parse("{{ raise_exception('only users may speak') }}", Json::object());
        QVERIFY(parsed.ok());
        encoder.chatTemplate = std::make_shared<const text::ChatTemplate>(*parsed);
        const auto encoded = encoder.encode(conversation({{"user", "a", {}}, {"assistant", "b", {}}}), kWhole);
        QVERIFY(!encoded.ok() && encoded.message().find("only users may speak") != std::string::npos);
    }

private:
    data::Encoder m_encoder;
};

QTEST_APPLESS_MAIN(TestEncoding)
#include "tst_encoding.moc"
