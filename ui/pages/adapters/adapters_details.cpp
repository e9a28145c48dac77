// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/adapters/adapters_details.h"

#include "ui/base/amounts.h"
#include "ui/charts/measure_text.h"
#include "ui/models/card_list_model.h"
#include "ui/models/library/adapter_library.h"
#include "ui/pages/adapters/adapter_exports.h"
#include "ui/theme/icons.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/named_button.h"

#include <QDateTime>
#include <QLocale>
#include <QPlainTextEdit>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kTellAfterMs = 600;
constexpr int kNoteLines = 9;

QString line(const QString& name, const std::string& value)
{
    return value.empty() ? QString() : QStringLiteral("%1: %2\n").arg(name, QString::fromStdString(value));
}

QString factsOf(const store::LibraryAdapter& adapter)
{
    const auto& facts = adapter.facts;
    const QLocale locale;
    QString text = line(AdaptersDetails::tr("Method"), facts.details.empty() ? facts.method : facts.method + " (" + facts.details + ")");
    text += line(AdaptersDetails::tr("Trained on"), adapter.trainedOn);
    text += line(AdaptersDetails::tr("Base"), adapter.model.empty() ? facts.baseName : adapter.model);
    text += line(AdaptersDetails::tr("Before"), facts.origin);
    text += line(AdaptersDetails::tr("Base's fingerprint"), facts.baseFingerprint.substr(0, 12));
    text += AdaptersDetails::tr("Size: %1, %2 parameters\n").arg(fileSize(static_cast<double>(facts.bytes)), locale.toString(static_cast<qlonglong>(facts.parameters)));
    for (const measures::Summary& summary : adapter.measures) {
        if (summary.set == measures::kStepSet) {
            continue; // how well its own rows were learned says little of an adapter
        }
        const QString name = asTitle(measureName(*summary.measure, summary.set));
        const QString last = measureText(*summary.measure, summary.last);
        //: name of a measure, its value after training, its value before
        text += summary.before() ? AdaptersDetails::tr("%1: %2, before %3\n").arg(name, last, measureText(*summary.measure, *summary.before()))
                                 : QStringLiteral("%1: %2\n").arg(name, last);
    }
    const QDateTime made = QDateTime::fromString(QString::fromStdString(adapter.created), Qt::ISODate);
    if (made.isValid()) {
        text += AdaptersDetails::tr("Made: %1\n").arg(locale.toString(made.toLocalTime(), QLocale::ShortFormat));
    }
    return text.trimmed();
}

// Each with what tells it from the others.
QString factsOfAll(const std::vector<const store::LibraryAdapter*>& chosen)
{
    QStringList lines;
    for (const store::LibraryAdapter* adapter : chosen) {
        if (adapter->facts.problem.empty()) {
            const CardItem card = cardOf(*adapter);
            lines += card.title + u'\n' + card.facts + (adapter->facts.details.empty() ? QString() : QStringLiteral("  \u00b7  ") + QString::fromStdString(adapter->facts.details))
                     + u'\n' + AdaptersDetails::tr("Base: %1").arg(QString::fromStdString(adapter->model.empty() ? adapter->facts.baseName : adapter->model));
        }
    }
    return lines.join(QStringLiteral("\n\n"));
}

QString problemsOf(const std::vector<const store::LibraryAdapter*>& chosen)
{
    QStringList sentences;
    for (const store::LibraryAdapter* adapter : chosen) {
        if (!adapter->facts.problem.empty()) {
            sentences += QString::fromStdString(adapter->facts.problem);
        }
    }
    return sentences.join(u'\n');
}

} // namespace

