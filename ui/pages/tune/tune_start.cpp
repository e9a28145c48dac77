// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_start.h"

#include "ui/base/window_sentence.h"
#include "ui/forms/set_field.h"
#include "ui/models/library/adapter_library.h"
#include "ui/widgets/file_dialog.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QFileInfo>
#include <QUndoStack>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kRecheckMs = 400; // after the last key stroke
const QString kElsewhere = QStringLiteral("?");

QString nameOf(const QString& adapter)
{
    const QFileInfo info(adapter);
    return info.fileName() == QStringLiteral("adapter") ? QFileInfo(info.path()).fileName() : info.fileName();
}

} // namespace

TuneStart::TuneStart(RecipeDocument* document, Workspace& workspace, QWidget* parent)
    : QWidget(parent), m_document(document), m_workspace(workspace), m_library(new AdapterLibrary(workspace, this)),
      m_choices(new QComboBox), m_note(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("tuneStart"));
    m_choices->setObjectName(QStringLiteral("startChoice"));
    m_choices->setAccessibleName(tr("Start from an adapter"));
    m_choices->setToolTip(tr("Start from the base alone, or let the training of one of its adapters go on: its method and settings are taken"));
    m_choices->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choices->setMinimumContentsLength(12);
    m_note->setObjectName(QStringLiteral("startNote"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    setFocusProxy(m_choices);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space(1));
    layout->addWidget(new StatusLabel(tr("Start from"), Token::TextQuiet));
    layout->addWidget(m_choices);
    layout->addWidget(m_note);
    m_recheck.setSingleShot(true);
    m_recheck.setInterval(kRecheckMs);
    connect(&m_recheck, &QTimer::timeout, this, &TuneStart::check);
    connect(m_choices, &QComboBox::activated, this, [this](int row) {
        const QString path = m_choices->itemData(row).toString();
        path == kElsewhere ? askForFolder() : choose(path);
    });
    connect(m_library, &AdapterLibrary::changed, this, &TuneStart::fill);
    connect(document, &RecipeDocument::changed, this, [this](const QString& key) {
        if (key.isEmpty() || key.startsWith(QStringLiteral("model."))) {
            fill();
        }
        if (key.isEmpty() || key.startsWith(QStringLiteral("model.")) || key.startsWith(QStringLiteral("method."))) {
            m_recheck.start();
        }
    });
    m_library->refresh();
    fill();
}

void TuneStart::fill()
{
    const config::ModelSettings& model = m_document->config().model;
    const QString chosen = QString::fromStdString(model.adapter);
    m_choices->clear();
    const auto add = [this](const QString& name, const QString& path) {
        m_choices->addItem(name, path);
        m_choices->setItemData(m_choices->count() - 1, path, Qt::ToolTipRole);
    };
    add(tr("The base alone"), {});
    for (const store::LibraryAdapter& adapter : m_library->adapters()) {
        if (adapter.facts.problem.empty() && adapter.model == model.path) {
            add(QString::fromStdString(adapter.name + ", " + adapter.facts.method), QString::fromStdString(adapter.facts.path.string()));
        }
    }
    if (m_choices->findData(chosen) < 0) {
        add(nameOf(chosen), chosen);
    }
    add(tr("An adapter from elsewhere\u2026"), kElsewhere);
    m_choices->setItemData(m_choices->count() - 1, tr("Choose an adapter's folder, or a run's"), Qt::ToolTipRole);
    m_choices->setCurrentIndex(m_choices->findData(chosen));
}

void TuneStart::askForFolder()
{
    fill(); // until one is chosen, all is as it was
    QFileDialog* dialog = openDialog(this, QStringLiteral("adapter"), tr("Choose an adapter's folder, or a run's"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { choose(path); });
    dialog->open();
}

void TuneStart::choose(const QString& adapter, const QString& base)
{
    config::RunConfig wanted = m_document->config();
    wanted.model.adapter = adapter.toStdString();
    wanted.model.path = base.isEmpty() ? wanted.model.path : base.toStdString();
    if (adapter.isEmpty()) {
        wanted.model.adapterMerge = false;
    } else if (!wanted.model.adapterMerge) {
        wanted.method = {}; // so that nothing stands against the adapter's own
    }
    m_job.start(this, [wanted] { return train::startedFrom(wanted); }, [this](const Result<train::Started>& started) { take(started); });
}

void TuneStart::take(const Result<train::Started>& started)
{
    if (!started) {
        m_workspace.say(QString::fromStdString(started.message()));
        fill();
        return;
    }
    const QString adapter = QString::fromStdString(started->config.model.adapter);
    m_workspace.undoStack()->push(new SetRecipe(m_document, started->config,
                                                adapter.isEmpty() ? tr("start from the base") : tr("start from %1").arg(nameOf(adapter))));
}

void TuneStart::check()
{
    if (m_document->config().model.adapter.empty()) {
        show(train::Started{});
        return;
    }
    m_job.start(this, [config = m_document->config()] { return train::startedFrom(config); },
                [this](const Result<train::Started>& started) { show(started); });
}

void TuneStart::show(const Result<train::Started>& started)
{
    const QString said = started ? started->said.empty() ? QString() : windowSentence(QString::fromStdString(started->said.front()))
                                 : problemSentence(QString::fromStdString(started.message()));
    m_note->setToken(started ? Token::TextQuiet : Token::Bad);
    m_note->setText(said);
    m_note->setVisible(!said.isEmpty());
    if (const QString problem = started ? QString() : said; problem != m_problem) {
        m_problem = problem;
        Q_EMIT problemChanged();
    }
}

} // namespace luthier::ui
