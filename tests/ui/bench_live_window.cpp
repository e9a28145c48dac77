// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the window at its fullest: the charts of a run of a million steps and a table of a million rows, both moving, while a model
// is trained and its steps come in. Prints the time of frames by the processor's time of the GUI thread and by the clock, and how much
// longer a training step takes with the window: one run over rows that are all alike, its steps in blocks; in every other block the
// window draws, in the others it rests and is told nothing. Neighbours are compared by the processor's time of the training thread, so
// that other programs, which slow both alike, are no part of it; the median of all pairs is printed with its 95 % interval (of order
// statistics), and what the training thread itself does for the window.
//
//   bench_live_window [POINTS [ROWS [STEPS]]]
#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/store/project.h"
#include "core/train/event_measures.h"
#include "core/train/run.h"
#include "ui/bridge/job.h"
#include "ui/bridge/run_bridge.h"
#include "ui/models/data/data_document.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/workspace/workspace.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QTableView>
#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kFrameMs = 16;
constexpr std::size_t kBlock = 12;   // steps
constexpr std::size_t kSettling = 2; // of a block, which are not counted: a frame may still be on its way
constexpr std::int64_t kAtOnce = 20'000;

train::StepDone stepAt(std::int64_t step)
{
    train::StepDone done;
    const auto x = static_cast<double>(step);
    done.step = step;
    done.loss = 1.5 + 2 / std::sqrt(x) + 0.2 * std::sin(x * 12.9898) * std::sin(x * 0.0013);
    done.learningRate = 1e-4 * (1 - x / 2e6);
    done.gradNorm = 1 + 0.3 * std::sin(x * 78.233);
    done.tokensPerSecond = 1000 + 40 * std::sin(x * 0.7);
    done.memoryBytes = 1'000'000'000 + step % 1000;
    done.tokens = 4096;
    return done;
}

double at(std::vector<double> times, double share)
{
    std::sort(times.begin(), times.end());
    return times.empty() ? 0 : times[std::min(times.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times.size())))];
}

void say(const char* what, const std::vector<double>& times)
{
    std::printf("%-52s median %6.2f ms, p99 %6.2f ms, longest %6.2f ms (asked: p99 16.7)\n", what, 1e3 * at(times, 0.5), 1e3 * at(times, 0.99), 1e3 * at(times, 1));
    std::fflush(stdout);
}

// Lets the window hear and draw in half of the blocks (off, on, on, off, ...) and takes the training thread's time of each.
class Blocks : public train::RunObserver {
public:
    explicit Blocks(train::RunObserver& window) : m_window(window) {}

    void onEvent(const train::Event& event) override
    {
        const double begin = base::threadSeconds();
        if (m_isOn) {
            m_window.onEvent(event);
            m_telling += base::threadSeconds() - begin;
        }
        if (!std::holds_alternative<train::StepDone>(event)) {
            return;
        }
        const double now = base::threadSeconds();
        const std::size_t place = m_steps++ % kBlock;
        if (place + 1 == kSettling) {
            m_begin = now;
        } else if (place + 1 == kBlock) {
            m_spent += m_isOn ? now - m_begin : 0;
            m_seconds.push_back(now - m_begin);
            m_isOn = m_seconds.size() % 4 == 1 || m_seconds.size() % 4 == 2;
        }
    }
    bool isOn() const { return m_isOn; }
    double tellingShare() const { return m_telling / std::max(1e-9, m_spent * kBlock / (kBlock - kSettling)); }

