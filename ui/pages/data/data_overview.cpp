// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_overview.h"

#include "core/data/example_text.h"
#include "ui/base/amounts.h"
#include "ui/models/data/data_checkup.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/length_histogram.h"
#include "ui/widgets/number_fields.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kSoonMs = 700;
constexpr int kRestMs = 400;
constexpr int kLeastLimit = 8;
constexpr int kMostLimit = 1 << 20;
constexpr int kShare = 100;

// The text by which a row stands in the list of this view.
std::string keyOf(const data::Dataset& dataset, std::int64_t row, DataOverview::View view)
{
    const auto json = dataset.row(row);
    const auto example = json ? dataset.format().toExample(*json) : Result<data::Example>(json.error());
    if (!example) {
        return {};
    }
    return view == DataOverview::View::Labels           ? data::labelOf(dataset.format(), *json)
           : view == DataOverview::View::PromptOpenings ? data::openingOf(data::promptOf(*example))
                                                        : data::openingOf(data::answerTextOf(*example));
}

std::vector<std::int64_t> rowsWith(const data::Dataset& dataset, DataOverview::View view, const std::string& text, const JobControl& control)
{
    std::vector<char> found(static_cast<std::size_t>(dataset.rowCount()), 0); // a place for each row: several threads write
    data::WalkOptions options;
    options.cancel = control.cancel;
    std::vector<std::int64_t> rows;
    if (!data::walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t) {
            found[static_cast<std::size_t>(row)] = !dataset.isExcluded(row) && keyOf(dataset, row, view) == text ? 1 : 0;
        })) {
        return rows; // cancelled
    }
    for (std::size_t row = 0; row < found.size(); ++row) {
        if (found[row] != 0) {
            rows.push_back(static_cast<std::int64_t>(row));
        }
    }
    return rows;
}

} // namespace

DataOverview::DataOverview(QWidget* parent)
    : QWidget(parent), m_view(new QComboBox), m_note(new ElidedLabel(Token::TextQuiet)), m_limit(new WholeField), m_stack(new QStackedWidget),
      m_histogram(new LengthHistogram), m_tallies(new QTreeWidget)
{
    m_view->setObjectName(QStringLiteral("overviewKind"));
    m_view->setAccessibleName(tr("What to look at"));
    m_view->setToolTip(tr("What is shown of the whole set. Labels and openings come with \u201cCheck all rows\u201d."));
    m_view->addItems({tr("Tokens in all"), tr("Tokens of the prompt"), tr("Tokens of the answer"), tr("Labels"), tr("Openings of prompts"),
                      tr("Openings of answers")});
    m_note->setObjectName(QStringLiteral("overviewNote"));
    m_note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_limit->setObjectName(QStringLiteral("tokenLimit"));
    m_limit->setAccessibleName(tr("Token limit"));
    m_limit->setToolTip(tr("Where rows are cut, here and in training, %1 to %2 tokens, usually 1024. Drag the line to try others; undo takes it back.")
                            .arg(number(kLeastLimit), number(kMostLimit)));
    m_limit->setRange(kLeastLimit, kMostLimit);
    m_limit->setKeyboardTracking(false);
    auto* limitLabel = new QLabel(tr("&Limit"));
    limitLabel->setBuddy(m_limit);
    m_tallies->setObjectName(QStringLiteral("tallies"));
    m_tallies->setAccessibleName(tr("Most frequent"));
    m_tallies->setToolTip(tr("Enter or a double click shows the rows"));
    m_tallies->setColumnCount(3);
    m_tallies->setHeaderHidden(true);
    m_tallies->setRootIsDecorated(false);
    m_tallies->header()->setStretchLastSection(false);
    m_tallies->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tallies->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_tallies->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    m_stack->addWidget(m_histogram);
    m_stack->addWidget(m_tallies);
    m_stack->setFixedHeight(m_histogram->sizeHint().height());
    auto* head = new QHBoxLayout;
    head->addWidget(m_view);
    head->addWidget(m_note, 1);
    head->addWidget(limitLabel);
    head->addWidget(m_limit);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addWidget(m_stack);
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    connect(&m_soon, &QTimer::timeout, this, &DataOverview::showView);
    connect(m_view, &QComboBox::currentIndexChanged, this, &DataOverview::showView);
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (m_document) {
            Q_EMIT limitChosen(m_document->encodingSettings().maxLength);
        }
    });
    connect(m_limit, &QSpinBox::valueChanged, this, &DataOverview::setLimit);
    connect(m_histogram, &LengthHistogram::limitMoved, this, &DataOverview::setLimit);
    connect(m_tallies, &QTreeWidget::itemActivated, this, [this](const QTreeWidgetItem* item) { findRows(item->data(0, Qt::UserRole).toString()); });
}

