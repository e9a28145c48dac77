// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the Data page at a million rows: time to the first rows, the longest frame while scrolling, search, sort,
// a change of limit and leaving out. Prints numbers; it holds nothing to them, since machines differ.
//
//   bench_data_page [ROWS] [FILE.jsonl]   (a file that is not there is made)
#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/row_model.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/workspace/workspace.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QFileInfo>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <QUndoStack>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kScrollSteps = 300;
constexpr int kFrameMs = 16;
constexpr int kLookMs = 2;
constexpr qint64 kPatienceMs = 480'000;

void makeFile(const std::string& path, std::int64_t rows)
{
    std::ofstream file(path, std::ios::binary);
    for (std::int64_t i = 0; i < rows; ++i) {
        std::string words;
        for (int word = 0; word < 160; ++word) {
            words += "word" + std::to_string((i * 7919 + word * 104729) % 5000) + ' ';
        }
        file << R"({"instruction":"Question )" << i << R"( about this","input":"","output":")" << words << (i == rows - 7 ? "needle" : "end")
             << "\"}\n";
    }
}

// Processes events until `done`, asleep where there are none, so that the jobs have the cores they have in the window; the
// longest time between two rounds of the event loop.
struct Waited {
    qint64 ms = 0;
    qint64 longestFrame = 0;
};

Waited waitFor(const std::function<bool()>& done)
{
    QElapsedTimer whole;
    whole.start();
    Waited waited;
    QTimer wake;
    wake.setTimerType(Qt::PreciseTimer);
    wake.start(kLookMs);
    QElapsedTimer frame;
    frame.start();
    while (!done() && whole.elapsed() < kPatienceMs) {
        QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        waited.longestFrame = std::max(waited.longestFrame, frame.restart());
    }
    waited.ms = whole.elapsed();
    return waited;
}

// Whether a widget was painted while its model had the first row's text: only then a person sees it.
class PaintWatch : public QObject {
public:
    PaintWatch(QTableView* view) : QObject(view), m_view(view) { view->viewport()->installEventFilter(this); }
    bool isShown() const { return m_isShown; }

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        const QAbstractItemModel* model = m_view->model();
        if (event->type() == QEvent::Paint && !m_isShown && model->rowCount() > 0 && model->index(0, 0).data(RowModel::FetchedRole).toBool()) {
            m_isShown = true; // it is painted before this round of the event loop ends, which is when waitFor looks
        }
        return false;
    }

private:
    QTableView* m_view;
    bool m_isShown = false;
};

void say(const char* what, const Waited& waited)
{
    std::printf("%-44s %8lld ms, longest frame %4lld ms\n", what, static_cast<long long>(waited.ms), static_cast<long long>(waited.longestFrame));
    std::fflush(stdout);
}

void scroll(QTableView& view)
{
    QScrollBar& bar = *view.verticalScrollBar();
    qint64 longest = 0;
    QElapsedTimer whole;
    whole.start();
    for (int step = 0; step < kScrollSteps; ++step) {
        QElapsedTimer frame;
        frame.start();
        // Half of it page after page, half in leaps over the whole file.
        bar.setValue(step < kScrollSteps / 2 ? bar.value() + bar.pageStep() : static_cast<int>(static_cast<qint64>(bar.maximum()) * (step * 37 % kScrollSteps) / kScrollSteps));
        view.viewport()->repaint();
        QApplication::processEvents();
        longest = std::max(longest, frame.elapsed());
        waitFor([&frame] { return frame.elapsed() >= kFrameMs; });
    }
    say("scrolling, 300 frames", {whole.elapsed(), longest});
}

std::int64_t memoryMb(const char* key)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key, 0) == 0) {
            return std::strtoll(line.c_str() + std::char_traits<char>::length(key), nullptr, 10) / 1024;
        }
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const std::int64_t rows = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 1'000'000;
    QTemporaryDir folder;
    const std::string path = argc > 2 ? argv[2] : folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
    if (!QFileInfo::exists(QString::fromStdString(path))) {
        makeFile(path, rows);
    }
    std::printf("%lld rows, %lld MB\n", static_cast<long long>(rows), static_cast<long long>(QFileInfo(QString::fromStdString(path)).size() >> 20));
    qputenv("LUTHIER_SETTINGS", folder.filePath(QStringLiteral("settings.ini")).toUtf8());
    Workspace workspace;
    auto project = store::Project::open(folder.filePath(QStringLiteral("project")).toStdString());
    if (!project) {
        std::puts(project.message().c_str());
        return 1;
    }
    DataPage page(workspace);
    page.resize(1120, 740);
    page.show();
    workspace.setProject(*project);
    waitForJobs();
    const std::int64_t before = memoryMb("RssAnon:");

    page.openFiles({QString::fromStdString(path)});
    const auto* watch = new PaintWatch(page.table()->view());
    say("opened, first rows shown", waitFor([&] { return watch->isShown(); }));
    scroll(*page.table()->view());
    std::printf("memory of its own beyond the empty page %lld MB\n", static_cast<long long>(memoryMb("RssAnon:") - before));

    QElapsedTimer clock;
    const auto once = [&](const char* what, const std::function<void()>& work) {
        clock.start();
        work();
        QApplication::processEvents();
        std::printf("%-44s %8lld ms on the GUI thread\n", what, static_cast<long long>(clock.elapsed()));
    };
    once("another limit", [&] { page.document()->setLimit(512); });
    auto* search = page.findChild<QLineEdit*>(QStringLiteral("search"));
    search->setText(QStringLiteral("needle"));
    say("text found in the last rows", waitFor([&] { return page.table()->currentRow() == page.document()->rowCount() - 7; }));
    search->clear();
    page.table()->model()->sort(RowModel::TokensColumn, Qt::DescendingOrder);
    say("sorted by tokens", waitFor([&] { return !page.table()->model()->isSorting(); }));
    page.table()->model()->sort(-1, Qt::AscendingOrder);
    std::vector<std::int64_t> third;
    for (std::int64_t row = 0; row < page.document()->rowCount(); row += 3) {
        third.push_back(row);
    }
    once("every third row excluded", [&] { page.document()->prepareExclusion(third, true); });
    say("  and on disk", waitFor([&] { return page.document()->saver()->state() == EditSaver::State::Saved; }));
    once("  undone", [&] { workspace.undoStack()->undo(); });
    waitFor([&] { return page.document()->saver()->state() == EditSaver::State::Saved; });
    page.document()->checkup()->start();
    say("checks, near duplicates and statistics", waitFor([&] { return !page.document()->checkup()->isRunning(); }));
    std::printf("peak memory %lld MB\n", static_cast<long long>(memoryMb("VmHWM:")));
    std::fflush(stdout);
    page.document()->checkup()->cancel();
    std::_Exit(0); // rows are still being counted; nobody waits for that
}
