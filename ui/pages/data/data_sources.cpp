// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_sources.h"
#include "ui/widgets/buttons/tool_button.h"

#include "core/data/formats/format.h"

#include <QAction>
#include <QComboBox>
#include <QCoreApplication>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QShortcut>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kFileLines = 6;

QLabel* heading(const QString& text)
{
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

QString fieldText(const std::string& text) // core's English, translated under one context
{
    return QCoreApplication::translate("DatasetFormat", text.c_str());
}

} // namespace

DataSources::DataSources(QWidget* parent)
    : QWidget(parent), m_sources(new QListWidget), m_paste(new QToolButton), m_remove(new QToolButton), m_format(new QComboBox),
      m_formatHelp(new QLabel)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    build();
}

void DataSources::build()
{
    auto* layout = static_cast<QVBoxLayout*>(this->layout());
    auto* add = makeToolButton(QStringLiteral("addSource"), QStringLiteral("+"), tr("Add data files to the project (Ctrl+O)"));
    add->setAccessibleName(tr("Add data"));
    m_remove->setObjectName(QStringLiteral("removeSource"));
    m_remove->setText(QStringLiteral("\u2212"));
    m_remove->setToolTip(tr("Take the file out of the project (Delete). The file itself and its edits stay."));
    m_remove->setAccessibleName(tr("Remove data"));
    auto* head = new QHBoxLayout;
    head->addWidget(heading(tr("Files")));
    head->addStretch();
    head->addWidget(m_paste);
    head->addWidget(m_remove);
    head->addWidget(add);
    layout->addLayout(head);

    m_sources->setObjectName(QStringLiteral("sources"));
    m_sources->setAccessibleName(tr("Data files of the project"));
    m_sources->setToolTip(tr("The project's data files. Drop files here to add them."));
    m_sources->setTextElideMode(Qt::ElideMiddle);
    m_sources->setFixedHeight(fontMetrics().height() * kFileLines); // a few files; the filters need the room
    m_sources->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_sources);
    m_format->setObjectName(QStringLiteral("format"));
    m_format->setAccessibleName(tr("Shape of the rows"));
    m_format->setToolTip(tr("How a row is read. Found out from the rows; choose another one if that is wrong."));
    m_format->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_formatHelp->setObjectName(QStringLiteral("formatHelp"));
    m_formatHelp->setWordWrap(true);
    m_formatHelp->setForegroundRole(QPalette::PlaceholderText);
    auto* formatLabel = new QLabel(tr("&Shape"));
    formatLabel->setBuddy(m_format);
    layout->addWidget(formatLabel); // above, not beside: the column is narrow and the shape's name is long
    layout->addWidget(m_format);
    layout->addWidget(m_formatHelp);
    layout->addStretch(1); // its parts keep together where nothing stands below

    connect(add, &QToolButton::clicked, this, &DataSources::addWanted);
    connect(m_remove, &QToolButton::clicked, this, [this] { Q_EMIT removeWanted(currentSource()); });
    auto* remove = new QShortcut(QKeySequence::Delete, m_sources);
    remove->setContext(Qt::WidgetShortcut);
    remove->setWhatsThis(tr("Take the file out of the project"));
    connect(remove, &QShortcut::activated, m_remove, &QToolButton::click);
    connect(m_sources, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
        if (item != nullptr) {
            Q_EMIT sourceChosen(currentSource());
        }
    });
    connect(m_format, &QComboBox::activated, this, [this] { Q_EMIT formatChosen(m_format->currentData().toString()); });
}

void DataSources::setSources(const std::vector<SourceItem>& sources, std::int64_t current)
{
    const QSignalBlocker blocker(m_sources);
    m_sources->clear();
    for (const SourceItem& source : sources) {
        auto* item = new QListWidgetItem(source.path.section(u'/', -1), m_sources);
        item->setData(Qt::UserRole, static_cast<qlonglong>(source.id));
        item->setToolTip(source.path);
        if (source.id == current) {
            m_sources->setCurrentItem(item);
        }
    }
    m_remove->setEnabled(m_sources->currentItem() != nullptr);
}

void DataSources::setPasting(QAction* action)
{
    m_paste->setObjectName(QStringLiteral("pasteSource"));
    m_paste->setDefaultAction(action);
    m_paste->setAccessibleName(action->text());
    m_sources->addAction(action);
    m_sources->setContextMenuPolicy(Qt::ActionsContextMenu);
}

std::int64_t DataSources::currentSource() const
{
    const QListWidgetItem* item = m_sources->currentItem();
    return item == nullptr ? 0 : item->data(Qt::UserRole).toLongLong();
}

void DataSources::setFormat(const QString& chosen, const QString& detected)
{
    const QSignalBlocker blocker(m_format);
    m_format->clear();
    const data::DatasetFormat* found = data::findFormat(detected.toStdString());
    m_format->addItem(found == nullptr ? tr("found out") : tr("%1 (found out)").arg(fieldText(found->label)),
                      QStringLiteral("auto"));
    for (const data::DatasetFormat& format : data::formats()) {
        m_format->addItem(fieldText(format.label), QString::fromStdString(format.id));
        m_format->setItemData(m_format->count() - 1, fieldText(format.help), Qt::ToolTipRole);
    }
    m_format->setCurrentIndex(std::max(0, m_format->findData(chosen)));
    m_format->setEnabled(!chosen.isEmpty());
    m_formatHelp->setText(found == nullptr ? QString() : fieldText(found->help));
}

} // namespace luthier::ui
