// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_mix.h"

#include "core/base/paths.h"
#include "ui/base/amounts.h"
#include "ui/models/data/data_documents.h"
#include "ui/theme/theme.h"
#include "ui/widgets/number_fields.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>
#include <set>

namespace luthier::ui {
namespace {

constexpr double kUsualShare = 10; // percent of general rows
constexpr double kMostWeight = 1000;

} // namespace

DataMix::DataMix(DataDocument* document, const QString& folder, std::shared_ptr<store::Project> project,
                 const std::vector<SourceItem>& sources, std::int64_t seed, QWidget* parent)
    : DataMaking(document, folder,
                 {QStringLiteral("mix"), tr("Mix files"), QStringLiteral("mixed"), tr("&Mix"),
                  tr("Writes the mixture into a new file and opens it; the files stay as they are")},
                 parent),
      m_project(std::move(project)), m_weigh(new QCheckBox(tr("&Weigh the files"))), m_rows(new WholeField), m_shape(new QComboBox), m_seed(seed)
{
    m_weigh->setObjectName(QStringLiteral("mixWeigh"));
    m_weigh->setToolTip(tr("Rows of each file in proportion to its weight; else every row once"));
    m_rows->setObjectName(QStringLiteral("mixRows"));
    m_rows->setRange(0, std::numeric_limits<int>::max());
    m_rows->setSpecialValueText(tr("as many as there are"));
    m_rows->setToolTip(tr("Rows of the mixture; 0: as many as there are without one twice. More begin a file again"));
    m_shape->setObjectName(QStringLiteral("mixShape"));
    m_shape->setToolTip(tr("Files of several shapes need one that all rows are written in"));
    m_shape->addItem(tr("as they are"), QString());
    for (const data::RowShape& shape : data::rowShapes()) {
        m_shape->addItem(QString::fromLatin1(shape.id), QString::fromLatin1(shape.id));
        m_shape->setItemData(m_shape->count() - 1, QString::fromUtf8(shape.help), Qt::ToolTipRole);
    }
    auto* form = new QFormLayout;
    form->addRow(m_weigh);
    form->addRow(tr("&Rows in all"), m_rows);
    form->addRow(tr("S&hape"), m_shape);
    auto* area = new QScrollArea;
    area->setObjectName(QStringLiteral("mixFiles"));
    area->setAccessibleName(tr("Files to mix"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus); // what stands in it takes the keys and comes into view
    auto* inside = new QWidget;
    inside->setLayout(buildLines(sources));
    area->setWidget(inside);
    connect(m_weigh, &QCheckBox::toggled, this, [this] { lookAheadSoon(); });
    connect(m_rows, &QSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    connect(m_shape, &QComboBox::currentIndexChanged, this, [this] { lookAheadSoon(); });
    build(form, area);
}

QLayout* DataMix::buildLines(const std::vector<SourceItem>& sources)
{
    auto* grid = new QGridLayout;
    grid->addWidget(new QLabel(tr("File")), 0, 0);
    grid->addWidget(new QLabel(tr("Weight")), 0, 1);
    grid->addWidget(new QLabel(tr("Rows in the mixture")), 0, 2, Qt::AlignRight);
    for (const SourceItem& source : sources) {
        addLine(grid, source, false);
    }
    const auto general = base::datasetsFolder() / "general_heldout.jsonl";
    addLine(grid, {0, QString::fromStdString(general.string()), QStringLiteral("auto")}, true);
    grid->setColumnStretch(0, 1);
    grid->setRowStretch(static_cast<int>(m_lines.size()) + 1, 1);
    return grid;
}

void DataMix::addLine(QGridLayout* grid, const SourceItem& source, bool isGeneral)
{
    Line line{source, isGeneral, new QCheckBox, new RealField, new QLabel};
    const QString id = isGeneral ? QStringLiteral("general") : QString::number(m_lines.size());
    line.wanted->setObjectName(QStringLiteral("mixFile.") + id);
    line.wanted->setText(isGeneral ? tr("General texts that come with Luthier, against forgetting") : QFileInfo(source.path).fileName().replace(u'&', QStringLiteral("&&")));
    line.wanted->setToolTip(isGeneral ? tr("They are learned then: do not measure forgetting with the same ones") : source.path);
    line.wanted->setChecked(!isGeneral && source.path == m_document->path());
    line.weight->setObjectName(QStringLiteral("mixWeight.") + id);
    line.weight->setAccessibleName(isGeneral ? tr("Share of general texts") : tr("Weight of %1").arg(line.wanted->text()));
    line.weight->setRange(0.1, isGeneral ? 90 : kMostWeight);
    line.weight->setDecimals(1);
    line.weight->setValue(isGeneral ? kUsualShare : 1);
    line.weight->setSuffix(isGeneral ? QStringLiteral(" %") : QString());
    line.weight->setToolTip(isGeneral ? tr("Of the mixture that is general, 0.1 to 90 %; usually 10 %") : tr("In proportion to the other weights, 0.1 to 1,000; usually 1"));
    const int row = static_cast<int>(m_lines.size()) + 1;
    grid->addWidget(line.wanted, row, 0);
    grid->addWidget(line.weight, row, 1);
    grid->addWidget(line.count, row, 2, Qt::AlignRight);
    connect(line.wanted, &QCheckBox::toggled, this, [this] { lookAheadSoon(); });
    connect(line.weight, &QDoubleSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    m_lines.push_back(std::move(line));
}

void DataMix::lookAhead()
{
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        m_lines[i].weight->setEnabled(m_lines[i].wanted->isChecked() && (m_lines[i].isGeneral || m_weigh->isChecked()));
        if (m_lines[i].wanted->isChecked() && m_lines[i].set.dataset == nullptr) {
            missing.push_back(i);
        }
    }
    if (missing.empty()) {
        showPlan();
    } else {
        openMissing(missing);
    }
}

void DataMix::openMissing(const std::vector<std::size_t>& lines)
{
    setNote(tr("Reading the files\u2026"), false);
    std::vector<SourceItem> sources;
    for (const std::size_t line : lines) {
        sources.push_back(m_lines[line].source);
    }
    const auto work = [project = m_project, own = m_document->dataset(), ownPath = m_document->path(), sources](const JobControl& control) -> Result<Opened> {
        Opened opened;
        for (const SourceItem& source : sources) {
            data::MixedSet set{own, {}};
            if (source.path != ownPath) {
                auto other = DataDocuments::open(project.get(), source.path, source.format, control.cancel);
                if (!other) {
                    return other.error();
                }
                set.dataset = other->dataset;
            }
            data::WalkOptions options;
            options.cancel = control.cancel;
            auto good = data::goodRows(*set.dataset, options);
            if (!good) {
                return good.error();
            }
            set.rows = std::move(*good);
            opened.sets.push_back(std::move(set));
        }
        return opened;
    };
    m_ahead.start(this, work, [this, lines](const Result<Opened>& opened) {
        if (!opened) {
            setNote(QString::fromStdString(opened.message()), false);
            return;
        }
        for (std::size_t i = 0; i < lines.size(); ++i) {
            m_lines[lines[i]].set = opened->sets[i];
        }
        offerShapes();
        lookAhead();
    });
}

// Rows of several shapes in one file would be read by the shape of the first.
void DataMix::offerShapes()
{
    std::set<std::string> shapes;
    for (const Line& line : m_lines) {
        if (line.wanted->isChecked() && line.set.dataset != nullptr) {
            shapes.insert(line.set.dataset->format().id);
        }
    }
    if (shapes.size() > 1 && m_shape->currentIndex() == 0) {
        m_shape->setCurrentIndex(std::max(0, m_shape->findData(QStringLiteral("chat")))); // plain texts as ones to be continued
    }
}

// Without weights every own row is taken once, and general ones as many as the share asks for.
DataMix::Plan DataMix::plan() const
{
    Plan plan;
    double sum = 0;
    std::int64_t own = 0;
    for (const Line& line : m_lines) {
        if (!line.wanted->isChecked()) {
            continue;
        }
        const auto rows = static_cast<std::int64_t>(line.set.rows.size());
        const double share = line.weight->value() / 100;
        const double weight = line.isGeneral           ? sum * share / (1 - share)
                              : m_weigh->isChecked() ? line.weight->value()
                                                     : static_cast<double>(rows);
        plan.sets.push_back(line.set);
        plan.sources.push_back({rows, weight});
        sum += line.isGeneral ? 0 : weight;
        own += line.isGeneral ? 0 : rows;
        plan.total += line.isGeneral ? data::generalRows(own, share) : rows;
    }
    if (m_rows->value() > 0 || m_weigh->isChecked()) {
        plan.total = m_rows->value();
    }
    return plan;
}

void DataMix::showPlan()
{
    const Plan planned = plan();
    const bool hasOwn = std::any_of(m_lines.begin(), m_lines.end(), [](const Line& line) { return line.wanted->isChecked() && !line.isGeneral; });
    const auto counts = hasOwn ? data::mixCounts(planned.sources, planned.total) : Result<std::vector<std::int64_t>>(Error{});
    std::size_t place = 0;
    std::int64_t all = 0;
    bool repeats = false;
    for (const Line& line : m_lines) {
        const bool isShown = line.wanted->isChecked() && counts.ok();
        const std::int64_t rows = isShown ? (*counts)[place] : 0;
        line.count->setText(isShown ? tr("%1 of %2").arg(number(rows), number(static_cast<std::int64_t>(line.set.rows.size()))) : QString());
        repeats |= isShown && rows > static_cast<std::int64_t>(line.set.rows.size());
        all += rows;
        place += line.wanted->isChecked() ? 1 : 0;
    }
    if (!hasOwn) {
        setNote(tr("Tick the files to mix. More files are added on the Data page."), false);
    } else if (!counts) {
        setNote(QString::fromStdString(counts.message()), false);
    } else {
        QString note = tr("%Ln row(s), shuffled.", nullptr, static_cast<int>(all));
        note += repeats ? u' ' + tr("Where a file must give more than it has, it begins again.") : QString();
        note += m_shape->currentData().toString() == QLatin1String("text")
                    ? u' ' + tr("Written as text, questions are learned like answers.")
                    : QString();
        setNote(note, all > 0);
    }
}

DataMaking::Work DataMix::making(const QString& path)
{
    const data::RowShape* shape = data::findRowShape(m_shape->currentData().toString().toStdString());
    return [plan = plan(), shape, seed = static_cast<std::uint64_t>(m_seed), path](const JobControl& control) -> Result<Made> {
        if (auto isNew = mustBeNew(path); !isNew) {
            return isNew.error();
        }
        const auto mixed = data::mixRows(plan.sources, plan.total, seed);
        if (!mixed) {
            return mixed.error();
        }
        data::WalkOptions options;
        options.cancel = control.cancel;
        options.progress = control.progress;
        const auto rows = data::writeMixture(plan.sets, *mixed, shape, path.toStdString(), options);
        if (!rows) {
            return rows.error();
        }
        return madeRows(*rows, path);
    };
}

} // namespace luthier::ui
