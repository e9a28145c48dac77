// SPDX-License-Identifier: GPL-3.0-or-later
// MemoryBar: what a run needs of its device, part by part in one bar, against what that has free, and what would help
// where it does not fit: a button for each change.
//
// Threads: GUI thread.
#pragma once

#include "core/train/plan/memory_estimate.h"

#include <QWidget>

#include <optional>
#include <vector>

class QLabel;
class QVBoxLayout;

namespace luthier::ui {

class FlowLayout;
class StackedBar;
class StatusLabel;

class MemoryBar : public QWidget {
    Q_OBJECT

public:
    explicit MemoryBar(QWidget* parent = nullptr);

    void show(const std::optional<train::RunMemory>& memory); // nothing: not known
    void showMeasured(std::optional<std::int64_t> bytes);     // the peak of a pass over the largest batch

Q_SIGNALS:
    void changeWanted(const luthier::train::MemoryChange& change);

private:
    void showChanges(const std::vector<train::MemoryChange>& changes);

    StatusLabel* m_head;
    StackedBar* m_bar;
    std::vector<QWidget*> m_legend; // in the order of the parts
    QWidget* m_help;                // what would help
    QVBoxLayout* m_changes;
};

} // namespace luthier::ui
