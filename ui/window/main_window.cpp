// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "ui/base/local_files.h"
#include "ui/bridge/job.h"
#include "ui/frame/accessible_roles.h"
#include "ui/frame/banner.h"
#include "ui/frame/first_steps.h"
#include "ui/frame/navigation.h"
#include "ui/frame/next_strip.h"
#include "ui/frame/page_frame.h"
#include "ui/frame/run_badge.h"
#include "ui/frame/status_line.h"
#include "ui/pages/pages.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/calm_wheel.h"
#include "ui/widgets/buttons/enter_presses.h"
#include "ui/widgets/lists/menu_key.h"
#include "ui/window/next_steps.h"
#include "ui/window/run_news.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPushButton>
#include <QScreen>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr QSize kFirstSize(1280, 800);
constexpr QSize kLeastSize(1024, 640);
const QString kGeometry = QStringLiteral("geometry");
const QString kLastPage = QStringLiteral("lastPage");

// Where the page wants the keys to go, else the first widget that takes them.
QWidget* firstUsable(Page* page)
{
    if (page->firstControl() != nullptr && page->firstControl()->isVisibleTo(page)) {
        return page->firstControl();
    }
    for (QWidget* at = page->nextInFocusChain(); at != page; at = at->nextInFocusChain()) {
        if (page->isAncestorOf(at) && (at->focusPolicy() & Qt::TabFocus) && at->isVisibleTo(page) && at->isEnabled()) {
            return at;
        }
    }
    return nullptr;
}

QString splitterKey(const QSplitter* splitter)
{
    return QStringLiteral("splitter/") + splitter->objectName();
}

QString tabKey(const QTabWidget* tabs)
{
    return QStringLiteral("tab/") + tabs->objectName();
}

} // namespace

MainWindow::MainWindow(Workspace& workspace, Theme& theme, QWidget* parent)
    : QMainWindow(parent), m_workspace(workspace), m_theme(theme), m_stack(new QStackedWidget),
      m_status(new StatusLine(workspace.runs())), m_banner(new Banner),
      m_news(new RunNews(workspace, new Banner(QStringLiteral("news")), this)),
      m_next(new NextSteps(workspace.settings(), new NextStrip, this)), m_firstSteps(new FirstSteps)
{
    setObjectName(QStringLiteral("mainWindow"));
    setAcceptDrops(true);
    tellAccessibleRoles();
    setMinimumSize(kLeastSize);
    qApp->installEventFilter(new CalmWheel(this));
    qApp->installEventFilter(new EnterPresses(this));
    qApp->installEventFilter(new MenuKey(this));
    setStatusBar(m_status);
    buildPages();
    buildMenus();
    connectWorkspace();
    connectFirstSteps();
    refreshActions();
    refreshTitle();
    restore();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildPages()
{
    int number = 0;
    for (const PageRow& row : pages()) {
        auto* frame = new PageFrame(row, m_workspace);
        m_stack->addWidget(frame);
        m_frames.push_back(frame);
        connect(frame, &PageFrame::helpWanted, this, &MainWindow::showHelp);
        connect(frame->page(), &Page::stepDone, m_next, &NextSteps::done);
        auto* action = new QAction(translatedPage(row.title), this);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setCheckable(true);
        action->setShortcut(pageKey(number++));
        action->setToolTip(translatedPage(row.purpose));
        connect(action, &QAction::triggered, this, [this, id = action->objectName()] { showPage(id); });
        m_pageActions.push_back(action);
    }
    auto* right = new QWidget;
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_banner);
    column->addWidget(m_news->strip());
    column->addWidget(m_firstSteps);
    column->addWidget(m_stack, 1);
    column->addWidget(m_next->strip());
    auto* navigation = new Navigation(m_pageActions, m_workspace.runs());
    auto* all = new QWidget;
    auto* layout = new QHBoxLayout(all);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(navigation);
    layout->addWidget(right, 1);
    setCentralWidget(all);
    connect(navigation->badge(), &RunBadge::clicked, this, &MainWindow::showRun);
    // Qt gives the keys of what went (a strip, the badge of a run) or can no longer be pressed to whatever comes next, often a page's name in the list.
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget* old, QWidget* now) {
        if (old != nullptr && now != nullptr && isAncestorOf(old) && isAncestorOf(now) && !(old->isVisible() && old->isEnabled())) {
            keepKeysInPage();
        }
    });
}

