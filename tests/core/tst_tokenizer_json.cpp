// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/gguf/bpe_parts.h"
#include "core/text/tokenizers/json_tokenizer.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/text/tokenizers/tokenizer_config.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const fs::path kReference = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference";

std::string bytesOf(const Json& entry)
{
    if (entry.is_string()) {
        return entry.get<std::string>();
    }
    std::string out;
    const auto hex = entry["hex"].get<std::string>();
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return out;
}

class Fnv {
public:
    void add(std::string_view bytes)
    {
        for (const char c : bytes) {
            m_value = (m_value ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
        }
    }
    std::string hex() const { return QString::number(m_value, 16).rightJustified(16, '0').toStdString(); }

private:
    std::uint64_t m_value = 0xCBF29CE484222325ULL;
};

std::string hashOf(const std::vector<text::TokenId>& ids)
{
    Fnv fnv;
    for (const auto id : ids) {
        const auto value = static_cast<std::uint32_t>(id);
        for (int shift = 0; shift < 32; shift += 8) {
            fnv.add(std::string(1, static_cast<char>(value >> shift)));
        }
    }
    return fnv.hex();
}

std::string hashOfText(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& ids)
{
    Fnv fnv;
    fnv.add(tokenizer.decode(ids) + std::string(1, '\0') + tokenizer.decode(ids, true));
    return fnv.hex();
}

Result<std::shared_ptr<const text::Tokenizer>> parsed(const std::string& json, const text::TokenizerConfig& config = {})
{
    return text::parseTokenizerJson(json, config);
}

std::shared_ptr<const text::Tokenizer> reference(const std::string& name)
{
    const auto json = base::readFile(kReference / "tokenizers" / (name + ".json"));
    const auto tokenizer = json ? parsed(*json) : Result<std::shared_ptr<const text::Tokenizer>>(json.error());
    if (!tokenizer) {
        qWarning("%s: %s", name.c_str(), tokenizer.message().c_str());
        return nullptr;
    }
    return *tokenizer;
}

const Json& expected()
{
    static const Json file = [] {
        auto read = base::readJson(kReference / "tokenizer_json.json");
        return read ? std::move(*read) : Json();
    }();
    return file;
}

QByteArray shown(const std::string& text)
{
    return QByteArray::fromStdString(base::dumpJson(Json(text.substr(0, 200))));
}

void addShapes()
{
    QTest::addColumn<QString>("shape");
    for (const auto& [name, value] : expected().at("cases").items()) {
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
}

// A byte-level vocabulary of a few merges, with parts of the file as given.
std::string smallFile(const std::string& extra = {}, const std::string& model = {})
{
    Json vocab = Json::object();
    int id = 0;
    for (const char* piece : {"a", "b", "c", "\xC4\xA0", "ab", "abc", "\xC4\xA0" "a"}) {
        vocab[piece] = id++;
    }
    const std::string own = R"({"type": "BPE", "vocab": )" + base::dumpJson(vocab)
                            + R"(, "merges": ["a b", ["ab", "c"], ["Ġ", "a"]]})";
    return R"({"version": "1.0", "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, )"
           R"("decoder": {"type": "ByteLevel"}, )"
           + extra + R"("model": )" + (model.empty() ? own : model) + "}";
}

} // namespace

class TestTokenizerJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void referenceIds_data() { addShapes(); }
    void referenceIds();
    void offsetsCoverTheText_data() { addShapes(); }
    void offsetsCoverTheText();
    void streamJoins_data() { addShapes(); }
    void streamJoins();
    void framedAsTheFileSays_data() { addShapes(); }
    void framedAsTheFileSays();
    void cachedIsAsFresh_data() { addShapes(); }
    void cachedIsAsFresh();
    void corners();
    void userDefinedBeginsATextBare();
    void threadsShareOne();
    void specialsAsText();
    void configNamesSpecials();
    void configPutsEnds();
    void longRunsAreQuick_data() { addShapes(); }
    void longRunsAreQuick();
    void knownPatternsMatchTheRegex_data();
    void knownPatternsMatchTheRegex();
    void brokenFiles_data();
    void brokenFiles();
    void pathologicalPatterns_data();
    void pathologicalPatterns();
    void damagedBytesNeverCrash();
    void folderIsNamed();
    void partsMakeTheSame();
    void partsComplain();
};

