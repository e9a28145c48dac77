// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/sentencepiece/spm_model.h"
#include "core/text/tokenizers/tokenizer.h"

#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const char* kNasty[] = {
    "", " ", "  ", "a", " a", "a ", "Hello world", "\n", "\n\n", "\t", "a\tb", "\r\n", "<", "<|", "<|user", "<|user|>",
    "<|user|>\nHi<|end|>\n<|assistant|>\nYes<|end|>\n", "<<|end|>>", "<|end|><|end|>", "<s>", "</s>x", "<unk>",
    "ünïcödé", "日本語のテキスト", "한국어", "😀", "👩‍👩‍👧‍👦 family", "a😀b", "e\xCC\x81", "\xE2\x96\x81", "a\xE2\x96\x81"
    "b", "\xEF\xBB\xBF" "bom", "123456789", "3.14", "{\"key\": [1, 2]}", "def f(x):\n    return x\n", "مرحبا", "שלום",
    "    indented", "trailing   ", "x\u00A0y", "\u200B", "ﬁ ligature", "①", "<0x41>", "<0x0A>", "a<|system|>b",
};

std::shared_ptr<const text::Tokenizer> bundled()
{
    auto tokenizer = text::loadTokenizer(base::bundledModel());
    if (!tokenizer) {
        qWarning("%s", tokenizer.message().c_str());
        return nullptr;
    }
    return *tokenizer;
}

text::SpmModel byteModel()
{
    text::SpmModel model;
    model.kind = text::SpmKind::Bpe;
    model.byteFallback = true;
    model.removeExtraSpaces = false;
    model.pieces = {{"<unk>", 0, text::PieceType::Unknown},
                    {"<s>", 0, text::PieceType::Control},
                    {"</s>", 0, text::PieceType::Control}};
    for (int i = 0; i < 256; ++i) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", i);
        model.pieces.push_back({name, 0, text::PieceType::Byte});
    }
    float score = 0;
    for (const char* piece : {"\xE2\x96\x81", "H", "e", "l", "o", "s", ".", "he", "ll", "\xE2\x96\x81H", "llo", "\xE2\x96\x81."}) {
        model.pieces.push_back({piece, score--, text::PieceType::Normal});
    }
    return model;
}

void put(const fs::path& path, const std::string& content)
{
    std::ofstream(path, std::ios::binary) << content;
}

std::vector<std::string> pieces(const text::Tokenizer& tokenizer, std::string_view text, bool addSpecial = false)
{
    std::vector<std::string> out;
    for (const auto id : tokenizer.ids(text, {addSpecial, true})) {
        out.push_back(tokenizer.piece(id));
    }
    return out;
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bundledModelLoads();
    void referenceIds();
    void roundTrips();
    void offsetsCoverTheText();
    void invalidBytesAndNul();
    void specialText();
    void longTextsAreCutAtSpaces_data();
    void longTextsAreCutAtSpaces();
    void longTextsAreQuick();
    void legacyPrefix_data();
    void legacyPrefix();
    void streamJoins();
    void hostileModels_data();
    void hostileModels();
    void damagedBytesNeverCrash();
    void missingTokenizerIsNamed();
};

void TestTokenizer::bundledModelLoads()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    QCOMPARE(tokenizer->vocabSize(), 4096);
    QCOMPARE(tokenizer->kind(), std::string("sentencepiece BPE"));
    QCOMPARE(tokenizer->bos(), std::optional<text::TokenId>(1));
    QCOMPARE(tokenizer->eos(), std::optional<text::TokenId>(2));
    QVERIFY(!tokenizer->pad());
    QCOMPARE(tokenizer->idOf("<|user|>"), std::optional<text::TokenId>(4));
    QVERIFY(tokenizer->isSpecial(4));
    QVERIFY(!tokenizer->isSpecial(4000));
    QCOMPARE(tokenizer->piece(-1), std::string());
    QCOMPARE(tokenizer->piece(1 << 30), std::string());
    QCOMPARE(tokenizer->decode(std::vector<text::TokenId>{-5, 1 << 30}), std::string());
    QVERIFY(!tokenizer->idOf("no such piece"));
}

void TestTokenizer::referenceIds()
{
    const auto path = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/sentencepiece_ids.json";
    if (!fs::exists(path)) {
        QSKIP("tests/reference/sentencepiece_ids.json is not there");
    }
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    const auto file = base::readJson(path);
    QVERIFY2(file.ok(), file.ok() ? "" : file.message().c_str());
    const Json& cases = file->is_array() ? *file : (*file)["cases"];
    QVERIFY(cases.size() >= 240);
    for (const auto& entry : cases) {
        const auto text = entry["text"].get<std::string>();
        const auto ids = tokenizer->ids(text, {false, true});
        QVERIFY2(ids == entry["ids"].get<std::vector<text::TokenId>>(), text.c_str());
    }
}