void DataOverview::setDocument(DataDocument* document)
{
    if (m_document) {
        m_document->disconnect(this);
        m_document->checkup()->disconnect(this);
    }
    m_document = document;
    m_finding.cancel();
    setEnabled(document != nullptr);
    if (m_document) {
        const auto soon = [this] {
            showLimit();
            if (!m_soon.isActive()) {
                m_soon.start();
            }
        };
        connect(m_document, &DataDocument::countsChanged, this, soon);
        connect(m_document->checkup(), &DataCheckup::changed, this, soon);
    }
    showLimit();
    showView();
}

DataOverview::View DataOverview::view() const
{
    return static_cast<View>(m_view->currentIndex());
}

void DataOverview::setView(View view)
{
    m_view->setCurrentIndex(static_cast<int>(view));
}

void DataOverview::setLimit(std::int64_t limit)
{
    if (m_document) {
        m_document->setLimit(std::clamp<std::int64_t>(limit, kLeastLimit, kMostLimit));
        m_rest.start();
    }
}

void DataOverview::showLimit()
{
    const std::int64_t limit = m_document ? m_document->encodingSettings().maxLength : 0;
    const QSignalBlocker quiet(m_limit);
    if (!m_limit->hasFocus() || m_limit->value() != limit) {
        m_limit->setValue(static_cast<int>(limit));
    }
    m_histogram->setLimit(view() == View::Total ? limit : 0);
}

void DataOverview::showView()
{
    const bool isLengths = view() <= View::Answer;
    m_stack->setCurrentIndex(isLengths ? 0 : 1);
    showLimit();
    if (isLengths) {
        showLengths();
    } else {
        showTallies();
    }
}

void DataOverview::showLengths()
{
    if (!m_document) {
        m_histogram->setHistogram({});
        m_note->clear();
        return;
    }
    const LengthKind kind = view() == View::Total ? LengthKind::Total : view() == View::Prompt ? LengthKind::Prompt : LengthKind::Answer;
    m_counting.start(this, [lengths = m_document->lengths(kind)]() mutable { return data::summaryOf(std::move(lengths)); },
                     [this](const data::LengthSummary& summary) {
                         m_histogram->setHistogram(summary.histogram);
                         m_note->setText(summary.count == 0 ? QString()
                                                            : tr("median %1, longest %3; 9 in 10 up to %2")
                                                                  .arg(number(summary.median), number(summary.p90), number(summary.longest)));
                         m_note->setToolTip(m_note->text());
                     });
}

void DataOverview::showTallies()
{
    m_tallies->clear();
    const DataCheckup* checkup = m_document ? m_document->checkup() : nullptr;
    if (checkup == nullptr || !checkup->hasResult()) {
        m_note->setText(tr("\u201cCheck all rows\u201d counts them."));
        return;
    }
    const data::Statistics& statistics = checkup->statistics();
    const auto& tallies = view() == View::Labels           ? statistics.labels
                          : view() == View::PromptOpenings ? statistics.promptOpenings
                                                           : statistics.answerOpenings;
    for (const data::Tally& tally : tallies) {
        const double share = kShare * static_cast<double>(tally.count) / static_cast<double>(std::max<std::int64_t>(statistics.good, 1));
        auto* item = new QTreeWidgetItem(m_tallies, {QString::fromStdString(tally.text), number(tally.count), tr("%1 %").arg(share, 0, 'f', 1)});
        item->setData(0, Qt::UserRole, QString::fromStdString(tally.text));
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    }
    m_note->setText(tallies.empty() ? tr("none in this set") : tr("Enter shows the rows"));
}

void DataOverview::findRows(const QString& text)
{
    if (!m_document || text.isEmpty()) {
        return;
    }
    m_finding.start(this,
                    [dataset = m_document->dataset(), kind = view(), wanted = text.toStdString()](const JobControl& control) {
                        return rowsWith(*dataset, kind, wanted, control);
                    },
                    [this, text](const std::vector<std::int64_t>& rows) { Q_EMIT rowsWanted(text, rows); });
}

} // namespace luthier::ui
