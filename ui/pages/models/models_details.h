// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsDetails: one model: its facts, its tokenizer, how a conversation is written for it, and what can be done with it.
// Threads: GUI thread.
#pragma once

#include "core/hub/installed_models.h"
#include "ui/bridge/job.h"
#include "ui/widgets/details_card.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace luthier::ui {

class StatusLabel;

class ModelsDetails : public DetailsCard {
    Q_OBJECT

public:
    explicit ModelsDetails(QWidget* parent = nullptr);

    void show(const hub::InstalledModel* model); // null: none chosen
    QPushButton* useButton() const { return m_use; }

Q_SIGNALS:
    void tuneWanted(const QString& path);
    void chatWanted(const QString& path);
    void revealWanted(const QString& path);
    void deleteWanted(const QString& path);

private:
    void buildButtons();
    void showText(const QString& tokenizer, const QString& problem);
    void readText(const QString& path);

    QString m_path;
    QLabel* m_tokenizer;
    StatusLabel* m_textProblem;
    QPlainTextEdit* m_template;
    QPushButton* m_use;
    QPushButton* m_chat;
    QPushButton* m_reveal;
    QPushButton* m_delete;
    JobSlot m_job;
};

} // namespace luthier::ui
