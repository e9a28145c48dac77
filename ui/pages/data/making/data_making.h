// SPDX-License-Identifier: GPL-3.0-or-later
// DataMaking: what the windows share that make a new file out of the document's rows: options above, a look ahead in the
// middle, where the file will lie, progress with the time left, and a way to stop. The document's own file is never
// written; the new one is added to the project and opened.
//
// Threads: GUI thread; looking ahead and making are jobs.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"

#include <QDialog>
#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>

#include <cstdint>
#include <functional>

class QLabel;
class QLayout;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

class DataMaking : public QDialog {
    Q_OBJECT

public:
    struct Made {
        QStringList files;
        QString sentence; // what became of it
    };
    struct Names {
        QString id;      // object names begin with it
        QString title;
        QString part;    // of the file's name: "augmented"
        QString make;    // the button
        QString help;    // its tooltip
    };

    DataMaking(DataDocument* document, const QString& folder, const Names& names, QWidget* parent);

    bool isLookingAhead() const { return m_soon.isActive() || m_ahead.isRunning(); }
    bool isMaking() const { return m_making.isRunning(); }
    void make(); // or stops it
    QString path() const;

Q_SIGNALS:
    void made(const QStringList& files, const QString& sentence);

protected:
    using Work = std::function<Result<Made>(const JobControl&)>;

    void build(QLayout* options, QWidget* preview); // once, at the end of the constructor
    void lookAheadSoon();
    static Made madeRows(std::int64_t rows, const QString& path); // so many lie there now
    static Result<void> mustBeNew(const QString& path); // an error where a file is; for jobs
    void setNote(const QString& text, bool canMake); // what would come of it; a problem

    virtual void lookAhead() = 0;                   // calls setNote, at once or later
    virtual Work making(const QString& path) = 0;   // what is to be made; runs on the pool
    virtual void stop();                            // while it is made; usually nothing comes of it

    QPointer<DataDocument> m_document;
    JobSlot m_ahead;

private:
    void chooseFile();
    void proposeFile(const QString& folder, const QString& part);
    void showState();

    Names m_names;
    QString m_note;
    QString m_problem; // of the last attempt
    bool m_canMake = false;
    double m_fraction = 0;
    QElapsedTimer m_clock;
    JobSlot m_making;
    QTimer m_soon;
    QLabel* m_text;
    QLineEdit* m_path;
    QProgressBar* m_progress;
    QPushButton* m_make;
    QWidget* m_options = nullptr;
};

} // namespace luthier::ui
