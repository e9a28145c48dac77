// SPDX-License-Identifier: GPL-3.0-or-later
// RunsSide: beside the charts, in words: the answers to the probe prompts as the run went on, and its settings:
// what differs from the usual, or between two runs.
// Threads: GUI thread.
#pragma once

#include "core/config/run_config.h"
#include "ui/pages/runs/run_history.h"

#include <QTabWidget>

class QLabel;
class QTableWidget;
class QSlider;
class QTextBrowser;

namespace luthier::ui {

class RunsSide : public QTabWidget {
    Q_OBJECT

public:
    explicit RunsSide(QWidget* parent = nullptr);

    void setSamples(const std::vector<train::SampleDone>& samples);
    void showSettings(const store::RunRow& run);                                   // against the usual
    void showDifference(const store::RunRow& left, const store::RunRow& right);
    void showDifferences(const std::vector<store::RunRow>& runs); // of three and more
    int numSettings() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void showSamples();
    void fill(const QString& leftTitle, const QString& rightTitle, const std::vector<config::Difference>& differences,
              const QString& note);

    std::vector<train::SampleDone> m_samples;
    QTextBrowser* m_probes;
    QSlider* m_scrub;   // along the steps at which probes were answered; at its end: all of them
    QLabel* m_scrubText;
    std::vector<std::int64_t> m_steps;
    QTableWidget* m_settings;
    QLabel* m_note;
};

} // namespace luthier::ui
