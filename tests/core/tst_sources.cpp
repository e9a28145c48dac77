// SPDX-License-Identifier: GPL-3.0-or-later
// Row sources: what is a row in each kind of file, what stays readable beside damage, and what the sentences say.
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/sources/columnar_file.h"
#include "core/data/sources/csv_index.h"
#include "core/data/sources/csv_source.h"
#include "core/data/sources/line_index.h"
#include "core/data/sources/row_source.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace luthier;

namespace {

const std::string kBom = "\xEF\xBB\xBF";

struct Case {
    const char* name;
    const char* file;
    std::string content;
    std::vector<std::string> rows; // JSON of each, or "!" and part of its sentence
};

const std::vector<Case>& cases()
{
    static const std::vector<Case> table{
        {"lines", "a.jsonl", "{\"a\":1}\n{\"a\":2}\n", {R"({"a":1})", R"({"a":2})"}},
        {"no last line end", "a.jsonl", "{\"a\":1}\n{\"a\":2}", {R"({"a":1})", R"({"a":2})"}},
        {"blank lines", "a.ndjson", "\n\n{\"a\":1}\n \t\r\n{\"a\":2}\n\n", {R"({"a":1})", R"({"a":2})"}},
        {"crlf", "a.JSONL", "{\"a\":1}\r\n{\"a\":2}\r\n", {R"({"a":1})", R"({"a":2})"}},
        {"mark at the beginning", "a.jsonl", kBom + "{\"a\":1}\n", {R"({"a":1})"}},
        {"mark inside", "a.jsonl", "{\"a\":1}\n" + kBom + "{\"a\":2}\n", {R"({"a":1})", "!byte-order mark"}},
        {"damage stays in its line", "a.jsonl", "{\"a\":\"x\n{\"a\":2}\n", {"!column 8", R"({"a":2})"}},
        {"invalid byte", "a.jsonl", "{\"a\":\"\xff\"}\n{\"a\":2}\n", {"!byte 7 (0xff) is not UTF-8", R"({"a":2})"}},
        {"surrogate in bytes", "a.jsonl", "{\"a\":\"\xED\xA0\x80\"}\n", {"!byte 7 (0xed)"}},
        {"nul after a row", "a.jsonl", std::string("{\"a\":1}\0x\n", 10), {"!byte 8 (0x00) is a NUL"}},
        {"lists as rows", "a.jsonl", "[1]\n[2]\n", {"[1]", "[2]"}},
        {"document called jsonl", "a.jsonl", "[\n{\"a\":1},\n{\"a\":2}\n]\n", {R"({"a":1})", R"({"a":2})"}},
        // As other programs write them.
        {"a list on the only line", "a.jsonl", "[{\"a\":1}, {\"a\":2}]\n", {R"({"a":1})", R"({"a":2})"}},
        {"messages on the only line", "a.jsonl", "[{\"role\":\"user\",\"content\":\"x\"}]\n", {R"([{"role":"user","content":"x"}])"}},
        {"commas behind lines", "a.jsonl", "{\"a\":1},\n{\"a\":2} ,\r\n{\"a\":3}\n", {R"({"a":1})", R"({"a":2})", R"({"a":3})"}},
        {"objects over several lines", "a.json", "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", {R"({"a":1})", R"({"a":2})"}},
        {"the same called jsonl", "a.jsonl", "{\n \"a\": 1\n},\n{\n \"a\": 2\n}\n", {R"({"a":1})", R"({"a":2})"}},
        {"words between objects", "a.json", "{\n \"a\": 1\n}\nhello\n{\n \"a\": 2\n}\n", {R"({"a":1})", "!not valid JSON", R"({"a":2})"}},
        {"carriage returns alone", "a.jsonl", "{\"a\":1}\r{\"a\":2}\r", {R"({"a":1})", R"({"a":2})"}},
        {"no numbers", "a.jsonl", "{\"a\":1,\"b\":NaN,\"c\":[-Infinity,Infinity],\"d\":\"NaN \\\" NaN\"}\n", {R"({"a":1,"b":null,"c":[null,null],"d":"NaN \" NaN"})"}},
        {"txt behind jsonl", "a.jsonl.txt", "{\"a\":1}\n{\"a\":2}\n", {R"({"a":1})", R"({"a":2})"}},
        {"UTF-16 without a mark", "a.jsonl", std::string("{\0\"\0a\0\"\0:\0\"\0\xe4\0\x3d\xd8\x00\xde\"\0}\0\n\0", 24), {"{\"a\":\"\u00e4\U0001F600\"}"}},
        {"UTF-16, big end first", "a.csv", std::string("\xfe\xff\0a\0,\0b\0\n\0" "1\0,\0" "2\0\n", 18), {R"({"a":"1","b":"2"})"}},
        {"empty", "a.jsonl", "", {}},
        {"blank", "a.jsonl", "\n \n", {}},
        {"list", "a.json", " [ {\"a\":1} ,\n{\"a\":[2,{\"b\":\"],[\"}]} ] ", {R"({"a":1})", R"({"a":[2,{"b":"],["}]})"}},
        {"empty list", "a.json", "[]", {}},
        {"escaped quotes", "a.json", R"([{"a":"\\"},{"a":"\","}])", {R"({"a":"\\"})", R"({"a":"\","})"}},
        {"data", "a.json", R"({"version":"1","data":[{"a":1},{"a":2}],"more":{"x":[1]}})", {R"({"a":1})", R"({"a":2})"}},
        {"words called data", "a.json", R"({"data":["x","y"],"a":1})", {R"({"data":["x","y"],"a":1})"}},
        {"one object", "a.json", "{\n \"a\": 1\n}\n", {R"({"a":1})"}},
        {"lines in json", "a.json", "{\"a\":1}\n\n{\"a\":2}\n", {R"({"a":1})", R"({"a":2})"}},
        {"lists as lines in json", "a.json", "[1]\n[2]\n", {"[1]", "[2]"}},
        {"torn lines in json", "a.json", "{\"a\":\"x\n{\"a\":2}\n", {"!column 8", R"({"a":2})"}},
        {"torn list", "a.json", R"([{"a":1},{"a":)", {R"({"a":1})", "!breaks off"}},
        {"torn data", "a.json", R"({"data":[{"a":1},{"a":)", {R"({"a":1})", "!breaks off"}},
        {"missing comma in list", "a.json", R"([{"a":1} {"a":2},{"a":3}])", {"!follows the end", R"({"a":3})"}},
        {"missing quote in list", "a.json", "[{\"a\":\"x},\n{\"a\":2}]", {"!not valid JSON"}},
        {"no extension", "rows", "{\"a\":1}\n{\"a\":2}\n", {R"({"a":1})", R"({"a":2})"}},
        {"csv", "a.csv", "a,b\n1,2\n3,4\n", {R"({"a":"1","b":"2"})", R"({"a":"3","b":"4"})"}},
        {"csv crlf and mark", "a.csv", kBom + "a,b\r\n1,2\r\n", {R"({"a":"1","b":"2"})"}},
        {"csv quotes", "a.csv", "a,b\n\"x, \"\"y\"\"\nz\",2\n", {R"({"a":"x, \"y\"\nz","b":"2"})"}},
        {"csv behind a spreadsheet's table", "a.csv", "a;b\n;\n1;2\n;\n ; \r\n\n;", {R"({"a":"","b":""})", R"({"a":"1","b":"2"})"}},
        {"csv empty fields", "a.csv", "a,b\n,\n\"\",\"\"\n", {R"({"a":"","b":""})", R"({"a":"","b":""})"}},
        {"csv blank lines", "a.csv", "\na,b\n\n1,2\n\r\n   \n", {R"({"a":"1","b":"2"})"}},
        {"csv quote inside", "a.csv", "a,b\nx\"y,2\n", {R"({"a":"x\"y","b":"2"})"}},
        {"csv too few", "a.csv", "a,b\n1\n1,2\n", {"!it has 1 fields, the header has 2", R"({"a":"1","b":"2"})"}},
        {"csv too many", "a.csv", "a,b\n1,2,3\n", {"!it has 3 fields"}},
        {"csv after the quote", "a.csv", "a,b\n\"x\"y,2\n", {"!follows the closing quote"}},
        {"csv open quote", "a.csv", "a,b\n\"x,2\n3,4\n5,6\n", {"!never closed", R"({"a":"3","b":"4"})", R"({"a":"5","b":"6"})"}},
        {"csv invalid byte", "a.csv", "a,b\n\xe9,2\n3,4\n", {"!byte 1 (0xe9)", R"({"a":"3","b":"4"})"}},
        {"csv semicolons", "a.csv", "a;b\n1,5;2\n", {R"({"a":"1,5","b":"2"})"}},
        {"csv bars", "a.csv", "a|b\n1,5|2\n", {R"({"a":"1,5","b":"2"})"}},
        {"csv that says its delimiter", "a.csv", "sep=;\r\na;b\r\n1,5;2\r\n", {R"({"a":"1,5","b":"2"})"}},
        {"csv spaces before quotes", "a.csv", "a, b\n\"x, y\", \"z, \"\"w\"\"\nv\"\n1 , 2\n", {R"({"a":"x, y","b":"z, \"w\"\nv"})", R"({"a":"1 ","b":" 2"})"}},
        {"csv carriage returns alone", "a.csv", "a,b\r\"x,y\",2\r3,4\r", {R"({"a":"x,y","b":"2"})", R"({"a":"3","b":"4"})"}},
        {"csv nameless column", "a.csv", ",b\n1,2\n", {R"({"column 1":"1","b":"2"})"}},
        {"csv one column", "a.csv", "text\nhello\n\"\"\n", {R"({"text":"hello"})", R"({"text":""})"}},
        {"csv header alone", "a.csv", "a,b\n", {}},
        {"name twice", "a.jsonl", "{\"a\":1,\"a\":2}\n{\"a\":2}\n", {R"({"a":2})", R"({"a":2})"}},
        {"text", "a.txt", kBom + "one\r\n\r\ntwo\rthree\n", {R"({"text":"one\n\ntwo\rthree\n","file":"a.txt"})"}},
        {"text with an invalid byte", "a.md", "one\xff", {"!byte 4 (0xff)"}},
        {"tsv", "a.tsv", "a\tb\n\t\n1,0\t\"x\ty\"\n", {R"({"a":"","b":""})", R"({"a":"1,0","b":"x\ty"})"}},
    };
    return table;
}

