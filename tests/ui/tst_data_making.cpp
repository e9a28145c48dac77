// SPDX-License-Identifier: GPL-3.0-or-later
// New files made of a document's rows from the window: split, mixed, augmented, or made by a model and reviewed. The
// source is never written, what is there is never replaced, and each made file opens.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/data/making/mixing.h"
#include "core/store/project.h"
#include "tests/support/page_test.h"
#include "ui/bridge/job.h"
#include "ui/models/data/review_model.h"
#include "ui/models/text_table.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/making/data_augment.h"
#include "ui/pages/data/making/data_generate.h"
#include "ui/pages/data/making/data_mix.h"
#include "ui/pages/data/making/data_review.h"
#include "ui/pages/data/making/data_split.h"
#include "ui/theme/theme.h"
#include "ui/workspace/workspace.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 30'000;
constexpr int kRows = 200;
constexpr int kPictureMs = 350;

std::string rowsText()
{
    std::string text;
    for (int i = 0; i < kRows; ++i) {
        text += R"({"instruction":"What lies on bench number )" + std::to_string(i) + R"(?","input":"","output":"A plane and )" + std::to_string(i)
                + " clamps.\"}\n";
    }
    return text;
}

std::string chatText()
{
    std::string text;
    for (int i = 0; i < 20; ++i) {
        text += R"({"messages":[{"role":"user","content":"Question )" + std::to_string(i) + R"("},{"role":"assistant","content":"Answer"}]})" "\n";
    }
    return text;
}

std::vector<Json> linesOf(const QString& path)
{
    std::vector<Json> lines;
    const auto text = base::readFile(path.toStdString());
    for (const QByteArray& line : QByteArray::fromStdString(text ? *text : std::string()).split('\n')) {
        if (!line.isEmpty()) {
            lines.push_back(*base::parseJson(line.toStdString()));
        }
    }
    return lines;
}

} // namespace

