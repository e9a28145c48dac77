// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_filters.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/row_filters.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/named_button.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QProgressBar>
#include <QShortcut>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr int kRefreshMs = 100; // counts grow a dozen times a second while rows are judged
constexpr int kParts = 1000;
constexpr int kMinute = 60;
constexpr int kCountRole = Qt::UserRole + 1;

QString timeLeft(std::optional<double> seconds)
{
    if (!seconds) {
        return {};
    }
    const int whole = static_cast<int>(std::ceil(*seconds));
    return whole < kMinute ? DataFilters::tr("%Ln s left", nullptr, whole)
                           : DataFilters::tr("%Ln min left", nullptr, (whole + kMinute - 1) / kMinute);
}

// The count stands at the right, and only the name gives way where the list is narrow.
class CountDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const QString count = index.data(kCountRole).toString();
        const int room = count.isEmpty() ? 0 : option.fontMetrics.horizontalAdvance(count) + space(3);
        QStyleOptionViewItem whole = option;
        initStyleOption(&whole, index);
        const QStyle* style = whole.widget->style();
        style->drawPrimitive(QStyle::PE_PanelItemViewItem, &whole, painter, whole.widget); // the ground, over the whole line
        QStyleOptionViewItem name = option;
        name.rect.setRight(name.rect.right() - room);
        QStyledItemDelegate::paint(painter, name, index);
        painter->save();
        painter->setPen(whole.palette.color((option.state & QStyle::State_Selected) != 0 ? QPalette::HighlightedText : QPalette::Text));
        painter->drawText(option.rect.adjusted(0, 0, -space(1), 0), Qt::AlignRight | Qt::AlignVCenter, count);
        painter->restore();
    }
};

} // namespace

DataFilters::DataFilters(QWidget* parent)
    : QWidget(parent), m_list(new QListWidget),
      m_check(makeButton(QStringLiteral("checkRows"), tr("Check all rows"),
                         tr("Looks for empty answers, duplicates, broken roles, addresses, keys and more in every row (Ctrl+Shift+K)"))),
      m_versions(makeButton(QStringLiteral("versions"), tr("Versions\u2026"), tr("Keep the data as it is now under a name, and compare (Ctrl+Shift+V)"))),
      m_map(makeButton(QStringLiteral("mapButton"), tr("Map\u2026"), tr("The rows as a map, like ones near each other: choose some, pick diverse ones (Ctrl+Shift+M)"))),
      m_progress(new QProgressBar), m_left(new QLabel), m_unread(new QLabel)
{
    m_list->setObjectName(QStringLiteral("filters"));
    m_list->setAccessibleName(tr("Filters"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideRight);
    m_list->setItemDelegate(new CountDelegate(m_list));
    m_progress->setObjectName(QStringLiteral("checkProgress"));
    m_progress->setAccessibleName(tr("Progress of the check"));
    m_progress->setRange(0, kParts);
    m_progress->setTextVisible(false);
    m_left->setObjectName(QStringLiteral("checkLeft"));
    m_left->setWordWrap(true);
    m_left->setForegroundRole(QPalette::PlaceholderText);
    m_unread->setObjectName(QStringLiteral("unreadFields"));
    m_unread->setAccessibleName(tr("What is not learned"));
    m_unread->setWordWrap(true);
    m_unread->setTextInteractionFlags(Qt::TextBrowserInteraction); // its link by keyboard, too
    m_unread->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_unread);
    layout->addWidget(m_left);
    layout->addWidget(m_progress);
    layout->addWidget(m_check);
    auto* looking = new QHBoxLayout; // beside each other: in a low window the list needs the height
    looking->setSpacing(space(1));
    looking->addWidget(m_map);
    looking->addWidget(m_versions, 1);
    layout->addLayout(looking);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(kRefreshMs);
    connect(&m_refresh, &QTimer::timeout, this, &DataFilters::refresh);
    connect(m_versions, &QPushButton::clicked, this, &DataFilters::versionsWanted);
    connect(m_map, &QPushButton::clicked, this, &DataFilters::mapWanted);
    connect(m_check, &QPushButton::clicked, this, &DataFilters::startCheck);
    connect(m_unread, &QLabel::linkActivated, this, &DataFilters::columnsWanted);
    connect(m_list, &QListWidget::currentRowChanged, this, &DataFilters::onLine);
    connect(m_list, &QListWidget::itemClicked, this, [this] { toggleFold(); });
    for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Space}) {
        auto* open = new QShortcut(QKeySequence(key), m_list);
        open->setContext(Qt::WidgetShortcut);
        open->setWhatsThis(tr("Open or fold what found nothing"));
        connect(open, &QShortcut::activated, this, &DataFilters::toggleFold);
    }
    showProgress();
}