struct Refused {
    const char* name;
    const char* file;
    std::string content;
    const char* part;
};

const std::vector<Refused>& refused()
{
    static const std::vector<Refused> table{
        {"xz", "a.jsonl", "\xfd" "7zXZ", "xz"},
        {"parquet", "a.parquet", "PAR1abc", data::hasColumnar() ? "cannot be read" : "Parquet"},
        {"zip", "a.csv", "PK\x03\x04", "spreadsheet"},
        {"unknown", "a.doc", "hello", ".parquet, .arrow, .txt or .md"},
        {"column twice", "a.csv", "a,b,a\n1,2,3\n", "\"a\" twice"},
        {"header byte", "a.csv", "a,\xff\n1,2\n", "the header: byte 3"},
        {"header quote", "a.csv", "a,\"b\n1,2\n", "the header: the quote in column 3"},
    };
    return table;
}

std::string quotedField(const std::string& text, base::Random& random)
{
    const bool must = text.find_first_of("\",\r\n") != std::string::npos;
    if (!must && random.below(2) == 0) {
        return text;
    }
    std::string quoted = "\"";
    for (const char byte : text) {
        quoted += byte == '"' ? "\"\"" : std::string(1, byte);
    }
    return quoted + "\"";
}

std::string randomText(base::Random& random, const std::vector<std::string>& pieces)
{
    std::string text;
    for (auto count = random.below(6); count > 0; --count) {
        text += pieces[random.below(pieces.size())];
    }
    return text;
}

} // namespace

