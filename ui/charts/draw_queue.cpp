// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/draw_queue.h"

#include "ui/charts/chart_panel.h"

#include <QCoreApplication>
#include <QElapsedTimer>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kFrameMs = 16;
constexpr int kBudgetMs = 5; // of a frame

} // namespace

DrawQueue::DrawQueue(QObject* parent) : QObject(parent)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(kFrameMs);
    connect(&m_frame, &QTimer::timeout, this, &DrawQueue::drawSome);
}

DrawQueue& DrawQueue::shared()
{
    static QPointer<DrawQueue> queue;
    if (!queue) {
        queue = new DrawQueue(QCoreApplication::instance());
    }
    return *queue;
}

void DrawQueue::add(ChartPanel* panel)
{
    if (std::find(m_waiting.begin(), m_waiting.end(), panel) == m_waiting.end()) {
        m_waiting.emplace_back(panel);
    }
    if (!m_frame.isActive()) {
        m_frame.start();
    }
}

void DrawQueue::drawSome()
{
    QElapsedTimer spent;
    spent.start();
    while (!m_waiting.empty() && spent.elapsed() < kBudgetMs) {
        const QPointer<ChartPanel> panel = m_waiting.front();
        m_waiting.pop_front();
        if (panel) {
            panel->drawNow();
        }
    }
    if (!m_waiting.empty()) {
        m_frame.start();
    }
}

} // namespace luthier::ui