void TestTokenizerJson::initTestCase()
{
    QVERIFY2(expected().is_object(), "tests/reference/tokenizer_json.json cannot be read");
    QVERIFY(expected()["strings"].size() >= 2000);
    QVERIFY(expected()["cases"].size() >= 12);
}

void TestTokenizerJson::referenceIds()
{
    QFETCH(QString, shape);
    const auto tokenizer = reference(shape.toStdString());
    QVERIFY(tokenizer);
    const auto& wanted = expected()["cases"][shape.toStdString()];
    const auto hashes = QString::fromStdString(wanted["hashes"].get<std::string>()).split(' ');
    const auto& strings = expected()["strings"];
    QCOMPARE(hashes.size(), static_cast<qsizetype>(2 * strings.size()));
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const auto text = bytesOf(strings[i]);
        const auto ids = tokenizer->ids(text, {false, true});
        if (i < wanted["ids"].size()) {
            QVERIFY2(ids == wanted["ids"][i].get<std::vector<text::TokenId>>(), shown(text).constData());
        }
        const auto at = static_cast<qsizetype>(2 * i);
        QVERIFY2(hashOf(ids) == hashes[at].toStdString(), shown(text).constData());
        QVERIFY2(hashOfText(*tokenizer, ids) == hashes[at + 1].toStdString(), shown(text).constData());
    }
}

void TestTokenizerJson::offsetsCoverTheText()
{
    QFETCH(QString, shape);
    const auto tokenizer = reference(shape.toStdString());
    QVERIFY(tokenizer);
    // White space that is dropped between words belongs to no token there.
    const bool drops = shape == "bert" || shape == "words" || shape == "pieces" || shape == "t5";
    for (const auto& entry : expected()["strings"]) {
        const auto text = bytesOf(entry);
        const auto tokens = tokenizer->encode(text, {false, true});
        const auto ids = tokenizer->ids(text, {false, true});
        QCOMPARE(tokens.size(), ids.size());
        std::int64_t done = 0;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            QCOMPARE(tokens[i].id, ids[i]);
            QVERIFY2(drops || shape == "smollm2" ? tokens[i].begin >= done : tokens[i].begin == done, shown(text).constData());
            QVERIFY2(tokens[i].end >= tokens[i].begin, shown(text).constData());
            done = tokens[i].end;
        }
        const auto size = static_cast<std::int64_t>(text.size());
        QVERIFY2(done <= size, shown(text).constData());
        QVERIFY2(drops || tokens.empty() || shape == "smollm2" || done == size, shown(text).constData());
    }
}

void TestTokenizerJson::streamJoins()
{
    QFETCH(QString, shape);
    const auto tokenizer = reference(shape.toStdString());
    QVERIFY(tokenizer);
    const auto& strings = expected()["strings"];
    for (std::size_t i = 0; i < strings.size(); i += 7) {
        const auto ids = tokenizer->ids(bytesOf(strings[i]), {false, true});
        if (ids.size() > 200 || shape == "bert") { // WordPiece's clean-up looks at whole texts
            continue;
        }
        text::StreamDecoder stream(tokenizer, false);
        std::string joined;
        for (const auto id : ids) {
            const auto piece = stream.push(id);
            QVERIFY(text::isValidUtf8(piece));
            joined += piece;
        }
        joined += stream.finish();
        QCOMPARE(shown(joined), shown(tokenizer->decode(ids)));
    }
}

void TestTokenizerJson::framedAsTheFileSays()
{
    QFETCH(QString, shape);
    const auto tokenizer = reference(shape.toStdString());
    QVERIFY(tokenizer);
    const auto text = bytesOf(expected()["strings"][0]);
    const auto wanted = expected()["cases"][shape.toStdString()]["framed"].get<std::vector<text::TokenId>>();
    QCOMPARE(tokenizer->ids(text), wanted);
    const auto tokens = tokenizer->encode(text);
    QCOMPARE(tokens.size(), wanted.size());
    if (wanted.size() > tokenizer->ids(text, {false, true}).size()) {
        QVERIFY(tokenizer->isSpecial(wanted.front()) || tokenizer->isSpecial(wanted.back()));
    }
}