void MainWindow::connectWorkspace()
{
    connect(&m_workspace, &Workspace::said, m_status, &StatusLine::say);
    connect(&m_workspace, &Workspace::pageWanted, this, &MainWindow::showPage);
    connect(&m_workspace, &Workspace::fileWanted, this, &MainWindow::openData);
    connect(&m_workspace, &Workspace::projectChanged, this, &MainWindow::refreshTitle);
    connect(&m_workspace, &Workspace::projectChanged, m_banner, &QWidget::hide);
    connect(&m_workspace, &Workspace::projectChanged, m_next, &NextSteps::clear);
    connect(m_workspace.runs(), &RunController::runStarting, m_next, &NextSteps::clear);
    connect(m_next, &NextSteps::pageWanted, this, &MainWindow::showPage);
    connect(m_next, &NextSteps::actionWanted, this, [this](const QString& id, const QString& action) {
        showPage(id);
        page(id)->findChild<QAction*>(action)->trigger();
    });
    connect(&m_workspace, &Workspace::projectFailed, this,
            [this](const QString& sentence) { m_banner->show(sentence, tr("Open another project\u2026")); });
    connect(m_news, &RunNews::pageWanted, this, &MainWindow::showPage);
    connect(m_news, &RunNews::changed, this, &MainWindow::showNews);
    connect(m_banner, &Banner::remedyWanted, this, &MainWindow::chooseProject);
    connect(&m_workspace, &Workspace::runsChanged, this, &MainWindow::reloadRunNames);
    connect(m_workspace.runs(), &RunController::stateChanged, this, &MainWindow::refreshActions);
    connect(m_workspace.runs(), &RunController::runEnded, this, [this] {
        if (m_closesWhenSaved) {
            close();
        }
    });
}

// A dot at the page of runs, and in words for who does not see it.
void MainWindow::showNews()
{
    if (m_news->isNew() && currentPage() == QStringLiteral("runs")) {
        m_news->seen();
        return;
    }
    for (QAction* action : m_pageActions) {
        if (action->objectName() == QStringLiteral("runs")) {
            action->setProperty("hasNews", m_news->isNew());
            findChild<Navigation*>()->refresh(action);
        }
    }
}

Page* MainWindow::page(const QString& id) const
{
    for (const PageFrame* frame : m_frames) {
        if (id == QLatin1String(frame->row().id)) {
            return frame->page();
        }
    }
    return nullptr;
}

QString MainWindow::currentPage() const
{
    return QString::fromLatin1(m_frames[static_cast<std::size_t>(m_stack->currentIndex())]->row().id);
}

void MainWindow::keepKeysInPage()
{
    Page* page = m_frames[static_cast<std::size_t>(m_stack->currentIndex())]->page();
    if (QWidget* usable = page->isAncestorOf(focusWidget()) ? nullptr : firstUsable(page)) {
        usable->setFocus(Qt::OtherFocusReason);
    }
}

