// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/windows/data_clusters.h"

#include "core/data/example_text.h"
#include "ui/base/amounts.h"
#include "ui/models/data/data_document.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr std::size_t kMostSides = 24; // of one group; the rest of a larger one is left out or kept with them
constexpr int kKeys = 9;               // 1 to 9 keep that row
constexpr int kColumnChars = 44;
constexpr QSize kSize(980, 560);

} // namespace

DataClusters::DataClusters(DataDocument* document, Likeness likeness, QWidget* parent)
    : QDialog(parent), m_document(document), m_groups(document->checkup()->groups(likeness)), m_title(new QLabel),
      m_previous(makeButton(QStringLiteral("previousGroup"), tr("&Back"), tr("The group before (Alt+Left)"))),
      m_next(makeButton(QStringLiteral("nextGroup"), tr("&Keep all of them, next"), tr("Leaves this group as it is (Alt+Right)")))
{
    setObjectName(QStringLiteral("clusters"));
    setWindowTitle(likeness == Likeness::Exact ? tr("The same rows") : tr("Nearly the same rows"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    m_title->setObjectName(QStringLiteral("clusterTitle"));
    auto* content = new QWidget;
    m_columns = new QHBoxLayout(content);
    m_columns->setSpacing(space(2));
    auto* scroll = new QScrollArea;
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setObjectName(QStringLiteral("clusterScroll"));
    scroll->setAccessibleName(tr("Rows of the group"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(content);
    auto* close = makeButton(QStringLiteral("closeClusters"), tr("Close"), tr("Closes this window (Esc)"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_previous);
    buttons->addWidget(m_next);
    buttons->addStretch();
    buttons->addWidget(close);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_title);
    layout->addWidget(scroll, 1);
    layout->addLayout(buttons);
    m_previous->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
    m_next->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Right));
    connect(m_previous, &QPushButton::clicked, this, [this] { showGroup(m_current - 1); });
    connect(m_next, &QPushButton::clicked, this, [this] { showGroup(m_current + 1); });
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    for (int key = 0; key < kKeys; ++key) {
        auto* shortcut = new QShortcut(QKeySequence(Qt::Key_1 + key), this);
        connect(shortcut, &QShortcut::activated, this, [this, key] { keep(key); });
    }
    connect(document, &QObject::destroyed, this, &QDialog::close);
    showGroup(0);
}

void DataClusters::showGroup(int group)
{
    if (!m_document || group < 0) {
        return;
    }
    if (group >= numGroups()) {
        close(); // that was the last
        return;
    }
    m_current = group;
    const std::vector<std::int64_t>& rows = m_groups[static_cast<std::size_t>(group)];
    m_title->setText(tr("Group %1 of %2: %Ln row(s). Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.",
                        nullptr, static_cast<int>(rows.size()))
                         .arg(number(group + 1), number(numGroups())));
    m_previous->setEnabled(group > 0);
    const std::vector<std::int64_t> shown(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), kMostSides)));
    m_reading.start(this, [dataset = m_document->dataset(), shown] {
        std::vector<Side> sides;
        for (const std::int64_t row : shown) {
            const auto example = dataset->example(row);
            sides.push_back({QString::fromStdString(example ? data::wholeTextOf(*example) : example.message()),
                             DataClusters::tr("Row %1").arg(number(row + 1))});
        }
        return sides;
    }, [this](const std::vector<Side>& sides) { take(sides); });
}

void DataClusters::take(const std::vector<Side>& sides)
{
    while (QLayoutItem* item = m_columns->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (std::size_t i = 0; i < sides.size(); ++i) {
        auto* text = new DiffText;
        text->setObjectName(QStringLiteral("clusterText%1").arg(i));
        text->setAccessibleName(sides[i].name);
        text->setMinimumWidth(fontMetrics().averageCharWidth() * kColumnChars);
        text->setText(sides[i].text);
        text->setDifferences(i == 0 ? std::vector<TextRange>() : wordDiff(sides[0].text, sides[i].text).right);
        auto* keepThis = makeButton(QStringLiteral("keep%1").arg(i), tr("Keep this one (%1)").arg(i + 1), tr("Leaves the others of the group out"));
        connect(keepThis, &QPushButton::clicked, this, [this, i] { keep(static_cast<int>(i)); }, Qt::QueuedConnection);
        auto* column = new QWidget;
        auto* layout = new QVBoxLayout(column);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->addWidget(new QLabel(sides[i].name));
        layout->addWidget(text, 1);
        layout->addWidget(keepThis);
        m_columns->addWidget(column);
    }
}

void DataClusters::keep(int place)
{
    const std::vector<std::int64_t>& rows = m_groups[static_cast<std::size_t>(m_current)];
    if (!m_document || place < 0 || place >= static_cast<int>(rows.size())) {
        return;
    }
    std::vector<std::int64_t> others = rows;
    others.erase(others.begin() + place);
    m_document->prepareExclusion({rows[static_cast<std::size_t>(place)]}, false);
    m_document->prepareExclusion(others, true);
    showGroup(m_current + 1);
}

} // namespace luthier::ui