// The second time everything comes from the cache; a new tokenizer in the other order must agree.
void TestTokenizerJson::cachedIsAsFresh()
{
    QFETCH(QString, shape);
    const auto warm = reference(shape.toStdString());
    const auto fresh = reference(shape.toStdString());
    QVERIFY(warm && fresh);
    const auto& strings = expected()["strings"];
    std::vector<std::vector<text::TokenId>> first;
    for (const auto& entry : strings) {
        first.push_back(warm->ids(bytesOf(entry)));
    }
    for (std::size_t i = strings.size(); i-- > 0;) {
        const auto text = bytesOf(strings[i]);
        QCOMPARE(warm->ids(text), first[i]);
        QCOMPARE(fresh->ids(text), first[i]);
    }
}

// Patterns by numbers and scripts of characters, texts made bare, an unknown token that is spelled out, added tokens that strip.
void TestTokenizerJson::corners()
{
    const auto file = base::readJson(kReference / "tokenizer_corners.json");
    QVERIFY2(file.ok(), file.ok() ? "" : file.message().c_str());
    for (const Json& shape : file->at("shapes")) {
        const std::string name = shape["name"];
        const auto tokenizer = parsed(base::dumpJson(shape["tokenizer"]));
        QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : (name + ": " + tokenizer.message()).c_str());
        for (const Json& row : shape["cases"]) {
            const std::string text = row[0];
            const auto ids = (*tokenizer)->ids(text, {.addSpecial = false, .parseSpecial = true});
            QVERIFY2(ids == row[1].get<std::vector<text::TokenId>>(), qPrintable(QString::fromStdString(name) + ": " + shown(text)));
            const std::string decoded = (*tokenizer)->decode(ids);
            QVERIFY2(decoded == row[2].get<std::string>(), qPrintable(QString::fromStdString(name) + ": " + shown(text) + shown(decoded)));
        }
    }
}

void TestTokenizerJson::userDefinedBeginsATextBare()
{
    const auto file = base::readJson(kReference / "tokenizer_corners.json");
    QVERIFY(file.ok());
    const Json& reference = file->at("user_defined");
    for (const char* mode : {"present", "legacy"}) {
        QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        const auto bytes = QByteArray::fromBase64(QByteArray::fromStdString(reference["model"].get<std::string>()));
        QVERIFY(base::writeFileAtomically(path / "tokenizer.model", bytes.toStdString()).ok());
        const Json config{{"tokenizer_class", "LlamaTokenizer"}, {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"},
                          {"legacy", std::string(mode) == "legacy"}};
        QVERIFY(base::writeFileAtomically(path / "tokenizer_config.json", base::dumpJson(config)).ok());
        const auto tokenizer = text::loadTokenizer(path);
        QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : tokenizer.message().c_str());
        for (const Json& row : reference[mode]) {
            const auto ids = (*tokenizer)->ids(row[0].get<std::string>(), {.addSpecial = false, .parseSpecial = true});
            QVERIFY2(ids == row[1].get<std::vector<text::TokenId>>(), qPrintable(QString(mode) + ": " + shown(row[0].get<std::string>())));
        }
    }
}

