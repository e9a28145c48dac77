// SPDX-License-Identifier: GPL-3.0-or-later
// A run's rows out of a recipe and a project: what the recipe names is right, what was done in the project is done to them,
// and what cannot be read is no "nothing".
#include "core/base/files.h"
#include "core/store/data_files.h"
#include "core/store/database.h"
#include "core/store/run_rows.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using support::need;

class TestRunRows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = at("rows.csv");
        need(base::writeFileAtomically(m_path, "frage,antwort\nOne?,First.\nTwo?,Second.\nThree?,Third.\n"));
        m_project = need(store::Project::open(at("project")));
        m_settings = {};
        m_settings.train = {m_path};
    }

    void withoutAProject()
    {
        m_settings.columns = {"prompt=frage", "completion=antwort"};
        const auto rows = need(store::runRows(nullptr, m_settings));
        QCOMPARE(rows.train.size(), std::size_t{1});
        QVERIFY(rows.heldOut.empty());
        const auto dataset = need(rows.train[0].open());
        QCOMPARE(dataset->format().id, std::string("completion"));
        QCOMPARE(dataset->rowCount(), 3);
    }

    // What was chosen on the Data page holds for a recipe that says nothing.
    void theProjectFillsIn()
    {
        need(m_project->addSource(m_path, "completion"));
        need(store::keepColumns(*m_project, m_path, {"prompt=frage", "completion=antwort"}));
        need(m_project->saveEdit(m_path, 1, Json{{"prompt", "Edited?"}, {"completion", "Yes."}}));
        need(m_project->setExcluded(m_path, {2}, true));
        store::EditStep step;
        step.path = m_path;
        step.text = "tag";
        step.tags = {{"hard", {0}, true}};
        need(m_project->recordStep(step));
        m_settings.heldOut = {m_path};
        const auto rows = need(store::runRows(m_project.get(), m_settings));
        for (const auto* files : {&rows.train, &rows.heldOut}) {
            const train::RunFile& file = files->at(0);
            QCOMPARE(file.format, std::string("completion"));
            QCOMPARE(file.columns.size(), std::size_t{2});
            QCOMPARE(file.excluded, data::Exclusions{2});
            QCOMPARE(file.tags, (data::RowTags{{0, {"hard"}}}));
            const auto dataset = need(file.open());
            QCOMPARE(need(dataset->field(1, "prompt")), std::string("Edited?"));
            QVERIFY(dataset->isExcluded(2) && !dataset->isExcluded(0));
        }
    }

    void theRecipeIsRight()
    {
        need(m_project->addSource(m_path, "text"));
        need(store::keepColumns(*m_project, m_path, {"text=frage"}));
        m_settings.format = "completion";
        m_settings.columns = {"prompt=frage", "completion=antwort"};
        const auto rows = need(store::runRows(m_project.get(), m_settings));
        QCOMPARE(rows.train[0].format, std::string("completion"));
        QCOMPARE(rows.train[0].columns, m_settings.columns);
    }

    void whatCannotBeReadIsSaid_data()
    {
        QTest::addColumn<QByteArray>("damage");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("an edit") << QByteArray("UPDATE edits SET body = '{'") << QByteArray("the edit of row 2");
        QTest::newRow("left-out rows") << QByteArray("DROP TABLE exclusions") << QByteArray("exclusions");
        QTest::newRow("columns") << QByteArray("UPDATE project_values SET value = '7' WHERE key LIKE 'columns:%'") << QByteArray("columns of");
    }

    void whatCannotBeReadIsSaid()
    {
        QFETCH(QByteArray, damage);
        QFETCH(QByteArray, said);
        need(m_project->saveEdit(m_path, 1, Json{{"prompt", "Edited?"}, {"completion", "Yes."}}));
        need(m_project->setExcluded(m_path, {2}, true));
        need(store::keepColumns(*m_project, m_path, {"prompt=frage", "completion=antwort"}));
        {
            auto database = need(store::Database::open(m_project->folder() / "luthier.db", store::Database::Mode::ReadWrite));
            need(database.execute(damage.constData()));
        }
        const auto rows = store::runRows(m_project.get(), m_settings);
        QVERIFY(!rows.ok());
        QVERIFY2(QByteArray(rows.message().c_str()).contains(said), rows.message().c_str());
    }

    // A run of another project was not made from this one's edits.
    void ofAnotherProject()
    {
        need(m_project->setExcluded(m_path, {2}, true));
        const auto run = need(m_project->createRun("first", Json::object()));
        QCOMPARE(need(store::runRows(*m_project, run.folder, m_settings)).train[0].excluded, data::Exclusions{2});
        QVERIFY(need(store::runRows(*m_project, at("elsewhere"), m_settings)).train[0].excluded.empty());
    }

private:
    std::string at(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)).toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<store::Project> m_project;
    std::string m_path;
    config::DataSettings m_settings;
};

QTEST_APPLESS_MAIN(TestRunRows)
#include "tst_run_rows.moc"
