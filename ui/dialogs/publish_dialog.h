// SPDX-License-Identifier: GPL-3.0-or-later
// PublishDialog: what is to become of one or several adapters: a merged folder, a GGUF file, or an adapter, each with what it
// is for and about how large it will be; on which base, how much each counts, and where it goes. What goes wrong with the
// order is said here, with its remedy.
// Threads: GUI thread.
#pragma once

#include "core/publish/publish.h"
#include "core/store/adapter_library.h"
#include "ui/bridge/job.h"

#include <QDialog>
#include <QString>
#include <QTimer>

#include <vector>

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace luthier::hub {
struct InstalledModel;
}

namespace luthier::ui {

class StatusLabel;

// What is asked of publish.
struct PublishOrder {
    enum class Kind { Model, Adapter, GgufAdapter, Gguf };
    Kind kind = Kind::Model;
    publish::Source source;
    QString target;
    QString type; // of a model or GGUF file
};

class PublishDialog : public QDialog {
    Q_OBJECT

public:
    // `model`: the base that is offered first. `folder`: where targets are offered.
    PublishDialog(std::vector<store::LibraryAdapter> adapters, const QString& model, const QString& folder, PublishOrder::Kind kind,
                  QWidget* parent = nullptr);

    PublishOrder order() const;
    void showProblem(const QString& sentence); // of the order it gave: all choices stand, and it is opened again

Q_SIGNALS:
    void ordered(const luthier::ui::PublishOrder& order);

private:
    void build();
    void addWeights(QFormLayout* form);
    void offerTarget();
    void browse(QLineEdit* line, bool folder);
    void follow();
    void readBase();
    void showSizes(const hub::InstalledModel& base);
    void remedy();
    void addWhat(const QString& name, PublishOrder::Kind kind, const QString& type, const QString& purpose, const QString& help);
    QString freeTarget() const;
    QWidget* withBrowse(QLineEdit* line, const QString& id, const QString& help, bool saves);

    std::vector<store::LibraryAdapter> m_adapters;
    QString m_folder;
    QComboBox* m_what;
    QComboBox* m_how;
    QLineEdit* m_model;
    QLineEdit* m_target;
    std::vector<QDoubleSpinBox*> m_weights;
    QLabel* m_hint;
    QPushButton* m_go;
    QString m_offered;
    StatusLabel* m_problem;
    QPushButton* m_remedy;
    QTimer m_soon; // the base is read when its name has been typed
    JobSlot m_job;
};

} // namespace luthier::ui
