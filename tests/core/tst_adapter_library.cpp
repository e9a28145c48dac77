// SPDX-License-Identifier: GPL-3.0-or-later
// The adapters of a project: what is listed, imported, noted and deleted, and a base that does not fit.
#include "core/base/files.h"
#include "core/store/adapter_library.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

class TestAdapterLibrary : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void factsOfEveryKind()
    {
        struct Row {
            fs::path path;
            const char* method;
            const char* details;
        };
        const Row rows[] = {
            {kReference / "combine/first", "LoRA", "rank 3, alpha 6, "},
            {kReference / "methods/dora", "DoRA", "rank "},
            {kReference / "methods/ia3", "IA3", ""},
            {kReference / "methods/prompt", "Prompt tuning", "virtual tokens "},
        };
        for (const Row& row : rows) {
            QVERIFY(peft::isAdapter(row.path));
            const auto facts = peft::readAdapterFacts(row.path);
            QVERIFY2(facts.problem.empty(), facts.problem.c_str());
            QCOMPARE(facts.method, row.method);
            QVERIFY2(facts.details.find(row.details) == 0, facts.details.c_str());
            QVERIFY(facts.parameters > 0 && facts.bytes > 0);
        }
        QVERIFY(!peft::isAdapter(kReference / "llama/plain"));
        QVERIFY(!peft::isAdapter("/nowhere"));
    }

    void listedImportedAndDeleted()
    {
        support::TinyRun tiny;
        auto project = need(store::Project::open(tiny.path("project")));
        QVERIFY(need(store::adapters(*project)).empty());
        // A run of the project.
        const auto row = need(project->createRun("fish", config::toJson(tiny.config)));
        support::EventLog log;
        train::StopControl control;
        const auto ended = train::run(tiny.config, {row.folder, {}, false}, control, log);
        QVERIFY2(ended.outcome == train::Outcome::Finished, ended.sentence.c_str());
        QVERIFY(project->appendEvents(row.id, log.events).ok());
        // And an imported one, twice.
        const auto imported = need(store::importAdapter(*project, kReference / "combine/first"));
        const auto second = need(store::importAdapter(*project, kReference / "combine/first"));
        QCOMPARE(imported.filename().string(), "first");
        QCOMPARE(second.filename().string(), "first-2");
        QVERIFY(store::setAdapterNotes(*project, imported, "from afar").ok());
        auto all = need(store::adapters(*project));
        QCOMPARE(all.size(), std::size_t(3));
        QCOMPARE(all[0].name, "fish");
        QCOMPARE(all[0].run, row.id);
        QCOMPARE(all[0].trainedOn, "rows.jsonl");
        QCOMPARE(all[0].facts.method, "LoRA");
        QVERIFY(all[0].measures.heldOut().has_value());
        QCOMPARE(all[1].notes, "from afar");
        // The parent's hash decides, and the refusal names both.
        QVERIFY(peft::checkParent(all[0].facts, tiny.path("model")).ok());
        const auto other = peft::checkParent(all[0].facts, kReference / "llama/plain");
        QVERIFY(!other.ok());
        QVERIFY2(other.message().find(tiny.path("model")) != std::string::npos && other.message().find("llama/plain") != std::string::npos,
                 other.message().c_str());
        QVERIFY(peft::checkParent(all[1].facts, kReference / "llama/plain").ok()); // it does not say

        QVERIFY(store::deleteAdapter(*project, second).ok());
        QVERIFY(store::deleteAdapter(*project, all[0].facts.path).ok());
        all = need(store::adapters(*project));
        QCOMPARE(all.size(), std::size_t(1));
        QVERIFY(fs::exists(fs::path(tiny.path("project")) / "trash/first-2/adapter_config.json"));
        QVERIFY(fs::exists(fs::path(tiny.path("project")) / ("trash/adapter-of-run-" + std::to_string(row.id))));
        QVERIFY(!store::deleteAdapter(*project, kReference / "combine/first"));
        QVERIFY(fs::exists(kReference / "combine/first"));
    }

    void whatIsNoAdapter()
    {
        support::TinyRun tiny;
        auto project = need(store::Project::open(tiny.path("project")));
        QVERIFY(store::importAdapter(*project, kReference / "llama/plain").message().find("no adapter") != std::string::npos);
        fs::create_directory(tiny.path("broken"));
        QVERIFY(base::writeFileAtomically(tiny.path("broken") + "/adapter_config.json", "{}").ok());
        QVERIFY(!store::importAdapter(*project, tiny.path("broken")));
        QVERIFY(need(store::adapters(*project)).empty());
    }
};

QTEST_APPLESS_MAIN(TestAdapterLibrary)
#include "tst_adapter_library.moc"