void MainWindow::showPage(const QString& id, const QString& what)
{
    for (std::size_t i = 0; i < m_frames.size(); ++i) {
        const bool isWanted = id == QLatin1String(m_frames[i]->row().id);
        m_pageActions[i]->setChecked(isWanted);
        if (!isWanted) {
            continue;
        }
        if (const QString before = currentPage(); before != id && isVisible()) {
            m_before.removeAll(before);
            m_before += before;
        }
        Page* shown = m_frames[i]->page();
        const bool comes = m_stack->currentIndex() != static_cast<int>(i);
        QWidget* left = shown->focusWidget(); // where the person left it, asked before the stack gives the keys to what stands first
        m_stack->setCurrentIndex(static_cast<int>(i));
        shown->activated();
        QWidget* given = focusWidget();
        if (!what.isEmpty()) {
            if (comes && given != nullptr && shown->isAncestorOf(given)) {
                given->clearFocus(); // so that it is seen whether it is what was wanted
                given = nullptr;
            }
            shown->reveal(what);
            left = nullptr; // something else is looked at now
        }
        const bool hasMoved = focusWidget() != given && shown->isAncestorOf(focusWidget()); // to what was revealed
        if (!hasMoved && (comes || !shown->isAncestorOf(focusWidget()))) {
            // What went since takes no keys.
            if (QWidget* target = left != nullptr && left->isVisibleTo(shown) ? left : firstUsable(shown)) {
                target->setFocus(Qt::OtherFocusReason);
            }
        }
    }
    if (id == QStringLiteral("runs")) {
        m_news->seen();
    }
    findChild<QAction*>(QStringLiteral("back"))->setEnabled(!m_before.isEmpty());
}

void MainWindow::goBack()
{
    if (m_before.isEmpty()) {
        return;
    }
    QStringList rest = m_before;
    const QString last = rest.takeLast(); // a copy: showPage() changes the list
    showPage(last);
    m_before = rest;
    findChild<QAction*>(QStringLiteral("back"))->setEnabled(!m_before.isEmpty());
}

void MainWindow::openData(const QString& path)
{
    showPage(QStringLiteral("data"));
    page(QStringLiteral("data"))->openFile(path);
}

void MainWindow::openModel(const QString& path)
{
    showPage(QStringLiteral("models"));
    page(QStringLiteral("models"))->openFile(path);
}

void MainWindow::refreshTitle()
{
    const auto& project = m_workspace.project();
    setWindowTitle(project ? tr("%1 \u2014 Luthier").arg(QFileInfo(QString::fromStdString(project->folder().string())).fileName())
                           : tr("Luthier"));
}

