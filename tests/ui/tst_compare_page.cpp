// SPDX-License-Identifier: GPL-3.0-or-later
// The Compare page: word differences, the lists at its side, and, when the bundled model has its weights, two
// answers that stream and stop.
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/store/adapter_library.h"
#include "core/store/comparisons.h"
#include "core/store/run_rows.h"
#include "core/train/plan/held_out_list.h"
#include "tests/support/heartbeat.h"
#include "tests/support/need.h"
#include "tests/support/page_test.h"
#include "ui/models/runs/comparison_model.h"
#include "ui/models/runs/tuned_runs.h"
#include "ui/pages/compare/compare_blend.h"
#include "ui/pages/compare/compare_choices.h"
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_extras.h"
#include "ui/pages/chat/chat_page.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/pages/compare/compare_prompt.h"
#include "ui/pages/compare/compare_sets.h"
#include "ui/pages/compare/compare_side.h"
#include "ui/pages/compare/compare_turns.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/conversation/word_diff.h"
#include "ui/widgets/prompt_box.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/workspace.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include <algorithm>
#include <filesystem>

using namespace luthier;
using namespace luthier::ui;
using support::need;

namespace {

constexpr int kAwaitMs = 60'000;
constexpr qint64 kLongestSilenceMs = 250; // a load or an answer takes longer

bool hasWeights()
{
    return std::filesystem::exists(base::bundledModel() / "model.safetensors");
}

QStringList wordsAt(const QString& text, const std::vector<TextRange>& ranges)
{
    QStringList words;
    for (const TextRange& range : ranges) {
        words += text.mid(range.begin, range.end - range.begin);
    }
    return words;
}

} // namespace

class TestComparePage : public QObject, private support::PageTest<ComparePage> {
    Q_OBJECT

private Q_SLOTS:
    void differences_data()
    {
        QTest::addColumn<QString>("left");
        QTest::addColumn<QString>("right");
        QTest::addColumn<QString>("onlyLeft");
        QTest::addColumn<QString>("onlyRight");
        QTest::newRow("equal") << "a b c" << "a b c" << "" << "";
        QTest::newRow("white space only") << "a  b\nc" << " a b c " << "" << "";
        QTest::newRow("one word") << "the red ball" << "the blue ball" << "red" << "blue";
        QTest::newRow("added at the end") << "a b" << "a b c d" << "" << "c d";
        QTest::newRow("empty") << "" << "a" << "" << "a";
        QTest::newRow("moved") << "a b c" << "c a b" << "c" << "c";
        QTest::newRow("nothing shared") << "x y" << "a b c" << "x y" << "a b c";
    }

    void differences()
    {
        QFETCH(QString, left);
        QFETCH(QString, right);
        const WordDiff diff = wordDiff(left, right);
        QTEST(wordsAt(left, diff.left).join(u' '), "onlyLeft");
        QTEST(wordsAt(right, diff.right).join(u' '), "onlyRight");
    }

    void sharedWordsAreTheSame()
    {
        base::Random random(7);
        for (int round = 0; round < 200; ++round) {
            QStringList sides[2];
            for (QStringList& side : sides) {
                for (std::uint64_t i = random.below(30); i > 0; --i) {
                    side += QString(QChar(static_cast<char16_t>(u'a' + random.below(5))));
                }
            }
            const QString left = sides[0].join(u' ');
            const QString right = sides[1].join(u' ');
            const WordDiff diff = wordDiff(left, right);
            const auto rest = [](QString text, const std::vector<TextRange>& ranges) {
                for (auto at = ranges.rbegin(); at != ranges.rend(); ++at) {
                    text.remove(at->begin, at->end - at->begin);
                }
                return text.simplified();
            };
            QCOMPARE(rest(left, diff.left), rest(right, diff.right));
        }
    }

