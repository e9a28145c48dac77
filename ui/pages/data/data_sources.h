// SPDX-License-Identifier: GPL-3.0-or-later
// DataSources: at the left of the Data page: the project's data files and the shape of the chosen one. It asks; the
// page does.
// Threads: GUI thread.
#pragma once

#include "ui/models/library/source_files.h"

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QListWidget;
class QToolButton;

namespace luthier::ui {

class DataSources : public QWidget {
    Q_OBJECT

public:
    explicit DataSources(QWidget* parent = nullptr);

    void setSources(const std::vector<SourceItem>& sources, std::int64_t current);
    std::int64_t currentSource() const; // 0: none
    void setPasting(QAction* action); // a button and a line of the list's menu
    // What the open file turned out to be; empty ids: nothing is open.
    void setFormat(const QString& chosen, const QString& detected);

Q_SIGNALS:
    void sourceChosen(qint64 id);
    void addWanted();
    void removeWanted(qint64 id);
    void formatChosen(const QString& id);

private:
    void build();

    QListWidget* m_sources;
    QToolButton* m_paste;
    QToolButton* m_remove;
    QComboBox* m_format;
    QLabel* m_formatHelp;
};

} // namespace luthier::ui