void TestTokenizer::roundTrips()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    for (const char* text : kNasty) {
        const auto ids = tokenizer->ids(text, {false, true});
        const auto back = tokenizer->decode(ids);
        // The piece for a space is U+2581 itself, so that one character comes back as a space.
        std::string expected = text;
        for (auto at = expected.find("\xE2\x96\x81"); at != std::string::npos; at = expected.find("\xE2\x96\x81")) {
            expected.replace(at, 3, " ");
        }
        QCOMPARE(back, expected);
        const auto plain = tokenizer->ids(text, {false, false});
        QCOMPARE(tokenizer->decode(plain), expected);
        for (const auto id : plain) {
            QVERIFY2(!tokenizer->isSpecial(id), text);
        }
    }
}

void TestTokenizer::offsetsCoverTheText()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    for (const char* raw : kNasty) {
        const std::string text = raw;
        std::int64_t at = 0;
        for (const auto& token : tokenizer->encode(text, {false, true})) {
            QVERIFY2(token.begin == at, raw);
            QVERIFY2(token.end > token.begin, raw);
            at = token.end;
        }
        QCOMPARE(at, static_cast<std::int64_t>(text.size()));
    }
    const auto tokens = tokenizer->encode("x", {});
    QCOMPARE(tokens.front().id, 1);
    QCOMPARE(tokens.front().end, 0);
}

void TestTokenizer::invalidBytesAndNul()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    struct Case {
        std::string text;
        std::string back;
    };
    const Case cases[] = {
        {std::string("a\0b", 3), std::string("a\0b", 3)},
        {std::string("\0", 1), std::string("\0", 1)},
        {"a\xFFz", "a\xEF\xBF\xBDz"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"ok\xF0\x9F\x98", "ok\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (const auto& row : cases) {
        const auto tokens = tokenizer->encode(row.text, {false, true});
        std::vector<text::TokenId> ids;
        std::int64_t last = 0;
        for (const auto& token : tokens) {
            QVERIFY(token.begin >= last && token.end >= token.begin);
            last = token.begin;
            ids.push_back(token.id);
        }
        QVERIFY(tokens.back().end <= static_cast<std::int64_t>(row.text.size()));
        QCOMPARE(tokenizer->decode(ids), row.back);
    }
}

void TestTokenizer::specialText()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    const std::string chat = "<s><|user|>\nHi<|end|>\n";
    const auto ids = tokenizer->ids(chat, {false, true});
    QCOMPARE(ids.front(), 1);
    QCOMPARE(ids[1], 4);
    QCOMPARE(tokenizer->decode(ids, true), std::string("\nHi\n"));
    QVERIFY(tokenizer->ids(chat, {false, false}).front() != 1);
}

// A vocabulary with a piece that reaches over a space, and that no text has, is never cut: all else is the same.
std::shared_ptr<const text::Tokenizer> bundledAs(const fs::path& folder, bool isCut, const std::function<void(text::SpmModel&)>& change, const std::string& config)
{
    std::ifstream file(base::bundledModel() / "tokenizer.model", std::ios::binary);
    auto model = text::parseSpmModel(std::string(std::istreambuf_iterator<char>(file), {}));
    if (!model) {
        return nullptr;
    }
    change(*model);
    const float last = model->pieces.back().score - 1;
    model->pieces.push_back({isCut ? "\x01\x01" : "\x01\xE2\x96\x81\x01", last, text::PieceType::Normal});
    put(folder / "tokenizer.model", text::serializeSpmModel(*model));
    put(folder / "tokenizer_config.json", config);
    auto tokenizer = text::loadTokenizer(folder);
    return tokenizer ? *tokenizer : nullptr;
}

void TestTokenizer::longTextsAreCutAtSpaces_data()
{
    QTest::addColumn<bool>("prefix");
    QTest::addColumn<bool>("strips");
    QTest::addColumn<QString>("config");
    for (const bool prefix : {false, true}) {
        for (const bool strips : {false, true}) {
            for (const char* config : {"{\"legacy\": true}", "{\"legacy\": false}", "{\"legacy\": false, \"add_prefix_space\": false}"}) {
                QTest::addRow("prefix %d strips %d %s", prefix, strips, config) << prefix << strips << QString::fromLatin1(config);
            }
        }
    }
}

