// SPDX-License-Identifier: GPL-3.0-or-later
// CompareTurns: the turns before the question, to be changed, or cut so that the conversation branches off at an earlier one. What was
// answered before stays in the history.
//
// Threads: GUI thread.
#pragma once

#include "core/data/example.h"

#include <QDialog>

#include <vector>

class QPlainTextEdit;
class QVBoxLayout;

namespace luthier::ui {

class CompareTurns : public QDialog {
    Q_OBJECT

public:
    explicit CompareTurns(std::vector<data::Message> messages, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const std::vector<luthier::data::Message>& messages); // the last is the question

private:
    void addTurn(std::size_t index, QVBoxLayout* layout);
    void acceptUpTo(std::size_t index);

    std::vector<data::Message> m_messages;
    std::vector<QPlainTextEdit*> m_texts;
};

} // namespace luthier::ui