void DataFilters::setDocument(DataDocument* document)
{
    if (m_document) {
        m_document->disconnect(this);
        m_document->checkup()->disconnect(this);
        m_document->losses()->disconnect(this);
    }
    m_document = document;
    m_filter = QStringLiteral("all");
    if (m_document) {
        connect(m_document, &DataDocument::countsChanged, this, &DataFilters::refreshSoon);
        connect(m_document, &DataDocument::tagsChanged, this, &DataFilters::refreshSoon);
        connect(m_document->checkup(), &DataCheckup::changed, this, &DataFilters::refresh);
        connect(m_document->checkup(), &DataCheckup::changed, this, &DataFilters::showUnread);
        connect(m_document->losses(), &DataLosses::changed, this, &DataFilters::refresh);
        connect(m_document->checkup(), &DataCheckup::progressChanged, this, &DataFilters::showProgress);
    }
    refresh();
    showProgress();
    showUnread();
}

void DataFilters::setFilter(const QString& id)
{
    m_filter = id;
    const QSignalBlocker quiet(m_list);
    m_list->setCurrentRow(-1); // whichever line it stood on
    refresh();
}

void DataFilters::startCheck()
{
    if (!m_document) {
        return;
    }
    if (m_document->checkup()->isRunning()) {
        m_document->checkup()->cancel();
    } else {
        m_document->checkup()->start();
    }
}

void DataFilters::refreshSoon()
{
    if (!m_refresh.isActive()) {
        m_refresh.start();
    }
}

// A filter that is chosen is never folded away.
std::vector<DataFilters::Line> DataFilters::linesOf(const std::vector<RowFilterItem>& items) const
{
    std::vector<Line> lines;
    QString section;
    FilterFold fold = FilterFold::None;
    for (const RowFilterItem& item : items) {
        if (item.fold != fold) {
            fold = item.fold;
            const auto number = static_cast<int>(std::count_if(items.begin(), items.end(), [fold](const RowFilterItem& one) { return one.fold == fold; }));
            lines.push_back({{}, fold, fold == FilterFold::Nothing ? tr("Nothing found: %1").arg(ui::number(number)) : tr("Not measured: %1").arg(ui::number(number))});
        }
        if (item.fold != FilterFold::None && !m_open.contains(item.fold) && item.id != m_filter) {
            continue;
        }
        if (item.fold == FilterFold::None && item.section != std::exchange(section, item.section)) {
            lines.push_back({{}, FilterFold::None, item.section});
        }
        lines.push_back({item.id, FilterFold::None, {}});
    }
    return lines;
}

// Lines are kept while they are the same, so that the list neither jumps nor loses its place.
void DataFilters::refresh()
{
    const QSignalBlocker quiet(m_list);
    const std::vector<RowFilterItem> items = m_document ? filterItems(*m_document) : std::vector<RowFilterItem>();
    const std::vector<Line> lines = linesOf(items);
    const int before = m_list->currentRow();
    const FilterFold stoodOn = before >= 0 ? m_shown[static_cast<std::size_t>(before)].fold : FilterFold::None;
    if (lines != m_shown) {
        m_shown = lines;
        m_list->clear();
        for (const Line& line : lines) {
            m_list->addItem(line.text);
        }
    }
    m_list->setCurrentRow(-1);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        QListWidgetItem* shown = m_list->item(static_cast<int>(i));
        const Line& line = lines[i];
        if (!line.id.isEmpty()) {
            showItem(shown, *std::find_if(items.begin(), items.end(), [&line](const RowFilterItem& item) { return item.id == line.id; }));
        } else if (line.fold == FilterFold::None) { // a heading
            shown->setFlags(Qt::NoItemFlags);
            shown->setFont(textFont(TextSize::Small));
        } else {
            const bool isOpen = m_open.contains(line.fold);
            shown->setIcon(icon(isOpen ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), Token::TextQuiet));
            shown->setForeground(quietTextColor());
            shown->setData(kCountRole, line.fold == FilterFold::Nothing ? ui::number(0) : QStringLiteral("\u2013"));
            shown->setData(Qt::AccessibleTextRole, isOpen ? tr("%1, unfolded").arg(line.text) : tr("%1, folded").arg(line.text));
            shown->setToolTip(isOpen ? tr("Enter folds them away") : tr("Enter shows them"));
        }
        const bool isCurrent = stoodOn != FilterFold::None ? line.fold == stoodOn : line.id == m_filter;
        if (isCurrent && !(line.id.isEmpty() && line.fold == FilterFold::None)) {
            m_list->setCurrentItem(shown);
        }
    }
}