void TestTokenizer::longTextsAreCutAtSpaces()
{
    QFETCH(bool, prefix);
    QFETCH(bool, strips);
    QFETCH(QString, config);
    QTemporaryDir cutFolder, wholeFolder;
    const auto change = [&](text::SpmModel& model) {
        model.dummyPrefix = prefix;
        model.removeExtraSpaces = strips;
    };
    const auto cut = bundledAs(cutFolder.path().toStdString(), true, change, config.toStdString());
    const auto whole = bundledAs(wholeFolder.path().toStdString(), false, change, config.toStdString());
    QVERIFY(cut && whole);
    base::Random random(5);
    for (int round = 0; round < 4; ++round) {
        std::string text = round % 2 == 0 ? "" : "  ";
        while (text.size() < 40000) {
            text += kNasty[random.below(std::size(kNasty))];
            text += random.below(3) == 0 ? "" : random.below(8) == 0 ? "  " : " ";
            text += random.below(2) == 0 ? "the ice and wood" : "Mira bakes";
        }
        const auto found = cut->encode(text, {true, true});
        const auto right = whole->encode(text, {true, true});
        QCOMPARE(found.size(), right.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const bool isSame = found[i].id == right[i].id && found[i].begin == right[i].begin && found[i].end == right[i].end;
            QVERIFY2(isSame, (std::to_string(i) + ": " + std::to_string(found[i].begin) + " for " + std::to_string(right[i].begin) + " " + whole->piece(right[i].id)).c_str());
        }
    }
}

// 2 MB as one text cost the library six times what they cost in parts.
void TestTokenizer::longTextsAreQuick()
{
    QTemporaryDir cutFolder, wholeFolder;
    const auto cut = bundledAs(cutFolder.path().toStdString(), true, [](text::SpmModel&) {}, "{}");
    const auto whole = bundledAs(wholeFolder.path().toStdString(), false, [](text::SpmModel&) {}, "{}");
    QVERIFY(cut && whole);
    std::string text;
    base::Random random(6);
    constexpr std::array kWords = {"the", "ice", "floats", "on", "water", "because", "wood", "and", "oil", "are", "light"};
    while (text.size() < 2'000'000) {
        text += std::string(kWords[random.below(kWords.size())]) + " ";
    }
    const auto timeOf = [&text](const text::Tokenizer& tokenizer) {
        QElapsedTimer timer;
        timer.start();
        return tokenizer.ids(text, {false, false}).size() > 1000 ? timer.elapsed() : 0;
    };
    const auto slow = timeOf(*whole);
    const auto quick = std::min(timeOf(*cut), timeOf(*cut));
    QVERIFY2(quick * 2 < slow, (std::to_string(quick) + " ms beside " + std::to_string(slow)).c_str());
}

void TestTokenizer::legacyPrefix_data()
{
    QTest::addColumn<QString>("config");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const QString old = QStringLiteral("{\"legacy\": true}");
    const QString modern = QStringLiteral("{\"legacy\": false}");
    const QString bare = QStringLiteral("{\"legacy\": false, \"add_prefix_space\": false}");
    QTest::newRow("absent is legacy") << QStringLiteral("{}") << "Hello" << "▁H e llo";
    QTest::newRow("legacy") << old << "Hello" << "▁H e llo";
    QTest::newRow("legacy after special") << old << "<s>." << "<s> ▁.";
    QTest::newRow("not legacy") << modern << "Hello" << "▁H e llo";
    QTest::newRow("not legacy after special") << modern << "<s>." << "<s> .";
    QTest::newRow("not legacy, space stays") << modern << "<s> ." << "<s> ▁.";
    QTest::newRow("no prefix") << bare << "Hello" << "H e llo";
    QTest::newRow("no prefix, own space") << bare << " Hello" << "▁H e llo";
}

void TestTokenizer::legacyPrefix()
{
    QFETCH(QString, config);
    QFETCH(QString, text);
    QFETCH(QString, expected);
    for (const bool strips : {false, true}) {
        QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        auto model = byteModel();
        model.removeExtraSpaces = strips;
        put(path / "tokenizer.model", text::serializeSpmModel(model));
        put(path / "tokenizer_config.json", config.toStdString());
        const auto tokenizer = text::loadTokenizer(path);
        QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : tokenizer.message().c_str());
        QStringList names;
        for (const auto& piece : pieces(**tokenizer, text.toStdString())) {
            names << QString::fromStdString(piece);
        }
        if (strips && config.contains("\"legacy\": true")) {
            continue; // sentencepiece's own stripping is then the rule, and the same for these texts
        }
        QCOMPARE(names.join(' '), expected);
        const auto ids = (*tokenizer)->ids(text.toStdString(), {false, true});
        if (!text.contains(' ') || !strips) {
            QCOMPARE((*tokenizer)->decode(ids), text.toStdString());
        }
        std::int64_t at = 0;
        for (const auto& token : (*tokenizer)->encode(text.toStdString(), {false, true})) {
            QVERIFY(token.begin >= at && token.end >= token.begin);
            at = token.end;
        }
        QCOMPARE(at, static_cast<std::int64_t>(text.toStdString().size()));
    }
}

