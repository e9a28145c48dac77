// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed files, folders of text and pasted text: what is read, what is said of damage, what stays in the cache.
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/dataset.h"
#include "core/data/sources/pasted_text.h"
#include "core/data/sources/unpacked_file.h"

#include <QTemporaryDir>
#include <QtTest>

#include <chrono>
#include <fstream>

#include <zlib.h>
#include <zstd.h>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

std::string gzip(const std::string& plain)
{
    z_stream state{};
    deflateInit2(&state, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&state, plain.size()) + 32, '\0');
    state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    state.avail_in = static_cast<uInt>(plain.size());
    state.next_out = reinterpret_cast<Bytef*>(packed.data());
    state.avail_out = static_cast<uInt>(packed.size());
    deflate(&state, Z_FINISH);
    packed.resize(state.total_out);
    deflateEnd(&state);
    return packed;
}

std::string zstd(const std::string& plain)
{
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3);
    packed.resize(size);
    return packed;
}

struct Packer {
    const char* name;
    const char* extension;
    std::string (*pack)(const std::string&);
};
const std::vector<Packer> kPackers{{"gzip", ".gz", gzip}, {"zstd", ".zst", zstd}};

std::string rows(int count)
{
    base::Random random(3);
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "{\"text\":\"row " + std::to_string(i) + " " + std::to_string(random.below(1000000000)) + "\"}\n";
    }
    return text;
}

} // namespace

