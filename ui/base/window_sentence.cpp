// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/window_sentence.h"

#include "core/config/run_config.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace luthier::ui {
namespace {

struct WindowSentence {
    Q_DECLARE_TR_FUNCTIONS(luthier::ui::WindowSentence)
};

// Commands that sentences of core name.
constexpr const char* kCommands[] = {"adapters", "advise", "bench", "chat", "compare", "data", "eval", "export", "first-tune", "generate", "judge", "launch", "merge",
                                     "models", "pipeline", "plan", "publish", "rate", "recipe", "render", "report", "resume", "reward", "rewards",
                                     "rollouts", "runs", "shootout", "sweep", "tune"};

// Of other programs, with what they are to be told.
constexpr const char* kPrograms[] = {"mlx_lm.", "gguf-split", "zero_to_fp32.py", "nbconvert"};

bool isShellTalk(const QString& part)
{
    if (std::any_of(std::begin(kPrograms), std::end(kPrograms), [&part](const char* program) { return part.contains(QLatin1String(program)); })) {
        return false;
    }
    const QStringList words = part.split(u' ', Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString& word = words[i];
        const bool isFlag = word.size() > 3 && word.startsWith(QLatin1String("--")) && word[2].isLower();
        QString next = i + 1 < words.size() ? words[i + 1] : QString();
        while (!next.isEmpty() && next.back().isPunct()) { // "see luthier render."
            next.chop(1);
        }
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

// "--devices 5: there is one card" is told of what was typed, which is seen.
QString withoutLeadingFlag(const QString& text)
{
    const qsizetype colon = text.indexOf(QLatin1String(": "));
    return text.startsWith(QLatin1String("--")) && colon > 0 ? text.mid(colon + 2) : text;
}

// "Train on one card, or with --devices cpu:2": the other way is the shell's.
QString withoutOtherWay(const QString& part)
{
    const qsizetype other = part.lastIndexOf(QLatin1String(", or "));
    return other > 0 && isShellTalk(part.mid(other)) && !isShellTalk(part.left(other)) ? part.left(other) : part;
}

// Its parts that are for no shell; empty: there is none.
QString keptOf(const QString& sentence)
{
    QStringList kept;
    for (const QString& part : sentence.split(QStringLiteral("; "))) {
        if (const QString rest = withoutOtherWay(part); !isShellTalk(rest)) {
            kept += rest;
        }
    }
    const QString text = kept.join(QStringLiteral("; "));
    return sentence.endsWith(u'.') && !text.isEmpty() && !text.endsWith(u'.') ? text + u'.' : text;
}

QString withoutShellTalk(const QString& line)
{
    static const QRegularExpression end(QStringLiteral("(?<=[.!?]) +(?=[A-Z])"));
    const QString text = withoutLeadingFlag(withoutBrackets(line));
    QStringList kept;
    for (const QString& sentence : text.split(end)) {
        if (const QString rest = keptOf(sentence); !rest.isEmpty()) {
            kept += rest;
        }
    }
    return kept.isEmpty() ? text : kept.join(u' '); // what is nothing else stays: better than none
}

} // namespace

QString windowSentence(const QString& sentence)
{
    if (!sentence.contains(QLatin1String("--")) && !sentence.contains(QLatin1String("luthier "))) {
        return withLabels(sentence);
    }
    QStringList lines = sentence.split(u'\n');
    for (QString& line : lines) {
        line = withoutShellTalk(line);
    }
    return withLabels(lines.join(u'\n'));
}

QString withLabels(QString sentence)
{
    const auto isOfWord = [&sentence](qsizetype at) {
        return at >= 0 && at < sentence.size() && (sentence[at].isLetterOrNumber() || QStringLiteral("_/-").contains(sentence[at]));
    };
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            const QString key = QString::fromStdString(part.key + "." + field.key);
            for (qsizetype at = sentence.indexOf(key); at >= 0; at = sentence.indexOf(key, at)) {
                const qsizetype end = at + key.size();
                const bool goesOn = end < sentence.size() && sentence[end] == u'.' && isOfWord(end + 1); // a file's name, perhaps
                if (isOfWord(at - 1) || (at > 0 && sentence[at - 1] == u'.') || isOfWord(end) || goesOn) {
                    at = end;
                    continue;
                }
                const QString label = QStringLiteral("\u201c%1\u201d").arg(QCoreApplication::translate("Field", field.label.c_str()));
                sentence.replace(at, key.size(), label);
                at += label.size();
            }
        }
    }
    return sentence;
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
