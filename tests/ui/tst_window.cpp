// SPDX-License-Identifier: GPL-3.0-or-later
// The frame: pages by key, palette, menus from the table, names for everything that can be used, and what is
// remembered. Runs without a project: the frame must stand before one is open.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/store/project.h"
#include "tests/support/page_test.h"
#include "tests/support/story.h"
#include "ui/base/amounts.h"
#include "ui/charts/chart_panel.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/dialogs/new_project_dialog.h"
#include "ui/dialogs/preferences_dialog.h"
#include "ui/frame/banner.h"
#include "ui/models/data/row_model.h"
#include "ui/models/runs/shootout_table.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/pages.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/calm_wheel.h"
#include "ui/widgets/file_dialog.h"
#include "ui/window/actions.h"
#include "ui/window/main_window.h"
#include "ui/window/next_steps.h"
#include "ui/window/run_news.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QShortcut>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QStyle>
#include <QScrollBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <QtTest>

#include <algorithm>
#include <set>

using namespace luthier;
using namespace luthier::ui;

class TestWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        support::keepSettingsIn(*m_folder);
        qputenv("XDG_DATA_HOME", m_folder->path().toUtf8());
        open();
    }

    void cleanup()
    {
        m_window.reset();
        m_workspace.reset();
        m_theme.reset();
    }

    void everyPageIsReachedByItsKey()
    {
        int number = 0;
        for (const PageRow& row : pages()) {
            QTest::keySequence(m_window.get(), pageKey(number++));
            QCOMPARE(m_window->currentPage(), QString::fromLatin1(row.id));
            QVERIFY(m_window->page(QString::fromLatin1(row.id))->isVisible());
            QVERIFY(row.title[0] != '\0' && row.purpose[0] != '\0');
        }
    }

    void everyActionStandsInAMenuAndShortcutsAreUnique()
    {
        for (const ActionRow& row : actionRows()) {
            auto* menu = m_window->findChild<QMenu*>(QString::fromLatin1(row.menu) + QStringLiteral("Menu"));
            auto* action = m_window->findChild<QAction*>(QString::fromLatin1(row.id));
            QVERIFY2(menu != nullptr && menu->actions().contains(action), row.id);
        }
        std::set<QString> keys;
        for (const QAction* action : m_window->findChildren<QAction*>()) {
            const QString key = action->shortcut().toString();
            if (!key.isEmpty() && action->shortcutContext() == Qt::WindowShortcut) {
                QVERIFY2(keys.insert(key).second, qPrintable(key));
            }
        }
    }

    void paletteFindsASettingAndGoesThere()
    {
        m_window->showPalette();
        auto* search = m_window->findChild<QLineEdit*>(QStringLiteral("paletteSearch"));
        auto* list = m_window->findChild<QListWidget*>(QStringLiteral("paletteList"));
        QVERIFY(list->count() > static_cast<int>(pages().size()));
        QTest::keyClicks(search, QStringLiteral("weight dec"));
        QCOMPARE(list->currentItem()->text(), QStringLiteral("Weight decay"));
        search->clear();
        QTest::keyClicks(search, QStringLiteral("warm")); // not "Warm-up of values", which stands before it
        QCOMPARE(list->currentItem()->text(), QStringLiteral("Warm-up"));
        search->clear();
        QTest::keyClicks(search, QStringLiteral("weight dec"));
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), QStringLiteral("tune"));
        auto* editor = m_window->findChild<QWidget*>(QStringLiteral("optimizer.weight_decay"));
        QTRY_VERIFY(editor->hasFocus());
    }

    // Every setting that the palette offers is shown, or it is said what has to be chosen first.
    void everySettingIsReached()
    {
        for (const config::Part& part : config::parts()) {
            for (const fields::Field& field : part.fields) {
                const QString key = QString::fromStdString(part.key + "." + field.key);
                m_window->showPage(QStringLiteral("data"));
                m_window->findChild<QLabel*>(QStringLiteral("statusMessage"))->clear();
                m_window->showPage(QStringLiteral("tune"), key);
                const QWidget* at = m_window->focusWidget();
                const QString said = m_window->findChild<QLabel*>(QStringLiteral("statusMessage"))->text();
                QVERIFY2(at != nullptr && (at->objectName() == key || !said.isEmpty() || QStringList{QStringLiteral("modelChoice"), QStringLiteral("startChoice")}.contains(at->objectName())
                                           || at->objectName().startsWith(QStringLiteral("method."))),
                         qPrintable(key + QStringLiteral(" at ") + (at == nullptr ? QString() : at->objectName())));
                // Asked for again while it has the keys already, it keeps them.
                m_window->showPage(QStringLiteral("data"));
                m_window->showPage(QStringLiteral("tune"), key);
                if (at->objectName() == key) {
                    QVERIFY2(m_window->focusWidget() == at, qPrintable(key));
                }
            }
        }
    }

    void paletteSaysThatNothingIsFound()
    {
        m_window->showPalette();
        auto* search = m_window->findChild<QLineEdit*>(QStringLiteral("paletteSearch"));
        auto* list = m_window->findChild<QListWidget*>(QStringLiteral("paletteList"));
        auto* nothing = m_window->findChild<QLabel*>(QStringLiteral("paletteNothing"));
        const int height = list->height();
        QVERIFY(!nothing->isVisible());
        QTest::keyClicks(search, QStringLiteral("qqzzq"));
        QCOMPARE(list->count(), 0);
        QVERIFY(nothing->isVisible() && !nothing->text().isEmpty());
        QCOMPARE(list->height(), height);
        QTest::keyClick(search, Qt::Key_Return); // does nothing
        search->clear();
        QVERIFY(!nothing->isVisible());
    }

    void wordsMatchInAnyOrder()
    {
        QVERIFY(matchScore(QStringLiteral("rate learn"), QStringLiteral("Learning rate")) > 0);
        QCOMPARE(matchScore(QStringLiteral("rat x"), QStringLiteral("Learning rate")), 0);
        QVERIFY(matchScore(QStringLiteral("rate"), QStringLiteral("Learning rate")) > matchScore(QStringLiteral("ate"), QStringLiteral("Learning rate")));
    }

    void everythingUsableHasANameAndIsReachedByTab_data()
    {
        QTest::addColumn<QString>("id");
        for (const PageRow& row : pages()) {
            QTest::newRow(row.id) << QString::fromLatin1(row.id);
        }
    }

    void everythingUsableHasANameAndIsReachedByTab()
    {
        QFETCH(QString, id);
        m_window->showPage(id);
        std::set<const QWidget*> reached;
        const QWidget* at = m_window.get();
        do {
            reached.insert(at);
            at = at->nextInFocusChain();
        } while (at != m_window.get());
        for (const QWidget* widget : m_window->page(id)->findChildren<QWidget*>()) {
            const bool isUsable = (widget->focusPolicy() & Qt::TabFocus) && widget->isVisible() && widget->focusProxy() == nullptr;
            if (!isUsable || widget->objectName().startsWith(QStringLiteral("qt_"))) {
                continue;
            }
            const QString who = QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
            QVERIFY2(!widget->objectName().isEmpty(), qPrintable(who));
            QVERIFY2(!widget->accessibleName().isEmpty() || widget->property("text").toString().size() > 1, qPrintable(who));
            QVERIFY2(reached.contains(widget), qPrintable(who));
        }
    }

    void pageAndThemeAreRemembered()
    {
        m_window->showPage(QStringLiteral("runs"));
        m_window->findChild<QAction*>(QStringLiteral("theme.dark"))->trigger();
        QCOMPARE(currentScheme(), Scheme::Dark);
        m_window->close();
        cleanup();
        open();
        QCOMPARE(m_window->currentPage(), QStringLiteral("runs"));
        QCOMPARE(currentScheme(), Scheme::Dark);
        m_window->findChild<QAction*>(QStringLiteral("theme.light"))->trigger();
        QCOMPARE(currentScheme(), Scheme::Light);
    }

    void undoReachesSettings()
    {
        m_window->showPage(QStringLiteral("tune"), QStringLiteral("run.epochs"));
        auto* epochs = m_window->findChild<QWidget*>(QStringLiteral("run.epochs"));
        QTRY_VERIFY(epochs->hasFocus());
        QTest::keyClick(epochs, Qt::Key_Up);
        QCOMPARE(m_workspace->undoStack()->count(), 1);
        QVERIFY(m_window->findChild<QAction*>(QStringLiteral("undo"))->isEnabled());
        m_window->findChild<QAction*>(QStringLiteral("undo"))->trigger();
        QCOMPARE(m_workspace->undoStack()->index(), 0);
    }

    // Undo asked for while a step is being made ready is meant for that step, not for the one before.
    void undoWaitsForAStepThatIsBeingMade()
    {
        QUndoStack* stack = m_workspace->undoStack();
        auto* undo = m_window->findChild<QAction*>(QStringLiteral("undo"));
        auto maker = std::make_unique<QObject>();
        m_workspace->setMakingStep(maker.get(), true);
        QVERIFY(undo->isEnabled()); // there will be something
        m_workspace->setMakingStep(maker.get(), false);
        QVERIFY(!undo->isEnabled());
        stack->push(new QUndoCommand(QStringLiteral("first")));
        m_workspace->setMakingStep(maker.get(), true);
        undo->trigger();
        QCOMPARE(stack->index(), 1);
        stack->push(new QUndoCommand(QStringLiteral("second")));
        m_workspace->setMakingStep(maker.get(), false);
        QCOMPARE(stack->count(), 2);
        QCOMPARE(stack->index(), 1);
        m_workspace->setMakingStep(maker.get(), true);
        undo->trigger();
        maker.reset(); // its file was closed: the step never comes
        QCOMPARE(stack->index(), 0);
    }

    // What another page did is not taken back behind one's back: its page comes, and the line says what it was.
    void undoGoesWhereItIsSeen()
    {
        m_window->showPage(QStringLiteral("tune"), QStringLiteral("run.epochs"));
        auto* epochs = m_window->findChild<QWidget*>(QStringLiteral("run.epochs"));
        QTRY_VERIFY(epochs->hasFocus());
        QTest::keyClick(epochs, Qt::Key_Up);
        m_window->showPage(QStringLiteral("models"));
        auto* undo = m_window->findChild<QAction*>(QStringLiteral("undo"));
        auto* redo = m_window->findChild<QAction*>(QStringLiteral("redo"));
        QVERIFY2(undo->text().contains(QStringLiteral("Epochs")), qPrintable(undo->text()));
        undo->trigger();
        QCOMPARE(m_workspace->undoStack()->index(), 0);
        QCOMPARE(m_window->currentPage(), QStringLiteral("tune"));
        auto* said = m_window->findChild<QLabel*>(QStringLiteral("statusMessage"));
        QVERIFY2(said->text().contains(QStringLiteral("Epochs")), qPrintable(said->text()));
        QVERIFY(!undo->isEnabled() && redo->isEnabled());
        m_window->showPage(QStringLiteral("runs"));
        redo->trigger();
        QCOMPARE(m_workspace->undoStack()->index(), 1);
        QCOMPARE(m_window->currentPage(), QStringLiteral("tune"));
    }

    // Wherever the person is when a run ends: a strip with the way on, and a dot until somebody looked.
    void theEndOfARunIsNews()
    {
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("bench")).toStdString());
        QVERIFY(project.ok());
        const auto run = (*project)->createRun("First tune", config::toJson(config::RunConfig{}));
        QVERIFY(run.ok());
        QVERIFY((*project)->appendEvents(run->id, support::storyOfARun(10, 0.02, run->folder)).ok());
        m_workspace->setProject(*project);
        m_window->showPage(QStringLiteral("models"));
        auto* strip = m_window->findChild<QWidget*>(QStringLiteral("news"));
        auto* text = m_window->findChild<QLabel*>(QStringLiteral("newsText"));
        auto* button = m_window->findChild<QToolButton*>(QStringLiteral("runsButton"));
        const QString before = button->accessibleName();
        QVERIFY(!strip->isVisible());
        Q_EMIT m_workspace->runs()->runEnded(run->id);
        QTRY_VERIFY(strip->isVisible());
        QVERIFY2(text->text().startsWith(QStringLiteral("First tune finished, held-out 3.2000 \u2192 ")), qPrintable(text->text()));
        QVERIFY(button->accessibleName() != before); // the dot, in words
        m_window->showPage(QStringLiteral("runs"));
        QCOMPARE(button->accessibleName(), before);
        m_window->findChild<QPushButton*>(QStringLiteral("newsRemedy"))->click();
        QCOMPARE(m_window->currentPage(), QStringLiteral("compare"));
        QVERIFY(!strip->isVisible());
        store::RunRow failed;
        failed.name = "Second";
        failed.state = "failed";
        failed.sentence = "The disk is full.";
        QCOMPARE(RunNews::sentenceOf(failed), QStringLiteral("Second failed: The disk is full."));
    }

    void backGoesToThePageBefore()
    {
        m_window->showPage(QStringLiteral("runs"));
        m_window->showPage(QStringLiteral("data"));
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(m_window->currentPage(), QStringLiteral("runs"));
    }

    // A page that is shown something has the keys, and so it has when what had them goes: else they were at the first page's name.
    void theKeysStayInThePage()
    {
        const auto isInPage = [this](const char* id) { return m_window->page(QString::fromLatin1(id))->isAncestorOf(QApplication::focusWidget()); };
        m_window->showPage(QStringLiteral("adapters"));
        m_window->findChild<QWidget*>(QStringLiteral("dataButton"))->setFocus();
        QVERIFY(!isInPage("adapters"));
        m_window->showPage(QStringLiteral("chat"), QStringLiteral("/nowhere/a"));
        QVERIFY(isInPage("chat"));
        m_window->showPage(QStringLiteral("adapters"));
        m_window->showPage(QStringLiteral("chat"), QStringLiteral("/nowhere/b")); // where one types, not at the choice that stands first
        QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("chatQuestion"));
        for (const char* strip : {"banner", "news"}) {
            auto* banner = m_window->findChild<Banner*>(QLatin1String(strip));
            QVERIFY2(banner != nullptr, strip);
            banner->show(QStringLiteral("Something is said."), QStringLiteral("Do it"));
            for (const char* button : {"Close", "Remedy"}) {
                banner->show(QStringLiteral("Something is said."), QStringLiteral("Do it"));
                auto* pressed = banner->findChild<QAbstractButton*>(QLatin1String(strip) + QLatin1String(button));
                QVERIFY2(pressed != nullptr, button);
                pressed->setFocus();
                QVERIFY(pressed->hasFocus());
                banner->hide();
                QVERIFY2(isInPage("chat"), button);
            }
        }
        m_window->showPage(QStringLiteral("runs"));
        auto* pressed = m_window->findChild<QWidget*>(QStringLiteral("adaptersButton"));
        pressed->setFocus();
        pressed->setEnabled(false); // as a page's main action is once it was done
        QVERIFY(isInPage("runs"));
    }

    void enterPressesTheButtonThatHasTheKeys()
    {
        for (const auto key : {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Space}) {
            m_window->showPage(QStringLiteral("data"));
            auto* models = m_window->findChild<QAbstractButton*>(QStringLiteral("modelsButton"));
            models->setFocus();
            QTest::keyClick(models, key);
            QCOMPARE(m_window->currentPage(), QStringLiteral("models"));
        }
    }

    void theEditMenuServesTheFocus()
    {
        m_window->showPage(QStringLiteral("chat"));
        auto* question = m_window->page(QStringLiteral("chat"))->findChild<QPlainTextEdit*>(QStringLiteral("chatSystem"));
        m_window->page(QStringLiteral("chat"))->findChild<QPushButton*>(QStringLiteral("chatSettings"))->click();
        question->setFocus();
        QTest::keyClicks(question, QStringLiteral("oil the bench"));
        const auto trigger = [this](const char* id) { m_window->findChild<QAction*>(QLatin1String(id))->trigger(); };
        trigger("selectAll");
        trigger("copy");
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("oil the bench"));
        trigger("cut");
        QVERIFY(question->toPlainText().isEmpty());
        trigger("paste");
        QCOMPARE(question->toPlainText(), QStringLiteral("oil the bench"));
    }

    void preferencesAreKept()
    {
        m_window->showPreferences();
        auto* dialog = m_window->findChild<PreferencesDialog*>();
        auto* theme = support::child<QComboBox>(dialog, "preference.theme");
        theme->setCurrentIndex(theme->findData(QStringLiteral("dark")));
        Q_EMIT theme->activated(theme->currentIndex());
        QCOMPARE(currentScheme(), Scheme::Dark);
        QVERIFY(m_window->findChild<QAction*>(QStringLiteral("theme.dark"))->isChecked());
        support::child<QLineEdit>(dialog, "preference.projectsFolder")->setText(m_folder->filePath(QStringLiteral("mine")));
        auto* device = support::child<QComboBox>(dialog, "preference.device");
        device->setCurrentIndex(device->findData(QStringLiteral("cpu")));
        Q_EMIT device->activated(device->currentIndex());
        dialog->reject();
        QCOMPARE(m_workspace->settings().text(QStringLiteral("device")), QStringLiteral("cpu"));
        m_window->newProject();
        QCOMPARE(support::child<QLineEdit>(m_window->findChild<NewProjectDialog*>(), "projectPlace")->text(), m_folder->filePath(QStringLiteral("mine")));
        m_window->findChild<QAction*>(QStringLiteral("theme.light"))->trigger();
    }

    // For whoever has tuned nothing yet, until it is sent away for good.
    void firstStepsComeAndGo()
    {
        auto* card = m_window->findChild<QWidget*>(QStringLiteral("firstSteps"));
        QVERIFY(!card->isVisible());
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("empty")).toStdString());
        QVERIFY(project.ok());
        m_workspace->setProject(*project);
        QTRY_VERIFY(card->isVisible());
        m_window->findChild<QPushButton*>(QStringLiteral("firstModel"))->click();
        QCOMPARE(m_window->currentPage(), QStringLiteral("models"));
        m_window->findChild<QToolButton*>(QStringLiteral("firstStepsClose"))->click();
        QVERIFY(!card->isVisible());
        Q_EMIT m_workspace->runsChanged();
        QTest::qWait(100);
        waitForJobs();
        QTest::qWait(50);
        QVERIFY(!card->isVisible());
    }

    void aNewProjectNeedsNoFolder()
    {
        m_window->newProject();
        auto* dialog = m_window->findChild<NewProjectDialog*>();
        auto* make = support::child<QPushButton>(dialog, "makeProject");
        QVERIFY(!make->isEnabled());
        support::child<QLineEdit>(dialog, "projectPlace")->setText(m_folder->filePath(QStringLiteral("not/there/yet")));
        QTest::keyClicks(support::child<QLineEdit>(dialog, "projectName"), QStringLiteral("bench"));
        QVERIFY(make->isEnabled());
        QSignalSpy changed(m_workspace.get(), &Workspace::projectChanged);
        make->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != nullptr, 20'000);
        QVERIFY(QFileInfo::exists(m_folder->filePath(QStringLiteral("not/there/yet/bench/luthier.db"))));
    }

    void dialogsOfferEveryKindOfData()
    {
        m_window->chooseData();
        auto* dialog = m_window->findChild<QFileDialog*>();
        const QString filter = dialog->nameFilters().front();
        for (const char* name : {"*.jsonl", "*.csv", "*.parquet", "*.arrow", "*.md", "*.gz", "*.zst"}) {
            QVERIFY2(filter.contains(QLatin1String(name)), name);
        }
        auto* places = dialog->findChild<QListView*>(QStringLiteral("sidebar")); // whole, whatever the scale
        QVERIFY(places != nullptr);
        QTRY_VERIFY(places->viewport()->width() >= places->sizeHintForColumn(0));
        dialog->reject();
        QCOMPARE(dataFilters().front(), filter); // one list for all
    }

    // A file to save is named by keys alone, also in another folder than the one shown.
    void filesAreSavedByKeys()
    {
        const QString folder = m_folder->filePath(QStringLiteral("kept"));
        QVERIFY(QDir().mkpath(folder));
        for (const QString& typed : {folder + QStringLiteral("/report.html"), folder + QStringLiteral("/other")}) {
            auto* dialog = saveDialog(m_window.get(), QStringLiteral("report"), QStringLiteral("Save"), {QStringLiteral("Page (*.html)")}, QStringLiteral("html"));
            dialog->open();
            QVERIFY(QTest::qWaitForWindowActive(dialog));
            QWidget* name = dialog->focusWidget();
            QVERIFY(name != nullptr);
            QCOMPARE(name->objectName(), QStringLiteral("fileNameEdit"));
            QString chosen;
            connect(dialog, &QFileDialog::fileSelected, this, [&chosen](const QString& path) { chosen = path; });
            QTest::keyClicks(name, typed, {}, 2);
            QWidget* popup = QApplication::activePopupWidget(); // the list of files takes keys first, as on a desktop
            QTest::keyClick(popup != nullptr ? popup : name, Qt::Key_Return);
            QTRY_VERIFY2(!chosen.isEmpty(), qPrintable(static_cast<QLineEdit*>(name)->text()));
            QCOMPARE(QFileInfo(chosen).completeBaseName(), QFileInfo(typed).completeBaseName());
            QCOMPARE(QFileInfo(chosen).suffix(), QStringLiteral("html"));
            QTRY_VERIFY(m_window->findChild<QFileDialog*>() == nullptr);
        }
    }

    // Each kind of file where it was found last, with the bundled sets at the side; one order of buttons, one set of drawings.
    void dialogsAreOfOnePiece()
    {
        const QString last = m_folder->filePath(QStringLiteral("last"));
        QVERIFY(QDir().mkpath(last));
        m_window->chooseData();
        auto* dialog = m_window->findChild<QFileDialog*>();
        dialog->setDirectory(last);
        Q_EMIT dialog->accepted();
        dialog->reject();
        QTRY_VERIFY(m_window->findChild<QFileDialog*>() == nullptr);
        m_window->chooseData();
        dialog = m_window->findChild<QFileDialog*>();
        QCOMPARE(QFileInfo(dialog->directory().path()).canonicalFilePath(), QFileInfo(last).canonicalFilePath());
        const auto places = dialog->sidebarUrls();
        QVERIFY(places.contains(QUrl::fromLocalFile(QString::fromStdString(base::datasetsFolder().string()))));
        dialog->reject();
        m_window->newProject();
        auto* project = m_window->findChild<NewProjectDialog*>();
        const auto* make = support::child<QPushButton>(project, "makeProject");
        const auto* cancel = project->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Cancel);
        QVERIFY(cancel->geometry().right() < make->geometry().left());
        QVERIFY(cancel->icon().isNull() && make->icon().isNull());
        project->reject();
        // Drawn as the others: in the theme's colours, with nothing of the desktop's set.
        for (const QStyle::StandardPixmap one : {QStyle::SP_MessageBoxQuestion, QStyle::SP_MessageBoxWarning, QStyle::SP_DirIcon, QStyle::SP_FileIcon}) {
            const QImage drawn = m_window->style()->standardIcon(one).pixmap(QSize(24, 24)).toImage();
            QVERIFY(!drawn.isNull());
            std::set<QRgb> inks;
            for (int y = 0; y < drawn.height(); ++y) {
                for (int x = 0; x < drawn.width(); ++x) {
                    if (qAlpha(drawn.pixel(x, y)) == 255) {
                        inks.insert(drawn.pixel(x, y));
                    }
                }
            }
            QVERIFY(inks.size() >= 1 && inks.size() <= 3);
        }
    }

    // Whatever has a key says what it does, and stands in the list.
    void everyKeyStandsInTheList()
    {
        for (const QShortcut* shortcut : m_window->findChildren<QShortcut*>()) {
            const QString who = QString::fromLatin1(shortcut->parent()->metaObject()->className()) + u' ' + shortcut->key().toString();
            QVERIFY2(!shortcut->whatsThis().isEmpty(), qPrintable(who));
        }
        m_window->showPage(QStringLiteral("data"));
        QTest::keyClick(m_window.get(), Qt::Key_F1);
        auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("shortcutsDialog"));
        QVERIFY(dialog != nullptr);
        const auto* table = support::child<QTableWidget>(dialog, "shortcuts");
        QStringList listed;
        for (int row = 0; row < table->rowCount(); ++row) {
            QVERIFY(!table->item(row, 0)->text().isEmpty() && !table->item(row, 1)->text().isEmpty());
            listed += table->item(row, 0)->text() + u'\t' + table->item(row, 1)->text();
        }
        QCOMPARE(table->item(0, 2)->text(), QCoreApplication::translate("Page", "Data")); // the page in front comes first
        const auto has = [&listed](const QString& action, const QString& keys) {
            return std::any_of(listed.begin(), listed.end(), [&](const QString& line) {
                return line.section(u'\t', 0, 0) == action && line.section(u'\t', 1).split(QStringLiteral(", ")).contains(keys);
            });
        };
        for (const QAction* action : m_window->findChildren<QAction*>()) {
            for (const QKeySequence& keys : action->shortcuts()) {
                QVERIFY2(!keys.isEmpty(), qPrintable(action->iconText() + QStringLiteral(" has a shortcut without keys")));
                QVERIFY2(has(action->iconText(), keys.toString(QKeySequence::NativeText)), qPrintable(action->iconText() + keys.toString()));
            }
        }
        for (const QShortcut* shortcut : m_window->findChildren<QShortcut*>()) {
            QVERIFY2(has(shortcut->whatsThis(), shortcut->key().toString(QKeySequence::NativeText)), qPrintable(shortcut->whatsThis()));
        }
        QTRY_COMPARE(table->horizontalScrollBar()->maximum(), 0);
        for (int row = 0; row < table->rowCount(); ++row) { // what the keys do is read whole
            QVERIFY2(table->columnWidth(0) > table->fontMetrics().horizontalAdvance(table->item(row, 0)->text()), qPrintable(table->item(row, 0)->text()));
        }
        dialog->close();
        QTRY_VERIFY(m_window->findChild<QDialog*>(QStringLiteral("shortcutsDialog")) == nullptr);
        m_window->showPage(QStringLiteral("chat"));
        m_window->findChild<QAction*>(QStringLiteral("shortcuts"))->trigger();
        QTRY_VERIFY(m_window->findChild<QDialog*>(QStringLiteral("shortcutsDialog")) != nullptr);
    }

    // After each step one quiet line, which can be sent away for good.
    void whatComesNextIsSaid()
    {
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("next")).toStdString());
        QVERIFY(project.ok());
        m_workspace->setProject(*project);
        auto* strip = m_window->findChild<QWidget*>(QStringLiteral("nextStrip"));
        auto* text = m_window->findChild<QLabel*>(QStringLiteral("nextText"));
        auto* go = m_window->findChild<QPushButton*>(QStringLiteral("nextGo"));
        QVERIFY(!strip->isVisible());
        const QString rows = m_folder->filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(rows.toStdString(), R"({"instruction":"a","input":"","output":"b"})" "\n").ok());
        m_window->openData(rows);
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), 20'000);
        QVERIFY(text->text().contains(QStringLiteral("rows.jsonl")) && !go->text().isEmpty());
        go->click(); // checks the rows
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible() && text->text().contains(QStringLiteral("checked")), 20'000);
        go->click();
        QCOMPARE(m_window->currentPage(), QStringLiteral("tune"));
        QVERIFY(!strip->isVisible());
        // Every step has its line, and the button goes where it says.
        for (const NextStep& step : nextSteps()) {
            QVERIFY(m_window->page(QString::fromLatin1(step.page)) != nullptr);
            QVERIFY(step.action[0] == '\0' || m_window->page(QString::fromLatin1(step.page))->findChild<QAction*>(QString::fromLatin1(step.action)) != nullptr);
            Q_EMIT m_window->page(QStringLiteral("data"))->stepDone(QString::fromLatin1(step.after), QStringLiteral("It"));
            QVERIFY(strip->isVisible() && text->text().startsWith(QStringLiteral("It ")));
            m_window->findChild<QToolButton*>(QStringLiteral("nextClose"))->click();
            QVERIFY(!strip->isVisible());
            Q_EMIT m_window->page(QStringLiteral("data"))->stepDone(QString::fromLatin1(step.after), QStringLiteral("It"));
            QVERIFY(!strip->isVisible());
        }
    }

    void theFirstWindowFitsItsScreen()
    {
        const QRect room = m_window->screen()->availableGeometry();
        QVERIFY(m_window->width() <= std::max(room.width(), m_window->minimumWidth()));
        QVERIFY(m_window->height() < room.height() || m_window->height() == m_window->minimumHeight());
    }

    // Kept from a larger screen, or from a smaller scale: no button stands outside.
    void aWindowThatWasKeptFitsItsScreen_data()
    {
        QTest::addColumn<QSize>("screen");
        QTest::addColumn<double>("ratio");
        QTest::addColumn<QSize>("wanted");
        QTest::newRow("fits") << QSize(2560, 1440) << 1.0 << QSize(1280, 800);
        QTest::newRow("a smaller screen") << QSize(1280, 800) << 1.0 << QSize(2500, 1400);
        QTest::newRow("scale 1.25") << QSize(1024, 640) << 1.25 << QSize(1264, 744);
        QTest::newRow("scale 2") << QSize(1280, 720) << 2.0 << QSize(1920, 1000);
    }

    void aWindowThatWasKeptFitsItsScreen()
    {
        QFETCH(QSize, screen);
        QFETCH(double, ratio);
        QFETCH(QSize, wanted);
        const MainWindow::Fit fit = MainWindow::fitOn(screen, ratio, wanted);
        QVERIFY(fit.size.width() < screen.width() && fit.size.height() < screen.height());
        QVERIFY(fit.least.width() <= fit.size.width() && fit.least.height() <= fit.size.height());
        QVERIFY(fit.size == wanted || wanted.width() > screen.width() || wanted.height() > screen.height());
        // One that is smaller than any use is left to the person to scroll.
        QCOMPARE(MainWindow::fitOn({800, 600}, 1, wanted).least, QSize(1024, 640));
    }

    void whatIsSaidGoesAgain()
    {
        auto* said = m_window->findChild<QLabel*>(QStringLiteral("statusMessage"));
        m_workspace->say(QStringLiteral("Oiled."));
        QCOMPARE(said->text(), QStringLiteral("Oiled."));
        QTRY_VERIFY_WITH_TIMEOUT(said->text().isEmpty(), 8'000);
        QVERIFY(said->toolTip().contains(QStringLiteral("Oiled."))); // and can still be read
    }

    // A form scrolls, whatever the pointer passes.
    void theWheelBelongsToTheForm()
    {
        QScrollArea area;
        auto* content = new QWidget;
        auto* column = new QVBoxLayout(content);
        auto* combo = new QComboBox;
        combo->addItems({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")});
        auto* box = new QSpinBox;
        auto* slider = new QSlider(Qt::Horizontal);
        for (QWidget* widget : {static_cast<QWidget*>(combo), static_cast<QWidget*>(box), static_cast<QWidget*>(slider)}) {
            column->addWidget(widget);
        }
        column->addSpacing(2000);
        area.setWidget(content);
        area.resize(200, 200);
        area.show();
        QVERIFY(QTest::qWaitForWindowExposed(&area));
        combo->setFocus(); // as it has after a choice
        CalmWheel calm;
        for (QWidget* widget : {static_cast<QWidget*>(combo), static_cast<QWidget*>(box), static_cast<QWidget*>(slider)}) {
            const QPoint at = widget->rect().center();
            QWheelEvent wheel(at, widget->mapToGlobal(at), {}, {0, -120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
            QVERIFY2(calm.eventFilter(widget, &wheel), widget->metaObject()->className()); // it never gets there
            QVERIFY2(!wheel.isAccepted(), widget->metaObject()->className());              // and goes on to the parent
        }
        QCOMPARE(combo->currentIndex(), 0);
        QCOMPARE(box->value(), 0);
        QCOMPARE(slider->value(), 0);
    }

    void problemWithAProjectStandsAboveThePages()
    {
        Q_EMIT m_workspace->projectFailed(QStringLiteral("It is open elsewhere."));
        QVERIFY(m_window->findChild<QWidget*>(QStringLiteral("banner"))->isVisible());
        QVERIFY(m_window->findChild<QWidget*>(QStringLiteral("bannerRemedy"))->isVisible());
    }

    void runsModelKeepsTheRulesOfModels()
    {
        RunsModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        store::RunRow first;
        first.id = 1;
        first.name = "first";
        first.state = "running";
        first.created = "2026-01-02T03:04:05Z";
        first.recipe = config::toJson(config::RunConfig{});
        first.measures.take(measures::measureOf("loss"), measures::kHeldOutSet, 0, 3.25);
        first.measures.take(measures::measureOf("loss"), measures::kHeldOutSet, 9, 1.5);
        store::RunRow second = first;
        second.id = 2;
        model.setRuns({second, first});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.rowOf(1), 1);
        // While it runs, the row says so: steps, losses, minutes, and a hold.
        train::StepDone step;
        step.step = 7;
        step.loss = 1.25;
        model.take(1, step);
        QCOMPARE(model.index(1, 3).data().toString(), QStringLiteral("7"));
        QCOMPARE(model.index(1, 4).data().toString(), QStringLiteral("1.2500"));
        model.take(1, train::EvalDone{.step = 8, .loss = 0.75});
        QCOMPARE(model.index(1, 5).data().toString(), QStringLiteral("3.2500 \u2192 0.7500"));
        model.setLive(1, 150, true);
        QCOMPARE(model.index(1, 1).data().toString(), QStringLiteral("on hold"));
        int minutes = 0;
        while (minutes < model.columnCount() && model.headerData(minutes, Qt::Horizontal).toString() != QStringLiteral("Minutes")) {
            ++minutes;
        }
        QCOMPARE(model.index(1, minutes).data().toString(), QStringLiteral("2.5"));
        model.setLive(1, 180, false);
        QCOMPARE(model.index(1, 1).data().toString(), QStringLiteral("running"));
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        second.state = "finished";
        model.setRuns({second, first});
        QCOMPARE(reset.count(), 0); // the same runs: what is selected stays selected
        QSignalSpy wanted(&model, &RunsModel::renameWanted);
        QVERIFY(model.setData(model.index(0, RunsModel::kNameColumn), QStringLiteral("better name")));
        QCOMPARE(wanted.first().at(1).toString(), QStringLiteral("better name"));
        QVERIFY(!model.setData(model.index(0, RunsModel::kNameColumn), QStringLiteral("  ")));
        // What a run measures beside the held-out loss gets a column, and what is chosen stays chosen.
        const int before = model.columnCount();
        first.measures.take(measures::measureOf("loss"), "general", 0, 5);
        first.measures.take(measures::measureOf("loss"), "general", 9, 6);
        first.measures.take(measures::measureOf("made_up"), "general", 9, 0.5);
        model.setRuns({second, first});
        QCOMPARE(reset.count(), 0);
        QCOMPARE(model.columnCount(), before + 2);
        QCOMPARE(model.headerData(5, Qt::Horizontal).toString(), QStringLiteral("Held-out"));
        QCOMPARE(model.index(1, 5).data().toString(), QStringLiteral("3.2500 \u2192 1.5000"));
        QCOMPARE(model.headerData(6, Qt::Horizontal).toString(), QStringLiteral("General loss"));
        QCOMPARE(model.index(1, 6).data().toString(), QStringLiteral("5.0000 \u2192 6.0000"));
        QCOMPARE(model.headerData(7, Qt::Horizontal).toString(), QStringLiteral("General made_up"));
        QCOMPARE(model.index(1, 7).data().toString(), QStringLiteral("0.5000")); // nothing was there before the first step
        for (int column = 0; column < model.columnCount(); ++column) {
            const QString head = model.headerData(column, Qt::Horizontal).toString();
            QVERIFY(!head.isEmpty());
            QVERIFY2(!model.index(0, column).data().toString().isEmpty(), qPrintable(head)); // a dash where nothing is known
        }
    }

    void shootoutTableKeepsTheRulesOfModels()
    {
        ShootoutTable model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        ShootoutLine line;
        line.method = QStringLiteral("lora");
        line.measured.measures.take(measures::measureOf("loss"), measures::kHeldOutSet, 4, 1.5);
        model.setLines({line, line});
        const int before = model.columnCount();
        line.measured.measures.take(measures::measureOf("loss"), "general", 0, 5);
        line.measured.measures.take(measures::measureOf("loss"), "general", 4, 6);
        model.setLine(1, line);
        QCOMPARE(model.columnCount(), before + 1);
        QCOMPARE(model.index(1, 2).data().toString(), QStringLiteral("1.5000"));
        QCOMPARE(model.headerData(3, Qt::Horizontal).toString(), QStringLiteral("General loss"));
        QCOMPARE(model.index(1, 3).data().toString(), QStringLiteral("6.0000"));
        QCOMPARE(model.index(1, 3).data(ShootoutTable::SortRole).toDouble(), 6.0);
        QVERIFY(model.index(1, 3).data(Qt::ToolTipRole).toString().startsWith(QStringLiteral("5.0000")));
        QCOMPARE(model.index(0, 3).data().toString(), QStringLiteral("\u2013"));
        QVERIFY(!model.index(0, 4).data().toString().isEmpty() && model.index(0, 0).data(ShootoutTable::MethodRole) == QStringLiteral("lora"));
    }

    // From a point on the curve to the rows of its step, by keyboard alone.
    void aPointOnTheCurveOpensItsRows()
    {
        const std::string file = m_folder->filePath(QStringLiteral("rows.jsonl")).toStdString();
        std::string rows;
        for (int i = 0; i < 64; ++i) {
            rows += base::dumpJson(Json{{"instruction", "Question " + std::to_string(i)}, {"input", ""}, {"output", "Answer"}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(file, rows).ok());
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("bench")).toStdString());
        QVERIFY(project.ok());
        QVERIFY((*project)->addSource(file, "auto").ok());
        config::RunConfig config;
        config.model.path = base::bundledModel().string();
        config.data.train = {file};
        config.run.batchSize = 4;
        config.run.gradientAccumulation = 1;
        const auto run = (*project)->createRun("Curve", config::toJson(config));
        QVERIFY(run.ok());
        QVERIFY(base::writeFileAtomically(std::filesystem::path(run->folder) / "recipe.json", base::dumpJson(config::toJson(config))).ok());
        QVERIFY((*project)->appendEvents(run->id, support::storyOfARun(10, 0.02, run->folder)).ok());
        m_workspace->setProject(*project);
        m_window->showPage(QStringLiteral("runs"));
        auto* runs = static_cast<RunsPage*>(m_window->page(QStringLiteral("runs")));
        ChartPanel* loss = runs->charts()->panels().front();
        QTRY_COMPARE_WITH_TIMEOUT(loss->numPoints(0), 10, 20'000);
        QTest::keyClick(loss, Qt::Key_Home);
        QTest::keyClick(loss, Qt::Key_Right);
        QTest::keyClick(loss, Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), QStringLiteral("data"));
        auto* data = static_cast<DataPage*>(m_window->page(QStringLiteral("data")));
        QTRY_VERIFY_WITH_TIMEOUT(data->table()->model()->rowCount() == 4 && !data->table()->model()->showsAll(), 20'000);
    }

    void timesAreSaidInWords()
    {
        QVERIFY(timeLeft(-1).isEmpty());
        QVERIFY(timeLeft(30).contains(QStringLiteral("less than a minute")));
        QVERIFY(timeLeft(185).contains(QStringLiteral("3 min")));
        QCOMPARE(duration(0.085), QStringLiteral("85 ms"));
        QCOMPARE(duration(0), QStringLiteral("0 s"));
        QVERIFY(duration(200).contains(QStringLiteral("3 min 20 s")));
        QVERIFY(duration(7260).contains(QStringLiteral("2 h 1 min")));
    }

private:
    void open()
    {
        m_theme = std::make_unique<Theme>(*qApp);
        m_workspace = std::make_unique<Workspace>();
        m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
