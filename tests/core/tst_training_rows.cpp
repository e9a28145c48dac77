// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows training takes: none that the person left out, and none made by augmentation among the held-out ones.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/train/plan/step_rows.h"
#include "core/train/plan/training_data.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <set>

using namespace luthier;

class TestTrainingRows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void excludedRowsAreNotTrained();
    void syntheticRowsAreNeverHeldOut();
    void rowsOfAStepAreFound();
    void fieldsDecideWhoIsHeldOut();

private:
    Result<train::TrainingData> prepare(const data::Exclusions& excluded = {}) const
    {
        config::RunConfig config;
        config.data.train = {m_path};
        config.data.heldOutShare = 0.2;
        train::EncodeSettings encode;
        encode.vocab = std::int64_t{1} << 30;
        train::RunRows rows = train::runRows(config.data);
        rows.train[0].excluded = excluded;
        return train::prepareData({config, rows, m_encoder, encode});
    }
    void writeRows(bool withSynthetic)
    {
        std::string text;
        for (int i = 0; i < 100; ++i) {
            Json row = {{"instruction", "Question " + std::to_string(i) + "?"}, {"output", "Answer " + std::to_string(i) + "."}};
            text += base::dumpJson(row) + "\n";
            if (withSynthetic) {
                row["instruction"] = "Please answer: " + row["instruction"].get<std::string>();
                row["synthetic"] = true;
                text += base::dumpJson(row) + "\n";
            }
        }
        QVERIFY(base::writeFileAtomically(m_path, text));
    }

    QTemporaryDir m_folder;
    std::string m_path;
    data::Encoder m_encoder;
};

void TestTrainingRows::initTestCase()
{
    m_path = m_folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
    auto encoder = data::Encoder::load(base::bundledModel());
    QVERIFY(encoder);
    m_encoder = std::move(*encoder);
}

void TestTrainingRows::excludedRowsAreNotTrained()
{
    writeRows(false);
    const auto all = prepare();
    QVERIFY2(all, all ? "" : all.message().c_str());
    QCOMPARE(all->train.size() + all->heldOut.size(), std::size_t{100});
    QVERIFY(!all->heldOut.isEmpty());
    QCOMPARE(all->heldOutHashes.size(), all->heldOut.size());
    const auto fewer = prepare({0, 5, 99, 1000});
    QVERIFY(fewer);
    QCOMPARE(fewer->excluded, 3); // the file has no row 1000
    QCOMPARE(fewer->train.size() + fewer->heldOut.size(), std::size_t{97});
    QCOMPARE(fewer->skipped, 0); // left out on purpose is not broken
    QVERIFY(fewer->warnings.empty());
}

void TestTrainingRows::syntheticRowsAreNeverHeldOut()
{
    writeRows(false);
    const auto natural = prepare();
    writeRows(true);
    const auto more = prepare();
    QVERIFY(natural && more);
    QCOMPARE(more->train.size(), natural->train.size() + 100);
    // The very same rows are held out as without them.
    QCOMPARE(more->heldOut.hash(), natural->heldOut.hash());
}

// Over one epoch every training row is in one step, and the last step takes what is left.
void TestTrainingRows::rowsOfAStepAreFound()
{
    writeRows(false);
    const auto all = prepare();
    QVERIFY(all.ok());
    config::RunConfig config;
    config.model.path = base::bundledModel().string();
    config.data.train = {m_path};
    config.data.heldOutShare = 0.2;
    config.run.batchSize = 4;
    config.run.gradientAccumulation = 3;
    config.run.epochs = 2;
    const auto folder = m_folder.filePath(QStringLiteral("run")).toStdString();
    QVERIFY(base::makeDirectories(folder).ok());
    QVERIFY(base::writeFileAtomically(folder + "/recipe.json", base::dumpJson(config::toJson(config))).ok());
    const std::int64_t steps = (static_cast<std::int64_t>(all->train.size()) + 11) / 12;
    for (const std::int64_t epoch : {0, 1}) {
        std::set<std::int64_t> seen;
        for (std::int64_t step = 1; step <= steps; ++step) {
            const auto rows = train::rowsOfStep({folder, epoch * steps + step});
            QVERIFY2(rows.ok(), rows.ok() ? "" : rows.message().c_str());
            QVERIFY(rows->size() <= 12 && (step == steps || rows->size() == 12));
            for (const auto& [file, row] : *rows) {
                QCOMPARE(file, m_path);
                QVERIFY(seen.insert(row).second);
            }
        }
        std::set<std::int64_t> wanted;
        for (std::size_t i = 0; i < all->train.size(); ++i) {
            wanted.insert(all->train.item(i).place.row);
        }
        QVERIFY(seen == wanted);
    }
    QVERIFY(train::rowsOfStep({folder, 2 * steps + 1}).message().find("1 to " + std::to_string(2 * steps)) != std::string::npos);
    QVERIFY(!train::rowsOfStep({m_folder.path().toStdString(), 1}).ok());
}

void TestTrainingRows::fieldsDecideWhoIsHeldOut()
{
    std::string text;
    for (int i = 0; i < 100; ++i) {
        const Json row = {{"Frage", "Question " + std::to_string(i) + "?"}, {"Antwort", "Answer."}, {"tag", i < 90 ? "often" : "seldom"}};
        text += base::dumpJson(row) + "\n";
    }
    QVERIFY(base::writeFileAtomically(m_path, text));
    config::RunConfig config;
    config.data.train = {m_path};
    config.data.heldOutShare = 0.2;
    config.data.columns = {"prompt=Frage", "completion=Antwort"};
    config.data.stratifyBy = "tag";
    train::EncodeSettings encode;
    encode.vocab = std::int64_t{1} << 30;
    const train::RunRows rows = train::runRows(config.data);
    const auto data = train::prepareData({config, rows, m_encoder, encode});
    QVERIFY2(data, data ? "" : data.message().c_str());
    QCOMPARE(data->heldOut.size(), std::size_t{20});
    std::int64_t seldom = 0;
    for (std::size_t i = 0; i < data->train.size(); ++i) {
        seldom += data->train.item(i).place.row >= 90 ? 1 : 0;
    }
    QCOMPARE(seldom, 8); // two of ten are held out
}

QTEST_APPLESS_MAIN(TestTrainingRows)
#include "tst_training_rows.moc"
