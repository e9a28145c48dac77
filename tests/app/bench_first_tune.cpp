// SPDX-License-Identifier: GPL-3.0-or-later
// The first tune in three clicks, timed: the studio as a new person finds it, clicked by the X server's own mouse under a window manager,
// from the first press until the strip says that the run finished. Prints the seconds. Measured by hand, never a test:
//
//   xvfb-run -a -s "-screen 0 1280x800x24" sh -c 'openbox & sleep 1; exec build/tests/bench_first_tune'
//
// Needs xdotool, and the bundled model's weights. Exit code 0: finished, with a lower held-out loss.
#include "app/application.h"
#include "core/base/paths.h"
#include "ui/frame/banner.h"
#include "ui/window/main_window.h"
#include "ui/workspace/run_controller.h"

#include <QAbstractButton>
#include <QApplication>
#include <QElapsedTimer>
#include <QLabel>
#include <QMouseEvent>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>
#include <QWindow>

#include <sys/resource.h>

#include <cstdio>
#include <functional>

using namespace luthier;

namespace {

constexpr qint64 kMostMs = 900'000;
constexpr int kPauseMs = 5;

// Presses that came from outside.
class Presses : public QObject {
public:
    int count = 0;
    QElapsedTimer sinceFirst;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::MouseButtonPress && event->spontaneous() && watched->isWindowType()) {
            if (count++ == 0) {
                sinceFirst.start();
            }
        }
        return false;
    }
};

bool waitFor(const std::function<bool()>& isThere)
{
    QElapsedTimer clock;
    clock.start();
    while (!isThere()) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, kPauseMs);
        QThread::msleep(kPauseMs);
        if (clock.elapsed() > kMostMs) {
            return false;
        }
    }
    return true;
}

// As soon as it can be pressed; who clicks looks for it no longer than that.
bool click(QWidget* window, const char* name, const Presses& presses)
{
    const auto* button = window->findChild<QAbstractButton*>(QString::fromLatin1(name));
    if (button == nullptr || !waitFor([&] { return button->isVisible() && button->isEnabled(); })) {
        std::fprintf(stderr, "%s cannot be pressed\n", name);
        return false;
    }
    QElapsedTimer hand; // nobody clicks twice within the time of a double click and means two things
    hand.start();
    waitFor([&] { return presses.count == 0 || hand.elapsed() > QApplication::doubleClickInterval(); });
    const int before = presses.count;
    const QPoint at = button->mapToGlobal(button->rect().center());
    std::printf("%6.1f s  click %d: %s\n", presses.count == 0 ? 0.0 : static_cast<double>(presses.sinceFirst.elapsed()) / 1000, before + 1, qPrintable(button->text()));
    if (QProcess::execute(QStringLiteral("xdotool"), {QStringLiteral("mousemove"), QString::number(at.x()), QString::number(at.y()), QStringLiteral("click"), QStringLiteral("1")}) != 0) {
        std::fprintf(stderr, "xdotool could not click; is it installed, and is this an X display?\n");
        return false;
    }
    return waitFor([&] { return presses.count > before; });
}

double processorSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

} // namespace

int main(int argc, char** argv)
{
    QTemporaryDir folder;
    qputenv("LUTHIER_SETTINGS", folder.filePath(QStringLiteral("settings.ini")).toUtf8());
    qputenv("XDG_DATA_HOME", folder.path().toUtf8());
    QApplication qt(argc, argv);
    if (!QFile::exists(QString::fromStdString((base::bundledModel() / "model.safetensors").string()))) {
        std::fprintf(stderr, "the bundled model's weights are not here\n");
        return 1;
    }
    Presses presses;
    qt.installEventFilter(&presses);
    app::Application studio(qt);
    studio.start({});
    QWidget* window = &studio.window();
    ui::RunController* runs = studio.workspace().runs();
    if (!waitFor([&] { return window->windowHandle() != nullptr && window->windowHandle()->isExposed() && studio.workspace().project() != nullptr; })) {
        return 1;
    }
    if (!click(window, "firstTune", presses) || !click(window, "tuneMainAction", presses)) {
        return 1;
    }
    const auto* gate = window->findChild<QWidget*>(QStringLiteral("gateStrip"));
    if (!waitFor([&] { return gate->isVisible(); }) || !click(window, "tuneMainAction", presses)) {
        return 1;
    }
    const auto* strip = studio.window().findChild<QLabel*>(QStringLiteral("newsText"));
    if (strip == nullptr || !waitFor([&] { return runs->runId() != 0 && !runs->isBusy() && strip->isVisible(); })) {
        std::fprintf(stderr, "the run did not end\n");
        return 1;
    }
    const double seconds = static_cast<double>(presses.sinceFirst.elapsed()) / 1000;
    const auto run = studio.workspace().project()->run(runs->runId());
    const auto before = run ? run->measures.heldOutBefore() : std::nullopt;
    const auto after = run ? run->measures.heldOut() : std::nullopt;
    std::printf("%6.1f s  %s\n", seconds, qPrintable(strip->text()));
    std::printf("%.1f s from the first of %d clicks to \"%s\"; %.1f s of processor time, the start of the window counted\n", seconds, presses.count,
                run ? run->state.c_str() : "?", processorSeconds());
    return run && run->state == "finished" && before && after && *after < *before && presses.count == 3 ? 0 : 1;
}
