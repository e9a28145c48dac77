// SPDX-License-Identifier: GPL-3.0-or-later
// RemoteDialog: another machine to train on, by the name that ssh knows it by. It is looked at first: whether it can be reached,
// has the same Luthier, which cards and how much room it has; what is missing there is said.
//
// Threads: GUI thread; ssh works in a job.
#pragma once

#include "core/away/run_place.h"
#include "core/remote/host.h"
#include "ui/bridge/job.h"

#include <QDialog>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace luthier::ui {

class StatusLabel;

class RemoteDialog : public QDialog {
    Q_OBJECT

public:
    explicit RemoteDialog(const away::RunPlace& place, QWidget* parent = nullptr);

    away::RunPlace place() const;
    bool isChecking() const { return m_job.isRunning(); }

Q_SIGNALS:
    void chosen(const luthier::away::RunPlace& place);

private:
    void check();
    void tell(const Result<remote::HostFacts>& facts);
    void forgetFacts();

    QComboBox* m_host;
    QLineEdit* m_program;
    QLineEdit* m_devices;
    QPushButton* m_check;
    QPushButton* m_use;
    StatusLabel* m_state;
    JobSlot m_job;
};

QString hostsText(const away::RunPlace& place);  // "node1, node2"
QString cardText(const remote::CardFacts& card); // "NVIDIA H200, 149.0 GB free"; the name alone where its driver says no more
// "2 cards (NVIDIA H200, 149.0 GB free; NVIDIA H200, 20.0 GB free); 16 cores; 410.0 GB of disk free; Luthier 0.9"
QString factsText(const remote::HostFacts& facts);

} // namespace luthier::ui