class TestPacked : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qputenv("XDG_CACHE_HOME", m_folder.filePath("cache").toUtf8()); }

    void packers_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < kPackers.size(); ++i) {
            QTest::newRow(kPackers[i].name) << static_cast<int>(i);
        }
    }

    void rowsComeBack_data() { packers_data(); }
    void rowsComeBack()
    {
        QFETCH(int, index);
        const Packer& packer = kPackers[static_cast<std::size_t>(index)];
        const std::string plain = rows(200000); // some pieces long
        struct Variant {
            const char* file;
            std::string bytes;
            std::int64_t count;
        };
        const std::vector<Variant> variants{
            {"one.jsonl", packer.pack(plain), 200000},
            {"two members.jsonl", packer.pack("{\"text\":\"x\"}\n") + packer.pack("{\"text\":\"y\"}\n"), 2},
            {"an empty member.jsonl", packer.pack("") + packer.pack("{\"text\":\"y\"}\n"), 1},
            {"table.csv", packer.pack("\xEF\xBB\xBFtext,b\n1,2\n3,4\n5,6\n"), 3},
            {"long line.jsonl", packer.pack("{\"text\":\"" + std::string(50 << 20, 'z') + "\"}\n"), 1},
            {"document.txt", packer.pack("a\nb\n"), 1},
        };
        for (const Variant& variant : variants) {
            const std::string path = put(variant.file + std::string(packer.extension), variant.bytes);
            const auto set = data::Dataset::open(path);
            QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
            QCOMPARE((*set)->rowCount(), variant.count);
            QVERIFY((*set)->example(variant.count - 1).ok());
            QVERIFY(!(*set)->notes().empty() && (*set)->notes()[0].find(packer.name) != std::string::npos);
        }
    }

    void damageIsSaid_data() { packers_data(); }
    void damageIsSaid()
    {
        QFETCH(int, index);
        const Packer& packer = kPackers[static_cast<std::size_t>(index)];
        const std::string good = packer.pack(rows(50000));
        const auto said = [&](const std::string& name, const std::string& bytes) {
            const std::string path = put(name + ".jsonl" + packer.extension, bytes);
            const auto source = data::openSource(path);
            return source.ok() ? std::string() : source.message().starts_with(path + ": ") ? source.message() : "no path";
        };
        for (const std::size_t size : {good.size() - 1, good.size() - 9, good.size() / 2, std::size_t{20}}) {
            const auto sentence = said("torn" + std::to_string(size), good.substr(0, size));
            QVERIFY2(sentence.find("breaks off after " + std::to_string(size) + " bytes") != std::string::npos, sentence.c_str());
        }
        std::string bad = good;
        for (std::size_t at = good.size() / 3; at < good.size() / 3 + 40; ++at) {
            bad[at] = static_cast<char>(bad[at] ^ 0x5a);
        }
        QVERIFY(said("bad", bad).find("damaged near byte") != std::string::npos);
        QVERIFY(said("more behind", good + "no stream").find("damaged near byte") != std::string::npos);
        if (std::string(packer.name) == "gzip") {
            QVERIFY(said("padded", good + std::string(5000, '\0')).empty());
        }
    }

    // Whatever the bytes are: rows or a sentence.
    void noiseIsSurvived()
    {
        base::Random random(5);
        for (int round = 0; round < 200; ++round) {
            const Packer& packer = kPackers[static_cast<std::size_t>(round) % kPackers.size()];
            std::string bytes = packer.pack(rows(30));
            for (int change = 0; change < 3; ++change) {
                bytes[4 + random.below(bytes.size() - 4)] = static_cast<char>(random.below(256));
            }
            const auto source = data::openSource(put("noise" + std::to_string(round) + ".jsonl" + packer.extension, bytes));
            QVERIFY(source.ok() || !source.message().empty());
        }
    }

    void unpacksOnceAndAnewWhenChanged()
    {
        const std::string path = put("once.jsonl.gz", gzip(rows(10)));
        const auto file = data::DataFile::open(path);
        const auto* kind = data::findPackedKind("\x1f\x8b\x08");
        QVERIFY(kind);
        const auto first = data::unpackedFile(**file, *kind, settings());
        QVERIFY(first.ok());
        QCOMPARE(first->filename().string(), std::string("once.jsonl"));
        std::ofstream(*first, std::ios::trunc) << "mark";
        const auto second = data::unpackedFile(**file, *kind, settings());
        QVERIFY(second.ok() && *second == *first);
        QCOMPARE(base::readFile(*second).value(), std::string("mark")); // was not written again
        put("once.jsonl.gz", gzip(rows(11)));
        const auto changed = data::DataFile::open(path);
        const auto third = data::unpackedFile(**changed, *kind, settings());
        QVERIFY(third.ok() && *third != *first);
        // What nobody used goes when another is unpacked.
        fs::last_write_time(first->parent_path(), fs::file_time_type::clock::now() - std::chrono::hours(24 * 15));
        const auto other = data::DataFile::open(put("other.jsonl.gz", gzip(rows(1))));
        QVERIFY(data::unpackedFile(**other, *kind, settings()).ok());
        QVERIFY(!fs::exists(*first) && fs::exists(*third));
    }

    void boundsAndCancel()
    {
        const auto file = data::DataFile::open(put("bomb.jsonl.zst", zstd(std::string(40 << 20, 'x'))));
        const auto* kind = data::findPackedKind("\x28\xb5\x2f\xfd");
        auto small = settings();
        small.maxBytes = 1 << 20;
        const auto refused = data::unpackedFile(**file, *kind, small);
        QVERIFY(!refused.ok() && refused.message().find("larger than 1048576 bytes") != std::string::npos);
        auto full = settings();
        full.spareBytes = std::uint64_t{1} << 60;
        const auto stopped = data::unpackedFile(**file, *kind, full);
        QVERIFY(!stopped.ok() && stopped.message().find("make room") != std::string::npos);
        const base::CancelToken cancel;
        const auto cancelled
            = data::unpackedFile(**file, *kind, settings(), [&](std::int64_t, std::int64_t) { cancel.cancel(); }, cancel);
        QVERIFY(cancelled.ok() || cancelled.message() == "cancelled"); // one piece alone is done before it is asked
        cancel.cancel();
        const auto big = data::DataFile::open(put("big.jsonl.zst", zstd(rows(200000))));
        const auto none = data::unpackedFile(**big, *kind, settings(), {}, cancel);
        QVERIFY(!none.ok() && none.message() == "cancelled");
        for (const auto& entry : fs::recursive_directory_iterator(settings().folder)) {
            QVERIFY(!entry.is_regular_file() || entry.path().filename().string().find("big") == std::string::npos);
        }
    }

    void foldersOfText()
    {
        const fs::path root = m_folder.filePath("texts").toStdString();
        fs::create_directories(root / "b" / ".git");
        for (const char* name : {"z.txt", "a.md", "b/c.TXT", "b/.hidden.txt", "b/.git/x.txt", "picture.png"}) {
            std::ofstream(root / name) << "of " << name << "\r\nmore";
        }
        const auto set = data::Dataset::open(root);
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
        QCOMPARE((*set)->format().id, std::string("text"));
        QStringList found;
        for (std::int64_t i = 0; i < (*set)->rowCount(); ++i) {
            const auto row = (*set)->row(i);
            QVERIFY(row.ok());
            found += QString::fromStdString((*row)["file"].get<std::string>() + "=" + (*row)["text"].get<std::string>());
        }
        QCOMPARE(found.join("|"), QString("a.md=of a.md\nmore|b/c.TXT=of b/c.TXT\nmore|z.txt=of z.txt\nmore"));
        QVERIFY((*set)->notes()[0].starts_with("1 files of other kinds"));
        QVERIFY((*set)->rawRow(0).starts_with("of a.md\r\n"));
        fs::remove(root / "z.txt");
        QVERIFY(!(*set)->row(2).ok());
    }

    void pastedText_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("extension");
        QTest::addColumn<int>("rows");
        QTest::newRow("lines") << "{\"text\":\"a\"}\n{\"text\":\"b\"}" << ".jsonl" << 2;
        QTest::newRow("one object") << " {\"text\":\"a\"} \n" << ".json" << 1;
        QTest::newRow("list") << "[\n{\"text\":\"a\"},\n{\"text\":\"b\"}]" << ".json" << 2;
        QTest::newRow("spreadsheet") << "prompt\tcompletion\nx, y\tz\r\nq\tr\r\n" << ".tsv" << 2;
        QTest::newRow("commas") << "prompt,completion\n1,2\n\n3,4" << ".csv" << 2;
        QTest::newRow("prose") << "First, a line.\nThen, another line." << ".txt" << 1;
        QTest::newRow("one line") << "a,b,c" << ".txt" << 1;
    }
    void pastedText()
    {
        QFETCH(QString, text);
        QFETCH(QString, extension);
        QFETCH(int, rows);
        const fs::path folder = m_folder.filePath("pasted").toStdString();
        const auto path = data::keepPasted("\xEF\xBB\xBF" + text.toStdString(), folder);
        QVERIFY2(path.ok(), path.ok() ? "" : path.message().c_str());
        QCOMPARE(QString::fromStdString(path->extension().string()), extension);
        QCOMPARE(*path, data::keepPasted(text.toStdString(), folder).value());
        const auto set = data::Dataset::open(*path);
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
        QCOMPARE((*set)->rowCount(), rows);
    }

    void nothingPasted()
    {
        const fs::path folder = m_folder.filePath("pasted").toStdString();
        QVERIFY(!data::keepPasted(" \n\t", folder).ok());
        QVERIFY(data::keepPasted("ab\xff", folder).message().find("byte 3 (0xff)") != std::string::npos);
    }

private:
    std::string put(const std::string& name, const std::string& content) const
    {
        const std::string path = m_folder.filePath(QString::fromStdString(name)).toStdString();
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
        return path;
    }

    data::UnpackSettings settings() const
    {
        data::UnpackSettings settings;
        settings.folder = m_folder.filePath("unpacked").toStdString();
        return settings;
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestPacked)
#include "tst_packed.moc"
