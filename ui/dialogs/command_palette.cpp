// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/command_palette.h"

#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMaxShown = 60;
constexpr int kWidth = 140; // units of space
constexpr int kRows = 12;

enum Roles { GroupRole = Qt::UserRole, ShortcutRole, CommandRole };

class CommandDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyleOptionViewItem item = option;
        initStyleOption(&item, index);
        item.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &item, painter, option.widget);
        const QRect box = option.rect.adjusted(space(2), 0, -space(2), 0);
        painter->save();
        painter->setFont(textFont(TextSize::Small));
        painter->setPen(color(Token::TextQuiet));
        const QString shortcut = index.data(ShortcutRole).toString();
        const QString right = shortcut.isEmpty() ? index.data(GroupRole).toString()
                                                 : shortcut + QStringLiteral("   ") + index.data(GroupRole).toString();
        painter->drawText(box, Qt::AlignVCenter | Qt::AlignRight, right);
        const int room = box.width() - painter->fontMetrics().horizontalAdvance(right) - space(4);
        painter->setFont(option.font);
        painter->setPen(color(Token::Text));
        const QString text = option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, room);
        painter->drawText(box, Qt::AlignVCenter | Qt::AlignLeft, text);
        painter->restore();
    }
};

} // namespace

int matchScore(const QString& query, const QString& text)
{
    int score = 1;
    for (const QString& word : query.split(u' ', Qt::SkipEmptyParts)) {
        const qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
        if (at < 0) {
            return 0;
        }
        constexpr int kStart = 100;
        constexpr int kWordStart = 10;
        score += at == 0 ? kStart : !text.at(at - 1).isLetterOrNumber() ? kWordStart : 1;
    }
    return score;
}

CommandPalette::CommandPalette(std::vector<Command> commands, QWidget* parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint), m_commands(std::move(commands)), m_search(new QLineEdit),
      m_list(new QListWidget), m_nothing(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("commandPalette"));
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(true);
    setWindowTitle(tr("Find anything"));
    m_search->setObjectName(QStringLiteral("paletteSearch"));
    m_search->setPlaceholderText(tr("Find pages, actions, settings, runs"));
    m_search->setAccessibleName(tr("Find anything"));
    m_search->setClearButtonEnabled(true);
    m_search->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setAccessibleName(tr("What was found"));
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_nothing->setObjectName(QStringLiteral("paletteNothing"));
    m_nothing->setText(tr("Nothing found. Fewer or other words find more."));
    m_nothing->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    auto* inside = new QVBoxLayout(m_list->viewport()); // over the empty list, which keeps its height
    inside->setContentsMargins(space(2), space(3), space(2), 0);
    inside->addWidget(m_nothing);
    inside->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_search);
    layout->addWidget(m_list);
    const int width = space(kWidth);
    resize(width, space(7) * kRows);
    move(parent->mapToGlobal(QPoint((parent->width() - width) / 2, space(14))));
    connect(m_search, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_search, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    filter({});
}

void CommandPalette::filter(const QString& text)
{
    struct Hit {
        int score;
        std::size_t index;
    };
    std::vector<Hit> hits;
    for (std::size_t i = 0; i < m_commands.size(); ++i) {
        const int name = matchScore(text, m_commands[i].text);
        const int all = matchScore(text, m_commands[i].text + u' ' + m_commands[i].group);
        if (name > 0 || all > 0) {
            hits.push_back({std::max(name * 2, all), i});
        }
    }
    // Of those that answer alike the one that says little else is meant; without a question they keep their order.
    const bool isAsked = !text.trimmed().isEmpty();
    std::stable_sort(hits.begin(), hits.end(), [this, isAsked](const Hit& left, const Hit& right) {
        const auto length = [this](const Hit& hit) { return m_commands[hit.index].text.size(); };
        return left.score != right.score ? left.score > right.score : isAsked && length(left) < length(right);
    });
    m_list->clear();
    for (std::size_t i = 0; i < std::min<std::size_t>(hits.size(), kMaxShown); ++i) {
        const Command& command = m_commands[hits[i].index];
        auto* item = new QListWidgetItem(command.text, m_list);
        item->setData(GroupRole, command.group);
        item->setData(ShortcutRole, command.shortcut);
        item->setData(CommandRole, static_cast<qulonglong>(hits[i].index));
    }
    m_list->setCurrentRow(0);
    m_nothing->setVisible(hits.empty());
}

void CommandPalette::runCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr) {
        return;
    }
    const auto run = m_commands[item->data(CommandRole).toULongLong()].run;
    close(); // first, so that the command finds the window in front
    run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : key == Qt::Key_PageDown ? kRows : key == Qt::Key_PageUp ? -kRows : 0;
        if (step != 0) {
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace luthier::ui
