// SPDX-License-Identifier: GPL-3.0-or-later
// AdaptersDetails: one adapter: what it was trained on, how, what it reached, what it was written as, notes, and what can be
// done with it. Of several the facts of each.
// Threads: GUI thread.
#pragma once

#include "core/store/adapter_library.h"
#include "ui/widgets/details_card.h"

class QPlainTextEdit;
class QPushButton;
class QTimer;

namespace luthier::ui {

class AdapterExports;

class AdaptersDetails : public DetailsCard {
    Q_OBJECT

public:
    explicit AdaptersDetails(QWidget* parent = nullptr);

    // None: none chosen. With several the actions are for all of them.
    void show(const std::vector<const store::LibraryAdapter*>& chosen);
    AdapterExports* exports() const { return m_exports; }
    void flushNotes(); // says what was typed and not yet told

Q_SIGNALS:
    void chatWanted();
    void exportWanted();
    void mergeWanted();
    void combineWanted();
    void continueWanted();
    void revealWanted();
    void deleteWanted();
    void notesChanged(const QString& path, const QString& notes);

private:
    void buildButtons();

    QString m_path;
    QString m_told; // the notes as they are known
    AdapterExports* m_exports;
    QPlainTextEdit* m_notes;
    QPushButton* m_chat;
    QPushButton* m_export;
    QPushButton* m_merge;
    QPushButton* m_combine;
    QPushButton* m_continue;
    QPushButton* m_reveal;
    QPushButton* m_delete;
    QTimer* m_tell;
};

} // namespace luthier::ui