void TestTokenizerJson::threadsShareOne()
{
    const auto tokenizer = reference("llama3");
    QVERIFY(tokenizer);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 300; ++i) {
        texts.push_back(bytesOf(expected()["strings"][i]));
    }
    std::vector<int> good(4, 0);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < good.size(); ++t) {
        threads.emplace_back([&, t] {
            const auto& wanted = expected().at("cases").at("llama3").at("ids");
            for (std::size_t i = 0; i < texts.size(); ++i) {
                good[t] += tokenizer->ids(texts[i], {false, true}) == wanted.at(i).get<std::vector<text::TokenId>>() ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const int count : good) {
        QCOMPARE(count, 300);
    }
}

void TestTokenizerJson::specialsAsText()
{
    const auto tokenizer = reference("qwen2");
    QVERIFY(tokenizer);
    const auto id = tokenizer->idOf("<|im_start|>");
    QVERIFY(id);
    QVERIFY(tokenizer->isSpecial(*id));
    const std::string text = "<|im_start|>user<tool_call>";
    const auto as = [&](bool special) { return tokenizer->ids(text, {false, special}); };
    QCOMPARE(as(true).front(), *id);
    const auto plain = as(false);
    QVERIFY(std::find(plain.begin(), plain.end(), *id) == plain.end());
    QCOMPARE(tokenizer->decode(plain), text);
    QCOMPARE(tokenizer->decode(as(true)), text);
    QCOMPARE(tokenizer->decode(as(true), true), std::string("user<tool_call>"));
    // What is added but not special stays itself.
    QCOMPARE(plain.back(), *tokenizer->idOf("<tool_call>"));
    QVERIFY(!tokenizer->isSpecial(plain.back()));
}

void TestTokenizerJson::configNamesSpecials()
{
    text::TokenizerConfig config;
    config.specials = {{"bos_token", "abc"}, {"eos_token", "c"}, {"pad_token", nullptr}};
    config.specialTexts = {"abc", "c"};
    const auto tokenizer = parsed(smallFile(), config);
    QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.message().c_str());
    QCOMPARE((*tokenizer)->bos(), std::optional<text::TokenId>(5));
    QCOMPARE((*tokenizer)->eos(), std::optional<text::TokenId>(2));
    QVERIFY(!(*tokenizer)->pad());
    QVERIFY((*tokenizer)->isSpecial(5));
    QVERIFY(!(*tokenizer)->isSpecial(4));
    QCOMPARE((*tokenizer)->ids("abcab"), (std::vector<text::TokenId>{5, 4}));
    QCOMPARE((*tokenizer)->decode((*tokenizer)->ids("abcab"), true), std::string("ab"));
    QCOMPARE((*tokenizer)->kind(), std::string("byte-level BPE"));
    QCOMPARE((*tokenizer)->vocabSize(), 7);
    QCOMPARE((*tokenizer)->piece(6), std::string("\xC4\xA0" "a"));
    QCOMPARE((*tokenizer)->piece(-1), std::string());
    QCOMPARE((*tokenizer)->decode(std::vector<text::TokenId>{-5, 1 << 30, 3, 4}), std::string(" ab"));
}

void TestTokenizerJson::configPutsEnds()
{
    text::TokenizerConfig config;
    config.specials = {{"bos_token", "b"}, {"eos_token", "c"}};
    config.addBos = true;
    const auto ids = [&](const std::string& text) {
        const auto tokenizer = parsed(smallFile(), config);
        return tokenizer ? (*tokenizer)->ids(text) : std::vector<text::TokenId>();
    };
    QCOMPARE(ids("a"), (std::vector<text::TokenId>{1, 0}));
    config.addEos = true;
    QCOMPARE(ids("a"), (std::vector<text::TokenId>{1, 0, 2}));
    QCOMPARE(ids(""), (std::vector<text::TokenId>{1, 2}));
}

void TestTokenizerJson::longRunsAreQuick()
{
    QFETCH(QString, shape);
    const auto tokenizer = reference(shape.toStdString());
    QVERIFY(tokenizer);
    QElapsedTimer timer;
    timer.start();
    for (const char* unit : {"a", " ", "ab", "\xE4\xB8\xAD", "\n", "'", "1", "\xCC\x81", "<", "\xFF"}) {
        std::string text;
        while (text.size() < 200'000) {
            text += unit;
        }
        const auto ids = tokenizer->ids(text, {false, true});
        QVERIFY(ids.size() <= 3 * text.size() + 1);
        tokenizer->decode(ids);
    }
    QVERIFY2(timer.elapsed() < 8000 * support::kPatience, qPrintable(QString::number(timer.elapsed())));
}

// Each scanner against PCRE2 with the same pattern, which a harmless group hides from the table.
void TestTokenizerJson::knownPatternsMatchTheRegex_data()
{
    QTest::addColumn<QString>("shape");
    for (const char* shape : {"llama3", "qwen2", "qwen35", "gpt4o", "tekken", "deepseek"}) {
        QTest::newRow(shape) << QString(shape);
    }
}

void TestTokenizerJson::knownPatternsMatchTheRegex()
{
    QFETCH(QString, shape);
    auto file = base::readJson(kReference / "tokenizers" / (shape.toStdString() + ".json"));
    QVERIFY(file);
    const auto own = parsed(base::dumpJson(*file));
    for (auto& part : (*file)["pre_tokenizer"]["pretokenizers"]) {
        if (part["type"] == "Split") {
            part["pattern"]["Regex"] = "(?:" + part["pattern"]["Regex"].get<std::string>() + ")";
        }
    }
    const auto other = parsed(base::dumpJson(*file));
    QVERIFY(own);
    QVERIFY2(other, other ? "" : other.message().c_str());
    for (const auto& entry : expected()["strings"]) {
        const auto text = bytesOf(entry);
        QVERIFY2((*own)->ids(text) == (*other)->ids(text), shown(text).constData());
    }
}

void TestTokenizerJson::brokenFiles_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& file, const char* says) {
        QTest::newRow(name) << QByteArray::fromStdString(file) << QString(says);
    };
    const auto part = [&](const char* name, const std::string& extra, const char* says) { row(name, smallFile(extra + ", "), says); };
    const auto model = [&](const char* name, const std::string& value, const char* says) { row(name, smallFile({}, value), says); };
    row("empty", "", "JSON");
    row("cut off", smallFile().substr(0, 80), "line 1");
    row("no object", "[]", "object");
    row("no model", R"({"version": "1.0"})", "model");
    row("version", R"({"version": "2.0", "model": {}})", "version");
    row("deep", std::string(5000, '[') + std::string(5000, ']'), "deeper");
    row("twice", R"({"model": {}, "model": {}})", "twice");
    part("normalizer", R"("normalizer": {"type": "Rot13"})", "normalizer.type: \"Rot13\"");
    part("inner normalizer", R"("normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Odd"}]})",
         "normalizer.normalizers[1].type: \"Odd\"");
    part("normalizer without type", R"("normalizer": {})", "normalizer: an object with \"type\"");
    part("replace", R"("normalizer": {"type": "Replace", "pattern": 3, "content": ""})", "normalizer.pattern");
    part("bad regex", R"("normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""})", "cannot be read");
    part("charsmap", R"("normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAA*"})", "base64");
    part("short charsmap", R"("normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"})", "character map");
    part("post-processor", R"("post_processor": {"type": "Frame"})", "post_processor.type: \"Frame\"");
    part("template id", R"("post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}]})",
         "special_tokens[\"x\"]");
    part("template without text", R"("post_processor": {"type": "TemplateProcessing", "single": []})", "no place for the text");
    part("strange id", R"("post_processor": {"type": "BertProcessing", "cls": ["x", 999], "sep": ["x", 0]})", "999");
    part("added id", R"("added_tokens": [{"id": -1, "content": "x"}])", "added_tokens[0]");
    part("added id taken", R"("added_tokens": [{"id": 0, "content": "x"}])", "which is \"a\"");
    part("added no list", R"("added_tokens": {})", "added_tokens: expected a list");
    row("decoder", R"({"decoder": {"type": "Morse"}, "model": {"type": "BPE", "vocab": {}, "merges": []}})",
        "decoder.type: \"Morse\"");
    row("pre-tokenizer", R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Kanji"}]}, "model": {"type": "BPE", "vocab": {}, "merges": []}})",
        "pre_tokenizer.pretokenizers[0].type: \"Kanji\"");
    row("behavior", R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": "x"}, "behavior": "Gone"}, "model": {"type": "BPE", "vocab": {}, "merges": []}})",
        "pre_tokenizer.behavior: \"Gone\"");
    row("many parts", R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [)" + [] {
            std::string list = R"({"type": "Whitespace"})";
            for (int i = 0; i < 100; ++i) {
                list += R"(, {"type": "Whitespace"})";
            }
            return list;
        }() + R"(]}, "model": {"type": "BPE", "vocab": {}, "merges": []}})", "at most 64");
    model("model type", R"({"type": "Markov"})", "model.type: \"Markov\"");
    model("no vocabulary", R"({"type": "BPE", "merges": []})", "model.vocab");
    model("fraction id", R"({"type": "BPE", "vocab": {"a": 1.5}, "merges": []})", "\"a\"");
    model("negative id", R"({"type": "BPE", "vocab": {"a": -1}, "merges": []})", "\"a\"");
    model("huge id", R"({"type": "BPE", "vocab": {"a": 99999999}, "merges": []})", "\"a\"");
    model("same id", R"({"type": "BPE", "vocab": {"a": 1, "b": 1}, "merges": []})", "has too");
    model("no merges", R"({"type": "BPE", "vocab": {"a": 0}})", "model.merges");
    model("merge of one", R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]})", "model.merges[0]");
    model("merge of three", R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]})", "model.merges[0]");
    model("unknown part", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "q"]]})", "\"q\" is not in the vocabulary");
    model("unknown whole", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a"]]})", "\"aa\" is not in the vocabulary");
    model("merge number", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [5]})", "model.merges[0]");
    model("dropout", R"({"type": "BPE", "dropout": 0.1, "vocab": {"a": 0}, "merges": []})", "model.dropout");
    model("suffix", R"({"type": "BPE", "end_of_word_suffix": "</w>", "vocab": {"a": 0}, "merges": []})", "model.end_of_word_suffix");
    model("unknown token", R"({"type": "BPE", "unk_token": "?", "vocab": {"a": 0}, "merges": []})", "model.unk_token");
    model("unigram under bytes", R"({"type": "Unigram", "unk_id": 0, "vocab": [["a", 0]]})", "ByteLevel");
    row("unigram without unknown", R"({"model": {"type": "Unigram", "vocab": [["a", -1.0]]}})", "model.unk_id");
    row("unigram unknown outside", R"({"model": {"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]]}})", "model.unk_id");
    row("unigram entry", R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a"]]}})", "model.vocab[0]");
    row("unigram long piece", R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [[")" + std::string(2000, 'a') + R"(", -1.0]]}})",
        "model.vocab[0]");
    row("word piece unknown", R"({"model": {"type": "WordPiece", "vocab": {"a": 0}}})", "model.unk_token");
    row("word piece word", R"({"model": {"type": "WordPiece", "unk_token": "a", "max_input_chars_per_word": 1000000, "vocab": {"a": 0}}})",
        "max_input_chars_per_word");
}

