// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterExports: what an adapter was written as for other programs, each with the proof it got its name by, and what can be
// done with it: shown in its folder, talked to, taken into Ollama.
// Threads: GUI thread.
#pragma once

#include "core/store/adapter_library.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QPushButton;

namespace luthier::ui {

class StatusLabel;

class AdapterExports : public QWidget {
    Q_OBJECT

public:
    explicit AdapterExports(QWidget* parent = nullptr);

    void show(const std::vector<store::AdapterExport>& exports); // none: it hides

    // "ollama create first-tune -f '/path/first-tune-q4_k_m.gguf.Modelfile'"
    static QString ollamaCommand(const store::AdapterExport& made);

Q_SIGNALS:
    void revealWanted(const QString& path);
    void tryWanted(const QString& path); // a model of its own
    void copied(const QString& command);

private:
    void showOne();
    const store::AdapterExport* chosen() const;

    std::vector<store::AdapterExport> m_exports;
    QComboBox* m_which;
    StatusLabel* m_proof;
    QPushButton* m_reveal;
    QPushButton* m_try;
    QPushButton* m_copy;
};

} // namespace luthier::ui
