// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: the frame around the pages: navigation, header, menus, palette, status line, and what a window
// remembers. It knows the pages only through their table.
//
// Threads: GUI thread. The Workspace must outlive it.
#pragma once

#include "ui/bridge/job.h"
#include "ui/theme/theme.h"

#include <QMainWindow>
#include <QStringList>

#include <vector>

class QActionGroup;
class QMenu;
class QStackedWidget;

namespace luthier::ui {

class Banner;
class FirstSteps;
class NextSteps;
class Page;
class PageFrame;
class RunNews;
class StatusLine;
class Workspace;
struct Command;
struct ShortcutLine;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(Workspace& workspace, Theme& theme, QWidget* parent = nullptr);
    ~MainWindow() override;

    void showPage(const QString& id, const QString& what = {}); // "data"; what: see Page::reveal
    void openData(const QString& path);
    void openModel(const QString& path); // a folder or a .gguf file
    Page* page(const QString& id) const;
    QString currentPage() const;

    struct Fit {
        QSize size;
        QSize least;
    };
    // Of a window that wants a size, on a screen of that size with so many pixels a unit.
    static Fit fitOn(const QSize& screen, double ratio, const QSize& wanted);

    // The actions of actionRows().
    void newProject();
    void chooseProject();
    void chooseData();
    void quit();
    void toggleHold();
    void stopRun();
    void showRun();
    void showShootout();
    void showPalette();
    void showShortcuts();
    void showAbout();
    void showPreferences();
    void showHelp(); // on the page in front
    void goBack();   // to the page before

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct RunName {
        qint64 id = 0;
        QString name;
    };

    void buildPages();
    void buildMenus();
    void buildUndo(QMenu* menu);
    void buildEditing(QMenu* menu);
    void sendKeys(const QKeySequence& keys); // to what has the focus
    void connectFirstSteps();
    void showFirstSteps();
    void step(int direction); // -1 undoes, 1 does again; waits for a step that is being made ready
    void fillViewMenu();
    void fillRecent();
    void connectWorkspace();
    void keepKeysInPage(); // to where they stand in the page in front, where they stand elsewhere
    void askBeforeClosing();
    void refreshActions();
    void refreshTitle();
    void showNews();
    void reloadRunNames();
    void restore();
    void save();
    std::vector<Command> commands();
    std::vector<ShortcutLine> shortcuts() const;

    Workspace& m_workspace;
    Theme& m_theme;
    std::vector<PageFrame*> m_frames;
    std::vector<QAction*> m_pageActions;
    std::vector<RunName> m_runNames; // for the palette
    JobSlot m_readingNames;
    QStackedWidget* m_stack;
    StatusLine* m_status;
    Banner* m_banner;
    RunNews* m_news;
    NextSteps* m_next;
    QMenu* m_recent = nullptr;
    FirstSteps* m_firstSteps;
    QStringList m_before; // pages that were in front, the last one last
    std::vector<int> m_stepsWanted; // directions, while a step was being made ready
    bool m_closesWhenSaved = false;
};

} // namespace luthier::ui