void TestTokenizerJson::brokenFiles()
{
    QFETCH(QByteArray, file);
    QFETCH(QString, says);
    const auto tokenizer = parsed(file.toStdString());
    QVERIFY(!tokenizer);
    QVERIFY2(tokenizer.message().find(says.toStdString()) != std::string::npos, tokenizer.message().c_str());
}

void TestTokenizerJson::pathologicalPatterns_data()
{
    QTest::addColumn<QString>("pattern");
    for (const char* pattern : {"(a+)+$", "(a|a)*b", "(a|aa)+$", "(\\\\s*)*x", "((a*)*)*b", "(.*)*\\\\1z", "(?:a?){500}a{500}", "\\\\p{L}+(?:\\\\p{L}+)*!x"}) {
        QTest::newRow(pattern) << QString(pattern);
    }
}

// Refused, or quick on every text.
void TestTokenizerJson::pathologicalPatterns()
{
    QFETCH(QString, pattern);
    QElapsedTimer timer;
    timer.start();
    const auto tokenizer = parsed(R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": ")" + pattern.toStdString()
                                  + R"("}, "behavior": "Isolated", "invert": false}, "model": {"type": "BPE", "unk_token": "a", "vocab": {"a": 0}, "merges": []}})");
    if (!tokenizer) {
        QVERIFY2(tokenizer.message().find("pre_tokenizer") != std::string::npos, tokenizer.message().c_str());
    } else {
        for (const char* unit : {"a", " ", "x"}) {
            (*tokenizer)->ids(QString(unit).repeated(100'000).toStdString() + "!");
        }
    }
    QVERIFY2(timer.elapsed() < 2000 * support::kPatience, qPrintable(QString::number(timer.elapsed())));
}

// Bytes of a good file changed here and there: a sentence or a tokenizer that works, never more.
void TestTokenizerJson::damagedBytesNeverCrash()
{
    const auto good = base::readFile(kReference / "tokenizers/mistral.json");
    QVERIFY(good);
    std::uint64_t state = 7;
    const auto next = [&](std::size_t limit) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state >> 33) % limit;
    };
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
        auto bad = *good;
        for (std::size_t n = 1 + next(4); n > 0; --n) {
            const auto at = next(bad.size());
            switch (next(3)) {
            case 0:
                bad[at] = static_cast<char>(next(256));
                break;
            case 1:
                bad.erase(at, next(40));
                break;
            default:
                bad.insert(at, bad.substr(next(bad.size()), next(40)));
            }
        }
        const auto tokenizer = parsed(bad);
        refused += tokenizer ? 0 : 1;
        if (tokenizer) {
            (*tokenizer)->decode((*tokenizer)->ids("Hello \xF0\x9F\x98\x80 world\n"));
        } else {
            QVERIFY(!tokenizer.message().empty());
        }
    }
    QVERIFY(refused > 200);
}

