// SPDX-License-Identifier: GPL-3.0-or-later
// What a program said in lines of JSON, and how it ended.
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

namespace luthier::support {

struct JsonLines {
    int code = -1; // it was killed, or had to be
    QList<QJsonObject> lines;
    QByteArray err;

    QJsonObject object() const { return lines.value(0); }
};

inline JsonLines jsonLinesOf(const QString& program, const QStringList& arguments, int patienceMs)
{
    QProcess process;
    process.start(program, arguments);
    JsonLines said;
    if (process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit) {
        said.code = process.exitCode();
    }
    for (const QByteArray& line : process.readAllStandardOutput().split('\n')) {
        if (!line.isEmpty()) {
            said.lines += QJsonDocument::fromJson(line).object();
        }
    }
    said.err = process.readAllStandardError();
    return said;
}

} // namespace luthier::support
