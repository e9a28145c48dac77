// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/example_fields.h"

#include <QStringList>

#include <array>

namespace luthier::ui {
namespace {

struct RoleName {
    const char* name;
    const char* role;
};

// Names of columns and speakers met in data sets, by the role they play. New name: one line.
constexpr std::array kRoleNames{
    RoleName{"system", "system"},        RoleName{"user", "user"},           RoleName{"human", "user"},
    RoleName{"instruction", "user"},     RoleName{"input", "user"},          RoleName{"prompt", "user"},
    RoleName{"question", "user"},        RoleName{"query", "user"},          RoleName{"context", "user"},
    RoleName{"assistant", "assistant"},  RoleName{"gpt", "assistant"},       RoleName{"model", "assistant"},
    RoleName{"output", "assistant"},     RoleName{"answer", "assistant"},    RoleName{"response", "assistant"},
    RoleName{"completion", "assistant"}, RoleName{"chosen", "chosen"},       RoleName{"rejected", "rejected"},
    RoleName{"tool", "tool"},            RoleName{"function", "tool"},       RoleName{"observation", "tool"},
};

QString textOf(const Json& value)
{
    return QString::fromStdString(value.is_string() ? value.get<std::string>() : base::dumpJson(value));
}

// The speaker beside "messages/1/content": the object's "role" or "from".
QString speakerBeside(const Json& row, const QString& path)
{
    const Json* at = &row;
    const QStringList steps = path.split(u'/');
    for (qsizetype i = 0; i + 1 < steps.size(); ++i) {
        bool isNumber = false;
        const auto index = static_cast<std::size_t>(steps[i].toUInt(&isNumber));
        if (at->is_array() && isNumber && index < at->size()) {
            at = &(*at)[index];
        } else if (at->is_object() && at->contains(steps[i].toStdString())) {
            at = &(*at)[steps[i].toStdString()];
        } else {
            return {};
        }
    }
    for (const char* key : {"role", "from"}) {
        if (at->is_object() && at->contains(key) && (*at)[key].is_string()) {
            return textOf((*at)[key]);
        }
    }
    return {};
}

ExampleField fieldAt(const Json& row, const QString& path, const QString& text)
{
    const QString speaker = path.contains(u'/') ? speakerBeside(row, path) : QString();
    const QString top = path.section(u'/', 0, 0);
    ExampleField field{path, speaker.isEmpty() ? path.section(u'/', -1) : speaker, {}, text, {}};
    field.role = roleOfName(field.label);
    if (path.contains(u'/') && (top == QLatin1String("chosen") || top == QLatin1String("rejected"))) {
        field.role = field.role == QLatin1String("assistant") ? top : field.role; // the answers differ, what they answer does not
        field.label = QStringLiteral("%1 \u00b7 %2").arg(top, field.label);
    }
    return field;
}

void appendReadOnly(ReadRow& read)
{
    const data::Example& example = *read.example;
    const bool sameTurns = read.fields.size() == example.messages.size();
    for (std::size_t i = 0; i < example.messages.size(); ++i) {
        const data::Message& message = example.messages[i];
        if (message.extra.is_null()) {
            continue;
        }
        const QString extra = QString::fromStdString(base::dumpJson(message.extra, 2));
        if (sameTurns) {
            read.fields[i].extra = extra;
        } else {
            const QString role = QString::fromStdString(message.role);
            read.fields.push_back({{}, role, roleOfName(role), QString::fromStdString(message.content), extra});
        }
    }
    if (!example.tools.is_null()) {
        read.fields.push_back({{}, QStringLiteral("tools"), QStringLiteral("tool"), {},
                               QString::fromStdString(base::dumpJson(example.tools, 2))});
    }
}

void markBroken(ReadRow& read, const data::Dataset& dataset, const std::string& sentence)
{
    const std::string raw = dataset.rawRow(read.index);
    read.problem = QString::fromStdString(sentence);
    read.raw = QString::fromUtf8(raw.data(), static_cast<qsizetype>(raw.size()));
}

} // namespace

QString roleOfName(const QString& name)
{
    for (const RoleName& row : kRoleNames) {
        if (name.compare(QLatin1String(row.name), Qt::CaseInsensitive) == 0) {
            return QString::fromLatin1(row.role);
        }
    }
    return QStringLiteral("text");
}

ReadRow readRow(const data::Dataset& dataset, std::int64_t index)
{
    ReadRow read;
    read.index = index;
    read.edited = dataset.edit(index).has_value();
    const Result<Json> row = dataset.row(index);
    if (!row) {
        markBroken(read, dataset, row.message());
        return read;
    }
    for (const std::string& path : dataset.format().editablePaths(*row)) {
        if (const Result<std::string> text = dataset.field(index, path)) {
            read.fields.push_back(fieldAt(*row, QString::fromStdString(path), QString::fromStdString(*text)));
        }
    }
    Result<data::Example> example = dataset.example(index);
    if (!example) {
        markBroken(read, dataset, example.message());
        return read;
    }
    read.example = std::move(*example);
    appendReadOnly(read);
    return read;
}

} // namespace luthier::ui