void TestTokenizerJson::folderIsNamed()
{
    QTemporaryDir dir;
    const fs::path folder = dir.path().toStdString();
    std::ofstream(folder / "tokenizer.json") << smallFile(R"("normalizer": {"type": "Odd"}, )");
    const auto bad = text::loadTokenizer(folder);
    QVERIFY(!bad);
    QVERIFY2(bad.message().find((folder / "tokenizer.json").string()) == 0, bad.message().c_str());
    std::ofstream(folder / "tokenizer.json") << smallFile(R"("added_tokens": [{"id": 7, "content": "<x>", "special": true}], )");
    std::ofstream(folder / "tokenizer_config.json") << R"({"eos_token": "<x>", "add_bos_token": false})";
    const auto good = text::loadTokenizer(folder);
    QVERIFY2(good, good ? "" : good.message().c_str());
    QCOMPARE((*good)->eos(), std::optional<text::TokenId>(7));
    QCOMPARE((*good)->ids("abc<x> a"), (std::vector<text::TokenId>{5, 7, 6}));
    QCOMPARE((*good)->vocabSize(), 8);
}

// The parts that a GGUF file holds give what the tokenizer.json gives.
void TestTokenizerJson::partsMakeTheSame()
{
    for (const auto& [shape, name] : {std::pair{"gpt2", "gpt-2"}, {"llama3", "llama-bpe"}, {"qwen2", "qwen2"}, {"qwen35", "qwen35"},
                                      {"smollm2", "smollm"}, {"gpt4o", "gpt-4o"}, {"tekken", "tekken"}}) {
        const auto file = base::readJson(kReference / "tokenizers" / (std::string(shape) + ".json"));
        QVERIFY(file);
        const auto own = reference(shape);
        QVERIFY(own);
        text::BpeParts parts;
        parts.preTokenizer = name;
        parts.tokens.resize(static_cast<std::size_t>(own->vocabSize()));
        parts.types.assign(parts.tokens.size(), text::BpeTokenType::Unused);
        for (std::size_t i = 0; i < parts.tokens.size(); ++i) {
            const auto id = static_cast<text::TokenId>(i);
            parts.tokens[i] = own->piece(id);
            parts.types[i] = parts.tokens[i].empty() ? text::BpeTokenType::Unused : text::BpeTokenType::Normal;
        }
        for (const auto& token : (*file)["added_tokens"]) {
            parts.types[token["id"].get<std::size_t>()] = token["special"].get<bool>() ? text::BpeTokenType::Control
                                                                                      : text::BpeTokenType::UserDefined;
        }
        for (const auto& merge : (*file)["model"]["merges"]) {
            parts.merges.push_back(merge.is_string() ? merge.get<std::string>()
                                                     : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
        }
        parts.eos = 3;
        parts.addEos = true;
        const auto made = text::makeBpeTokenizer(parts);
        QVERIFY2(made, made ? "" : made.message().c_str());
        QCOMPARE((*made)->eos(), std::optional<text::TokenId>(3));
        for (const auto& entry : expected()["strings"]) {
            const auto text = bytesOf(entry);
            QVERIFY2((*made)->ids(text, {false, true}) == own->ids(text, {false, true}), shown(text).constData());
        }
        QCOMPARE((*made)->ids("x").back(), 3);
    }
}

void TestTokenizerJson::partsComplain()
{
    text::BpeParts parts;
    parts.tokens = {"a", "b", "ab"};
    parts.merges = {"a b"};
    QVERIFY(text::makeBpeTokenizer(parts));
    const auto says = [](const text::BpeParts& bad, const char* what) {
        const auto made = text::makeBpeTokenizer(bad);
        return !made && made.message().find(what) != std::string::npos;
    };
    auto bad = parts;
    bad.preTokenizer = "klingon";
    QVERIFY(says(bad, "klingon"));
    bad = parts;
    bad.merges = {"a b", "a"};
    QVERIFY(says(bad, "merges[1]"));
    bad = parts;
    bad.types = {text::BpeTokenType::Normal};
    QVERIFY(says(bad, "token types"));
    bad = parts;
    bad.tokens.push_back("a");
    QVERIFY(says(bad, "tokens[3]"));
    bad = parts;
    bad.bos = 17;
    QVERIFY(says(bad, "17"));
}

QTEST_APPLESS_MAIN(TestTokenizerJson)
#include "tst_tokenizer_json.moc"