void MainWindow::reloadRunNames()
{
    const auto work = [project = m_workspace.project()] {
        std::vector<RunName> names;
        if (const auto rows = project ? project->runs() : std::vector<store::RunRow>(); rows) {
            for (const store::RunRow& row : *rows) {
                names.push_back({row.id, QString::fromStdString(row.name)});
            }
        }
        return names;
    };
    m_readingNames.start(this, work, [this](const std::vector<RunName>& names) {
        m_runNames = names;
        showFirstSteps();
    });
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!localFiles(event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event)
{
    for (const QString& path : localFiles(event->mimeData())) {
        if (ModelLibrary::isModel(path)) {
            openModel(path);
        } else {
            openData(path);
        }
    }
    event->acceptProposedAction();
}

// Not larger than the screen, the window's own frame and title counted: it may be another one than last time, or everything on
// it larger. A screen that would hold the least size but for its scale may have a smaller window.
MainWindow::Fit MainWindow::fitOn(const QSize& screen, double ratio, const QSize& wanted)
{
    const QSize room = screen - QSize(space(4), space(14));
    const QSize pixels = screen * ratio;
    const bool holdsLeast = pixels.width() >= kLeastSize.width() && pixels.height() >= kLeastSize.height();
    const QSize least = holdsLeast ? kLeastSize.boundedTo(room) : kLeastSize;
    return {wanted.boundedTo(room).expandedTo(least), least};
}

void MainWindow::restore()
{
    const AppSettings& settings = m_workspace.settings();
    const bool isKept = restoreGeometry(settings.bytes(kGeometry));
    const QRect all = screen()->availableGeometry();
    const Fit fit = fitOn(all.size(), devicePixelRatioF(), isKept ? size() : kFirstSize);
    setMinimumSize(fit.least);
    const bool helps = fit.size != size() && fit.size.width() <= all.width() && fit.size.height() <= all.height();
    if (!isKept || (helps && !isMaximized() && !isFullScreen())) {
        resize(fit.size);
        if (isKept) {
            move(all.topLeft() + QPoint(space(1), space(1))); // it would stand partly outside
        }
    }
    for (QSplitter* splitter : findChildren<QSplitter*>()) {
        if (const QByteArray state = settings.bytes(splitterKey(splitter)); !state.isEmpty()) {
            splitter->restoreState(state);
            splitter->setProperty("isPlaced", true);
        }
    }
    for (QTabWidget* tabs : findChildren<QTabWidget*>()) {
        if (const int kept = settings.text(tabKey(tabs), QStringLiteral("-1")).toInt(); kept >= 0 && kept < tabs->count()) {
            tabs->setCurrentIndex(kept);
        }
    }
    const QString last = settings.text(kLastPage);
    showPage(page(last) == nullptr ? QString::fromLatin1(pages().front().id) : last);
}

void MainWindow::save()
{
    AppSettings& settings = m_workspace.settings();
    settings.setBytes(kGeometry, saveGeometry());
    settings.setText(kLastPage, currentPage());
    for (const QSplitter* splitter : findChildren<QSplitter*>()) {
        const bool isPlaced = splitter->property("isPlaced").toBool() || !splitter->property("fitsItself").toBool();
        if (!splitter->objectName().isEmpty() && isPlaced) {
            settings.setBytes(splitterKey(splitter), splitter->saveState());
        }
    }
    for (const QTabWidget* tabs : findChildren<QTabWidget*>()) {
        if (!tabs->objectName().isEmpty()) {
            settings.setText(tabKey(tabs), QString::number(tabs->currentIndex()));
        }
    }
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (m_workspace.runs()->isBusy()) {
        event->ignore();
        askBeforeClosing();
        return;
    }
    save();
    event->accept();
}

void MainWindow::askBeforeClosing()
{
    if (m_closesWhenSaved || findChild<QMessageBox*>(QStringLiteral("closeQuestion")) != nullptr) {
        return; // asked once is enough
    }
    auto* question = new QMessageBox(QMessageBox::Question, tr("Close Luthier?"),
                                     tr("%1 is still in progress.").arg(m_workspace.runs()->name()), QMessageBox::NoButton, this);
    question->setObjectName(QStringLiteral("closeQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setInformativeText(tr("It can be stopped at a checkpoint and resumed another day."));
    const bool isFar = m_workspace.runs()->isFar();
    QPushButton* leave = isFar ? question->addButton(tr("Leave it there and close"), QMessageBox::AcceptRole) : nullptr;
    if (leave != nullptr) {
        leave->setObjectName(QStringLiteral("leaveAndClose"));
        question->setInformativeText(tr("It goes on on the other machine whether this window is open or not; resuming it tells what came in between."));
        question->setDefaultButton(leave);
    }
    QPushButton* stop = question->addButton(tr("Stop, save and close"), isFar ? QMessageBox::DestructiveRole : QMessageBox::AcceptRole);
    stop->setObjectName(QStringLiteral("stopAndClose"));
    question->addButton(isFar ? tr("Go on watching") : tr("Go on training"), QMessageBox::RejectRole);
    connect(question, &QDialog::finished, this, [this, question, stop, leave] {
        const QAbstractButton* clicked = question->clickedButton();
        const bool leaves = leave != nullptr && clicked == leave;
        if (!leaves && clicked != stop) {
            return;
        }
        m_closesWhenSaved = true;
        if (!m_workspace.runs()->isBusy()) {
            close();
        } else if (leaves) {
            m_workspace.runs()->leave();
        } else {
            m_workspace.runs()->stop();
            m_workspace.say(tr("Saving a checkpoint, then closing\u2026"));
        }
    });
    question->open();
}

} // namespace luthier::ui