class TestDataMaking : public QObject, private support::PageTest<DataPage> {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeFolder();
        m_path = m_folder->filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(m_path.toStdString(), rowsText()).ok());
        openPage();
        open(m_path);
    }

    void cleanup() { closePage(); }

    void splittingHoldsOutWhatTrainingWould()
    {
        m_page->document()->prepareExclusion({3}, true);
        QTRY_COMPARE(m_page->document()->counts().excluded, 1);
        auto* split = openDialog<DataSplit>("splitRows");
        QAbstractItemModelTester tester(split->model());
        split->findChild<QDoubleSpinBox*>(QStringLiteral("splitShare"))->setValue(20);
        auto* make = split->findChild<QPushButton*>(QStringLiteral("splitMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && !split->isLookingAhead() && split->model()->rowCount() == 40, kAwaitMs);
        QVERIFY(split->findChild<QLabel*>(QStringLiteral("splitNote"))->text().startsWith(QStringLiteral("159 rows to learn from, 40 held out")));
        const QString path = split->path();
        QTest::keyClick(make, Qt::Key_Return);
        const QString train = QString(path).replace(QStringLiteral(".jsonl"), QStringLiteral(".train.jsonl"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == train, kAwaitMs);
        const auto held = linesOf(QString(path).replace(QStringLiteral(".jsonl"), QStringLiteral(".held_out.jsonl")));
        QCOMPARE(linesOf(train).size(), std::size_t{159});
        QCOMPARE(held.size(), std::size_t{40});
        const auto dataset = data::Dataset::open(m_path.toStdString());
        data::SplitSettings settings;
        settings.share = 0.2;
        settings.seed = 42;
        (*dataset)->setExcluded(3, true);
        const auto sides = data::splitRows(**dataset, settings);
        std::size_t next = 0;
        for (std::size_t row = 0; row < sides->size(); ++row) {
            if ((*sides)[row] == data::SplitSide::HeldOut) {
                QCOMPARE(held[next++], *(*dataset)->row(static_cast<std::int64_t>(row)));
            }
        }
        QCOMPARE(base::readFile(m_path.toStdString()).ok() ? *base::readFile(m_path.toStdString()) : std::string(), rowsText()); // never written
    }

    void aFileThatIsThereIsNotReplaced()
    {
        auto* augment = openDialog<DataAugment>("augmentRows");
        auto* make = augment->findChild<QPushButton*>(QStringLiteral("augmentMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled(), kAwaitMs);
        augment->findChild<QLineEdit*>(QStringLiteral("augmentPath"))->setText(m_path);
        make->click();
        QTRY_VERIFY(augment->findChild<QLabel*>(QStringLiteral("augmentNote"))->text().contains(QStringLiteral("is there already")));
        QVERIFY(augment->isVisible() && make->isEnabled());
        augment->close();
        QCOMPARE(*base::readFile(m_path.toStdString()), rowsText());
    }

    void augmentingMarksWhatIsMade()
    {
        auto* augment = openDialog<DataAugment>("augmentRows");
        QAbstractItemModelTester tester(augment->model());
        auto* make = augment->findChild<QPushButton*>(QStringLiteral("augmentMake"));
        auto* paraphrase = augment->findChild<QCheckBox*>(QStringLiteral("way.paraphrase"));
        QVERIFY(augment->findChild<QDoubleSpinBox*>(QStringLiteral("strength.typos")) != nullptr);
        QVERIFY(augment->findChild<QDoubleSpinBox*>(QStringLiteral("strength.paraphrase")) == nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && augment->model()->rowCount() > 0, kAwaitMs);
        QTest::keyClick(paraphrase, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(!make->isEnabled() && augment->model()->rowCount() == 0, kAwaitMs); // nothing is ticked
        QTest::keyClick(augment->findChild<QCheckBox*>(QStringLiteral("way.typos")), Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && augment->model()->rowCount() > 0, kAwaitMs);
        QVERIFY(augment->model()->line(0)[2] != augment->model()->line(0)[3]);
        const QString path = augment->path();
        QTest::keyClick(make, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == path, kAwaitMs);
        std::size_t made = 0;
        for (const Json& line : linesOf(path)) {
            made += data::isSynthetic(line) ? 1 : 0;
        }
        QCOMPARE(linesOf(path).size(), kRows + made);
        QVERIFY(made > 100 && made <= 180); // a tenth is spared: training holds it out
    }

    void mixingTakesOneShapeAndGeneralTexts()
    {
        const QString chat = m_folder->filePath(QStringLiteral("chat.jsonl"));
        QVERIFY(base::writeFileAtomically(chat.toStdString(), chatText()).ok());
        open(chat);
        auto* mix = openDialog<DataMix>("mixRows");
        auto* make = mix->findChild<QPushButton*>(QStringLiteral("mixMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled(), kAwaitMs);
        for (QCheckBox* box : mix->findChildren<QCheckBox*>()) {
            if (box->objectName().startsWith(QStringLiteral("mixFile.")) && !box->isChecked() && !box->objectName().endsWith(QStringLiteral("general"))) {
                QTest::keyClick(box, Qt::Key_Space);
            }
        }
        auto* note = mix->findChild<QLabel*>(QStringLiteral("mixNote"));
        QTRY_VERIFY_WITH_TIMEOUT(note->text().startsWith(QStringLiteral("220 ")), kAwaitMs);
        QCOMPARE(mix->findChild<QComboBox*>(QStringLiteral("mixShape"))->currentData().toString(), QStringLiteral("chat")); // of two shapes one
        const QString path = mix->path();
        QTest::keyClick(make, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == path, kAwaitMs);
        QCOMPARE(m_page->document()->rowCount(), 220);
        for (const Json& line : linesOf(path)) {
            QVERIFY(line.contains("messages"));
        }
    }

    void weightsDecideTheMixture()
    {
        const QString chat = m_folder->filePath(QStringLiteral("chat.jsonl"));
        QVERIFY(base::writeFileAtomically(chat.toStdString(), chatText()).ok());
        open(chat);
        auto* mix = openDialog<DataMix>("mixRows");
        auto* note = mix->findChild<QLabel*>(QStringLiteral("mixNote"));
        for (QCheckBox* box : mix->findChildren<QCheckBox*>()) {
            box->setChecked(!box->objectName().endsWith(QStringLiteral("general"))); // the files and their weights
        }
        mix->findChild<QSpinBox*>(QStringLiteral("mixRows"))->setValue(30);
        QTRY_VERIFY_WITH_TIMEOUT(note->text().startsWith(QStringLiteral("30 ")), kAwaitMs);
        for (QCheckBox* box : mix->findChildren<QCheckBox*>()) {
            if (box->objectName().startsWith(QStringLiteral("mixFile."))) {
                box->setChecked(false);
            }
        }
        QTRY_VERIFY(note->text().startsWith(QStringLiteral("Tick the files")));
        QVERIFY(!mix->findChild<QPushButton*>(QStringLiteral("mixMake"))->isEnabled());
        mix->close();
    }

    void madeRowsAreReviewedByKeyboard()
    {
        const QString path = m_folder->filePath(QStringLiteral("rows.review.jsonl"));
        writeReview(path, 5);
        auto* review = new DataReview(path, m_page->document()->dataset(), m_page.get());
        QAbstractItemModelTester tester(review->model());
        QSignalSpy accepted(review, &DataReview::accepted);
        review->open();
        QTRY_COMPARE_WITH_TIMEOUT(review->model()->rowCount(), 5, kAwaitMs);
        auto* view = review->findChild<QTableView*>(QStringLiteral("reviewRows"));
        auto* keep = review->findChild<QPushButton*>(QStringLiteral("keepAccepted"));
        QVERIFY(!keep->isEnabled());
        QVERIFY(!review->model()->rows()[0].original.isEmpty());
        QTest::keyClick(view, Qt::Key_A);
        QCOMPARE(view->currentIndex().row(), 1); // the next that waits
        QTest::keyClick(view, Qt::Key_R);
        QTest::keyClick(view, Qt::Key_A);
        QCOMPARE(review->model()->count(Judgement::Accepted), 2);
        QTRY_VERIFY(!review->isSaving());
        QCOMPARE(linesOf(path)[0]["review"], Json("accepted")); // on disk, for another day
        QCOMPARE(linesOf(path)[1]["review"], Json("rejected"));
        QCOMPARE(linesOf(path)[3]["review"], Json("pending"));
        QTest::keyClick(keep, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, kAwaitMs);
        const auto rows = linesOf(accepted.front().front().toString());
        QCOMPARE(rows.size(), std::size_t{2});
        QVERIFY(data::isSynthetic(rows[0]) && data::isSynthetic(rows[1]));
    }

    void closingKeepsTheLastKey()
    {
        const QString path = m_folder->filePath(QStringLiteral("rows.review.jsonl"));
        writeReview(path, 2);
        auto* review = new DataReview(path, nullptr, m_page.get());
        review->open();
        QTRY_COMPARE_WITH_TIMEOUT(review->model()->rowCount(), 2, kAwaitMs);
        QTest::keyClick(review->findChild<QTableView*>(QStringLiteral("reviewRows")), Qt::Key_R);
        review->close();
        QTRY_COMPARE(linesOf(path)[0]["review"], Json("rejected"));
    }

    void whatIsNoReviewIsSaid()
    {
        auto* review = new DataReview(m_path, nullptr, m_page.get());
        review->open();
        QTRY_VERIFY(review->findChild<QLabel*>(QStringLiteral("reviewEmpty"))->text().contains(QStringLiteral("no line of a review file")));
        review->close();
    }

    void aModelMakesRowsThatWait()
    {
        if (!QFileInfo::exists(QString::fromStdString((base::bundledModel() / "model.safetensors").string()))) {
            QSKIP("the bundled model's weights are not here");
        }
        auto* generate = openDialog<DataGenerate>("generateRows");
        QAbstractItemModelTester tester(generate->model());
        generate->findChild<QSpinBox*>(QStringLiteral("generateFirst"))->setValue(3);
        generate->findChild<QSpinBox*>(QStringLiteral("generateTokens"))->setValue(64);
        generate->findChild<QCheckBox*>(QStringLiteral("make.reword"))->setChecked(false);
        generate->findChild<QCheckBox*>(QStringLiteral("make.answer"))->setChecked(true);
        auto* make = generate->findChild<QPushButton*>(QStringLiteral("generateMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && !generate->isLookingAhead() && generate->model()->rowCount() == 3, kAwaitMs);
        const QString path = generate->path();
        make->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<DataReview*>() != nullptr, kAwaitMs);
        auto* review = m_page->findChild<DataReview*>();
        QTRY_VERIFY_WITH_TIMEOUT(review->model()->rowCount() > 0, kAwaitMs);
        QVERIFY(linesOf(path)[0]["row"]["synthetic"] == Json(true));
        review->close();
    }

    // Stop keeps what was made until then, or says that nothing was.
    void stoppingGenerationLosesNothing()
    {
        if (!QFileInfo::exists(QString::fromStdString((base::bundledModel() / "model.safetensors").string()))) {
            QSKIP("the bundled model's weights are not here");
        }
        auto* generate = openDialog<DataGenerate>("generateRows");
        generate->findChild<QSpinBox*>(QStringLiteral("generateFirst"))->setValue(150);
        generate->findChild<QCheckBox*>(QStringLiteral("make.reword"))->setChecked(false);
        generate->findChild<QCheckBox*>(QStringLiteral("make.answer"))->setChecked(true);
        auto* make = generate->findChild<QPushButton*>(QStringLiteral("generateMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && !generate->isLookingAhead() && generate->model()->rowCount() == 150, kAwaitMs);
        const QString path = generate->path();
        auto* progress = generate->findChild<QProgressBar*>(QStringLiteral("generateProgress"));
        make->click();
        QVERIFY(generate->isMaking());
        QTRY_VERIFY_WITH_TIMEOUT(progress->value() > 100, kAwaitMs); // of a thousand: some rows are done
        make->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<DataReview*>() != nullptr, kAwaitMs);
        const std::size_t made = linesOf(path).size();
        QVERIFY2(made > 0 && made < 150, qPrintable(QString::number(made)));
        m_page->findChild<DataReview*>()->close();
    }

    void pictures_data() { support::addThemes(); }

    void pictures()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        open(QString::fromStdString((base::datasetsFolder() / "workshop_instructions.jsonl").string()));
        save("data-split", openDialog<DataSplit>("splitRows"));
        auto* augment = openDialog<DataAugment>("augmentRows");
        augment->findChild<QCheckBox*>(QStringLiteral("way.typos"))->setChecked(true);
        save("data-augment", augment);
        auto* mix = openDialog<DataMix>("mixRows");
        mix->findChild<QCheckBox*>(QStringLiteral("mixFile.general"))->setChecked(true);
        save("data-mix", mix);
        save("data-generate", openDialog<DataGenerate>("generateRows"));
        const QString path = m_folder->filePath(QStringLiteral("some.review.jsonl"));
        writeReview(path, 8);
        auto* review = new DataReview(path, m_page->document()->dataset(), m_page.get());
        review->open();
        QTRY_COMPARE(review->model()->rowCount(), 8);
        review->model()->judge({0, 2}, Judgement::Accepted);
        review->model()->judge({1}, Judgement::Rejected);
        review->findChild<QTableView*>(QStringLiteral("reviewRows"))->selectRow(3);
        save("data-review", review);
    }

private:
    void open(const QString& path)
    {
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == path, kAwaitMs);
    }

    template <class Dialog>
    Dialog* openDialog(const char* action)
    {
        m_page->findChild<QAction*>(QString::fromLatin1(action))->trigger();
        Dialog* dialog = nullptr;
        if (!QTest::qWaitFor([&] { return (dialog = m_page->findChild<Dialog*>()) != nullptr && dialog->isVisible() && !dialog->path().isEmpty(); }, kAwaitMs)) {
            qFatal("%s opens no dialog", action);
        }
        return dialog;
    }

    void writeReview(const QString& path, int rows)
    {
        std::string text;
        const auto dataset = m_page->document()->dataset();
        for (int i = 0; i < rows; ++i) {
            const Json row = {{"messages", Json::array({Json{{"role", "user"}, {"content", "Which tools lie on bench " + std::to_string(i) + "?"}},
                                                        Json{{"role", "assistant"}, {"content", "Planes, and some clamps."}}})},
                              {"synthetic", true}, {"augmentation", "reword"}, {"augmented_from", i + 1}};
            text += base::dumpJson(Json{{"review", "pending"}, {"row", row}, {"from", {{"file", dataset->path().string()}, {"row", i + 1}}}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(path.toStdString(), text).ok());
    }

    void save(const char* name, QDialog* dialog)
    {
        QTest::qWait(kPictureMs);
        waitForJobs();
        QTest::qWait(kPictureMs);
        for (const QWidget* widget : dialog->findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || qobject_cast<const QLabel*>(widget) != nullptr
                || widget->objectName().startsWith(QStringLiteral("qt_"))) {
                continue;
            }
            const QString who = QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
            QVERIFY2(!widget->objectName().isEmpty(), qPrintable(who));
        }
        support::savePicture(dialog, QString::fromLatin1(name));
        dialog->close();
        QTRY_VERIFY(!dialog->isVisible());
        QTest::qWait(10);
    }

    QString m_path;
};

QTEST_MAIN(TestDataMaking)
#include "tst_data_making.moc"