    // Of neighbours: how many times as long with the window.
    std::vector<double> ratios() const
    {
        std::vector<double> all;
        for (std::size_t i = 0; i + 1 < m_seconds.size(); i += 2) {
            all.push_back(i % 4 == 0 ? m_seconds[i + 1] / m_seconds[i] : m_seconds[i] / m_seconds[i + 1]);
        }
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    train::RunObserver& m_window;
    std::atomic<bool> m_isOn = false;
    std::size_t m_steps = 0;
    double m_begin = 0;
    double m_telling = 0;
    double m_spent = 0; // in blocks with the window
    std::vector<double> m_seconds;
};

config::RunConfig recipe(const std::string& rows, std::int64_t steps)
{
    config::RunConfig config;
    config.model.path = base::bundledModel().string();
    config.model.device = "cpu";
    config.model.dtype = "fp32";
    config.data.train = {rows};
    config.data.heldOutShare = 0;
    config.data.maxLength = 256;
    config.run.batchSize = 1;
    config.run.gradientAccumulation = 1;
    config.run.maxSteps = steps;
    config.run.epochs = 100;
    config.run.threads = 1;
    return config;
}

void say(const Blocks& blocks)
{
    const auto ratios = blocks.ratios();
    const auto place = [&](double z) { // of the order statistics that hold the median
        const auto n = static_cast<double>(ratios.size());
        return static_cast<std::size_t>(std::clamp(n / 2 + z * std::sqrt(n) / 2, 0.0, n - 1));
    };
    if (ratios.empty()) {
        std::puts("training: too few steps to compare");
        return;
    }
    const auto percent = [&](std::size_t at) { return 100 * (ratios[at] - 1); };
    std::printf("training, processor time of its thread with the window beside without: median of %zu pairs of blocks %+.2f %% (95 %%: %+.2f to %+.2f; asked: below 1); telling "
                "the window is %.3f %% of it\n",
                ratios.size(), percent(ratios.size() / 2), percent(place(-1.96)), percent(place(1.96)), 100 * blocks.tellingShare());
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const auto number = [&](int place, std::int64_t otherwise) { return argc > place ? std::strtoll(argv[place], nullptr, 10) : otherwise; };
    const std::int64_t points = number(1, 1'000'000);
    const std::int64_t rows = number(2, 1'000'000);
    const std::int64_t steps = number(3, 1200);
    QTemporaryDir folder;
    qputenv("LUTHIER_SETTINGS", folder.filePath(QStringLiteral("settings.ini")).toUtf8());
    const std::string path = folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
    {
        std::ofstream file(path, std::ios::binary);
        for (std::int64_t row = 0; row < rows; ++row) {
            file << R"({"instruction":"Question )" << row << R"( about a joint","output":"Answer )" << row * 7919 % 5003 << " with some words\"}\n";
        }
    }
    const std::string alike = folder.filePath(QStringLiteral("alike.jsonl")).toStdString();
    {
        std::ofstream file(alike, std::ios::binary);
        for (int row = 0; row < 64; ++row) {
            file << R"({"prompt":"How is a joint glued?","completion":"Clean both sides, spread the glue thinly, press them together and let it rest overnight."})" << '\n';
        }
    }
    Workspace workspace;
    const auto project = store::Project::open(folder.filePath(QStringLiteral("project")).toStdString());
    if (!project) {
        std::puts(project.message().c_str());
        return 1;
    }
    DataPage page(workspace);
    page.resize(1120, 740);
    page.show();
    workspace.setProject(*project);
    waitForJobs();
    page.openFiles({QString::fromStdString(path)});
    RunsCharts charts;
    charts.resize(1120, 740);
    charts.show();

    std::vector<double> loading;
    charts.setRun(0, 1, QStringLiteral("a run"), RunHistory{});
    for (std::int64_t step = 1; step <= points;) {
        RunHistory some;
        for (const std::int64_t end = std::min(points, step + kAtOnce - 1); step <= end; ++step) {
            some.steps.push_back(stepAt(step));
        }
        const double begin = base::threadSeconds();
        charts.append(0, some);
        QApplication::processEvents();
        loading.push_back(base::threadSeconds() - begin);
    }
    std::printf("%lld points in each of %zu charts; 20,000 steps more, drawn: at most %.1f ms\n", static_cast<long long>(points), charts.panels().size(), 1e3 * at(loading, 1));
    QElapsedTimer patience;
    patience.start();
    while (page.document()->rowCount() < rows && patience.elapsed() < 120'000) {
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    }
    std::printf("%lld rows in the table\n", static_cast<long long>(page.document()->rowCount()));

    RunBridge bridge;
    std::int64_t last = points;
    QObject::connect(&bridge, &RunBridge::stepsDone, &charts, [&](const std::vector<train::StepDone>& done) {
        RunHistory more;
        for (train::StepDone step : done) {
            step.step = ++last;
            more.steps.push_back(step);
        }
        charts.append(0, more);
    });
    std::vector<double> frames;
    std::vector<double> wall;
    std::int64_t live = 0;
    Blocks blocks(bridge);
    std::atomic<bool> isOver = false;
    std::thread trainer([&] {
        train::StopControl control;
        const auto ended = train::run(recipe(alike, steps), {folder.filePath(QStringLiteral("run")).toStdString(), {}, false}, control, blocks);
        if (ended.outcome != train::Outcome::Finished) {
            std::puts(ended.sentence.c_str());
        }
        isOver = true;
    });
    QScrollBar& bar = *page.table()->view()->verticalScrollBar();
    for (int frame = 0; !isOver;) {
        if (!blocks.isOn()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        QElapsedTimer clock;
        clock.start();
        const double begin = base::threadSeconds();
        bar.setValue(frame % 2 ? bar.value() + bar.pageStep() : static_cast<int>(static_cast<qint64>(bar.maximum()) * (frame * 37 % 300) / 300));
        ++frame;
        train::StepDone one = stepAt(++live); // as a fast run's steps come, beside those of the real one
        bridge.onEvent(one);
        QApplication::processEvents();
        frames.push_back(base::threadSeconds() - begin);
        wall.push_back(static_cast<double>(clock.nsecsElapsed()) * 1e-9);
        std::this_thread::sleep_for(std::chrono::milliseconds(std::max<qint64>(0, kFrameMs - clock.elapsed())));
    }
    trainer.join();
    QApplication::processEvents();
    say("frames, processor time of the GUI thread", frames);
    say("frames, by the clock", wall);
    say(blocks);
    std::fflush(stdout);
    std::_Exit(0); // rows are still being counted; nobody waits for that
}
