// SPDX-License-Identifier: GPL-3.0-or-later
// The card beside an export: what is known stands in it, what is not is said, and no folder of this machine gets out.
#include "core/base/files.h"
#include "core/publish/model_card.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using namespace luthier::publish;
using support::need;

class TestModelCard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesOfBases()
    {
        QCOMPARE(modelName("/cache/hub/models--org--small-1b/snapshots/abc"), std::string("org/small-1b"));
        QCOMPARE(modelName("/models/small-1b/"), std::string("small-1b"));
    }

    // A run in its project, with an evaluation of its adapter.
    void whatIsKnown()
    {
        QTemporaryDir folder;
        const std::filesystem::path project = folder.path().toStdString();
        const auto run = project / "runs" / "3";
        need(base::makeDirectories(run / "adapter"));
        need(base::makeDirectories(project / "evaluations" / "1"));
        const Json recipe{{"version", 1},
                          {"model", {{"path", (project / "secret-place/base").string()}}},
                          {"data", {{"train", {(project / "secret-place/shop.jsonl").string()}}}},
                          {"method", {{"kind", "lora"}, {"rank", 5}}}};
        need(base::writeFileAtomically(run / "recipe.json", base::dumpJson(recipe)));
        const Json value{{"value", 0.75}, {"low", 1.38e-17}, {"high", 0.8}};
        const Json results{{"verdict", "Tuned is better than base."},
                           {"rows", 40},
                           {"general", {{"sets", Json::array()}, {"forgetting", "On 20 general rows no forgetting is shown."}}},
                           {"metrics", {{"accuracy", value}}},
                           {"systems", {{"tuned", {{"title", "tuned"}, {"metrics", {{"accuracy", value}}}}}}},
                           {"asked", {{"systems", {{{"id", "base"}, {"model", "/b"}, {"adapters", Json::array()}}, {{"id", "tuned"}, {"model", "/b"}, {"adapters", {(run / "adapter").string() + "=0.7"}}}}}}}};
        need(base::writeFileAtomically(project / "evaluations/1/results.json", base::dumpJson(results)));
        Source source;
        source.model = project / "secret-place" / "base";
        source.adapters = {{run / "adapter", 1}};
        CardFacts facts = cardFacts(source, true);
        facts.name = "my-export";
        facts.proof = "On 32 rows of " + run.string() + " (1676 tokens) nothing differs.";
        facts.written = "Made for the shop.\nSee " + (project / "secret-place/why.txt").string() + ".";
        facts.notes = {"see \"" + (project / "secret-place/base").string() + "\", 3/4 of it"};
        const std::string card = modelCard(facts);
        for (const char* wanted : {"---\nbase_model: \"base\"", "library_name: peft", "# my-export", "shop.jsonl", "| method.rank | 5 |", "Tuned is better than base.", "On 20 general rows no forgetting is shown.",
                                   "## Notes\n\nMade for the shop.\nSee why.txt.",
                                   "| accuracy | 0.7500 (0.0000 to 0.8000) |", "licence", "On 32 rows of 3 (1676 tokens)",
                                   "see \"base\", 3/4 of it"}) {
            QVERIFY2(card.find(wanted) != std::string::npos, (std::string(wanted) + " in\n" + card).c_str());
        }
        QVERIFY2(card.find("secret-place") == std::string::npos && card.find(folder.path().toStdString()) == std::string::npos, card.c_str());
    }

    void whatIsNotKnownIsSaid()
    {
        Source source;
        source.model = "/models/base";
        source.adapters = {{"/nowhere/adapter", 1}};
        const std::string card = modelCard(cardFacts(source, false));
        QVERIFY2(card.find("These files") == std::string::npos, card.c_str()); // nothing was exported
        QVERIFY(card.find("Not known") != std::string::npos && card.find("Not measured") != std::string::npos && card.find("library_name: transformers") != std::string::npos);
    }

    // What a person wrote stays.
    void ownCardsStay()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        need(base::writeFileAtomically(path / "README.md", "mine"));
        need(writeModelCard(path, {}));
        QCOMPARE(need(base::readFile(path / "README.md")), std::string("mine"));
    }
};

QTEST_APPLESS_MAIN(TestModelCard)
#include "tst_model_card.moc"