    void longTextsStayQuick()
    {
        const QString left = QStringLiteral("word ").repeated(100'000) + QStringLiteral("left");
        const QString right = QStringLiteral("word ").repeated(100'000) + QStringLiteral("right");
        const WordDiff diff = wordDiff(left, right);
        QCOMPARE(wordsAt(left, diff.left), QStringList{QStringLiteral("left")});
    }

    // As the Models page knows them; what is chosen stays when the list is read again.
    void offersTheModelsOfThisMachine()
    {
        const QTemporaryDir folder;
        support::keepSettingsIn(folder);
        AppSettings settings;
        ModelLibrary library(settings);
        CompareChoices choices(&library);
        const QSignalSpy chosen(&choices, &CompareChoices::chosen);
        const QString bundled = QString::fromStdString(base::bundledModel().string());
        choices.setDefaultModel(bundled);
        QCOMPARE(chosen.size(), 1);
        auto* box = choices.findChild<QComboBox*>(QStringLiteral("baseModel"));
        library.refresh();
        const QString added = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/llama/plain");
        library.add(added);
        QTRY_VERIFY(library.find(added) != nullptr);
        const auto usable = std::count_if(library.models().begin(), library.models().end(), [](const auto& m) { return m.problem.empty(); });
        QVERIFY(box->count() == usable && box->findData(added) >= 0);
        QCOMPARE(choices.model(), bundled);
        QCOMPARE(choices.modelName(), QStringLiteral("luthier-tiny"));
        QCOMPARE(chosen.size(), 1); // nothing else was chosen
        box->setCurrentIndex(box->findData(added));
        QCOMPARE(choices.model(), added);
        QCOMPARE(chosen.size(), 2);
        library.forget(added); // still what the person chose
        QTRY_VERIFY(library.find(added) == nullptr);
        QCOMPARE(choices.model(), added);
    }

    void adaptersAreBlended()
    {
        CompareBlend blend;
        QSignalSpy told(&blend, &CompareBlend::weightsChanged);
        const TunedRun tuned{1, QStringLiteral("fish"), QStringLiteral("/base"), QStringLiteral("/a"), true, {}};
        const TunedRun other{2, QStringLiteral("boats"), QStringLiteral("/base"), QStringLiteral("/b"), true, {}};
        blend.setChoices(&tuned, {});
        QVERIFY(blend.isHidden());
        blend.setChoices(&tuned, {other});
        QVERIFY(!blend.isHidden() && blend.weights().empty());
        auto* add = blend.findChild<QToolButton*>(QStringLiteral("blendAdd"));
        QCOMPARE(add->menu()->actions().size(), 1);
        add->menu()->actions().front()->trigger();
        QCOMPARE(blend.weights(), (std::vector<double>{0.5, 0.5}));
        QCOMPARE(blend.added(), QStringList{QStringLiteral("/b")});
        QVERIFY(!add->isEnabled());
        QTRY_COMPARE(told.size(), 1);
        auto* slider = blend.findChild<QSlider*>(QStringLiteral("blendSlider1"));
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(slider, Qt::Key_Right);
        }
        QCOMPARE(blend.weights()[1], 0.55);
        QTRY_COMPARE(told.size(), 2); // once for all five
        blend.findChild<QToolButton*>(QStringLiteral("blendRemove1"))->click();
        QVERIFY(blend.weights().empty() && add->isEnabled());
        blend.setChoices(nullptr, {other});
        QVERIFY(blend.isHidden());
    }

    void aBlendIsNamedByWhatIsInIt()
    {
        CompareBlend blend;
        const TunedRun tuned{1, QStringLiteral("Rang 4"), QStringLiteral("/base"), QStringLiteral("/a"), true, {}};
        const TunedRun other{2, QStringLiteral("First tune"), QStringLiteral("/base"), QStringLiteral("/b"), true, {}};
        blend.setChoices(&tuned, {other});
        QVERIFY(blend.title().isEmpty());
        QSignalSpy changed(&blend, &CompareBlend::changed);
        blend.findChild<QToolButton*>(QStringLiteral("blendAdd"))->menu()->actions().front()->trigger();
        QCOMPARE(blend.title(), QStringLiteral("Rang 4 \u00d7 0.5 + First tune \u00d7 0.5"));
        const QString id = blend.id();
        blend.findChild<QSlider*>(QStringLiteral("blendSlider1"))->setValue(75);
        QCOMPARE(blend.title(), QStringLiteral("Rang 4 \u00d7 0.5 + First tune \u00d7 0.75"));
        QVERIFY(blend.id() != id && changed.size() == 2); // at once, before it rests
    }

    // An answer never stands under another's name without saying whose it is.
    void anAnswerKeepsItsName()
    {
        CompareColumn column(QStringLiteral("tuned"), QStringLiteral("Tuned"));
        column.show();
        auto* origin = support::child<QLabel>(&column, "tunedOrigin");
        column.setContender({QStringLiteral("/a"), QStringLiteral("First tune")});
        QVERIFY(!origin->isVisible());
        column.clear(QStringLiteral("about to answer"));
        column.append(QStringLiteral("Oil it."));
        QVERIFY(!origin->isVisible());
        column.setContender({QStringLiteral("/b"), QStringLiteral("Second tune")});
        QVERIFY(origin->isVisible());
        QCOMPARE(origin->text(), QStringLiteral("from First tune"));
        QCOMPARE(column.text()->text(), QStringLiteral("Oil it."));
        QVERIFY(!column.text()->extraSelections().isEmpty()); // dimmed
        column.setContender({QStringLiteral("/a"), QStringLiteral("First tune")});
        QVERIFY(!origin->isVisible() && column.text()->extraSelections().isEmpty());
        column.setContender({QStringLiteral("/b"), QStringLiteral("First tune")}); // another of the same name
        QVERIFY(origin->isVisible());
        column.showAnswer(QStringLiteral("Old."), {}, {QStringLiteral("/b"), QStringLiteral("First tune")});
        QVERIFY(!origin->isVisible());
    }

    void enterSendsAndShiftEnterBreaks()
    {
        PromptBox box(3);
        QSignalSpy sent(&box, &PromptBox::sent);
        QTest::keyClicks(&box, QStringLiteral("one"));
        QTest::keyClick(&box, Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClicks(&box, QStringLiteral("two"));
        QCOMPARE(box.toPlainText(), QStringLiteral("one\ntwo"));
        QTest::keyClick(&box, Qt::Key_Return);
        QTest::keyClick(&box, Qt::Key_Enter, Qt::KeypadModifier);
        QCOMPARE(sent.size(), 2);
        QCOMPARE(box.toPlainText(), QStringLiteral("one\ntwo"));
        QVERIFY(find<QLabel>("promptHint")->text().contains(QStringLiteral("Shift+Enter")));
    }

    void listsKeepTheRulesOfModels()
    {
        PromptListModel prompts;
        QAbstractItemModelTester promptsTester(&prompts, QAbstractItemModelTester::FailureReportingMode::QtTest);
        prompts.setItems({{3, {{"user", "First\nquestion", {}}}, QStringLiteral("Answer")}, {4, {{"user", "Second", {}}}, {}}});
        QCOMPARE(prompts.rowCount(), 2);
        QCOMPARE(prompts.index(0).data().toString(), QStringLiteral("First question"));
        ComparisonModel history;
        QAbstractItemModelTester historyTester(&history, QAbstractItemModelTester::FailureReportingMode::QtTest);
        history.prepend({prompts.item(0), {}, {}, QStringLiteral("old")});
        history.prepend({prompts.item(1), {}, {}, QStringLiteral("new")});
        QCOMPARE(history.item(0).settings, QStringLiteral("new"));
        QCOMPARE(history.index(1).data().toString(), QStringLiteral("First question"));
    }

    void init()
    {
        makeFolder();
        openPage();
    }

    void cleanup() { closePage(); }

    void emptyPageLeadsToTune()
    {
        QSignalSpy wanted(m_page.get(), &ComparePage::tuneWanted);
        QTRY_VERIFY(find<QPushButton>("emptyButton")->isVisible());
        QTest::keyClick(find<QPushButton>("emptyButton"), Qt::Key_Space);
        QCOMPARE(wanted.count(), 1);
    }

    // Who can be asked is one list: what Chat offers, Compare offers, too, though no run was ever made here.
    void anImportedAdapterCanBeCompared()
    {
        QVERIFY(store::importAdapter(*m_workspace->project(), LUTHIER_SOURCE_DIR "/tests/reference/combine/first").ok());
        m_page->activated();
        auto* box = find<QComboBox>("tunedRun");
        QTRY_COMPARE(box->count(), 1);
        QTRY_VERIFY(box->isVisible());
        QVERIFY(!find<QPushButton>("emptyButton")->isVisible());
        ChatPage chat(*m_workspace);
        auto* partners = support::child<QComboBox>(&chat, "chatPartner");
        QTRY_VERIFY(partners->findText(box->itemText(0), Qt::MatchStartsWith) >= 0);
        for (const auto& run : readTunedRuns(*m_workspace->project()).runs) {
            QVERIFY(box->findData(run.result) >= 0 && partners->findText(run.name, Qt::MatchStartsWith) >= 0);
        }
    }

    // Who stood against whom, what was asked and what was answered are there after a restart, also a question that was not asked yet.
    void aQuestionAndItsAnswersComeBack()
    {
        QVERIFY(store::importAdapter(*m_workspace->project(), LUTHIER_SOURCE_DIR "/tests/reference/combine/first").ok());
        QVERIFY(store::importAdapter(*m_workspace->project(), LUTHIER_SOURCE_DIR "/tests/reference/combine/second").ok());
        m_page->activated();
        auto* box = find<QComboBox>("tunedRun");
        QTRY_COMPARE(box->count(), 2);
        waitForJobs();
        QCoreApplication::processEvents();
        box->setCurrentIndex(1);
        const QString tuned = box->currentData().toString();
        const QString model = find<QComboBox>("baseModel")->currentData().toString();
        Comparison comparison;
        comparison.prompt = {-1, {{"user", "Which oil?", {}}}, {}};
        comparison.answers = {QStringLiteral("Any."), QStringLiteral("Linseed.")};
        comparison.footers = {QStringLiteral("1 token"), QStringLiteral("2 tokens")};
        comparison.by = {Contender{model, QStringLiteral("the base")}, Contender{QStringLiteral("another"), QStringLiteral("an earlier one")}};
        Q_EMIT m_page->findChild<CompareSide*>()->comparisonChosen(comparison);
        QCOMPARE(find<DiffText>("tunedAnswer")->text(), QStringLiteral("Linseed."));
        find<PromptBox>("prompt")->setPlainText(QStringLiteral("And which wax?"));
        waitForJobs();
        closePage();
        openPage();
        QTRY_COMPARE(find<PromptBox>("prompt")->toPlainText(), QStringLiteral("And which wax?"));
        QCOMPARE(find<DiffText>("baseAnswer")->text(), QStringLiteral("Any."));
        QCOMPARE(find<DiffText>("tunedAnswer")->text(), QStringLiteral("Linseed."));
        QCOMPARE(find<QLabel>("tunedOrigin")->text(), QStringLiteral("from an earlier one")); // not by the one that is chosen
        QCOMPARE(find<QComboBox>("tunedRun")->currentData().toString(), tuned);
        // What is damaged or gone there harms nothing.
        closePage();
        {
            const auto project = store::Project::open(m_folder->filePath(QStringLiteral("project")).toStdString());
            QVERIFY(project.ok());
            QVERIFY((*project)->setValue("places", Json{{"compare", {{"tuned", 7}, {"base", nullptr}, {"shown", {{"columns", "no"}}}, {"asked", 3}, {"blend", {{"x", 1}, 2}}}}, {"data", 5}}).ok());
        }
        openPage();
        QTRY_COMPARE(find<QComboBox>("tunedRun")->count(), 2);
        waitForJobs();
        QCoreApplication::processEvents();
        QVERIFY(find<PromptBox>("prompt")->toPlainText().isEmpty());
    }

    // Of a CSV whose columns were named by hand, edited since it lay there: the prompts the run never trained on are there.
    void heldOutPromptsOfNamedColumns()
    {
        const auto project = m_workspace->project();
        const std::string path = m_folder->filePath(QStringLiteral("rows.csv")).toStdString();
        QVERIFY(base::writeFileAtomically(path, "frage,antwort\nOne?,First.\nTwo?,Second.\nThree?,Third.\nFour?,Fourth.\n").ok());
        QVERIFY(project->saveEdit(path, 1, Json{{"prompt", "Edited?"}, {"completion", "Yes."}}).ok());
        QVERIFY(project->setExcluded(path, {2}, true).ok());
        config::RunConfig config;
        config.data.train = {path};
        config.data.columns = {"prompt=frage", "completion=antwort"};
        const auto rows = store::runRows(project.get(), config.data);
        QVERIFY(rows.ok());
        const auto dataset = rows->train[0].open();
        QVERIFY(dataset.ok());
        std::vector<std::uint64_t> hashes;
        for (const std::int64_t row : {1, 2, 3}) {
            hashes.push_back(base::rowHash(base::dumpJson(*(*dataset)->row(row))));
        }
        const std::string folder = m_folder->filePath(QStringLiteral("run")).toStdString();
        QVERIFY(base::makeDirectories(folder).ok() && train::writeHeldOutList(folder, hashes).ok());
        TunedRun run;
        run.result = QString::fromStdString(folder + "/adapter");
        run.recipe = config::toJson(config);
        const HeldOutPrompts read = readHeldOut(project.get(), run, 10, {});
        QVERIFY2(read.problem.isEmpty(), qPrintable(read.problem));
        QCOMPARE(read.total, 2); // the third is left out
        QCOMPARE(read.source, QStringLiteral("rows.csv"));
        QCOMPARE(read.items[0].messages.back().content, std::string("Edited?"));
        QCOMPARE(read.items[1].messages.back().content, std::string("Four?"));
        QCOMPARE(read.items[1].expected, QStringLiteral("Fourth."));
    }

    // Of pairs: their prompt, and what was chosen.
    void heldOutPromptsOfPairs()
    {
        const auto project = m_workspace->project();
        const std::string path = m_folder->filePath(QStringLiteral("pairs.csv")).toStdString();
        QVERIFY(base::writeFileAtomically(path, "prompt,chosen,rejected\nOne?,First.,Last.\nTwo?,Second.,None.\n").ok());
        config::RunConfig config;
        config.data.train = {path};
        const auto rows = store::runRows(project.get(), config.data);
        QVERIFY(rows.ok());
        const auto dataset = rows->train[0].open();
        QVERIFY(dataset.ok());
        const std::string folder = m_folder->filePath(QStringLiteral("pairs")).toStdString();
        QVERIFY(base::makeDirectories(folder).ok() && train::writeHeldOutList(folder, {base::rowHash(base::dumpJson(*(*dataset)->row(1)))}).ok());
        TunedRun run;
        run.result = QString::fromStdString(folder + "/adapter");
        run.recipe = config::toJson(config);
        const HeldOutPrompts read = readHeldOut(project.get(), run, 10, {});
        QVERIFY2(read.problem.isEmpty(), qPrintable(read.problem));
        QCOMPARE(read.total, 1);
        QCOMPARE(read.items[0].messages.back().content, std::string("Two?"));
        QCOMPARE(read.items[0].expected, QStringLiteral("Second."));
    }

    void wrongFolderIsASentence()
    {
        m_page->openTunedFolder(m_folder->path());
        QTRY_VERIFY(find<QLabel>("compareProblem")->text().contains(QStringLiteral("adapter_config.json")));
    }

    // A whole model as the tuned side: the bundled one against itself answers the same, word for word.
    void answersStreamAndAgree()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(24);
        auto* prompt = find<QPlainTextEdit>("prompt");
        prompt->setFocus();
        QTest::keyClicks(prompt, QStringLiteral("Tell me a story about a fox."));
        QSignalSpy pieces(m_page->contest(), &CompareContest::pieceArrived);
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        QTest::keyClick(prompt, Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(finished.wait(kAwaitMs));
        QVERIFY(pieces.count() >= 2);
        const QString base = find<DiffText>("baseAnswer")->text();
        QVERIFY(!base.isEmpty());
        QCOMPARE(find<DiffText>("tunedAnswer")->text(), base);
        QCOMPARE(find<DiffText>("tunedAnswer")->numDifferences(), 0);
        QVERIFY(find<QLabel>("baseFooter")->text().contains(QStringLiteral("tokens/\u2060s"))); // in one piece
        QCOMPARE(find<QListView>("history")->model()->rowCount(), 1);
    }

    void escapeStops()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(900);
        auto* prompt = find<QPlainTextEdit>("prompt");
        prompt->setFocus();
        QTest::keyClicks(prompt, QStringLiteral("Tell me a very long story."));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        QTest::keyClick(prompt, Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(m_page->contest()->isRunning());
        QTest::keyClick(prompt, Qt::Key_Escape);
        QVERIFY(finished.wait(kAwaitMs));
        QVERIFY(!m_page->contest()->isRunning());
    }

    // The base with a prompt and a model that is not there: each answers for itself, the history brings both back on another day.
    void moreColumnsAnswer()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(12);
        m_page->extras()->addPrompted(QStringLiteral("Answer in one word."), 0, false);
        m_page->extras()->add({QStringLiteral("elsewhere"), {QStringLiteral("/nowhere/model")}, false});
        QCOMPARE(find<QComboBox>("diffAgainst")->count(), 4);
        auto* prompt = find<QPlainTextEdit>("prompt");
        prompt->setPlainText(QStringLiteral("Which wood is hard?"));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        QVERIFY(!find<DiffText>("baseAnswer")->text().isEmpty() && !find<DiffText>("extra1Answer")->text().isEmpty());
        QVERIFY(find<DiffText>("extra1Answer")->text() != find<DiffText>("baseAnswer")->text()); // it was told something
        QVERIFY(find<DiffText>("extra2Answer")->text().isEmpty());
        QVERIFY2(find<DiffText>("extra2Answer")->placeholderText().contains(QStringLiteral("/nowhere/model")), qPrintable(find<DiffText>("extra2Answer")->placeholderText()));

        // Tokens weighed, with what would have been likelier; the sure ones stand back.
        auto* heat = find<QComboBox>("tokenHeat");
        heat->setCurrentIndex(1);
        Q_EMIT heat->activated(1);
        QTRY_VERIFY_WITH_TIMEOUT(!find<DiffText>("baseAnswer")->heat().empty(), kAwaitMs);
        const auto& tokens = find<DiffText>("baseAnswer")->heat();
        QVERIFY(tokens.front().range.begin == 0 && tokens.back().range.end <= find<DiffText>("baseAnswer")->text().size());
        QVERIFY(tokens.front().help.contains(QStringLiteral("%")) && tokens.front().help.count(QStringLiteral("<br>")) == 5);
        heat->setCurrentIndex(2);
        Q_EMIT heat->activated(2);
        QTRY_VERIFY_WITH_TIMEOUT(!find<DiffText>("extra1Answer")->heat().empty(), kAwaitMs);
        QVERIFY(find<DiffText>("baseAnswer")->heat().empty()); // compared with itself

        // What is asked next branches off one of the answers.
        find<QToolButton>("extra1GoOn")->click();
        QVERIFY(prompt->toPlainText().isEmpty());
        QVERIFY(find<QLabel>("promptContext")->text().contains(u'2'));
        QTest::keyClicks(prompt, QStringLiteral("And which is soft?"));
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        find<QToolButton>("extra2Close")->click();
        QCOMPARE(m_page->extras()->size(), 1);
        QCOMPARE(find<QComboBox>("diffAgainst")->count(), 3);

        const auto project = m_workspace->project();
        QTRY_COMPARE(static_cast<int>(project->comparisons().find({}, 10)->size()), 2);
        QCOMPARE(static_cast<int>(project->comparisons().find("HARD?", 10)->size()), 2); // the second one has it among its earlier turns
        QCOMPARE(static_cast<int>(project->comparisons().find("soft", 10)->size()), 1);
        QVERIFY(project->comparisons().find("100 % not said", 10)->empty());

        // Another day: what was compared and how tokens are drawn are there.
        m_page.reset();
        m_page = std::make_unique<ComparePage>(*m_workspace);
        m_page->show();
        m_workspace->setProject(project);
        QTRY_COMPARE(find<QListView>("history")->model()->rowCount(), 2);
        QCOMPARE(find<QSpinBox>("max_new")->value(), 12);
        find<QLineEdit>("historySearch")->setText(QStringLiteral("soft"));
        QTRY_COMPARE(find<QListView>("history")->model()->rowCount(), 1);
        Q_EMIT find<QListView>("history")->clicked(find<QListView>("history")->model()->index(0, 0));
        QCOMPARE(find<QPlainTextEdit>("prompt")->toPlainText(), QStringLiteral("And which is soft?"));
        QCOMPARE(m_page->extras()->size(), 1); // the column is there, too, with what it answered; the one that was closed is not
        QVERIFY(!find<DiffText>("extra1Answer")->text().isEmpty());
        find<QToolButton>("extra1Close")->click();
        Q_EMIT find<QListView>("history")->clicked(find<QListView>("history")->model()->index(0, 0));
        QVERIFY(find<QLabel>("heatNote")->text().contains(QStringLiteral("base with a prompt"))); // a column that does not stand here now
        QTRY_VERIFY(need(project->value("compare_columns")).empty());
    }

    // Prompts kept under a name, out of the box and out of a file, on another day, and what is wrong with some.
    void setsOfPrompts()
    {
        const auto project = m_workspace->project();
        QVERIFY(project);
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        auto* keep = find<QToolButton>("setKeep");
        auto* names = find<QComboBox>("setNames");
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Which wood is hard?"));
        keep->click();
        QVERIFY(find<QLabel>("setProblem")->text().contains(QStringLiteral("name")));
        names->setEditText(QStringLiteral("woods/hard"));
        keep->click();
        QTRY_VERIFY(find<QLabel>("setProblem")->text().contains(QStringLiteral("cannot name a set")));
        names->setEditText(QStringLiteral("woods"));
        keep->click();
        auto* list = find<QListView>("setPrompts");
        QTRY_COMPARE(list->model()->rowCount(), 1);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Which is soft?"));
        keep->click();
        QTRY_COMPARE(list->model()->rowCount(), 2);
        const std::string path = m_folder->filePath(QStringLiteral("questions.csv")).toStdString();
        QVERIFY(base::writeFileAtomically(path, "prompt,completion\nOne?,First.\nTwo?,Second.\n").ok());
        auto* sets = m_page->findChild<CompareSets*>();
        sets->importFile(QString::fromStdString(path));
        QTRY_COMPARE(names->currentText(), QStringLiteral("questions"));
        QTRY_COMPARE(sets->numPrompts(), 2);
        list->setCurrentIndex(list->model()->index(1, 0));
        QCOMPARE(find<QPlainTextEdit>("prompt")->toPlainText(), QStringLiteral("Two?"));
        sets->importFile(QString::fromStdString(path));
        QTRY_VERIFY(find<QLabel>("setProblem")->text().contains(QStringLiteral("already")));
        sets->importFile(m_folder->filePath(QStringLiteral("nowhere.jsonl")));
        QTRY_VERIFY(find<QLabel>("setProblem")->text().contains(QStringLiteral("nowhere.jsonl")));
        // Another day.
        m_page.reset();
        m_page = std::make_unique<ComparePage>(*m_workspace);
        m_page->show();
        QTRY_COMPARE(find<QComboBox>("setNames")->count(), 2);
        find<QComboBox>("setNames")->setCurrentIndex(find<QComboBox>("setNames")->findText(QStringLiteral("woods")));
        Q_EMIT find<QComboBox>("setNames")->activated(find<QComboBox>("setNames")->currentIndex());
        list = find<QListView>("setPrompts");
        QTRY_COMPARE(list->model()->index(1, 0).data().toString(), QStringLiteral("Which is soft?")); // both sets have two
        list->setCurrentIndex(list->model()->index(0, 0));
        find<QToolButton>("setRemovePrompt")->click();
        QTRY_COMPARE(list->model()->rowCount(), 1);
        find<QToolButton>("setRemove")->click();
        QTRY_COMPARE(find<QComboBox>("setNames")->count(), 1);
    }

    // Earlier turns are changed, and an earlier question is asked again.
    void earlierTurns()
    {
        CompareTurns turns({{"system", "Be brief.", {}}, {"user", "Which wood is hard?", {}}, {"assistant", "Oak.", {}}, {"user", "And soft?", {}}});
        turns.setAttribute(Qt::WA_DeleteOnClose, false);
        std::vector<data::Message> taken;
        connect(&turns, &CompareTurns::chosen, this, [&](const std::vector<data::Message>& messages) { taken = messages; });
        support::child<QPlainTextEdit>(&turns, "turn2")->setPlainText(QStringLiteral("Ash."));
        support::child<QPushButton>(&turns, "turnsTake")->click();
        QCOMPARE(taken.size(), std::size_t{4});
        QCOMPARE(taken[2].content, std::string("Ash."));
        support::child<QPlainTextEdit>(&turns, "turn1")->setPlainText(QStringLiteral("Which wood is light?"));
        support::child<QPushButton>(&turns, "turnBranch1")->click();
        QCOMPARE(taken.size(), std::size_t{2});
        QCOMPARE(taken[1].content, std::string("Which wood is light?"));
    }

    // Neither loading nor answers keep the window from its events.
    void nothingBlocks()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(48);
        m_page->extras()->addPrompted(QStringLiteral("Answer in one word."), 0, false);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Which wood is hard?"));
        QTest::qWait(50);
        support::Heartbeat heart;
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        QTest::qWait(50);
        QVERIFY2(heart.longestSilenceMs() < kLongestSilenceMs, qPrintable(QString::number(heart.longestSilenceMs())));
    }