void TestTokenizer::streamJoins()
{
    const auto tokenizer = bundled();
    QVERIFY(tokenizer);
    std::string all;
    for (const char* text : kNasty) {
        all += text;
    }
    for (const std::string& text : {all, std::string("😀😀😀"), std::string("a\xEF\xBF\xBD"), all + all}) {
        for (const bool skip : {true, false}) {
            text::StreamDecoder stream(tokenizer, skip);
            const auto ids = tokenizer->ids(text, {true, true});
            std::string joined;
            for (const auto id : ids) {
                const auto part = stream.push(id);
                QVERIFY(text::isValidUtf8(part));
                joined += part;
            }
            joined += stream.finish();
            QCOMPARE(joined, tokenizer->decode(ids, skip));
        }
    }
    // Bytes that never become a character.
    text::StreamDecoder stream(tokenizer);
    const auto lone = tokenizer->idOf("<0xF0>");
    QVERIFY(lone);
    std::string joined;
    for (int i = 0; i < 100; ++i) {
        joined += stream.push(*lone);
    }
    joined += stream.finish();
    QCOMPARE(joined.size(), std::size_t(300));
}

void TestTokenizer::hostileModels_data()
{
    using text::PieceType;
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const text::SpmModel& model, const char* says) {
        QTest::newRow(name) << QByteArray::fromStdString(text::serializeSpmModel(model)) << QString(says);
    };
    QTest::newRow("empty") << QByteArray() << "no pieces";
    QTest::newRow("text") << QByteArray("hello, this is not a model") << "damaged";
    QTest::newRow("length beyond the end") << QByteArray("\x0A\xFF\xFF\xFF\xFF\x0F", 6) << "cut off";
    QTest::newRow("endless number") << QByteArray("\x08" + QByteArray(20, '\xFF')) << "ten bytes";
    auto model = byteModel();
    model.pieces.push_back({std::string(70000, 'x'), 0, PieceType::Normal});
    row("long piece", model, "limit");
    model = byteModel();
    model.pieces.push_back({"he", 0, PieceType::Normal});
    row("twice", model, "twice");
    model = byteModel();
    model.pieces[0].type = PieceType::Normal;
    row("no unknown", model, "exactly one");
    model = byteModel();
    model.pieces.erase(model.pieces.begin() + 10);
    row("255 bytes", model, "256");
    model = byteModel();
    model.pieces.push_back({"nan", std::numeric_limits<float>::quiet_NaN(), PieceType::Normal});
    row("not a number", model, "score");
    model = byteModel();
    model.pieces.push_back({"bad\xFF", 0, PieceType::Normal});
    row("not UTF-8", model, "UTF-8");
    model = byteModel();
    model.pieces.push_back({std::string("n\0l", 3), 0, PieceType::UserDefined});
    row("NUL", model, "NUL");
    model = byteModel();
    for (std::size_t i = 1; i <= 40; ++i) {
        model.pieces.push_back({std::string(i, 'z'), 0, PieceType::UserDefined});
    }
    row("prefix chain", model, "32");
    model = byteModel();
    model.charsmap = std::string("\xFF\xFF\xFF\x7F", 4) + std::string(64, 'a');
    row("charsmap size", model, "character map");
    model = byteModel();
    std::string trie(1024, '\xFF');
    model.charsmap = std::string("\x00\x04\x00\x00", 4) + trie + std::string("x\0", 2);
    row("charsmap outside", model, "outside");
    model.charsmap = std::string("\x00\x04\x00\x00", 4) + trie + "x";
    row("charsmap without end", model, "no end");
}

void TestTokenizer::hostileModels()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    put(path / "tokenizer.model", bytes.toStdString());
    const auto tokenizer = text::loadTokenizer(path);
    QVERIFY(!tokenizer.ok());
    const auto message = QString::fromStdString(tokenizer.message());
    QVERIFY2(message.contains(says), qPrintable(message));
    QVERIFY2(message.contains("tokenizer.model"), qPrintable(message));
}

void TestTokenizer::damagedBytesNeverCrash()
{
    const auto good = text::serializeSpmModel(byteModel());
    base::Random random(7);
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    for (int round = 0; round < 400; ++round) {
        auto bytes = good.substr(0, round % 2 == 0 ? good.size() : random.below(good.size()));
        for (int i = 0; i < 4 && !bytes.empty(); ++i) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        }
        put(path / "tokenizer.model", bytes);
        const auto tokenizer = text::loadTokenizer(path);
        if (tokenizer.ok()) {
            (*tokenizer)->encode("Hello. H\xF0\x9F\x98\x80 ello");
        } else {
            QVERIFY(!tokenizer.message().empty());
        }
    }
}

void TestTokenizer::missingTokenizerIsNamed()
{
    QTemporaryDir folder;
    const auto tokenizer = text::loadTokenizer(folder.path().toStdString());
    QVERIFY(!tokenizer.ok());
    QVERIFY(tokenizer.message().find("tokenizer.model") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
