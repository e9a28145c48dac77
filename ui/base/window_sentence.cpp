// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/window_sentence.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace luthier::ui {
namespace {

struct WindowSentence {
    Q_DECLARE_TR_FUNCTIONS(luthier::ui::WindowSentence)
};

// Commands that sentences of core name.
constexpr const char* kCommands[] = {"adapters", "data", "eval", "export", "generate", "judge", "merge", "models", "plan", "render", "report",
                                     "resume", "rewards", "rollouts", "runs", "tune"};

bool isShellTalk(const QString& part)
{
    const QStringList words = part.split(u' ', Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString& word = words[i];
        const bool isFlag = word.size() > 3 && word.startsWith(QLatin1String("--")) && word[2].isLower();
        const QString next = i + 1 < words.size() ? words[i + 1] : QString();
        const bool isCommand = word == QLatin1String("luthier")
                               && std::any_of(std::begin(kCommands), std::end(kCommands), [&next](const char* command) { return next == QLatin1String(command); });
        if (isFlag || isCommand) {
            return true;
        }
    }
    return false;
}

// Without what stands in brackets and is for a shell.
QString withoutBrackets(QString text)
{
    for (qsizetype open = text.indexOf(QLatin1String(" (")); open >= 0; open = text.indexOf(QLatin1String(" ("), open)) {
        const qsizetype close = text.indexOf(u')', open);
        if (close < 0) {
            break;
        }
        QString inside = text.mid(open + 2, close - open - 2);
        if (isShellTalk(inside.replace(u',', u' '))) {
            text.remove(open, close - open + 1);
        } else {
            open = close;
        }
    }
    return text;
}

} // namespace

QString windowSentence(const QString& sentence)
{
    if (!sentence.contains(QLatin1String("--")) && !sentence.contains(QLatin1String("luthier "))) {
        return sentence;
    }
    QStringList lines = sentence.split(u'\n');
    for (QString& line : lines) {
        QStringList kept;
        for (const QString& part : withoutBrackets(line).split(QStringLiteral("; "))) {
            if (!isShellTalk(part) || kept.isEmpty()) { // a sentence that is nothing else stays: better than none
                kept += part;
            }
        }
        const bool endsCut = line.endsWith(u'.') && !kept.last().endsWith(u'.');
        line = kept.join(QStringLiteral("; ")) + (endsCut ? QStringLiteral(".") : QString());
    }
    return lines.join(u'\n');
}

QString problemSentence(const QString& sentence)
{
    QString text = windowSentence(sentence);
    const auto isPlain = [](QChar letter) { return letter >= u'a' && letter <= u'z'; };
    const auto end = std::find_if_not(text.cbegin(), text.cend(), isPlain);
    if (end != text.cbegin() && end != text.cend() && *end == u' ') { // a word, nothing that is spelt so
        text[0] = text[0].toUpper();
    }
    return text;
}

QString deviceText(const QString& device)
{
    static const QString kCpu = QStringLiteral("cpu");
    const QStringList words = device.split(u' ');
    bool isCount = false;
    const int threads = words.value(1).toInt(&isCount);
    if (words.front() == kCpu + u',' && isCount) {
        const QString rest = device.section(u',', 2); // " fp32"
        return WindowSentence::tr("CPU, %Ln thread(s)", nullptr, threads) + (rest.isEmpty() ? QString() : u',' + rest);
    }
    return device == kCpu ? WindowSentence::tr("CPU") : device;
}

} // namespace luthier::ui