void DataFilters::showItem(QListWidgetItem* line, const RowFilterItem& item) const
{
    const QString count = item.isMeasured ? number(item.count) + (item.isGrowing ? QStringLiteral("\u2026") : QString())
                                          : QStringLiteral("\u2013");
    line->setText(item.label);
    line->setData(kCountRole, count);
    //: name of a filter, number of rows it shows
    line->setData(Qt::AccessibleTextRole, tr("%1, %2").arg(item.label, count));
    line->setToolTip(item.advice.isEmpty() ? item.help : item.help + u'\n' + item.advice);
    line->setData(Qt::UserRole, item.id);
    line->setForeground(item.count == 0 ? quietTextColor() : palette().color(QPalette::Text));
}

void DataFilters::onLine(int line)
{
    const QString id = line >= 0 ? m_list->item(line)->data(Qt::UserRole).toString() : QString();
    if (!id.isEmpty() && id != m_filter) {
        m_filter = id;
        Q_EMIT filterChosen(id);
    }
}

bool DataFilters::toggleFold()
{
    const int line = m_list->currentRow();
    const FilterFold fold = line >= 0 ? m_shown[static_cast<std::size_t>(line)].fold : FilterFold::None;
    if (fold == FilterFold::None) {
        return false;
    }
    if (m_open.erase(fold) == 0) {
        m_open.insert(fold);
    }
    refresh();
    return true;
}

// The fields by name; all that is to be said of them in the tooltip.
void DataFilters::showUnread()
{
    const DataCheckup* checkup = m_document ? m_document->checkup() : nullptr;
    const bool isKnown = checkup != nullptr && checkup->hasResult() && (checkup->unread().hasLoud() || !checkup->unread().leftOut.empty());
    m_unread->setVisible(isKnown);
    if (!isKnown) {
        m_unread->clear();
        return;
    }
    QStringList names;
    for (const data::UnreadField& field : checkup->unread().fields) {
        if (!field.isQuiet()) {
            names += QString::fromStdString(field.name).toHtmlEscaped();
        }
    }
    for (const std::string& file : checkup->unread().leftOut) {
        names += QString::fromStdString(file).toHtmlEscaped();
    }
    QStringList sentences;
    for (const std::string& sentence : checkup->unread().sentences()) {
        sentences += windowSentence(QString::fromStdString(sentence)).toHtmlEscaped();
    }
    constexpr qsizetype kShown = 4;
    const QString shown = names.mid(0, kShown).join(QStringLiteral(", ")) + (names.size() > kShown ? QStringLiteral(", \u2026") : QString());
    //: names of fields; the link opens the form in which columns are named
    m_unread->setText(tr("Not learned: %1. <a href=\"columns\">Columns\u2026</a>").arg(shown));
    m_unread->setToolTip(QStringLiteral("<p>") + sentences.join(QStringLiteral("</p><p>")) + QStringLiteral("</p>"));
}

// Lines keep their colours.
void DataFilters::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
    QWidget::changeEvent(event);
}

void DataFilters::showProgress()
{
    const DataCheckup* checkup = m_document ? m_document->checkup() : nullptr;
    const bool isRunning = checkup != nullptr && checkup->isRunning();
    m_check->setEnabled(checkup != nullptr);
    m_versions->setEnabled(checkup != nullptr);
    m_map->setEnabled(checkup != nullptr);
    m_check->setText(isRunning ? tr("Stop the check") : checkup != nullptr && checkup->hasResult() ? tr("Check all rows again") : tr("Check all rows"));
    m_progress->setVisible(isRunning);
    m_progress->setValue(isRunning ? static_cast<int>(kParts * checkup->fraction()) : 0);
    const QString problem = checkup != nullptr ? checkup->problem() : QString();
    const QString stale = checkup != nullptr && checkup->isStale()
                              ? tr("Rows were edited since the check: copies and whole-set counts are from before.")
                              : QString();
    const QString said = isRunning ? timeLeft(checkup->secondsLeft()) : problem.isEmpty() ? stale : problem;
    m_left->setText(said);
    m_left->setVisible(isRunning || !said.isEmpty());
}

} // namespace luthier::ui
