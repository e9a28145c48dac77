// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsDownloads: the list of downloads: how far, how fast, how long, and a button to stop, resume or clear each.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/card.h"

#include <map>

class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace luthier::ui {

class Downloads;
class StatusLabel;

class DownloadRow : public QWidget {
    Q_OBJECT

public:
    DownloadRow(Downloads* downloads, int id, QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void shown(const QString& path); // a finished one was asked for
    void tokenWanted();

private:
    void act();

    Downloads* m_downloads;
    int m_id;
    QLabel* m_name;
    QProgressBar* m_bar;
    StatusLabel* m_text;
    QPushButton* m_action; // Stop, Resume, Show
    QPushButton* m_token;  // where the model is gated
    QToolButton* m_clear;
};

class ModelsDownloads : public Card {
    Q_OBJECT

public:
    explicit ModelsDownloads(Downloads* downloads, QWidget* parent = nullptr);

Q_SIGNALS:
    void shown(const QString& path);
    void tokenWanted();

private:
    void rebuild();

    Downloads* m_downloads;
    QVBoxLayout* m_rows;
    std::map<int, DownloadRow*> m_rowOf;
};

} // namespace luthier::ui
