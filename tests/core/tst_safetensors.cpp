// SPDX-License-Identifier: GPL-3.0-or-later
// Safetensors: what is written reads back, and every malformed file of a corpus gets its own sentence, fast.
#include "core/base/files.h"
#include "core/weights/safetensors.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <cstring>
#include <functional>
#include <sys/stat.h>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

std::string lengthPrefix(std::uint64_t size)
{
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &size, 8);
    return bytes;
}

std::string fileOf(const std::string& header, std::size_t dataBytes)
{
    return lengthPrefix(header.size()) + header + std::string(dataBytes, '\1');
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets)
{
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":["
           + offsets + "]}";
}

std::string oneTensor(const std::string& dtype, const std::string& shape, const std::string& offsets,
                      std::size_t dataBytes)
{
    return fileOf("{" + entry("a", dtype, shape, offsets) + "}", dataBytes);
}

std::string manyTensors(int count)
{
    std::string header = "{";
    for (int i = 0; i < count; ++i) {
        header += (i ? "," : "") + entry("t" + std::to_string(i), "U8", "0", "0,0");
    }
    return fileOf(header + "}", 0);
}

struct Malformed {
    const char* name;
    std::function<std::string()> bytes;
    const char* fragment; // of the sentence
};

const std::vector<Malformed>& corpus()
{
    static const std::vector<Malformed> rows = {
        {"empty", [] { return std::string(); }, "too short"},
        {"seven bytes", [] { return std::string(7, '\0'); }, "too short"},
        {"header longer than file", [] { return lengthPrefix(1000) + "{}"; },
         "needs 1008 bytes, the file has 10"},
        {"header above the limit", [] { return lengthPrefix(100'000'001) + "{}"; }, "at most 100000000"},
        {"header length that wraps", [] { return lengthPrefix(~0ULL) + "{}"; }, "at most 100000000"},
        {"no header", [] { return lengthPrefix(0); }, "not valid JSON"},
        {"not JSON", [] { return fileOf("hello", 0); }, "not valid JSON in UTF-8 at byte"},
        {"cut JSON", [] { return fileOf("{\"a\":{\"dtype\":", 0); }, "not valid JSON"},
        {"text after JSON", [] { return fileOf("{} {}", 0); }, "not valid JSON"},
        {"bad UTF-8", [] { return fileOf("{\"\xff\":1}", 0); }, "UTF-8"},
        {"overlong UTF-8", [] { return fileOf("{\"\xc0\xaf\":1}", 0); }, "UTF-8"},
        {"lone surrogate", [] { return fileOf("{\"\\ud800\":1}", 0); }, "not valid JSON"},
        {"a list", [] { return fileOf("[]", 0); }, "must be a JSON object"},
        {"a number", [] { return fileOf("12", 0); }, "must be a JSON object"},
        {"null", [] { return fileOf("null", 0); }, "must be a JSON object"},
        {"entry is a number", [] { return fileOf("{\"a\":1}", 0); }, "must be an object"},
        {"entry is a list", [] { return fileOf("{\"a\":[1]}", 0); }, "must be an object"},
        {"entry is null", [] { return fileOf("{\"a\":null}", 0); }, "must be an object"},
        {"same tensor twice",
         [] {
             return fileOf("{" + entry("a", "U8", "1", "0,1") + "," + entry("a", "U8", "1", "1,2") + "}", 2);
         },
         "stands twice"},
        {"same key twice in a tensor",
         [] {
             return fileOf("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                           1);
         },
         "\"dtype\" stands twice in tensor \"a\""},
        {"same key twice in metadata",
         [] { return fileOf("{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}}", 0); },
         "stands twice in __metadata__"},
        {"metadata twice", [] { return fileOf("{\"__metadata__\":{},\"__metadata__\":{}}", 0); },
         "stands twice"},
        {"metadata is a number", [] { return fileOf("{\"__metadata__\":3}", 0); }, "must be an object"},
        {"metadata of numbers", [] { return fileOf("{\"__metadata__\":{\"x\":3}}", 0); }, "must be a text"},
        {"metadata nested", [] { return fileOf("{\"__metadata__\":{\"x\":{}}}", 0); }, "must be a text"},
        {"no dtype", [] { return fileOf("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1); },
         "dtype is missing"},
        {"no shape", [] { return fileOf("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1); },
         "shape is missing"},
        {"no offsets", [] { return fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1); },
         "data_offsets is missing"},
        {"old key offsets",
         [] { return fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"offsets\":[0,1]}}", 1); },
         "data_offsets is missing"},
        {"unknown dtype", [] { return oneTensor("F4", "2", "0,1", 1); }, "dtype \"F4\" is not known"},
        {"lower-case dtype", [] { return oneTensor("f32", "1", "0,4", 4); }, "is not known"},
        {"dtype is a number",
         [] { return fileOf("{\"a\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,1]}}", 1); },
         "dtype must not be a number"},
        {"dtype is an object",
         [] { return fileOf("{\"a\":{\"dtype\":{},\"shape\":[1],\"data_offsets\":[0,1]}}", 1); },
         "dtype must not be an object"},
        {"negative extent", [] { return oneTensor("U8", "-1", "0,1", 1); }, "shape must hold whole numbers"},
        {"fractional extent", [] { return oneTensor("U8", "1.5", "0,1", 1); },
         "shape must hold whole numbers"},
        {"extent as text", [] { return oneTensor("U8", "\"1\"", "0,1", 1); },
         "shape must hold whole numbers"},
        {"nested shape", [] { return oneTensor("U8", "[1]", "0,1", 1); }, "shape must hold whole numbers"},
        {"extent of 2^63", [] { return oneTensor("U8", "9223372036854775808", "0,1", 1); }, "too large"},
        {"extent of 2^64", [] { return oneTensor("U8", "18446744073709551616", "0,1", 1); },
         "shape must hold whole numbers"},
        {"shape that wraps", [] { return oneTensor("U8", "4194305,4194305,211106198978564", "0,4", 4); },
         "more bytes than can be counted"},
        {"bytes that wrap", [] { return oneTensor("F64", "2305843009213693953", "0,8", 8); },
         "more bytes than can be counted"},
        {"hundred extents",
         [] {
             std::string shape = "1";
             for (int i = 0; i < 99; ++i) {
                 shape += ",1";
             }
             return oneTensor("U8", shape, "0,1", 1);
         },
         "too large to be true"},
        {"shape and offsets differ", [] { return oneTensor("F32", "2", "0,4", 4); },
         "need 8 bytes, its data_offsets give 4"},
        {"one offset", [] { return oneTensor("U8", "1", "0", 1); }, "two numbers"},
        {"three offsets", [] { return oneTensor("U8", "1", "0,1,2", 1); }, "two numbers"},
        {"negative offset", [] { return oneTensor("U8", "1", "-1,0", 1); },
         "data_offsets must hold whole numbers"},
        {"end before begin", [] { return oneTensor("U8", "1", "2,1", 2); }, "before it begins"},
        {"first not at zero", [] { return oneTensor("U8", "1", "1,2", 2); }, "hole of 1 bytes"},
        {"hole",
         [] {
             return fileOf("{" + entry("a", "U8", "1", "0,1") + "," + entry("b", "U8", "1", "2,3") + "}", 3);
         },
         "tensor \"b\": there is a hole"},
        {"overlap",
         [] {
             return fileOf("{" + entry("a", "U8", "2", "0,2") + "," + entry("b", "U8", "2", "1,3") + "}", 3);
         },
         "overlaps"},
        {"same bytes twice",
         [] {
             return fileOf("{" + entry("a", "U8", "2", "0,2") + "," + entry("b", "U8", "2", "0,2") + "}", 2);
         },
         "overlaps"},
        {"cut data", [] { return oneTensor("F32", "4", "0,16", 12); },
         "need 16 bytes after the header, it has 12"},
        {"offset of 2^64 - 1",
         [] { return oneTensor("U8", "18446744073709551615", "0,18446744073709551615", 1); }, "too large"},
        {"trailing bytes", [] { return oneTensor("U8", "1", "0,1", 3); },
         "2 bytes stand after the last tensor"},
        {"data without tensors", [] { return fileOf("{}", 5); }, "5 bytes stand after"},
        {"deep header",
         [] { return fileOf("{\"a\":{\"x\":" + std::string(5000, '[') + std::string(5000, ']') + "}}", 0); },
         "too deep"},
        {"too many tensors", [] { return manyTensors(200'001); }, "more than 200000 tensors"},
        {"megabytes of numbers",
         [] {
             std::string numbers = "0";
             for (int i = 0; i < 3'000'000; ++i) {
                 numbers += ",0";
             }
             return oneTensor("U8", numbers, "0,1", 1);
         },
         "too large to be true"},
    };
    return rows;
}

} // namespace

class SafetensorsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path put(const std::string& bytes, const char* name = "model.safetensors")
    {
        const fs::path path = fs::path(m_folder.path().toStdString()) / name;
        if (!base::writeFileAtomically(path, bytes)) {
            qFatal("cannot write %s", path.c_str());
        }
        return path;
    }

private Q_SLOTS:
    void malformed_data()
    {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < corpus().size(); ++i) {
            QTest::newRow(corpus()[i].name) << static_cast<int>(i);
        }
    }

    void malformed()
    {
        QFETCH(int, row);
        const Malformed& item = corpus()[static_cast<std::size_t>(row)];
        const fs::path path = put(item.bytes());
        QElapsedTimer clock;
        clock.start();
        const auto file = weights::SafetensorsFile::open(path);
        QVERIFY2(clock.elapsed() < 2000 * support::kPatience, "took too long");
        QVERIFY2(!file.ok(), "was accepted");
        QVERIFY2(file.message().find(item.fragment) != std::string::npos, file.message().c_str());
        QVERIFY2(file.message().find(path.string()) == 0, file.message().c_str());
    }

    void acceptsWhatTheFormatAllows_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("tensors");
        const auto row = [](const char* name, const std::string& bytes, int tensors) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << tensors;
        };
        row("nothing inside", fileOf("{}      ", 0), 0);
        row("metadata null", fileOf("{\"__metadata__\":null}", 0), 0);
        row("metadata after tensors",
            fileOf("{" + entry("a", "U8", "1", "0,1") + ",\"__metadata__\":{\"k\":\"v\"}}", 1), 1);
        row("a single number", oneTensor("F32", "", "0,4", 4), 1);
        row("zero extent", oneTensor("F32", "0,7", "0,0", 0), 1);
        row("empty ones sharing an offset",
            fileOf("{" + entry("a", "U8", "0", "0,0") + "," + entry("b", "U8", "1", "0,1") + ","
                       + entry("c", "U8", "0", "0,0") + "," + entry("d", "U8", "0", "1,1") + "}", 1), 4);
        row("later offsets first",
            fileOf("{" + entry("b", "U8", "1", "1,2") + "," + entry("a", "U8", "1", "0,1") + "}", 2), 2);
        row("unknown key in a tensor",
            fileOf("{\"a\":{\"dtype\":\"U8\",\"extra\":{\"x\":[1,{}]},\"shape\":[1],\"data_offsets\":[0,1]}}",
                   1),
            1);
        for (const char* dtype : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"}) {
            row(dtype, oneTensor(dtype, "3", "0,3", 3), 1);
        }
        for (const char* dtype : {"F64", "I64", "U64"}) {
            row(dtype, oneTensor(dtype, "3", "0,24", 24), 1);
        }
        row("200000 tensors", manyTensors(200'000), 200'000);
    }

    void acceptsWhatTheFormatAllows()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, tensors);
        const auto file = weights::SafetensorsFile::open(put(bytes.toStdString()));
        QVERIFY2(file.ok(), file.ok() ? "" : file.message().c_str());
        QCOMPARE(static_cast<int>((*file)->tensors().size()), tensors);
    }

    void writesAndReadsBack()
    {
        const std::vector<float> floats = {1.5F, -2, 3};
        const std::vector<std::uint8_t> bytes = {7, 8, 9, 10, 11};
        const std::vector<std::int64_t> longs = {-1};
        const fs::path path = put("old");
        std::vector<weights::TensorToWrite> list;
        list.push_back(
            {"z.bytes", weights::Dtype::U8, {5}, [&] { return static_cast<const void*>(bytes.data()); }});
        list.push_back({"b \"quoted\" \xc3\xa9", weights::Dtype::F32, {3, 1}, [&] {
                            return static_cast<const void*>(floats.data());
                        }});
        list.push_back({"a", weights::Dtype::F32, {0, 4}, [] { return static_cast<const void*>(nullptr); }});
        list.push_back(
            {"longs", weights::Dtype::I64, {}, [&] { return static_cast<const void*>(longs.data()); }});
        QVERIFY(weights::writeSafetensors(path, std::move(list), {{"luthier_base", "abc"}}).ok());

        const std::string raw = *base::readFile(path);
        std::uint64_t header = 0;
        std::memcpy(&header, raw.data(), 8);
        QCOMPARE(header % 8, std::uint64_t{0});
        QCOMPARE(raw.substr(8, 16), std::string("{\"__metadata__\":"));
        QVERIFY(raw.find("longs") < raw.find("b \\\"quoted")
                && raw.find("b \\\"quoted") < raw.find("z.bytes"));

        const auto file = weights::SafetensorsFile::open(path);
        QVERIFY2(file.ok(), file.ok() ? "" : file.message().c_str());
        QCOMPARE((*file)->metadata().at("format"), std::string("pt"));
        QCOMPARE((*file)->metadata().at("luthier_base"), std::string("abc"));
        const weights::TensorInfo* info = (*file)->find("b \"quoted\" \xc3\xa9");
        QVERIFY(info);
        QCOMPARE(info->shape, (std::vector<std::int64_t>{3, 1}));
        std::vector<float> back(2);
        QVERIFY((*file)->read(*info, 4, 8, back.data()).ok());
        QCOMPARE(back, (std::vector<float>{-2, 3}));
        QVERIFY(!(*file)->read(*info, 8, 8, back.data()).ok());
        QVERIFY(!(*file)->find("c"));
    }

    void refusesOneNameTwice()
    {
        const fs::path path = put("untouched");
        const auto null = [] { return static_cast<const void*>(nullptr); };
        std::vector<weights::TensorToWrite> list = {{"a", weights::Dtype::U8, {0}, null},
                                                    {"a", weights::Dtype::I8, {0}, null}};
        QVERIFY(!weights::writeSafetensors(path, std::move(list)).ok());
        QCOMPARE(*base::readFile(path), std::string("untouched"));
    }

    void shrinkingFileIsAnError()
    {
        const fs::path path = put(oneTensor("F32", "4", "0,16", 16));
        const auto file = weights::SafetensorsFile::open(path);
        QVERIFY(file.ok());
        fs::resize_file(path, fs::file_size(path) - 4);
        char target[16];
        const auto got = (*file)->read((*file)->tensors()[0], 0, 16, target);
        QVERIFY(!got.ok());
        QVERIFY2(got.message().find("4 bytes short") != std::string::npos, got.message().c_str());
    }

    void pipeAndFolderAreRefused()
    {
        const fs::path pipe = fs::path(m_folder.path().toStdString()) / "pipe.safetensors";
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        for (const fs::path& path : {pipe, pipe.parent_path()}) {
            const auto file = weights::SafetensorsFile::open(path);
            QVERIFY(!file.ok());
            QVERIFY2(file.message().find("not a regular file") != std::string::npos, file.message().c_str());
        }
    }
};

QTEST_GUILESS_MAIN(SafetensorsTest)
#include "tst_safetensors.moc"