    void aClosedColumnStops()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(600);
        m_page->extras()->addPrompted(QStringLiteral("Tell a very long story."), 0, false);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Tell me a very long story."));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        QSignalSpy ended(m_page->contest(), &CompareContest::sideFinished);
        m_page->compare();
        find<QToolButton>("extra1Close")->click();
        QTRY_VERIFY_WITH_TIMEOUT(std::any_of(ended.begin(), ended.end(), [](const auto& side) { return side[0].toInt() == 2; }), kAwaitMs);
        QCOMPARE(m_page->contest()->answer(2).finish, QStringLiteral("cancel"));
        m_page->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->contest()->isRunning(), kAwaitMs);
    }

    // Why a column could not answer is seen at once, in the place of the words that said it was about to.
    void anotherPlaceholderIsSeen()
    {
        struct Painted : QObject {
            int whole = 0;
            bool eventFilter(QObject* watched, QEvent* event) override
            {
                whole += event->type() == QEvent::Paint && static_cast<QPaintEvent*>(event)->rect() == static_cast<QWidget*>(watched)->rect() ? 1 : 0;
                return false;
            }
        };
        DiffText text;
        text.setPlaceholderText(QStringLiteral("About to answer"));
        text.show();
        QVERIFY(QTest::qWaitForWindowExposed(&text));
        QTest::qWait(50);
        Painted painted;
        text.viewport()->installEventFilter(&painted);
        text.setPlaceholderText(QStringLiteral("There is no such folder"));
        QTRY_COMPARE(painted.whole, 1);
    }

    // Rows that a person names are the examples; the dialog says what is none.
    void examplesByHand()
    {
        ComparePrompt dialog(true);
        const auto of = [&](const char* name) { return dialog.findChild<QWidget*>(QString::fromLatin1(name)); };
        QSignalSpy chosen(&dialog, &ComparePrompt::chosen);
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        dialog.show();
        static_cast<QComboBox*>(of("promptWhich"))->setCurrentIndex(2);
        QVERIFY(of("promptRows")->isVisible() && !of("promptShots")->isVisible() && !of("promptAdd")->isEnabled());
        static_cast<QLineEdit*>(of("promptRows"))->setText(QStringLiteral("1, x"));
        QVERIFY(of("promptProblem")->isVisible() && !of("promptAdd")->isEnabled());
        support::savePicture(dialog.grab(), QStringLiteral("compare-prompt-rows"));
        static_cast<QLineEdit*>(of("promptRows"))->setText(QStringLiteral("4, 1"));
        QVERIFY(!of("promptProblem")->isVisible() && of("promptAdd")->isEnabled());
        static_cast<QPushButton*>(of("promptAdd"))->click();
        QCOMPARE(chosen.size(), 1);
        QVERIFY(chosen[0][3].value<std::vector<std::int64_t>>() == (std::vector<std::int64_t>{4, 1}));
    }

    // While all answer: the one whose model is missing says so, one is closed by mouse and stops, and the others come to their ends.
    void oneFailsAndOneIsClosed_data() { support::addThemes(); }
    void oneFailsAndOneIsClosed()
    {
        if (!hasWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(200);
        m_page->extras()->addPrompted(QStringLiteral("Tell a very long story."), 0, false);
        m_page->extras()->add({QStringLiteral("moved away"), {QStringLiteral("/nowhere/model")}, false});
        m_page->extras()->addPrompted(QStringLiteral("Be brief."), 0, false);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Tell me a very long story."));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        m_page->compare();
        QTRY_VERIFY_WITH_TIMEOUT(!find<DiffText>("extra1Answer")->text().isEmpty(), kAwaitMs);
        QTest::mouseClick(find<QToolButton>("extra1Close"), Qt::LeftButton);
        QCOMPARE(m_page->extras()->size(), 2);
        QVERIFY(finished.wait(kAwaitMs));
        QCOMPARE(m_page->contest()->answer(2).finish, QStringLiteral("cancel"));
        QVERIFY(m_page->contest()->answer(2).numTokens < 200);
        const auto* failed = find<DiffText>("extra2Answer");
        QVERIFY2(failed->text().isEmpty() && failed->placeholderText().contains(QStringLiteral("/nowhere/model")), qPrintable(failed->placeholderText()));
        QCOMPARE(find<QLabel>("extra2Footer")->text(), QStringLiteral("could not answer"));
        for (const char* name : {"baseAnswer", "tunedAnswer", "extra3Answer"}) {
            QVERIFY2(!find<DiffText>(name)->text().isEmpty(), name);
        }
        for (const int side : {0, 1, 4}) {
            const auto& answer = m_page->contest()->answer(side);
            QVERIFY2(answer.problem.isEmpty() && answer.finish != QStringLiteral("cancel") && answer.numTokens > 0, qPrintable(answer.problem));
        }
        QCoreApplication::processEvents(); // what stands below the last answer finds its room
        support::savePicture(m_page.get(), QStringLiteral("compare-failed"));
    }

    void columnsInBothSchemes_data() { support::addThemes(); }
    void columnsInBothSchemes()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        m_page->extras()->addPrompted(QStringLiteral("Be brief."), 0, false);
        find<DiffText>("baseAnswer")->setText(QStringLiteral("Oak is a hard wood."));
        find<DiffText>("extra1Answer")->setText(QStringLiteral("Oak."));
        find<DiffText>("tunedAnswer")->setText(QStringLiteral("Hard maple, and oak."));
        find<DiffText>("tunedAnswer")->setHeat({{{0, 5}, 0.9, {}}, {{5, 11}, 0.3, {}}, {{11, 20}, 0.05, {}}});
        QTest::qWait(30);
        support::savePicture(m_page.get(), QStringLiteral("compare-columns"));
    }
};

QTEST_MAIN(TestComparePage)
#include "tst_compare_page.moc"
