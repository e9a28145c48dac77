// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows training takes: none that the person left out, and none made by augmentation among the held-out ones.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/train/training_data.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;

class TestTrainingRows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void excludedRowsAreNotTrained();
    void syntheticRowsAreNeverHeldOut();

private:
    Result<train::TrainingData> prepare(const std::map<std::string, data::Exclusions>& exclusions) const
    {
        config::RunConfig config;
        config.data.train = {m_path};
        config.data.heldOutShare = 0.2;
        train::EncodeSettings encode;
        encode.vocab = std::int64_t{1} << 30;
        return train::prepareData({config, {}, m_encoder, encode, &exclusions});
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
    const auto all = prepare({});
    QVERIFY2(all, all ? "" : all.message().c_str());
    QCOMPARE(all->train.size() + all->heldOut.size(), std::size_t{100});
    QVERIFY(!all->heldOut.isEmpty());
    QCOMPARE(all->heldOutHashes.size(), all->heldOut.size());
    const auto fewer = prepare({{m_path, {0, 5, 99}}, {"/elsewhere.jsonl", {1, 2}}});
    QVERIFY(fewer);
    QCOMPARE(fewer->train.size() + fewer->heldOut.size(), std::size_t{97});
    QCOMPARE(fewer->skipped, 0); // left out on purpose is not broken
    QVERIFY(fewer->warnings.empty());
}

void TestTrainingRows::syntheticRowsAreNeverHeldOut()
{
    writeRows(false);
    const auto natural = prepare({});
    writeRows(true);
    const auto more = prepare({});
    QVERIFY(natural && more);
    QCOMPARE(more->train.size(), natural->train.size() + 100);
    // The very same rows are held out as without them.
    QCOMPARE(more->heldOut.hash(), natural->heldOut.hash());
}

QTEST_APPLESS_MAIN(TestTrainingRows)
#include "tst_training_rows.moc"
