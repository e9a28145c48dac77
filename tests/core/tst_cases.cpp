// SPDX-License-Identifier: GPL-3.0-or-later
// The files of tests/cases, as people really have them: what of each row is trained with the bundled model, and what is said, held to
// tests/cases/expected.json. Whoever adds a file finds what it is now in LUTHIER_CASES_OUT, as a line to be judged. Each went wrong once; neighbours of each are rows of tst_unread and tst_shapes.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/data/unread/unread_fields.h"
#include "tests/core/trained_text.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace luthier;

namespace fs = std::filesystem;

namespace {

const fs::path kCases = fs::path(LUTHIER_SOURCE_DIR) / "tests/cases";

// What the program makes of a file: {"format", "trained": of each row, "said"}.
Json accountOf(const fs::path& path, const data::Encoder& encoder)
{
    const auto dataset = data::Dataset::open(path);
    if (!dataset) {
        return Json{{"refused", dataset.message().substr(path.string().size())}};
    }
    Json trained = Json::array();
    for (std::int64_t row = 0; row < (*dataset)->rowCount(); ++row) {
        const auto example = (*dataset)->example(row);
        const auto encoded = example ? encoder.encode(*example, {}) : Result<data::EncodedExample>(example.error());
        trained.push_back(encoded ? trainedText(*encoded, *encoder.tokenizer) : "! " + encoded.message());
    }
    Json said = Json::array();
    if (const auto report = data::findUnread(**dataset, {&encoder, {}, {}}, {})) {
        for (const std::string& sentence : report->sentences()) {
            said.push_back(sentence);
        }
    }
    return Json{{"format", (*dataset)->format().id}, {"trained", std::move(trained)}, {"said", std::move(said)}};
}

} // namespace

class TestCases : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_CACHE_HOME", m_folder.filePath("cache").toUtf8());
        auto encoder = data::Encoder::load(base::bundledModel());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        m_encoder = std::move(*encoder);
    }

    void doTheRightThing_data()
    {
        QTest::addColumn<QString>("file");
        const auto expected = base::readJson(kCases / "expected.json");
        QVERIFY2(expected.ok(), expected.ok() ? "" : expected.message().c_str());
        m_expected = *expected;
        for (const auto& [file, account] : m_expected.items()) {
            QTest::newRow(file.c_str()) << QString::fromStdString(file);
        }
    }

    void doTheRightThing()
    {
        QFETCH(QString, file);
        const Json account = accountOf(kCases / file.toStdString(), m_encoder);
        const Json& wanted = m_expected[file.toStdString()];
        if (const QString out = qEnvironmentVariable("LUTHIER_CASES_OUT"); !out.isEmpty()) {
            std::ofstream(out.toStdString(), std::ios::app) << base::dumpJson(Json{{"file", file.toStdString()}, {"is", account}}) << "\n";
        }
        if (account.value("refused", std::string()).find("has no Apache Arrow") != std::string::npos) {
            QSKIP("built without Apache Arrow");
        }
        QVERIFY2(account == wanted, ("\nis:    " + base::dumpJson(account) + "\nmeant: " + base::dumpJson(wanted)).c_str());
    }

    // A file that is in no row would be looked at by nobody.
    void allFilesAreHere()
    {
        for (const auto& file : fs::recursive_directory_iterator(kCases)) {
            const std::string name = fs::relative(file.path(), kCases).generic_string();
            if (file.is_regular_file() && name != "expected.json" && !name.starts_with("save-to-disk/") && !name.ends_with("lr-string.json")) {
                QVERIFY2(m_expected.contains(name), name.c_str());
            }
        }
    }

    void aNumberInQuotes()
    {
        const auto recipe = config::readRecipe(kCases / "training" / "lr-string.json");
        QVERIFY(!recipe.ok());
        QVERIFY2(recipe.message().find("without quotes") != std::string::npos && recipe.message().find("learning_rate") != std::string::npos, recipe.message().c_str());
    }

private:
    QTemporaryDir m_folder;
    data::Encoder m_encoder;
    Json m_expected;
};

QTEST_APPLESS_MAIN(TestCases)
#include "tst_cases.moc"
