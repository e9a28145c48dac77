// SPDX-License-Identifier: GPL-3.0-or-later
// JSON read in one pass: whatever it reads is what the strict parser reads, and what it leaves alone is told as before.
#include "core/base/json_digits.h"
#include "core/base/json_plain.h"
#include "core/base/random.h"

#include <QtTest>

using namespace luthier;

namespace {

// Values with their types: 1 and 1.0 are equal to the comparison of values, but not here.
bool isSame(const Json& a, const Json& b)
{
    if (a.type() != b.type() || a.size() != b.size()) {
        return false;
    }
    if (a.is_object()) {
        return std::equal(a.items().begin(), a.items().end(), b.items().begin(),
                          [](const auto& x, const auto& y) { return x.key() == y.key() && isSame(x.value(), y.value()); });
    }
    return a.is_array() ? std::equal(a.begin(), a.end(), b.begin(), isSame) : a.dump() == b.dump();
}

const char* const kPlain[] = {
    R"({"instruction":"Say \"it\"","input":"","output":"A line\nand \u00e4, \ud83d\ude00 \/ \\ \b\f\r\t"})",
    " { \"a\" : [ 1 , -2 , 0 , -0 , 1.5 , -0.0 , 1e3 , 2E-7 , true , false , null , { } , [ ] ] }\r\n",
    "\"K\xc3\xa4se \xe2\x82\xac \xf0\x9f\x98\x80\"",
    "123456789012345678",
    "[[[[\"\"]]]]",
    R"("\u0000 \u001f and a text that is longer than eight bytes\u0041")",
};

const char* const kLeft[] = {
    "", "{", R"({"a":1,"a":2})", "[1,]", "01", "1.", "1e", "-", "+1", ".5", "1e400", "nul", "\"\\ud800\"", "\"\\udc00x\"", "\"\\x\"", "\"a\nb\"",
    "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"open", "\"\\u12", "[1] 2", "{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
};

} // namespace

class TestJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Digits that no double holds come back as they stood; without the wish for them they are doubles, as ever.
    void bigIntegersKeepTheirDigits()
    {
        for (const char* text : {"{\"a\":123456789012345678901234567890,\"b\":[-99999999999999999999,1.5,{\"c\":18446744073709551616}],\"d\":\"x\\n\"}",
                                 "340282366920938463463374607431768211456", "[7,-7,18446744073709551615,0.25]"}) {
            const auto value = base::parseJsonWithDigits(text);
            QVERIFY2(value.ok(), text);
            QCOMPARE(QByteArray::fromStdString(base::dumpJson(*value)), QByteArray(text));
            QVERIFY(*base::parseJsonWithDigits(base::dumpJson(*value)) == *value);
        }
        QVERIFY(base::isBigInteger(*base::parseJsonWithDigits("-18446744073709551616")));
        QVERIFY(!base::isBigInteger(*base::parseJsonWithDigits("-1")) && base::parseJson("18446744073709551616")->is_number_float());
    }

    void plainOnesAreRead()
    {
        for (const char* text : kPlain) {
            const auto value = base::parsePlainJson(text, {});
            QVERIFY2(value, text);
            QVERIFY2(isSame(*value, Json::parse(text)), text);
        }
    }

    void othersAreLeftToTheStrictParser()
    {
        for (const char* text : kLeft) {
            QVERIFY2(!base::parsePlainJson(text, {}), text);
            QVERIFY2(!base::parseJson(text).ok(), text);
        }
        // Right, but beyond what is read in one pass.
        for (const std::string& text : {std::string("12345678901234567890"), std::string("1234567890123456789012")}) {
            QVERIFY(!base::parsePlainJson(text, {}));
            QVERIFY(isSame(base::parseJson(text).value(), Json::parse(text)));
        }
    }

    void depthIsBounded()
    {
        for (const int depth : {128, 129}) {
            const std::string text = std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
            QCOMPARE(base::parsePlainJson(text, {}).has_value(), depth == 128);
            QCOMPARE(base::parseJson(text).ok(), depth == 128);
        }
    }

    // A sentence for a person: what is wrong, where, what to do; nothing of the library's, no byte that is no UTF-8.
    void problemsAreSentences()
    {
        for (const char* text : kLeft) {
            const std::string said = base::parseJson(text).message();
            QVERIFY2(said.find("exception") == std::string::npos && said.find("parse error") == std::string::npos, said.c_str());
            QCOMPARE(QString::fromUtf8(said.c_str()).toUtf8().toStdString(), said);
            QVERIFY2(!QString::fromUtf8(said.c_str()).contains(QChar(0xFFFD)) || std::string(text).find('\xff') == std::string::npos, said.c_str());
        }
        const std::pair<std::string, const char*> kEncodings[] = {
            {"{\"a\": \"K\xe4se\"}", "line 1, column 9: byte 9 is not UTF-8; save the file as UTF-8"},
            {"{\n\"\xff\": 1}", "line 2, column 2: byte 4 is not UTF-8"},
            {"{\"a\": \x80}", "byte 7 is not UTF-8"},
            {std::string("\xff\xfe{\0\"\0", 6), "the file is UTF-16; save it as UTF-8"},
            {"{\"a\": 1e999}", "1e999"},
        };
        for (const auto& [text, part] : kEncodings) {
            const auto read = base::parseJson(text);
            QVERIFY(!read.ok());
            QVERIFY2(read.message().find(part) != std::string::npos, read.message().c_str());
        }
    }

    // Texts changed at random: it reads none that the library refuses, and none otherwise.
    void changedTextsAreReadAlike()
    {
        base::Random random(11);
        const std::string_view kBytes = "{}[]\",:\\u0123456789abcdefDE+-. \n\t\x01\x7f\x80\xbf\xc2\xe2\xed\xf0\xf4\xff" "truefalsn";
        int read = 0;
        for (int round = 0; round < 60'000; ++round) {
            std::string text = kPlain[random.below(std::size(kPlain))];
            for (auto changes = random.below(3) + 1; changes > 0; --changes) {
                const auto at = random.below(text.size());
                const char byte = kBytes[random.below(kBytes.size())];
                switch (random.below(3)) {
                case 0: text[at] = byte; break;
                case 1: text.insert(at, 1, byte); break;
                default: text.erase(at, 1); break;
                }
                text += text.empty() ? " " : "";
            }
            if (auto value = base::parsePlainJson(text, {})) {
                const Json strict = Json::parse(text, nullptr, false);
                QVERIFY2(!strict.is_discarded() && isSame(*value, strict), text.c_str());
                base::giveBack(std::move(*value)); // the next one is written over it
                ++read;
            }
        }
        QVERIFY(read > 5'000);
    }
};

QTEST_APPLESS_MAIN(TestJson)
#include "tst_json.moc"
