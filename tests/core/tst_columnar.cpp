// SPDX-License-Identifier: GPL-3.0-or-later
// Parquet and Arrow: what the reference wrote is read value by value, what is written comes back, damage is said.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/data/dataset.h"
#include "core/data/formats/row_writer.h"
#include "core/data/sources/columnar_file.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const fs::path kReference = fs::path(LUTHIER_SOURCE_DIR) / "tests" / "reference" / "columnar";
constexpr const char* kFiles[] = {"table.parquet", "table.arrow", "stream.arrow"};

std::vector<Json> rowsOf(const data::RowSource& source)
{
    std::vector<Json> rows;
    for (std::int64_t i = 0; i < source.rowCount(); ++i) {
        const auto row = source.row(i);
        rows.push_back(row ? *row : Json("error: " + row.message()));
    }
    return rows;
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string all;
    for (const auto& text : texts) {
        all += text + "\n";
    }
    return all;
}

} // namespace

class TestColumnar : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!data::hasColumnar()) {
            QVERIFY(data::openSource(kReference / "table.parquet").message().find("LUTHIER_ARROW=ON") != std::string::npos);
            QSKIP("this build has no Apache Arrow");
        }
        qputenv("XDG_CACHE_HOME", m_folder.filePath("cache").toUtf8());
    }

    void readsWhatTheReferenceWrote_data()
    {
        QTest::addColumn<QString>("file");
        for (const char* file : kFiles) {
            QTest::newRow(file) << file;
        }
    }
    void readsWhatTheReferenceWrote()
    {
        QFETCH(QString, file);
        const auto wanted = data::openSource(kReference / "rows.jsonl");
        QVERIFY(wanted.ok());
        for (int time = 0; time < 2; ++time) { // the second out of the cache
            const auto source = data::openSource(kReference / file.toStdString());
            QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
            const auto found = rowsOf(**source);
            const auto right = rowsOf(**wanted);
            QCOMPARE(found.size(), right.size());
            for (std::size_t i = 0; i < found.size(); ++i) {
                for (const auto& [name, value] : right[i].items()) {
                    const bool isFloat = name == "short" && value.is_number();
                    const bool same = isFloat ? std::abs(found[i][name].get<double>() - value.get<double>()) < 1e-7 : found[i][name] == value;
                    QVERIFY2(same, (name + ": " + base::dumpJson(found[i][name]) + " for " + base::dumpJson(value)).c_str());
                }
                QCOMPARE(found[i].size(), right[i].size());
            }
            QVERIFY(joined((*source)->remarks()).find("\"picture\" holds bytes") != std::string::npos);
        }
    }

    // What is no number is an empty field, and that it was there is said.
    void noNumbersAreSaid()
    {
        const auto source = data::openSource(kReference / "nan.parquet");
        QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
        const auto found = rowsOf(**source);
        QCOMPARE(found.size(), std::size_t{2});
        QVERIFY(found[0]["ratio"].is_null() && found[1]["score"].is_null() && found[0]["score"] == 1.5 && found[1]["ratio"] == 2);
        QVERIFY2(joined((*source)->remarks()).find("NaN or Infinity, which are no numbers and count as empty fields; the first is row 1") != std::string::npos,
                 joined((*source)->remarks()).c_str());
    }

    void whatIsWrittenComesBack()
    {
        base::Random random(9);
        std::vector<Json> rows;
        for (int i = 0; i < 5000; ++i) {
            Json row = {{"prompt", "p" + std::to_string(i)}, {"n", static_cast<std::int64_t>(random.below(100)) - 50}};
            row["score"] = i % 3 ? Json(0.25 * i) : Json(i);
            row["messages"] = Json::array({{{"role", "user"}, {"content", "Grüße " + std::to_string(i)}}, {{"role", "assistant"}, {"content", "b"}}});
            if (i % 2) {
                row["late"] = i % 4 == 1;
            }
            row["mixed"] = i % 2 ? Json("text") : Json({{"a", 1}});
            rows.push_back(std::move(row));
        }
        const auto path = pathOf("out.parquet");
        auto sink = data::RowSink::create(path);
        QVERIFY(sink.ok());
        for (const Json& row : rows) {
            QVERIFY(sink->write(row).ok());
        }
        const auto done = sink->commit();
        QVERIFY2(done.ok(), done.ok() ? "" : done.message().c_str());
        QVERIFY(!fs::exists(path + ".rows"));
        const auto source = data::openSource(path);
        QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
        const auto found = rowsOf(**source);
        QCOMPARE(found.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            QVERIFY(found[i]["prompt"] == rows[i]["prompt"] && found[i]["n"] == rows[i]["n"]);
            QVERIFY(found[i]["messages"] == rows[i]["messages"]);
            QCOMPARE(found[i]["score"].get<double>(), rows[i]["score"].get<double>());
            QVERIFY(i % 2 ? found[i]["late"] == rows[i]["late"] : found[i]["late"].is_null());
            QCOMPARE(found[i]["mixed"].get<std::string>(), i % 2 ? std::string("text") : std::string("{\"a\":1}"));
        }
        const auto set = data::Dataset::open(path);
        QVERIFY(set.ok());
        QCOMPARE((*set)->format().id, std::string("chat"));
    }

    void tablesNeedFields()
    {
        auto sink = data::RowSink::create(pathOf("none.parquet"));
        QVERIFY(sink.ok() && sink->write(Json::array({1})).ok());
        const auto done = sink->commit();
        QVERIFY(!done.ok() && done.message().find("none.parquet: row 1") != std::string::npos);
        QVERIFY(!fs::exists(pathOf("none.parquet")));
    }

    // Torn and changed files: rows or a sentence, no crash.
    void damageIsSurvived()
    {
        base::Random random(13);
        for (const char* file : kFiles) {
            const std::string good = base::readFile(kReference / file).value();
            int said = 0;
            for (int round = 0; round < 120; ++round) {
                std::string bytes = good;
                if (round % 3 == 0) {
                    bytes.resize(16 + random.below(bytes.size() - 16));
                }
                for (int change = 0; change < 1 + round % 5; ++change) {
                    bytes[8 + random.below(bytes.size() - 8)] = static_cast<char>(random.below(256));
                }
                const auto path = pathOf(std::to_string(round) + file);
                std::ofstream(path, std::ios::binary) << bytes;
                const auto source = data::openSource(path);
                said += source.ok() ? 0 : 1;
                QVERIFY(source.ok() || source.message().starts_with(path + ": "));
            }
            QVERIFY(said > 20);
        }
    }

    // More rows than are waited for: the rest comes while the first are read, and from the cache the next time.
    void rowsThatAreStillMade()
    {
        const std::int64_t count = 40'000;
        const auto path = manyRows("many.parquet", count);
        for (int round = 0; round < 2; ++round) {
            const auto source = data::openSource(path);
            QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
            QCOMPARE((*source)->rowCount(), count);
            for (const std::int64_t row : {std::int64_t{0}, count - 1, count / 2}) {
                QCOMPARE(base::dumpJson(*(*source)->row(row)), rowText(row));
                QCOMPARE((*source)->rawRow(row), rowText(row));
            }
            QVERIFY(!(*source)->row(count).ok());
        }
        // Closed at once: what was made goes, and the next one makes it all.
        const auto other = manyRows("other.parquet", count);
        const auto parts = partFiles();
        QVERIFY(data::openSource(other).ok());
        QCOMPARE(partFiles(), parts);
        QCOMPARE(base::dumpJson(*(*data::openSource(other))->row(count - 1)), rowText(count - 1));
    }

    void damageBehindTheFirstRows()
    {
        const std::int64_t count = 140'000; // in three groups
        const auto path = manyRows("torn.parquet", count);
        std::string bytes = base::readFile(path).value();
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 7 / 10), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 8 / 10), '\xff');
        std::ofstream(path, std::ios::binary) << bytes;
        const auto source = data::openSource(path);
        QVERIFY2(source.ok(), source.ok() ? "" : source.message().c_str());
        QCOMPARE(base::dumpJson(*(*source)->row(0)), rowText(0));
        const auto last = (*source)->row(count - 1);
        QVERIFY(!last.ok() && last.message().find("cannot be read") != std::string::npos);
        QVERIFY((*source)->rawRow(count - 1).empty());
    }

    void cancelLeavesNothing()
    {
        const base::CancelToken cancel;
        cancel.cancel();
        const auto path = pathOf("cancel.parquet");
        fs::copy_file(kReference / "table.parquet", path);
        QCOMPARE(data::openSource(path, {}, cancel).message(), std::string("cancelled"));
        QVERIFY(data::openSource(path).ok());
    }

private:
    static std::string rowText(std::int64_t row)
    {
        return base::dumpJson({{"prompt", "Question " + std::to_string(row)}, {"completion", std::to_string(row * 7919 % 10007)}});
    }
    std::string manyRows(const std::string& name, std::int64_t count) const
    {
        std::ofstream lines(pathOf("lines.jsonl"), std::ios::binary);
        for (std::int64_t row = 0; row < count; ++row) {
            lines << rowText(row) << '\n';
        }
        lines.close();
        std::ofstream out(pathOf(name), std::ios::binary);
        const auto write = [&out](std::string_view text) -> Result<void> {
            out << text;
            return {};
        };
        return data::linesToParquet(pathOf("lines.jsonl"), write).ok() ? pathOf(name) : std::string();
    }
    static int partFiles()
    {
        int count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(base::userCacheFolder())) {
            count += entry.path().string().find(".part-") != std::string::npos ? 1 : 0;
        }
        return count;
    }

    std::string pathOf(const std::string& name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestColumnar)
#include "tst_columnar.moc"
