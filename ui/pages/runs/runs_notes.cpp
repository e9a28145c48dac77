// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_notes.h"

#include "core/doctor/doctor.h"
#include "ui/base/amounts.h"
#include "ui/bridge/job.h"
#include "ui/forms/field_editor.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kSaveMs = 800;

QString joined(const std::vector<std::string>& tags)
{
    QStringList words;
    for (const std::string& tag : tags) {
        words += QString::fromStdString(tag);
    }
    return words.join(QStringLiteral(", "));
}

} // namespace

RunsNotes::RunsNotes(Workspace& workspace, QWidget* parent) : QWidget(parent), m_workspace(workspace), m_tags(new QLineEdit), m_text(new QPlainTextEdit)
{
    setObjectName(QStringLiteral("runNotes"));
    m_tags->setObjectName(QStringLiteral("runTags"));
    m_tags->setAccessibleName(tr("Tags of the run"));
    m_tags->setPlaceholderText(tr("Tags, with commas between"));
    m_tags->setToolTip(tr("Words to find and filter runs by, with commas between"));
    m_text->setObjectName(QStringLiteral("runNote"));
    m_text->setAccessibleName(tr("Note on the run"));
    m_text->setPlaceholderText(tr("What you tried, what you saw"));
    m_text->setToolTip(tr("Kept with the run, and found by the search"));
    m_text->setTabChangesFocus(true);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_tags);
    column->addWidget(m_text, 1);
    m_later.setSingleShot(true);
    m_later.setInterval(kSaveMs);
    connect(&m_later, &QTimer::timeout, this, &RunsNotes::save);
    connect(m_tags, &QLineEdit::textEdited, &m_later, qOverload<>(&QTimer::start));
    connect(m_tags, &QLineEdit::editingFinished, this, &RunsNotes::save);
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        if (m_run.id != 0 && m_text->toPlainText().toStdString() != m_run.notes) {
            m_later.start();
        }
    });
}

void RunsNotes::setRun(const store::RunRow& run)
{
    if (run.id == m_run.id && (m_later.isActive() || m_tags->hasFocus() || m_text->hasFocus())) {
        return; // it is being written
    }
    save();
    m_run = run;
    m_tags->setText(joined(run.tags));
    if (const QString text = QString::fromStdString(run.notes); m_text->toPlainText() != text) {
        m_text->setPlainText(text);
    }
    setEnabled(run.id != 0);
}

void RunsNotes::save()
{
    m_later.stop();
    std::vector<std::string> tags;
    for (const QString& tag : m_tags->text().split(u',', Qt::SkipEmptyParts)) {
        if (const QString word = tag.trimmed(); !word.isEmpty()) {
            tags.push_back(word.toStdString());
        }
    }
    const std::string notes = m_text->toPlainText().toStdString();
    const auto project = m_workspace.project();
    if (m_run.id == 0 || !project || (tags == m_run.tags && notes == m_run.notes)) {
        return;
    }
    m_run.tags = tags;
    m_run.notes = notes;
    startJob(&m_workspace, [project, id = m_run.id, notes, tags] { return project->annotateRun(id, notes, tags); },
             [&workspace = m_workspace](const Result<void>& saved) {
                 if (!saved) {
                     workspace.say(QString::fromStdString(saved.error().message));
                 }
                 Q_EMIT workspace.runsChanged();
             });
}

RunsFindings::RunsFindings(QWidget* parent) : QWidget(parent), m_list(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("runFindings"));
    setAccessibleName(tr("What the run doctor found"));
}

void RunsFindings::show(store::RunId run, const std::vector<doctor::Finding>& findings)
{
    while (QLayoutItem* item = m_list->takeAt(0)) {
        if (item->widget() != nullptr) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        delete item;
    }
    const auto add = [this](const QString& text, Token token, const char* id) {
        auto* label = new StatusLabel(withLabels(text), token);
        label->setObjectName(QLatin1String(id));
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        m_list->addWidget(label);
    };
    if (findings.empty()) {
        add(tr("Nothing was found wrong with this run."), Token::TextQuiet, "finding");
    }
    for (const doctor::Finding& finding : findings) {
        //: step, what was found
        add(tr("Step %1: %2").arg(number(finding.step), QString::fromStdString(finding.sentence)), Token::Warn, "finding");
        if (!finding.explanation.empty()) {
            add(QString::fromStdString(finding.explanation), Token::TextQuiet, "findingExplanation");
        }
        for (const doctor::Remedy& remedy : finding.remedies) {
            const QString sentence = withLabels(QString::fromStdString(remedy.sentence));
            if (remedy.key.empty()) {
                add(sentence, Token::Text, "remedyText");
                continue;
            }
            auto* button = makeButton(QStringLiteral("remedy"), tr("Try this"), tr("The Tune page with this run's settings and %1 = %2").arg(withLabels(QString::fromStdString(remedy.key)), QString::fromStdString(remedy.value)));
            button->setAccessibleName(tr("Try this: %1").arg(sentence));
            auto* line = new QWidget;
            auto* row = new QHBoxLayout(line);
            row->setContentsMargins(0, 0, 0, 0);
            auto* label = new StatusLabel(sentence, Token::Text);
            label->setWordWrap(true);
            label->setTextFormat(Qt::PlainText);
            row->addWidget(label, 1);
            row->addWidget(button);
            m_list->addWidget(line);
            connect(button, &QPushButton::clicked, this, [this, run, remedy] {
                Q_EMIT remedyWanted(run, QString::fromStdString(remedy.key), QString::fromStdString(remedy.value));
            });
        }
    }
    m_list->addStretch();
}

} // namespace luthier::ui
