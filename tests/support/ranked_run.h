// SPDX-License-Identifier: GPL-3.0-or-later
// A tiny run as the program trains it by one process or several, and what it said.
#pragma once

#include "tests/support/tiny_run.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QProcessEnvironment>

#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace luthier::support {

inline const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

struct Said {
    int code = -1;
    std::string out;
    std::string err;

    std::vector<Json> events(const char* kind) const
    {
        std::vector<Json> found;
        std::istringstream lines(out);
        for (std::string line; std::getline(lines, line);) {
            const auto json = base::parseJson(line);
            if (json && json->value("event", std::string()) == kind) {
                found.push_back(*json);
            }
        }
        return found;
    }
    // Of steps, or of what was measured: "eval".
    std::map<std::int64_t, double> losses(const char* kind = "step") const
    {
        std::map<std::int64_t, double> byStep;
        for (const Json& event : events(kind)) {
            byStep[event["step"].get<std::int64_t>()] = event["loss"].get<double>();
        }
        return byStep;
    }
};

using Environment = std::map<std::string, std::string>;

inline void prepare(QProcess& process, const QStringList& arguments, const Environment& more = {})
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LUTHIER_RESOURCES"), QStringLiteral(LUTHIER_SOURCE_DIR "/resources"));
    for (const auto& [name, value] : more) {
        environment.insert(QString::fromStdString(name), QString::fromStdString(value));
    }
    process.setProcessEnvironment(environment);
    process.setProgram(kProgram);
    process.setArguments(arguments);
}

// Four ranks of a small run end after four seconds, and after 107 where others compile: a limit of that kind says nothing of the program. What
// must be quick is held to within().
inline constexpr int kEndsWithin = 600'000; // ms

inline Said finish(QProcess& process, int milliseconds = kEndsWithin)
{
    Said said;
    if (process.waitForFinished(milliseconds) && process.exitStatus() == QProcess::NormalExit) {
        said.code = process.exitCode();
    }
    said.out = process.readAllStandardOutput().toStdString();
    said.err = process.readAllStandardError().toStdString();
    return said;
}

inline Said runProgram(const QStringList& arguments, const Environment& more = {})
{
    QProcess process;
    prepare(process, arguments, more);
    process.start();
    return finish(process);
}

// What starting takes on this machine now is no wait of the ranks.
inline qint64 within(qint64 milliseconds)
{
    static const qint64 start = [] {
        QElapsedTimer clock;
        clock.start();
        static_cast<void>(runProgram({"launch", "--describe"}));
        return clock.elapsed();
    }();
    return milliseconds + 3 * start;
}

struct RankedRun : TinyRun {
    RankedRun()
    {
        config.run.gradientAccumulation = 8;
        config.run.batchSize = 1;
        config.run.maxSteps = 4;
        config.run.epochs = 4;
        config.method.of<peft::LoraSettings>().dropout = 0.1;
        config.model.dtype = "fp32";
    }

    QString recipe() const
    {
        const std::string file = path("recipe.json");
        if (!base::writeFileAtomically(file, base::dumpJson(config::toJson(config)))) {
            qFatal("%s", file.c_str());
        }
        return QString::fromStdString(file);
    }
    QStringList tune(const std::string& out, int ranks, const QStringList& more = {}) const
    {
        QStringList arguments{"tune", recipe(), "--out", QString::fromStdString(path(out)), "--json", "--threads", "1"};
        if (ranks > 1) {
            arguments << "--devices" << QStringLiteral("cpu:%1").arg(ranks);
        }
        return arguments + more;
    }
    // Learned from instead of its rows.
    void makePairs()
    {
        std::string rows;
        for (int i = 0; i < 24; ++i) {
            const std::string bench = std::to_string(i);
            rows += base::dumpJson(Json{{"prompt", "What lies on bench " + bench + "?"},
                                        {"chosen", "A plane and number " + bench + (i % 3 ? " of the saws." : ".")},
                                        {"rejected", i % 2 ? "Nothing." : "Go and look for yourself, I am busy here."}})
                    + "\n";
        }
        if (!base::writeFileAtomically(path("pairs.jsonl"), rows)) {
            qFatal("pairs.jsonl");
        }
        config.data.train = {path("pairs.jsonl")};
    }

    QStringList resume(const std::string& out, int ranks) const
    {
        QStringList arguments{"resume", QString::fromStdString(path(out)), "--json", "--threads", "1"};
        if (ranks > 1) {
            arguments << "--devices" << QStringLiteral("cpu:%1").arg(ranks);
        }
        return arguments;
    }
};

inline std::string differenceOf(const std::map<std::int64_t, double>& a, const std::map<std::int64_t, double>& b, std::size_t least)
{
    if (a.size() < least || a.size() != b.size()) {
        return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " steps";
    }
    for (const auto& [step, loss] : a) {
        if (!b.count(step) || !(std::abs(b.at(step) - loss) <= 1e-6 * std::max(1.0, std::abs(loss)))) {
            return "step " + std::to_string(step) + ": " + std::to_string(loss) + " and " + (b.count(step) ? std::to_string(b.at(step)) : std::string("nothing"));
        }
    }
    return {};
}

// Trains in "alone" and in "ranked"; how far the losses of `least` steps or more differ, or why one of them failed; empty: not at all.
inline std::string differenceFromAlone(const RankedRun& run, int ranks, std::size_t least, const QStringList& more = {})
{
    const Said alone = runProgram(run.tune("alone", 1));
    const Said ranked = runProgram(run.tune("ranked", ranks, more));
    for (const Said* said : {&alone, &ranked}) {
        if (said->code != 0) {
            return "code " + std::to_string(said->code) + ": " + said->err;
        }
    }
    return differenceOf(alone.losses(), ranked.losses(), least);
}

// What the program says until then is added to `out`.
inline bool waitForStep(QProcess& process, std::string& out, int step)
{
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < kEndsWithin) {
        process.waitForReadyRead(100);
        out += process.readAllStandardOutput().toStdString();
        const std::string wanted = "\"event\":\"step\",\"step\":" + std::to_string(step) + ",";
        if (out.find(wanted) != std::string::npos) {
            return true;
        }
        if (process.state() == QProcess::NotRunning) {
            return false;
        }
    }
    return false;
}

} // namespace luthier::support
