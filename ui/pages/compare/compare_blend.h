// SPDX-License-Identifier: GPL-3.0-or-later
// CompareBlend: further adapters of the same base that answer together with the tuned one, and a slider for how much each
// counts. Moving one tells, once it rests for a moment; nothing is loaded anew for it.
// Threads: GUI thread.
#pragma once

#include "core/base/json.h"
#include "ui/models/runs/tuned_runs.h"

#include <QStringList>
#include <QWidget>

#include <vector>

class QGridLayout;
class QSlider;
class QTimer;
class QToolButton;

namespace luthier::ui {

class CompareBlend : public QWidget {
    Q_OBJECT

public:
    explicit CompareBlend(QWidget* parent = nullptr);

    // `tuned`: the column's own adapter; null or a whole model: nothing can be blended. `others`: adapters of the same base.
    void setChoices(const TunedRun* tuned, const std::vector<TunedRun>& others);
    QStringList added() const;           // folders, in the order they were added
    std::vector<double> weights() const; // of the tuned one and the added ones; empty: it answers alone

    QString title() const; // "fish \u00d7 0.5 + boats \u00d7 0.5"; empty: it answers alone
    QString id() const;    // tells two blends apart
    // As the project keeps it: who answers together and how much each counts. Restored where all of them are among the choices.
    Json toJson() const;
    void restore(const Json& kept);

Q_SIGNALS:
    void changed();        // at once
    void weightsChanged(); // when it rests

private:
    struct Row {
        QString name;
        QString path;
        QSlider* slider;
    };

    void add(const QString& name, const QString& path);
    void remove(const QString& path);
    void rebuild(const std::vector<std::pair<QString, QString>>& members, const std::vector<double>& weights);
    void fillMenu();

    QString m_tuned;
    QString m_tunedName;
    std::vector<TunedRun> m_others;
    std::vector<Row> m_rows; // the tuned one first; empty: it answers alone
    QToolButton* m_add;
    QWidget* m_area;
    QGridLayout* m_grid;
    QTimer* m_rest;
};

} // namespace luthier::ui
