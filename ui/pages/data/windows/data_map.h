// SPDX-License-Identifier: GPL-3.0-or-later
// DataMap: the rows of a document as a map, in a window beside the page. A lasso, the most diverse rows and the edge
// cases become what the table shows, and can be tagged as a step that can be undone.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/row_map.h"

#include <QDialog>
#include <QElapsedTimer>
#include <QPointer>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace luthier::ui {

class PointMap;
enum class LossTime;

class DataMap : public QDialog {
    Q_OBJECT

public:
    enum class Coloring { None, Tag, Label, Cluster, LossBefore, LossAfter };

    // `model`: folder of the one in use, by whose embeddings rows can be compared.
    DataMap(DataDocument* document, std::shared_ptr<store::Project> project, const QString& model, QWidget* parent = nullptr);

    void start(); // or cancels
    bool isRunning() const { return m_making.isRunning() || m_picking.isRunning(); }
    bool hasMap() const { return m_map != nullptr; }
    PointMap* points() const { return m_points; }
    const std::vector<std::int64_t>& chosen() const { return m_chosen; } // rows of the data set
    void setColoring(Coloring coloring);
    void pickDiverseRows();

Q_SIGNALS:
    void rowsWanted(const QString& title, const std::vector<std::int64_t>& rows);
    void allWanted();
    void rowWanted(qint64 row);

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    QHBoxLayout* buildTools();
    QHBoxLayout* buildPicking();
    void takeMap(const Result<std::shared_ptr<const RowMap>>& map);
    void takeProgress(std::int64_t done, std::int64_t total);
    void showState();
    void showColors();
    Coloring coloring() const;
    void showNames();
    void showLosses(LossTime time);
    void showLegend(const std::vector<std::pair<QString, QColor>>& legend, const QString& rest);
    void showEdges(int kind);
    void choose(const QString& title, const std::vector<std::int64_t>& rows);
    void showFirstWords(int point);
    void tagChosen();

    QPointer<DataDocument> m_document;
    std::shared_ptr<store::Project> m_project;
    std::shared_ptr<const RowMap> m_map; // null: none yet
    std::vector<std::int64_t> m_chosen;
    QString m_modelPath;
    bool m_isColored = false; // by choice
    QString m_problem;
    double m_fraction = 0;
    QElapsedTimer m_clock;
    JobSlot m_making;
    JobSlot m_picking;
    JobSlot m_reading;
    QLabel* m_note;
    QLabel* m_legend;
    QComboBox* m_features;
    QComboBox* m_coloring;
    QComboBox* m_edges;
    QPushButton* m_start;
    QProgressBar* m_progress;
    QStackedWidget* m_stack;
    PointMap* m_points;
    QLabel* m_empty;
    QSpinBox* m_count;
    QPushButton* m_pick;
    QLineEdit* m_tag;
    QPushButton* m_setTag;
};

} // namespace luthier::ui