AdaptersDetails::AdaptersDetails(QWidget* parent)
    : DetailsCard(QStringLiteral("adapter"), parent), m_exports(new AdapterExports), m_notes(new QPlainTextEdit),
      m_chat(makeButton(QStringLiteral("chatWithAdapter"), tr("Chat"), tr("Talk to it, over its base"))),
      m_export(makeButton(QStringLiteral("exportAdapter"), tr("Export\u2026"), tr("Write it for other programs: GGUF, a merged folder, an adapter (Ctrl+E)"))),
      m_merge(makeButton(QStringLiteral("mergeAdapter"), tr("Merge\u2026"), tr("Fold it into its base: a model folder of its own"))),
      m_combine(makeButton(QStringLiteral("combineAdapters"), tr("Combine\u2026"), tr("Make one adapter of the chosen ones"))),
      m_continue(makeButton(QStringLiteral("continueAdapter"), tr("Continue\u2026"), tr("Go on training it: Tune starts from this adapter, with its method and settings"))),
      m_reveal(makeButton(QStringLiteral("revealAdapter"), tr("Reveal"), tr("Show its folder in the file manager"))),
      m_delete(makeButton(QStringLiteral("deleteAdapter"), tr("Delete\u2026"), tr("Move it to the project's trash (Del)"))), m_tell(new QTimer(this))
{
    m_notes->setObjectName(QStringLiteral("adapterNotes"));
    m_notes->setPlaceholderText(tr("Notes"));
    m_notes->setAccessibleName(tr("Notes about this adapter"));
    m_notes->setToolTip(tr("Notes, kept with the project"));
    m_notes->setTabChangesFocus(true);
    m_tell->setSingleShot(true);
    m_tell->setInterval(kTellAfterMs);
    connect(m_tell, &QTimer::timeout, this, &AdaptersDetails::flushNotes);
    connect(m_notes, &QPlainTextEdit::textChanged, m_tell, qOverload<>(&QTimer::start));
    buildButtons();
    m_notes->setMaximumHeight(fontMetrics().lineSpacing() * kNoteLines);
    body()->addWidget(m_exports);
    body()->addWidget(m_notes);
    body()->addStretch(1);
    show({});
}

void AdaptersDetails::buildButtons()
{
    m_reveal->setIcon(icon(QStringLiteral("folder-open")));
    m_delete->setIcon(icon(QStringLiteral("trash-2")));
    auto* row = new FlowLayout(space(2));
    for (QPushButton* button : {m_chat, m_continue, m_export, m_merge, m_combine, m_reveal, m_delete}) {
        row->addWidget(button);
    }
    body()->addLayout(row);
    connect(m_chat, &QPushButton::clicked, this, &AdaptersDetails::chatWanted);
    connect(m_export, &QPushButton::clicked, this, &AdaptersDetails::exportWanted);
    connect(m_merge, &QPushButton::clicked, this, &AdaptersDetails::mergeWanted);
    connect(m_combine, &QPushButton::clicked, this, &AdaptersDetails::combineWanted);
    connect(m_continue, &QPushButton::clicked, this, &AdaptersDetails::continueWanted);
    connect(m_reveal, &QPushButton::clicked, this, &AdaptersDetails::revealWanted);
    connect(m_delete, &QPushButton::clicked, this, &AdaptersDetails::deleteWanted);
}

void AdaptersDetails::flushNotes()
{
    m_tell->stop();
    if (!m_path.isEmpty() && m_notes->toPlainText() != m_told) {
        m_told = m_notes->toPlainText();
        Q_EMIT notesChanged(m_path, m_told);
    }
}

void AdaptersDetails::show(const std::vector<const store::LibraryAdapter*>& chosen)
{
    const store::LibraryAdapter* adapter = chosen.empty() ? nullptr : chosen.front();
    const auto numChosen = static_cast<int>(chosen.size());
    const QString path = adapter == nullptr ? QString() : QString::fromStdString(adapter->facts.path.string());
    flushNotes();
    const bool good = !chosen.empty() && std::all_of(chosen.begin(), chosen.end(), [](const auto* one) { return one->facts.problem.empty(); });
    if (numChosen > 1) {
        showDetails(tr("%Ln adapter(s) chosen", nullptr, numChosen), {}, factsOfAll(chosen), problemsOf(chosen));
    } else {
        showDetails(adapter == nullptr ? tr("No adapter chosen") : QString::fromStdString(adapter->name), path, good ? factsOf(*adapter) : QString(), problemsOf(chosen));
    }
    m_exports->show(numChosen == 1 ? adapter->exports : std::vector<store::AdapterExport>());
    if (path != m_path) {
        m_path = path;
        m_told = adapter == nullptr ? QString() : QString::fromStdString(adapter->notes);
        m_notes->setPlainText(m_told);
        m_tell->stop();
    }
    m_notes->setEnabled(adapter != nullptr);
    m_notes->setHidden(numChosen > 1); // whose they would be is not to be seen
    m_chat->setEnabled(good && numChosen == 1);
    m_export->setEnabled(good);
    m_merge->setEnabled(good);
    m_continue->setEnabled(good && numChosen == 1);
    m_combine->setEnabled(good && numChosen > 1);
    m_combine->setToolTip(numChosen > 1 ? tr("Make one adapter of the chosen ones") : tr("Choose several adapters in the list first (Ctrl or Shift)"));
    m_reveal->setEnabled(adapter != nullptr);
    m_delete->setEnabled(adapter != nullptr);
}

} // namespace luthier::ui