class TestSources : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qputenv("XDG_CACHE_HOME", m_folder.filePath("cache").toUtf8()); }

    void rows_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i) {
            QTest::newRow(cases()[i].name) << static_cast<int>(i);
        }
    }

    void rows()
    {
        QFETCH(int, index);
        const Case& one = cases()[static_cast<std::size_t>(index)];
        const auto source = open(one.file, one.content);
        QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
        std::vector<std::string> found;
        for (std::int64_t i = 0; i < (*source)->rowCount(); ++i) {
            const auto row = (*source)->row(i);
            found.push_back(row ? base::dumpJson(*row) : "!" + row.message());
            QVERIFY(!(*source)->rawRow(i).empty());
        }
        QCOMPARE(found.size(), one.rows.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const bool bad = one.rows[i].starts_with('!');
            const bool same = bad ? found[i].starts_with('!') && found[i].find(one.rows[i].substr(1)) != std::string::npos
                                  : base::parseJson(found[i]).value() == base::parseJson(one.rows[i]).value();
            QVERIFY2(same, (found[i] + " for " + one.rows[i]).c_str());
        }
        QVERIFY(!(*source)->row((*source)->rowCount()).ok());
        QVERIFY(!(*source)->row(-1).ok());
        QCOMPARE((*source)->rawRow((*source)->rowCount()), std::string());
    }

    // A hub's snapshot, save_to_disk and people's own folders: what describes a data set is none of its rows.
    void foldersOfDataFiles()
    {
        const auto write = [&](const char* name, const std::string& content) {
            const std::filesystem::path path = pathOf(name);
            std::filesystem::create_directories(path.parent_path());
            std::ofstream(path, std::ios::binary) << content;
        };
        write("snapshot/README.md", "---\nlicense: cc0-1.0\n---\n# Questions\n");
        write("snapshot/LICENSE.txt", "CC0");
        write("snapshot/dataset_info.json", "{\"features\":{}}");
        write("snapshot/data/train-00001-of-00002.jsonl", "{\"a\":3}\n");
        write("snapshot/data/train-00000-of-00002.jsonl", "{\"a\":1}\n{\"a\":2}\n");
        write("snapshot/data/test-00000-of-00001.jsonl", "{\"a\":4}\n");
        const auto snapshot = data::openSource(pathOf("snapshot"));
        QVERIFY2(snapshot.ok(), snapshot.ok() ? "" : snapshot.message().c_str());
        QCOMPARE((*snapshot)->rowCount(), 3);
        for (int i = 0; i < 3; ++i) {
            QVERIFY(*(*snapshot)->row(i) == (Json{{"a", i + 1}}));
        }
        QVERIFY(!(*snapshot)->row(3).ok() && (*snapshot)->rawRow(3).empty());
        QCOMPARE((*snapshot)->notes().size(), std::size_t{2});
        QVERIFY((*snapshot)->notes()[1].starts_with("1 data file is left out, because of the names"));
        // Names that only begin alike stand for themselves, and a folder for testing alone is read.
        write("other/testimonials.csv", "a,b\n1,2\n");
        QCOMPARE((*data::openSource(pathOf("other")))->rowCount(), 1);
        write("held/test/rows.jsonl", "{\"a\":4}\n");
        QCOMPARE((*data::openSource(pathOf("held")))->rowCount(), 1);
        write("about/README.md", "nothing else");
        QVERIFY(!data::openSource(pathOf("about")).ok());
    }

    void refusesWithASentence_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < refused().size(); ++i) {
            QTest::newRow(refused()[i].name) << static_cast<int>(i);
        }
    }

    void refusesWithASentence()
    {
        QFETCH(int, index);
        const Refused& one = refused()[static_cast<std::size_t>(index)];
        const auto source = open(one.file, one.content);
        QVERIFY(!source.ok());
        QVERIFY2(source.message().starts_with(pathOf(one.file)), source.message().c_str());
        QVERIFY2(source.message().find(one.part) != std::string::npos, source.message().c_str());
    }

    void whatIsNoFile()
    {
        const auto missing = data::openSource(pathOf("missing.jsonl"));
        QVERIFY(!missing.ok() && missing.message().find("missing.jsonl: there is no such file") != std::string::npos);
        // What people write in place of a path.
        const std::vector<std::pair<std::string, std::string>> written = {{"https://x.org/rows.jsonl", "nothing is fetched here"}, {"hf://datasets/a/b", "nothing is fetched here"},
                                                                          {"file:///a/rows.jsonl", "write the path alone, /a/rows.jsonl"}, {"~/rows.jsonl", "the ~"},
                                                                          {"'rows.jsonl'", "leave the quotes away"}, {"tatsu-lab/alpaca", "data set on the hub"}};
        for (const auto& [path, part] : written) {
            const auto said = data::openSource(path).message();
            QVERIFY2(said.find(part) != std::string::npos, said.c_str());
        }
        QDir(m_folder.path()).mkdir("empty");
        const auto folder = data::openSource(pathOf("empty"));
        QVERIFY(!folder.ok() && folder.message().find("empty: this folder holds neither texts") != std::string::npos);
        const auto device = data::openSource("/dev/zero");
        QVERIFY(!device.ok() && device.message().find("regular") != std::string::npos);
    }

    // Lines longer than the buffer, and line ends on its border.
    void linesOfAnyLength()
    {
        std::string content;
        std::vector<std::string> expected;
        for (const std::size_t size : {1UL, (1UL << 20) - 9, 1UL << 20, (1UL << 20) + 1, 50UL << 20, 5UL}) {
            expected.emplace_back(size, 'x');
            content += "{\"a\":\"" + expected.back() + "\"}\n";
        }
        const auto source = open("long.jsonl", content);
        QVERIFY(source.ok());
        QCOMPARE((*source)->rowCount(), static_cast<std::int64_t>(expected.size()));
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const auto row = (*source)->row(static_cast<std::int64_t>(i));
            QVERIFY(row.ok() && (*row)["a"] == expected[i]);
        }
        QCOMPARE((*source)->rawRow(4).size(), std::size_t{65536});
    }

    void randomCsvComesBack()
    {
        base::Random random(7);
        const std::vector<std::string> pieces{"a", "\"", ",", "\n", "\r\n", " ", "\xC3\xBC", ";", "\t", "x y"};
        for (int round = 0; round < 60; ++round) {
            std::string content = "one,two,three\n";
            std::vector<std::vector<std::string>> expected;
            for (int row = 0; row < 8; ++row) {
                auto& fields = expected.emplace_back();
                for (int column = 0; column < 3; ++column) {
                    fields.push_back(randomText(random, pieces));
                    content += quotedField(fields.back(), random) + (column < 2 ? "," : random.below(2) ? "\r\n" : "\n");
                }
            }
            const auto source = open("random.csv", content);
            QVERIFY2(source.ok() && (*source)->rowCount() == 8, content.c_str());
            for (std::int64_t row = 0; row < 8; ++row) {
                const auto object = (*source)->row(row);
                QVERIFY2(object.ok(), content.c_str());
                const auto& fields = expected[static_cast<std::size_t>(row)];
                QVERIFY((*object) == Json({{"one", fields[0]}, {"two", fields[1]}, {"three", fields[2]}}));
            }
        }
    }

    // Random bytes of JSON's and CSV's own letters: no crash, no endless walk, each row a value or a sentence.
    void noiseIsSurvived()
    {
        base::Random random(11);
        const std::vector<std::string> pieces{"{", "}", "[", "]", "\"", "\\", ":", ",", "\n", "a", "1", " ", "\"data\":[{", "\xff"};
        for (int round = 0; round < 300; ++round) {
            std::string content;
            for (auto count = random.below(12); count > 0; --count) {
                content += randomText(random, pieces);
            }
            for (const char* name : {"noise.json", "noise.jsonl", "noise.csv", "noise.tsv"}) {
                const auto source = open(name, content);
                for (std::int64_t i = 0; source && i < (*source)->rowCount(); ++i) {
                    const auto row = (*source)->row(i);
                    QVERIFY(row.ok() || !row.message().empty());
                }
            }
        }
    }

    void progressAndCancel()
    {
        std::string content;
        while (content.size() < (20UL << 20)) {
            content += "{\"a\":\"" + std::string(1000, 'y') + "\"}\n";
        }
        for (const char* name : {"big.jsonl", "big.json", "big.csv"}) {
            put(name, content);
            std::vector<std::int64_t> seen;
            const base::CancelToken cancel;
            const auto total = static_cast<std::int64_t>(content.size());
            const auto source = data::openSource(pathOf(name), [&](std::int64_t done, std::int64_t all) {
                seen.push_back(all == total ? done : -1);
            });
            QVERIFY(source.ok());
            QVERIFY(seen.size() >= 2 && seen.front() > 0 && std::is_sorted(seen.begin(), seen.end()));
            QCOMPARE(seen.back(), total);
            const auto stopped = data::openSource(pathOf(name), [&](std::int64_t, std::int64_t) { cancel.cancel(); }, cancel);
            QVERIFY(!stopped.ok());
            QCOMPARE(stopped.message(), std::string("cancelled"));
        }
    }

    // Wherever a piece ends, and however many threads take them, the lines are the same.
    void linesAcrossPieces()
    {
        base::Random random(3);
        for (int round = 0; round < 60; ++round) {
            std::string content;
            std::vector<std::pair<std::uint64_t, std::uint64_t>> expected;
            for (auto lines = random.below(9); lines > 0; --lines) {
                const std::string line(random.below(12), random.below(3) == 0 ? ' ' : 'x');
                if (line.find('x') != std::string::npos) {
                    expected.emplace_back(content.size(), content.size() + line.size());
                }
                content += line + (lines == 1 && random.below(2) == 0 ? "" : "\n");
            }
            put("pieces.jsonl", content);
            const auto file = data::DataFile::open(pathOf("pieces.jsonl"));
            QVERIFY(file.ok());
            for (std::uint64_t piece = 1; piece < 30; ++piece) {
                const auto index = data::indexLines(**file, 0, {}, {}, {piece, static_cast<unsigned>(piece % 3 + 1)});
                QVERIFY(index.ok());
                std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
                for (std::int64_t row = 0; row < index->count(); ++row) {
                    found.emplace_back(index->begin(row), index->begin(row) + index->size(row));
                }
                QVERIFY2(found == expected, content.c_str());
            }
        }
    }

    // Pieces of a CSV file are read at once, wherever they are cut: inside of quotes, of doubled ones, of blank lines.
    void recordsOfPieces()
    {
        const auto recordsOf = [](const data::DataFile& file, const data::CsvIndexSettings& settings) {
            const auto records = data::indexRecords(file, 0, {}, {}, {}, settings);
            std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
            for (std::int64_t row = 0; records && row < records->rows.count(); ++row) {
                found.emplace_back(records->rows.begin(row), records->rows.begin(row) + records->rows.size(row));
            }
            found.emplace_back(records ? records->bare : 99, 0);
            return found;
        };
        const std::vector<std::string> parts = {"a,b\n", "\"x\ny\",z\n", "\n", " \t\r\n", ",\n", " , \n", "\"\"\"\n\"\",\n\"\n", "a \"b,c\n", "\"open,\n", "long text without a sign of anything,end\r\n", "\"\",\"\"\n"};
        std::uint64_t state = 1;
        for (int file = 0; file < 40; ++file) {
            std::string content;
            for (int i = 0; i < 14; ++i) {
                state = state * 6364136223846793005ULL + 1442695040888963407ULL;
                content += parts[(state >> 33) % parts.size()];
            }
            if (file % 3 == 0) { // without its last line end
                content.pop_back();
            }
            QVERIFY(base::writeFileAtomically(pathOf("pieces.csv"), content).ok());
            const auto opened = data::DataFile::open(pathOf("pieces.csv"));
            QVERIFY(opened.ok());
            const auto expected = recordsOf(**opened, {std::uint64_t{1} << 20, 1});
            for (std::uint64_t piece = 1; piece < 40; ++piece) {
                QVERIFY2(recordsOf(**opened, {piece, static_cast<unsigned>(piece % 3 + 2)}) == expected, (content + "#" + std::to_string(piece)).c_str());
            }
        }
    }

    void changedFilesAreNoticed()
    {
        const auto source = open("change.jsonl", "{\"a\":1}\n{\"a\":2}\n");
        std::ofstream(pathOf("change.jsonl"), std::ios::app) << "{\"a\":3}\n";
        QVERIFY((*source)->row(1).ok()); // growing harms nothing
        std::ofstream(pathOf("change.jsonl"), std::ios::trunc) << "{\"something\":\"else\"}\n";
        const auto row = (*source)->row(1);
        QVERIFY(!row.ok() && row.message().find("changed since") != std::string::npos);
        // A row that by chance ends where one ended before, but begins in the middle of another.
        std::ofstream(pathOf("change.jsonl"), std::ios::trunc) << "{\"bbbbbb{\"a\":2}\n";
        QVERIFY(!(*source)->row(1).ok());
        std::ofstream(pathOf("change.jsonl"), std::ios::trunc) << "";
        const auto gone = (*source)->row(1);
        QVERIFY(!gone.ok() && gone.message().find("shorter") != std::string::npos);
        for (const auto& [name, content] : {std::pair{"change.csv", "a\n1\n"}, std::pair{"change.json", "[{\"a\":1}]"}}) {
            const auto other = open(name, content);
            QVERIFY(other.ok() && (*other)->row(0).ok());
            std::ofstream(pathOf(name), std::ios::app) << "\n";
            QVERIFY(!(*other)->row(0).ok());
        }
    }

private:
    std::string pathOf(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)).toStdString(); }

    void put(const char* name, const std::string& content) const
    {
        std::ofstream(pathOf(name), std::ios::binary) << content;
    }

    Result<std::shared_ptr<const data::RowSource>> open(const char* name, const std::string& content) const
    {
        put(name, content);
        return data::openSource(pathOf(name));
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestSources)
#include "tst_sources.moc"
