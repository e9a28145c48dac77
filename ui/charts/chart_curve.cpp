// SPDX-License-Identifier: GPL-3.0-or-later
// The curves of a ChartPanel: one for each measure, set and run, made when their first value comes, and what they hold.
#include "ui/charts/chart_curve.h"

#include "core/train/event_measures.h"
#include "ui/charts/measure_text.h"

#include <algorithm>
#include <cmath>

namespace luthier::ui {

// The curve of a measure and set, made when it is first asked for.
ChartPanel::Curve& ChartPanel::curve(int run, const measures::Measure& measure, std::string_view set)
{
    const auto known = std::find_if(m_curves.begin(), m_curves.end(), [&](const auto& curve) {
        return curve->run == run && curve->measure == &measure && curve->set == set;
    });
    if (known != m_curves.end()) {
        return **known;
    }
    const std::pair key(&measure, std::string(set));
    auto place = std::find(m_places.begin(), m_places.end(), key);
    if (place == m_places.end()) {
        place = m_places.insert(m_places.end(), key);
    }
    auto made = std::make_unique<Curve>();
    made->run = run;
    made->measure = &measure;
    made->set = set;
    made->place = static_cast<int>(place - m_places.begin());
    made->values = m_plot->addGraph();
    made->values->setAdaptiveSampling(true);
    if (made->isOfSteps() && measure.drawing == measures::Drawing::Smoothed) {
        made->smooth = m_plot->addGraph();
        made->smooth->setAdaptiveSampling(true);
        made->values->removeFromLegend();
        made->smoothing = Smoothing(m_weight);
    }
    const auto after = std::find_if(m_curves.begin(), m_curves.end(), [&made](const auto& curve) {
        return std::pair(curve->run, curve->place) > std::pair(made->run, made->place);
    });
    return **m_curves.insert(after, std::move(made));
}

void ChartPanel::Curve::show(const QCPRange& steps, int width)
{
    constexpr int kOfPixel = 4;
    const bool isKnown = drawnPoints == all->size() && drawn == steps && drawnWidth == width;
    if (isKnown) {
        return;
    }
    drawn = steps;
    drawnPoints = all->size();
    drawnWidth = width;
    const auto give = [&](QCPGraph* graph, const QSharedPointer<QCPGraphDataContainer>& points, ThinnedPoints& thin) {
        if (points->size() <= kMostShort) {
            graph->setData(points);
            return;
        }
        thin.follow(*points);
        auto some = QSharedPointer<QCPGraphDataContainer>::create();
        some->set(thin.between(*points, steps.lower, steps.upper, static_cast<std::size_t>(std::max(kMostShort / kOfPixel, width) * kOfPixel)), true);
        graph->setData(some);
    };
    give(values, all, thinned);
    if (smooth != nullptr) {
        give(smooth, allSmooth, thinnedSmooth);
    }
}

const ChartPanel::Curve* ChartPanel::main(int run) const
{
    const Curve* found = nullptr;
    for (const auto& curve : m_curves) {
        if (curve->run == run && !curve->isEmpty() && (found == nullptr || (curve->isOfSteps() && !found->isOfSteps()))) {
            found = curve.get();
        }
    }
    return found;
}

void ChartPanel::append(int run, std::span<const train::StepDone> steps)
{
    bool isNew = false;
    for (const measures::Measure* measure : m_spec.measures) {
        QVector<QCPGraphData> values;
        values.reserve(static_cast<int>(steps.size()));
        for (const train::StepDone& step : steps) {
            if (const auto value = train::valueOf(step, *measure)) {
                values.append({static_cast<double>(step.step), *value});
                m_extent.take(static_cast<double>(step.step), *value);
                if (!std::isfinite(*value) && measure == &m_spec.main()) {
                    m_remarkTexts.emplace_back(step.step, tr("Not a finite number: nothing of this step was applied")); // where the line has a gap
                }
            }
        }
        if (values.isEmpty()) {
            continue;
        }
        Curve& to = curve(run, *measure, measures::kStepSet);
        const bool wasLong = to.isLong();
        isNew |= to.isEmpty();
        to.all->add(values, true);
        isNew |= to.isLong() != wasLong;
        if (to.smooth != nullptr) {
            for (QCPGraphData& point : values) {
                point.value = to.smoothing.next(point.value);
            }
            to.allSmooth->add(values, true);
        }
    }
    if (isNew) {
        applyTheme();
    }
    rescale();
}

void ChartPanel::appendEvals(int run, std::span<const train::EvalDone> evals)
{
    bool isDrawn = false;
    bool isNew = false;
    for (const measures::Measure* measure : m_spec.measures) {
        for (const train::EvalDone& eval : evals) {
            if (const auto value = train::valueOf(eval, *measure)) {
                Curve& to = curve(run, *measure, eval.set);
                isNew |= to.isEmpty();
                to.all->add({static_cast<double>(eval.step), *value});
                m_extent.take(static_cast<double>(eval.step), *value);
                isDrawn = true;
            }
        }
    }
    if (isNew) {
        applyTheme();
    }
    if (isDrawn) {
        rescale();
    }
}

void ChartPanel::refreshSmoothed()
{
    for (const auto& curve : m_curves) {
        if (curve->smooth == nullptr) {
            continue;
        }
        curve->smoothing = Smoothing(m_weight);
        QVector<QCPGraphData> smooth;
        smooth.reserve(curve->all->size());
        for (const QCPGraphData& point : *curve->all) {
            smooth.append({point.key, curve->smoothing.next(point.value)});
        }
        curve->allSmooth->set(smooth, true);
        curve->thinnedSmooth.clear();
        curve->drawnPoints = -1;
    }
}

QString ChartPanel::curveName(const Curve& curve) const
{
    return m_spec.measures.size() == 1 ? setName(curve.set) : measureName(*curve.measure, curve.set);
}

bool ChartPanel::isEmpty() const
{
    return std::all_of(m_curves.begin(), m_curves.end(), [](const auto& curve) { return curve->isEmpty(); });
}

int ChartPanel::numPoints(int run) const
{
    const Curve* shown = main(run);
    return shown == nullptr ? 0 : static_cast<int>(shown->all->size());
}

} // namespace luthier::ui
