// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_blend.h"

#include "ui/theme/icons.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr int kSteps = 100; // of the slider for a weight of 1
constexpr int kLowest = -100;
constexpr int kHighest = 200;
constexpr int kRestMs = 250;

QString shown(int value)
{
    return QLocale().toString(static_cast<double>(value) / kSteps, 'f', 2);
}

} // namespace

CompareBlend::CompareBlend(QWidget* parent) : QWidget(parent), m_add(new QToolButton), m_area(nullptr), m_grid(nullptr), m_rest(new QTimer(this))
{
    m_add->setObjectName(QStringLiteral("blendAdd"));
    m_add->setText(tr("Blend in an adapter"));
    m_add->setIcon(icon(QStringLiteral("plus")));
    m_add->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_add->setPopupMode(QToolButton::InstantPopup);
    m_add->setToolTip(tr("Let another adapter of the same base answer together with the tuned one"));
    m_add->setMenu(new QMenu(m_add));
    m_rest->setSingleShot(true);
    m_rest->setInterval(kRestMs);
    connect(m_rest, &QTimer::timeout, this, &CompareBlend::weightsChanged);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_add, 0, Qt::AlignLeft);
    setVisible(false);
}

void CompareBlend::setChoices(const TunedRun* tuned, const std::vector<TunedRun>& others)
{
    const bool can = tuned != nullptr && tuned->isAdapter && !others.empty();
    const QString path = can ? tuned->result : QString();
    m_others = can ? others : std::vector<TunedRun>();
    setVisible(can);
    if (path != m_tuned) {
        m_tuned = path;
        m_tunedName = can ? tuned->name : QString();
        rebuild({}, {});
    }
    fillMenu();
}

QStringList CompareBlend::added() const
{
    QStringList paths;
    for (std::size_t i = 1; i < m_rows.size(); ++i) {
        paths += m_rows[i].path;
    }
    return paths;
}

std::vector<double> CompareBlend::weights() const
{
    std::vector<double> all;
    for (const Row& row : m_rows) {
        all.push_back(static_cast<double>(row.slider->value()) / kSteps);
    }
    return all;
}

QString CompareBlend::title() const
{
    QStringList parts;
    for (const Row& row : m_rows) {
        //: an adapter and how much it counts in a blend
        parts += tr("%1 \u00d7 %2").arg(row.name, QLocale().toString(static_cast<double>(row.slider->value()) / kSteps, 'g', 3));
    }
    return parts.join(QStringLiteral(" + "));
}

QString CompareBlend::id() const
{
    QString id;
    for (const Row& row : m_rows) {
        id += QStringLiteral("%1*%2\n").arg(row.path, QString::number(row.slider->value()));
    }
    return id;
}

Json CompareBlend::toJson() const
{
    Json members = Json::array();
    for (const Row& row : m_rows) {
        members.push_back({row.path.toStdString(), row.slider->value()});
    }
    return members;
}

void CompareBlend::restore(const Json& kept)
{
    std::vector<std::pair<QString, QString>> members;
    std::vector<double> values;
    for (const Json& one : kept.is_array() ? kept : Json::array()) {
        const bool isMember = one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_number_integer();
        const QString path = isMember ? QString::fromStdString(one[0].get<std::string>()) : QString();
        const auto found = std::find_if(m_others.begin(), m_others.end(), [&path](const TunedRun& other) { return other.result == path; });
        const bool isTuned = members.empty() && path == m_tuned;
        if (path.isEmpty() || (!isTuned && (members.empty() || found == m_others.end()))) {
            return; // it is gone, or of another choice
        }
        members.emplace_back(isTuned ? m_tunedName : found->name, path);
        values.push_back(static_cast<double>(one[1].get<std::int64_t>()) / kSteps);
    }
    if (members.size() > 1) {
        rebuild(members, values);
        fillMenu();
        Q_EMIT changed();
    }
}

void CompareBlend::add(const QString& name, const QString& path)
{
    std::vector<std::pair<QString, QString>> members;
    std::vector<double> values = weights();
    if (m_rows.empty()) {
        members.emplace_back(m_tunedName, m_tuned);
        values = {0.5};
    }
    for (const Row& row : m_rows) {
        members.emplace_back(row.name, row.path);
    }
    members.emplace_back(name, path);
    values.push_back(0.5);
    rebuild(members, values);
    fillMenu();
    Q_EMIT changed();
    m_rest->start();
}

void CompareBlend::remove(const QString& path)
{
    std::vector<std::pair<QString, QString>> members;
    std::vector<double> values;
    for (const Row& row : m_rows) {
        if (row.path != path) {
            members.emplace_back(row.name, row.path);
            values.push_back(static_cast<double>(row.slider->value()) / kSteps);
        }
    }
    members.size() > 1 ? rebuild(members, values) : rebuild({}, {});
    fillMenu();
    Q_EMIT changed();
    m_rest->start();
}

void CompareBlend::rebuild(const std::vector<std::pair<QString, QString>>& members, const std::vector<double>& weights)
{
    if (m_area != nullptr) {
        m_area->hide();
        m_area->deleteLater(); // a button in it may have asked for this
    }
    m_rows.clear();
    m_area = new QWidget;
    m_grid = new QGridLayout(m_area);
    m_grid->setContentsMargins(0, 0, 0, 0);
    layout()->addWidget(m_area);
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto& [name, path] = members[i];
        const int row = static_cast<int>(i);
        auto* slider = new QSlider(Qt::Horizontal);
        slider->setObjectName(QStringLiteral("blendSlider%1").arg(row));
        slider->setRange(kLowest, kHighest);
        slider->setPageStep(10);
        slider->setAccessibleName(tr("Weight of %1").arg(name));
        slider->setToolTip(tr("How much it counts: -1 to 2, usually 0 to 1; 0 leaves it out"));
        slider->setValue(static_cast<int>(std::lround(weights[i] * kSteps)));
        auto* value = new QLabel(shown(slider->value()));
        value->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("-0.000")));
        m_grid->addWidget(new QLabel(name), row, 0);
        m_grid->addWidget(slider, row, 1);
        m_grid->addWidget(value, row, 2);
        connect(slider, &QSlider::valueChanged, this, [this, value](int now) {
            value->setText(shown(now));
            Q_EMIT changed();
            m_rest->start();
        });
        if (i > 0) {
            auto* leave = makeIconButton(QStringLiteral("blendRemove%1").arg(row), QStringLiteral("x"), tr("Leave %1 out").arg(name));
            m_grid->addWidget(leave, row, 3);
            connect(leave, &QToolButton::clicked, this, [this, path = path] { remove(path); });
        }
        m_rows.push_back({name, path, slider});
    }
    m_grid->setColumnStretch(1, 1);
}

void CompareBlend::fillMenu()
{
    m_add->menu()->clear();
    const QStringList here = added();
    for (const TunedRun& run : m_others) {
        if (run.result != m_tuned && !here.contains(run.result)) {
            connect(m_add->menu()->addAction(run.name), &QAction::triggered, this, [this, run] { add(run.name, run.result); });
        }
    }
    m_add->setEnabled(!m_add->menu()->isEmpty());
}

} // namespace luthier::ui
